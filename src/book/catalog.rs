//! The catalog: SQL tables that say which parts are the book, as DuckLake 1.0 lays them down.

use super::encode::count;
use super::location::Location;
use crate::model::allocation::Allocations;
use crate::model::digest::sha256;
use crate::model::draft::{InvoiceTaxes, Invoices, Parties, Postings};
use crate::model::finding::Findings;
use crate::model::line::{Claims, Exceptions, Exclusions, Lines};
use crate::model::outlook::{WalletEstimates, WalletNotices};
use crate::model::part::Part;
use crate::model::service_action::ServiceActions;
use crate::model::table::{Kind, Schema};
use crate::model::wallet::{Shortfalls, TopUps, WalletStates, WalletTransactions};
use rusqlite::{Connection, OptionalExtension, Result, params};
use serde::{Deserialize, Serialize};

/// The version of a book's tables that this program reads and writes.
pub(super) const VERSION: i64 = 4;

/// The tables of facts; the place in this list, from 1, is the table's id. New ones go to the end.
const FACTS: [&Schema; 17] = [
    Invoices::SCHEMA,
    Parties::SCHEMA,
    InvoiceTaxes::SCHEMA,
    Lines::SCHEMA,
    Postings::SCHEMA,
    Claims::SCHEMA,
    Exclusions::SCHEMA,
    Exceptions::SCHEMA,
    Findings::SCHEMA,
    Allocations::SCHEMA,
    WalletTransactions::SCHEMA,
    WalletStates::SCHEMA,
    TopUps::SCHEMA,
    Shortfalls::SCHEMA,
    ServiceActions::SCHEMA,
    WalletEstimates::SCHEMA,
    WalletNotices::SCHEMA,
];

/// Tables whose rows are never changed and never deleted.
const ONLY_GROW: [&str; 17] = [
    "ducklake_metadata",
    "ducklake_snapshot",
    "ducklake_snapshot_changes",
    "ducklake_schema",
    "ducklake_table",
    "ducklake_column",
    "ducklake_column_mapping",
    "ducklake_name_mapping",
    "ducklake_file_column_stats",
    "bw_book",
    "bw_chain",
    "bw_step",
    "bw_part",
    "bw_pending",
    "bw_input",
    "bw_plan_text",
    "bw_text",
];

/// What a book is founded on: the part of its first link that makes the tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Founding {
    /// Which book; derived, never drawn.
    pub lineage: String,
    pub version: i64,
    /// The folder of the parts, as the catalog spells it.
    pub data_path: String,
}

impl Founding {
    /// A book that begins with this plan at this moment.
    pub fn of(at: &Location, plan_hash: &str, moment: &str) -> Self {
        Self {
            lineage: sha256(format!("{plan_hash} {moment}")),
            version: VERSION,
            data_path: at.data_text(),
        }
    }

    /// Makes all tables and triggers, and snapshot 0, in which every fact table is empty.
    pub fn write(&self, db: &Connection, moment: &str) -> Result<()> {
        db.execute_batch(include_str!("catalog.sql"))?;
        for table in ONLY_GROW {
            db.execute_batch(&format!(
                "CREATE TRIGGER {table}_stands BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is never changed'); END;
                 CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is never deleted from'); END;"
            ))?;
        }
        let metadata = [
            ("version", "1.0"),
            ("created_by", "billwright"),
            ("data_path", &self.data_path),
            ("encrypted", "false"),
            ("data_inlining_row_limit", "0"),
        ];
        for (key, value) in metadata {
            db.execute(
                "INSERT INTO ducklake_metadata(\"key\", \"value\") VALUES (?1, ?2)",
                [key, value],
            )?;
        }
        db.execute(
            "INSERT INTO ducklake_schema VALUES (0, ?1, 0, NULL, 'main', 'main/', 1)",
            [self.uuid("main")],
        )?;
        for (table_id, schema) in (1..).zip(FACTS) {
            self.write_table(db, table_id, schema)?;
        }
        let made: Vec<_> = FACTS
            .iter()
            .map(|schema| format!("created_table:\"main\".\"{}\"", schema.name))
            .collect();
        let snapshot = Snapshot {
            id: 0,
            next_file: 0,
            changes: format!("created_schema:\"main\",{}", made.join(",")),
        };
        snapshot.write(db, moment, "found the book")?;
        db.execute(
            "INSERT INTO bw_book VALUES (?1, ?2)",
            params![self.lineage, self.version],
        )?;
        Ok(())
    }

    /// Our Parquet files have no field ids, so a mapping by name, with the id of its table, goes with each table.
    fn write_table(&self, db: &Connection, table_id: i64, schema: &Schema) -> Result<()> {
        let name = schema.name;
        db.execute(
            "INSERT INTO ducklake_table VALUES (?1, ?2, 0, NULL, 0, ?3, ?4, 1)",
            params![table_id, self.uuid(name), name, format!("{name}/")],
        )?;
        db.execute(
            "INSERT INTO ducklake_schema_versions VALUES (0, 0, ?1)",
            [table_id],
        )?;
        db.execute(
            "INSERT INTO ducklake_column_mapping VALUES (?1, ?1, 'map_by_name')",
            [table_id],
        )?;
        for (column_id, (column, kind)) in (1..).zip(schema.columns) {
            db.execute(
                "INSERT INTO ducklake_column VALUES (?1, 0, NULL, ?2, ?1, ?3, ?4, NULL, 'NULL', 1, NULL, 'literal', 'duckdb')",
                params![column_id, table_id, column, column_type(*kind)],
            )?;
            db.execute(
                "INSERT INTO ducklake_name_mapping VALUES (?1, ?2, ?3, ?2, NULL, 0)",
                params![table_id, column_id, column],
            )?;
        }
        Ok(())
    }

    fn uuid(&self, name: &str) -> String {
        let hash = sha256(format!("{} {name}", self.lineage));
        [
            &hash[..8],
            &hash[8..12],
            &hash[12..16],
            &hash[16..20],
            &hash[20..32],
        ]
        .join("-")
    }
}

/// A version of the catalog, which readers can ask for by its id: the serial of the commit that made it.
pub(super) struct Snapshot {
    id: i64,
    next_file: i64,
    changes: String,
}

impl Snapshot {
    /// What follows the last snapshot.
    pub fn next(db: &Connection) -> Result<Self> {
        db.query_row(
            "SELECT snapshot_id + 1, next_file_id FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1",
            [],
            |row| Ok(Self { id: row.get(0)?, next_file: row.get(1)?, changes: String::new() }),
        )
    }

    /// Lets a part of a run begin with this snapshot.
    pub fn begin_part(&mut self, db: &Connection, run: &str, part: &Part) -> Result<()> {
        let (file, table) = (self.next_file, table_id(db, &part.table)?);
        self.next_file += 1;
        self.change(format!("inserted_into_table:{table}"));
        let first_row: i64 = db
            .query_row(
                "SELECT next_row_id FROM ducklake_table_stats WHERE table_id = ?1",
                [table],
                |row| row.get(0),
            )
            .optional()?
            .unwrap_or(0);
        db.execute(
            "INSERT INTO bw_part VALUES (?1, ?2, ?3, ?4)",
            params![file, run, part.table, part.sha256],
        )?;
        db.execute(
            "INSERT INTO ducklake_data_file VALUES (?1, ?2, ?3, NULL, NULL, ?4, 1, 'parquet', ?5, ?6, ?7, ?8, NULL, NULL, ?2, NULL)",
            params![file, table, self.id, format!("{}.parquet", part.sha256), part.rows, part.bytes, part.footer, first_row],
        )?;
        let mut column_stats = db.prepare_cached(
            "INSERT INTO ducklake_file_column_stats VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, ?7, NULL, NULL)",
        )?;
        for (column, range) in (1_i64..).zip(&part.columns) {
            column_stats.execute(params![
                file,
                table,
                column,
                part.rows - range.nulls,
                range.nulls,
                range.lowest,
                range.highest
            ])?;
        }
        if first_row == 0 {
            db.execute(
                "INSERT INTO ducklake_table_stats VALUES (?1, ?2, ?2, ?3)",
                params![table, part.rows, part.bytes],
            )?;
        } else {
            db.execute(
                "UPDATE ducklake_table_stats SET record_count = record_count + ?2, next_row_id = next_row_id + ?2,
                 file_size_bytes = file_size_bytes + ?3 WHERE table_id = ?1",
                params![table, part.rows, part.bytes],
            )?;
        }
        Ok(())
    }

    /// Ends all parts of a run with this snapshot: readers of earlier ones still see them.
    pub fn end_parts(&mut self, db: &Connection, run: &str) -> Result<()> {
        let tables: Vec<i64> = db
            .prepare(
                "SELECT DISTINCT table_id FROM ducklake_data_file JOIN bw_part USING (data_file_id)
                 WHERE run_id = ?1 AND end_snapshot IS NULL ORDER BY 1",
            )?
            .query_map([run], |row| row.get(0))?
            .collect::<Result<_>>()?;
        for table in tables {
            self.change(format!("deleted_from_table:{table}"));
        }
        db.execute(
            "UPDATE ducklake_data_file SET end_snapshot = ?2
             WHERE end_snapshot IS NULL AND data_file_id IN (SELECT data_file_id FROM bw_part WHERE run_id = ?1)",
            params![run, self.id],
        )?;
        Ok(())
    }

    fn change(&mut self, change: String) {
        if !self.changes.is_empty() {
            self.changes.push(',');
        }
        self.changes.push_str(&change);
    }

    /// Makes the snapshot the newest.
    pub fn write(self, db: &Connection, moment: &str, message: &str) -> Result<()> {
        // Schema, tables and mappings have one row of ids, which none of them shares with another.
        let next_catalog = 1 + 2 * count(FACTS.len());
        db.execute(
            "INSERT INTO ducklake_snapshot VALUES (?1, ?2, 0, ?3, ?4)",
            params![self.id, moment, next_catalog, self.next_file],
        )?;
        db.execute(
            "INSERT INTO ducklake_snapshot_changes VALUES (?1, ?2, 'billwright', ?3, NULL)",
            params![self.id, self.changes, message],
        )?;
        Ok(())
    }
}

fn table_id(db: &Connection, name: &str) -> Result<i64> {
    db.query_row(
        "SELECT table_id FROM ducklake_table WHERE table_name = ?1",
        [name],
        |row| row.get(0),
    )
}

fn column_type(kind: Kind) -> String {
    match kind {
        Kind::Text => "varchar".to_owned(),
        Kind::Amount | Kind::Rate | Kind::Quantity => match kind.dtype() {
            polars::prelude::DataType::Decimal(precision, scale) => {
                format!("decimal({precision},{scale})")
            }
            other => unreachable!("{other} is no decimal"),
        },
        Kind::Date => "date".to_owned(),
        Kind::Count => "int64".to_owned(),
        Kind::Flag => "boolean".to_owned(),
    }
}
