//! The rows that `inputs/` set aside, by what they take with them.

use crate::diagnostic::{Aside, Reach};
use std::collections::BTreeMap;

/// The faults `inputs/` found.
pub struct Faults<'a> {
    by_account: BTreeMap<&'a str, Vec<&'a Aside>>,
    by_service: BTreeMap<&'a str, Vec<&'a Aside>>,
    /// Rows that belong to nobody.
    pub orphans: Vec<&'a Aside>,
}

impl<'a> Faults<'a> {
    pub fn new(faults: &'a [Aside]) -> Self {
        let mut sorted = Self {
            by_account: BTreeMap::new(),
            by_service: BTreeMap::new(),
            orphans: Vec::new(),
        };
        for fault in faults {
            match fault.reach {
                Reach::Account => sorted
                    .by_account
                    .entry(&fault.account_id)
                    .or_default()
                    .push(fault),
                Reach::Service => sorted
                    .by_service
                    .entry(&fault.service_id)
                    .or_default()
                    .push(fault),
                Reach::Row => sorted.orphans.push(fault),
            }
        }
        sorted
    }

    pub fn of_account(&self, account_id: &str) -> &[&'a Aside] {
        self.by_account.get(account_id).map_or(&[], Vec::as_slice)
    }

    pub fn of_service(&self, service_id: &str) -> &[&'a Aside] {
        self.by_service.get(service_id).map_or(&[], Vec::as_slice)
    }
}
