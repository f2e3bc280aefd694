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
            ("charge", Kind::Text), // ORDER:LINE for the line of an order, whose service is empty
            ("kind", Kind::Text),   // recurring, usage, late_usage, one_time; adjustment: usage that is billed, to be priced anew
            ("scheme", Kind::Text), // null for the line of an order
            ("frequency", Kind::Text),
            ("group_key", Kind::Text), // what shares an invoice, beside the account; null where nothing more does
            ("description", Kind::Text), // of an order line; null: the charge's
            ("tax_category", Kind::Text), // of an order line; null: the charge's
            ("period_start", Kind::Date),
            ("period_end", Kind::Date),
            ("days_before", Kind::Count), // days of the full period in the charge's life before period_start
            ("days", Kind::Count),        // days to charge now
            ("period_days", Kind::Count), // days of the full period
            ("quantity", Kind::Quantity), // of the service or order line; of usage, what was used
            ("quantity_before", Kind::Quantity), // usage of the full period billed earlier; null where the charge is no usage
            ("included", Kind::Quantity), // of usage: free of the full period so far, where services share that; null: the charge's
            ("carried_in", Kind::Quantity), // of usage: free beside that, left of the period before; null where nothing goes over
            ("carried_out", Kind::Quantity), // of usage: what of the included quantity is no longer free, because a run before had it go over into the next period
            ("events", Kind::Text), // what single rows of usage cost, as lines keep it; null where that does not matter
            ("adjusts", Kind::Text), // of late usage and of usage priced anew: line_id of the last line of its period; null where there is none, and on any other
            ("billed", Kind::Amount), // of usage priced anew: what was billed of it so far; null on any other
            ("is_final", Kind::Flag),            // whether no day of the full period is left after this
            ("is_raised", Kind::Flag), // whether earlier lines of the period were brought to its minimum, because it was over then
            ("unit_price", Kind::Rate), // the service's own; null where it has none
            ("currency", Kind::Text),
            ("price_version", Kind::Date), // first day of the price version in force; null: from the beginning
            ("period_number", Kind::Count), // of the service, from 1, where a price or a discount asks for it
        ],
        key: &["account_id", "subscription_id", "service_id", "charge", "period_start"],
    }
);

table_type!(
    /// Days that were billed and then not used, with the derivation of the line that billed them, to be credited.
    UnusedDays,
    Schema {
        name: "unused",
        columns: &[
            ("account_id", Kind::Text),
            ("subscription_id", Kind::Text),
            ("service_id", Kind::Text),
            ("charge", Kind::Text),
            ("group_key", Kind::Text),
            ("line_id", Kind::Text),     // of the line that billed them
            ("period_start", Kind::Date), // first unused day
            ("period_end", Kind::Date),
            ("days_before", Kind::Count), // days of the full period charged before the first unused one
            ("days", Kind::Count),        // unused days
            ("period_days", Kind::Count),
            // As on that line:
            ("description", Kind::Text),
            ("quantity", Kind::Quantity),
            ("currency", Kind::Text),
            ("tax_category", Kind::Text),
            ("scheme", Kind::Text),
            ("frequency", Kind::Text),
            ("model", Kind::Text),
            ("unit_price", Kind::Rate),
            ("tiers", Kind::Text),
            ("per", Kind::Text),
            ("price_from", Kind::Text),
            ("price_version", Kind::Date),
            ("proration", Kind::Text),
            ("rounding", Kind::Text),
        ],
        key: &["account_id", "subscription_id", "service_id", "charge", "period_start"],
    }
);

/// Billed days as they would be billed today, and as they were: row by row the same days of the same charge.
#[derive(Clone, Debug)]
pub struct Changed {
    pub due: DueCharges,
    /// With the derivation of the line that billed them last.
    pub billed: UnusedDays,
    /// Usage of periods that are billed, with what was billed of it so far.
    pub usage: DueCharges,
}

table_type!(
    /// How every service and every order line of the input stands in this run; one row each.
    Standings,
    Schema {
        name: "standing",
        columns: &[
            ("account_id", Kind::Text),
            ("subscription_id", Kind::Text),
            ("service_id", Kind::Text), // empty for an order line
            ("charge", Kind::Text), // of the row in force at the window's end; ORDER:LINE
            // billed; not_due; not_selected:REASON; excluded:REASON; excepted:CODE
            ("standing", Kind::Text),
            ("billed_through", Kind::Date), // first day not billed, before this run; null where nothing was
            ("next_ready_on", Kind::Date),  // when it can be billed next, after this run; null: never
            ("rows", Kind::Count),  // rows of its input table that are about it
            ("usage", Kind::Count), // rows of usage that end as it does
        ],
        key: &["account_id", "subscription_id", "service_id", "charge"],
    }
);
