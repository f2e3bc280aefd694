//! A day of the calendar, as a count of days.

use chrono::NaiveDate;
use std::fmt;

/// A day between 1970-01-01 and 2199-12-31 as read from people; arithmetic may go beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

// Years are counted from March on, so that 29 February is the last day of one.

/// Days from 1 March of the year 0 to 1970-01-01.
const MARCH: i64 = 719_468;
/// Days of 400 years, after which the calendar begins anew.
const ERA: i64 = 146_097;

fn first_of_year(year: i64) -> i64 {
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400)
}

/// March is 0.
fn first_of_month(month: i64) -> i64 {
    (153 * month + 2) / 5
}

/// Why a text is not a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateFault {
    /// Not written as YYYY-MM-DD; no other form is guessed.
    Form,
    /// A day that no calendar has, such as 29 February of a common year.
    NoSuchDay,
    /// Before 1970 or after 2199.
    Range,
}

impl fmt::Display for DateFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Form => "not a date written YYYY-MM-DD; no other form is guessed",
            Self::NoSuchDay => "no such day in the calendar",
            Self::Range => "outside the years 1970 to 2199",
        })
    }
}

impl Date {
    /// Days since 1970-01-01, as tables keep them.
    pub fn number(self) -> i32 {
        self.0
    }

    pub const fn from_number(days: i32) -> Self {
        Self(days)
    }

    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self::from)
    }

    /// Reads YYYY-MM-DD and nothing else.
    pub fn parse(text: &str) -> Result<Self, DateFault> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| {
                if matches!(at, 4 | 7) {
                    *byte == b'-'
                } else {
                    byte.is_ascii_digit()
                }
            });
        if !shape {
            let beyond = text
                .trim_start_matches(['+', '-'])
                .split('-')
                .next()
                .is_some_and(|year| year.len() > 4);
            return Err(if beyond && text.starts_with(['+', '-']) {
                DateFault::Range
            } else {
                DateFault::Form
            });
        }
        let number = |part: &str| part.parse::<u32>().map_err(|_| DateFault::Form);
        let (year, month, day) = (
            number(&text[..4])?,
            number(&text[5..7])?,
            number(&text[8..])?,
        );
        if !(1970..=2199).contains(&year) {
            return Err(DateFault::Range);
        }
        Self::from_ymd(year as i32, month, day).ok_or(DateFault::NoSuchDay)
    }

    /// Whether people may have written it: a day of the years 1970 to 2199.
    pub fn is_in_range(self) -> bool {
        (0..84_006).contains(&self.0)
    }

    fn naive(self) -> NaiveDate {
        NaiveDate::from_epoch_days(self.0).unwrap_or(NaiveDate::MAX)
    }

    pub fn year(self) -> i32 {
        self.month_number().div_euclid(12)
    }

    pub fn month(self) -> u32 {
        self.month_number().rem_euclid(12) as u32 + 1
    }

    pub fn day(self) -> u32 {
        self.in_its_month().1
    }

    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The given day in the month so many months after this date's, clamped to that month's last day.
    pub fn plus_months(self, months: i32, day: u32) -> Self {
        Self::in_month(self.month_number() + months, day)
    }

    /// Months since year 0, for counting.
    pub(super) fn month_number(self) -> i32 {
        self.in_its_month().0
    }

    /// The number of its month, and its day there. By arithmetic, as every service asks for it several times.
    pub(super) fn in_its_month(self) -> (i32, u32) {
        let days = i64::from(self.0) + MARCH;
        let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - first_of_year(year);
        let month = (5 * day + 2) / 153;
        let number = (era * 400 + year) * 12 + month + 2;
        (number as i32, (day - first_of_month(month)) as u32 + 1)
    }

    /// The given day of a month, or the month's last day where it is shorter.
    pub fn in_month(month_number: i32, day: u32) -> Self {
        let first = |month: i64| {
            let (year, month) = ((month - 2).div_euclid(12), (month - 2).rem_euclid(12));
            first_of_year(year) + first_of_month(month) - MARCH
        };
        let (month, day) = (i64::from(month_number), i64::from(day));
        // Every month has 28 days.
        let behind = match day <= 28 {
            true => first(month) + day,
            false => (first(month) + day).min(first(month + 1)),
        };
        Self(i32::try_from(behind - 1).unwrap_or(i32::MAX))
    }

    /// The given day in the month of this date, clamped to the month's last day.
    pub fn with_day_clamped(self, day: u32) -> Self {
        Self::in_month(self.month_number(), day)
    }

    /// The given day in a named month, clamped to the month's last day.
    pub fn clamped(year: i32, month: u32, day: u32) -> Self {
        Self::in_month(year * 12 + month as i32 - 1, day)
    }
}

impl From<NaiveDate> for Date {
    fn from(date: NaiveDate) -> Self {
        Self(date.to_epoch_days())
    }
}

impl Date {
    /// Writes it behind a text, as `Display` does and without the detour.
    pub fn put(self, out: &mut String) {
        match self.digits() {
            Some(text) => out.push_str(ascii(&text)),
            None => out.push_str(&self.to_string()),
        }
    }

    /// YYYY-MM-DD; `None` where a year has other than four digits.
    fn digits(self) -> Option<[u8; 10]> {
        let (month, day) = self.in_its_month();
        let year = u32::try_from(month.div_euclid(12)).ok()?;
        let month = month.rem_euclid(12) as u32 + 1;
        // Digit by digit: there are answers with millions of days in them.
        let digit = |number: u32, place: u32| b'0' + (number / 10_u32.pow(place) % 10) as u8;
        (year <= 9999).then_some([
            digit(year, 3),
            digit(year, 2),
            digit(year, 1),
            digit(year, 0),
            b'-',
            digit(month, 1),
            digit(month, 0),
            b'-',
            digit(day, 1),
            digit(day, 0),
        ])
    }
}

fn ascii(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).expect("digits are UTF-8")
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.digits() {
            Some(text) => out.pad(ascii(&text)),
            None => out.pad(&self.naive().format("%Y-%m-%d").to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_one_written_form() {
        assert_eq!(Date::parse("2026-02-01").unwrap().to_string(), "2026-02-01");
        for text in [
            "31/12/2026",
            "2026-1-1",
            "2026-01-01T00:00:00Z",
            "",
            "20260101",
            "2026‑01‑01",
        ] {
            assert_eq!(Date::parse(text), Err(DateFault::Form), "{text}");
        }
        assert_eq!(Date::parse("2027-02-29"), Err(DateFault::NoSuchDay));
        assert_eq!(
            [
                Date::parse("0001-01-01"),
                Date::parse("9999-12-31"),
                Date::parse("+10000-01-01")
            ],
            [Err(DateFault::Range); 3]
        );
    }

    /// What chrono says of every day that may be written, and of some years around.
    #[test]
    fn every_day_has_its_place_in_a_month() {
        use chrono::Datelike;
        for day in (-1_000_000..100_000).map(Date::from_number) {
            let known = NaiveDate::from_epoch_days(day.number()).unwrap();
            assert_eq!(
                (day.year(), day.month(), day.day()),
                (known.year(), known.month(), known.day())
            );
            assert_eq!(Date::clamped(known.year(), known.month(), known.day()), day);
        }
    }

    #[test]
    fn the_range_ends_with_the_year_2199() {
        let last = Date::parse("2199-12-31").unwrap();
        assert!(last.is_in_range() && !last.plus_days(1).is_in_range());
    }

    #[test]
    fn a_day_beyond_the_month_is_its_last() {
        let february = Date::parse("2027-02-10").unwrap();
        assert_eq!(february.with_day_clamped(31).to_string(), "2027-02-28");
        assert_eq!(Date::clamped(2028, 2, 30).to_string(), "2028-02-29");
    }
}
