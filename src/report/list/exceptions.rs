//! What is parked and not mended, with its age.

use super::Listing;
use crate::calendar::Date;
use crate::diagnostic::Report;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::plan::{RunState, RunType};
use crate::model::table::Columns;
use crate::report::page::counted;
use crate::report::row::Row;
use crate::report::show::{failures, since};
use crate::report::table::{Cell, Side, Table};
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};

/// What a run billed or left out, by whom it was about.
pub struct Touched {
    /// `account_id` of its lines.
    pub lines: DataFrame,
    /// `service_id` and `charge` of its claims, and of its exclusions.
    pub claims: DataFrame,
    pub exclusions: DataFrame,
}

/// Every exception that is open: no later run over everybody has come and no longer has it, and no later run has billed, or rightly
/// left out, what it is about (P21). The oldest first; `days` counts from the business date of the first run that had it.
///
/// `touched` is asked only of runs that came after an exception which no later run over everybody has judged.
pub fn exceptions(
    view: &BookView,
    touched: impl Fn(&RunRecord) -> Result<Touched, Report>,
    today: Date,
) -> Result<Listing, Report> {
    let failures = failures(view);
    let last = last_judged(view);
    let mended = Mended::new(view, &last, touched)?;
    let mut open: Vec<(&str, Row, &RunRecord)> = last
        .into_iter()
        .filter(|(row, run)| !mended.is_mended(*row, run))
        .map(|(row, run)| (since(row, view, &failures), row, run))
        .collect();
    open.sort_by_key(|(since, ..)| *since);
    let mut table = Table::new([
        ("since", Side::Left),
        ("days", Side::Right),
        ("account_id", Side::Left),
        ("subscription_id", Side::Left),
        ("service_id", Side::Left),
        ("code", Side::Left),
        ("message", Side::Left),
        ("definition", Side::Left),
        ("run_id", Side::Left),
    ])
    .spare(&["run_id", "definition", "subscription_id", "days"]);
    for (since, row, run) in &open {
        let days = Date::parse(since).map(|since| today.number() - since.number());
        table.push(vec![
            Cell::text(*since),
            days.map_or(Cell::Empty, |days| Cell::Count(days.into())),
            Cell::text(row.text("account_id")),
            Cell::text(row.text("subscription_id")),
            Cell::text(row.text("service_id")),
            Cell::text(row.text("code")),
            Cell::text(row.text("message")),
            Cell::text(run.definition.as_str()),
            Cell::text(run.run_id.as_str()),
        ]);
    }
    let note = (!open.is_empty()).then(|| {
        format!(
            "{} open; mended, the next run bills it as if it had never been parked.",
            counted(open.len(), "exception")
        )
    });
    Ok(Listing {
        table,
        notes: note.into_iter().collect(),
    })
}

/// Every exception as the last run had it, where no run over everybody came after that.
fn last_judged(view: &BookView) -> Vec<(Row<'_>, &RunRecord)> {
    let counts = || {
        view.runs
            .iter()
            .filter(|run| run.state != RunState::Canceled)
    };
    let runs: BTreeMap<&str, &RunRecord> = counts().map(|run| (run.run_id.as_str(), run)).collect();
    let mut over_all: BTreeMap<&str, i64> = BTreeMap::new();
    for run in counts().filter(|run| run.run_type == RunType::Batch) {
        latest(&mut over_all, &run.definition, run.serial);
    }
    let mut last: BTreeMap<[&str; 5], (Row, &RunRecord)> = BTreeMap::new();
    for row in Row::all(view.exceptions.frame()) {
        let Some(run) = runs.get(row.text("run_id")).copied() else {
            continue;
        };
        let cause = [
            "account_id",
            "subscription_id",
            "service_id",
            "charge",
            "code",
        ];
        let known = last
            .entry(cause.map(|name| row.text(name)))
            .or_insert((row, run));
        if known.1.serial < run.serial {
            *known = (row, run);
        }
    }
    let is_last = |(_, run): &(Row, &RunRecord)| {
        let over_all = over_all.get(run.definition.as_str());
        over_all.is_none_or(|serial| *serial <= run.serial)
    };
    last.into_values().filter(is_last).collect()
}

/// Serial of the last run that billed or left out a service or order line, or billed an account.
#[derive(Default)]
struct Mended {
    items: BTreeMap<String, i64>,
    accounts: BTreeMap<String, i64>,
}

impl Mended {
    /// Of what these exceptions are about.
    fn new(
        view: &BookView,
        exceptions: &[(Row, &RunRecord)],
        touched: impl Fn(&RunRecord) -> Result<Touched, Report>,
    ) -> Result<Self, Report> {
        let mut mended = Self::default();
        let Some(first) = exceptions.iter().map(|(_, run)| run.serial).min() else {
            return Ok(mended);
        };
        let items: BTreeSet<&str> = exceptions.iter().map(|(row, _)| row.item()).collect();
        let accounts = exceptions.iter().map(|(row, _)| row.text("account_id"));
        let accounts: BTreeSet<&str> = accounts.collect();
        let is_later = |run: &&RunRecord| run.serial > first && run.state != RunState::Canceled;
        for run in view.runs.iter().filter(is_later) {
            let touched = touched(run)?;
            for frame in [&touched.claims, &touched.exclusions] {
                let named = Row::all(frame).map(Row::item);
                for item in named.filter(|item| items.contains(item)) {
                    latest(&mut mended.items, item.to_owned(), run.serial);
                }
            }
            let billed = touched.lines.text("account_id").iter().flatten();
            for account in billed.filter(|account| accounts.contains(account)) {
                latest(&mut mended.accounts, account.to_owned(), run.serial);
            }
        }
        Ok(mended)
    }

    fn is_mended(&self, row: Row, run: &RunRecord) -> bool {
        let last = match row.item() {
            "" => self.accounts.get(row.text("account_id")),
            item => self.items.get(item),
        };
        last.is_some_and(|serial| *serial > run.serial)
    }
}

fn latest<K: Ord>(serials: &mut BTreeMap<K, i64>, whom: K, serial: i64) {
    let known = serials.entry(whom).or_insert(serial);
    *known = serial.max(*known);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::line::{Claims, Exceptions, Exclusions, Lines};
    use crate::report::fixture::{shown, table};
    use crate::report::runs::tests::record;

    /// P21: nothing stays parked unseen, and what was mended is not listed.
    #[test]
    fn p21_open_exceptions_have_an_age_and_mended_ones_are_gone() {
        let mut view = BookView::empty();
        view.runs = ["2026-01-01", "2026-02-01", "2026-03-01"]
            .iter()
            .zip(1..)
            .map(|(day, serial)| RunRecord {
                serial,
                ..record(&format!("monthly@{day}"), day, 1, &[])
            })
            .collect();
        view.runs.push(RunRecord {
            serial: 4,
            run_type: RunType::Individual,
            ..record("monthly@2026-03-01.2", "2026-03-01", 0, &[])
        });
        view.exceptions = Exceptions::checked(table(
            Exceptions::SCHEMA,
            "run_id | account_id | service_id | code | message
             monthly@2026-01-01 | A-1 | S-1 | BW-R104 | no unit_price
             monthly@2026-02-01 | A-1 | S-1 | BW-R104 | no unit_price
             monthly@2026-03-01 | A-1 | S-1 | BW-R104 | no unit_price
             monthly@2026-01-01 | A-2 | S-2 | BW-V141 | not a number
             monthly@2026-03-01 | A-3 | S-3 | BW-X106 | no such scheme
             monthly@2026-03-01 | A-4 | | BW-X110 | another currency
             monthly@2026-03-01 | A-5 | | BW-V120 | a name of two lines",
        ));
        let touched = |run: &RunRecord| {
            assert_eq!(run.run_id, "monthly@2026-03-01.2");
            Ok(Touched {
                claims: table(
                    Claims::SCHEMA,
                    "service_id | charge | run_id | billed_from | billed_through | effect
                     S-3 | fiber | monthly@2026-03-01.2 | 2026-03-01 | 2026-04-01 | claimed",
                ),
                lines: table(
                    Lines::SCHEMA,
                    "line_id | run_id | account_id | service_id
                     S-9:fiber:2026-03-01 | monthly@2026-03-01.2 | A-4 | S-9",
                ),
                exclusions: Exclusions::SCHEMA.empty(),
            })
        };
        let today = Date::parse("2026-03-11").unwrap();
        let listing = exceptions(&view, touched, today).unwrap();
        insta::assert_snapshot!(shown(&listing.table), @"
        since | days | account_id | subscription_id | service_id | code | message | definition | run_id
        2026-01-01 | 69 | A-1 |  | S-1 | BW-R104 | no unit_price | monthly | monthly@2026-03-01
        2026-03-01 | 10 | A-5 |  |  | BW-V120 | a name of two lines | monthly | monthly@2026-03-01
        ");
    }
}
