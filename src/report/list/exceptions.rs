//! What is parked and not mended, with its age.

use super::Listing;
use crate::calendar::Date;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::line::Lines;
use crate::model::plan::{RunState, RunType};
use crate::report::page::counted;
use crate::report::row::Row;
use crate::report::show::{failures, since};
use crate::report::table::{Cell, Side, Table};
use std::collections::BTreeMap;

/// Every exception that is open: no later run over everybody has come and no longer has it, and no later run has billed, or rightly
/// left out, what it is about (P21). The oldest first; `days` counts from the business date of the first run that had it.
///
/// `lines`: of all runs, drafts included.
pub fn exceptions(view: &BookView, lines: &Lines, today: Date) -> Listing {
    let mended = Mended::new(view, lines);
    let failures = failures(view);
    let mut open: BTreeMap<[&str; 5], (Row, &RunRecord)> = BTreeMap::new();
    for row in Row::all(view.exceptions.frame()) {
        let Some(run) = mended.runs.get(row.text("run_id")).copied() else {
            continue;
        };
        let cause = [
            "account_id",
            "subscription_id",
            "service_id",
            "charge",
            "code",
        ];
        let latest = open
            .entry(cause.map(|name| row.text(name)))
            .or_insert((row, run));
        if latest.1.serial < run.serial {
            *latest = (row, run);
        }
    }
    let mut open: Vec<(&str, Row, &RunRecord)> = open
        .into_values()
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
    Listing {
        table,
        notes: note.into_iter().collect(),
    }
}

/// The last run that says of something that it is parked no more.
struct Mended<'a> {
    /// Those that were not canceled, by id.
    runs: BTreeMap<&'a str, &'a RunRecord>,
    /// Serial of the last run over everybody, by definition.
    over_all: BTreeMap<&'a str, i64>,
    /// Serial of the last run that billed or left out a service or order line, or billed an account.
    items: BTreeMap<&'a str, i64>,
    accounts: BTreeMap<&'a str, i64>,
}

impl<'a> Mended<'a> {
    fn new(view: &'a BookView, lines: &'a Lines) -> Self {
        let counts = view
            .runs
            .iter()
            .filter(|run| run.state != RunState::Canceled);
        let runs: BTreeMap<&str, &RunRecord> =
            counts.map(|run| (run.run_id.as_str(), run)).collect();
        let mut mended = Self {
            over_all: BTreeMap::new(),
            items: BTreeMap::new(),
            accounts: BTreeMap::new(),
            runs,
        };
        for run in mended
            .runs
            .values()
            .filter(|run| run.run_type == RunType::Batch)
        {
            latest(&mut mended.over_all, &run.definition, run.serial);
        }
        let tables = [view.claims.frame(), view.exclusions.frame()];
        for row in tables.into_iter().flat_map(Row::all) {
            if let Some(run) = mended.runs.get(row.text("run_id")) {
                latest(&mut mended.items, row.item(), run.serial);
            }
        }
        for row in Row::all(lines.frame()) {
            if let Some(run) = mended.runs.get(row.text("run_id")) {
                latest(&mut mended.accounts, row.text("account_id"), run.serial);
            }
        }
        mended
    }

    fn is_mended(&self, row: Row, run: &RunRecord) -> bool {
        let whom = match row.item() {
            "" => self.accounts.get(row.text("account_id")),
            item => self.items.get(item),
        };
        let all = self.over_all.get(run.definition.as_str());
        [whom, all]
            .into_iter()
            .flatten()
            .any(|serial| *serial > run.serial)
    }
}

fn latest<'a>(serials: &mut BTreeMap<&'a str, i64>, whom: &'a str, serial: i64) {
    let known = serials.entry(whom).or_insert(serial);
    *known = serial.max(*known);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::line::{Claims, Exceptions};
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
        view.claims = Claims::checked(table(
            Claims::SCHEMA,
            "service_id | charge | run_id | billed_from | billed_through | effect
             S-3 | fiber | monthly@2026-03-01.2 | 2026-03-01 | 2026-04-01 | claimed",
        ));
        let lines = Lines::checked(table(
            Lines::SCHEMA,
            "line_id | run_id | account_id | service_id
             S-9:fiber:2026-03-01 | monthly@2026-03-01.2 | A-4 | S-9",
        ));
        let today = Date::parse("2026-03-11").unwrap();
        insta::assert_snapshot!(shown(&exceptions(&view, &lines, today).table), @"
        since | days | account_id | subscription_id | service_id | code | message | definition | run_id
        2026-01-01 | 69 | A-1 |  | S-1 | BW-R104 | no unit_price | monthly | monthly@2026-03-01
        2026-03-01 | 10 | A-5 |  |  | BW-V120 | a name of two lines | monthly | monthly@2026-03-01
        ");
    }
}
