//! The accounts of a run, each with what became of it.

use super::table::{Column, Side, Table, digits};
use crate::model::plan::RunState;
use crate::model::table::Columns;
use polars::prelude::{ChunkedCollectInferIterExt, DataFrame, StringChunked};
use std::collections::BTreeSet;

/// What a run made and set aside.
pub struct Sides {
    pub state: RunState,
    /// Whether wallets were debited, in place of invoices.
    pub is_debited: bool,
    /// `account_id` of each line.
    pub lines: DataFrame,
    /// `account_id`, `currency` and `total` of each row of `invoice`, or of `draft`, or of each debit.
    pub invoices: DataFrame,
    /// `account_id` and `code` of what was set aside.
    pub exceptions: DataFrame,
    pub exclusions: DataFrame,
}

/// How an account came out of a run.
#[derive(Default)]
struct Outcome<'a> {
    lines: usize,
    invoices: usize,
    /// Of its last invoice.
    currency: Option<&'a str>,
    /// In units of an amount.
    total: i128,
    /// Codes of exceptions, and reasons of exclusions.
    failed: BTreeSet<&'a str>,
    excluded: BTreeSet<&'a str>,
}

impl Outcome<'_> {
    fn state(&self, of_run: RunState) -> &'static str {
        match (self.lines + self.invoices, self.failed.is_empty()) {
            (1.., _) => of_run.name(),
            (0, false) => "parked",
            (0, true) => "excluded",
        }
    }

    fn total(&self) -> Option<i128> {
        (self.invoices > 0).then_some(self.total)
    }

    /// Empty where there is nothing to be said.
    fn reasons(&self) -> Option<String> {
        let reasons = self.failed.iter().chain(&self.excluded).copied();
        Some(reasons.collect::<Vec<&str>>().join(", "))
    }

    fn and(&mut self, further: Self) {
        self.lines += further.lines;
        self.invoices += further.invoices;
        self.currency = further.currency.or(self.currency);
        self.total += further.total;
        self.failed.extend(further.failed);
        self.excluded.extend(further.excluded);
    }
}

/// Tab `accounts`: every account that was selected and had something due, with what became of it (Z12).
///
/// `state` is that of the run where lines of it are billed, else `parked` or `excluded`; `because` has the codes and reasons,
/// also of single services of an account that is billed. Of a run that debits wallets `debits` says in how many of them, and `total` what they took.
pub fn accounts(sides: &Sides) -> Table {
    let outcomes = outcomes(sides);
    let all = || outcomes.iter().map(|(_, account)| account);
    let column = |name, texts| (name, Side::Left, Column::Texts(texts));
    let ids = outcomes.iter().map(|(id, _)| Some(*id));
    let counts =
        |name, count: fn(&Outcome) -> usize| (name, Side::Right, Column::counts(all().map(count)));
    let state = |account: &Outcome| Some(account.state(sides.state));
    let currencies: StringChunked = all().map(|account| account.currency).collect();
    let documents = match sides.is_debited {
        true => "debits",
        false => "invoices",
    };
    let totals = all().map(Outcome::total).collect_ca("".into());
    let totals = Column::Money(totals, digits(&currencies));
    Table::of([
        column("account_id", ids.collect()),
        column("state", all().map(state).collect()),
        counts("lines", |account| account.lines),
        counts(documents, |account| account.invoices),
        column("currency", currencies),
        ("total", Side::Right, totals),
        column("because", all().map(Outcome::reasons).collect()),
    ])
    .spare(&[documents, "currency"])
}

/// What became of each account, by its id.
fn outcomes(sides: &Sides) -> Vec<(&str, Outcome<'_>)> {
    let mut outcomes = Vec::new();
    for id in texts(&sides.lines, "account_id") {
        of(id, &mut outcomes).lines += 1;
    }
    let ids = texts(&sides.invoices, "account_id");
    let totals = sides.invoices.units("total");
    let currencies = sides.invoices.text("currency").iter();
    for (id, (total, currency)) in ids.zip(totals.zip(currencies)) {
        let account = of(id, &mut outcomes);
        account.invoices += 1;
        account.total += total.unwrap_or_default();
        account.currency = currency;
    }
    let codes = |frame| texts(frame, "account_id").zip(texts(frame, "code"));
    for (id, code) in codes(&sides.exceptions) {
        of(id, &mut outcomes).failed.insert(code);
    }
    for (id, code) in codes(&sides.exclusions) {
        of(id, &mut outcomes).excluded.insert(code);
    }
    outcomes.sort_by_key(|(id, _)| *id);
    outcomes.dedup_by(|(id, further), (first, known)| {
        let is_same = id == first;
        if is_same {
            known.and(std::mem::take(further));
        }
        is_same
    });
    outcomes
}

fn texts<'a>(frame: &'a DataFrame, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    frame.text(name).iter().map(Option::unwrap_or_default)
}

/// The outcome of an account, as far as it was the last one looked at: rows of an account mostly stand together.
fn of<'o, 'a>(id: &'a str, outcomes: &'o mut Vec<(&'a str, Outcome<'a>)>) -> &'o mut Outcome<'a> {
    if outcomes.last().is_none_or(|(last, _)| *last != id) {
        outcomes.push((id, Outcome::default()));
    }
    let last = outcomes.last_mut();
    &mut last.expect("one was just put there").1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draft::Invoices;
    use crate::model::line::{Exceptions, Exclusions, Lines};
    use crate::report::fixture::{shown, table};

    /// Z12: the selected accounts, each with what became of it.
    #[test]
    fn z12_the_accounts_of_a_run_say_what_became_of_each() {
        let sides = Sides {
            is_debited: false,
            state: RunState::Posted,
            lines: table(
                Lines::SCHEMA,
                "line_id | account_id
                 L-1 | A-1
                 L-2 | A-1",
            ),
            invoices: table(
                Invoices::SCHEMA,
                "invoice_id | series | sequence | account_id | currency | total
                 R/A-1 | default | 1 | A-1 | USD | 107.25
                 R/A-1/x | default | 2 | A-1 | USD | 10",
            ),
            exceptions: table(
                Exceptions::SCHEMA,
                "account_id | code
                 A-2 | BW-R104",
            ),
            exclusions: table(
                Exclusions::SCHEMA,
                "account_id | code
                 A-1 | paused
                 A-3 | ended",
            ),
        };
        insta::assert_snapshot!(shown(&accounts(&sides)), @"
        account_id | state | lines | invoices | currency | total | because
        A-1 | posted | 2 | 2 | USD | 117.25 | paused
        A-2 | parked | 0 | 0 |  |  | BW-R104
        A-3 | excluded | 0 | 0 |  |  | ended
        ");
    }
}
