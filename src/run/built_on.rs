//! Later runs that have built on what a run billed: it cannot be taken back while they stand.

use crate::book::Book;
use crate::calendar::Period;
use crate::diagnostic::Report;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::line::{ADJUSTMENT, Claims, LATE, Lines};
use crate::model::plan::RunState;
use crate::model::table::Columns;
use polars::prelude::DataFrame;
use std::collections::BTreeMap;

/// The runs since one, without those that were taken back.
fn later<'a>(view: &'a BookView, record: &RunRecord) -> impl Iterator<Item = &'a RunRecord> {
    let serial = record.serial;
    let runs = view.runs.iter();
    runs.filter(move |run| run.serial > serial && run.state != RunState::Canceled)
}

/// A later run that counts on what went over between periods that this one claims and its own, if there is one: of earlier days what
/// was left then, of later ones what was no longer there.
pub fn carried_later(
    book: Option<&Book>,
    view: &BookView,
    record: &RunRecord,
) -> Result<Option<String>, Report> {
    let names = ["carried_in", "carried_out"];
    line_later(book, view, record, &names, |lines| {
        let carried = |name| {
            let units = lines.units(name);
            units
                .map(|units| units.is_some_and(|units| units > 0))
                .collect::<Vec<bool>>()
        };
        let (into, out) = (carried("carried_in"), carried("carried_out"));
        Box::new(move |row, claimed, of_line| {
            into[row] && claimed.end <= of_line.start || out[row] && of_line.end <= claimed.start
        })
    })
}

/// A later run that billed late usage of days which this one claims, if there is one: what it had read of them is billed by both.
pub fn added_later(
    book: Option<&Book>,
    view: &BookView,
    record: &RunRecord,
) -> Result<Option<String>, Report> {
    let mut later = later(view, record).peekable();
    let (Some(book), Some(_)) = (book, later.peek()) else {
        return Ok(None);
    };
    let claims = |run: &str| {
        let columns = ["service_id", "billed_from", "billed_through", "effect"];
        let frame = book.columns(Claims::SCHEMA, Some(run), &columns)?;
        let texts = |name: &str| frame.text(name).iter().map(Option::unwrap_or_default);
        let (services, effects) = (texts("service_id"), texts("effect"));
        let days = frame
            .dates("billed_from")
            .zip(frame.dates("billed_through"));
        let days = days.filter_map(|(from, through)| Some(Period::new(from?, through?)));
        let claims = services.zip(days).zip(effects);
        let claims =
            claims.map(|((service, days), effect)| (service.to_owned(), days, effect == LATE));
        Ok::<Vec<(String, Period, bool)>, Report>(claims.collect())
    };
    let mut own: BTreeMap<String, Vec<Period>> = BTreeMap::new();
    for (service, days, _) in claims(&record.run_id)? {
        own.entry(service).or_default().push(days);
    }
    for run in later {
        let is_on_top = |(service, late, is_late): &(String, Period, bool)| {
            let days = own.get(service).filter(|_| *is_late);
            days.is_some_and(|all| all.iter().any(|days| !days.intersect(*late).is_empty()))
        };
        if claims(&run.run_id)?.iter().any(is_on_top) {
            return Ok(Some(run.run_id.clone()));
        }
    }
    Ok(None)
}

/// A later run that priced anew days which this one claims, if there is one: it billed the difference to what this one did.
pub fn adjusted_later(
    book: Option<&Book>,
    view: &BookView,
    record: &RunRecord,
) -> Result<Option<String>, Report> {
    line_later(book, view, record, &["kind"], |lines| {
        let kinds = lines.text("kind");
        Box::new(|row, claimed, of_line| {
            kinds.get(row) == Some(ADJUSTMENT) && !claimed.intersect(of_line).is_empty()
        })
    })
}

/// Whether a line, by its row, builds on claimed days of its charge: those, and its own.
type BuildsOn<'a> = Box<dyn Fn(usize, Period, Period) -> bool + 'a>;

/// The first later run with a line that builds on days which this one claims of its service and charge. `names` are the columns that
/// `test` asks for.
fn line_later(
    book: Option<&Book>,
    view: &BookView,
    record: &RunRecord,
    names: &[&str],
    test: impl Fn(&DataFrame) -> BuildsOn<'_>,
) -> Result<Option<String>, Report> {
    let mut later = later(view, record).peekable();
    let (Some(book), Some(_)) = (book, later.peek()) else {
        return Ok(None);
    };
    let columns = ["service_id", "charge", "billed_from", "billed_through"];
    let claims = book.columns(Claims::SCHEMA, Some(&record.run_id), &columns)?;
    let claimed = days(&claims, "billed_from", "billed_through");
    let own = by_charge(&claims, &claimed);
    for run in later {
        let columns = [
            &["service_id", "charge", "period_start", "period_end"],
            names,
        ]
        .concat();
        let lines = book.columns(Lines::SCHEMA, Some(&run.run_id), &columns)?;
        let builds_on = test(&lines);
        let periods = days(&lines, "period_start", "period_end");
        let is_on_top = |(row, period): (usize, &Period)| {
            let whose = ["service_id", "charge"].map(|name| lines.text_at(name, row));
            let mut own = own.get(&whose.into()).into_iter().flatten();
            own.any(|claimed| builds_on(row, *claimed, *period))
        };
        if periods.iter().enumerate().any(is_on_top) {
            return Ok(Some(run.run_id.clone()));
        }
    }
    Ok(None)
}

/// The days of claims or lines.
fn days(frame: &DataFrame, from: &str, to: &str) -> Vec<Period> {
    let days = frame.dates(from).zip(frame.dates(to));
    let days = days.map(|days| match days {
        (Some(from), Some(to)) => Period::new(from, to),
        _ => unreachable!("claims and lines have days"),
    });
    days.collect()
}

/// Claimed days by service and charge.
fn by_charge<'a>(
    claims: &'a DataFrame,
    claimed: &[Period],
) -> BTreeMap<(&'a str, &'a str), Vec<Period>> {
    let mut all: BTreeMap<(&str, &str), Vec<Period>> = BTreeMap::new();
    for (row, days) in claimed.iter().enumerate() {
        let whose = ["service_id", "charge"].map(|name| claims.text_at(name, row));
        all.entry(whose.into()).or_default().push(*days);
    }
    all
}
