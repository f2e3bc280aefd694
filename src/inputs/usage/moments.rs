//! The column of times: instants, and the days they fall on.

use super::moment::{Clock, Moment, MomentFault};
use crate::inputs::column::Fault;
use crate::inputs::text;
use crate::inputs::value::Misfit;
use crate::model::table::{count_column, date_column};
use chrono_tz::Tz;
use polars::prelude::*;
use rayon::prelude::*;

/// Rows that are read at a time: enough that a clock is worth its memory.
const PIECE: usize = 1 << 20;

const NAME: &str = "used_at";

/// Reads `used_at` as `used_at` and `used_on`. Text, days and timestamps mean the same whatever file they come from.
pub fn read(
    frame: &DataFrame,
    zone: Option<Tz>,
    timezone: Tz,
) -> PolarsResult<(Vec<Column>, Vec<Fault>)> {
    let column = frame.column(NAME)?;
    let clock = || Clock::new(timezone, zone);
    let pieces: Vec<usize> = (0..column.len()).step_by(PIECE).collect();
    let read = |begin: &usize| -> PolarsResult<Piece> {
        let piece = column.slice(*begin as i64, PIECE);
        match piece.dtype() {
            DataType::Datetime(unit, stored) => {
                let at = piece.datetime()?.physical().iter();
                let is_instant = stored.is_some();
                Ok(timestamps(at, *unit, is_instant, &piece, *begin, clock())?)
            }
            _ => {
                let texts = text::column(&piece)?;
                Ok(texts_read(texts.str()?, *begin, clock()))
            }
        }
    };
    let pieces = pieces
        .par_iter()
        .map(read)
        .collect::<PolarsResult<Vec<_>>>()?;
    let moments = || pieces.iter().flat_map(|piece| &piece.moments);
    let columns = vec![
        count_column(NAME, moments().map(|moment| moment.map(|moment| moment.at))),
        date_column(
            "used_on",
            moments().map(|moment| moment.map(|moment| moment.on)),
        ),
    ];
    let faults = pieces.into_iter().flat_map(|piece| piece.faults).collect();
    Ok((columns, faults))
}

#[derive(Default)]
struct Piece {
    moments: Vec<Option<Moment>>,
    faults: Vec<Fault>,
}

impl Piece {
    fn push(&mut self, begin: usize, read: Result<Moment, MomentFault>, text: impl Fn() -> String) {
        let moment = match read {
            Ok(moment) => Some(moment),
            Err(fault) => {
                self.faults.push(Fault {
                    index: begin + self.moments.len(),
                    column: NAME,
                    misfit: fault.misfit(&text()),
                });
                None
            }
        };
        self.moments.push(moment);
    }

    fn push_empty(&mut self, begin: usize) {
        self.faults.push(Fault {
            index: begin + self.moments.len(),
            column: NAME,
            misfit: Misfit {
                code: "BW-V103",
                message: format!("empty; a {NAME} is needed"),
            },
        });
        self.moments.push(None);
    }
}

fn texts_read(texts: &StringChunked, begin: usize, mut clock: Clock) -> Piece {
    let mut piece = Piece::default();
    for text in texts.iter() {
        match text {
            Some(text) => piece.push(begin, clock.read(text), || text.to_owned()),
            None => piece.push_empty(begin),
        }
    }
    piece
}

fn timestamps(
    values: impl Iterator<Item = Option<i64>>,
    unit: TimeUnit,
    is_instant: bool,
    column: &Column,
    begin: usize,
    mut clock: Clock,
) -> PolarsResult<Piece> {
    let micros = |value: i64| match unit {
        TimeUnit::Nanoseconds => Some(value.div_euclid(1_000)),
        TimeUnit::Microseconds => Some(value),
        TimeUnit::Milliseconds => value.checked_mul(1_000),
    };
    let mut piece = Piece::default();
    for (index, value) in values.enumerate() {
        let Some(value) = value else {
            piece.push_empty(begin);
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
        piece.push(begin, read, shown);
    }
    Ok(piece)
}
