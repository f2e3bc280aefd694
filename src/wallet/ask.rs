//! What is asked of the wallets of an account: debits, in the order they are tried.

use crate::calendar::Date;
use crate::model::debits::{Debits, Granularity, OnInsufficient};
use crate::model::line::RatedLines;
use crate::model::table::{Columns, Days, Texts, Units};
use polars::prelude::Int64Chunked;
use std::cmp::Ordering;
use std::ops::Range;

/// A debit that is tried. Its lines are of one charge of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Rows of the rated lines, the oldest first.
    pub rows: Range<usize>,
    /// Whether a part of them can be paid and the rest not.
    pub is_divisible: bool,
}

/// The columns of rated lines that debits are made from.
pub struct Asked<'a> {
    pub accounts: &'a Texts,
    pub services: &'a Texts,
    pub charges: &'a Texts,
    pub schemes: &'a Texts,
    kinds: &'a Texts,
    starts: Days<'a>,
    ends: Days<'a>,
    amounts: Units<'a>,
    quantities: Units<'a>,
    prorations: &'a Texts,
    days_before: &'a Int64Chunked,
    debits: &'a Debits,
    /// How many days usage is behind what is paid in advance.
    lag: i32,
}

impl<'a> Asked<'a> {
    /// `as_of` is the business date of the run.
    pub fn new(lines: &'a RatedLines, debits: &'a Debits, as_of: Date) -> Self {
        let frame = lines.frame();
        let texts = |name| frame.whole_texts(name);
        Self {
            accounts: texts("account_id"),
            services: texts("service_id"),
            charges: texts("charge"),
            schemes: texts("scheme"),
            kinds: texts("kind"),
            starts: frame.whole_dates("period_start"),
            ends: frame.whole_dates("period_end"),
            amounts: frame.whole_units("amount"),
            quantities: frame.whole_units("quantity"),
            prorations: texts("proration"),
            days_before: frame.counts("days_before"),
            debits,
            lag: as_of.number() - debits.usage_through.of(as_of).number(),
        }
    }

    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    pub fn start(&self, row: usize) -> Date {
        self.starts.at(row).expect("a line has a period")
    }

    pub fn end(&self, row: usize) -> Date {
        self.ends.at(row).expect("a line has a period")
    }

    pub fn amount(&self, row: usize) -> i128 {
        self.amounts.at(row).unwrap_or_default()
    }

    /// Whether a line is for later days of a period that is paid as a whole, by the line before it.
    pub fn is_paid_before(&self, row: usize) -> bool {
        self.is_recurring(row)
            && self.prorations.get(row) == Some("none")
            && self.days_before.get(row) > Some(0)
    }

    /// The row behind those of its period, where that is paid as a whole, else the next.
    pub fn next_period(&self, row: usize, end: usize) -> usize {
        let key = |row| (self.services.get(row), self.charges.get(row));
        let is_its = |next: &usize| key(*next) == key(row) && self.is_paid_before(*next);
        row + 1 + (row + 1..end).take_while(is_its).count()
    }

    /// Whether a line is for something that was used.
    pub fn is_used(&self, row: usize) -> bool {
        self.is_usage(row)
            && self
                .quantities
                .at(row)
                .is_some_and(|quantity| quantity != 0)
    }

    pub fn sum(&self, rows: impl IntoIterator<Item = usize>) -> i128 {
        rows.into_iter().map(|row| self.amount(row)).sum()
    }

    pub fn is_one_time(&self, row: usize) -> bool {
        self.kinds.get(row) == Some("one_time")
    }

    pub fn is_recurring(&self, row: usize) -> bool {
        self.kinds.get(row) == Some("recurring")
    }

    pub fn is_usage(&self, row: usize) -> bool {
        self.kinds.get(row) == Some("usage")
    }

    pub fn text(column: &'a Texts, row: usize) -> &'a str {
        column.get(row).unwrap_or_default()
    }

    /// The rows of the account that a row is of, from there on.
    pub fn account(&self, start: usize) -> Range<usize> {
        let is_its = |row: &usize| self.accounts.get(*row) == self.accounts.get(start);
        start..start + (start..self.len()).take_while(is_its).count()
    }

    /// The debits of an account, but for lines that are tried apart: of a run recurring and one-time charges first, then usage, each by
    /// service and charge; day by day the nights one after another, each like that.
    pub fn of_account(&self, rows: Range<usize>, is_apart: impl Fn(usize) -> bool) -> Vec<Ask> {
        let is_by_day = self.debits.granularity == Granularity::Day;
        let mut asks = Vec::new();
        let mut start = rows.start;
        while start < rows.end {
            if is_apart(start) {
                start += 1;
                continue;
            }
            let is_same = |row: &usize| {
                !is_apart(*row)
                    && (self.services.get(*row), self.charges.get(*row))
                        == (self.services.get(start), self.charges.get(start))
            };
            let end = match is_by_day {
                true => {
                    let next = self.next_period(start, rows.end);
                    (start + 1..next).find(|row| is_apart(*row)).unwrap_or(next)
                }
                false => start + (start..rows.end).take_while(is_same).count(),
            };
            asks.push(Ask {
                rows: start..end,
                is_divisible: self.debits.on_insufficient == OnInsufficient::PartialDays,
            });
            start = end;
        }
        asks.sort_by(|one, other| self.compare(one.rows.start, other.rows.start, is_by_day));
        asks
    }

    fn compare(&self, one: usize, other: usize, is_by_day: bool) -> Ordering {
        let night = |row: usize| match is_by_day {
            true if self.is_usage(row) => self.start(row).plus_days(self.lag),
            true => self.start(row),
            false => Date::from_number(0),
        };
        let key = |row: usize| {
            let ids = (self.services.get(row), self.charges.get(row));
            (night(row), self.is_usage(row), ids, self.start(row))
        };
        key(one).cmp(&key(other))
    }
}
