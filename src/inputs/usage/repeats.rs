//! Usage that comes again: an id counts once, and means one thing for good.

use super::{Measured, Zones, measured};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::inputs::export::Export;
use crate::inputs::ids::told;
use crate::inputs::pieces::Pieces;
use crate::inputs::text;
use crate::inputs::value::quoted;
use crate::model::table::{Columns, internal};
use crate::money::Quantity;
use chrono::DateTime;
use foldhash::fast::FixedState;
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::hash::BuildHasher;

/// The rows of which the id was there before with the same content, in order. Ids are told apart by their hashes first, so that only
/// the few rows that may be there twice are read as a whole.
///
/// Errors: `BW-X120` an id with other content.
pub fn of_pieces(pieces: &Pieces, zones: Zones) -> Result<Vec<usize>, Report> {
    let spans = pieces.spans();
    let hashed = spans.par_iter().map(|span| {
        let frame = pieces.read(span, Some("usage_id"))?;
        let ids = text::column(frame.column("usage_id").map_err(internal)?).map_err(internal)?;
        Ok(hashes(ids.str().map_err(internal)?))
    });
    let hashed: Vec<Vec<u64>> = hashed.collect::<Result<_, Report>>()?;
    let hashes = hashed.concat();
    drop(hashed);
    let twice = twice(&hashes);
    if twice.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<usize> = (0..hashes.len())
        .filter(|row| twice.binary_search(&hashes[*row]).is_ok())
        .collect();
    let mut frame: Option<DataFrame> = None;
    for span in &spans {
        let first = rows.partition_point(|row| *row < span.start);
        let last = rows.partition_point(|row| *row < span.end);
        if first == last {
            continue;
        }
        let within = rows[first..last]
            .iter()
            .map(|row| (row - span.start) as IdxSize);
        let within = IdxCa::from_vec("".into(), within.collect());
        let found = pieces.read(span, None)?.take(&within).map_err(internal)?;
        match &mut frame {
            None => frame = Some(found),
            Some(frame) => drop(frame.vstack_mut(&found).map_err(internal)?),
        }
    }
    let mut frame = frame.expect("a row that is there twice is in a piece");
    frame.rechunk_mut();
    let export = Export {
        origin: pieces.origin.clone(),
        frame,
    };
    let usage = measured(export, zones, Some(rows.clone()))?;
    let again = within(&usage)?;
    Ok(again.into_iter().map(|row| rows[row]).collect())
}

/// The rows of which the id was there before with the same content, in order.
///
/// Whether a row was processed is no part of its content: of several, one that was counts before those that were not.
fn within(usage: &Measured) -> Result<Vec<usize>, Report> {
    let ids = usage.frame.text("usage_id");
    let mut rows: Vec<usize> = (0..ids.len()).collect();
    rows.par_sort_unstable_by(|one, other| (ids.get(*one), one).cmp(&(ids.get(*other), other)));
    let content = Content::of(&usage.frame);
    let status = usage.frame.text("status");
    let is_processed = |index: usize| status.get(index) == Some("processed");
    let mut again = Vec::new();
    let mut others = Vec::new();
    for rows in rows.chunk_by(|one, other| ids.get(*one) == ids.get(*other)) {
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
            usage.place(row, "usage_id"),
            content.shown(row),
            usage.place(first, "usage_id"),
            content.shown(first),
        )
    }));
    again.sort_unstable();
    report.unless_errors(again)
}

fn hashes(ids: &StringChunked) -> Vec<u64> {
    let state = FixedState::with_seed(0);
    let hash = |id: Option<&str>| id.map_or(0, |id| state.hash_one(id));
    ids.iter().map(hash).collect()
}

/// The hashes that are there more than once, in order.
fn twice(hashes: &[u64]) -> Vec<u64> {
    let mut sorted = hashes.to_vec();
    sorted.par_sort_unstable();
    let pairs = sorted.windows(2).filter(|pair| pair[0] == pair[1]);
    let mut twice: Vec<u64> = pairs.map(|pair| pair[0]).collect();
    twice.dedup();
    twice
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

    /// Whether a row says what it is of, when and how much.
    fn is_read(&self, row: usize) -> bool {
        self.services.get(row).is_some()
            && self.at.get(row).is_some()
            && self.quantities.get(row).is_some()
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

/// The rows of usage of which usage that was read before has the id, each with the row there.
pub fn again(usage: &Measured, before: &Measured) -> Result<Vec<(usize, usize)>, Report> {
    const NOW: &str = "now";
    const THEN: &str = "then";
    let numbered = |usage: &Measured, name: &str| -> PolarsResult<LazyFrame> {
        let rows = usage.frame.height() as IdxSize;
        let numbers = IdxCa::from_iter_values(name.into(), 0..rows);
        let ids = usage.frame.column("usage_id")?.clone();
        let columns = vec![ids, numbers.into_series().into()];
        Ok(DataFrame::new(usage.frame.height(), columns)?.lazy())
    };
    let on = || [col("usage_id")];
    let matched = numbered(usage, NOW)
        .and_then(|now| {
            let then = numbered(before, THEN)?;
            now.join(then, on(), on(), JoinArgs::new(JoinType::Inner))
                .collect()
        })
        .map_err(internal)?;
    let rows = |name: &str| {
        let column = matched.column(name).and_then(|column| column.idx());
        let rows = column.expect("a column of rows").iter().flatten();
        rows.map(|row| row as usize)
    };
    Ok(rows(NOW).zip(rows(THEN)).collect())
}

/// Compares the rows of usage that are there [`again`] with what they were. What could not be read then or cannot now is left out:
/// it was not billed, or is not.
///
/// Errors: `BW-X120` an id with other content.
pub fn same_as_then(
    usage: &Measured,
    before: &Measured,
    again: &[(usize, usize)],
    runs: &BTreeSet<String>,
) -> Result<(), Report> {
    let (now, then) = (Content::of(&usage.frame), Content::of(&before.frame));
    let is_other = |(row, old): &&(usize, usize)| {
        now.is_read(*row) && then.is_read(*old) && !now.is_same(*row, &then, *old)
    };
    let mut others: Vec<(usize, usize)> = again.iter().filter(is_other).copied().collect();
    others.sort_unstable();
    let run = runs.first().map_or("an earlier run", String::as_str);
    let report = told(others.into_iter().map(|(row, old)| {
        other_content(
            usage.frame.text_at("usage_id", row),
            usage.place(row, "usage_id"),
            now.shown(row),
            before.place(old, "usage_id"),
            format!("{}, when {run} read it", then.shown(old)),
        )
    }));
    report.unless_errors(())
}
