//! A run before it happens: everything it would do, and what it rests on.

use super::allocation::Allocations;
use super::digest::sha256;
use super::draft::{Drafts, InvoiceTaxes, Parties, Postings};
use super::finding::Findings;
use super::line::{Claims, Exceptions, Exclusions, Lines};
use super::outlook::{WalletEstimates, WalletNotices};
use super::part::Encoded;
use super::service_action::ServiceActions;
use super::table::Schema;
use super::wallet::{Shortfalls, TopUps, WalletStates, WalletTransactions};
use super::workspace::Seller;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How much of a run is committed, in the order it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Rate,
    Invoice,
    Post,
    Render,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Invoice => "invoice",
            Self::Post => "post",
            Self::Render => "render",
        }
    }

    /// The state of a run of which this much is committed.
    pub fn state(self) -> RunState {
        match self {
            Self::Rate => RunState::Rated,
            Self::Invoice => RunState::Invoiced,
            Self::Post => RunState::Posted,
            Self::Render => RunState::Rendered,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Lines and claims are in the book.
    Rated,
    /// So are its invoices, as drafts.
    Invoiced,
    /// Numbers are given; final.
    Posted,
    /// The documents are written.
    Rendered,
    /// Taken back before it was posted.
    Canceled,
}

impl RunState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rated => "rated",
            Self::Invoiced => "invoiced",
            Self::Posted => "posted",
            Self::Rendered => "rendered",
            Self::Canceled => "canceled",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Rated,
            Self::Invoiced,
            Self::Posted,
            Self::Rendered,
            Self::Canceled,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }

    /// How far a run in this state has come; `None` once canceled.
    pub fn stage(self) -> Option<Stage> {
        match self {
            Self::Rated => Some(Stage::Rate),
            Self::Invoiced => Some(Stage::Invoice),
            Self::Posted => Some(Stage::Post),
            Self::Rendered => Some(Stage::Render),
            Self::Canceled => None,
        }
    }

    /// Whether its invoices have their numbers.
    pub fn is_posted(self) -> bool {
        matches!(self, Self::Posted | Self::Rendered)
    }
}

/// Everything a run would do, and what it rests on. Nothing has happened yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub header: Header,
    /// Every text the plan rests on, by path: billwright.toml, definitions, templates.
    pub texts: BTreeMap<String, String>,
    /// All tables as files, by name.
    pub tables: BTreeMap<&'static str, Arc<Encoded>>,
    /// Those of them that are looked at before they are committed.
    pub drafts: Drafts,
    pub exclusions: Exclusions,
    pub exceptions: Exceptions,
    pub findings: Findings,
}

impl Plan {
    /// The tables that a run which makes invoices writes range by range.
    pub const OF_INVOICES: &[&Schema] = &[
        Lines::SCHEMA,
        Claims::SCHEMA,
        Allocations::SCHEMA,
        Parties::SCHEMA,
        InvoiceTaxes::SCHEMA,
        Postings::SCHEMA,
    ];

    /// The same of a run which debits wallets.
    pub const OF_DEBITS: &[&Schema] = &[
        Lines::SCHEMA,
        Claims::SCHEMA,
        WalletTransactions::SCHEMA,
        WalletStates::SCHEMA,
        TopUps::SCHEMA,
        Shortfalls::SCHEMA,
        WalletEstimates::SCHEMA,
        WalletNotices::SCHEMA,
    ];

    /// The tables that such a run makes at its end, beside those of any.
    pub const OF_DEBITS_AT_END: &[&Schema] = &[ServiceActions::SCHEMA];

    /// The tables that any run makes at its end.
    pub const OF_ALL: [&Schema; 4] = [
        Drafts::SCHEMA,
        Exclusions::SCHEMA,
        Exceptions::SCHEMA,
        Findings::SCHEMA,
    ];

    /// Panics where the plan has no table of this name: it has all of its kind.
    pub fn table(&self, schema: &Schema) -> &Arc<Encoded> {
        &self.tables[schema.name]
    }
}

impl Header {
    /// Whether it is the plan of a run which debits wallets.
    pub fn is_prepaid(&self) -> bool {
        self.totals.wallets.is_some()
    }

    /// The tables that its plan has beside those of any.
    pub fn tables_of_kind(&self) -> Vec<&'static Schema> {
        let [own, at_end] = match self.is_prepaid() {
            true => [Plan::OF_DEBITS, Plan::OF_DEBITS_AT_END],
            false => [Plan::OF_INVOICES, &[]],
        };
        [own, at_end].concat()
    }

    /// How far a run of this plan goes: as told, else to its goal; where there are no documents to write, `post` is the end.
    pub fn told(&self, until: Option<Stage>) -> Stage {
        let has_documents = !self.formats.is_empty() || self.documents > 0;
        let last = match has_documents {
            true => Stage::Render,
            false => Stage::Post,
        };
        until.unwrap_or(self.goal).min(last)
    }

    /// What stands in `plan.json`.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a header is plain JSON") + "\n"
    }

    /// The header as the book keeps it: when an input file was written says nothing about its content.
    pub fn without_times(&self) -> Self {
        let mut header = self.clone();
        for pin in &mut header.inputs {
            pin.modified = 0;
        }
        header
    }

    /// SHA-256 of the header without the times of its inputs: the name of the plan.
    pub fn hash(&self) -> String {
        sha256(self.without_times().json())
    }
}

/// `plan.json`: the identity of a plan. Its hash, pins' times aside, is the plan's hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the engine that computed it.
    pub engine: String,
    pub run_id: String,
    pub definition: String,
    /// YYYY-MM-DD, as all dates here.
    pub as_of: String,
    /// BATCH, or INDIVIDUAL where somebody set something for this one run.
    pub run_type: RunType,
    /// What was set for this one run, as written: `--account` -> `A-1`.
    pub flags: BTreeMap<String, Vec<String>>,
    pub window_from: String,
    pub window_to: String,
    /// How far a run of this plan goes unless told otherwise.
    pub goal: Stage,
    /// Formats of the documents, by file ending, where a group does not want others.
    pub formats: Vec<String>,
    /// How many documents its drafts make, each in the formats of the run or of its group.
    #[serde(default)]
    pub documents: usize,
    /// Every series its drafts can take numbers from, those of credit notes included; sorted by name.
    pub series: Vec<SeriesPlan>,
    pub seller: Seller,
    /// The book it was computed against: its lineage (empty where there was none yet) and serial.
    pub lineage: String,
    pub serial: i64,
    /// SHA-256 of every text in `Plan::texts`, by path.
    pub texts: BTreeMap<String, String>,
    pub inputs: Vec<Pin>,
    /// SHA-256 of every table's Parquet file, by table name.
    pub tables: BTreeMap<String, String>,
    pub totals: Totals,
    pub balance: Vec<RowBalance>,
    /// What it cannot bill, by code and cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
}

/// Rows that cannot be billed, for one cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    pub code: String,
    /// What their messages have in common.
    pub cause: String,
    pub rows: usize,
    /// How many of them take lines with them that were rated.
    pub priced: usize,
    /// What those lines come to, by currency, before discounts and tax.
    pub at_stake: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunType {
    Batch,
    Individual,
}

/// A number series that invoices of a plan will take their numbers from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesPlan {
    pub name: String,
    pub pattern: String,
    pub reset_yearly: bool,
    pub chronological: bool,
}

/// An input file as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Name of the `[inputs.NAME]`.
    pub input: String,
    /// Relative to the workspace.
    pub path: String,
    pub size: u64,
    /// Nanoseconds since 1970; never part of the plan's hash or of the book.
    pub modified: i128,
    /// Known where the file was copied into the book, or the book remembers it.
    pub sha256: Option<String>,
}

/// Sums of a run. Amounts are text with the digits of the currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub lines: usize,
    pub invoices: usize,
    pub exclusions: usize,
    pub exceptions: usize,
    /// By currency.
    pub currencies: BTreeMap<String, CurrencyTotals>,
    /// Of a run that debits wallets; `None`: it makes invoices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallets: Option<WalletTotals>,
}

/// What a run came to that debits wallets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletTotals {
    /// Debits that were made, by wallet.
    pub transactions: i64,
    /// Debits for which there was too little.
    pub shortfalls: i64,
    pub top_ups: i64,
    /// Services that are stopped and started; the others that could be.
    #[serde(default)]
    pub actions: ActionCounts,
    /// By currency, of all wallets of the input.
    pub currencies: BTreeMap<String, WalletSums>,
}

/// How many services something is to be done about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionCounts {
    pub stopped: i64,
    pub started: i64,
    pub could_stop: i64,
    pub could_start: i64,
}

/// Sums of wallets of one currency. Amounts are text with the digits of the currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletSums {
    pub wallets: i64,
    pub opening: String,
    pub topped_up: String,
    pub debited: String,
    pub expired: String,
    pub closing: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyTotals {
    pub net: String,
    pub tax: String,
    pub total: String,
}

/// Where the rows of an input table ended, each counted once: rows = billed + excluded + excepted + the rest by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowBalance {
    pub table: String,
    pub rows: usize,
    pub billed: usize,
    pub excluded: usize,
    /// Of the excluded ones, those that are held back until a day.
    #[serde(default)]
    pub held: usize,
    pub excepted: usize,
    /// Counts by reason: `not_selected`, `not_due`, `nothing_due` ..
    pub not_selected: BTreeMap<String, usize>,
}

impl RowBalance {
    /// Adds what became of other rows of the table.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.billed += other.billed;
        self.excluded += other.excluded;
        self.held += other.held;
        self.excepted += other.excepted;
        for (reason, count) in &other.not_selected {
            *self.not_selected.entry(reason.clone()).or_default() += count;
        }
    }

    /// Whether every row is accounted for.
    pub fn is_whole(&self) -> bool {
        self.rows
            == self.billed
                + self.excluded
                + self.excepted
                + self.not_selected.values().sum::<usize>()
    }
}
