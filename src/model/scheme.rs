//! How subscriptions are charged.

use super::bill_run::Condition;
use super::counting::Aggregate;
use super::events::Each;
use super::frequency::{Alignment, Frequency, TimeUnit};
use super::package::Package;
use super::proration::Proration;
use super::window::RateWindow;
use crate::calendar::Date;
use crate::diagnostic::Place;
use crate::money::{Amount, Currency, LineRounding, Quantity, Rate};
use std::collections::BTreeSet;

/// A billing term scheme: the charges a subscription can have, in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    pub name: String,
    pub title: Option<String>,
    pub classification: Classification,
    pub currency: Currency,
    pub frequencies: BTreeSet<Frequency>,
    pub alignment: Alignment,
    /// The scheme's own, or the workspace's.
    pub rounding: LineRounding,
    /// In the order written; codes differ.
    pub charges: Vec<Charge>,
}

impl Scheme {
    pub fn charge(&self, code: &str) -> Option<&Charge> {
        self.charges.iter().find(|charge| charge.code == code)
    }
}

/// How what a scheme charges is paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Classification {
    /// By invoices.
    #[default]
    Normal,
    /// Out of wallets.
    Prepaid,
}

/// What becomes of days that are billed when their price or quantity is changed afterwards, or what of them is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retroactive {
    /// The next run bills the difference, and credits days that are not used.
    Adjust,
    /// They stay as they were billed.
    #[default]
    Ignore,
    /// A person looks at it: the service is not billed on.
    Park,
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
    /// Whose other lines count towards it, so that only what is missing is due; only of a recurring charge in arrears.
    pub commits: Option<Commits>,
    /// Its own, or its scheme's.
    pub retroactive: Retroactive,
    /// Its own tax category, or its scheme's; `standard` where neither names one.
    pub tax_category: String,
}

impl Charge {
    /// The price version that holds on a day, which lies in this period of the service; `None` before the first.
    pub fn version_on(&self, day: Date, number: i32) -> Option<&PriceVersion> {
        let mut newest_first = self.prices.iter().rev();
        newest_first.find(|version| {
            version.valid_from.is_none_or(|from| from <= day)
                && version.from_period.is_none_or(|from| from <= number)
        })
    }

    /// Whether what usage costs is its quantity times a price, whatever was used before in its period.
    pub fn is_linear(&self) -> bool {
        let is_per_unit = |version: &PriceVersion| matches!(version.price, Price::PerUnit(_));
        !self.goes_on() && self.prices.iter().all(is_per_unit)
    }

    /// Whether what usage costs depends on how much was used before in its period, also where that cost nothing.
    pub fn goes_on(&self) -> bool {
        let is_one_price =
            |version: &PriceVersion| matches!(version.price, Price::Flat(_) | Price::PerUnit(_));
        match &self.kind {
            ChargeKind::Usage(usage) => {
                !usage.included.is_zero()
                    || usage.minimum.is_some()
                    || usage.maximum.is_some()
                    || usage.each != Each::default()
                    || !self.prices.iter().all(is_one_price)
            }
            ChargeKind::Recurring { .. } | ChargeKind::OneTime => false,
        }
    }

    /// Whether what it costs depends on how long the service has been there.
    pub fn counts_periods(&self) -> bool {
        self.prices.iter().any(|price| price.from_period.is_some())
    }

    /// The period from which the price of this one holds; `None`: from the first.
    pub fn from_period(&self, number: i64) -> Option<i32> {
        let periods = self
            .prices
            .iter()
            .rev()
            .filter_map(|price| price.from_period);
        periods.into_iter().find(|from| i64::from(*from) <= number)
    }
}

/// Who is committed to spend at least the price of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Commits {
    Subscription,
    Account,
}

/// What sort of charge it is, with what only that sort has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a workspace has few charges, each of them once"
)]
pub enum ChargeKind {
    /// For every period.
    Recurring {
        timing: Timing,
        proration: Proration,
        cancel: Cancel,
        /// Free from the start of a service on.
        trial_days: i32,
    },
    /// For what was used in a period.
    Usage(Usage),
    /// Once, when the service starts.
    OneTime,
}

impl ChargeKind {
    /// How usage is counted; `None` where none is.
    pub fn usage(&self) -> Option<&Usage> {
        match self {
            Self::Usage(usage) => Some(usage),
            Self::Recurring { .. } | Self::OneTime => None,
        }
    }

    /// How many days from the start of a service on are free.
    pub fn trial_days(&self) -> i32 {
        match self {
            Self::Recurring { trial_days, .. } => *trial_days,
            Self::Usage(_) | Self::OneTime => 0,
        }
    }

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
    /// Where it is written: the columns it names are known only once the inputs are read.
    pub place: Place,
    /// Which rows are counted; `None`: all.
    pub condition: Option<Condition>,
    pub aggregate: Aggregate,
    pub each: Each,
    /// Free in every full period.
    pub included: Quantity,
    /// Whose services have the included quantity in common; `None`: each has its own.
    pub shared: Option<Shared>,
    /// What becomes of what is left of it at the end of a period; `None`: it lapses.
    pub rollover: Option<Rollover>,
    pub through: Through,
    /// What becomes of usage of days that are billed already.
    pub late: Late,
    /// What a period costs at least, usage or not.
    pub minimum: Option<Amount>,
    /// What a period costs at most.
    pub maximum: Option<Amount>,
    /// Which of these count for a part of a period only by its days.
    pub prorated: BTreeSet<Allowance>,
}

impl Usage {
    /// How it is counted, as lines keep it: `count where direction = 'out'`. `None`: all quantities are added up.
    pub fn counted(&self) -> Option<String> {
        let Each { first, then, .. } = self.each;
        let mut counted = self.aggregate.to_string();
        if !first.is_zero() {
            counted += &format!(", first {first}");
        }
        if !then.is_zero() {
            counted += &format!(" then {then}");
        }
        if let Some(Shared::Subscription) = self.shared {
            counted += &format!(", {}{IN_COMMON}", self.included);
        }
        if let Some(condition) = &self.condition {
            counted += &format!(" where {}", condition.expression);
        }
        (counted != Aggregate::Sum.to_string()).then_some(counted)
    }

    /// Whether services had in common what they have today, as a line says it was counted.
    pub fn is_shared_as(&self, counted: &str) -> bool {
        let how = counted.split(" where ").next().unwrap_or_default();
        match self.shared {
            None => !how.ends_with(IN_COMMON),
            Some(Shared::Subscription) => how.ends_with(&format!(", {}{IN_COMMON}", self.included)),
        }
    }
}

/// Behind what services of a subscription have in common, as lines keep it.
const IN_COMMON: &str = " included in all of the subscription";

/// What a full period of usage has beside its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Allowance {
    Included,
    Minimum,
    Maximum,
}

/// Whose services have an included quantity in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// All those of a subscription that are sold under the charge.
    Subscription,
}

/// What becomes of an included quantity that was not used in its period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollover {
    /// It can be used in the next period, before what is included there, and lapses with that.
    NextPeriod,
}

/// What becomes of usage that arrives for days that are billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Late {
    /// It is an exception: a person decides.
    #[default]
    Refuse,
    /// The next run bills the difference that it makes to its period.
    NextRun,
    /// It is never billed.
    Ignore,
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
    /// The period of the service from which it holds, the first being 1; `None`: from the first.
    pub from_period: Option<i32>,
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
    /// By when it is, the first that holds. Never empty; the last always holds.
    Windows(Vec<RateWindow>),
}

impl Price {
    /// The pricing model, as written in definitions and on lines.
    pub fn model(&self) -> &'static str {
        match self {
            Self::Flat(_) => "flat",
            Self::PerUnit(_) => "per_unit",
            Self::Tiered(model, _) => model.name(),
            Self::Windows(_) => "windows",
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
    /// `None`: as it is, and a part of one costs its share.
    pub package: Option<Package>,
    /// What `unit` is the price of; `None`: of a package, or of one.
    pub per: Option<Quantity>,
    pub unit: Rate,
    /// Added once where any of the quantity lies in this tier.
    pub flat: Rate,
}
