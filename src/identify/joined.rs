//! Services beside their subscriptions and accounts, by row.

use crate::model::account::Tables;
use crate::model::index::{Index, NOWHERE};
use crate::model::table::{Columns, Texts};
use polars::prelude::{DataFrame, IdxSize};
use std::ops::Range;

/// For every service the rows of its subscription and account, and the texts that are looked at row by row.
pub struct Joined<'a> {
    owners: Vec<(IdxSize, IdxSize)>,
    /// The order and account of every order line.
    orders: Vec<(IdxSize, IdxSize)>,
    account_ids: &'a Texts,
    currencies: &'a Texts,
    subscription_ids: &'a Texts,
    schemes: &'a Texts,
    frequencies: &'a Texts,
    service_ids: &'a Texts,
    charges: &'a Texts,
}

impl<'a> Joined<'a> {
    /// Panics where a service has no subscription or that no account: `inputs/` keeps such rows out.
    pub fn new(tables: &'a Tables) -> Self {
        let Tables {
            accounts,
            subscriptions,
            services,
            ..
        } = tables;
        let known = |rows: Vec<IdxSize>| {
            assert!(!rows.contains(&NOWHERE), "a row belongs to nobody");
            rows
        };
        let rows = |ids: &Index, frame: &DataFrame, by| known(ids.rows(frame.text(by)));
        let of_accounts = tables.places.accounts(accounts);
        let of_orders = Index::new(tables.orders.text("order_id"));
        let owners = known(tables.accounts_of_subscriptions());
        let orderers = rows(of_accounts, &tables.orders, "account_id");
        let of_services = known(tables.subscriptions_of_services());
        let of_lines = rows(&of_orders, &tables.order_lines, "order_id");
        let with = |rows: Vec<IdxSize>, owners: &[IdxSize]| {
            rows.into_iter()
                .map(|row| (row, owners[row as usize]))
                .collect()
        };
        Self {
            owners: with(of_services, &owners),
            orders: with(of_lines, &orderers),
            account_ids: accounts.whole_texts("account_id"),
            currencies: accounts.whole_texts("currency"),
            subscription_ids: subscriptions.whole_texts("subscription_id"),
            schemes: subscriptions.whole_texts("scheme"),
            frequencies: subscriptions.whole_texts("frequency"),
            service_ids: services.whole_texts("service_id"),
            charges: services.whole_texts("charge"),
        }
    }

    /// Order and account of every order line.
    pub fn order_lines(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let owners = self.orders.iter();
        owners.map(|(order, account)| (*order as usize, *account as usize))
    }

    /// Subscription and account beside a service row.
    pub fn row(&self, service: usize) -> (usize, usize, usize) {
        let (subscription, account) = self.owners[service];
        (service, subscription as usize, account as usize)
    }

    /// The rows of every service: those with one id, which stand together.
    pub fn services(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let height = self.owners.len();
        let mut next = 0;
        std::iter::from_fn(move || {
            let start = next;
            if start == height {
                return None;
            }
            next += 1;
            while next < height && self.service_ids.get(next) == self.service_ids.get(start) {
                next += 1;
            }
            Some(start..next)
        })
    }

    /// Service, subscription and account of every service row.
    pub fn rows(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let owners = self.owners.iter().enumerate();
        owners.map(|(service, (subscription, account))| {
            (service, *subscription as usize, *account as usize)
        })
    }

    pub fn service_count(&self) -> usize {
        self.owners.len()
    }

    pub fn account_count(&self) -> usize {
        self.account_ids.len()
    }

    pub fn subscription_count(&self) -> usize {
        self.subscription_ids.len()
    }

    pub fn account_id(&self, account: usize) -> &'a str {
        at(self.account_ids, account)
    }

    pub fn currency(&self, account: usize) -> &'a str {
        at(self.currencies, account)
    }

    pub fn subscription_id(&self, subscription: usize) -> &'a str {
        at(self.subscription_ids, subscription)
    }

    pub fn scheme(&self, subscription: usize) -> &'a str {
        at(self.schemes, subscription)
    }

    pub fn frequency(&self, subscription: usize) -> &'a str {
        at(self.frequencies, subscription)
    }

    pub fn service_id(&self, service: usize) -> &'a str {
        at(self.service_ids, service)
    }

    pub fn charge(&self, service: usize) -> &'a str {
        at(self.charges, service)
    }
}

fn at(column: &Texts, row: usize) -> &str {
    column.get(row).unwrap_or_default()
}
