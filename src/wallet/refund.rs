//! A run taken back: what it debited and what it let expire go back to where they were taken from.

use super::money::Money;
use crate::calendar::Date;
use crate::model::index::{Index, NOWHERE};
use crate::model::table::{
    Columns, Kind, count_column, date_column, same_column, text_column, units_column,
};
use crate::model::wallet::{Lot, TopUps, WalletStates, WalletTransactions};
use polars::prelude::{DataFrame, IdxCa, IdxSize};
use std::collections::HashMap;

/// The latest run that moved wallets, and the wallets around it.
pub struct Undone<'a> {
    pub run_id: &'a str,
    pub as_of: Date,
    /// What the run did.
    pub transactions: &'a WalletTransactions,
    /// As wallets are now.
    pub now: &'a WalletStates,
    /// As they were before the run; those it opened are not there.
    pub before: &'a WalletStates,
    /// Top-ups counted by the run or later, in the order they were counted: they stay.
    pub top_ups: &'a TopUps,
}

/// Refunds for all that a run took, and the wallets after them.
pub fn refund(undone: &Undone<'_>) -> (WalletTransactions, WalletStates) {
    let taken = undone.transactions.frame();
    let kinds = taken.text("kind").iter().enumerate();
    let taken_rows: Vec<usize> = kinds
        .filter(|(_, kind)| matches!(kind, Some("debit" | "expiry")))
        .map(|(row, _)| row)
        .collect();
    let (now, before) = (undone.now.frame(), undone.before.frame());
    let state_of = Index::new(now.text("wallet_id")).rows(taken.text("wallet_id"));
    let amounts = taken.whole_units("amount");
    let closing = now.whole_units("closing");
    let counts = now.counts("transactions");
    // By row of the states: what is given back so far, and how many transactions that makes.
    let mut given: HashMap<u32, (i128, i64)> = HashMap::new();
    let mut numbers = Vec::with_capacity(taken_rows.len());
    let mut balances = Vec::with_capacity(taken_rows.len());
    for row in &taken_rows {
        let state = state_of[*row];
        assert!(state != NOWHERE, "a wallet that was moved has a state");
        let (sum, refunds) = given.entry(state).or_default();
        *sum -= amounts.at(*row).unwrap_or_default();
        *refunds += 1;
        numbers.push(counts.get(state as usize).unwrap_or_default() + *refunds);
        balances.push(closing.at(state as usize).unwrap_or_default() + *sum);
    }
    let rows = IdxCa::from_vec(
        "".into(),
        taken_rows.iter().map(|row| *row as IdxSize).collect(),
    );
    let of = |name: &str| {
        let column = taken.column(name).expect("a column of the schema");
        column.take(&rows).expect("rows within the table")
    };
    let ids = taken.text("wallet_id");
    let named = taken_rows.iter().zip(&numbers).map(|(row, number)| {
        let wallet = ids.get(*row).unwrap_or_default();
        Some(format!("{wallet}/{number}"))
    });
    let height = taken_rows.len();
    let columns = vec![
        text_column("transaction_id", named),
        of("wallet_id"),
        of("account_id"),
        same_column("run_id", Some(undone.run_id), height),
        same_column("kind", Some("refund"), height),
        date_column("on_day", (0..height).map(|_| Some(undone.as_of))),
        of("service_id"),
        of("charge"),
        of("line_id"),
        of("period_start"),
        of("period_end"),
        units_column(
            "amount",
            Kind::Amount,
            taken_rows
                .iter()
                .map(|row| amounts.at(*row).map(|amount| -amount)),
        ),
        of("currency"),
        units_column(
            "balance_after",
            Kind::Amount,
            balances.into_iter().map(Some),
        ),
        of("transaction_id").with_name("source_id".into()),
    ];
    let refunds = DataFrame::new(height, columns).expect("columns of one height");
    let mut touched: Vec<(u32, (i128, i64))> = given.into_iter().collect();
    touched.sort_unstable_by_key(|(state, _)| *state);
    let lots = lots(undone, before, &touched);
    (
        WalletTransactions::in_order(refunds),
        states(undone, &touched, lots),
    )
}

/// What is left of top-ups that expire, as if the run had taken nothing.
fn lots(
    undone: &Undone<'_>,
    before: &DataFrame,
    touched: &[(u32, (i128, i64))],
) -> Vec<Option<String>> {
    let now = undone.now.frame();
    let mut added: HashMap<&str, Vec<usize>> = HashMap::new();
    let top_ups = undone.top_ups.frame();
    for (row, wallet) in top_ups.text("wallet_id").iter().enumerate() {
        added
            .entry(wallet.unwrap_or_default())
            .or_default()
            .push(row);
    }
    let before_of = Index::new(before.text("wallet_id"));
    let (amounts, expires) = (
        top_ups.whole_units("amount"),
        top_ups.whole_dates("expires_on"),
    );
    let one = |(state, _): &(u32, (i128, i64))| {
        let id = now.text_at("wallet_id", *state as usize);
        let known = before_of.row(id);
        let lots = Lot::read(known.and_then(|row| before.text("lots").get(row)));
        let whole = match known {
            Some(row) => before.whole_units("closing").at(row),
            None => now.whole_units("opened_with").at(*state as usize),
        };
        let mut money = Money {
            id,
            scheme: None,
            until: None,
            priority: 0,
            limit: 0,
            rest: whole.unwrap_or_default() - lots.iter().map(|lot| lot.left).sum::<i128>(),
            lots,
        };
        for row in added.get(id).into_iter().flatten() {
            let until = expires
                .at(*row)
                .map(|until| (until, top_ups.text_at("top_up_id", *row)));
            money.add(amounts.at(*row).unwrap_or_default(), until);
        }
        Lot::written(&money.lots)
    };
    touched.iter().map(one).collect()
}

fn states(
    undone: &Undone<'_>,
    touched: &[(u32, (i128, i64))],
    lots: Vec<Option<String>>,
) -> WalletStates {
    let now = undone.now.frame();
    let rows = IdxCa::from_vec(
        "".into(),
        touched.iter().map(|(state, _)| *state as IdxSize).collect(),
    );
    let of = |name: &str| {
        let column = now.column(name).expect("a column of the schema");
        column.take(&rows).expect("rows within the table")
    };
    let closing = now.whole_units("closing");
    let after = touched
        .iter()
        .map(|(state, (sum, _))| Some(closing.at(*state as usize)? + sum));
    let counts = now.counts("transactions");
    let counts = touched
        .iter()
        .map(|(state, (_, refunds))| Some(counts.get(*state as usize)? + refunds));
    let zero = |name: &str| units_column(name, Kind::Amount, touched.iter().map(|_| Some(0)));
    let columns = vec![
        of("wallet_id"),
        of("account_id"),
        of("currency"),
        same_column("run_id", Some(undone.run_id), touched.len()),
        of("closing").with_name("opening".into()),
        zero("topped_up"),
        units_column(
            "refunded",
            Kind::Amount,
            touched.iter().map(|(_, (sum, _))| Some(*sum)),
        ),
        zero("debited"),
        zero("expired"),
        units_column("closing", Kind::Amount, after),
        of("opened_with"),
        text_column("lots", lots),
        count_column("transactions", counts),
    ];
    WalletStates::in_order(DataFrame::new(touched.len(), columns).expect("columns of one height"))
}
