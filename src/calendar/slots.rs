//! Times that come again by the clock on the wall, as cron has them.

use super::Date;
use super::zone::{DAY, SECOND, moment};
use chrono::DateTime;
use chrono_tz::Tz;

const MINUTE: i64 = 60 * SECOND;

/// How far apart two slots are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Minutes(i32),
    Hours(i32),
    Days(i32),
    Weeks(i32),
    Months(i32),
}

impl Pace {
    /// Minutes from one slot to the next, at least.
    pub fn minutes(self) -> i64 {
        let (number, minutes) = match self {
            Self::Minutes(number) => (number, 1),
            Self::Hours(number) => (number, 60),
            Self::Days(number) => (number, 24 * 60),
            Self::Weeks(number) => (number, 7 * 24 * 60),
            Self::Months(number) => (number, 28 * 24 * 60),
        };
        i64::from(number) * minutes
    }
}

/// The first slot, and how far apart they are. All are counted from the first, so that 31 January is followed by 28 February
/// and 31 March.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    pub day: Date,
    /// Microseconds since midnight, on the clock.
    pub time: i64,
    pub pace: Pace,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The day it has on the clock.
    pub day: Date,
    /// When the clock shows it first; where it is put forward over it, the first moment behind that.
    pub at: DateTime<Tz>,
}

impl Slots {
    /// The latest slot that has come; `None` before the first.
    pub fn latest(self, now: DateTime<Tz>) -> Option<Slot> {
        let mut number = self.guess(now).max(0);
        while number > 0 && self.slot(number, now).at > now {
            number -= 1;
        }
        while self.slot(number + 1, now).at <= now {
            number += 1;
        }
        Some(self.slot(number, now)).filter(|slot| slot.at <= now)
    }

    /// The first slot that has not come yet.
    pub fn next(self, now: DateTime<Tz>) -> Slot {
        let mut number = self.guess(now).max(0);
        while number > 0 && self.slot(number - 1, now).at > now {
            number -= 1;
        }
        while self.slot(number, now).at <= now {
            number += 1;
        }
        self.slot(number, now)
    }

    /// The number of a slot near a moment; the first has none before it.
    fn guess(self, now: DateTime<Tz>) -> i64 {
        let local = local(now);
        match self.pace {
            Pace::Months(months) => {
                let day = Date::from_number(i32::try_from(local.div_euclid(DAY)).unwrap_or(0));
                let passed = day.month_number() - self.day.month_number();
                i64::from(passed.div_euclid(months))
            }
            pace => (local - self.first()).div_euclid(pace.minutes() * MINUTE),
        }
    }

    fn first(self) -> i64 {
        i64::from(self.day.number()) * DAY + self.time
    }

    fn slot(self, number: i64, now: DateTime<Tz>) -> Slot {
        let time = match self.pace {
            Pace::Months(months) => {
                let months = i64::from(months) * number;
                let months = i32::try_from(months).unwrap_or(i32::MAX);
                let day = self.day.plus_months(months, self.day.day());
                i64::from(day.number()) * DAY + self.time
            }
            pace => self.first() + number * pace.minutes() * MINUTE,
        };
        slot(now.timezone(), time)
    }
}

impl Slot {
    /// The first moment after it at which the clock shows this time of day.
    pub fn until(self, time: i64) -> DateTime<Tz> {
        let midnight = i64::from(self.day.number()) * DAY;
        let here = moment(self.at.timezone(), midnight + time);
        match here > self.at {
            true => here,
            false => moment(self.at.timezone(), midnight + DAY + time),
        }
    }
}

fn slot(zone: Tz, local: i64) -> Slot {
    let day = i32::try_from(local.div_euclid(DAY)).unwrap_or(i32::MAX);
    Slot {
        day: Date::from_number(day),
        at: moment(zone, local),
    }
}

/// What the clock shows, in microseconds since 1970.
fn local(now: DateTime<Tz>) -> i64 {
    now.naive_local().and_utc().timestamp_micros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    fn slots(day: &str, hours: i64, pace: Pace) -> Slots {
        Slots {
            day: Date::parse(day).unwrap(),
            time: hours * 60 * MINUTE,
            pace,
        }
    }

    fn berlin(text: &str) -> DateTime<Tz> {
        let now: DateTime<Utc> = text.parse().unwrap();
        now.with_timezone(&Tz::Europe__Berlin)
    }

    fn shown(slot: Option<Slot>) -> String {
        slot.map_or_else(String::new, |slot| {
            slot.at.format("%Y-%m-%dT%H:%M%:z").to_string()
        })
    }

    #[test]
    fn months_are_counted_from_the_first_slot() {
        let monthly = slots("2026-01-31", 2, Pace::Months(1));
        let latest = |now| shown(monthly.latest(berlin(now)));
        assert_eq!(latest("2026-01-31T00:59:00Z"), "");
        assert_eq!(latest("2026-01-31T01:00:00Z"), "2026-01-31T02:00+01:00");
        assert_eq!(latest("2026-03-30T12:00:00Z"), "2026-02-28T02:00+01:00");
        assert_eq!(latest("2026-03-31T12:00:00Z"), "2026-03-31T02:00+02:00");
        let next = |now| shown(Some(monthly.next(berlin(now))));
        assert_eq!(next("2020-01-01T00:00:00Z"), "2026-01-31T02:00+01:00");
        assert_eq!(next("2026-02-01T00:00:00Z"), "2026-02-28T02:00+01:00");
    }

    #[test]
    fn slots_are_by_the_clock_on_the_wall_summer_and_winter() {
        let nightly = slots("2026-01-01", 2, Pace::Days(1));
        // Clocks go forward from 02:00 to 03:00.
        let latest = |now| shown(nightly.latest(berlin(now)));
        assert_eq!(latest("2026-03-29T00:59:00Z"), "2026-03-28T02:00+01:00");
        assert_eq!(latest("2026-03-29T01:00:00Z"), "2026-03-29T03:00+02:00");
        assert_eq!(latest("2026-03-30T00:00:00Z"), "2026-03-30T02:00+02:00");
        // Clocks go back from 03:00 to 02:00: the first 02:00 is meant, and it comes once.
        assert_eq!(latest("2026-10-25T01:30:00Z"), "2026-10-25T02:00+02:00");
        let next = nightly.next(berlin("2026-10-25T00:30:00Z"));
        assert_eq!(shown(Some(next)), "2026-10-26T02:00+01:00");
        assert_eq!(next.day, Date::parse("2026-10-26").unwrap());
    }

    /// Whatever the pace, a moment lies between the latest slot and the next, also where clocks change.
    #[test]
    fn every_moment_is_between_two_slots() {
        let paces = [
            Pace::Minutes(7),
            Pace::Minutes(90),
            Pace::Hours(5),
            Pace::Days(3),
            Pace::Weeks(2),
            Pace::Months(5),
        ];
        for pace in paces {
            let slots = slots("2026-03-27", 23, pace);
            for quarter in 0..4 * 24 * 6 {
                let now = berlin("2026-03-27T22:05:00Z") + chrono::TimeDelta::minutes(quarter * 15);
                let (latest, next) = (slots.latest(now).unwrap(), slots.next(now));
                assert!(latest.at <= now && now < next.at, "{pace:?} {now}");
                assert_eq!(slots.latest(next.at), Some(next), "{pace:?} {now}");
            }
        }
    }

    #[test]
    fn a_time_of_day_after_a_slot_may_be_on_the_next_day() {
        let late = slots("2026-01-01", 23, Pace::Days(1));
        let slot = late.latest(berlin("2026-02-01T00:00:00Z")).unwrap();
        let at = |hours: i64| {
            shown(Some(Slot {
                day: slot.day,
                at: slot.until(hours * 60 * MINUTE),
            }))
        };
        assert_eq!(at(4), "2026-02-01T04:00+01:00");
        assert_eq!(at(24), "2026-02-01T00:00+01:00");
        assert_eq!(at(23), "2026-02-01T23:00+01:00");
    }
}
