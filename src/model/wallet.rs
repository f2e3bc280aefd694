//! Wallets as the book knows them: what they hold, and what went in and out.

use super::index::{Index, NOWHERE};
use super::service_action::ServiceActions;
use super::table::{Columns, Kind, Schema, table_type};
use crate::calendar::Date;
use crate::money::Amount;
use polars::prelude::BooleanChunked;
use std::collections::BTreeMap;

table_type!(
    /// What went into a wallet or out of it.
    WalletTransactions,
    Schema {
        name: "wallet_transaction",
        columns: &[
            ("transaction_id", Kind::Text), // WALLET/NUMBER, without a gap from 1
            ("wallet_id", Kind::Text),
            ("account_id", Kind::Text),
            ("run_id", Kind::Text),
            ("kind", Kind::Text),   // top_up, debit, expiry, refund
            ("on_day", Kind::Date), // the business date of the run
            ("service_id", Kind::Text), // of a debit and its refund; null on any other
            ("charge", Kind::Text),
            ("line_id", Kind::Text),     // of a debit: the first line it pays
            ("period_start", Kind::Date), // of a debit: from the first day of its lines
            ("period_end", Kind::Date),   // up to this one
            ("amount", Kind::Amount),     // above zero: into the wallet
            ("currency", Kind::Text),
            ("balance_after", Kind::Amount),
            ("source_id", Kind::Text), // of a top-up: its id; of a refund: the transaction it gives back; of an expiry: the top-up, null where it is the opening balance
        ],
        key: &["wallet_id", "transaction_id"],
    }
);

table_type!(
    /// The last that happened to each wallet, and what it holds since: opening + topped_up + refunded - debited - expired = closing.
    WalletStates,
    Schema {
        name: "wallet_state",
        columns: &[
            ("wallet_id", Kind::Text),
            ("account_id", Kind::Text),
            ("currency", Kind::Text),
            ("run_id", Kind::Text), // of the run that touched it last
            ("opening", Kind::Amount), // before that run; of a new wallet its opening balance
            ("topped_up", Kind::Amount),
            ("refunded", Kind::Amount),
            ("debited", Kind::Amount),
            ("expired", Kind::Amount),
            ("closing", Kind::Amount),
            ("opened_with", Kind::Amount), // the opening balance it had when it was first seen
            ("lots", Kind::Text), // what is left of single top-ups that expire, as JSON; null: of none
            ("transactions", Kind::Count), // how many it has had
        ],
        key: &["wallet_id"],
    }
);

table_type!(
    /// Debits for which there was too little.
    Shortfalls,
    Schema {
        name: "wallet_shortfall",
        columns: &[
            ("run_id", Kind::Text),
            ("account_id", Kind::Text),
            ("subscription_id", Kind::Text),
            ("service_id", Kind::Text),
            ("charge", Kind::Text),
            ("period_start", Kind::Date),
            ("period_end", Kind::Date),
            ("amount", Kind::Amount),
            ("missing", Kind::Amount), // beyond what the wallets that can pay it held then
            ("currency", Kind::Text),
        ],
        key: &["account_id", "subscription_id", "service_id", "charge", "period_start"],
    }
);

table_type!(
    /// Top-ups that were counted, each once.
    TopUps,
    Schema {
        name: "top_up",
        columns: &[
            ("top_up_id", Kind::Text),
            ("wallet_id", Kind::Text),
            ("account_id", Kind::Text),
            ("run_id", Kind::Text), // that counted it
            ("at", Kind::Count), // microseconds since 1970-01-01 UTC
            ("on", Kind::Date),
            ("amount", Kind::Amount),
            ("expires_on", Kind::Date), // the first day it can not be used; null: never
        ],
        key: &["wallet_id", "top_up_id"],
    }
);

impl WalletStates {
    /// These, with the states of some wallets in place of the ones before: in the order of their ids.
    pub fn with(&self, moved: &Self) -> Self {
        let ids = Index::new(moved.frame().text("wallet_id"));
        let stays = ids.rows(self.frame().text("wallet_id"));
        let stays: BooleanChunked = stays.iter().map(|row| *row == NOWHERE).collect();
        let mut all = self
            .frame()
            .filter(&stays)
            .expect("a mask of the same height");
        all.vstack_mut(moved.frame())
            .expect("states have one shape");
        all.rechunk_mut();
        Self::checked(all)
    }
}

/// What the book says of wallets.
#[derive(Clone, Debug)]
pub struct Purse {
    /// A row for each wallet that was ever seen.
    pub states: WalletStates,
    pub top_ups: TopUps,
    /// Of every run that was not canceled.
    pub shortfalls: Shortfalls,
    /// Of those that were: since when services have been tried, they know too.
    pub canceled_shortfalls: Shortfalls,
    /// What was ordered about services by runs that were not canceled, in the order of these.
    pub orders: ServiceActions,
}

impl Default for Purse {
    fn default() -> Self {
        Self {
            states: WalletStates::empty(),
            top_ups: TopUps::empty(),
            shortfalls: Shortfalls::empty(),
            canceled_shortfalls: Shortfalls::empty(),
            orders: ServiceActions::empty(),
        }
    }
}

/// What is left of a top-up that expires.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lot {
    /// The first day it can not be used.
    pub until: Date,
    pub top_up: String,
    /// In units of an amount, above zero.
    pub left: i128,
}

impl Lot {
    /// Lots as a wallet's state keeps them; `None`: there are none.
    pub fn written(lots: &[Self]) -> Option<String> {
        let one = |lot: &Self| {
            let left = Amount::from_units(lot.left).expect("part of an amount");
            serde_json::json!({ "until": lot.until.to_string(), "left": left.to_string(), "top_up": lot.top_up })
        };
        let lots: Vec<_> = lots.iter().map(one).collect();
        (!lots.is_empty()).then(|| serde_json::Value::Array(lots).to_string())
    }

    /// Reads what [`Lot::written`] writes. Panics on anything else: that is a fault of ours.
    pub fn read(text: Option<&str>) -> Vec<Self> {
        let Some(text) = text else { return Vec::new() };
        let lots: Vec<BTreeMap<String, String>> =
            serde_json::from_str(text).expect("lots as they are written");
        let one = |lot: &BTreeMap<String, String>| Self {
            until: Date::parse(&lot["until"]).expect("a day as it is written"),
            top_up: lot["top_up"].clone(),
            left: Amount::parse(&lot["left"])
                .expect("an amount as it is written")
                .units(),
        };
        lots.iter().map(one).collect()
    }
}
