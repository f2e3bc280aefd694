//! Which rows of an answer, and in which order: the same two questions for every table.

use super::table::{self as report, Cell, Head, Side, Table};
use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place, Report, Source, nearest};
use crate::model::table::{count_column, flag_column, text_column};
use crate::model::{condition, sql};
use crate::money::Amount;
use polars::prelude::{
    BooleanChunked, Column, DataFrame, IdxSize, Int128Chunked, IntoSeries, NewChunkedArray,
};
use rayon::prelude::*;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// What of a table is wanted, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sift {
    /// An SQL condition over its columns; `None`: every row.
    pub condition: Option<String>,
    /// A column, with `-` in front for the greatest first; `None`: as it comes.
    pub sort: Option<String>,
}

const WHERE: &str = "--where";
const SORT: &str = "--sort";

impl Sift {
    /// The wanted rows in the wanted order; rows that are equal in it keep theirs, empty cells come last.
    ///
    /// Errors: `BW-C105` the condition is not one SQL expression, `BW-C106` a column that the table does not have.
    pub fn of(&self, mut table: Table) -> Result<Table, Report> {
        if let Some(condition) = &self.condition {
            let is_wanted = wanted(condition, &table)?;
            let rows = (0..).zip(is_wanted.iter());
            let rows = rows.filter(|(_, is_wanted)| *is_wanted == Some(true));
            table = table.with(rows.map(|(row, _)| row).collect());
        }
        if let Some(column) = &self.sort {
            let rows = sorted(column, &table)?;
            table = table.with(rows);
        }
        Ok(table)
    }
}

fn wanted(condition: &str, table: &Table) -> Result<BooleanChunked, Report> {
    let place = |span| Place::Text {
        source: Source::new(WHERE, condition),
        span,
    };
    sql::expression(condition).map_err(|fault| {
        let span = fault.offset..(fault.offset + 1).min(condition.len());
        Diagnostic::error("BW-C105", place(span), fault.message)
            .help("one SQL expression, no statement, such as: total >= 100")
    })?;
    let columns = (0..table.columns.len()).map(|at| column(table, at));
    let frame = DataFrame::new_infer_height(columns.collect());
    let frame = frame.expect("columns of one height and different names");
    condition::rows(condition, frame).map_err(|unasked| {
        let problem = Diagnostic::error("BW-C106", place(0..condition.len()), unasked.message);
        let help = unasked.help.unwrap_or_else(|| there_are(table));
        problem.help(help).into()
    })
}

/// A column with the type of its cells; where it has none, figures are those that stand on the right.
fn column(table: &Table, at: usize) -> Column {
    let Head { name, side } = table.columns[at];
    match table.cells(at) {
        report::Column::Cells(cells) => of_cells(name, side, cells),
        report::Column::Texts(texts) => {
            let is_null = |text: Option<&str>| text.is_some_and(str::is_empty);
            match texts.iter().any(is_null) {
                false => texts.clone().with_name(name.into()).into_series().into(),
                true => text_column(
                    name,
                    texts
                        .iter()
                        .map(|text| text.filter(|text| !text.is_empty())),
                ),
            }
        }
        report::Column::Days(days) => {
            let written = days
                .iter()
                .map(|day| Some(Date::from_number(day?).to_string()));
            text_column(name, written)
        }
        report::Column::Counts(counts) => {
            counts.clone().with_name(name.into()).into_series().into()
        }
        report::Column::Money(units, _) => {
            let finer = 10_i128.pow(SCALE - Amount::SCALE);
            figures(name, units.iter().map(|units| units?.checked_mul(finer)))
        }
    }
}

fn of_cells(name: &str, side: Side, cells: &[Cell]) -> Column {
    let first = cells.iter().find(|cell| **cell != Cell::Empty);
    match first {
        Some(Cell::Count(_)) => count_column(
            name,
            cells.iter().map(|cell| match cell {
                Cell::Count(count) => Some(*count),
                _ => None,
            }),
        ),
        Some(Cell::Flag(_)) => flag_column(
            name,
            cells.iter().map(|cell| match cell {
                Cell::Flag(flag) => Some(*flag),
                _ => None,
            }),
        ),
        Some(Cell::Text(_)) => texts(name, cells),
        None if side == Side::Left => texts(name, cells),
        Some(Cell::Number(_) | Cell::Empty) | None => figures(
            name,
            cells.iter().map(|cell| {
                let number = number(cell)?;
                let missing = SCALE.checked_sub(number.scale())?;
                number.mantissa().checked_mul(10_i128.pow(missing))
            }),
        ),
    }
}

fn texts(name: &str, cells: &[Cell]) -> Column {
    let plain = cells.iter().map(|cell| match cell {
        Cell::Empty => None,
        cell => Some(cell.plain()),
    });
    text_column(name, plain.collect::<Vec<_>>())
}

/// Digits behind the point of the finest number there is, a price per unit.
const SCALE: u32 = 9;

fn figures(name: &str, units: impl Iterator<Item = Option<i128>>) -> Column {
    let units: Vec<Option<i128>> = units.collect();
    let units = Int128Chunked::from_slice_options(name.into(), &units);
    units
        .into_decimal_unchecked(38, SCALE as usize)
        .into_series()
        .into()
}

fn number(cell: &Cell) -> Option<Decimal> {
    match cell {
        Cell::Number(text) => Decimal::from_str_exact(text).ok(),
        _ => None,
    }
}

fn sorted(wanted: &str, table: &Table) -> Result<Vec<IdxSize>, Report> {
    let name = wanted.strip_prefix('-').unwrap_or(wanted);
    let Some(at) = table.columns.iter().position(|head| head.name == name) else {
        let names = table.columns.iter().map(|head| head.name);
        let place = Place::Argument(SORT.to_owned());
        let problem = Diagnostic::error("BW-C106", place, format!("there is no column `{name}`"));
        let help = nearest(name, names).map(|near| format!("did you mean `{near}`?"));
        return Err(problem
            .help(help.unwrap_or_else(|| there_are(table)))
            .into());
    };
    let is_descending = wanted.starts_with('-');
    let rows = table.len();
    Ok(match table.cells(at) {
        report::Column::Cells(cells) => {
            let filled = |row: usize| Some(&cells[row]).filter(|cell| !cell.plain().is_empty());
            ordered(rows, filled, compared, is_descending)
        }
        report::Column::Texts(texts) => {
            let filled = |row| texts.get(row).filter(|text| !text.is_empty());
            ordered(rows, filled, Ord::cmp, is_descending)
        }
        report::Column::Days(days) => ordered(rows, |row| days.get(row), Ord::cmp, is_descending),
        report::Column::Counts(counts) => {
            ordered(rows, |row| counts.get(row), Ord::cmp, is_descending)
        }
        report::Column::Money(units, _) => {
            ordered(rows, |row| units.get(row), Ord::cmp, is_descending)
        }
    })
}

/// So many rows by what they are filled with; those that are equal keep their order, and empty ones come last.
fn ordered<T: Send>(
    rows: usize,
    filled: impl Fn(usize) -> Option<T>,
    compared: impl Fn(&T, &T) -> Ordering + Sync,
    is_descending: bool,
) -> Vec<IdxSize> {
    let mut empty = Vec::new();
    let mut full = Vec::with_capacity(rows);
    for (number, row) in (0..).zip(0..rows) {
        match filled(row) {
            Some(value) => full.push((value, number)),
            None => empty.push(number),
        }
    }
    full.par_sort_by(|(one, _), (other, _)| match is_descending {
        true => compared(other, one),
        false => compared(one, other),
    });
    full.into_iter().map(|(_, row)| row).chain(empty).collect()
}

fn compared(one: &&Cell, other: &&Cell) -> Ordering {
    match (one, other) {
        (Cell::Count(one), Cell::Count(other)) => one.cmp(other),
        _ => match (number(one), number(other)) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.plain().cmp(&other.plain()),
        },
    }
}

fn there_are(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|head| head.name).collect();
    format!("there are: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::shown;

    fn table() -> Table {
        let mut table = Table::new([
            ("account_id", Side::Left),
            ("invoice_date", Side::Left),
            ("lines", Side::Right),
            ("balance", Side::Right),
        ]);
        for (account, day, lines, balance) in [
            ("A-1", "2026-02-01", 2, "9.50"),
            ("A-2", "2026-01-01", 12, ""),
            ("A-3", "2026-02-01", 1, "-100.00"),
            ("A-4", "2026-03-01", 7, "0.10"),
        ] {
            table.push(vec![
                Cell::text(account),
                Cell::text(day),
                Cell::Count(lines),
                Cell::Number(balance.to_owned()),
            ]);
        }
        table
    }

    fn sifted(condition: &str, sort: &str) -> Result<String, Report> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let sift = Sift {
            condition: given(condition),
            sort: given(sort),
        };
        let table = sift.of(table())?;
        let ids = (0..table.len()).map(|row| table.plain(row, 0));
        Ok(ids.collect::<Vec<_>>().join(" "))
    }

    /// O13: smallest or biggest first, by value and not by letters; what is empty comes last.
    #[test]
    fn o13_a_column_sorts_by_value_and_empty_cells_come_last() {
        assert_eq!(sifted("", "balance").unwrap(), "A-3 A-4 A-1 A-2");
        assert_eq!(sifted("", "-balance").unwrap(), "A-1 A-4 A-3 A-2");
        assert_eq!(sifted("", "-lines").unwrap(), "A-2 A-4 A-1 A-3");
        assert_eq!(sifted("", "invoice_date").unwrap(), "A-2 A-1 A-3 A-4");
    }

    /// O13: column filters, such as a least balance.
    #[test]
    fn o13_a_condition_reads_figures_as_figures_and_days_as_days() {
        assert_eq!(sifted("balance >= 0.10", "").unwrap(), "A-1 A-4");
        assert_eq!(sifted("balance >= '0.10'", "").unwrap(), "A-1 A-4");
        assert_eq!(
            sifted("balance IS NULL OR lines > 6", "").unwrap(),
            "A-2 A-4"
        );
        let february = "invoice_date BETWEEN '2026-02-01' AND '2026-02-28'";
        assert_eq!(sifted(february, "-lines").unwrap(), "A-1 A-3");
        assert_eq!(sifted("1 = 1", "").unwrap(), "A-1 A-2 A-3 A-4");
    }

    #[test]
    fn a_column_or_condition_that_cannot_be_meant_is_refused_with_what_can() {
        let told = |condition, sort| sifted(condition, sort).unwrap_err().text(false);
        assert!(told("", "balanc").contains("did you mean `balance`?"));
        assert!(told("acount_id = 'x'", "").contains("did you mean `account_id`?"));
        assert!(told("1=1; drop table lines", "").contains("--where:1:4"));
        assert!(told("lines + 1", "").contains("not a yes or no"));
    }

    #[test]
    fn a_table_without_rows_still_says_which_columns_it_has() {
        let empty = table().with(Vec::new());
        let sift = Sift {
            condition: Some("balance > 5 AND account_id = 'A-1'".to_owned()),
            sort: Some("lines".to_owned()),
        };
        assert_eq!(shown(&sift.of(empty.clone()).unwrap()), shown(&empty));
    }
}
