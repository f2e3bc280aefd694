//! How often something is billed, and where its periods lie.

use crate::calendar::{Cycle, Date, Period, Step};
use crate::money::Ratio;
use std::borrow::Cow;

/// A length of time that a price can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeUnit {
    Day,
    Week,
    Month,
    Quarter,
    HalfYear,
    Year,
}

impl TimeUnit {
    pub const ALL: [Self; 6] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::HalfYear,
        Self::Year,
    ];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == text)
    }

    /// As written after `per`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::HalfYear => "half_year",
            Self::Year => "year",
        }
    }

    pub fn step(self) -> Step {
        match self {
            Self::Day => Step::Days(1),
            Self::Week => Step::Days(7),
            Self::Month => Step::Months(1),
            Self::Quarter => Step::Months(3),
            Self::HalfYear => Step::Months(6),
            Self::Year => Step::Months(12),
        }
    }
}

/// How often a subscription is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Quarterly,
    Semiannual,
    Annual,
    /// So many days, weeks, months or years at a time, where no word says it.
    Every(u16, TimeUnit),
}

impl Frequency {
    /// Those that have a word.
    pub const WORDS: [(&'static str, Self); 6] = [
        ("daily", Self::Daily),
        ("weekly", Self::Weekly),
        ("monthly", Self::Monthly),
        ("quarterly", Self::Quarterly),
        ("semiannual", Self::Semiannual),
        ("annual", Self::Annual),
    ];
    /// What to write.
    pub const HELP: &'static str = "write daily, weekly, monthly, quarterly, semiannual or annual, or a number from 2 to 366 of units without such a word, as in 2_weeks, 30_days, 2_months, 3_years";
    /// The most of a unit that a period can have.
    const MOST: u16 = 366;

    /// Reads a word, or what has none: `2_weeks`, `30_days`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = Self::WORDS.into_iter();
        let named = words.find(|(word, _)| *word == text);
        named.map_or_else(|| Self::counted(text), |(_, frequency)| Some(frequency))
    }

    fn counted(text: &str) -> Option<Self> {
        let (number, unit) = text.split_once('_')?;
        let unit = match unit {
            "days" => TimeUnit::Day,
            "weeks" => TimeUnit::Week,
            "months" => TimeUnit::Month,
            "years" => TimeUnit::Year,
            _ => return None,
        };
        let number = number
            .parse()
            .ok()
            .filter(|number| (2..=Self::MOST).contains(number))?;
        let frequency = Self::Every(number, unit);
        let mut words = Self::WORDS.into_iter();
        let has_word = words.any(|(_, word)| word.step() == frequency.step());
        // Written in one way: without a sign or zeros in front.
        (frequency.name() == text && !has_word).then_some(frequency)
    }

    /// As written in definitions and on lines.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::Daily => "daily".into(),
            Self::Weekly => "weekly".into(),
            Self::Monthly => "monthly".into(),
            Self::Quarterly => "quarterly".into(),
            Self::Semiannual => "semiannual".into(),
            Self::Annual => "annual".into(),
            Self::Every(number, unit) => format!("{number}_{}s", unit.name()).into(),
        }
    }

    /// The time a full period takes, so many of a unit.
    pub fn length(self) -> (u16, TimeUnit) {
        match self {
            Self::Daily => (1, TimeUnit::Day),
            Self::Weekly => (1, TimeUnit::Week),
            Self::Monthly => (1, TimeUnit::Month),
            Self::Quarterly => (1, TimeUnit::Quarter),
            Self::Semiannual => (1, TimeUnit::HalfYear),
            Self::Annual => (1, TimeUnit::Year),
            Self::Every(number, unit) => (number, unit),
        }
    }

    /// The length of a full period.
    pub fn step(self) -> Step {
        let (number, unit) = self.length();
        let number = i32::from(number);
        match unit.step() {
            Step::Days(days) => Step::Days(days * number),
            Step::Months(months) => Step::Months(months * number),
        }
    }

    /// How often a price for `unit` is due in a full period; `None` where one is counted in days and the other in months.
    pub fn times(self, unit: TimeUnit) -> Option<Ratio> {
        let (numerator, denominator) = match (self.step(), unit.step()) {
            (Step::Months(period), Step::Months(unit)) | (Step::Days(period), Step::Days(unit)) => {
                (period, unit)
            }
            _ => return None,
        };
        Some(Ratio {
            numerator: numerator.into(),
            denominator: denominator.into(),
        })
    }
}

/// Which day periods begin on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The account's bill day, else its group's, else the day of `next_bill_on`, else the day of the start.
    BillDay,
    /// The day the subscription started.
    StartDate,
    /// The 1st of a month, quarter, half-year or year; a Monday.
    Calendar,
}

/// How far the first period goes where it does not begin on such a day. With periods of one month both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstPeriod {
    /// Up to the first day that periods can begin on.
    Short,
    /// Up to that day of the month of the start, where it is still to come, else a whole period from it.
    Whole,
}

/// Where periods lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alignment {
    pub anchor: Anchor,
    pub first_period: FirstPeriod,
}

impl Alignment {
    /// The cycle of what starts on a day; a bill day is the day of the start where there is none. Periods of weeks and days begin
    /// on the start under a bill day, which is a day of the month.
    pub fn cycle(self, frequency: Frequency, start: Date, bill_day: Option<u32>) -> Cycle {
        let step = frequency.step();
        match (self.anchor, step, self.first_period) {
            (Anchor::BillDay, Step::Months(months), first_period) => {
                let day = bill_day.unwrap_or(start.day());
                match first_period {
                    FirstPeriod::Short => Cycle::anchored(start, day, months),
                    FirstPeriod::Whole => Cycle::in_month_of(start, day, months),
                }
            }
            (Anchor::BillDay, Step::Days(_), _) | (Anchor::StartDate, ..) => {
                Cycle::from(start, step)
            }
            (Anchor::Calendar, ..) => {
                let (_, unit) = frequency.length();
                let is_short = self.first_period == FirstPeriod::Short;
                match (unit.step(), step) {
                    (Step::Months(unit), Step::Months(months)) => {
                        Cycle::in_calendar(start, unit, is_short, months)
                    }
                    (unit, step) => {
                        let unit = Cycle::calendar(unit).period_of(start);
                        let is_behind = is_short && unit.start < start;
                        Cycle::from(if is_behind { unit.end } else { unit.start }, step)
                    }
                }
            }
        }
    }

    /// The cycle of what starts on the first of some days that are free: it begins behind them, but where periods are counted from the
    /// start of the subscription, which is taken to be the same day.
    pub fn cycle_behind(self, frequency: Frequency, free: Period, bill_day: Option<u32>) -> Cycle {
        let start = match self.anchor {
            Anchor::StartDate => free.start,
            Anchor::BillDay | Anchor::Calendar => free.end,
        };
        self.cycle(frequency, start, bill_day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequency_is_written_in_one_way() {
        for text in [
            "monthly",
            "2_weeks",
            "30_days",
            "366_days",
            "2_years",
            "18_months",
        ] {
            let frequency = Frequency::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(frequency.name(), text);
        }
        for text in [
            "1_months",
            "3_months",
            "12_months",
            "7_days",
            "02_weeks",
            "+2_weeks",
            "367_days",
            "0_days",
            "2_quarters",
            "2 weeks",
            "weeks",
            "",
        ] {
            assert_eq!(Frequency::parse(text), None, "{text}");
        }
    }

    fn period(
        alignment: Alignment,
        frequency: &str,
        start: &str,
        bill_day: Option<u32>,
        at: &str,
    ) -> String {
        let day = |text| Date::parse(text).unwrap();
        let frequency = Frequency::parse(frequency).unwrap();
        let cycle = alignment.cycle(frequency, day(start), bill_day);
        cycle.period_of(day(at)).to_string()
    }

    #[test]
    fn several_units_of_the_calendar_are_counted_from_the_first_or_from_the_one_it_starts_in() {
        let of = |first_period| {
            move |frequency, start, at| {
                let alignment = Alignment {
                    anchor: Anchor::Calendar,
                    first_period,
                };
                period(alignment, frequency, start, None, at)
            }
        };
        let (short, whole) = (of(FirstPeriod::Short), of(FirstPeriod::Whole));
        assert_eq!(
            short("2_months", "2014-12-31", "2015-01-05"),
            "2015-01-01..2015-03-01"
        );
        assert_eq!(
            short("2_months", "2015-01-01", "2015-01-05"),
            "2015-01-01..2015-03-01"
        );
        assert_eq!(
            whole("2_months", "2014-12-31", "2015-01-05"),
            "2014-12-01..2015-02-01"
        );
        assert_eq!(
            short("2_weeks", "2015-06-03", "2015-06-20"),
            "2015-06-08..2015-06-22"
        );
        assert_eq!(
            whole("2_years", "2015-06-03", "2017-01-01"),
            "2017-01-01..2019-01-01"
        );
        for first in [short, whole] {
            assert_eq!(
                first("quarterly", "2015-06-03", "2015-06-03"),
                "2015-04-01..2015-07-01"
            );
        }
    }

    #[test]
    fn a_bill_day_that_is_past_is_awaited_for_a_month_or_for_a_whole_period() {
        let of = |first_period| {
            move |frequency, start, bill_day| {
                let alignment = Alignment {
                    anchor: Anchor::BillDay,
                    first_period,
                };
                period(alignment, frequency, start, Some(bill_day), start)
            }
        };
        let (short, whole) = (of(FirstPeriod::Short), of(FirstPeriod::Whole));
        assert_eq!(
            short("quarterly", "2021-01-10", 1),
            "2020-11-01..2021-02-01"
        );
        assert_eq!(
            whole("quarterly", "2021-01-10", 1),
            "2021-01-01..2021-04-01"
        );
        for first in [short, whole] {
            assert_eq!(first("annual", "2012-01-16", 17), "2011-01-17..2012-01-17");
            assert_eq!(first("monthly", "2012-01-16", 15), "2012-01-15..2012-02-15");
        }
    }
}
