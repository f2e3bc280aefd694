//! Accounts, their subscriptions and services, as checked tables.
//!
//! Each has the columns below in this order, then `row` (where it stands in its file, the header being row 1), then
//! every further column of the input as text, for `where`, `group_by` and templates.

use super::table::{Kind, Schema};
use polars::prelude::DataFrame;

pub const ACCOUNTS: Schema = Schema {
    name: "accounts",
    columns: &[
        ("account_id", Kind::Text),
        ("currency", Kind::Text),
        ("name", Kind::Text),
        ("emails", Kind::Text),
        ("cc", Kind::Text),
        ("address", Kind::Text),
        ("postcode", Kind::Text),
        ("city", Kind::Text),
        ("country", Kind::Text),
        ("region", Kind::Text),
        ("language", Kind::Text),
        ("tax_id", Kind::Text),
        ("tax_exempt", Kind::Flag),
        ("classification", Kind::Text),
        ("group", Kind::Text),
        ("invoice_to", Kind::Text),
        ("bill_day", Kind::Count),
        ("payment_terms", Kind::Text),
        ("auto_pay", Kind::Flag),
        ("payment_method", Kind::Text),
        ("payment_token", Kind::Text),
        ("payment_preference", Kind::Text),
        ("presentment_preference", Kind::Text),
        ("delivery", Kind::Text),
        ("status", Kind::Text),
        ("created_on", Kind::Date),
        ("canceled_on", Kind::Date),
        ("opening_balance", Kind::Amount),
    ],
    key: &["account_id"],
};

pub const SUBSCRIPTIONS: Schema = Schema {
    name: "subscriptions",
    columns: &[
        ("subscription_id", Kind::Text),
        ("account_id", Kind::Text),
        ("scheme", Kind::Text),
        ("frequency", Kind::Text),
        ("status", Kind::Text),
        ("start_on", Kind::Date),
        ("end_on", Kind::Date),
        ("discount_percent", Kind::Rate),
        ("discount_periods", Kind::Count),
    ],
    key: &["subscription_id"],
};

pub const SERVICES: Schema = Schema {
    name: "services",
    columns: &[
        ("service_id", Kind::Text),
        ("subscription_id", Kind::Text),
        ("charge", Kind::Text),
        ("quantity", Kind::Quantity),
        ("unit_price", Kind::Rate),
        ("start_on", Kind::Date),
        ("end_on", Kind::Date),
        ("next_bill_on", Kind::Date),
        ("effective_on", Kind::Date),
        ("hold_until", Kind::Date),
        ("status", Kind::Text),
    ],
    key: &["service_id"],
};

/// The state of things as last night's export has it. Values that could not be read are null, and their rows are in the
/// stage's `aside`. Empty text is null. Defaults are filled in: `status` active, `quantity` 1, `frequency` monthly.
#[derive(Clone, Debug)]
pub struct Tables {
    /// One row per account; sorted by `account_id`.
    pub accounts: DataFrame,
    /// One row per subscription; sorted by `subscription_id`.
    pub subscriptions: DataFrame,
    /// One row per service; sorted by `service_id`.
    pub services: DataFrame,
}

/// Column of every input table: the row of its file, the header being row 1.
pub const ROW: &str = "row";
