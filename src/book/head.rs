//! `HEAD`: serial and last link, noted beside the catalog after each commit, so that an older copy of it is noticed.

use super::files;
use super::location::Location;
use super::open::Book;
use super::trouble;
use crate::diagnostic::{Diagnostic, Place, Report};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::fs;
use std::io::ErrorKind;

/// Bits of `HEAD`, which is replaced at each commit.
const REPLACEABLE: u32 = 0o644;

/// How far a book has come: the number of commits, and the last link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub serial: i64,
    pub link: String,
}

impl Book {
    /// Compares the catalog with `HEAD` beside it, which is written after each commit and was read before the catalog.
    pub(super) fn check_head(&self, noted: Option<Head>) -> Result<(), Report> {
        self.compare_head(noted).map_err(|report| {
            if self.has_foreign_wal() {
                foreign_wal(&self.at)
            } else {
                report
            }
        })
    }

    fn compare_head(&self, noted: Option<Head>) -> Result<(), Report> {
        let here = self.serial();
        let last_snapshot: i64 = self
            .db
            .query_row(
                "SELECT max(snapshot_id) FROM ducklake_snapshot",
                [],
                |row| row.get(0),
            )
            .map_err(|error| self.trouble(error))?;
        if last_snapshot != here {
            return Err(cut(
                &self.at,
                format!("the chain has {here} links, the catalog {last_snapshot} snapshots"),
            ));
        }
        let Some(noted) = noted else {
            // A crash between the first commit and its HEAD leaves a book without one; or both were just being made.
            return if here == 1 || self.at.head_path().exists() {
                Ok(())
            } else {
                Err(self.no_head())
            };
        };
        if noted.serial > here {
            return Err(self.older_copy(noted.serial));
        }
        if self.link(noted.serial)?.as_deref() != Some(noted.link.as_str()) {
            return Err(cut(
                &self.at,
                format!(
                    "HEAD names another link for serial {} than the chain has",
                    noted.serial
                ),
            ));
        }
        Ok(())
    }

    /// Whether the WAL beside the catalog does not go on from it. SQLite takes the WAL of another book as its own.
    fn has_foreign_wal(&self) -> bool {
        let path = self.at.database_path();
        let name = path.display().to_string();
        let name = name
            .replace('%', "%25")
            .replace('?', "%3f")
            .replace('#', "%23");
        // Immutable: read as it lies there, without its WAL.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let alone = Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)
            .and_then(|db| last_link(&db));
        match alone {
            Ok(Some(alone)) => self.link(alone.serial).ok().flatten() != Some(alone.link),
            _ => false,
        }
    }

    /// The link with a serial.
    pub(super) fn link(&self, serial: i64) -> Result<Option<String>, Report> {
        self.db
            .query_row(
                "SELECT link FROM bw_chain WHERE serial = ?1",
                [serial],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| self.trouble(error))
    }

    fn older_copy(&self, noted: i64) -> Report {
        let here = self.serial();
        Diagnostic::error(
            "BW-B108",
            Place::file(self.at.database.display()),
            format!("this is an older copy of the book: it ends with serial {here}, HEAD with {noted}"),
        )
        .help(format!(
            "numbers up to serial {noted} were given out; put the newest copy of the whole book/ folder back"
        ))
        .into()
    }

    fn no_head(&self) -> Report {
        Diagnostic::error(
            "BW-B108",
            Place::file(self.at.shown(&self.at.head_path())),
            "HEAD is gone, so nobody can say whether this is the newest copy of the book",
        )
        .help("put the newest copy of the whole book/ folder back, HEAD included")
        .into()
    }
}

/// The last link of a chain.
pub(super) fn last_link(db: &Connection) -> rusqlite::Result<Option<Head>> {
    db.query_row(
        "SELECT serial, link FROM bw_chain ORDER BY serial DESC LIMIT 1",
        [],
        |row| {
            Ok(Head {
                serial: row.get(0)?,
                link: row.get(1)?,
            })
        },
    )
    .optional()
}

/// What `HEAD` says; `None` where there is none.
pub(super) fn read_head(at: &Location) -> Result<Option<Head>, Report> {
    let path = at.head_path();
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => String::new(),
        read => read.map_err(|error| trouble::io("read", &path, &error))?,
    };
    let head = text.trim_end().split_once(' ').and_then(|(serial, link)| {
        Some(Head {
            serial: serial.parse().ok()?,
            link: link.to_owned(),
        })
    });
    head.map(Some).ok_or_else(|| {
        Diagnostic::error(
            "BW-B101",
            Place::file(at.shown(&path)),
            "HEAD is damaged: it has to be a serial and a link",
        )
        .help("put the newest copy of the whole book/ folder back")
        .into()
    })
}

/// Replaces `HEAD`, durably.
pub(super) fn write_head(at: &Location, head: &Head) -> Result<(), Report> {
    let text = format!("{} {}\n", head.serial, head.link);
    files::put(&at.head_path(), text.as_bytes(), REPLACEABLE)
}

/// `BW-B101`: the WAL beside the catalog is not its own.
fn foreign_wal(at: &Location) -> Report {
    let wal = format!("{}-wal", at.database.display());
    Diagnostic::error(
        "BW-B101",
        Place::File(wal),
        "this WAL belongs to another book: it does not go on from the catalog beside it",
    )
    .help("put the WAL of this book back, or the newest copy of the whole book/ folder")
    .into()
}

/// `BW-B107`: links, snapshots or numbers at the end of the book were taken away.
pub(super) fn cut(at: &Location, message: String) -> Report {
    Diagnostic::error("BW-B107", Place::file(at.database.display()), message)
        .help("commits were taken away by hand; put the newest copy of the whole book/ folder back")
        .into()
}
