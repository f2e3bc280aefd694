//! `billwright runs`: the runs in the book, or those to come.

use super::args::Runs;
use super::session::Session;
use crate::diagnostic::Report;
use crate::report::table::Table;

pub fn runs(args: &Runs, session: &Session) -> Result<u8, Report> {
    let (table, nothing) = match args.upcoming {
        false => (crate::run::runs(&session.settings()?)?, "No runs."),
        true => (
            upcoming(session)?,
            "No definition has a schedule that goes on.",
        ),
    };
    let table = args.sift.as_meant().of(table)?;
    session.terminal.table(&table, nothing)?;
    Ok(0)
}

fn upcoming(session: &Session) -> Result<Table, Report> {
    let house = session.house()?;
    let moment = session.moment(&house.loaded.workspace)?;
    crate::run::upcoming(&house, &moment)
}
