//! How subscriptions are charged.

use crate::calendar::Date;
use crate::money::{Currency, Rate, Rounding};
use std::collections::BTreeSet;

/// A billing term scheme: the charges a subscription can have, in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    pub name: String,
    pub title: Option<String>,
    pub currency: Currency,
    pub frequencies: BTreeSet<Frequency>,
    pub anchor: Anchor,
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeKind {
    Recurring {
        timing: Timing,
        proration: Proration,
    },
}

/// When in its period a recurring charge may be billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// On its first day.
    Advance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proration {
    /// A part of a period costs the whole.
    None,
    /// Days used of days in the full period.
    Daily,
}

/// A price and the first day it holds; `None` from the beginning of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceVersion {
    pub valid_from: Option<Date>,
    pub price: Price,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Price {
    /// The same whatever the quantity.
    Flat(Rate),
    /// Times the quantity.
    PerUnit(UnitPrice),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitPrice {
    /// Written in the scheme; a service's own `unit_price` goes first.
    Listed(Rate),
    /// `services.unit_price`, whose absence is `BW-R104`.
    FromService,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    Monthly,
}

impl Frequency {
    pub fn parse(text: &str) -> Option<Self> {
        (text == "monthly").then_some(Self::Monthly)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
        }
    }

    /// Months in a period.
    pub fn months(self) -> i32 {
        match self {
            Self::Monthly => 1,
        }
    }
}

/// Which day of the month periods begin on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The account's bill day, else the day of `next_bill_on`, else the day of the start.
    BillDay,
    /// The day the subscription started.
    StartDate,
    /// The 1st.
    Calendar,
}
