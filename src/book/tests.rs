//! The book on real SQLite and real files.

use super::*;
use crate::calendar::Date;
use crate::diagnostic::Report;
use crate::model::book_view::{DateText, RunRecord, SeriesState};
use crate::model::draft::{Drafts, Invoices};
use crate::model::line::{Claims, Exceptions};
use crate::model::plan::{CurrencyTotals, Pin, RunState, RunType, Stage};
use crate::model::table::{Kind, Schema, date_column, text_column};
use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::{DataFrame, IntoColumn, NamedFrom};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A workspace folder that goes away with the test.
struct House {
    root: PathBuf,
    at: Location,
}

impl House {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "billwright-book-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let root = std::env::temp_dir().join(name);
        fs::create_dir_all(&root).unwrap();
        let at = Location {
            root: root.clone(),
            database: PathBuf::from("book/book.sqlite"),
            data: PathBuf::from("book/data"),
        };
        Self { root, at }
    }

    fn writer(&self) -> Writer {
        Writer::lock(&self.at, &attempt(), false).unwrap()
    }

    fn book(&self) -> Book {
        Book::open(&self.at).unwrap().unwrap()
    }

    /// Commits a run that is claimed and posted at once.
    fn post(&self, run: &str) -> Receipt {
        let mut writer = self.writer();
        let commit = posting(ground(&writer), run);
        writer.commit(commit).unwrap()
    }

    /// Changes the catalog behind the book's back, as somebody with a database tool would.
    fn tamper(&self, sql: &str) {
        let db = rusqlite::Connection::open(self.at.database_path()).unwrap();
        let triggers: Vec<String> = db
            .prepare("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for trigger in &triggers {
            let name = trigger.split_whitespace().nth(2).unwrap();
            db.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
        db.execute_batch(sql).unwrap();
        for trigger in &triggers {
            db.execute_batch(trigger).unwrap();
        }
    }

    fn a_part(&self, table: &str) -> PathBuf {
        let mut parts: Vec<_> = fs::read_dir(self.at.table_path(table))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        parts.sort();
        parts.remove(0)
    }

    /// The code of what `verify` finds, also where the book cannot even be opened.
    fn verified(&self) -> Result<Verified, Vec<&'static str>> {
        Book::open(&self.at)
            .and_then(|book| book.unwrap().verify(None))
            .map_err(|report| codes(&report))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.iter().map(|diagnostic| diagnostic.code).collect()
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_485)
}

fn attempt() -> Attempt {
    Attempt {
        pid: 4711,
        command: "billwright run monthly".to_owned(),
        started_at: now(),
    }
}

fn ground(writer: &Writer) -> Ground {
    writer.book().map_or_else(Ground::default, |book| Ground {
        lineage: book.lineage().to_owned(),
        serial: book.serial(),
    })
}

/// A table with these text columns filled, dates all the same, and everything else empty.
fn table(schema: &'static Schema, rows: &[&[(&str, &str)]]) -> DataFrame {
    let day = Date::parse("2026-02-01").unwrap();
    let columns = schema
        .columns
        .iter()
        .map(|(name, kind)| match kind {
            Kind::Text => text_column(
                name,
                rows.iter().map(|row| {
                    row.iter()
                        .find(|(column, _)| column == name)
                        .map(|(_, value)| *value)
                }),
            ),
            Kind::Date => date_column(name, rows.iter().map(|_| Some(day))),
            other => polars::prelude::Series::new_null((*name).into(), rows.len())
                .cast(&other.dtype())
                .unwrap()
                .into_column(),
        })
        .collect();
    schema.sorted(DataFrame::new_infer_height(columns).unwrap())
}

fn claims(run: &str) -> (&'static Schema, DataFrame) {
    let rows = [("S-1", run), ("S-2", run)];
    let rows: Vec<_> = rows
        .iter()
        .map(|(service, run)| {
            [
                ("service_id", *service),
                ("charge", "access"),
                ("run_id", *run),
                ("effect", "claimed"),
            ]
        })
        .collect();
    let rows: Vec<&[_]> = rows.iter().map(|row| row.as_slice()).collect();
    (Claims::SCHEMA, table(Claims::SCHEMA, &rows))
}

fn invoices(run: &str) -> (&'static Schema, DataFrame) {
    let id = format!("{run}/A-1");
    let row = [
        ("invoice_id", id.as_str()),
        ("run_id", run),
        ("account_id", "A-1"),
        ("currency", "USD"),
    ];
    (Invoices::SCHEMA, table(Invoices::SCHEMA, &[&row]))
}

fn record(run: &str, state: RunState) -> RunRecord {
    RunRecord {
        run_id: run.to_owned(),
        definition: "monthly".to_owned(),
        as_of: "2026-02-01".to_owned(),
        run_type: RunType::Batch,
        state,
        has_exceptions: false,
        goal: Stage::Post,
        plan_hash: format!("plan of {run}"),
        serial: 0,
        lines: 2,
        invoices: 1,
        exclusions: 0,
        exceptions: 0,
        totals: BTreeMap::from([("USD".to_owned(), CurrencyTotals::default())]),
    }
}

/// The first commit of a run: its claims, and its invoices as drafts.
fn claiming(expected: Ground, run: &str) -> Commit {
    Commit {
        run: record(run, RunState::Rated),
        expected,
        plan: Some(KeptPlan {
            json: format!("{{\"run\":\"{run}\"}}"),
            texts: BTreeMap::from([(
                "billwright.toml".to_owned(),
                "currency = \"USD\"".to_owned(),
            )]),
        }),
        steps: vec![Step {
            name: "rate".to_owned(),
            counts: BTreeMap::from([("lines".to_owned(), 2)]),
        }],
        facts: vec![claims(run)],
        pending: vec![
            (
                Drafts::SCHEMA,
                table(Drafts::SCHEMA, &[&[("invoice_id", run)]]),
            ),
            (Exceptions::SCHEMA, Exceptions::SCHEMA.empty()),
        ],
        series: BTreeMap::new(),
        inputs: Vec::new(),
        now: now(),
        message: format!("rate {run}"),
    }
}

fn posting(expected: Ground, run: &str) -> Commit {
    let number = expected.serial + 1;
    let mut commit = claiming(expected, run);
    commit.run.state = RunState::Posted;
    commit.facts.push(invoices(run));
    commit.series = BTreeMap::from([(
        ("default".to_owned(), 0),
        SeriesState {
            last_number: number,
            last_date: Some(DateText(Date::parse("2026-02-01").unwrap())),
            pattern: "INV-{seq}".to_owned(),
        },
    )]);
    commit
}

/// A later commit of a run that adds nothing but its state.
fn moving_on(expected: Ground, run: &str, state: RunState) -> Commit {
    Commit {
        run: record(run, state),
        plan: None,
        facts: Vec::new(),
        pending: Vec::new(),
        ..claiming(expected, run)
    }
}

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
    assert_eq!(
        view.currencies,
        BTreeMap::from([("A-1".to_owned(), "USD".to_owned())])
    );
    assert_eq!(view.series[&("default".to_owned(), 0)].last_number, 2);
    let one_run = book
        .facts(Claims::SCHEMA, Some("monthly@2026-01-01"))
        .unwrap();
    assert_eq!(one_run, claims("monthly@2026-01-01").1);
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

#[test]
fn a_whole_book_verifies_and_names_what_nothing_reads() {
    let house = House::new();
    let first = house.post("monthly@2026-01-01");
    house.post("monthly@2026-02-01");
    fs::write(house.at.table_path("invoice").join("0.parquet.tmp"), "torn").unwrap();
    let book = house.book();
    let verified = book.verify(Some(&first.head)).unwrap();
    assert_eq!((verified.serial, verified.files), (2, 6));
    assert_eq!(codes(&verified.notices), ["BW-B105"]);
    assert_eq!(codes(&book.verify(Some("00")).unwrap_err()), ["BW-B107"]);
}

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
fn every_change_by_hand_shows() {
    let cases = [
        ("UPDATE bw_run SET invoices = 9 WHERE serial = 1", "BW-B106"),
        ("UPDATE bw_series SET last_number = 1", "BW-B106"),
        ("DELETE FROM bw_step WHERE serial = 1", "BW-B106"),
        ("UPDATE bw_text SET text = text || ' '", "BW-B106"),
        (
            "UPDATE ducklake_file_column_stats SET max_value = 'S-1' WHERE max_value = 'S-2'",
            "BW-B106",
        ),
        (
            "INSERT INTO ducklake_column SELECT * FROM ducklake_column LIMIT 1",
            "BW-B106",
        ),
        (
            "UPDATE bw_part SET run_id = 'monthly@2026-02-01'",
            "BW-B106",
        ),
        ("CREATE TABLE note(text)", "BW-B106"),
        (
            "UPDATE bw_chain SET content = replace(content, '\"invoices\":1', '\"invoices\":2') WHERE serial = 1",
            "BW-B106",
        ),
        (
            "UPDATE bw_chain SET link = '00' WHERE serial = 1",
            "BW-B106",
        ),
        ("DELETE FROM bw_chain WHERE serial = 1", "BW-B107"),
        ("DELETE FROM bw_chain WHERE serial = 2", "BW-B107"),
        ("DELETE FROM bw_chain", "BW-B107"),
    ];
    for (sql, code) in cases {
        let house = House::new();
        house.post("monthly@2026-01-01");
        house.post("monthly@2026-02-01");
        house.tamper(sql);
        assert_eq!(house.verified().unwrap_err()[0], code, "{sql}");
        let refused = Writer::lock(&house.at, &attempt(), false).unwrap_err();
        assert_eq!(refused.exit_code(), 8, "{sql}");
    }
}

#[test]
fn a_trigger_taken_away_shows() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let db = rusqlite::Connection::open(house.at.database_path()).unwrap();
    db.execute_batch("DROP TRIGGER run_goes_on").unwrap();
    assert_eq!(house.verified().unwrap_err(), ["BW-B106"]);
}

#[test]
fn a_flipped_bit_in_a_part_is_found_before_it_is_read() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let part = house.a_part("watermark");
    let mut bytes = fs::read(&part).unwrap();
    bytes[40] ^= 1;
    fs::set_permissions(&part, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&part, bytes).unwrap();
    assert_eq!(codes(&house.book().view().unwrap_err()), ["BW-B106"]);
    assert_eq!(house.verified().unwrap_err(), ["BW-B106"]);
}

#[test]
fn a_missing_part_is_named() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    fs::remove_file(house.a_part("watermark")).unwrap();
    assert_eq!(codes(&house.book().view().unwrap_err()), ["BW-B103"]);
    assert_eq!(house.verified().unwrap_err(), ["BW-B103"]);
}

#[test]
fn an_older_copy_is_noticed() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let copy = fs::read(house.at.database_path()).unwrap();
    house.post("monthly@2026-02-01");
    fs::write(house.at.database_path(), copy).unwrap();
    assert_eq!(house.verified().unwrap_err(), ["BW-B108"]);
}

#[test]
fn a_book_that_is_gone_is_not_begun_anew() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    fs::remove_file(house.at.database_path()).unwrap();
    assert_eq!(codes(&Book::open(&house.at).unwrap_err()), ["BW-B113"]);
}

#[test]
fn another_version_and_another_database_are_refused() {
    for (sql, code) in [
        ("UPDATE bw_book SET version = 99", "BW-B110"),
        ("UPDATE bw_book SET version = 0", "BW-B111"),
        ("DROP TABLE bw_book", "BW-B112"),
        (
            "UPDATE ducklake_metadata SET \"value\" = 'elsewhere/' WHERE \"key\" = 'data_path'",
            "BW-B114",
        ),
    ] {
        let house = House::new();
        house.post("monthly@2026-01-01");
        let db = rusqlite::Connection::open(house.at.database_path()).unwrap();
        db.execute_batch("DROP TRIGGER bw_book_stands; DROP TRIGGER ducklake_metadata_stands")
            .unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        assert_eq!(codes(&Book::open(&house.at).unwrap_err()), [code], "{sql}");
    }
}

#[test]
fn flipped_bits_in_the_catalog_never_pass_for_a_whole_book() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let whole = fs::read(house.at.database_path()).unwrap();
    let said = house.verified().unwrap();
    for at in (0..whole.len()).step_by(331) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(house.at.database_path(), &bytes).unwrap();
        // A bit in unused space, or in the table of attempts, changes nothing of the content.
        match house.verified() {
            Ok(verified) => assert_eq!(verified, said),
            Err(codes) => assert!(
                codes.iter().all(|code| code.starts_with("BW-B")),
                "{codes:?}"
            ),
        }
    }
}

#[test]
fn a_commit_on_another_ground_writes_nothing() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let mut writer = house.writer();
    let ground = ground(&writer);
    for moved in [
        Ground {
            serial: 0,
            ..ground.clone()
        },
        Ground {
            lineage: "other".to_owned(),
            ..ground.clone()
        },
    ] {
        let refused = writer
            .commit(posting(moved, "monthly@2026-02-01"))
            .unwrap_err();
        assert_eq!(codes(&refused), ["BW-L110"]);
    }
    let again = writer
        .commit(posting(ground.clone(), "monthly@2026-01-01"))
        .unwrap_err();
    assert_eq!(codes(&again), ["BW-L110"]);
    assert_eq!(house.book().serial(), 1);
    writer
        .commit(posting(ground, "monthly@2026-02-01"))
        .unwrap();
}

#[test]
fn a_second_writer_is_told_who_writes() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let writer = house.writer();
    let busy = Writer::lock(&house.at, &attempt(), false).unwrap_err();
    assert_eq!(codes(&busy), ["BW-L101"]);
    assert!(
        busy.text(false).contains("process 4711"),
        "{}",
        busy.text(false)
    );
    drop(writer);
    house.writer();
}

#[test]
fn one_that_waits_gets_the_lock_when_the_first_lets_go() {
    let house = House::new();
    let writer = house.writer();
    let at = house.at.clone();
    let waiting = std::thread::spawn(move || {
        Writer::lock(&at, &attempt(), true).map(|writer| writer.book().is_some())
    });
    drop(writer);
    assert!(!waiting.join().unwrap().unwrap());
}

#[test]
fn a_refused_first_run_leaves_nothing() {
    let house = House::new();
    drop(house.writer());
    assert!(!house.at.folder().exists());
}

#[test]
fn head_is_written_after_a_crash_between_commit_and_head() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let before = fs::read(house.at.folder().join("HEAD")).unwrap();
    let second = house.post("monthly@2026-02-01");
    fs::write(house.at.folder().join("HEAD"), before).unwrap();
    house.book();
    let mut writer = house.writer();
    assert!(writer.settle_head().unwrap());
    assert!(!writer.settle_head().unwrap());
    let head = fs::read_to_string(house.at.folder().join("HEAD")).unwrap();
    assert_eq!(head, format!("2 {}\n", second.head));
}

#[test]
fn a_first_commit_cut_off_is_made_again() {
    let house = House::new();
    fs::create_dir(house.at.folder()).unwrap();
    for torn in ["book.sqlite.new", "book.sqlite.new-wal"] {
        fs::write(house.at.folder().join(torn), "torn").unwrap();
    }
    house.post("monthly@2026-01-01");
    let mut left: Vec<_> = fs::read_dir(house.at.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["HEAD", "book.sqlite", "data"]);
}

fn pin(root: &Path, path: &str) -> Pin {
    let found = fs::metadata(root.join(path)).unwrap();
    Pin {
        input: "accounts".to_owned(),
        path: path.to_owned(),
        size: found.len(),
        modified: i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec()),
        sha256: None,
    }
}

#[test]
fn an_input_is_kept_once_and_remembered() {
    let house = House::new();
    fs::write(house.root.join("a.csv"), "account_id\nA-1\n").unwrap();
    let mut pinned = pin(&house.root, "a.csv");
    let mut writer = house.writer();
    let (hash, copy) = writer.keep_input(&house.root, &pinned).unwrap();
    assert_eq!(fs::read_to_string(&copy).unwrap(), "account_id\nA-1\n");
    pinned.sha256 = Some(hash.clone());
    let commit = Commit {
        inputs: vec![pinned.clone()],
        ..posting(Ground::default(), "monthly@2026-01-01")
    };
    writer.commit(commit).unwrap();
    let book = writer.book().unwrap();
    assert_eq!(book.remembered(&pinned), Some(hash.clone()));
    assert_eq!(
        book.remembered(&Pin {
            modified: 0,
            ..pinned.clone()
        }),
        None
    );
    assert_eq!(
        book.inputs("monthly@2026-01-01").unwrap()[0]
            .sha256
            .as_ref(),
        Some(&hash)
    );
    assert_eq!(writer.keep_input(&house.root, &pinned).unwrap().0, hash);
    drop(writer);
    house.verified().unwrap();
}

#[test]
fn an_input_that_changed_since_it_was_pinned_is_refused() {
    let house = House::new();
    fs::write(house.root.join("a.csv"), "account_id\nA-1\n").unwrap();
    let pinned = Pin {
        size: 3,
        ..pin(&house.root, "a.csv")
    };
    let mut writer = house.writer();
    let refused = writer.keep_input(&house.root, &pinned).unwrap_err();
    assert_eq!(codes(&refused), ["BW-F130"]);
}

#[test]
fn the_same_table_is_the_same_bytes_however_it_is_chunked() {
    let (schema, whole) = claims("monthly@2026-01-01");
    let mut chunked = whole.slice(0, 1);
    chunked.vstack_mut(&whole.slice(1, 1)).unwrap();
    assert_eq!(
        encode(schema, &whole).unwrap(),
        encode(schema, &chunked).unwrap()
    );
    assert_eq!(
        decode(schema, encode(schema, &whole).unwrap(), None).unwrap(),
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
