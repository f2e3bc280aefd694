//! Which earlier runs have read each row of usage.

use super::{Measured, repeats};
use crate::diagnostic::Report;
use crate::inputs::Earlier;
use crate::inputs::earlier::is_same;
use crate::model::plan::Pin;
use crate::model::workspace::Mode;
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The runs that have read each row.
pub struct Seen {
    /// The column `readers` of the schema, for usage as it was read.
    pub column: Column,
    pub readers: Vec<BTreeSet<String>>,
}

impl Seen {
    /// A file that an earlier run has read is known by its hash; what was read from other files is read again, and known by its ids.
    ///
    /// `parts` are the files of the usage. `read` reads usage as it was read before.
    /// Errors: those of `read`; of a delta `BW-X120`, an id that had other content.
    pub fn of(
        usage: &Measured,
        mode: Mode,
        parts: &[Vec<Pin>],
        earlier: &[Earlier],
        read: impl Fn(&Earlier) -> Result<Measured, Report>,
    ) -> Result<Self, Report> {
        let height = usage.frame.height();
        if earlier.is_empty() {
            let nobody = Scalar::new(DataType::Int64, AnyValue::Int64(0));
            return Ok(Self {
                column: Column::new_scalar("readers".into(), nobody, height),
                readers: vec![BTreeSet::new()],
            });
        }
        let mut readers = Readers::default();
        let mut rows = vec![0_i64; height];
        let begins = usage.origin.files.iter().map(|file| file.begin);
        let ends = begins.clone().skip(1).chain([height]);
        for (part, (begin, end)) in parts.iter().zip(begins.zip(ends)) {
            let knew = earlier.iter().filter(|before| before.is(part));
            let runs = knew.flat_map(|before| before.runs.iter().cloned());
            rows[begin..end].fill(readers.number(runs.collect()));
        }
        let gone = earlier
            .iter()
            .filter(|before| !parts.iter().any(|part| before.is(part)));
        for before in gone {
            let then = read(before)?;
            let again = repeats::again(usage, &then)?;
            if mode == Mode::Delta {
                repeats::same_as_then(usage, &then, &again, &before.runs)?;
            }
            let mut more: BTreeMap<i64, i64> = BTreeMap::new();
            for (row, _) in again {
                let known = rows[row];
                let with = || readers.with(known, &before.runs);
                rows[row] = *more.entry(known).or_insert_with(with);
            }
        }
        Ok(Self {
            column: Int64Chunked::from_vec("readers".into(), rows)
                .into_series()
                .into(),
            readers: readers.all,
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
    numbers: BTreeMap<BTreeSet<String>, i64>,
}

impl Readers {
    fn number(&mut self, runs: BTreeSet<String>) -> i64 {
        let next = self.all.len();
        let number = self.numbers.entry(runs.clone()).or_insert_with(|| {
            self.all.push(runs);
            i64::try_from(next).expect("fewer sets than rows")
        });
        *number
    }

    /// A set and these runs.
    fn with(&mut self, number: i64, runs: &BTreeSet<String>) -> i64 {
        let set = usize::try_from(number).expect("a number given out");
        let union = self.all[set].union(runs).cloned().collect();
        self.number(union)
    }
}
