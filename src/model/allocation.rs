//! What of discounts and credits is used on invoices.

use super::table::{Kind, Schema, table_type};

table_type!(
    /// A discount or credit and an invoice it was used on, drafts included: what is left of it is its amount less these.
    Allocations,
    Schema {
        name: "allocation",
        columns: &[
            ("account_id", Kind::Text), // whose it is
            ("source", Kind::Text),     // discount, price_credit, balance_credit
            ("source_id", Kind::Text),
            ("run_id", Kind::Text),
            ("invoice_id", Kind::Text),
            ("amount", Kind::Amount), // taken off; below zero: given back
            ("currency", Kind::Text),
        ],
        key: &["account_id", "source", "source_id", "invoice_id", "amount"],
    }
);

/// Where something taken off comes from, as the book keeps it.
pub const DISCOUNT: &str = "discount";
pub const PRICE_CREDIT: &str = "price_credit";
pub const BALANCE_CREDIT: &str = "balance_credit";
