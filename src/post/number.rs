//! Numbers without a gap.

use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::book_view::{DateText, SeriesState};
use crate::model::draft::{Drafts, Invoices};
use crate::model::plan::SeriesPlan;
use crate::model::table::{Columns, count_column, text_column};
use polars::prelude::DataFrame;
use std::collections::BTreeMap;

/// Invoices with their numbers, and how far their series has then been given out.
#[derive(Debug)]
pub struct Numbered {
    pub invoices: Invoices,
    /// By series and year; year 0 where the series never starts again.
    pub series: BTreeMap<(String, i32), SeriesState>,
}

/// Numbers drafts in the order (invoice_date, account_id, invoice_id), which is the order they stand in.
///
/// Errors: `BW-N101` an invoice date before the last posted one of a chronological series; `BW-N103` the pattern of a
/// series that has given out numbers was changed.
pub fn number(
    drafts: &Drafts,
    series: &SeriesPlan,
    given_out: &BTreeMap<(String, i32), SeriesState>,
) -> Result<Numbered, Report> {
    let frame = drafts.frame();
    let mut next: BTreeMap<(String, i32), SeriesState> = BTreeMap::new();
    let (mut numbers, mut sequences) = (Vec::new(), Vec::new());
    for (row, date) in frame.dates("invoice_date").flatten().enumerate() {
        let key = (
            series.name.clone(),
            if series.reset_yearly { date.year() } else { 0 },
        );
        if !next.contains_key(&key) {
            let state = match given_out.get(&key) {
                Some(state) => continued(series, state)?,
                None => SeriesState {
                    last_number: 0,
                    last_date: None,
                    pattern: series.pattern.clone(),
                },
            };
            next.insert(key.clone(), state);
        }
        let state = next.get_mut(&key).expect("inserted above");
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
        numbers.push(printed(&series.pattern, date, state.last_number));
        sequences.push(state.last_number);
    }
    let columns = Invoices::SCHEMA
        .columns
        .iter()
        .map(|(name, _)| match *name {
            "number" => text_column("number", numbers.iter().map(|number| Some(number.as_str()))),
            "sequence" => {
                count_column("sequence", sequences.iter().map(|sequence| Some(*sequence)))
            }
            "corrects" => text_column("corrects", numbers.iter().map(|_| None::<&str>)),
            name => frame
                .column(name)
                .expect("an invoice's other columns are the draft's")
                .clone(),
        });
    let invoices =
        DataFrame::new(frame.height(), columns.collect()).expect("columns of one height");
    Ok(Numbered {
        invoices: Invoices::checked(invoices),
        series: next,
    })
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

/// A number as printed: `{year}` of the invoice date, `{seq}` or `{seq:06}` the count.
fn printed(pattern: &str, date: Date, sequence: i64) -> String {
    let mut text = pattern
        .replace("{year}", &date.year().to_string())
        .replace("{seq}", &sequence.to_string());
    if let Some((before, rest)) = text.clone().split_once("{seq:")
        && let Some((width, after)) = rest.split_once('}')
    {
        let width = width.parse().unwrap_or(0);
        text = format!("{before}{sequence:0width$}{after}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_year_of_its_invoice_and_leading_zeros() {
        let day = Date::parse("2026-02-01").unwrap();
        assert_eq!(printed("INV-{year}-{seq:06}", day, 42), "INV-2026-000042");
        assert_eq!(printed("{seq}", day, 7), "7");
    }
}
