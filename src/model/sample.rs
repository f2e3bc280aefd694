//! Tables from text: samples that ship, and what tests are about.

use super::table::{
    Kind, Schema, count_column, date_column, flag_column, text_column, units_column,
};
use crate::calendar::Date;
use crate::money::{Amount, Quantity, Rate};
use polars::prelude::{Column, DataFrame};

/// Cells of a row by column; a column that is not named, or whose cell is empty, is null.
pub type Row<'t> = Vec<(&'t str, &'t str)>;

/// A table of this schema, in key order. Panics on a column the schema does not have and on a value that is none.
pub fn of_rows(schema: &Schema, rows: &[Row<'_>]) -> DataFrame {
    for (name, _) in rows.iter().flatten() {
        let known = schema.columns.iter().any(|(column, _)| column == name);
        assert!(known, "table {} has no column {name}", schema.name);
    }
    let columns = schema.columns.iter().map(|(name, kind)| {
        let cells = rows.iter().map(|row| {
            let cell = row.iter().rev().find(|(column, _)| column == name);
            cell.map(|(_, text)| *text).filter(|text| !text.is_empty())
        });
        column(name, *kind, cells)
    });
    let frame = DataFrame::new(rows.len(), columns.collect()).expect("columns of one height");
    schema.sorted(frame)
}

/// The same from a header and a row a line, cells parted by ` | `.
pub fn table(schema: &Schema, text: &str) -> DataFrame {
    let cells = |line: &'_ str| {
        line.split('|')
            .map(str::trim)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut lines = text.trim().lines().map(cells);
    let head = lines.next().unwrap_or_default();
    let rows: Vec<Vec<String>> = lines.collect();
    let named = rows.iter().map(|row| {
        let cells = row.iter().map(String::as_str);
        head.iter().map(String::as_str).zip(cells).collect()
    });
    of_rows(schema, &named.collect::<Vec<Row<'_>>>())
}

fn column<'t>(name: &str, kind: Kind, texts: impl Iterator<Item = Option<&'t str>>) -> Column {
    let date = |text| Date::parse(text).expect("a date");
    let count = |text: &str| text.parse().expect("a count");
    let units = |text| match kind {
        Kind::Amount => Amount::parse(text).expect("an amount").units(),
        Kind::Rate => Rate::parse(text).expect("a rate").units(),
        _ => Quantity::parse(text).expect("a quantity").units(),
    };
    match kind {
        Kind::Text => text_column(name, texts),
        Kind::Date => date_column(name, texts.map(|text| text.map(date))),
        Kind::Count => count_column(name, texts.map(|text| text.map(count))),
        Kind::Flag => flag_column(name, texts.map(|text| text.map(|text| text == "true"))),
        Kind::Amount | Kind::Rate | Kind::Quantity => {
            units_column(name, kind, texts.map(|text| text.map(units)))
        }
    }
}
