//! What a customer gets.

use super::super::sample::{INVOICE, LINES, PARTY, TAX};
use super::*;

/// A row with some of its cells replaced.
fn with<'a>(row: &[&'a str], cells: &[(usize, &'a str)]) -> Vec<&'a str> {
    let mut row = row.to_vec();
    for (at, text) in cells {
        row[*at] = text;
    }
    row
}

fn slices<'r, 't>(rows: &'r [Vec<&'t str>]) -> Vec<&'r [&'t str]> {
    rows.iter().map(Vec::as_slice).collect()
}

fn rendered(batch: &Batch, format: Format) -> String {
    let document = document(&shipped(), batch, 0, format);
    document
        .unwrap_or_else(|problem| panic!("{}", problem.text(false)))
        .text
}

/// The sample with another name of the account.
fn named(name: &str) -> Batch {
    sample::of(&[INVOICE], &[&with(PARTY, &[(2, name)])], &[TAX], LINES)
}

#[test]
fn an_invoice_in_plain_text_says_what_is_owed_for_what_and_how_to_pay() {
    insta::assert_snapshot!(rendered(&sample::batch(), Format::Text), @r"
Sample Telephone, Inc.
1 Exchange Plaza, Los Angeles, CA 90012

INVOICE INV-2026-000001

Billed to       Ada Sample
                12 Sample Street
                Los Angeles, CA 90012
Account         A-1
Invoice date    February 1, 2026
Due date        February 15, 2026

------------------------------------------------------------------------
Internet, fiber optic                                           1,050.00
  February 1 – 28, 2026
Phone line                                                         12.00
  3 x 4.00
  February 1 – 28, 2026
Streaming, movies                                                   5.00
  14 of 28 days of 10.00
  February 15 – 28, 2026
------------------------------------------------------------------------
Subtotal                                                        1,067.00
Tax 7.25% on 1,067.00                                              77.36
AMOUNT DUE, USD                                                 1,144.36

Please pay $1,144.36 by February 15, 2026.
To         Sample Telephone, Inc.
           Sample Bank, account 0123456789
Reference  INV-2026-000001

Questions? Write to billing@example.com
Sample Telephone, Inc., Tax ID 95-1234567
");
}

#[test]
fn a_paying_customer_is_told_that_there_is_nothing_to_do() {
    let invoice = with(
        INVOICE,
        &[(12, "5.00"), (13, "0"), (14, "5.00"), (17, "5.00")],
    );
    let party = with(
        PARTY,
        &[
            (4, ""),
            (5, ""),
            (7, ""),
            (13, "true"),
            (14, "bank_transfer"),
        ],
    );
    let tax = with(TAX, &[(1, "untaxed"), (2, "0"), (3, "5.00"), (4, "0")]);
    let batch = sample::of(&[&invoice], &[&party], &[&tax], &[LINES[2]]);
    insta::assert_snapshot!(rendered(&batch, Format::Text), @r"
Sample Telephone, Inc.
1 Exchange Plaza, Los Angeles, CA 90012

INVOICE INV-2026-000001

Billed to       Ada Sample
                12 Sample Street
Account         A-1
Invoice date    February 1, 2026
Due date        February 15, 2026
Service period  February 1 – 28, 2026

------------------------------------------------------------------------
Streaming, movies                                                   5.00
  14 of 28 days of 10.00
------------------------------------------------------------------------
AMOUNT DUE, USD                                                     5.00

There is nothing for you to do: we will collect $5.00 automatically
by bank transfer, due February 15, 2026.

Questions? Write to billing@example.com
Sample Telephone, Inc., Tax ID 95-1234567
");
}

#[test]
fn data_is_printed_letter_by_letter() {
    let name = r#"{{ 7*7 }}<script>alert("1")</script>' & Co"#;
    let html = rendered(&named(name), Format::Html);
    assert!(
        html.contains("{{ 7*7 }}&lt;script&gt;alert(&quot;1&quot;)&lt;"),
        "{html}"
    );
    assert!(!html.contains("<script"));
    assert!(rendered(&named(name), Format::Text).contains(name));
}

#[test]
fn the_same_invoice_gives_the_same_bytes() {
    for format in [Format::Html, Format::Text] {
        assert_eq!(
            rendered(&sample::batch(), format),
            rendered(&sample::batch(), format)
        );
    }
}

#[test]
fn each_invoice_gets_its_own_party_taxes_and_lines() {
    let (second, third) = (
        &[(0, "R/A-0"), (1, "N2"), (2, "2"), (7, "A-0")],
        &[(1, "R/A-0")],
    );
    let invoices = [INVOICE.to_vec(), with(INVOICE, second)];
    let parties = [
        PARTY.to_vec(),
        with(PARTY, &[(0, "R/A-0"), (1, "A-0"), (2, "Bob Second")]),
    ];
    let taxes = [TAX.to_vec(), with(TAX, &[(0, "R/A-0")])];
    let lines: Vec<_> = LINES
        .iter()
        .map(|line| line.to_vec())
        .chain(LINES.iter().map(|line| with(line, third)))
        .collect();
    let batch = sample::of(
        &slices(&invoices),
        &slices(&parties),
        &slices(&taxes),
        &slices(&lines),
    );
    assert_eq!(batch.len(), 2);
    let templates = shipped();
    let text = |row| {
        document(&templates, &batch, row, Format::Text)
            .unwrap_or_else(|it| panic!("{}", it.text(false)))
    };
    assert_eq!(
        [text(0).name, text(1).name],
        ["INV-2026-000001.txt", "N2.txt"]
    );
    assert!(text(0).text.contains("Ada Sample") && text(1).text.contains("Bob Second"));
    assert_eq!(text(0).text.matches("Phone line").count(), 1);
}

#[test]
#[should_panic(expected = "lines of invoice R/A-1")]
fn lines_that_do_not_add_up_are_never_printed() {
    sample::of(&[INVOICE], &[PARTY], &[TAX], &LINES[1..]);
}

/// P40: names come from numbers, never from data.
#[test]
fn a_file_is_named_after_the_number_and_stays_in_its_folder() {
    assert_eq!(
        file_name("INV-2026-000001", Format::Html),
        "INV-2026-000001.html"
    );
    assert_eq!(file_name("../é/1", Format::Text), "%2E.%2F%C3%A9%2F1.txt");
}

/// P8: the total printed is the total booked.
#[test]
fn a_document_must_show_the_total_that_is_booked() {
    let only = |text: &str| {
        let templates = Templates::parse(&texts(&[("invoice.txt", text)])).unwrap();
        document(&templates, &sample::batch(), 0, Format::Text)
            .map_err(|it| format!("{} {}", it.code, it.message))
            .map(|it| it.text)
    };
    assert_eq!(
        only("Total {{ invoice.net|money }}, tax {{ invoice.tax }}")
            .err()
            .unwrap(),
        "BW-T140 the total printed is not the total booked: printed 1067.00, booked 1144.36"
    );
    assert_eq!(
        only("Pay!").err().unwrap(),
        "BW-T140 the total is not printed: booked 1144.36"
    );
    assert!(only("1{{ invoice.total }}").is_err());
    assert_eq!(only("{{ invoice.total }}.").unwrap(), "1144.36.");
    assert_eq!(
        only("${{ invoice.total|money }}, please").unwrap(),
        "$1,144.36, please"
    );
}

#[test]
fn a_document_may_fail_for_one_account_alone() {
    let templates = Templates::parse(&texts(&[(
        "invoice.txt",
        "{{ invoice.total }} {{ 1 // (account.name|length - 3) }}",
    )]))
    .unwrap();
    assert!(document(&templates, &sample::batch(), 0, Format::Text).is_ok());
    let problem = document(&templates, &named("Bob"), 0, Format::Text)
        .err()
        .unwrap();
    insta::assert_snapshot!(problem.text(false), @r"
error[BW-T107]: unable to calculate 1 // 0
 --> templates/invoice.txt:1:24
  |
1 | {{ invoice.total }} {{ 1 // (account.name|length - 3) }}
  |                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = A-1: invoice INV-2026-000001; the documents of other accounts are made
  = help: ask with `if` before using a value that may be empty or zero
");
}
