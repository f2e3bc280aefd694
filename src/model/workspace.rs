//! The settings of a workspace, as meant.

use crate::money::{Currency, Rounding};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `billwright.toml`, checked.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The folder it stands in, absolute.
    pub root: PathBuf,
    pub seller: Seller,
    pub timezone: Tz,
    pub currency: Currency,
    pub rounding: Rounding,
    pub tax_rounding: TaxRounding,
    /// The second key that `auto_post` needs.
    pub allow_auto_post: bool,
    pub default_tax: Option<String>,
    pub default_terms: Option<String>,
    /// Relative to the root: `book/book.sqlite` and `book/data`.
    pub book_database: PathBuf,
    pub book_data: PathBuf,
    pub series: BTreeMap<String, Series>,
    pub inputs: BTreeMap<String, Input>,
    pub ledger: Ledger,
    /// Threads for computing and rendering; all there are where none is set.
    pub threads: Option<usize>,
    /// Accounts that are computed together. Fewer take less memory; what comes out is the same.
    pub accounts_at_once: usize,
}

/// Who sends the invoices; printed on each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    pub name: String,
    pub address: Option<String>,
    pub country: Option<String>,
    pub tax_id: Option<String>,
    pub email: Option<String>,
    pub bank: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxRounding {
    /// Per category on the sum of its lines.
    Document,
    /// Line by line; a category's tax is the sum.
    Line,
}

/// A row of numbers without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub name: String,
    /// Literal text with `{year}` and `{seq}` or `{seq:08}`.
    pub pattern: String,
    pub reset: Reset,
    /// Of every invoice with a number of this series.
    pub currency: Currency,
    /// An earlier invoice date than the last posted one is refused.
    pub chronological: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    Never,
    /// Numbers begin at 1 in each year of the invoice date.
    Year,
}

/// Where a table comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub source: Source,
    pub mode: Mode,
    /// Of instants without one.
    pub zone: Option<Tz>,
    /// A run is held while a file is older than so many minutes.
    pub max_age_minutes: Option<u32>,
    /// A file of sha256sum lines, relative to the root, that the files must agree with.
    pub manifest: Option<String>,
}

impl From<Source> for Input {
    /// The state of things, from there, and nothing else asked of it.
    fn from(source: Source) -> Self {
        Self {
            source,
            mode: Mode::Snapshot,
            zone: None,
            max_age_minutes: None,
            manifest: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A CSV or Parquet file, or a glob of such, relative to the root; `columns` maps our name to theirs.
    File {
        path: String,
        columns: BTreeMap<String, String>,
    },
    /// One SELECT over other inputs by name; every column of theirs is text.
    Sql { query: String },
}

/// What the rows of an input are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The state of things.
    Snapshot,
    /// What happened: each id counts once, the same id with other content is refused.
    Delta,
}

/// Names of the accounts in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub receivable: String,
    pub revenue: String,
    pub tax: String,
    pub credits: String,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            receivable: "assets:receivable".to_owned(),
            revenue: "income:services".to_owned(),
            tax: "liabilities:tax".to_owned(),
            credits: "liabilities:credits".to_owned(),
        }
    }
}
