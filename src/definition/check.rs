//! What a schema cannot see: names that must exist, versions that must ascend, keys that need one another.

use super::raw;
use super::settings::BILLED_TABLES;
use super::tree::{File, Span};
use super::typed::Spanned;
use crate::diagnostic::{Place, Report, nearest};
use std::collections::{BTreeMap, BTreeSet};

/// A file read into its kind.
pub struct Read<T> {
    pub file: File,
    pub raw: T,
}

/// Everything written in a workspace that could be read.
#[derive(Default)]
pub struct Written {
    /// Missing where billwright.toml itself has mistakes: then nothing is said about what it should have.
    pub settings: Option<Read<raw::Settings>>,
    pub bill_runs: Vec<Read<raw::BillRun>>,
    pub schemes: Vec<Read<raw::Scheme>>,
    pub taxes: Vec<Read<raw::Tax>>,
    pub terms: Vec<Read<raw::PaymentTerms>>,
    pub reconciliations: Vec<Read<raw::Reconciliation>>,
    /// Names by kind with the place of each, those of files with other mistakes included.
    pub names: BTreeMap<String, Vec<(String, Place)>>,
    pub templates: BTreeSet<String>,
}

const CHECKS: &[fn(&Written, &mut Report)] = &[
    names_are_unique,
    schemes_exist,
    taxes_exist,
    payment_terms_exist,
    series_exist,
    posting_has_both_keys,
    templates_exist,
    billed_tables_exist,
    codes_are_unique,
    prices_have_one_model,
    price_versions_ascend,
    reconciliations_find_both_sides,
];

/// Runs every check, so that one command shows every mistake.
///
/// Errors: `BW-D230` name twice, `BW-D231` code twice, `BW-D232` versions, `BW-D234` model, `BW-D240` no such definition or
/// setting, `BW-D242` template, `BW-D244` posting not allowed, `BW-K224` input missing, `BW-K240` default missing.
pub fn all(written: &Written, report: &mut Report) {
    for check in CHECKS {
        check(written, report);
    }
}

impl Written {
    fn names_of<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a str> + Clone {
        self.names
            .get(kind)
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
    }

    /// Reports a name that no definition of the kind has.
    fn find(
        &self,
        code: &'static str,
        kind: &str,
        file: &File,
        name: &Spanned<String>,
        report: &mut Report,
    ) {
        if self.names_of(kind).any(|known| known == name.value) {
            return;
        }
        report.push(no_such(
            code,
            file,
            &name.span,
            kind,
            &name.value,
            self.names_of(kind),
        ));
    }
}

/// A name nothing has, with the nearest that something has.
fn no_such<'a>(
    code: &'static str,
    file: &File,
    span: &Span,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> crate::diagnostic::Diagnostic {
    let help = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match known.take(8).collect::<Vec<_>>().as_slice() {
            [] => format!("there is no {what} at all; add one"),
            some => format!("there is: {}", some.join(", ")),
        },
    };
    file.error(code, span, format!("there is no {what} `{name}`"))
        .help(help)
}

fn names_are_unique(written: &Written, report: &mut Report) {
    for (kind, names) in &written.names {
        let mut first: BTreeMap<&str, &Place> = BTreeMap::new();
        for (name, place) in names {
            match first.get(name.as_str()) {
                None => {
                    first.insert(name, place);
                }
                Some(first) => report.push(
                    crate::diagnostic::Diagnostic::error(
                        "BW-D230",
                        place.clone(),
                        format!("a second {kind} is named `{name}`"),
                    )
                    .label((*first).clone(), "the first")
                    .help("give one of them another name, or remove it"),
                ),
            }
        }
    }
}

fn schemes_exist(written: &Written, report: &mut Report) {
    for run in &written.bill_runs {
        for name in &run.raw.criteria.schemes.0 {
            written.find("BW-D240", "scheme", &run.file, name, report);
        }
    }
}

fn taxes_exist(written: &Written, report: &mut Report) {
    for run in &written.bill_runs {
        if let Some(name) = &run.raw.tax {
            written.find("BW-D240", "tax", &run.file, name, report);
        }
    }
    if let Some(settings) = &written.settings
        && let Some(name) = &settings.raw.defaults.tax
    {
        written.find("BW-K240", "tax", &settings.file, name, report);
    }
}

fn payment_terms_exist(written: &Written, report: &mut Report) {
    if let Some(settings) = &written.settings
        && let Some(name) = &settings.raw.defaults.payment_terms
    {
        written.find("BW-K240", "payment_terms", &settings.file, name, report);
    }
}

fn series_exist(written: &Written, report: &mut Report) {
    let Some(settings) = &written.settings else {
        return;
    };
    for run in &written.bill_runs {
        let name = &run.raw.invoices.series;
        if !settings.raw.series.contains_key(&name.value) {
            let known = settings.raw.series.keys().map(String::as_str);
            report.push(no_such(
                "BW-D240",
                &run.file,
                &name.span,
                "number series",
                &name.value,
                known,
            ));
        }
    }
}

fn posting_has_both_keys(written: &Written, report: &mut Report) {
    let Some(settings) = &written.settings else {
        return;
    };
    for run in &written.bill_runs {
        let auto_post = &run.raw.invoices.auto_post;
        if auto_post.value && !settings.raw.allow_auto_post {
            let fault = run.file.error(
                "BW-D244",
                &auto_post.span,
                "the workspace does not allow a run to post by itself",
            );
            report
                .push(fault.help(
                    "write `auto_post: false`, or allow_auto_post = true in billwright.toml",
                ));
        }
    }
}

fn templates_exist(written: &Written, report: &mut Report) {
    for run in &written.bill_runs {
        for format in &run.raw.render.formats {
            let ending = match format.value {
                raw::Format::Html => "html",
                raw::Format::Txt => "txt",
            };
            let path = format!("templates/invoice.{ending}");
            if !written.templates.contains(&path) {
                let fault = run
                    .file
                    .error("BW-D242", &format.span, format!("there is no {path}"));
                report.push(fault.help(format!("add it (`billwright init` makes one), or take `{ending}` out of `render.formats`")));
            }
        }
    }
}

fn billed_tables_exist(written: &Written, report: &mut Report) {
    let Some(settings) = written
        .settings
        .as_ref()
        .filter(|_| !written.bill_runs.is_empty())
    else {
        return;
    };
    for table in BILLED_TABLES
        .iter()
        .filter(|table| !settings.raw.inputs.contains_key(**table))
    {
        report.push(
            crate::diagnostic::Diagnostic::error(
                "BW-K224",
                Place::file(&settings.file.source.name),
                format!("bill runs read an input `{table}`, which is not there"),
            )
            .help(format!(
                "add [inputs.{table}] with `path`, a CSV file, or `sql`"
            )),
        );
    }
}

fn codes_are_unique(written: &Written, report: &mut Report) {
    for scheme in &written.schemes {
        let mut first: BTreeMap<&str, &Span> = BTreeMap::new();
        for charge in &scheme.raw.charges.0 {
            let code = &charge.code;
            match first.get(code.value.as_str()) {
                None => {
                    first.insert(&code.value, &code.span);
                }
                Some(before) => report.push(
                    scheme
                        .file
                        .error("BW-D231", &code.span, format!("a second charge has the code `{}`", code.value))
                        .label(scheme.file.place(before), "the first")
                        .help("services find a charge by its code: give each its own; several prices of one charge are a list under `price`"),
                ),
            }
        }
    }
}

fn prices_have_one_model(written: &Written, report: &mut Report) {
    for scheme in &written.schemes {
        for price in scheme
            .raw
            .charges
            .0
            .iter()
            .flat_map(|charge| &charge.price.0)
        {
            let message = match (&price.value.flat, &price.value.per_unit) {
                (Some(_), None) | (None, Some(_)) => continue,
                (None, None) => "a price has neither `flat` nor `per_unit`",
                (Some(_), Some(_)) => "a price has both `flat` and `per_unit`",
            };
            let fault = scheme.file.error("BW-D234", &price.span, message);
            report.push(fault.help(
                "write one of them: `flat` ignores the quantity, `per_unit` is multiplied by it",
            ));
        }
    }
}

fn price_versions_ascend(written: &Written, report: &mut Report) {
    for scheme in &written.schemes {
        for charge in &scheme.raw.charges.0 {
            for pair in charge.price.0.windows(2) {
                let [before, after] = pair else { continue };
                let Some(from) = &after.value.valid_from else {
                    let fault = scheme.file.error(
                        "BW-D232",
                        &after.span,
                        "a later price does not say from which day it holds",
                    );
                    report.push(fault.help(
                        "add `valid_from`; only the first price may hold from the beginning",
                    ));
                    continue;
                };
                let earlier = before.value.valid_from.as_ref();
                if let Some(earlier) = earlier.filter(|earlier| earlier.value >= from.value) {
                    report.push(
                        scheme
                            .file
                            .error("BW-D232", &from.span, format!("this price holds from {}, which is not after the price before it", from.value.0))
                            .label(scheme.file.place(&earlier.span), format!("{} here", earlier.value.0))
                            .help("list prices by `valid_from`, oldest first, each day once"),
                    );
                }
            }
        }
    }
}

fn reconciliations_find_both_sides(written: &Written, report: &mut Report) {
    for reconciliation in &written.reconciliations {
        let run = &reconciliation.raw.run;
        let name = run.value.split('@').next().unwrap_or_default();
        if written.names_of("bill_run").all(|known| known != name) {
            let known = written.names_of("bill_run");
            report.push(no_such(
                "BW-D240",
                &reconciliation.file,
                &run.span,
                "bill_run",
                name,
                known,
            ));
        }
        let against = &reconciliation.raw.against;
        if let Some(settings) = &written.settings
            && !settings.raw.inputs.contains_key(&against.value)
        {
            let known = settings.raw.inputs.keys().map(String::as_str);
            report.push(no_such(
                "BW-D240",
                &reconciliation.file,
                &against.span,
                "input",
                &against.value,
                known,
            ));
        }
    }
}
