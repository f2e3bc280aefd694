//! What a table must look like: names, types and keys, checked once when a table is made.
//!
//! The same description makes the empty table, the Parquet file, the DuckLake catalog entry and the check.

use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::money::{Amount, Quantity, Rate};
use polars::prelude::*;

/// What a column holds. Every column may hold nulls unless the table says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// `Amount`, DECIMAL(18,3).
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
#[derive(Clone, Copy, Debug)]
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
            .sort(self.key.iter().copied(), SortMultipleOptions::default())
            .expect("key columns can be sorted")
    }
}

/// Typed access to a column that a schema has promised.
pub trait Columns {
    fn text(&self, name: &str) -> &StringChunked;
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

/// A text column.
pub fn text_column<T: AsRef<str>>(
    name: &str,
    values: impl IntoIterator<Item = Option<T>>,
) -> Column {
    let values: StringChunked = values.into_iter().collect();
    values.with_name(name.into()).into_series().into()
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
