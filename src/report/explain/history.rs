//! Everything the book knows about a service or an account.

use super::billed::billed;
use super::line::formula;
use super::{Documents, Known, standing};
use crate::calendar::Period;
use crate::report::page::{Part, counted};
use crate::report::row::Row;
use crate::report::table::{Cell, Side, Table};
use std::collections::{BTreeMap, BTreeSet};

/// The parts about what has this id in `column`, which is `service_id` or `account_id`; none where nothing has.
pub fn explain(column: &str, id: &str, documents: &Documents, known: &Known) -> Vec<Part> {
    let of_id = |row: &Row| row.text(column) == id;
    let lines: Vec<Row> = Row::all(known.lines.frame()).filter(of_id).collect();
    let exclusions: Vec<Row> = Row::all(known.exclusions.frame()).filter(of_id).collect();
    let exceptions: Vec<Row> = Row::all(known.view.exceptions.frame())
        .filter(of_id)
        .collect();
    let today = standing::table(&known.trials, column, id);
    let mut services = services(known, [&lines, &exclusions, &exceptions], column, id);
    if column == "service_id" {
        services.insert(id);
    }
    let claims = claims(known, &services);
    if lines.is_empty()
        && exclusions.is_empty()
        && exceptions.is_empty()
        && today.is_empty()
        && claims.is_empty()
    {
        return Vec::new();
    }
    vec![
        heading(column, id, &lines, documents),
        billed_through(&claims),
        line_table(&lines, documents),
        aside("Rightly not billed", &exclusions),
        aside("Could not be billed", &exceptions),
        Part::new("If it were run now").table(today),
    ]
}

/// The services that any row about the account names.
fn services<'a>(
    known: &'a Known,
    rows: [&[Row<'a>]; 3],
    column: &str,
    id: &str,
) -> BTreeSet<&'a str> {
    let named = rows.into_iter().flatten().map(|row| row.text("service_id"));
    let tried = known.trials.iter().flat_map(|trial| {
        let rows = Row::all(trial.standings.frame());
        rows.filter(|row| row.text(column) == id)
            .map(|row| row.text("service_id"))
    });
    named
        .chain(tried)
        .filter(|service| !service.is_empty())
        .collect()
}

/// Billed days by service and charge.
fn claims<'a>(
    known: &'a Known,
    services: &BTreeSet<&str>,
) -> BTreeMap<(&'a str, &'a str), Vec<Period>> {
    let mut of_service: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    for claim in Row::all(known.view.claims.frame()) {
        if services.contains(claim.text("service_id")) {
            of_service
                .entry(claim.text("service_id"))
                .or_default()
                .push(claim);
        }
    }
    let by_charge = of_service.into_iter().flat_map(|(service, claims)| {
        let charges = billed(claims.into_iter()).into_iter();
        charges.map(move |(charge, periods)| ((service, charge), periods))
    });
    by_charge.collect()
}

fn heading(column: &str, id: &str, lines: &[Row], documents: &Documents) -> Part {
    let noun = if column == "service_id" {
        "Service"
    } else {
        "Account"
    };
    let invoices: BTreeSet<&str> = lines.iter().map(|line| line.text("invoice_id")).collect();
    let drafts = invoices.iter().filter(|id| {
        !documents
            .get(*id)
            .is_some_and(|document| !document.number.is_empty())
    });
    let mut said = match lines.len() {
        0 => "Nothing of it is billed in the book".to_owned(),
        count => format!(
            "The book has {} of it on {}",
            counted(count, "line"),
            counted(invoices.len(), "invoice")
        ),
    };
    match drafts.count() {
        0 => said.push('.'),
        drafts => said.push_str(&format!(", {drafts} not posted yet.")),
    }
    Part::new(format!("{noun} {id}")).say(said)
}

fn billed_through(claims: &BTreeMap<(&str, &str), Vec<Period>>) -> Part {
    let mut table = Table::new([
        ("service_id", Side::Left),
        ("charge", Side::Left),
        ("billed_from", Side::Left),
        ("billed_through", Side::Left),
    ]);
    for ((service, charge), periods) in claims {
        for period in periods {
            table.push(vec![
                Cell::text(*service),
                Cell::text(*charge),
                Cell::of(Some(period.start)),
                Cell::of(Some(period.end)),
            ]);
        }
    }
    let part = Part::new("Billed days");
    if table.is_empty() {
        return part;
    }
    part.say("`billed_through` is the first day that is not billed.")
        .table(table)
}

fn line_table(lines: &[Row], documents: &Documents) -> Part {
    let mut table = Table::new([
        ("line_id", Side::Left),
        ("period_start", Side::Left),
        ("period_end", Side::Left),
        ("amount", Side::Right),
        ("currency", Side::Left),
        ("invoice", Side::Left),
        ("run_id", Side::Left),
        ("why", Side::Left),
    ]);
    for line in lines {
        let number = documents
            .get(line.text("invoice_id"))
            .map_or("", |document| document.number);
        table.push(vec![
            Cell::text(line.text("line_id")),
            Cell::of(line.date("period_start")),
            Cell::of(line.date("period_end")),
            Cell::Number(line.money("amount")),
            Cell::text(line.text("currency")),
            Cell::text(if number.is_empty() { "draft" } else { number }),
            Cell::text(line.text("run_id")),
            Cell::text(formula(*line)),
        ]);
    }
    Part::new("Lines").table(table)
}

fn aside(title: &str, rows: &[Row]) -> Part {
    let columns = ["run_id", "service_id", "charge", "stage", "code", "message"];
    let mut table = Table::new(columns.map(|name| (name, Side::Left)));
    for row in rows {
        table.push(columns.map(|name| Cell::text(row.text(name))).to_vec());
    }
    Part::new(title).table(table)
}
