//! The endless row of billing periods of one charge.

use super::{Date, Period, Step};

/// Boundaries so many months or days apart, counted from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    Months {
        first_month: i32,
        day: u32,
        months: i32,
    },
    Days {
        first: Date,
        days: i32,
    },
}

impl Cycle {
    /// The cycle whose first boundary is the first `day` of a month on or after `start`; a month without that day has its
    /// boundary on its last. `months` is the length of a period.
    pub fn anchored(start: Date, day: u32, months: i32) -> Self {
        let month = start.month_number();
        let first_month = if Date::in_month(month, day) < start {
            month + 1
        } else {
            month
        };
        Self::Months {
            first_month,
            day,
            months,
        }
    }

    /// The cycle that has `day` of the month of `start` as a boundary, before or after it.
    pub fn in_month_of(start: Date, day: u32, months: i32) -> Self {
        Self::Months {
            first_month: start.month_number(),
            day,
            months,
        }
    }

    /// The cycle that has `first` as a boundary.
    pub fn from(first: Date, step: Step) -> Self {
        match step {
            Step::Months(months) => Self::Months {
                first_month: first.month_number(),
                day: first.day(),
                months,
            },
            Step::Days(days) => Self::Days { first, days },
        }
    }

    /// The cycle of the calendar: the 1st of a month, quarter, half-year or year; Mondays.
    pub fn calendar(step: Step) -> Self {
        // 1 January 2001 began a year, and was a Monday.
        Self::from(Date::in_month(2001 * 12, 1), step)
    }

    /// The cycle whose first boundary is the first day of that quarter, say, which holds `start`; of the next, where none may lie before
    /// `start`. `unit` are the months of a quarter, a part of a year; `months` is the length of a period.
    pub fn in_calendar(start: Date, unit: i32, is_behind: bool, months: i32) -> Self {
        let (month, day) = start.in_its_month();
        let begun = month.div_euclid(unit) * unit;
        let is_first = month == begun && day == 1;
        Self::Months {
            first_month: if is_behind && !is_first {
                begun + unit
            } else {
                begun
            },
            day: 1,
            months,
        }
    }

    /// The boundary with this number; 0 is the first, negative ones lie before it.
    fn boundary(&self, number: i32) -> Date {
        match *self {
            Self::Months {
                first_month,
                day,
                months,
            } => Date::in_month(first_month + number * months, day),
            Self::Days { first, days } => first.plus_days(number * days),
        }
    }

    /// The number of the full period that holds `day`, counted from the first boundary; below zero before it.
    pub fn number(&self, day: Date) -> i32 {
        let guess = self.guess(day);
        match self.boundary(guess) > day {
            true => guess - 1,
            false => guess,
        }
    }

    /// The full period that holds `day`.
    pub fn period_of(&self, day: Date) -> Period {
        self.numbered(day).1
    }

    /// The full period that holds `day`, with its number.
    pub fn numbered(&self, day: Date) -> (i32, Period) {
        let guess = self.guess(day);
        let boundary = self.boundary(guess);
        match boundary > day {
            true => (guess - 1, Period::new(self.boundary(guess - 1), boundary)),
            false => (guess, Period::new(boundary, self.boundary(guess + 1))),
        }
    }

    /// The same where it is mostly the one behind another one, which is known.
    pub fn numbered_behind(&self, (number, full): (i32, Period), day: Date) -> (i32, Period) {
        let next = Period::new(full.end, self.boundary(number + 2));
        match next.start <= day && day < next.end {
            true => (number + 1, next),
            false => self.numbered(day),
        }
    }

    /// The number of the period that holds `day`, or the one behind it.
    fn guess(&self, day: Date) -> i32 {
        match *self {
            Self::Months {
                first_month,
                months,
                ..
            } => (day.month_number() - first_month).div_euclid(months),
            Self::Days { first, days } => (day.number() - first.number()).div_euclid(days),
        }
    }

    /// The full periods that have days from `from` on, oldest first.
    pub fn periods_from(&self, from: Date) -> impl Iterator<Item = Period> + use<> {
        let cycle = *self;
        let mut number = self.number(from);
        let mut start = self.boundary(number);
        std::iter::repeat_with(move || {
            number += 1;
            let end = cycle.boundary(number);
            Period::new(std::mem::replace(&mut start, end), end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn month_ends_do_not_drift() {
        let starts: Vec<_> = Cycle::anchored(day("2026-01-31"), 31, 1)
            .periods_from(day("2026-01-31"))
            .take(4)
            .map(|period| period.start.to_string())
            .collect();
        assert_eq!(
            starts,
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
        );
    }

    #[test]
    fn a_stub_lies_in_the_full_period_that_ends_at_the_first_boundary() {
        let cycle = Cycle::anchored(day("2026-01-20"), 5, 1);
        assert_eq!(
            cycle.period_of(day("2026-01-20")),
            Period::new(day("2026-01-05"), day("2026-02-05"))
        );
    }

    #[test]
    fn weeks_are_counted_from_their_first_day() {
        let cycle = Cycle::from(day("2026-01-05"), Step::Days(7));
        assert_eq!(
            cycle.period_of(day("2026-01-04")),
            Period::new(day("2025-12-29"), day("2026-01-05"))
        );
    }

    #[test]
    fn the_calendar_begins_years_on_1_january_and_weeks_on_monday() {
        let at = |text: &str, step| Cycle::calendar(step).period_of(day(text)).to_string();
        assert_eq!(at("2026-05-20", Step::Months(6)), "2026-01-01..2026-07-01");
        assert_eq!(at("1999-12-31", Step::Months(12)), "1999-01-01..2000-01-01");
        assert_eq!(at("2026-02-01", Step::Days(7)), "2026-01-26..2026-02-02");
    }

    proptest! {
        /// Every day lies in exactly one period, and periods adjoin.
        #[test]
        fn periods_cover_every_day_once(start in 0_i32..60_000, offset in -2000_i32..2000, anchor in 1_u32..=31, months in 1_i32..=12) {
            let cycle = Cycle::anchored(Date::from_number(start), anchor, months);
            let at = Date::from_number(start + offset);
            let period = cycle.period_of(at);
            prop_assert!(period.start <= at && at < period.end);
            prop_assert_eq!(cycle.period_of(period.end).start, period.end);
            prop_assert_eq!(cycle.period_of(period.end.plus_days(-1)), period);
            let known = cycle.numbered(at);
            prop_assert_eq!(known, (cycle.number(at), period));
            for day in [at, period.end, period.end.plus_days(27), period.end.plus_days(400)] {
                prop_assert_eq!(cycle.numbered_behind(known, day), cycle.numbered(day));
            }
            let next = cycle.period_of(period.end);
            prop_assert_eq!(cycle.periods_from(at).take(2).collect::<Vec<_>>(), [period, next]);
        }

        /// A cycle in the calendar begins where the period of the calendar does.
        #[test]
        fn a_cycle_in_the_calendar_begins_with_a_period_of_it(start in 0_i32..60_000, unit in prop::sample::select(vec![1, 3, 6, 12]), is_behind: bool, months in 1_i32..=36) {
            let start = Date::from_number(start);
            let period = Cycle::calendar(Step::Months(unit)).period_of(start);
            let first = if is_behind && period.start < start { period.end } else { period.start };
            let cycle = Cycle::in_calendar(start, unit, is_behind, months);
            prop_assert_eq!(cycle, Cycle::from(first, Step::Months(months)));
        }
    }
}
