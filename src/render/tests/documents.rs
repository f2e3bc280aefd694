use super::*;
use crate::render::sample::{self, with};

fn rendered(sample: &Sample, format: Format) -> String {
    let document = document(&shipped(), &sample.batch(), 0, format);
    document
        .unwrap_or_else(|problem| panic!("{}", problem.text(false)))
        .text
}

/// The sample with another name of the account.
fn named(name: &'static str) -> Sample {
    let mut sample = Sample::invoice();
    sample.party.push(("name", name));
    sample
}

/// An invoice with one line of the sample on it, and no tax.
fn only(line: usize) -> Sample {
    let mut sample = Sample::invoice();
    sample.lines = vec![sample.lines[line].clone()];
    let amount = |name| {
        let cells = sample.lines[0].iter().rev();
        let mut found = cells.filter(|(column, _)| *column == name);
        found.next().map_or("", |(_, text)| *text)
    };
    let (amount, start, end) = (
        amount("amount"),
        amount("period_start"),
        amount("period_end"),
    );
    sample.invoice.extend([
        ("net", amount),
        ("tax", "0"),
        ("total", amount),
        ("amount_due", amount),
        ("prior_balance", "0"),
        ("group_key", ""),
        ("period_start", start),
        ("period_end", end),
    ]);
    sample.taxes.clear();
    sample
}

/// What stands between the rules of the plain text: the lines.
fn lines_of(sample: &Sample) -> String {
    let text = rendered(sample, Format::Text);
    let rule = "-".repeat(72);
    text.split(&rule)
        .nth(1)
        .unwrap()
        .trim_matches('\n')
        .to_owned()
}

#[test]
fn an_invoice_in_plain_text_says_what_is_owed_for_what_and_how_to_pay() {
    insta::assert_snapshot!(rendered(&Sample::invoice(), Format::Text), @r"
Sample Telephone, Inc.
1 Exchange Plaza, Los Angeles, CA 90012

INVOICE INV-2026-000001
for north

Billed to       Ada Sample
                12 Sample Street
                Los Angeles, CA 90012
Account         A-1
Invoice date    February 1, 2026
Due date        February 15, 2026
Payment terms   14 days

------------------------------------------------------------------------
ADA SAMPLE
Calls, minutes                                                     19.60
  620 used, 100 included
  400 at 0.04
  120 at 0.03
  2 free
  January 1 – 31, 2026
Internet, fiber optic                                           1,050.00
  February 1 – 28, 2026
Phone line                                                         12.00
  3 x 4.00
  February 1 – 28, 2026
Streaming, movies                                                   5.00
  14 of 28 days of 10.00
  February 15 – 28, 2026
Credit: Streaming, sports                                          -2.50
  7 of 31 days not used
  January 25 – 31, 2026
  credits line S-5:sports:2026-01-01

BOB SAMPLE
Installation                                                       49.00
  January 20, 2026
------------------------------------------------------------------------
Subtotal                                                        1,133.10
Tax 7.25% on 1,133.10                                              82.15
AMOUNT DUE, USD                                                 1,215.25

Balance of your account before                                     20.00
Balance with this invoice                                       1,235.25

Please pay $1,215.25 by February 15, 2026.
To         Sample Telephone, Inc.
           Sample Bank, account 0123456789
Reference  INV-2026-000001

Questions? Write to billing@example.com
Sample Telephone, Inc., Tax ID 95-1234567
");
}

#[test]
fn a_credit_note_says_so_and_what_it_takes_back() {
    insta::assert_snapshot!(rendered(&Sample::credit_note(), Format::Text), @r"
Sample Telephone, Inc.
1 Exchange Plaza, Los Angeles, CA 90012

CREDIT NOTE CN-000001
for north

Credited to     Ada Sample
                12 Sample Street
                Los Angeles, CA 90012
Account         A-1
Date            February 1, 2026
Service period  January 25 – 31, 2026

------------------------------------------------------------------------
Streaming, sports                                                  -2.50
  7 of 31 days not used
  credits line S-5:sports:2026-01-01
------------------------------------------------------------------------
Subtotal                                                           -2.50
Tax 7.25% on -2.50                                                 -0.18
TOTAL CREDIT, USD                                                  -2.68

Balance of your account before                                     20.00
Balance with this credit note                                      17.32

We have credited $2.68 to your account. There is nothing for you to do.

Questions? Write to billing@example.com
Sample Telephone, Inc., Tax ID 95-1234567
");
    let html = rendered(&Sample::credit_note(), Format::Html);
    assert!(html.contains("<title>Credit note CN-000001 – Sample Telephone, Inc.</title>"));
    assert!(!html.contains("Please pay"));
}

#[test]
fn a_paying_customer_is_told_that_there_is_nothing_to_do() {
    let mut sample = only(2);
    sample.party = with(
        &sample.party,
        &[
            ("postcode", ""),
            ("city", ""),
            ("region", ""),
            ("auto_pay", "true"),
            ("payment_method", "bank_transfer"),
        ],
    );
    insta::assert_snapshot!(rendered(&sample, Format::Text), @r"
Sample Telephone, Inc.
1 Exchange Plaza, Los Angeles, CA 90012

INVOICE INV-2026-000001

Billed to       Ada Sample
                12 Sample Street
Account         A-1
Invoice date    February 1, 2026
Due date        February 15, 2026
Payment terms   14 days
Service period  February 15 – 28, 2026

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
fn a_discount_says_its_percentage() {
    let mut sample = only(0);
    sample.lines[0].extend([
        ("kind", "discount"),
        ("description", "Discount"),
        ("model", "percent_off"),
        ("unit_price", "12.5"),
        ("quantity", "1050.00"),
        ("per", ""),
    ]);
    insta::assert_snapshot!(lines_of(&sample), @r"
  Discount                                                      1,050.00
    12.5 % off
");
}

#[test]
fn usage_says_how_much_at_which_price() {
    let mut sample = only(3);
    insta::assert_snapshot!(lines_of(&sample), @r"
Calls, minutes                                                     19.60
  620 used, 100 included
  400 at 0.04
  120 at 0.03
  2 free
");
    sample.lines[0].extend([
        ("events", ""),
        ("quantity", "120.5"),
        ("quantity_before", "500"),
        ("tiers", "400 x 0.04 + 5.00 + 120.5 x 0.03"),
    ]);
    insta::assert_snapshot!(lines_of(&sample), @r"
Calls, minutes                                                     19.60
  120.5 used, after 500 before, 100 included
  400 at 0.04 plus 5.00
  120.5 at 0.03, for the period so far
");
    sample.lines[0].extend([("carried_in", "40"), ("carried_out", "25")]);
    assert!(lines_of(&sample).contains("120.5 used, after 500 before, 100 included less 25 carried over, 40 from the period before\n"));
    sample.lines[0].extend([
        ("quantity_before", "0"),
        ("included", ""),
        ("carried_in", ""),
        ("carried_out", ""),
        ("model", "package"),
        ("tiers", "120.5 / 25 x 3.90"),
    ]);
    insta::assert_snapshot!(lines_of(&sample), @r"
Calls, minutes                                                     19.60
  120.5 used
  5 x 25 at 3.90
");
    sample.lines[0].extend([
        ("model", "graduated_percentage"),
        ("tiers", "100 x 0.029 + 0.35 + 20.5 x 0.0195"),
    ]);
    insta::assert_snapshot!(lines_of(&sample), @r"
Calls, minutes                                                     19.60
  120.5 used
  2.9 % of 100 plus 0.35
  1.95 % of 20.5
");
    sample.lines[0].extend([
        ("quantity", "0"),
        ("quantity_before", "0"),
        ("included", ""),
        ("tiers", ""),
        ("model", "per_unit"),
        ("unit_price", "0.04"),
        ("bound", "minimum"),
    ]);
    insta::assert_snapshot!(lines_of(&sample), @r"
Calls, minutes                                                     19.60
  0 used
  0.04 each
  minimum charge
");
}

#[test]
fn rows_that_are_charged_one_by_one_say_what_they_cost() {
    let mut sample = only(3);
    sample.lines[0].extend([
        ("quantity", "3661"),
        ("included", "0"),
        ("tiers", ""),
        ("model", "windows"),
        ("events", "1861 x 0.001 + 1800 x 0.002 + fee 2 x 0.10 + minimum 1 x 0.35 + maximum 1 x 2.50 after 60 x 0.001"),
    ]);
    insta::assert_snapshot!(lines_of(&sample), @r"
Calls, minutes                                                     19.60
  3661 used
  1861 at 0.001
  1800 at 0.002
  2 x a fee of 0.10
  1 at the minimum of 0.35
  1 at the maximum of 2.50
");
}

#[test]
fn a_price_for_another_time_than_the_period_says_for_which() {
    let mut sample = only(1);
    sample.lines[0].extend([("frequency", "quarterly"), ("amount", "12.00")]);
    insta::assert_snapshot!(lines_of(&sample), @r"
Phone line                                                         12.00
  3 x 4.00 per month
");
}

/// A part of a period that costs the whole is not said to be a part.
#[test]
fn only_what_was_prorated_says_so() {
    let mut sample = only(2);
    sample.lines[0].push(("proration", "none"));
    insta::assert_snapshot!(lines_of(&sample), @r"
Streaming, movies                                                   5.00
");
}

#[test]
fn an_exempt_account_and_tax_by_line_are_named() {
    let mut sample = only(0);
    sample.party.push(("tax_exempt", "true"));
    let text = rendered(&sample, Format::Text);
    assert!(
        text.contains(&format!("{:<56}{:>16}", "Tax", "exempt")),
        "{text}"
    );
    let mut sample = only(0);
    sample.lines[0].push(("tax", "76.13"));
    sample.invoice.extend([
        ("tax", "76.13"),
        ("total", "1126.13"),
        ("amount_due", "1126.13"),
    ]);
    sample.taxes = vec![with(
        &Sample::invoice().taxes[0],
        &[("base", "1050.00"), ("tax", "76.13")],
    )];
    assert!(rendered(&sample, Format::Text).contains("\n  tax 76.13\n"));
    assert!(rendered(&sample, Format::Html).contains("<td class=\"money\">$76.13</td>"));
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
            rendered(&Sample::invoice(), format),
            rendered(&Sample::invoice(), format)
        );
    }
}

/// The sample for another account.
fn second() -> Sample {
    let mut second = Sample::invoice();
    let id = ("invoice_id", "R/A-0");
    second.invoice.extend([
        id,
        ("number", "N2"),
        ("sequence", "2"),
        ("account_id", "A-0"),
    ]);
    second
        .party
        .extend([id, ("account_id", "A-0"), ("name", "Bob Second")]);
    second.taxes[0].push(id);
    second.lines.iter_mut().for_each(|line| line.push(id));
    second
}

#[test]
fn each_invoice_gets_its_own_party_taxes_and_lines() {
    let batch = sample::of(&[Sample::invoice(), second()]);
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
fn a_group_has_its_own_template_and_formats() {
    let mut other = second();
    other
        .party
        .extend([("template", "letter"), ("formats", "txt html")]);
    let batch = sample::of(&[Sample::invoice(), other]);
    assert_eq!(batch.formats(0), None);
    assert_eq!(batch.formats(1), Some(&[Format::Text, Format::Html][..]));
    let files = [
        ("invoice.txt", TEXT),
        ("letter.txt", "Dear {{ account.name }}, {{ invoice.total }}"),
    ];
    let templates = Templates::parse(&texts(&files)).unwrap();
    let letter = document(&templates, &batch, 1, Format::Text)
        .unwrap_or_else(|it| panic!("{}", it.text(false)));
    assert_eq!(
        (letter.name.as_str(), letter.text.as_str()),
        ("N2.txt", "Dear Bob Second, 1215.25")
    );
    let missing = document(&templates, &batch, 1, Format::Html).err().unwrap();
    assert_eq!(missing.message, "no template `letter.html`");
}

#[test]
#[should_panic(expected = "lines of invoice R/A-1")]
fn lines_that_do_not_add_up_are_never_printed() {
    let mut sample = Sample::invoice();
    sample.lines.pop();
    sample.batch();
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
    let only = |text: &str, sample: Sample| {
        let templates = Templates::parse(&texts(&[("invoice.txt", text)])).unwrap();
        document(&templates, &sample.batch(), 0, Format::Text)
            .map_err(|it| format!("{} {}", it.code, it.message))
            .map(|it| it.text)
    };
    let invoice = |text| only(text, Sample::invoice());
    assert_eq!(
        invoice("Total {{ invoice.net|money }}, tax {{ invoice.tax }}")
            .err()
            .unwrap(),
        "BW-T140 the total printed is not the total booked: printed 1133.10, booked 1215.25"
    );
    assert_eq!(
        invoice("Pay!").err().unwrap(),
        "BW-T140 the total is not printed: booked 1215.25"
    );
    assert!(invoice("1{{ invoice.total }}").is_err());
    assert_eq!(invoice("{{ invoice.total }}.").unwrap(), "1215.25.");
    assert_eq!(
        invoice("${{ invoice.total|money }}, please").unwrap(),
        "$1,215.25, please"
    );
    let credit = only(
        "We owe you {{ invoice.total|absolute|money(invoice.currency) }}",
        Sample::credit_note(),
    );
    assert_eq!(credit.unwrap(), "We owe you $2.68");
}

#[test]
fn a_document_may_fail_for_one_account_alone() {
    let templates = Templates::parse(&texts(&[(
        "invoice.txt",
        "{{ invoice.total }} {{ 1 // (account.name|length - 3) }}",
    )]))
    .unwrap();
    assert!(document(&templates, &Sample::invoice().batch(), 0, Format::Text).is_ok());
    let problem = document(&templates, &named("Bob").batch(), 0, Format::Text)
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
