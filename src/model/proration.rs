//! What a part of a period costs.

use crate::calendar::{Date, Period};
use crate::money::Share;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proration {
    /// A part of a period costs the whole.
    None,
    /// Days used of days in the full period.
    Daily,
    /// The same, with 30 days to every month: the 31st costs nothing, and the last day of February what is left of its month.
    Thirty360,
}

impl Proration {
    /// As written in definitions and on lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Daily => "daily",
            Self::Thirty360 => "30_360",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::None, Self::Daily, Self::Thirty360]
            .into_iter()
            .find(|proration| proration.name() == name)
    }

    /// How many days a full period counts for.
    pub fn days(self, full: Period) -> i32 {
        match self {
            Self::None | Self::Daily => full.days(),
            Self::Thirty360 => 30 * full.months(),
        }
    }

    /// How many days of a stretch have passed by a day in it, or by its end, where all of it counts for `days`. From one day to
    /// another it is a difference of two of these, so that parts add up.
    pub fn passed(self, stretch: Period, days: i32, day: Date) -> i32 {
        match self {
            Self::None | Self::Daily => Period::new(stretch.start, day).days(),
            Self::Thirty360 if day == stretch.end => days,
            Self::Thirty360 => {
                let months = Period::new(stretch.start, day).months();
                let within = day.day() as i32 - stretch.start.day() as i32;
                days.min(30 * months + within)
            }
        }
    }

    /// The share that is charged: without proration the first part of a period costs the whole, and the rest nothing.
    pub fn charged(self, share: Share) -> Share {
        match self {
            Self::Daily | Self::Thirty360 => share,
            Self::None if share.before == 0 => Share::WHOLE,
            Self::None => Share::NOTHING,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many days there are from each day to the next, of those of a period.
    fn thirty(start: &str, end: &str, days: &[&str]) -> Vec<i32> {
        let day = |text: &str| Date::parse(text).unwrap();
        let full = Period::new(day(start), day(end));
        let all = Proration::Thirty360.days(full);
        let passed = |text: &&str| Proration::Thirty360.passed(full, all, day(text));
        let passed: Vec<i32> = days.iter().map(passed).collect();
        passed.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[test]
    fn every_month_has_thirty_days() {
        let of_january = ["2026-01-01", "2026-01-31", "2026-02-01"];
        assert_eq!(thirty("2026-01-01", "2026-02-01", &of_january), [30, 0]);
        let of_february = ["2026-02-01", "2026-02-28", "2026-03-01"];
        assert_eq!(thirty("2026-02-01", "2026-03-01", &of_february), [27, 3]);
        let from_the_last = ["2026-01-31", "2026-02-01", "2026-02-28"];
        assert_eq!(thirty("2026-01-31", "2026-02-28", &from_the_last), [0, 30]);
        let a_quarter = ["2026-01-15", "2026-02-15", "2026-04-15"];
        assert_eq!(thirty("2026-01-15", "2026-04-15", &a_quarter), [30, 60]);
    }
}
