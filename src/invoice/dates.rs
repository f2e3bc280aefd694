//! The dates of an invoice.

use super::Terms;
use crate::calendar::Date;
use crate::model::bill_run::{InvoiceDate, PostingDate};

/// The day printed as the date of the invoice; `bill_day` is the payer's or its group's.
pub fn invoice_date(terms: &Terms<'_>, bill_day: Option<u32>) -> Date {
    match terms.options.date {
        InvoiceDate::WindowTo => terms.window_to,
        InvoiceDate::AsOf => terms.as_of,
        InvoiceDate::BillDay => {
            bill_day.map_or(terms.window_to, |day| terms.window_to.with_day_clamped(day))
        }
        InvoiceDate::On(date) => date,
    }
}

/// The bill day goes into the wanted month, clamped to its end; a payer without one has the invoice date's day (O45).
pub fn posting_date(terms: &Terms<'_>, invoice_date: Date, bill_day: Option<u32>) -> Date {
    let day = bill_day.unwrap_or(invoice_date.day());
    match terms.options.posting_date {
        PostingDate::TransactionDate => terms.as_of,
        PostingDate::Month { year, month } => Date::clamped(year, month, day),
        PostingDate::MonthOfInvoiceDate => invoice_date.with_day_clamped(day),
        PostingDate::On(date) => date,
    }
}
