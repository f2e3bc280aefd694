//! Names must lead somewhere.

use super::{Read, Written};
use crate::definition::raw::{BillRun, Scheme, Settings};
use crate::definition::settings::{BILLED_TABLES, CREDIT_NOTES};
use crate::definition::tree::{File, Span};
use crate::definition::typed::Spanned;
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::account::{USAGE, WALLETS};
use crate::model::scheme::ChargeType;
use std::collections::BTreeSet;

impl Written {
    /// Names of a kind of definition, as far as they could be read.
    fn names_of<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a str> + Clone {
        let names = self.names.get(kind).into_iter().flatten();
        names.map(|(name, _)| name.as_str())
    }
}

/// Reports a name that nothing has, with the nearest that something has.
pub fn must_exist<'a>(
    file: &File,
    name: &Spanned<String>,
    what: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    report: &mut Report,
) {
    let Spanned { value: name, span } = name;
    if known.clone().any(|known| known == name) {
        return;
    }
    let help = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match known.take(8).collect::<Vec<_>>().as_slice() {
            [] => format!("there is no {what} at all; add one"),
            some => format!("there is: {}", some.join(", ")),
        },
    };
    let message = format!("there is no {what} `{name}`");
    report.push(
        file.error(file.codes.no_such_name, span, message)
            .help(help),
    );
}

pub fn schemes_exist(written: &Written, report: &mut Report) {
    for run in written.runs() {
        for name in run.schemes {
            must_exist(run.file, name, "scheme", written.names_of("scheme"), report);
        }
    }
}

pub fn taxes_exist(written: &Written, report: &mut Report) {
    let of_runs = written
        .bill_runs
        .iter()
        .map(|run| (&run.file, &run.raw.tax));
    let of_settings = written
        .settings
        .iter()
        .map(|settings| (&settings.file, &settings.raw.defaults.tax));
    for (file, name) in of_runs.chain(of_settings) {
        if let Some(name) = name {
            must_exist(file, name, "tax", written.names_of("tax"), report);
        }
    }
}

pub fn payment_terms_exist(written: &Written, report: &mut Report) {
    let of_groups = written
        .groups
        .iter()
        .map(|group| (&group.file, &group.raw.payment_terms));
    let of_settings = written
        .settings
        .iter()
        .map(|settings| (&settings.file, &settings.raw.defaults.payment_terms));
    for (file, name) in of_groups.chain(of_settings) {
        if let Some(name) = name {
            let known = written.names_of("payment_terms");
            must_exist(file, name, "payment_terms", known, report);
        }
    }
}

pub fn series_exist(written: &Written, report: &mut Report) {
    if let Some(settings) = &written.settings {
        let named = settings.raw.series.keys().map(String::as_str);
        let known = named.chain([CREDIT_NOTES]);
        for run in &written.bill_runs {
            let invoices = &run.raw.invoices;
            for names in [&invoices.series, &invoices.credit_series] {
                for name in &names.0 {
                    must_exist(&run.file, name, "number series", known.clone(), report);
                }
                one_to_a_currency(&run.file, &names.0, settings, report);
            }
        }
    }
}

/// A number series has one currency, and an invoice takes the one of its own.
fn one_to_a_currency(
    file: &File,
    names: &[Spanned<String>],
    settings: &Read<Settings>,
    report: &mut Report,
) {
    let settings = &settings.raw;
    let currency = |name: &str| {
        let own = settings
            .series
            .get(name)
            .and_then(|series| series.value.currency);
        own.unwrap_or(settings.currency).0
    };
    for (at, name) in names.iter().enumerate() {
        let earlier = names[..at]
            .iter()
            .find(|other| currency(&other.value) == currency(&name.value));
        if let Some(earlier) = earlier {
            let message = format!(
                "`{}` and `{}` are both in {}",
                earlier.value,
                name.value,
                currency(&name.value)
            );
            let fault = file.error("BW-D243", &name.span, message);
            report.push(fault.help(
                "name one series for each currency; a series has a `currency` in billwright.toml",
            ));
        }
    }
}

pub fn groups_exist(written: &Written, report: &mut Report) {
    for run in written.runs() {
        for name in run.groups.into_iter().flatten() {
            must_exist(run.file, name, "group", written.names_of("group"), report);
        }
    }
}

pub fn templates_exist(written: &Written, report: &mut Report) {
    for run in &written.bill_runs {
        for format in &run.raw.render.formats {
            let ending = format.value.as_ref();
            template_exists(written, run, "invoice", ending, &format.span, report);
        }
    }
}

/// A group's template is needed in its own formats, else in those of every bill run, which may all bill its accounts.
pub fn templates_of_groups_exist(written: &Written, report: &mut Report) {
    let of_runs = written
        .bill_runs
        .iter()
        .flat_map(|run| &run.raw.render.formats);
    let of_runs: BTreeSet<&str> = of_runs.map(|format| format.value.as_ref()).collect();
    for group in &written.groups {
        let Some(render) = &group.raw.render else {
            continue;
        };
        let stem = render
            .template
            .as_ref()
            .map_or("invoice", |stem| &stem.value);
        match (&render.template, &render.formats) {
            (_, Some(formats)) => {
                for format in &formats.0 {
                    let ending = format.value.as_ref();
                    template_exists(written, group, stem, ending, &format.span, report);
                }
            }
            (Some(template), None) => {
                for ending in &of_runs {
                    template_exists(written, group, stem, ending, &template.span, report);
                }
            }
            (None, None) => {}
        }
    }
}

fn template_exists<T>(
    written: &Written,
    read: &Read<T>,
    stem: &str,
    ending: &str,
    span: &Span,
    report: &mut Report,
) {
    let path = format!("templates/{stem}.{ending}");
    if !written.templates.contains(&path) {
        let fault = read
            .file
            .error("BW-D242", span, format!("there is no {path}"));
        let add = match stem {
            "invoice" => "add it (`billwright init` makes one)",
            _ => "add it",
        };
        report.push(fault.help(format!("{add}, or take `{ending}` out of `render.formats`")));
    }
}

pub fn billed_tables_exist(written: &Written, report: &mut Report) {
    let Some(settings) = &written.settings else {
        return;
    };
    let inputs = &settings.raw.inputs;
    let mut missing = |table: &str, message: String| {
        if !inputs.contains_key(table) {
            let place = Place::file(&settings.file.source.name);
            let fault = Diagnostic::error("BW-K224", place, message);
            report.push(fault.help(format!(
                "add [inputs.{table}] with `path`, a CSV or Parquet file, or `sql`"
            )));
        }
    };
    let runs = match (&*written.bill_runs, &*written.prepaid_runs) {
        ([], []) => None,
        ([_, ..], _) => Some("bill runs"),
        ([], [_, ..]) => Some("prepaid runs"),
    };
    if let Some(runs) = runs {
        for table in BILLED_TABLES {
            missing(
                table,
                format!("{runs} read an input `{table}`, which is not there"),
            );
        }
    }
    // Without it every period would be one without usage, and settled as such.
    if let Some(run) = written
        .bill_runs
        .iter()
        .find(|run| bills_usage(written, &run.raw))
    {
        let name = &run.raw.name.value;
        missing(
            USAGE.name,
            format!("bill run `{name}` bills usage, and there is no input `usage`"),
        );
    } else if let Some(run) = written
        .prepaid_runs
        .iter()
        .find(|run| run.raw.enabled && have_usage(written, &run.raw.criteria.schemes.0))
    {
        let name = &run.raw.name.value;
        missing(
            USAGE.name,
            format!("prepaid run `{name}` debits usage, and there is no input `usage`"),
        );
    }
    if let Some(run) = written.prepaid_runs.first() {
        let name = &run.raw.name.value;
        missing(
            WALLETS.name,
            format!("prepaid run `{name}` debits wallets, and there is no input `wallets`"),
        );
    }
    for (one, other) in [("orders", "order_lines"), ("order_lines", "orders")] {
        if inputs.contains_key(one) {
            missing(
                other,
                format!("there is an input `{one}`, but none for `{other}`"),
            );
        }
    }
}

/// Whether a run would look for usage: it bills usage, and one of its schemes has some.
fn bills_usage(written: &Written, run: &BillRun) -> bool {
    let bills = run.charges.0.iter().any(|word| word.0 == ChargeType::Usage);
    run.enabled && bills && have_usage(written, &run.criteria.schemes.0)
}

fn have_usage(written: &Written, schemes: &[Spanned<String>]) -> bool {
    let has_usage = |scheme: &Read<Scheme>| {
        let named = |name: &Spanned<String>| name.value == scheme.raw.name.value;
        let charges = &scheme.raw.charges.0;
        schemes.iter().any(named) && charges.iter().any(|one| one.usage.is_some())
    };
    written.schemes.iter().any(has_usage)
}

pub fn reconciliations_find_both_sides(written: &Written, report: &mut Report) {
    for Read { file, raw } in &written.reconciliations {
        // An id and NAME@AS_OF begin with the name of the run.
        let name = Spanned {
            value: raw
                .run
                .value
                .split('@')
                .next()
                .unwrap_or_default()
                .to_owned(),
            span: raw.run.span.clone(),
        };
        must_exist(
            file,
            &name,
            "bill_run",
            written.names_of("bill_run"),
            report,
        );
        if let Some(settings) = &written.settings {
            let known = settings.raw.inputs.keys().map(String::as_str);
            must_exist(file, &raw.against, "input", known, report);
        }
    }
}
