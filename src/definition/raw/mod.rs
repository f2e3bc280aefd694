//! Definitions and settings as written, a file per kind: the one source of both reading and JSON Schema.
//!
//! Doc comments here are shown by editors to the people who write definitions. What has a default is required here all
//! the same, since `defaults.yaml` has filled it in by then.

mod bill_run;
mod day;
mod group;
mod hold;
mod invoices;
mod payment_terms;
mod prepaid_run;
mod reconciliation;
mod schedule;
mod scheme;
mod settings;
mod tax;
mod word;

pub use bill_run::{AsOf, BillRun, Filters};
pub use day::{WrittenDay, WrittenStart};
pub use group::Group;
pub use hold::Hold;
pub use invoices::{InvoiceDate, Invoices, Minimum, PostingDate, Suppress};
pub use payment_terms::PaymentTerms;
pub use prepaid_run::{
    Notices, OF_INVOICES, PrepaidNarrow, PrepaidRun, WrittenHours, WrittenLimit,
};
pub use reconciliation::{Measure, Reconciliation};
pub use schedule::{Retry, Schedule};
pub use scheme::{
    Aggregate, AggregateWord, Bounds, Charge, Each, Free, Lasting, PercentTier, Price, RateWindow,
    Scheme, Tier, UnitPrice, Usage,
};
pub use settings::{Input, Series, Settings};
pub use tax::{Tax, TaxPart, TaxRate, Untaxed};
pub use word::Word;

use super::typed::Spanned;
use crate::calendar::{DAY, Date, SECOND};
use crate::model::frequency::Frequency;
use crate::model::window::YearDay;
use crate::money::{Amount, Currency, Quantity, Rate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

/// Declares a text that is read as a value of ours; `format` says to the shape check and to editors what it is.
macro_rules! written {
    ($(#[doc = $doc:literal])* $name:ident($kind:ty), $format:literal, $($schema:tt)*) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub $kind);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).map(Self).ok_or_else(|| D::Error::custom($format))
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "format": $format, $($schema)* })
            }
        }
    };
}

use written;

/// How often something is billed: a word, or so many of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenFrequency(pub Frequency);

impl<'de> Deserialize<'de> for WrittenFrequency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let frequency = Frequency::parse(&String::deserialize(from)?);
        frequency
            .map(Self)
            .ok_or_else(|| D::Error::custom("frequency"))
    }
}

impl JsonSchema for WrittenFrequency {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Frequency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string", "enum": Frequency::WORDS.map(|(word, _)| word) },
            { "type": "string", "format": "frequency", "pattern": "^[1-9][0-9]{0,2}_(days|weeks|months|years)$" },
        ] })
    }
}

written!(
    /// A price or percentage with up to nine decimals.
    WrittenRate(Rate), "rate", "type": ["string", "number"], "pattern": "^-?[0-9]+([.][0-9]+)?$"
);
written!(
    /// How much of something, with up to six decimals.
    WrittenQuantity(Quantity), "quantity", "type": ["string", "number"], "pattern": "^[0-9]+([.][0-9]+)?$"
);
written!(
    /// A part of something, written as its percentage, with up to seven decimals.
    WrittenShare(Rate), "share", "type": ["string", "number"], "pattern": "^[0-9]+([.][0-9]+)?$"
);
written!(
    WrittenPercent(Rate), "percent", "type": ["string", "number"], "pattern": "^-?[0-9]+([.][0-9]+)?$"
);
written!(
    WrittenAmount(Amount), "amount", "type": ["string", "number"], "pattern": "^-?[0-9]+([.][0-9]+)?$"
);
written!(
    WrittenDate(Date), "date", "type": "string"
);
written!(
    WrittenCurrency(Currency), "currency", "type": "string", "pattern": "^[A-Z]{3}$"
);

written!(
    /// A day of every year, or of one.
    WrittenYearDay(YearDay), "year_day", "type": "string", "pattern": "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$"
);
written!(
    /// A time of day in microseconds, up to the end of the day.
    WrittenTime(i64), "time", "type": "string", "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"
);
written!(
    /// A day and a time of day on the clock on the wall.
    WrittenLocalTime(LocalTime), "local_time", "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$"
);
written!(
    /// A length of time in minutes, written in minutes, hours or days.
    WrittenAge(u32), "age", "type": "string", "pattern": "^[1-9][0-9]*[mhd]$"
);

impl WrittenAge {
    /// `90m`, `26h` or `2d`, up to ten years.
    pub fn parse(text: &str) -> Option<u32> {
        const MOST: u32 = 10 * 366 * 24 * 60;
        let (digits, minutes) = [("m", 1), ("h", 60), ("d", 24 * 60)]
            .into_iter()
            .find_map(|(unit, minutes)| Some((text.strip_suffix(unit)?, minutes)))?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let age = digits.parse::<u32>().ok()?.checked_mul(minutes)?;
        (plain && (1..=MOST).contains(&age)).then_some(age)
    }
}

impl WrittenYearDay {
    fn parse(text: &str) -> Option<YearDay> {
        YearDay::parse(text)
    }
}

impl WrittenTime {
    /// `08:00`, `17:59:30`, and `24:00`, the end of the day.
    pub fn parse(text: &str) -> Option<i64> {
        let mut parts = text.split(':');
        let mut next = || -> Option<i64> {
            let digits = parts.next()?;
            let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| plain)
        };
        let (hours, minutes) = (next()?, next()?);
        let seconds = next();
        let is_whole = text.len() == if seconds.is_some() { 8 } else { 5 };
        let seconds = seconds.unwrap_or_default();
        let time = ((hours * 60 + minutes) * 60 + seconds) * SECOND;
        (is_whole && minutes < 60 && seconds < 60 && time <= DAY).then_some(time)
    }
}

/// A day, and microseconds since its midnight.
pub type LocalTime = (Date, i64);

impl WrittenLocalTime {
    /// `2026-02-01T08:00`: to the minute, as cron has it, and without a zone.
    pub fn parse(text: &str) -> Option<LocalTime> {
        let (day, time) = text.split_once('T')?;
        let time = WrittenTime::parse(time).filter(|time| *time < DAY && text.len() == 16)?;
        Some((Date::parse(day).ok()?, time))
    }
}

impl WrittenRate {
    fn parse(text: &str) -> Option<Rate> {
        Rate::parse(text).ok()
    }
}

impl WrittenQuantity {
    fn parse(text: &str) -> Option<Quantity> {
        Quantity::parse(text).ok()
    }
}

impl WrittenShare {
    fn parse(text: &str) -> Option<Rate> {
        Rate::parse_percent(text).ok()
    }
}

impl WrittenPercent {
    fn parse(text: &str) -> Option<Rate> {
        Rate::parse(text).ok()
    }
}

impl WrittenAmount {
    fn parse(text: &str) -> Option<Amount> {
        Amount::parse(text).ok()
    }
}

impl WrittenDate {
    fn parse(text: &str) -> Option<Date> {
        Date::parse(text).ok()
    }
}

impl WrittenCurrency {
    fn parse(text: &str) -> Option<Currency> {
        Currency::parse(text)
    }
}

/// `all`, or the listed ones.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection<T> {
    All,
    Only(Vec<T>),
}

impl<T> Selection<T> {
    /// The names of what is listed; `None` for all.
    pub fn map(&self, name: impl Fn(&T) -> String) -> Option<BTreeSet<String>> {
        match self {
            Self::All => None,
            Self::Only(listed) => Some(listed.iter().map(name).collect()),
        }
    }
}

impl<T: AsRef<str>> Selection<T> {
    /// The listed names; `None` for all.
    pub fn names(&self) -> Option<BTreeSet<String>> {
        self.map(|name| name.as_ref().to_owned())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Selection<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AllOrList<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for AllOrList<T> {
            type Value = Selection<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("`all` or a list")
            }

            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Selection::All)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Selection::Only)
            }
        }

        from.deserialize_any(AllOrList(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Selection<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("SelectionOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string", "enum": ["all"] }, NonEmpty::<T>::json_schema(generator)] })
    }
}

/// A list that cannot be empty.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(transparent)]
pub struct NonEmpty<T>(pub Vec<T>);

impl<T: JsonSchema> JsonSchema for NonEmpty<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ListOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "minItems": 1, "items": generator.subschema_for::<T>() })
    }
}

/// One, or several in a list: the tree reads a single value as a list of one.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(transparent)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<T>(), NonEmpty::<T>::json_schema(generator)] })
    }
}

impl<T: AsRef<str>> AsRef<str> for Spanned<T> {
    fn as_ref(&self) -> &str {
        self.value.as_ref()
    }
}
