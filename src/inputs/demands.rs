//! What the three tables ask of their inputs beyond the types of their columns.

use crate::model::account;
use crate::model::table::Schema;

/// What one table asks for.
#[derive(Clone, Copy, Debug)]
pub struct Demands {
    pub schema: &'static Schema,
    /// Columns that must be there and hold a value in every row. The first is the id.
    pub required: &'static [&'static str],
    /// What an empty value means.
    pub defaults: &'static [(&'static str, &'static str)],
    /// Columns that later parts of Billwright act on, and the value at which they change nothing.
    pub later: &'static [(&'static str, Neutral)],
    /// A table without rows is held: an export that broke off would bill nobody.
    pub wants_rows: bool,
}

/// A value that changes nothing; an empty one never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neutral {
    Empty,
    False,
    Zero,
    Text(&'static str),
}

pub const ACCOUNTS: Demands = Demands {
    schema: &account::ACCOUNTS,
    required: &["account_id", "currency"],
    defaults: &[("status", "active")],
    later: &[
        ("tax_exempt", Neutral::False),
        ("group", Neutral::Empty),
        ("invoice_to", Neutral::Empty),
        ("payment_terms", Neutral::Empty),
        ("opening_balance", Neutral::Zero),
    ],
    wants_rows: true,
};

pub const SUBSCRIPTIONS: Demands = Demands {
    schema: &account::SUBSCRIPTIONS,
    required: &["subscription_id", "account_id", "scheme"],
    defaults: &[("status", "active"), ("frequency", "monthly")],
    later: &[
        ("frequency", Neutral::Text("monthly")),
        ("discount_percent", Neutral::Zero),
        ("discount_periods", Neutral::Zero),
    ],
    wants_rows: false,
};

pub const SERVICES: Demands = Demands {
    schema: &account::SERVICES,
    required: &["service_id", "subscription_id", "charge"],
    defaults: &[("status", "active"), ("quantity", "1")],
    later: &[
        ("effective_on", Neutral::Empty),
        ("hold_until", Neutral::Empty),
    ],
    wants_rows: true,
};

impl Demands {
    /// Name of the column by which rows are told apart.
    pub fn id(&self) -> &'static str {
        self.required[0]
    }

    pub fn default(&self, column: &str) -> Option<&'static str> {
        let found = self.defaults.iter().find(|(name, _)| *name == column);
        found.map(|(_, value)| *value)
    }
}
