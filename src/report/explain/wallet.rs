//! What wallets have to do with it: what one holds, which of them paid a line, and what was missing for a service.

use super::history::About;
use super::{Known, outlook};
use crate::calendar::Date;
use crate::diagnostic::Report;
use crate::model::book_view::RunRecord;
use crate::model::plan::RunState;
use crate::model::wallet::Lot;
use crate::money::Amount;
use crate::report::explain::line::span;
use crate::report::page::{Part, counted};
use crate::report::row::{Row, money};
use crate::report::table::{Cell, Side, Table};
use crate::report::wallets::{expiry_cells, next_to_expire, open, own_days};
use std::collections::BTreeSet;

/// How many transactions of a wallet are shown, the last ones.
const LAST: usize = 20;

impl Known<'_> {
    /// The run that debited a line; `None` for a line of an invoice.
    pub(super) fn debited_by(&self, line: Row) -> Option<&RunRecord> {
        let by = line.text("run_id");
        let mut runs = self.runs.iter().filter(|run| run.wallets.is_some());
        runs.find(|run| run.run_id == by)
    }
}

/// Whether what a run debited was given back.
pub fn is_given_back(run: &RunRecord) -> bool {
    run.state == RunState::Canceled
}

/// The debits that pay a line. One is for all days of a charge that were due, so it may pay several lines.
pub fn debits_of<'a>(line: Row<'a>, known: &'a Known) -> impl Iterator<Item = Row<'a>> {
    let is_its = move |row: &Row| {
        let same = |name| row.text(name) == line.text(name);
        let day = line.date("period_start");
        row.text("kind") == "debit"
            && ["run_id", "service_id", "charge"].into_iter().all(same)
            && row.date("period_start") <= day
            && day < row.date("period_end")
    };
    Row::all(known.transactions.frame()).filter(is_its)
}

/// Which wallets paid a line, and what they held after; and whether they got it back.
pub fn paid(line: Row, run: &RunRecord, known: &Known) -> Vec<String> {
    let mut said = vec![format!(
        "It was debited by run {} for account {}",
        run.run_id,
        line.text("account_id")
    )];
    let mut debits: Vec<Row> = debits_of(line, known).collect();
    debits.sort_by_key(|debit| number(*debit));
    if debits.is_empty() {
        said.push("It costs nothing, so no wallet was asked.".to_owned());
    }
    for debit in &debits {
        let (id, wallet) = (debit.text("transaction_id"), debit.text("wallet_id"));
        let currency = debit.text("currency");
        let amount = debit.amount("amount").unwrap_or_default();
        let what = match amount.is_negative() {
            true => format!(
                "took {} {currency} out of",
                money(negated(amount), currency)
            ),
            false => format!("put {} {currency} into", money(amount, currency)),
        };
        let days = span(debit.period("period_start", "period_end"));
        let after = debit.money("balance_after");
        said.push(format!(
            "Transaction {id}, for {days}, {what} wallet {wallet}, which then held {after} {currency}."
        ));
    }
    if is_given_back(run) {
        said.push(
            "The run was taken back: what it debited was given back, and the days are open again."
                .to_owned(),
        );
    }
    said
}

/// What a wallet holds, what of it expires when, and what moved it last; nothing where no wallet has the name.
pub fn explain(wanted: &str, known: &Known) -> Vec<Part> {
    let mut states = Row::all(known.wallets.frame());
    let Some(state) = states.find(|row| row.text("wallet_id") == wanted) else {
        return Vec::new();
    };
    vec![
        heading(state),
        held(state, known),
        outlook::explain(known),
        transactions(wanted, known),
    ]
}

fn heading(state: Row) -> Part {
    let (wallet, account) = (state.text("wallet_id"), state.text("account_id"));
    let currency = state.text("currency");
    let said = |name| format!("{} {currency}", state.money(name));
    Part::new(format!("Wallet {wallet}"))
        .say(format!(
            "It holds {}; it was opened with {}.",
            said("closing"),
            said("opened_with")
        ))
        .say(format!("It belongs to account {account}"))
        .say(format!(
            "The last run that touched it is {}",
            state.text("run_id")
        ))
}

/// What is left, by the day on which it can no longer be used.
fn held(state: Row, known: &Known) -> Part {
    let mut part = Part::new("What it holds");
    let own = match (known.own)() {
        Some(wallets) => own_days(&wallets).get(state.text("wallet_id")).copied(),
        None => {
            part = part.say("The export could not be read, so nothing is said of the day on which the wallet itself expires.");
            None
        }
    };
    let currency = state.text("currency");
    let mut table = Table::new([
        ("of", Side::Left),
        ("left", Side::Right),
        ("expires_on", Side::Left),
    ]);
    let mut row = |of: String, left: Amount, day: Option<Date>| {
        let left = Cell::Number(money(left, currency));
        table.push(vec![Cell::text(of), left, Cell::of(day)]);
    };
    let lots = Lot::read(Some(state.text("lots")).filter(|lots| !lots.is_empty()));
    let mut rest = state.amount("closing").unwrap_or_default();
    for lot in &lots {
        let left = Amount::from_units(lot.left).expect("part of an amount");
        let day = own.map_or(lot.until, |own| own.min(lot.until));
        row(format!("top-up {}", lot.top_up), left, Some(day));
        rest = rest.checked_sub(left).expect("what is in a wallet");
    }
    if !rest.is_zero() {
        let of = match (rest.is_negative(), lots.is_empty()) {
            (true, _) => "its credit limit",
            (false, true) => "all of it",
            (false, false) => "everything else",
        };
        row(of.to_owned(), rest, own.filter(|_| !rest.is_negative()));
    }
    part.table(table)
}

fn transactions(wallet: &str, known: &Known) -> Part {
    let rows = Row::all(known.transactions.frame());
    let mut rows: Vec<Row> = rows.filter(|row| row.text("wallet_id") == wallet).collect();
    rows.sort_by_key(|row| number(*row));
    let earlier = rows.len().saturating_sub(LAST);
    let mut table = Table::new([
        ("transaction_id", Side::Left),
        ("on_day", Side::Left),
        ("kind", Side::Left),
        ("amount", Side::Right),
        ("balance_after", Side::Right),
        ("for", Side::Left),
    ]);
    for row in &rows[earlier..] {
        table.push(vec![
            Cell::text(row.text("transaction_id")),
            Cell::of(row.date("on_day")),
            Cell::text(row.text("kind")),
            Cell::Number(row.money("amount")),
            Cell::Number(row.money("balance_after")),
            Cell::text(what_for(*row)),
        ]);
    }
    let part = Part::new("Transactions").table(table);
    match (rows.len(), earlier) {
        (0, _) => part.say("Nothing has moved it yet."),
        (_, 0) => part,
        _ => part.say(format!(
            "The last {LAST}; {} came before.",
            counted(earlier, "transaction")
        )),
    }
}

/// `calls of S-1, 2026-02-01 up to 2026-02-03`.
fn what_for(row: Row) -> String {
    let source = row.text("source_id");
    match row.text("kind") {
        "debit" => format!(
            "{} of {}, {}",
            row.text("charge"),
            row.text("service_id"),
            days(row)
        ),
        "top_up" => format!("top-up {source}"),
        "refund" => format!("gives back {source}"),
        "expiry" if source.is_empty() => "what was left in it".to_owned(),
        "expiry" => format!("what was left of top-up {source}"),
        other => other.to_owned(),
    }
}

/// One day, or from the first up to the first that is not meant.
fn days(row: Row) -> String {
    match row.period("period_start", "period_end") {
        Some(days) if days.start.plus_days(1) == days.end => days.start.to_string(),
        days => span(days),
    }
}

/// The wallets of an account.
pub fn of_account(about: About, known: &Known) -> Part {
    let mut table = Table::new([
        ("wallet_id", Side::Left),
        ("currency", Side::Left),
        ("balance", Side::Right),
        ("expires_next", Side::Left),
        ("expiring", Side::Right),
        ("run_id", Side::Left),
    ])
    .spare(&["run_id"]);
    let own = (known.own)();
    let own = own.as_ref().map(own_days).unwrap_or_default();
    for state in Row::all(known.wallets.frame()) {
        let About::Account(account) = about else {
            break;
        };
        if state.text("account_id") != account {
            continue;
        }
        let wallet = state.text("wallet_id");
        let next = next_to_expire(state, own.get(wallet).copied());
        let [day, amount] = expiry_cells(next, state.text("currency"));
        table.push(vec![
            Cell::text(wallet),
            Cell::text(state.text("currency")),
            Cell::Number(state.money("closing")),
            day,
            amount,
            Cell::text(state.text("run_id")),
        ]);
    }
    Part::new("Wallets").table(table)
}

/// What a service or account could not be debited for, and is still open.
pub fn missing(about: About, known: &Known) -> Result<Part, Report> {
    let rows = Row::all(known.shortfalls.frame()).filter(|row| about.has(*row));
    let services: BTreeSet<&str> = rows.map(|row| row.text("service_id")).collect();
    let part = Part::new("Missing");
    if services.is_empty() {
        return Ok(part);
    }
    let claims = (known.claims)(&services)?;
    let mut table = Table::new([
        ("service_id", Side::Left),
        ("charge", Side::Left),
        ("period_start", Side::Left),
        ("period_end", Side::Left),
        ("amount", Side::Right),
        ("missing", Side::Right),
        ("currency", Side::Left),
        ("run_id", Side::Left),
    ])
    .spare(&["run_id", "currency"]);
    for (row, run) in open(known.runs, &known.shortfalls, &claims) {
        if !about.has(row) {
            continue;
        }
        table.push(vec![
            Cell::text(row.text("service_id")),
            Cell::text(row.text("charge")),
            Cell::of(row.date("period_start")),
            Cell::of(row.date("period_end")),
            Cell::Number(row.money("amount")),
            Cell::Number(row.money("missing")),
            Cell::text(row.text("currency")),
            Cell::text(run.run_id.as_str()),
        ]);
    }
    if table.is_empty() {
        return Ok(part);
    }
    Ok(part
        .say("These days were not debited, because the wallets that can pay them held too little: `amount` is what they cost, `missing` what was not there when the run came to them.")
        .table(table))
}

/// The number of a transaction within its wallet.
fn number(row: Row) -> u64 {
    let id = row.text("transaction_id");
    let number = id.rsplit_once('/').map_or("", |(_, number)| number);
    number.parse().unwrap_or_default()
}

fn negated(amount: Amount) -> Amount {
    Amount::ZERO
        .checked_sub(amount)
        .expect("as far below zero as above")
}
