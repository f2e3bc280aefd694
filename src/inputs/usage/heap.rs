//! Rows of usage on heaps by service, so that those of one are brought together without going over all memory for each row.

use crate::model::index::NOWHERE;
use std::ops::Range;

/// Services whose usage is on one heap: so few that the counts of all stay at hand.
pub const HEAP: usize = 1 << 16;

/// Rows of known services, one heap behind the other, those of each in the order of their files.
#[derive(Clone, Debug)]
pub struct Heaps {
    /// The row among all of its input.
    pub rows: Vec<u32>,
    /// Where its service first stands among those of the heap.
    pub places: Vec<u16>,
    /// Days since 1970-01-01, in the workspace's zone.
    pub days: Vec<i32>,
    /// In units of a quantity.
    pub quantities: Vec<i64>,
    /// Where the rows of each heap end.
    ends: Vec<usize>,
}

impl Heaps {
    /// `places` has for each row where its service stands among all, which are so many; the first row is `begin`.
    pub fn dealt(
        begin: usize,
        places: &[u32],
        days: &[i32],
        quantities: &[i64],
        services: usize,
    ) -> Self {
        let mut next = vec![0; services.div_ceil(HEAP) + 1];
        let known = || {
            places
                .iter()
                .enumerate()
                .filter(|(_, place)| **place != NOWHERE)
        };
        for (_, place) in known() {
            next[*place as usize / HEAP + 1] += 1;
        }
        for heap in 1..next.len() {
            next[heap] += next[heap - 1];
        }
        let height = next[next.len() - 1];
        let mut dealt = Self {
            rows: vec![0; height],
            places: vec![0; height],
            days: vec![0; height],
            quantities: vec![0; height],
            ends: Vec::new(),
        };
        for (row, place) in known() {
            let at = &mut next[*place as usize / HEAP];
            dealt.rows[*at] = (begin + row) as u32;
            dealt.places[*at] = (*place as usize % HEAP) as u16;
            dealt.days[*at] = days[row];
            dealt.quantities[*at] = quantities[row];
            *at += 1;
        }
        // Where each began is by now where it ends.
        next.pop();
        Self {
            ends: next,
            ..dealt
        }
    }

    /// The rows on one of the heaps.
    pub fn of(&self, heap: usize) -> Range<usize> {
        let begin = heap.checked_sub(1).map_or(0, |before| self.ends[before]);
        begin..self.ends[heap]
    }
}
