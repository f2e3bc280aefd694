//! Services that are stopped because nobody paid: whether they go on, and which others could be stopped.

use super::ask::Asked;
use super::money;
use super::night::{Fate, Night, Short};
use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::debits::{Granularity, OnTopUp};
use crate::model::service_action::{Action, Stopped};
use crate::model::table::Columns;
use crate::money::{Amount, Currency};
use std::ops::Range;

/// What is done about a service, or could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    pub action: Action,
    pub is_ordered: bool,
    /// The service; of one that could be stopped, `since` is the day of the run.
    pub service: Stopped,
    /// In units of an amount.
    pub amount: i128,
}

impl Night<'_> {
    /// Whether a line is of a service that is stopped, and is paid only where the service goes on: its day of the run, and all days since it
    /// was stopped where they are charged. What is charged once is owed whether or not it does.
    pub fn is_trial(&self, stopped: &[&Stopped], row: usize) -> bool {
        if stopped.is_empty() || self.asked.is_one_time(row) {
            return false;
        }
        let (service, _) = self.key(row);
        let its = stopped.iter().find(|it| it.service_id == service);
        let from = |it: &Stopped| match self.terms.debits.on_topup {
            OnTopUp::ChargeAll => it.since,
            OnTopUp::ChargeActiveDays | OnTopUp::Waive => self.terms.as_of,
        };
        its.is_some_and(|it| from(it) <= self.asked.start(row))
    }

    /// Starts those services again for which there is enough, once everything else is paid that is open of them; where the run starts none,
    /// they are those that could be.
    pub fn go_on(
        &mut self,
        stopped: &[&Stopped],
        own: &Range<usize>,
        rows: Range<usize>,
        shorts: &[Short],
    ) {
        for service in stopped {
            let its = |row: usize| self.key(row).0 == service.service_id;
            let trial: Vec<usize> = rows
                .clone()
                .filter(|row| its(*row) && self.is_trial(&[*service], *row))
                .collect();
            let is_open = shorts.iter().any(|short| its(short.row));
            let amount = self.asked.sum(trial.iter().copied());
            let wallets = &self.opened.money[own.clone()];
            let places = money::order(wallets, &service.scheme, self.terms.as_of);
            let held = self.held_at(wallets, &places);
            let is_payable = !money::none_pays(wallets, &service.scheme);
            // What is used has no price for a day, and wants something to be used.
            let is_priced = trial.iter().any(|row| self.asked.is_recurring(*row));
            let is_enough = amount <= held && (is_priced || held > 0);
            let goes_on = is_enough && !is_open && is_payable;
            if goes_on {
                self.acted.push(Acted {
                    action: Action::Start,
                    is_ordered: self.terms.debits.starts,
                    service: (*service).clone(),
                    amount,
                });
            }
            if goes_on && self.terms.debits.starts {
                self.pay_each(own, &trial);
            } else {
                let missing = (amount - held).max(i128::from(!is_enough));
                self.stays_stopped(service, is_open, (amount, missing));
                for row in &trial {
                    self.fates[*row] = Fate::Stopped;
                }
            }
        }
    }

    /// Pays the lines of a service that goes on, together or day by day.
    fn pay_each(&mut self, own: &Range<usize>, trial: &[usize]) {
        let size = match self.terms.debits.granularity {
            Granularity::Run => trial.len(),
            Granularity::Day => 1,
        };
        for rows in trial.chunks(size.max(1)) {
            let places = self.places(own, rows[0]);
            self.pay(own, &places, rows);
        }
    }

    fn stays_stopped(&mut self, service: &Stopped, is_open: bool, (amount, missing): (i128, i128)) {
        let currency = Currency::parse(&service.currency).expect("inputs check currencies");
        let text = |units: i128| Amount::text_of(units, currency);
        let why = match missing {
            _ if is_open => "what was open before is not paid".to_owned(),
            0 => "there is enough to start it again".to_owned(),
            _ if amount == 0 => "there is nothing in its wallets".to_owned(),
            missing => format!(
                "{} {} is missing of {} to start it again",
                text(missing),
                service.currency,
                text(amount)
            ),
        };
        self.set_aside(Aside {
            kind: AsideKind::Exclusion,
            reach: Reach::Service,
            account_id: service.account_id.clone(),
            subscription_id: service.subscription_id.clone(),
            service_id: service.service_id.clone(),
            charge: service.charge.clone(),
            stage: "debit",
            code: "stopped",
            message: format!("stopped since {}: {why}", service.since),
        });
    }

    /// Notes the services for which there was too little, and which are not stopped yet.
    pub fn could_stop(&mut self, stopped: &[&Stopped], shorts: &[Short]) {
        let mut could: Vec<Acted> = Vec::new();
        for short in shorts {
            let (service, _) = self.key(short.row);
            let is_stopped = stopped.iter().any(|it| it.service_id == service);
            if is_stopped || self.unstoppable.contains(service) {
                continue;
            }
            let is_its = |it: &&mut Acted| it.service.service_id == service;
            if let Some(acted) = could.iter_mut().find(is_its) {
                acted.amount += short.missing;
                continue;
            }
            let text = |name: &str| self.lines().text_at(name, short.row).to_owned();
            could.push(Acted {
                action: Action::Stop,
                is_ordered: false,
                service: Stopped {
                    account_id: text("account_id"),
                    subscription_id: text("subscription_id"),
                    service_id: text("service_id"),
                    charge: text("charge"),
                    scheme: Asked::text(self.asked.schemes, short.row).to_owned(),
                    currency: text("currency"),
                    since: self.terms.as_of,
                },
                amount: short.missing,
            });
        }
        self.acted.append(&mut could);
    }
}
