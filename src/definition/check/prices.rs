//! Prices of a charge: one model each, tiers and versions without a gap, and the length of time they are for.

use super::charges::charges;
use super::{Read, Written};
use crate::calendar::{Date, Step};
use crate::definition::tree::Span;
use crate::definition::typed::Spanned;
use crate::definition::{lower, raw};
use crate::diagnostic::Report;
use crate::model::events::Free;
use crate::model::frequency::{Anchor, TimeUnit};
use crate::model::scheme::{Allowance, Late, Through};
use crate::money::Quantity;

/// Every price with the scheme it is written in.
fn prices(written: &Written) -> impl Iterator<Item = (&Read<raw::Scheme>, &Spanned<raw::Price>)> {
    charges(written)
        .flat_map(|(scheme, charge)| charge.price.0.iter().map(move |one| (scheme, one)))
}

pub fn prices_have_one_model(written: &Written, report: &mut Report) {
    for (scheme, price) in prices(written) {
        let raw = &price.value;
        let models = [
            raw.flat.map(|_| "`flat`"),
            raw.per_unit.map(|_| "`per_unit`"),
            raw.graduated.as_ref().map(|_| "`graduated`"),
            raw.volume.as_ref().map(|_| "`volume`"),
            raw.package.as_ref().map(|_| "`package`"),
            raw.percentage.map(|_| "`percentage`"),
            raw.graduated_percentage
                .as_ref()
                .map(|_| "`graduated_percentage`"),
            raw.windows.as_ref().map(|_| "`windows`"),
        ];
        let models: Vec<_> = models.into_iter().flatten().collect();
        let message = match models.as_slice() {
            [_] => continue,
            [] => "a price has no model, such as `flat`, `per_unit` or `graduated`".to_owned(),
            [first, second] => format!("a price has both {first} and {second}"),
            all => format!("a price has {}", all.join(" and ")),
        };
        let fault = scheme.file.error("BW-D234", &price.span, message);
        report.push(fault.help(
            "write one of them: `flat` ignores the quantity, `per_unit` is multiplied by it, `graduated` and `volume` have tiers, `package` is for so many at a time, `percentage` and `graduated_percentage` are shares of money, `windows` are prices by time",
        ));
    }
}

pub fn tiers_have_a_price(written: &Written, report: &mut Report) {
    for (scheme, price) in prices(written) {
        let units = price.value.tiers().map(|tier| {
            let has_price = tier.value.unit.is_some() || tier.value.flat.is_some();
            (&tier.span, "unit", has_price)
        });
        let percents = price.value.percent_tiers().map(|tier| {
            let has_price = tier.value.percent.is_some() || tier.value.flat.is_some();
            (&tier.span, "percent", has_price)
        });
        for (span, key, _) in units.chain(percents).filter(|(.., has_price)| !has_price) {
            let message = format!("a tier has neither `{key}` nor `flat`");
            let help =
                format!("write `{key}`, or `flat`, once for the tier; `{key}: 0` where it is free");
            report.push(scheme.file.error("BW-D234", span, message).help(help));
        }
    }
}

/// Tiers cover every quantity once: each begins where the one before it ends, and the last has no end.
pub fn tiers_ascend_without_a_hole(written: &Written, report: &mut Report) {
    let lists = prices(written).flat_map(|(scheme, price)| {
        let lists = price.value.bounds().into_iter();
        lists.map(move |tiers| (scheme, tiers))
    });
    for (scheme, tiers) in lists {
        let mut before: (Quantity, Option<&raw::Bounds<'_>>) = (Quantity::ZERO, None);
        for (at, tier) in tiers.iter().enumerate() {
            let (start, previous) = before;
            let mut refused = |message: String, help: String| {
                let fault = scheme.file.error("BW-D220", tier.span, message);
                let fault = match previous {
                    Some(previous) => {
                        fault.label(scheme.file.place(previous.span), "the tier before it")
                    }
                    None => fault,
                };
                report.push(fault.help(help));
            };
            if let Some(from) = tier.from.map(|from| from.value.0)
                && from != start
            {
                let message = match previous {
                    None => format!("the first tier begins at {from}, not at 0"),
                    Some(_) if from < start => {
                        format!(
                            "tiers overlap: this one begins at {from}, and the one before it ends at {start}"
                        )
                    }
                    Some(_) => format!(
                        "tiers leave a hole: this one begins at {from}, and the one before it ends at {start}"
                    ),
                };
                refused(
                    message,
                    format!(
                        "write `from: {start}`, or leave `from` out: a tier begins where the one before it ends"
                    ),
                );
            }
            let is_last = at + 1 == tiers.len();
            match tier.to.map(|to| to.value.0) {
                Some(to) if to <= start => refused(
                    format!("this tier ends at {to}, but it begins at {start}"),
                    "list tiers by `to`, the smallest first".to_owned(),
                ),
                Some(to) if is_last => refused(
                    format!("the last tier ends at {to}"),
                    format!("say what happens above {to}: add a tier without `to`, or leave this `to` out"),
                ),
                None if !is_last => refused(
                    "this tier has no end, so the ones after it never count".to_owned(),
                    "write `to`, up to which quantity it reaches; only the last tier goes on without end".to_owned(),
                ),
                Some(to) => before = (to, Some(tier)),
                None => {}
            }
        }
    }
}

pub fn packages_hold_something(written: &Written, report: &mut Report) {
    for (scheme, price) in prices(written) {
        let own = price
            .value
            .package
            .iter()
            .map(|package| &package.value.size);
        let of_tiers = price.value.tiers();
        let of_tiers = of_tiers.filter_map(|tier| tier.value.package.as_ref());
        for size in own.chain(of_tiers) {
            if size.value.0.is_zero() {
                let fault = scheme
                    .file
                    .error("BW-D220", &size.span, "a package of nothing");
                report.push(fault.help("write how many one price is for, such as \"100\""));
            }
        }
    }
}

/// What becomes of a package that is not full is said of packages.
pub fn partial_packages_are_of_packages(written: &Written, report: &mut Report) {
    for (scheme, price) in prices(written) {
        for tier in price.value.tiers() {
            let (Some(partial), None) = (&tier.value.partial, &tier.value.package) else {
                continue;
            };
            let message = "`partial` is about packages, and this tier has no `package`";
            let fault = scheme.file.error("BW-D234", &partial.span, message);
            report.push(
                fault.help("write how many are charged at a time, such as `package: \"1000\"`"),
            );
        }
    }
}

/// What a price is for is something, and there is a price.
pub fn prices_are_for_something(written: &Written, report: &mut Report) {
    for (scheme, price) in prices(written) {
        let own = price.value.package.iter();
        let own = own.map(|package| (&package.value.per, true));
        let of_tiers = price.value.tiers();
        let of_tiers = of_tiers.map(|tier| (&tier.value.per, tier.value.unit.is_some()));
        for (per, has_unit) in own.chain(of_tiers) {
            let Some(per) = per else { continue };
            if per.value.0.is_zero() {
                let fault = scheme
                    .file
                    .error("BW-D220", &per.span, "a price for nothing");
                report.push(fault.help("write how many the price is for, such as \"60\""));
            }
            if !has_unit {
                let message =
                    "`for` says how many `unit` is the price of, and this tier has no `unit`";
                let fault = scheme.file.error("BW-D234", &per.span, message);
                report.push(fault.help("write `unit`, or leave `for` out: `flat` is added once"));
            }
        }
    }
}

/// Which tier all of a quantity reaches is known once all of it is: a part billed before could cost more than the whole.
pub fn volume_waits_for_its_period(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let usage = charge.usage.as_ref();
        if usage.is_none_or(|usage| usage.value.through.value.0 == Through::PeriodEnd) {
            continue;
        }
        for price in charge.price.0.iter().map(|price| &price.value) {
            if let Some(volume) = &price.volume {
                let fault = scheme.file.error(
                    "BW-D239",
                    &volume.span,
                    "a volume price is known once its period has ended, and this usage is billed before",
                );
                report.push(fault.help(
                    "write `through: period_end`, or `graduated`, whose tiers go on within a period",
                ));
            }
        }
    }
}

/// What does not add up over the parts of a period is counted once it has ended.
pub fn counts_wait_for_their_period(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let Some(usage) = charge.usage.as_ref().map(|usage| &usage.value) else {
            continue;
        };
        let aggregate = lower::aggregate(&usage.aggregate.value);
        if usage.through.value.0 == Through::PeriodEnd || aggregate.adds_up() {
            continue;
        }
        let fault = scheme.file.error(
            "BW-D239",
            &usage.aggregate.span,
            "what this counts is known once its period has ended, and this usage is billed before",
        );
        report.push(
            fault.help(
                "write `through: period_end`; only `sum` and `count` add up from part to part",
            ),
        );
    }
}

/// Of what is billed, lines keep what it came to. What comes late can be added to that unless it matters which rows there were.
pub fn late_usage_can_be_added(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let usage = charge.usage.as_ref().map(|usage| &usage.value);
        let Some(usage) = usage.filter(|usage| usage.late.value.0 == Late::NextRun) else {
            continue;
        };
        let mut refused = |span, message: &str, help: &str| {
            report.push(scheme.file.error("BW-D226", span, message).help(help));
        };
        if !lower::aggregate(&usage.aggregate.value).goes_on() {
            refused(
                &usage.late.span,
                "what late usage adds to what this counts is not known without the rows that were billed",
                "write `late: refuse`, or `ignore`; late usage can be added to a `sum`, `count` or `max`",
            );
        }
        let each = usage.each.as_ref().map(|each| lower::each(&each.value));
        if each.is_some_and(|each| each.free != Free::default()) {
            refused(
                &usage.late.span,
                "the earliest rows are free, and a late row can be one of those although another was",
                "write `late: refuse`, or `ignore`, or leave `free` out",
            );
        }
    }
}

/// Services that have an included quantity in common have it for the same days.
pub fn what_is_shared_has_one_period(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let usage = charge.usage.as_ref().map(|usage| &usage.value);
        let Some((usage, shared)) = usage.and_then(|usage| Some((usage, usage.shared.as_ref()?)))
        else {
            continue;
        };
        if usage.included.0.is_zero() {
            let fault = scheme.file.error(
                "BW-D227",
                &shared.span,
                "`shared` says whose services have what is included in common, and nothing is included",
            );
            report.push(fault.help("write `included`, or leave `shared` out"));
        }
        let prorated = usage.prorate.iter().flat_map(|list| &list.0);
        let by_days = prorated.filter(|word| word.value.0 == Allowance::Included);
        let free = usage
            .each
            .iter()
            .filter_map(|each| each.value.free.as_ref());
        let within = free.filter(|free| matches!(free.value, raw::Free::Included));
        let spans = by_days
            .map(|word| &word.span)
            .chain(within.map(|free| &free.span));
        for span in spans {
            let message = "what is included is shared, and no service has a part of its own by its days or its rows";
            let fault = scheme.file.error("BW-D227", span, message);
            report.push(fault.help("leave it out, or leave `shared` out"));
        }
        let mut frequencies = scheme.raw.frequencies.0.iter();
        let differs = frequencies.any(|one| match (scheme.raw.anchor.0, one.0.length()) {
            (Anchor::StartDate, _) | (Anchor::BillDay, (1, TimeUnit::Month)) => false,
            (Anchor::Calendar, (number, _)) => number != 1,
            (Anchor::BillDay, _) => true,
        });
        if differs {
            let fault = scheme.file.error(
                "BW-D227",
                &shared.span,
                "services that begin on different days have different periods here, so there is none for which they could share anything",
            );
            report.push(fault.help(
                "write `anchor: start_date`, which is that of the subscription, or `anchor: calendar`, or `frequencies: [monthly]`",
            ));
        }
    }
}

pub fn price_versions_ascend(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        for pair in charge.price.0.windows(2) {
            let [before, after] = pair else { continue };
            if after.value.from_period.is_some() || before.value.from_period.is_some() {
                continue; // by the period of the service
            }
            let Some(from) = &after.value.valid_from else {
                let fault = scheme.file.error(
                    "BW-D232",
                    &after.span,
                    "a later price does not say from which day it holds",
                );
                report
                    .push(fault.help(
                        "add `valid_from`; only the first price may hold from the beginning",
                    ));
                continue;
            };
            let earlier = before.value.valid_from.as_ref();
            if let Some(earlier) = earlier.filter(|earlier| earlier.value >= from.value) {
                report.push(
                    scheme
                        .file
                        .error(
                            "BW-D232",
                            &from.span,
                            format!(
                                "this price holds from {}, which is not after the price before it",
                                from.value.0
                            ),
                        )
                        .label(
                            scheme.file.place(&earlier.span),
                            format!("{} here", earlier.value.0),
                        )
                        .help("list prices by `valid_from`, oldest first, each day once"),
                );
            }
        }
    }
}

/// Prices by the period of the service are a list of their own: the first from the beginning, each other from a later period, no days.
pub fn price_ramps_ascend(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let prices = &charge.price.0;
        if prices.iter().all(|price| price.value.from_period.is_none()) {
            continue;
        }
        let mut refused = |span: &Span, message: &str| {
            report.push(scheme.file.error("BW-D232", span, message).help(
                "list the price of the first period, and each other with a later `from_period`; without `valid_from`",
            ));
        };
        let mut before = 1;
        for (at, price) in prices.iter().enumerate() {
            let raw = &price.value;
            if let Some(day) = &raw.valid_from {
                refused(
                    &day.span,
                    "a price by the period of the service has a day too",
                );
            }
            match &raw.from_period {
                None if at == 0 => {}
                None => refused(
                    &price.span,
                    "a later price does not say from which period it holds",
                ),
                Some(from) if at == 0 => refused(
                    &from.span,
                    "the first price does not hold from the first period",
                ),
                Some(from) if from.value <= before => {
                    refused(
                        &from.span,
                        "this price holds from a period that is not after the one before it",
                    );
                }
                Some(from) => before = from.value,
            }
        }
    }
}

/// A price holds until the next one does, so a written last day is either the day before that or a mistake.
pub fn price_versions_cover_every_day(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let versions = &charge.price.0;
        for (at, version) in versions.iter().enumerate() {
            let Some(to) = &version.value.valid_to else {
                continue;
            };
            let last = to.value.0;
            let Some(next) = versions.get(at + 1) else {
                let fault = scheme.file.error(
                    "BW-D233",
                    &to.span,
                    format!("nothing has a price after {last}"),
                );
                report.push(fault.help(
                    "leave `valid_to` out, or add the price that follows; what is no longer sold ends with its services",
                ));
                continue;
            };
            let Some(from) = &next.value.valid_from else {
                continue; // said already
            };
            let (first, wanted) = (from.value.0, last.plus_days(1));
            if first == wanted {
                continue;
            }
            let message = if first > wanted {
                format!("no price holds {}", days(wanted, first.plus_days(-1)))
            } else {
                format!("two prices hold {}", days(first, last))
            };
            report.push(
                scheme
                    .file
                    .error("BW-D233", &to.span, message)
                    .label(scheme.file.place(&from.span), "the next price")
                    .help(format!("write `valid_to: {}`, or leave it out: a price holds until the next one does", first.plus_days(-1))),
            );
        }
    }
}

fn days(first: Date, last: Date) -> String {
    if first == last {
        format!("on {first}")
    } else {
        format!("from {first} to {last}")
    }
}

/// A price for a length of time is multiplied to a period's, which works among months and among days, but not between them.
pub fn recurring_prices_fit_every_frequency(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        if charge.recurring.is_none() {
            continue;
        }
        let frequencies = &scheme.raw.frequencies.0;
        for price in &charge.price.0 {
            let Some(per) = &price.value.per else {
                if frequencies.iter().any(|one| *one != frequencies[0]) {
                    let fault = scheme.file.error(
                        "BW-D237",
                        &price.span,
                        "the scheme has several frequencies, and this price does not say for which time it is",
                    );
                    report.push(fault.help(
                        "add `per`, such as `per: month`; a year at that price is then twelve of it",
                    ));
                }
                continue;
            };
            let in_months = |step| matches!(step, Step::Months(_));
            let other = frequencies
                .iter()
                .find(|one| in_months(one.0.step()) != in_months(per.value.0.step()));
            if let Some(other) = other {
                let message = format!(
                    "a price per {} cannot be made one for a {} period",
                    per.value.0.name(),
                    other.0.name()
                );
                let fault = scheme.file.error("BW-D237", &per.span, message);
                report.push(fault.help(
                    "months have no fixed number of days: give daily and weekly subscriptions a scheme of their own",
                ));
            }
        }
    }
}
