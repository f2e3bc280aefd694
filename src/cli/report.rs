//! `billwright report`: a list by name.

use super::args::{Form, List, Report as Args};
use super::session::Session;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::report::page::{Page, Part};
use crate::run;

pub fn report(args: &Args, session: &Session) -> Result<u8, Report> {
    let has_a_day = !matches!(
        args.list,
        List::Invoices
            | List::Completeness
            | List::NewAccounts
            | List::Wallets
            | List::Shortfalls
            | List::Candidates
            | List::Estimates
    );
    if args.as_of.is_some() && !has_a_day {
        let place = Place::Argument("--as-of".to_owned());
        return Err(Diagnostic::error("BW-C104", place, "this list is of no day")
            .help("leave --as-of out, or choose by a day in the list: `--where \"invoice_date >= '2026-02-01'\"`")
            .into());
    }
    let mut listing = match args.list {
        List::Invoices => run::all_invoices(&session.settings()?)?,
        List::Completeness => run::completeness(&session.settings()?)?,
        List::Shortfalls => run::open_shortfalls(&session.settings()?)?,
        List::Candidates => run::candidates(&session.settings()?)?,
        List::Estimates => run::last_estimates(&session.settings()?)?,
        List::Wallets => {
            let house = session.house()?;
            let moment = session.moment(&house.loaded.workspace)?;
            session.watched(|watch| run::wallets(&house, &moment, watch))?
        }
        List::Exceptions => {
            let workspace = session.settings()?;
            run::exceptions(&workspace, args.as_of, &session.moment(&workspace)?)?
        }
        List::NewAccounts => {
            let house = session.house()?;
            let moment = session.moment(&house.loaded.workspace)?;
            session.watched(|watch| run::new_accounts(&house, &moment, watch))?
        }
        List::BillDates | List::BillDateChanges => {
            let house = session.house()?;
            let moment = session.moment(&house.loaded.workspace)?;
            let list = match args.list {
                List::BillDates => run::bill_dates,
                _ => run::bill_date_changes,
            };
            session.watched(|watch| list(&house, args.as_of, &moment, watch))?
        }
    };
    listing.table = args.sift.as_meant().of(listing.table)?;
    let terminal = session.terminal;
    terminal.table(&listing.table, nothing(args.list))?;
    let notes = listing.notes.into_iter().fold(Part::default(), Part::say);
    if terminal.form == Form::Table && !listing.table.is_empty() && !notes.is_empty() {
        terminal.text("\n")?;
        terminal.page(&Page(vec![notes]))?;
    }
    Ok(0)
}

/// What is said of a list without rows.
fn nothing(list: List) -> &'static str {
    match list {
        List::BillDates => "No services.",
        List::NewAccounts => "Every account has an invoice.",
        List::Invoices => "No invoices.",
        List::Completeness => "No runs.",
        List::Exceptions => "Nothing is parked.",
        List::Wallets => "No wallets.",
        List::Shortfalls => "Nothing is missing in any wallet.",
        List::Candidates => "No service could be stopped or started.",
        List::Estimates => "No run has estimated how long wallets last.",
        List::BillDateChanges => "No bill date was changed.",
    }
}
