//! The one that may add to a book.

use super::chain;
use super::head::{Head, read_head, write_head};
use super::location::Location;
use super::lock::{Attempt, Lock};
use super::open::Book;
use super::trouble;
use crate::diagnostic::Report;
use rusqlite::{Connection, params};
use std::fs;
use std::path::PathBuf;

/// Holds the lock of a book, or of the place where its first commit will make one.
#[derive(Debug)]
pub struct Writer {
    // Declared before the lock, so that the catalog is closed while the lock is still held.
    pub(super) book: Option<Book>,
    pub(super) at: Location,
    pub(super) attempt: Attempt,
    /// Copies of inputs that no commit names yet.
    pub(super) unclaimed: Vec<PathBuf>,
    pub(super) lock: Lock,
}

impl Writer {
    /// Takes the lock and proves the catalog against its chain, before anything is written.
    ///
    /// Errors: `BW-L101` somebody else writes, and those of [`Book::open`] and of a catalog that was changed.
    pub fn lock(at: &Location, attempt: &Attempt, wait: bool) -> Result<Self, Report> {
        let lock = Lock::take(at, wait)?;
        if let Some(book) = Book::open(at)? {
            chain::prove(&book)?;
        }
        let writer = Self {
            book: Book::open_to_write(at)?,
            at: at.clone(),
            attempt: attempt.clone(),
            unclaimed: Vec::new(),
            lock,
        };
        if let Some(book) = &writer.book {
            writer.begin_attempt(&book.db)?;
        }
        Ok(writer)
    }

    /// The book as it is now; `None` before the first commit.
    pub fn book(&self) -> Option<&Book> {
        self.book.as_ref()
    }

    /// Writes `HEAD` where a crash between a commit and its `HEAD` left it behind; says whether it did.
    pub fn settle_head(&mut self) -> Result<bool, Report> {
        let Some(book) = &self.book else {
            return Ok(false);
        };
        let head = Head {
            serial: book.serial(),
            link: book.head().to_owned(),
        };
        if read_head(&self.at)?.as_ref() == Some(&head) {
            return Ok(false);
        }
        write_head(&self.at, &head)?;
        Ok(true)
    }

    fn begin_attempt(&self, db: &Connection) -> Result<(), Report> {
        insert_attempt(db, &self.attempt).map_err(|error| trouble::sql(&self.at, error))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(book) = &self.book {
            // Only what others are told while they wait; the lock itself ends with the process in any case.
            let _ = book.db.execute(
                "UPDATE bw_attempt SET ended = 1 WHERE rowid = (SELECT max(rowid) FROM bw_attempt)",
                [],
            );
        }
        for copy in &self.unclaimed {
            let _ = fs::remove_file(copy);
        }
        // Only the folder of a first run is empty now; any other stays.
        let _ = fs::remove_dir(self.at.inputs_path());
    }
}

/// Notes who writes; the last thousand are kept.
pub(super) fn insert_attempt(db: &Connection, attempt: &Attempt) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO bw_attempt VALUES (?1, ?2, ?3, 0)",
        params![attempt.pid, attempt.command, attempt.started()],
    )?;
    db.execute(
        "DELETE FROM bw_attempt WHERE rowid <= ?1",
        [db.last_insert_rowid() - 1000],
    )?;
    Ok(())
}
