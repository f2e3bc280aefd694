//! `billwright show`: one run, from several sides.

use super::args::{Show, Tab};
use super::outcome;
use super::session::Session;
use crate::diagnostic::Report;
use crate::run;

pub fn show(args: &Show, session: &Session) -> Result<u8, Report> {
    let name = &args.run.run;
    let workspace = session.settings()?;
    let (table, nothing) = match args.tab {
        Tab::Summary => return outcome::shown(&run::look(&workspace, name)?, session),
        Tab::Steps => (
            run::steps(&workspace, name)?,
            "Nothing of this run is committed.",
        ),
        Tab::Invoices => (
            run::invoices(&workspace, name)?,
            "This run has no invoices.",
        ),
        Tab::Accounts => (
            run::accounts(&workspace, name)?,
            "This run had nothing due for any account.",
        ),
        Tab::Failed => (
            run::failed(&workspace, name)?,
            "Everything that was due could be billed.",
        ),
        Tab::Excluded => (
            run::excluded(&workspace, name)?,
            "Nothing that was selected was left out.",
        ),
    };
    let table = args.sift.as_meant().of(table)?;
    session.terminal.table(&table, nothing)?;
    Ok(0)
}
