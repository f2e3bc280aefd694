//! A link of the chain: everything one commit writes into the catalog.
//!
//! The commit and the proof share this code: `verify` writes all links anew into an empty catalog and compares, so there
//! is no row of the catalog that the chain does not answer for.

use super::catalog::{Founding, Snapshot};
use super::encode::count;
use crate::model::book_view::{RunRecord, SeriesState};
use crate::model::digest::sha256;
use crate::model::part::Part;
use crate::model::plan::{Pin, RunState};
use rusqlite::{Connection, Result, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one commit writes. The hash of its JSON is the link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    /// Commits so far, this one included; also the id of its snapshot.
    pub serial: i64,
    /// Hash of the link before; empty in the first.
    pub previous: String,
    /// In the first link alone.
    pub founding: Option<Founding>,
    /// `YYYY-MM-DD HH:MM:SS.ffffff+00`.
    pub at: String,
    pub message: String,
    /// The run as it stands afterwards.
    pub run: RunRecord,
    pub steps: Vec<Step>,
    pub series: Vec<Series>,
    pub inputs: Vec<KeptInput>,
    /// SHA-256 by path.
    pub texts: BTreeMap<String, String>,
    pub parts: Vec<Part>,
    pub pending: Vec<Pending>,
}

/// A stage of a run as it was committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Name of the stage, or `cancel`.
    pub name: String,
    /// How many rows of what it made.
    pub counts: BTreeMap<String, i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Series {
    pub name: String,
    pub year: i32,
    pub state: SeriesState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptInput {
    pub input: String,
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

impl KeptInput {
    /// A file that was read, which it is only from its copy.
    pub fn of(pin: &Pin) -> Self {
        Self {
            input: pin.input.clone(),
            path: pin.path.clone(),
            bytes: pin.size,
            sha256: pin
                .sha256
                .clone()
                .expect("an input that was read has been copied and hashed"),
        }
    }
}

/// A table of a later stage; an empty hash where it has no rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub table: String,
    pub sha256: String,
}

impl Link {
    /// The JSON that is kept and hashed.
    pub fn content(&self) -> String {
        serde_json::to_string(self).expect("a link is plain JSON")
    }

    /// Writes the catalog's rows and the link itself; returns its hash. To be called inside a transaction.
    pub fn write(&self, db: &Connection, content: &str) -> Result<String> {
        if let Some(founding) = &self.founding {
            founding.write(db, &self.at)?;
        }
        let mut snapshot = Snapshot::next(db)?;
        for part in &self.parts {
            snapshot.begin_part(db, &self.run.run_id, part)?;
        }
        // What was debited is given back by addition.
        if self.run.state == RunState::Canceled && self.run.wallets.is_none() {
            snapshot.end_parts(db, &self.run.run_id)?;
        }
        snapshot.write(db, &self.at, &self.message)?;
        self.write_run(db)?;
        self.write_plan(db)?;
        for series in &self.series {
            db.execute(
                "INSERT INTO bw_series VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET
                 last_number = excluded.last_number, last_date = excluded.last_date, pattern = excluded.pattern",
                params![
                    series.name,
                    series.year,
                    series.state.last_number,
                    series.state.last_date.map(|date| date.0.to_string()),
                    series.state.pattern,
                ],
            )?;
        }
        let link = sha256(content);
        db.execute(
            "INSERT INTO bw_chain VALUES (?1, ?2, ?3)",
            params![self.serial, link, content],
        )?;
        Ok(link)
    }

    fn write_run(&self, db: &Connection) -> Result<()> {
        let run = &self.run;
        db.execute(
            "INSERT INTO bw_run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) ON CONFLICT DO UPDATE SET
             state = excluded.state, has_exceptions = excluded.has_exceptions, goal = excluded.goal, \"lines\" = excluded.\"lines\",
             invoices = excluded.invoices, exclusions = excluded.exclusions, exceptions = excluded.exceptions, totals = excluded.totals, wallets = excluded.wallets",
            params![
                run.run_id, run.definition, run.as_of, json(&run.run_type), run.state.name(), run.has_exceptions,
                run.goal.name(), run.plan_hash, run.serial, run.lines, run.invoices, run.exclusions, run.exceptions,
                json(&run.totals), run.wallets.as_ref().map(json),
            ],
        )?;
        for (position, step) in self.steps.iter().enumerate() {
            db.execute(
                "INSERT INTO bw_step VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    run.run_id,
                    self.serial,
                    count(position),
                    step.name,
                    self.at,
                    json(&step.counts)
                ],
            )?;
        }
        Ok(())
    }

    fn write_plan(&self, db: &Connection) -> Result<()> {
        let run = &self.run.run_id;
        for input in &self.inputs {
            db.execute(
                "INSERT INTO bw_input VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    run,
                    input.input,
                    input.path,
                    input.bytes.cast_signed(),
                    input.sha256
                ],
            )?;
        }
        for (path, hash) in &self.texts {
            db.execute(
                "INSERT INTO bw_plan_text VALUES (?1, ?2, ?3)",
                [run, path, hash],
            )?;
        }
        for table in &self.pending {
            db.execute(
                "INSERT INTO bw_pending VALUES (?1, ?2, ?3)",
                [run, &table.table, &table.sha256],
            )?;
        }
        Ok(())
    }
}

/// A value as the JSON of a column.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("a record is plain JSON")
}
