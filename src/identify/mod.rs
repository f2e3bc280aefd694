//! Which charges are due, and how every service stands: billed, not due, not selected, excluded or excepted.
//!
//! Owns selection, periods and watermarks, whose each row of usage is, which price version is in force, and what the checks find.
//! Does not own what a price means (`rate/`).
//! Invariant: every service and order line of the input has exactly one standing, every due day is due once, and every row of
//! usage is counted once.

mod again;
mod aggregate;
mod allowance;
mod balance;
mod calendar;
mod changed;
mod condition;
mod criteria;
mod days;
mod faults;
mod finding;
mod group_key;
mod history;
mod hold;
mod joined;
mod late;
mod life;
mod moved;
mod order;
mod outlook;
mod pause;
mod piece;
mod rollover;
mod rows;
mod selection;
mod service;
mod set_aside;
mod standing;
mod uncovered;
mod unused;
mod usage;
mod wanted;
mod watermark;

pub use balance::{Owners, added_up, balance};
pub use finding::Tally;
pub use moved::with_moved_bill_date;
pub use outlook::outlook;
pub use standing::{Standing, adjusted, settle};
pub use usage::UsageCounts;
pub use wanted::{Wanted, wanted_history};

use crate::calendar::{Date, Period};
use crate::diagnostic::{Aside, Reach, Report, Staged};
use crate::model::account::Tables;
use crate::model::bill_run::BillRun;
use crate::model::book_view::BookView;
use crate::model::debits::OnTopUp;
use crate::model::due::{Changed, DueCharges, Standings, UnusedDays};
use crate::model::finding::Finding;
use crate::model::group::Group;
use crate::model::hold::Hold;
use crate::model::line::{Lines, Settled};
use crate::model::scheme::Scheme;
use crate::model::service_action::Stopped;
use crate::model::table::Columns;
use crate::model::terms::PaymentTerms;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is asked: the definition with its window resolved, and the definitions beside it.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub run: &'a BillRun,
    pub schemes: &'a BTreeMap<String, Scheme>,
    pub groups: &'a BTreeMap<String, Group>,
    pub terms: &'a BTreeMap<String, PaymentTerms>,
    pub holds: &'a BTreeMap<String, Hold>,
    /// All enabled bill runs: what none of them selects is uncovered.
    pub covered: &'a [&'a BillRun],
    pub as_of: Date,
    /// A charge the book has never met that was ready before this day is stale.
    pub from: Option<Date>,
    /// A charge that is ready on or before this day is due.
    pub to: Date,
}

/// What earlier runs did.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    pub book: &'a BookView,
    /// The lines that [`wanted_history`] asks for.
    pub lines: &'a Lines,
}

/// What is due, and how every service stands.
#[derive(Debug)]
pub struct Identified {
    pub due: DueCharges,
    /// Billed days that are not used, to be credited.
    pub unused: UnusedDays,
    /// Billed days whose price may be another today.
    pub changed: Changed,
    /// Days that a past hold waives. What a later stage parks settles nothing.
    pub settled: Vec<Settled>,
    /// Services that are stopped because nobody paid, and go on where somebody has: what they cost on the day of the run is due.
    pub stopped: Vec<Stopped>,
    /// Services of which something is due and nothing can be stopped: they have ended, or are stopped and paused besides.
    pub unstoppable: BTreeSet<String>,
    pub standings: Standings,
    pub owners: Owners,
    /// Rows of usage that end otherwise than their service.
    pub usage: UsageCounts,
    /// Of the checks that are not off, but those that look at the run as a whole.
    pub findings: Vec<Finding>,
    /// What these are made from.
    pub tally: Tally,
}

/// Finds what is due.
///
/// `faults` are the rows that `inputs/` set aside: they park their accounts here, where it is known who is selected.
/// Out: a row of `due` per part of a period, a standing per service and order line. Aside: exclusions `ended`, `paused`, `held`,
/// `waived`, `stale`; exceptions of selected accounts: those of `inputs/`, `BW-X106` unknown scheme or charge, `BW-X110` and
/// `BW-X114` currency, `BW-X115` frequency, `BW-X117` group, `BW-X118` payment terms, `BW-V144` another meter; of services:
/// `BW-V150` no start, `BW-R103` no price in force, `BW-R201` further behind than `max_behind`, `BW-R302` usage not processed,
/// `BW-R101` too much of it, `BW-R109` shared in other periods; of rows of usage: `BW-R301` late, `BW-X108` on days that count none.
/// Errors: `BW-D245` a `where` that the columns do not carry, `BW-D246` a `group_by` that no table has.
pub fn identify(
    question: &Question<'_>,
    tables: &Tables,
    faults: &[Aside],
    past: &Past<'_>,
) -> Result<Staged<Identified>, Report> {
    let faults = faults::Faults::new(faults);
    let joined = joined::Joined::new(tables);
    let condition = question.run.filters.condition.as_ref();
    let matching = condition
        .map(|condition| condition::of_services(condition, tables))
        .transpose()?;
    let criterion = criteria::Criterion::new(
        question.run,
        question.schemes,
        tables,
        &joined,
        matching,
        &faults,
    );
    let orders = order::left_out(question, tables, &joined, &criterion)?;
    let account_faults = selection::AccountFaults::new(question, tables, &faults, past.book);
    let mut selected = selection::select(&criterion, &joined, &orders, &account_faults);
    let mut aside = std::mem::take(&mut selected.aside);
    aside.extend(faults.orphans.iter().map(|fault| (*fault).clone()));

    let lives = life::Lives::new(tables, question, past.book);
    let holds = hold::Holds::new(question.holds, question.as_of);
    let window = set_aside::Window::new(question, past.book);
    let calendars = calendar::calendars(question, tables);
    let group_by = group_key::GroupBy::new(question, tables)?;
    let runs = past.book.runs.iter();
    let discount_periods = tables.subscriptions.counts("discount_periods");
    let says_one = discount_periods.null_count() < discount_periods.len();
    let around = service::Beside {
        discount_periods: says_one.then_some(discount_periods),
        question,
        joined: &joined,
        criterion: &criterion,
        lives: &lives,
        holds: &holds,
        window: &window,
        faults: &faults,
        calendars: &calendars,
        group_by: &group_by,
        serials: runs.map(|run| (run.run_id.as_str(), run.serial)).collect(),
        unpaid: unpaid(question, past.book),
        unit_prices: tables.services.whole_units("unit_price"),
        waived: late::waived(question.schemes, past.book),
        carries: rollover::is_carried(question.schemes) || rollover::was_carried(past.lines),
    };
    let walk = watermark::Walk::new(past.book);
    let order_marks = walk.of_orders();
    let mut found = finding::Found::new(&question.run.checks, tables, &joined, &lives);
    uncovered::uncovered(question, tables, &joined, &selected, &faults, &mut found);
    let mut looking = service::Looking::new(
        &around,
        &selected,
        walk,
        usage::UsageWalk::new(&tables.usage),
        history::History::new(past.lines, past.book)?,
        found,
    );
    let stands = looking.all();
    let service::Looked {
        mut rows,
        unused,
        changes,
        mut settled,
        counts,
        mut found,
        aside: of_services,
        history,
        sharers,
        unasked,
        newest_usage,
        stopped,
        unstoppable,
    } = looking.ended();
    aside.extend(of_services);
    if allowance::is_shared(question.schemes) {
        let shared = allowance::share(&mut rows, &sharers, &history, &joined, &selected.charges);
        aside.extend(shared);
    }

    let mut lines = order::OrderLines::new(question, tables, order_marks);
    let looked = lines.all(&selected, &around, &mut found);
    aside.extend(looked.iter().filter_map(|(account, id, looked)| {
        let ids = [joined.account_id(*account), "", "", id];
        Some(looked.set_aside.clone()?.aside(ids, Reach::Service))
    }));
    settled.append(&mut lines.settled);

    found.vanished(unasked, &runs_of(question, past.book), &ended(past.book));
    found.new_accounts(question.groups);
    let filters = &question.run.filters;
    let is_narrowed = filters.subscriptions.is_some() || filters.orders.is_some();
    let orders = lines.table();
    let owners = standing::owners(&joined, &stands, &looked);
    let tally = Tally {
        due: rows.len() + orders.height(),
        several: found.several_lines(rows.subscriptions(), is_narrowed),
        already: found.already(),
        newest_usage,
        usage_through: rows.usage_through(),
    };
    let kept = Identified {
        due: rows.table(tables, orders),
        unused: unused.table(&history),
        changed: changes.tables(tables, &history),
        settled,
        stopped,
        unstoppable,
        standings: standing::table(tables, &joined, &owners, &stands, &looked),
        owners,
        usage: counts,
        findings: found.findings,
        tally,
    };
    Ok(Staged { kept, aside })
}

/// The days that earlier runs could not debit, by service, where such are let go.
fn unpaid<'a>(question: &Question<'_>, book: &'a BookView) -> HashMap<&'a str, Vec<Period>> {
    let mut unpaid: HashMap<&str, Vec<Period>> = HashMap::new();
    let debits = question.run.debits.as_ref();
    if debits.is_none_or(|debits| debits.on_topup != OnTopUp::Waive) {
        return unpaid;
    }
    let frame = book.purse.shortfalls.frame();
    let days = frame.dates("period_start").zip(frame.dates("period_end"));
    for (service, (start, end)) in frame.text("service_id").iter().zip(days) {
        if let (Some(service), Some(start), Some(end)) = (service, start, end) {
            let own = unpaid.entry(service).or_default();
            own.push(Period::new(start, end));
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each is merged by itself")]
    for days in unpaid.values_mut() {
        *days = days::merged(std::mem::take(days));
    }
    unpaid
}

/// The runs of this definition that the book has.
fn runs_of<'a>(question: &Question<'_>, book: &'a BookView) -> BTreeSet<&'a str> {
    let runs = book
        .runs
        .iter()
        .filter(|run| run.definition == question.run.name);
    runs.map(|run| run.run_id.as_str()).collect()
}

/// Services that were excluded because they had ended: they may leave the export.
fn ended(book: &BookView) -> BTreeSet<&str> {
    let frame = book.exclusions.frame();
    let services = frame.text("service_id").iter().flatten();
    let codes = frame.text("code").iter();
    let ended = services
        .zip(codes)
        .filter(|(_, code)| *code == Some("ended"));
    ended.map(|(service, _)| service).collect()
}

#[cfg(test)]
mod tests;
