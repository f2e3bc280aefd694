//! What is to be billed, before it has a price; and how every service stands.

use super::table::{Kind, Schema, table_type};

table_type!(
    /// One row per period of a charge that is due.
    DueCharges,
    Schema {
        name: "due",
        columns: &[
            ("account_id", Kind::Text),
            ("subscription_id", Kind::Text),
            ("service_id", Kind::Text),
            ("charge", Kind::Text),
            ("scheme", Kind::Text),
            ("period_start", Kind::Date),
            ("period_end", Kind::Date),
            ("days_before", Kind::Count), // days of the full period in the charge's life before period_start
            ("days", Kind::Count),        // days to charge now
            ("period_days", Kind::Count), // days of the full period
            ("quantity", Kind::Quantity),
            ("unit_price", Kind::Rate), // the service's own; null where it has none
            ("currency", Kind::Text),
            ("price_version", Kind::Date), // first day of the price version in force; null: from the beginning
        ],
        key: &["account_id", "subscription_id", "service_id", "charge", "period_start"],
    }
);

table_type!(
    /// How every service of the input stands in this run; one row each.
    Standings,
    Schema {
        name: "standing",
        columns: &[
            ("account_id", Kind::Text),
            ("subscription_id", Kind::Text),
            ("service_id", Kind::Text),
            ("charge", Kind::Text),
            // billed; not_due; not_selected:REASON; excluded:REASON; excepted:CODE
            ("standing", Kind::Text),
            ("billed_through", Kind::Date), // first day not billed, before this run; null where nothing was
            ("next_ready_on", Kind::Date),  // when it can be billed next, after this run; null: never
        ],
        key: &["account_id", "subscription_id", "service_id", "charge"],
    }
);
