//! `billwright.toml` as written -> as meant, with every mistake that a schema cannot see.

use super::raw;
use super::tree::{File, Span};
use super::typed::Spanned;
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::sql;
use crate::model::workspace::{Input, Ledger, Reset, Seller, Series, TaxRounding, Workspace};
use crate::money::Rounding;
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The highest `schema` this program can read.
const NEWEST_SCHEMA: u32 = 1;

/// Tables every bill run reads.
pub const BILLED_TABLES: [&str; 3] = ["accounts", "subscriptions", "services"];

/// The settings as meant; problems go to the report.
///
/// Errors: `BW-D217` no rounding, `BW-K103` made by a newer program, `BW-K190` not built, `BW-K206` time zone,
/// `BW-K221` input without a source, `BW-K222` input reads what is not there, `BW-K223` number pattern, `BW-K301` folders.
pub fn lower(
    file: &File,
    raw: &raw::Settings,
    root: &Path,
    report: &mut Report,
) -> Option<Workspace> {
    let before = report.len();
    if raw.schema.value > NEWEST_SCHEMA {
        let fault = file.error("BW-K103", &raw.schema.span, "made by a newer billwright");
        report.push(fault.help(format!(
            "this program knows up to schema {NEWEST_SCHEMA}: install a newer one"
        )));
    }
    let timezone = timezone(file, raw.timezone.as_ref(), report);
    let rounding = raw.rounding.map(Rounding::from);
    if rounding.is_none() {
        report.push(no_rounding(file));
    }
    let database = database(file, &raw.book.url, report);
    let data = own_folder(file, &raw.book.data, &raw.book.data.value, report);
    let series = raw.series.iter().map(|(name, series)| {
        number_pattern(file, series, report);
        let as_meant = Series {
            name: name.clone(),
            pattern: series.value.pattern.value.clone(),
            reset: match series.value.reset {
                raw::Reset::Never => Reset::Never,
                raw::Reset::Year => Reset::Year,
            },
            chronological: series.value.chronological,
        };
        (name.clone(), as_meant)
    });
    let series = series.collect();
    let inputs = inputs(file, &raw.inputs, report);
    let name_of = |name: &Option<Spanned<String>>| name.as_ref().map(|name| name.value.clone());
    if report.len() > before {
        return None;
    }
    Some(Workspace {
        root: root.to_owned(),
        seller: Seller {
            name: raw.seller.name.clone(),
            address: raw.seller.address.clone(),
            country: raw.seller.country.clone(),
            tax_id: raw.seller.tax_id.clone(),
            email: raw.seller.email.clone(),
            bank: raw.seller.bank.clone(),
        },
        timezone: timezone?,
        currency: raw.currency.0,
        rounding: rounding?,
        tax_rounding: TaxRounding::Document,
        allow_auto_post: raw.allow_auto_post,
        default_tax: name_of(&raw.defaults.tax),
        default_terms: name_of(&raw.defaults.payment_terms),
        book_database: database?,
        book_data: data?,
        series,
        inputs,
        ledger: Ledger {
            receivable: raw.ledger.receivable.clone(),
            revenue: raw.ledger.revenue.clone(),
            tax: raw.ledger.tax.clone(),
        },
        threads: raw
            .threads
            .and_then(|threads| usize::try_from(threads).ok()),
    })
}

fn timezone(file: &File, written: Option<&Spanned<String>>, report: &mut Report) -> Option<Tz> {
    let Some(written) = written else {
        let fault = Diagnostic::error(
            "BW-K206",
            Place::file(&file.source.name),
            "`timezone` is missing",
        );
        report.push(fault.help("say in which zone days begin, such as timezone = \"Europe/Berlin\"; the machine's zone is never used"));
        return None;
    };
    let zone = written.value.parse::<Tz>().ok();
    if zone.is_none() {
        let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let help = match nearest(&written.value, known) {
            Some(near) => format!("did you mean {near}?"),
            None => "write its name in the IANA database, such as Europe/Berlin".to_owned(),
        };
        let fault = file.error(
            "BW-K206",
            &written.span,
            format!("there is no time zone `{}`", written.value),
        );
        report.push(fault.help(help));
    }
    zone
}

fn no_rounding(file: &File) -> Diagnostic {
    Diagnostic::error("BW-D217", Place::file(&file.source.name), "no charge can be rounded: `rounding` is missing")
        .help("write rounding = \"half_up\" or \"half_even\"; it is required here, and a scheme or tax may say otherwise")
}

/// The file in `sqlite:FILE`.
fn database(file: &File, url: &Spanned<String>, report: &mut Report) -> Option<PathBuf> {
    match url.value.split_once(':') {
        Some(("sqlite", path)) => {
            let path = own_folder(file, url, path, report)?;
            Some(path)
        }
        Some(("postgres" | "postgresql", _)) => {
            let fault = file.error(
                "BW-K190",
                &url.span,
                "a book in PostgreSQL is not built yet",
            );
            report.push(fault.help("write url = \"sqlite:book/book.sqlite\""));
            None
        }
        _ => {
            let fault = file.error(
                "BW-K210",
                &url.span,
                "`book.url` does not say what kind of database it is",
            );
            report.push(fault.help("write url = \"sqlite:book/book.sqlite\""));
            None
        }
    }
}

/// Folders of the workspace that people or other parts of the program write to.
const TAKEN: [&str; 6] = [
    "definitions",
    "templates",
    "samples",
    "data",
    "plans",
    "out",
];

/// A path inside the workspace, in a folder that serves nothing else.
fn own_folder(
    file: &File,
    written: &Spanned<String>,
    path: &str,
    report: &mut Report,
) -> Option<PathBuf> {
    let inside = Path::new(path)
        .components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect::<Option<Vec<_>>>();
    match inside.as_deref() {
        Some([first, ..]) if !TAKEN.contains(first) => Some(PathBuf::from(path)),
        _ => {
            let fault = file.error(
                "BW-K301",
                &written.span,
                format!("the book cannot be kept in `{path}`"),
            );
            report.push(
                fault.help("name a folder of its own inside the workspace, such as book/data"),
            );
            None
        }
    }
}

/// A number must tell every invoice apart: `{seq}` once, and `{year}` where the count begins again each year.
fn number_pattern(file: &File, series: &Spanned<raw::Series>, report: &mut Report) {
    let pattern = &series.value.pattern;
    let mut fault = |message: String| {
        let fault = file.error("BW-K223", &pattern.span, message);
        report.push(fault.help(
            "write text with {seq} or {seq:06} once, and {year}, such as INV-{year}-{seq:06}",
        ));
    };
    let (mut counts, mut years) = (0, 0);
    let mut rest = pattern.value.as_str();
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|close| open + close) else {
            return fault("a number pattern has a `{` that is not closed".to_owned());
        };
        match &rest[open + 1..close] {
            "year" => years += 1,
            "seq" => counts += 1,
            padded if is_padded(padded) => counts += 1,
            other => return fault(format!("a number pattern has no `{{{other}}}`")),
        }
        rest = &rest[close + 1..];
    }
    if rest.contains('}') {
        fault("a number pattern has a `}` that was not opened".to_owned());
    } else if counts != 1 {
        fault(format!(
            "a number pattern has `{{seq}}` once, not {counts} times"
        ));
    } else if series.value.reset == raw::Reset::Year && years == 0 {
        fault("numbers begin again each year, but the pattern has no `{year}`".to_owned());
    }
}

/// `seq:06`: a zero, then how many digits.
fn is_padded(placeholder: &str) -> bool {
    placeholder
        .strip_prefix("seq:0")
        .is_some_and(|digits| matches!(digits.parse::<u8>(), Ok(1..=12)))
}

fn inputs(
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
            Some(Input::File {
                path: path.value.clone(),
                columns: columns
                    .as_ref()
                    .map(|columns| columns.value.clone())
                    .unwrap_or_default(),
            })
        }
        (None, Some(_), Some(columns)) => refused(
            "BW-K221",
            &columns.span,
            format!("input `{name}` has `columns` beside `sql`"),
            "name columns in the SELECT: theirs AS ours",
        ),
        (None, Some(query), None) => Some(Input::Sql {
            query: query.value.clone(),
        }),
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
