//! An invoice of nobody, with which templates are tried before any run.

use super::Batch;
use crate::calendar::Date;
use crate::model::draft::{InvoiceTaxes, Invoices, Parties};
use crate::model::line::Lines;
use crate::model::table::{
    Kind, Schema, count_column, date_column, flag_column, text_column, units_column,
};
use crate::model::workspace::Seller;
use crate::money::{Amount, Quantity, Rate};
use polars::prelude::{Column, DataFrame};

pub(super) const INVOICE: &[&str] = &[
    "R/A-1",
    "INV-2026-000001",
    "1",
    "default",
    "invoice",
    "",
    "R",
    "A-1",
    "USD",
    "2026-02-01",
    "2026-02-01",
    "2026-02-15",
    "1067.00",
    "77.36",
    "1144.36",
    "0",
    "0",
    "1144.36",
    "2026-02-01",
    "2026-03-01",
];
pub(super) const PARTY: &[&str] = &[
    "R/A-1",
    "A-1",
    "Ada Sample",
    "12 Sample Street",
    "90012",
    "Los Angeles",
    "US",
    "CA",
    "en",
    "",
    "ada@example.com",
    "",
    "email",
    "false",
    "mailed_check",
    "",
    "",
    "paper",
];
pub(super) const TAX: &[&str] = &["R/A-1", "standard", "7.25", "1067.00", "77.36"];
pub(super) const LINES: &[&[&str]] = &[
    &[
        "S-1:fiber:2026-02-01",
        "R/A-1",
        "R",
        "A-1",
        "A-1",
        "S-1",
        "fiber",
        "recurring",
        "Internet, fiber optic",
        "2026-02-01",
        "2026-03-01",
        "1",
        "1050.00",
        "USD",
        "standard",
        "list",
        "flat",
        "1050.00",
        "scheme",
        "",
        "daily",
        "0",
        "28",
        "28",
        "half_up",
    ],
    &[
        "S-2:phone:2026-02-01",
        "R/A-1",
        "R",
        "A-1",
        "A-1",
        "S-2",
        "phone",
        "recurring",
        "Phone line",
        "2026-02-01",
        "2026-03-01",
        "3",
        "12.00",
        "USD",
        "standard",
        "list",
        "per_unit",
        "4.00",
        "scheme",
        "",
        "daily",
        "0",
        "28",
        "28",
        "half_up",
    ],
    &[
        "S-3:movies:2026-02-15",
        "R/A-1",
        "R",
        "A-1",
        "A-1",
        "S-3",
        "movies",
        "recurring",
        "Streaming, movies",
        "2026-02-15",
        "2026-03-01",
        "1",
        "5.00",
        "USD",
        "standard",
        "list",
        "flat",
        "10.00",
        "scheme",
        "",
        "daily",
        "0",
        "14",
        "28",
        "half_up",
    ],
];

pub(super) fn seller() -> Seller {
    Seller {
        name: "Sample Telephone, Inc.".to_owned(),
        address: Some("1 Exchange Plaza, Los Angeles, CA 90012".to_owned()),
        country: Some("US".to_owned()),
        tax_id: Some("95-1234567".to_owned()),
        email: Some("billing@example.com".to_owned()),
        bank: Some("Sample Bank, account 0123456789".to_owned()),
    }
}

/// A batch of one invoice: a plain line, several pieces of one thing, part of a period, and tax.
pub(super) fn batch() -> Batch {
    of(&[INVOICE], &[PARTY], &[TAX], LINES)
}

/// A batch from the texts of its rows.
pub(super) fn of(
    invoices: &[&[&str]],
    parties: &[&[&str]],
    taxes: &[&[&str]],
    lines: &[&[&str]],
) -> Batch {
    Batch::new(
        &seller(),
        &Invoices::checked(table(Invoices::SCHEMA, invoices)),
        &Parties::checked(table(Parties::SCHEMA, parties)),
        &InvoiceTaxes::checked(table(InvoiceTaxes::SCHEMA, taxes)),
        &Lines::checked(table(Lines::SCHEMA, lines)),
    )
}

/// A table from texts in the order of the schema's columns; an empty text is a null.
fn table(schema: &Schema, rows: &[&[&str]]) -> DataFrame {
    let columns = schema.columns.iter().enumerate().map(|(at, (name, kind))| {
        let texts = rows
            .iter()
            .map(|row| Some(row[at]).filter(|text| !text.is_empty()));
        column(name, *kind, texts)
    });
    DataFrame::new_infer_height(columns.collect()).expect("rows of a schema")
}

fn column<'t>(name: &str, kind: Kind, texts: impl Iterator<Item = Option<&'t str>>) -> Column {
    let date = |text| Date::parse(text).expect("a date");
    let count = |text: &str| text.parse().expect("a count");
    let units = |text| match kind {
        Kind::Amount => Amount::parse(text).expect("an amount").units(),
        Kind::Rate => Rate::parse(text).expect("a rate").units(),
        _ => Quantity::parse(text).expect("a quantity").units(),
    };
    match kind {
        Kind::Text => text_column(name, texts),
        Kind::Date => date_column(name, texts.map(|text| text.map(date))),
        Kind::Count => count_column(name, texts.map(|text| text.map(count))),
        Kind::Flag => flag_column(name, texts.map(|text| text.map(|text| text == "true"))),
        Kind::Amount | Kind::Rate | Kind::Quantity => {
            units_column(name, kind, texts.map(|text| text.map(units)))
        }
    }
}
