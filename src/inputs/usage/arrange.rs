//! Rows in the order they are billed in: by service.

use super::gather::Gathered;
use super::heap::{HEAP, Heap};
use super::seen::Seen;
use crate::model::usage::{Every, Usage, UsageRows};
use rayon::prelude::*;

/// The usage of so many services, but for the rows that are there again.
///
/// Services are counted first and their rows dealt out, one heap beside another.
pub fn by_service(gathered: Gathered, seen: Seen, again: &[usize], services: usize) -> Usage {
    let mut heaps = gathered.heaps;
    if !again.is_empty() {
        heaps.par_iter_mut().for_each(|heap| heap.without(again));
    }
    let mut spans = vec![(0_u32, 0_u32); services];
    let counted = spans.par_chunks_mut(HEAP).zip(&heaps);
    counted.for_each(|(spans, heap)| {
        for place in &heap.places {
            spans[usize::from(*place)].1 += 1;
        }
    });
    let mut end = 0;
    for span in &mut spans {
        let count = span.1;
        *span = (end, end + count);
        end += count;
    }
    let dealt = Dealt {
        heaps: &heaps,
        spans: &spans,
    };
    let rows = UsageRows {
        days: dealt.out(|heap, row| heap.days[row]),
        quantities: dealt.out(|heap, row| heap.quantities[row]),
        meters: dealt.every(gathered.meters),
        meter_names: gathered.meter_names,
        processed: dealt.every(gathered.processed),
        readers: dealt.every(seen.readers),
        reader_sets: seen.sets,
    };
    Usage::new(rows, spans)
}

/// Where the rows of each service come to stand.
struct Dealt<'a> {
    heaps: &'a [Heap],
    spans: &'a [(u32, u32)],
}

impl Dealt<'_> {
    fn every<T: Copy + Default + Send + Sync>(&self, values: Every<T>) -> Every<T> {
        match values {
            Every::Same(value) => Every::Same(value),
            Every::Each(values) => {
                Every::Each(self.out(|heap, row| values[heap.rows[row] as usize]))
            }
        }
    }

    /// A value of each row, by service.
    fn out<T>(&self, value: impl Fn(&Heap, usize) -> T + Sync) -> Vec<T>
    where
        T: Copy + Default + Send,
    {
        let height = self.heaps.iter().map(|heap| heap.rows.len()).sum();
        let mut dealt = vec![T::default(); height];
        let mut rest = &mut dealt[..];
        let mut parts = Vec::new();
        for (heap, spans) in self.heaps.iter().zip(self.spans.chunks(HEAP)) {
            let (own, behind) = rest.split_at_mut(heap.rows.len());
            rest = behind;
            parts.push((heap, spans, own));
        }
        parts.into_par_iter().for_each(|(heap, spans, own)| {
            let begin = spans[0].0;
            let mut next: Vec<u32> = spans.iter().map(|span| span.0 - begin).collect();
            for (row, place) in heap.places.iter().enumerate() {
                let at = &mut next[usize::from(*place)];
                own[*at as usize] = value(heap, row);
                *at += 1;
            }
        });
        dealt
    }
}
