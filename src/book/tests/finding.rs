//! Of the book no more is read than is asked for, and nothing else is found by it.

use super::*;
use std::collections::BTreeSet;

const RUNS: [&str; 2] = ["monthly@2026-01-01", "monthly@2026-02-01"];

fn posted() -> House {
    let house = House::new();
    for run in RUNS {
        house.post(run);
    }
    house
}

fn text<'a>(rows: &'a DataFrame, column: &str) -> Vec<&'a str> {
    rows.text(column).iter().flatten().collect()
}

#[test]
fn rows_are_found_by_an_id_in_any_part_and_in_any_of_the_columns() {
    let house = posted();
    let book = house.book();
    let one = BTreeSet::from(["S-2"]);
    let found = book.rows_with(Claims::SCHEMA, &[("service_id", &one)]);
    let found = found.unwrap();
    assert_eq!(text(&found, "run_id"), RUNS);
    assert_eq!(text(&found, "service_id"), ["S-2", "S-2"]);
    let run = BTreeSet::from([RUNS[0]]);
    let wanted = [("service_id", &one), ("run_id", &run)];
    let found = book.rows_with(Claims::SCHEMA, &wanted).unwrap();
    assert_eq!(text(&found, "service_id"), ["S-1", "S-2", "S-2"]);
    let none = BTreeSet::from(["S-3"]);
    let found = book.rows_with(Claims::SCHEMA, &[("service_id", &none)]);
    assert_eq!(found.unwrap(), Claims::SCHEMA.empty());
    let kept = |id| {
        let id = BTreeSet::from([id]);
        let found = book.pending_rows_with(Drafts::SCHEMA, RUNS[1], &[("invoice_id", &id)]);
        found.unwrap().height()
    };
    assert_eq!((kept(RUNS[1]), kept(RUNS[0])), (1, 0));
}

/// Ids that lie in another row group, or in two of them, and in no order.
#[test]
fn a_row_is_found_wherever_it_lies_in_a_long_part() {
    let ids: Vec<String> = (0..300_000_u32)
        .map(|id| format!("S-{:06}", id * 7 % 300_000))
        .collect();
    let rows: Vec<[(&str, &str); 2]> = ids
        .iter()
        .enumerate()
        .map(|(row, id)| {
            [
                ("charge", if row < 150_000 { "access" } else { "phone" }),
                ("service_id", id.as_str()),
            ]
        })
        .collect();
    let rows: Vec<&[_]> = rows.iter().map(|row| row.as_slice()).collect();
    let claims = table(Claims::SCHEMA, &rows);
    let by_charge = claims.sort(["charge"], Default::default()).unwrap();
    let house = House::new();
    let mut writer = house.writer();
    let mut commit = posting(ground(&writer), RUNS[0]);
    commit.facts = vec![encoded(Claims::SCHEMA, &by_charge)];
    writer.commit(commit).unwrap();
    let book = house.book();
    let wanted = BTreeSet::from(["S-000000", "S-000001", "S-150000", "S-299999", "S-300000"]);
    let found = book
        .rows_with(Claims::SCHEMA, &[("service_id", &wanted)])
        .unwrap();
    assert_eq!(
        text(&found, "service_id"),
        ["S-000000", "S-000001", "S-150000", "S-299999"]
    );
    let is_wanted = claims
        .text("service_id")
        .iter()
        .map(|id| id.is_some_and(|id| wanted.contains(id)));
    let mask = is_wanted.collect();
    assert_eq!(found, claims.filter(&mask).unwrap());
}

#[test]
fn columns_come_as_they_were_committed_and_an_outline_has_the_runs() {
    let house = posted();
    let book = house.book();
    let columns = |run| {
        book.columns(Claims::SCHEMA, run, &["run_id", "service_id"])
            .unwrap()
    };
    let all = columns(None);
    assert_eq!(all.get_column_names(), ["run_id", "service_id"]);
    assert_eq!(text(&all, "service_id"), ["S-1", "S-2", "S-1", "S-2"]);
    assert_eq!(text(&columns(Some(RUNS[1])), "run_id"), [RUNS[1]; 2]);
    let pending = |run| {
        book.pending_columns(Drafts::SCHEMA, run, &["invoice_id"])
            .unwrap()
    };
    assert_eq!(text(&pending(RUNS[0]), "invoice_id"), [RUNS[0]]);
    assert_eq!(pending("monthly@2026-03-01").height(), 0);
    let (outline, view) = (book.outline().unwrap(), book.view().unwrap());
    assert_eq!((outline.serial, outline.head), (view.serial, view.head));
    assert_eq!(outline.runs, view.runs);
}

/// P25: what was changed is not read, however little of it is asked for.
#[test]
fn p25_a_part_that_was_changed_is_refused_before_anything_is_looked_for_in_it() {
    let house = House::new();
    house.post(RUNS[0]);
    let part = house.a_part("watermark");
    let mut bytes = fs::read(&part).unwrap();
    bytes[10] ^= 1;
    fs::set_permissions(&part, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&part, bytes).unwrap();
    let book = house.book();
    let id = BTreeSet::from(["S-3"]);
    let refused = [
        book.columns(Claims::SCHEMA, None, &["charge"]).unwrap_err(),
        book.rows_with(Claims::SCHEMA, &[("service_id", &id)])
            .unwrap_err(),
    ];
    assert_eq!(
        refused.map(|report| codes(&report)),
        [["BW-B106"], ["BW-B106"]]
    );
}
