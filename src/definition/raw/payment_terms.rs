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
    /// The least and the most that a bill run may add with `invoices.due.offset_days`; without it nothing. For example: [-5, 10]
    #[schemars(inner(range(min = -3660, max = 3660)))]
    pub offset_range: Option<Spanned<[i32; 2]>>,
}

impl Due {
    /// The offsets a run may add.
    pub fn range(&self) -> (i32, i32) {
        self.offset_range
            .as_ref()
            .map_or((0, 0), |range| range.value.into())
    }
}
