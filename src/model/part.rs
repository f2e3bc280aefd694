//! A table as a Parquet file: its bytes, and what a catalog says of them.

use super::table::Schema;
use serde::{Deserialize, Serialize};

/// A table as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    pub schema: &'static Schema,
    pub part: Part,
    pub bytes: Vec<u8>,
}

/// What the chain and the catalog know of a table's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub table: String,
    /// Of the file, and its name.
    pub sha256: String,
    pub rows: i64,
    pub bytes: i64,
    /// Length of Parquet's own metadata at the end of the file, in bytes.
    pub footer: i64,
    /// In the order of the table's columns.
    pub columns: Vec<Range>,
}

/// What values a column of a part has, so that readers can skip the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub nulls: i64,
    pub lowest: Option<String>,
    pub highest: Option<String>,
}

impl Encoded {
    /// How many rows the table has.
    pub fn len(&self) -> usize {
        usize::try_from(self.part.rows).expect("rows that were counted")
    }

    pub fn is_empty(&self) -> bool {
        self.part.rows == 0
    }
}
