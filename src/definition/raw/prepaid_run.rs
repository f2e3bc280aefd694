//! `kind: prepaid_run` as written.

use super::bill_run::{AccountStatus, AsOf, Filters};
use super::{NonEmpty, Schedule, Selection, Word, WrittenAmount, WrittenDay, WrittenTime, written};
use crate::definition::typed::Spanned;
use crate::model::bill_run::{Check, Level};
use crate::model::debits::{Fresh, Granularity, Hours, Limit, OnInsufficient, OnTopUp};
use crate::money::Rate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Keys of a bill run that are about invoices: whoever writes one here is told that there are none.
pub const OF_INVOICES: [&str; 10] = [
    "window",
    "advance_days",
    "charges",
    "tax",
    "invoices",
    "closing",
    "run_payment_terms",
    "render",
    "delivery",
    "brakes",
];

/// A prepaid run: whose services are paid out of wallets, and what becomes of those for which there is too little.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PrepaidRun {
    /// The name of the run, as in `billwright run NAME`: letters, digits, `-`, `_` and `.`. No bill run has it too. For example: nightly-prepaid
    #[schemars(extend("format" = "name"))]
    pub name: Spanned<String>,
    /// What the run is about, for people. For example: Prepaid phones, every night
    pub title: Option<String>,
    /// Whether the run may be made. Set it to false to keep a definition without using it.
    pub enabled: bool,
    /// When cron is to start the run: for `runs --upcoming`, for the day a run is for, and for what a held run says of its next try.
    pub schedule: Option<Schedule>,
    /// The business date of a run, the last day that recurring charges are debited for, unless --as-of says it: `slot` (the day of
    /// the latest time of its schedule; without one the day of the command), or a day of that month. For example: { day: 1 }
    pub as_of: AsOf,
    /// Whom the run is about. A row has to fit every line here; inside a list one match is enough.
    pub criteria: PrepaidCriteria,
    /// Narrows the run further: `all` for no narrowing, which has to be said on purpose, or accounts, subscriptions, groups and
    /// a condition.
    pub filters: Filters<PrepaidNarrow>,
    /// What is taken out of wallets, and what becomes of it where there is too little.
    pub debit: Debit,
    /// How long each wallet lasts, from prices and from what was used: a list, which `--no-estimate` leaves out for one run.
    pub estimate: Estimate,
    /// Customers whose wallet runs low, for the mail that tells them.
    pub notices: Notices,
    /// Whether services are stopped for which there was too little, and when not; those that could be are listed in any case.
    pub stop_services: StopServices,
    /// Whether services that were stopped are started again once there is enough; those that could be are listed in any case.
    pub start_services: StartServices,
    /// What each check of a plan leads to: `off`, `info`, `warn`, or `error`, which holds the run until somebody accepts it.
    pub checks: PrepaidChecks,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct PrepaidCriteria {
    /// Names of schemes, all of them prepaid. For example: [prepaid-mobile]
    pub schemes: NonEmpty<Spanned<String>>,
    /// Values of the account's `classification`. For example: [retail]
    pub classifications: Selection<String>,
    /// Values of the account's `status`. For example: [active]
    pub account_status: Selection<AccountStatus>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct PrepaidNarrow {
    /// Ids of accounts. For example
    pub accounts: Option<NonEmpty<String>>,
    /// Ids of subscriptions.
    pub subscriptions: Option<NonEmpty<String>>,
    /// Names of bill groups. For example: [enterprise]
    pub groups: Option<NonEmpty<Spanned<String>>>,
    /// One SQL condition over columns of account, subscription and service. For example: region = 'US-CA'
    #[serde(rename = "where")]
    #[schemars(extend("format" = "where"))]
    pub condition: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Debit {
    /// What one debit is for: `run`, all days of a charge that are due, or `day`, one day of it.
    pub granularity: Word<Granularity>,
    /// What becomes of a debit for which there is too little: `skip`, it is not made; `partial_days`, it is made for as many of its
    /// days as can be paid, the oldest first; `allow_negative`, it is made as far as the credit limits of the wallets go.
    pub on_insufficient: Word<OnInsufficient>,
    /// What becomes of days without money once there is some: `charge_active_days`, they are charged but for those on which the service
    /// was stopped; `charge_all`; or `waive`, those that an earlier run could not debit are let go.
    pub on_topup: Word<OnTopUp>,
    /// The last day whose usage is debited: a day as in the window of a bill run. For example: { date: as_of, plus_days: -1 }
    pub usage_through: WrittenDay,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Estimate {
    /// Whether it is made; a run is faster without.
    pub enabled: bool,
    /// How many days ahead is looked.
    #[schemars(range(min = 1, max = 3660))]
    pub horizon_days: i32,
    /// Of how many days before the run the average of what was used is taken.
    #[schemars(range(min = 1, max = 366))]
    pub usage_lookback_days: i32,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Notices {
    /// A wallet that falls below it is told of, once for each time it does; 0 for none. In the currency of the wallet. For example: "5.00"
    pub low_balance: Spanned<WrittenAmount>,
    /// Between which times of day, in the time zone of the workspace, the customer may be told. For example: "08:00-20:00"
    pub send: WrittenHours,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct StopServices {
    /// Whether the run orders it: in the book and as out/service-actions-RUN.csv.
    pub enabled: Spanned<bool>,
    /// Whether nobody is stopped with top-ups that are older than their `max_age`: [top_ups], or [] to stop all the same. Any other input
    /// that is too old refuses the run.
    pub needs_fresh: Spanned<Vec<Word<Fresh>>>,
    /// The most services a run may stop: so many in a hundred of those it has rated, and one in any case, or a number of them. If more
    /// would have to be, none is. For example: "2%"
    pub at_most: WrittenLimit,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct StartServices {
    /// Whether the run orders it: in the book and as out/service-actions-RUN.csv.
    pub enabled: bool,
}

written!(
    /// A number of something, or so many in a hundred.
    WrittenLimit(Limit), "limit", "type": ["string", "number"], "pattern": "^[0-9]+([.][0-9]+)?%?$"
);
written!(
    /// From one time of day to a later one.
    WrittenHours(Hours), "hours", "type": "string", "pattern": "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$"
);

impl WrittenLimit {
    /// `2%`, up to `100%`, or `500`.
    pub fn parse(text: &str) -> Option<Limit> {
        let Some(percent) = text.strip_suffix('%') else {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
            return text.parse().ok().filter(|_| is_plain).map(Limit::Count);
        };
        let percent = Rate::parse(percent).ok()?;
        let hundred = Rate::parse("100").ok()?;
        (!percent.is_negative() && percent <= hundred).then_some(Limit::Percent(percent))
    }
}

impl WrittenHours {
    /// `08:00-20:00`.
    pub fn parse(text: &str) -> Option<Hours> {
        let (from, to) = text.split_once('-')?;
        let hours = Hours {
            from: WrittenTime::parse(from)?,
            to: WrittenTime::parse(to)?,
        };
        (hours.from < hours.to).then_some(hours)
    }
}

/// What each check leads to.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PrepaidChecks {
    /// Top-ups that are too old or missing, so that services would be stopped although there is money; not made without such an input.
    pub top_ups_fresh: Word<Option<Level>>,
    /// Services that would have to be stopped and are not: more than `stop_services.at_most`, or with an input that is too old.
    pub stop_limit: Word<Option<Level>>,
    /// Wallets whose `opening_balance` is another than when they were first seen: it counts once, and what stands there later changes nothing.
    pub opening_balances: Word<Option<Level>>,
    /// Usage that is still pending on days that would be debited.
    pub usage_complete: Word<Option<Level>>,
    /// Subscriptions with services that no enabled run selects.
    pub uncovered: Word<Option<Level>>,
    /// Services that were debited and are no longer in the input.
    pub vanished: Word<Option<Level>>,
    /// A quantity, price or charge that changed without an `effective_on`.
    pub changed_without_date: Word<Option<Level>>,
}

impl PrepaidChecks {
    /// The checks that are made.
    pub fn levels(&self) -> BTreeMap<Check, Level> {
        let Self {
            top_ups_fresh,
            stop_limit,
            opening_balances,
            usage_complete,
            uncovered,
            vanished,
            changed_without_date,
        } = self;
        let levels = [
            (Check::TopUpsFresh, top_ups_fresh),
            (Check::StopLimit, stop_limit),
            (Check::OpeningBalances, opening_balances),
            (Check::UsageComplete, usage_complete),
            (Check::Uncovered, uncovered),
            (Check::Vanished, vanished),
            (Check::ChangedWithoutDate, changed_without_date),
        ];
        let made = levels
            .into_iter()
            .filter_map(|(check, level)| Some((check, level.0?)));
        made.collect()
    }
}
