//! The reports: fetches what each is about and lets `report/` put the answer.

use super::explain::{Trials, trials};
use super::ground::kept_header;
use super::look::{drafts, facts, opened};
use super::{House, Moment, Progress, Watcher};
use crate::book::Book;
use crate::calendar::Date;
use crate::diagnostic::Report;
use crate::model::bill_run::{BillRun, Check, Level};
use crate::model::book_view::{BookView, RunRecord};
use crate::model::draft::{Drafts, Invoices};
use crate::model::line::Lines;
use crate::model::plan::RunState;
use crate::model::table::internal;
use crate::model::workspace::Workspace;
use crate::report::list::{self, Listing};
use polars::prelude::DataFrame;

/// Every service with the day from which it is not billed, and how it stands in the next run.
pub fn bill_dates(
    house: &House,
    day: Option<Date>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Listing, Report> {
    let (book, view) = opened(&house.loaded.workspace)?;
    let tried = tried(house, book.as_ref(), &view, day, moment, watch)?;
    Ok(list::bill_dates(&tried.trials, &tried.tables))
}

/// Services whose next bill date the export has changed.
pub fn bill_date_changes(
    house: &House,
    day: Option<Date>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Listing, Report> {
    let (book, view) = opened(&house.loaded.workspace)?;
    let tried = tried(house, book.as_ref(), &view, day, moment, watch)?;
    Ok(list::bill_date_changes(&tried.trials, &tried.tables).into())
}

/// Accounts without a posted invoice.
pub fn new_accounts(house: &House, moment: &Moment, watch: Watcher<'_>) -> Result<Listing, Report> {
    let (book, view) = opened(&house.loaded.workspace)?;
    watch(Progress::Begin("Reading inputs", None));
    let read = super::read::in_place(house, book.as_ref(), moment);
    watch(Progress::End);
    Ok(list::new_accounts(
        &read?.tables.kept,
        &house.loaded.definitions.groups,
        &view,
    ))
}

/// All invoices and drafts.
pub fn all_invoices(workspace: &Workspace) -> Result<Listing, Report> {
    let (book, view) = opened(workspace)?;
    let posted = facts(book.as_ref(), Invoices::SCHEMA, None)?;
    Ok(list::invoices(&open_drafts(book.as_ref(), &view)?, &posted).into())
}

/// Whether every row of the input of every run is accounted for.
pub fn completeness(workspace: &Workspace) -> Result<Listing, Report> {
    let (book, view) = opened(workspace)?;
    let mut balances = Vec::new();
    for run in view
        .runs
        .iter()
        .filter(|run| run.state != RunState::Canceled)
    {
        let (header, _) = kept_header(book.as_ref(), run)?;
        balances.push((run.run_id.as_str(), header.balance));
    }
    let runs = balances
        .iter()
        .map(|(run, balance)| (*run, balance.as_slice()));
    Ok(list::completeness(runs))
}

/// What is parked and not mended; its age is counted up to `day`, else to today.
pub fn exceptions(
    workspace: &Workspace,
    day: Option<Date>,
    moment: &Moment,
) -> Result<Listing, Report> {
    let (book, view) = opened(workspace)?;
    let lines = Lines::checked(facts(book.as_ref(), Lines::SCHEMA, None)?);
    let until = day.unwrap_or_else(|| moment.today(workspace));
    Ok(list::exceptions(&view, &lines, until))
}

/// The invoices of all runs that are not posted.
pub(super) fn open_drafts(book: Option<&Book>, view: &BookView) -> Result<DataFrame, Report> {
    let mut open = Drafts::SCHEMA.empty();
    let is_open = |run: &&RunRecord| !run.state.is_posted() && run.state != RunState::Canceled;
    for run in view.runs.iter().filter(is_open) {
        open.vstack_mut(&drafts(book, run)?).map_err(internal)?;
    }
    Ok(open)
}

/// A trial plan of each definition that is switched on, which looks for changed bill dates whatever its checks are.
fn tried(
    house: &House,
    book: Option<&Book>,
    view: &BookView,
    day: Option<Date>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Trials, Report> {
    let definitions = house.loaded.definitions.bill_runs.values();
    let enabled = definitions.filter(|run| run.enabled).map(|run| {
        let mut run: BillRun = run.clone();
        run.checks
            .entry(Check::BillDateChanged)
            .or_insert(Level::Info);
        run
    });
    watch(Progress::Begin("Looking", None));
    let tried = trials(house, book, view, enabled, day, moment);
    watch(Progress::End);
    tried
}
