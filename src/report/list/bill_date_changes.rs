//! Services whose next bill date was changed in the export after the book had begun to bill them.

use crate::calendar::Date;
use crate::model::account::Tables;
use crate::model::bill_run::Check;
use crate::report::explain::Trial;
use crate::report::row::Row;
use crate::report::table::{Cell, Side, Table};
use std::collections::{BTreeMap, BTreeSet};

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
    let mut wanted: BTreeMap<&str, Date> = BTreeMap::new();
    for row in Row::all(&tables.services) {
        if let Some(day) = row.date("next_bill_on") {
            wanted.insert(row.text("service_id"), day);
        }
    }
    let mut told: BTreeSet<[&str; 4]> = BTreeSet::new();
    for trial in trials {
        let standings = Row::all(trial.standings.frame());
        let billed: BTreeMap<&str, Option<Date>> = standings
            .map(|row| (row.text("service_id"), row.date("billed_through")))
            .collect();
        let is_change = |row: &Row| row.text("check") == Check::BillDateChanged.name();
        for row in Row::all(trial.findings.frame()).filter(is_change) {
            let names = ["account_id", "subscription_id", "service_id"].map(|name| row.text(name));
            let [account, subscription, service] = names;
            // Two definitions may both find it.
            if !told.insert([account, subscription, service, row.text("message")]) {
                continue;
            }
            let mut cells = names.map(Cell::text).to_vec();
            cells.push(Cell::of(billed.get(service).copied().flatten()));
            cells.push(Cell::of(wanted.get(service)));
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
