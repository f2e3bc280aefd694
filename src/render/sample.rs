//! Documents for nobody, with which templates are tried before any run.

use super::Batch;
use crate::model::draft::{InvoiceTaxes, Invoices, Parties};
use crate::model::line::Lines;
use crate::model::sample::{Row, of_rows};
use crate::model::workspace::Seller;

type Cells = &'static [(&'static str, &'static str)];

const INVOICE: Cells = &[
    ("invoice_id", "R/A-1/north"),
    ("number", "INV-2026-000001"),
    ("sequence", "1"),
    ("series", "default"),
    ("document_type", "invoice"),
    ("run_id", "R"),
    ("account_id", "A-1"),
    ("currency", "USD"),
    ("invoice_date", "2026-02-01"),
    ("posting_date", "2026-02-01"),
    ("due_date", "2026-02-15"),
    ("net", "1133.10"),
    ("tax", "82.15"),
    ("total", "1215.25"),
    ("tax_included", "false"),
    ("prior_balance", "20.00"),
    ("applied", "0"),
    ("amount_due", "1215.25"),
    ("period_start", "2026-01-01"),
    ("period_end", "2026-03-01"),
    ("group_key", "north"),
];

const PARTY: Cells = &[
    ("invoice_id", "R/A-1/north"),
    ("account_id", "A-1"),
    ("name", "Ada Sample"),
    ("address", "12 Sample Street"),
    ("postcode", "90012"),
    ("city", "Los Angeles"),
    ("country", "US"),
    ("region", "CA"),
    ("language", "en"),
    ("emails", "ada@example.com"),
    ("delivery", "email"),
    ("auto_pay", "false"),
    ("payment_method", "mailed_check"),
    ("tax_exempt", "false"),
    ("payment_terms", "net-14"),
];

const TAX: Cells = &[
    ("invoice_id", "R/A-1/north"),
    ("category", "standard"),
    ("part", "1"),
    ("treatment", "taxed"),
    ("rate", "7.25"),
    ("base", "1133.10"),
    ("tax", "82.15"),
];

/// What most lines have in common: a whole month of something at a flat price.
const LINE: Cells = &[
    ("invoice_id", "R/A-1/north"),
    ("run_id", "R"),
    ("account_id", "A-1"),
    ("subscription_id", "A-1"),
    ("kind", "recurring"),
    ("period_start", "2026-02-01"),
    ("period_end", "2026-03-01"),
    ("quantity", "1"),
    ("currency", "USD"),
    ("tax_category", "standard"),
    ("scheme", "list"),
    ("model", "flat"),
    ("price_from", "scheme"),
    ("proration", "daily"),
    ("days_before", "0"),
    ("days", "28"),
    ("period_days", "28"),
    ("rounding", "half_up"),
    ("frequency", "monthly"),
    ("per", "month"),
    ("group_key", "north"),
];

/// A flat price; several pieces of one thing; part of a period; usage under tiers; an order of another account; unused days.
const LINES: [Cells; 6] = [
    &[
        ("line_id", "S-2:fiber:2026-02-01"),
        ("service_id", "S-2"),
        ("charge", "fiber"),
        ("description", "Internet, fiber optic"),
        ("amount", "1050.00"),
        ("unit_price", "1050.00"),
    ],
    &[
        ("line_id", "S-3:phone:2026-02-01"),
        ("service_id", "S-3"),
        ("charge", "phone"),
        ("description", "Phone line"),
        ("quantity", "3"),
        ("amount", "12.00"),
        ("model", "per_unit"),
        ("unit_price", "4.00"),
    ],
    &[
        ("line_id", "S-4:movies:2026-02-15"),
        ("service_id", "S-4"),
        ("charge", "movies"),
        ("description", "Streaming, movies"),
        ("period_start", "2026-02-15"),
        ("amount", "5.00"),
        ("unit_price", "10.00"),
        ("days", "14"),
    ],
    &[
        ("line_id", "S-1:calls:2026-01-01"),
        ("service_id", "S-1"),
        ("charge", "calls"),
        ("description", "Calls, minutes"),
        ("kind", "usage"),
        ("period_start", "2026-01-01"),
        ("period_end", "2026-02-01"),
        ("quantity", "620"),
        ("quantity_before", "0"),
        ("included", "100"),
        ("carried_in", "0"),
        ("carried_out", "0"),
        ("amount", "19.60"),
        ("model", "graduated"),
        ("per", ""),
        ("tiers", "400 x 0.04 + 120 x 0.03"),
        ("events", "620 + free 2"),
        ("days", "31"),
        ("period_days", "31"),
    ],
    &[
        ("line_id", "O-1:1"),
        ("account_id", "A-2"),
        ("account_name", "Bob Sample"),
        ("subscription_id", ""),
        ("charge", "O-1:1"),
        ("description", "Installation"),
        ("kind", "one_time"),
        ("period_start", "2026-01-20"),
        ("period_end", "2026-01-21"),
        ("amount", "49.00"),
        ("model", "per_unit"),
        ("unit_price", "49.00"),
        ("scheme", ""),
        ("frequency", ""),
        ("per", ""),
        ("days", "1"),
        ("period_days", "1"),
    ],
    &[
        ("line_id", "S-5:sports:2026-01-25"),
        ("service_id", "S-5"),
        ("charge", "sports"),
        ("description", "Streaming, sports"),
        ("kind", "credit"),
        ("period_start", "2026-01-25"),
        ("period_end", "2026-02-01"),
        ("amount", "-2.50"),
        ("unit_price", "11.07"),
        ("days_before", "24"),
        ("days", "7"),
        ("period_days", "31"),
        ("credits", "S-5:sports:2026-01-01"),
    ],
];

/// The rows of one document, for templates to be tried with and for tests to change.
#[derive(Clone)]
pub(super) struct Sample {
    pub invoice: Row<'static>,
    pub party: Row<'static>,
    pub taxes: Vec<Row<'static>>,
    pub lines: Vec<Row<'static>>,
}

/// A row with some of its cells given anew.
pub(super) fn with(row: &Row<'static>, cells: Cells) -> Row<'static> {
    row.iter().chain(cells).copied().collect()
}

impl Sample {
    /// An invoice with a line of every sort.
    pub fn invoice() -> Self {
        Self {
            invoice: INVOICE.to_vec(),
            party: PARTY.to_vec(),
            taxes: vec![TAX.to_vec()],
            lines: LINES
                .iter()
                .map(|line| with(&LINE.to_vec(), line))
                .collect(),
        }
    }

    /// A credit note for the unused days alone.
    pub fn credit_note() -> Self {
        let mut sample = Self::invoice();
        sample.lines = vec![sample.lines[5].clone()];
        sample.invoice = with(
            &sample.invoice,
            &[
                ("number", "CN-000001"),
                ("series", "credit_notes"),
                ("document_type", "credit_note"),
                ("net", "-2.50"),
                ("tax", "-0.18"),
                ("total", "-2.68"),
                ("amount_due", "-2.68"),
                ("period_start", "2026-01-25"),
                ("period_end", "2026-02-01"),
            ],
        );
        sample.taxes[0] = with(&sample.taxes[0], &[("base", "-2.50"), ("tax", "-0.18")]);
        sample
    }

    pub fn batch(&self) -> Batch {
        of(std::slice::from_ref(self))
    }
}

/// A batch of several documents.
pub(super) fn of(samples: &[Sample]) -> Batch {
    let all =
        |rows: fn(&Sample) -> Vec<Row<'static>>| samples.iter().flat_map(rows).collect::<Vec<_>>();
    Batch::new(
        &seller(),
        &Invoices::checked(of_rows(
            Invoices::SCHEMA,
            &all(|it| vec![it.invoice.clone()]),
        )),
        &Parties::checked(of_rows(Parties::SCHEMA, &all(|it| vec![it.party.clone()]))),
        &InvoiceTaxes::checked(of_rows(InvoiceTaxes::SCHEMA, &all(|it| it.taxes.clone()))),
        &Lines::checked(of_rows(Lines::SCHEMA, &all(|it| it.lines.clone()))),
    )
}

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
