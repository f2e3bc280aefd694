//! The rows of a few accounts alone, read from Parquet files without reading the rest.
//!
//! An invoice is one account's, or that of the account its invoices go to with all whose invoices go there too: these accounts are read,
//! with everything that is theirs, and so come out as they would if all were.

use super::Located;
use super::demands::{
    ACCOUNTS, CREDITS, DISCOUNTS, Demands, ORDER_LINES, ORDERS, PAUSES, SERVICES, SUBSCRIPTIONS,
    TOP_UPS, USAGE, WALLETS,
};
use super::export::{Export, column_names};
use super::needles::Needles;
use super::pieces::Pieces;
use super::text;
use crate::diagnostic::Report;
use crate::model::table::internal;
use crate::model::workspace::Input;
use std::collections::{BTreeMap, BTreeSet};

/// Whom a run is about, where it is about a few.
#[derive(Clone, Debug, Default)]
pub struct Only {
    pub accounts: BTreeSet<String>,
    pub subscriptions: BTreeSet<String>,
    pub orders: BTreeSet<String>,
    /// Something of which it is not known what it is: an account, a subscription, a service or an order.
    pub anything: Option<String>,
}

/// The exports of a few accounts, by name. `None` where an input is no Parquet, or has nothing of somebody who is named: then all of it
/// has to be read.
pub fn read(
    inputs: &BTreeMap<String, Input>,
    located: &[Located],
    wanted: &[&str],
    only: &Only,
) -> Result<Option<BTreeMap<String, Export>>, Report> {
    let mut files = BTreeMap::new();
    for name in wanted {
        match Pieces::open(name, inputs, located) {
            Some(pieces) => drop(files.insert(*name, pieces?)),
            None => return Ok(None),
        }
    }
    let narrow = Narrow { files: &files };
    let Some(accounts) = narrow.accounts(only)? else {
        return Ok(None);
    };
    let mut exports = BTreeMap::new();
    let mut keep = |demands: Demands, export: Option<Export>| {
        exports.extend(export.map(|export| (demands.name().to_owned(), export)));
    };
    let subscriptions = narrow.select(SUBSCRIPTIONS, &[("account_id", &accounts)])?;
    let own = ids(subscriptions.as_ref(), "subscription_id")?;
    let services = narrow.select(SERVICES, &[("subscription_id", &own)])?;
    let used = ids(services.as_ref(), "service_id")?;
    let orders = narrow.select(ORDERS, &[("account_id", &accounts)])?;
    let ordered = ids(orders.as_ref(), "order_id")?;
    keep(
        ACCOUNTS,
        narrow.select(ACCOUNTS, &[("account_id", &accounts)])?,
    );
    keep(SUBSCRIPTIONS, subscriptions);
    keep(SERVICES, services);
    keep(
        PAUSES,
        narrow.select(PAUSES, &[("service_id", &used), ("account_id", &accounts)])?,
    );
    keep(ORDERS, orders);
    keep(
        ORDER_LINES,
        narrow.select(ORDER_LINES, &[("order_id", &ordered)])?,
    );
    keep(
        DISCOUNTS,
        narrow.select(
            DISCOUNTS,
            &[
                ("service_id", &used),
                ("subscription_id", &own),
                ("account_id", &accounts),
            ],
        )?,
    );
    keep(
        CREDITS,
        narrow.select(CREDITS, &[("account_id", &accounts)])?,
    );
    let wallets = narrow.select(WALLETS, &[("account_id", &accounts)])?;
    let held = ids(wallets.as_ref(), "wallet_id")?;
    keep(WALLETS, wallets);
    keep(TOP_UPS, narrow.select(TOP_UPS, &[("wallet_id", &held)])?);
    keep(USAGE, narrow.select(USAGE, &[("service_id", &used)])?);
    Ok(Some(exports))
}

struct Narrow<'a> {
    files: &'a BTreeMap<&'a str, Pieces>,
}

impl Narrow<'_> {
    /// The accounts that are named, those that own what is named, and all that share an invoice with them.
    fn accounts(&self, only: &Only) -> Result<Option<BTreeSet<String>>, Report> {
        let mut named = BTreeSet::new();
        for (demands, id, wanted) in [
            (ACCOUNTS, "account_id", &only.accounts),
            (SUBSCRIPTIONS, "subscription_id", &only.subscriptions),
            (ORDERS, "order_id", &only.orders),
        ] {
            if wanted.is_empty() {
                continue;
            }
            let found = self.select(demands, &[(id, wanted)])?;
            if &ids(found.as_ref(), id)? != wanted {
                return Ok(None);
            }
            named.extend(ids(found.as_ref(), "account_id")?);
        }
        if let Some(anything) = &only.anything {
            named.extend(self.owners_of(anything)?);
            if named.is_empty() {
                return Ok(None);
            }
        }
        let own = self.select(ACCOUNTS, &[("account_id", &named)])?;
        let mut payers = ids(own.as_ref(), "invoice_to")?;
        payers.extend(named);
        let served = self.select(ACCOUNTS, &[("invoice_to", &payers)])?;
        payers.extend(ids(served.as_ref(), "account_id")?);
        Ok(Some(payers))
    }

    /// The accounts of whatever has this id.
    fn owners_of(&self, id: &str) -> Result<BTreeSet<String>, Report> {
        let id = BTreeSet::from([id.to_owned()]);
        let service = self.select(SERVICES, &[("service_id", &id)])?;
        let mut subscriptions = ids(service.as_ref(), "subscription_id")?;
        subscriptions.extend(id.iter().cloned());
        let mut owners = BTreeSet::new();
        for (demands, by, wanted) in [
            (ACCOUNTS, "account_id", &id),
            (SUBSCRIPTIONS, "subscription_id", &subscriptions),
            (ORDERS, "order_id", &id),
        ] {
            let found = self.select(demands, &[(by, wanted)])?;
            owners.extend(ids(found.as_ref(), "account_id")?);
        }
        Ok(owners)
    }

    /// The rows of an input in which a column has one of the ids beside it. A column that the input does not have has none.
    fn select(
        &self,
        demands: Demands,
        wanted: &[(&str, &BTreeSet<String>)],
    ) -> Result<Option<Export>, Report> {
        let Some(pieces) = self.files.get(demands.name()) else {
            return Ok(None);
        };
        let head = pieces.head()?;
        let known = column_names(&head.frame);
        let wanted: Vec<(&str, Needles)> = wanted
            .iter()
            .filter(|(name, _)| known.contains(name))
            .map(|(name, ids)| (*name, Needles::new(ids)))
            .collect();
        pieces.select(&wanted).map(Some)
    }
}

/// The values of a column.
fn ids(export: Option<&Export>, name: &str) -> Result<BTreeSet<String>, Report> {
    let Some(column) = export.and_then(|export| export.frame.column(name).ok()) else {
        return Ok(BTreeSet::new());
    };
    let column = text::column(column).map_err(internal)?;
    let texts = column.str().map_err(internal)?;
    Ok(texts.iter().flatten().map(str::to_owned).collect())
}
