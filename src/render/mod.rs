//! Invoices -> documents. Templates arrive as text.
//!
//! Owns what a template sees and may do. Does not own where documents go (`run/`) or any figure on them.
//! Invariant: same invoice and template, same bytes; no file, network, clock or randomness; escaped unless plain text.

use crate::diagnostic::{Diagnostic, Report};
use crate::model::bill_run::Format;
use crate::model::draft::{InvoiceTaxes, Invoices, Parties};
use crate::model::line::Lines;
use crate::model::workspace::Seller;
use std::collections::BTreeMap;

/// The templates of a workspace, parsed and checked.
pub struct Templates {}

impl Templates {
    /// Parses all templates; `texts` by path (`templates/invoice.html`). Reports every mistake (`BW-T1..`), each with its place.
    pub fn parse(texts: &BTreeMap<String, String>) -> Result<Self, Report> {
        let _ = texts;
        todo!()
    }
}

/// The posted rows of one run, prepared so that each invoice finds its party, taxes and lines.
pub struct Batch {}

impl Batch {
    /// Panics where an invoice has no party or its sums do not add up: a fault of ours.
    pub fn new(
        seller: &Seller,
        invoices: &Invoices,
        parties: &Parties,
        taxes: &InvoiceTaxes,
        lines: &Lines,
    ) -> Self {
        let _ = (seller, invoices, parties, taxes, lines);
        todo!()
    }

    /// Number of invoices.
    pub fn len(&self) -> usize {
        todo!()
    }
}

/// One finished document.
pub struct Document {
    /// File name made from the invoice number: `INV-2026-00000001.html`.
    pub name: String,
    pub text: String,
}

/// Renders the invoice in one row of the batch.
///
/// Errors: `BW-T101`, `BW-T107` (fails for this account), `BW-T120`, `BW-T122`, `BW-T123` (limits).
pub fn document(
    templates: &Templates,
    batch: &Batch,
    row: usize,
    format: Format,
) -> Result<Document, Diagnostic> {
    let _ = (templates, batch, row, format);
    todo!()
}
