//! Which earlier runs have read each row of usage.

use super::{Measured, repeats};
use crate::diagnostic::Report;
use crate::inputs::Earlier;
use crate::inputs::earlier::is_same;
use crate::inputs::origin::Origin;
use crate::model::plan::Pin;
use crate::model::usage::Every;
use crate::model::workspace::Mode;
use std::collections::{BTreeMap, BTreeSet};

/// The runs that have read each row.
pub struct Seen {
    /// Which of the sets, for usage as it was read.
    pub readers: Every<u32>,
    pub sets: Vec<BTreeSet<String>>,
}

impl Seen {
    /// A file that an earlier run has read is known by its hash; what was read from other files is read again, and known by its ids.
    ///
    /// `parts` are the files of the usage, which has `height` rows. `whole` reads it, and `read` usage as it was read before.
    /// Errors: those of both; of a delta `BW-X120`, an id that had other content.
    pub fn of(
        (origin, height): (&Origin, usize),
        mode: Mode,
        parts: &[Vec<Pin>],
        earlier: &[Earlier],
        whole: impl Fn() -> Result<Measured, Report>,
        read: impl Fn(&Earlier) -> Result<Measured, Report>,
    ) -> Result<Self, Report> {
        let mut readers = Readers::default();
        let mut rows = Every::Same(0);
        let begins = origin.files.iter().map(|file| file.begin);
        let all = match origin.selected {
            None => height,
            Some(_) => usize::MAX,
        };
        let ends = begins.clone().skip(1).chain([all]);
        for (part, (begin, end)) in parts.iter().zip(begins.zip(ends)) {
            let knew = earlier.iter().filter(|before| before.is(part));
            let runs = knew.flat_map(|before| before.runs.iter().cloned());
            let set = readers.number(runs.collect());
            match &origin.selected {
                None => rows.extend(begin, Every::Same(set), end - begin),
                Some(selected) => {
                    let first = selected.partition_point(|row| *row < begin);
                    let last = selected.partition_point(|row| *row < end);
                    rows.extend(first, Every::Same(set), last - first);
                }
            }
        }
        let gone = earlier
            .iter()
            .filter(|before| !parts.iter().any(|part| before.is(part)));
        let mut usage = None;
        for before in gone {
            let usage = match &mut usage {
                Some(usage) => &*usage,
                usage => &*usage.insert(whole()?),
            };
            let then = read(before)?;
            let again = repeats::again(usage, &then)?;
            if mode == Mode::Delta {
                repeats::same_as_then(usage, &then, &again, &before.runs)?;
            }
            let mut more: BTreeMap<u32, u32> = BTreeMap::new();
            let mut numbers: Vec<u32> = (0..height).map(|row| rows.at(row)).collect();
            for (row, _) in again {
                let known = numbers[row];
                let with = || readers.with(known, &before.runs);
                numbers[row] = *more.entry(known).or_insert_with(with);
            }
            rows = Every::Each(numbers);
        }
        if readers.all.is_empty() {
            readers.all.push(BTreeSet::new());
        }
        Ok(Self {
            readers: rows,
            sets: readers.all,
        })
    }
}

impl Earlier {
    fn is(&self, part: &[Pin]) -> bool {
        is_same(self.files.iter().map(|file| &file.pin), part)
    }
}

/// Sets of runs, each kept once: many rows, and few such sets.
#[derive(Default)]
struct Readers {
    all: Vec<BTreeSet<String>>,
    numbers: BTreeMap<BTreeSet<String>, u32>,
}

impl Readers {
    fn number(&mut self, runs: BTreeSet<String>) -> u32 {
        let next = self.all.len();
        let number = self.numbers.entry(runs.clone()).or_insert_with(|| {
            self.all.push(runs);
            u32::try_from(next).expect("fewer sets than rows")
        });
        *number
    }

    /// A set and these runs.
    fn with(&mut self, number: u32, runs: &BTreeSet<String>) -> u32 {
        let union = self.all[number as usize].union(runs).cloned().collect();
        self.number(union)
    }
}
