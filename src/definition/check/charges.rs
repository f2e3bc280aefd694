//! Charges of a scheme: each of one kind, with the keys that kind can have.

use super::{Read, Written};
use crate::calendar::Step;
use crate::definition::raw;
use crate::definition::tree::Span;
use crate::definition::typed::Spanned;
use crate::diagnostic::Report;
use crate::model::proration::Proration;
use crate::model::scheme::{Allowance, Cancel, Classification, Through, Timing};
use crate::money::Amount;
use std::collections::BTreeMap;

/// Every charge with the scheme it is written in.
pub fn charges(written: &Written) -> impl Iterator<Item = (&Read<raw::Scheme>, &raw::Charge)> {
    let schemes = written.schemes.iter();
    schemes.flat_map(|scheme| scheme.raw.charges.0.iter().map(move |one| (scheme, one)))
}

pub fn codes_are_unique(written: &Written, report: &mut Report) {
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

pub fn charges_are_of_one_kind(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let kinds = [
            charge.recurring.as_ref().map(|_| "`recurring`"),
            charge.usage.as_ref().map(|_| "`usage`"),
            charge.one_time.as_ref().map(|_| "`one_time`"),
        ];
        let kinds: Vec<_> = kinds.into_iter().flatten().collect();
        let message = match kinds.as_slice() {
            [_] => continue,
            [] => format!(
                "charge `{}` is neither `recurring`, `usage` nor `one_time`",
                charge.code.value
            ),
            several => format!(
                "charge `{}` is {}",
                charge.code.value,
                several.join(" and ")
            ),
        };
        let fault = scheme.file.error("BW-D235", &charge.code.span, message);
        report.push(fault.help(
            "write one of them, such as recurring: { timing: advance, proration: daily }; what is charged in two ways is two charges",
        ));
    }
}

/// What counts by days is there, and its days are known when it is billed.
pub fn what_is_prorated_is_there(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let Some(usage) = charge.usage.as_ref().map(|usage| &usage.value) else {
            continue;
        };
        for one in usage.prorate.iter().flat_map(|list| &list.0) {
            let mut refused = |message: String, help: &str| {
                report.push(scheme.file.error("BW-D236", &one.span, message).help(help));
            };
            let word = one.value.as_ref();
            let is_there = match one.value.0 {
                Allowance::Included => !usage.included.0.is_zero(),
                Allowance::Minimum => charge.minimum.is_some(),
                Allowance::Maximum => charge.maximum.is_some(),
            };
            if !is_there {
                let message = format!("there is no `{word}` to be counted by days");
                refused(message, "write how much a full period has, or leave it out");
            } else if usage.through.value.0 == Through::WindowTo
                && one.value.0 != Allowance::Minimum
            {
                refused(
                    format!("how many days `{word}` counts for is known once the period has ended"),
                    "write `through: period_end`, or leave it out",
                );
            }
        }
    }
}

/// Amounts can be multiples of what they are rounded to.
pub fn amounts_are_rounded_to_coins(written: &Written, report: &mut Report) {
    for scheme in &written.schemes {
        let Some(to) = &scheme.raw.round_to else {
            continue;
        };
        let currency = scheme.raw.currency.0;
        let coin = Amount::from_minor(1, currency).expect("one coin");
        let (step, coin_units) = (to.value.0.units(), coin.units());
        if step <= 0 || step % coin_units != 0 {
            let message = format!("no amount in {currency} can be rounded to this");
            let fault = scheme.file.error("BW-D217", &to.span, message);
            report.push(fault.help(format!("write a multiple of {}", coin.text(currency))));
        }
    }
}

/// A limit is of usage, a length of time of a recurring price, and a credit of what was billed in advance.
/// What is paid out of wallets is paid in advance; of what is invoiced somebody has to say when.
pub fn recurring_charges_say_when(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let is_prepaid = scheme.raw.classification.0 == Classification::Prepaid;
        if let Some(recurring) = &charge.recurring
            && recurring.value.timing.is_none()
            && !is_prepaid
        {
            let fault = scheme.file.error(
                "BW-D204",
                &recurring.span,
                "`charges.recurring` has no `timing`",
            );
            report.push(fault.help("add `timing`: when a period is billed: `advance`, on its first day, or `arrears`, once it has ended"));
        }
    }
}

pub fn keys_fit_the_kind(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let mut refused = |span: &Span, message: &str, help: &str| {
            report.push(scheme.file.error("BW-D236", span, message).help(help));
        };
        if charge.usage.is_none() {
            for (key, limit) in [("minimum", &charge.minimum), ("maximum", &charge.maximum)] {
                if let Some(limit) = limit {
                    let message = format!("only usage has a `{key}`");
                    refused(
                        &limit.span,
                        &message,
                        "leave it out; another charge always costs its price",
                    );
                }
            }
        }
        let timing = charge.recurring.as_ref().map(|one| one.value.timing());
        if let Some(commits) = &charge.commits
            && timing != Some(Timing::Arrears)
        {
            refused(
                &commits.span,
                "only a recurring charge in arrears is a commitment: what counts towards it is known once its period has ended",
                "write recurring: { timing: arrears, proration: daily }",
            );
        }
        if charge.recurring.is_none() {
            for per in charge
                .price
                .0
                .iter()
                .filter_map(|price| price.value.per.as_ref())
            {
                refused(
                    &per.span,
                    "only a recurring price is for a length of time",
                    "leave `per` out",
                );
            }
        }
        let recurring = charge.recurring.as_ref().map(|recurring| &recurring.value);
        let frequencies = &scheme.raw.frequencies.0;
        let in_days = |one: &raw::WrittenFrequency| matches!(one.0.step(), Step::Days(_));
        if let Some(by_months) = charge.recurring.as_ref()
            && by_months.value.proration.0 == Proration::Thirty360
            && frequencies.iter().any(in_days)
        {
            refused(
                &by_months.span,
                "months of 30 days do not divide periods of days or weeks",
                "write `proration: daily`, or give what is billed by days a scheme of its own",
            );
        }
        if let Some(recurring) = recurring.filter(|one| one.cancel.value.0 == Cancel::CreditUnused)
        {
            if recurring.timing() == Timing::Arrears {
                refused(
                    &recurring.cancel.span,
                    "a charge in arrears has no unused days to credit",
                    "write `cancel: none`, or `timing: advance`",
                );
            } else if recurring.proration.0 == Proration::None {
                refused(
                    &recurring.cancel.span,
                    "unused days of a charge without proration have no price of their own",
                    "write `cancel: none`, or `proration: daily`",
                );
            }
        }
    }
}

pub fn minimum_is_below_maximum(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        if let (Some(minimum), Some(maximum)) = (&charge.minimum, &charge.maximum)
            && minimum.value > maximum.value
        {
            let currency = scheme.raw.currency.0;
            let shown = |amount: raw::WrittenAmount| amount.0.text(currency);
            report.push(
                scheme
                    .file
                    .error(
                        "BW-D221",
                        &minimum.span,
                        format!(
                            "a minimum of {} is more than the maximum",
                            shown(minimum.value)
                        ),
                    )
                    .label(
                        scheme.file.place(&maximum.span),
                        format!("{} here", shown(maximum.value)),
                    )
                    .help("a period costs at least the minimum and at most the maximum"),
            );
        }
    }
}

/// More usage has to cost at least as much as less of it: a period billed in parts could otherwise fall below a maximum that
/// an earlier part has reached, and none of its lines would say from where.
pub fn nothing_falls_below_its_maximum(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let Some(maximum) = &charge.maximum else {
            continue;
        };
        let each = charge
            .usage
            .as_ref()
            .and_then(|usage| usage.value.each.as_ref());
        let fee = each.and_then(|each| each.value.fee);
        let has_negative_fee = fee.is_some_and(|fee| fee.0.is_negative());
        let falls = |price: &&Spanned<raw::Price>| has_negative_fee || falls(&price.value);
        for price in charge.price.0.iter().filter(falls) {
            report.push(
                scheme
                    .file
                    .error(
                        "BW-D221",
                        &price.span,
                        "usage with a maximum has a price below zero",
                    )
                    .label(scheme.file.place(&maximum.span), "the maximum")
                    .help("leave the maximum out, or give usage prices of zero or more"),
            );
        }
    }
}

fn falls(price: &raw::Price) -> bool {
    let per_unit = match price.per_unit {
        Some(raw::UnitPrice::Listed(rate)) => Some(rate),
        Some(raw::UnitPrice::FromService) | None => None,
    };
    let of_tiers = price.tiers();
    let of_tiers = of_tiers.flat_map(|tier| [tier.value.unit, tier.value.flat]);
    let of_percents = price.percent_tiers().map(|tier| tier.value.flat);
    let of_package = price.package.as_ref().map(|package| package.value.price);
    let once = [price.flat, per_unit, of_package];
    let windows = price.windows.iter().flat_map(|windows| &windows.value.0);
    let of_windows = windows.flat_map(|window| [window.value.unit, window.value.fee]);
    let mut rates = of_tiers
        .chain(of_percents)
        .chain(once)
        .chain(of_windows)
        .flatten();
    rates.any(|rate| rate.0.is_negative())
}
