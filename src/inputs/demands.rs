//! What each table asks of its input beyond the types of its columns.

use crate::model::account;
use crate::model::table::{Kind, Schema};

/// What one table asks for.
#[derive(Clone, Copy, Debug)]
pub struct Demands {
    pub schema: &'static Schema,
    /// Columns that must be there and hold a value in every row. The first is the id.
    pub required: &'static [&'static str],
    /// Columns of which one must be there: whose a row is.
    pub owners: &'static [&'static str],
    /// What an empty value means.
    pub defaults: &'static [(&'static str, &'static str)],
    /// Columns with few words, and the words.
    pub words: &'static [(&'static str, &'static [&'static str])],
    /// Where a row begins and ends, in days.
    pub span: Option<(&'static str, &'static str)>,
    /// Columns that later parts of Billwright act on: until then zero, which changes nothing, or empty.
    pub later: &'static [&'static str],
    /// A table without rows is held: an export that broke off would bill nobody.
    pub wants_rows: bool,
}

pub const ACCOUNTS: Demands = Demands {
    schema: &account::ACCOUNTS,
    required: &["account_id", "currency"],
    defaults: &[("status", "active")],
    words: &[("status", &["active", "suspended", "canceled"])],
    wants_rows: true,
    ..NOTHING
};

pub const SUBSCRIPTIONS: Demands = Demands {
    schema: &account::SUBSCRIPTIONS,
    required: &["subscription_id", "account_id", "scheme"],
    owners: &["account_id"],
    defaults: &[("status", "active"), ("frequency", "monthly")],
    span: Some(("start_on", "end_on")),
    ..NOTHING
};

pub const SERVICES: Demands = Demands {
    schema: &account::SERVICES,
    required: &["service_id", "subscription_id", "charge"],
    owners: &["subscription_id"],
    defaults: &[("status", "active"), ("quantity", "1")],
    span: Some(("start_on", "end_on")),
    wants_rows: true,
    ..NOTHING
};

pub const PAUSES: Demands = Demands {
    schema: &account::PAUSES,
    required: &["pause_id", "from"],
    owners: &["service_id", "account_id"],
    words: &[("cause", &["customer", "nonpayment"])],
    span: Some(("from", "to")),
    ..NOTHING
};

pub const ORDERS: Demands = Demands {
    schema: &account::ORDERS,
    required: &["order_id", "account_id", "status"],
    owners: &["account_id"],
    ..NOTHING
};

pub const ORDER_LINES: Demands = Demands {
    schema: &account::ORDER_LINES,
    required: &["order_id", "line", "description", "unit_price"],
    owners: &["order_id"],
    defaults: &[("quantity", "1")],
    ..NOTHING
};

pub const DISCOUNTS: Demands = Demands {
    schema: &account::DISCOUNTS,
    required: &["discount_id"],
    owners: &["service_id", "subscription_id", "account_id"],
    span: Some(("from", "to")),
    ..NOTHING
};

pub const CREDITS: Demands = Demands {
    schema: &account::CREDITS,
    required: &["credit_id", "account_id", "amount", "kind"],
    owners: &["account_id"],
    words: &[("kind", &["price", "balance"])],
    span: Some(("on", "expires_on")),
    later: &["invoice"],
    ..NOTHING
};

pub const USAGE: Demands = Demands {
    schema: &account::USAGE,
    required: &["usage_id", "service_id", "used_at", "quantity"],
    owners: &["service_id"],
    defaults: &[("status", "processed")],
    words: &[("status", &["processed", "pending", "processing"])],
    ..NOTHING
};

pub const WALLETS: Demands = Demands {
    schema: &account::WALLETS,
    required: &["wallet_id", "account_id", "currency"],
    owners: &["account_id"],
    defaults: &[("opening_balance", "0"), ("credit_limit", "0")],
    ..NOTHING
};

/// When they were made is read as usage's moments are, and whose they are follows from the wallet.
pub const TOP_UPS: Demands = Demands {
    schema: &Schema {
        name: account::TOP_UPS.name,
        columns: &[
            ("top_up_id", Kind::Text),
            ("wallet_id", Kind::Text),
            ("amount", Kind::Amount),
            ("expires_on", Kind::Date),
        ],
        key: &["top_up_id"],
    },
    required: &["top_up_id", "wallet_id", "at", "amount"],
    owners: &["wallet_id"],
    ..NOTHING
};

/// Tables a run cannot do without, and those that are empty where the workspace names no such input.
pub const NEEDED: [Demands; 3] = [ACCOUNTS, SUBSCRIPTIONS, SERVICES];
pub const OPTIONAL: [Demands; 6] = [PAUSES, ORDERS, ORDER_LINES, DISCOUNTS, CREDITS, USAGE];
/// Further tables of runs that debit wallets.
pub const PREPAID: [Demands; 2] = [WALLETS, TOP_UPS];

/// A table that asks for nothing, to be said otherwise.
const NOTHING: Demands = Demands {
    schema: &account::ACCOUNTS,
    required: &[],
    owners: &[],
    defaults: &[],
    words: &[],
    span: None,
    later: &[],
    wants_rows: false,
};

impl Demands {
    pub fn name(&self) -> &'static str {
        self.schema.name
    }

    /// Name of the column by which rows are told apart, at first.
    pub fn id(&self) -> &'static str {
        self.required[0]
    }

    pub fn default(&self, column: &str) -> Option<&'static str> {
        let found = self.defaults.iter().find(|(name, _)| *name == column);
        found.map(|(_, value)| *value)
    }

    pub fn words(&self, column: &str) -> Option<&'static [&'static str]> {
        let found = self.words.iter().find(|(name, _)| *name == column);
        found.map(|(_, words)| *words)
    }

    /// Whether a column names a row of another table.
    pub fn is_reference(&self, column: &str) -> bool {
        self.owners.contains(&column)
    }
}
