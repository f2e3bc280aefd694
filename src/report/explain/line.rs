//! Why a line costs what it costs.

use super::exact::result;
use super::{Documents, Known};
use crate::calendar::{Date, Period};
use crate::money::{Currency, Quantity, Rate, Rounding, Share};
use crate::report::page::Part;
use crate::report::row::Row;

/// The sentences about one line: how it was computed, from which price, where it stands, what it claims.
pub fn explain(row: Row, documents: &Documents, known: &Known) -> Part {
    let mut part = Part::new(format!("Line {}", row.text("line_id")))
        .say(format!(
            "{}, {}: {}.",
            row.text("description"),
            span(row.period("period_start", "period_end")),
            formula(row)
        ))
        .say(price(row));
    if row.text("proration") == "none" {
        part = part.say("A part of a period costs the whole (proration `none`).");
    }
    part.say(standing(row, documents))
        .say(claim(row, known))
        .say(format!(
            "Its tax category is `{}` in the taxes of the invoice.",
            row.text("tax_category")
        ))
}

/// `50.00 a month x 15 of 28 days = 26.785714..., rounded half up to 26.79 USD`.
///
/// Panics where the amount does not follow from the columns it was derived from: a fault of ours.
pub fn formula(row: Row) -> String {
    let rate = row.rate("unit_price").unwrap_or_default();
    let quantity = match row.text("model") {
        "flat" => Quantity::ONE,
        _ => row.quantity("quantity").unwrap_or(Quantity::ONE),
    };
    let count = |name| row.count(name).and_then(|days| i32::try_from(days).ok());
    let (days, period_days) = (
        count("days").unwrap_or(1),
        count("period_days").unwrap_or(1),
    );
    let share = Share::of(days, period_days);
    let rounding = match row.text("rounding") {
        "half_even" => Rounding::HalfEven,
        _ => Rounding::HalfUp,
    };
    let currency = Currency::parse(row.text("currency")).expect("a line is in a known currency");
    let amount = row.amount("amount").unwrap_or_default();
    assert_eq!(
        rounding.price(rate, quantity, share, currency),
        Some(amount),
        "line {} does not follow from its derivation",
        row.text("line_id")
    );
    let mut factors = format!("{rate} {}", per(period_days));
    if row.text("model") != "flat" {
        factors.push_str(&format!(" x {quantity}"));
    }
    if days != period_days {
        factors.push_str(&format!(" x {days} of {period_days} days"));
    }
    let dividend = rate.units() * quantity.units() * share.days;
    let divisor = 10_i128.pow(Rate::SCALE + Quantity::SCALE) * share.period_days;
    format!(
        "{factors} {}",
        result(dividend, divisor, amount, currency, Some(rounding))
    )
}

/// What a price is for. Lines do not name their frequency; a period of 28 to 31 days is a month.
fn per(period_days: i32) -> String {
    match period_days {
        28..=31 => "a month".to_owned(),
        _ => format!("for {period_days} days"),
    }
}

/// `2026-02-01 up to 2026-03-01`, the end not included.
pub fn span(period: Option<Period>) -> String {
    period.map_or_else(
        || "without a period".to_owned(),
        |period| format!("{} up to {}", period.start, period.end),
    )
}

fn price(row: Row) -> String {
    let (charge, scheme, model) = (row.text("charge"), row.text("scheme"), row.text("model"));
    let version = row.date("price_version").map_or_else(
        || "in force from the beginning".to_owned(),
        |day: Date| format!("in force since {day}"),
    );
    if row.text("price_from") == "service" {
        format!(
            "Service {} names the price, for charge `{charge}` of scheme `{scheme}` ({model}, {version}).",
            row.text("service_id")
        )
    } else {
        format!("The price is that of charge `{charge}` in scheme `{scheme}` ({model}, {version}).")
    }
}

fn standing(row: Row, documents: &Documents) -> String {
    let by = format!(
        "by run {} for account {}",
        row.text("run_id"),
        row.text("account_id")
    );
    match documents.get(row.text("invoice_id")) {
        Some(document) if document.number.is_empty() => {
            format!(
                "It stands on {}, which has no number yet, made {by}",
                document.name()
            )
        }
        Some(document) => {
            let date = document.row.date("invoice_date");
            format!(
                "It stands on {} of {}, made {by}",
                document.name(),
                date.map_or_else(String::new, |day| day.to_string())
            )
        }
        None => format!("It is rated {by} and stands on no invoice yet"),
    }
}

fn claim(row: Row, known: &Known) -> String {
    let (service, charge) = (row.text("service_id"), row.text("charge"));
    let start = row.date("period_start");
    let claim = Row::all(known.view.claims.frame()).find(|claim| {
        claim.text("service_id") == service
            && claim.text("charge") == charge
            && claim.text("run_id") == row.text("run_id")
            && claim.text("effect") == "claimed"
            && claim.date("billed_from") <= start
            && start < claim.date("billed_through")
    });
    match claim {
        Some(claim) => format!(
            "The run claims `{charge}` of service {service} for {}: no other run bills these days.",
            span(claim.period("billed_from", "billed_through"))
        ),
        None => {
            format!("The run holds no claim on `{charge}` of service {service} for these days.")
        }
    }
}
