//! Which lines share an invoice: those of one payer and one group key.

use super::Fault;
use super::payer::{Payers, parked_payer};
use crate::diagnostic::Aside;
use crate::model::table::{Columns, Texts};
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A line, by its row, and the row of the account that pays it.
pub type Owed = (usize, usize);

/// The lines of one invoice to be.
pub struct Bill<'a> {
    /// Row of the account that pays.
    pub payer: usize,
    /// What they have in common beside the payer; `None` where nothing more is asked for.
    pub group_key: Option<&'a str>,
    /// In the order of the table.
    lines: &'a [Owed],
}

impl Bill<'_> {
    /// Rows of the lines, in the order of the table.
    pub fn rows(&self) -> impl Iterator<Item = usize> {
        self.lines.iter().map(|(_, row)| *row)
    }
}

/// The lines by payer and group key. Aside: accounts whose payer cannot take their lines (`BW-X119`).
pub fn owed(
    lines: &DataFrame,
    payers: &Payers<'_>,
    parked: &BTreeMap<&str, &str>,
) -> (Vec<Owed>, Vec<Aside>) {
    let keys = lines.whole_texts("group_key");
    let mut aside = Vec::new();
    let mut owed = Vec::with_capacity(lines.height());
    let accounts = lines.whole_texts("account_id");
    for rows in by_account(accounts) {
        let account_id = accounts.get(rows.start).unwrap_or_default();
        match payers.of(payers.row(account_id), parked) {
            Ok(payer) => owed.extend(rows.map(|row| (payer, row))),
            Err(fault) => aside.push(fault.park(account_id)),
        }
    }
    // Nearly sorted where most accounts pay for themselves, which costs next to nothing.
    owed.sort_by_key(|(payer, row)| (*payer, keys.get(*row), *row));
    (owed, aside)
}

/// The invoices to be of lines by payer and group key, in that order.
pub fn bills<'a>(lines: &'a DataFrame, owed: &'a [Owed]) -> Vec<Bill<'a>> {
    let keys = lines.whole_texts("group_key");
    let same = |one: &Owed, next: &Owed| one.0 == next.0 && keys.get(one.1) == keys.get(next.1);
    let bills = owed.chunk_by(same).map(|lines| Bill {
        payer: lines[0].0,
        group_key: keys.get(lines[0].1),
        lines,
    });
    bills.collect()
}

/// The rows of each account, the table being sorted by it.
fn by_account(ids: &Texts) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    for (row, account) in ids.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if last == account => group.end = row + 1,
            _ => groups.push(row..row + 1),
        }
        last = account;
    }
    groups
}

/// Parks a payer and every account whose lines are on its invoices: one of them cannot be made, and the rest would go out
/// without it.
pub fn parked(
    lines: &DataFrame,
    payers: &Payers<'_>,
    bills: &[Bill<'_>],
    fault: &Fault,
) -> Vec<Aside> {
    let ids = lines.text("account_id");
    let rows = bills.iter().flat_map(Bill::rows);
    let accounts: BTreeSet<&str> = rows.filter_map(|row| ids.get(row)).collect();
    let payer = payers.id(bills[0].payer);
    let whose = |account: &str| match account == payer {
        true => fault.clone(),
        false => parked_payer(payer, fault.code),
    };
    let with_payer = accounts.into_iter().chain([payer]);
    let all: BTreeSet<&str> = with_payer.collect();
    all.into_iter()
        .map(|account| whose(account).park(account))
        .collect()
}
