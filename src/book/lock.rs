//! One writer at a time.
//!
//! The lock is on the book's folder itself and dies with its process: there is no lock file that somebody would have to
//! remove by hand.

use super::files;
use super::location::Location;
use super::open::Book;
use super::trouble;
use crate::diagnostic::{Diagnostic, Place, Report};
use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::OptionalExtension;
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A command that writes, as others that have to wait are told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub pid: u32,
    /// As typed.
    pub command: String,
    pub started_at: DateTime<Utc>,
}

impl Attempt {
    pub(super) fn started(&self) -> String {
        self.started_at.to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    folder: PathBuf,
    handle: File,
}

impl Lock {
    /// Takes the lock, making the folder where it is missing.
    ///
    /// Errors: `BW-L101` somebody else has it and `wait` is not asked for.
    pub fn take(at: &Location, wait: bool) -> Result<Self, Report> {
        let folder = at.folder();
        let trouble = |error| trouble::io("lock the book", &folder, &error);
        loop {
            files::make_folder(&folder)?;
            let handle = match File::open(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                opened => opened.map_err(trouble)?,
            };
            if wait {
                handle.lock().map_err(trouble)?;
            } else {
                match handle.try_lock() {
                    Err(TryLockError::WouldBlock) => return Err(busy(at)),
                    Err(TryLockError::Error(error)) => return Err(trouble(error)),
                    Ok(()) => {}
                }
            }
            let lock = Self {
                folder: folder.clone(),
                handle,
            };
            // A refused first run takes its empty folder away, perhaps while we waited for it.
            if lock.holds() {
                return Ok(lock);
            }
        }
    }

    /// Whether the folder that is locked is still the one under its name.
    pub fn holds(&self) -> bool {
        let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
        let locked = self
            .handle
            .metadata()
            .map(|found| (found.dev(), found.ino()));
        matches!((identity(&self.folder), locked), (Ok(named), Ok(locked)) if named == locked)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A refused first run leaves nothing. Fails, as it should, where the folder holds anything.
        if self.holds() {
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// `BW-L101`, naming the holder where the book knows it.
fn busy(at: &Location) -> Report {
    let holder = Book::open(at).ok().flatten().and_then(|book| {
        book.db
            .query_row(
                "SELECT pid, command, started_at FROM bw_attempt WHERE ended = 0 ORDER BY rowid DESC LIMIT 1",
                [],
                |row| Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
            )
            .optional()
            .ok()
            .flatten()
    });
    let who = match holder {
        Some((pid, command, since)) => {
            format!("process {pid} is writing the book: `{command}`, since {since}")
        }
        // Its first commit, which would name it, is not there yet.
        None => "another process is writing the book".to_owned(),
    };
    Diagnostic::error("BW-L101", Place::file(at.shown(&at.folder())), who)
        .help("wait for it to end, or add `--wait`")
        .into()
}
