//! The conductor: computes plans, makes them part of the book, finishes what was left open.
//!
//! Owns the order of things. Does not own any figure: stages compute, the book stores, edges send.

use crate::book::Verified;
use crate::calendar::Date;
use crate::definition::Loaded;
use crate::diagnostic::Report;
use crate::model::book_view::RunRecord;
use crate::model::plan::{Plan, RowBalance, Stage};
use crate::report::page::Page;
use crate::report::reconcile::Reconciled;
use crate::report::show::Step;
use crate::report::table::Table;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A workspace opened: settings, definitions, and every text a plan may rest on.
pub struct House {
    pub loaded: Loaded,
    /// billwright.toml, definitions and templates by path.
    pub texts: BTreeMap<String, String>,
}

/// Where a command came from and when: the only clock there is.
#[derive(Clone, Debug)]
pub struct Moment {
    pub now: DateTime<Utc>,
    /// Pid of this process and the command as typed, for `bw_attempt`.
    pub pid: u32,
    pub command: String,
}

/// What a person asks for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub definition: String,
    /// The business date; else as the definition says.
    pub as_of: Option<Date>,
    /// How far; else as the definition says.
    pub until: Option<Stage>,
    /// Wait for the lock rather than end with exit 7.
    pub wait: bool,
}

/// How far along a command is, for a progress bar.
pub enum Progress<'a> {
    /// A step begins; with the number of items where it is known.
    Begin(&'a str, Option<u64>),
    /// So many more items are done.
    Advance(u64),
    /// The step is over.
    End,
}

pub type Watcher<'a> = &'a (dyn Fn(Progress<'_>) + Sync);

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The run it made, went on with, or found.
    pub run: Option<RunRecord>,
    /// The plan it computed or applied, where there was one.
    pub plan: Option<Plan>,
    /// What is committed of it, or what a plan would commit.
    pub steps: Vec<Step>,
    /// Where every row of the input went.
    pub balance: Vec<RowBalance>,
    /// What was done, or that nothing was due and which runs billed it: sentences for people.
    pub said: Vec<String>,
    /// Warnings, notices, and problems that did not stop it.
    pub notices: Report,
    /// Hash of the last link of the book's chain; empty without a book.
    pub chain_head: String,
    /// Folder of the documents, where some were written.
    pub documents: Option<PathBuf>,
    /// 0, 5 (done, accounts are parked), 6 (posted, documents open).
    pub exit_code: u8,
}

/// Opens the workspace in a folder or above it.
pub fn open(folder: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<House, Report> {
    let _ = (folder, environment);
    todo!()
}

/// Computes a plan and touches nothing.
pub fn plan(
    house: &House,
    request: &Request,
    moment: &Moment,
    watch: Watcher,
) -> Result<Outcome, Report> {
    let _ = (house, request, moment, watch);
    todo!()
}

/// Writes a plan's folder, `plans/NAME-ASOF-HASH8/` unless told where; returns it.
pub fn write_plan(house: &House, plan: &Plan, folder: Option<&Path>) -> Result<PathBuf, Report> {
    let _ = (house, plan, folder);
    todo!()
}

/// Makes a plan part of the book, exactly or not at all.
pub fn apply(
    house: &House,
    folder: &Path,
    until: Option<Stage>,
    wait: bool,
    moment: &Moment,
    watch: Watcher,
) -> Result<Outcome, Report> {
    let _ = (house, folder, until, wait, moment, watch);
    todo!()
}

/// Plan and apply in one.
pub fn run(
    house: &House,
    request: &Request,
    moment: &Moment,
    watch: Watcher,
) -> Result<Outcome, Report> {
    let _ = (house, request, moment, watch);
    todo!()
}

/// Commits the next part of a run from the plan kept in the book, never computing again.
pub fn resume(
    house: &House,
    run: &str,
    until: Option<Stage>,
    wait: bool,
    moment: &Moment,
    watch: Watcher,
) -> Result<Outcome, Report> {
    let _ = (house, run, until, wait, moment, watch);
    todo!()
}

/// Takes back a run that was never posted: its files and claims end.
pub fn cancel(house: &House, run: &str, wait: bool, moment: &Moment) -> Result<Outcome, Report> {
    let _ = (house, run, wait, moment);
    todo!()
}

/// What `check` looked at, and what it found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// One sentence: how many definitions, templates and rows of which inputs.
    pub said: String,
    pub findings: Report,
}

/// Checks templates, inputs and readiness of one definition or all, beyond what `open` has checked; writes nothing.
pub fn check(
    house: &House,
    definition: Option<&str>,
    as_of: Option<Date>,
    moment: &Moment,
    watch: Watcher,
) -> Result<Checked, Report> {
    let _ = (house, definition, as_of, moment, watch);
    todo!()
}

/// A run as it stands in the book.
pub fn look(house: &House, run: &str) -> Result<Outcome, Report> {
    let _ = (house, run);
    todo!()
}

/// The runs in the book.
pub fn runs(house: &House) -> Result<Table, Report> {
    let _ = house;
    todo!()
}

/// The steps of a run.
pub fn steps(house: &House, run: &str) -> Result<Table, Report> {
    let _ = (house, run);
    todo!()
}

/// The invoices of a run, drafts included.
pub fn invoices(house: &House, run: &str) -> Result<Table, Report> {
    let _ = (house, run);
    todo!()
}

/// What a run could not bill.
pub fn failed(house: &House, run: &str) -> Result<Table, Report> {
    let _ = (house, run);
    todo!()
}

/// What a run rightly did not bill.
pub fn excluded(house: &House, run: &str) -> Result<Table, Report> {
    let _ = (house, run);
    todo!()
}

/// Why: an invoice, line, service or account, from the book and a trial plan of the day.
pub fn explain(
    house: &House,
    what: &str,
    as_of: Option<Date>,
    moment: &Moment,
    watch: Watcher,
) -> Result<Page, Report> {
    let _ = (house, what, as_of, moment, watch);
    todo!()
}

/// Compares a run with somebody else's figures, as a reconciliation says.
pub fn reconcile(house: &House, name: &str) -> Result<Reconciled, Report> {
    let _ = (house, name);
    todo!()
}

/// Compares the whole book with its hashes and its chain; with a head, also with what was printed then. `None`: there is no
/// book yet.
pub fn verify(house: &House, head: Option<&str>) -> Result<Option<Verified>, Report> {
    let _ = (house, head);
    todo!()
}

/// The journal of one run, or of all, in hledger's form.
pub fn export_hledger(house: &House, run: Option<&str>) -> Result<String, Report> {
    let _ = (house, run);
    todo!()
}
