//! An answer in rows and columns, before anybody decides how to print it.

mod column;
mod write;

pub use self::column::{Column, Kind, digits};

use polars::prelude::{IdxCa, IdxSize};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// One table.
///
/// It is kept column by column, and what comes from a fact table as it is there: an answer may have a million rows.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: Vec<Head>,
    /// The cells of each of them.
    cells: Vec<Column>,
    /// Columns a narrow terminal can do without, the first first. CSV and JSON have all.
    pub spare: Vec<&'static str>,
}

/// A column's name (snake_case: the key in JSON and the header in CSV) and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub name: &'static str,
    pub side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Somebody's text: guarded in CSV, escaped on a terminal.
    Text(String),
    /// An exact number as text: a string in JSON.
    Number(String),
    /// A count: a number in JSON.
    Count(i64),
    Flag(bool),
    Empty,
}

impl Cell {
    /// A text; empty where there is none.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Empty
        } else {
            Self::Text(text)
        }
    }

    /// Anything that has one written form, such as a date; empty where there is none.
    pub fn of(value: Option<impl ToString>) -> Self {
        value.map_or(Self::Empty, |value| Self::Text(value.to_string()))
    }

    /// A number of things.
    pub fn count(count: usize) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// As printed where nothing has to be guarded or quoted.
    pub fn plain(&self) -> String {
        let mut text = String::new();
        self.put(&mut text);
        text
    }

    fn put(&self, out: &mut String) -> Kind {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Number(number) => out.push_str(number),
            Self::Count(count) => drop(write!(out, "{count}")),
            Self::Flag(flag) => drop(write!(out, "{flag}")),
            Self::Empty => {}
        }
        self.kind()
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Number(_) => Kind::Number,
            Self::Count(_) => Kind::Count,
            Self::Flag(_) => Kind::Flag,
            Self::Empty => Kind::Empty,
        }
    }
}

impl Table {
    /// A table without rows: names on the left, numbers on the right.
    pub fn new<const N: usize>(columns: [(&'static str, Side); N]) -> Self {
        Self::of(columns.map(|(name, side)| (name, side, Column::Cells(Vec::new()))))
    }

    /// A table of whole columns. Panics where one is longer than another: a fault of ours.
    pub fn of<const N: usize>(columns: [(&'static str, Side, Column); N]) -> Self {
        let mut table = Self::default();
        for (name, side, cells) in columns {
            table.columns.push(Head { name, side });
            table.cells.push(cells);
        }
        let height = table.len();
        let is_even = table.cells.iter().all(|cells| cells.len() == height);
        assert!(is_even, "columns of another height");
        table
    }

    /// The table with columns named that a narrow terminal can do without, the first first.
    pub fn spare(self, names: &[&'static str]) -> Self {
        Self {
            spare: names.to_vec(),
            ..self
        }
    }

    /// Adds a row to a table that is made row by row. Panics where it has another width than the head: a fault of ours.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert_eq!(row.len(), self.columns.len(), "a row of another width");
        for (cells, cell) in self.cells.iter_mut().zip(row) {
            let Column::Cells(cells) = cells else {
                panic!("a row for a table of whole columns")
            };
            cells.push(cell);
        }
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.cells.first().map_or(0, Column::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cells of a column.
    pub(super) fn cells(&self, column: usize) -> &Column {
        &self.cells[column]
    }

    /// The table with these of its rows, in this order.
    pub(super) fn with(self, rows: Vec<IdxSize>) -> Self {
        let rows = IdxCa::from_vec("".into(), rows);
        let cells = self.cells.into_iter().map(|cells| cells.with(&rows));
        Self {
            cells: cells.collect(),
            ..self
        }
    }

    /// Writes a cell as printed where nothing has to be guarded or quoted, and says what it is.
    pub fn put(&self, row: usize, column: usize, out: &mut String) -> Kind {
        self.cells[column].put(row, out)
    }

    /// Whether a cell says the same as the one above it. Panics in the first row.
    pub fn repeats(&self, row: usize, column: usize) -> bool {
        self.cells[column].repeats(row)
    }

    /// A cell as printed.
    pub fn plain(&self, row: usize, column: usize) -> String {
        let mut text = String::new();
        self.put(row, column, &mut text);
        text
    }

    /// A list of objects, one a row: exact numbers are strings, empty cells null.
    pub fn to_json(&self) -> Value {
        let value = |row, column| {
            let mut text = String::new();
            match self.put(row, column, &mut text) {
                Kind::Text | Kind::Number => Value::from(text),
                Kind::Count | Kind::Flag => text.parse().expect("a count or flag is JSON"),
                Kind::Empty => Value::Null,
            }
        };
        let object = |row| -> Value {
            let heads = self.columns.iter().enumerate();
            let pairs = heads.map(|(column, head)| (head.name.to_owned(), value(row, column)));
            Value::Object(pairs.collect::<Map<_, _>>())
        };
        (0..self.len()).map(object).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(cells: impl IntoIterator<Item = Cell>) -> Table {
        let mut table = Table::new([("cell", Side::Left)]);
        cells.into_iter().for_each(|cell| table.push(vec![cell]));
        table
    }

    #[test]
    fn a_text_that_looks_like_a_formula_is_inert_in_csv_and_a_number_stays_a_number() {
        let cells = [
            Cell::text("=HYPERLINK(\"http://x\")"),
            Cell::text("+49 30 1234"),
            Cell::text("x\n=1+1"),
            Cell::text("'s-Hertogenbosch"),
            Cell::Number("-5.00".to_owned()),
            Cell::Count(-3),
            Cell::Empty,
        ];
        assert_eq!(
            table(cells).to_csv().split("\r\n").collect::<Vec<_>>(),
            [
                "cell",
                "\"'=HYPERLINK(\"\"http://x\"\")\"",
                "'+49 30 1234",
                "\"x\n=1+1\"",
                "'s-Hertogenbosch",
                "-5.00",
                "-3",
                "",
                "",
            ]
        );
    }

    #[test]
    fn money_is_a_string_in_json_and_a_count_a_number() {
        let cells = [
            Cell::Number("456360.00".to_owned()),
            Cell::Count(7043),
            Cell::Flag(true),
            Cell::Empty,
        ];
        insta::assert_snapshot!(
            table(cells).to_json(),
            @r#"[{"cell":"456360.00"},{"cell":7043},{"cell":true},{"cell":null}]"#
        );
    }

    proptest! {
        /// What is written as it is made is what it would be as a whole.
        #[test]
        fn json_is_written_as_serde_writes_it(texts in proptest::collection::vec("[a\"\\\\\u{0}\u{1f}\n\u{e4}]{0,4}", 0..5)) {
            let mut table = Table::new([("text", Side::Left), ("rows", Side::Right)]);
            for text in &texts {
                table.push(vec![Cell::text(text), Cell::count(text.len())]);
            }
            let mut written = Vec::new();
            table.write_json(&mut written).unwrap();
            prop_assert_eq!(String::from_utf8(written).unwrap(), format!("{:#}", table.to_json()));
        }

        /// What is written is read back as the same text, once the guard is off.
        #[test]
        fn texts_survive_csv(texts in proptest::collection::vec("['=+@\t\r\n\",a-c-]{1,8}", 1..20)) {
            let written = table(texts.iter().map(Cell::text)).to_csv();
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(written.as_bytes());
            let read: Vec<String> = reader
                .records()
                .map(|record| {
                    let cell = record.unwrap()[0].to_owned();
                    if write::is_formula(&cell) { cell[1..].to_owned() } else { cell }
                })
                .collect();
            prop_assert_eq!(read, texts);
        }
    }
}
