//! Whether every row of the input is accounted for, run by run.

use super::Listing;
use crate::model::plan::RowBalance;
use crate::report::table::{Cell, Side, Table};

/// Reasons of rows that were selected and had nothing to be billed.
const NOTHING_DUE: [&str; 3] = ["billed_before", "not_due", "repeated"];

/// A row per run and input table: selected = billed + nothing due + held + excluded + failed (Z13).
///
/// Panics where a row is unaccounted for: a fault of ours, refused when the plan was computed.
pub fn completeness<'a>(runs: impl Iterator<Item = (&'a str, &'a [RowBalance])>) -> Listing {
    let mut table = Table::new([
        ("run_id", Side::Left),
        ("table", Side::Left),
        ("rows", Side::Right),
        ("selected", Side::Right),
        ("billed", Side::Right),
        ("nothing_due", Side::Right),
        ("held", Side::Right),
        ("excluded", Side::Right),
        ("failed", Side::Right),
    ])
    .spare(&["rows", "selected"]);
    for (run, balance) in runs {
        for row in balance {
            table.push(cells(run, row));
        }
    }
    let said = "selected = billed + nothing due + held + excluded + failed, in every row.";
    Listing {
        notes: (!table.is_empty())
            .then(|| said.to_owned())
            .into_iter()
            .collect(),
        table,
    }
}

fn cells(run: &str, row: &RowBalance) -> Vec<Cell> {
    assert!(
        row.is_whole(),
        "rows of {} in {run} are unaccounted for: {row:?}",
        row.table
    );
    let reasons = || row.not_selected.iter();
    let is_due = |reason: &str| NOTHING_DUE.contains(&reason);
    let nothing_due: usize = reasons()
        .filter(|(reason, _)| is_due(reason))
        .map(|(_, count)| count)
        .sum();
    let left_out: usize = reasons()
        .filter(|(reason, _)| !is_due(reason))
        .map(|(_, count)| count)
        .sum();
    let selected = row.rows - left_out;
    let parts = [
        row.billed,
        nothing_due,
        row.held,
        row.excluded - row.held,
        row.excepted,
    ];
    assert_eq!(selected, parts.iter().sum::<usize>(), "{run} {row:?}");
    let counts = [row.rows, selected]
        .into_iter()
        .chain(parts)
        .map(Cell::count);
    [Cell::text(run), Cell::text(row.table.as_str())]
        .into_iter()
        .chain(counts)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::shown;
    use std::collections::BTreeMap;

    /// Z13: all revenue was invoiced, or it is said where the rest is.
    #[test]
    fn z13_what_was_selected_is_accounted_for() {
        let balance = [RowBalance {
            table: "services".to_owned(),
            rows: 100,
            billed: 60,
            excluded: 5,
            held: 2,
            excepted: 1,
            not_selected: BTreeMap::from([("not_due".to_owned(), 14), ("scheme".to_owned(), 20)]),
        }];
        let listing = completeness([("monthly@2026-02-01", &balance[..])].into_iter());
        insta::assert_snapshot!(shown(&listing.table), @"
        run_id | table | rows | selected | billed | nothing_due | held | excluded | failed
        monthly@2026-02-01 | services | 100 | 80 | 60 | 14 | 2 | 3 | 1
        ");
    }
}
