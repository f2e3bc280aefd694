//! Invoices -> documents. Templates arrive as text.
//!
//! Owns what a template sees and may do. Does not own where documents go (`run/`) or any figure on them.
//! Invariant: same invoice and template, same bytes; no file, network, clock or randomness; escaped unless plain text.
//! Source: docs/templates.md.

mod batch;
mod check;
mod environment;
mod filters;
mod lines;
mod sample;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use batch::Batch;

use crate::diagnostic::{Diagnostic, Place, Report, Source};
use crate::model::bill_run::Format;
use crate::money::Amount;
use batch::DEFAULT_TEMPLATE;
use minijinja::Environment;
use sample::Sample;
use std::collections::BTreeMap;
use std::sync::Arc;
use value::Figure;

/// Steps a document may take.
const STEPS: u64 = 1_000_000;
/// Bytes a document may have.
const OUTPUT: usize = 10 * 1024 * 1024;

/// The templates of a workspace, parsed and checked.
pub struct Templates {
    environment: Environment<'static>,
    /// By name within the folder: `invoice.html`.
    sources: BTreeMap<String, Arc<Source>>,
}

impl Templates {
    /// Parses all templates; `texts` by path (`templates/invoice.html`). Reports every mistake (`BW-T1..`), each with its place.
    ///
    /// A template of documents without a mistake is also rendered with a sample invoice and a sample credit note, so that what
    /// shows only then is known before the first run.
    pub fn parse(texts: &BTreeMap<String, String>) -> Result<Self, Report> {
        let sources: BTreeMap<_, _> = texts
            .iter()
            .map(|(path, text)| {
                let name = path.strip_prefix("templates/").unwrap_or(path);
                (name.to_owned(), Source::new(path.as_str(), text.as_str()))
            })
            .collect();
        let samples =
            [Sample::invoice(), Sample::credit_note()].map(|sample| sample.batch().context(0));
        let mut report = Report::new();
        let bounds = check::check(&sources, &samples[0], &mut report);
        if report.has_errors() {
            return Err(report);
        }
        let mut environment = environment::environment(bounds.steps);
        for (name, source) in &sources {
            // A mistake that the parser overlooks and the compiler finds.
            if let Err(error) = environment.add_template_owned(name.clone(), source.text.clone()) {
                report.push(Diagnostic::error(
                    "BW-T100",
                    Place::file(&source.name),
                    error.to_string(),
                ));
            }
        }
        let names =
            [Format::Html, Format::Text].map(|format| template_name(DEFAULT_TEMPLATE, format));
        for name in names.iter().filter(|name| sources.contains_key(*name)) {
            let rendered = samples
                .iter()
                .map(|sample| environment::render(&environment, &sources, name, sample.clone()));
            // What fails with one fails with the other, most likely.
            report.extend(rendered.filter_map(Result::err).take(1).collect());
        }
        report.unless_errors(Self {
            environment,
            sources,
        })
    }
}

/// One finished document.
pub struct Document {
    /// File name made from the invoice number: `INV-2026-00000001.html`.
    pub name: String,
    pub text: String,
}

/// Renders the invoice in one row of the batch.
///
/// Errors: `BW-T101`, `BW-T107` (fails for this account), `BW-T120`, `BW-T122`, `BW-T123` (limits), `BW-T104` (no
/// template for the format), `BW-T140` (does not show the booked total).
pub fn document(
    templates: &Templates,
    batch: &Batch,
    row: usize,
    format: Format,
) -> Result<Document, Diagnostic> {
    let invoice = batch.key(row);
    let name = template_name(&invoice.template, format);
    let Some(source) = templates.sources.get(&name) else {
        return Err(no_template(&name));
    };
    let concerns = |diagnostic: Diagnostic| {
        let whose = format!(
            "invoice {}; the documents of other accounts are made",
            invoice.number
        );
        diagnostic.label(Place::Id(invoice.account_id.clone()), whose)
    };
    let text = environment::render(
        &templates.environment,
        &templates.sources,
        &name,
        batch.context(row),
    )
    .map_err(concerns)?;
    // Which way it goes is said by a sign or in words.
    let total = Figure::Amount(invoice.total.abs(), invoice.currency);
    if !shows(&text, &total.grouped()) && !shows(&text, &total.plain()) {
        return Err(concerns(other_total(source, total, &text)));
    }
    Ok(Document {
        name: file_name(&invoice.number, format),
        text,
    })
}

fn template_name(stem: &str, format: Format) -> String {
    format!("{stem}.{}", format.ending())
}

fn no_template(name: &str) -> Diagnostic {
    Diagnostic::error(
        "BW-T104",
        Place::file(format!("templates/{name}")),
        format!("no template `{name}`"),
    )
    .help(format!(
        "add templates/{name}, or leave its format out of `render: {{ formats: [..] }}`"
    ))
}

/// Whether a number stands in a text as a whole, not as a part of a larger one.
fn shows(text: &str, number: &str) -> bool {
    let in_number = |character: char| character.is_ascii_digit() || matches!(character, '.' | ',');
    // From the end, since totals stand below lines.
    text.rmatch_indices(number).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + number.len()..]);
        !before.ends_with(in_number)
            && !after
                .trim_start_matches(['.', ','])
                .starts_with(|next: char| next.is_ascii_digit())
    })
}

/// The customer would be asked for another amount than the one in the books.
fn other_total(source: &Source, total: Figure, text: &str) -> Diagnostic {
    let numbers = text
        .split(|character: char| !(character.is_ascii_digit() || matches!(character, '.' | ',')))
        .map(|word| word.trim_matches(['.', ',']).replace(',', ""))
        .filter(|word| word.contains('.'));
    let largest = numbers
        .filter_map(|number| Amount::parse(&number).ok().map(|amount| (amount, number)))
        .max();
    let booked = total.plain();
    let message = match largest {
        Some((_, printed)) => {
            format!("the total printed is not the total booked: printed {printed}, booked {booked}")
        }
        None => format!("the total is not printed: booked {booked}"),
    };
    Diagnostic::error("BW-T140", Place::file(&source.name), message)
        .help("print `{{ invoice.total|money }}`; invoice and number stand, the document is open")
}

/// Letters, digits, `-`, `_` and `.` stay, anything else is percent-encoded, as is a first point.
fn file_name(number: &str, format: Format) -> String {
    let mut name = String::with_capacity(number.len() + 5);
    for (at, byte) in number.bytes().enumerate() {
        match byte {
            b'.' if at == 0 => name.push_str("%2E"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => name.push(byte.into()),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("{name}.{}", format.ending())
}
