//! Usage that is charged row by row: windows that cover every time, and keys that go together.

use super::Written;
use super::charges::charges;
use crate::definition::typed::Spanned;
use crate::definition::{lower, raw};
use crate::diagnostic::Report;
use crate::model::scheme::{Allowance, Retroactive};

/// Every time has a price: the last window says nothing of when, so that what no other holds for is its own.
pub fn windows_cover_every_time(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let prices = charge.price.0.iter();
        for windows in prices.filter_map(|price| price.value.windows.as_ref()) {
            let windows = &windows.value.0;
            for (at, window) in windows.iter().enumerate() {
                let meant = lower::window(&window.value);
                let is_last = at + 1 == windows.len();
                let (message, help) = if meant.from >= meant.to {
                    (
                        "this window ends before it begins",
                        "a window lies within a day: one over midnight is two, or all that the others leave",
                    )
                } else if is_last && !meant.is_always() {
                    (
                        "the last window leaves times without a price",
                        "add one that says nothing of when, such as { unit: \"0.05\" }, for all other times",
                    )
                } else if !is_last && meant.is_always() {
                    (
                        "this window always holds, so the ones after it never count",
                        "say when it holds, or list it last; the first that holds counts",
                    )
                } else {
                    continue;
                };
                let fault = scheme.file.error("BW-D223", &window.span, message);
                report.push(fault.help(help));
            }
        }
    }
}

/// Lines keep what single rows came to and not the rows, so nobody can say what these would cost at another price.
pub fn rows_stay_as_they_were_billed(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        if lower::retroactive(charge, &scheme.raw) == Retroactive::Ignore {
            continue;
        }
        let prices = charge.price.0.iter();
        let windows = prices.filter_map(|price| Some(&price.value.windows.as_ref()?.span));
        let each = charge
            .usage
            .iter()
            .filter_map(|usage| usage.value.each.as_ref());
        let of_rows = each.filter(|each| lower::each(&each.value).charges_rows());
        let Some(place) = windows.chain(of_rows.map(|each| &each.span)).next() else {
            continue;
        };
        let asked = charge
            .retroactive
            .as_ref()
            .unwrap_or(&scheme.raw.retroactive);
        let fault = scheme.file.error(
            "BW-D254",
            place,
            "what single rows cost cannot be worked out again once they are billed",
        );
        report.push(
            fault
                .label(scheme.file.place(&asked.span), "asked for here")
                .help(
                    "write `retroactive: ignore` in this charge: what it has billed stays as it is",
                ),
        );
    }
}

/// Rows are charged one by one where their quantities are added up, and limits of a row where one price says what it costs.
pub fn keys_of_rows_go_together(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let mut refused = |span, message: &str, help: &str| {
            report.push(scheme.file.error("BW-D224", span, message).help(help));
        };
        let prices = || charge.price.0.iter();
        let windows = prices().find_map(|price| price.value.windows.as_ref());
        let Some(usage) = charge.usage.as_ref().map(|usage| &usage.value) else {
            if let Some(windows) = windows {
                refused(
                    &windows.span,
                    "only usage is priced by when it is",
                    "write another model, such as `flat`",
                );
            }
            continue;
        };
        let each = usage.each.as_ref();
        let limits =
            each.and_then(|each| each.value.minimum.as_ref().or(each.value.maximum.as_ref()));
        let is_sum = matches!(
            usage.aggregate.value,
            raw::Aggregate::Of(raw::AggregateWord::Sum)
        );
        if let Some(span) = each
            .map(|each| &each.span)
            .or(windows.map(|windows| &windows.span))
            && !is_sum
        {
            refused(
                span,
                "rows are charged one by one where their quantities are added up alone",
                "leave it out, or write `aggregate: sum`",
            );
        }
        if !usage.included.0.is_zero()
            && let Some(span) = windows
                .map(|windows| &windows.span)
                .or(limits.map(|limit| &limit.span))
        {
            refused(
                span,
                "an included quantity has no price of its own here, since rows have different ones",
                "leave `included` out; `free` under `each` leaves out rows",
            );
        }
        if let Some(limit) = limits {
            let is_one = |price: &raw::Price| {
                matches!(price.per_unit, Some(raw::UnitPrice::Listed(_)))
                    || price.percentage.is_some()
                    || price.windows.is_some()
            };
            if prices().any(|price| !is_one(&price.value)) {
                refused(
                    &limit.span,
                    "what a row costs at least or at most needs a price that says what a row costs",
                    "write `per_unit`, `percentage` or `windows`, or leave the limit out",
                );
            }
        }
        if let Some(free) = each.and_then(|each| each.value.free.as_ref())
            && let raw::Free::Included = free.value
        {
            if usage.included.0.is_zero() {
                refused(
                    &free.span,
                    "no row lies within an included quantity of nothing",
                    "write `included`, or how many rows are free",
                );
            }
            let prorated = usage.prorate.iter().flat_map(|list| &list.0);
            let is_by_days =
                |word: &&Spanned<raw::Word<Allowance>>| word.value.0 == Allowance::Included;
            if let Some(by_days) = prorated.into_iter().find(is_by_days) {
                refused(
                    &by_days.span,
                    "which rows lie within what is included is known before its days are",
                    "leave it out, or write how many rows are `free`",
                );
            }
        }
        let of_windows = || windows.iter().flat_map(|windows| &windows.value.0);
        for window in of_windows() {
            if window.value.unit.is_some() == window.value.graduated.is_some() {
                refused(
                    &window.span,
                    "a window has one price: `unit`, or `graduated` for tiers of each row",
                    "write one of them; `unit: 0` where it is free",
                );
            }
        }
        let split = each.and_then(|each| each.value.split.as_ref());
        let tiers = of_windows().find_map(|window| window.value.graduated.as_ref());
        if let (Some(_), Some(tiers)) = (split, tiers) {
            refused(
                &tiers.span,
                "tiers of a row go on from where it begins, and this row is split at windows",
                "leave `split` out: a row is wholly in the window it begins in; or write `unit`",
            );
        }
        if let Some(split) = split.filter(|_| windows.is_none()) {
            refused(
                &split.span,
                "there is nothing to split rows at",
                "leave `split` out, or give the charge a price by `windows`",
            );
        }
    }
}

pub fn rows_cost_at_least_less_than_at_most(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let usage = charge.usage.as_ref();
        let each = usage.and_then(|usage| usage.value.each.as_ref());
        if let Some(each) = each.map(|each| &each.value)
            && let (Some(minimum), Some(maximum)) = (&each.minimum, &each.maximum)
            && minimum.value > maximum.value
        {
            let fault = scheme.file.error(
                "BW-D221",
                &minimum.span,
                "what a row costs at least is more than what it costs at most",
            );
            report.push(
                fault
                    .label(scheme.file.place(&maximum.span), "at most")
                    .help("a row costs at least the minimum and at most the maximum"),
            );
        }
    }
}
