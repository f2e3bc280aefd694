//! Rows of the book as groups of variables: the columns a document may show, under the names a template uses.

use super::value::{Day, Days, Figure, none};
use crate::calendar::{Date, Period};
use crate::model::table::Columns;
use crate::money::{Amount, Currency, Quantity, Rate};
use minijinja::Value;
use polars::prelude::*;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Columns of one table, found by name once and shared by its rows.
#[derive(Clone)]
pub(super) struct Cells(Arc<[(&'static str, Cell)]>);

/// A row of a table. Its values are made when a template asks for them, and most it never asks for.
pub(super) struct Row {
    cells: Cells,
    row: usize,
    currency: Currency,
}

enum Cell {
    Text(StringChunked),
    Amount(Int128Chunked),
    Rate(Int128Chunked),
    Percent(Int128Chunked),
    Quantity(Int128Chunked),
    Day(Int32Chunked),
    Count(Int64Chunked),
    Flag(BooleanChunked),
}

impl Cells {
    /// `shown`: name in templates, name in the table.
    pub fn new(frame: &DataFrame, shown: &[(&'static str, &str)]) -> Self {
        let cells = shown
            .iter()
            .map(|(name, column)| (*name, Cell::new(frame, column)));
        Self(cells.collect())
    }

    pub fn row(&self, row: usize, currency: Currency) -> Row {
        Row {
            cells: self.clone(),
            row,
            currency,
        }
    }
}

impl Row {
    /// A value by its name in templates; an empty cell is `none`.
    pub fn get(&self, name: &str) -> Option<Value> {
        let (_, cell) = self.cells.0.iter().find(|(known, _)| *known == name)?;
        Some(cell.value(self.row, self.currency).unwrap_or_else(none))
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.cells.0.iter().map(|(name, _)| *name)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "row {}", self.row)
    }
}

impl Cell {
    fn new(frame: &DataFrame, name: &str) -> Self {
        let column = frame
            .column(name)
            .unwrap_or_else(|error| panic!("column {name}: {error}"))
            .rechunk();
        let series = column.as_materialized_series();
        let wrong = |error: PolarsError| -> ! { panic!("column {name}: {error}") };
        match series.dtype() {
            DataType::String => Self::Text(series.str().unwrap_or_else(|e| wrong(e)).clone()),
            DataType::Date => Self::Day(
                series
                    .date()
                    .unwrap_or_else(|e| wrong(e))
                    .physical()
                    .clone(),
            ),
            DataType::Int64 => Self::Count(series.i64().unwrap_or_else(|e| wrong(e)).clone()),
            DataType::Boolean => Self::Flag(series.bool().unwrap_or_else(|e| wrong(e)).clone()),
            DataType::Decimal(_, scale) => {
                let units = series
                    .decimal()
                    .unwrap_or_else(|e| wrong(e))
                    .physical()
                    .clone();
                match *scale as u32 {
                    Amount::SCALE => Self::Amount(units),
                    Quantity::SCALE => Self::Quantity(units),
                    _ if name == "rate" => Self::Percent(units),
                    _ => Self::Rate(units),
                }
            }
            other => panic!("column {name} is {other}, which no table of the book has"),
        }
    }

    fn value(&self, row: usize, currency: Currency) -> Option<Value> {
        Some(match self {
            Self::Text(column) => Value::from(column.get(row)?),
            Self::Amount(column) => {
                let amount = Amount::from_units(column.get(row)?)?;
                Value::from_object(Figure::Amount(amount, currency))
            }
            Self::Rate(column) => {
                let rate = Rate::from_units(column.get(row)?)?;
                Value::from_object(Figure::Rate(rate, currency))
            }
            Self::Percent(column) => {
                Value::from_object(Figure::Percent(Rate::from_units(column.get(row)?)?))
            }
            Self::Quantity(column) => {
                Value::from_object(Figure::Quantity(Quantity::from_units(column.get(row)?)?))
            }
            Self::Day(column) => Value::from_object(Day(Date::from_number(column.get(row)?))),
            Self::Count(column) => Value::from(column.get(row)?),
            Self::Flag(column) => Value::from(column.get(row)?),
        })
    }
}

/// First days and, exclusive, last days of a table's rows.
pub(super) struct Periods(Int32Chunked, Int32Chunked);

impl Periods {
    pub fn new(frame: &DataFrame) -> Self {
        let days = |name| {
            let days = frame.dates(name).map(|day| day.map(Date::number));
            days.collect()
        };
        Self(days("period_start"), days("period_end"))
    }

    pub fn get(&self, row: usize) -> Option<Period> {
        let day = |days: &Int32Chunked| days.get(row).map(Date::from_number);
        Some(Period::new(day(&self.0)?, day(&self.1)?))
    }

    pub fn value(&self, row: usize) -> Value {
        let period = self.get(row);
        period.map_or_else(none, |period| Value::from_object(Days(period)))
    }
}

/// For each invoice the rows of a table sorted by `invoice_id`; `order` are the rows of `invoices` in the order of their ids.
///
/// One walk along both, since filtering per invoice would look at every row once for each of them.
pub(super) fn ranges(
    invoices: &StringChunked,
    order: &[usize],
    table: &DataFrame,
) -> Vec<Range<usize>> {
    let ids = table.text("invoice_id").rechunk();
    let mut ranges = vec![0..0; invoices.len()];
    let mut at = 0;
    for &row in order {
        let id = invoices.get(row);
        while at < ids.len() && ids.get(at) < id {
            at += 1;
        }
        let start = at;
        while at < ids.len() && ids.get(at) == id {
            at += 1;
        }
        ranges[row] = start..at;
    }
    ranges
}
