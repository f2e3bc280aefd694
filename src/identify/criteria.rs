//! Who a run is about: criteria and filters, before any period is looked at.

use super::faults::Faults;
use super::joined::Joined;
use crate::diagnostic::Aside;
use crate::model::account::Tables;
use crate::model::bill_run::{BillRun, Criteria, Filters};
use crate::model::frequency::Frequency;
use crate::model::scheme::{ChargeType, Scheme};
use crate::model::table::Columns;
use polars::prelude::BooleanChunked;
use std::collections::{BTreeMap, BTreeSet};

/// What a run leaves out, and by which field, by the rows of the tables.
pub struct Criterion<'a> {
    run: &'a BillRun,
    accounts: Vec<Option<&'static str>>,
    subscriptions: Vec<Subscription<'a>>,
    matching: Option<BooleanChunked>,
}

/// A subscription, its scheme and frequency resolved.
pub struct Subscription<'a> {
    /// `None`: no definition has it.
    pub scheme: Option<&'a Scheme>,
    /// `None`: its scheme does not offer it.
    pub frequency: Option<Frequency>,
    left_out: Option<&'static str>,
}

impl<'a> Criterion<'a> {
    /// `matching` says for every service whether the `where` holds.
    pub fn new(
        run: &'a BillRun,
        schemes: &'a BTreeMap<String, Scheme>,
        tables: &Tables,
        joined: &Joined<'_>,
        matching: Option<BooleanChunked>,
        faults: &Faults<'_>,
    ) -> Self {
        let subscriptions = (0..joined.subscription_count())
            .map(|row| subscription(run, schemes, joined, row))
            .collect();
        Self {
            run,
            accounts: accounts(&run.criteria, &run.filters, tables, faults),
            subscriptions,
            matching,
        }
    }

    pub fn subscription(&self, subscription: usize) -> &Subscription<'a> {
        &self.subscriptions[subscription]
    }

    /// The field that leaves an order out, if one does. Schemes and frequencies are nothing of an order's.
    pub fn order(&self, order_id: &str, account: usize) -> Option<&'static str> {
        let filters = &self.run.filters;
        let is_wanted = match &filters.orders {
            Some(wanted) => wanted.contains(order_id),
            // Whoever names subscriptions means them alone.
            None => filters.subscriptions.is_none(),
        };
        if let Some(reason) = self.accounts[account] {
            Some(reason)
        } else if !is_wanted {
            Some("filter")
        } else if !self.run.charges.contains(&ChargeType::OneTime) {
            Some("charge_type")
        } else {
            None
        }
    }

    /// The field that leaves a service out, if one does; `charge_type` is that of its charge, where it is known.
    pub fn service(
        &self,
        (service, subscription, account): (usize, usize, usize),
        charge_type: Option<ChargeType>,
    ) -> Option<&'static str> {
        let filters = &self.run.filters;
        let is_wanted = |kind| self.run.charges.contains(&kind);
        let matches = |matching: &BooleanChunked| matching.get(service) == Some(true);
        if let Some(reason) = self.accounts[account].or(self.subscriptions[subscription].left_out) {
            Some(reason)
        } else if filters.orders.is_some() && filters.subscriptions.is_none() {
            Some("filter")
        } else if !charge_type.is_none_or(is_wanted) {
            Some("charge_type")
        } else if !self.matching.as_ref().is_none_or(matches) {
            Some("where")
        } else {
            None
        }
    }
}

/// For every account, the field that leaves it out, if one does.
///
/// A value that could not be read leaves nobody out: whether the account is meant is not known, so it is parked.
fn accounts(
    criteria: &Criteria,
    filters: &Filters,
    tables: &Tables,
    faults: &Faults<'_>,
) -> Vec<Option<&'static str>> {
    let fields: [(&'static str, &str, &Option<BTreeSet<String>>); 6] = [
        (
            "classification",
            "classification",
            &criteria.classifications,
        ),
        (
            "payment_preference",
            "payment_preference",
            &criteria.payment_preferences,
        ),
        (
            "presentment_preference",
            "presentment_preference",
            &criteria.presentment_preferences,
        ),
        ("account_status", "status", &criteria.account_status),
        ("filter", "account_id", &filters.accounts),
        ("filter", "group", &filters.groups),
    ];
    let ids = tables.accounts.text("account_id");
    // A fault in one of its services says nothing of its own columns.
    let is_own = |fault: &&Aside| fault.subscription_id.is_empty() && fault.service_id.is_empty();
    let is_unread = |row| {
        let faults = faults.of_account(ids.get(row).unwrap_or_default());
        faults.iter().any(is_own)
    };
    let mut left_out = vec![None; tables.accounts.height()];
    for (reason, column, wanted) in fields {
        let Some(wanted) = wanted else { continue };
        for (row, value) in tables.accounts.text(column).iter().enumerate() {
            let is_wanted = match value {
                Some(value) => wanted.contains(value),
                None => is_unread(row),
            };
            if left_out[row].is_none() && !is_wanted {
                left_out[row] = Some(reason);
            }
        }
    }
    left_out
}

fn subscription<'a>(
    run: &BillRun,
    schemes: &'a BTreeMap<String, Scheme>,
    joined: &Joined<'_>,
    row: usize,
) -> Subscription<'a> {
    let name = joined.scheme(row);
    let scheme = schemes.get(name);
    let wanted = |wanted: &Option<BTreeSet<String>>, value: &str| {
        wanted.as_ref().is_none_or(|wanted| wanted.contains(value))
    };
    // A scheme that no definition has is somebody's mistake, not somebody else's run: it is reported, not left out.
    let left_out = if scheme.is_some() && !run.criteria.schemes.contains(name) {
        Some("scheme")
    } else if !wanted(&run.criteria.frequencies, joined.frequency(row)) {
        Some("frequency")
    } else if !wanted(&run.filters.subscriptions, joined.subscription_id(row)) {
        Some("filter")
    } else {
        None
    };
    let frequency = Frequency::parse(joined.frequency(row));
    Subscription {
        scheme,
        frequency: frequency.filter(|frequency| {
            scheme.is_some_and(|scheme| scheme.frequencies.contains(frequency))
        }),
        left_out,
    }
}
