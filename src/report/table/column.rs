//! The cells of a column, kept as they came.

use super::Cell;
use crate::calendar::Date;
use crate::model::table::Columns;
use crate::money::{Amount, Currency};
use polars::prelude::{
    ChunkTake, ChunkedCollectInferIterExt, DataFrame, IdxCa, Int32Chunked, Int64Chunked,
    Int128Chunked, StringChunked,
};
use std::fmt::Write as _;
use std::sync::Arc;

/// One column of a table.
#[derive(Clone, Debug)]
pub enum Column {
    /// Put there row by row.
    Cells(Vec<Cell>),
    /// Null and empty are the same.
    Texts(StringChunked),
    /// As people write them.
    Days(Int32Chunked),
    Counts(Int64Chunked),
    /// Units of an amount, and how many digits each row's currency has.
    Money(Int128Chunked, Arc<[u8]>),
}

/// What a cell is, apart from what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Count,
    Flag,
    Empty,
}

impl Column {
    /// A text column of a fact table.
    pub fn texts(frame: &DataFrame, name: &str) -> Self {
        Self::Texts(frame.text(name).clone())
    }

    /// A column of dates.
    pub fn days(frame: &DataFrame, name: &str) -> Self {
        Self::of_days(frame.dates(name))
    }

    /// Dates of any origin.
    pub fn of_days(days: impl Iterator<Item = Option<Date>>) -> Self {
        Self::Days(days.map(|day| day.map(Date::number)).collect())
    }

    /// A column of amounts, with the digits of the row's `currency`.
    pub fn money(frame: &DataFrame, name: &str) -> Self {
        let units = frame.units(name).collect_ca(name.into());
        Self::Money(units, digits(frame.text("currency")))
    }

    /// Numbers of things.
    pub fn counts(counts: impl Iterator<Item = usize>) -> Self {
        let counts = counts.map(|count| Some(i64::try_from(count).unwrap_or(i64::MAX)));
        Self::Counts(counts.collect())
    }

    /// The same text in each of so many rows.
    pub fn same(text: &str, rows: usize) -> Self {
        Self::Texts(std::iter::repeat_n(Some(text), rows).collect())
    }

    /// No amount in so many rows.
    pub fn no_money(rows: usize) -> Self {
        Self::Money(
            std::iter::repeat_n(None, rows).collect_ca("".into()),
            vec![0; rows].into(),
        )
    }

    /// This column with the cells of another one of its kind below it. Panics where that is of another kind: a fault of ours.
    pub fn above(self, below: Self) -> Self {
        let fits = "what is put below a column has its type";
        match (self, below) {
            (Self::Cells(mut cells), Self::Cells(below)) => {
                cells.extend(below);
                Self::Cells(cells)
            }
            (Self::Texts(mut texts), Self::Texts(below)) => {
                texts.append(&below).expect(fits);
                Self::Texts(texts)
            }
            (Self::Days(mut days), Self::Days(below)) => {
                days.append(&below).expect(fits);
                Self::Days(days)
            }
            (Self::Counts(mut counts), Self::Counts(below)) => {
                counts.append(&below).expect(fits);
                Self::Counts(counts)
            }
            (Self::Money(mut units, digits), Self::Money(below, further)) => {
                units.append(&below).expect(fits);
                Self::Money(units, [digits, further].concat().into())
            }
            _ => panic!("a column of another kind"),
        }
    }

    /// The cells of these rows, in this order.
    pub(super) fn with(self, rows: &IdxCa) -> Self {
        let numbers = || rows.iter().flatten().map(|row| row as usize);
        let fits = "rows of a table are in its columns";
        match self {
            Self::Cells(cells) => Self::Cells(numbers().map(|row| cells[row].clone()).collect()),
            Self::Texts(texts) => Self::Texts(texts.take(rows).expect(fits)),
            Self::Days(days) => Self::Days(days.take(rows).expect(fits)),
            Self::Counts(counts) => Self::Counts(counts.take(rows).expect(fits)),
            Self::Money(units, digits) => Self::Money(
                units.take(rows).expect(fits),
                numbers().map(|row| digits[row]).collect(),
            ),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Cells(cells) => cells.len(),
            Self::Texts(texts) => texts.len(),
            Self::Days(days) => days.len(),
            Self::Counts(counts) => counts.len(),
            Self::Money(units, _) => units.len(),
        }
    }

    /// Whether a cell is as the one above it.
    pub(super) fn repeats(&self, row: usize) -> bool {
        match self {
            Self::Cells(cells) => cells[row - 1] == cells[row],
            Self::Texts(texts) => texts.get(row - 1) == texts.get(row),
            Self::Days(days) => days.get(row - 1) == days.get(row),
            Self::Counts(counts) => counts.get(row - 1) == counts.get(row),
            Self::Money(units, digits) => {
                digits[row - 1] == digits[row] && units.get(row - 1) == units.get(row)
            }
        }
    }

    /// Writes a cell as printed where nothing has to be guarded or quoted, and says what it is.
    pub fn put(&self, row: usize, out: &mut String) -> Kind {
        match self {
            Self::Cells(cells) => cells[row].put(out),
            Self::Texts(texts) => match texts.get(row) {
                None | Some("") => Kind::Empty,
                Some(text) => {
                    out.push_str(text);
                    Kind::Text
                }
            },
            Self::Days(days) => match days.get(row) {
                None => Kind::Empty,
                Some(day) => {
                    Date::from_number(day).put(out);
                    Kind::Text
                }
            },
            Self::Counts(counts) => match counts.get(row) {
                None => Kind::Empty,
                Some(count) => {
                    let _ = write!(out, "{count}");
                    Kind::Count
                }
            },
            Self::Money(units, digits) => match units.get(row) {
                None => Kind::Empty,
                Some(units) => {
                    Amount::put_units(units, digits[row].into(), out);
                    Kind::Number
                }
            },
        }
    }
}

/// How many digits behind the point the currency of each row has; two where it is not known.
pub fn digits(currencies: &StringChunked) -> Arc<[u8]> {
    let (mut known, mut digits) = (None, 2);
    let each = currencies.iter().map(|currency| {
        if currency != known {
            let parsed = currency.and_then(Currency::parse);
            (known, digits) = (currency, parsed.map_or(2, Currency::minor_digits));
        }
        u8::try_from(digits).unwrap_or(2)
    });
    each.collect()
}
