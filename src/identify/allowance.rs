//! Included quantities that the services of a subscription have in common: which of them takes how much.

use super::history::History;
use super::joined::Joined;
use super::rows::{DueRow, Rows};
use super::set_aside::SetAside;
use crate::calendar::{Cycle, Period};
use crate::diagnostic::{Aside, Reach};
use crate::model::events::Events;
use crate::model::line::LATE_USAGE;
use crate::model::scheme::{Charge, Scheme, Usage};
use crate::model::table::Columns;
use std::collections::{BTreeMap, BTreeSet};

/// Whether the services of any charge share what is included.
pub fn is_shared(schemes: &BTreeMap<String, Scheme>) -> bool {
    let mut charges = schemes.values().flat_map(|scheme| &scheme.charges);
    charges.any(|charge| shares(charge).is_some())
}

/// How a charge counts usage, where its services share what is included.
pub fn shares(charge: &Charge) -> Option<&Usage> {
    charge.kind.usage().filter(|usage| usage.shared.is_some())
}

/// A service that shares what is included of a charge, whether or not anything of it is due.
pub struct Sharer<'a> {
    pub subscription: usize,
    pub charge: &'a str,
    /// Days on which the service has the charge.
    pub span: Period,
    pub cycle: Cycle,
}

impl Sharer<'_> {
    /// The full period that it has instead of another one, on days of which it has the charge.
    fn instead_of(&self, full: Period) -> Option<Period> {
        let common = self.span.intersect(full);
        let own = (!common.is_empty()).then(|| self.cycle.period_of(common.start));
        own.filter(|own| *own != full)
    }
}

/// Gives every due row what it takes of an included quantity that it shares, service by service in the order of their ids: what services
/// have taken before stays theirs, and what was charged stays charged.
///
/// Aside: services that are due for a period, of which another one that shares with them has another on the same days (`BW-R109`).
pub fn share(
    rows: &mut Rows,
    sharers: &[Sharer<'_>],
    history: &History,
    joined: &Joined<'_>,
    charges: &[Option<&Charge>],
) -> Vec<Aside> {
    let mut pools: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.all().iter().enumerate() {
        let (service, subscription, _) = row.owners;
        let charge = charges[service].filter(|charge| shares(charge).is_some());
        if let Some(charge) = charge {
            let pool = pools.entry((subscription, &charge.code));
            pool.or_default().push(at);
        }
    }
    if pools.is_empty() {
        return Vec::new();
    }
    let mut sharing: BTreeMap<(usize, &str), Vec<&Sharer<'_>>> = BTreeMap::new();
    for sharer in sharers {
        let pool = sharing.entry((sharer.subscription, sharer.charge));
        pool.or_default().push(sharer);
    }
    let taken = Taken::new(history);
    let mut aside = Vec::new();
    for ((subscription, code), mut of_pool) in pools {
        let all = rows.all();
        let sharers = sharing.get(&(subscription, code)).into_iter().flatten();
        let mut differing = BTreeSet::new();
        for row in of_pool.iter().map(|at| &all[*at]) {
            let full = row.piece.full;
            let other = sharers.clone().find_map(|sharer| sharer.instead_of(full));
            if let Some(other) = other.filter(|_| differing.insert(row.service)) {
                aside.push(differs(joined, row, full.min(other), full.max(other)));
            }
        }
        of_pool.retain(|at| !differing.contains(&all[*at].service));
        let Some(first) = of_pool.first() else {
            continue;
        };
        let charge = charges[all[*first].owners.0].and_then(shares);
        of_pool.sort_by_key(|at| (all[*at].piece.full, all[*at].service, all[*at].piece.period));
        let lines = taken.of(joined.subscription_id(subscription), code);
        let included = charge.map_or(0, |usage| usage.included.units());
        let same = |one: &usize, next: &usize| all[*one].piece.full == all[*next].piece.full;
        let periods: Vec<&[usize]> = of_pool.chunk_by(same).collect();
        let all = rows.all_mut();
        for of_period in periods {
            let full = all[of_period[0]].piece.full;
            let mut taken: BTreeMap<&str, i128> = BTreeMap::new();
            for line in lines.iter().filter(|line| is_in(line.period, full)) {
                let before = taken.entry(line.service_id).or_default();
                *before = line.taken.max(*before);
            }
            let mut left = included - taken.values().sum::<i128>();
            for at in of_period {
                let (before, so_far) = charged(&all[*at]);
                let own = taken
                    .entry(joined.service_id(all[*at].owners.0))
                    .or_default();
                if before <= *own {
                    let more = (so_far - *own).min(left).max(0);
                    *own += more;
                    left -= more;
                }
                all[*at].rare.get_or_insert_default().included = Some(*own);
            }
        }
    }
    aside
}

/// What lines in the book have taken of included quantities, by subscription and charge.
struct Taken<'a>(BTreeMap<(&'a str, &'a str), Vec<Line<'a>>>);

/// A line of usage.
struct Line<'a> {
    service_id: &'a str,
    period: Period,
    /// Of the period so far, in units of a quantity.
    taken: i128,
}

impl<'a> Taken<'a> {
    fn new(history: &'a History) -> Self {
        let frame = history.frame();
        let mut all: BTreeMap<_, Vec<Line<'a>>> = BTreeMap::new();
        let lines = history.lines(0..frame.height());
        let [included, before] = ["included", "quantity_before"].map(|name| frame.units(name));
        for (row, (included, before)) in included.zip(before).enumerate() {
            // Lines that were read to be compared only do not say it.
            let (Some(included), Some(before)) = (included, before) else {
                continue;
            };
            if !matches!(lines.text("kind", row), "usage" | LATE_USAGE) {
                continue;
            }
            let line = Line {
                service_id: lines.text("service_id", row),
                period: lines.period(row),
                taken: included.min(before + lines.quantity(row)),
            };
            let whose = (
                lines.text("subscription_id", row),
                lines.text("charge", row),
            );
            all.entry(whose).or_default().push(line);
        }
        Self(all)
    }

    fn of<'b>(&'b self, subscription: &'b str, charge: &'b str) -> &'b [Line<'b>] {
        let lines = self.0.get(&(subscription, charge));
        lines.map_or(&[], Vec::as_slice)
    }
}

/// A service that shares what is included with one of other periods.
fn differs(joined: &Joined<'_>, row: &DueRow, one: Period, other: Period) -> Aside {
    let (service, subscription, account) = row.owners;
    let ids = [
        joined.account_id(account),
        joined.subscription_id(subscription),
        joined.service_id(service),
        joined.charge(service),
    ];
    let message = format!(
        "it shares what is included with other services of its subscription, and their periods differ: {one} and {other}"
    );
    SetAside::exception("BW-R109", message).aside(ids, Reach::Service)
}

fn is_in(period: Period, full: Period) -> bool {
    full.start <= period.start && period.end <= full.end
}

/// What the price is multiplied by, of all but what is included: before a row, and with it; in units of a quantity.
fn charged(row: &DueRow) -> (i128, i128) {
    let (now, before) = row.usage.unwrap_or_default();
    let events = row.rare.as_ref().and_then(|rare| rare.events.as_deref());
    match events.and_then(Events::parse) {
        None => (before, before + now),
        Some(events) => {
            let so_far = events.before.charged() + events.now.charged();
            (events.before.charged(), so_far)
        }
    }
}
