//! The book on real SQLite and real files.

mod finding;
mod keeping;
mod tampering;
mod writing;

use super::*;
use crate::calendar::Date;
use crate::diagnostic::Report;
use crate::model::book_view::{DateText, RunRecord, SeriesState};
use crate::model::draft::{Drafts, Invoices};
use crate::model::line::{Claims, Exceptions, Lines};
use crate::model::part::Encoded;
use crate::model::plan::{CurrencyTotals, Pin, RunState, RunType, Stage};
use crate::model::table::{Columns, Kind, Schema, date_column, text_column};
use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::{DataFrame, IntoColumn};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
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

fn encoded(schema: &'static Schema, frame: &DataFrame) -> Arc<Encoded> {
    Arc::new(encode(schema, frame).unwrap())
}

fn claims(run: &str) -> DataFrame {
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
    table(Claims::SCHEMA, &rows)
}

fn invoices(run: &str) -> DataFrame {
    let id = format!("{run}/A-1");
    let row = [
        ("invoice_id", id.as_str()),
        ("run_id", run),
        ("account_id", "A-1"),
        ("currency", "USD"),
    ];
    table(Invoices::SCHEMA, &[&row])
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
        wallets: None,
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
        facts: vec![encoded(Claims::SCHEMA, &claims(run))],
        tables: Vec::new(),
        pending: vec![
            encoded(
                Drafts::SCHEMA,
                &table(Drafts::SCHEMA, &[&[("invoice_id", run)]]),
            ),
            encoded(Exceptions::SCHEMA, &Exceptions::SCHEMA.empty()),
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
    commit.facts.push(encoded(Invoices::SCHEMA, &invoices(run)));
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
        tables: Vec::new(),
        pending: Vec::new(),
        ..claiming(expected, run)
    }
}
