//! What people know an input by: its file, row and column.

use crate::diagnostic::Place;
use std::collections::BTreeMap;

/// Where the rows of an input come from. A position counts its rows from 0, through all its files.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Name of the `[inputs.NAME]`.
    pub input: String,
    /// Its file or files, or its sql, as shown.
    pub shown: String,
    /// Their names of columns, by ours.
    pub theirs: BTreeMap<String, String>,
    /// In the order they were read.
    pub files: Vec<FileRows>,
    /// Where the rows stand that were read, where not all were.
    pub selected: Option<Vec<usize>>,
    pub is_sql: bool,
}

/// The rows of one file.
#[derive(Clone, Debug)]
pub struct FileRows {
    pub shown: String,
    /// Position of its first row.
    pub begin: usize,
    /// What that row is called: 2 behind a header, 1 where there is none.
    pub first_row: usize,
}

impl Origin {
    /// The file a position is in, and its row there.
    pub fn row(&self, position: usize) -> (usize, usize) {
        let selected = self.selected.as_ref();
        let position = selected.map_or(position, |rows| rows[position]);
        let file = self
            .files
            .partition_point(|file| file.begin <= position)
            .saturating_sub(1);
        let rows = &self.files[file];
        (file, position - rows.begin + rows.first_row)
    }

    /// A value by its row, and its column as that is called there.
    pub fn place(&self, position: usize, column: &str) -> Place {
        let (file, row) = self.row(position);
        let column = self.theirs.get(column).map_or(column, String::as_str);
        Place::row(&self.files[file].shown, row, Some(column))
    }

    /// A row as seen from another one.
    pub fn beside(&self, from: usize, position: usize) -> String {
        let (file, row) = self.row(position);
        if file == self.row(from).0 {
            format!("row {row}")
        } else {
            format!("row {row} of {}", self.files[file].shown)
        }
    }

    pub fn whole(&self) -> Place {
        Place::file(&self.shown)
    }

    /// Where the names of columns stand.
    pub fn header(&self, column: Option<&str>) -> Place {
        match self.files.first() {
            Some(file) if file.first_row == 1 => self.whole(),
            _ => Place::row(&self.shown, 1, column),
        }
    }

    /// How a column that is missing can be given.
    pub fn how_to_name(&self, column: &str, near: Option<&str>) -> String {
        let theirs = near.unwrap_or("THEIR NAME");
        if self.is_sql {
            format!("add `... AS {column}` to the SELECT")
        } else {
            format!(
                "name it in [inputs.{}.columns]: {column} = \"{theirs}\"",
                self.input
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_known_by_its_file() {
        let file = |shown: &str, begin| FileRows {
            shown: shown.to_owned(),
            begin,
            first_row: 2,
        };
        let origin = Origin {
            // The one in the middle has no rows.
            files: vec![file("a.csv", 0), file("b.csv", 3), file("c.csv", 3)],
            theirs: BTreeMap::from([("usage_id".to_owned(), "event".to_owned())]),
            ..Origin::default()
        };
        assert_eq!(
            origin.place(2, "usage_id").to_string(),
            "a.csv, row 4, event"
        );
        assert_eq!(
            origin.place(3, "quantity").to_string(),
            "c.csv, row 2, quantity"
        );
        assert_eq!(
            [origin.beside(2, 0), origin.beside(3, 0)],
            ["row 2", "row 2 of a.csv"]
        );
    }
}
