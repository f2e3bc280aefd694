//! Whose each row of usage is, and what becomes of it.

use super::life::Life;
use super::piece::Piece;
use super::watermark::Watermark;
use crate::calendar::Date;
use crate::model::account::Tables;
use crate::model::table::Columns;
use crate::money::Quantity;
use polars::prelude::{DataFrame, Int64Chunked, PolarsDataType, StringChunked, StringType};
use std::collections::BTreeSet;
use std::ops::Range;

/// A text column as it lies in memory.
type Texts = <StringType as PolarsDataType>::Array;

/// Walks the usage beside the services, both sorted by service. Usage is the one large table: columns are read in place.
pub struct UsageWalk<'a> {
    services: &'a Texts,
    days: &'a [i32],
    quantities: &'a [i128],
    meters: &'a StringChunked,
    names_meters: bool,
    statuses: &'a Texts,
    readers: &'a Int64Chunked,
    sets_of_readers: &'a [BTreeSet<String>],
    at: usize,
}

/// The usage table in one piece, as [`UsageWalk`] reads it.
pub fn contiguous(tables: &Tables) -> DataFrame {
    let mut usage = tables.usage.clone();
    usage.rechunk_mut();
    usage
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
}

/// What the usage of one service comes to.
#[derive(Debug, Default)]
pub struct Counted {
    /// Rows in due pieces: they end as their service does.
    pub in_pieces: usize,
    /// Used in each piece, in units of its quantity; the pieces in their order.
    pub quantities: Vec<i128>,
    /// Not processed yet, in due pieces.
    pub pending: Rows,
    /// On days that were billed by runs that had not read them.
    pub late: Rows,
    /// On days the service is not used on, or has no charge for usage.
    pub outside: Rows,
    /// The first meter that is not the charge's.
    pub wrong_meter: Option<(Date, String)>,
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
    /// What is due, in order.
    pub pieces: &'a [Piece],
    /// What a past hold waives, in order.
    pub waived: &'a [Piece],
    /// The meter of a row of the services table; `None` where its charge counts no usage.
    pub meter_of: &'a dyn Fn(usize) -> Option<&'a str>,
    /// The row that says how the service is on a day.
    pub row_on: &'a dyn Fn(Date) -> usize,
    /// The last day of the window.
    pub to: Date,
}

impl<'a> UsageWalk<'a> {
    /// `usage` is [`contiguous`]; the sets are `Tables::usage_readers`.
    pub fn new(usage: &'a DataFrame, sets_of_readers: &'a [BTreeSet<String>]) -> Self {
        let date = usage.column("used_on").and_then(|column| column.date());
        let quantity = usage.column("quantity").and_then(|column| column.decimal());
        let (date, quantity) = (
            date.expect("usage has days"),
            quantity.expect("usage has quantities"),
        );
        let meters = usage.text("meter");
        Self {
            services: usage.text("service_id").downcast_as_array(),
            // What could not be read is null, and has its account parked: nobody looks at the value then.
            days: date.physical().downcast_as_array().values(),
            quantities: quantity.physical().downcast_as_array().values(),
            meters,
            names_meters: meters.null_count() < meters.len(),
            statuses: usage.text("status").downcast_as_array(),
            readers: usage.counts("readers"),
            sets_of_readers,
            at: 0,
        }
    }

    /// The day of the newest row.
    pub fn newest(&self) -> Option<Date> {
        self.days.iter().max().copied().map(Date::from_number)
    }

    /// Steps over the usage of a service and says how many rows that is. Services must be asked for in ascending order.
    pub fn pass(&mut self, service: &str) -> usize {
        self.rows_of(service).len()
    }

    /// Binds the usage of a service to its pieces.
    pub fn count(&mut self, service: &str, using: &Using<'_>, counts: &mut UsageCounts) -> Counted {
        let rows = self.rows_of(service);
        let mut counted = Counted {
            quantities: vec![0; using.pieces.len()],
            ..Counted::default()
        };
        for row in rows {
            let day = Date::from_number(self.days[row]);
            let quantity = self.quantities[row];
            let Some(meter) = (using.meter_of)((using.row_on)(day)) else {
                counted.outside.add(day, quantity);
                continue;
            };
            // What is billed already, or never is, stays as it is, whatever the charge counts by now.
            let is_open = |day| using.life.has(day) && !using.mark.has(day);
            let other = self.meter(row).filter(|other| *other != meter);
            if let Some(other) = other.filter(|_| is_open(day)) {
                counted.wrong_meter.get_or_insert((day, other.to_owned()));
            }
            if let Some(piece) = piece_on(using.pieces, day) {
                counted.in_pieces += 1;
                counted.quantities[piece] += quantity;
                if self.statuses.value(row) != "processed" {
                    counted.pending.add(day, quantity);
                }
            } else if piece_on(using.waived, day).is_some() {
                counts.waived += 1;
            } else if using.mark.has(day) {
                match self.was_read(row, day, using.mark) {
                    true => counts.billed_before += 1,
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
        counted
    }

    fn rows_of(&mut self, service: &str) -> Range<usize> {
        let is_before = |row: usize| self.services.value(row) < service;
        while self.at < self.days.len() && is_before(self.at) {
            self.at += 1;
        }
        let start = self.at;
        while self.at < self.days.len() && self.services.value(self.at) == service {
            self.at += 1;
        }
        start..self.at
    }

    fn meter(&self, row: usize) -> Option<&str> {
        self.meters.get(row).filter(|_| self.names_meters)
    }

    /// Whether a run that billed the day had read the row.
    fn was_read(&self, row: usize, day: Date, mark: &Watermark<'_>) -> bool {
        let set = self
            .readers
            .get(row)
            .and_then(|set| usize::try_from(set).ok());
        let readers = set.and_then(|set| self.sets_of_readers.get(set));
        mark.claims
            .iter()
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
