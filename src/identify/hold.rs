//! Who is left alone until a day, and what becomes of the days until then.

use crate::calendar::Date;
use crate::model::hold::{Held, Hold, Release};
use std::collections::{BTreeMap, HashMap};

/// The holds on billing, by whom they are about.
pub struct Holds<'a> {
    of_accounts: HashMap<&'a str, Vec<&'a Hold>>,
    of_services: HashMap<&'a str, Vec<&'a Hold>>,
    as_of: Date,
}

impl<'a> Holds<'a> {
    pub fn new(holds: &'a BTreeMap<String, Hold>, as_of: Date) -> Self {
        let mut sorted = Self {
            of_accounts: HashMap::new(),
            of_services: HashMap::new(),
            as_of,
        };
        for hold in holds
            .values()
            .filter(|hold| hold.what.contains(&Held::Billing))
        {
            for account in &hold.whom.accounts {
                sorted.of_accounts.entry(account).or_default().push(hold);
            }
            for service in &hold.whom.services {
                sorted.of_services.entry(service).or_default().push(hold);
            }
        }
        sorted
    }

    /// Why an account or service is left alone, if it is; `service_id` is empty for an order.
    pub fn held(
        &self,
        account_id: &str,
        service_id: &str,
        hold_until: Option<Date>,
    ) -> Option<String> {
        if let Some(until) = hold_until.filter(|until| *until > self.as_of) {
            return Some(format!("held until {until}, as its `hold_until` says"));
        }
        let longest = self
            .of(account_id, service_id)
            .filter(|hold| hold.until > self.as_of)
            .max_by_key(|hold| hold.until)?;
        let reason = longest
            .reason
            .as_ref()
            .map_or_else(String::new, |reason| format!(": {reason}"));
        Some(format!(
            "held until {} by `{}`{reason}",
            longest.until, longest.name
        ))
    }

    /// The past hold whose days are never billed: what was ready before its end is waived.
    pub fn waived(&self, account_id: &str, service_id: &str) -> Option<&'a Hold> {
        self.of(account_id, service_id)
            .filter(|hold| hold.until <= self.as_of && hold.release == Release::Waive)
            .max_by_key(|hold| hold.until)
    }

    fn of(&self, account_id: &str, service_id: &str) -> impl Iterator<Item = &'a Hold> + '_ {
        let of_account = self.of_accounts.get(account_id);
        let of_service = self.of_services.get(service_id);
        of_account.into_iter().chain(of_service).flatten().copied()
    }
}
