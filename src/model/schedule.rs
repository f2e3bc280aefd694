//! When a run is made. Cron starts it: a schedule says which start is for which day, and whether one was missed.

use crate::calendar::{Pace, Slot, Slots};
use chrono::{DateTime, TimeDelta};
use chrono_tz::Tz;

/// The times at which cron is to start a run, as its definition says them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub slots: Slots,
    pub retry: Option<Retry>,
    /// Whether one run is all: after it nothing is due any more.
    pub is_once: bool,
}

/// How a run that was held is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    pub every: Pace,
    /// The last time of day, in microseconds since midnight.
    pub until: i64,
}

impl Schedule {
    /// The next time at which the run of a slot is tried again; `None`: not before the next slot.
    pub fn retry(&self, slot: Slot, now: DateTime<Tz>) -> Option<DateTime<Tz>> {
        let retry = self.retry?;
        let minutes = retry.every.minutes();
        let passed = (now - slot.at).num_minutes().max(0);
        let next = slot.at + TimeDelta::minutes((passed / minutes + 1) * minutes);
        let is_open = next <= slot.until(retry.until) && next < self.slots.next(slot.at).at;
        is_open.then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Date, SECOND};
    use chrono::Utc;

    const HOUR: i64 = 3_600 * SECOND;

    fn berlin(text: &str) -> DateTime<Tz> {
        let now: DateTime<Utc> = text.parse().unwrap();
        now.with_timezone(&Tz::Europe__Berlin)
    }

    #[test]
    fn a_held_run_is_tried_again_until_its_hour_or_its_next_slot() {
        let schedule = |pace, every, until| Schedule {
            slots: Slots {
                day: Date::parse("2026-01-01").unwrap(),
                time: 2 * HOUR,
                pace,
            },
            retry: Some(Retry { every, until }),
            is_once: false,
        };
        let retry = |schedule: Schedule, now: &str| {
            let now = berlin(now);
            let slot = schedule.slots.latest(now).unwrap();
            let next = schedule.retry(slot, now);
            next.map_or_else(String::new, |next| next.format("%d %H:%M").to_string())
        };
        let nightly = schedule(Pace::Days(1), Pace::Minutes(15), 6 * HOUR);
        assert_eq!(retry(nightly, "2026-06-03T00:00:00Z"), "03 02:15");
        assert_eq!(retry(nightly, "2026-06-03T00:50:30Z"), "03 03:00");
        assert_eq!(retry(nightly, "2026-06-03T03:45:00Z"), "03 06:00");
        assert_eq!(retry(nightly, "2026-06-03T04:00:00Z"), "");
        let hourly = schedule(Pace::Hours(1), Pace::Minutes(25), 6 * HOUR);
        assert_eq!(retry(hourly, "2026-06-03T00:30:00Z"), "03 02:50");
        assert_eq!(retry(hourly, "2026-06-03T00:50:00Z"), "");
    }
}
