//! All invoices there are, drafts included.

use crate::report::row::Row;
use crate::report::table::{Cell, Side, Table};
use polars::prelude::DataFrame;

/// Drafts first, by which it is seen what a run left open (O3); then what is posted, in the order of its numbers.
///
/// `balance` is what is still owed of a posted invoice; a draft is not owed yet. `sent_on` stays empty until it is delivered.
pub fn invoices(drafts: &DataFrame, posted: &DataFrame) -> Table {
    let mut table = Table::new([
        ("number", Side::Left),
        ("state", Side::Left),
        ("invoice_id", Side::Left),
        ("run_id", Side::Left),
        ("account_id", Side::Left),
        ("document_type", Side::Left),
        ("invoice_date", Side::Left),
        ("due_date", Side::Left),
        ("currency", Side::Left),
        ("total", Side::Right),
        ("balance", Side::Right),
        ("sent_on", Side::Left),
    ])
    .spare(&[
        "invoice_id",
        "run_id",
        "document_type",
        "due_date",
        "currency",
        "invoice_date",
    ]);
    for row in Row::all(drafts) {
        table.push(cells(row, "", "draft", Cell::Empty));
    }
    for row in Row::all(posted) {
        let balance = Cell::Number(row.money("amount_due"));
        table.push(cells(row, row.text("number"), "posted", balance));
    }
    table
}

fn cells(row: Row, number: &str, state: &str, balance: Cell) -> Vec<Cell> {
    vec![
        Cell::text(number),
        Cell::text(state),
        Cell::text(row.text("invoice_id")),
        Cell::text(row.text("run_id")),
        Cell::text(row.text("account_id")),
        Cell::text(row.text("document_type")),
        Cell::of(row.date("invoice_date")),
        Cell::of(row.date("due_date")),
        Cell::text(row.text("currency")),
        Cell::Number(row.money("total")),
        balance,
        Cell::Empty,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draft::{Drafts, Invoices};
    use crate::report::fixture::{shown, table};

    /// O3: what is open is seen first.
    #[test]
    fn o3_drafts_come_before_what_is_posted() {
        let drafts = table(
            Drafts::SCHEMA,
            "invoice_id | run_id | account_id | document_type | currency | invoice_date | due_date | total | amount_due
             R.2/A-2 | R.2 | A-2 | invoice | USD | 2026-03-01 | 2026-03-15 | 0 | 0",
        );
        let posted = table(
            Invoices::SCHEMA,
            "invoice_id | number | sequence | series | run_id | account_id | document_type | currency | invoice_date | due_date | total | amount_due
             R/A-1 | INV-1 | 1 | default | R | A-1 | invoice | USD | 2026-02-01 | 2026-02-15 | 107.25 | 107.25",
        );
        insta::assert_snapshot!(shown(&invoices(&drafts, &posted)), @"
        number | state | invoice_id | run_id | account_id | document_type | invoice_date | due_date | currency | total | balance | sent_on
         | draft | R.2/A-2 | R.2 | A-2 | invoice | 2026-03-01 | 2026-03-15 | USD | 0.00 |  | 
        INV-1 | posted | R/A-1 | R | A-1 | invoice | 2026-02-01 | 2026-02-15 | USD | 107.25 | 107.25 | 
        ");
    }
}
