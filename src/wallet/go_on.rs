//! Services that are stopped because nobody paid: whether they go on, and which others could be stopped.

use super::ask::Asked;
use super::money;
use super::night::{Fate, Night, Short};
use crate::diagnostic::AsideKind;
use crate::model::debits::OnTopUp;
use crate::model::service_action::{Action, Stopped};
use crate::model::table::Columns;
use crate::money::Amount;
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
    /// was stopped where they are charged.
    pub fn is_trial(&self, stopped: &[&Stopped], row: usize) -> bool {
        if stopped.is_empty() {
            return false;
        }
        let (service, _) = self.key(row);
        let is_charged = self.terms.debits.on_topup == OnTopUp::ChargeAll;
        let is_its = |it: &&Stopped| it.service_id == service;
        stopped.iter().any(is_its) && (is_charged || self.terms.as_of < self.asked.end(row))
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
        // What is left where each that could go on did.
        let mut ahead = match stopped.is_empty() {
            true => return,
            false => self.opened.money[own.clone()].to_vec(),
        };
        for service in stopped {
            let its = |row: usize| self.key(row).0 == service.service_id;
            let trial: Vec<usize> = rows
                .clone()
                .filter(|row| its(*row) && self.is_trial(&[*service], *row))
                .collect();
            let is_open = shorts.iter().any(|short| its(short.row));
            let amount = self.asked.sum(trial.iter().copied());
            let places = money::order(&ahead, &service.scheme, self.terms.as_of);
            let held = self.held_at(&ahead, &places);
            let is_enough = match trial.is_empty() {
                true => held > 0,
                false => amount <= held,
            };
            let goes_on = is_enough && !is_open && !money::none_pays(&ahead, &service.scheme);
            if goes_on {
                money::take(&mut ahead, &places, amount);
                self.acted.push(Acted {
                    action: Action::Start,
                    is_ordered: self.terms.debits.starts,
                    service: (*service).clone(),
                    amount,
                });
            }
            if goes_on && self.terms.debits.starts {
                self.pay(own, &places, &trial);
            } else if let Some(first) = trial.first() {
                self.stays_stopped(service, *first, amount, held);
                for row in &trial {
                    self.fates[*row] = Fate::Stopped;
                }
            }
        }
    }

    fn stays_stopped(&mut self, service: &Stopped, row: usize, amount: i128, held: i128) {
        let currency = self.currency(row);
        let text = |units: i128| Amount::text_of(units, currency);
        let why = match (amount - held).max(0) {
            0 => "there is enough to start it again".to_owned(),
            missing => format!(
                "{} {currency} is missing of {} to start it again",
                text(missing),
                text(amount)
            ),
        };
        let message = format!("stopped since {}: {why}", service.since);
        self.put_aside(row, AsideKind::Exclusion, "stopped", message);
    }

    /// Notes the services for which there was too little, and which are not stopped yet.
    pub fn could_stop(&mut self, stopped: &[&Stopped], shorts: &[Short]) {
        let mut could: Vec<Acted> = Vec::new();
        for short in shorts {
            let (service, _) = self.key(short.row);
            if stopped.iter().any(|it| it.service_id == service) {
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
