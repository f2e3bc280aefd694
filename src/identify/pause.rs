//! The days on which services are not used: their own pauses, those of their accounts, and those on which they are stopped because nobody
//! paid.

use super::Question;
use super::days::merged;
use super::life::FOREVER;
use crate::calendar::{Date, Period};
use crate::model::book_view::BookView;
use crate::model::debits::{Debits, OnTopUp};
use crate::model::service_action::Action;
use crate::model::table::Columns;
use polars::prelude::DataFrame;
use std::borrow::Cow;
use std::collections::HashMap;

/// Pauses by whom they are about, in order and disjoint.
pub struct Pauses<'a> {
    periods: Periods<'a>,
    /// Where a run debits wallets; elsewhere a pause is a pause, whatever its cause.
    stops: Option<Stops<'a>>,
}

impl<'a> Pauses<'a> {
    pub fn new(pauses: &'a DataFrame, question: &Question<'_>, book: &'a BookView) -> Self {
        let Some(debits) = &question.run.debits else {
            return Self {
                periods: Periods::new(pauses, |_| true),
                stops: None,
            };
        };
        Self {
            periods: Periods::new(pauses, |is_unpaid| !is_unpaid),
            stops: Some(Stops::new(pauses, book, debits, question.as_of)),
        }
    }

    /// The days a service that ends on a day is paused on, by itself or with its account.
    pub fn of(&self, service_id: &str, account_id: &str, end: Date) -> Cow<'_, [Period]> {
        let pauses = self.periods.of(service_id, account_id);
        let Some(stops) = &self.stops else {
            return pauses;
        };
        let mut stopped = stops.of(service_id, account_id);
        if stops.is_used {
            // Its days wait for a start, which cannot be where the service is not there today.
            let has_today =
                |period: &Period| period.start <= stops.as_of && stops.as_of < period.end;
            let is_there = stops.as_of < end && !pauses.iter().any(has_today);
            stopped.retain(|stop| has_today(stop) && !is_there);
            return match stopped.is_empty() {
                true => pauses,
                false => Cow::Owned(merged([&pauses[..], &stopped].concat())),
            };
        }
        if stopped.is_empty() {
            return pauses;
        }
        // The day of the run is looked at: whether there is money for it decides whether the service goes on.
        let as_of = stops.as_of;
        let until_today = stopped.into_iter().map(|stop| match stop.start <= as_of {
            true if as_of < stop.end => Period::new(stop.start, as_of),
            _ => stop,
        });
        Cow::Owned(merged(pauses.iter().copied().chain(until_today).collect()))
    }

    /// Whether the export or the book says that a service is stopped on a day.
    pub fn is_stopped_on(&self, service_id: &str, account_id: &str, day: Date) -> bool {
        let stops = self.stops.as_ref();
        let of_service = stops.map(|stops| stops.of(service_id, account_id));
        let mut of_service = of_service.into_iter().flatten();
        of_service.any(|stop| stop.start <= day && day < stop.end)
    }

    /// Since when a service is stopped that is so on the day of the run.
    pub fn stopped_since(&self, service_id: &str, account_id: &str) -> Option<Date> {
        let stops = self.stops.as_ref()?;
        let has_today = |stop: &Period| stop.start <= stops.as_of && stops.as_of < stop.end;
        let of_service = stops.of(service_id, account_id);
        of_service
            .into_iter()
            .find(has_today)
            .map(|stop| stop.start)
    }
}

impl Pauses<'_> {
    /// Of a service that is stopped on the day of the run the first day that is paid only where it goes on: that day, or the first of the stop
    /// where all its days are charged.
    pub fn stops_at(&self, service_id: &str, account_id: &str) -> Option<Date> {
        let since = self.stopped_since(service_id, account_id)?;
        let stops = self.stops.as_ref()?;
        Some(if stops.is_used { since } else { stops.as_of })
    }
}

/// Days by service and by account, in order and disjoint.
struct Periods<'a> {
    of_services: HashMap<&'a str, Vec<Period>>,
    of_accounts: HashMap<&'a str, Vec<Period>>,
}

impl<'a> Periods<'a> {
    /// Those of the pauses whose cause is wanted: whether it is that nobody paid.
    fn new(pauses: &'a DataFrame, is_wanted: impl Fn(bool) -> bool) -> Self {
        let causes = pauses.text("cause");
        let by = |column: &str| {
            let mut pauses_of: HashMap<&str, Vec<Period>> = HashMap::new();
            let days = pauses.dates("from").zip(pauses.dates("to"));
            for ((id, (from, to)), cause) in pauses.text(column).iter().zip(days).zip(causes.iter())
            {
                if let (Some(id), Some(from), true) =
                    (id, from, is_wanted(cause == Some("nonpayment")))
                {
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

    fn of(&self, service_id: &str, account_id: &str) -> Cow<'_, [Period]> {
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

/// The days on which services are stopped because nobody paid: as the export says, and as runs have ordered.
struct Stops<'a> {
    said: Periods<'a>,
    /// By service what was ordered on which day, in that order.
    ordered: HashMap<&'a str, Vec<(Date, Action)>>,
    /// Whether such days are charged once somebody pays.
    is_used: bool,
    as_of: Date,
}

impl<'a> Stops<'a> {
    fn new(pauses: &'a DataFrame, book: &'a BookView, debits: &Debits, as_of: Date) -> Self {
        let mut ordered: HashMap<&str, Vec<(Date, Action)>> = HashMap::new();
        let frame = book.purse.orders.frame();
        let actions = frame.text("action").iter().zip(frame.dates("on_day"));
        for (service, (action, day)) in frame.text("service_id").iter().zip(actions) {
            if let (Some(service), Some(action), Some(day)) =
                (service, action.and_then(Action::parse), day)
            {
                ordered.entry(service).or_default().push((day, action));
            }
        }
        Self {
            said: Periods::new(pauses, |is_unpaid| is_unpaid),
            ordered,
            is_used: debits.on_topup == OnTopUp::ChargeAll,
            as_of,
        }
    }

    /// The days a service is stopped on.
    ///
    /// Whoever starts it says so: a run by its order, which ends what the export says too, since that may be older; a person by the
    /// end of a pause in the export, which ends the stop that a run has ordered before.
    fn of(&self, service_id: &str, account_id: &str) -> Vec<Period> {
        let said = self.said.of(service_id, account_id);
        let Some(ordered) = self.ordered.get(service_id) else {
            return said.into_owned();
        };
        let starts = ordered
            .iter()
            .filter(|(_, action)| *action == Action::Start);
        let started_after = |day: Date| {
            let days = starts.clone().map(|(start, _)| *start);
            days.filter(|start| day <= *start).min().unwrap_or(FOREVER)
        };
        let said_of = said
            .iter()
            .map(|pause| Period::new(pause.start, pause.end.min(started_after(pause.start))));
        let stops = ordered.iter().enumerate();
        let stops = stops.filter(|(_, (_, action))| *action == Action::Stop);
        let ordered_of = stops.map(|(at, (day, _))| {
            let next = ordered[at + 1..].iter();
            let next = next.filter(|(_, action)| *action == Action::Start);
            let by_run = next.map(|(day, _)| *day).next();
            let ends = said.iter().map(|pause| pause.end);
            let by_person = ends.filter(|end| day < end).min();
            let end = by_run.into_iter().chain(by_person).min();
            Period::new(*day, end.unwrap_or(FOREVER))
        });
        merged(said_of.chain(ordered_of).collect())
    }
}
