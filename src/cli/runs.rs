//! `billwright runs`: the runs in the book.

use super::args::Runs;
use super::session::Session;
use crate::diagnostic::Report;

pub fn runs(args: &Runs, session: &Session) -> Result<u8, Report> {
    let table = crate::run::runs(&session.settings()?)?;
    let table = args.sift.as_meant().of(table)?;
    session.terminal.table(&table, "No runs.")?;
    Ok(0)
}
