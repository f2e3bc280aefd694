//! Parts: tables as immutable Parquet files, named by their content.

use super::files;
use super::location::Location;
use super::trouble;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::digest::sha256;
use crate::model::part::{Encoded, Part};
use crate::model::table::{Schema, internal};
use polars::prelude::DataFrame;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use std::fs;
use std::io::{Cursor, ErrorKind};

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

/// Puts a table into its place as a part and reads it back. `None`: a table without rows has no file.
pub(super) fn put(at: &Location, table: &Encoded) -> Result<Option<Part>, Report> {
    if table.is_empty() {
        return Ok(None);
    }
    let (name, hash) = (table.schema.name, &table.part.sha256);
    files::make_folder(&at.table_path(name))?;
    files::put(&at.part_path(name, hash), &table.bytes, files::FINAL)?;
    read(at, name, hash, "this run")?;
    Ok(Some(table.part.clone()))
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
