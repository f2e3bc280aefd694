//! Where each table comes from.

use crate::definition::raw;
use crate::definition::tree::{File, Span};
use crate::definition::typed::Spanned;
use crate::diagnostic::{Report, nearest};
use crate::model::sql;
use crate::model::workspace::{Input, Source};
use std::collections::BTreeMap;

/// The inputs as meant: each has one source, and queries read inputs that exist.
pub fn lower(
    file: &File,
    raw: &BTreeMap<String, Spanned<raw::Input>>,
    report: &mut Report,
) -> BTreeMap<String, Input> {
    let mut inputs = BTreeMap::new();
    for (name, written) in raw {
        if let Some(input) = input(file, name, written, report) {
            inputs.insert(name.clone(), input);
        }
    }
    for (name, written) in raw {
        if let Some(query) = &written.value.sql {
            reads_inputs(file, name, query, raw, report);
        }
    }
    inputs
}

fn input(
    file: &File,
    name: &str,
    written: &Spanned<raw::Input>,
    report: &mut Report,
) -> Option<Input> {
    let mut refused = |code, span: &Span, message: String, help: &str| {
        report.push(file.error(code, span, message).help(help));
        None
    };
    match (
        &written.value.path,
        &written.value.sql,
        &written.value.columns,
    ) {
        (Some(path), None, columns) => {
            if path.value.contains(['*', '?', '[']) || path.value.ends_with(".parquet") {
                let message = format!(
                    "`{}` is not a single CSV file, and anything else is not built yet",
                    path.value
                );
                return refused("BW-K190", &path.span, message, "name one CSV file");
            }
            Some(Input::from(Source::File {
                path: path.value.clone(),
                columns: columns
                    .as_ref()
                    .map(|columns| columns.value.clone())
                    .unwrap_or_default(),
            }))
        }
        (None, Some(_), Some(columns)) => refused(
            "BW-K221",
            &columns.span,
            format!("input `{name}` has `columns` beside `sql`"),
            "name columns in the SELECT: theirs AS ours",
        ),
        (None, Some(query), None) => Some(Input::from(Source::Sql {
            query: query.value.clone(),
        })),
        (Some(_), Some(query), _) => refused(
            "BW-K221",
            &query.span,
            format!("input `{name}` has both `path` and `sql`"),
            "give the file an input of its own and read that by name",
        ),
        (None, None, _) => refused(
            "BW-K221",
            &written.span,
            format!("input `{name}` has no source"),
            "write `path`, a CSV file, or `sql`, a SELECT over other inputs",
        ),
    }
}

/// A query reads inputs that exist and does not come back to itself.
fn reads_inputs(
    file: &File,
    name: &str,
    query: &Spanned<String>,
    inputs: &BTreeMap<String, Spanned<raw::Input>>,
    report: &mut Report,
) {
    let tables = |name: &str| -> Vec<String> {
        let query = inputs.get(name).and_then(|input| input.value.sql.as_ref());
        query
            .and_then(|query| sql::query(&query.value).ok())
            .unwrap_or_default()
    };
    let mut seen = Vec::new();
    let mut open = tables(name);
    for table in open.iter().filter(|table| !inputs.contains_key(*table)) {
        let help = match nearest(table, inputs.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add [inputs.{table}]"),
        };
        report.push(
            file.error(
                "BW-K222",
                &query.span,
                format!("input `{name}` reads `{table}`, which is no input"),
            )
            .help(help),
        );
    }
    while let Some(table) = open.pop() {
        if table == name {
            let fault = file.error(
                "BW-K222",
                &query.span,
                format!("input `{name}` reads itself"),
            );
            report.push(fault.help("inputs read one another in one direction, from a file"));
            return;
        }
        if !seen.contains(&table) {
            open.extend(tables(&table));
            seen.push(table);
        }
    }
}
