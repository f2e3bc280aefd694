//! Rows in the order they are billed in: by service.

use super::gather::Gathered;
use super::heap::{HEAP, Heaps};
use super::seen::Seen;
use crate::model::counting::Counting;
use crate::model::usage::{Every, Usage, UsageRows};
use chrono_tz::Tz;
use rayon::prelude::*;

/// The usage of so many services, but for the rows that are there again.
///
/// Services are counted first and their rows dealt out, one heap beside another.
pub fn by_service(
    gathered: Gathered,
    seen: Seen,
    again: &[usize],
    services: usize,
    (counting, zone): (&Counting, Tz),
) -> Usage {
    let pieces = Pieces {
        pieces: &gathered.heaps,
        again,
    };
    let mut spans = vec![(0_u32, 0_u32); services];
    let heaps = spans.par_chunks_mut(HEAP).enumerate();
    heaps.for_each(|(heap, spans)| {
        pieces.each(heap, |piece, row| {
            spans[usize::from(piece.places[row])].1 += 1
        });
    });
    let mut end = 0;
    for span in &mut spans {
        let count = span.1;
        *span = (end, end + count);
        end += count;
    }
    let dealt = Dealt {
        pieces,
        spans: &spans,
        height: end as usize,
    };
    let rows = UsageRows {
        days: dealt.out(|piece, row| piece.days[row]),
        quantities: dealt.out(|piece, row| piece.quantities[row]),
        meters: dealt.every(gathered.meters),
        meter_names: gathered.meter_names,
        processed: dealt.every(gathered.processed),
        readers: dealt.every(seen.readers),
        reader_sets: seen.sets,
        counting: counting.clone(),
        times: dealt.every(gathered.times),
        holding: dealt.every(gathered.holding),
        condition_sets: gathered.condition_sets,
        values: gathered
            .values
            .into_iter()
            .map(|values| dealt.every(values.numbers))
            .collect(),
        zone,
    };
    Usage::new(rows, spans)
}

/// All rows as they were read, and those of them that are there again.
struct Pieces<'a> {
    pieces: &'a [Heaps],
    again: &'a [usize],
}

impl Pieces<'_> {
    /// Goes over the rows of one heap, but for those that are there again.
    fn each(&self, heap: usize, mut with: impl FnMut(&Heaps, usize)) {
        for piece in self.pieces {
            for row in piece.of(heap) {
                let is_again = || {
                    self.again
                        .binary_search(&(piece.rows[row] as usize))
                        .is_ok()
                };
                if self.again.is_empty() || !is_again() {
                    with(piece, row);
                }
            }
        }
    }
}

/// Where the rows of each service come to stand.
struct Dealt<'a> {
    pieces: Pieces<'a>,
    spans: &'a [(u32, u32)],
    height: usize,
}

impl Dealt<'_> {
    fn every<T: Copy + Default + Send + Sync>(&self, values: Every<T>) -> Every<T> {
        match values {
            Every::Same(value) => Every::Same(value),
            Every::Each(values) => {
                Every::Each(self.out(|piece, row| values[piece.rows[row] as usize]))
            }
        }
    }

    /// A value of each row, by service.
    fn out<T>(&self, value: impl Fn(&Heaps, usize) -> T + Sync) -> Vec<T>
    where
        T: Copy + Default + Send,
    {
        let mut dealt = vec![T::default(); self.height];
        let mut rest = &mut dealt[..];
        let mut parts = Vec::new();
        for spans in self.spans.chunks(HEAP) {
            let height = spans[spans.len() - 1].1 - spans[0].0;
            let (own, behind) = rest.split_at_mut(height as usize);
            rest = behind;
            parts.push((spans, own));
        }
        let parts = parts.into_par_iter().enumerate();
        parts.for_each(|(heap, (spans, own))| {
            let begin = spans[0].0;
            let mut next: Vec<u32> = spans.iter().map(|span| span.0 - begin).collect();
            self.pieces.each(heap, |piece, row| {
                let at = &mut next[usize::from(piece.places[row])];
                own[*at as usize] = value(piece, row);
                *at += 1;
            });
        });
        dealt
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::index::NOWHERE;

    /// Services on either side of the border between two heaps, rows of one service in two pieces, one of nobody, one there again.
    #[test]
    fn rows_come_to_their_services_whatever_heap_and_piece_they_were_in() {
        let services = HEAP + 10;
        let [last, first] = [HEAP as u32 - 1, HEAP as u32];
        let piece = |begin: usize, places: &[u32]| {
            let rows = begin..begin + places.len();
            let days: Vec<i32> = rows.clone().map(|row| row as i32).collect();
            let quantities: Vec<i64> = rows.map(|row| row as i64 * 10).collect();
            Heaps::dealt(begin, places, &days, &quantities, services)
        };
        let gathered = Gathered {
            heaps: vec![
                piece(0, &[first, 3, NOWHERE, last]),
                piece(4, &[3, last, first, 3]),
            ],
            meters: Every::Each(vec![0, 1, 1, 0, 0, 0, 2, 0]),
            ..Gathered::default()
        };
        let seen = Seen {
            readers: Every::Same(0),
            sets: Vec::new(),
        };
        let usage = by_service(
            gathered,
            seen,
            &[4],
            services,
            (&Counting::default(), Tz::UTC),
        );
        let of = |service: u32| {
            let rows = usage.of(service as usize);
            let rows = rows.map(|row| {
                let all = usage.rows();
                (all.days[row], all.quantities[row], all.meters.at(row))
            });
            rows.collect::<Vec<_>>()
        };
        assert_eq!(of(3), [(1, 10, 1), (7, 70, 0)]);
        assert_eq!(of(last), [(3, 30, 0), (5, 50, 0)]);
        assert_eq!(of(first), [(0, 0, 0), (6, 60, 2)]);
        assert_eq!((of(0), usage.height()), (Vec::new(), 6));
    }
}
