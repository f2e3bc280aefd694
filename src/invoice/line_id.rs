//! Ids of lines that are like no other in the book.

use crate::model::ids;
use crate::model::table::Columns;
use polars::prelude::DataFrame;
use std::collections::BTreeSet;

/// SERVICE:CHARGE:PERIOD_START for each row, and `:2`, `:3` where that is in the book or on another row.
///
/// The rows of one id stand beside one another; a credit is named before what is billed in its place.
pub fn line_ids(lines: &DataFrame, known: &BTreeSet<String>) -> Vec<String> {
    let keys = lines
        .text("service_id")
        .iter()
        .zip(lines.text("charge").iter());
    let mut line_ids: Vec<String> = keys
        .zip(lines.dates("period_start").flatten())
        .map(|((service, charge), start)| {
            ids::line_id(
                service.unwrap_or_default(),
                charge.unwrap_or_default(),
                start,
            )
        })
        .collect();
    let (credits, kinds) = (lines.text("credits"), lines.text("kind"));
    let amounts: Vec<Option<i128>> = lines.units("amount").collect();
    let mut start = 0;
    while start < line_ids.len() {
        let first = &line_ids[start];
        let end = start
            + line_ids[start..]
                .iter()
                .take_while(|id| *id == first)
                .count();
        if end - start > 1 || known.contains(first) {
            let first = first.clone();
            let mut rows: Vec<usize> = (start..end).collect();
            rows.sort_by_key(|&row| {
                let credited = credits.get(row);
                (credited.is_none(), credited, kinds.get(row), amounts[row])
            });
            let numbered = (2..).map(|nth| format!("{first}:{nth}"));
            let free = std::iter::once(first.clone())
                .chain(numbered)
                .filter(|id| !known.contains(id));
            for (row, id) in rows.into_iter().zip(free) {
                line_ids[row] = id;
            }
        }
        start = end;
    }
    line_ids
}
