//! What the checks of a run found, grouped by check.

use super::row::Row;
use super::table::{Cell, Side, Table};
use crate::model::finding::Findings;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// `Check::name` and `Level::name`.
    pub check: String,
    pub level: String,
    pub count: usize,
    /// The first few, each with whom it is about.
    pub first: Vec<String>,
}

/// How many are told of each check.
const FIRST: usize = 3;

/// The findings by check and level, what holds a run first.
pub fn found(findings: &Findings) -> Vec<Found> {
    let mut found: BTreeMap<(u8, &str, &str), Found> = BTreeMap::new();
    for row in Row::all(findings.frame()) {
        let (check, level) = (row.text("check"), row.text("level"));
        let entry = found.entry((weight(level), check, level));
        let group = entry.or_insert_with(|| Found {
            check: check.to_owned(),
            level: level.to_owned(),
            count: 0,
            first: Vec::new(),
        });
        group.count += 1;
        if group.first.len() < FIRST {
            group.first.push(told(row));
        }
    }
    found.into_values().collect()
}

fn weight(level: &str) -> u8 {
    match level {
        "error" => 0,
        "warn" => 1,
        _ => 2,
    }
}

/// `A-1 S-3: message`: the account and the narrowest thing it is about.
fn told(row: Row) -> String {
    let narrowest = ["service_id", "subscription_id"].map(|name| row.text(name));
    let narrowest = narrowest.into_iter().find(|id| !id.is_empty());
    let whom = [Some(row.text("account_id")), narrowest];
    let whom: Vec<&str> = whom
        .into_iter()
        .flatten()
        .filter(|id| !id.is_empty())
        .collect();
    match whom.is_empty() {
        true => row.text("message").to_owned(),
        false => format!("{}: {}", whom.join(" "), row.text("message")),
    }
}

/// A row per check.
pub fn table(found: &[Found]) -> Table {
    let mut table = Table::new([
        ("check", Side::Left),
        ("level", Side::Left),
        ("count", Side::Right),
        ("first", Side::Left),
    ]);
    for group in found {
        table.push(vec![
            Cell::text(group.check.as_str()),
            Cell::text(group.level.as_str()),
            Cell::count(group.count),
            Cell::text(group.first.join("; ")),
        ]);
    }
    table
}

/// `[{"check", "level", "count"}]`.
pub fn json(found: &[Found]) -> Value {
    let object =
        |group: &Found| json!({ "check": group.check, "level": group.level, "count": group.count });
    found.iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{shown, table as rows};

    #[test]
    fn findings_are_counted_by_check_and_what_holds_comes_first() {
        let findings = Findings::checked(rows(
            Findings::SCHEMA,
            "check | level | account_id | service_id | message
             new_accounts | warn | A-1 |  | no address
             stale_dates | error | A-1 | S-1 | ready since 2025-11-01
             stale_dates | error | A-2 | S-2 | ready since 2025-11-01
             stale_dates | error | A-3 | S-3 | ready since 2025-11-01
             stale_dates | error | A-4 | S-4 | ready since 2025-11-01
             usage_complete | info |  |  | 3 files are older than a day",
        ));
        insta::assert_snapshot!(shown(&table(&found(&findings))), @"
        check | level | count | first
        stale_dates | error | 4 | A-1 S-1: ready since 2025-11-01; A-2 S-2: ready since 2025-11-01; A-3 S-3: ready since 2025-11-01
        new_accounts | warn | 1 | A-1: no address
        usage_complete | info | 1 | 3 files are older than a day
        ");
        assert_eq!(
            json(&found(&findings))[0],
            serde_json::json!({ "check": "stale_dates", "level": "error", "count": 4 })
        );
    }
}
