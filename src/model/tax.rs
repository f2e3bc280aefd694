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
    pub prices: Prices,
    pub rates: Vec<TaxRate>,
    /// Printed on the invoices of accounts that are exempt.
    pub exempt_note: Option<String>,
}

/// Whether the amounts of lines have their tax in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prices {
    /// Tax is added to them.
    #[default]
    Exclusive,
    /// Tax is taken out of them.
    Inclusive,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TaxRate {
    pub category: String,
    /// Columns of the account and the value each must have.
    pub matches: BTreeMap<String, String>,
    /// First day it holds; from the beginning of time where none is written. The invoice date decides.
    pub valid_from: Option<Date>,
    pub levy: Levy,
}

/// What a rate comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Levy {
    /// One tax, or several on the same lines, in the order they are worked out. Never empty.
    Taxed(Vec<TaxPart>),
    /// None, and the note that says so.
    Untaxed { treatment: Treatment, note: String },
}

/// One of the taxes on a line.
#[derive(Clone, Debug, PartialEq)]
pub struct TaxPart {
    /// As printed; `None` where it is the only one.
    pub name: Option<String>,
    /// 7.25 means 7.25 %.
    pub percent: Rate,
    /// Whether the taxes before it are taxed too.
    pub is_compound: bool,
}

/// How a category of lines is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    Taxed,
    /// The customer, or what is sold, is free of tax.
    Exempt,
    /// The customer owes the tax; only those with a `tax_id` can.
    ReverseCharge,
}

impl Treatment {
    /// As on invoices.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taxed => "taxed",
            Self::Exempt => "exempt",
            Self::ReverseCharge => "reverse_charge",
        }
    }
}
