//! Written decisions to leave something alone until a day.

use crate::calendar::Date;
use std::collections::BTreeSet;

/// `kind: hold`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub name: String,
    /// What is left alone. Never empty.
    pub what: BTreeSet<Held>,
    pub whom: Whom,
    /// The first day it no longer holds.
    pub until: Date,
    pub release: Release,
    pub reason: Option<String>,
}

/// Whom a hold is about; at least one of them is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whom {
    pub accounts: BTreeSet<String>,
    pub services: BTreeSet<String>,
    pub invoices: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    Billing,
}

/// What becomes of the held days afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// All of them are billed then.
    Defer,
    /// What was ready before the hold's end is never billed.
    Waive,
}
