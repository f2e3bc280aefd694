//! Why a service is, or is not, billed by the run that was tried.

use super::history::About;
use super::{Trial, title};
use crate::report::row::Row;
use crate::report::table::{Cell, Side, Table};

/// Rows of the tried plans that belong to one account or service, with the reason in words.
pub fn table(trials: &[Trial], about: About) -> Table {
    let mut table = Table::new([
        ("run", Side::Left),
        ("service_id", Side::Left),
        ("charge", Side::Left),
        ("standing", Side::Left),
        ("why", Side::Left),
    ])
    .spare(&["standing"]);
    for trial in trials {
        for row in Row::all(trial.standings.frame()) {
            if about.has(row) {
                table.push(vec![
                    Cell::text(format!("{}@{}", trial.definition, trial.as_of)),
                    Cell::text(row.text("service_id")),
                    Cell::text(row.text("charge")),
                    Cell::text(row.text("standing")),
                    Cell::text(words(row)),
                ]);
            }
        }
    }
    table
}

/// `billed`, `not_due`, `not_selected:REASON`, `excluded:REASON` or `excepted:CODE` as a sentence fragment.
fn words(row: Row) -> String {
    let standing = row.text("standing");
    let (kind, reason) = standing.split_once(':').unwrap_or((standing, ""));
    match kind {
        "billed" => "due, and would be billed".to_owned(),
        "not_due" => not_due(row),
        "not_selected" => not_selected(reason),
        "excluded" => format!("rightly not billed: {}", titled(reason)),
        "excepted" => format!("parked with {reason}: {}", titled(reason)),
        _ => standing.to_owned(),
    }
}

fn not_due(row: Row) -> String {
    let billed = row.date("billed_through").map_or_else(
        || "nothing was billed yet".to_owned(),
        |day| format!("billed up to {day}"),
    );
    match row.date("next_ready_on") {
        Some(day) => format!("{billed}; next ready on {day}"),
        None => format!("{billed}; nothing is left to bill"),
    }
}

fn not_selected(reason: &str) -> String {
    match reason {
        "accounts" => "the run is narrowed to other accounts".to_owned(),
        "subscriptions" => "the run is narrowed to other subscriptions".to_owned(),
        "where" => "the condition `where` of the run is not true for it".to_owned(),
        "" => "the run's criteria leave it out".to_owned(),
        field => format!("the run's criterion `{field}` leaves it out"),
    }
}

fn titled(reason: &str) -> &str {
    title(reason).unwrap_or(reason)
}
