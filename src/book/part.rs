//! Parts: tables as immutable Parquet files, named by their content.

use super::files;
use super::location::Location;
use super::trouble;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::digest::sha256;
use crate::model::table::{Columns, Kind, Schema, internal};
use crate::money::{Amount, Quantity, Rate};
use polars::prelude::DataFrame;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use polars_io::parquet::write::{ParquetCompression, ParquetWriter, StatisticsOptions};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{Cursor, ErrorKind};

/// Rows of a row group. Fixed: the same table must be the same bytes on every machine.
const ROW_GROUP: usize = 1 << 18;
/// Longer texts have no range in the catalog: nothing is searched by them.
const LONGEST_BOUND: usize = 256;

/// A table as a Parquet file, as the chain and the catalog know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub table: String,
    /// Of the file, and its name.
    pub sha256: String,
    pub rows: i64,
    pub bytes: i64,
    /// Length of Parquet's own metadata at the end of the file, in bytes.
    pub footer: i64,
    /// In the order of the table's columns.
    pub columns: Vec<Range>,
}

/// What values a column of a part has, so that readers can skip the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Range {
    pub nulls: i64,
    pub lowest: Option<String>,
    pub highest: Option<String>,
}

/// A table as the bytes of a Parquet file: the same table gives the same bytes, whatever the threads.
///
/// Panics if the table has another shape than its schema says: that is a fault of ours.
pub fn encode(schema: &Schema, frame: &DataFrame) -> Result<Vec<u8>, Report> {
    assert_eq!(
        frame.schema(),
        schema.empty().schema(),
        "table {} has another shape",
        schema.name
    );
    let mut frame = frame.clone();
    // Row groups are cut where chunks end, and how many chunks there are depends on the threads.
    frame.rechunk_mut();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Zstd(None))
        .with_statistics(StatisticsOptions::default())
        .with_row_group_size(Some(ROW_GROUP))
        .finish(&mut frame)
        .map_err(internal)?;
    Ok(bytes)
}

/// A table from the bytes of its Parquet file; `columns` alone, if named.
pub fn decode(
    schema: &Schema,
    bytes: Vec<u8>,
    columns: Option<&[&str]>,
) -> Result<DataFrame, Report> {
    let wanted: Vec<_> = schema
        .columns
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| columns.is_none_or(|columns| columns.contains(name)))
        .map(str::to_owned)
        .collect();
    ParquetReader::new(Cursor::new(bytes))
        .with_columns(Some(wanted))
        .finish()
        .map_err(internal)
}

/// Writes a table as a part and reads it back. `None`: a table without rows has no file.
pub(super) fn write(
    at: &Location,
    schema: &Schema,
    frame: &DataFrame,
) -> Result<Option<Part>, Report> {
    if frame.height() == 0 {
        return Ok(None);
    }
    let bytes = encode(schema, frame)?;
    let part = Part {
        table: schema.name.to_owned(),
        sha256: sha256(&bytes),
        rows: count(frame.height()),
        bytes: count(bytes.len()),
        footer: footer(&bytes),
        columns: schema
            .columns
            .iter()
            .map(|(name, kind)| range(frame, name, *kind))
            .collect(),
    };
    files::make_folder(&at.table_path(schema.name))?;
    files::put(
        &at.part_path(schema.name, &part.sha256),
        &bytes,
        files::FINAL,
    )?;
    read(at, schema.name, &part.sha256, "this run")?;
    Ok(Some(part))
}

/// The bytes of a part, compared with the hash in its name before anything is made of them.
///
/// Errors: `BW-B103` missing, `BW-B106` changed.
pub(super) fn read(at: &Location, table: &str, hash: &str, run: &str) -> Result<Vec<u8>, Report> {
    let path = at.part_path(table, hash);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(missing(at.shown(&path), run));
        }
        read => read.map_err(|error| trouble::io("read the part", &path, &error))?,
    };
    if sha256(&bytes) != hash {
        return Err(changed(at.shown(&path), run));
    }
    Ok(bytes)
}

/// `BW-B103`: a file the book rests on is gone.
pub(super) fn missing(path: String, run: &str) -> Report {
    Diagnostic::error(
        "BW-B103",
        Place::File(path),
        format!("the book lacks a part that {run} needs"),
    )
    .help("put the file back from a copy of the book: it is found there under the same name")
    .into()
}

/// `BW-B106`: a file the book rests on has other bytes.
pub(super) fn changed(path: String, run: &str) -> Report {
    Diagnostic::error(
        "BW-B106",
        Place::File(path),
        format!("a part of {run} has been changed: its bytes are not those the chain names"),
    )
    .help("put the file back from a copy of the book: it is found there under the same name")
    .into()
}

/// A length as the catalog keeps it.
pub(super) fn count(length: usize) -> i64 {
    i64::try_from(length).expect("no table or file is that long")
}

/// The length of Parquet's metadata, which stands before the closing magic word.
fn footer(bytes: &[u8]) -> i64 {
    let at = bytes.len() - 8;
    let length: [u8; 4] = bytes[at..at + 4]
        .try_into()
        .expect("four bytes are four bytes");
    i64::from(u32::from_le_bytes(length))
}

fn range(frame: &DataFrame, name: &str, kind: Kind) -> Range {
    let nulls = frame
        .column(name)
        .map_or(0, |column| count(column.null_count()));
    let bounds = match kind {
        Kind::Text => bounds(frame.text(name).iter().flatten(), str::to_owned),
        Kind::Date => bounds(frame.dates(name).flatten(), |day| day.to_string()),
        Kind::Count => bounds(frame.counts(name).iter().flatten(), |count| {
            count.to_string()
        }),
        Kind::Flag => bounds(frame.flags(name).iter().flatten(), |flag| {
            u8::from(flag).to_string()
        }),
        Kind::Amount | Kind::Rate | Kind::Quantity => {
            bounds(frame.units(name).flatten(), |units| decimal(kind, units))
        }
    };
    let (lowest, highest) = bounds
        .filter(|(lowest, highest)| lowest.len().max(highest.len()) <= LONGEST_BOUND)
        .unzip();
    Range {
        nulls,
        lowest,
        highest,
    }
}

/// The least and the greatest of values, as text; `None` where there are none.
fn bounds<T: Ord + Copy>(
    mut values: impl Iterator<Item = T>,
    text: impl Fn(T) -> String,
) -> Option<(String, String)> {
    let first = values.next()?;
    let (lowest, highest) = values.fold((first, first), |(lowest, highest), value| {
        (lowest.min(value), highest.max(value))
    });
    Some((text(lowest), text(highest)))
}

fn decimal(kind: Kind, units: i128) -> String {
    match kind {
        Kind::Amount => Amount::from_units(units).map(|amount| amount.to_string()),
        Kind::Rate => Rate::from_units(units).map(|rate| rate.to_string()),
        _ => Quantity::from_units(units).map(|quantity| quantity.to_string()),
    }
    .expect("a decimal column holds 18 digits")
}
