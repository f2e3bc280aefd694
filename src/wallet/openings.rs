//! Opening balances that changed: each counts once, when its wallet is first seen.

use super::Wallets;
use super::opened::Opened;
use crate::model::bill_run::Check;
use crate::model::finding::Finding;
use crate::model::table::Columns;
use crate::money::{Amount, Currency};

/// Wallets whose opening balance is another than when they were first seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Openings {
    pub changed: usize,
    /// What is to be said of the first.
    pub first: Option<String>,
}

impl Openings {
    pub fn add(&mut self, other: Self) {
        self.changed += other.changed;
        self.first = self.first.take().or(other.first);
    }

    /// What the check `opening_balances` finds.
    pub fn finding(&self) -> Option<Finding> {
        let wallets = match self.changed {
            1 => "1 wallet has".to_owned(),
            more => format!("{more} wallets have"),
        };
        let message = format!(
            "{wallets} another opening_balance than when first seen, which changes nothing: {}",
            self.first.as_ref()?
        );
        Some(Finding {
            check: Check::OpeningBalances,
            account_id: String::new(),
            subscription_id: String::new(),
            service_id: String::new(),
            message,
        })
    }
}

/// Wallets that are known and have another opening balance in the input than they were opened with.
pub fn openings(wallets: &Wallets<'_>, opened: &Opened<'_>) -> Openings {
    let table = &wallets.tables.wallets;
    let is_changed = |at: &usize| {
        let moved = &opened.moved[*at];
        moved.said != moved.opened_with
            && wallets.concerns(table.text_at("account_id", opened.rows[*at]))
    };
    let mut changed = (0..opened.rows.len()).filter(is_changed);
    let Some(first) = changed.next() else {
        return Openings::default();
    };
    let (row, moved) = (opened.rows[first], &opened.moved[first]);
    let code = table.text_at("currency", row);
    let currency = Currency::parse(code).expect("inputs check currencies");
    let text = |units: i128| Amount::text_of(units, currency);
    Openings {
        changed: 1 + changed.count(),
        first: Some(format!(
            "{} was opened with {} {code}, and {} stands there now",
            table.text_at("wallet_id", row),
            text(moved.opened_with),
            text(moved.said)
        )),
    }
}
