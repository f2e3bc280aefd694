//! The posted rows of one run, so laid out that each invoice finds its party, taxes and lines.

use super::lines::LineCells;
use super::table::{Cells, Periods, ranges};
use super::value::{self, Figure, record};
use crate::calendar::Date;
use crate::model::bill_run::Format;
use crate::model::draft::{InvoiceTaxes, Invoices, Parties};
use crate::model::ids;
use crate::model::line::Lines;
use crate::model::table::Columns;
use crate::model::workspace::Seller;
use crate::money::{Amount, Currency};
use minijinja::Value;
use polars::prelude::{DataFrame, Int128Chunked};
use std::ops::Range;

const INVOICE: &[(&str, &str)] = &[
    ("number", "number"),
    ("document_type", "document_type"),
    ("corrects", "corrects"),
    ("currency", "currency"),
    ("date", "invoice_date"),
    ("posting_date", "posting_date"),
    ("due_date", "due_date"),
    ("net", "net"),
    ("tax", "tax"),
    ("total", "total"),
    ("tax_included", "tax_included"),
    ("prior_balance", "prior_balance"),
    ("applied", "applied"),
    ("amount_due", "amount_due"),
];

// Neither the token of a card nor the addresses of others belong on paper.
const ACCOUNT: &[(&str, &str)] = &[
    ("id", "account_id"),
    ("name", "name"),
    ("address", "address"),
    ("postcode", "postcode"),
    ("city", "city"),
    ("region", "region"),
    ("country", "country"),
    ("language", "language"),
    ("tax_id", "tax_id"),
    ("emails", "emails"),
    ("auto_pay", "auto_pay"),
    ("payment_method", "payment_method"),
    ("payment_terms", "payment_terms"),
    ("tax_exempt", "tax_exempt"),
];

/// The template of accounts whose group names none.
pub(super) const DEFAULT_TEMPLATE: &str = "invoice";

const TAX: &[(&str, &str)] = &[
    ("category", "category"),
    ("name", "name"),
    ("percent", "rate"),
    ("base", "base"),
    ("tax", "tax"),
    ("treatment", "treatment"),
    ("note", "note"),
];

/// The posted rows of one run, prepared so that each invoice finds its party, taxes and lines.
pub struct Batch {
    seller: Value,
    keys: Vec<Key>,
    invoices: Cells,
    periods: Periods,
    parties: Cells,
    taxes: Cells,
    lines: LineCells,
}

/// What a document is known by and made with, and where its rows are.
pub(super) struct Key {
    pub number: String,
    pub account_id: String,
    pub currency: Currency,
    pub total: Amount,
    /// Stem of its template.
    pub template: String,
    /// `None`: those of the run.
    formats: Option<Vec<Format>>,
    /// What the account owes with this invoice.
    balance: Amount,
    /// What its lines have in common beside the account; empty where nothing more.
    group: String,
    due_days: i32,
    has_line_tax: bool,
    party: usize,
    taxes: Range<usize>,
    /// The payer's own first, then by account.
    lines: Vec<usize>,
}

impl Batch {
    /// Panics where an invoice has no party or its sums do not add up: a fault of ours.
    pub fn new(
        seller: &Seller,
        invoices: &Invoices,
        parties: &Parties,
        taxes: &InvoiceTaxes,
        lines: &Lines,
    ) -> Self {
        let frame = invoices.frame();
        let ids = frame.text("invoice_id").rechunk();
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|&row| ids.get(row));
        let of_party = ranges(&ids, &order, parties.frame());
        let of_taxes = ranges(&ids, &order, taxes.frame());
        let of_lines = ranges(&ids, &order, lines.frame());
        let line_amounts = amounts(lines.frame(), "amount");
        let line_taxes = amounts(lines.frame(), "tax");
        let tax_amounts = amounts(taxes.frame(), "tax");
        let [net, tax, total, prior, due] =
            ["net", "tax", "total", "prior_balance", "amount_due"].map(|name| amounts(frame, name));
        let included = frame.flags("tax_included");
        let dates: Vec<Option<Date>> = frame.dates("invoice_date").collect();
        let due_dates: Vec<Option<Date>> = frame.dates("due_date").collect();
        let line_cells = LineCells::new(lines);
        let keys = (0..ids.len()).map(|row| {
            let id = frame.text_at("invoice_id", row);
            let (taxes, lines) = (of_taxes[row].clone(), of_lines[row].clone());
            assert_eq!(of_party[row].len(), 1, "parties of invoice {id}");
            let party = of_party[row].start;
            assert_eq!(
                sum(&line_amounts, &lines),
                match included.get(row) {
                    Some(true) => total.get(row),
                    _ => net.get(row),
                },
                "lines of invoice {id}"
            );
            assert_eq!(
                sum(&tax_amounts, &taxes),
                tax.get(row),
                "taxes of invoice {id}"
            );
            let has_line_tax = lines.clone().any(|line| line_taxes.get(line).is_some());
            if has_line_tax {
                let sum = sum(&line_taxes, &lines);
                assert_eq!(sum, tax.get(row), "taxes of the lines of invoice {id}");
            }
            let added = |one: &Int128Chunked, other: &Int128Chunked| {
                let units = one.get(row)?.checked_add(other.get(row)?);
                units.and_then(Amount::from_units)
            };
            let whole = added(&net, &tax);
            assert_eq!(
                whole.map(Amount::units),
                total.get(row),
                "total of invoice {id}"
            );
            let account_id = frame.text_at("account_id", row);
            let mut lines: Vec<usize> = lines.collect();
            lines.sort_by_key(|&line| {
                let account = line_cells.account(line);
                (account != account_id, account)
            });
            let of_party = |name| parties.frame().text_at(name, party);
            Key {
                number: frame.text_at("number", row).to_owned(),
                account_id: account_id.to_owned(),
                currency: Currency::parse(frame.text_at("currency", row))
                    .unwrap_or_else(|| panic!("currency of invoice {id}")),
                total: whole.unwrap_or_else(|| panic!("total of invoice {id}")),
                template: match of_party("template") {
                    "" => DEFAULT_TEMPLATE.to_owned(),
                    stem => stem.to_owned(),
                },
                formats: formats(of_party("formats")),
                balance: added(&prior, &due).unwrap_or_else(|| panic!("balance of invoice {id}")),
                group: group(frame.text_at("group_key", row)),
                due_days: dates[row]
                    .zip(due_dates[row])
                    .map_or(0, |(date, due)| due.number() - date.number()),
                has_line_tax,
                party,
                taxes,
                lines,
            }
        });
        Self {
            seller: seller_value(seller),
            keys: keys.collect(),
            invoices: Cells::new(frame, INVOICE),
            periods: Periods::new(frame),
            parties: Cells::new(parties.frame(), ACCOUNT),
            taxes: Cells::new(taxes.frame(), TAX),
            lines: line_cells,
        }
    }

    /// Number of invoices.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The formats the payer's group wants for this invoice; `None`: those of the run.
    pub fn formats(&self, row: usize) -> Option<&[Format]> {
        self.keys[row].formats.as_deref()
    }

    pub(super) fn key(&self, row: usize) -> &Key {
        &self.keys[row]
    }

    /// Everything a template sees of one invoice.
    pub(super) fn context(&self, row: usize) -> Value {
        let key = &self.keys[row];
        let party = self.parties.row(key.party, key.currency);
        let taxes = key
            .taxes
            .clone()
            .map(|tax| value::row(self.taxes.row(tax, key.currency), vec![]));
        let lines = key
            .lines
            .iter()
            .map(|&line| self.lines.value(line, key.currency));
        record(vec![
            ("seller", self.seller.clone()),
            ("account", value::row(party, vec![])),
            ("invoice", self.invoice(row)),
            ("lines", Value::from(lines.collect::<Vec<_>>())),
            ("taxes", Value::from(taxes.collect::<Vec<_>>())),
        ])
    }

    fn invoice(&self, row: usize) -> Value {
        let key = &self.keys[row];
        let shown = self.invoices.row(row, key.currency);
        let due = shown.get("amount_due").unwrap_or_default();
        let to_pay = due
            .downcast_object_ref::<Figure>()
            .is_some_and(|due| due.is_positive());
        let mut periods = key.lines.iter().map(|&line| self.lines.periods.get(line));
        let first = periods.next();
        let one_period = periods.all(|period| Some(period) == first);
        let several_accounts = key
            .lines
            .iter()
            .any(|&line| self.lines.account(line) != key.account_id);
        let balance = Value::from_object(Figure::Amount(key.balance, key.currency));
        let group = Some(key.group.as_str()).filter(|group| !group.is_empty());
        let more = vec![
            ("period", self.periods.value(row)),
            ("one_period", one_period.into()),
            ("to_pay", to_pay.into()),
            ("due_days", key.due_days.into()),
            ("balance", balance),
            ("group", Value::from(group)),
            ("several_accounts", several_accounts.into()),
            ("tax_by_line", key.has_line_tax.into()),
        ];
        value::row(shown, more)
    }
}

/// File endings as a party keeps them.
fn formats(endings: &str) -> Option<Vec<Format>> {
    let formats = endings.split_whitespace().filter_map(Format::from_ending);
    (!endings.is_empty()).then(|| formats.collect())
}

/// The values of a group key as a customer reads them.
fn group(key: &str) -> String {
    let parts = key.split('/').filter(|part| !part.is_empty());
    let values: Vec<_> = parts.map(ids::of_part).collect();
    values.join(", ")
}

fn amounts(frame: &DataFrame, name: &str) -> Int128Chunked {
    frame.units(name).collect()
}

/// `None` where a row has no amount or the sum does not fit.
fn sum(units: &Int128Chunked, rows: &Range<usize>) -> Option<i128> {
    rows.clone()
        .try_fold(0_i128, |sum, row| sum.checked_add(units.get(row)?))
}

fn seller_value(seller: &Seller) -> Value {
    let Seller {
        name,
        address,
        country,
        tax_id,
        email,
        bank,
    } = seller;
    record(vec![
        ("name", Value::from(name.as_str())),
        ("address", Value::from(address.as_deref())),
        ("country", Value::from(country.as_deref())),
        ("tax_id", Value::from(tax_id.as_deref())),
        ("email", Value::from(email.as_deref())),
        ("bank", Value::from(bank.as_deref())),
    ])
}
