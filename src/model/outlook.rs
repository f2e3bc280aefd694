//! What is ahead of wallets: how long each lasts, and which run low.

use super::due::DueCharges;
use super::table::{Kind, Schema, table_type};
use crate::calendar::Date;
use std::collections::{BTreeSet, HashMap};

table_type!(
    /// How long wallets last, by prices and by what was used; a row for each that a run was about.
    WalletEstimates,
    Schema {
        name: "wallet_estimate",
        columns: &[
            ("wallet_id", Kind::Text),
            ("account_id", Kind::Text),
            ("run_id", Kind::Text),
            ("scheme", Kind::Text), // where it pays for that one alone; null: for any
            ("currency", Kind::Text),
            ("balance", Kind::Amount), // once the run was made
            ("per_day", Kind::Amount), // what is taken from it on its first day, with four decimals
            ("as_of", Kind::Date),     // the day it was made on
            ("days", Kind::Count),     // whole days after that which it pays
            ("runs_out_on", Kind::Date), // the first day it does not; null: none as far as was looked
            ("capped", Kind::Flag),    // whether it lasts as far as was looked
        ],
        key: &["account_id", "wallet_id"],
    }
);

table_type!(
    /// Wallets that fell below a balance, each once for each time it did, for whoever tells the customer.
    WalletNotices,
    Schema {
        name: "wallet_notice",
        columns: &[
            ("wallet_id", Kind::Text),
            ("account_id", Kind::Text),
            ("run_id", Kind::Text),
            ("kind", Kind::Text),   // low_balance
            ("on_day", Kind::Date), // the business date of the run
            ("balance", Kind::Amount),
            ("below", Kind::Amount),
            ("currency", Kind::Text),
            ("send_from", Kind::Text), // time of day, HH:MM
            ("send_to", Kind::Text),
        ],
        key: &["account_id", "wallet_id"],
    }
);

/// What services cost from tomorrow on.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// Recurring ones: the whole of the period that tomorrow lies in.
    pub due: DueCharges,
    pub used: Vec<UsedAhead>,
    /// Services that are stopped today.
    pub stopped: BTreeSet<String>,
}

/// A service that costs what is used of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedAhead {
    pub account_id: String,
    pub service_id: String,
    pub charge: String,
    pub scheme: String,
    /// The first of its days that were billed before this run.
    pub since: Option<Date>,
}

/// What was debited for usage in the last days before a run, by service and charge, in units of an amount.
pub type Used = HashMap<(String, String), i128>;
