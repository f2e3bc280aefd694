//! `billwright runs`: the runs in the book.

use super::session::Session;
use crate::diagnostic::Report;

pub fn runs(session: &Session) -> Result<u8, Report> {
    let table = crate::run::runs(&session.settings()?)?;
    session
        .terminal
        .table(&table, "The book has no runs yet.")?;
    Ok(0)
}
