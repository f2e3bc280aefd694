//! The tables of drafts, from the invoices made.

use super::drawing::Made;
use super::line_id::line_ids;
use super::payer::Payers;
use super::{Terms, tax};
use crate::calendar::Date;
use crate::model::draft::{Drafts, InvoiceTaxes, Parties};
use crate::model::group::Group;
use crate::model::line::Lines;
use crate::model::table::{Columns, Kind, date_column, text_column, units_column};
use crate::money::Amount;
use polars::prelude::{BooleanChunked, Column, DataFrame, IdxCa, IdxSize, NamedFrom};
use std::collections::BTreeSet;

/// The lines that are on an invoice, with the ids that say so, and the suppressed ones, which have none (AD4).
pub fn lines(
    run_id: &str,
    payers: &Payers<'_>,
    known: &BTreeSet<String>,
    rated: &DataFrame,
    made: &[Made<'_>],
    suppressed: &[usize],
) -> Lines {
    let mut invoices: Vec<Option<&Made<'_>>> = vec![None; rated.height()];
    let by_line = made.iter().any(|it| !it.sums.line_taxes.is_empty());
    let mut taxes: Vec<Option<i128>> = Vec::new();
    if by_line {
        taxes.resize(rated.height(), None);
    }
    for invoice in made {
        for &row in &invoice.rows {
            invoices[row] = Some(invoice);
        }
        for (&row, tax) in invoice.rows.iter().zip(&invoice.sums.line_taxes) {
            taxes[row] = Some(tax.units());
        }
    }
    let taxes = (0..rated.height()).map(|row| taxes.get(row).copied().flatten());
    let mut billed: Vec<bool> = invoices.iter().map(Option::is_some).collect();
    suppressed.iter().for_each(|&row| billed[row] = true);
    let mask: BooleanChunked = billed.iter().copied().collect();
    let accounts = rated.text("account_id");
    // Only where another pays does a line say whose it is.
    let names = invoices
        .iter()
        .zip(accounts.iter())
        .map(|(invoice, account)| {
            let account =
                account.filter(|id| invoice.is_some_and(|it| payers.id(it.payer) != *id))?;
            payers.name(payers.row(account))
        });
    let mut all = rated.clone();
    all.with_column(units_column("tax", Kind::Amount, taxes))
        .and_then(|all| all.with_column(text_column("account_name", names)))
        .expect("columns of the same height");
    let placed = all.filter(&mask).expect("a mask of the same height");
    let ids = invoices
        .iter()
        .zip(billed)
        .filter(|(_, is_billed)| *is_billed);
    let ids = ids.map(|(invoice, _)| invoice.map(|it| &it.invoice_id));
    let mut columns = vec![
        text_column("line_id", line_ids(&placed, known).into_iter().map(Some)),
        text_column("invoice_id", ids),
        text_column("run_id", std::iter::repeat_n(Some(run_id), placed.height())),
    ];
    columns.extend(placed.columns().iter().cloned());
    Lines::checked(DataFrame::new(placed.height(), columns).expect("columns of one height"))
}

pub fn drafts(
    terms: &Terms<'_>,
    payers: &Payers<'_>,
    lines: &DataFrame,
    made: &[Made<'_>],
) -> Drafts {
    let starts: Vec<Option<Date>> = lines.dates("period_start").collect();
    let ends: Vec<Option<Date>> = lines.dates("period_end").collect();
    let first = |rows: &[usize]| rows.iter().filter_map(|row| starts[*row]).min();
    let last = |rows: &[usize]| rows.iter().filter_map(|row| ends[*row]).max();
    let dates = |name: &str, of: fn(&Made<'_>) -> Date| {
        date_column(name, made.iter().map(|invoice| Some(of(invoice))))
    };
    let amounts = |name: &str, of: fn(&Made<'_>) -> Amount| {
        let units = made.iter().map(|invoice| Some(of(invoice).units()));
        units_column(name, Kind::Amount, units)
    };
    let columns = vec![
        ids(made),
        texts("run_id", made, |_| Some(terms.run_id)),
        texts("account_id", made, |invoice| Some(payers.id(invoice.payer))),
        texts("document_type", made, |invoice| {
            Some(if invoice.is_credit_note() {
                "credit_note"
            } else {
                "invoice"
            })
        }),
        texts("series", made, |invoice| Some(invoice.series)),
        texts("currency", made, |invoice| {
            Some(payers.currency(invoice.payer))
        }),
        dates("invoice_date", |invoice| invoice.invoice_date),
        dates("posting_date", |invoice| invoice.posting_date),
        dates("due_date", |invoice| invoice.due_date),
        amounts("net", |invoice| invoice.sums.net),
        amounts("tax", |invoice| invoice.sums.tax),
        amounts("total", |invoice| invoice.sums.total),
        amounts("prior_balance", |invoice| invoice.prior_balance),
        amounts("applied", |_| Amount::ZERO),
        amounts("amount_due", |invoice| invoice.sums.total),
        date_column("period_start", made.iter().map(|it| first(&it.rows))),
        date_column("period_end", made.iter().map(|it| last(&it.rows))),
        texts("group_key", made, |invoice| invoice.group_key),
    ];
    Drafts::checked(DataFrame::new(made.len(), columns).expect("columns of one height"))
}

/// The payer of each invoice as it is printed, delivered to and collected from.
pub fn parties(payers: &Payers<'_>, made: &[Made<'_>]) -> Parties {
    let rows = made.iter().map(|invoice| invoice.payer as IdxSize);
    let rows = IdxCa::new("".into(), rows.collect::<Vec<_>>());
    let column = |name: &str| -> Column {
        match name {
            "invoice_id" => ids(made),
            "delivery" => texts(name, made, |it| payers.delivery(it.payer, it.group)),
            "payment_terms" => texts(name, made, |it| it.payment),
            "template" => texts(name, made, |it| it.group?.template.as_deref()),
            "formats" => texts(name, made, |it| it.group.and_then(formats)),
            name => {
                let column = payers.table.column(name);
                let column = column.expect("a party's other columns are the account's");
                column.take(&rows).expect("rows within the table")
            }
        }
    };
    let columns = Parties::SCHEMA.columns.iter().map(|(name, _)| column(name));
    Parties::checked(DataFrame::new(made.len(), columns.collect()).expect("columns of one height"))
}

pub fn taxes(made: &[Made<'_>]) -> InvoiceTaxes {
    let rows: Vec<(&str, &tax::CategoryTax)> = made
        .iter()
        .flat_map(|invoice| {
            let taxes = invoice.sums.taxes.iter();
            taxes.map(|tax| (invoice.invoice_id.as_str(), tax))
        })
        .collect();
    let amounts = |name: &str, of: fn(&tax::CategoryTax) -> Amount| {
        let units = rows.iter().map(|(_, tax)| Some(of(tax).units()));
        units_column(name, Kind::Amount, units)
    };
    let rates = rows.iter().map(|(_, tax)| Some(tax.percent.units()));
    let columns = vec![
        text_column("invoice_id", rows.iter().map(|(invoice, _)| Some(*invoice))),
        text_column("category", rows.iter().map(|(_, tax)| Some(&tax.category))),
        units_column("rate", Kind::Rate, rates),
        amounts("base", |tax| tax.base),
        amounts("tax", |tax| tax.tax),
    ];
    InvoiceTaxes::checked(DataFrame::new(rows.len(), columns).expect("columns of one height"))
}

/// File endings of the formats a group wants.
fn formats(group: &Group) -> Option<String> {
    let formats = group.formats.as_ref()?;
    let endings: Vec<&str> = formats.iter().map(|format| format.ending()).collect();
    Some(endings.join(" "))
}

fn ids(made: &[Made<'_>]) -> Column {
    texts("invoice_id", made, |invoice| Some(&invoice.invoice_id))
}

fn texts<'m, 'a: 'm, T: AsRef<str>>(
    name: &str,
    made: &'m [Made<'a>],
    of: impl Fn(&'m Made<'a>) -> Option<T>,
) -> Column {
    text_column(name, made.iter().map(of))
}
