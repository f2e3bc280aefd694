//! The reports: what is asked again and again before and after a run.

mod bill_date_changes;
mod bill_dates;
mod completeness;
mod exceptions;
pub mod invoices;
mod new_accounts;
mod wallets;

pub use bill_date_changes::bill_date_changes;
pub use bill_dates::bill_dates;
pub use completeness::completeness;
pub use exceptions::{Touched, exceptions};
pub use invoices::invoices;
pub use new_accounts::new_accounts;
pub use wallets::{shortfalls, wallets};

use super::table::Table;

/// A table, and what is to be said of it.
#[derive(Clone, Debug)]
pub struct Listing {
    pub table: Table,
    /// Sentences for people, below the table.
    pub notes: Vec<String>,
}

impl From<Table> for Listing {
    fn from(table: Table) -> Self {
        Self {
            table,
            notes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::account::{ACCOUNTS, SERVICES, SUBSCRIPTIONS};
    use crate::model::due::Standings;
    use crate::model::finding::Findings;
    use crate::report::explain::Trial;
    use crate::report::fixture::table;
    use polars::prelude::DataFrame;

    pub fn accounts(text: &str) -> DataFrame {
        table(&ACCOUNTS, text)
    }

    pub fn subscriptions(text: &str) -> DataFrame {
        table(&SUBSCRIPTIONS, text)
    }

    pub fn services(text: &str) -> DataFrame {
        table(&SERVICES, text)
    }

    /// A trial plan as of 1 February 2026.
    pub fn trial(definition: &str, standings: &str, findings: &str) -> Trial {
        Trial {
            definition: definition.to_owned(),
            as_of: "2026-02-01".to_owned(),
            standings: Standings::checked(table(Standings::SCHEMA, standings)),
            findings: Findings::checked(table(Findings::SCHEMA, findings)),
        }
    }
}
