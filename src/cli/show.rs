//! `billwright show`: one run, from several sides.

use super::args::{Show, Tab};
use super::outcome;
use super::session::Session;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::report::sift::Sift;
use crate::run;

pub fn show(args: &Show, session: &Session) -> Result<u8, Report> {
    let name = &args.run.run;
    let workspace = session.settings()?;
    let sift = args.sift.as_meant();
    if args.tab == Tab::Summary && sift != Sift::default() {
        let place = Place::Argument("--tab".to_owned());
        return Err(
            Diagnostic::error("BW-C107", place, "the summary is not one table")
                .help("name another tab with --where and --sort, such as `--tab accounts`")
                .into(),
        );
    }
    let (table, nothing) = match args.tab {
        Tab::Summary => return outcome::shown(&run::look(&workspace, name)?, session),
        Tab::Steps => (
            run::steps(&workspace, name)?,
            "Nothing of this run is committed.",
        ),
        Tab::Invoices => run::invoices(&workspace, name)?,
        Tab::Transactions => run::transactions(&workspace, name)?,
        Tab::Shortfalls => run::shortfalls(&workspace, name)?,
        Tab::Actions => run::actions(&workspace, name)?,
        Tab::Estimates => run::estimates(&workspace, name)?,
        Tab::Notices => run::notices(&workspace, name)?,
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
    let table = sift.of(table)?;
    session.terminal.table(&table, nothing)?;
    Ok(0)
}
