//! The journal for other people's tools: hledger.

use super::blocks::write_rows;
use super::table::{Column, digits};
use crate::calendar::Date;
use crate::diagnostic::{is_unprintable, shown};
use crate::model::table::Columns;
use crate::money::{Amount, Currency};
use polars::prelude::{DataFrame, StringChunked};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

/// What a journal is written from: columns of `invoice`, and of their rows of `journal` in key order.
pub struct Journal {
    invoices: DataFrame,
    postings: DataFrame,
    /// Row of each invoice, by posting date and number, and those of its postings.
    entries: Vec<(usize, Range<usize>)>,
}

impl Journal {
    /// The columns of `invoice` and of `journal` that it needs.
    pub const INVOICE: &[&str] = &[
        "invoice_id",
        "number",
        "sequence",
        "series",
        "run_id",
        "account_id",
        "currency",
        "invoice_date",
        "posting_date",
        "due_date",
    ];
    pub const POSTING: &[&str] = &["entry_id", "ledger_account", "debit", "credit", "currency"];

    /// Panics where a posting belongs to no invoice: a fault of ours.
    pub fn new(invoices: DataFrame, postings: DataFrame) -> Self {
        let mut entries = entries(invoices.text("invoice_id"), postings.text("entry_id"));
        let posted: Vec<Option<Date>> = invoices.dates("posting_date").collect();
        let (series, sequence) = (invoices.text("series"), invoices.counts("sequence"));
        // Stable, and by their ids before.
        entries.sort_by_key(|(row, _)| (posted[*row], series.get(*row), sequence.get(*row)));
        Self {
            entries,
            invoices,
            postings,
        }
    }

    /// Writes an hledger journal that passes `hledger check -s`: one transaction per invoice.
    ///
    /// A transaction's date is the posting date, its code the number, its description the account, its tags the ids and the other two
    /// dates. Debits are positive. Panics where an entry does not balance: a fault of ours.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(declarations(&self.postings).as_bytes())?;
        let columns = Written::of(self);
        write_rows(out, self.entries.len(), |at, text| {
            let (invoice, postings) = &self.entries[at];
            columns.transaction(*invoice, postings.clone(), text);
        })
    }
}

/// The columns of a journal, each as it is written.
struct Written<'a> {
    number: &'a StringChunked,
    account_id: &'a StringChunked,
    invoice_id: &'a StringChunked,
    run_id: &'a StringChunked,
    posting_date: Column,
    invoice_date: Column,
    due_date: Column,
    ledger_account: &'a StringChunked,
    currency: &'a StringChunked,
    /// Debit less credit, in units of an amount.
    sides: Vec<i128>,
    digits: Arc<[u8]>,
}

impl<'a> Written<'a> {
    fn of(
        Journal {
            invoices, postings, ..
        }: &'a Journal,
    ) -> Self {
        let side = |name| postings.units(name).map(Option::unwrap_or_default);
        let sides = side("debit")
            .zip(side("credit"))
            .map(|(debit, credit)| debit - credit);
        Self {
            number: invoices.text("number"),
            account_id: invoices.text("account_id"),
            invoice_id: invoices.text("invoice_id"),
            run_id: invoices.text("run_id"),
            posting_date: Column::days(invoices, "posting_date"),
            invoice_date: Column::days(invoices, "invoice_date"),
            due_date: Column::days(invoices, "due_date"),
            ledger_account: postings.text("ledger_account"),
            currency: postings.text("currency"),
            sides: sides.collect(),
            digits: digits(postings.text("currency")),
        }
    }

    fn transaction(&self, invoice: usize, postings: Range<usize>, out: &mut String) {
        let day = |column: &Column, out: &mut String| {
            column.put(invoice, out);
        };
        let id = |column: &StringChunked, out: &mut String| {
            inert(column.get(invoice).unwrap_or_default(), out);
        };
        out.push('\n');
        day(&self.posting_date, out);
        out.push_str(" (");
        id(self.number, out);
        out.push_str(") ");
        id(self.account_id, out);
        out.push_str("\n    ; invoice_id:");
        id(self.invoice_id, out);
        out.push_str(", run_id:");
        id(self.run_id, out);
        out.push_str("\n    ; invoice_date:");
        day(&self.invoice_date, out);
        out.push_str(", due_date:");
        day(&self.due_date, out);
        out.push('\n');
        let mut balance = 0;
        let mut amount = String::new();
        for posting in postings {
            balance += self.sides[posting];
            amount.clear();
            Amount::put_units(
                self.sides[posting],
                self.digits[posting].into(),
                &mut amount,
            );
            let account = self.ledger_account.get(posting).unwrap_or_default();
            let currency = self.currency.get(posting).unwrap_or_default();
            let _ = writeln!(out, "    {account:<40}  {amount:>16} {currency}");
        }
        let name = self.invoice_id.get(invoice).unwrap_or_default();
        assert_eq!(balance, 0, "{name} does not balance");
    }
}

/// The rows of invoices by their ids, each with the rows of its postings, which are in that order too.
fn entries(invoices: &StringChunked, postings: &StringChunked) -> Vec<(usize, Range<usize>)> {
    let mut rows: Vec<usize> = (0..invoices.len()).collect();
    rows.sort_by_key(|row| invoices.get(*row));
    let mut ids = postings.iter().enumerate().peekable();
    let entries = rows.into_iter().map(|row| {
        let id = invoices.get(row);
        let start = ids.peek().map_or(postings.len(), |(at, _)| *at);
        let mut end = start;
        while ids.next_if(|(_, posting)| *posting == id).is_some() {
            end += 1;
        }
        (row, start..end)
    });
    let entries = entries.collect();
    let alone = ids.next();
    assert!(alone.is_none(), "postings without an invoice: {alone:?}");
    entries
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

/// An id with the characters that mean something to hledger percent-encoded: `;` begins a comment, `,` ends a tag, `|` parts
/// payee and note, `)` ends a code.
fn inert(id: &str, out: &mut String) {
    let is_inert = |byte: u8| byte.is_ascii_graphic() && !b";,|)".contains(&byte);
    if id.bytes().all(is_inert) {
        return out.push_str(id);
    }
    for character in id.chars() {
        match character {
            ';' | ',' | '|' | ')' => {
                let _ = write!(out, "%{:02X}", u32::from(character));
            }
            _ if is_unprintable(character) => out.push_str(&shown(&character.to_string())),
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draft::{Invoices, Postings};
    use crate::report::fixture::table;
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
        let mut text = Vec::new();
        Journal::new(invoices, postings).write(&mut text).unwrap();
        String::from_utf8(text).unwrap()
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
