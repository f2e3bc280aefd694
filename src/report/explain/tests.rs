//! Two accounts, one billed in part of February, one parked: what can be asked about them.

use super::*;
use crate::calendar::Date;
use crate::model::bill_run::{AsOf, Criteria, Filters, InvoiceDate, InvoiceOptions, PostingDate};
use crate::model::line::{Claims, Exceptions};
use crate::report::fixture::{shown, table};
use crate::report::runs::tests::record;

fn definition(_: &RunRecord) -> Option<BillRun> {
    Some(BillRun {
        name: "monthly".to_owned(),
        title: None,
        enabled: true,
        as_of: AsOf::Slot,
        max_behind_days: 92,
        criteria: Criteria::default(),
        filters: Filters::default(),
        tax: None,
        invoices: InvoiceOptions {
            date: InvoiceDate::WindowTo,
            posting_date: PostingDate::Month {
                year: 2026,
                month: 2,
            },
            series: "default".to_owned(),
            auto_post: true,
        },
        formats: Default::default(),
    })
}

fn asked(wanted: &str) -> String {
    let mut view = BookView::empty();
    view.runs = vec![record(
        "monthly@2026-02-01",
        "2026-02-01",
        1,
        &[("USD", "56.79")],
    )];
    view.claims = Claims::checked(table(
        Claims::SCHEMA,
        "service_id | charge | run_id | billed_from | billed_through | effect
         F-1 | fiber | monthly@2026-01-01 | 2026-01-01 | 2026-02-01 | claimed
         F-1 | fiber | monthly@2026-02-01 | 2026-02-01 | 2026-02-16 | claimed
         P-1 | phone | monthly@2026-01-01 | 2026-01-01 | 2026-02-01 | claimed
         P-1 | phone | monthly@2026-01-01 | 2026-01-01 | 2026-02-01 | reopened
         P-1 | phone | monthly@2026-02-01 | 2026-02-01 | 2026-03-01 | claimed",
    ));
    view.exceptions = Exceptions::checked(table(
        Exceptions::SCHEMA,
        "run_id | account_id | subscription_id | service_id | charge | stage | code | message
         monthly@2026-02-01 | A-2 | S-2 | F-2 | fiber | rate | BW-R104 | no unit_price in services.csv, row 4",
    ));
    let lines = table(
        Lines::SCHEMA,
        "line_id | invoice_id | run_id | account_id | subscription_id | service_id | charge | description | period_start | period_end | quantity | amount | currency | tax_category | scheme | model | unit_price | price_from | price_version | proration | days | period_days | rounding
         F-1:fiber:2026-02-01 | monthly@2026-02-01/A-1 | monthly@2026-02-01 | A-1 | S-1 | F-1 | fiber | Fiber 500 | 2026-02-01 | 2026-02-16 | 1 | 26.79 | USD | standard | retail | flat | 50.00 | scheme | 2026-01-01 | daily | 15 | 28 | half_up
         P-1:phone:2026-02-01 | monthly@2026-02-01/A-1 | monthly@2026-02-01 | A-1 | S-1 | P-1 | phone | Phone | 2026-02-01 | 2026-03-01 | 3 | 30.00 | USD | standard | retail | per_unit | 10.00 | service | | none | 28 | 28 | half_up",
    );
    let invoices = table(
        Invoices::SCHEMA,
        "invoice_id | number | sequence | series | run_id | account_id | currency | invoice_date | posting_date | due_date | net | tax | total | prior_balance | applied | amount_due | period_start | period_end
         monthly@2026-02-01/A-1 | INV-7 | 7 | default | monthly@2026-02-01 | A-1 | USD | 2026-02-01 | 2026-02-28 | 2026-02-15 | 56.79 | 4.12 | 60.91 | 0 | 0 | 60.91 | 2026-02-01 | 2026-03-01",
    );
    let taxes = table(
        InvoiceTaxes::SCHEMA,
        "invoice_id | category | rate | base | tax
         monthly@2026-02-01/A-1 | standard | 7.25 | 56.79 | 4.12",
    );
    let exclusions = table(
        Exclusions::SCHEMA,
        "run_id | account_id | subscription_id | service_id | charge | stage | code | message
         monthly@2026-02-01 | A-1 | S-1 | E-1 | phone | identify | ended | ended on 2025-12-31",
    );
    let standings = table(
        Standings::SCHEMA,
        "account_id | subscription_id | service_id | charge | standing | billed_through | next_ready_on
         A-1 | S-1 | F-1 | fiber | not_due | 2026-02-16 | 2026-03-01
         A-1 | S-1 | E-1 | phone | excluded:ended | |
         A-2 | S-2 | F-2 | fiber | excepted:BW-R104 | |
         A-2 | S-2 | G-2 | fiber | not_selected:classification | |",
    );
    let known = Known {
        view: &view,
        lines: Lines::checked(lines),
        invoices: Invoices::checked(invoices),
        drafts: Drafts::empty(),
        taxes: InvoiceTaxes::checked(taxes),
        exclusions: Exclusions::checked(exclusions),
        definition: &definition,
        trials: vec![Trial {
            definition: "monthly".to_owned(),
            as_of: Date::parse("2026-02-20").unwrap().to_string(),
            standings: Standings::checked(standings),
        }],
    };
    match explain(wanted, &known) {
        Ok(page) => page.text(shown),
        Err(report) => report.text(false),
    }
}

#[test]
fn a_line_is_explained_from_price_to_rounded_amount() {
    insta::assert_snapshot!(asked("F-1:fiber:2026-02-01"), @"");
    insta::assert_snapshot!(asked("P-1:phone:2026-02-01"), @"");
}

#[test]
fn an_invoice_is_explained_by_number_with_its_taxes_and_the_reason_of_each_date() {
    insta::assert_snapshot!(asked("INV-7"), @"");
}

#[test]
fn a_service_that_was_not_billed_says_why() {
    insta::assert_snapshot!(asked("F-2"), @"");
    insta::assert_snapshot!(asked("G-2"), @"");
    insta::assert_snapshot!(asked("P-1"), @"");
}

#[test]
fn an_account_shows_everything_the_book_knows() {
    insta::assert_snapshot!(asked("A-1"), @"");
}

#[test]
fn a_name_that_nothing_has_offers_the_nearest() {
    insta::assert_snapshot!(asked("INV-8"), @"");
}
