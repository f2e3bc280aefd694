//! Prices by weekday, time of year and time of day.

use super::scheme::Tier;
use crate::calendar::{DAY, Date};
use crate::money::Rate;
use std::collections::BTreeSet;

/// A price for usage at some times. All that is said of them must hold; what is not said holds always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateWindow {
    /// From 0, Monday, to 6; empty: all.
    pub weekdays: BTreeSet<u32>,
    /// From 1; empty: all.
    pub months: BTreeSet<u32>,
    /// Days of one year or of every year; empty: all.
    pub dates: BTreeSet<YearDay>,
    /// Times of day, in microseconds: from one up to another, that not included.
    pub from: i64,
    pub to: i64,
    /// What a row costs, cut by its own quantity; one tier where one costs the same however many they are.
    pub tiers: Vec<Tier>,
    /// What a row that begins in it costs beside its quantity; `None`: as others.
    pub fee: Option<Rate>,
}

/// A day of one year, or of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearDay {
    pub year: Option<i32>,
    pub month: u32,
    pub day: u32,
}

impl YearDay {
    /// Reads `2026-12-25` or `12-25`.
    pub fn parse(text: &str) -> Option<Self> {
        let of = |date: Date, year| Self {
            year,
            month: date.month(),
            day: date.day(),
        };
        match Date::parse(text) {
            Ok(date) => Some(of(date, Some(date.year()))),
            // Of a leap year, so that there is a 29 February.
            Err(_) => Some(of(Date::parse(&format!("2000-{text}")).ok()?, None)),
        }
    }
}

impl RateWindow {
    fn has(&self, date: Date, time: i64) -> bool {
        let weekday = (date.number() + 3).rem_euclid(7) as u32;
        let on = |year| YearDay {
            year,
            month: date.month(),
            day: date.day(),
        };
        (self.weekdays.is_empty() || self.weekdays.contains(&weekday))
            && (self.months.is_empty() || self.months.contains(&date.month()))
            && (self.dates.is_empty()
                || self.dates.contains(&on(None))
                || self.dates.contains(&on(Some(date.year()))))
            && self.from <= time
            && time < self.to
    }

    /// Whether it holds whenever it is.
    pub fn is_always(&self) -> bool {
        self.weekdays.is_empty()
            && self.months.is_empty()
            && self.dates.is_empty()
            && self.from == 0
            && self.to == DAY
    }
}

/// The first window that holds at a local time, in microseconds. The last one always does.
pub fn window_at(windows: &[RateWindow], local: i64) -> &RateWindow {
    let date = Date::from_number(i32::try_from(local.div_euclid(DAY)).unwrap_or_default());
    let time = local.rem_euclid(DAY);
    let mut holding = windows.iter().filter(|window| window.has(date, time));
    holding
        .next()
        .or(windows.last())
        .expect("a price by windows has one")
}
