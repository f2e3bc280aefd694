//! `kind: prepaid_run` as written.

use super::bill_run::{AccountStatus, AsOf, Filters};
use super::{NonEmpty, Schedule, Selection, Word, WrittenDay};
use crate::definition::typed::Spanned;
use crate::model::bill_run::{Check, Level};
use crate::model::debits::{Granularity, OnInsufficient, OnTopUp};
use schemars::JsonSchema;
use serde::Deserialize;
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

/// What each check leads to.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PrepaidChecks {
    /// Top-ups that are too old or missing, so that services would be stopped although there is money; not made without such an input.
    pub top_ups_fresh: Word<Option<Level>>,
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
            usage_complete,
            uncovered,
            vanished,
            changed_without_date,
        } = self;
        let levels = [
            (Check::TopUpsFresh, top_ups_fresh),
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
