//! An input that is read piece by piece, because it is too large to be held as it was written.

use super::export::{Export, is_parquet, under_our_names};
use super::needles::Needles;
use super::origin::{FileRows, Origin};
use super::{Located, parquet};
use crate::diagnostic::{Diagnostic, Report};
use crate::model::table::internal;
use crate::model::workspace::{Input, Source};
use polars::prelude::DataFrame;
use std::collections::BTreeMap;
use std::ops::Range;

/// Rows that are read at a time, where the files leave the choice: enough that looking something up for a piece is worth it.
const PIECE: usize = 1 << 18;

/// An export whose rows are read a piece at a time.
pub struct Pieces {
    pub origin: Origin,
    rows: Rows,
}

enum Rows {
    /// Parquet files with the same columns.
    Files(Vec<parquet::Opened>),
    /// What had to be read at once: CSV, a query, files that differ.
    Read(DataFrame),
}

impl Pieces {
    /// Opens an input of Parquet files that have the same columns, under names that say nothing of them. `None`: it has to be read
    /// whole.
    pub fn open(
        name: &str,
        inputs: &BTreeMap<String, Input>,
        located: &[Located],
    ) -> Option<Result<Self, Report>> {
        let Source::File { path, columns } = &inputs.get(name)?.source else {
            return None;
        };
        let files = located.iter().filter(|file| file.pin.input == name);
        let files: Vec<&Located> = files.collect();
        let is_plain = |file: &&Located| is_parquet(&file.pin.path) && !file.pin.path.contains('=');
        if files.is_empty() || !files.iter().all(is_plain) {
            return None;
        }
        let mut origin = Origin {
            input: name.to_owned(),
            shown: path.clone(),
            theirs: columns.clone(),
            ..Origin::default()
        };
        let opened = files.iter().map(|file| open(file));
        let opened = match opened.collect::<Result<Vec<_>, _>>() {
            Ok(opened) => opened,
            Err(fault) => return Some(Err(fault.into())),
        };
        if opened
            .iter()
            .any(|file| file.schema() != opened[0].schema())
        {
            return None;
        }
        let mut begin = 0;
        for (file, opened) in files.iter().zip(&opened) {
            origin.files.push(FileRows {
                shown: file.pin.path.clone(),
                begin,
                first_row: 1,
            });
            begin += opened.rows();
        }
        Some(Ok(Self {
            origin,
            rows: Rows::Files(opened),
        }))
    }

    /// An export that was read already.
    pub fn of(export: Export) -> Self {
        Self {
            origin: export.origin,
            rows: Rows::Read(export.frame),
        }
    }

    pub fn height(&self) -> usize {
        match &self.rows {
            Rows::Files(files) => files.iter().map(parquet::Opened::rows).sum(),
            Rows::Read(frame) => frame.height(),
        }
    }

    /// The rows of each piece, in order: whole row groups of a file.
    pub fn spans(&self) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = Vec::new();
        let mut begin = 0;
        match &self.rows {
            Rows::Files(files) => {
                for file in files {
                    let first = spans.len();
                    for rows in file.row_groups().map(|rows| rows.len()) {
                        match spans[first..].last_mut() {
                            Some(span) if span.len() + rows <= PIECE => span.end += rows,
                            _ => spans.push(begin..begin + rows),
                        }
                        begin += rows;
                    }
                }
            }
            Rows::Read(frame) => {
                let height = frame.height();
                spans.extend(
                    (0..height)
                        .step_by(PIECE)
                        .map(|at| at..height.min(at + PIECE)),
                );
            }
        }
        spans
    }

    /// One of the [`spans`](Self::spans), its columns under our names; or one column of it.
    pub fn read(&self, span: &Range<usize>, column: Option<&str>) -> Result<DataFrame, Report> {
        let files = match &self.rows {
            Rows::Read(frame) => return Ok(frame.slice(span.start as i64, span.len())),
            Rows::Files(files) => files,
        };
        let (file, _) = self.origin.row(span.start);
        let begin = self.origin.files[file].begin;
        let rows = span.start - begin..span.end - begin;
        let Some(column) = column else {
            let frame = files[file].read(Some(rows), None)?;
            return Ok(under_our_names(&self.origin, &frame)?);
        };
        let theirs = self
            .origin
            .theirs
            .get(column)
            .map_or(column, String::as_str);
        let mut frame = files[file].read(Some(rows), Some(theirs))?;
        frame.rename(theirs, column.into()).map_err(internal)?;
        Ok(frame)
    }

    /// The rows in which a column has one of the ids beside it.
    pub fn select(&self, wanted: &[(&str, Needles)]) -> Result<Export, Report> {
        let theirs = |name: &str| {
            self.origin
                .theirs
                .get(name)
                .map_or(name.to_owned(), String::clone)
        };
        let theirs: Vec<(String, &Needles)> = wanted
            .iter()
            .map(|(name, ids)| (theirs(name), ids))
            .collect();
        let theirs: Vec<(&str, &Needles)> = theirs
            .iter()
            .map(|(name, ids)| (name.as_str(), *ids))
            .collect();
        let Rows::Files(files) = &self.rows else {
            unreachable!("only files are read in part");
        };
        let mut selected = Vec::new();
        let mut frame: Option<DataFrame> = None;
        for (file, rows) in files.iter().zip(&self.origin.files) {
            let (found, positions) = file.select(&theirs)?;
            selected.extend(positions.into_iter().map(|row| rows.begin + row));
            match &mut frame {
                None => frame = Some(found),
                Some(frame) => drop(frame.vstack_mut(&found).map_err(internal)?),
            }
        }
        let mut frame = frame.expect("an input has a file at least");
        frame.rechunk_mut();
        Ok(Export {
            frame: under_our_names(&self.origin, &frame)?,
            origin: Origin {
                selected: Some(selected),
                ..self.origin.clone()
            },
        })
    }

    /// All rows at once.
    pub fn whole(&self) -> Result<Export, Report> {
        let mut whole = match &self.rows {
            Rows::Read(frame) => frame.clone(),
            Rows::Files(files) => {
                let mut read = files.iter().map(|file| file.read(None, None));
                let first = read.next().expect("an input has a file at least")?;
                let below = |mut whole: DataFrame, next: Result<DataFrame, Diagnostic>| {
                    whole.vstack_mut(&next?).map_err(internal)?;
                    Ok::<_, Report>(whole)
                };
                under_our_names(&self.origin, &read.try_fold(first, below)?)?
            }
        };
        whole.rechunk_mut_par();
        Ok(Export {
            origin: self.origin.clone(),
            frame: whole,
        })
    }

    /// Its columns without a row.
    pub fn head(&self) -> Result<Export, Report> {
        let frame = match &self.rows {
            Rows::Read(frame) => frame.clear(),
            Rows::Files(files) => under_our_names(&self.origin, &files[0].read(Some(0..0), None)?)?,
        };
        Ok(Export {
            origin: self.origin.clone(),
            frame,
        })
    }
}

fn open(located: &Located) -> Result<parquet::Opened, Diagnostic> {
    parquet::open(&located.pin.path, &located.file)
}
