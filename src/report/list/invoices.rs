//! All invoices there are, drafts included.

use crate::report::table::{Column, Side, Table};
use polars::prelude::DataFrame;

/// Drafts first, by which it is seen what a run left open (O3); then what is posted, in the order of its numbers.
///
/// `balance` is what is still owed of a posted invoice; a draft is not owed yet. `sent_on` stays empty until it is delivered.
pub fn invoices(drafts: &DataFrame, posted: &DataFrame) -> Table {
    let both = |column: fn(&DataFrame, &str) -> Column, name| {
        column(drafts, name).above(column(posted, name))
    };
    let texts = |name| (name, Side::Left, both(Column::texts, name));
    let days = |name| (name, Side::Left, both(Column::days, name));
    let (open, done) = (drafts.height(), posted.height());
    let number = Column::same("", open).above(Column::texts(posted, "number"));
    let state = Column::same("draft", open).above(Column::same("posted", done));
    let balance = Column::no_money(open).above(Column::money(posted, "amount_due"));
    Table::of([
        ("number", Side::Left, number),
        ("state", Side::Left, state),
        texts("invoice_id"),
        texts("run_id"),
        texts("account_id"),
        texts("document_type"),
        days("invoice_date"),
        days("due_date"),
        texts("currency"),
        ("total", Side::Right, both(Column::money, "total")),
        ("balance", Side::Right, balance),
        ("sent_on", Side::Left, Column::same("", open + done)),
    ])
    .spare(&[
        "invoice_id",
        "run_id",
        "document_type",
        "due_date",
        "currency",
        "invoice_date",
    ])
}

/// The columns that [`invoices`] is made of: those of `invoice`, and those of `draft`.
pub const POSTED: &[&str] = &[
    "number",
    "amount_due",
    "invoice_id",
    "run_id",
    "account_id",
    "document_type",
    "invoice_date",
    "due_date",
    "currency",
    "total",
];
pub const DRAFT: &[&str] = POSTED.split_at(2).1;

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
