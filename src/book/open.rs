//! Opening a book: is it one, is it ours, is it the newest copy.

use super::catalog::VERSION;
use super::head::{Head, cut, last_link, read_head};
use super::location::Location;
use super::trouble;
use crate::diagnostic::{Diagnostic, Place, Report};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The oldest SQLite without the fault by which a WAL was reset under a reader.
const OLDEST_SQLITE: i32 = 3_051_003;
/// How long to wait for a program that has the catalog locked for a moment.
const PATIENCE: Duration = Duration::from_secs(5);
/// File systems on which locks and shared memory do not work between machines, by the number `statfs` gives them.
const NETWORKS: [(i64, &str); 6] = [
    (0x6969, "nfs"),
    (0xFF53_4D42, "cifs"),
    (0xFE53_4D42, "smb2"),
    (0x517B, "smb"),
    (0x0102_1997, "9p"),
    (0x00C3_6400, "ceph"),
];

/// A book at one serial.
#[derive(Debug)]
pub struct Book {
    pub(super) at: Location,
    pub(super) db: Connection,
    lineage: String,
    serial: i64,
    head: String,
}

impl Book {
    /// Opens a book for reading; all answers are of one serial, whatever is committed meanwhile. `None`: there never was one.
    ///
    /// Errors: `BW-B101` damaged, `BW-B107` cut, `BW-B108` an older copy, `BW-B110` and `BW-B111` another version, `BW-B112` not a
    /// book, `BW-B113` gone, `BW-B114` its parts lie elsewhere, `BW-B120` and `BW-B121` surroundings, `BW-E103` no right.
    pub fn open(at: &Location) -> Result<Option<Self>, Report> {
        // Before the catalog: a commit in between only makes the catalog newer than HEAD, which is no fault.
        let noted = read_head(at)?;
        let book = Self::connect(at, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        if let Some(book) = &book {
            book.check_head(noted)?;
        }
        Ok(book)
    }

    /// Opens a book for the one writer.
    pub(super) fn open_to_write(at: &Location) -> Result<Option<Self>, Report> {
        let Some(book) = Self::connect(at, OpenFlags::SQLITE_OPEN_READ_WRITE)? else {
            return Ok(None);
        };
        book.db
            .execute_batch("COMMIT")
            .and_then(|()| durable(&book.db))
            .map_err(|error| trouble::sql(at, error))?;
        Ok(Some(book))
    }

    fn connect(at: &Location, access: OpenFlags) -> Result<Option<Self>, Report> {
        check_surroundings(at)?;
        let path = at.database_path();
        if !path.exists() {
            // Looked for again, since the first commit may just have made both.
            match trace(at) {
                None => return Ok(None),
                Some(trace) if !path.exists() => return Err(gone(at, &trace)),
                Some(_) => {}
            }
        }
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let damaged = |error| trouble::sql(at, error);
        let db = Connection::open_with_flags(&path, flags).map_err(damaged)?;
        db.busy_timeout(PATIENCE).map_err(damaged)?;
        // From the first SELECT on, a transaction sees one serial to its end.
        db.execute_batch("BEGIN").map_err(damaged)?;
        check_is_book(at, &db)?;
        let lineage = db
            .query_row("SELECT lineage FROM bw_book", [], |row| row.get(0))
            .map_err(damaged)?;
        let Head { serial, link } = last_link(&db)
            .map_err(damaged)?
            .ok_or_else(|| cut(at, "the chain has no link left".to_owned()))?;
        Ok(Some(Self {
            at: at.clone(),
            db,
            lineage,
            serial,
            head: link,
        }))
    }

    /// Which book this is.
    pub fn lineage(&self) -> &str {
        &self.lineage
    }

    /// Commits so far.
    pub fn serial(&self) -> i64 {
        self.serial
    }

    /// Hash of the last link of the chain.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Takes note of a commit made through this connection.
    pub(super) fn advance(&mut self, serial: i64, head: String) {
        (self.serial, self.head) = (serial, head);
    }

    pub(super) fn trouble(&self, error: rusqlite::Error) -> Report {
        trouble::sql(&self.at, error)
    }
}

/// The settings of a connection that writes.
pub(super) fn durable(db: &Connection) -> rusqlite::Result<()> {
    // With NORMAL, commits that were reported were lost at a power cut.
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update_and_check(None, "journal_mode", "WAL", |row| {
        let mode: String = row.get(0)?;
        assert_eq!(mode, "wal", "SQLite refuses a WAL without an error");
        Ok(())
    })
}

fn check_surroundings(at: &Location) -> Result<(), Report> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        let found = rusqlite::version();
        return Err(Diagnostic::error(
            "BW-B121",
            Place::Nowhere,
            format!("SQLite {found} can lose commits; 3.51.3 or later is needed"),
        )
        .help("build billwright with its bundled SQLite")
        .into());
    }
    let folder = at.folder();
    let there = folder.ancestors().find(|path| path.exists());
    let Some(kind) = there.and_then(|path| rustix::fs::statfs(path).ok()) else {
        return Ok(());
    };
    let network = NETWORKS.iter().find(|(number, _)| *number == kind.f_type);
    match network {
        None => Ok(()),
        Some((_, name)) => Err(Diagnostic::error(
            "BW-B120",
            Place::file(at.shown(&folder)),
            format!(
                "the book lies on a network file system ({name}), where locks cannot be trusted"
            ),
        )
        .help("keep the book on a local disk")
        .into()),
    }
}

/// What says that there was a book: a missing catalog is a new book only where nothing does.
fn trace(at: &Location) -> Option<PathBuf> {
    let documents = at.root.join("out").join("documents");
    [at.head_path(), documents]
        .into_iter()
        .find(|path| path.exists())
}

fn gone(at: &Location, trace: &Path) -> Report {
    Diagnostic::error(
        "BW-B113",
        Place::file(at.database.display()),
        format!("the book is gone: there is none, but there is {}", at.shown(trace)),
    )
    .help("restore book/ from a copy; only where no invoice was ever sent, remove that trace and begin anew")
    .into()
}

fn check_is_book(at: &Location, db: &Connection) -> Result<(), Report> {
    let place = || Place::file(at.database.display());
    let damaged = |error| trouble::sql(at, error);
    let known: bool = db
        .query_row(
            "SELECT count(*) = 1 FROM sqlite_master WHERE name = 'bw_book'",
            [],
            |row| row.get(0),
        )
        .map_err(damaged)?;
    if !known {
        return Err(
            Diagnostic::error("BW-B112", place(), "this database is not a book")
                .help("name another file in `[book] url`; a missing one is made by the first apply")
                .into(),
        );
    }
    let version: i64 = db
        .query_row("SELECT version FROM bw_book", [], |row| row.get(0))
        .map_err(damaged)?;
    if version > VERSION {
        let message =
            format!("the book has version {version}, this billwright knows version {VERSION}");
        return Err(Diagnostic::error("BW-B110", place(), message)
            .help("use the newer billwright that wrote it")
            .into());
    }
    if version < VERSION {
        let message =
            format!("the book has version {version}, this billwright needs version {VERSION}");
        return Err(Diagnostic::error("BW-B111", place(), message)
            .help(
                "use the older billwright that wrote it; a run never changes the version of a book",
            )
            .into());
    }
    let data_path: String = db
        .query_row(
            "SELECT \"value\" FROM ducklake_metadata WHERE \"key\" = 'data_path'",
            [],
            |row| row.get(0),
        )
        .map_err(damaged)?;
    if Path::new(&data_path) != at.data {
        let message = format!(
            "the parts of this book are in {data_path}, the workspace says {}",
            at.data_text()
        );
        return Err(Diagnostic::error("BW-B114", place(), message)
            .help(format!(
                "write `data = \"{}\"` under `[book]`",
                data_path.trim_end_matches('/')
            ))
            .into());
    }
    Ok(())
}
