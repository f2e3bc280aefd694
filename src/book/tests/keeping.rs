//! What is committed stays, and is what readers see.

use super::*;
use std::collections::BTreeSet;

#[test]
fn what_was_committed_is_read_back() {
    let house = House::new();
    assert!(Book::open(&house.at).unwrap().is_none());
    let first = house.post("monthly@2026-01-01");
    let second = house.post("monthly@2026-02-01");
    assert_eq!((first.serial, second.serial), (1, 2));

    let book = house.book();
    let view = book.view().unwrap();
    assert_eq!((view.serial, &view.head), (2, &second.head));
    assert_eq!(view.claims.len(), 4);
    assert_eq!(
        view.runs.iter().map(|run| run.serial).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(
        view.runs[1],
        RunRecord {
            serial: 2,
            ..record("monthly@2026-02-01", RunState::Posted)
        }
    );
    assert_eq!(view.owed.of("A-1").unwrap().currency, "USD");
    assert_eq!(view.owed.of("A-2"), None);
    assert_eq!(view.series[&("default".to_owned(), 0)].last_number, 2);
    let one_run = book
        .facts(Claims::SCHEMA, Some("monthly@2026-01-01"))
        .unwrap();
    assert_eq!(one_run, claims("monthly@2026-01-01"));
    assert_eq!(
        book.plan("monthly@2026-01-01").unwrap().json,
        "{\"run\":\"monthly@2026-01-01\"}"
    );
    assert_eq!(
        book.steps("monthly@2026-01-01").unwrap()[0].at,
        "2026-02-01 00:00:00.000000+00"
    );
    assert_eq!(
        book.pending("monthly@2026-01-01", Drafts::SCHEMA)
            .unwrap()
            .unwrap()
            .height(),
        1
    );
    assert_eq!(
        book.pending("monthly@2026-01-01", Exceptions::SCHEMA)
            .unwrap()
            .unwrap()
            .height(),
        0
    );
    assert!(
        book.pending("monthly@2026-01-01", Claims::SCHEMA)
            .unwrap()
            .is_none()
    );
}

/// P3, P30: a reader sees a commit whole or not at all.
#[test]
fn a_reader_sees_one_serial_from_beginning_to_end() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let early = house.book();
    house.post("monthly@2026-02-01");
    assert_eq!(early.view().unwrap().claims.len(), 2);
    assert_eq!(early.runs().unwrap().len(), 1);
    assert_eq!(house.book().view().unwrap().claims.len(), 4);
}

#[test]
fn a_canceled_run_is_seen_no_more_and_its_id_stays() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let mut writer = house.writer();
    let run = "monthly@2026-02-01";
    writer.commit(claiming(ground(&writer), run)).unwrap();
    assert_eq!(writer.book().unwrap().view().unwrap().claims.len(), 4);
    writer
        .commit(moving_on(ground(&writer), run, RunState::Canceled))
        .unwrap();
    let view = writer.book().unwrap().view().unwrap();
    assert_eq!(view.claims.len(), 2);
    assert_eq!(view.runs[1].state, RunState::Canceled);
    drop(writer);
    house.verified().unwrap();
}

/// P22: posted is final.
#[test]
fn a_posted_run_cannot_be_canceled_by_anybody() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let mut writer = house.writer();
    let refused = writer.commit(moving_on(
        ground(&writer),
        "monthly@2026-01-01",
        RunState::Canceled,
    ));
    assert!(refused.is_err());
    assert_eq!(writer.book().unwrap().serial(), 1);
    drop(writer);
    house.verified().unwrap();
}

/// P22: triggers refuse every change of what is posted.
#[test]
fn what_is_posted_is_refused_to_sql() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let db = rusqlite::Connection::open(house.at.database_path()).unwrap();
    for sql in [
        "UPDATE ducklake_data_file SET end_snapshot = 9",
        "UPDATE ducklake_data_file SET record_count = 9",
        "DELETE FROM ducklake_data_file",
        "INSERT INTO ducklake_data_file(data_file_id, table_id) VALUES (99, 1)",
        "INSERT INTO ducklake_delete_file(delete_file_id) VALUES (1)",
        "UPDATE ducklake_snapshot SET next_file_id = 0",
        "DELETE FROM ducklake_table",
        "UPDATE bw_run SET state = 'rated'",
        "UPDATE bw_run SET invoices = 0",
        "DELETE FROM bw_run",
        "UPDATE bw_series SET last_number = 0",
        "DELETE FROM bw_series",
        "UPDATE bw_chain SET link = ''",
        "DELETE FROM bw_chain",
        "UPDATE bw_text SET text = ''",
        "DELETE FROM bw_part",
    ] {
        assert!(db.execute_batch(sql).is_err(), "{sql}");
    }
}

#[test]
fn the_same_table_is_the_same_bytes_however_it_is_chunked() {
    let (schema, whole) = (Claims::SCHEMA, claims("monthly@2026-01-01"));
    let mut chunked = whole.slice(0, 1);
    chunked.vstack_mut(&whole.slice(1, 1)).unwrap();
    assert_eq!(
        encode(schema, &whole).unwrap(),
        encode(schema, &chunked).unwrap()
    );
    assert_eq!(
        decode(schema, encode(schema, &whole).unwrap().bytes, None).unwrap(),
        whole
    );
}

#[test]
fn two_books_made_the_same_way_are_the_same() {
    let heads: Vec<_> = (0..2)
        .map(|_| {
            let house = House::new();
            house.post("monthly@2026-01-01");
            house.post("monthly@2026-02-01").head
        })
        .collect();
    assert_eq!(heads[0], heads[1]);
}

#[test]
fn the_lines_of_a_service_are_read_and_no_others() {
    let house = House::new();
    for run in ["monthly@2026-01-01", "monthly@2026-02-01"] {
        let mut writer = house.writer();
        let mut commit = posting(ground(&writer), run);
        let line = |service| {
            let id = format!("{service}:access:{run}");
            table(
                Lines::SCHEMA,
                &[&[
                    ("line_id", id.as_str()),
                    ("run_id", run),
                    ("service_id", service),
                    ("account_id", &service.replace('S', "A")),
                ]],
            )
        };
        let mut lines = line("S-1");
        lines.vstack_mut(&line("S-2")).unwrap();
        commit.facts.push(encoded(Lines::SCHEMA, &lines));
        writer.commit(commit).unwrap();
    }
    let book = house.book();
    let of = |services: &[&str], accounts: &[&str]| {
        let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        let none = BTreeSet::new();
        let lines = book
            .lines_of(&set(services), &set(accounts), &none)
            .unwrap();
        let ids = lines.frame().text("line_id").iter().flatten();
        ids.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        of(&["S-1", "S-9"], &[]),
        [
            "S-1:access:monthly@2026-01-01",
            "S-1:access:monthly@2026-02-01"
        ]
    );
    assert_eq!(
        of(&["S-1"], &["A-1", "A-2"]),
        [
            "S-1:access:monthly@2026-01-01",
            "S-1:access:monthly@2026-02-01",
            "S-2:access:monthly@2026-01-01",
            "S-2:access:monthly@2026-02-01"
        ]
    );
    // Of a run as much as a comparison needs; of a service that is named too, all.
    let runs = ["monthly@2026-02-01".to_owned()].into();
    let none = BTreeSet::new();
    for (services, accounts) in [("S-1", "A-9"), ("S-9", "A-1")] {
        let set = |id: &str| BTreeSet::from([id.to_owned()]);
        let lines = book
            .lines_of(&set(services), &set(accounts), &runs)
            .unwrap();
        let services: Vec<_> = lines.frame().text("service_id").iter().flatten().collect();
        assert_eq!(services, ["S-2", "S-1", "S-1"]);
        assert_eq!(lines.frame().text("line_id").null_count(), 1);
    }
    let whole = book.lines_of(&none, &none, &runs).unwrap();
    assert_eq!(whole.frame().text("line_id").null_count(), 2);
    assert!(of(&[], &[]).is_empty());
}
