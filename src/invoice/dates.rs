//! The dates of an invoice.

use super::Terms;
use crate::calendar::Date;
use crate::model::bill_run::{InvoiceDate, PostingDate};

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

/// The bill day goes into the wanted month, clamped to its end; an account without one has the invoice date's day (O45).
pub fn posting_date(terms: &Terms<'_>, invoice_date: Date, bill_day: Option<u32>) -> Date {
    let day = bill_day.unwrap_or(invoice_date.day());
    match terms.options.posting_date {
        PostingDate::TransactionDate => terms.as_of,
        PostingDate::Month { year, month } => Date::clamped(year, month, day),
        PostingDate::MonthOfInvoiceDate => invoice_date.with_day_clamped(day),
        PostingDate::On(date) => date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bill_run::{InvoiceOptions, Negative};

    #[test]
    fn o45_the_posting_date_is_the_bill_day_in_the_month_meant() {
        let day = |text| Date::parse(text).unwrap();
        let posted = |posting_date, bill_day| {
            let options = InvoiceOptions {
                date: InvoiceDate::WindowTo,
                posting_date,
                series: String::new(),
                due_offset_days: 0,
                group_by: Vec::new(),
                credit_series: String::new(),
                suppress_zero_lines: false,
                suppress_zero_invoices: false,
                minimum: None,
                negative: Negative::CreditNote,
                auto_post: false,
            };
            let terms = Terms {
                run_id: "",
                options: &options,
                tax: None,
                payment: None,
                as_of: day("2026-03-02"),
                window_to: day("2026-03-01"),
            };
            posting_date_text(&terms, bill_day)
        };
        assert_eq!(posted(PostingDate::TransactionDate, Some(31)), "2026-03-02");
        assert_eq!(
            posted(
                PostingDate::Month {
                    year: 2026,
                    month: 2
                },
                Some(31)
            ),
            "2026-02-28"
        );
        assert_eq!(
            posted(
                PostingDate::Month {
                    year: 2026,
                    month: 2
                },
                None
            ),
            "2026-02-01"
        );
        assert_eq!(
            posted(PostingDate::MonthOfInvoiceDate, Some(15)),
            "2026-03-15"
        );
    }

    fn posting_date_text(terms: &Terms<'_>, bill_day: Option<u32>) -> String {
        posting_date(terms, invoice_date(terms, bill_day), bill_day).to_string()
    }
}
