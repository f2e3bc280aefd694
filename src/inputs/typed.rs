//! Text -> the typed columns of a table, a column at a time.

use super::column::{self, Fault};
use super::demands::Demands;
use super::export::{Export, column_names};
use super::origin::Origin;
use super::text;
use super::value::Misfit;
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::account::{PAUSES, ROW};
use crate::model::table::{Columns, Kind, count_column, internal};
use polars::prelude::*;
use rayon::prelude::*;

/// A table whose values have their types, sorted by its key and then by position.
#[derive(Clone, Debug)]
pub struct Typed {
    pub demands: Demands,
    pub origin: Origin,
    /// The columns of the schema, then `row`, which holds positions here, then every further column as text. A value that does not
    /// fit is null.
    pub frame: DataFrame,
    pub faults: Vec<Fault>,
    /// Whether no id is there twice, as in nearly every table: then nobody has to look.
    pub ids_differ: bool,
}

impl Typed {
    pub fn ids(&self) -> &StringChunked {
        self.frame.text(self.demands.id())
    }

    /// The columns of text that tell its rows apart.
    pub fn text_keys(&self) -> impl Iterator<Item = &'static str> {
        let columns = self.demands.schema.columns.iter();
        columns
            .filter(|(name, kind)| *kind == Kind::Text && self.demands.schema.key.contains(name))
            .map(|(name, _)| *name)
    }

    /// Where a row stands in its input.
    pub fn position(&self, index: usize) -> usize {
        let position = self.frame.counts(ROW).get(index);
        position
            .and_then(|position| usize::try_from(position).ok())
            .expect("every row has its position")
    }

    pub fn place(&self, index: usize, column: &str) -> Place {
        self.origin.place(self.position(index), column)
    }

    /// A row as seen from another one of the table.
    pub fn beside(&self, from: usize, index: usize) -> String {
        self.origin
            .beside(self.position(from), self.position(index))
    }

    /// The table with its `row` as people count.
    pub fn with_rows(mut self) -> DataFrame {
        let positions = self.frame.counts(ROW).iter();
        let rows = match self.origin.files.as_slice() {
            [only] if self.origin.selected.is_none() => {
                let first = only.first_row as i64;
                count_column(ROW, positions.map(|at| at.map(|at| at + first)))
            }
            _ => {
                let row = |at: i64| self.origin.row(at as usize).1 as i64;
                count_column(ROW, positions.map(|at| at.map(row)))
            }
        };
        self.frame
            .with_column(rows)
            .expect("a column of the same height in place of another");
        self.frame
    }
}

/// The table of a workspace that names no such input.
pub fn none(demands: Demands) -> Typed {
    let mut frame = demands.schema.empty();
    frame
        .with_column(count_column(ROW, []))
        .expect("no schema has this column");
    Typed {
        demands,
        origin: Origin::default(),
        frame,
        faults: Vec::new(),
        ids_differ: true,
    }
}

/// Reads an export as the table that is asked for.
///
/// Errors: `BW-F102` no rows, `BW-F110` a column of a reserved name, `BW-F112` a required column is missing.
pub fn typed(export: Export, demands: Demands) -> Result<Typed, Report> {
    refuse_shape(&export, demands)?;
    let Export { origin, frame } = export;
    let (frame, ids_differ) = by_key(numbered(frame)?, demands)?;
    let read = demands
        .schema
        .columns
        .par_iter()
        .map(|(name, kind)| column::read(&frame, demands, name, *kind))
        .collect::<PolarsResult<Vec<(Column, Vec<Fault>)>>>()
        .map_err(internal)?;
    let mut faults = Vec::new();
    let mut columns = Vec::with_capacity(frame.width());
    for (column, found) in read {
        columns.push(kept_once(column));
        faults.extend(found);
    }
    let known = |name: &str| demands.schema.columns.iter().any(|(ours, _)| *ours == name);
    let (row, extras): (Vec<_>, Vec<_>) = frame
        .columns()
        .iter()
        .filter(|column| !known(column.name()))
        .partition(|column| column.name() == ROW);
    columns.extend(row.into_iter().cloned());
    for column in extras {
        columns.push(text::column(column).map_err(internal)?);
    }
    let mut frame = DataFrame::new(frame.height(), columns).map_err(internal)?;
    // What a query has put together lies in pieces.
    frame.rechunk_mut();
    faults.extend(ends_before_starts(&frame, demands));
    Ok(Typed {
        demands,
        origin,
        frame,
        faults,
        ids_differ,
    })
}

/// What a table cannot be read without.
pub fn refuse_shape(export: &Export, demands: Demands) -> Result<(), Report> {
    let names = column_names(&export.frame);
    let mut report = Report::new();
    for &wanted in demands
        .required
        .iter()
        .filter(|wanted| !names.contains(wanted))
    {
        let near = nearest(wanted, names.iter().copied());
        let message = format!("no column `{wanted}`, which {} need", demands.name());
        report.push(
            Diagnostic::error("BW-F112", export.origin.whole(), message)
                .help(export.origin.how_to_name(wanted, near)),
        );
    }
    if !demands.owners.iter().any(|owner| names.contains(owner)) && demands.owners.len() > 1 {
        let message = format!(
            "no column `{}`, of which {} need one",
            demands.owners.join("` or `"),
            demands.name()
        );
        report.push(
            Diagnostic::error("BW-F112", export.origin.whole(), message)
                .help(export.origin.how_to_name(demands.owners[0], None)),
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
        let message = format!("no rows: nobody's {} would be billed", demands.name());
        report.push(
            Diagnostic::error("BW-F102", export.origin.whole(), message)
                .help("compare the row count with that of the last run; fetch the export again"),
        );
    }
    report.unless_errors(())
}

/// A column that has one value in every row, as currencies and countries often have, in the memory of that one.
fn kept_once(column: Column) -> Column {
    let Column::Series(series) = &column else {
        return column;
    };
    if series.is_empty() {
        return column;
    }
    let is_same = match series.dtype() {
        DataType::String => {
            let texts = series.str().expect("a column of text");
            let first = texts.first();
            texts.iter().all(|text| text == first)
        }
        DataType::Date => {
            let days = series.date().expect("a column of days").physical();
            days.iter().all(|day| day == days.first())
        }
        _ => false,
    };
    if !is_same {
        return column;
    }
    let value = Scalar::new(
        series.dtype().clone(),
        series.get(0).expect("a row").into_static(),
    );
    Column::new_scalar(series.name().clone(), value, series.len())
}

/// With the position of each row.
fn numbered(mut frame: DataFrame) -> Result<DataFrame, Report> {
    let rows = (0..).take(frame.height()).map(Some);
    frame
        .with_column(count_column(ROW, rows))
        .map_err(internal)?;
    Ok(frame)
}

/// In the order of the key, ids as text; rows of one key stay in the order of their files. Also says whether no id is there twice.
fn by_key(mut frame: DataFrame, demands: Demands) -> Result<(DataFrame, bool), Report> {
    let mut key = Vec::new();
    for &name in demands.schema.key {
        let Ok(column) = frame.column(name) else {
            continue;
        };
        let column = text::column(column).map_err(internal)?;
        frame.with_column(column).map_err(internal)?;
        key.push(name);
    }
    if ids_differ(frame.text(demands.id())) {
        return Ok((frame, true));
    }
    let order = SortMultipleOptions::default().with_maintain_order(true);
    let frame = frame.sort(key, order).map_err(internal)?;
    let ids_differ = ids_differ(frame.text(demands.id()));
    Ok((frame, ids_differ))
}

/// Rows that are looked at by one thread in one go.
const PIECE: usize = 1 << 14;

/// Whether every id comes behind the one before it.
fn ids_differ(ids: &StringChunked) -> bool {
    let ids = ids.rechunk();
    let ids = ids.downcast_as_array();
    let rows = (1..ids.len()).into_par_iter().with_min_len(PIECE);
    rows.all(|row| ids.get(row - 1) < ids.get(row))
}

fn ends_before_starts(frame: &DataFrame, demands: Demands) -> Vec<Fault> {
    let Some((begin, end)) = demands.span else {
        return Vec::new();
    };
    let ends = frame.column(end).expect("a column of the schema");
    if ends.null_count() == frame.height() {
        return Vec::new();
    }
    let days = frame.dates(begin).zip(frame.dates(end)).enumerate();
    let upside_down = days.filter_map(|(index, days)| match days {
        (Some(first), Some(last)) if last < first => Some((index, first, last)),
        _ => None,
    });
    upside_down
        .map(|(index, first, last)| Fault {
            index,
            column: end,
            misfit: Misfit {
                code: "BW-V131",
                message: format!(
                    "{last} is before the start on {first}; the end is the first day {}",
                    if demands.name() == PAUSES.name {
                        "billed again"
                    } else {
                        "no longer billed"
                    }
                ),
            },
        })
        .collect()
}
