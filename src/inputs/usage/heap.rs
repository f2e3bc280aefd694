//! Rows of usage on heaps by service, so that those of one are brought together without going over all memory for each row.

use crate::model::index::NOWHERE;
use std::ops::Range;

/// Services whose usage is on one heap: so few that the counts of all stay at hand.
pub const HEAP: usize = 1 << 16;

/// Rows of usage, in the order of their files.
#[derive(Clone, Debug, Default)]
pub struct Heap {
    /// The row among all of its input.
    pub rows: Vec<u32>,
    /// Where its service first stands among those of the heap.
    pub places: Vec<u16>,
    /// Days since 1970-01-01, in the workspace's zone.
    pub days: Vec<i32>,
    /// In units of a quantity.
    pub quantities: Vec<i64>,
}

impl Heap {
    /// The rows of known services, one heap behind the other, and where each of them ends. `places` has for each row where its service
    /// stands among all, which are so many; the first row is `begin`.
    pub fn dealt(
        begin: usize,
        places: &[u32],
        days: &[i32],
        quantities: &[i64],
        services: usize,
    ) -> (Self, Vec<usize>) {
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
        (dealt, next)
    }

    /// Adds some rows of another.
    pub fn extend(&mut self, more: &Self, rows: Range<usize>) {
        self.rows.extend_from_slice(&more.rows[rows.clone()]);
        self.places.extend_from_slice(&more.places[rows.clone()]);
        self.days.extend_from_slice(&more.days[rows.clone()]);
        self.quantities.extend_from_slice(&more.quantities[rows]);
    }

    /// Takes some rows out, which are named in order.
    pub fn without(&mut self, left_out: &[usize]) {
        let is_kept = |row: &u32| left_out.binary_search(&(*row as usize)).is_err();
        let kept: Vec<bool> = self.rows.iter().map(is_kept).collect();
        retain(&mut self.places, &kept);
        retain(&mut self.days, &kept);
        retain(&mut self.quantities, &kept);
        retain(&mut self.rows, &kept);
    }
}

fn retain<T>(values: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    values.retain(|_| kept.next() == Some(&true));
}
