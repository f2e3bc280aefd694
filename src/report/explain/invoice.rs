//! What is on an invoice, how its taxes and sums come about, and why it has its dates.

use super::exact::{percent, result};
use super::formula::formula;
use super::line::span;
use super::{Document, Known};
use crate::calendar::Date;
use crate::model::bill_run::{BillRun, InvoiceDate, PostingDate};
use crate::model::book_view::RunRecord;
use crate::money::{Amount, Currency, Rate};
use crate::report::page::Part;
use crate::report::row::Row;
use crate::report::table::{Cell, Side, Table};

/// Header, dates, lines and taxes of one invoice or draft.
pub fn explain(document: &Document, known: &Known) -> Vec<Part> {
    vec![
        header(document),
        dates(document.row, known),
        lines(document.row, known),
        taxes(document.row, known),
    ]
}

fn header(document: &Document) -> Part {
    let row = document.row;
    let currency = row.text("currency");
    let mut name = document.name();
    name[..1].make_ascii_uppercase();
    let mut part = Part::new(name)
        .say(format!(
            "For account {}, made by run {}",
            row.text("account_id"),
            row.text("run_id")
        ))
        .say(format!(
            "For {}.",
            span(row.period("period_start", "period_end"))
        ))
        .say(match row.flag("tax_included") {
            true => format!(
                "Total {} {currency}, tax of {} in it, net {}.",
                row.money("total"),
                row.money("tax"),
                row.money("net")
            ),
            false => format!(
                "Net {} + tax {} = total {} {currency}.",
                row.money("net"),
                row.money("tax"),
                row.money("total")
            ),
        });
    if row.amount("prior_balance") != Some(Amount::ZERO)
        || row.amount("applied") != Some(Amount::ZERO)
    {
        part = part.say(format!(
            "Prior balance {}, applied {}.",
            row.money("prior_balance"),
            row.money("applied")
        ));
    }
    part = part.say(format!(
        "Amount due: {} {}.",
        row.money("amount_due"),
        row.text("currency")
    ));
    if document.number.is_empty() {
        part = part.say("It is a draft: numbers are given when it is posted.");
    }
    part
}

fn dates(row: Row, known: &Known) -> Part {
    let run = known
        .runs
        .iter()
        .find(|run| run.run_id == row.text("run_id"));
    let definition = run.and_then(|run| (known.definition)(run));
    let mut part = Part::new("Dates");
    if let Some(day) = row.date("invoice_date") {
        let why = why_invoiced(day, run, definition.as_ref());
        part = part.say(format!("Invoice date {day}: {why}."));
    }
    if let Some(day) = row.date("posting_date") {
        let why = why_posted(day, run, definition.as_ref());
        part = part.say(format!("Posting date {day}: {why}."));
    }
    match (row.date("due_date"), row.date("invoice_date")) {
        (Some(due), Some(invoiced)) if due == invoiced => {
            part.say(format!("Due date {due}: on the invoice date."))
        }
        (Some(due), Some(invoiced)) => {
            let days = due.number() - invoiced.number();
            part.say(format!(
                "Due date {due}: {days} days after the invoice date, by the payment terms."
            ))
        }
        _ => part,
    }
}

/// Why a day is a day that somebody wrote.
const NAMED: &str = "the day that the definition, or a flag of the run, names";

fn why_invoiced(day: Date, run: Option<&RunRecord>, definition: Option<&BillRun>) -> String {
    match definition.map(|definition| definition.invoices.date) {
        Some(InvoiceDate::WindowTo) => {
            "the last day of the run's window (`date: window_to`)".to_owned()
        }
        Some(InvoiceDate::AsOf) => "the business date of the run (`date: as_of`)".to_owned(),
        Some(InvoiceDate::BillDay) => {
            "the account's bill day in the month the window ends (`date: bill_day`)".to_owned()
        }
        Some(InvoiceDate::On(_)) => NAMED.to_owned(),
        None => business_date(day, run),
    }
}

fn why_posted(day: Date, run: Option<&RunRecord>, definition: Option<&BillRun>) -> String {
    match definition.map(|definition| definition.invoices.posting_date) {
        Some(PostingDate::TransactionDate) => {
            "the business date of the run (`posting_date: transaction_date`)".to_owned()
        }
        Some(PostingDate::Month { year, month }) => {
            format!(
                "the account's bill day in {year}-{month:02}, as the definition names the month"
            )
        }
        Some(PostingDate::MonthOfInvoiceDate) => {
            "the account's bill day in the month of the invoice date".to_owned()
        }
        Some(PostingDate::On(_)) => NAMED.to_owned(),
        None => business_date(day, run),
    }
}

fn business_date(day: Date, run: Option<&RunRecord>) -> String {
    match run {
        Some(run) if run.as_of == day.to_string() => "the business date of the run".to_owned(),
        _ => "as the definition of the run said".to_owned(),
    }
}

fn lines(invoice: Row, known: &Known) -> Part {
    let mut table = Table::new([
        ("line_id", Side::Left),
        ("description", Side::Left),
        ("amount", Side::Right),
        ("why", Side::Left),
    ]);
    for line in Row::all(known.lines.frame()) {
        if line.text("invoice_id") == invoice.text("invoice_id") {
            table.push(vec![
                Cell::text(line.text("line_id")),
                Cell::text(line.text("description")),
                Cell::Number(line.money("amount")),
                Cell::text(formula(line, false)),
            ]);
        }
    }
    Part::new("Lines").table(table)
}

fn taxes(invoice: Row, known: &Known) -> Part {
    let mut part = Part::new("Taxes");
    let currency = Currency::parse(invoice.text("currency"));
    let currency = currency.expect("an invoice is in a known currency");
    for row in Row::all(known.taxes.frame()) {
        if row.text("invoice_id") != invoice.text("invoice_id") {
            continue;
        }
        let amount = |name| row.amount(name).unwrap_or_default();
        let rate = row.rate("rate").unwrap_or_default();
        let category = match row.text("name") {
            "" => format!("Category `{}`", row.text("category")),
            name => format!("Category `{}`, {name}", row.text("category")),
        };
        let base = amount("base").text(currency);
        part = part.say(match row.text("treatment") {
            "taxed" if invoice.flag("tax_included") => format!(
                "{category}: {} % of {base}, taken out of what has it in it: {} {currency}.",
                percent(rate),
                amount("tax").text(currency)
            ),
            "taxed" => {
                let divisor = 10_i128.pow(Amount::SCALE + Rate::SCALE + 2);
                let dividend = amount("base").units() * rate.units();
                format!(
                    "{category}: {} % of {base} {}.",
                    percent(rate),
                    result(dividend, divisor, amount("tax"), currency, None)
                )
            }
            treatment => {
                let note = row.text("note");
                let note = if note.is_empty() {
                    String::new()
                } else {
                    format!(": {note}")
                };
                format!(
                    "{category}: no tax on {base} ({}){note}.",
                    treatment.replace('_', " ")
                )
            }
        });
    }
    if part.sentences.is_empty() {
        part = part.say("No tax is booked on it.");
    }
    part
}
