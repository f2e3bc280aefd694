//! Two accounts, one billed in part of February, one parked: what can be asked about them.

use super::*;
use crate::model::line::{Claims, Exceptions};
use crate::report::fixture::{bill_run, shown, table};
use crate::report::runs::tests::record;

fn definition(_: &RunRecord) -> Option<BillRun> {
    Some(bill_run())
}

fn asked(wanted: &str) -> String {
    let runs = [record(
        "monthly@2026-02-01",
        "2026-02-01",
        1,
        &[("USD", "56.79")],
    )];
    let claims = Claims::checked(table(
        Claims::SCHEMA,
        "service_id | charge | run_id | billed_from | billed_through | effect
         F-1 | fiber | monthly@2026-01-01 | 2026-01-01 | 2026-02-01 | claimed
         F-1 | fiber | monthly@2026-02-01 | 2026-02-01 | 2026-02-16 | claimed
         P-1 | phone | monthly@2026-01-01 | 2026-01-01 | 2026-02-01 | claimed
         P-1 | phone | monthly@2026-01-01 | 2026-01-01 | 2026-02-01 | reopened
         P-1 | phone | monthly@2026-02-01 | 2026-02-01 | 2026-03-01 | claimed",
    ));
    let exceptions = Exceptions::checked(table(
        Exceptions::SCHEMA,
        "run_id | account_id | subscription_id | service_id | charge | stage | code | message
         monthly@2026-02-01 | A-2 | S-2 | F-2 | fiber | rate | BW-R104 | no unit_price in services.csv, row 4",
    ));
    let lines = table(
        Lines::SCHEMA,
        "line_id | invoice_id | run_id | account_id | subscription_id | service_id | charge | kind | frequency | description | period_start | period_end | quantity | amount | currency | tax_category | scheme | model | unit_price | price_from | price_version | proration | days | period_days | rounding
         F-1:fiber:2026-02-01 | monthly@2026-02-01/A-1 | monthly@2026-02-01 | A-1 | S-1 | F-1 | fiber | recurring | monthly | Fiber 500 | 2026-02-01 | 2026-02-16 | 1 | 26.79 | USD | standard | retail | flat | 50.00 | scheme | 2026-01-01 | daily | 15 | 28 | half_up
         P-1:phone:2026-02-01 | monthly@2026-02-01/A-1 | monthly@2026-02-01 | A-1 | S-1 | P-1 | phone | recurring | monthly | Phone | 2026-02-01 | 2026-03-01 | 3 | 30.00 | USD | standard | retail | per_unit | 10.00 | service | | none | 28 | 28 | half_up",
    );
    let invoices = table(
        Invoices::SCHEMA,
        "invoice_id | number | sequence | series | run_id | account_id | currency | invoice_date | posting_date | due_date | net | tax | total | prior_balance | applied | amount_due | period_start | period_end
         monthly@2026-02-01/A-1 | INV-7 | 7 | default | monthly@2026-02-01 | A-1 | USD | 2026-02-01 | 2026-02-28 | 2026-02-15 | 56.79 | 4.12 | 60.91 | 0 | 0 | 60.91 | 2026-02-01 | 2026-03-01",
    );
    let taxes = table(
        InvoiceTaxes::SCHEMA,
        "invoice_id | category | part | rate | base | tax | treatment
         monthly@2026-02-01/A-1 | standard | 1 | 7.25 | 56.79 | 4.12 | taxed",
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
    let standings = Standings::checked(standings);
    let known = Known {
        runs: &runs,
        lines: Lines::checked(lines),
        invoices: Invoices::checked(invoices),
        drafts: Drafts::empty(),
        taxes: InvoiceTaxes::checked(taxes),
        exclusions: Exclusions::checked(exclusions),
        exceptions,
        claims: &|_| Ok(claims.clone()),
        definition: &definition,
        trials: &|| {
            Ok(vec![Trial {
                definition: "monthly".to_owned(),
                as_of: "2026-02-20".to_owned(),
                standings: standings.clone(),
                findings: Findings::empty(),
            }])
        },
        transactions: WalletTransactions::empty(),
        wallets: WalletStates::empty(),
        shortfalls: Shortfalls::empty(),
        estimates: WalletEstimates::empty(),
        notices: WalletNotices::empty(),
        actions: ServiceActions::empty(),
        own: &|| None,
        names: &|| Ok(vec!["INV-7".to_owned()]),
    };
    match explain(wanted, &known) {
        Ok(page) => page.text(shown),
        Err(report) => report.text(false),
    }
}

#[test]
fn a_line_is_explained_from_price_to_rounded_amount() {
    insta::assert_snapshot!(asked("F-1:fiber:2026-02-01"), @"
    Line F-1:fiber:2026-02-01
    Fiber 500, 2026-02-01 up to 2026-02-16: 50.00 a month x 15 of 28 days =
    26.785714..., rounded half up to 26.79 USD.
    The price is that of charge `fiber` in scheme `retail` (flat, in force since
    2026-01-01).
    It stands on invoice INV-7 of 2026-02-01, made by run monthly@2026-02-01 for
    account A-1
    The run claims `fiber` of service F-1 for 2026-02-01 up to 2026-02-16: no other
    run bills these days.
    Its tax category is `standard` in the taxes of the invoice.
    ");
    insta::assert_snapshot!(asked("P-1:phone:2026-02-01"), @"
    Line P-1:phone:2026-02-01
    Phone, 2026-02-01 up to 2026-03-01: 10.00 a month x 3 = 30.00 USD.
    Service P-1 names the price, for charge `phone` of scheme `retail` (per_unit, in
    force from the beginning).
    A part of a period costs the whole (proration `none`).
    It stands on invoice INV-7 of 2026-02-01, made by run monthly@2026-02-01 for
    account A-1
    The run claims `phone` of service P-1 for 2026-02-01 up to 2026-03-01: no other
    run bills these days.
    Its tax category is `standard` in the taxes of the invoice.
    ");
}

#[test]
fn an_invoice_is_explained_by_number_with_its_taxes_and_the_reason_of_each_date() {
    insta::assert_snapshot!(asked("INV-7"), @"
    Invoice INV-7
    For account A-1, made by run monthly@2026-02-01
    For 2026-02-01 up to 2026-03-01.
    Net 56.79 + tax 4.12 = total 60.91 USD.
    Amount due: 60.91 USD.

    Dates
    Invoice date 2026-02-01: the last day of the run's window (`date: window_to`).
    Posting date 2026-02-28: the account's bill day in 2026-02, as the definition
    names the month.
    Due date 2026-02-15: 14 days after the invoice date, by the payment terms.

    Lines
    line_id | description | amount | why
    F-1:fiber:2026-02-01 | Fiber 500 | 26.79 | 50.00 a month x 15 of 28 days = 26.785714..., rounded half up to 26.79 USD
    P-1:phone:2026-02-01 | Phone | 30.00 | 10.00 a month x 3 = 30.00 USD

    Taxes
    Category `standard`: 7.25 % of 56.79 = 4.117275, rounded to 4.12 USD.
    ");
}

#[test]
fn a_service_that_was_not_billed_says_why() {
    insta::assert_snapshot!(asked("F-2"), @"
    Service F-2
    Nothing of it is billed in the book.

    Could not be billed
    run_id | service_id | charge | stage | code | message
    monthly@2026-02-01 | F-2 | fiber | rate | BW-R104 | no unit_price in services.csv, row 4

    If it were run now
    run | service_id | charge | standing | why
    monthly@2026-02-20 | F-2 | fiber | excepted:BW-R104 | parked with BW-R104: no price of the service
    ");
    insta::assert_snapshot!(asked("G-2"), @"
    Service G-2
    Nothing of it is billed in the book.

    If it were run now
    run | service_id | charge | standing | why
    monthly@2026-02-20 | G-2 | fiber | not_selected:classification | the run's criterion `classification` leaves it out
    ");
    insta::assert_snapshot!(asked("P-1"), @"
    Service P-1
    The book has 1 line of it on 1 invoice.

    Billed days
    `billed_through` is the first day that is not billed.
    service_id | charge | billed_from | billed_through
    P-1 | phone | 2026-02-01 | 2026-03-01

    Lines
    line_id | period_start | period_end | amount | currency | invoice | run_id | why
    P-1:phone:2026-02-01 | 2026-02-01 | 2026-03-01 | 30.00 | USD | INV-7 | monthly@2026-02-01 | 10.00 a month x 3 = 30.00 USD
    ");
}

#[test]
fn an_account_shows_everything_the_book_knows() {
    insta::assert_snapshot!(asked("A-1"), @"
    Account A-1
    The book has 2 lines of it on 1 invoice.

    Billed days
    `billed_through` is the first day that is not billed.
    service_id | charge | billed_from | billed_through
    F-1 | fiber | 2026-01-01 | 2026-02-16
    P-1 | phone | 2026-02-01 | 2026-03-01

    Lines
    line_id | period_start | period_end | amount | currency | invoice | run_id | why
    F-1:fiber:2026-02-01 | 2026-02-01 | 2026-02-16 | 26.79 | USD | INV-7 | monthly@2026-02-01 | 50.00 a month x 15 of 28 days = 26.785714..., rounded half up to 26.79 USD
    P-1:phone:2026-02-01 | 2026-02-01 | 2026-03-01 | 30.00 | USD | INV-7 | monthly@2026-02-01 | 10.00 a month x 3 = 30.00 USD

    Rightly not billed
    run_id | service_id | charge | stage | code | message
    monthly@2026-02-01 | E-1 | phone | identify | ended | ended on 2025-12-31

    If it were run now
    run | service_id | charge | standing | why
    monthly@2026-02-20 | E-1 | phone | excluded:ended | rightly not billed: the subscription, service or account has ended
    monthly@2026-02-20 | F-1 | fiber | not_due | billed up to 2026-02-16; next ready on 2026-03-01
    ");
}

#[test]
fn a_name_that_nothing_has_offers_the_nearest() {
    insta::assert_snapshot!(asked("INV-8"), @"
    error[BW-C103]: nothing in the book has the name `INV-8`
     |
     = at INV-8
     = help: did you mean `INV-7`?
    ");
}
