//! The words that may stand for a value, each with what it means: one list for reading, for the shape check and for editors.

use crate::model::bill_run::{Format, Level, Negative, Stale};
use crate::model::debits::{Fresh, Granularity, OnInsufficient, OnTopUp};
use crate::model::frequency::{Anchor, FirstPeriod, TimeUnit};
use crate::model::hold::{Held, Release};
use crate::model::package::Partial;
use crate::model::proration::Proration;
use crate::model::scheme::{
    Allowance, Cancel, ChargeType, Classification, Commits, Late, Retroactive, Rollover, Shared,
    Through, Timing,
};
use crate::model::tax::Prices;
use crate::model::workspace::{Mode, Reset, TaxRounding};
use crate::money::Rounding;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::borrow::Cow;

/// A value of the model that is written as one of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<T>(pub T);

/// What may be written, and what it means.
pub trait Words: Copy + PartialEq + 'static {
    /// Of the schema.
    const NAME: &'static str;
    const WORDS: &'static [(&'static str, Self)];
}

impl<T: Words> AsRef<str> for Word<T> {
    fn as_ref(&self) -> &str {
        T::WORDS
            .iter()
            .find(|(_, meant)| *meant == self.0)
            .map_or("", |(word, _)| word)
    }
}

impl<'de, T: Words> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        T::WORDS
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, meant)| Self(*meant))
            .ok_or_else(|| D::Error::custom(T::NAME))
    }
}

impl<T: Words> JsonSchema for Word<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<_> = T::WORDS.iter().map(|(word, _)| *word).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}

macro_rules! words {
    ($($meant:ident { $($word:literal => $variant:ident),+ $(,)? })+) => {$(
        impl Words for $meant {
            const NAME: &'static str = stringify!($meant);
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),+];
        }
    )+};
}

words! {
    Allowance { "included" => Included, "minimum" => Minimum, "maximum" => Maximum }
    Anchor { "bill_day" => BillDay, "start_date" => StartDate, "calendar" => Calendar }
    Cancel { "none" => None, "credit_unused" => CreditUnused }
    Classification { "normal" => Normal, "prepaid" => Prepaid }
    ChargeType { "recurring" => Recurring, "one_time" => OneTime, "usage" => Usage }
    Commits { "subscription" => Subscription, "account" => Account }
    FirstPeriod { "short" => Short, "whole" => Whole }
    Format { "html" => Html, "txt" => Text }
    Fresh { "top_ups" => TopUps }
    Granularity { "run" => Run, "day" => Day }
    Held { "billing" => Billing }
    Late { "refuse" => Refuse, "next_run" => NextRun, "ignore" => Ignore }
    Mode { "snapshot" => Snapshot, "delta" => Delta }
    Negative { "credit_note" => CreditNote, "carry" => Carry }
    OnInsufficient { "skip" => Skip, "partial_days" => PartialDays, "allow_negative" => AllowNegative }
    OnTopUp { "charge_active_days" => ChargeActiveDays, "charge_all" => ChargeAll, "waive" => Waive }
    Prices { "exclusive" => Exclusive, "inclusive" => Inclusive }
    Proration { "none" => None, "daily" => Daily, "30_360" => Thirty360 }
    Release { "defer" => Defer, "waive" => Waive }
    Retroactive { "adjust" => Adjust, "ignore" => Ignore, "park" => Park }
    Reset { "never" => Never, "year" => Year }
    Rollover { "next_period" => NextPeriod }
    Rounding { "half_up" => HalfUp, "half_even" => HalfEven, "up" => Up, "down" => Down }
    Shared { "subscription" => Subscription }
    Stale { "hold" => Hold, "bill" => Bill }
    TaxRounding { "document" => Document, "line" => Line }
    Through { "period_end" => PeriodEnd, "window_to" => WindowTo }
    TimeUnit {
        "day" => Day,
        "week" => Week,
        "month" => Month,
        "quarter" => Quarter,
        "half_year" => HalfYear,
        "year" => Year,
    }
    Timing { "advance" => Advance, "arrears" => Arrears }
    Partial { "up" => Up, "nearest" => Nearest, "down" => Down }
}

/// A check that is off leads to nothing.
impl Words for Option<Level> {
    const NAME: &'static str = "Level";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("off", None),
        ("info", Some(Level::Info)),
        ("warn", Some(Level::Warn)),
        ("error", Some(Level::Error)),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::frequency::Frequency;

    /// The model has names of its own for what tables and messages show: they must be the words people write.
    #[test]
    fn what_is_shown_is_what_is_written() {
        for (word, frequency) in Frequency::WORDS {
            assert_eq!(word, frequency.name());
        }
        for (word, unit) in TimeUnit::WORDS {
            assert_eq!(*word, unit.name());
        }
        for (word, charge_type) in ChargeType::WORDS {
            assert_eq!(*word, charge_type.name());
        }
        for (word, format) in Format::WORDS {
            assert_eq!(*word, format.ending());
        }
        for (word, level) in Option::<Level>::WORDS {
            assert_eq!(*word, level.map_or("off", Level::name));
        }
        for (word, partial) in Partial::WORDS {
            assert_eq!(*word, partial.name());
        }
        for (word, rounding) in Rounding::WORDS {
            assert_eq!(*word, rounding.name());
        }
    }
}
