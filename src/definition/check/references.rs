//! Names must lead somewhere.

use super::Written;
use crate::definition::raw;
use crate::definition::settings::BILLED_TABLES;
use crate::definition::tree::{File, Span};
use crate::definition::typed::Spanned;
use crate::diagnostic::{Diagnostic, Place, Report, nearest};

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

pub fn schemes_exist(written: &Written, report: &mut Report) {
    for run in &written.bill_runs {
        for name in &run.raw.criteria.schemes.0 {
            written.find("BW-D240", "scheme", &run.file, name, report);
        }
    }
}

pub fn taxes_exist(written: &Written, report: &mut Report) {
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

pub fn payment_terms_exist(written: &Written, report: &mut Report) {
    if let Some(settings) = &written.settings
        && let Some(name) = &settings.raw.defaults.payment_terms
    {
        written.find("BW-K240", "payment_terms", &settings.file, name, report);
    }
}

pub fn series_exist(written: &Written, report: &mut Report) {
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

pub fn templates_exist(written: &Written, report: &mut Report) {
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

pub fn billed_tables_exist(written: &Written, report: &mut Report) {
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
            Diagnostic::error(
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

pub fn reconciliations_find_both_sides(written: &Written, report: &mut Report) {
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

/// A name nothing has, with the nearest that something has.
fn no_such<'a>(
    code: &'static str,
    file: &File,
    span: &Span,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
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
