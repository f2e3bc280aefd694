//! Which parts of its periods a charge is to be billed for by a day.

use super::days::gaps;
use super::life::Segment;
use crate::calendar::{Cycle, Date, Period};
use crate::model::proration::Proration;
use crate::model::scheme::{ChargeKind, Through, Timing};

/// When the days of a full period may be billed. All of them become ready together, except day by day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// On its first day.
    AtStart,
    /// Once it has ended.
    AtEnd,
    /// Each day once it is over.
    DayByDay,
    /// Each day on that day.
    EachDay,
    /// Not by periods: once, on the first day.
    Once,
}

impl Rhythm {
    /// `is_prepaid`: whether it is paid out of wallets, which hold enough for a day long before they do for a period.
    pub fn of(kind: &ChargeKind, is_prepaid: bool) -> Self {
        match kind {
            ChargeKind::Recurring {
                timing, proration, ..
            } if is_prepaid && *proration != Proration::None => match timing {
                Timing::Advance => Self::EachDay,
                Timing::Arrears => Self::DayByDay,
            },
            ChargeKind::Usage(_) if is_prepaid => Self::DayByDay,
            ChargeKind::Recurring {
                timing: Timing::Advance,
                ..
            } => Self::AtStart,
            ChargeKind::Recurring {
                timing: Timing::Arrears,
                ..
            } => Self::AtEnd,
            ChargeKind::Usage(usage) => match usage.through {
                Through::PeriodEnd => Self::AtEnd,
                Through::WindowTo => Self::DayByDay,
            },
            ChargeKind::OneTime => Self::Once,
        }
    }
}

/// One charge of a service, as long as the service has it.
#[derive(Clone, Copy, Debug)]
pub struct Stint<'a> {
    pub rhythm: Rhythm,
    pub proration: Proration,
    pub cycle: Cycle,
    /// The first day of the service that is not free, where its periods are counted: the full period it lies in is the first.
    pub began: Option<Date>,
    /// Never empty, in order, each with days.
    pub segments: &'a [Segment],
    /// Days in it that are not used, in order and disjoint.
    pub pauses: &'a [Period],
    /// Days that are billed already, in order and disjoint.
    pub billed: &'a [Period],
}

/// The last days on which what is due becomes ready.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub to: Date,
    /// The same for what is billed in advance: `to` and the advance days.
    pub advance_to: Date,
    /// The same for what is billed once.
    pub once: Date,
}

/// Part of a full period, billed as one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Row of the services table that says how the service is in these days.
    pub row: usize,
    pub period: Period,
    /// The full period it lies in.
    pub full: Period,
    /// Which one that is, the first of the service being 1; 1 where nobody counts.
    pub number: i32,
    /// First day of the charge in that full period: its price is the one in force then.
    pub priced_on: Date,
    /// Days of the full period that the charge had before this piece, as its proration counts them.
    pub days_before: i32,
    /// Its own days, and those of the full period, counted in the same way.
    pub days: i32,
    pub period_days: i32,
    /// Whether it has the last day the charge has in that full period.
    pub is_final: bool,
    pub ready_on: Date,
}

impl Piece {
    /// The part of it on some of its days.
    pub fn on(&self, period: Period, proration: Proration) -> Self {
        let passed = |day| proration.passed(self.period, self.days, day);
        Self {
            period,
            days_before: self.days_before + passed(period.start),
            days: passed(period.end) - passed(period.start),
            ..*self
        }
    }

    /// Its parts before, between and behind these days.
    pub fn cut(&self, at: &[Date], proration: Proration) -> Vec<Self> {
        let within = |day: &&Date| self.period.start < **day && **day < self.period.end;
        let mut ends: Vec<Date> = at.iter().filter(within).copied().collect();
        ends.push(self.period.end);
        ends.sort_unstable();
        ends.dedup();
        let mut start = self.period.start;
        let part = |end: Date| {
            let period = Period::new(start, end);
            start = end;
            Self {
                is_final: self.is_final && end == self.period.end,
                ..self.on(period, proration)
            }
        };
        ends.into_iter().map(part).collect()
    }

    /// Its days, each by itself.
    pub fn days(&self, proration: Proration) -> impl Iterator<Item = Self> {
        let whole = *self;
        (0..whole.period.days()).map(move |day| {
            let day = whole.period.start.plus_days(day);
            let period = Period::new(day, day.plus_days(1));
            Self {
                is_final: whole.is_final && period.end == whole.period.end,
                ..whole.on(period, proration)
            }
        })
    }

    /// The day from which it could have been billed: one that a later start kept back was not left lying.
    pub fn waits_since(&self) -> Date {
        match self.ready_on <= self.period.start {
            true => self.period.start,
            false => self.ready_on,
        }
    }
}

/// Adds what of a charge is due, oldest first. Out: when it is ready next after that; `None`: never.
pub fn pieces(stint: &Stint<'_>, limits: Limits, due: &mut Vec<Piece>) -> Option<Date> {
    if stint.rhythm == Rhythm::Once {
        return once(stint, limits, due);
    }
    let mut from = stint.segments[0].span.start;
    let mut before = None;
    while let Some(open) = stint.first_open(from) {
        let (number, full) = match before {
            Some(known) => stint.cycle.numbered_behind(known, open),
            None => stint.cycle.numbered(open),
        };
        before = Some((number, full));
        let part = stint.part_of(full);
        let (ready_on, limit) = match stint.rhythm {
            Rhythm::AtStart => (part.start, limits.advance_to),
            Rhythm::EachDay => (part.end, limits.advance_to.plus_days(1)),
            _ => (part.end, limits.to),
        };
        if ready_on <= limit {
            stint.bill(full, part.end, ready_on, due);
        } else if matches!(stint.rhythm, Rhythm::DayByDay | Rhythm::EachDay) {
            stint.bill(full, limit, limit, due);
            let next = stint.first_open(from.max(limit));
            let wait = i32::from(stint.rhythm == Rhythm::DayByDay);
            return next.map(|open| open.plus_days(wait));
        } else {
            return Some(ready_on);
        }
        from = full.end;
    }
    None
}

fn once(stint: &Stint<'_>, limits: Limits, due: &mut Vec<Piece>) -> Option<Date> {
    let Segment { row, span } = stint.segments[0];
    let day = Period::new(span.start, span.start.plus_days(1));
    gaps(day, stint.billed).next()?;
    if day.start > limits.once {
        return Some(day.start);
    }
    due.push(Piece {
        row,
        period: day,
        full: day,
        number: 1,
        priced_on: day.start,
        days_before: 0,
        days: 1,
        period_days: 1,
        is_final: true,
        ready_on: day.start,
    });
    None
}

impl Stint<'_> {
    /// The first day from `from` on that is used and not billed.
    fn first_open(&self, from: Date) -> Option<Date> {
        self.segments.iter().find_map(|segment| {
            let span = Period::new(segment.span.start.max(from), segment.span.end);
            let mut used = gaps(span, self.pauses);
            used.find_map(|used| gaps(used, self.billed).next().map(|open| open.start))
        })
    }

    /// From the first to the last day of a full period that the charge has, pauses included.
    fn part_of(&self, full: Period) -> Period {
        let spans = self
            .segments
            .iter()
            .map(|segment| segment.span.intersect(full));
        spans
            .filter(|span| !span.is_empty())
            .reduce(|first, last| Period::new(first.start, last.end))
            .expect("a full period is looked at for one of its days")
    }

    fn number(&self, full: Period) -> i32 {
        self.began.map_or(1, |began| {
            self.cycle.number(full.start) - self.cycle.number(began) + 1
        })
    }

    /// Adds the open days of a full period up to, but not including, `end`.
    fn bill(&self, full: Period, end: Date, ready_on: Date, due: &mut Vec<Piece>) {
        let priced_on = self.part_of(full).start;
        let number = self.number(full);
        let first = due.len();
        let period_days = self.proration.days(full);
        let passed = |day| self.proration.passed(full, period_days, day);
        let days = |period: Period| passed(period.end) - passed(period.start);
        let (mut days_before, mut last_day) = (0, full.start);
        for segment in self.segments {
            for used in gaps(segment.span.intersect(full), self.pauses) {
                for open in gaps(used, self.billed) {
                    let period = Period::new(open.start, open.end.min(end));
                    if !period.is_empty() {
                        due.push(Piece {
                            row: segment.row,
                            period,
                            full,
                            number,
                            priced_on,
                            days_before: match self.rhythm {
                                // What a day costs is its place in the period, whenever the service began.
                                Rhythm::EachDay => passed(open.start),
                                _ => days_before + days(Period::new(used.start, open.start)),
                            },
                            days: days(period),
                            period_days,
                            is_final: false,
                            ready_on,
                        });
                    }
                }
                days_before += days(used);
                last_day = used.end;
            }
        }
        for piece in &mut due[first..] {
            piece.is_final = piece.period.end == last_day;
        }
    }
}

#[cfg(test)]
mod tests;
