//! The posted rows of one run, so laid out that each invoice finds its party, taxes and lines.

use super::table::{Cells, ranges};
use super::value::{Days, Figure, Record};
use crate::calendar::Period;
use crate::model::draft::{InvoiceTaxes, Invoices, Parties};
use crate::model::line::Lines;
use crate::model::table::Columns;
use crate::model::workspace::Seller;
use crate::money::{Amount, Currency, Quantity};
use minijinja::Value;
use polars::prelude::{DataFrame, Int32Chunked, Int128Chunked};
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
];

const LINE: &[(&str, &str)] = &[
    ("id", "line_id"),
    ("account_id", "account_id"),
    ("subscription_id", "subscription_id"),
    ("service_id", "service_id"),
    ("charge", "charge"),
    ("kind", "kind"),
    ("description", "description"),
    ("quantity", "quantity"),
    ("unit_price", "unit_price"),
    ("amount", "amount"),
    ("model", "model"),
    ("tax_category", "tax_category"),
    ("days", "days"),
    ("period_days", "period_days"),
];

const TAX: &[(&str, &str)] = &[
    ("category", "category"),
    ("percent", "rate"),
    ("base", "base"),
    ("tax", "tax"),
];

/// The posted rows of one run, prepared so that each invoice finds its party, taxes and lines.
pub struct Batch {
    seller: Value,
    keys: Vec<Key>,
    invoices: Cells,
    parties: Cells,
    taxes: Cells,
    lines: Cells,
    invoice_periods: Periods,
    line_periods: Periods,
}

/// What an invoice is known by, and where its rows are.
pub(super) struct Key {
    pub number: String,
    pub account_id: String,
    pub currency: Currency,
    pub total: Amount,
    party: usize,
    taxes: Range<usize>,
    lines: Range<usize>,
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
        let tax_amounts = amounts(taxes.frame(), "tax");
        let [net, tax, total] = ["net", "tax", "total"].map(|name| amounts(frame, name));
        let keys = (0..ids.len()).map(|row| {
            let id = frame.text_at("invoice_id", row);
            let (taxes, lines) = (of_taxes[row].clone(), of_lines[row].clone());
            assert_eq!(of_party[row].len(), 1, "parties of invoice {id}");
            assert_eq!(
                sum(&line_amounts, &lines),
                net.get(row),
                "lines of invoice {id}"
            );
            assert_eq!(
                sum(&tax_amounts, &taxes),
                tax.get(row),
                "taxes of invoice {id}"
            );
            let units = net.get(row).zip(tax.get(row)).map(|(net, tax)| net + tax);
            assert_eq!(units, total.get(row), "total of invoice {id}");
            Key {
                number: frame.text_at("number", row).to_owned(),
                account_id: frame.text_at("account_id", row).to_owned(),
                currency: Currency::parse(frame.text_at("currency", row))
                    .unwrap_or_else(|| panic!("currency of invoice {id}")),
                total: units
                    .and_then(Amount::from_units)
                    .unwrap_or_else(|| panic!("total of invoice {id}")),
                party: of_party[row].start,
                taxes,
                lines,
            }
        });
        Self {
            seller: seller_value(seller),
            keys: keys.collect(),
            invoices: Cells::new(frame, INVOICE),
            parties: Cells::new(parties.frame(), ACCOUNT),
            taxes: Cells::new(taxes.frame(), TAX),
            lines: Cells::new(lines.frame(), LINE),
            invoice_periods: Periods::new(frame),
            line_periods: Periods::new(lines.frame()),
        }
    }

    /// Number of invoices.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
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
            .map(|tax| record(self.taxes.row(tax, key.currency)));
        let lines = key.lines.clone().map(|line| self.line(line, key.currency));
        record(vec![
            ("seller", self.seller.clone()),
            ("account", record(party)),
            ("invoice", self.invoice(row)),
            ("lines", Value::from(lines.collect::<Vec<_>>())),
            ("taxes", Value::from(taxes.collect::<Vec<_>>())),
        ])
    }

    fn invoice(&self, row: usize) -> Value {
        let key = &self.keys[row];
        let mut values = self.invoices.row(row, key.currency);
        let due = values.iter().find(|(name, _)| *name == "amount_due");
        let to_pay = due
            .and_then(|(_, value)| value.downcast_object_ref::<Figure>())
            .is_some_and(Figure::is_positive);
        let mut periods = key.lines.clone().map(|line| self.line_periods.get(line));
        let first = periods.next();
        values.push(("period", self.invoice_periods.value(row)));
        values.push((
            "one_period",
            periods.all(|period| Some(period) == first).into(),
        ));
        values.push(("to_pay", to_pay.into()));
        record(values)
    }

    fn line(&self, row: usize, currency: Currency) -> Value {
        let mut values = self.lines.row(row, currency);
        let of = |wanted| {
            values
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| value)
        };
        let prorated = of("days") != of("period_days");
        // Where a price is flat, the quantity does not say anything.
        let one = Value::from_object(Figure::quantity(Quantity::ONE));
        let several =
            of("model").and_then(Value::as_str) == Some("per_unit") && of("quantity") != Some(&one);
        values.push(("period", self.line_periods.value(row)));
        values.push(("prorated", prorated.into()));
        values.push(("several", several.into()));
        record(values)
    }
}

/// First days and, exclusive, last days of a table's rows.
struct Periods(Int32Chunked, Int32Chunked);

impl Periods {
    fn new(frame: &DataFrame) -> Self {
        let days = |name| {
            frame
                .dates(name)
                .map(|day| day.map(|day| day.number()))
                .collect()
        };
        Self(days("period_start"), days("period_end"))
    }

    fn get(&self, row: usize) -> Option<Period> {
        let day = |days: &Int32Chunked| days.get(row).map(crate::calendar::Date::from_number);
        Some(Period::new(day(&self.0)?, day(&self.1)?))
    }

    fn value(&self, row: usize) -> Value {
        let period = self.get(row);
        period.map_or_else(
            || Value::from(()),
            |period| Value::from_object(Days(period)),
        )
    }
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

fn record(values: Vec<(&'static str, Value)>) -> Value {
    Value::from_object(Record(values))
}
