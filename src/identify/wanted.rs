//! Which lines in the book a plan has to look at again.

use super::Question;
use super::allowance;
use super::calendar::{Calendar, calendars};
use super::joined::Joined;
use super::late;
use super::life::{Life, Lives};
use super::rollover;
use super::unused::unused_days;
use super::usage::UsageWalk;
use super::watermark::{Walk, Watermark};
use crate::model::account::Tables;
use crate::model::bill_run::Check;
use crate::model::book_view::BookView;
use crate::model::frequency::Frequency;
use crate::model::scheme::{Charge, ChargeType, Retroactive};
use std::collections::BTreeSet;
use std::ops::Range;

/// Lines in the book: all of these services, of these accounts, and of these runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub services: BTreeSet<String>,
    pub accounts: BTreeSet<String>,
    pub runs: BTreeSet<String>,
}

impl Wanted {
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.accounts.is_empty() && self.runs.is_empty()
    }
}

/// The lines that `identify` has to see again: of services with days that were billed and are not used, of usage whose period is
/// billed in part, of services with days that are open again, whose lines may get ids that are taken, and, to see what changed
/// without a date or with one that comes too late, of the runs and services concerned; of services with a charge that adjusts what is billed; of
/// those that late usage is billed of; of those that share what is included, or of which it goes over; and of accounts with a commitment, towards which all of
/// theirs may count.
pub fn wanted_history(question: &Question<'_>, tables: &Tables, book: &BookView) -> Wanted {
    let mut wanted = Wanted::default();
    if book.claims.is_empty() {
        return wanted;
    }
    let joined = Joined::new(tables);
    let lives = Lives::new(tables, question, book);
    let calendars = calendars(question, tables);
    let mut walk = Walk::new(book);
    wanted.accounts = committed(question, &joined);
    let usage = late::is_billed(question.schemes).then(|| UsageWalk::new(&tables.usage));
    let shares = allowance::is_shared(question.schemes);
    let carries = rollover::is_carried(question.schemes);
    let compares = question.run.checks.contains_key(&Check::ChangedWithoutDate);
    for rows in joined.services() {
        let service_id = joined.service_id(rows.start);
        let mark = walk.of(service_id);
        let last = mark.claims.iter().max_by_key(|claim| claim.period.end);
        let Some(last) = last else { continue };
        let trial_days =
            charge_of(question, &joined, rows.start).map_or(0, |charge| charge.kind.trial_days());
        let Some(life) = lives.of(&joined, rows.clone(), &mark, trial_days) else {
            continue;
        };
        let is_cut = || {
            rows.clone()
                .any(|row| is_cut(question, &joined, &lives, &calendars, &life, &mark, row))
        };
        let is_late =
            |usage: &UsageWalk<'_>| has_late(question, &joined, &lives, &mark, rows.clone(), usage);
        let any_charge = |is: fn(&Charge) -> bool| {
            let mut rows = rows.clone();
            rows.any(|row| charge_of(question, &joined, row).is_some_and(is))
        };
        let changes = lives.changes(rows.clone());
        let comes_late = || changes.iter().any(|(_, from)| mark.has(*from));
        if mark.was_reopened()
            || !unused_days(&mark, &life).is_empty()
            || is_cut()
            || usage.as_ref().is_some_and(is_late)
            || shares && any_charge(|charge| allowance::shares(charge).is_some())
            || carries && any_charge(|charge| rollover::rolls_over(charge).is_some())
            || compares && comes_late()
            || asks_again(question, &joined, rows.clone())
        {
            wanted.services.insert(service_id.to_owned());
        }
        if compares && changes.is_empty() && !wanted.runs.contains(last.run_id) {
            wanted.runs.insert(last.run_id.to_owned());
        }
    }
    wanted
}

/// Accounts with a commitment of their own or of one of their subscriptions.
fn committed(question: &Question<'_>, joined: &Joined<'_>) -> BTreeSet<String> {
    let mut charges = question.schemes.values().flat_map(|scheme| &scheme.charges);
    if !charges.any(|charge| charge.commits.is_some()) {
        return BTreeSet::new();
    }
    let rows = joined.services().flatten();
    let accounts = rows.filter_map(|row| {
        charge_of(question, joined, row)?.commits?;
        Some(joined.account_id(joined.row(row).2).to_owned())
    });
    accounts.collect()
}

/// The charge of a row of the services table, where its scheme has it.
pub fn charge_of<'a>(
    question: &Question<'a>,
    joined: &Joined<'_>,
    row: usize,
) -> Option<&'a Charge> {
    let scheme = question.schemes.get(joined.scheme(joined.row(row).1))?;
    scheme.charge(joined.charge(row))
}

/// Whether a charge wants to know what billed days would cost today.
pub fn asks_again(question: &Question<'_>, joined: &Joined<'_>, rows: Range<usize>) -> bool {
    let mut charges = rows.filter_map(|row| charge_of(question, joined, row));
    charges.any(|charge| charge.retroactive != Retroactive::Ignore)
}

/// Whether usage came after its days were billed, of a charge that bills it by the next run.
fn has_late(
    question: &Question<'_>,
    joined: &Joined<'_>,
    lives: &Lives<'_>,
    mark: &Watermark<'_>,
    rows: Range<usize>,
    usage: &UsageWalk<'_>,
) -> bool {
    let asked = |row: usize| late::bills_late(charge_of(question, joined, row)?);
    let row_on = |day| lives.row_on(rows.clone(), day);
    let mut days = usage.late_days(rows.start, mark, |day| asked(row_on(day)));
    rows.clone().any(|row| asked(row).is_some()) && days.next().is_some()
}

/// Whether usage of a charge is billed up to a day within one of its periods: what follows counts on from there.
fn is_cut(
    question: &Question<'_>,
    joined: &Joined<'_>,
    lives: &Lives<'_>,
    calendars: &[Calendar],
    life: &Life<'_>,
    mark: &Watermark<'_>,
    row: usize,
) -> bool {
    let (_, subscription, account) = joined.row(row);
    let scheme = question.schemes.get(joined.scheme(subscription));
    let frequency = Frequency::parse(joined.frequency(subscription));
    let (Some(scheme), Some(frequency), Some(through)) = (scheme, frequency, mark.billed_through())
    else {
        return false;
    };
    let charge = scheme.charge(joined.charge(row));
    let is_of_usage = charge.is_some_and(|charge| charge.kind.charge_type() == ChargeType::Usage);
    let cycle = || {
        let first = lives.subscription_start(subscription);
        calendars[account].cycle(scheme, frequency, life.span.start, first)
    };
    // What was used before changes nothing of what more of it costs.
    let is_apart = question.run.debits.is_some() && charge.is_some_and(Charge::is_linear);
    is_of_usage
        && !is_apart
        && through < life.span.end
        && cycle().period_of(through).start < through
}
