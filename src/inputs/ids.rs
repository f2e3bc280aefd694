//! Ids that cannot be told apart: mistakes for which no row can be set aside, since it is not known whose it is.

use super::typed::Typed;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::table::Columns;
use polars::prelude::*;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// Mistakes of one kind that are told one by one.
const TOLD: usize = 20;

/// Rows without an id: `BW-V101`.
pub fn without_id(table: &Typed) -> Report {
    let mut report = Report::new();
    for column in table.text_keys() {
        let rows = empty(table.frame.text(column));
        report.extend(told(rows.map(|index| no_id(table.place(index, column)))));
    }
    report
}

pub fn no_id(place: Place) -> Diagnostic {
    Diagnostic::error("BW-V101", place, "no id")
        .help("an id is needed; without one the row cannot be set aside")
}

/// Where a column holds nothing.
pub fn empty(text: &StringChunked) -> impl Iterator<Item = usize> {
    let is_empty = (text.null_count() > 0).then(|| text.is_null());
    let rows = is_empty.into_iter();
    rows.flat_map(|is_empty| {
        (0..is_empty.len()).filter(move |index| is_empty.get(*index) == Some(true))
    })
}

/// Accounts that are there twice, with the same data or other: `BW-X101`.
pub fn repeated_accounts(accounts: &Typed) -> Report {
    let again = repeats(accounts).into_iter().enumerate();
    told(again.filter_map(|(index, first)| {
        let first = accounts.place(first?, "account_id");
        let message = format!("the account `{}` a second time", accounts.ids().get(index)?);
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
        let Some(id) = id.filter(|id| is_unusual(id)) else {
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

fn is_unusual(id: &str) -> bool {
    let ends_plain = |end: Option<&u8>| end.is_some_and(u8::is_ascii_graphic);
    let bytes = id.as_bytes();
    !id.is_ascii() || !ends_plain(bytes.first()) || !ends_plain(bytes.last())
}

/// Where a value stands in a sorted column.
pub fn position(sorted: &StringChunked, wanted: &str) -> Option<usize> {
    let (mut low, mut high) = (0, sorted.len());
    while low < high {
        let middle = low + (high - low) / 2;
        match sorted.get(middle) {
            Some(found) if found >= wanted => high = middle,
            _ => low = middle + 1,
        }
    }
    (low < sorted.len() && sorted.get(low) == Some(wanted)).then_some(low)
}

/// For each row of a table the first row with the same key, if it is another. Rows that have a day in their key differ by it.
pub fn repeats(table: &Typed) -> Vec<Option<usize>> {
    if table.ids_differ {
        return vec![None; table.frame.height()];
    }
    let keys: Vec<_> = table
        .text_keys()
        .map(|name| table.frame.text(name))
        .collect();
    let dated = table.demands.schema.key[1..]
        .iter()
        .find_map(|name| table.frame.column(name).ok()?.date().ok())
        .map(|days| days.is_not_null());
    let is_dated = |index| {
        dated
            .as_ref()
            .is_some_and(|dated| dated.get(index) == Some(true))
    };
    let mut first = 0;
    let again = |index: usize| {
        let is_same =
            |key: &&StringChunked| key.get(index).is_some() && key.get(index) == key.get(first);
        if index > 0 && !is_dated(index) && keys.iter().all(is_same) {
            Some(first)
        } else {
            first = index;
            None
        }
    };
    (0..table.frame.height()).map(again).collect()
}

/// Mistakes of one kind, the first of them one by one.
pub fn told(mistakes: impl Iterator<Item = Diagnostic>) -> Report {
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
