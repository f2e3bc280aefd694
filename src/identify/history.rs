//! What earlier runs billed of a service, line by line.

use crate::calendar::{Date, Period};
use crate::diagnostic::Report;
use crate::model::allocation::{DISCOUNT, PRICE_CREDIT};
use crate::model::book_view::BookView;
use crate::model::events::{Events, Tally};
use crate::model::line::{LATE_USAGE, Lines};
use crate::model::plan::RunState;
use crate::model::table::{Columns, internal};
use polars::prelude::{BooleanChunked, DataFrame, SortMultipleOptions};
use std::collections::BTreeSet;
use std::ops::Range;

/// Lines in the book, walked beside the services, both sorted by service.
pub struct History {
    frame: DataFrame,
    periods: Vec<Period>,
    quantities: Vec<i128>,
    unit_prices: Vec<Option<i128>>,
    days_before: Vec<i32>,
    days: Vec<i32>,
    at: usize,
}

/// The lines of one service, oldest period first.
#[derive(Clone)]
pub struct Billed<'a> {
    history: &'a History,
    rows: Range<usize>,
}

impl History {
    /// Those of `book` that stand: what a canceled run debited stays in the book and counts for nothing.
    pub fn new(lines: &Lines, book: &BookView) -> Result<Self, Report> {
        let order = ["service_id", "period_start", "run_id", "line_id"];
        let canceled = book
            .runs
            .iter()
            .filter(|run| run.state == RunState::Canceled);
        let canceled: BTreeSet<&str> = canceled.map(|run| run.run_id.as_str()).collect();
        let runs = lines.frame().text("run_id").iter();
        let stands: BooleanChunked = runs
            .map(|run| run.is_none_or(|run| !canceled.contains(run)))
            .collect();
        let frame = lines
            .frame()
            .filter(&stands)
            .and_then(|lines| lines.sort(order, SortMultipleOptions::default()))
            .map_err(internal)?;
        let starts = frame.dates("period_start").flatten();
        let periods = starts
            .zip(frame.dates("period_end").flatten())
            .map(|(start, end)| Period::new(start, end))
            .collect();
        let counts = |name: &str| {
            let counts = frame.counts(name).iter();
            counts
                .map(|days| i32::try_from(days.unwrap_or_default()).unwrap_or_default())
                .collect::<Vec<_>>()
        };
        let (days_before, days) = (counts("days_before"), counts("days"));
        Ok(Self {
            periods,
            quantities: frame
                .units("quantity")
                .map(Option::unwrap_or_default)
                .collect(),
            unit_prices: frame.units("unit_price").collect(),
            days_before,
            days,
            frame,
            at: 0,
        })
    }

    /// The rows of a service's lines. Services must be asked for in ascending order.
    pub fn rows_of(&mut self, service: &str) -> Range<usize> {
        let rows = self.periods.len();
        if self.at == rows {
            return rows..rows;
        }
        let services = self.frame.text("service_id");
        let is_before = |row| services.get(row).is_some_and(|other| other < service);
        while self.at < rows && is_before(self.at) {
            self.at += 1;
        }
        let start = self.at;
        while self.at < rows && services.get(self.at) == Some(service) {
            self.at += 1;
        }
        start..self.at
    }

    /// The lines in these rows, which are all of one service.
    pub fn lines(&self, rows: Range<usize>) -> Billed<'_> {
        Billed {
            history: self,
            rows,
        }
    }

    pub fn frame(&self) -> &DataFrame {
        &self.frame
    }
}

impl<'a> Billed<'a> {
    /// Usage of a charge on lines of a full period, in units of its quantity.
    pub fn used_in(&self, full: Period, charge: &str) -> i128 {
        let rows = self.of_usage(full, charge);
        rows.map(|row| self.history.quantities[row]).sum()
    }

    /// What single rows cost on the same lines; `None` beyond what can be counted.
    pub fn events_in(&self, full: Period, charge: &str) -> Option<Tally> {
        let mut all = Tally::default();
        for row in self.of_usage(full, charge) {
            let text = self.text("events", row);
            if !text.is_empty() {
                let events = Events::parse(text).expect("events as lines are written with");
                all.add_all(&events.now)?;
            }
        }
        Some(all)
    }

    /// Rows of a charge's usage in a full period, late usage included.
    pub fn of_usage(&self, full: Period, charge: &str) -> impl Iterator<Item = usize> {
        let starts_in = move |row: &usize| {
            let start = self.history.periods[*row].start;
            full.start <= start && start < full.end
        };
        let is_its = move |row: &usize| {
            matches!(self.text("kind", *row), "usage" | LATE_USAGE)
                && self.text("charge", *row) == charge
        };
        self.rows.clone().filter(starts_in).filter(is_its)
    }

    /// Rows of a charge in a full period, whatever they bill, but not what is taken off others.
    pub fn of_charge(&self, full: Period, charge: &str) -> impl Iterator<Item = usize> {
        let is_its = move |row: &usize| {
            let start = self.history.periods[*row].start;
            full.start <= start
                && start < full.end
                && self.text("charge", *row) == charge
                && !matches!(self.text("kind", *row), DISCOUNT | PRICE_CREDIT)
        };
        self.rows.clone().filter(is_its)
    }

    /// Whether a line of the usage of a charge in a full period was brought to its minimum.
    pub fn is_raised_in(&self, full: Period, charge: &str) -> bool {
        self.rows.clone().any(|row| {
            self.text("bound", row) == "minimum"
                && full.start <= self.period(row).start
                && self.period(row).start < full.end
                && self.text("charge", row) == charge
        })
    }

    /// The rows of lines, the latest run's last.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    pub fn period(&self, row: usize) -> Period {
        self.history.periods[row]
    }

    pub fn days_before(&self, row: usize) -> i32 {
        self.history.days_before[row]
    }

    /// Of the full period, counted in the same way.
    pub fn period_days(&self, row: usize) -> i32 {
        let days = self.history.frame.counts("period_days").get(row);
        i32::try_from(days.unwrap_or_default()).unwrap_or_default()
    }

    /// As its proration counts them.
    pub fn days(&self, row: usize) -> i32 {
        self.history.days[row]
    }

    pub fn quantity(&self, row: usize) -> i128 {
        self.history.quantities[row]
    }

    /// In units of a rate; `None` where the line has tiers.
    pub fn unit_price(&self, row: usize) -> Option<i128> {
        self.history.unit_prices[row]
    }

    /// In units of the column; `None` where it is empty.
    pub fn units(&self, column: &str, row: usize) -> Option<i128> {
        let column = self.history.frame.column(column);
        let column = column.and_then(|column| column.decimal());
        column
            .expect("a decimal column of lines")
            .physical()
            .get(row)
    }

    pub fn text(&self, column: &str, row: usize) -> &'a str {
        self.history.frame.text_at(column, row)
    }

    /// Whether a line is of usage, whatever its kind.
    pub fn is_of_usage(&self, row: usize) -> bool {
        self.units("quantity_before", row).is_some()
    }

    /// Whether a line bills days, rather than taking something back or off.
    pub fn is_charge(&self, row: usize) -> bool {
        matches!(
            self.text("kind", row),
            "recurring" | "usage" | "one_time" | "adjustment"
        )
    }

    /// The last line that billed a day, credits aside.
    pub fn on(&self, day: Date) -> Option<usize> {
        let has = |row: &usize| {
            let period = self.period(*row);
            period.start <= day && day < period.end && self.is_charge(*row)
        };
        self.rows.clone().rev().find(has)
    }

    /// The line of the latest days, credits aside.
    pub fn last(&self) -> Option<usize> {
        let charged = self.rows.clone().filter(|row| self.is_charge(*row));
        charged.max_by_key(|row| self.period(*row).end)
    }
}
