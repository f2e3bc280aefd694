//! How usage is counted, and what has to be kept of its rows for that.

use super::bill_run::Condition;
use super::events::Rating;
use super::scheme::{PriceVersion, Scheme};
use crate::diagnostic::Place;
use std::collections::BTreeMap;
use std::fmt;

/// What the rows of usage of a period come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Their quantities added up.
    Sum,
    /// How many they are.
    Count,
    /// How many different values a column of the usage input has in them; rows without one are left out.
    Unique(String),
    /// The largest quantity.
    Max,
    /// The quantity of the latest.
    Last,
    /// The average of a level that each row sets from its instant on. It is zero before the first row of the period.
    TimeWeighted,
}

impl Aggregate {
    /// Whether what two parts of a period come to adds up to what the period comes to.
    pub fn adds_up(&self) -> bool {
        matches!(self, Self::Sum | Self::Count)
    }

    /// Whether what comes later can be added to what a period came to, of which the quantity is known and not the rows.
    pub fn goes_on(&self) -> bool {
        self.adds_up() || matches!(self, Self::Max)
    }

    pub fn is_sum(&self) -> bool {
        matches!(self, Self::Sum)
    }

    fn wants_times(&self) -> bool {
        matches!(self, Self::Last | Self::TimeWeighted)
    }
}

impl fmt::Display for Aggregate {
    /// As lines keep it: `sum`, `unique user_id`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sum => out.write_str("sum"),
            Self::Count => out.write_str("count"),
            Self::Unique(column) => write!(out, "unique {column}"),
            Self::Max => out.write_str("max"),
            Self::Last => out.write_str("last"),
            Self::TimeWeighted => out.write_str("time_weighted"),
        }
    }
}

/// What the schemes of a workspace ask of rows of usage beside a day and a quantity. What none of them asks for is not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    /// The conditions by their text, and where each is written first.
    pub conditions: BTreeMap<String, Place>,
    /// Columns whose different values are counted, and where each is named first.
    pub columns: BTreeMap<String, Place>,
    /// Whether it matters when on its day a row was.
    pub times: bool,
}

impl Counting {
    pub fn of<'a>(schemes: impl IntoIterator<Item = &'a Scheme>) -> Self {
        let mut counting = Self::default();
        let charges = schemes.into_iter().flat_map(|scheme| &scheme.charges);
        for charge in charges {
            let Some(usage) = charge.kind.usage() else {
                continue;
            };
            if let Some(Condition { expression, place }) = &usage.condition {
                let known = counting.conditions.entry(expression.clone());
                known.or_insert_with(|| place.clone());
            }
            if let Aggregate::Unique(column) = &usage.aggregate {
                let known = counting.columns.entry(column.clone());
                known.or_insert_with(|| usage.place.clone());
            }
            let rated = |version: &PriceVersion| Rating::of(usage, &version.price).is_some();
            counting.times |= usage.aggregate.wants_times() || charge.prices.iter().any(rated);
        }
        counting
    }

    /// The number of a condition.
    pub fn condition(&self, expression: &str) -> Option<u32> {
        number(&self.conditions, expression)
    }

    /// The number of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        number(&self.columns, name).map(|number| number as usize)
    }
}

fn number(known: &BTreeMap<String, Place>, name: &str) -> Option<u32> {
    let at = known.keys().position(|key| key == name)?;
    u32::try_from(at).ok()
}
