//! `kind: payment_terms` as written.

use crate::definition::typed::Spanned;
use schemars::JsonSchema;
use serde::Deserialize;

/// When an invoice is to be paid.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PaymentTerms {
    /// The name by which accounts and the workspace refer to it. For example: net-30
    #[schemars(extend("format" = "name"))]
    pub name: Spanned<String>,
    /// What the terms are, for people.
    #[expect(dead_code, reason = "for readers of the file; no document shows it")]
    title: Option<String>,
    /// When it is due.
    pub due: Due,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Due {
    /// Days after the invoice date. For example: 30
    #[schemars(range(min = 0, max = 3660))]
    pub days: i32,
}
