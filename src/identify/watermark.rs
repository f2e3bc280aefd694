//! The billed days of every charge: a set of intervals.

use crate::calendar::{Date, Period};
use crate::model::line::Claims;
use crate::model::table::Columns;
use polars::prelude::StringChunked;

/// What the book says of one charge.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Watermark {
    /// Disjoint, oldest first, none adjoining.
    pub billed: Vec<Period>,
    /// The first day that was ever claimed, also if it was reopened since: where its cycle was anchored.
    pub first_claimed: Option<Date>,
}

impl Watermark {
    /// The first day that is not billed although an earlier one is; `None` while nothing is billed.
    pub fn billed_through(&self) -> Option<Date> {
        self.billed.last().map(|period| period.end)
    }

    /// The parts of a period that are not billed yet, oldest first.
    pub fn unbilled(&self, period: Period) -> Vec<Period> {
        let mut open = Vec::new();
        let mut start = period.start;
        for billed in self
            .billed
            .iter()
            .map(|billed| billed.intersect(period))
            .filter(|billed| !billed.is_empty())
        {
            open.push(Period::new(start, billed.start));
            start = billed.end;
        }
        open.push(Period::new(start, period.end));
        open.retain(|part| !part.is_empty());
        open
    }
}

/// Walks the claims of the book beside the services, both sorted by service.
pub struct Walk<'a> {
    services: &'a StringChunked,
    charges: &'a StringChunked,
    effects: &'a StringChunked,
    periods: Vec<Period>,
    at: usize,
}

impl<'a> Walk<'a> {
    pub fn new(claims: &'a Claims) -> Self {
        let frame = claims.frame();
        let starts = frame.dates("billed_from").flatten();
        let ends = frame.dates("billed_through").flatten();
        Self {
            services: frame.text("service_id"),
            charges: frame.text("charge"),
            effects: frame.text("effect"),
            periods: starts
                .zip(ends)
                .map(|(start, end)| Period::new(start, end))
                .collect(),
            at: 0,
        }
    }

    /// The watermark of one charge of a service. Services must be asked for in ascending order.
    pub fn of(&mut self, service: &str, charge: &str) -> Watermark {
        let is_before = |row| self.services.get(row).is_some_and(|other| other < service);
        while self.at < self.periods.len() && is_before(self.at) {
            self.at += 1;
        }
        let rows = (self.at..self.periods.len())
            .take_while(|row| self.services.get(*row) == Some(service));
        let rows = rows.filter(|row| self.charges.get(*row) == Some(charge));
        let claims: Vec<_> = rows
            .map(|row| (self.periods[row], self.effects.get(row) == Some("claimed")))
            .collect();
        Watermark {
            first_claimed: claims
                .iter()
                .filter(|(_, claimed)| *claimed)
                .map(|(period, _)| period.start)
                .min(),
            billed: net(&claims),
        }
    }
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

    #[test]
    fn the_unbilled_parts_of_a_period_are_what_the_intervals_leave() {
        let mark = Watermark {
            billed: vec![period(0, 10), period(20, 30)],
            first_claimed: None,
        };
        assert_eq!(
            mark.unbilled(period(5, 40)),
            [period(10, 20), period(30, 40)]
        );
        assert_eq!(mark.unbilled(period(20, 30)), []);
        assert_eq!(Watermark::default().unbilled(period(1, 2)), [period(1, 2)]);
    }
}
