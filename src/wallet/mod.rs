//! Rated lines -> debits from wallets (prepaid runs).
//!
//! Owns what wallets hold, which of them pays for what, and what becomes of a debit for which there is too little. Does not own which
//! days are due (`identify/`) or what they cost (`rate/`).
//! Invariant: opening + topped up + refunded - debited - expired = closing, for every wallet; every line that is kept is paid in whole.

mod acted;
mod ask;
mod discounted;
mod estimate;
mod go_on;
mod lasting;
mod money;
mod night;
mod notice;
mod opened;
mod openings;
mod refund;
mod tables;
mod top_up;

#[cfg(test)]
mod tests;

use crate::calendar::Date;
use crate::diagnostic::Staged;
use crate::model::account::Tables;
use crate::model::debits::Debits;
use crate::model::line::{Lines, RatedLines, Settled};
use crate::model::outlook::{WalletEstimates, WalletNotices};
use crate::model::scheme::Scheme;
use crate::model::service_action::{ServiceActions, Stopped};
use crate::model::wallet::{Purse, Shortfalls, TopUps, WalletStates, WalletTransactions};
pub use acted::ordered;
pub use discounted::discounted;
pub use estimate::Ahead;
pub use openings::Openings;
pub use refund::{Undone, refund};
use std::collections::{BTreeMap, BTreeSet};
pub use top_up::top_ups_agree;

/// What all debits of a run have in common.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    pub run_id: &'a str,
    pub debits: &'a Debits,
    pub schemes: &'a BTreeMap<String, Scheme>,
    pub as_of: Date,
}

/// What is in wallets, and whose they are.
#[derive(Clone, Copy)]
pub struct Wallets<'a> {
    pub tables: &'a Tables,
    pub purse: &'a Purse,
    /// Accounts that a run is about which is not about all of them: the wallets of others are left alone. `None`: all are.
    pub only: Option<&'a BTreeSet<&'a str>>,
    /// Accounts that are parked, with the code: their wallets are left alone.
    pub parked: &'a BTreeMap<&'a str, &'a str>,
    /// Services that are stopped because nobody paid; of each what it costs on the day of the run is among the lines.
    pub stopped: &'a [Stopped],
    /// Others of which there is nothing to stop.
    pub unstoppable: &'a BTreeSet<String>,
    /// What an estimate of how long they last is made from; `None`: none is.
    pub ahead: Option<Ahead<'a>>,
    /// Ids of lines in the book that one of this run could be mistaken for.
    pub line_ids: &'a Lines,
}

impl Wallets<'_> {
    fn concerns(&self, account: &str) -> bool {
        self.only.is_none_or(|only| only.contains(account))
    }
}

/// Debits, and everything else that moves wallets in a run.
#[derive(Debug)]
pub struct Debited {
    /// Those that are paid.
    pub lines: Lines,
    /// Days that are billed without a line: they cost nothing, or are let go.
    pub settled: Vec<Settled>,
    pub transactions: WalletTransactions,
    /// Of the wallets that are new or moved.
    pub states: WalletStates,
    pub top_ups: TopUps,
    pub shortfalls: Shortfalls,
    /// Services that are started, and those that could be stopped or started.
    pub actions: ServiceActions,
    pub notices: WalletNotices,
    pub estimates: WalletEstimates,
    /// Services that were rated, but for those that are stopped.
    pub services: usize,
    pub openings: Openings,
    /// Of all wallets of the input, by currency.
    pub totals: BTreeMap<String, Sums>,
}

/// What became of wallets of one currency, in units of an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub wallets: usize,
    pub debits: usize,
    pub opening: i128,
    pub topped_up: i128,
    pub debited: i128,
    pub expired: i128,
    pub closing: i128,
}

impl Sums {
    pub fn add(&mut self, other: &Self) {
        self.wallets += other.wallets;
        self.debits += other.debits;
        self.opening += other.opening;
        self.topped_up += other.topped_up;
        self.debited += other.debited;
        self.expired += other.expired;
        self.closing += other.closing;
    }
}

/// Counts top-ups, takes out what is expired, and tries the debits of each account.
///
/// In: lines, sorted by account. Aside: the exclusions `shortfall` (nothing of the service was paid) and `waived`; the exception
/// `BW-X125`: no wallet can pay, which parks the service.
pub fn debit(terms: &Terms<'_>, wallets: &Wallets<'_>, lines: &RatedLines) -> Staged<Debited> {
    night::night(terms, wallets, lines)
}
