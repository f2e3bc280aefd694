//! Usage read piece by piece: of each row the few bytes that billing needs.

use super::count::{Counted, Named};
use super::heap::Heaps;
use super::moments;
use crate::diagnostic::Report;
use crate::inputs::column::{self, Fault};
use crate::inputs::demands::USAGE;
use crate::inputs::pieces::Pieces;
use crate::inputs::text;
use crate::model::counting::Counting;
use crate::model::index::{Index, NOWHERE};
use crate::model::table::{Kind, internal};
use crate::model::usage::Every;
use chrono_tz::Tz;
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// How times are read.
#[derive(Clone, Copy)]
pub struct Zones {
    /// Of times without one.
    pub input: Option<Tz>,
    /// The workspace's, whose days count.
    pub workspace: Tz,
}

/// Usage as it was read, of each row what billing needs.
#[derive(Default)]
pub struct Gathered {
    /// Rows of known services, piece by piece.
    pub heaps: Vec<Heaps>,
    /// The number of its meter for each row, 0 where it names none; in the order of the files.
    pub meters: Every<u32>,
    pub meter_names: Vec<String>,
    /// Whether a row may be billed yet; in the order of the files.
    pub processed: Every<bool>,
    /// When each row was, which conditions hold for it and its values in counted columns, where it is asked for; in the order of the
    /// files.
    pub times: Every<i64>,
    pub holding: Every<u32>,
    pub condition_sets: Vec<BTreeSet<u32>>,
    pub values: Vec<Named>,
    /// Values that do not fit, of known services.
    pub faults: Vec<PlacedFault>,
    /// Rows of unknown services, with the id they name.
    pub strangers: Vec<(usize, Option<String>)>,
    /// Rows without an id.
    pub without_id: Vec<usize>,
    /// Whether no id can be there twice, because each comes behind the one before it.
    pub ids_ascend: bool,
    /// The last of them as long as they do.
    pub last_id: Option<String>,
}

pub struct PlacedFault {
    pub fault: Fault,
    pub place: u32,
}

/// Reads all pieces, a few at the same time. The `services` are so many.
///
/// Errors: those of reading and of counting; a value that does not fit is none.
pub fn gather(
    pieces: &Pieces,
    (services, count): (&Index, usize),
    asked: (Zones, &Counting),
) -> Result<Gathered, Report> {
    let mut gathered = Gathered {
        meter_names: vec![String::new()],
        ids_ascend: true,
        ..Gathered::default()
    };
    let spans = pieces.spans();
    if spans.is_empty() {
        // Columns are asked for whether there are rows or not.
        let head = pieces.head()?.frame;
        let (zones, counting) = asked;
        let moments =
            moments::read(&head, moments::USED, zones.input, zones.workspace).map_err(internal)?;
        Counted::read(&head, &moments.0, counting)?;
    }
    let read = spans.par_iter();
    let read = read.map(|span| Piece::read(pieces, span, (services, count), asked));
    for piece in read.collect::<Result<Vec<_>, Report>>()? {
        gathered.append(piece);
    }
    Ok(gathered)
}

/// Some rows in a row.
struct Piece {
    /// The row of the first.
    begin: usize,
    /// For each row where its service first stands among the services; `NOWHERE` for an unknown one.
    places: Vec<u32>,
    heaps: Heaps,
    meters: Every<u32>,
    meter_names: Vec<String>,
    processed: Every<bool>,
    counted: Counted,
    /// By row of the piece.
    faults: Vec<Fault>,
    strangers: Vec<(usize, Option<String>)>,
    without_id: Vec<usize>,
    /// The first and the last id, where each comes behind the one before it.
    ascending: Option<(String, String)>,
}

impl Piece {
    fn read(
        pieces: &Pieces,
        span: &Range<usize>,
        services: (&Index, usize),
        (zones, counting): (Zones, &Counting),
    ) -> Result<Self, Report> {
        let frame = pieces.read(span, None)?;
        let (piece, moments) = Self::of(&frame, span.start, services, zones).map_err(internal)?;
        Ok(Self {
            counted: Counted::read(&frame, &moments, counting)?,
            ..piece
        })
    }

    fn of(
        frame: &DataFrame,
        begin: usize,
        (services, count): (&Index, usize),
        zones: Zones,
    ) -> PolarsResult<(Self, Vec<Column>)> {
        let ids = Ids::of(frame)?;
        let read = |name, kind| column::read(frame, USAGE, name, kind);
        let (service, _) = read("service_id", Kind::Text)?;
        let (moments, mut faults) =
            moments::read(frame, moments::USED, zones.input, zones.workspace)?;
        let (quantity, misfits) = read("quantity", Kind::Quantity)?;
        faults.extend(misfits);
        faults.extend(ids.faults);
        let service = service.str()?;
        let places = services.rows(service);
        let strangers = places
            .iter()
            .enumerate()
            .filter(|(_, place)| **place == NOWHERE);
        let strangers = strangers.map(|(row, _)| (row, service.get(row).map(str::to_owned)));
        let days = or_zero(moments[1].date()?.physical(), |day| day);
        // Eighteen digits at most.
        let small = |units: i128| i64::try_from(units).unwrap_or_default();
        let quantities = or_zero(quantity.decimal()?.physical(), small);
        let (mut meters, mut meter_names) = (Every::Same(0), vec![String::new()]);
        if frame.column("meter").is_ok() {
            let (named, misfits) = read("meter", Kind::Text)?;
            faults.extend(misfits);
            (meters, meter_names) = numbered(named.str()?);
        }
        let mut processed = Every::Same(true);
        if frame.column("status").is_ok() {
            let (statuses, misfits) = read("status", Kind::Text)?;
            faults.extend(misfits);
            let is_processed = statuses
                .str()?
                .iter()
                .map(|status| status == Some("processed"));
            processed = alike(is_processed.collect());
        }
        let piece = Self {
            begin,
            counted: Counted::default(),
            strangers: strangers.collect(),
            heaps: Heaps::dealt(begin, &places, &days, &quantities, count),
            places,
            meters,
            meter_names,
            processed,
            faults,
            without_id: ids.empty,
            ascending: ids.ascending,
        };
        Ok((piece, moments))
    }
}

impl Gathered {
    fn append(&mut self, piece: Piece) {
        let (begin, height) = (piece.begin, piece.places.len());
        self.faults
            .extend(piece.faults.into_iter().filter_map(|fault| {
                let place = piece.places[fault.index];
                let index = begin + fault.index;
                let fault = Fault { index, ..fault };
                (place != NOWHERE).then_some(PlacedFault { fault, place })
            }));
        self.heaps.push(piece.heaps);
        self.processed.extend(begin, piece.processed, height);
        self.append_counted(piece.counted, (begin, height));
        let number = |name: &String| match self.meter_names.iter().position(|known| known == name) {
            Some(number) => number as u32,
            None => {
                self.meter_names.push(name.clone());
                self.meter_names.len() as u32 - 1
            }
        };
        let numbers: Vec<u32> = piece.meter_names.iter().map(number).collect();
        let meters = match piece.meters {
            Every::Same(meter) => Every::Same(numbers[meter as usize]),
            Every::Each(meters) => Every::Each(
                meters
                    .into_iter()
                    .map(|meter| numbers[meter as usize])
                    .collect(),
            ),
        };
        self.meters.extend(begin, meters, height);
        let strangers = piece.strangers.into_iter();
        self.strangers
            .extend(strangers.map(|(row, id)| (begin + row, id)));
        self.without_id
            .extend(piece.without_id.into_iter().map(|row| begin + row));
        let follows = |first: &String| {
            let last = self.last_id.as_ref();
            last.is_none_or(|last| comes_before(last, first))
        };
        match piece.ascending {
            Some((first, last)) if follows(&first) => self.last_id = Some(last),
            _ => self.ids_ascend = false,
        }
    }
}

impl Gathered {
    fn append_counted(&mut self, counted: Counted, (begin, height): (usize, usize)) {
        self.times.extend(begin, counted.times, height);
        let sets = counted.condition_sets.into_iter().map(|set| {
            let known = self.condition_sets.iter().position(|known| *known == set);
            known.unwrap_or_else(|| {
                self.condition_sets.push(set);
                self.condition_sets.len() - 1
            }) as u32
        });
        let sets: Vec<u32> = sets.collect();
        let holding = counted.holding.map(|set| sets.get(set as usize).copied());
        self.holding.extend(begin, holding, height);
        self.values
            .resize_with(counted.values.len(), Named::default);
        for (all, more) in self.values.iter_mut().zip(counted.values) {
            all.append(more, (begin, height));
        }
    }
}

/// The ids of a piece: read as text only where they are no numbers.
struct Ids {
    faults: Vec<Fault>,
    empty: Vec<usize>,
    ascending: Option<(String, String)>,
}

impl Ids {
    fn of(frame: &DataFrame) -> PolarsResult<Self> {
        let column = frame.column("usage_id")?;
        // Numbers that are no such become null, and are read as the texts they are written as.
        let numbers = match column.dtype().is_integer() {
            true => Some(column.cast(&DataType::Int64)?),
            false => None,
        };
        if let Some(numbers) = numbers.filter(|numbers| numbers.null_count() == 0) {
            let numbers = numbers.i64()?;
            let ascends = numbers
                .into_no_null_iter()
                .is_sorted_by(|one, next| one < next);
            let [first, last] = [numbers.first(), numbers.last()];
            return Ok(Self {
                faults: Vec::new(),
                empty: Vec::new(),
                ascending: match (first, last) {
                    (Some(first @ 0..), Some(last)) if ascends => {
                        Some((first.to_string(), last.to_string()))
                    }
                    _ => None,
                },
            });
        }
        let (ids, faults) = column::read(frame, USAGE, "usage_id", Kind::Text)?;
        let ids = text::column(&ids)?;
        let ids = ids.str()?;
        let ascends = ids.null_count() == 0
            && ids
                .iter()
                .flatten()
                .is_sorted_by(|one, next| comes_before(one, next));
        let end = |row: usize| ids.get(row).unwrap_or_default().to_owned();
        Ok(Self {
            faults,
            empty: crate::inputs::ids::empty(ids).collect(),
            ascending: (ascends && !ids.is_empty()).then(|| (end(0), end(ids.len() - 1))),
        })
    }
}

/// Numbers that were counted up, and ids of one length in their order: the short before the long.
fn comes_before(one: &str, next: &str) -> bool {
    (one.len(), one) < (next.len(), next)
}

/// The texts by number, and which number each row has; 0 is none.
fn numbered(texts: &StringChunked) -> (Every<u32>, Vec<String>) {
    let mut names = vec![String::new()];
    let mut known: HashMap<&str, u32> = HashMap::new();
    let numbers = texts.iter().map(|text| {
        let Some(text) = text else { return 0 };
        *known.entry(text).or_insert_with(|| {
            names.push(text.to_owned());
            names.len() as u32 - 1
        })
    });
    let numbers = alike(numbers.collect());
    (numbers, names)
}

/// The values of a column, zero where it has none.
fn or_zero<T, V>(column: &ChunkedArray<T>, value: impl Fn(T::Native) -> V) -> Vec<V>
where
    T: PolarsNumericType,
    V: Default,
{
    match column.cont_slice() {
        Ok(values) => values.iter().map(|it| value(*it)).collect(),
        Err(_) => {
            let values = column.iter();
            values
                .map(|it| it.map(&value).unwrap_or_default())
                .collect()
        }
    }
}

/// Values that are mostly the same.
pub fn alike<T: Copy + PartialEq>(values: Vec<T>) -> Every<T> {
    match values.first() {
        Some(first) if values.iter().all(|value| value == first) => Every::Same(*first),
        _ => Every::Each(values),
    }
}
