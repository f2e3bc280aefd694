//! How subscriptions are charged.

use crate::calendar::{Cycle, Date, Period, Step};
use crate::money::{Amount, Currency, Quantity, Rate, Ratio, Rounding, Share};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A billing term scheme: the charges a subscription can have, in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    pub name: String,
    pub title: Option<String>,
    pub currency: Currency,
    pub frequencies: BTreeSet<Frequency>,
    pub alignment: Alignment,
    /// The scheme's own, or the workspace's.
    pub rounding: Rounding,
    /// In the order written; codes differ.
    pub charges: Vec<Charge>,
}

impl Scheme {
    pub fn charge(&self, code: &str) -> Option<&Charge> {
        self.charges.iter().find(|charge| charge.code == code)
    }
}

/// One price inside a scheme.
#[derive(Clone, Debug, PartialEq)]
pub struct Charge {
    pub code: String,
    /// Printed on the line; the code where none is written.
    pub description: String,
    pub kind: ChargeKind,
    /// Price versions by the day they come into force, oldest first; the first holds from the beginning of time.
    pub prices: Vec<PriceVersion>,
    /// Its own tax category, or its scheme's; `standard` where neither names one.
    pub tax_category: String,
}

impl Charge {
    /// The price version that holds on a day; `None` before the first.
    pub fn version_on(&self, day: Date) -> Option<&PriceVersion> {
        let mut newest_first = self.prices.iter().rev();
        newest_first.find(|version| version.valid_from.is_none_or(|from| from <= day))
    }
}

/// What sort of charge it is, with what only that sort has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeKind {
    /// For every period.
    Recurring {
        timing: Timing,
        proration: Proration,
        cancel: Cancel,
    },
    /// For what was used in a period.
    Usage(Usage),
    /// Once, when the service starts.
    OneTime,
}

impl ChargeKind {
    /// Only a recurring charge is ever prorated.
    pub fn proration(&self) -> Proration {
        match self {
            Self::Recurring { proration, .. } => *proration,
            Self::Usage(_) | Self::OneTime => Proration::None,
        }
    }

    pub fn charge_type(&self) -> ChargeType {
        match self {
            Self::Recurring { .. } => ChargeType::Recurring,
            Self::Usage(_) => ChargeType::Usage,
            Self::OneTime => ChargeType::OneTime,
        }
    }
}

/// What a bill run can be told to bill or to leave alone. Orders count as `OneTime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChargeType {
    Recurring,
    OneTime,
    Usage,
}

impl ChargeType {
    /// As written in definitions, and as the `kind` of a line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recurring => "recurring",
            Self::OneTime => "one_time",
            Self::Usage => "usage",
        }
    }
}

/// How usage is counted and charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The meter whose usage it is; usage that names no meter belongs to it too.
    pub meter: String,
    /// Free in every full period; not prorated.
    pub included: Quantity,
    pub through: Through,
    /// What a period costs at least, usage or not; not prorated.
    pub minimum: Option<Amount>,
    /// What a period costs at most; not prorated.
    pub maximum: Option<Amount>,
}

/// Up to when usage is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// A period at a time, once it has ended.
    PeriodEnd,
    /// The days before the window's end, tiers and included quantity continuing within the period.
    WindowTo,
}

/// When in its period a recurring charge may be billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// On its first day.
    Advance,
    /// Once it has ended.
    Arrears,
}

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

/// What becomes of days billed in advance that turn out not to be used: after an end or in a pause learned of later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// They stay billed.
    None,
    /// They are credited for exactly what they cost.
    CreditUnused,
}

/// A price and the first day it holds; `None` from the beginning of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceVersion {
    pub valid_from: Option<Date>,
    pub price: Price,
    /// The time a recurring price is for; `None`: one period, whatever its length.
    pub per: Option<TimeUnit>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Price {
    /// The same whatever the quantity.
    Flat(Rate),
    /// Times the quantity.
    PerUnit(UnitPrice),
    /// By how much it is. Never empty; bounds ascend, the last has none.
    Tiered(TierModel, Vec<Tier>),
}

impl Price {
    /// The pricing model, as written in definitions and on lines.
    pub fn model(&self) -> &'static str {
        match self {
            Self::Flat(_) => "flat",
            Self::PerUnit(_) => "per_unit",
            Self::Tiered(model, _) => model.name(),
        }
    }
}

/// How tiers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierModel {
    /// Each part of the quantity at the price of the tier it lies in.
    Graduated,
    /// All of it at the price of the tier it reaches.
    Volume,
    /// Whole packages, as one tier.
    Package,
    /// A share of what the quantity counts, which is money, as one tier.
    Percentage,
    /// Shares of it, each part by its tier.
    GraduatedPercentage,
}

impl TierModel {
    const ALL: [Self; 5] = [
        Self::Graduated,
        Self::Volume,
        Self::Package,
        Self::Percentage,
        Self::GraduatedPercentage,
    ];

    /// As written in definitions and on lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Graduated => "graduated",
            Self::Volume => "volume",
            Self::Package => "package",
            Self::Percentage => "percentage",
            Self::GraduatedPercentage => "graduated_percentage",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitPrice {
    /// Written in the scheme; a service's own `unit_price` goes first.
    Listed(Rate),
    /// `services.unit_price`, whose absence is `BW-R104`.
    FromService,
}

/// A step of a price by quantity. What meets its bound exactly belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    pub to: Option<Quantity>,
    /// What `unit` is the price of, each one begun: so many at a time. `None`: of one, and of a part of one its share.
    pub package: Option<Quantity>,
    /// Times the quantity in this tier, or its packages.
    pub unit: Rate,
    /// Added once where any of the quantity lies in this tier.
    pub flat: Rate,
}

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
        let frequency = Self::Every(number.parse().ok()?, unit);
        let Self::Every(count, _) = frequency else {
            return None;
        };
        let mut words = Self::WORDS.into_iter();
        let has_word = words.any(|(_, word)| word.step() == frequency.step());
        let is_plain = frequency.name() == text && (2..=Self::MOST).contains(&count);
        (is_plain && !has_word).then_some(frequency)
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
                let unit = Cycle::calendar(unit.step()).period_of(start);
                let first = match self.first_period {
                    FirstPeriod::Short if unit.start < start => unit.end,
                    FirstPeriod::Short | FirstPeriod::Whole => unit.start,
                };
                Cycle::from(first, step)
            }
        }
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
