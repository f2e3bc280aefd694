//! What a stage needs from the past, as a value.

use super::allocation::Allocations;
use super::line::{Claims, Exceptions, Exclusions};
use super::owed::Owed;
use super::plan::{RunState, RunType, Stage, WalletTotals};
use super::wallet::Purse;
use crate::calendar::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The book at one serial, as far as computing a plan needs it.
#[derive(Clone, Debug)]
pub struct BookView {
    /// Which book; empty where there is none yet.
    pub lineage: String,
    /// Commits so far.
    pub serial: i64,
    /// Hash of the last link of its chain; empty where there is none yet.
    pub head: String,
    /// Every claim of every run that was not canceled, `reopened` rows included.
    pub claims: Claims,
    /// Runs that were taken back, in the order that happened.
    pub canceled: Vec<CanceledRun>,
    /// In the order they were made.
    pub runs: Vec<RunRecord>,
    /// The exceptions of every run that was not canceled.
    pub exceptions: Exceptions,
    /// The exclusions of every run that was not canceled.
    pub exclusions: Exclusions,
    /// By series and year; year 0 where the series never starts again.
    pub series: BTreeMap<(String, i32), SeriesState>,
    pub owed: Owed,
    /// What of discounts and credits is used, by every run that was not canceled.
    pub allocations: Allocations,
    /// Empty for a run that debits no wallets.
    pub purse: Purse,
}

impl BookView {
    /// The past of a workspace that has no book yet.
    pub fn empty() -> Self {
        Self {
            lineage: String::new(),
            serial: 0,
            head: String::new(),
            claims: Claims::empty(),
            canceled: Vec::new(),
            runs: Vec::new(),
            exceptions: Exceptions::empty(),
            exclusions: Exclusions::empty(),
            series: BTreeMap::new(),
            owed: Owed::default(),
            allocations: Allocations::empty(),
            purse: Purse::default(),
        }
    }

    /// The run meant by an id, a NAME (its latest) or NAME@AS_OF (its latest).
    pub fn run(&self, wanted: &str) -> Option<&RunRecord> {
        let exact = self.runs.iter().find(|run| run.run_id == wanted);
        let latest_of_day = || {
            self.runs
                .iter()
                .rev()
                .find(|run| format!("{}@{}", run.definition, run.as_of) == wanted)
        };
        let latest = || self.runs.iter().rev().find(|run| run.definition == wanted);
        // NAME@AS_OF is also the id of the first run of that day; a later one of the day is meant where the first was canceled.
        match exact {
            Some(run) if run.state == RunState::Canceled => latest_of_day().or(Some(run)),
            Some(run) => Some(run),
            None => latest_of_day().or_else(latest),
        }
    }
}

/// A run as the book has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// NAME@AS_OF, then NAME@AS_OF.2 ..
    pub run_id: String,
    pub definition: String,
    pub as_of: String,
    pub run_type: RunType,
    pub state: RunState,
    pub has_exceptions: bool,
    /// How far it was told to go.
    pub goal: Stage,
    pub plan_hash: String,
    /// Serial of the commit that claimed.
    pub serial: i64,
    pub lines: i64,
    pub invoices: i64,
    pub exclusions: i64,
    pub exceptions: i64,
    /// JSON of `Totals::currencies`.
    pub totals: BTreeMap<String, super::plan::CurrencyTotals>,
    /// Of a run that debits wallets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallets: Option<WalletTotals>,
}

/// A run that was taken back. While it stood, later runs went on from the days it had claimed.
#[derive(Clone, Debug)]
pub struct CanceledRun {
    pub run_id: String,
    /// Serial of the commit that claimed.
    pub claimed_at: i64,
    /// Serial of the commit that took it back.
    pub canceled_at: i64,
    pub claims: Claims,
}

/// How far a series has been given out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesState {
    pub last_number: i64,
    pub last_date: Option<DateText>,
    /// The pattern its numbers were printed with.
    pub pattern: String,
}

/// A date as JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateText(pub Date);

impl Serialize for DateText {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DateText {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Date::parse(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}
