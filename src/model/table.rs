//! What a table must look like: names, types and keys, checked once when a table is made.
//!
//! The same description makes the empty table, the Parquet file, the DuckLake catalog entry and the check.

use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::money::{Amount, Quantity, Rate};
use polars::prelude::*;
use polars_arrow::array::StaticArray;
use std::cmp::Ordering;

/// What a column holds. Every column may hold nulls unless the table says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// `Amount`, DECIMAL(18,4).
    Amount,
    /// `Rate`, DECIMAL(18,9).
    Rate,
    /// `Quantity`, DECIMAL(18,6).
    Quantity,
    /// Days since 1970-01-01.
    Date,
    /// A whole number, 64 bits.
    Count,
    Flag,
}

impl Kind {
    pub fn dtype(self) -> DataType {
        match self {
            Self::Text => DataType::String,
            Self::Amount => DataType::Decimal(18, Amount::SCALE as usize),
            Self::Rate => DataType::Decimal(18, Rate::SCALE as usize),
            Self::Quantity => DataType::Decimal(18, Quantity::SCALE as usize),
            Self::Date => DataType::Date,
            Self::Count => DataType::Int64,
            Self::Flag => DataType::Boolean,
        }
    }
}

/// One table: its columns in order, and the columns that make a row unique, by which it is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Kind)],
    pub key: &'static [&'static str],
}

impl Schema {
    /// A table without rows.
    pub fn empty(&self) -> DataFrame {
        let columns = self
            .columns
            .iter()
            .map(|(name, kind)| Column::new_empty((*name).into(), &kind.dtype()))
            .collect();
        DataFrame::new_infer_height(columns).expect("column names of a schema differ")
    }

    /// The table, if it has exactly these columns with these types, brought into key order.
    ///
    /// Panics otherwise: a table of another shape is a fault of ours.
    pub fn sorted(&self, frame: DataFrame) -> DataFrame {
        self.ordered(self.shaped(frame))
    }

    /// The table, if it has exactly these columns with these types, in the order it has.
    ///
    /// Panics otherwise: a table of another shape is a fault of ours.
    pub fn shaped(&self, frame: DataFrame) -> DataFrame {
        for (column, (name, kind)) in frame.columns().iter().zip(self.columns) {
            assert_eq!(
                (column.name().as_str(), column.dtype()),
                (*name, &kind.dtype()),
                "table {} has another shape",
                self.name
            );
        }
        assert_eq!(
            frame.width(),
            self.columns.len(),
            "table {} has another width",
            self.name
        );
        frame
    }

    /// These columns, and those of the key that are not among them.
    pub fn with_key<'a>(&self, columns: &[&'a str]) -> Vec<&'a str> {
        let key = self.key.iter().copied();
        let more = key.filter(|name| !columns.contains(name));
        columns.iter().copied().chain(more).collect()
    }

    /// The rows in key order. Any columns will do, as long as those of the key are among them.
    pub fn ordered(&self, frame: DataFrame) -> DataFrame {
        if is_ordered(&frame, self.key) {
            return frame;
        }
        frame
            .sort(self.key.iter().copied(), SortMultipleOptions::default())
            .expect("key columns can be sorted")
    }
}

/// Whether no row comes before the one above it; nulls are first, as in `DataFrame::sort`.
///
/// Asked before sorting, because what comes from a book or an export mostly is in order.
fn is_ordered(frame: &DataFrame, key: &[&str]) -> bool {
    // Rows that no column so far has told from the one above; before the first column, all of them.
    let mut tied = None;
    for name in key {
        let column = frame.column(name).map(Column::to_physical_repr);
        let column = column.unwrap_or_else(|error| panic!("column {name}: {error}"));
        let series = column.as_materialized_series();
        let still_tied = match series.dtype() {
            DataType::String => series.str().map(|texts| still_tied(texts, tied)),
            DataType::Int32 => series.i32().map(|days| still_tied(days, tied)),
            DataType::Int64 => series.i64().map(|counts| still_tied(counts, tied)),
            _ => return false,
        };
        match still_tied {
            Ok(Some(rows)) if rows.is_empty() => return true,
            Ok(Some(rows)) => tied = Some(rows),
            _ => return false,
        }
    }
    true
}

/// Those of the rows that are as the one above; `None` where one comes before it.
fn still_tied<T>(column: &ChunkedArray<T>, rows: Option<Vec<IdxSize>>) -> Option<Vec<IdxSize>>
where
    T: PolarsDataType,
    for<'a> T::Physical<'a>: Ord,
{
    let mut still_tied = Vec::new();
    let mut open = rows.map(|rows| rows.into_iter().peekable());
    let mut values = column.iter();
    let mut above = values.next().unwrap_or_default();
    for (row, value) in (1..).zip(values) {
        let is_open = match &mut open {
            Some(rows) => rows.next_if_eq(&row).is_some(),
            None => true,
        };
        match above.cmp(&value) {
            Ordering::Greater if is_open => return None,
            Ordering::Equal if is_open => still_tied.push(row),
            _ => {}
        }
        above = value;
    }
    Some(still_tied)
}

/// A text column in one piece, as it lies in memory.
pub type Texts = <StringType as PolarsDataType>::Array;

/// A column of days in one piece, looked at row by row.
#[derive(Clone, Copy)]
pub struct Days<'a>(&'a <Int32Type as PolarsDataType>::Array);

impl Days<'_> {
    pub fn at(&self, row: usize) -> Option<Date> {
        self.0.get(row).map(Date::from_number)
    }
}

/// A column of amounts, rates or quantities in one piece, looked at row by row.
#[derive(Clone, Copy)]
pub struct Units<'a>(&'a <Int128Type as PolarsDataType>::Array);

impl Units<'_> {
    /// In units of the column's own scale.
    pub fn at(&self, row: usize) -> Option<i128> {
        self.0.get(row)
    }
}

/// A column of whole numbers in one piece, looked at row by row.
#[derive(Clone, Copy)]
pub struct Counts<'a>(&'a <Int64Type as PolarsDataType>::Array);

impl Counts<'_> {
    pub fn at(&self, row: usize) -> Option<i64> {
        self.0.get(row)
    }
}

/// Typed access to a column that a schema has promised.
///
/// What is looked at row by row is asked for in one piece, as the tables of a run are: that is faster by far. Panics on another one.
pub trait Columns {
    fn text(&self, name: &str) -> &StringChunked;
    fn whole_texts(&self, name: &str) -> &Texts;
    fn whole_dates(&self, name: &str) -> Days<'_>;
    fn whole_units(&self, name: &str) -> Units<'_>;
    fn whole_counts(&self, name: &str) -> Counts<'_>;
    fn dates(&self, name: &str) -> impl Iterator<Item = Option<Date>> + '_;
    /// Units of the column's own scale.
    fn units(&self, name: &str) -> impl Iterator<Item = Option<i128>> + '_;
    fn counts(&self, name: &str) -> &Int64Chunked;
    fn flags(&self, name: &str) -> &BooleanChunked;
    /// The value of a text column in one row, empty for null.
    fn text_at(&self, name: &str, row: usize) -> &str;
}

impl Columns for DataFrame {
    fn text(&self, name: &str) -> &StringChunked {
        self.column(name)
            .and_then(|column| column.str())
            .unwrap_or_else(|error| panic!("column {name}: {error}"))
    }

    fn whole_texts(&self, name: &str) -> &Texts {
        self.text(name).downcast_as_array()
    }

    fn whole_dates(&self, name: &str) -> Days<'_> {
        let column = self
            .column(name)
            .and_then(|column| column.date())
            .unwrap_or_else(|error| panic!("column {name}: {error}"));
        Days(column.physical().downcast_as_array())
    }

    fn whole_units(&self, name: &str) -> Units<'_> {
        let column = self
            .column(name)
            .and_then(|column| column.decimal())
            .unwrap_or_else(|error| panic!("column {name}: {error}"));
        Units(column.physical().downcast_as_array())
    }

    fn whole_counts(&self, name: &str) -> Counts<'_> {
        Counts(self.counts(name).downcast_as_array())
    }

    fn dates(&self, name: &str) -> impl Iterator<Item = Option<Date>> + '_ {
        let column = self
            .column(name)
            .and_then(|column| column.date())
            .unwrap_or_else(|error| panic!("column {name}: {error}"));
        column
            .physical()
            .iter()
            .map(|day| day.map(Date::from_number))
    }

    fn units(&self, name: &str) -> impl Iterator<Item = Option<i128>> + '_ {
        let column = self
            .column(name)
            .and_then(|column| column.decimal())
            .unwrap_or_else(|error| panic!("column {name}: {error}"));
        column.physical().iter()
    }

    fn counts(&self, name: &str) -> &Int64Chunked {
        self.column(name)
            .and_then(|column| column.i64())
            .unwrap_or_else(|error| panic!("column {name}: {error}"))
    }

    fn flags(&self, name: &str) -> &BooleanChunked {
        self.column(name)
            .and_then(|column| column.bool())
            .unwrap_or_else(|error| panic!("column {name}: {error}"))
    }

    fn text_at(&self, name: &str, row: usize) -> &str {
        self.text(name).get(row).unwrap_or_default()
    }
}

/// A text column; kept once where it says the same in every row.
pub fn text_column<T: AsRef<str>>(
    name: &str,
    values: impl IntoIterator<Item = Option<T>>,
) -> Column {
    let mut values = values.into_iter();
    let first = values.next();
    let first = first.as_ref().map(|first| first.as_ref().map(T::as_ref));
    let mut same = usize::from(first.is_some());
    let other = values.find(|value| {
        let is_same = Some(value.as_ref().map(T::as_ref)) == first;
        same += usize::from(is_same);
        !is_same
    });
    let first = first.flatten();
    let Some(other) = other else {
        return same_column(name, first, same);
    };
    let height = same + 1 + values.size_hint().0;
    let mut texts = StringChunkedBuilder::new(name.into(), height);
    (0..same).for_each(|_| texts.append_option(first));
    texts.append_option(other.as_ref().map(T::as_ref));
    values.for_each(|value| texts.append_option(value.as_ref().map(T::as_ref)));
    texts.finish().into_series().into()
}

/// A text column that says the same in every row, which is kept once.
pub fn same_column(name: &str, value: Option<&str>, height: usize) -> Column {
    let value = match value {
        Some(value) => Scalar::new(DataType::String, AnyValue::StringOwned(value.into())),
        None => Scalar::null(DataType::String),
    };
    Column::new_scalar(name.into(), value, height)
}

/// A date column.
pub fn date_column(name: &str, values: impl IntoIterator<Item = Option<Date>>) -> Column {
    let values: Int32Chunked = values
        .into_iter()
        .map(|day| day.map(Date::number))
        .collect();
    values
        .with_name(name.into())
        .into_date()
        .into_series()
        .into()
}

/// A column of amounts, rates or quantities, from units of the kind's own scale.
pub fn units_column(
    name: &str,
    kind: Kind,
    values: impl IntoIterator<Item = Option<i128>>,
) -> Column {
    let DataType::Decimal(precision, scale) = kind.dtype() else {
        panic!("{name}: a decimal kind is wanted")
    };
    let values: Int128Chunked = values.into_iter().collect_ca(name.into());
    values
        .into_decimal_unchecked(precision, scale)
        .into_series()
        .into()
}

/// A column of whole numbers.
pub fn count_column(name: &str, values: impl IntoIterator<Item = Option<i64>>) -> Column {
    let values: Int64Chunked = values.into_iter().collect();
    values.with_name(name.into()).into_series().into()
}

/// A column of yes and no.
pub fn flag_column(name: &str, values: impl IntoIterator<Item = Option<bool>>) -> Column {
    let values: BooleanChunked = values.into_iter().collect();
    values.with_name(name.into()).into_series().into()
}

/// Polars refused what should always work: a fault of ours or of the machine, never of the input.
pub fn internal(error: PolarsError) -> Report {
    Diagnostic::error(
        "BW-I900",
        Place::Nowhere,
        format!("a table could not be computed: {error}"),
    )
    .help("this is a fault in billwright; please report it with the command you gave")
    .into()
}

/// Declares a table as a type: its constructor checks the columns and sorts by the key, so no stage asks twice.
macro_rules! table_type {
    ($(#[$doc:meta])* $name:ident, $schema:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name(polars::prelude::DataFrame);

        impl $name {
            pub const SCHEMA: &'static $crate::model::table::Schema = &$schema;

            /// Checks shape and types, sorts by the key. Panics on another shape: that is a fault of ours.
            pub fn checked(frame: polars::prelude::DataFrame) -> Self {
                Self(Self::SCHEMA.sorted(frame))
            }

            /// Checks shape and types, and leaves the rows as they stand. Panics on another shape.
            pub fn in_order(frame: polars::prelude::DataFrame) -> Self {
                Self(Self::SCHEMA.shaped(frame))
            }

            pub fn empty() -> Self {
                Self(Self::SCHEMA.empty())
            }

            pub fn frame(&self) -> &polars::prelude::DataFrame {
                &self.0
            }

            pub fn len(&self) -> usize {
                self.0.height()
            }

            pub fn is_empty(&self) -> bool {
                self.0.height() == 0
            }
        }
    };
}
pub(crate) use table_type;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &[&str] = &["name", "on", "count"];

    fn frame(rows: &[(Option<&str>, Option<i32>, i64)]) -> DataFrame {
        let columns = vec![
            text_column("name", rows.iter().map(|row| row.0)),
            date_column("on", rows.iter().map(|row| row.1.map(Date::from_number))),
            count_column("count", rows.iter().map(|row| Some(row.2))),
        ];
        DataFrame::new(rows.len(), columns).unwrap()
    }

    proptest! {
        /// Kept once or row by row, a column says what it was given.
        #[test]
        fn a_text_column_says_what_it_was_given(texts in proptest::collection::vec(proptest::option::of("[ab]{0,1}|long enough to lie elsewhere"), 0..4)) {
            let column = text_column("text", texts.iter().map(Option::as_ref));
            let frame = DataFrame::new(texts.len(), vec![column]).unwrap();
            let said: Vec<Option<String>> = frame.text("text").iter().map(|text| text.map(str::to_owned)).collect();
            prop_assert_eq!(&said, &texts);
        }

        /// A table is left alone exactly where sorting would not move a row.
        #[test]
        fn what_is_in_order_is_what_sorting_leaves_as_it_is(rows in proptest::collection::vec((prop_oneof![Just(None), Just(Some("a")), Just(Some("b"))], proptest::option::of(0..3_i32), 0..3_i64), 0..6)) {
            let mut rows = rows;
            let is_ordered = |rows: &[_]| super::is_ordered(&frame(rows), KEY);
            prop_assert_eq!(is_ordered(&rows), rows.is_sorted());
            rows.sort();
            prop_assert!(is_ordered(&rows));
        }
    }
}
