//! A definition of a bill run, as meant, and what one execution of it is told on the command line.

use crate::calendar::Date;
use crate::diagnostic::Place;
use std::collections::BTreeSet;

/// `kind: bill_run`.
#[derive(Clone, Debug, PartialEq)]
pub struct BillRun {
    pub name: String,
    pub title: Option<String>,
    pub enabled: bool,
    pub as_of: AsOf,
    /// A service whose oldest due day lies further back than this is parked with its backlog.
    pub max_behind_days: i32,
    pub criteria: Criteria,
    pub filters: Filters,
    /// The tax definition: its own or the workspace's; `None`: no tax.
    pub tax: Option<String>,
    pub invoices: InvoiceOptions,
    pub formats: BTreeSet<Format>,
}

/// The business date of a run without `--as-of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// The scheduled slot; by hand the day the command is given.
    Slot,
    /// This day of the current month.
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
    pub condition: Option<Condition>,
}

/// A `where`: one SQL expression over the columns of account, subscription and service.
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
    /// Name of a `[series.NAME]`.
    pub series: String,
    /// Post by itself; the workspace has to allow it.
    pub auto_post: bool,
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
    Month { year: i32, month: u32 },
    /// The account's bill day in the month of the invoice date, clamped to its end.
    MonthOfInvoiceDate,
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
