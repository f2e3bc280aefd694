//! What something would cost: a due charge made up from the question, rated and invoiced as a run would do it.

mod bill;

pub use bill::Discount;

use super::House;
use super::house::unknown;
use crate::calendar::{DAY, Date, Period, Zone};
use crate::diagnostic::{AsideKind, Diagnostic, Place, Report};
use crate::model::due::{DueCharges, UnusedDays};
use crate::model::events::{Event, Events, Rating, Tally};
use crate::model::frequency::{Alignment, Anchor, Frequency};
use crate::model::scheme::{Charge, ChargeKind, Scheme, Timing};
use crate::model::table::{
    Kind, count_column, date_column, flag_column, text_column, units_column,
};
use crate::money::{Quantity, Rate};
use crate::rate;
use crate::report::page::counted;
use crate::report::periods::{Part, parts};
use crate::report::price::{Priced, Taxed};
use polars::prelude::DataFrame;

/// What is asked of one charge.
#[derive(Clone, Debug)]
pub struct PriceQuestion<'a> {
    pub scheme: &'a str,
    pub charge: &'a str,
    pub asked: Asked,
    /// The service's own price.
    pub unit_price: Option<Rate>,
    /// The only one of the scheme, where none is named.
    pub frequency: Option<Frequency>,
    /// The whole period that today is in, where none is named.
    pub from: Option<Date>,
    /// Up to the end of the period that `from` is in, where none is named.
    pub to: Option<Date>,
    /// The day of the month on which periods begin; else they lie as the scheme says, begun on `from`.
    pub bill_day: Option<u32>,
    /// What is taken off, all on one invoice.
    pub discounts: &'a [Discount],
    /// Name of the tax; `None`: before tax.
    pub tax: Option<&'a str>,
    /// What the account says in columns that the tax asks for.
    pub account: &'a [(String, String)],
    /// The first day on which a run would bill all of it, where none is named.
    pub invoice_date: Option<Date>,
}

/// Id of the account and of the service that nobody has.
const NOBODY: &str = "-";

/// How much is asked about.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The quantity of the service, or what the usage of a period comes to.
    Quantity(Quantity),
    /// Rows of usage.
    Events(Vec<Event>),
}

/// What the charge would cost.
///
/// Errors: `BW-C102` a frequency the scheme is not billed in, days that do not fit, `BW-C103` nothing has the name, `BW-C104`
/// a frequency is missing; `BW-R1..` what a run would park the service or its account for.
pub fn price(house: &House, question: &PriceQuestion<'_>, today: Date) -> Result<Priced, Report> {
    let schemes = &house.loaded.definitions.schemes;
    let names = schemes.keys().map(String::as_str);
    let scheme = schemes
        .get(question.scheme)
        .ok_or_else(|| unknown("scheme", question.scheme, names))?;
    let codes = scheme.charges.iter().map(|charge| charge.code.as_str());
    let charge = scheme
        .charge(question.charge)
        .ok_or_else(|| unknown("charge", question.charge, codes))?;
    let taxes = &house.loaded.definitions.taxes;
    let tax = question.tax.map(|name| {
        let names = taxes.keys().map(String::as_str);
        taxes.get(name).ok_or_else(|| unknown("tax", name, names))
    });
    let tax = tax.transpose()?;
    let frequency = frequency(scheme, charge, question)?;
    let mut zone = Zone::new(house.loaded.workspace.timezone);
    let mut day_of = |event: &Event| {
        let day = zone.local(event.at).div_euclid(DAY);
        Date::from_number(i32::try_from(day).unwrap_or_default())
    };
    let days: Vec<Date> = match &question.asked {
        Asked::Quantity(_) => Vec::new(),
        Asked::Events(events) => events.iter().map(&mut day_of).collect(),
    };
    let first = days.iter().min().copied();
    let Days { free, parts } =
        days_of(scheme, charge, frequency, question, first.unwrap_or(today))?;
    if let Some(day) = days.iter().find(|day| !has(&parts, **day)) {
        let message = format!("{day} is no day of {}", parts[0].days);
        return Err(Diagnostic::error("BW-C102", rows(), message)
            .help("usage is priced a period at a time: ask about rows of one period")
            .into());
    }
    let measured = measured(charge, question, parts.first(), &mut zone)?;
    let due = due(scheme, charge, frequency, (question, &measured), &parts)?;
    let rounding = house.loaded.workspace.rounding;
    let rated = rate::rate(schemes, rounding, &due, &UnusedDays::empty());
    let mut refused = rated.aside.iter();
    if let Some(row) = refused.find(|row| row.kind == AsideKind::Exception) {
        let place = Place::Argument(charge.code.clone());
        let problem = Diagnostic::error(row.code, place, row.message.clone());
        let help = match row.code {
            "BW-R104" => "add `--unit-price`",
            "BW-R105" => "leave `--unit-price` out",
            _ => "write a smaller quantity",
        };
        return Err(problem.help(help).into());
    }
    let ready_on = ready_on(charge, &parts).unwrap_or(free.end);
    let day = question.invoice_date.unwrap_or(ready_on);
    let lines = &rated.kept.lines;
    let billed = bill::bill(&house.loaded, question, tax, lines, (scheme.currency, day))?;
    let taxed = tax.map(|tax| Taxed {
        tax,
        rounding: house.loaded.workspace.tax_rounding,
        drafts: &billed.drafts,
        taxes: &billed.taxes,
    });
    let free = (!free.is_empty()).then_some(free);
    Ok(Priced::of(&billed.lines, free, taxed, scheme.currency))
}

/// The day on which the last of it may be billed; `None` where nothing is.
fn ready_on(charge: &Charge, parts: &[Part]) -> Option<Date> {
    let last = parts.last()?.days;
    Some(match charge.kind {
        ChargeKind::OneTime
        | ChargeKind::Recurring {
            timing: Timing::Advance,
            ..
        } => last.start,
        ChargeKind::Recurring { .. } | ChargeKind::Usage(_) => last.end,
    })
}

fn rows() -> Place {
    Place::Argument("--event".to_owned())
}

fn has(parts: &[Part], day: Date) -> bool {
    parts
        .iter()
        .any(|part| part.days.start <= day && day < part.days.end)
}

/// What is asked about as a run would count it: its quantity, and what its rows cost where that matters. `part` is that of usage.
fn measured(
    charge: &Charge,
    question: &PriceQuestion<'_>,
    part: Option<&Part>,
    zone: &mut Zone,
) -> Result<(Quantity, Option<String>), Report> {
    let refused = |code, message: String, help: &str| {
        Report::from(Diagnostic::error(code, rows(), message).help(help))
    };
    let usage = charge.kind.usage();
    let version = part.and_then(|part| charge.version_on(part.days.start, part.number));
    let rating = usage
        .zip(version)
        .and_then(|(usage, version)| Rating::of(usage, &version.price));
    let mut events = match (&question.asked, usage) {
        (Asked::Quantity(quantity), _) if rating.is_none() => return Ok((*quantity, None)),
        (Asked::Quantity(_), _) if rating.is_some_and(|rating| rating.has_windows()) => {
            let message = format!("what `{}` costs depends on when it is", charge.code);
            let help = "ask with `--event` in place of `--quantity`, such as `--event 2026-02-02T17:30=3600`";
            return Err(refused("BW-C104", message, help));
        }
        (Asked::Quantity(quantity), _) => {
            let part = part.expect("days of usage are not free");
            let midnight = i64::from(part.days.start.number()) * DAY;
            let at = zone.first_instant(midnight);
            vec![Event {
                at,
                quantity: quantity.units(),
            }]
        }
        (Asked::Events(events), Some(usage)) if usage.aggregate.is_sum() => events.clone(),
        (Asked::Events(_), _) => {
            let message = format!("`{}` does not add up rows of usage", charge.code);
            return Err(refused(
                "BW-C102",
                message,
                "say with `--quantity` what it comes to",
            ));
        }
    };
    let too_much = || {
        refused(
            "BW-R101",
            "the usage is too large a quantity".to_owned(),
            "write smaller ones",
        )
    };
    let (units, text) = match (rating, usage) {
        (Some(rating), _) => {
            let rated = rating.rate(&mut events, &Tally::default(), zone);
            let (units, now) = rated.ok_or_else(too_much)?;
            let events = Events {
                now,
                ..Events::default()
            };
            (units, Some(events.to_string()))
        }
        (None, usage) => {
            let begun = |event: &Event| {
                usage.map_or(event.quantity, |usage| usage.each.begun(event.quantity))
            };
            (events.iter().map(begun).sum(), None)
        }
    };
    let quantity = Quantity::from_units(units).ok_or_else(too_much)?;
    Ok((quantity, text))
}

/// How often it is billed: as asked, else in the only way of the scheme. What has no period of its own can do without.
fn frequency(
    scheme: &Scheme,
    charge: &Charge,
    question: &PriceQuestion<'_>,
) -> Result<Frequency, Report> {
    let place = || Place::Argument("--frequency".to_owned());
    let names: Vec<_> = scheme
        .frequencies
        .iter()
        .map(|known| known.name())
        .collect();
    let names = names.join(", ");
    if let Some(asked) = question.frequency {
        return if scheme.frequencies.contains(&asked) {
            Ok(asked)
        } else {
            let message = format!("scheme `{}` is not billed {}", scheme.name, asked.name());
            Err(Diagnostic::error("BW-C102", place(), message)
                .help(format!("it is billed: {names}"))
                .into())
        };
    }
    let is_recurring = matches!(charge.kind, ChargeKind::Recurring { .. });
    let has_periods = is_recurring || question.from.is_some();
    let mut known = scheme.frequencies.iter();
    match known.next() {
        Some(only) if !has_periods || known.next().is_none() => Ok(*only),
        _ => {
            let message = format!("scheme `{}` is billed in several ways", scheme.name);
            Err(Diagnostic::error("BW-C104", place(), message)
                .help(format!("add `--frequency` with one of: {names}"))
                .into())
        }
    }
}

/// The days asked about.
struct Days {
    /// Those that the charge has free at first, where the question says when the service starts.
    free: Period,
    /// The others, cut at the ends of periods. Not empty but where all are free.
    parts: Vec<Part>,
}

/// The days asked about, as a run would bill a service that starts on the first of them.
fn days_of(
    scheme: &Scheme,
    charge: &Charge,
    frequency: Frequency,
    question: &PriceQuestion<'_>,
    today: Date,
) -> Result<Days, Report> {
    let start = question.from.unwrap_or(today);
    let trial_days = question.from.map_or(0, |_| charge.kind.trial_days());
    let mut free = Period::new(start, start.plus_days(trial_days));
    let begin = free.end;
    let own = scheme.alignment;
    let alignment = Alignment {
        anchor: question.bill_day.map_or(own.anchor, |_| Anchor::BillDay),
        ..own
    };
    let cycle = alignment.cycle_behind(frequency, free, question.bill_day);
    let from = match (question.from, &charge.kind) {
        // Due once, on its day, whatever period that lies in.
        (None, ChargeKind::OneTime) | (Some(_), _) => begin,
        (None, ChargeKind::Recurring { .. } | ChargeKind::Usage(_)) => cycle.period_of(begin).start,
    };
    let end = question.to.unwrap_or(cycle.period_of(from).end);
    if end <= start.min(from) {
        let message = format!("there is no day from {start} up to {end}");
        return Err(
            Diagnostic::error("BW-C102", Place::Argument("--to".to_owned()), message)
                .help("the end is the first day that is not asked about; write one after `--from`")
                .into(),
        );
    }
    free.end = free.end.min(end);
    let parts = match from < end {
        true => parts(cycle, Period::new(from, end)),
        false => Vec::new(),
    };
    match charge.kind {
        ChargeKind::Recurring { .. } => Ok(Days { free, parts }),
        // Due once, whatever the days.
        ChargeKind::OneTime => Ok(Days {
            free,
            parts: parts.into_iter().take(1).collect(),
        }),
        ChargeKind::Usage(_) if parts.len() == 1 => Ok(Days { free, parts }),
        ChargeKind::Usage(_) => {
            let message = format!(
                "usage is priced a period at a time, and {from} up to {end} lies in {}",
                counted(parts.len(), "period")
            );
            Err(
                Diagnostic::error("BW-C102", Place::Argument("--to".to_owned()), message)
                    .help(format!(
                        "ask about one period, such as `--to {}`",
                        parts[0].full.end
                    ))
                    .into(),
            )
        }
    }
}

/// A due charge for each part, of an account and a service without a name.
fn due(
    scheme: &Scheme,
    charge: &Charge,
    frequency: Frequency,
    (question, (quantity, events)): (&PriceQuestion<'_>, &(Quantity, Option<String>)),
    parts: &[Part],
) -> Result<DueCharges, Report> {
    let version_on = |part: &Part| {
        let day = part.days.start;
        charge
            .version_on(day, part.number)
            .map(|version| version.valid_from)
            .ok_or_else(|| {
                let place = Place::Argument(charge.code.clone());
                let message = format!("no price of `{}` is in force on {day}", charge.code);
                Diagnostic::error("BW-R103", place, message)
                    .help("ask about a later day with `--from`")
            })
    };
    let versions = parts
        .iter()
        .map(version_on)
        .collect::<Result<Vec<_>, _>>()?;
    let is_usage = matches!(charge.kind, ChargeKind::Usage(_));
    let texts = |name: &str, text: Option<&str>| text_column(name, parts.iter().map(|_| text));
    let quantities = |name: &str, quantity: Option<Quantity>| {
        let units = parts.iter().map(|_| quantity.map(Quantity::units));
        units_column(name, Kind::Quantity, units)
    };
    let proration = charge.kind.proration();
    let counts = |name: &str, of: &dyn Fn(&Part) -> i32| {
        count_column(name, parts.iter().map(|part| Some(of(part).into())))
    };
    let days = |name: &str, of: fn(&Part) -> Date| {
        date_column(name, parts.iter().map(|part| Some(of(part))))
    };
    let columns = vec![
        texts("account_id", Some(NOBODY)),
        texts("subscription_id", Some(NOBODY)),
        texts("service_id", Some(NOBODY)),
        texts("charge", Some(&charge.code)),
        texts("kind", Some(charge.kind.charge_type().name())),
        texts("scheme", Some(&scheme.name)),
        texts("frequency", Some(frequency.name().as_ref())),
        texts("group_key", None),
        texts("description", None),
        texts("tax_category", None),
        days("period_start", |part| part.days.start),
        days("period_end", |part| part.days.end),
        counts("days_before", &|_| 0),
        counts("days", &|part| {
            let passed = |day| proration.passed(part.full, proration.days(part.full), day);
            passed(part.days.end) - passed(part.days.start)
        }),
        counts("period_days", &|part| proration.days(part.full)),
        quantities("quantity", Some(*quantity)),
        quantities("quantity_before", is_usage.then_some(Quantity::ZERO)),
        quantities("included", None),
        quantities("carried_in", None),
        quantities("carried_out", None),
        texts("events", events.as_deref()),
        texts("adjusts", None),
        units_column("billed", Kind::Amount, parts.iter().map(|_| None)),
        flag_column("is_final", parts.iter().map(|_| Some(true))),
        flag_column("is_raised", parts.iter().map(|_| Some(false))),
        units_column(
            "unit_price",
            Kind::Rate,
            parts.iter().map(|_| question.unit_price.map(Rate::units)),
        ),
        texts("currency", Some(scheme.currency.code())),
        date_column("price_version", versions),
        counts("period_number", &|part| part.number),
    ];
    let frame = DataFrame::new(parts.len(), columns).expect("columns of one height");
    Ok(DueCharges::checked(frame))
}
