//! Why a line costs what it costs.

use super::formula::formula;
use super::wallet::{is_given_back, paid};
use super::{Documents, Known};
use crate::calendar::{Date, Period};
use crate::diagnostic::Report;
use crate::model::line::{ADJUSTMENT, Claims, LATE, LATE_USAGE};
use crate::report::page::Part;
use crate::report::row::Row;
use std::collections::BTreeSet;

/// The sentences about one line: how it was computed, from which price, where it stands, what it claims.
pub fn explain(row: Row, documents: &Documents, known: &Known) -> Result<Part, Report> {
    let debited = known.debited_by(row);
    let mut part = Part::new(format!("Line {}", row.text("line_id"))).say(format!(
        "{}, {}: {}.",
        row.text("description"),
        span(row.period("period_start", "period_end")),
        formula(row, debited.is_some())
    ));
    if !row.text("reduces").is_empty() {
        return Ok(part.say(standing(row, documents)).say(tax(row)));
    }
    part = part.say(price(row));
    let is_recurring = matches!(row.text("kind"), "recurring" | "credit" | ADJUSTMENT)
        && row.quantity("quantity_before").is_none();
    if is_recurring && row.text("proration") == "none" {
        part = part.say("A part of a period costs the whole (proration `none`).");
    }
    if is_recurring && row.text("proration") == "30_360" {
        part = part.say("Every month has 30 days (proration `30_360`).");
    }
    if !row.text("counted").is_empty() {
        part = part.say(format!(
            "Its usage is counted by `{}`.",
            row.text("counted")
        ));
    }
    if let Some(run) = debited {
        part = paid(row, run, known).into_iter().fold(part, Part::say);
        if is_given_back(run) {
            return Ok(part);
        }
        let claims = (known.claims)(&BTreeSet::from([row.item()]))?;
        return Ok(part.say(claim(row, &claims)));
    }
    part = part.say(standing(row, documents));
    if row.text("kind") != ADJUSTMENT {
        let claims = (known.claims)(&BTreeSet::from([row.item()]))?;
        part = part.say(claim(row, &claims));
    }
    Ok(part.say(tax(row)))
}

fn tax(row: Row) -> String {
    format!(
        "Its tax category is `{}` in the taxes of the invoice.",
        row.text("tax_category")
    )
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
    let version = match row.count("period_number") {
        None => version,
        Some(number) => format!("for period {number} of the service"),
    };
    match row.text("price_from") {
        "order" => "The order names the price.".to_owned(),
        "service" => format!(
            "Service {} names the price, for charge `{charge}` of scheme `{scheme}` ({model}, {version}).",
            row.text("service_id")
        ),
        _ => format!(
            "The price is that of charge `{charge}` in scheme `{scheme}` ({model}, {version})."
        ),
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
        None if row.text("invoice_id").is_empty() => {
            format!("It was billed {by} and is on no invoice: such lines are suppressed")
        }
        None => format!("It is rated {by} and stands on no invoice yet"),
    }
}

fn claim(row: Row, claims: &Claims) -> String {
    let (service, charge) = (row.text("service_id"), row.text("charge"));
    let effect = match row.text("kind") {
        "credit" => "reopened",
        LATE_USAGE => LATE,
        _ => "claimed",
    };
    let start = row.date("period_start");
    let claim = Row::all(claims.frame()).find(|claim| {
        claim.text("service_id") == service
            && claim.text("charge") == charge
            && claim.text("run_id") == row.text("run_id")
            && claim.text("effect") == effect
            && claim.date("billed_from") <= start
            && start < claim.date("billed_through")
    });
    let what = match service {
        "" => format!("order line {charge}"),
        _ => format!("`{charge}` of service {service}"),
    };
    let days = claim.map(|claim| span(claim.period("billed_from", "billed_through")));
    match (days, effect) {
        (Some(_), _) if service.is_empty() => {
            format!("The run claims {what}: no other run bills it.")
        }
        (Some(days), "claimed") => {
            format!("The run claims {what} for {days}: no other run bills these days.")
        }
        (Some(days), LATE) => format!(
            "The run claims the late usage of {what} for {days}: no other run bills what it had read of these days."
        ),
        (Some(days), _) => {
            format!("The run reopens {what} for {days}: these days are unbilled again.")
        }
        (None, _) => format!("The run holds no claim on {what} for these days."),
    }
}
