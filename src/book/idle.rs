//! When a run found nothing due, so that nothing of it is in the book.

use super::open::Book;
use super::writer::Writer;
use chrono::{DateTime, Utc};
use rusqlite::params;

/// The last time that nothing was due for a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// YYYY-MM-DD
    pub as_of: String,
    pub at: DateTime<Utc>,
}

impl Book {
    /// When a definition last had nothing due; `None` where that is not known.
    pub fn idle(&self, definition: &str) -> Option<Idle> {
        let found = self.db.query_row(
            "SELECT as_of, at FROM bw_attempt_idle WHERE definition = ?1",
            [definition],
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?)),
        );
        let (as_of, at) = found.ok()?;
        let at = at.parse().ok()?;
        Some(Idle { as_of, at })
    }
}

impl Writer {
    /// Notes that nothing was due. It is no decision: where it is lost, the next run finds the same.
    pub fn note_idle(&self, definition: &str, as_of: &str) {
        if let Some(book) = &self.book {
            let _ = book.db.execute(
                "INSERT OR REPLACE INTO bw_attempt_idle VALUES (?1, ?2, ?3)",
                params![definition, as_of, self.attempt.started()],
            );
        }
    }
}
