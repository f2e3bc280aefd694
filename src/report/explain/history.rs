//! Everything the book knows about a service or an account.

use super::billed::billed;
use super::formula::formula;
use super::wallet::{self, debits_of, is_given_back};
use super::{Documents, Known, Trial, standing, stopped};
use crate::calendar::Period;
use crate::diagnostic::Report;
use crate::model::book_view::RunRecord;
use crate::model::line::Claims;
use crate::report::page::{Part, counted};
use crate::report::row::Row;
use crate::report::table::{Cell, Side, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Whose history is asked for, by id.
#[derive(Clone, Copy)]
pub enum About<'a> {
    Service(&'a str),
    Account(&'a str),
}

impl About<'_> {
    /// Whether a row that names both is about it.
    pub fn has(self, row: Row) -> bool {
        match self {
            Self::Service(id) => row.text("service_id") == id,
            Self::Account(id) => row.text("account_id") == id,
        }
    }

    fn title(self) -> String {
        match self {
            Self::Service(id) => format!("Service {id}"),
            Self::Account(id) => format!("Account {id}"),
        }
    }
}

/// The parts about a service or account; none where neither the book nor a trial knows it.
pub fn explain(
    about: About,
    documents: &Documents,
    known: &Known,
    trials: &[Trial],
) -> Result<Vec<Part>, Report> {
    let of = |row: &Row| about.has(*row);
    let mut lines: Vec<Row> = Row::all(known.lines.frame()).filter(of).collect();
    // As it was lived, not as it was billed; rows of one day stay in the order of the book.
    lines.sort_by_key(|line| (line.text("service_id"), line.date("period_start")));
    let exclusions: Vec<Row> = Row::all(known.exclusions.frame()).filter(of).collect();
    let exceptions = Row::all(known.exceptions.frame()).filter(of);
    let exceptions: Vec<Row> = exceptions.collect();
    let today = standing::table(trials, about);
    let tried = trials
        .iter()
        .flat_map(|trial| Row::all(trial.standings.frame()));
    let rows = [&lines[..], &exclusions, &exceptions].concat().into_iter();
    let services = services(about, rows.chain(tried.filter(of)));
    let claims = (known.claims)(&services)?;
    let claims = billed_days(&claims, &services);
    let wallets = wallet::of_account(about, known);
    let is_known = !lines.is_empty() || !exclusions.is_empty() || !exceptions.is_empty();
    if !is_known && wallets.is_empty() && today.is_empty() && claims.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![
        heading(about, &lines, (documents, known)),
        wallets,
        wallet::missing(about, known)?,
        stopped::orders(about, known),
        billed_through(&claims),
        line_table(&lines, (documents, known)),
        aside("Rightly not billed", &exclusions),
        aside("Could not be billed", &exceptions),
        Part::new("If it were run now").table(today),
    ])
}

/// The services that any row about it names: claims name no account.
fn services<'a>(about: About<'a>, rows: impl Iterator<Item = Row<'a>>) -> BTreeSet<&'a str> {
    let mut services: BTreeSet<&str> = rows.map(|row| row.text("service_id")).collect();
    if let About::Service(id) = about {
        services.insert(id);
    }
    services.remove("");
    services
}

/// Billed days by service and charge.
fn billed_days<'a>(
    claims: &'a Claims,
    services: &BTreeSet<&str>,
) -> BTreeMap<(&'a str, &'a str), Vec<Period>> {
    let mut of_service: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    for claim in Row::all(claims.frame()) {
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

fn heading(about: About, lines: &[Row], (documents, known): (&Documents, &Known)) -> Part {
    let debited = lines
        .iter()
        .filter(|line| known.debited_by(**line).is_some());
    let debited = debited.count();
    let invoices = lines.iter().map(|line| line.text("invoice_id"));
    let invoices: BTreeSet<&str> = invoices.filter(|id| !id.is_empty()).collect();
    let drafts = invoices.iter().filter(|id| {
        documents
            .get(*id)
            .is_none_or(|document| document.number.is_empty())
    });
    let mut said = match lines.len() {
        0 => "Nothing of it is billed in the book".to_owned(),
        count if count == debited => format!(
            "The book has {} of it, debited from wallets",
            counted(count, "line")
        ),
        count => {
            let others = counted(count - debited, "line");
            let on = counted(invoices.len(), "invoice");
            match debited {
                0 => format!("The book has {others} of it on {on}"),
                _ => format!(
                    "The book has {others} of it on {on}, and {} debited from wallets",
                    counted(debited, "line")
                ),
            }
        }
    };
    match drafts.count() {
        0 => said.push('.'),
        drafts => said.push_str(&format!(", {drafts} not posted yet.")),
    }
    Part::new(about.title()).say(said)
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

fn line_table(lines: &[Row], (documents, known): (&Documents, &Known)) -> Part {
    let is_debited = |line: &Row| known.debited_by(*line).is_some();
    let paid_by = match lines.iter().all(is_debited) {
        true => "paid_by",
        false => "invoice",
    };
    let mut table = Table::new([
        ("line_id", Side::Left),
        ("period_start", Side::Left),
        ("period_end", Side::Left),
        ("amount", Side::Right),
        ("currency", Side::Left),
        (paid_by, Side::Left),
        ("run_id", Side::Left),
        ("why", Side::Left),
    ])
    .spare(&["run_id", "period_end", "currency", "period_start"]);
    for line in lines {
        let debited = known.debited_by(*line);
        let number = documents
            .get(line.text("invoice_id"))
            .map_or("", |document| document.number);
        table.push(vec![
            Cell::text(line.text("line_id")),
            Cell::of(line.date("period_start")),
            Cell::of(line.date("period_end")),
            Cell::Number(line.money("amount")),
            Cell::text(line.text("currency")),
            Cell::text(match (debited, line.text("invoice_id")) {
                (Some(run), _) => payers(*line, run, known),
                (None, "") => "suppressed".to_owned(),
                (None, _) if number.is_empty() => "draft".to_owned(),
                (None, _) => number.to_owned(),
            }),
            Cell::text(line.text("run_id")),
            Cell::text(formula(*line, debited.is_some())),
        ]);
    }
    Part::new("Lines").table(table)
}

/// `wallet W-1, W-2`, which were debited for a line.
fn payers(line: Row, run: &RunRecord, known: &Known) -> String {
    if is_given_back(run) {
        return "given back".to_owned();
    }
    let wallets: BTreeSet<&str> = debits_of(line, known)
        .map(|debit| debit.text("wallet_id"))
        .collect();
    match wallets.is_empty() {
        true => "nothing to pay".to_owned(),
        false => format!("wallet {}", Vec::from_iter(wallets).join(", ")),
    }
}

fn aside(title: &str, rows: &[Row]) -> Part {
    let columns = ["run_id", "service_id", "charge", "stage", "code", "message"];
    let mut table = Table::new(columns.map(|name| (name, Side::Left))).spare(&["stage"]);
    for row in rows {
        table.push(columns.map(|name| Cell::text(row.text(name))).to_vec());
    }
    Part::new(title).table(table)
}
