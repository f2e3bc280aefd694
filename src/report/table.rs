//! An answer in rows and columns, before anybody decides how to print it.

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<Head>,
    pub rows: Vec<Vec<Cell>>,
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
