//! Fact tables from a few lines of text, and a definition, for tests.

use crate::calendar::Date;
use crate::model::account::{self, Tables};
use crate::model::bill_run::{
    AsOf, BillRun, Criteria, Filters, InvoiceDate, InvoiceOptions, Negative, PostingDate, Stale,
    Window, WindowDay,
};
use crate::model::scheme::ChargeType;
use crate::model::table::{
    Kind, Schema, count_column, date_column, flag_column, text_column, units_column,
};
use crate::money::{Amount, Currency, Quantity, Rate};
use polars::prelude::{Column, DataFrame};
use std::collections::BTreeMap;

/// A table of this schema from text: a header, then a row a line, cells parted by ` | `. Empty cells and columns that are not
/// named are null.
pub fn table(schema: &Schema, text: &str) -> DataFrame {
    let mut lines = text.trim().lines().map(|line| {
        let cells = line.split('|').map(str::trim);
        cells.collect::<Vec<_>>()
    });
    let head = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    for name in &head {
        assert!(
            schema.columns.iter().any(|(column, _)| column == name),
            "{name}"
        );
    }
    let columns = schema.columns.iter().map(|(name, kind)| {
        let at = head.iter().position(|column| column == name);
        let cells = rows
            .iter()
            .map(|row| at.map(|at| row[at]).filter(|cell| !cell.is_empty()));
        column(name, *kind, cells)
    });
    schema.sorted(DataFrame::new(rows.len(), columns.collect()).unwrap())
}

fn column<'a>(name: &str, kind: Kind, cells: impl Iterator<Item = Option<&'a str>>) -> Column {
    match kind {
        Kind::Text => text_column(name, cells),
        Kind::Date => date_column(
            name,
            cells.map(|cell| cell.map(|day| Date::parse(day).unwrap())),
        ),
        Kind::Count => count_column(
            name,
            cells.map(|cell| cell.map(|count| count.parse().unwrap())),
        ),
        Kind::Flag => flag_column(name, cells.map(|cell| cell.map(|flag| flag == "true"))),
        Kind::Amount => units_column(
            name,
            kind,
            cells.map(|cell| cell.map(|text| Amount::parse(text).unwrap().units())),
        ),
        Kind::Rate => units_column(
            name,
            kind,
            cells.map(|cell| cell.map(|text| Rate::parse(text).unwrap().units())),
        ),
        Kind::Quantity => units_column(
            name,
            kind,
            cells.map(|cell| cell.map(|text| Quantity::parse(text).unwrap().units())),
        ),
    }
}

/// A table as a person reads it in a test: cells parted by ` | `.
pub fn shown(table: &super::table::Table) -> String {
    let head = table.columns.iter().map(|head| head.name.to_owned());
    let rows = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| cell.plain()).collect::<Vec<_>>());
    let lines = std::iter::once(head.collect::<Vec<_>>()).chain(rows);
    lines
        .map(|cells| cells.join(" | "))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Inputs without a row.
pub fn tables() -> Tables {
    let empty = |schema: &Schema| schema.empty();
    Tables {
        accounts: empty(&account::ACCOUNTS),
        subscriptions: empty(&account::SUBSCRIPTIONS),
        services: empty(&account::SERVICES),
        pauses: empty(&account::PAUSES),
        orders: empty(&account::ORDERS),
        order_lines: empty(&account::ORDER_LINES),
        usage: empty(&account::USAGE),
        usage_files: Vec::new(),
        usage_repeated: 0,
        orphans: BTreeMap::new(),
    }
}

/// A monthly run over everybody, posted by the bill day in February 2026.
pub fn bill_run() -> BillRun {
    BillRun {
        name: "monthly".to_owned(),
        title: None,
        enabled: true,
        as_of: AsOf::Slot,
        window: Window {
            from: None,
            to: WindowDay::AS_OF,
            stale: Stale::Hold,
            max_behind_days: 92,
        },
        advance_days: 0,
        charges: [ChargeType::Recurring].into(),
        criteria: Criteria::default(),
        filters: Filters::default(),
        tax: None,
        invoices: InvoiceOptions {
            date: InvoiceDate::WindowTo,
            posting_date: PostingDate::Month {
                year: 2026,
                month: 2,
            },
            series: [(Currency::USD, "default".to_owned())].into(),
            due_offset_days: 0,
            group_by: Vec::new(),
            credit_series: [(Currency::USD, "credit_notes".to_owned())].into(),
            suppress_zero_lines: false,
            suppress_zero_invoices: false,
            minimum: None,
            negative: Negative::CreditNote,
            auto_post: true,
        },
        formats: Default::default(),
        checks: Default::default(),
    }
}
