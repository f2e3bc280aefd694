//! Text -> the typed columns of a table, a column at a time.

use super::column::{self, Fault};
use super::demands::Demands;
use super::export::{Export, Origin, column_names};
use super::value::Misfit;
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::account::ROW;
use crate::model::table::{Columns, count_column, internal};
use polars::prelude::*;
use rayon::prelude::*;

/// A table whose values have their types, sorted by id and then by row.
#[derive(Clone, Debug)]
pub struct Typed {
    pub demands: Demands,
    pub origin: Origin,
    /// The columns of the schema, then `row`, then every further column as text. A value that does not fit is null.
    pub frame: DataFrame,
    pub faults: Vec<Fault>,
}

impl Typed {
    pub fn ids(&self) -> &StringChunked {
        self.frame.text(self.demands.id())
    }

    /// The row in its file.
    pub fn row(&self, index: usize) -> usize {
        let row = self.frame.counts(ROW).get(index);
        row.and_then(|row| usize::try_from(row).ok())
            .expect("every row has its number")
    }

    pub fn place(&self, index: usize, column: &str) -> Place {
        self.origin.place(self.row(index), column)
    }
}

/// Reads an export as the table that is asked for.
///
/// Errors: `BW-F102` no rows, `BW-F110` a column of a reserved name, `BW-F112` a required column is missing.
pub fn typed(export: &Export, demands: Demands) -> Result<Typed, Report> {
    refuse_shape(export, demands)?;
    let frame = by_id(numbered(&export.frame), demands.id())?;
    let read: Vec<(Column, Vec<Fault>)> = demands
        .schema
        .columns
        .par_iter()
        .map(|(name, kind)| column::read(&frame, demands, name, *kind))
        .collect();
    let mut faults = Vec::new();
    let mut columns = Vec::with_capacity(frame.width());
    for (column, found) in read {
        columns.push(column);
        faults.extend(found);
    }
    let known = |name: &str| demands.schema.columns.iter().any(|(ours, _)| *ours == name);
    let (row, extras): (Vec<_>, Vec<_>) = frame
        .columns()
        .iter()
        .filter(|column| !known(column.name()))
        .cloned()
        .partition(|column| column.name() == ROW);
    columns.extend(row.into_iter().chain(extras));
    let frame = DataFrame::new(frame.height(), columns).map_err(internal)?;
    faults.extend(ends_before_starts(&frame));
    Ok(Typed {
        demands,
        origin: export.origin.clone(),
        frame,
        faults,
    })
}

fn refuse_shape(export: &Export, demands: Demands) -> Result<(), Report> {
    let names = column_names(&export.frame);
    let mut report = Report::new();
    for &wanted in demands
        .required
        .iter()
        .filter(|wanted| !names.contains(wanted))
    {
        let near = nearest(wanted, names.iter().copied());
        let message = format!("no column `{wanted}`, which {} need", demands.schema.name);
        report.push(
            Diagnostic::error("BW-F112", export.origin.whole(), message)
                .help(export.origin.how_to_name(wanted, near)),
        );
    }
    if names.contains(&ROW) {
        let message =
            format!("a column is named `{ROW}`, which is what the number of a row is called");
        report.push(
            Diagnostic::error("BW-F110", export.origin.whole(), message).help(format!(
                "give it another name: {}",
                export.origin.how_to_name("line_number", Some(ROW))
            )),
        );
    }
    if demands.wants_rows && export.frame.height() == 0 {
        let message = format!("no rows: nobody's {} would be billed", demands.schema.name);
        report.push(
            Diagnostic::error("BW-F102", export.origin.whole(), message)
                .help("compare the row count with that of the last run; fetch the export again"),
        );
    }
    report.unless_errors(())
}

/// With the row of each record, the header being row 1.
fn numbered(frame: &DataFrame) -> DataFrame {
    let mut frame = frame.clone();
    let rows = (2..).take(frame.height()).map(Some);
    frame
        .with_column(count_column(ROW, rows))
        .expect("the name was free and the length is the same");
    frame
}

/// In the order of ids; rows of one id stay in the order of the file.
fn by_id(frame: DataFrame, id: &str) -> Result<DataFrame, Report> {
    if frame.text(id).iter().is_sorted() {
        return Ok(frame);
    }
    let order = SortMultipleOptions::default().with_maintain_order(true);
    frame.sort([id], order).map_err(internal)
}

fn ends_before_starts(frame: &DataFrame) -> Vec<Fault> {
    if frame.column("end_on").is_err() {
        return Vec::new();
    }
    let days = frame
        .dates("start_on")
        .zip(frame.dates("end_on"))
        .enumerate();
    days.filter_map(|(index, days)| {
        let (Some(start), Some(end)) = days else {
            return None;
        };
        (end < start).then(|| Fault {
            index,
            column: "end_on",
            misfit: Misfit {
                code: "BW-V131",
                message: format!("{end} is before the start on {start}; the end is the first day no longer billed"),
            },
        })
    })
    .collect()
}
