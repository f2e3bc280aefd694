//! The column of times: instants, and the days they fall on.

use super::moment::{Clock, Moment, MomentFault};
use crate::inputs::column::Fault;
use crate::inputs::text;
use crate::inputs::value::Misfit;
use chrono_tz::Tz;
use polars::prelude::*;
use rayon::prelude::*;

/// Rows that are read at a time: enough that a clock is worth its memory.
const PIECE: usize = 1 << 20;

/// Names of a column of moments, and of that of their days.
pub type Names = (&'static str, &'static str);

/// Of usage.
pub const USED: Names = ("used_at", "used_on");

/// Reads a column as instants and their days. Text, days and timestamps mean the same whatever file they come from.
pub fn read(
    frame: &DataFrame,
    (name, name_of_day): Names,
    zone: Option<Tz>,
    timezone: Tz,
) -> PolarsResult<(Vec<Column>, Vec<Fault>)> {
    let column = frame.column(name)?;
    let clock = || Clock::new(timezone, zone);
    let pieces: Vec<usize> = (0..column.len()).step_by(PIECE).collect();
    let read = |begin: &usize| -> PolarsResult<Piece> {
        let piece = column.slice(*begin as i64, PIECE);
        match piece.dtype() {
            DataType::Datetime(unit, stored) => {
                let at = piece.datetime()?.physical().iter();
                let is_instant = stored.is_some();
                Ok(timestamps(
                    at,
                    *unit,
                    is_instant,
                    &piece,
                    Piece::new(name, *begin, piece.len()),
                    clock(),
                )?)
            }
            _ => {
                let texts = text::column(&piece)?;
                let read = Piece::new(name, *begin, piece.len());
                Ok(texts_read(texts.str()?, read, clock()))
            }
        }
    };
    let pieces = pieces
        .par_iter()
        .map(read)
        .collect::<PolarsResult<Vec<_>>>()?;
    let mut pieces = pieces.into_iter();
    let first = pieces.next().unwrap_or_else(|| Piece::new(name, 0, 0));
    let Piece {
        mut at,
        mut on,
        mut faults,
        ..
    } = first;
    for piece in pieces {
        at.extend(piece.at);
        on.extend(piece.on);
        faults.extend(piece.faults);
    }
    let mut at = Int64Chunked::from_vec(name.into(), at);
    let mut on = Int32Chunked::from_vec(name_of_day.into(), on);
    if !faults.is_empty() {
        let mut is_bad = vec![false; at.len()];
        for fault in &faults {
            is_bad[fault.index] = true;
        }
        let is_bad: BooleanChunked = is_bad.into_iter().map(Some).collect();
        at = at.set(&is_bad, None)?;
        on = on.set(&is_bad, None)?;
    }
    let columns = vec![at.into_series().into(), on.into_date().into_series().into()];
    Ok((columns, faults))
}

/// Moments of some rows; those with a fault are to become null.
struct Piece {
    name: &'static str,
    /// Its first row.
    begin: usize,
    at: Vec<i64>,
    on: Vec<i32>,
    faults: Vec<Fault>,
}

impl Piece {
    fn new(name: &'static str, begin: usize, rows: usize) -> Self {
        Self {
            name,
            begin,
            at: Vec::with_capacity(rows),
            on: Vec::with_capacity(rows),
            faults: Vec::new(),
        }
    }

    fn push(&mut self, read: Result<Moment, MomentFault>, text: impl Fn() -> String) {
        match read {
            Ok(moment) => {
                self.at.push(moment.at);
                self.on.push(moment.on.number());
            }
            Err(fault) => self.push_fault(fault.misfit(&text())),
        }
    }

    fn push_fault(&mut self, misfit: Misfit) {
        self.faults.push(Fault {
            index: self.begin + self.at.len(),
            column: self.name,
            misfit,
        });
        self.at.push(0);
        self.on.push(0);
    }

    fn push_empty(&mut self) {
        let misfit = Misfit {
            code: "BW-V103",
            message: format!("empty; a {} is needed", self.name),
        };
        self.push_fault(misfit);
    }
}

fn texts_read(texts: &StringChunked, mut piece: Piece, mut clock: Clock) -> Piece {
    for text in texts.iter() {
        match text {
            Some(text) => piece.push(clock.read(text), || text.to_owned()),
            None => piece.push_empty(),
        }
    }
    piece
}

fn timestamps(
    values: impl Iterator<Item = Option<i64>>,
    unit: TimeUnit,
    is_instant: bool,
    column: &Column,
    mut piece: Piece,
    mut clock: Clock,
) -> PolarsResult<Piece> {
    let micros = |value: i64| match unit {
        TimeUnit::Nanoseconds => Some(value.div_euclid(1_000)),
        TimeUnit::Microseconds => Some(value),
        TimeUnit::Milliseconds => value.checked_mul(1_000),
    };
    for (index, value) in values.enumerate() {
        let Some(value) = value else {
            piece.push_empty();
            continue;
        };
        let read = match micros(value) {
            Some(at) if is_instant => clock.of_instant(at),
            Some(local) => clock.of_local(local),
            None => Err(MomentFault::Range),
        };
        // Rarely: the value as text, as it is told for a CSV file.
        let shown = || {
            let one = text::column(&column.slice(index as i64, 1));
            let one = one.as_ref().ok().and_then(|one| one.str().ok()?.get(0));
            one.unwrap_or_default().to_owned()
        };
        piece.push(read, shown);
    }
    Ok(piece)
}
