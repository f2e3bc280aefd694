//! What wallets hold, what moved them, and what was missing.

use super::explain::billed;
use super::row::Row;
use super::table::{Cell, Column, Side, Table};
use crate::calendar::Date;
use crate::model::book_view::RunRecord;
use crate::model::line::Claims;
use crate::model::plan::{RunState, RunType};
use crate::model::wallet::{Lot, Shortfalls};
use crate::money::Amount;
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that [`transactions`] is made of.
pub const TRANSACTION: &[&str] = &[
    "transaction_id",
    "account_id",
    "wallet_id",
    "kind",
    "service_id",
    "charge",
    "period_start",
    "period_end",
    "amount",
    "currency",
    "balance_after",
    "line_id",
    "source_id",
];

/// Tab `transactions`: rows of `wallet_transaction`, account by account in the order in which they were made.
pub fn transactions(rows: &DataFrame) -> Table {
    let texts = |name| (name, Side::Left, Column::texts(rows, name));
    let days = |name| (name, Side::Left, Column::days(rows, name));
    let money = |name| (name, Side::Right, Column::money(rows, name));
    Table::of([
        texts("transaction_id"),
        texts("account_id"),
        texts("wallet_id"),
        texts("kind"),
        texts("service_id"),
        texts("charge"),
        days("period_start"),
        days("period_end"),
        money("amount"),
        texts("currency"),
        money("balance_after"),
        texts("line_id"),
        texts("source_id"),
    ])
    .spare(&[
        "wallet_id",
        "account_id",
        "line_id",
        "source_id",
        "period_end",
        "currency",
        "period_start",
    ])
}

/// The columns that [`shortfalls`] is made of.
pub const SHORTFALL: &[&str] = &[
    "account_id",
    "subscription_id",
    "service_id",
    "charge",
    "period_start",
    "period_end",
    "amount",
    "missing",
    "currency",
];

/// Tab `shortfalls`: rows of `wallet_shortfall`.
pub fn shortfalls(rows: &DataFrame) -> Table {
    let texts = |name| (name, Side::Left, Column::texts(rows, name));
    let days = |name| (name, Side::Left, Column::days(rows, name));
    let money = |name| (name, Side::Right, Column::money(rows, name));
    Table::of([
        texts("account_id"),
        texts("subscription_id"),
        texts("service_id"),
        texts("charge"),
        days("period_start"),
        days("period_end"),
        money("amount"),
        money("missing"),
        texts("currency"),
    ])
    .spare(&["subscription_id", "period_end", "currency"])
}

/// The rows of `wallet_shortfall` that are open: the last that a run said of a charge, where no later run over everybody had the money
/// for it or left it out, and its first day is not billed since.
///
/// `claims` are those on the services of the rows.
pub(super) fn open<'a>(
    runs: &'a [RunRecord],
    shortfalls: &'a Shortfalls,
    claims: &Claims,
) -> Vec<(Row<'a>, &'a RunRecord)> {
    let stands = |run: &&RunRecord| run.wallets.is_some() && run.state != RunState::Canceled;
    let by_id: BTreeMap<&str, &RunRecord> = runs
        .iter()
        .filter(stands)
        .map(|run| (run.run_id.as_str(), run))
        .collect();
    let mut over_all: BTreeMap<&str, i64> = BTreeMap::new();
    for run in by_id.values().filter(|run| run.run_type == RunType::Batch) {
        let last = over_all.entry(&run.definition).or_default();
        *last = run.serial.max(*last);
    }
    let rows = Row::all(shortfalls.frame());
    let rows = rows.filter_map(|row| Some((row, *by_id.get(row.text("run_id"))?)));
    let is_since = |(_, run): &(Row, &RunRecord)| {
        let last = over_all.get(run.definition.as_str());
        last.is_none_or(|last| *last <= run.serial)
    };
    let rows: Vec<(Row, &RunRecord)> = rows.filter(is_since).collect();
    let item = |row: Row<'a>| (row.text("service_id"), row.text("charge"));
    let mut last: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (row, run) in &rows {
        let serial = last.entry(item(*row)).or_default();
        *serial = run.serial.max(*serial);
    }
    let services: BTreeSet<&str> = last.keys().map(|(service, _)| *service).collect();
    let paid = days_billed(claims, &services);
    let is_open = |(row, run): &(Row<'a>, &RunRecord)| {
        let first = row.date("period_start");
        let days = paid.get(row.text("service_id"));
        let days = days.and_then(|charges| charges.get(row.text("charge")));
        let is_paid = days
            .into_iter()
            .flatten()
            .any(|days| first.is_some_and(|first| days.start <= first && first < days.end));
        last.get(&item(*row)) == Some(&run.serial) && !is_paid
    };
    rows.into_iter().filter(is_open).collect()
}

/// Billed days by service and charge.
fn days_billed<'a>(
    claims: &'a Claims,
    services: &BTreeSet<&str>,
) -> BTreeMap<&'a str, BTreeMap<&'a str, Vec<crate::calendar::Period>>> {
    let mut rows: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    for claim in Row::all(claims.frame()) {
        let service = claim.text("service_id");
        if services.contains(service) {
            rows.entry(service).or_default().push(claim);
        }
    }
    let each = rows.into_iter();
    each.map(|(service, claims)| (service, billed(claims.into_iter())))
        .collect()
}

/// What of a wallet expires next, and on which day it can no longer be used. `own` is the day on which the wallet itself expires.
pub(super) fn next_to_expire(state: Row, own: Option<Date>) -> Option<(Date, Amount)> {
    let lots = Lot::read(Some(state.text("lots")).filter(|lots| !lots.is_empty()));
    let balance = state.amount("closing").unwrap_or_default();
    let first = lots.iter().map(|lot| lot.until).min();
    match (first, own) {
        (None, None) => None,
        (first, Some(own)) if first.is_none_or(|first| own <= first) => {
            let is_left = balance > Amount::ZERO;
            is_left.then_some((own, balance))
        }
        (first, _) => {
            let first = first?;
            let of_day = lots.iter().filter(|lot| lot.until == first);
            let sum = of_day.map(|lot| lot.left).sum();
            Some((first, Amount::from_units(sum)?))
        }
    }
}

/// The days on which wallets themselves expire, from rows of `wallets`.
pub(super) fn own_days(wallets: &DataFrame) -> BTreeMap<&str, Date> {
    let rows = Row::all(wallets);
    rows.filter_map(|row| Some((row.text("wallet_id"), row.date("expires_on")?)))
        .collect()
}

/// Cells of the day and the amount that expire next.
pub(super) fn expiry_cells(next: Option<(Date, Amount)>, currency: &str) -> [Cell; 2] {
    match next {
        Some((day, amount)) => [
            Cell::of(Some(day)),
            Cell::Number(super::row::money(amount, currency)),
        ],
        None => [Cell::Empty, Cell::Empty],
    }
}
