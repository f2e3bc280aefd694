//! `kind: scheme` as written.

use super::{
    NonEmpty, OneOrMany, Word, WrittenAmount, WrittenCurrency, WrittenDate, WrittenFrequency,
    WrittenQuantity, WrittenRate, WrittenShare, WrittenTime, WrittenYearDay,
};
use crate::definition::tree::Span;
use crate::definition::typed::Spanned;
use crate::model::frequency::{Anchor, FirstPeriod, TimeUnit};
use crate::model::package::Partial;
use crate::model::proration::Proration;
use crate::model::scheme::{
    Allowance, Cancel, Classification, Commits, Late, Retroactive, Rollover, Shared, Through,
    Timing,
};
use crate::money::Rounding;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A billing term scheme: how subscriptions are charged, in one currency.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Scheme {
    /// The name by which subscriptions and runs refer to it. For example: fiber-retail
    #[schemars(extend("format" = "name"))]
    pub name: Spanned<String>,
    /// What the scheme is about, for people.
    pub title: Option<String>,
    /// How what it charges is paid: `normal` (by invoices) or `prepaid` (out of wallets).
    pub classification: Word<Classification>,
    /// The currency of every price in it, by its three letters of ISO 4217. For example: USD
    pub currency: WrittenCurrency,
    /// How often its subscriptions can be billed: a word, or so many days, weeks, months or years. For example: [monthly, annual, 2_weeks]
    pub frequencies: NonEmpty<WrittenFrequency>,
    /// The day periods begin on: `bill_day` (the account's), `start_date` (of the subscription), or `calendar` (the 1st of a
    /// month, quarter, half-year or year; a Monday).
    pub anchor: Word<Anchor>,
    /// How far the first period goes where it does not begin on such a day and periods take more than one month, or one unit of the
    /// calendar: `short`, up to the first such day, or `whole`, where that of the month of the start is past, a whole period on.
    pub first_period: Word<FirstPeriod>,
    /// The tax category of every charge that names none. For example: standard
    pub tax: String,
    /// How amounts are rounded, `half_up`, `half_even`, `up` (away from zero) or `down`; without it as the workspace says.
    pub rounding: Option<Word<Rounding>>,
    /// What amounts are multiples of; without it the smallest coin of the currency. For example: "0.05"
    pub round_to: Option<Spanned<WrittenAmount>>,
    /// What becomes of what is billed when its price or quantity is changed afterwards: `adjust`, the next run bills the difference;
    /// `ignore`, it stays as it was billed; `park`, the service waits for a person to decide.
    pub retroactive: Spanned<Word<Retroactive>>,
    /// The prices a subscription can have.
    pub charges: NonEmpty<Charge>,
}

/// One price, by the code services refer to: recurring, for usage, or made once.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Charge {
    /// The code in the column `charge` of services; each once in a scheme. For example: access
    #[schemars(extend("format" = "code"))]
    pub code: Spanned<String>,
    /// What is printed on the invoice; without it the code. For example: Fiber 500
    pub description: Option<String>,
    /// A charge for every period. For example: { timing: advance, proration: daily }
    pub recurring: Option<Spanned<Recurring>>,
    /// A charge for what was used in a period. For example: { meter: minutes, included: "100" }
    pub usage: Option<Spanned<Usage>>,
    /// A charge made once, when the service starts: {}
    pub one_time: Option<Spanned<OneTime>>,
    /// The price is a commitment of the `subscription` or of the `account`: what is billed to it for the same days counts, and only what is
    /// missing is due. For a recurring charge in arrears. For example: subscription
    pub commits: Option<Spanned<Word<Commits>>>,
    /// What becomes of what it has billed when that is changed afterwards; without it as the scheme says. For example: ignore
    pub retroactive: Option<Spanned<Word<Retroactive>>>,
    /// What it costs: one price, or a list of prices that each say from which day they hold.
    pub price: OneOrMany<Spanned<Price>>,
    /// What the usage of a full period costs at least, used or not. For example: "2.00"
    pub minimum: Option<Spanned<WrittenAmount>>,
    /// What the usage of a full period costs at most. For example: "80.00"
    pub maximum: Option<Spanned<WrittenAmount>>,
    /// The tax category; without it the scheme's. For example: reduced
    pub tax: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Recurring {
    /// When a period is billed: `advance`, on its first day, or `arrears`, once it has ended. A prepaid scheme need not say it: it is
    /// paid in advance.
    pub timing: Option<Word<Timing>>,
    /// What a part of a period costs: `daily` (its days of the days of the full period), `30_360` (the
    /// same with 30 days to every month), or `none` (as much as the whole).
    pub proration: Word<Proration>,
    /// What becomes of days billed in advance and not used, after an end or in a pause: `none`, they stay billed, or
    /// `credit_unused`, they are credited for what they cost.
    pub cancel: Spanned<Word<Cancel>>,
    /// How many days from the start of a service on are free: its first period begins behind them. A service that names the
    /// day it is billed from, in `next_bill_on`, goes by that.
    #[schemars(range(min = 0, max = 3660))]
    pub trial_days: i32,
}

impl Recurring {
    pub fn timing(&self) -> Timing {
        self.timing.map_or(Timing::Advance, |word| word.0)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Usage {
    /// The meter whose usage it is, as in the column `meter` of usage. For example: minutes
    #[schemars(extend("format" = "code"))]
    pub meter: String,
    /// One SQL condition over columns of the usage input; rows for which it does not hold are not counted. For example: direction = 'out' AND zone <> 'home'
    #[serde(rename = "where")]
    #[schemars(extend("format" = "where"))]
    pub condition: Option<Spanned<String>>,
    /// What the rows of a period come to: `sum` (of their quantities), `count` (how many they are), `max` (the largest quantity),
    /// `last` (the latest quantity), `time_weighted` (the average of a level that each row sets from its instant on), or how many
    /// different values a column has. For example: { unique: user_id }
    pub aggregate: Spanned<Aggregate>,
    /// What is charged about each single row, such as a call or a payment. For example: { first: "60", then: "1", fee: "0.10" }
    pub each: Option<Spanned<Each>>,
    /// How much of every full period is free. For example: "100"
    pub included: WrittenQuantity,
    /// Whose services have what is `included` in common, once for all of them: `subscription`. Without it each service has its own.
    pub shared: Option<Spanned<Word<Shared>>>,
    /// What becomes of what is `included` and not used: with `next_period` it goes over into the next period, is used there first, and
    /// lapses at its end. Without it what is not used lapses.
    pub rollover: Option<Spanned<Word<Rollover>>>,
    /// Up to when usage is billed: `period_end`, a period at a time once it has ended, or `window_to`, the days before the end
    /// of the run's window, tiers and included quantity continuing within the period.
    pub through: Spanned<Word<Through>>,
    /// What becomes of usage that arrives for days that are billed: `refuse`, it is an exception; `next_run`, the next run bills the
    /// difference that it makes to its period; `ignore`, it is never billed.
    pub late: Spanned<Word<Late>>,
    /// What counts for a part of a period only by its days: `included`, `minimum` and `maximum`. For example: [included]
    pub prorate: Option<NonEmpty<Spanned<Word<Allowance>>>>,
}

/// What is charged about each single row of usage. A row of nothing is none.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("minProperties" = 1))]
pub struct Each {
    /// What is begun of so much counts as all of it. For example: "60"
    pub first: Option<Spanned<WrittenQuantity>>,
    /// Beyond `first`, what is begun of each so much counts as all of it. For example: "1"
    pub then: Option<Spanned<WrittenQuantity>>,
    /// What each row costs beside its quantity. For example: "0.10"
    pub fee: Option<WrittenRate>,
    /// So many rows of a period, the earliest, cost nothing, and take nothing of what is `included`; or `included`: rows that lie whole within the included quantity pay no fee. For example: 3
    pub free: Option<Spanned<Free>>,
    /// What each row costs at least, its fee included. For example: "0.05"
    pub minimum: Option<Spanned<WrittenRate>>,
    /// What each row costs at most, its fee included. For example: "12.00"
    pub maximum: Option<Spanned<WrittenRate>>,
    /// Where the quantity is how long a row lasts, in `seconds`, `minutes` or `hours`: a row is split at the edges of the windows
    /// of its price, each increment belonging to the window it begins in. Without it a row is where it begins.
    pub split: Option<Spanned<Lasting>>,
}

/// What a quantity counts.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lasting {
    Seconds,
    Minutes,
    Hours,
}

/// A price at some times: what is said of them must hold.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RateWindow {
    /// Days of the week, all without it. For example: [sat, sun]
    pub days: Option<NonEmpty<Weekday>>,
    /// Months, from 1 to 12, all without it. For example: [6, 7, 8]
    pub months: Option<NonEmpty<Month>>,
    /// Days of every year, or of one, all without it. For example: [01-01, 2026-04-03]
    pub dates: Option<NonEmpty<WrittenYearDay>>,
    /// The time of day it begins. For example: "08:00"
    pub from: Option<Spanned<WrittenTime>>,
    /// The time of day it ends, that not included; without it the end of the day. For example: "18:00"
    pub to: Option<Spanned<WrittenTime>>,
    /// The price of one at these times. For example: "0.10"
    pub unit: Option<WrittenRate>,
    /// Tiers of each single row, by its own quantity, in place of one price. For example: [{ to: "60", package: "60", unit: "0.20" }, { package: "1", unit: "0.10", for: "60" }]
    pub graduated: Option<Spanned<NonEmpty<Spanned<Tier>>>>,
    /// What a row that begins at these times costs beside its quantity, in place of the fee of `each`. For example: "0.20"
    pub fee: Option<WrittenRate>,
}

/// From 1 to 12.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Month(#[schemars(range(min = 1, max = 12))] pub u32);

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Debug)]
pub enum Aggregate {
    Of(AggregateWord),
    /// The values of a column.
    Unique(String),
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AggregateWord {
    Sum,
    Count,
    Max,
    Last,
    TimeWeighted,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Unique {
    /// The column of the usage input whose different values are counted. For example: user_id
    #[schemars(extend("format" = "code"))]
    unique: String,
}

impl<'de> Deserialize<'de> for Aggregate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct WordOrUnique;

        impl<'de> Visitor<'de> for WordOrUnique {
            type Value = Aggregate;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a word or a map")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Aggregate, E> {
                AggregateWord::deserialize(word.into_deserializer()).map(Aggregate::Of)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Aggregate, A::Error> {
                let Unique { unique } = Unique::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Aggregate::Unique(unique))
            }
        }

        from.deserialize_any(WordOrUnique)
    }
}

/// Which rows pay no fee.
#[derive(Clone, Copy, Debug)]
pub enum Free {
    Rows(u32),
    Included,
}

impl Free {
    const INCLUDED: &'static str = "included";
}

impl<'de> Deserialize<'de> for Free {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text == Self::INCLUDED {
            return Ok(Self::Included);
        }
        text.parse().map(Self::Rows).map_err(D::Error::custom)
    }
}

impl JsonSchema for Free {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Free".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let number = u32::json_schema(generator);
        json_schema!({ "anyOf": [number, { "type": "string", "enum": [Self::INCLUDED] }] })
    }
}

impl JsonSchema for Aggregate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Aggregate".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = AggregateWord::json_schema(generator);
        let unique = Unique::json_schema(generator);
        json_schema!({ "anyOf": [word, unique] })
    }
}

/// Nothing has to be said of a charge that is made once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OneTime {}

/// A price: one of `flat`, `per_unit`, `graduated`, `volume`, `package`, `percentage`, `graduated_percentage` and `windows`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Price {
    /// The first day this price holds; needed where there are several. For example: 2026-01-01
    pub valid_from: Option<Spanned<WrittenDate>>,
    /// The period of the service from which this price holds, the first one being 1: a ramp, or periods that are free. For example: 4
    #[schemars(range(min = 2, max = 1200))]
    pub from_period: Option<Spanned<i32>>,
    /// The last day this price holds, for readers: it has to be the day before the next price's `valid_from`. For example: 2026-12-31
    pub valid_to: Option<Spanned<WrittenDate>>,
    /// The same whatever the quantity. For example: "50.00"
    pub flat: Option<WrittenRate>,
    /// The price of one, times the quantity. `from_service` takes the service's own unit_price. For example: "2.50"
    pub per_unit: Option<UnitPrice>,
    /// Tiers: each part of the quantity at the price of its tier. For example: [{ to: "500", unit: "0.04" }, { unit: "0.03" }]
    pub graduated: Option<Spanned<NonEmpty<Spanned<Tier>>>>,
    /// Tiers: all of the quantity at the price of the tier it reaches. For example: [{ to: "500", unit: "0.04" }, { unit: "0.03" }]
    pub volume: Option<Spanned<NonEmpty<Spanned<Tier>>>>,
    /// So many at a time: what is begun of a package costs the whole. For example: { size: "1000", price: "5.00" }
    pub package: Option<Spanned<Package>>,
    /// Percent of what the quantity counts, which is money. For example: "2.9"
    pub percentage: Option<WrittenShare>,
    /// Tiers: of each part of the quantity, which is money, the percentage of its tier. For example: [{ to: "1000", percent: "2.9" }, { percent: "1.9" }]
    pub graduated_percentage: Option<Spanned<NonEmpty<Spanned<PercentTier>>>>,
    /// Prices by when it is: the first that holds counts, and the last says nothing of when. For usage. For example: [{ days: [sat, sun], unit: "0.05" }, { from: "08:00", to: "18:00", unit: "0.10" }, { unit: "0.07" }]
    pub windows: Option<Spanned<NonEmpty<Spanned<RateWindow>>>>,
    /// The length of time a recurring price is for; needed where the scheme has several frequencies. Without it the price is
    /// for one period. For example: month
    pub per: Option<Spanned<Word<TimeUnit>>>,
}

impl Price {
    /// Where the tiers of each list of them begin and end; none where the price has none.
    pub fn bounds(&self) -> Vec<Vec<Bounds<'_>>> {
        let units = self.tier_lists().map(|tiers| {
            let bounds = tiers.value.0.iter().map(|tier| Bounds {
                span: &tier.span,
                from: tier.value.from.as_ref(),
                to: tier.value.to.as_ref(),
            });
            bounds.collect()
        });
        let percents = self.percent_tiers().map(|tier| Bounds {
            span: &tier.span,
            from: tier.value.from.as_ref(),
            to: tier.value.to.as_ref(),
        });
        units.chain([percents.collect()]).collect()
    }

    /// The tiers that have prices rather than percentages.
    pub fn tiers(&self) -> impl Iterator<Item = &Spanned<Tier>> {
        self.tier_lists().flat_map(|tiers| &tiers.value.0)
    }

    fn tier_lists(&self) -> impl Iterator<Item = &Spanned<NonEmpty<Spanned<Tier>>>> {
        let windows = self.windows.iter().flat_map(|windows| &windows.value.0);
        let of_windows = windows.filter_map(|window| window.value.graduated.as_ref());
        let models = self.graduated.iter().chain(&self.volume);
        models.chain(of_windows)
    }

    /// The tiers that have percentages.
    pub fn percent_tiers(&self) -> impl Iterator<Item = &Spanned<PercentTier>> {
        let models = self.graduated_percentage.iter();
        models.flat_map(|tiers| &tiers.value.0)
    }
}

/// Where a tier begins and ends.
pub struct Bounds<'a> {
    /// Of the tier.
    pub span: &'a Span,
    pub from: Option<&'a Spanned<WrittenQuantity>>,
    pub to: Option<&'a Spanned<WrittenQuantity>>,
}

/// A step of a price by quantity, with `unit`, `flat` or both.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Tier {
    /// Where the tier begins, for readers: it has to be where the one before it ends. For example: "500"
    pub from: Option<Spanned<WrittenQuantity>>,
    /// The quantity it reaches up to, which belongs to it; the last tier has none. For example: "500"
    pub to: Option<Spanned<WrittenQuantity>>,
    /// So many at a time: what is begun of them is charged whole, and `unit` is their price. Without it `unit` is the price of
    /// one, and a part of one costs its share. For example: "100"
    pub package: Option<Spanned<WrittenQuantity>>,
    /// What becomes of a package that is not full: `up` charges it whole, `down` not at all, `nearest` from the half on.
    pub partial: Option<Spanned<Word<Partial>>>,
    /// How many `unit` is the price of, where that is another number than those charged at a time. For example: "60"
    #[serde(rename = "for")]
    pub per: Option<Spanned<WrittenQuantity>>,
    /// The price of one, of a package, or of as many as `for` says, times what lies in this tier. For example: "0.04"
    pub unit: Option<WrittenRate>,
    /// Added once where any of the quantity lies in this tier. For example: "5.00"
    pub flat: Option<WrittenRate>,
}

/// What is sold so many at a time.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Package {
    /// How many there are in a package. For example: "1000"
    pub size: Spanned<WrittenQuantity>,
    /// What becomes of a package that is not full: `up` charges it whole, `down` not at all, `nearest` from the half on.
    pub partial: Option<Word<Partial>>,
    /// How many `price` is the price of, where that is another number than those in a package. For example: "60"
    #[serde(rename = "for")]
    pub per: Option<Spanned<WrittenQuantity>>,
    /// The price of a package, or of as many as `for` says. For example: "5.00"
    pub price: WrittenRate,
}

/// A step of a percentage, with `percent`, `flat` or both.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PercentTier {
    /// Where the tier begins, for readers: it has to be where the one before it ends. For example: "1000"
    pub from: Option<Spanned<WrittenQuantity>>,
    /// The quantity it reaches up to, which belongs to it; the last tier has none. For example: "1000"
    pub to: Option<Spanned<WrittenQuantity>>,
    /// Percent of the part of the quantity in this tier. For example: "2.9"
    pub percent: Option<WrittenShare>,
    /// Added once where any of the quantity lies in this tier. For example: "5.00"
    pub flat: Option<WrittenRate>,
}

#[derive(Clone, Copy, Debug)]
pub enum UnitPrice {
    Listed(WrittenRate),
    FromService,
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match String::deserialize(from)?.as_str() {
            "from_service" => Ok(Self::FromService),
            rate => crate::money::Rate::parse(rate)
                .map(|rate| Self::Listed(WrittenRate(rate)))
                .map_err(D::Error::custom),
        }
    }
}

impl JsonSchema for UnitPrice {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "UnitPrice".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rate = WrittenRate::json_schema(generator);
        json_schema!({ "anyOf": [{ "type": "string", "enum": ["from_service"] }, rate] })
    }
}
