//! Services whose next bill date was changed in the export after the book had begun to bill them.

use crate::model::account::Tables;
use crate::model::bill_run::Check;
use crate::model::index::Index;
use crate::model::table::Columns;
use crate::report::explain::Trial;
use crate::report::row::Row;
use crate::report::table::{Cell, Side, Table};
use std::collections::BTreeSet;

/// A row per service: what the book says is the first day not billed, and what the export says now (O10). Whoever bills upstream has
/// to be told of it; the book goes on where it is.
pub fn bill_date_changes(trials: &[Trial], tables: &Tables) -> Table {
    let mut table = Table::new([
        ("account_id", Side::Left),
        ("subscription_id", Side::Left),
        ("service_id", Side::Left),
        ("billed_through", Side::Left),
        ("next_bill_on", Side::Left),
        ("message", Side::Left),
    ])
    .spare(&["subscription_id", "message"]);
    let services = tables.places.services(&tables.services);
    let (ids, bills) = (
        tables.services.whole_texts("service_id"),
        tables.services.whole_dates("next_bill_on"),
    );
    // Of the last row that has one.
    let wanted = |service: &str| {
        let first = services.row(service)?;
        let rows = (first..ids.len()).take_while(|row| ids.get(*row) == Some(service));
        rows.filter_map(|row| bills.at(row)).last()
    };
    let mut told: BTreeSet<[&str; 4]> = BTreeSet::new();
    for trial in trials {
        let found = trial.findings.frame();
        if !found
            .text("check")
            .iter()
            .any(|check| check == Some(Check::BillDateChanged.name()))
        {
            continue;
        }
        let standings = trial.standings.frame();
        let places = Index::new(standings.text("service_id"));
        let through = standings.whole_dates("billed_through");
        let billed = |service: &str| through.at(places.row(service)?);
        let is_change = |row: &Row| row.text("check") == Check::BillDateChanged.name();
        for row in Row::all(found).filter(is_change) {
            let names = ["account_id", "subscription_id", "service_id"].map(|name| row.text(name));
            let [account, subscription, service] = names;
            // Two definitions may both find it.
            if !told.insert([account, subscription, service, row.text("message")]) {
                continue;
            }
            let mut cells = names.map(Cell::text).to_vec();
            cells.push(Cell::of(billed(service)));
            cells.push(Cell::of(wanted(service)));
            cells.push(Cell::text(row.text("message")));
            table.push(cells);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, shown};
    use crate::report::list::tests::{services, trial};

    /// O10: one row per service, however many definitions see it.
    #[test]
    fn o10_a_changed_bill_date_is_listed_with_both_days() {
        let trial = |name| {
            trial(
                name,
                "account_id | service_id | charge | standing | billed_through
                 A-1 | S-1 | fiber | not_due | 2026-03-01",
                "check | level | account_id | subscription_id | service_id | message
                 bill_date_changed | warn | A-1 | C-1 | S-1 | moved to 2026-03-15
                 new_accounts | warn | A-1 | | | no address",
            )
        };
        let tables = Tables {
            services: services(
                "service_id | subscription_id | next_bill_on
                 S-1 | C-1 | 2026-03-15",
            ),
            ..fixture::tables()
        };
        insta::assert_snapshot!(shown(&bill_date_changes(&[trial("monthly"), trial("weekly")], &tables)), @"
        account_id | subscription_id | service_id | billed_through | next_bill_on | message
        A-1 | C-1 | S-1 | 2026-03-01 | 2026-03-15 | moved to 2026-03-15
        ");
    }
}
