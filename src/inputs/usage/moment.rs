//! When usage was: text or timestamps -> instants, and the days they fall on.

use crate::calendar::{DAY, Date, LocalFault, SECOND, Zone};
use crate::inputs::value::{Misfit, quoted};
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;

/// An instant, and the day it was in the workspace's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Microseconds since 1970-01-01 UTC.
    pub at: i64,
    pub on: Date,
}

/// Why a text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentFault {
    Form,
    NoSuchTime,
    LeapSecond,
    Range,
    /// A number, as clocks of machines count.
    Epoch,
    NoZone,
    Fold,
    Gap,
}

impl From<LocalFault> for MomentFault {
    fn from(fault: LocalFault) -> Self {
        match fault {
            LocalFault::Fold => Self::Fold,
            LocalFault::Gap => Self::Gap,
        }
    }
}

impl MomentFault {
    /// What is wrong with a text, for people.
    pub fn misfit(self, text: &str) -> Misfit {
        let (code, what) = match self {
            Self::NoSuchTime => ("BW-V130", "no such day or time of day".to_owned()),
            Self::Form => (
                "BW-V132",
                "not a time written 2026-01-31T23:59:00Z; no other form is guessed".to_owned(),
            ),
            Self::Range => ("BW-V133", "outside the years 1970 to 2199".to_owned()),
            Self::Epoch => ("BW-V133", counted(text)),
            Self::NoZone => (
                "BW-V134",
                "a time without an offset; write one, or name the `zone` of the input".to_owned(),
            ),
            Self::Fold => (
                "BW-V135",
                "happens twice, as clocks are put back; give it an offset".to_owned(),
            ),
            Self::LeapSecond => (
                "BW-V136",
                "a leap second, which would fall into the next day; seconds go from 0 to 59"
                    .to_owned(),
            ),
            Self::Gap => (
                "BW-V137",
                "never happens, as clocks are put forward; give it an offset".to_owned(),
            ),
        };
        Misfit {
            code,
            message: format!("{}: {what}", quoted(text)),
        }
    }
}

/// What a bare number would mean.
fn counted(text: &str) -> String {
    let whole = text.split('.').next().unwrap_or(text);
    let number = whole.parse::<i64>().unwrap_or(i64::MAX);
    let shown = |time: Option<DateTime<Utc>>| match time {
        Some(time) if (1970..=2199).contains(&time.year()) => time.format("%Y-%m-%d").to_string(),
        Some(time) => format!("the year {}", time.year()),
        None => "in no calendar".to_owned(),
    };
    format!(
        "a number, without its unit; in seconds it is {}, in milliseconds {}: write the time out",
        shown(DateTime::from_timestamp(number, 0)),
        shown(DateTime::from_timestamp_millis(number)),
    )
}

/// Reads moments: with an offset, in the input's zone, or as days of the workspace's.
pub struct Clock {
    days: Zone,
    zone: Option<Zone>,
}

impl Clock {
    pub fn new(workspace: Tz, input: Option<Tz>) -> Self {
        Self {
            days: Zone::new(workspace),
            zone: input.map(Zone::new),
        }
    }

    /// Reads one text. Fractions of a second beyond its millionths are left out.
    pub fn read(&mut self, text: &str) -> Result<Moment, MomentFault> {
        let bytes = text.as_bytes();
        let Some((date, rest)) = bytes.split_at_checked(10) else {
            return Err(other_form(text));
        };
        let (Some(year), b'-', Some(month), b'-', Some(day)) = (
            number(&date[..4]),
            date[4],
            number(&date[5..7]),
            date[7],
            number(&date[8..]),
        ) else {
            return Err(other_form(text));
        };
        let (time, offset) = match rest {
            [] => (None, None),
            [b'T' | b't' | b' ', rest @ ..] => {
                let (time, offset) = split_offset(rest).ok_or(MomentFault::Form)?;
                (Some(time_of_day(time)?), offset)
            }
            _ => return Err(MomentFault::Form),
        };
        if !(1970..=2199).contains(&year) {
            return Err(MomentFault::Range);
        }
        let date = days_of(year, month, day).ok_or(MomentFault::NoSuchTime)?;
        let midnight = i64::from(date.number()) * DAY;
        let at = match (time, offset) {
            (None, _) => {
                let at = self.days.first_instant(midnight);
                return Ok(Moment { at, on: date });
            }
            (Some(time), Some(offset)) => midnight + time - offset,
            (Some(time), None) => {
                let zone = self.zone.as_mut().ok_or(MomentFault::NoZone)?;
                zone.instant(midnight + time)?
            }
        };
        self.of_instant(at)
    }

    /// A timestamp of Parquet with a zone: an instant.
    pub fn of_instant(&mut self, at: i64) -> Result<Moment, MomentFault> {
        let day = self.days.local(at).div_euclid(DAY);
        let on = i32::try_from(day).map(Date::from_number);
        match on {
            Ok(on) if on.is_in_range() => Ok(Moment { at, on }),
            _ => Err(MomentFault::Range),
        }
    }

    /// A timestamp of Parquet without a zone: a local time.
    pub fn of_local(&mut self, local: i64) -> Result<Moment, MomentFault> {
        let at = match &mut self.zone {
            Some(zone) => zone.instant(local)?,
            None => self.days.instant(local)?,
        };
        self.of_instant(at)
    }
}

fn other_form(text: &str) -> MomentFault {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number {
        MomentFault::Epoch
    } else if Date::parse(text).is_err_and(|fault| fault == crate::calendar::DateFault::Range) {
        MomentFault::Range
    } else {
        MomentFault::Form
    }
}

/// Digits and nothing else.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// A day of the calendar, by the days of its month: quicker than by way of a calendar type.
fn days_of(year: i64, month: i64, day: i64) -> Option<Date> {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const LENGTH: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let at = usize::try_from(month - 1).ok()?;
    let length = LENGTH.get(at)? + i64::from(is_leap && month == 2);
    if !(1..=length).contains(&day) {
        return None;
    }
    let before = year - 1;
    let leaps = before / 4 - before / 100 + before / 400 - 477;
    let days = (year - 1970) * 365 + leaps + BEFORE[at] + i64::from(is_leap && month > 2) + day - 1;
    i32::try_from(days).ok().map(Date::from_number)
}

/// The time of day, and microseconds of an offset; `None` where that is written wrong.
fn split_offset(text: &[u8]) -> Option<(&[u8], Option<i64>)> {
    match text {
        [time @ .., b'Z' | b'z'] => Some((time, Some(0))),
        [time @ .., sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = number(&[*h1, *h2]).filter(|hours| *hours < 24)?;
            let minutes = number(&[*m1, *m2]).filter(|minutes| *minutes < 60)?;
            let offset = (hours * 60 + minutes) * 60 * SECOND;
            Some((time, Some(if *sign == b'-' { -offset } else { offset })))
        }
        time => Some((time, None)),
    }
}

/// Microseconds since midnight of HH:MM, HH:MM:SS or HH:MM:SS with a fraction.
fn time_of_day(text: &[u8]) -> Result<i64, MomentFault> {
    let (clock, fraction) = match text {
        [h1, h2, b':', m1, m2] => ([*h1, *h2, *m1, *m2, b'0', b'0'], &[] as &[u8]),
        [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] => {
            let fraction = match rest {
                [] => rest,
                [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => digits,
                _ => return Err(MomentFault::Form),
            };
            ([*h1, *h2, *m1, *m2, *s1, *s2], fraction)
        }
        _ => return Err(MomentFault::Form),
    };
    let part = |at: usize| number(&clock[at..at + 2]).ok_or(MomentFault::Form);
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    let kept = &fraction[..fraction.len().min(6)];
    let micros = number(kept).ok_or(MomentFault::Form)? * 10_i64.pow(6 - kept.len() as u32);
    if number(fraction).is_none() {
        return Err(MomentFault::Form);
    }
    if seconds == 60 && hours < 24 && minutes < 60 {
        return Err(MomentFault::LeapSecond);
    }
    if hours > 23 || minutes > 59 || seconds > 59 {
        return Err(MomentFault::NoSuchTime);
    }
    Ok((hours * 3_600 + minutes * 60 + seconds) * SECOND + micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The instant and the day, in Berlin; the input's own zone is New York, or none.
    fn read(text: &str, zone: Option<Tz>) -> String {
        match Clock::new(Tz::Europe__Berlin, zone).read(text) {
            Ok(found) => format!(
                "{} on {}",
                DateTime::from_timestamp_micros(found.at)
                    .unwrap()
                    .format("%Y-%m-%dT%H:%M:%S%.fZ"),
                found.on
            ),
            Err(fault) => fault.misfit(text).code.to_owned(),
        }
    }

    #[test]
    fn a_time_with_an_offset_is_an_instant_and_falls_on_a_day_of_the_workspace() {
        for (text, wanted) in [
            ("2026-01-31T23:30:00Z", "2026-01-31T23:30:00Z on 2026-02-01"),
            (
                "2026-02-01 00:30+01:00",
                "2026-01-31T23:30:00Z on 2026-02-01",
            ),
            (
                "2026-06-30t19:30:00.250-02:30",
                "2026-06-30T22:00:00.250Z on 2026-07-01",
            ),
            (
                "2024-02-29T12:00:00.123456789z",
                "2024-02-29T12:00:00.123456Z on 2024-02-29",
            ),
        ] {
            assert_eq!(read(text, None), wanted, "{text}");
        }
    }

    #[test]
    fn a_time_without_one_is_read_in_the_zone_of_its_input() {
        assert_eq!(
            read("2026-01-31T18:30", Some(Tz::America__New_York)),
            "2026-01-31T23:30:00Z on 2026-02-01"
        );
        assert_eq!(read("2026-01-31T18:30", None), "BW-V134");
    }

    #[test]
    fn a_day_is_one_of_the_workspace() {
        assert_eq!(
            read("2026-07-01", Some(Tz::America__New_York)),
            "2026-06-30T22:00:00Z on 2026-07-01"
        );
    }

    // USE-012, USE-013, USE-014
    #[test]
    fn what_is_no_moment_has_a_code() {
        let berlin = Some(Tz::Europe__Berlin);
        for (text, code) in [
            ("2026-10-25T02:30:00", "BW-V135"),
            ("2026-03-29T02:30:00", "BW-V137"),
            ("2016-12-31T23:59:60Z", "BW-V136"),
            ("1780000000000", "BW-V133"),
            ("1780000000.5", "BW-V133"),
            ("0001-01-01T00:00:00Z", "BW-V133"),
            ("1970-01-01T00:00:00+14:00", "BW-V133"),
            ("+10000-01-01T00:00:00Z", "BW-V133"),
            ("2027-02-29T00:00:00Z", "BW-V130"),
            ("2026-01-01T24:00:00Z", "BW-V130"),
            ("2026-13-01", "BW-V130"),
            ("31/12/2026", "BW-V132"),
            ("2026-01-01T00:00:00+0100", "BW-V132"),
            ("2026-01-01T00:00:00,5Z", "BW-V132"),
            ("2026-01-01T00Z", "BW-V132"),
            ("2026-01-01T00:00:00.Z", "BW-V132"),
            ("2026-01-01T00:00:00Z ", "BW-V132"),
            ("２０２６-01-01", "BW-V132"),
            ("", "BW-V132"),
        ] {
            assert_eq!(read(text, berlin), code, "{text}");
        }
    }

    #[test]
    fn a_number_is_told_with_what_it_would_mean() {
        assert_eq!(
            MomentFault::Epoch.misfit("1780000000000").message,
            "`1780000000000`: a number, without its unit; in seconds it is the year 58375, in milliseconds 2026-05-28: write the time out"
        );
    }

    #[test]
    fn every_day_is_the_day_of_the_calendar() {
        for number in 0..84_006 {
            let date = Date::from_number(number);
            let found = days_of(date.year().into(), date.month().into(), date.day().into());
            assert_eq!(found, Some(date));
        }
    }
}
