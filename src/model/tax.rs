//! What is added to an invoice for the state.

use crate::calendar::Date;
use crate::money::{Rate, Rounding};
use std::collections::BTreeMap;

/// Tax rates; the first that matches counts, and no match is an exception.
#[derive(Clone, Debug, PartialEq)]
pub struct Tax {
    pub name: String,
    /// The tax's own, or the workspace's.
    pub rounding: Rounding,
    pub rates: Vec<TaxRate>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TaxRate {
    pub category: String,
    /// Columns of the account and the value each must have.
    pub matches: BTreeMap<String, String>,
    /// 7.25 means 7.25 %.
    pub percent: Rate,
    /// First day it holds; from the beginning of time where none is written. The invoice date decides.
    pub valid_from: Option<Date>,
}
