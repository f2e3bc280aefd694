//! Inputs as they are, under our names where the workspace maps them.

use super::order::{Step, reading_order};
use super::origin::{FileRows, Origin};
use super::{Located, csv, folders, parquet, sql, text};
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::table::internal;
use crate::model::workspace::Input;
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

/// An input as read, its rows in the order of its files. From CSV and SQL every column is text; from Parquet it has its own type.
#[derive(Clone, Debug)]
pub struct Export {
    pub origin: Origin,
    pub frame: DataFrame,
}

/// Reads the wanted inputs and what they rest on.
///
/// Out: every input that could be read, by name; the report has why others could not.
pub fn read_all(
    inputs: &BTreeMap<String, Input>,
    located: &[Located],
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
            } => Some((*name, read_files(name, path, located, columns))),
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
            Some(Err(found)) => report.extend(found),
            None => {}
        }
    }
    (exports, report)
}

/// The files of one input below one another, in the order of their names.
fn read_files(
    name: &str,
    path: &str,
    located: &[Located],
    columns: &BTreeMap<String, String>,
) -> Result<Export, Report> {
    let files: Vec<&Located> = located
        .iter()
        .filter(|file| file.pin.input == name)
        .collect();
    assert!(!files.is_empty(), "the input {name} was not pinned");
    let mut origin = Origin {
        input: name.to_owned(),
        shown: path.to_owned(),
        theirs: columns.clone(),
        ..Origin::default()
    };
    let read: Vec<_> = files.par_iter().map(|file| read_file(file)).collect();
    let mut whole: Option<DataFrame> = None;
    for (file, frame) in files.iter().zip(read) {
        let frame = frame?;
        let begin = whole.as_ref().map_or(0, DataFrame::height);
        origin.files.push(FileRows {
            shown: file.pin.path.clone(),
            begin,
            first_row: if is_parquet(&file.pin.path) { 1 } else { 2 },
        });
        folders::agree(&file.pin.path, &frame, begin, &origin)?;
        whole = Some(match whole {
            Some(before) => below(before, frame, &origin)?,
            None => frame,
        });
    }
    let mut frame = whole.expect("an input has a file at least");
    // In one piece, since rows are looked up one by one.
    frame.rechunk_mut_par();
    let frame = under_our_names(&origin, &frame)?;
    Ok(Export { origin, frame })
}

/// Whether a file is read as Parquet: its name says so.
pub fn is_parquet(path: &str) -> bool {
    path.rsplit('.')
        .next()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"))
}

fn read_file(located: &Located) -> Result<DataFrame, Diagnostic> {
    let path = &located.pin.path;
    if is_parquet(path) {
        return parquet::read(path, &located.file);
    }
    let file = File::open(&located.file).map_err(|error| csv::unreadable(path, &error))?;
    csv::read(path, BufReader::with_capacity(1 << 20, file))
}

/// A file's rows below those of the files before it, whose columns it must have, in whatever order.
fn below(before: DataFrame, frame: DataFrame, origin: &Origin) -> Result<DataFrame, Report> {
    let (wanted, found) = (column_names(&before), column_names(&frame));
    let [first, .., this] = origin.files.as_slice() else {
        panic!("a file below another one is the second at least");
    };
    let missing = wanted.iter().find(|name| !found.contains(name));
    let further = found.iter().find(|name| !wanted.contains(name));
    let message = match (missing, further) {
        (Some(name), _) => format!("no column `{name}`, which {} has", first.shown),
        (None, Some(name)) => format!("a column `{name}`, which {} does not have", first.shown),
        (None, None) => {
            let frame = frame.select(wanted).map_err(internal)?;
            return stacked(before, &frame);
        }
    };
    Err(Diagnostic::error("BW-F114", Place::file(&this.shown), message)
        .help("the files of one input are one table; export them alike, or give each an input of its own")
        .into())
}

/// Two tables with the same columns; as text where their types differ.
fn stacked(mut before: DataFrame, below: &DataFrame) -> Result<DataFrame, Report> {
    if before.dtypes() == below.dtypes() {
        before.vstack_mut(below).map_err(internal)?;
        return Ok(before);
    }
    let mut before = text::table(&before)?;
    before.vstack_mut(&text::table(below)?).map_err(internal)?;
    Ok(before)
}

fn read_sql(name: &str, query: &str, tables: &[(&str, &DataFrame)]) -> Result<Export, Report> {
    let texts = tables
        .iter()
        .map(|(table, frame)| Ok((*table, text::table(frame)?)))
        .collect::<Result<Vec<_>, Report>>()?;
    let tables: Vec<_> = texts.iter().map(|(table, frame)| (*table, frame)).collect();
    let frame = sql::run(name, query, &tables)?;
    let shown = sql::shown(name);
    let rows = FileRows {
        shown: shown.clone(),
        begin: 0,
        first_row: 2,
    };
    let origin = Origin {
        input: name.to_owned(),
        shown,
        files: vec![rows],
        is_sql: true,
        ..Origin::default()
    };
    Ok(Export { origin, frame })
}

/// The names of a table's columns, in their order.
pub fn column_names(frame: &DataFrame) -> Vec<&str> {
    let names = frame.columns().iter();
    names.map(|column| column.name().as_str()).collect()
}

/// Mapped columns under our names, then the others under their own.
pub(super) fn under_our_names(origin: &Origin, frame: &DataFrame) -> Result<DataFrame, Diagnostic> {
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
            return Err(
                Diagnostic::error("BW-F110", origin.header(Some(name)), message).help(format!(
                    "leave `{name}` out of [inputs.{}.columns], or give the other one a name there",
                    origin.input
                )),
            );
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
    Diagnostic::error("BW-F111", origin.header(None), message).help(help)
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
            ..Origin::default()
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
