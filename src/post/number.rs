//! Numbers without a gap.

use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::book_view::{DateText, SeriesState};
use crate::model::draft::{Drafts, Invoices};
use crate::model::plan::SeriesPlan;
use crate::model::table::{Columns, count_column, same_column};
use polars::prelude::{DataFrame, IntoSeries, StringChunked};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Invoices with their numbers, and how far their series has then been given out.
#[derive(Debug)]
pub struct Numbered {
    pub invoices: Invoices,
    /// By series and year; year 0 where the series never starts again.
    pub series: BTreeMap<(String, i32), SeriesState>,
}

/// Numbers drafts, each in its own series, in the order (invoice_date, account_id, group key), in which they stand.
///
/// `all_series`: those of invoices and of credit notes; every draft's is one of them.
/// Errors: `BW-N101` an invoice date before the last posted one of a chronological series; `BW-N103` the pattern of a
/// series that has given out numbers was changed.
pub fn number(
    drafts: &Drafts,
    all_series: &[SeriesPlan],
    given_out: &BTreeMap<(String, i32), SeriesState>,
) -> Result<Numbered, Report> {
    let frame = drafts.frame();
    let names = frame.text("series").iter().flatten();
    let mut given_now = Vec::with_capacity(frame.height());
    let mut open: Vec<Open<'_>> = Vec::new();
    for (row, (date, name)) in frame.dates("invoice_date").flatten().zip(names).enumerate() {
        let is_its = |open: &Open<'_>| open.series.name == name && open.has(date);
        let at = match open.iter().position(is_its) {
            Some(at) => at,
            None => {
                let series = all_series.iter().find(|series| series.name == name);
                let series = series.expect("a draft's series is one of its plan's");
                open.push(Open::new(series, date, given_out)?);
                open.len() - 1
            }
        };
        let Open { series, state, .. } = &mut open[at];
        if let Some(DateText(last)) = state
            .last_date
            .filter(|last| series.chronological && date < last.0)
        {
            return Err(too_early(series, date, last, frame.text_at("invoice_id", row)).into());
        }
        state.last_number += 1;
        state.last_date = Some(DateText(
            state.last_date.map_or(date, |last| last.0.max(date)),
        ));
        given_now.push((at, date, state.last_number));
    }
    let numbers = given_now.par_iter().map(|(at, date, sequence)| {
        let mut number = String::new();
        put_printed(&mut number, &open[*at].series.pattern, *date, *sequence);
        Some(number)
    });
    let numbers: StringChunked = numbers.collect();
    let numbers = numbers.with_name("number".into()).into_series();
    let columns = Invoices::SCHEMA
        .columns
        .iter()
        .map(|(name, _)| match *name {
            "number" => numbers.clone().into(),
            "sequence" => {
                let sequences = given_now.iter().map(|(_, _, sequence)| Some(*sequence));
                count_column("sequence", sequences)
            }
            "corrects" => same_column("corrects", None, frame.height()),
            name => frame
                .column(name)
                .expect("an invoice's other columns are the draft's")
                .clone(),
        });
    let invoices =
        DataFrame::new(frame.height(), columns.collect()).expect("columns of one height");
    let given = open.into_iter();
    let given = given.map(|open| ((open.series.name.clone(), open.year), open.state));
    Ok(Numbered {
        invoices: Invoices::checked(invoices),
        series: given.collect(),
    })
}

/// A series that gives out numbers, in the years that it counts as one.
struct Open<'a> {
    series: &'a SeriesPlan,
    /// 0 where the series never starts again.
    year: i32,
    state: SeriesState,
}

impl<'a> Open<'a> {
    fn new(
        series: &'a SeriesPlan,
        date: Date,
        given_out: &BTreeMap<(String, i32), SeriesState>,
    ) -> Result<Self, Report> {
        let year = if series.reset_yearly { date.year() } else { 0 };
        let state = match given_out.get(&(series.name.clone(), year)) {
            Some(state) => continued(series, state)?,
            None => SeriesState {
                last_number: 0,
                last_date: None,
                pattern: series.pattern.clone(),
            },
        };
        Ok(Self {
            series,
            year,
            state,
        })
    }

    fn has(&self, date: Date) -> bool {
        !self.series.reset_yearly || date.year() == self.year
    }
}

/// A series goes on with the pattern it began with.
fn continued(series: &SeriesPlan, state: &SeriesState) -> Result<SeriesState, Report> {
    if state.pattern == series.pattern {
        return Ok(state.clone());
    }
    let message = format!(
        "series `{}` has given out number {} as `{}`, and its pattern is now `{}`",
        series.name, state.last_number, state.pattern, series.pattern
    );
    let problem = Diagnostic::error("BW-N103", Place::Id(series.name.clone()), message);
    Err(problem.help("put the old pattern back, or open a new series in `[series]` and name it in the definition").into())
}

fn too_early(series: &SeriesPlan, date: Date, last: Date, invoice_id: &str) -> Diagnostic {
    let message = format!(
        "`{invoice_id}` would be dated {date}, and series `{}` is posted up to {last}",
        series.name
    );
    Diagnostic::error("BW-N101", Place::Id(series.name.clone()), message).help(format!(
        "the first invoice date allowed is {last}; set `invoices.date` to it or to a later day"
    ))
}

/// Writes a number as it is printed: `{year}` of the invoice date, `{seq}` or `{seq:06}` the count.
fn put_printed(text: &mut String, pattern: &str, date: Date, sequence: i64) {
    let mut rest = pattern;
    while let Some((before, field)) = rest.split_once('{') {
        text.push_str(before);
        let (name, after) = field.split_once('}').unwrap_or((field, ""));
        let written = match name.split_once(':') {
            None if name == "year" => write!(text, "{}", date.year()),
            None => write!(text, "{sequence}"),
            Some((_, width)) => write!(
                text,
                "{sequence:0width$}",
                width = width.parse().unwrap_or(0)
            ),
        };
        written.expect("a text takes whatever is written to it");
        rest = after;
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::tests::drafts;

    fn series(name: &str, pattern: &str, reset_yearly: bool) -> SeriesPlan {
        SeriesPlan {
            name: name.to_owned(),
            pattern: pattern.to_owned(),
            reset_yearly,
            chronological: true,
        }
    }

    /// P23: per series 1, 2, 3 .. without a gap, by date, account and group.
    #[test]
    fn invoices_and_credit_notes_are_each_numbered_without_a_gap() {
        let drafts = drafts(&[
            ("R/B", "B", "2026-03-01", "10.00", "2.00"),
            ("R/A/west", "A", "2026-03-01", "1.00", "0.20"),
            ("R/A/east", "A", "2026-03-01", "-5.00", "-1.00"),
            ("R/C", "C", "2026-02-28", "7.00", "1.40"),
            ("R/D", "D", "2026-03-01", "-3.00", "-0.60"),
        ]);
        let all = [
            series("default", "INV-{seq:03}", false),
            series("credit_notes", "CN-{seq:03}", false),
        ];
        let numbered = number(&drafts, &all, &BTreeMap::new()).unwrap();
        let frame = numbered.invoices.frame();
        let shown = frame
            .text("number")
            .iter()
            .zip(frame.text("invoice_id").iter());
        let shown: Vec<String> = shown
            .map(|(number, id)| format!("{} {}", number.unwrap(), id.unwrap()))
            .collect();
        assert_eq!(
            shown,
            [
                "CN-001 R/A/east",
                "CN-002 R/D",
                "INV-001 R/C",
                "INV-002 R/A/west",
                "INV-003 R/B"
            ]
        );
        let last = |name: &str| numbered.series[&(name.to_owned(), 0)].last_number;
        assert_eq!((last("default"), last("credit_notes")), (3, 2));
    }

    #[test]
    fn numbers_begin_anew_in_the_year_of_the_invoice() {
        let drafts = drafts(&[
            ("R/A", "A", "2025-12-31", "1.00", "0.00"),
            ("R/B", "B", "2026-01-01", "1.00", "0.00"),
        ]);
        let all = [series("default", "{year}-{seq}", true)];
        let numbered = number(&drafts, &all, &BTreeMap::new()).unwrap();
        let shown: Vec<&str> = numbered
            .invoices
            .frame()
            .text("number")
            .iter()
            .flatten()
            .collect();
        assert_eq!(shown, ["2025-1", "2026-1"]);
    }

    #[test]
    fn a_number_has_the_year_of_its_invoice_and_leading_zeros() {
        let day = Date::parse("2026-02-01").unwrap();
        let printed = |pattern, sequence| {
            let mut text = String::new();
            put_printed(&mut text, pattern, day, sequence);
            text
        };
        assert_eq!(printed("INV-{year}-{seq:06}", 42), "INV-2026-000042");
        assert_eq!(printed("{seq}", 7), "7");
    }
}
