//! The conductor: computes plans, makes them part of the book, finishes what was left open.
//!
//! Owns the order of things. Does not own any figure: stages compute, the book stores, edges send.

mod apply;
mod built_on;
mod check;
mod commit;
mod documents;
mod earlier;
mod explain;
#[cfg(test)]
mod fixture;
mod flags;
mod folder;
mod ground;
mod held;
mod house;
mod idle;
mod look;
mod one_step;
mod parked;
mod part;
mod plan;
mod price;
mod range;
mod read;
mod reconcile;
mod refund;
mod report;
mod resume;
mod schedule;
mod session;
mod stale;
mod unchanged;
mod unmet;

pub use apply::{apply, plan, run, write_plan};
pub use check::{Checked, check};
pub use explain::explain;
pub use flags::Flags;
pub use house::House;
pub use look::{
    accounts, actions, estimates, excluded, export_hledger, failed, invoices, look, notices, runs,
    shortfalls, steps, transactions, verify,
};
pub use price::{Asked, Discount, PriceQuestion, price};
pub use reconcile::reconcile;
pub use report::{
    all_invoices, bill_date_changes, bill_dates, candidates, completeness, exceptions,
    last_estimates, new_accounts, shortfalls as open_shortfalls, wallets,
};
pub use resume::{cancel, resume};
pub use schedule::upcoming;

use crate::book::Attempt;
use crate::calendar::Date;
use crate::diagnostic::Report;
use crate::model::book_view::RunRecord;
use crate::model::plan::{Cause, Plan, RowBalance, Stage};
use crate::model::workspace::Workspace;
use crate::report::findings::Found;
use crate::report::show::Step;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::path::{Path, PathBuf};

/// Where a command came from and when: the only clock there is.
#[derive(Clone, Debug)]
pub struct Moment {
    pub now: DateTime<Utc>,
    /// Pid of this process and the command as typed, for `bw_attempt`.
    pub pid: u32,
    pub command: String,
}

impl Moment {
    /// Now, on the clock of a workspace.
    pub fn local(&self, workspace: &Workspace) -> DateTime<Tz> {
        self.now.with_timezone(&workspace.timezone)
    }

    /// The day it is in a workspace.
    pub fn today(&self, workspace: &Workspace) -> Date {
        Date::from(self.local(workspace).date_naive())
    }

    fn attempt(&self) -> Attempt {
        Attempt {
            pid: self.pid,
            command: self.command.clone(),
            started_at: self.now,
        }
    }
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
    /// What is set for this one run.
    pub flags: Flags,
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
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The run it made, went on with, or found.
    pub run: Option<RunRecord>,
    /// The plan it computed or applied, where there was one.
    pub plan: Option<Plan>,
    /// What is committed of it, or what a plan would commit.
    pub steps: Vec<Step>,
    /// Where every row of the input went.
    pub balance: Vec<RowBalance>,
    /// What it could not bill, by code and cause.
    pub causes: Vec<Cause>,
    /// What the checks found.
    pub findings: Vec<Found>,
    /// Whether a check holds it, so that nothing was committed.
    pub is_held: bool,
    /// What was done, or that nothing was due and which runs billed it: sentences for people.
    pub said: Vec<String>,
    /// Warnings, notices, and problems that did not stop it.
    pub notices: Report,
    /// Hash of the last link of the book's chain; empty without a book.
    pub chain_head: String,
    /// Folder of the documents, where some were written.
    pub documents: Option<PathBuf>,
    /// 0, 5 (done, accounts are parked), 6 (posted, documents open), 9 (posted, and the disk would not take the documents),
    /// 10 (held).
    pub exit_code: u8,
}

/// Opens the workspace in a folder or above it, with every mistake of every file in one report.
pub fn open(folder: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<House, Report> {
    House::open(folder, environment)
}

/// Reads the settings of the workspace in a folder or above it: enough for what is in its book.
pub fn settings(
    folder: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Workspace, Report> {
    house::settings(folder, environment)
}
