//! What debits wallets and what makes invoices are kept apart, and a prepaid scheme has only what can be debited by the day.

use super::{Read, Written};
use crate::definition::lower;
use crate::definition::raw;
use crate::definition::tree::Span;
use crate::definition::typed::Spanned;
use crate::diagnostic::Report;
use crate::model::account::TOP_UPS;
use crate::model::scheme::{Allowance, Cancel, Classification, Late, Retroactive, Timing};

/// A run debits wallets or makes invoices, and lists the schemes for that (C26).
pub fn schemes_are_paid_as_their_run_says(written: &Written, report: &mut Report) {
    for run in written.runs() {
        for name in run.schemes {
            let mut schemes = written.schemes.iter();
            let found = schemes.find(|scheme| scheme.raw.name.value == name.value);
            let Some(scheme) = found else {
                continue; // said already
            };
            let of_scheme = scheme.raw.classification.0;
            if of_scheme == run.classification {
                continue;
            }
            let (message, help) = match of_scheme {
                Classification::Prepaid => (
                    "is prepaid, and a bill_run makes invoices",
                    "name it in a prepaid_run, or write `classification: normal` in the scheme",
                ),
                Classification::Normal => (
                    "is invoiced, and a prepaid_run debits wallets",
                    "name it in a bill_run, or write `classification: prepaid` in the scheme",
                ),
            };
            let message = format!("the scheme `{}` {message}", name.value);
            let fault = run.file.error("BW-D251", &name.span, message);
            let place = scheme.file.place(&scheme.raw.name.span);
            report.push(fault.label(place, "the scheme").help(help));
        }
    }
}

/// Nobody is stopped with top-ups that are too old, so something has to say when they are (C6).
pub fn top_ups_that_must_be_fresh_say_how_old_they_may_be(written: &Written, report: &mut Report) {
    let Some(settings) = &written.settings else {
        return;
    };
    let top_ups = settings.raw.inputs.get(TOP_UPS.name);
    if top_ups.is_some_and(|input| input.value.max_age.is_some()) {
        return;
    }
    for Read { file, raw } in &written.prepaid_runs {
        let stop = &raw.stop_services;
        if !stop.enabled.value || stop.needs_fresh.value.is_empty() {
            continue;
        }
        let message = match top_ups {
            Some(_) => "services are stopped, and nothing says how old top-ups may be",
            None => "services are stopped, and there are no top-ups that could be too old",
        };
        let help = match top_ups {
            Some(_) => {
                "write max_age = \"12h\" under [inputs.top_ups] in billwright.toml, or `needs_fresh: []`"
            }
            None => {
                "name them under [inputs.top_ups] in billwright.toml, with a `max_age`, or write `needs_fresh: []`"
            }
        };
        report.push(
            file.error("BW-D253", &stop.enabled.span, message)
                .help(help),
        );
    }
}

/// What is debited each night stays debited: nothing in a prepaid scheme waits for the end of a period, or comes back to it.
pub fn prepaid_schemes_are_debited_by_the_day(written: &Written, report: &mut Report) {
    let prepaid =
        |scheme: &&Read<raw::Scheme>| scheme.raw.classification.0 == Classification::Prepaid;
    for scheme in written.schemes.iter().filter(prepaid) {
        let mut refused = |span: &Span, message: &str, help: &str| {
            report.push(scheme.file.error("BW-D252", span, message).help(help));
        };
        let retroactive = &scheme.raw.retroactive;
        if retroactive.value.0 != Retroactive::Ignore {
            refused(
                &retroactive.span,
                "days that were debited stay as they were debited",
                "write `retroactive: ignore`, or leave it out",
            );
        }
        for charge in &scheme.raw.charges.0 {
            let retroactive = charge.retroactive.as_ref();
            let asks = |own: &&Spanned<raw::Word<Retroactive>>| own.value.0 != Retroactive::Ignore;
            if let Some(own) = retroactive.filter(asks) {
                refused(
                    &own.span,
                    "days that were debited stay as they were debited",
                    "write `retroactive: ignore`, or leave it out",
                );
            }
            of_charge(charge, &mut refused);
            if let Some(usage) = &charge.usage {
                of_usage(&usage.value, &mut refused);
                let prices = charge.price.0.iter();
                for volume in prices.filter_map(|price| price.value.volume.as_ref()) {
                    refused(
                        &volume.span,
                        "a volume price is known once its period has ended, and usage is debited every night",
                        "write `graduated`, whose tiers go on within a period",
                    );
                }
            }
        }
    }
}

fn of_charge(charge: &raw::Charge, refused: &mut impl FnMut(&Span, &str, &str)) {
    if let Some(commits) = &charge.commits {
        refused(
            &commits.span,
            "what is missing to a commitment is known once its period has ended, and wallets are debited every night",
            "leave `commits` out, or give the commitment a scheme of its own that is invoiced",
        );
    }
    let Some(recurring) = charge.recurring.as_ref() else {
        return;
    };
    if recurring.value.timing() == Timing::Arrears {
        refused(
            &recurring.span,
            "the days of a prepaid charge are debited in advance, each on its day",
            "write `timing: advance`",
        );
    }
    if recurring.value.cancel.value.0 == Cancel::CreditUnused {
        refused(
            &recurring.value.cancel.span,
            "days are debited when they come, so none is left to be credited",
            "write `cancel: none`, or leave it out",
        );
    }
}

fn of_usage(usage: &raw::Usage, refused: &mut impl FnMut(&Span, &str, &str)) {
    if !lower::aggregate(&usage.aggregate.value).adds_up() {
        refused(
            &usage.aggregate.span,
            "what this counts is known once its period has ended, and usage is debited every night",
            "write `sum` or `count`, which add up from day to day",
        );
    }
    if let Some(shared) = &usage.shared {
        refused(
            &shared.span,
            "what services share is known once all of them are counted, and each is debited by itself",
            "leave `shared` out: each service has its own",
        );
    }
    if usage.late.value.0 == Late::NextRun {
        refused(
            &usage.late.span,
            "what late usage adds to days that were debited is not debited afterwards",
            "write `late: refuse`, or `ignore`",
        );
    }
    if is_written(&usage.through) {
        refused(
            &usage.through.span,
            "prepaid usage is debited up to the day that its run says",
            "leave `through` out; `debit.usage_through` of the prepaid_run says the day",
        );
    }
    for one in usage.prorate.iter().flat_map(|list| &list.0) {
        if one.value.0 != Allowance::Minimum {
            let message = format!(
                "how many days `{}` counts for is known once the period has ended, and usage is debited every night",
                one.value.as_ref()
            );
            refused(&one.span, &message, "leave it out");
        }
    }
}

/// What is not written has the place of its default, which has no length.
fn is_written<T>(spanned: &Spanned<T>) -> bool {
    !spanned.span.is_empty()
}
