//! How a run takes what is due out of prepaid wallets.

use super::bill_run::WindowDay;
use crate::money::{Amount, Rate};

/// What a prepaid run does in place of making invoices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debits {
    pub granularity: Granularity,
    pub on_insufficient: OnInsufficient,
    pub on_topup: OnTopUp,
    /// The last day whose usage is debited.
    pub usage_through: WindowDay,
    /// Whether services are stopped for which there was too little; `None`: they are listed.
    pub stops: Option<Stops>,
    /// Whether services that were stopped are started again once there is enough; else they are listed.
    pub starts: bool,
    /// How far ahead it is told how long wallets last; `None`: it is not.
    pub estimate: Option<Estimate>,
    /// When a wallet that runs low is told of; `None`: never.
    pub notice: Option<Notice>,
}

/// When services are stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stops {
    /// Whether nobody is stopped with top-ups that are older than they may be.
    pub needs_fresh: bool,
    pub at_most: Limit,
}

/// An input that has to be young enough for services to be stopped. Any other that is too old refuses the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fresh {
    TopUps,
}

/// How many of the services of a run may be stopped in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// So many in a hundred, and one in any case.
    Percent(Rate),
    Count(u32),
}

/// How long wallets last is estimated so far ahead, from prices and what was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    pub horizon_days: i32,
    /// How many days before the run the average of what was used is taken of.
    pub lookback_days: i32,
}

/// Wallets that fall below a balance are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    pub low_balance: Amount,
    /// The time of day between which it may be sent.
    pub send: Hours,
}

/// From one time of day to a later one, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hours {
    pub from: i64,
    pub to: i64,
}

impl Debits {
    /// Whether each day is a line of its own, so that some of them can be paid and others not.
    pub fn is_by_day(&self) -> bool {
        self.granularity == Granularity::Day || self.on_insufficient == OnInsufficient::PartialDays
    }
}

/// What one debit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// All days of a charge that are due.
    Run,
    /// One day of it.
    Day,
}

/// What becomes of a debit for which there is too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnInsufficient {
    /// It is not made.
    Skip,
    /// It is made for as many of its days as can be paid, the oldest first.
    PartialDays,
    /// It is made as far as the credit limits go.
    AllowNegative,
}

/// What becomes of days without money once there is some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTopUp {
    /// They are charged, but for those on which the service was stopped.
    ChargeActiveDays,
    ChargeAll,
    /// Those that an earlier run could not debit are let go.
    Waive,
}
