//! A definition of a bill run, as meant, and what one execution of it is told on the command line.

use crate::calendar::Date;
use crate::diagnostic::Place;
use crate::model::debits::Debits;
use crate::model::schedule::Schedule;
use crate::model::scheme::ChargeType;
use crate::money::{Amount, Currency};
use std::collections::{BTreeMap, BTreeSet};

/// `kind: bill_run`; and `kind: prepaid_run`, which has `debits`.
#[derive(Clone, Debug, PartialEq)]
pub struct BillRun {
    pub name: String,
    pub title: Option<String>,
    pub enabled: bool,
    /// When cron is to start it; `None`: nobody has said.
    pub schedule: Option<Schedule>,
    pub as_of: AsOf,
    pub window: Window,
    /// Days after the window's end on which a charge may become ready and is still due; a bill group's own value goes first.
    pub advance_days: i32,
    /// Never empty.
    pub charges: BTreeSet<ChargeType>,
    pub criteria: Criteria,
    pub filters: Filters,
    /// The tax definition: its own or the workspace's; `None`: no tax.
    pub tax: Option<String>,
    pub invoices: InvoiceOptions,
    pub formats: BTreeSet<Format>,
    /// How it debits wallets, in place of making invoices; `None`: it makes invoices.
    pub debits: Option<Debits>,
    /// What each check leads to; one that is not here is off.
    pub checks: BTreeMap<Check, Level>,
}

/// A charge whose `ready_on` lies in [`from`, `to` + advance days] is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// `None`: from the earliest day on.
    pub from: Option<WindowDay>,
    pub to: WindowDay,
    pub stale: Stale,
    /// A service whose oldest due day lies further back than this is parked with its backlog.
    pub max_behind_days: i32,
}

/// A day that is known once the business date is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowDay {
    pub day: DayWord,
    pub plus_days: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayWord {
    On(Date),
    AsOf,
    /// The first day of a month, counted from that of the business date: -1, 0 or 1.
    FirstOf(i32),
    /// The last day of such a month.
    LastOf(i32),
}

impl WindowDay {
    pub const AS_OF: Self = Self {
        day: DayWord::AsOf,
        plus_days: 0,
    };

    pub fn of(self, as_of: Date) -> Date {
        let day = match self.day {
            DayWord::On(day) => day,
            DayWord::AsOf => as_of,
            DayWord::FirstOf(months) => as_of.plus_months(months, 1),
            DayWord::LastOf(months) => as_of.plus_months(months, 31),
        };
        day.plus_days(self.plus_days)
    }
}

/// What becomes of a charge that the book has never billed and whose first `ready_on` lies before the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// It is left out and found by the check `stale_dates`.
    Hold,
    Bill,
}

/// A question asked of every plan; its answers are findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    NewAccounts,
    StaleDates,
    UsageComplete,
    AlreadyInvoiced,
    SeveralLines,
    Uncovered,
    Vanished,
    ChangedWithoutDate,
    BillDateChanged,
    /// Of prepaid runs: services would be stopped although the money may be there.
    TopUpsFresh,
    /// Of prepaid runs: services are not stopped for which there was too little.
    StopLimit,
    /// Of prepaid runs: wallets whose opening balance changed after they were first seen.
    OpeningBalances,
}

impl Check {
    pub const ALL: [Self; 12] = [
        Self::NewAccounts,
        Self::StaleDates,
        Self::UsageComplete,
        Self::AlreadyInvoiced,
        Self::SeveralLines,
        Self::Uncovered,
        Self::Vanished,
        Self::ChangedWithoutDate,
        Self::BillDateChanged,
        Self::TopUpsFresh,
        Self::StopLimit,
        Self::OpeningBalances,
    ];

    /// As written in definitions and after `--accept`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewAccounts => "new_accounts",
            Self::StaleDates => "stale_dates",
            Self::UsageComplete => "usage_complete",
            Self::AlreadyInvoiced => "already_invoiced",
            Self::SeveralLines => "several_lines",
            Self::Uncovered => "uncovered",
            Self::Vanished => "vanished",
            Self::ChangedWithoutDate => "changed_without_date",
            Self::BillDateChanged => "bill_date_changed",
            Self::TopUpsFresh => "top_ups_fresh",
            Self::StopLimit => "stop_limit",
            Self::OpeningBalances => "opening_balances",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.name() == name)
    }
}

/// What a finding of a check leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Info,
    Warn,
    /// The run is held until somebody accepts it.
    Error,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// The business date of a run without `--as-of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// The day of the latest slot of its schedule; the day of the command where it has none, or none has come.
    Slot,
    /// This day of the month of that one.
    Day(u32),
}

/// Which rows a run is about: AND across fields, OR inside a list; `None` is `all`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Never empty.
    pub schemes: BTreeSet<String>,
    pub frequencies: Option<BTreeSet<String>>,
    pub classifications: Option<BTreeSet<String>>,
    pub payment_preferences: Option<BTreeSet<String>>,
    pub presentment_preferences: Option<BTreeSet<String>>,
    pub account_status: Option<BTreeSet<String>>,
}

/// Narrows further; `None` means no narrowing by that field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    pub accounts: Option<BTreeSet<String>>,
    pub subscriptions: Option<BTreeSet<String>>,
    pub orders: Option<BTreeSet<String>>,
    pub groups: Option<BTreeSet<String>>,
    pub condition: Option<Condition>,
}

/// A `where`: one SQL expression, of a run over the columns of account, subscription and service, of a charge over those of usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub expression: String,
    /// Where it is written: its columns are known only once the inputs are read.
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceOptions {
    pub date: InvoiceDate,
    pub posting_date: PostingDate,
    /// Added to the due date of the payment terms, within their range.
    pub due_offset_days: i32,
    /// Columns of account, subscription or service whose values share an invoice, after the account itself.
    pub group_by: Vec<String>,
    /// Names of a `[series.NAME]` by the currency of its invoices.
    pub series: BTreeMap<Currency, String>,
    /// The series of credit notes.
    pub credit_series: BTreeMap<Currency, String>,
    /// Lines of nothing are counted as billed and not printed.
    pub suppress_zero_lines: bool,
    /// So are invoices all of whose lines are zero.
    pub suppress_zero_invoices: bool,
    /// An invoice below this total is carried to the next run.
    pub minimum: Option<Minimum>,
    pub negative: Negative,
    /// Post by itself; the workspace has to allow it.
    pub auto_post: bool,
}

/// The smallest invoice worth sending; never for a final one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minimum {
    pub total: Amount,
    /// What is older than so many months is invoiced however small.
    pub carry_at_most_months: i32,
}

/// What becomes of an invoice whose total is below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negative {
    CreditNote,
    /// It waits for what the next run charges.
    Carry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceDate {
    /// The end of the window, which is the business date.
    WindowTo,
    AsOf,
    /// The account's bill day in the month of the window's end.
    BillDay,
    On(Date),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostingDate {
    /// The run's business date.
    TransactionDate,
    /// The account's bill day in this month, clamped to its end (O45).
    Month {
        year: i32,
        month: u32,
    },
    /// The account's bill day in the month of the invoice date, clamped to its end.
    MonthOfInvoiceDate,
    On(Date),
}

/// A document format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Html,
    Text,
}

impl Format {
    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "txt",
        }
    }

    pub fn from_ending(ending: &str) -> Option<Self> {
        [Self::Html, Self::Text]
            .into_iter()
            .find(|format| format.ending() == ending)
    }
}
