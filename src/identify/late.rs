//! Usage that came after its days were billed, where its charge bills it by the next run: which parts of periods it adds to.

use super::days::gaps;
use super::history::Billed;
use super::piece::Piece;
use super::watermark::{Claim, Watermark};
use crate::calendar::{Date, Period};
use crate::model::book_view::BookView;
use crate::model::scheme::{Charge, Late, Retroactive, Scheme, Usage};
use crate::model::table::Columns;
use std::collections::{BTreeMap, BTreeSet};

/// Whether any charge bills late usage by the next run.
pub fn is_billed(schemes: &BTreeMap<String, Scheme>) -> bool {
    let mut charges = schemes.values().flat_map(|scheme| &scheme.charges);
    charges.any(|charge| bills_late(charge).is_some())
}

/// How a charge counts usage, where it bills late usage by the next run.
pub fn bills_late(charge: &Charge) -> Option<&Usage> {
    let usage = charge.kind.usage();
    usage.filter(|usage| usage.late == Late::NextRun)
}

/// Services and the runs that waived days of theirs, which are never billed, where it matters: to late usage, and to what is priced anew.
pub fn waived<'a>(
    schemes: &BTreeMap<String, Scheme>,
    book: &'a BookView,
) -> BTreeSet<(&'a str, &'a str)> {
    let mut charges = schemes.values().flat_map(|scheme| &scheme.charges);
    let is_asked = |charge: &Charge| {
        let usage = charge.kind.usage();
        usage.is_some_and(|usage| {
            usage.late == Late::NextRun || charge.retroactive != Retroactive::Ignore
        })
    };
    if !charges.any(is_asked) {
        return BTreeSet::new();
    }
    let frame = book.exclusions.frame();
    let [services, runs, codes] = ["service_id", "run_id", "code"].map(|name| frame.text(name));
    let rows = services.iter().flatten().zip(runs.iter().flatten());
    let waived = rows
        .zip(codes.iter())
        .filter(|(_, code)| *code == Some("waived"));
    waived.map(|(row, _)| row).collect()
}

/// A service whose late usage is billed.
pub struct Adding<'a> {
    pub mark: &'a Watermark<'a>,
    pub lines: &'a Billed<'a>,
    /// The charge of a row of the services table, and the name of its scheme.
    pub charge_of: &'a dyn Fn(usize) -> Option<(&'a Charge, &'a str)>,
    /// Whether days that a run claimed were waived.
    pub is_waived: &'a dyn Fn(&Claim<'_>) -> bool,
}

impl Adding<'_> {
    /// The billed parts of pieces that have one of these days, as far as it is known what they were billed at. The pieces are those of
    /// the service as if nothing of it was billed.
    pub fn parts(&self, all: &[Piece], days: &BTreeSet<Date>) -> Vec<Piece> {
        let mut parts: Vec<Piece> = Vec::new();
        for piece in all {
            let Some((charge, scheme)) = (self.charge_of)(piece.row) else {
                continue;
            };
            for billed in &self.mark.billed {
                let period = piece.period.intersect(*billed);
                let is_asked =
                    !period.is_empty() && days.range(period.start..period.end).next().is_some();
                let part = piece.on(period, charge.kind.proration());
                let Some(usage) = bills_late(charge).filter(|_| is_asked) else {
                    continue;
                };
                if self.is_known(&part, charge, scheme)
                    && (usage.aggregate.adds_up() || self.is_one(&part, charge, all))
                {
                    parts.push(part);
                }
            }
        }
        // Nothing can follow in a period all of which is billed: the last part of it may be brought to the minimum.
        for at in 0..parts.len() {
            let (full, row) = (parts[at].full, parts[at].row);
            let is_last = self.pieces_of(full, row, &parts[at + 1..]).next().is_none();
            let last = self.pieces_of(full, row, all).last();
            let is_over = last
                .is_some_and(|last| last.is_final && self.mark.has(last.period.end.plus_days(-1)));
            parts[at].is_final = is_last && is_over;
            // What counts by days counted all that are billed, those behind it too.
            let days = self.days_in(full, row, all);
            parts[at].days_before = days - parts[at].days;
        }
        parts
    }

    /// The pieces of a full period that have the charge of a row.
    fn pieces_of<'p>(
        &self,
        full: Period,
        row: usize,
        all: &'p [Piece],
    ) -> impl Iterator<Item = &'p Piece> {
        let code = |row| (self.charge_of)(row).map(|(charge, _)| &charge.code);
        all.iter()
            .filter(move |piece| piece.full == full && code(piece.row) == code(row))
    }

    /// The billed days of a full period that the charge of a row has.
    fn days_in(&self, full: Period, row: usize, all: &[Piece]) -> i32 {
        let pieces = self.pieces_of(full, row, all);
        let billed = self.mark.billed.iter();
        let billed =
            pieces.flat_map(|piece| billed.clone().map(|billed| piece.period.intersect(*billed)));
        let days = billed.filter(|days| !days.is_empty());
        days.map(Period::days).sum()
    }

    /// Whether all that a charge has of a period was counted once, and not a part of it by itself.
    fn is_one(&self, part: &Piece, charge: &Charge, all: &[Piece]) -> bool {
        let mut pieces = self.pieces_of(part.full, part.row, all);
        let lines = self.lines.of_usage(part.full, &charge.code);
        let counts = lines
            .filter(|line| self.lines.text("kind", *line) == "usage")
            .filter(|line| self.lines.quantity(*line) != 0);
        pieces.all(|piece| gaps(piece.period, &self.mark.billed).next().is_none())
            && counts.count() <= 1
    }

    /// Whether the book says what a part was billed at: by the charge and the scheme it has today, in the periods it has today, and not
    /// waived.
    pub fn is_known(&self, part: &Piece, charge: &Charge, scheme: &str) -> bool {
        let is_within = |period: Period| period.intersect(part.full) == period;
        let claims = self.mark.claims.iter();
        let mut claims = claims.filter(|claim| !claim.period.intersect(part.period).is_empty());
        let mut lines = self.lines.of_usage(part.full, &charge.code);
        // The run that waived some days of a service has billed those that it has a line of.
        let has_line = |claim: &Claim<'_>| {
            let mut lines = self.lines.of_usage(part.full, &charge.code);
            lines.any(|line| {
                self.lines.text("run_id", line) == claim.run_id
                    && self.lines.period(line) == claim.period
            })
        };
        claims.all(|claim| {
            claim.charge == charge.code
                && is_within(claim.period)
                && (!(self.is_waived)(claim) || has_line(claim))
        }) && lines.all(|line| {
            self.lines.text("scheme", line) == scheme
                && self.lines.period_days(line) == part.period_days
        })
    }
}
