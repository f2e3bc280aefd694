//! Where the ids of a workspace stand in its tables.

use super::index::Index;
use super::table::Columns;
use polars::prelude::DataFrame;
use std::sync::{Arc, OnceLock};

/// An index of each table that others refer to, made when it is first asked for.
#[derive(Clone, Debug, Default)]
pub struct Places {
    accounts: OnceLock<Arc<Index>>,
    subscriptions: OnceLock<Arc<Index>>,
    services: OnceLock<Arc<Index>>,
}

impl Places {
    /// With indexes that are there already.
    pub fn known(accounts: Arc<Index>, subscriptions: Arc<Index>, services: Arc<Index>) -> Self {
        Self {
            accounts: accounts.into(),
            subscriptions: subscriptions.into(),
            services: services.into(),
        }
    }

    pub fn accounts(&self, accounts: &DataFrame) -> &Arc<Index> {
        of(&self.accounts, accounts, "account_id")
    }

    pub fn subscriptions(&self, subscriptions: &DataFrame) -> &Arc<Index> {
        of(&self.subscriptions, subscriptions, "subscription_id")
    }

    pub fn services(&self, services: &DataFrame) -> &Arc<Index> {
        of(&self.services, services, "service_id")
    }
}

fn of<'a>(place: &'a OnceLock<Arc<Index>>, table: &DataFrame, id: &str) -> &'a Arc<Index> {
    place.get_or_init(|| Arc::new(Index::new(table.text(id))))
}
