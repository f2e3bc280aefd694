//! The billed days of every service: a set of intervals.
//!
//! A service has one charge at a time, so a day that one of its charges claimed is billed, whichever charge it has now: a
//! change of the charge holds from the first unbilled day.

use crate::calendar::{Date, Period};
use crate::model::book_view::BookView;
use crate::model::line::LATE;
use crate::model::table::Columns;
use polars::prelude::StringChunked;
use std::collections::HashMap;
use std::ops::Range;

/// What the book says of one service.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Watermark<'a> {
    /// Disjoint, oldest first, none adjoining.
    pub billed: Vec<Period>,
    /// The first day that was ever claimed or could not be paid, also if it was reopened since: where its cycle was anchored. `None`
    /// while the book has nothing of the service.
    pub first_claimed: Option<Date>,
    /// Every claim, also of days reopened since, the oldest charge by name first.
    pub claims: Vec<Claim<'a>>,
    /// Claims of late usage: of the days, what their runs had read is billed too.
    pub late: Vec<Claim<'a>>,
}

impl Watermark<'_> {
    /// Whether a day is billed.
    pub fn has(&self, day: Date) -> bool {
        let after = self.billed.partition_point(|period| period.end <= day);
        let period = self.billed.get(after);
        period.is_some_and(|period| period.start <= day)
    }

    /// The first day that is not billed although an earlier one is; `None` while nothing is billed.
    pub fn billed_through(&self) -> Option<Date> {
        self.billed.last().map(|period| period.end)
    }

    /// Whether days were claimed more than once, so that a line of theirs may be in the book already.
    pub fn was_reopened(&self) -> bool {
        let claimed: i32 = self.claims.iter().map(|claim| claim.period.days()).sum();
        let billed: i32 = self.billed.iter().map(|period| period.days()).sum();
        claimed > billed
    }
}

/// A claim that counts: its days and the run that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    pub period: Period,
    pub run_id: &'a str,
    pub charge: &'a str,
}

/// Walks the claims of the book beside the services, both sorted by service.
pub struct Walk<'a> {
    services: &'a StringChunked,
    charges: &'a StringChunked,
    runs: &'a StringChunked,
    effects: &'a StringChunked,
    periods: Vec<Period>,
    taken_back: HashMap<&'a str, Date>,
    /// The first day of each service for which there was too little in wallets.
    unpaid: HashMap<&'a str, Date>,
    at: usize,
    /// Rows of services that were not asked for.
    passed: Vec<Range<usize>>,
}

impl<'a> Walk<'a> {
    pub fn new(book: &'a BookView) -> Self {
        let frame = book.claims.frame();
        let starts = frame.dates("billed_from").flatten();
        let ends = frame.dates("billed_through").flatten();
        Self {
            services: frame.text("service_id"),
            charges: frame.text("charge"),
            runs: frame.text("run_id"),
            effects: frame.text("effect"),
            periods: starts
                .zip(ends)
                .map(|(start, end)| Period::new(start, end))
                .collect(),
            taken_back: taken_back(book),
            unpaid: first_unpaid(book),
            at: 0,
            passed: Vec::new(),
        }
    }

    /// The watermark of a service. Services must be asked for in ascending order, each once.
    pub fn of(&mut self, service: &str) -> Watermark<'a> {
        let first = self.at;
        let is_before = |row| self.services.get(row).is_some_and(|other| other < service);
        while self.at < self.periods.len() && is_before(self.at) {
            self.at += 1;
        }
        if first < self.at {
            self.passed.push(first..self.at);
        }
        let start = self.at;
        let is_its = |row| self.services.get(row) == Some(service);
        while self.at < self.periods.len() && is_its(self.at) {
            self.at += 1;
        }
        self.mark(service, start..self.at)
    }

    /// The watermarks of order lines, which belong to no service, by `ORDER:LINE`.
    pub fn of_orders(&self) -> HashMap<&'a str, Watermark<'a>> {
        let of_nobody = (0..self.periods.len())
            .take_while(|row| self.services.get(*row).is_none_or(str::is_empty));
        let rows: Vec<usize> = of_nobody.collect();
        rows.chunk_by(|one, other| self.charges.get(*one) == self.charges.get(*other))
            .map(|rows| {
                let line = self.charges.get(rows[0]).unwrap_or_default();
                (line, self.mark("", rows[0]..rows[rows.len() - 1] + 1))
            })
            .collect()
    }

    /// Services that have claims and were not asked for, with the last of them. Ends the walk.
    pub fn unasked(mut self) -> Vec<(&'a str, Claim<'a>)> {
        self.passed.push(self.at..self.periods.len());
        let rows: Vec<usize> = self.passed.iter().cloned().flatten().collect();
        rows.chunk_by(|one, other| self.services.get(*one) == self.services.get(*other))
            .filter_map(|rows| {
                let service = self.services.get(rows[0]).filter(|id| !id.is_empty())?;
                let mark = self.mark(service, rows[0]..rows[rows.len() - 1] + 1);
                let last = mark
                    .claims
                    .into_iter()
                    .max_by_key(|claim| claim.period.end)?;
                Some((service, last))
            })
            .collect()
    }

    fn mark(&self, service: &str, rows: Range<usize>) -> Watermark<'a> {
        let unpaid = self.unpaid.get(service).copied();
        if rows.is_empty() {
            return Watermark {
                first_claimed: unpaid,
                ..Watermark::default()
            };
        }
        let (mut effects, mut claims, mut late) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            let claim = Claim {
                period: self.periods[row],
                run_id: self.runs.get(row).unwrap_or_default(),
                charge: self.charges.get(row).unwrap_or_default(),
            };
            match self.effects.get(row) {
                Some(LATE) => late.push(claim),
                Some("claimed") => {
                    effects.push((claim.period, true));
                    claims.push(claim);
                }
                _ => effects.push((claim.period, false)),
            }
        }
        let first = claims.iter().map(|claim| claim.period.start).min();
        let first = first.map(|first| {
            let back = self.taken_back.get(service);
            back.map_or(first, |back| first.min(*back))
        });
        Watermark {
            first_claimed: first.into_iter().chain(unpaid).min(),
            billed: net(&effects),
            claims,
            late,
        }
    }
}

/// The first day of each service that a run could not debit: behind it others may be paid, and it is due all the same.
fn first_unpaid(book: &BookView) -> HashMap<&str, Date> {
    let mut first: HashMap<&str, Date> = HashMap::new();
    for short in [&book.purse.shortfalls, &book.purse.canceled_shortfalls] {
        let frame = short.frame();
        let services = frame.text("service_id").iter();
        for (service, start) in services.zip(frame.dates("period_start")) {
            if let (Some(service), Some(start)) = (service, start) {
                let day = first.entry(service).or_insert(start);
                *day = start.min(*day);
            }
        }
    }
    first
}

/// The first day of each service that a canceled run had claimed while a run that still counts went on from it.
///
/// That later run began where the canceled one ended, so without this the canceled days would lie before the first claimed
/// one and never be due again. What nobody built on counts for nothing: there `next_bill_on` says anew where to begin.
fn taken_back(book: &BookView) -> HashMap<&str, Date> {
    let mut first: HashMap<&str, Date> = HashMap::new();
    if book.canceled.is_empty() {
        return first;
    }
    let serials: HashMap<&str, i64> = book
        .runs
        .iter()
        .map(|run| (run.run_id.as_str(), run.serial))
        .collect();
    let frame = book.claims.frame();
    let runs = frame.text("run_id").iter().flatten();
    let mut counting: HashMap<&str, Vec<i64>> = HashMap::new();
    for (service, run) in frame.text("service_id").iter().flatten().zip(runs) {
        counting.entry(service).or_default().push(serials[run]);
    }
    // The last canceled first: what was built on it while it stood had been built on earlier ones in turn.
    for run in book.canceled.iter().rev() {
        let frame = run.claims.frame();
        let starts = frame.dates("billed_from").flatten();
        for (service, start) in frame.text("service_id").iter().flatten().zip(starts) {
            let Some(later) = counting.get_mut(service) else {
                continue;
            };
            if later
                .iter()
                .any(|serial| (run.claimed_at + 1..run.canceled_at).contains(serial))
            {
                later.push(run.claimed_at);
                let day = first.entry(service).or_insert(start);
                *day = start.min(*day);
            }
        }
    }
    first
}

/// The days claimed more often than reopened.
fn net(claims: &[(Period, bool)]) -> Vec<Period> {
    let mut steps: Vec<(Date, i32)> = claims
        .iter()
        .flat_map(|(period, claimed)| {
            let step = if *claimed { 1 } else { -1 };
            [(period.start, step), (period.end, -step)]
        })
        .collect();
    steps.sort_unstable();
    let mut billed: Vec<Period> = Vec::new();
    let mut depth = 0;
    for pair in 0..steps.len() {
        depth += steps[pair].1;
        let Some((end, _)) = steps.get(pair + 1) else {
            break;
        };
        let part = Period::new(steps[pair].0, *end);
        if depth < 1 || part.is_empty() {
            continue;
        }
        match billed.last_mut() {
            Some(last) if last.end == part.start => last.end = part.end,
            _ => billed.push(part),
        }
    }
    billed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(start: i32, end: i32) -> Period {
        Period::new(Date::from_number(start), Date::from_number(end))
    }

    #[test]
    fn reopened_days_are_not_billed_until_claimed_again() {
        let claims = [
            (period(0, 31), true),
            (period(31, 59), true),
            (period(10, 20), false),
        ];
        assert_eq!(net(&claims), [period(0, 10), period(20, 59)]);
        assert_eq!(
            net(&[&claims[..], &[(period(10, 20), true)]].concat()),
            [period(0, 59)]
        );
    }
}
