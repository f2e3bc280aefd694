//! Bill groups: what their accounts have in common.

use super::bill_run::Format;
use std::collections::BTreeSet;

/// `kind: group`. A value of the account's own goes before its group's, and that before the definition's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub bill_day: Option<u32>,
    /// Goes before the definition's.
    pub advance_days: Option<i32>,
    /// none, email, hardcopy or email_and_hardcopy.
    pub delivery: Option<String>,
    /// Name of payment terms.
    pub payment_terms: Option<String>,
    /// Stem of a template: `invoice` is `templates/invoice.html` and `.txt`.
    pub template: Option<String>,
    pub formats: Option<BTreeSet<Format>>,
}
