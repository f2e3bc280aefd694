//! What accounts owe by their posted invoices.

use super::table::{Columns, Kind, Schema, text_column, units_column};
use crate::money::Amount;
use polars::prelude::DataFrame;

const SCHEMA: Schema = Schema {
    name: "owed",
    columns: &[
        ("account_id", Kind::Text),
        ("currency", Kind::Text),
        ("balance", Kind::Amount),
    ],
    key: &["account_id"],
};

/// What every account owes: one row for each that has a posted invoice, sorted by `account_id`.
#[derive(Clone, Debug)]
pub struct Owed(DataFrame);

/// What one account owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owes<'a> {
    /// Of its last posted invoice.
    pub currency: &'a str,
    /// The prior balance of the first posted invoice and what is due by all.
    pub balance: Amount,
}

impl Default for Owed {
    fn default() -> Self {
        Self(SCHEMA.empty())
    }
}

impl Owed {
    /// Panics on another shape: that is a fault of ours.
    pub fn checked(frame: DataFrame) -> Self {
        Self(SCHEMA.sorted(frame))
    }

    /// From an account, its currency and what it owes.
    pub fn by_accounts<'a>(rows: impl Iterator<Item = (&'a str, &'a str, Amount)> + Clone) -> Self {
        let columns = vec![
            text_column(
                "account_id",
                rows.clone().map(|(account, ..)| Some(account)),
            ),
            text_column(
                "currency",
                rows.clone().map(|(_, currency, _)| Some(currency)),
            ),
            units_column(
                "balance",
                Kind::Amount,
                rows.map(|(.., balance)| Some(balance.units())),
            ),
        ];
        let frame = DataFrame::new_infer_height(columns).expect("columns of one height");
        Self::checked(frame)
    }

    pub fn frame(&self) -> &DataFrame {
        &self.0
    }

    pub fn of(&self, account_id: &str) -> Option<Owes<'_>> {
        let ids = self.0.text("account_id");
        let (mut low, mut high) = (0, ids.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match ids.get(middle) {
                Some(found) if found >= account_id => high = middle,
                _ => low = middle + 1,
            }
        }
        let is_found = low < ids.len() && ids.get(low) == Some(account_id);
        is_found.then(|| self.at(low))
    }

    fn at(&self, row: usize) -> Owes<'_> {
        let balances = self.0.column("balance").and_then(|column| column.decimal());
        let balance = balances.expect("a column of amounts").physical().get(row);
        Owes {
            currency: self.0.text_at("currency", row),
            balance: balance
                .and_then(Amount::from_units)
                .expect("posted totals fit an amount"),
        }
    }
}
