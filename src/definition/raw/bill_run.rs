//! `kind: bill_run` as written.

use super::{
    Invoices, NonEmpty, Schedule, Selection, Word, WrittenDay, WrittenFrequency, WrittenStart,
};
use crate::definition::typed::Spanned;
use crate::model::bill_run::{Check, Format, Level, Stale};
use crate::model::scheme::ChargeType;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// A bill run: which subscriptions are billed, on which dates, and how far a run goes by itself.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct BillRun {
    /// The name of the run, as in `billwright run NAME`: letters, digits, `-`, `_` and `.`. For example: monthly-retail
    #[schemars(extend("format" = "name"))]
    pub name: Spanned<String>,
    /// What the run is about, for people. For example: Monthly retail billing
    pub title: Option<String>,
    /// Whether the run may be made. Set it to false to keep a definition without using it.
    pub enabled: bool,
    /// When cron is to start the run: for `runs --upcoming`, for the day a run is for, and for what a held run says of its next try.
    pub schedule: Option<Schedule>,
    /// The business date of a run, unless --as-of says it: `slot` (the day of the latest time of its schedule; without one the day
    /// of the command), or a day of that month. For example: { day: 1 }
    pub as_of: AsOf,
    /// Which days are billed: what became ready in this window and was not billed before.
    pub window: Window,
    /// Days after the window's end on which a charge may become ready and is still billed, to invoice the coming period early;
    /// a bill group's own value goes first. For example: 5
    #[schemars(range(min = 0, max = 366))]
    pub advance_days: i32,
    /// Which kinds of charge are billed. `[usage]` alone bills usage and leaves the next bill dates of all else where they are.
    pub charges: NonEmpty<Word<ChargeType>>,
    /// Whom the run is about. A row has to fit every line here; inside a list one match is enough.
    pub criteria: Criteria,
    /// Narrows the run further: `all` for no narrowing, which has to be said on purpose, or accounts,
    /// subscriptions, orders, groups and a condition.
    pub filters: Filters,
    /// The name of the tax definition; without it the workspace's default. For example: us-sales
    pub tax: Option<Spanned<String>>,
    /// Dates, numbers and posting of the invoices.
    pub invoices: Invoices,
    /// Which documents are made.
    pub render: Render,
    /// What each check of a plan leads to: `off`, `info`, `warn`, or `error`, which holds the run until somebody accepts it.
    pub checks: Checks,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AsOf {
    Slot,
    Day(#[schemars(range(min = 1, max = 31))] u32),
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Window {
    /// The first day: `earliest`, so whatever was not billed yet, or a day as under `to`.
    pub from: Spanned<WrittenStart>,
    /// The last day: `as_of` (the business date of the run), a date, the first or last day of a month counted from the business
    /// date, or a day moved. For example: last_of_month, or { date: as_of, plus_days: -1 }
    pub to: WrittenDay,
    /// What becomes of a charge that was never billed and became ready before `from`: `hold` (it is left out, and the check
    /// `stale_dates` says so) or `bill`.
    pub stale: Word<Stale>,
    /// A service further behind than this is set aside with its backlog; the rest of its account is billed. For example: { days: 92 }
    pub max_behind: MaxBehind,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct MaxBehind {
    /// Days before the end of the window.
    #[schemars(range(min = 1, max = 3660))]
    pub days: i32,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Criteria {
    /// Names of schemes. For example: [fiber-retail]
    pub schemes: NonEmpty<Spanned<String>>,
    /// How often subscriptions are billed. For example: [monthly]
    pub frequencies: Selection<Spanned<WrittenFrequency>>,
    /// Values of the account's `classification`. For example: [retail, business]
    pub classifications: Selection<String>,
    /// Values of the account's `payment_preference`.
    pub payment_preferences: Selection<String>,
    /// Values of the account's `presentment_preference`. For example: [paper]
    pub presentment_preferences: Selection<String>,
    /// Values of the account's `status`. For example: [active]
    pub account_status: Selection<AccountStatus>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    Active,
    Suspended,
    Canceled,
}

impl AsRef<str> for AccountStatus {
    fn as_ref(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Canceled => "canceled",
        }
    }
}

/// `all`, or what narrows a run.
#[derive(Debug)]
pub enum Filters<T = Narrow> {
    All,
    Narrow(T),
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Narrow {
    /// Ids of accounts. For example
    pub accounts: Option<NonEmpty<String>>,
    /// Ids of subscriptions.
    pub subscriptions: Option<NonEmpty<String>>,
    /// Ids of orders; charges of subscriptions are then left alone. For example: [O-7]
    pub orders: Option<NonEmpty<String>>,
    /// Names of bill groups. For example: [enterprise]
    pub groups: Option<NonEmpty<Spanned<String>>>,
    /// One SQL condition over columns of account, subscription and service. For example: region = 'US-CA' AND plan_code LIKE 'fiber%'
    #[serde(rename = "where")]
    #[schemars(extend("format" = "where"))]
    pub condition: Option<Spanned<String>>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Filters<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AllOrNarrow<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for AllOrNarrow<T> {
            type Value = Filters<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("`all` or a map")
            }

            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Filters::All)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Filters::Narrow)
            }
        }

        from.deserialize_any(AllOrNarrow(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Filters<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("FiltersOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut narrow = T::json_schema(generator);
        narrow.insert("minProperties".to_owned(), 1.into());
        json_schema!({ "anyOf": [{ "type": "string", "enum": ["all"] }, narrow] })
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Render {
    /// One document of each format for every invoice; each needs a template, templates/invoice.html or templates/invoice.txt.
    pub formats: Vec<Spanned<Word<Format>>>,
}

/// What each check leads to.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Checks {
    /// Accounts that were never billed and lack a name, an address, an email address or a bill day.
    pub new_accounts: Word<Option<Level>>,
    /// Charges never billed that became ready before the window.
    pub stale_dates: Word<Option<Level>>,
    /// Usage that is still pending in a period that would be billed.
    pub usage_complete: Word<Option<Level>>,
    /// Nothing is due because earlier runs billed beyond the window's end.
    pub already_invoiced: Word<Option<Level>>,
    /// Subscriptions with several lines in one run.
    pub several_lines: Word<Option<Level>>,
    /// Subscriptions with services that no enabled run selects.
    pub uncovered: Word<Option<Level>>,
    /// Services that were billed and are no longer in the input.
    pub vanished: Word<Option<Level>>,
    /// A quantity, price or charge that changed without an `effective_on`.
    pub changed_without_date: Word<Option<Level>>,
    /// A `next_bill_on` that no longer agrees with what is billed.
    pub bill_date_changed: Word<Option<Level>>,
}

impl Checks {
    /// The checks that are made.
    pub fn levels(&self) -> BTreeMap<Check, Level> {
        let Self {
            new_accounts,
            stale_dates,
            usage_complete,
            already_invoiced,
            several_lines,
            uncovered,
            vanished,
            changed_without_date,
            bill_date_changed,
        } = self;
        let levels = [
            (Check::NewAccounts, new_accounts),
            (Check::StaleDates, stale_dates),
            (Check::UsageComplete, usage_complete),
            (Check::AlreadyInvoiced, already_invoiced),
            (Check::SeveralLines, several_lines),
            (Check::Uncovered, uncovered),
            (Check::Vanished, vanished),
            (Check::ChangedWithoutDate, changed_without_date),
            (Check::BillDateChanged, bill_date_changed),
        ];
        let made = levels
            .into_iter()
            .filter_map(|(check, level)| Some((check, level.0?)));
        made.collect()
    }
}
