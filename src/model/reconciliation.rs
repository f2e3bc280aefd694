//! The user's own test of a run: our figures against somebody else's.

use crate::money::Amount;

#[derive(Clone, Debug, PartialEq)]
pub struct Reconciliation {
    pub name: String,
    pub title: Option<String>,
    /// An id, NAME (its latest run) or NAME@AS_OF.
    pub run: String,
    /// The input that holds their figures.
    pub against: String,
    /// Our key column and theirs.
    pub key: (String, String),
    /// Our measure and their column.
    pub compare: (Measure, String),
    /// A difference up to this, either way, is a match.
    pub tolerance: Amount,
}

/// What of an invoice is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Net,
    Tax,
    Total,
}

impl Measure {
    pub fn column(self) -> &'static str {
        match self {
            Self::Net => "net",
            Self::Tax => "tax",
            Self::Total => "total",
        }
    }
}
