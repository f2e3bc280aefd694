//! Where each table comes from.

use crate::definition::raw;
use crate::definition::tree::{File, Span};
use crate::definition::typed::Spanned;
use crate::diagnostic::{Report, nearest};
use crate::model::account::{TOP_UPS, USAGE};
use crate::model::sql;
use crate::model::workspace::{Input, Mode, Source};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// The tables of what happened, and when; all others say how things are.
const HAPPENED: [&str; 2] = [USAGE.name, TOP_UPS.name];

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
    let before = report.len();
    let raw = &written.value;
    let source = source(file, name, written, report);
    let mode = mode(file, name, raw.mode.as_ref(), report);
    let zone = raw
        .zone
        .as_ref()
        .and_then(|zone| zone_of_times(file, name, zone, report));
    if report.len() > before {
        return None;
    }
    Some(Input {
        source: source?,
        mode,
        zone,
        max_age_minutes: raw.max_age.as_ref().map(|age| age.value.0),
        manifest: raw.manifest.as_ref().map(|path| path.value.clone()),
    })
}

fn source(
    file: &File,
    name: &str,
    written: &Spanned<raw::Input>,
    report: &mut Report,
) -> Option<Source> {
    let raw = &written.value;
    let mut refused = |span: &Span, message: String, help: &str| {
        report.push(file.error("BW-K221", span, message).help(help));
    };
    match (&raw.path, &raw.sql) {
        (Some(path), None) => Some(Source::File {
            path: path.value.clone(),
            columns: raw
                .columns
                .as_ref()
                .map(|columns| columns.value.clone())
                .unwrap_or_default(),
        }),
        (None, Some(query)) => {
            let beside = |key: &str| format!("input `{name}` has `{key}` beside `sql`");
            if let Some(columns) = &raw.columns {
                let help = "name columns in the SELECT: theirs AS ours";
                refused(&columns.span, beside("columns"), help);
            }
            let of_files = "a query has no file of its own: write it at the input that has";
            if let Some(age) = &raw.max_age {
                refused(&age.span, beside("max_age"), of_files);
            }
            if let Some(manifest) = &raw.manifest {
                refused(&manifest.span, beside("manifest"), of_files);
            }
            Some(Source::Sql {
                query: query.value.clone(),
            })
        }
        (Some(_), Some(query)) => {
            refused(
                &query.span,
                format!("input `{name}` has both `path` and `sql`"),
                "give the file an input of its own and read that by name",
            );
            None
        }
        (None, None) => {
            refused(
                &written.span,
                format!("input `{name}` has no source"),
                "write `path`, a CSV or Parquet file, or `sql`, a SELECT over other inputs",
            );
            None
        }
    }
}

/// What changed since last night says nothing of what did not, so the state of things is read whole.
fn mode(
    file: &File,
    name: &str,
    written: Option<&Spanned<raw::Word<Mode>>>,
    report: &mut Report,
) -> Mode {
    let happened = HAPPENED.contains(&name);
    let Some(written) = written else {
        return if happened {
            Mode::Delta
        } else {
            Mode::Snapshot
        };
    };
    let fault = match written.value.0 {
        Mode::Delta if !happened => Some((
            format!("`{name}` is no delta"),
            "write `snapshot`, or leave `mode` out: only `usage` and `top_ups` are what happened, all else is the state of things and is read whole",
        )),
        Mode::Snapshot if name == TOP_UPS.name => Some((
            format!("`{name}` is no snapshot"),
            "write `delta`, or leave `mode` out: each top-up counts once, whatever later files say of it",
        )),
        Mode::Delta | Mode::Snapshot => None,
    };
    if let Some((message, help)) = fault {
        report.push(file.error("BW-K226", &written.span, message).help(help));
    }
    written.value.0
}

fn zone_of_times(
    file: &File,
    name: &str,
    zone: &Spanned<String>,
    report: &mut Report,
) -> Option<Tz> {
    if !HAPPENED.contains(&name) {
        let message = format!("`{name}` has no times");
        let fault = file.error("BW-K226", &zone.span, message);
        report.push(fault.help(
            "leave `zone` out: it is for the times of `usage` and `top_ups`; days are those of the workspace",
        ));
    }
    super::zone(file, zone, report)
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
