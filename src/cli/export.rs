//! `billwright export`: the journal of posted invoices, for other programs.

use super::args::Hledger;
use super::session::Session;
use crate::diagnostic::Report;

pub fn hledger(args: &Hledger, session: &Session) -> Result<u8, Report> {
    let journal = crate::run::export_hledger(&session.settings()?, args.run.as_deref())?;
    session.terminal.write(|out| journal.write(out))?;
    Ok(0)
}
