//! Inputs as they are: every column text, under our names where the workspace maps them.

use super::order::{Step, reading_order};
use super::{csv, sql};
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::workspace::Input;
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// An input as read, its rows in the order of the file.
#[derive(Clone, Debug)]
pub struct Export {
    pub origin: Origin,
    pub frame: DataFrame,
}

/// What people know an input by.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Name of the `[inputs.NAME]`.
    pub input: String,
    /// Its file, or its sql, as shown.
    pub shown: String,
    /// Their names of columns, by ours.
    pub theirs: BTreeMap<String, String>,
    is_sql: bool,
}

impl Origin {
    /// A value by its row, the header being row 1, and the column as it is called there.
    pub fn place(&self, row: usize, column: &str) -> Place {
        let column = self.theirs.get(column).map_or(column, String::as_str);
        Place::row(&self.shown, row, Some(column))
    }

    pub fn whole(&self) -> Place {
        Place::file(&self.shown)
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

/// Reads the wanted inputs and what they rest on. `located` has, by input name, where to read each file.
///
/// Out: every input that could be read, by name; the report has why others could not.
pub fn read_all(
    inputs: &BTreeMap<String, Input>,
    located: &BTreeMap<String, PathBuf>,
    wanted: &[&str],
) -> (BTreeMap<String, Export>, Report) {
    let steps = reading_order(inputs, wanted);
    let mut files: BTreeMap<_, _> = steps
        .par_iter()
        .filter_map(|step| match step {
            Step::File {
                name,
                path,
                columns,
            } => {
                let from = located
                    .get(*name)
                    .unwrap_or_else(|| panic!("the input {name} was not pinned"));
                Some((*name, read_file(name, path, from, columns)))
            }
            Step::Sql { .. } => None,
        })
        .collect();
    let mut exports: BTreeMap<String, Export> = BTreeMap::new();
    let mut report = Report::new();
    for step in &steps {
        let found = match step {
            Step::File { name, .. } => files.remove(name),
            // `None` where an input it reads could not be read, which is in the report already.
            Step::Sql {
                name,
                query,
                tables,
            } => tables
                .iter()
                .map(|table| Some((table.as_str(), &exports.get(table)?.frame)))
                .collect::<Option<Vec<_>>>()
                .map(|tables| read_sql(name, query, &tables)),
        };
        match found {
            Some(Ok(export)) => drop(exports.insert(step.name().to_owned(), export)),
            Some(Err(diagnostic)) => report.push(diagnostic),
            None => {}
        }
    }
    (exports, report)
}

fn read_file(
    name: &str,
    path: &str,
    from: &Path,
    columns: &BTreeMap<String, String>,
) -> Result<Export, Diagnostic> {
    let file = File::open(from).map_err(|error| csv::unreadable(path, &error))?;
    let frame = csv::read(path, BufReader::with_capacity(1 << 20, file))?;
    let origin = Origin {
        input: name.to_owned(),
        shown: path.to_owned(),
        theirs: columns.clone(),
        is_sql: false,
    };
    let frame = under_our_names(&origin, &frame)?;
    Ok(Export { origin, frame })
}

fn read_sql(name: &str, query: &str, tables: &[(&str, &DataFrame)]) -> Result<Export, Diagnostic> {
    let frame = sql::run(name, query, tables)?;
    let origin = Origin {
        input: name.to_owned(),
        shown: sql::shown(name),
        theirs: BTreeMap::new(),
        is_sql: true,
    };
    Ok(Export { origin, frame })
}

/// The names of a table's columns, in their order.
pub fn column_names(frame: &DataFrame) -> Vec<&str> {
    let names = frame.columns().iter();
    names.map(|column| column.name().as_str()).collect()
}

/// Mapped columns under our names, then the others under their own.
fn under_our_names(origin: &Origin, frame: &DataFrame) -> Result<DataFrame, Diagnostic> {
    let mut columns = Vec::with_capacity(frame.width());
    for (ours, theirs) in &origin.theirs {
        let Ok(column) = frame.column(theirs) else {
            return Err(unknown_column(origin, ours, theirs, frame));
        };
        columns.push(column.clone().with_name(ours.as_str().into()));
    }
    for column in frame.columns() {
        let name = column.name().as_str();
        if origin.theirs.values().any(|theirs| theirs == name) {
            continue;
        }
        if let Some(theirs) = origin.theirs.get(name) {
            let message =
                format!("the file has a column `{name}`, and `{theirs}` is to be called so");
            return Err(Diagnostic::error(
                "BW-F110",
                Place::row(&origin.shown, 1, Some(name)),
                message,
            )
            .help(format!(
                "leave `{name}` out of [inputs.{}.columns], or give the other one a name there",
                origin.input
            )));
        }
        columns.push(column.clone());
    }
    Ok(DataFrame::new(frame.height(), columns).expect("names were compared"))
}

fn unknown_column(origin: &Origin, ours: &str, theirs: &str, frame: &DataFrame) -> Diagnostic {
    let message = format!(
        "no column `{theirs}`, which [inputs.{}.columns] names for `{ours}`",
        origin.input
    );
    let names = column_names(frame);
    let help = match nearest(theirs, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the columns are {}", names.join(", ")),
    };
    Diagnostic::error("BW-F111", Place::row(&origin.shown, 1, None), message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::table::text_column;

    /// Their columns `customerID` and `name`, with one of ours named from one of theirs.
    fn mapped(ours: &str, theirs: &str) -> Result<Vec<String>, String> {
        let frame = DataFrame::new_infer_height(vec![
            text_column("customerID", [Some("A")]),
            text_column("name", [Some("Ann")]),
        ])
        .unwrap();
        let origin = Origin {
            input: "accounts".to_owned(),
            shown: "a.csv".to_owned(),
            theirs: BTreeMap::from([(ours.to_owned(), theirs.to_owned())]),
            is_sql: false,
        };
        let frame = under_our_names(&origin, &frame)
            .map_err(|found| format!("{} {}", found.code, found.help.unwrap_or_default()))?;
        Ok(column_names(&frame)
            .into_iter()
            .map(str::to_owned)
            .collect())
    }

    #[test]
    fn mapped_columns_have_our_names_and_the_others_their_own() {
        assert_eq!(
            mapped("account_id", "customerID").unwrap(),
            ["account_id", "name"]
        );
    }

    #[test]
    fn a_mapped_column_must_be_there_and_its_name_free() {
        assert_eq!(
            mapped("account_id", "customerId"),
            Err("BW-F111 did you mean `customerID`?".to_owned())
        );
        assert_eq!(
            mapped("name", "customerID"),
            Err("BW-F110 leave `name` out of [inputs.accounts.columns], or give the other one a name there".to_owned())
        );
    }
}
