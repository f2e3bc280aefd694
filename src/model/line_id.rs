//! Ids of lines that are like no other in the book.

use super::allocation::{DISCOUNT, PRICE_CREDIT};
use super::ids;
use super::table::Columns;
use polars::prelude::{DataFrame, StringChunked, StringChunkedBuilder};
use std::collections::BTreeSet;
use std::ops::Range;

/// The ids of lines.
#[derive(Debug)]
pub struct LineIds {
    /// For each row.
    pub ids: StringChunked,
    /// For each row its place where those of one id stand as they are named; `None`: where they stand.
    places: Option<Vec<usize>>,
}

impl LineIds {
    pub fn place(&self, row: usize) -> usize {
        self.places.as_ref().map_or(row, |places| places[row])
    }
}

/// SERVICE:CHARGE:PERIOD_START for each row, and `:2`, `:3` where that is in the book or on another row.
///
/// The rows of one id stand beside one another; a credit is named before what is billed in its place.
pub fn line_ids(lines: &DataFrame, known: &BTreeSet<String>) -> LineIds {
    let (services, charges) = (lines.whole_texts("service_id"), lines.whole_texts("charge"));
    let starts = lines.whole_dates("period_start");
    let day = |row: usize| starts.at(row).expect("a line has a period");
    let key = |row: usize| (services.get(row), charges.get(row), day(row));
    let mut ids = StringChunkedBuilder::new("line_id".into(), lines.height());
    let mut places: Option<Vec<usize>> = None;
    let mut id = String::new();
    let mut start = 0;
    while start < lines.height() {
        let (service, charge, day) = key(start);
        let same = (start + 1..lines.height()).take_while(|row| key(*row) == key(start));
        let end = start + 1 + same.count();
        id.clear();
        ids::put_line_id(
            &mut id,
            service.unwrap_or_default(),
            charge.unwrap_or_default(),
            day,
        );
        if end - start == 1 && !known.contains(&id) {
            ids.append_value(&id);
        } else {
            let rows = by_name(lines, start..end);
            let numbered = (2..).map(|nth| format!("{id}:{nth}"));
            let all = std::iter::once(id.clone()).chain(numbered);
            let free: Vec<String> = all
                .filter(|id| !known.contains(id))
                .take(rows.len())
                .collect();
            let places = places.get_or_insert_with(|| (0..lines.height()).collect());
            for (place, row) in (start..end).zip(&rows) {
                places[*row] = place;
            }
            for row in start..end {
                let nth = rows.iter().position(|other| *other == row);
                ids.append_value(&free[nth.expect("one of these rows")]);
            }
        }
        start = end;
    }
    LineIds {
        ids: ids.finish(),
        places,
    }
}

/// What is taken off a line stands behind it, in the order it is taken.
fn is_taken_off(kind: Option<&str>) -> bool {
    matches!(kind, Some(DISCOUNT | PRICE_CREDIT))
}

/// Rows of one id in the order they are named.
fn by_name(lines: &DataFrame, rows: Range<usize>) -> Vec<usize> {
    let (credits, kinds) = (lines.text("credits"), lines.text("kind"));
    let amounts: Vec<Option<i128>> = lines
        .units("amount")
        .skip(rows.start)
        .take(rows.len())
        .collect();
    let mut named: Vec<usize> = rows.clone().collect();
    named.sort_by_key(|&row| {
        let credited = credits.get(row);
        let taken_off = is_taken_off(kinds.get(row)).then_some(row);
        (
            credited.is_none(),
            credited,
            taken_off,
            kinds.get(row),
            amounts[row - rows.start],
        )
    });
    named
}
