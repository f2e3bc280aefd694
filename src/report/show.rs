//! One run, tab by tab.

use super::row::Row;
use super::table::{Cell, Column, Side, Table};
use crate::model::book_view::BookView;
use crate::model::line::{Exceptions, Exclusions};
use crate::model::plan::{RunState, RunType};
use polars::prelude::DataFrame;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A step of a run that is in the book, or that a plan will take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// `rate`, `invoice`, `post`, `render`, `cancel`.
    pub name: String,
    /// The commit it came with, and when; `None` while it is only planned.
    pub serial: Option<i64>,
    pub at: Option<String>,
    /// What it made, by name: lines, invoices, documents.
    pub counts: BTreeMap<String, i64>,
}

impl Step {
    pub(super) fn json(&self) -> Value {
        json!({ "step": self.name, "serial": self.serial, "at": self.at, "counts": self.counts })
    }
}

/// Tab `steps`.
pub fn steps(steps: &[Step]) -> Table {
    let mut table = Table::new([
        ("step", Side::Left),
        ("serial", Side::Right),
        ("at", Side::Left),
        ("counts", Side::Left),
    ]);
    for step in steps {
        let counts = step
            .counts
            .iter()
            .map(|(name, count)| format!("{count} {name}"));
        table.push(vec![
            Cell::text(step.name.as_str()),
            step.serial.map_or(Cell::Empty, Cell::Count),
            Cell::of(step.at.as_ref()),
            Cell::text(counts.collect::<Vec<_>>().join(", ")),
        ]);
    }
    table
}

/// Tab `invoices`: rows of `invoice`, or of `draft`, which have no number.
pub fn invoices(invoices: &DataFrame) -> Table {
    let texts = |name| (name, Side::Left, Column::texts(invoices, name));
    let days = |name| (name, Side::Left, Column::days(invoices, name));
    let money = |name| (name, Side::Right, Column::money(invoices, name));
    let number = match invoices.column("number") {
        Ok(_) => Column::texts(invoices, "number"),
        Err(_) => Column::same("", invoices.height()),
    };
    Table::of([
        ("number", Side::Left, number),
        texts("invoice_id"),
        texts("account_id"),
        days("invoice_date"),
        days("due_date"),
        texts("currency"),
        money("net"),
        money("tax"),
        money("total"),
        money("amount_due"),
    ])
    .spare(&["invoice_id", "amount_due", "invoice_date"])
}

/// The columns that [`invoices`] is made of: those of `invoice` for a run that is posted, else those of `draft`.
pub fn invoice_columns(state: RunState) -> &'static [&'static str] {
    const COLUMNS: &[&str] = &[
        "number",
        "invoice_id",
        "account_id",
        "invoice_date",
        "due_date",
        "currency",
        "net",
        "tax",
        "total",
        "amount_due",
    ];
    match state.is_posted() {
        true => COLUMNS,
        false => &COLUMNS[1..],
    }
}

/// Tab `failed`: accounts, subscriptions and services that should have been billed and could not be.
///
/// `since` is the business date of the first of the runs without a break before this one that set the same row aside for the
/// same cause; runs over chosen accounts say nothing about the others and are left out.
pub fn failed(exceptions: &Exceptions, view: &BookView) -> Table {
    let mut table = Table::new(
        [
            "account_id",
            "subscription_id",
            "service_id",
            "stage",
            "code",
            "message",
            "since",
        ]
        .map(|name| (name, Side::Left)),
    )
    .spare(&["stage", "subscription_id", "since"]);
    let earlier = failures(view);
    for row in Row::all(exceptions.frame()) {
        let mut cells = named(
            row,
            [
                "account_id",
                "subscription_id",
                "service_id",
                "stage",
                "code",
                "message",
            ],
        );
        cells.push(Cell::text(since(row, view, &earlier)));
        table.push(cells);
    }
    table
}

/// Tab `excluded`: what was selected and rightly not billed.
pub fn excluded(exclusions: &Exclusions) -> Table {
    let columns = [
        "account_id",
        "subscription_id",
        "service_id",
        "charge",
        "stage",
        "code",
        "message",
    ];
    let mut table = Table::new(columns.map(|name| (name, Side::Left))).spare(&[
        "stage",
        "subscription_id",
        "charge",
    ]);
    for row in Row::all(exclusions.frame()) {
        table.push(named(row, columns));
    }
    table
}

fn named<const N: usize>(row: Row, columns: [&str; N]) -> Vec<Cell> {
    columns.map(|name| Cell::text(row.text(name))).to_vec()
}

/// What makes two exceptions the same one: account, subscription, service, code.
pub(super) type Cause<'a> = [&'a str; 4];

fn cause(row: Row) -> Cause {
    ["account_id", "subscription_id", "service_id", "code"].map(|name| row.text(name))
}

/// The causes of every run's exceptions.
pub(super) fn failures(view: &BookView) -> BTreeMap<&str, Vec<Cause<'_>>> {
    let mut failures: BTreeMap<&str, Vec<Cause>> = BTreeMap::new();
    for row in Row::all(view.exceptions.frame()) {
        failures
            .entry(row.text("run_id"))
            .or_default()
            .push(cause(row));
    }
    failures
        .values_mut()
        .for_each(|causes| causes.sort_unstable());
    failures
}

/// The business date of the first of the runs without a break, up to the row's own, that set it aside for the same cause.
pub(super) fn since<'a>(
    row: Row,
    view: &'a BookView,
    failures: &BTreeMap<&str, Vec<Cause>>,
) -> &'a str {
    let Some(own) = view
        .runs
        .iter()
        .position(|run| run.run_id == row.text("run_id"))
    else {
        return "";
    };
    let run = &view.runs[own];
    let cause = cause(row);
    let earlier = view.runs[..own].iter().rev().filter(|earlier| {
        earlier.definition == run.definition && earlier.run_type == RunType::Batch
    });
    let unbroken = earlier.take_while(|earlier| {
        let causes = failures.get(earlier.run_id.as_str());
        causes.is_some_and(|causes| causes.binary_search(&cause).is_ok())
    });
    unbroken.last().map_or(&run.as_of, |first| &first.as_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{shown, table};
    use crate::report::runs::tests::record;

    /// Parked services, a row `run | account` each.
    fn exceptions(rows: &[&str]) -> Exceptions {
        let rows = rows
            .iter()
            .map(|row| format!("{row} | S-1 | S-1-fiber | rate | BW-R104 | no unit_price\n"));
        let head = "run_id | account_id | subscription_id | service_id | stage | code | message\n";
        Exceptions::checked(table(
            Exceptions::SCHEMA,
            &(head.to_owned() + &rows.collect::<String>()),
        ))
    }

    #[test]
    fn a_parked_service_is_listed_with_the_day_since_when() {
        let mut view = BookView::empty();
        view.runs = ["2026-01-01", "2026-02-01", "2026-03-01"]
            .map(|day| record(&format!("monthly@{day}"), day, 1, &[]))
            .to_vec();
        view.exceptions = exceptions(&[
            "monthly@2026-01-01 | A-2",
            "monthly@2026-02-01 | A-1",
            "monthly@2026-03-01 | A-1",
            "monthly@2026-03-01 | A-2",
        ]);
        let last = exceptions(&["monthly@2026-03-01 | A-1", "monthly@2026-03-01 | A-2"]);
        insta::assert_snapshot!(shown(&failed(&last, &view)), @"
        account_id | subscription_id | service_id | stage | code | message | since
        A-1 | S-1 | S-1-fiber | rate | BW-R104 | no unit_price | 2026-02-01
        A-2 | S-1 | S-1-fiber | rate | BW-R104 | no unit_price | 2026-03-01
        ");
    }
}
