//! `billwright.toml` as written -> as meant, with every mistake that a schema cannot see.

mod inputs;
mod series;

use super::raw;
use super::tree::File;
use super::typed::Spanned;
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::workspace::{Ledger, Seller, Workspace};
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

pub use series::CREDIT_NOTES;

/// The highest `schema` this program can read.
const NEWEST_SCHEMA: u32 = 1;

/// Tables every bill run reads.
pub const BILLED_TABLES: [&str; 3] = ["accounts", "subscriptions", "services"];

/// The settings as meant; problems go to the report.
///
/// Errors: `BW-D217` no rounding, `BW-K103` made by a newer program, `BW-K190` not built, `BW-K206` time zone,
/// `BW-K221` input without a source, `BW-K222` input reads what is not there, `BW-K223` number pattern,
/// `BW-K225` number pattern twice, `BW-K226` mode, `BW-K301` folders.
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
    let rounding = raw.rounding.map(|rounding| rounding.0);
    if rounding.is_none() {
        report.push(no_rounding(file));
    }
    let taken = taken(raw);
    let database = database(file, &raw.book.url, &taken, report);
    let data = own_folder(file, &raw.book.data, &raw.book.data.value, &taken, report);
    out_folder(file, raw.out.as_ref(), report);
    let series = series::lower(file, &raw.series, raw.currency.0, report);
    let inputs = inputs::lower(file, &raw.inputs, report);
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
        tax_rounding: raw.tax_rounding.0,
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
            credits: raw.ledger.credits.clone(),
        },
        threads: raw
            .threads
            .and_then(|threads| usize::try_from(threads).ok()),
        accounts_at_once: raw.accounts_at_once as usize,
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
    zone(file, written, report)
}

/// A zone by its name.
fn zone(file: &File, written: &Spanned<String>, report: &mut Report) -> Option<Tz> {
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
        .help("write rounding = \"half_up\" or \"half_even\", or, where that is agreed, \"up\" or \"down\"; it is required here, and a scheme or tax may say otherwise")
}

/// The file in `sqlite:FILE`.
fn database(
    file: &File,
    url: &Spanned<String>,
    taken: &BTreeSet<&str>,
    report: &mut Report,
) -> Option<PathBuf> {
    match url.value.split_once(':') {
        Some(("sqlite", path)) => {
            let path = own_folder(file, url, path, taken, report)?;
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

/// Those, and the folders that inputs come from.
fn taken(raw: &raw::Settings) -> BTreeSet<&str> {
    let paths = raw.inputs.values().filter_map(|input| {
        let path = input.value.path.as_ref()?.value.as_str();
        path.split_once('/')
    });
    let folders = paths.map(|(folder, _)| folder).filter(|name| *name != ".");
    TAKEN.into_iter().chain(folders).collect()
}

/// Documents are written to `out`, and for safety nowhere that anything else lies.
fn out_folder(file: &File, written: Option<&Spanned<String>>, report: &mut Report) {
    let Some(written) = written.filter(|written| written.value != "out") else {
        return;
    };
    let what = format!("documents cannot be written to `{}`", written.value);
    let fault = file.error("BW-K301", &written.span, what);
    report.push(fault.help("they have a folder of their own, out, and input and output must be different folders: leave the key out"));
}

/// A path inside the workspace, in a folder that serves nothing else.
fn own_folder(
    file: &File,
    written: &Spanned<String>,
    path: &str,
    taken: &BTreeSet<&str>,
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
        Some([first, ..]) if !taken.contains(first) => Some(PathBuf::from(path)),
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
