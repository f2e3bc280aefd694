//! Usage that comes again: an id counts once, and means one thing for good.

use super::Measured;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::inputs::ids::told;
use crate::inputs::origin::Origin;
use crate::inputs::value::quoted;
use crate::model::table::{Columns, internal};
use crate::money::Quantity;
use chrono::DateTime;
use polars::prelude::*;
use rayon::prelude::*;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The rows of which the id was there before with the same content, in order.
///
/// Whether a row was processed is no part of its content: of several, one that was counts before those that were not.
/// Errors: `BW-X120` an id with other content.
pub fn within(usage: &Measured) -> Result<Vec<usize>, Report> {
    let ids = usage.frame.text("usage_id");
    // Numbers that were counted up, and ids of one length in their order: the short before the long.
    let comes_before = |one: &Option<&str>, next: &Option<&str>| {
        let length = |id: &Option<&str>| id.map_or(0, str::len);
        (length(one), one) < (length(next), next)
    };
    if ids.iter().is_sorted_by(comes_before) {
        return Ok(Vec::new());
    }
    let content = Content::of(&usage.frame);
    let status = usage.frame.text("status");
    let is_processed = |index: usize| status.get(index) == Some("processed");
    let mut again = Vec::new();
    let mut others = Vec::new();
    for rows in candidates(ids).chunk_by(|one, other| ids.get(*one) == ids.get(*other)) {
        let (first, rest) = rows.split_first().expect("a chunk has a row");
        let mut counts = *first;
        for &row in rest {
            if !content.is_same(*first, &content, row) {
                others.push((*first, row));
            } else if is_processed(row) && !is_processed(counts) {
                again.push(counts);
                counts = row;
            } else {
                again.push(row);
            }
        }
    }
    others.sort_unstable();
    let report = told(others.into_iter().map(|(first, row)| {
        other_content(
            ids.get(row).unwrap_or_default(),
            usage.origin.place(row, "usage_id"),
            content.shown(row),
            usage.origin.place(first, "usage_id"),
            content.shown(first),
        )
    }));
    again.sort_unstable();
    report.unless_errors(again)
}

/// Rows whose ids may be there twice, by id and then by row. Ids are told apart by their hashes, which sort faster than texts.
fn candidates(ids: &StringChunked) -> Vec<usize> {
    let hash = |id: &str| {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        hasher.finish()
    };
    let hashes: Vec<u64> = ids.iter().map(|id| id.map_or(0, hash)).collect();
    let mut sorted = hashes.clone();
    sorted.par_sort_unstable();
    let mut twice: Vec<u64> = sorted
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
        .collect();
    drop(sorted);
    twice.dedup();
    if twice.is_empty() {
        return Vec::new();
    }
    let mut rows: Vec<usize> = (0..hashes.len())
        .filter(|row| twice.binary_search(&hashes[*row]).is_ok())
        .collect();
    rows.par_sort_unstable_by(|one, other| (ids.get(*one), one).cmp(&(ids.get(*other), other)));
    rows
}

/// What an id stands for.
struct Content<'a> {
    services: &'a StringChunked,
    at: &'a Int64Chunked,
    quantities: &'a Int128Chunked,
    meters: &'a StringChunked,
}

impl<'a> Content<'a> {
    fn of(frame: &'a DataFrame) -> Self {
        let quantities = frame.column("quantity").and_then(|column| column.decimal());
        Self {
            services: frame.text("service_id"),
            at: frame.counts("used_at"),
            quantities: quantities.expect("a column of quantities").physical(),
            meters: frame.text("meter"),
        }
    }

    fn is_same(&self, row: usize, other: &Self, at: usize) -> bool {
        self.services.get(row) == other.services.get(at)
            && self.at.get(row) == other.at.get(at)
            && self.quantities.get(row) == other.quantities.get(at)
            && self.meters.get(row) == other.meters.get(at)
    }

    fn shown(&self, row: usize) -> String {
        let time = self.at.get(row).and_then(DateTime::from_timestamp_micros);
        let time = time.map(|time| time.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string());
        let quantity = self.quantities.get(row).and_then(Quantity::from_units);
        let quantity = quantity.map(|quantity| quantity.to_string());
        let meter = self
            .meters
            .get(row)
            .map(|meter| format!(" {}", quoted(meter)));
        format!(
            "{}{} of service {} at {}",
            quantity.as_deref().unwrap_or("nothing"),
            meter.unwrap_or_default(),
            quoted(self.services.get(row).unwrap_or_default()),
            time.as_deref().unwrap_or("no time")
        )
    }
}

fn other_content(id: &str, place: Place, now: String, before: Place, then: String) -> Diagnostic {
    let message = format!(
        "usage {} a second time, with other content: {now}",
        quoted(id)
    );
    Diagnostic::error("BW-X120", place, message)
        .label(before, then)
        .help("an id means one thing for good: correct the export, and give what is new an id of its own")
}

/// What of tonight's usage was in files of earlier runs.
#[derive(Clone, Debug)]
pub struct Repeats {
    /// For each row whether an earlier file has it with the same content.
    pub known: BooleanChunked,
}

impl Repeats {
    pub fn none(usage: &DataFrame) -> Self {
        Self {
            known: BooleanChunked::full("known".into(), false, usage.height()),
        }
    }
}

/// Compares usage with that of files which were kept for earlier runs.
///
/// Errors: `BW-X120` an id with other content.
pub fn known_before(usage: &DataFrame, earlier: &Measured) -> Result<Repeats, Report> {
    const ROW: &str = "at";
    const BEFORE: &str = "before";
    let numbered = |frame: &DataFrame, name: &str| -> PolarsResult<DataFrame> {
        let numbers = UInt32Chunked::from_iter_values(name.into(), 0..frame.height() as u32);
        let ids = frame.column("usage_id")?.clone();
        DataFrame::new(frame.height(), vec![ids, numbers.into_series().into()])
    };
    let matched = numbered(usage, ROW)
        .and_then(|now| Ok((now, numbered(&earlier.frame, BEFORE)?)))
        .and_then(|(now, then)| {
            now.lazy()
                .join(
                    then.lazy(),
                    [col("usage_id")],
                    [col("usage_id")],
                    JoinArgs::new(JoinType::Inner),
                )
                .collect()
        })
        .map_err(internal)?;
    let rows = |name: &str| {
        let column = matched.column(name).and_then(|column| column.u32());
        column.expect("a column of rows").iter().flatten()
    };
    let (now, then) = (Content::of(usage), Content::of(&earlier.frame));
    let mut known = vec![false; usage.height()];
    let mut others = Vec::new();
    for (row, before) in rows(ROW).zip(rows(BEFORE)) {
        let (row, before) = (row as usize, before as usize);
        if now.is_same(row, &then, before) {
            known[row] = true;
        } else {
            others.push((row, before));
        }
    }
    others.sort_unstable();
    let origin: &Origin = &earlier.origin;
    let report = told(others.into_iter().map(|(row, before)| {
        other_content(
            usage.text_at("usage_id", row),
            Place::file(format!("[inputs.{}]", origin.input)),
            now.shown(row),
            origin.place(before, "usage_id"),
            format!("{}, when an earlier run read it", then.shown(before)),
        )
    }));
    report.unless_errors(Repeats {
        known: known.into_iter().map(Some).collect(),
    })
}
