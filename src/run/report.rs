//! The reports: fetches what each is about and lets `report/` put the answer.

use super::explain::{Trials, trials, with};
use super::ground::{kept_header, view};
use super::look::{columns, facts, made_in_order, outlined, with_exceptions};
use super::{House, Moment, Progress, Watcher, read};
use crate::book::Book;
use crate::calendar::Date;
use crate::diagnostic::Report;
use crate::identify;
use crate::inputs::{Only, Purpose};
use crate::model::bill_run::{BillRun, Check, Level};
use crate::model::book_view::{BookView, RunRecord};
use crate::model::draft::{Drafts, Invoices};
use crate::model::line::{Claims, Exclusions, Lines};
use crate::model::outlook::WalletEstimates;
use crate::model::plan::{RunState, RunType};
use crate::model::service_action::{CANDIDATE, ServiceActions};
use crate::model::table::{Columns, internal};
use crate::model::wallet::{Shortfalls, WalletStates};
use crate::model::workspace::Workspace;
use crate::report::list::{self, Listing};
use crate::report::{actions, outlook};
use polars::prelude::BooleanChunked;
use std::collections::BTreeSet;

/// Every service with the day from which it is not billed, and how it stands in the next run.
pub fn bill_dates(
    house: &House,
    day: Option<Date>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Listing, Report> {
    let book = Book::open(&house.book())?;
    let view = view(book.as_ref(), house.debits_wallets())?;
    let tried = tried(house, (book.as_ref(), &view), None, day, &[], moment, watch)?;
    let schemes = &house.loaded.definitions.schemes;
    Ok(list::bill_dates(&tried.trials, &tried.tables, schemes))
}

/// A few accounts are read by themselves, and more than that with all others.
const FEW: usize = 1_000;

/// Services whose next bill date the export has changed. Where no day of theirs differs from what the book claimed, that is known
/// without a trial.
pub fn bill_date_changes(
    house: &House,
    day: Option<Date>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Listing, Report> {
    let (book, _) = outlined(&house.loaded.workspace)?;
    watch(Progress::Begin("Reading inputs", None));
    let tables = read::without_usage(house, Purpose::Invoices, moment);
    watch(Progress::End);
    let tables = tables?;
    let names = ["service_id", "billed_from", "billed_through", "effect"];
    let claims = columns(book.as_ref(), Claims::SCHEMA, None, &names)?;
    let accounts = identify::with_moved_bill_date(&tables, &claims);
    if accounts.is_empty() {
        return Ok(list::bill_date_changes(&[], &tables).into());
    }
    drop((tables, claims));
    let view = view(book.as_ref(), house.debits_wallets())?;
    let only = (accounts.len() <= FEW).then(|| Only {
        accounts,
        ..Only::default()
    });
    let checks = [Check::BillDateChanged];
    let book = (book.as_ref(), &view);
    let tried = tried(house, book, only.as_ref(), day, &checks, moment, watch)?;
    Ok(list::bill_date_changes(&tried.trials, &tried.tables).into())
}

/// Accounts without a posted invoice.
pub fn new_accounts(house: &House, moment: &Moment, watch: Watcher<'_>) -> Result<Listing, Report> {
    let (book, _) = outlined(&house.loaded.workspace)?;
    watch(Progress::Begin("Reading inputs", None));
    let tables = read::without_usage(house, Purpose::Invoices, moment);
    watch(Progress::End);
    let posted = columns(book.as_ref(), Invoices::SCHEMA, None, &["account_id"])?;
    Ok(list::new_accounts(
        &tables?,
        &house.loaded.definitions.groups,
        posted.text("account_id"),
    ))
}

/// All invoices and drafts.
pub fn all_invoices(workspace: &Workspace) -> Result<Listing, Report> {
    let (book, view) = outlined(workspace)?;
    let mut drafts = Drafts::SCHEMA.empty();
    drafts = drafts.select(list::invoices::DRAFT).map_err(internal)?;
    for run in open_runs(&view) {
        let rows = made_in_order(book.as_ref(), run, list::invoices::DRAFT)?;
        drafts.vstack_mut_owned(rows).map_err(internal)?;
    }
    let table = Invoices::SCHEMA;
    let names = table.with_key(list::invoices::POSTED);
    let posted = table.ordered(columns(book.as_ref(), table, None, &names)?);
    Ok(list::invoices(&drafts, &posted).into())
}

/// Whether every row of the input of every run is accounted for.
pub fn completeness(workspace: &Workspace) -> Result<Listing, Report> {
    let (book, view) = outlined(workspace)?;
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
    let (book, outline) = outlined(workspace)?;
    let view = with_exceptions(book.as_ref(), outline)?;
    let touched = |run: &RunRecord| {
        let of_run = |table, names| columns(book.as_ref(), table, Some(run), names);
        Ok(list::Touched {
            lines: of_run(Lines::SCHEMA, &["account_id"])?,
            claims: of_run(Claims::SCHEMA, &["service_id", "charge"])?,
            exclusions: of_run(Exclusions::SCHEMA, &["service_id", "charge"])?,
        })
    };
    let until = day.unwrap_or_else(|| moment.today(workspace));
    list::exceptions(&view, touched, until)
}

/// Every wallet that a run has seen.
pub fn wallets(house: &House, moment: &Moment, watch: Watcher<'_>) -> Result<Listing, Report> {
    let (book, _) = outlined(&house.loaded.workspace)?;
    watch(Progress::Begin("Reading inputs", None));
    let own = super::read::wallets(house, moment);
    watch(Progress::End);
    let states = book.as_ref().map(Book::wallets).transpose()?;
    let states = states.unwrap_or_else(WalletStates::empty);
    Ok(list::wallets(&states, &own?).into())
}

/// What was missing in wallets, and still is not debited.
pub fn shortfalls(workspace: &Workspace) -> Result<Listing, Report> {
    let (book, view) = outlined(workspace)?;
    let short = Shortfalls::in_order(facts(book.as_ref(), Shortfalls::SCHEMA, None)?);
    let services: BTreeSet<&str> = short.frame().text("service_id").iter().flatten().collect();
    let claims = with(book.as_ref(), Claims::SCHEMA, &[("service_id", &services)])?;
    let claims = Claims::checked(claims);
    Ok(list::shortfalls(&view.runs, &short, &claims).into())
}

/// Services that could be stopped or started, as the last run over everybody of each definition found.
pub fn candidates(workspace: &Workspace) -> Result<Listing, Report> {
    let (book, view) = outlined(workspace)?;
    let mut all = ServiceActions::SCHEMA.empty();
    for run in last_over_all(&view) {
        let rows = facts(book.as_ref(), ServiceActions::SCHEMA, Some(run))?;
        let states = rows.text("state").iter();
        let could: BooleanChunked = states.map(|state| state == Some(CANDIDATE)).collect();
        let rows = rows.filter(&could).map_err(internal)?;
        all.vstack_mut_owned(rows).map_err(internal)?;
    }
    Ok(actions::actions(ServiceActions::checked(all).frame()).into())
}

/// How long wallets last, as the last run over everybody of each definition found that has estimated it.
pub fn last_estimates(workspace: &Workspace) -> Result<Listing, Report> {
    let (book, view) = outlined(workspace)?;
    let mut all = WalletEstimates::SCHEMA.empty();
    let mut told = BTreeSet::new();
    for run in over_all(&view) {
        if told.contains(&run.definition) {
            continue;
        }
        let rows = facts(book.as_ref(), WalletEstimates::SCHEMA, Some(run))?;
        if rows.height() > 0 {
            told.insert(&run.definition);
            all.vstack_mut_owned(rows).map_err(internal)?;
        }
    }
    Ok(outlook::estimates(WalletEstimates::checked(all).frame()).into())
}

/// Runs that stand, debit wallets and were about everybody, the last first.
fn over_all(view: &BookView) -> impl Iterator<Item = &RunRecord> {
    let runs = view.runs.iter().rev();
    runs.filter(|run| {
        run.wallets.is_some() && run.state != RunState::Canceled && run.run_type == RunType::Batch
    })
}

/// The last of these of each definition.
fn last_over_all(view: &BookView) -> Vec<&RunRecord> {
    let mut told = BTreeSet::new();
    over_all(view)
        .filter(|run| told.insert(run.definition.as_str()))
        .collect()
}

/// The runs that are not posted, and may be yet.
pub(super) fn open_runs(view: &BookView) -> impl Iterator<Item = &RunRecord> {
    let is_open = |run: &&RunRecord| !run.state.is_posted() && run.state != RunState::Canceled;
    view.runs.iter().filter(is_open)
}

/// A trial plan of each definition that is switched on, which makes these checks in place of its own; of some accounts alone, if they
/// are named.
fn tried(
    house: &House,
    (book, view): (Option<&Book>, &BookView),
    only: Option<&Only>,
    day: Option<Date>,
    checks: &[Check],
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Trials, Report> {
    let definitions = house.loaded.definitions.bill_runs.values();
    let enabled = definitions.filter(|run| run.enabled).map(|run| {
        let checks = checks.iter().map(|check| (*check, Level::Info));
        BillRun {
            checks: checks.collect(),
            ..run.clone()
        }
    });
    watch(Progress::Begin("Looking", None));
    let tried = trials(house, book, view, only, enabled, day, moment);
    watch(Progress::End);
    tried
}
