//! One run, tab by tab.

use super::row::Row;
use super::table::{Cell, Side, Table};
use crate::model::book_view::BookView;
use crate::model::line::{Exceptions, Exclusions, Lines};
use crate::model::plan::{RunState, RunType};
use crate::money::{Amount, Currency};
use polars::prelude::DataFrame;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

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
    let is_posted = invoices.column("number").is_ok();
    let mut table = Table::new([
        ("number", Side::Left),
        ("invoice_id", Side::Left),
        ("account_id", Side::Left),
        ("invoice_date", Side::Left),
        ("due_date", Side::Left),
        ("currency", Side::Left),
        ("net", Side::Right),
        ("tax", Side::Right),
        ("total", Side::Right),
        ("amount_due", Side::Right),
    ])
    .spare(&["invoice_id", "amount_due", "invoice_date"]);
    for row in Row::all(invoices) {
        table.push(vec![
            Cell::text(if is_posted { row.text("number") } else { "" }),
            Cell::text(row.text("invoice_id")),
            Cell::text(row.text("account_id")),
            Cell::of(row.date("invoice_date")),
            Cell::of(row.date("due_date")),
            Cell::text(row.text("currency")),
            Cell::Number(row.money("net")),
            Cell::Number(row.money("tax")),
            Cell::Number(row.money("total")),
            Cell::Number(row.money("amount_due")),
        ]);
    }
    table
}

/// What a run made and set aside.
pub struct Sides {
    pub state: RunState,
    pub lines: Lines,
    /// Rows of `invoice`, or of `draft`.
    pub invoices: DataFrame,
    pub exceptions: Exceptions,
    pub exclusions: Exclusions,
}

/// How an account came out of a run.
#[derive(Default)]
struct Outcome<'a> {
    lines: usize,
    invoices: usize,
    currency: &'a str,
    /// In units of an amount.
    total: i128,
    /// Codes of exceptions, and reasons of exclusions.
    failed: BTreeSet<&'a str>,
    excluded: BTreeSet<&'a str>,
}

/// Tab `accounts`: every account that was selected and had something due, with what became of it (Z12).
///
/// `state` is that of the run where lines of it are billed, else `parked` or `excluded`; `because` has the codes and reasons,
/// also of single services of an account that is billed.
pub fn accounts(sides: &Sides) -> Table {
    let mut accounts: BTreeMap<&str, Outcome> = BTreeMap::new();
    for row in Row::all(sides.lines.frame()) {
        accounts.entry(row.text("account_id")).or_default().lines += 1;
    }
    for row in Row::all(&sides.invoices) {
        let account = accounts.entry(row.text("account_id")).or_default();
        account.invoices += 1;
        account.currency = row.text("currency");
        account.total += row.amount("total").unwrap_or_default().units();
    }
    for row in Row::all(sides.exceptions.frame()) {
        let account = accounts.entry(row.text("account_id")).or_default();
        account.failed.insert(row.text("code"));
    }
    for row in Row::all(sides.exclusions.frame()) {
        let account = accounts.entry(row.text("account_id")).or_default();
        account.excluded.insert(row.text("code"));
    }
    let mut table = Table::new([
        ("account_id", Side::Left),
        ("state", Side::Left),
        ("lines", Side::Right),
        ("invoices", Side::Right),
        ("currency", Side::Left),
        ("total", Side::Right),
        ("because", Side::Left),
    ])
    .spare(&["invoices", "currency"]);
    for (id, account) in accounts {
        let state = match (account.lines + account.invoices, account.failed.is_empty()) {
            (1.., _) => sides.state.name(),
            (0, false) => "parked",
            (0, true) => "excluded",
        };
        let total = match account.invoices {
            0 => Cell::Empty,
            _ => Cell::Number(total(account.total, account.currency)),
        };
        let reasons: Vec<&str> = account.failed.into_iter().chain(account.excluded).collect();
        table.push(vec![
            Cell::text(id),
            Cell::text(state),
            Cell::count(account.lines),
            Cell::count(account.invoices),
            Cell::text(account.currency),
            total,
            Cell::text(reasons.join(", ")),
        ]);
    }
    table
}

/// A sum of amounts, with the digits of its currency.
fn total(units: i128, currency: &str) -> String {
    let currency = Currency::parse(currency).expect("an invoice is in a known currency");
    Amount::text_of(units, currency)
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
    use crate::model::draft::Invoices;
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

    /// Z12: the selected accounts, each with what became of it.
    #[test]
    fn z12_the_accounts_of_a_run_say_what_became_of_each() {
        let sides = Sides {
            state: RunState::Posted,
            lines: Lines::checked(table(
                Lines::SCHEMA,
                "line_id | account_id
                 L-1 | A-1
                 L-2 | A-1",
            )),
            invoices: table(
                Invoices::SCHEMA,
                "invoice_id | series | sequence | account_id | currency | total
                 R/A-1 | default | 1 | A-1 | USD | 107.25
                 R/A-1/x | default | 2 | A-1 | USD | 10",
            ),
            exceptions: exceptions(&["R | A-2"]),
            exclusions: Exclusions::checked(table(
                Exclusions::SCHEMA,
                "account_id | code
                 A-1 | paused
                 A-3 | ended",
            )),
        };
        insta::assert_snapshot!(shown(&accounts(&sides)), @"
        account_id | state | lines | invoices | currency | total | because
        A-1 | posted | 2 | 2 | USD | 117.25 | paused
        A-2 | parked | 0 | 0 |  |  | BW-R104
        A-3 | excluded | 0 | 0 |  |  | ended
        ");
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
