//! Whose each row of usage is, and what becomes of it.

use super::aggregate::{self, Row};
use super::life::Life;
use super::piece::Piece;
use super::watermark::Watermark;
use crate::calendar::{Date, Zone};
use crate::model::counting::Aggregate;
use crate::model::events::{Event, Rating};
use crate::model::scheme::{self, Late};
use crate::model::usage::{Usage, UsageRows};
use crate::money::Quantity;

/// Binds the usage of services, one after the other, to what is due of them.
pub struct UsageWalk<'a> {
    usage: &'a Usage,
    rows: &'a UsageRows,
    /// Asked for by few.
    zone: Option<Zone>,
    /// Rows of the service at hand that are counted once for their period, and their pieces.
    apart: Vec<(usize, Row)>,
}

/// How rows of usage that no service takes with it ended, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageCounts {
    /// On days billed by a run that had read them, or before there was a book.
    pub billed_before: usize,
    /// On days that are not due yet, up to the end of the window.
    pub not_due: usize,
    /// Beyond the end of the window.
    pub future: usize,
    /// On days that are never billed: rightly or not, told as exceptions.
    pub excepted: usize,
    /// On days that a past hold waives.
    pub waived: usize,
    /// On billed days, and never billed because their charge says so.
    pub late_ignored: usize,
    /// On due days, and not meant by the `where` of their charge.
    pub not_counted: usize,
}

/// What the usage of one service comes to.
#[derive(Debug, Default)]
pub struct Counted {
    /// Rows in due pieces: they end as their service does.
    pub in_pieces: usize,
    /// Used in each piece, in units of its quantity; the pieces in their order. Empty where there is no usage at all.
    pub quantities: Vec<i128>,
    /// Not processed yet, in due pieces.
    pub pending: Rows,
    /// On days that were billed by runs that had not read them.
    pub late: Rows,
    /// On days the service is not used on, or has no charge for usage.
    pub outside: Rows,
    /// The meter of the earliest day that is not the charge's.
    pub wrong_meter: Option<(Date, String)>,
    /// Rows that are rated one by one, each with its piece.
    pub events: Vec<(usize, Event)>,
}

/// Rows of usage of one sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    pub count: usize,
    pub quantity: i128,
    /// From the first day to the last, that included.
    pub days: Option<(Date, Date)>,
}

impl Rows {
    fn add(&mut self, day: Date, quantity: i128) {
        self.count += 1;
        self.quantity += quantity;
        let (first, last) = self.days.unwrap_or((day, day));
        self.days = Some((first.min(day), last.max(day)));
    }

    /// `2 rows of usage (12.5), 2026-01-03 to 2026-01-05`, or without the last where it is one day.
    pub fn in_words(&self) -> String {
        let rows = if self.count == 1 { "row" } else { "rows" };
        let sum =
            Quantity::from_units(self.quantity).map_or_else(String::new, |sum| format!(" ({sum})"));
        let days = self
            .days
            .map_or_else(String::new, |(first, last)| match first == last {
                true => format!(", of {first}"),
                false => format!(", of {first} to {last}"),
            });
        format!("{} {rows} of usage{sum}{days}", self.count)
    }
}

/// A service as its usage meets it.
pub struct Using<'a> {
    pub life: &'a Life<'a>,
    pub mark: &'a Watermark<'a>,
    /// What is due, and what late usage is added to, in order.
    pub pieces: &'a [Piece],
    /// For each piece whether it is billed and counts late usage only; empty where none is.
    pub late: &'a [bool],
    /// What a past hold waives, in order.
    pub waived: &'a [Piece],
    /// How a row of the services table is charged for usage; `None` where its charge counts none.
    pub usage_of: &'a dyn Fn(usize) -> Option<&'a scheme::Usage>,
    /// How rows are rated in each piece; none at all where all that counts is their quantity.
    pub ratings: &'a [Option<Rating<'a>>],
    /// The row that says how the service is on a day.
    pub row_on: &'a dyn Fn(Date) -> usize,
    /// The last day of the window.
    pub to: Date,
}

impl<'a> UsageWalk<'a> {
    pub fn new(usage: &'a Usage) -> Self {
        Self {
            usage,
            rows: usage.rows(),
            zone: None,
            apart: Vec::new(),
        }
    }

    /// Whether rows are rated one by one, or counted by their times, anywhere.
    pub fn has_times(&self) -> bool {
        self.rows.counting.times
    }

    /// The zone that times of day are in.
    pub fn zone(&mut self) -> &mut Zone {
        let own = self.rows.zone;
        self.zone.get_or_insert_with(|| Zone::new(own))
    }

    /// How many rows of usage a service has, by its first row in the services table.
    pub fn count_of(&self, service: usize) -> usize {
        self.usage.of(service).len()
    }

    /// The day of the newest row of a service.
    pub fn newest(&self, service: usize) -> Option<Date> {
        let days = &self.rows.days[self.usage.of(service)];
        days.iter().max().copied().map(Date::from_number)
    }

    /// Binds the usage of a service, by its first row in the services table, to its pieces.
    pub fn count(
        &mut self,
        service: usize,
        using: &Using<'_>,
        counts: &mut UsageCounts,
    ) -> Counted {
        let rows = self.usage.of(service);
        if rows.is_empty() && using.ratings.is_empty() {
            return Counted::default();
        }
        let mut counted = Counted {
            quantities: vec![0; using.pieces.len()],
            ..Counted::default()
        };
        for row in rows {
            let day = Date::from_number(self.rows.days[row]);
            let quantity = i128::from(self.rows.quantities[row]);
            let Some(charged) = (using.usage_of)((using.row_on)(day)) else {
                counted.outside.add(day, quantity);
                continue;
            };
            // What is billed already, or never is, stays as it is, whatever the charge counts by now.
            let is_open = |day| match using.mark.has(day) {
                true => self.is_late(row, day, using),
                false => using.life.has(day),
            };
            let other = self.meter(row).filter(|other| *other != charged.meter);
            if let Some(other) = other.filter(|_| is_open(day)) {
                let first = counted.wrong_meter.take();
                let this = (day, other.to_owned());
                counted.wrong_meter = first.into_iter().chain([this]).min();
            }
            if let Some(piece) = piece_on(using.pieces, day) {
                if using.late.get(piece) == Some(&true) && self.was_read(row, day, using.mark) {
                    counts.billed_before += 1;
                    continue;
                }
                if !self.is_meant(row, charged) {
                    counts.not_counted += 1;
                    continue;
                }
                counted.in_pieces += 1;
                let is_rated = using.ratings.get(piece).is_some_and(Option::is_some);
                match charged.aggregate {
                    Aggregate::Sum if is_rated => {
                        let at = self.rows.times.at(row);
                        counted.events.push((piece, Event { at, quantity }));
                    }
                    Aggregate::Sum => counted.quantities[piece] += charged.each.begun(quantity),
                    Aggregate::Count => counted.quantities[piece] += Quantity::ONE.units(),
                    _ => self.set_apart(piece, row, charged),
                }
                if !self.rows.processed.at(row) {
                    counted.pending.add(day, quantity);
                }
            } else if piece_on(using.waived, day).is_some() {
                counts.waived += 1;
            } else if using.mark.has(day) {
                match self.was_read(row, day, using.mark) {
                    true => counts.billed_before += 1,
                    false if !self.is_meant(row, charged) => counts.not_counted += 1,
                    false if charged.late == Late::Ignore => counts.late_ignored += 1,
                    false => counted.late.add(day, quantity),
                }
            } else if using.life.began <= day && day < using.life.span.start {
                counts.billed_before += 1;
            } else if !using.life.has(day) {
                counted.outside.add(day, quantity);
            } else if day > using.to {
                counts.future += 1;
            } else {
                counts.not_due += 1;
            }
        }
        counts.excepted += counted.late.count + counted.outside.count;
        self.count_periods(using, &mut counted.quantities);
        counted
    }

    /// Whether the charge counts a row.
    fn is_meant(&self, row: usize, charged: &scheme::Usage) -> bool {
        let Some(condition) = &charged.condition else {
            return true;
        };
        let rows = self.rows;
        let number = rows.counting.condition(&condition.expression);
        let set = rows.condition_sets.get(rows.holding.at(row) as usize);
        set.zip(number)
            .is_some_and(|(set, number)| set.contains(&number))
    }

    fn set_apart(&mut self, piece: usize, row: usize, charged: &scheme::Usage) {
        let column = match &charged.aggregate {
            Aggregate::Unique(column) => self.rows.counting.column(column),
            _ => None,
        };
        let row = Row {
            at: self.rows.times.at(row),
            quantity: self.rows.quantities[row].into(),
            value: column.map_or(0, |column| self.rows.values[column].at(row)),
        };
        self.apart.push((piece, row));
    }

    /// What is counted once for a period stands on the last of its pieces that have the same charge.
    fn count_periods(&mut self, using: &Using<'_>, quantities: &mut [i128]) {
        let mut apart = std::mem::take(&mut self.apart);
        apart.sort_unstable();
        let usage_of = |piece: &Piece| (using.usage_of)(piece.row);
        while let Some((first, _)) = apart.first() {
            let (full, charged) = (using.pieces[*first].full, usage_of(&using.pieces[*first]));
            let is_with = |piece: &Piece| {
                let both = usage_of(piece).zip(charged);
                piece.full == full && both.is_some_and(|(one, other)| std::ptr::eq(one, other))
            };
            let of_period = |at: &usize| is_with(&using.pieces[*at]);
            let at: Vec<usize> = (0..using.pieces.len()).filter(of_period).collect();
            let (its, rest): (Vec<_>, Vec<_>) =
                apart.into_iter().partition(|(piece, _)| at.contains(piece));
            let mut rows: Vec<Row> = its.into_iter().map(|(_, row)| row).collect();
            let pieces: Vec<&Piece> = at.iter().map(|at| &using.pieces[*at]).collect();
            if let Some((last, charged)) = at.last().zip(charged) {
                quantities[*last] =
                    aggregate::of_period(&charged.aggregate, &mut rows, &pieces, self.zone());
            }
            apart = rest;
        }
        self.apart = apart;
    }

    fn meter(&self, row: usize) -> Option<&'a str> {
        match self.rows.meters.at(row) {
            0 => None,
            number => Some(&self.rows.meter_names[number as usize]),
        }
    }

    /// The days of rows that came after their days were billed, by charges that are asked for.
    pub fn late_days<'b>(
        &'b self,
        service: usize,
        mark: &'b Watermark<'_>,
        asked: impl Fn(Date) -> Option<&'b scheme::Usage>,
    ) -> impl Iterator<Item = Date> {
        self.usage.of(service).filter_map(move |row| {
            let day = Date::from_number(self.rows.days[row]);
            let charged = asked(day).filter(|_| mark.has(day))?;
            let is_late = self.is_meant(row, charged) && !self.was_read(row, day, mark);
            is_late.then_some(day)
        })
    }

    /// Whether a row is one of those that a piece of billed days counts.
    fn is_late(&self, row: usize, day: Date, using: &Using<'_>) -> bool {
        let piece = piece_on(using.pieces, day);
        let is_late = piece.and_then(|piece| using.late.get(piece)) == Some(&true);
        is_late && !self.was_read(row, day, using.mark)
    }

    /// Whether a run that billed the day, or late usage of it, had read the row.
    fn was_read(&self, row: usize, day: Date, mark: &Watermark<'_>) -> bool {
        let set = self.rows.readers.at(row) as usize;
        let readers = self.rows.reader_sets.get(set);
        let claims = mark.claims.iter().chain(&mark.late);
        claims
            .filter(|claim| claim.period.start <= day && day < claim.period.end)
            .any(|claim| readers.is_some_and(|readers| readers.contains(claim.run_id)))
    }
}

fn piece_on(pieces: &[Piece], day: Date) -> Option<usize> {
    let at = pieces.partition_point(|piece| piece.period.end <= day);
    pieces
        .get(at)
        .filter(|piece| piece.period.start <= day)
        .map(|_| at)
}
