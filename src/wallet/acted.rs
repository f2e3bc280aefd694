//! What is done about services, as a table; and whether those that could be stopped are.

use super::Terms;
use super::go_on::Acted;
use crate::model::debits::{Limit, Stops};
use crate::model::service_action::{Action, CANDIDATE, ORDERED, ServiceActions};
use crate::model::table::{Columns, Kind, date_column, same_column, text_column, units_column};
use crate::money::Rate;
use polars::prelude::DataFrame;

pub fn table(terms: &Terms<'_>, acted: &[Acted]) -> ServiceActions {
    let texts =
        |name: &str, of: fn(&Acted) -> &str| text_column(name, acted.iter().map(|it| Some(of(it))));
    let state = |it: &Acted| match it.is_ordered {
        true => Some(ORDERED),
        false => Some(CANDIDATE),
    };
    let since = |it: &Acted| (it.action == Action::Start).then_some(it.service.since);
    let columns = vec![
        texts("account_id", |it| &it.service.account_id),
        texts("subscription_id", |it| &it.service.subscription_id),
        texts("service_id", |it| &it.service.service_id),
        same_column("run_id", Some(terms.run_id), acted.len()),
        texts("action", |it| it.action.name()),
        text_column("state", acted.iter().map(state)),
        date_column("on_day", acted.iter().map(|_| Some(terms.as_of))),
        date_column("since", acted.iter().map(since)),
        units_column(
            "amount",
            Kind::Amount,
            acted.iter().map(|it| Some(it.amount)),
        ),
        texts("currency", |it| &it.service.currency),
    ];
    ServiceActions::checked(DataFrame::new(acted.len(), columns).expect("columns of one height"))
}

/// What all ranges of a run found, with the stops as they are meant: ordered where the run stops services, its top-ups are young enough and
/// it would not stop too many of the services it has rated.
///
/// Out: beside them, why stops that were to be ordered are not.
pub fn ordered(
    stops: Option<&Stops>,
    actions: ServiceActions,
    services: usize,
    is_fresh: bool,
) -> (ServiceActions, Option<String>) {
    let frame = actions.frame();
    let kinds: Vec<Option<Action>> = frame
        .text("action")
        .iter()
        .map(|name| Action::parse(name?))
        .collect();
    let is_stop = |kind: &&Option<Action>| **kind == Some(Action::Stop);
    let to_stop = kinds.iter().filter(is_stop).count();
    let Some(stops) = stops.filter(|_| to_stop > 0) else {
        return (actions, None);
    };
    let refused = match stops {
        Stops { needs_fresh, .. } if *needs_fresh && !is_fresh => {
            Some("top-ups are older than they may be".to_owned())
        }
        Stops { at_most, .. } => at_most.exceeded(to_stop, services),
    };
    if let Some(why) = refused {
        let services = match to_stop {
            1 => "1 service has".to_owned(),
            more => format!("{more} services have"),
        };
        return (
            actions,
            Some(format!(
                "{services} too little in wallets and none is stopped: {why}"
            )),
        );
    }
    let states = frame.text("state").iter().zip(&kinds);
    let states = states.map(|(state, kind)| match kind {
        Some(Action::Stop) => Some(ORDERED),
        _ => state,
    });
    let states = text_column(
        "state",
        states
            .map(|state| state.map(str::to_owned))
            .collect::<Vec<_>>(),
    );
    let mut frame = frame.clone();
    frame
        .with_column(states)
        .expect("a column of the same height");
    (ServiceActions::in_order(frame), None)
}

impl Limit {
    /// Why so many of all services are too many to be stopped; `None`: they are not.
    fn exceeded(self, to_stop: usize, services: usize) -> Option<String> {
        match self {
            Self::Count(most) => {
                (to_stop > most as usize).then(|| format!("a run may stop {most} at most"))
            }
            Self::Percent(percent) => {
                let is_more = to_stop as i128 * 100 * 10_i128.pow(Rate::SCALE)
                    > percent.units() * services as i128;
                (is_more && to_stop > 1).then(|| {
                    format!("that is more than {percent} % of the {services} that were rated")
                })
            }
        }
    }
}
