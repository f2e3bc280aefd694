//! Lines that are on no invoice, and why.

use crate::calendar::Period;
use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::table::Columns;
use polars::prelude::DataFrame;

/// A line that is on no invoice.
pub struct LeftOut {
    pub row: usize,
    pub period: Period,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Lines of nothing are suppressed; their days count as billed (D14, AD4).
    ZeroLine,
    /// So are invoices with nothing but such lines.
    ZeroInvoice,
    /// The invoice is too small and comes with the next; says what it would have come to.
    BelowMinimum(String),
    /// The invoice is below zero and waits for what the next run charges.
    NegativeCarried(String),
}

impl LeftOut {
    /// Whether its days are spoken for, although nobody sees it on paper.
    pub fn is_billed(&self) -> bool {
        matches!(self.why, Why::ZeroLine | Why::ZeroInvoice)
    }

    pub fn aside(&self, lines: &DataFrame) -> Aside {
        let text = |name| lines.text_at(name, self.row).to_owned();
        let suppressed = |what| {
            let days = self.period;
            format!("{what} for {days}; counted as billed and not printed")
        };
        let (code, message) = match &self.why {
            Why::ZeroLine => ("zero_line", suppressed("comes to nothing")),
            Why::ZeroInvoice => ("zero_invoice", suppressed("is on an invoice of nothing")),
            Why::BelowMinimum(message) => ("below_minimum", message.clone()),
            Why::NegativeCarried(message) => ("negative_carried", message.clone()),
        };
        Aside {
            kind: AsideKind::Exclusion,
            reach: Reach::Service,
            account_id: text("account_id"),
            subscription_id: text("subscription_id"),
            service_id: text("service_id"),
            charge: text("charge"),
            stage: "invoice",
            code,
            message,
        }
    }
}
