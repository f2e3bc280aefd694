//! Rows in the order they are billed in: by service.

use super::gather::Gathered;
use crate::model::index::NOWHERE;
use crate::model::usage::{Every, Usage, UsageRows};
use rayon::prelude::*;

/// The usage of so many services, rows that are nowhere left out.
///
/// Services are counted first and their rows dealt out, each thread to services of its own.
pub fn by_service(gathered: Gathered, services: usize) -> Usage {
    let Gathered { places, rows, .. } = gathered;
    let mut spans = vec![(0_u32, 0_u32); services];
    for place in places.iter().filter(|place| **place != NOWHERE) {
        spans[*place as usize].1 += 1;
    }
    let mut end = 0;
    for span in &mut spans {
        let count = span.1;
        *span = (end, end + count);
        end += count;
    }
    let dealt = Dealt {
        places: &places,
        spans: &spans,
        height: end as usize,
    };
    let (days, quantities) = dealt.out(&rows.days, &rows.quantities);
    let rows = UsageRows {
        days,
        quantities,
        meters: dealt.every(rows.meters),
        processed: dealt.every(rows.processed),
        readers: dealt.every(rows.readers),
        ..rows
    };
    Usage::new(rows, spans)
}

/// Where the rows of each service come to stand.
struct Dealt<'a> {
    places: &'a [u32],
    spans: &'a [(u32, u32)],
    height: usize,
}

impl Dealt<'_> {
    fn every<T: Copy + Default + Send + Sync>(&self, values: Every<T>) -> Every<T> {
        match values {
            Every::Same(value) => Every::Same(value),
            Every::Each(values) => {
                let nothing = vec![(); values.len()];
                Every::Each(self.out(&values, &nothing).0)
            }
        }
    }

    /// Two values of each row that is somewhere, by service.
    fn out<A, B>(&self, ones: &[A], others: &[B]) -> (Vec<A>, Vec<B>)
    where
        A: Copy + Default + Send + Sync,
        B: Copy + Default + Send + Sync,
    {
        let mut dealt = (
            vec![A::default(); self.height],
            vec![B::default(); self.height],
        );
        let threads = rayon::current_num_threads();
        let width = self.spans.len().div_ceil(threads).max(1);
        let mut parts = Vec::new();
        let (mut rest, mut other_rest) = (&mut dealt.0[..], &mut dealt.1[..]);
        for (part, spans) in self.spans.chunks(width).enumerate() {
            let height = (spans[spans.len() - 1].1 - spans[0].0) as usize;
            let (own, behind) = rest.split_at_mut(height);
            let (other_own, other_behind) = other_rest.split_at_mut(height);
            (rest, other_rest) = (behind, other_behind);
            parts.push((part * width, spans, own, other_own));
        }
        parts
            .into_par_iter()
            .for_each(|(first, spans, own, other_own)| {
                let begin = spans[0].0;
                let mut next: Vec<u32> = spans.iter().map(|span| span.0 - begin).collect();
                for ((place, one), other) in self.places.iter().zip(ones).zip(others) {
                    // What is nowhere lies beyond all of them.
                    let place = (*place as usize).checked_sub(first);
                    if let Some(at) = place.and_then(|place| next.get_mut(place)) {
                        own[*at as usize] = *one;
                        other_own[*at as usize] = *other;
                        *at += 1;
                    }
                }
            });
        dealt
    }
}
