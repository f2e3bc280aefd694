//! The pauses of services: their own, and those of their accounts.

use super::days::merged;
use super::life::FOREVER;
use crate::calendar::Period;
use crate::model::table::Columns;
use polars::prelude::DataFrame;
use std::borrow::Cow;
use std::collections::HashMap;

/// Pauses by whom they are about, in order and disjoint.
pub struct Pauses<'a> {
    of_services: HashMap<&'a str, Vec<Period>>,
    of_accounts: HashMap<&'a str, Vec<Period>>,
}

impl<'a> Pauses<'a> {
    /// Without those for nonpayment where `is_unpaid_used` says that their days are charged all the same.
    pub fn new(pauses: &'a DataFrame, is_unpaid_used: bool) -> Self {
        let causes = pauses.text("cause");
        let by = |column: &str| {
            let mut pauses_of: HashMap<&str, Vec<Period>> = HashMap::new();
            let days = pauses.dates("from").zip(pauses.dates("to"));
            for ((id, (from, to)), cause) in pauses.text(column).iter().zip(days).zip(causes.iter())
            {
                if is_unpaid_used && cause == Some("nonpayment") {
                    continue;
                }
                if let (Some(id), Some(from)) = (id, from) {
                    let to = to.unwrap_or(FOREVER);
                    pauses_of.entry(id).or_default().push(Period::new(from, to));
                }
            }
            pauses_of
                .into_iter()
                .map(|(id, pauses)| (id, merged(pauses)))
                .collect()
        };
        Self {
            of_services: by("service_id"),
            of_accounts: by("account_id"),
        }
    }

    /// The days a service is paused on, by itself or with its account.
    pub fn of(&self, service_id: &str, account_id: &str) -> Cow<'_, [Period]> {
        if self.of_services.is_empty() && self.of_accounts.is_empty() {
            return Cow::Borrowed(&[]);
        }
        let own = self.of_services.get(service_id);
        match (own, self.of_accounts.get(account_id)) {
            (None, None) => Cow::Borrowed(&[]),
            (Some(pauses), None) | (None, Some(pauses)) => Cow::Borrowed(pauses),
            (Some(own), Some(account)) => Cow::Owned(merged([&own[..], account].concat())),
        }
    }
}
