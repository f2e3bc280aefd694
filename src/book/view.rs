//! What the book says: the view that plans are computed from, facts, runs and what is kept of their plans.

use super::link::Step;
use super::location::Location;
use super::open::Book;
use super::part;
use super::past::owed;
use crate::calendar::Date;
use crate::diagnostic::Report;
use crate::model::allocation::Allocations;
use crate::model::book_view::{BookView, CanceledRun, DateText, RunRecord, SeriesState};
use crate::model::draft::Invoices;
use crate::model::line::{Claims, Exceptions, Exclusions, Lines};
use crate::model::outlook::Used;
use crate::model::plan::{Pin, RunState};
use crate::model::service_action::{ORDERED, ServiceActions};
use crate::model::table::{Columns, Schema, internal};
use crate::model::wallet::{Purse, Shortfalls, TopUps, WalletStates};
use chrono::{DateTime, Utc};
use polars::prelude::{BooleanChunked, DataFrame};
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// The path under which `plan.json` is kept among a plan's texts.
pub(super) const PLAN_JSON: &str = "plan.json";

/// What is kept of a run's plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptPlan {
    /// `plan.json` as it was applied.
    pub json: String,
    /// billwright.toml, definitions and templates, by path.
    pub texts: BTreeMap<String, String>,
}

/// A step of a run, and the commit it was part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    pub step: Step,
    pub serial: i64,
    /// When, as the command's clock said: `YYYY-MM-DD HH:MM:SS.ffffff+00`.
    pub at: String,
}

impl StepRecord {
    /// The same as an instant.
    pub fn moment(&self) -> Option<DateTime<Utc>> {
        let at = DateTime::parse_from_str(&self.at, "%Y-%m-%d %H:%M:%S%.f%#z");
        at.ok().map(|at| at.to_utc())
    }
}

/// The name of a part and the run it belongs to.
pub(super) struct PartName {
    pub sha256: String,
    pub run_id: String,
}

impl Book {
    /// The book as far as computing a plan needs it. Every part is compared with its hash before it is read.
    ///
    /// Errors: `BW-B103` a part is missing, `BW-B106` a part was changed.
    pub fn view(&self) -> Result<BookView, Report> {
        let at = &self.at;
        let invoices = self.parts(Invoices::SCHEMA, None)?;
        let tables = [
            Claims::SCHEMA,
            Exceptions::SCHEMA,
            Exclusions::SCHEMA,
            Allocations::SCHEMA,
        ];
        let of_standing = [Exceptions::SCHEMA.name, Exclusions::SCHEMA.name];
        let parts = tables.map(|table| {
            let parts = match of_standing.contains(&table.name) {
                true => self.standing(table, true)?,
                false => self.parts(table, None)?,
            };
            Ok::<_, Report>((table, parts))
        });
        let parts = parts.into_iter().collect::<Result<Vec<_>, Report>>()?;
        // Nearly all of the work is unpacking claims, and adding up invoices.
        let (owed, facts) = RAYON.install(|| {
            let facts = parts.into_par_iter();
            let facts = facts.map(|(table, parts)| visible(at, table, parts));
            rayon::join(|| owed(at, invoices), || facts.collect::<Vec<_>>())
        });
        let Ok([claims, exceptions, exclusions, allocations]) = <[_; 4]>::try_from(facts) else {
            unreachable!("each table has its rows");
        };
        Ok(BookView {
            lineage: self.lineage().to_owned(),
            serial: self.serial(),
            head: self.head().to_owned(),
            claims: Claims::in_order(claims?),
            canceled: self.canceled()?,
            runs: self.runs()?,
            exceptions: Exceptions::checked(exceptions?),
            exclusions: Exclusions::checked(exclusions?),
            series: self.series()?,
            owed: owed?,
            allocations: Allocations::checked(allocations?),
            purse: Purse::default(),
        })
    }

    /// What is in wallets, and what went in. Errors as in [`Book::view`].
    pub fn purse(&self) -> Result<Purse, Report> {
        let top_ups = self.parts(TopUps::SCHEMA, None)?;
        let shortfalls = |stands: bool| {
            let parts = self.standing(Shortfalls::SCHEMA, stands)?;
            visible(&self.at, Shortfalls::SCHEMA, parts).map(Shortfalls::in_order)
        };
        Ok(Purse {
            states: self.wallets()?,
            top_ups: TopUps::in_order(visible(&self.at, TopUps::SCHEMA, top_ups)?),
            shortfalls: shortfalls(true)?,
            canceled_shortfalls: shortfalls(false)?,
            orders: self.orders()?,
        })
    }

    /// What runs that stand have ordered about services, run by run.
    fn orders(&self) -> Result<ServiceActions, Report> {
        let table = ServiceActions::SCHEMA;
        let all = visible(&self.at, table, self.standing(table, true)?)?;
        let is_ordered: BooleanChunked = all
            .text("state")
            .iter()
            .map(|state| state == Some(ORDERED))
            .collect();
        let ordered = all.filter(&is_ordered).map_err(internal)?;
        Ok(ServiceActions::in_order(ordered))
    }

    /// What runs of a day and of later ones have debited, but for those that were canceled, by service and charge. Errors as in
    /// [`Book::view`].
    pub fn used_since(&self, day: Date) -> Result<Used, Report> {
        let mut used = Used::new();
        let counts = |run: &&RunRecord| {
            let is_late = Date::parse(&run.as_of).is_ok_and(|as_of| day <= as_of);
            is_late && run.wallets.is_some() && run.state != RunState::Canceled
        };
        for run in self.runs()?.iter().filter(counts) {
            let names = ["service_id", "charge", "kind", "amount"];
            let rows = self.columns(Lines::SCHEMA, Some(&run.run_id), &names)?;
            let amounts = rows.units("amount");
            let ids = rows
                .text("service_id")
                .iter()
                .zip(rows.text("charge").iter());
            for (((service, charge), kind), amount) in
                ids.zip(rows.text("kind").iter()).zip(amounts)
            {
                if let (Some(service), Some(charge), Some("usage")) = (service, charge, kind) {
                    let sum = used.entry((service.to_owned(), charge.to_owned()));
                    *sum.or_default() += amount.unwrap_or_default();
                }
            }
        }
        Ok(used)
    }

    /// What all wallets hold. Errors as in [`Book::view`].
    pub fn wallets(&self) -> Result<WalletStates, Report> {
        // Every commit that moves a wallet keeps the state of all of them, so the last says all.
        self.states(self.parts(WalletStates::SCHEMA, None)?.pop())
    }

    /// The state of all wallets as a run found them. Errors as in [`Book::view`].
    pub fn states_before(&self, run: &str) -> Result<WalletStates, Report> {
        let parts = self.parts(WalletStates::SCHEMA, None)?.into_iter();
        self.states(parts.take_while(|part| part.run_id != run).last())
    }

    fn states(&self, part: Option<PartName>) -> Result<WalletStates, Report> {
        let table = WalletStates::SCHEMA;
        let Some(part) = part else {
            return Ok(WalletStates::empty());
        };
        let bytes = part::read(&self.at, table.name, &part.sha256, &part.run_id)?;
        part::decode(table, bytes, None).map(WalletStates::in_order)
    }

    /// The visible rows of a fact table, of one run or of all, in key order. Errors as in [`Book::view`].
    pub fn facts(&self, table: &'static Schema, run: Option<&str>) -> Result<DataFrame, Report> {
        let parts = self.parts(table, run)?;
        Ok(table.sorted(visible(&self.at, table, parts)?))
    }

    /// All runs, in the order they were made.
    pub fn runs(&self) -> Result<Vec<RunRecord>, Report> {
        self.rows(
            "SELECT run_id, definition, as_of, run_type, state, has_exceptions, goal, plan_hash, serial, \"lines\", invoices,
             exclusions, exceptions, totals, wallets FROM bw_run ORDER BY serial, run_id",
            [],
            run_record,
        )
    }

    /// What was committed of a run, in order.
    pub fn steps(&self, run: &str) -> Result<Vec<StepRecord>, Report> {
        self.rows(
            "SELECT step, counts, serial, at FROM bw_step WHERE run_id = ?1 ORDER BY serial, position",
            [run],
            |row| {
                Ok(StepRecord {
                    step: Step { name: row.get(0)?, counts: from_json(row, 1)? },
                    serial: row.get(2)?,
                    at: row.get(3)?,
                })
            },
        )
    }

    /// How many commits since its first a run has had.
    pub fn later_steps(&self, run: &RunRecord) -> Result<i64, Report> {
        let counted = self.rows(
            "SELECT count(DISTINCT serial) FROM bw_step WHERE run_id = ?1 AND serial > ?2",
            params![run.run_id, run.serial],
            |row| row.get(0),
        )?;
        Ok(counted.first().copied().unwrap_or_default())
    }

    /// `plan.json` and the texts kept when the run was claimed; both empty for a run the book does not know.
    pub fn plan(&self, run: &str) -> Result<KeptPlan, Report> {
        let mut texts: BTreeMap<String, String> = self
            .rows(
                "SELECT path, text FROM bw_plan_text JOIN bw_text USING (sha256) WHERE run_id = ?1",
                [run],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?
            .into_iter()
            .collect();
        Ok(KeptPlan {
            json: texts.remove(PLAN_JSON).unwrap_or_default(),
            texts,
        })
    }

    /// A table of a later stage, kept from the run's plan; `None` if none was kept. Errors as in [`Book::view`].
    pub fn pending(&self, run: &str, table: &'static Schema) -> Result<Option<DataFrame>, Report> {
        let hash: Option<String> = self
            .db
            .query_row(
                "SELECT sha256 FROM bw_pending WHERE run_id = ?1 AND table_name = ?2",
                [run, table.name],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| self.trouble(error))?;
        match hash.as_deref() {
            None => Ok(None),
            Some("") => Ok(Some(table.empty())),
            Some(hash) => {
                let bytes = part::read(&self.at, table.name, hash, run)?;
                part::decode(table, bytes, None).map(Some)
            }
        }
    }

    /// The files a run read, with the hashes under which their bytes are kept.
    pub fn inputs(&self, run: &str) -> Result<Vec<Pin>, Report> {
        self.rows(
            "SELECT input, path, bytes, sha256 FROM bw_input WHERE run_id = ?1 ORDER BY input, path",
            [run],
            |row| {
                Ok(Pin {
                    input: row.get(0)?,
                    path: row.get(1)?,
                    size: row.get::<_, i64>(2)?.cast_unsigned(),
                    modified: 0,
                    sha256: row.get(3)?,
                })
            },
        )
    }

    /// The content hash of a file that the book saw with this path, size and time.
    pub fn remembered(&self, pin: &Pin) -> Option<String> {
        self.db
            .query_row(
                "SELECT sha256 FROM bw_attempt_input WHERE path = ?1 AND bytes = ?2 AND modified = ?3",
                params![pin.path, pin.size.cast_signed(), pin.modified.to_string()],
                |row| row.get(0),
            )
            .ok()
    }

    /// Parts of runs that were not canceled, or that were: what one that debited wallets set aside stays visible.
    fn standing(&self, table: &Schema, stands: bool) -> Result<Vec<PartName>, Report> {
        let canceled = self.rows(
            "SELECT run_id FROM bw_run WHERE state = 'canceled'",
            [],
            |row| row.get(0),
        )?;
        let canceled: BTreeSet<String> = canceled.into_iter().collect();
        let mut parts = self.parts(table, None)?;
        parts.retain(|part| canceled.contains(&part.run_id) != stands);
        Ok(parts)
    }

    pub(super) fn parts(&self, table: &Schema, run: Option<&str>) -> Result<Vec<PartName>, Report> {
        self.rows(
            "SELECT bw_part.sha256, bw_part.run_id FROM bw_part JOIN ducklake_data_file USING (data_file_id)
             WHERE end_snapshot IS NULL AND table_name = ?1 AND (?2 IS NULL OR run_id = ?2) ORDER BY data_file_id",
            params![table.name, run],
            |row| Ok(PartName { sha256: row.get(0)?, run_id: row.get(1)? }),
        )
    }

    /// What canceled runs had claimed: files that have ended, in the order they did.
    fn canceled(&self) -> Result<Vec<CanceledRun>, Report> {
        let ended = self.rows(
            "SELECT bw_part.sha256, bw_part.run_id, begin_snapshot, end_snapshot
             FROM bw_part JOIN ducklake_data_file USING (data_file_id)
             WHERE end_snapshot IS NOT NULL AND table_name = ?1 ORDER BY end_snapshot, data_file_id",
            [Claims::SCHEMA.name],
            |row| {
                let part = PartName { sha256: row.get(0)?, run_id: row.get(1)? };
                Ok((part, row.get(2)?, row.get(3)?))
            },
        )?;
        let runs = ended.into_iter().map(|(part, claimed_at, canceled_at)| {
            let table = Claims::SCHEMA;
            let bytes = part::read(&self.at, table.name, &part.sha256, &part.run_id)?;
            Ok(CanceledRun {
                claims: Claims::in_order(part::decode(table, bytes, None)?),
                run_id: part.run_id,
                claimed_at,
                canceled_at,
            })
        });
        runs.collect()
    }

    pub(super) fn series(&self) -> Result<BTreeMap<(String, i32), SeriesState>, Report> {
        let rows = self.rows(
            "SELECT series, year, last_number, last_date, pattern FROM bw_series",
            [],
            |row| {
                let state = SeriesState {
                    last_number: row.get(2)?,
                    last_date: row
                        .get::<_, Option<String>>(3)?
                        .map(|text| from_text::<DateText>(serde_json::Value::String(text), 3))
                        .transpose()?,
                    pattern: row.get(4)?,
                };
                Ok(((row.get(0)?, row.get(1)?), state))
            },
        )?;
        Ok(rows.into_iter().collect())
    }

    pub(super) fn rows<T>(
        &self,
        query: &str,
        parameters: impl rusqlite::Params,
        read: impl FnMut(&Row) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Report> {
        self.db
            .prepare(query)
            .and_then(|mut statement| statement.query_map(parameters, read)?.collect())
            .map_err(|error| self.trouble(error))
    }
}

/// The rows of parts of a table, in the order they were committed.
fn visible(
    at: &Location,
    table: &'static Schema,
    parts: Vec<PartName>,
) -> Result<DataFrame, Report> {
    let mut rows = table.empty();
    for part in parts {
        let bytes = part::read(at, table.name, &part.sha256, &part.run_id)?;
        rows.vstack_mut_owned(part::decode(table, bytes, None)?)
            .map_err(internal)?;
    }
    rows.rechunk_mut_par();
    Ok(rows)
}

fn run_record(row: &Row) -> rusqlite::Result<RunRecord> {
    let state: String = row.get(4)?;
    Ok(RunRecord {
        run_id: row.get(0)?,
        definition: row.get(1)?,
        as_of: row.get(2)?,
        run_type: from_json(row, 3)?,
        state: RunState::parse(&state).ok_or_else(|| unreadable(4, "no state of a run"))?,
        has_exceptions: row.get(5)?,
        goal: from_text(serde_json::Value::String(row.get(6)?), 6)?,
        plan_hash: row.get(7)?,
        serial: row.get(8)?,
        lines: row.get(9)?,
        invoices: row.get(10)?,
        exclusions: row.get(11)?,
        exceptions: row.get(12)?,
        totals: from_json(row, 13)?,
        wallets: match row.get::<_, Option<String>>(14)? {
            Some(_) => Some(from_json(row, 14)?),
            None => None,
        },
    })
}

/// A column that holds JSON.
fn from_json<T: DeserializeOwned>(row: &Row, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| unreadable(column, error))
}

/// A value that is kept under its name.
fn from_text<T: DeserializeOwned>(value: serde_json::Value, column: usize) -> rusqlite::Result<T> {
    serde_json::from_value(value).map_err(|error| unreadable(column, error))
}

fn unreadable(
    column: usize,
    reason: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    let reason = FromSqlError::Other(reason.into());
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(reason))
}
