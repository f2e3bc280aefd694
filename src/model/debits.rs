//! How a run takes what is due out of prepaid wallets.

use super::bill_run::WindowDay;

/// What a prepaid run does in place of making invoices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debits {
    pub granularity: Granularity,
    pub on_insufficient: OnInsufficient,
    pub on_topup: OnTopUp,
    /// The last day whose usage is debited.
    pub usage_through: WindowDay,
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
