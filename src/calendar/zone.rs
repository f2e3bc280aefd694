//! Local time <-> instants of one time zone, a whole column at a time.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

pub const SECOND: i64 = 1_000_000;
pub const DAY: i64 = 86_400 * SECOND;

/// What happens to a local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalFault {
    /// The clock was put back: it happens twice.
    Fold,
    /// The clock was put forward: it does not happen.
    Gap,
}

/// Days for which offsets are remembered: all that dates may have.
const DAYS: usize = 84_006;

/// A zone that remembers its offset for every day on which that does not change. To look a time up in a zone takes longer than to
/// read it, and a month of usage has few days.
pub struct Zone {
    zone: Tz,
    /// By UTC day, microseconds to add; `UNKNOWN` until asked, `CHANGES` where they change on that day.
    offsets: Vec<i64>,
    /// By local day, what was added.
    local_offsets: Vec<i64>,
}

const UNKNOWN: i64 = i64::MAX;
const CHANGES: i64 = i64::MIN;

impl Zone {
    pub fn new(zone: Tz) -> Self {
        Self {
            zone,
            offsets: vec![UNKNOWN; DAYS],
            local_offsets: vec![UNKNOWN; DAYS],
        }
    }

    /// The local time of an instant; both are microseconds since 1970-01-01, there or in UTC.
    pub fn local(&mut self, instant: i64) -> i64 {
        let day = usize::try_from(instant.div_euclid(DAY)).unwrap_or(usize::MAX);
        let zone = self.zone;
        let Some(known) = self.offsets.get_mut(day) else {
            return instant.saturating_add(offset(zone, instant));
        };
        if *known == UNKNOWN {
            let begin = instant - instant.rem_euclid(DAY);
            *known = constant(offset(zone, begin), offset(zone, begin + DAY));
        }
        match *known {
            CHANGES => instant + offset(zone, instant),
            offset => instant + offset,
        }
    }

    /// The instant of a local time.
    pub fn instant(&mut self, local: i64) -> Result<i64, LocalFault> {
        let day = usize::try_from(local.div_euclid(DAY)).unwrap_or(usize::MAX);
        let zone = self.zone;
        let Some(known) = self.local_offsets.get_mut(day) else {
            return instant(zone, local);
        };
        if *known == UNKNOWN {
            let begin = local - local.rem_euclid(DAY);
            *known = match (instant(zone, begin), instant(zone, begin + DAY)) {
                (Ok(first), Ok(next)) => constant(begin - first, begin + DAY - next),
                _ => CHANGES,
            };
        }
        match *known {
            CHANGES => instant(zone, local),
            offset => Ok(local - offset),
        }
    }

    /// The first instant of a local day, whose midnight may not happen.
    pub fn first_instant(&mut self, midnight: i64) -> i64 {
        match self.instant(midnight) {
            Ok(instant) => instant,
            Err(LocalFault::Fold) => earliest(self.zone, midnight),
            // Clocks go forward by an hour at most, but for a whole day that a country has left out.
            Err(LocalFault::Gap) => (1..=96)
                .find_map(|quarters| instant(self.zone, midnight + quarters * 900 * SECOND).ok())
                .unwrap_or(midnight),
        }
    }
}

/// The offset of a day that ends with the one it began with: no zone changes twice on a day.
fn constant(first: i64, next: i64) -> i64 {
    if first == next { first } else { CHANGES }
}

fn naive(microseconds: i64) -> NaiveDateTime {
    DateTime::UNIX_EPOCH
        .naive_utc()
        .checked_add_signed(TimeDelta::microseconds(microseconds))
        .unwrap_or(NaiveDateTime::MAX)
}

fn offset(zone: Tz, instant: i64) -> i64 {
    let offset = zone.offset_from_utc_datetime(&naive(instant)).fix();
    i64::from(offset.local_minus_utc()) * SECOND
}

fn instant(zone: Tz, local: i64) -> Result<i64, LocalFault> {
    match zone.offset_from_local_datetime(&naive(local)) {
        MappedLocalTime::Single(offset) => {
            Ok(local - i64::from(offset.fix().local_minus_utc()) * SECOND)
        }
        MappedLocalTime::Ambiguous(..) => Err(LocalFault::Fold),
        MappedLocalTime::None => Err(LocalFault::Gap),
    }
}

fn earliest(zone: Tz, local: i64) -> i64 {
    let offset = zone.offset_from_local_datetime(&naive(local)).earliest();
    local
        - offset.map_or(0, |offset| {
            i64::from(offset.fix().local_minus_utc()) * SECOND
        })
}

/// The first moment at which a clock shows a time; where it is put forward over it, the first one behind that.
pub(super) fn moment(zone: Tz, local: i64) -> DateTime<Tz> {
    // A country may leave out a whole day.
    let minutes = (0..=24 * 60).map(|minutes| naive(local + minutes * 60 * SECOND));
    let mut shown = minutes.filter_map(|time| zone.from_local_datetime(&time).earliest());
    let shown = shown.next();
    shown.unwrap_or_else(|| zone.from_utc_datetime(&naive(local)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        let time: NaiveDateTime = text.parse().unwrap();
        time.and_utc().timestamp_micros()
    }

    // P49: what is remembered for a day is what the zone says of each hour of it.
    #[test]
    fn every_hour_of_a_year_is_as_the_zone_has_it() {
        for zone in [
            Tz::Europe__Berlin,
            Tz::America__New_York,
            Tz::Asia__Kolkata,
            Tz::Australia__Lord_Howe,
            Tz::Africa__Cairo,
            Tz::UTC,
        ] {
            let mut days = Zone::new(zone);
            for hour in 0..24 * 366 {
                let utc = at("2025-12-31T00:30:00") + hour * 3_600 * SECOND;
                assert_eq!(days.local(utc), utc + offset(zone, utc), "{zone} {utc}");
                assert_eq!(days.instant(utc), instant(zone, utc), "{zone} {utc}");
            }
        }
    }

    // USE-012
    #[test]
    fn an_hour_that_happens_twice_or_never_is_told() {
        let mut berlin = Zone::new(Tz::Europe__Berlin);
        assert_eq!(
            berlin.instant(at("2026-10-25T02:30:00")),
            Err(LocalFault::Fold)
        );
        assert_eq!(
            berlin.instant(at("2026-03-29T02:30:00")),
            Err(LocalFault::Gap)
        );
        assert_eq!(
            berlin.instant(at("2026-10-25T12:00:00")),
            Ok(at("2026-10-25T11:00:00"))
        );
    }

    #[test]
    fn a_day_begins_even_where_its_midnight_does_not_happen() {
        let mut cairo = Zone::new(Tz::Africa__Cairo);
        // Clocks go from 24:00 on 23 April 2026 to 01:00.
        assert_eq!(
            cairo.first_instant(at("2026-04-24T00:00:00")),
            at("2026-04-23T22:00:00")
        );
    }
}
