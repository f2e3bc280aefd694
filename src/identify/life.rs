//! The days of a service: when it begins and ends, what it is on which of them, and which it is paused on.

use super::Question;
use super::joined::Joined;
use super::pause::Pauses;
use super::watermark::Watermark;
use crate::calendar::{Date, Period};
use crate::model::account::Tables;
use crate::model::book_view::BookView;
use crate::model::table::{Columns, Days};
use std::borrow::Cow;
use std::ops::Range;

/// The end of what has none.
pub const FOREVER: Date = Date::from_number(i32::MAX);

/// A row of the services table, and the days it says how the service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub row: usize,
    pub span: Period,
}

/// A service from its first day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life<'a> {
    pub span: Period,
    /// Its own first day: days before `span` were billed by whoever kept the books then, or are free.
    pub began: Date,
    /// The day its periods are counted from: the first one behind those that are free.
    pub counted_from: Date,
    /// In order and disjoint.
    pub pauses: Cow<'a, [Period]>,
}

impl Life<'_> {
    /// The days it is used on: in order, disjoint.
    pub fn used(&self) -> Vec<Period> {
        super::days::gaps(self.span, &self.pauses).collect()
    }

    /// Whether it is used on a day.
    pub fn has(&self, day: Date) -> bool {
        self.span.start <= day && day < self.span.end && self.pause_on(day).is_none()
    }

    /// The pause that has a day.
    pub fn pause_on(&self, day: Date) -> Option<Period> {
        let holds = |pause: &&Period| pause.start <= day && day < pause.end;
        self.pauses.iter().find(holds).copied()
    }
}

/// The dates of all services, by row.
pub struct Lives<'a> {
    service_start: Days<'a>,
    service_end: Days<'a>,
    next_bill: Days<'a>,
    effective: Days<'a>,
    hold_until: Days<'a>,
    subscription_start: Days<'a>,
    subscription_end: Days<'a>,
    account_end: Days<'a>,
    pauses: Pauses<'a>,
}

impl<'a> Lives<'a> {
    pub fn new(tables: &'a Tables, question: &Question<'_>, book: &'a BookView) -> Self {
        let Tables {
            accounts,
            subscriptions,
            services,
            ..
        } = tables;
        Self {
            service_start: services.whole_dates("start_on"),
            service_end: services.whole_dates("end_on"),
            next_bill: services.whole_dates("next_bill_on"),
            hold_until: services.whole_dates("hold_until"),
            effective: services.whole_dates("effective_on"),
            subscription_start: subscriptions.whole_dates("start_on"),
            subscription_end: subscriptions.whole_dates("end_on"),
            account_end: accounts.whole_dates("canceled_on"),
            pauses: Pauses::new(&tables.pauses, question, book),
        }
    }

    /// The day the export says is not billed yet: of the last row that says one.
    pub fn next_bill(&self, rows: Range<usize>) -> Option<Date> {
        last_of(self.next_bill, rows)
    }

    /// The day until which the export holds the service: of the last row that says one.
    pub fn hold_until(&self, rows: Range<usize>) -> Option<Date> {
        last_of(self.hold_until, rows)
    }

    pub fn subscription_start(&self, subscription: usize) -> Option<Date> {
        self.subscription_start.at(subscription)
    }

    pub fn canceled_on(&self, account: usize) -> Option<Date> {
        self.account_end.at(account)
    }

    /// Since when a service is stopped on the day of the run, because nobody paid.
    pub fn stopped_since(&self, service_id: &str, account_id: &str) -> Option<Date> {
        self.pauses.stopped_since(service_id, account_id)
    }

    /// Whether the export or the book says that a service is stopped on a day.
    pub fn is_stopped_on(&self, service_id: &str, account_id: &str, day: Date) -> bool {
        self.pauses.is_stopped_on(service_id, account_id, day)
    }

    /// Of such a service the first day that is paid only where it goes on.
    pub fn stops_at(&self, service_id: &str, account_id: &str) -> Option<Date> {
        self.pauses.stops_at(service_id, account_id)
    }

    /// Whether the export says from when on the service is as it is.
    pub fn has_dated_changes(&self, rows: Range<usize>) -> bool {
        rows.len() > 1 || self.effective.at(rows.start).is_some()
    }

    /// Whether the export says from when on a row holds.
    pub fn is_dated(&self, row: usize) -> bool {
        self.effective.at(row).is_some()
    }

    /// The rows that a day changes the service by, and that day.
    pub fn changes(&self, rows: Range<usize>) -> Vec<(usize, Date)> {
        let changed = rows.filter_map(|row| Some((row, self.effective.at(row)?)));
        changed.collect()
    }

    /// The row that says how the service is on a day.
    pub fn row_on(&self, rows: Range<usize>, day: Date) -> usize {
        let in_force = |row: &usize| self.effective.at(*row).is_none_or(|from| from <= day);
        rows.clone().rev().find(in_force).unwrap_or(rows.start)
    }

    /// The life of the service that has these rows: from where the book, the export's `next_bill_on` or a start begins it, the
    /// latter behind the days that are free. `None` where nothing does.
    pub fn of(
        &self,
        joined: &Joined<'_>,
        rows: Range<usize>,
        mark: &Watermark<'_>,
        trial_days: i32,
    ) -> Option<Life<'_>> {
        let (_, first_subscription, _) = joined.row(rows.start);
        let (service, subscription, account) = joined.row(rows.end - 1);
        let own_start = rows
            .clone()
            .find_map(|row| self.service_start.at(row))
            .or(self.subscription_start.at(first_subscription));
        let behind_trial = own_start.map(|own| own.plus_days(trial_days));
        let stated = self.next_bill(rows.clone()).or(behind_trial);
        let ends = [
            last_of(self.service_end, rows.clone()),
            self.subscription_end.at(subscription),
            self.account_end.at(account),
        ];
        let end = ends.into_iter().flatten().min().unwrap_or(FOREVER);
        let pauses = self
            .pauses
            .of(joined.service_id(service), joined.account_id(account), end);
        let start = match (mark.first_claimed, stated) {
            // A pause at the very beginning is no reason to count periods from its end.
            (Some(claimed), Some(stated))
                if pauses.iter().any(|pause| {
                    pause.start <= stated && stated < claimed && claimed <= pause.end
                }) =>
            {
                stated
            }
            (Some(claimed), _) => claimed,
            (None, stated) => stated?,
        };
        Some(Life {
            span: Period::new(start, end),
            began: own_start.map_or(start, |own| own.min(start)),
            counted_from: behind_trial.map_or(start, |day| day.min(start)),
            pauses,
        })
    }

    /// How the service is on which days of a period. Of two rows of one day the last holds; the first row holds from the start.
    pub fn segments(&self, rows: Range<usize>, within: Period, segments: &mut Vec<Segment>) {
        segments.clear();
        let mut start = within.start;
        for row in rows.clone() {
            let next = match row + 1 < rows.end {
                true => self.effective.at(row + 1),
                false => Some(within.end),
            };
            let Some(end) = next else { continue };
            if row + 1 < rows.end && self.effective.at(row) == next {
                continue;
            }
            let span = Period::new(start, end).intersect(within);
            if !span.is_empty() {
                segments.push(Segment { row, span });
            }
            start = end;
        }
    }
}

fn last_of(days: Days<'_>, rows: Range<usize>) -> Option<Date> {
    rows.rev().find_map(|row| days.at(row))
}
