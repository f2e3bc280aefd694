//! The commit: what was decided becomes part of the book.
//!
//! Parts and inputs are made durable first, under names by content; then one transaction makes them visible, with
//! numbers, states and claims; then `HEAD` says how far the book has come. Killed anywhere, the same command ends in the
//! same book, and what it left behind has no name that anything reads.

use super::catalog::Founding;
use super::encode::encode;
use super::files;
use super::head::{Head, last_link, write_head};
use super::link::{KeptInput, Link, Pending, Series, Step};
use super::location::Location;
use super::open::{Book, durable};
use super::part;
use super::trouble;
use super::view::{KeptPlan, PLAN_JSON};
use super::writer::{Writer, insert_attempt};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::book_view::{RunRecord, SeriesState};
use crate::model::digest::sha256;
use crate::model::part::{Encoded, Part};
use crate::model::plan::Pin;
use crate::model::table::Schema;
use chrono::{DateTime, Utc};
use polars::prelude::DataFrame;
use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// The book a decision was made on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// Empty where there was no book yet.
    pub lineage: String,
    pub serial: i64,
}

/// What is to become part of the book, all of it or nothing.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The run as it stands afterwards. `serial` is set to this commit's where the run is new. `Canceled` ends its parts.
    pub run: RunRecord,
    /// The book must still be as it was.
    pub expected: Ground,
    /// With the first commit of a run.
    pub plan: Option<KeptPlan>,
    pub steps: Vec<Step>,
    /// Tables whose rows become visible.
    pub facts: Vec<Arc<Encoded>>,
    /// More of them, which are still to be written as files.
    pub tables: Vec<(&'static Schema, DataFrame)>,
    /// Tables of later stages, kept until their stage is committed.
    pub pending: Vec<Arc<Encoded>>,
    /// How far each series that gave out numbers has come.
    pub series: BTreeMap<(String, i32), SeriesState>,
    /// The files the run read, their hashes known.
    pub inputs: Vec<Pin>,
    pub now: DateTime<Utc>,
    /// One sentence for people who look at the book's snapshots.
    pub message: String,
}

/// What a commit came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub serial: i64,
    /// Hash of the last link.
    pub head: String,
}

impl Writer {
    /// Makes a commit part of the book, whole, or leaves the book as it was.
    ///
    /// Errors: `BW-L110` the book is not the expected one; `BW-E1..` disk and rights. When the error comes from writing
    /// `HEAD`, the commit stands, and [`Writer::settle_head`] finishes it.
    pub fn commit(&mut self, commit: Commit) -> Result<Receipt, Report> {
        let (parts, pending) = self.write_parts(&commit)?;
        let kept = texts(commit.plan.as_ref());
        let at = commit.now.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string();
        let mut link = Link {
            serial: commit.expected.serial + 1,
            previous: String::new(),
            founding: None,
            at,
            message: commit.message,
            run: commit.run,
            steps: commit.steps,
            series: commit
                .series
                .into_iter()
                .map(|((name, year), state)| Series { name, year, state })
                .collect(),
            inputs: commit.inputs.iter().map(KeptInput::of).collect(),
            texts: kept
                .iter()
                .map(|(path, text)| (path.clone(), sha256(text)))
                .collect(),
            parts,
            pending,
        };
        let known = Known {
            texts: kept,
            inputs: commit.inputs,
        };
        if !self.lock.holds() {
            return Err(fenced(&self.at, "the book's folder was replaced"));
        }
        // From here on the copies stay: whether a COMMIT that fails was written is known only when the book is opened again.
        self.unclaimed.clear();
        let head = match &mut self.book {
            Some(book) => {
                let head = add(book, &commit.expected, &mut link, &known)?;
                book.advance(link.serial, head.clone());
                head
            }
            None => self.found(&commit.expected, &mut link, &known)?,
        };
        write_head(
            &self.at,
            &Head {
                serial: link.serial,
                link: head.clone(),
            },
        )?;
        Ok(Receipt {
            serial: link.serial,
            head,
        })
    }

    fn write_parts(&self, commit: &Commit) -> Result<(Vec<Part>, Vec<Pending>), Report> {
        let at = &self.at;
        let put = |tables: &[Arc<Encoded>]| {
            // At the same time, since each waits for the disk.
            let kept = tables.par_iter().map(|table| part::put(at, table));
            kept.collect::<Result<Vec<Option<Part>>, Report>>()
        };
        let written = || {
            let kept = commit.tables.par_iter();
            let kept = kept.map(|(schema, frame)| part::put(at, &encode(schema, frame)?));
            kept.collect::<Result<Vec<Option<Part>>, Report>>()
        };
        // What is still to be written is, while the disk takes in the rest.
        let (facts, tables) = rayon::join(|| put(&commit.facts), written);
        let parts = facts?.into_iter().chain(tables?).flatten().collect();
        let kept = commit.pending.iter().zip(put(&commit.pending)?);
        let pending = kept.map(|(table, kept)| Pending {
            table: table.schema.name.to_owned(),
            sha256: kept.map(|part| part.sha256).unwrap_or_default(),
        });
        Ok((parts, pending.collect()))
    }

    /// Makes the catalog with its first link. It gets its name when it is whole, so that nobody meets an empty one.
    fn found(
        &mut self,
        expected: &Ground,
        link: &mut Link,
        known: &Known,
    ) -> Result<String, Report> {
        if *expected != Ground::default() {
            return Err(fenced(&self.at, "there is no book any more"));
        }
        let path = self.at.database_path();
        let draft = path.with_extension("sqlite.new");
        for ending in ["", "-wal", "-shm", "-journal"] {
            let mut leftover = draft.clone().into_os_string();
            leftover.push(ending);
            match fs::remove_file(&leftover) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(trouble::io("remove", Path::new(&leftover), &error));
                }
                _ => {}
            }
        }
        link.run.serial = link.serial;
        link.founding = Some(Founding::of(&self.at, &link.run.plan_hash, &link.at));
        let made = self.write_first(&draft, link, known);
        if made.is_err() {
            let _ = fs::remove_file(&draft);
        }
        let head = made.map_err(|error| trouble::sql(&self.at, error))?;
        fs::rename(&draft, &path)
            .and_then(|()| files::sync_folder(&path))
            .map_err(|error| trouble::io("make the book", &path, &error))?;
        self.book = Book::open_to_write(&self.at)?;
        Ok(head)
    }

    /// Without a WAL, whose content would have to be moved into the file before it gets its name: SQLite says nothing
    /// where that fails on closing.
    fn write_first(&self, draft: &Path, link: &Link, known: &Known) -> rusqlite::Result<String> {
        let mut db = Connection::open(draft)?;
        db.pragma_update(None, "synchronous", "FULL")?;
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let head = link.write(&transaction, &link.content())?;
        known.write(&transaction)?;
        insert_attempt(&transaction, &self.attempt)?;
        transaction.commit()?;
        durable(&db)?;
        db.close().map_err(|(_, error)| error)?;
        Ok(head)
    }
}

/// Adds a link to a book, if that is still the one the decision was made on.
fn add(
    book: &mut Book,
    expected: &Ground,
    link: &mut Link,
    known: &Known,
) -> Result<String, Report> {
    let at = book.at.clone();
    let trouble = |error| trouble::sql(&at, error);
    let transaction = book
        .db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(trouble)?;
    let last = check_ground(&at, &transaction, expected)?;
    let claimed: Option<i64> = transaction
        .query_row(
            "SELECT serial FROM bw_run WHERE run_id = ?1",
            [&link.run.run_id],
            |row| row.get(0),
        )
        .optional()
        .map_err(trouble)?;
    if claimed.is_some() && !link.texts.is_empty() {
        return Err(fenced(&at, "the run is in the book already"));
    }
    link.run.serial = claimed.unwrap_or(link.serial);
    link.previous = last.link;
    let head = link.write(&transaction, &link.content()).map_err(trouble)?;
    known.write(&transaction).map_err(trouble)?;
    transaction.commit().map_err(trouble)?;
    Ok(head)
}

/// The fence: a process that lost its lock, or decided on an older book, writes nothing.
fn check_ground(
    at: &Location,
    transaction: &Transaction,
    expected: &Ground,
) -> Result<Head, Report> {
    let trouble = |error| trouble::sql(at, error);
    let lineage: String = transaction
        .query_row("SELECT lineage FROM bw_book", [], |row| row.get(0))
        .map_err(trouble)?;
    let last = last_link(transaction).map_err(trouble)?;
    match last {
        Some(last) if (&lineage, last.serial) == (&expected.lineage, expected.serial) => Ok(last),
        found => Err(fenced(
            at,
            &format!(
                "this was decided on serial {}, the book is at {}",
                expected.serial,
                found.map_or(0, |last| last.serial)
            ),
        )),
    }
}

/// `BW-L110`: the ground has moved; nothing was written.
fn fenced(at: &Location, why: &str) -> Report {
    Diagnostic::error(
        "BW-L110",
        Place::file(at.database.display()),
        format!("nothing was written: {why}"),
    )
    .help("give the same command again; it decides anew on the book as it is")
    .into()
}

/// What the catalog keeps beside the chain: texts by their hash, and the times of input files.
struct Known {
    texts: BTreeMap<String, String>,
    inputs: Vec<Pin>,
}

impl Known {
    fn write(&self, db: &Connection) -> rusqlite::Result<()> {
        for text in self.texts.values() {
            db.execute(
                "INSERT INTO bw_text VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                [&sha256(text), text],
            )?;
        }
        for pin in &self.inputs {
            db.execute(
                "INSERT OR REPLACE INTO bw_attempt_input VALUES (?1, ?2, ?3, ?4)",
                params![
                    pin.path,
                    pin.size.cast_signed(),
                    pin.modified.to_string(),
                    pin.sha256
                ],
            )?;
        }
        Ok(())
    }
}

fn texts(plan: Option<&KeptPlan>) -> BTreeMap<String, String> {
    let Some(plan) = plan else {
        return BTreeMap::new();
    };
    assert!(
        !plan.texts.contains_key(PLAN_JSON),
        "plan.json is no text of a plan"
    );
    let mut texts = plan.texts.clone();
    texts.insert(PLAN_JSON.to_owned(), plan.json.clone());
    texts
}
