//! What the next run will bill, service by service, the one furthest behind first.

use super::Listing;
use crate::calendar::Date;
use crate::model::account::Tables;
use crate::report::explain::Trial;
use crate::report::page::counted;
use crate::report::row::Row;
use crate::report::table::{Cell, Side, Table};
use std::collections::{BTreeMap, BTreeSet};

/// How every service stands in the next run of each definition that is about it, and those that no definition is about (O11).
///
/// `open_from` is the first day not billed: by the book, else `next_bill_on`, else the start. `proposed_from` is the start of a
/// window that would bill a service which is too old for the one there is (O12).
pub fn bill_dates(trials: &[Trial], tables: &Tables) -> Listing {
    let known = Known::new(tables);
    let mut rows: Vec<(Option<Date>, Vec<Cell>)> = Vec::new();
    let mut notes = Vec::new();
    let mut selected: BTreeSet<&str> = BTreeSet::new();
    for trial in trials {
        let mut too_old: Vec<Date> = Vec::new();
        for row in Row::all(trial.standings.frame()) {
            let standing = row.text("standing");
            if standing.starts_with("not_selected") {
                continue;
            }
            selected.insert(row.item());
            let open = known.open_from(row);
            let proposed = open.filter(|_| standing == "excluded:stale");
            too_old.extend(proposed);
            rows.push((open, cells(&trial.definition, row, &known, proposed)));
        }
        notes.extend(proposal(&trial.definition, &too_old));
    }
    let mut left_out: BTreeMap<&str, Row> = BTreeMap::new();
    let standings = trials
        .iter()
        .flat_map(|trial| Row::all(trial.standings.frame()));
    for row in standings.filter(|row| !selected.contains(row.item())) {
        left_out.entry(row.item()).or_insert(row);
    }
    if !left_out.is_empty() {
        let services = counted(left_out.len(), "service");
        notes.push(format!(
            "Of no definition, so that nobody bills it: {services}."
        ));
    }
    // Where no day is known it comes last; else the one furthest behind is first.
    rows.sort_by_key(|(open, _)| (open.is_none(), *open));
    let mut table = head();
    rows.into_iter().for_each(|(_, cells)| table.push(cells));
    for row in left_out.into_values() {
        table.push(cells("", row, &known, None));
    }
    Listing { table, notes }
}

fn head() -> Table {
    Table::new(
        [
            "definition",
            "account_id",
            "subscription_id",
            "service_id",
            "charge",
            "scheme",
            "open_from",
            "billed_through",
            "next_bill_on",
            "next_ready_on",
            "standing",
            "proposed_from",
        ]
        .map(|name| (name, Side::Left)),
    )
    .spare(&[
        "subscription_id",
        "billed_through",
        "next_bill_on",
        "scheme",
        "proposed_from",
        "charge",
        "account_id",
        "definition",
    ])
}

fn cells(definition: &str, row: Row, known: &Known, proposed: Option<Date>) -> Vec<Cell> {
    let service = known.services.get(row.text("service_id"));
    let standing = match row.text("standing") {
        "billed" => "due",
        _ if definition.is_empty() => "not_selected",
        standing => standing,
    };
    vec![
        Cell::text(definition),
        Cell::text(row.text("account_id")),
        Cell::text(row.text("subscription_id")),
        Cell::text(row.item()),
        Cell::text(row.text("charge")),
        Cell::text(service.map_or("", |service| service.scheme)),
        Cell::of(known.open_from(row)),
        Cell::of(row.date("billed_through")),
        Cell::of(service.and_then(|service| service.next_bill_on)),
        Cell::of(row.date("next_ready_on")),
        Cell::text(standing),
        Cell::of(proposed),
    ]
}

/// The sentence for services that lie before the window.
fn proposal(definition: &str, too_old: &[Date]) -> Option<String> {
    let first = too_old.iter().min()?;
    let services = counted(too_old.len(), "service");
    Some(format!(
        "Before the window of {definition}: {services}, the oldest from {first} on. To bill them: `billwright run {definition} --from {first}`"
    ))
}

/// What the inputs say of services.
struct Known<'a> {
    services: BTreeMap<&'a str, Service<'a>>,
}

#[derive(Default)]
struct Service<'a> {
    scheme: &'a str,
    /// Of the last row that has one.
    next_bill_on: Option<Date>,
    start_on: Option<Date>,
}

impl<'a> Known<'a> {
    fn new(tables: &'a Tables) -> Self {
        let subscriptions: BTreeMap<&str, Row> = Row::all(&tables.subscriptions)
            .map(|row| (row.text("subscription_id"), row))
            .collect();
        let mut services: BTreeMap<&str, Service> = BTreeMap::new();
        for row in Row::all(&tables.services) {
            let subscription = subscriptions.get(row.text("subscription_id"));
            let service = services.entry(row.text("service_id")).or_default();
            service.scheme = subscription.map_or("", |row| row.text("scheme"));
            service.next_bill_on = row.date("next_bill_on").or(service.next_bill_on);
            let start = || subscription.and_then(|row| row.date("start_on"));
            service.start_on = service
                .start_on
                .or_else(|| row.date("start_on"))
                .or_else(start);
        }
        Self { services }
    }

    /// The first day of a service that is not billed.
    fn open_from(&self, standing: Row) -> Option<Date> {
        let service = self.services.get(standing.text("service_id"));
        let by_input = || service.and_then(|service| service.next_bill_on.or(service.start_on));
        standing.date("billed_through").or_else(by_input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, shown};
    use crate::report::list::tests::{services, subscriptions, trial};

    /// O11, O12: services in the order of their bill dates, and from where a window would have to begin.
    #[test]
    fn o11_o12_the_service_furthest_behind_is_first_and_a_window_is_proposed_for_what_is_too_old() {
        let trials = [
            trial(
                "monthly",
                "account_id | service_id | charge | standing | billed_through | next_ready_on
                 A-1 | S-1 | fiber | billed | 2026-02-01 | 2026-03-01
                 A-1 | S-2 | fiber | excluded:stale | | 2025-11-15
                 A-2 | S-3 | fiber | not_selected:scheme | |
                 A-2 | S-4 | fiber | not_selected:scheme | |",
                "check",
            ),
            trial(
                "offices",
                "account_id | service_id | charge | standing | billed_through | next_ready_on
                 A-1 | S-1 | fiber | not_selected:scheme | 2026-02-01 |
                 A-1 | S-2 | fiber | not_selected:scheme | |
                 A-2 | S-3 | fiber | not_due | 2026-06-01 | 2026-06-01
                 A-2 | S-4 | fiber | not_selected:scheme | |",
                "check",
            ),
        ];
        let tables = Tables {
            subscriptions: subscriptions(
                "subscription_id | account_id | scheme | start_on
                 C-1 | A-1 | home | 2025-01-01
                 C-2 | A-2 | office | 2025-01-01",
            ),
            services: services(
                "service_id | subscription_id | charge | next_bill_on
                 S-1 | C-1 | fiber | 2026-01-01
                 S-2 | C-1 | fiber | 2025-11-15
                 S-3 | C-2 | fiber |
                 S-4 | C-2 | fiber |",
            ),
            ..fixture::tables()
        };
        let listing = bill_dates(&trials, &tables);
        insta::assert_snapshot!(shown(&listing.table), @"
        definition | account_id | subscription_id | service_id | charge | scheme | open_from | billed_through | next_bill_on | next_ready_on | standing | proposed_from
        monthly | A-1 |  | S-2 | fiber | home | 2025-11-15 |  | 2025-11-15 | 2025-11-15 | excluded:stale | 2025-11-15
        monthly | A-1 |  | S-1 | fiber | home | 2026-02-01 | 2026-02-01 | 2026-01-01 | 2026-03-01 | due | 
        offices | A-2 |  | S-3 | fiber | office | 2026-06-01 | 2026-06-01 |  | 2026-06-01 | not_due | 
         | A-2 |  | S-4 | fiber | office | 2025-01-01 |  |  |  | not_selected | 
        ");
        insta::assert_snapshot!(listing.notes.join("\n"), @"
        Before the window of monthly: 1 service, the oldest from 2025-11-15 on. To bill them: `billwright run monthly --from 2025-11-15`
        Of no definition, so that nobody bills it: 1 service.
        ");
    }
}
