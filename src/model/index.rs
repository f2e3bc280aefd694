//! Where an id stands in a column of ids.
//!
//! A million services and the usage of each are tied together by looking ids up, and what that costs is waiting for memory. So ids
//! that are numbered are found by their number. Of others a slot is eight bytes and mostly says alone whether it is the right one,
//! short ids are compared as the two words they are kept in, and many are looked up at the same time, so that they wait together.

use super::numbered::Numbered;
use super::table::Texts;
use foldhash::fast::FixedState;
use polars::prelude::StringChunked;
use polars_arrow::array::{Array, View};
use rayon::prelude::*;
use std::fmt;
use std::hash::BuildHasher;

/// A column of ids, each found in one step. The texts are not copied: a row is all that is kept of an id.
pub struct Index {
    ids: Texts,
    /// Whether all ids are kept as the words they are.
    is_short: bool,
    /// Where they are: then there are no slots.
    numbered: Option<Numbered>,
    slots: Vec<Slot>,
}

/// What [`Index::rows`] gives for an id that is nowhere.
pub const NOWHERE: u32 = u32::MAX;

/// Ids that are looked up by one thread in one go.
const PIECE: usize = 1 << 14;
/// Ids that wait for memory together.
const TOGETHER: usize = 64;

#[derive(Clone, Copy)]
struct Slot {
    /// Bits of the hash that did not choose the slot.
    tag: u32,
    row: u32,
}

const EMPTY: Slot = Slot {
    tag: 0,
    row: NOWHERE,
};

/// An id: as the words it is kept in where it is short.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Id<'a> {
    Short(u128),
    Long(&'a str),
}

impl Index {
    /// Of an id that is there twice the first counts. Empty values are nowhere.
    pub fn new(ids: &StringChunked) -> Self {
        let ids = ids.rechunk().downcast_as_array().clone();
        if let Some(numbered) = Numbered::of(&ids) {
            return Self {
                ids,
                is_short: true,
                numbered: Some(numbered),
                slots: Vec::new(),
            };
        }
        let capacity = (ids.len() * 2).next_power_of_two().max(16);
        let mut index = Self {
            ids: ids.clone(),
            is_short: are_short(&ids),
            numbered: None,
            slots: vec![EMPTY; capacity],
        };
        let hashes: Vec<u64> = (0..ids.len())
            .into_par_iter()
            .map(|row| at(&ids, row).hash())
            .collect();
        for (group, hashes) in hashes.chunks(TOGETHER).enumerate() {
            // The first slot of each is asked for before any is filled.
            let mut is_free = [false; TOGETHER];
            for (it, hash) in is_free.iter_mut().zip(hashes) {
                *it = index.slots[index.place(*hash)].row == NOWHERE;
            }
            for ((row, hash), is_free) in (group * TOGETHER..).zip(hashes).zip(is_free) {
                index.add(row, *hash, is_free);
            }
        }
        index
    }

    /// Adds a row, if its id is not there. `is_free`: its first slot was free a short while ago.
    fn add(&mut self, row: usize, hash: u64, is_free: bool) {
        if self.ids.get(row).is_none() {
            return;
        }
        let first = self.place(hash);
        let (place, found) = match is_free && self.slots[first].row == NOWHERE {
            true => (first, EMPTY),
            false => self.found(at(&self.ids, row), hash),
        };
        if found.row == NOWHERE {
            let (tag, row) = (tag(hash), row as u32);
            self.slots[place] = Slot { tag, row };
        }
    }

    pub fn row(&self, id: &str) -> Option<usize> {
        let row = match (&self.numbered, Id::of(id)) {
            (Some(numbered), Id::Short(words)) => numbered.row(words),
            (Some(_), Id::Long(_)) => NOWHERE,
            (None, id) => self.found(id, id.hash()).1.row,
        };
        (row != NOWHERE).then_some(row as usize)
    }

    /// Where each id of another column stands.
    pub fn rows(&self, ids: &StringChunked) -> Vec<u32> {
        let mut pieces = ids.downcast_iter().map(|ids| self.rows_of(ids));
        let mut rows = pieces.next().unwrap_or_default();
        pieces.for_each(|more| rows.extend(more));
        rows
    }

    fn rows_of(&self, ids: &Texts) -> Vec<u32> {
        if let Some(numbered) = &self.numbered {
            return numbered.rows(ids);
        }
        // Short ids are words that are compared at once, and nearly all are short.
        match self.is_short && are_short(ids) {
            true => self.rows_by(ids, |ids, row| ids.views()[row].as_u128(), short_hash),
            false => self.rows_by(ids, at, Id::hash),
        }
    }

    fn rows_by<'a, K: Copy + Eq>(
        &'a self,
        ids: &'a Texts,
        key: impl Fn(&'a Texts, usize) -> K + Sync,
        hash: impl Fn(K) -> u64 + Sync,
    ) -> Vec<u32> {
        let is_empty = |row| ids.validity().is_some_and(|valid| !valid.get_bit(row));
        let mut rows = vec![NOWHERE; ids.len()];
        let pieces = rows.par_chunks_mut(PIECE).enumerate();
        pieces.for_each(|(piece, rows)| {
            for (group, rows) in rows.chunks_mut(TOGETHER).enumerate() {
                let first = piece * PIECE + group * TOGETHER;
                let mut hashes = [0; TOGETHER];
                for (it, at_row) in hashes.iter_mut().zip(first..first + rows.len()) {
                    *it = hash(key(ids, at_row));
                }
                // The first slot of each is asked for before any is looked at, and then the text behind the likely one.
                let asked = hashes.map(|hash| self.slots[self.place(hash)]);
                let mut likely = [EMPTY; TOGETHER];
                for ((likely, hash), asked) in likely.iter_mut().zip(hashes).zip(asked) {
                    *likely = match asked.row == NOWHERE || asked.tag == tag(hash) {
                        true => asked,
                        false => self.tagged(hash),
                    };
                }
                let texts = likely.map(|slot| match slot.row {
                    NOWHERE => None,
                    row => Some(key(&self.ids, row as usize)),
                });
                for (at_row, found) in rows.iter_mut().enumerate() {
                    let row = first + at_row;
                    if is_empty(row) {
                        continue;
                    }
                    *found = match texts[at_row] {
                        None => NOWHERE,
                        Some(text) if text == key(ids, row) => likely[at_row].row,
                        Some(_) => self.found(at(ids, row), hashes[at_row]).1.row,
                    };
                }
            }
        });
        rows
    }

    /// The slot an id has, or the empty one it would get.
    fn found(&self, id: Id<'_>, hash: u64) -> (usize, Slot) {
        let mut place = self.place(hash);
        loop {
            let slot = self.slots[place];
            let is_it = || slot.tag == tag(hash) && at(&self.ids, slot.row as usize) == id;
            if slot.row == NOWHERE || is_it() {
                return (place, slot);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// The first slot with the tag of this hash, or the empty one behind which there is none.
    fn tagged(&self, hash: u64) -> Slot {
        let mut place = self.place(hash);
        loop {
            let slot = self.slots[place];
            if slot.row == NOWHERE || slot.tag == tag(hash) {
                return slot;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }
}

fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Whether all ids of a column are kept as the words they are.
fn are_short(ids: &Texts) -> bool {
    ids.views().iter().all(View::is_inline)
}

fn short_hash(words: u128) -> u64 {
    FixedState::with_seed(0).hash_one(words)
}

/// The id in a row; any value stands for an empty one.
fn at(ids: &Texts, row: usize) -> Id<'_> {
    let view = ids.views()[row];
    match view.is_inline() {
        true => Id::Short(view.as_u128()),
        false => Id::Long(ids.value(row)),
    }
}

impl<'a> Id<'a> {
    /// As columns keep it: the length and up to twelve bytes in two words.
    fn of(text: &'a str) -> Self {
        const SHORT: usize = 12;
        if text.len() > SHORT {
            return Self::Long(text);
        }
        let mut words = [0; 16];
        words[..4].copy_from_slice(&(text.len() as u32).to_ne_bytes());
        words[4..4 + text.len()].copy_from_slice(text.as_bytes());
        Self::Short(u128::from_ne_bytes(words))
    }

    fn hash(self) -> u64 {
        match self {
            Self::Short(words) => short_hash(words),
            Self::Long(text) => FixedState::with_seed(0).hash_one(text),
        }
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Index({} rows)", self.ids.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(ids: &[Option<String>]) -> StringChunked {
        ids.iter().cloned().collect()
    }

    #[test]
    fn of_an_id_that_is_there_twice_the_first_counts() {
        let ids: StringChunked = [Some("b"), None, Some("a"), Some("b")]
            .into_iter()
            .collect();
        let index = Index::new(&ids);
        assert_eq!(
            [index.row("b"), index.row("a"), index.row("c")],
            [Some(0), Some(2), None]
        );
        let others: StringChunked = [Some("a"), Some(""), None].into_iter().collect();
        assert_eq!(index.rows(&others), [2, NOWHERE, NOWHERE]);
    }

    /// Whether each id is found where it first stands, one by one or together.
    fn finds_the_first_of(ids: &[Option<String>], others: &[Option<String>]) {
        let index = Index::new(&column(ids));
        let wanted = |id: &Option<String>| {
            let id = id.as_ref()?;
            ids.iter().position(|other| other.as_ref() == Some(id))
        };
        let rows = index.rows(&column(others));
        for (other, row) in others.iter().zip(rows) {
            let row = (row != NOWHERE).then_some(row as usize);
            assert_eq!(row, wanted(other), "{other:?}");
            if let Some(id) = other {
                assert_eq!(index.row(id), wanted(other), "{id:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn ids_are_found_short_and_long(
            ids in prop::collection::vec(prop::option::of("[ab]{0,3}|[abc]{11,14}"), 0..300),
            others in prop::collection::vec(prop::option::of("[ab]{0,3}|[abc]{11,14}"), 0..300),
        ) {
            finds_the_first_of(&ids, &others);
        }

        /// In order or not, some of them twice; and what looks like one and is not.
        #[test]
        fn ids_are_found_that_are_numbered(
            mut ids in prop::collection::vec("[RS][0-2][0-9]{2}|S-[0-9]{9}", 1..300),
            others in prop::collection::vec(prop::option::of("[RST][0-9]{3}|S[0-9/:a]{2,4}|S[0-9]{11,12}"), 0..300),
        ) {
            let all = |ids: &[String]| -> Vec<_> { ids.iter().cloned().map(Some).collect() };
            finds_the_first_of(&all(&ids), &others);
            ids.sort_unstable();
            finds_the_first_of(&all(&ids), &others);
            ids.dedup();
            finds_the_first_of(&all(&ids), &others);
            finds_the_first_of(&all(&ids), &all(&ids));
        }
    }
}
