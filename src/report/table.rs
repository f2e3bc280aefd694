//! An answer in rows and columns, before anybody decides how to print it.

use serde_json::{Map, Value};

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<Head>,
    pub rows: Vec<Vec<Cell>>,
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
        match self {
            Self::Text(text) | Self::Number(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Empty => String::new(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) | Self::Number(text) => Value::from(text.as_str()),
            Self::Count(count) => Value::from(*count),
            Self::Flag(flag) => Value::from(*flag),
            Self::Empty => Value::Null,
        }
    }
}

impl Table {
    /// A table without rows: names on the left, numbers on the right.
    pub fn new<const N: usize>(columns: [(&'static str, Side); N]) -> Self {
        Self {
            columns: columns.map(|(name, side)| Head { name, side }).to_vec(),
            rows: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// The table with columns named that a narrow terminal can do without, the first first.
    pub fn spare(self, names: &[&'static str]) -> Self {
        Self {
            spare: names.to_vec(),
            ..self
        }
    }

    /// Adds a row. Panics where it has another width than the head: a fault of ours.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert_eq!(row.len(), self.columns.len(), "a row of another width");
        self.rows.push(row);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table by RFC 4180, with a header. Texts that a spreadsheet would take for a formula get a quote in front.
    pub fn to_csv(&self) -> String {
        let heads = self.columns.iter().map(|head| field(head.name));
        let mut text = heads.collect::<Vec<_>>().join(",") + "\r\n";
        for row in &self.rows {
            let cells = row.iter().map(|cell| match cell {
                Cell::Text(words) => field(&guarded(words)),
                other => other.plain(),
            });
            text.push_str(&cells.collect::<Vec<_>>().join(","));
            text.push_str("\r\n");
        }
        text
    }

    /// A list of objects, one a row: exact numbers are strings, empty cells null.
    pub fn to_json(&self) -> Value {
        let object = |row: &Vec<Cell>| -> Value {
            let pairs = self.columns.iter().zip(row);
            Value::Object(
                pairs
                    .map(|(head, cell)| (head.name.to_owned(), cell.json()))
                    .collect::<Map<_, _>>(),
            )
        };
        self.rows.iter().map(object).collect()
    }
}

/// Quoted where RFC 4180 wants it.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// With a quote in front if a spreadsheet would run it.
///
/// A text that only looks guarded gets one too, so that taking one quote off always gives the original.
fn guarded(text: &str) -> String {
    if text
        .trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r'])
    {
        format!("'{text}")
    } else {
        text.to_owned()
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
        /// What is written is read back as the same text, once the guard is off.
        #[test]
        fn texts_survive_csv(texts in proptest::collection::vec("['=+@\t\r\n\",a-c-]{1,8}", 1..20)) {
            let written = table(texts.iter().map(Cell::text)).to_csv();
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(written.as_bytes());
            let read: Vec<String> = reader
                .records()
                .map(|record| {
                    let cell = record.unwrap()[0].to_owned();
                    if guarded(&cell) == cell { cell } else { cell[1..].to_owned() }
                })
                .collect();
            prop_assert_eq!(read, texts);
        }
    }
}
