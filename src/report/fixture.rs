//! Fact tables from a few lines of text, and a definition, for tests.

pub use crate::model::sample::table;

use crate::model::account::{self, Tables};
use crate::model::bill_run::{
    AsOf, BillRun, Criteria, Filters, InvoiceDate, InvoiceOptions, Negative, PostingDate, Stale,
    Window, WindowDay,
};
use crate::model::places::Places;
use crate::model::scheme::ChargeType;
use crate::model::table::Schema;
use crate::model::usage::Usage;
use crate::money::Currency;

/// A table as a person reads it in a test: cells parted by ` | `.
pub fn shown(table: &super::table::Table) -> String {
    let head = table.columns.iter().map(|head| head.name.to_owned());
    let columns = 0..table.columns.len();
    let cells = |row| -> Vec<String> {
        columns
            .clone()
            .map(|column| table.plain(row, column))
            .collect()
    };
    let rows = (0..table.len()).map(cells);
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
        discounts: empty(&account::DISCOUNTS),
        credits: empty(&account::CREDITS),
        wallets: empty(&account::WALLETS),
        top_ups: empty(&account::TOP_UPS),
        top_ups_repeated: 0,
        usage: Usage::default(),
        usage_repeated: 0,
        is_partial: false,
        places: Places::default(),
        orphans: Default::default(),
    }
}

/// A monthly run over everybody, posted by the bill day in February 2026.
pub fn bill_run() -> BillRun {
    BillRun {
        name: "monthly".to_owned(),
        title: None,
        enabled: true,
        schedule: None,
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
        debits: None,
        checks: Default::default(),
    }
}
