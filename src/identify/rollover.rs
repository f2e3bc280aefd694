//! Included quantities of which what is left goes over into the next period: how much a period has from the one before it, and how much
//! of its own the next one has taken.
//!
//! All of it follows from claims and lines, so a run that bills months at once and runs that bill them one by one come to the same.

use super::history::Billed;
use super::piece::Piece;
use super::watermark::{Claim, Watermark};
use crate::calendar::{Cycle, Date, Period};
use crate::model::line::Lines;
use crate::model::rollover::Carried;
use crate::model::scheme::{Charge, Scheme, Usage};
use std::collections::BTreeMap;

/// Whether anything of any charge goes over.
pub fn is_carried(schemes: &BTreeMap<String, Scheme>) -> bool {
    let mut charges = schemes.values().flat_map(|scheme| &scheme.charges);
    charges.any(|charge| rolls_over(charge).is_some())
}

/// Whether any line says what has gone over.
pub fn was_carried(lines: &Lines) -> bool {
    let carried = lines.frame().column("carried_in");
    let carried = carried.expect("a column of lines");
    carried.null_count() < lines.len()
}

/// How a charge counts usage, where what is left of its included quantity goes over.
pub fn rolls_over(charge: &Charge) -> Option<&Usage> {
    charge.kind.usage().filter(|usage| usage.rollover.is_some())
}

/// A charge of a service, in the scheme that it has it by, and what the book says of both.
pub struct Rolling<'a> {
    pub charge: &'a Charge,
    pub usage: &'a Usage,
    pub scheme: &'a str,
    pub cycle: Cycle,
    pub mark: &'a Watermark<'a>,
    pub lines: &'a Billed<'a>,
    /// The serial of every run.
    pub serials: &'a BTreeMap<&'a str, i64>,
    /// The charge of the service on a day, as its rows say tonight.
    pub charge_on: &'a dyn Fn(Date) -> Option<&'a Charge>,
    /// Days that this run waives.
    pub waived: &'a [Piece],
}

/// What a full period comes to so far, pieces of this run included.
pub struct SoFar<'a> {
    full: Period,
    charge: &'a Charge,
    /// Whether all of its pieces have that charge by that scheme.
    is_one: bool,
    carried: Carried,
    /// Of its own included quantity, in units of it.
    own: i128,
    taken: i128,
}

impl<'a> Rolling<'a> {
    /// What has gone over into the full period of a piece, and out of it. `earlier` are those of earlier pieces, to which it is added.
    /// `None` where nothing ever does.
    pub fn carried(
        &self,
        full: Period,
        (used, before): (i128, i128),
        earlier: &mut Vec<SoFar<'a>>,
    ) -> Option<Carried> {
        if self.usage.rollover.is_none() && !self.was_carried() {
            return None;
        }
        let known = earlier
            .iter()
            .position(|period| period.full == full && period.charge.code == self.charge.code);
        let at = known.unwrap_or_else(|| {
            let carried = Carried {
                into: self.into(full, earlier),
                out: self
                    .by_the_book(self.cycle.period_of(full.end))
                    .unwrap_or_default(),
            };
            earlier.push(SoFar {
                full,
                charge: self.charge,
                is_one: true,
                carried,
                own: 0,
                taken: self.of_lines(full, None).1,
            });
            earlier.len() - 1
        });
        let period = &mut earlier[at];
        period.is_one &= std::ptr::eq(period.charge, self.charge);
        period.own = self.usage.included.units();
        let taken = period.carried.taken(period.own, before + used);
        period.taken = period.taken.max(taken);
        Some(period.carried)
    }

    /// Whether lines of the charge say what has gone over, whatever it says of that tonight.
    fn was_carried(&self) -> bool {
        let mut lines = self.lines.rows();
        lines.any(|line| {
            self.lines.units("carried_in", line).is_some()
                && self.lines.text("charge", line) == self.charge.code
        })
    }

    /// What has gone over into a full period: what it is known to have, else what is left of the one before it.
    fn into(&self, full: Period, earlier: &[SoFar<'_>]) -> i128 {
        if let Some(known) = self.by_the_book(full) {
            return known;
        }
        let before = self.cycle.period_of(full.start.plus_days(-1));
        let is_billed_now =
            |period: &&SoFar<'_>| period.full == before && period.charge.code == self.charge.code;
        match earlier.iter().find(is_billed_now) {
            Some(period) if self.is_known(before, None) && self.is_its(period) => {
                self.left(period.own, period.taken)
            }
            Some(_) => 0,
            None if self.claims(before, None).next().is_some() => self.left_of(before, None),
            None if self.waives(before) => self.left(self.usage.included.units(), 0),
            None => 0,
        }
    }

    fn is_its(&self, period: &SoFar<'_>) -> bool {
        period.is_one && std::ptr::eq(period.charge, self.charge)
    }

    fn waives(&self, full: Period) -> bool {
        let mut waived = self.waived.iter().filter(|piece| piece.full == full);
        waived.any(|piece| {
            (self.charge_on)(piece.period.start)
                .is_some_and(|charge| std::ptr::eq(charge, self.charge))
        })
    }

    /// What went over into a full period that earlier runs have billed, a part of it at least; `None`: none has. Its lines say it;
    /// where it has none, it is what was left when the first of these runs billed it, for that is what later usage of its days has.
    fn by_the_book(&self, full: Period) -> Option<i128> {
        let serials = self
            .claims(full, None)
            .map(|claim| self.serial(claim.run_id));
        let first = serials.min()?;
        let lines = self.lines.of_usage(full, &self.charge.code);
        let said = lines.map(|line| self.lines.units("carried_in", line).unwrap_or_default());
        Some(said.max().unwrap_or_else(|| {
            let before = self.cycle.period_of(full.start.plus_days(-1));
            match self.has_charge(full, None) {
                true => self.left_of(before, Some(first)),
                false => 0,
            }
        }))
    }

    /// What is left of a full period's own included quantity, by the runs up to one.
    fn left_of(&self, full: Period, until: Option<i64>) -> i128 {
        if self.claims(full, until).next().is_none() || !self.is_known(full, until) {
            return 0;
        }
        // A period without a line has used nothing.
        let (own, taken) = self.of_lines(full, until);
        self.left(own.unwrap_or(self.usage.included.units()), taken)
    }

    fn left(&self, own: i128, taken: i128) -> i128 {
        match self.usage.rollover {
            Some(_) => (own - taken).max(0),
            None => 0,
        }
    }

    /// What is included in a full period, and what is taken of that, as the lines of the charge say it.
    fn of_lines(&self, full: Period, until: Option<i64>) -> (Option<i128>, i128) {
        let (mut own, mut taken) = (None, 0);
        for line in self.lines_of(full, until) {
            let units = |name| self.lines.units(name, line).unwrap_or_default();
            let carried = Carried {
                into: units("carried_in"),
                out: units("carried_out"),
            };
            let included = units("included");
            let so_far = units("quantity_before") + self.lines.quantity(line);
            own = Some(included);
            taken = carried.taken(included, so_far).max(taken);
        }
        (own, taken)
    }

    /// Whether earlier runs billed a full period, as far as they did, by this charge in this scheme, and as a period of its own.
    fn is_known(&self, full: Period, until: Option<i64>) -> bool {
        let mut claims = self.claims(full, until);
        let mut lines = self.lines_of(full, until);
        claims.all(|claim| claim.period.intersect(full) == claim.period)
            && self.has_charge(full, until)
            && lines.all(|line| {
                self.lines.text("scheme", line) == self.scheme
                    && self.lines.period_days(line) == full.days()
            })
    }

    /// Whether the service had the charge by this scheme on the days of a full period that are billed, as its rows say tonight.
    fn has_charge(&self, full: Period, until: Option<i64>) -> bool {
        self.claims(full, until).all(|claim| {
            (self.charge_on)(claim.period.start.max(full.start))
                .is_some_and(|charge| std::ptr::eq(charge, self.charge))
        })
    }

    /// The claims of days of a full period, by the runs up to one.
    fn claims(&self, full: Period, until: Option<i64>) -> impl Iterator<Item = &Claim<'a>> {
        self.mark.claims.iter().filter(move |claim| {
            claim.charge == self.charge.code
                && !claim.period.intersect(full).is_empty()
                && self.is_until(claim.run_id, until)
        })
    }

    fn lines_of(&self, full: Period, until: Option<i64>) -> impl Iterator<Item = usize> {
        let lines = self.lines.of_usage(full, &self.charge.code);
        lines.filter(move |line| self.is_until(self.lines.text("run_id", *line), until))
    }

    fn is_until(&self, run: &str, until: Option<i64>) -> bool {
        until.is_none_or(|until| self.serial(run) <= until)
    }

    fn serial(&self, run: &str) -> i64 {
        self.serials.get(run).copied().unwrap_or_default()
    }
}
