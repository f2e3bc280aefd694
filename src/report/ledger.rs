//! The journal for other people's tools: hledger.

use super::row::Row;
use crate::diagnostic::{is_unprintable, shown};
use crate::model::table::Columns;
use crate::money::{Amount, Currency};
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Writes an hledger journal that passes `hledger check -s`: one transaction per invoice, by posting date and number.
///
/// `invoices`: rows of `invoice`; `postings`: their rows of `journal`. A transaction's date is the posting date, its code the
/// number, its description the account, its tags the ids and the other two dates. Debits are positive.
/// Panics where a posting belongs to no invoice, or an entry does not balance: a fault of ours.
pub fn hledger(invoices: &DataFrame, postings: &DataFrame) -> String {
    let mut entries: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    for posting in Row::all(postings) {
        let entry = entries.entry(posting.text("entry_id")).or_default();
        entry.push(posting);
    }
    let mut journal = declarations(postings);
    let mut sorted: Vec<Row> = Row::all(invoices).collect();
    sorted.sort_by_key(|row| {
        let number = (row.text("series"), row.count("sequence"));
        (row.date("posting_date"), number, row.text("invoice_id"))
    });
    for invoice in sorted {
        let postings = entries.remove(invoice.text("invoice_id"));
        transaction(&mut journal, invoice, &postings.unwrap_or_default());
    }
    assert!(
        entries.is_empty(),
        "postings without an invoice: {:?}",
        entries.keys().next()
    );
    journal
}

/// Strict mode wants every account and every currency declared before it is used.
fn declarations(postings: &DataFrame) -> String {
    let distinct = |column| {
        let names = postings.text(column).iter().flatten();
        names.collect::<BTreeSet<_>>()
    };
    let mut text = String::new();
    for currency in distinct("currency") {
        let digits = Currency::parse(currency).map_or(2, Currency::minor_digits);
        let fraction = "0".repeat(digits as usize);
        let _ = writeln!(text, "commodity 1000.{fraction} {currency}");
    }
    for account in distinct("ledger_account") {
        let _ = writeln!(text, "account {account}");
    }
    text
}

fn transaction(journal: &mut String, invoice: Row, postings: &[Row]) {
    let day = |name| {
        let day = invoice.date(name);
        day.map_or_else(String::new, |day| day.to_string())
    };
    let _ = write!(
        journal,
        "\n{} ({}) {}\n    ; invoice_id:{}, run_id:{}\n    ; invoice_date:{}, due_date:{}\n",
        day("posting_date"),
        inert(invoice.text("number")),
        inert(invoice.text("account_id")),
        inert(invoice.text("invoice_id")),
        inert(invoice.text("run_id")),
        day("invoice_date"),
        day("due_date"),
    );
    let mut balance = 0;
    for posting in postings {
        let side = |name| posting.amount(name).unwrap_or(Amount::ZERO);
        let amount = side("debit").checked_sub(side("credit"));
        let amount = amount.expect("a posting has one side");
        balance += amount.units();
        let _ = writeln!(
            journal,
            "    {:<40}  {:>16} {}",
            posting.text("ledger_account"),
            super::row::money(amount, posting.text("currency")),
            posting.text("currency"),
        );
    }
    assert_eq!(
        balance,
        0,
        "{} does not balance",
        invoice.text("invoice_id")
    );
}

/// An id with the characters that mean something to hledger percent-encoded: `;` begins a comment, `,` ends a tag, `|` parts
/// payee and note, `)` ends a code.
fn inert(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for character in id.chars() {
        match character {
            ';' | ',' | '|' | ')' => {
                let _ = write!(out, "%{:02X}", u32::from(character));
            }
            _ if is_unprintable(character) => out.push_str(&shown(&character.to_string())),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draft::{Invoices, Postings};
    use crate::report::fixture::table;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    fn journal() -> String {
        let invoices = table(
            Invoices::SCHEMA,
            "invoice_id | number | sequence | series | run_id | account_id | currency | invoice_date | posting_date | due_date
             R/A-1 | INV-2 | 2 | default | R | A-1; (odd), | USD | 2026-02-01 | 2026-02-28 | 2026-02-15
             R/A-2 | INV-1 | 1 | default | R | A-2 | JPY | 2026-02-01 | 2026-02-28 | 2026-02-15",
        );
        let postings = table(
            Postings::SCHEMA,
            "entry_id | run_id | invoice_id | ledger_account | debit | credit | currency | posting_date
             R/A-1 | R | R/A-1 | assets:receivable | 107.25 | 0 | USD | 2026-02-28
             R/A-1 | R | R/A-1 | income:services | 0 | 100 | USD | 2026-02-28
             R/A-1 | R | R/A-1 | liabilities:tax | 0 | 7.25 | USD | 2026-02-28
             R/A-2 | R | R/A-2 | assets:receivable | 1200 | 0 | JPY | 2026-02-28
             R/A-2 | R | R/A-2 | income:services | 0 | 1200 | JPY | 2026-02-28",
        );
        hledger(&invoices, &postings)
    }

    #[test]
    fn each_invoice_is_one_balanced_transaction_in_the_order_of_numbers() {
        insta::assert_snapshot!(journal(), @"
        commodity 1000. JPY
        commodity 1000.00 USD
        account assets:receivable
        account income:services
        account liabilities:tax

        2026-02-28 (INV-1) A-2
            ; invoice_id:R/A-2, run_id:R
            ; invoice_date:2026-02-01, due_date:2026-02-15
            assets:receivable                                     1200 JPY
            income:services                                      -1200 JPY

        2026-02-28 (INV-2) A-1%3B (odd%29%2C
            ; invoice_id:R/A-1, run_id:R
            ; invoice_date:2026-02-01, due_date:2026-02-15
            assets:receivable                                   107.25 USD
            income:services                                    -100.00 USD
            liabilities:tax                                      -7.25 USD
        ");
    }

    /// The independent proof, where hledger is installed; `./test` installs it.
    #[test]
    fn hledger_accepts_the_journal_in_strict_mode() {
        let command = Command::new("hledger")
            .args(["check", "-s", "-f", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut hledger) = command else {
            return;
        };
        hledger
            .stdin
            .take()
            .unwrap()
            .write_all(journal().as_bytes())
            .unwrap();
        let ended = hledger.wait_with_output().unwrap();
        assert!(
            ended.status.success(),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
    }
}
