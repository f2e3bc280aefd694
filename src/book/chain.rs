//! The chain, and the proof that the catalog is what it says: all links are written anew into an empty catalog, and every
//! row compared. What was changed, deleted, inserted or reordered by hand shows.

use super::head::cut;
use super::link::Link;
use super::open::Book;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::digest::sha256;
use rusqlite::types::Value;
use rusqlite::{Connection, Result as SqlResult};
use std::collections::BTreeSet;

/// Proves SQLite's pages, the chain, and the catalog against the chain.
///
/// Errors: `BW-B101` damaged, `BW-B106` changed, `BW-B107` cut.
pub(super) fn prove(book: &Book) -> Result<(), Report> {
    check_pages(book)?;
    let replayed = replay(book)?;
    let mut report = compare(book, &replayed)?;
    report.extend(check_texts(book)?);
    report.unless_errors(())
}

fn check_pages(book: &Book) -> Result<(), Report> {
    let found: Vec<String> = book.rows("PRAGMA integrity_check(3)", [], |row| row.get(0))?;
    if found == ["ok"] {
        return Ok(());
    }
    let message = format!("the book is damaged: {}", found.join("; "));
    Err(
        Diagnostic::error("BW-B101", Place::file(book.at.database.display()), message)
            .help("restore book/ whole from a copy")
            .into(),
    )
}

/// A catalog in memory, written from the links alone.
fn replay(book: &Book) -> Result<Connection, Report> {
    let rows = book.rows(
        "SELECT serial, link, content FROM bw_chain ORDER BY serial",
        [],
        |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
            ))
        },
    )?;
    let copy = Connection::open_in_memory().map_err(|error| book.trouble(error))?;
    // Never committed: nothing outlives the comparison, and one transaction is quicker than thousands.
    copy.execute_batch("BEGIN")
        .map_err(|error| book.trouble(error))?;
    let mut previous = String::new();
    let mut last_good = "nothing before it is proven".to_owned();
    for (expected, (serial, hash, content)) in (1..).zip(rows) {
        let broken = |message: String| -> Report {
            Diagnostic::error("BW-B106", Place::Id(format!("serial {serial}")), message)
                .label(Place::file(book.at.database.display()), last_good.clone())
                .help("restore book/ whole from a copy; what a copy lacks has to be billed anew")
                .into()
        };
        if serial != expected {
            return Err(cut(
                &book.at,
                format!("the chain lacks its link {expected}"),
            ));
        }
        if sha256(&content) != hash {
            return Err(broken(
                "the chain breaks here: the link is not the hash of its content".to_owned(),
            ));
        }
        let link: Link = serde_json::from_str(&content)
            .map_err(|error| broken(format!("the chain breaks here: {error}")))?;
        if (link.serial, &link.previous) != (serial, &previous) {
            return Err(broken(
                "the chain breaks here: the link does not follow from the one before".to_owned(),
            ));
        }
        link.write(&copy, &content)
            .map_err(|error| broken(format!("the chain breaks here: {error}")))?;
        last_good = format!("good up to serial {serial}, {}", link.run.run_id);
        previous = hash;
    }
    Ok(copy)
}

/// Compares definitions and rows of all tables. The tables of the attempts are no content, and texts are checked by their hash.
fn compare(book: &Book, replayed: &Connection) -> Result<Report, Report> {
    let trouble = |error| book.trouble(error);
    let definitions = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'";
    let mut report = differences(
        book,
        "sqlite_master",
        &rows(&book.db, definitions).map_err(trouble)?,
        &rows(replayed, definitions).map_err(trouble)?,
    );
    let tables: Vec<String> = replayed
        .prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND name NOT LIKE 'bw_attempt%' AND name <> 'bw_text' ORDER BY name",
        )
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .map_err(trouble)?;
    for table in tables {
        let query = format!("SELECT * FROM {table}");
        let here = match rows(&book.db, &query) {
            Ok(rows) => rows,
            // Named already, as a definition that is missing.
            Err(rusqlite::Error::SqlInputError { .. }) => continue,
            Err(error) => return Err(trouble(error)),
        };
        report.extend(differences(
            book,
            &table,
            &here,
            &rows(replayed, &query).map_err(trouble)?,
        ));
    }
    Ok(report)
}

/// Every row of a query, each as one text; equal rows are told apart by how often they came.
fn rows(db: &Connection, query: &str) -> SqlResult<BTreeSet<String>> {
    let mut statement = db.prepare(query)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = BTreeSet::new();
    let mut cursor = statement.query([])?;
    while let Some(row) = cursor.next()? {
        let mut text = String::new();
        for (column, name) in names.iter().enumerate() {
            let shown = match row.get(column)? {
                Value::Null => continue,
                Value::Text(text) => text,
                Value::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            };
            text.push_str(&format!("{name}={shown:?} "));
        }
        while !rows.insert(text.clone()) {
            text.push_str("(again) ");
        }
    }
    Ok(rows)
}

/// `BW-B106` for the first row on either side that the other lacks.
fn differences(
    book: &Book,
    table: &str,
    here: &BTreeSet<String>,
    chain: &BTreeSet<String>,
) -> Report {
    const SHOWN: usize = 300;
    let added = here.difference(chain).next();
    let lacking = chain.difference(here).next();
    if added.is_none() && lacking.is_none() {
        return Report::new();
    }
    let cut = |row: &String| row.chars().take(SHOWN).collect::<String>();
    let mut diagnostic = Diagnostic::error(
        "BW-B106",
        Place::Id(table.to_owned()),
        format!("{table} was changed by hand: it is not what the chain says"),
    )
    .help("restore book/ whole from a copy");
    if let Some(row) = added {
        diagnostic = diagnostic.label(
            Place::file(book.at.database.display()),
            format!("here: {}", cut(row)),
        );
    }
    if let Some(row) = lacking {
        diagnostic = diagnostic.label(Place::Id("chain".to_owned()), cut(row));
    }
    diagnostic.into()
}

/// Texts are named by their hash; those the plans name are there, and no others.
fn check_texts(book: &Book) -> Result<Report, Report> {
    let named: BTreeSet<String> = book
        .rows("SELECT DISTINCT sha256 FROM bw_plan_text", [], |row| {
            row.get(0)
        })?
        .into_iter()
        .collect();
    let kept = book.rows("SELECT sha256, text FROM bw_text", [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let whole: BTreeSet<String> = kept
        .into_iter()
        .map(|(hash, text)| {
            if sha256(text) == hash {
                hash
            } else {
                format!("{hash} (changed)")
            }
        })
        .collect();
    Ok(differences(book, "bw_text", &whole, &named))
}
