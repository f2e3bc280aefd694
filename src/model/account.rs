//! Accounts, their subscriptions and services, as checked tables.
//!
//! Each has the columns below in this order, then `row` (where it stands in its file, the header being row 1), then
//! every further column of the input as text, for `where`, `group_by` and templates.

use super::places::Places;
use super::table::{Columns, Kind, Schema};
use super::usage::Usage;
use polars::prelude::DataFrame;
use std::collections::BTreeMap;

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
    key: &["service_id", "effective_on"],
};

/// Days a service, or every service of an account, is not billed for: from `from` up to, but not including, `to`.
pub const PAUSES: Schema = Schema {
    name: "pauses",
    columns: &[
        ("pause_id", Kind::Text),
        ("service_id", Kind::Text),
        ("account_id", Kind::Text),
        ("from", Kind::Date),
        ("to", Kind::Date),
        ("cause", Kind::Text),
    ],
    key: &["pause_id"],
};

pub const ORDERS: Schema = Schema {
    name: "orders",
    columns: &[
        ("order_id", Kind::Text),
        ("account_id", Kind::Text),
        ("status", Kind::Text),
        ("fulfilled_on", Kind::Date),
    ],
    key: &["order_id"],
};

pub const ORDER_LINES: Schema = Schema {
    name: "order_lines",
    columns: &[
        ("order_id", Kind::Text),
        ("line", Kind::Text),
        ("description", Kind::Text),
        ("quantity", Kind::Quantity),
        ("unit_price", Kind::Rate),
        ("tax", Kind::Text), // its tax category
        ("bill_on", Kind::Date),
    ],
    key: &["order_id", "line"],
};

pub const USAGE: Schema = Schema {
    name: "usage",
    columns: &[
        ("usage_id", Kind::Text),
        ("service_id", Kind::Text),
        ("used_at", Kind::Count), // microseconds since 1970-01-01 UTC
        ("used_on", Kind::Date),  // the day that was in the workspace's zone
        ("quantity", Kind::Quantity),
        ("meter", Kind::Text),  // empty: that of the service's charge
        ("status", Kind::Text), // processed, pending, processing
    ],
    key: &["service_id", "used_at", "usage_id"],
};

/// What is taken off lines before tax, of an account, a subscription or a service: a percentage, or an amount on each invoice.
pub const DISCOUNTS: Schema = Schema {
    name: "discounts",
    columns: &[
        ("discount_id", Kind::Text),
        ("account_id", Kind::Text), // filled in where the row names a subscription or a service
        ("subscription_id", Kind::Text),
        ("service_id", Kind::Text),
        ("charge", Kind::Text), // empty: all
        ("percent", Kind::Rate),
        ("amount", Kind::Amount),
        ("currency", Kind::Text),  // of the amount; empty: the account's
        ("invoices", Kind::Count), // on how many it is at most; empty: all
        ("from", Kind::Date),      // of the periods that begin on this day or later
        ("to", Kind::Date),        // and before this one
        ("priority", Kind::Count), // the lowest first; empty: percentages, then amounts
        ("description", Kind::Text),
    ],
    key: &["discount_id"],
};

/// Money an account has for its next invoices: taken off prices before tax, or off what it has to pay.
pub const CREDITS: Schema = Schema {
    name: "credits",
    columns: &[
        ("credit_id", Kind::Text),
        ("account_id", Kind::Text),
        ("amount", Kind::Amount),
        ("currency", Kind::Text),     // empty: the account's
        ("kind", Kind::Text),         // price, balance
        ("tax_category", Kind::Text), // of the lines a price credit is for; empty: all
        ("invoice", Kind::Text),
        ("on", Kind::Date),         // the first business date it can be used on
        ("expires_on", Kind::Date), // the first it can not
        ("priority", Kind::Count), // the lowest first; empty last, those that expire first before others
        ("reason", Kind::Text),    // as printed
    ],
    key: &["credit_id"],
};

/// Money paid in beforehand. Whether there is a further one says the input; what it holds, the book.
pub const WALLETS: Schema = Schema {
    name: "wallets",
    columns: &[
        ("wallet_id", Kind::Text),
        ("account_id", Kind::Text),
        ("currency", Kind::Text), // the account's
        ("opening_balance", Kind::Amount),
        ("credit_limit", Kind::Amount),
        ("priority", Kind::Count),  // the lowest first; empty last
        ("expires_on", Kind::Date), // the first day it can not be used
        ("scheme", Kind::Text),     // it pays for subscriptions under this one alone; empty: all
    ],
    key: &["wallet_id"],
};

/// Money that came into wallets.
pub const TOP_UPS: Schema = Schema {
    name: "top_ups",
    columns: &[
        ("top_up_id", Kind::Text),
        ("wallet_id", Kind::Text),
        ("account_id", Kind::Text), // filled in: the wallet's
        ("at", Kind::Count),        // microseconds since 1970-01-01 UTC
        ("on", Kind::Date),         // the day that was in the workspace's zone
        ("amount", Kind::Amount),
        ("expires_on", Kind::Date), // the first day it can not be used
    ],
    key: &["wallet_id", "at", "top_up_id"],
};

/// The state of things as last night's export has it. Values that could not be read are null, and their rows are in the
/// stage's `aside`. Empty text is null. Defaults are filled in: `status` active, `quantity` 1, `frequency` monthly.
#[derive(Clone, Debug)]
pub struct Tables {
    /// One row per account; sorted by `account_id`.
    pub accounts: DataFrame,
    /// One row per subscription; sorted by `subscription_id`.
    pub subscriptions: DataFrame,
    /// One row per service and `effective_on`, by which it is sorted, an empty one first. Two rows of one day stand in the order of
    /// their file: the last holds.
    pub services: DataFrame,
    /// No rows where the workspace names no such input; so are the tables below.
    pub pauses: DataFrame,
    pub orders: DataFrame,
    pub order_lines: DataFrame,
    pub discounts: DataFrame,
    pub credits: DataFrame,
    pub wallets: DataFrame,
    /// Each id once; sorted by wallet, then by when they were made.
    pub top_ups: DataFrame,
    /// Rows of them whose id was there before with the same content.
    pub top_ups_repeated: usize,
    pub usage: Usage,
    /// Where the ids of accounts, subscriptions and services stand.
    pub places: Places,
    /// Rows of an id that was there before with the same content: counted, and otherwise passed over.
    pub usage_repeated: usize,
    /// Whether rows were left unread because the run is not about them: what is not here may be there all the same.
    pub is_partial: bool,
    /// By table, rows that belong to nobody known and are in no table here. Each is in `aside` with reach `Row`; of usage there is
    /// one such for every unknown service, since whole months of it can be unknown.
    pub orphans: BTreeMap<&'static str, usize>,
}

impl Tables {
    /// The row of the account of each subscription; `NOWHERE` where there is none.
    pub fn accounts_of_subscriptions(&self) -> Vec<u32> {
        let accounts = self.places.accounts(&self.accounts);
        accounts.rows(self.subscriptions.text("account_id"))
    }

    /// The row of the subscription of each row of the services; `NOWHERE` where there is none.
    pub fn subscriptions_of_services(&self) -> Vec<u32> {
        let subscriptions = self.places.subscriptions(&self.subscriptions);
        subscriptions.rows(self.services.text("subscription_id"))
    }
}

/// Column of every input table but usage: the row of its file. The header of a CSV file is row 1, and so is the first row of a
/// Parquet file.
pub const ROW: &str = "row";
