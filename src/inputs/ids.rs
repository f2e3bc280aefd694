//! Ids that cannot be told apart: mistakes for which no row can be set aside, since it is not known whose it is.

use super::typed::Typed;
use crate::diagnostic::{Diagnostic, Report};
use polars::prelude::*;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// Mistakes of one kind that are told one by one.
const TOLD: usize = 20;

/// Rows without an id: `BW-V101`.
pub fn without_id(table: &Typed) -> Report {
    let empty = table.ids().is_null();
    let rows = empty
        .iter()
        .enumerate()
        .filter(|(_, is_empty)| *is_empty == Some(true));
    told(rows.map(|(index, _)| {
        let place = table.place(index, table.demands.id());
        Diagnostic::error("BW-V101", place, "no id")
            .help("an id is needed; without one the row cannot be set aside")
    }))
}

/// Accounts that are there twice, with the same data or other: `BW-X101`.
pub fn repeated_accounts(accounts: &Typed) -> Report {
    let again = repeats(accounts.ids()).enumerate();
    told(again.filter_map(|(index, first)| {
        let message = format!("the account `{}` a second time", accounts.ids().get(index)?);
        let first = accounts.place(first?, "account_id");
        Some(
            Diagnostic::error("BW-X101", accounts.place(index, "account_id"), message)
                .label(first, "first here")
                .help("which row is meant is not guessed; leave one account to an id"),
        )
    }))
}

/// Ids that differ only by blanks around them, or by how accents are encoded: `BW-X102`.
pub fn look_the_same(table: &Typed) -> Report {
    let ids = table.ids();
    let mut unusual: BTreeMap<String, usize> = BTreeMap::new();
    let mut pairs = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let Some(id) = id.filter(|id| !id.is_ascii() || id.trim() != *id) else {
            continue;
        };
        let plain: String = id.trim().nfc().collect();
        let usual = if plain == id {
            None
        } else {
            position(ids, &plain)
        };
        match usual.or_else(|| unusual.get(&plain).copied()) {
            Some(other) if ids.get(other) != Some(id) => pairs.push((index, other)),
            Some(_) => {}
            None => drop(unusual.insert(plain, index)),
        }
    }
    told(pairs.into_iter().map(|(index, other)| {
        let column = table.demands.id();
        Diagnostic::error(
            "BW-X102",
            table.place(index, column),
            "an id that looks the same as another",
        )
        .label(
            table.place(other, column),
            "the same after trimming and Unicode NFC",
        )
        .help("write both alike if they are one, and otherwise so that people can tell them apart")
    }))
}

/// Where a value stands in a sorted column.
fn position(sorted: &StringChunked, wanted: &str) -> Option<usize> {
    let (mut low, mut high) = (0, sorted.len());
    while low < high {
        let middle = low + (high - low) / 2;
        match sorted.get(middle) {
            Some(found) if found >= wanted => high = middle,
            _ => low = middle + 1,
        }
    }
    (sorted.get(low) == Some(wanted)).then_some(low)
}

/// For each row of a sorted id column the first row with the same id, if it is another.
pub fn repeats(ids: &StringChunked) -> impl Iterator<Item = Option<usize>> + '_ {
    let mut first = 0;
    let mut before = None;
    ids.iter().enumerate().map(move |(index, id)| {
        if id.is_some() && id == before {
            Some(first)
        } else {
            (first, before) = (index, id);
            None
        }
    })
}

fn told(mistakes: impl Iterator<Item = Diagnostic>) -> Report {
    let mut mistakes = mistakes.peekable();
    let mut report: Report = mistakes.by_ref().take(TOLD).collect();
    if let Some(next) = mistakes.next() {
        let rest = 1 + mistakes.count();
        report.push(Diagnostic {
            message: format!("{}, and {rest} rows like this", next.message),
            ..next
        });
    }
    report
}
