//! A few ids that are looked for in many rows.

use foldhash::fast::FixedState;
use polars::prelude::PolarsResult;
use polars_buffer::Buffer;
use polars_parquet::parquet::encoding::Encoding;
use polars_parquet::parquet::page::split_buffer;
use polars_parquet::read::{BasicDecompressor, ColumnChunkMetadata, PageReader};
use std::collections::{BTreeSet, HashSet};
use std::io::Cursor;

/// Ids that are looked for.
pub struct Needles {
    ids: HashSet<Vec<u8>, FixedState>,
    /// Whether some id ends with these two bytes: most values are none of them by that alone.
    ends: Vec<bool>,
}

impl Needles {
    pub fn new(ids: &BTreeSet<String>) -> Self {
        let mut ends = vec![false; 1 << 16];
        for id in ids {
            ends[end(id.as_bytes())] = true;
        }
        Self {
            ids: ids.iter().map(|id| id.as_bytes().to_vec()).collect(),
            ends,
        }
    }

    pub fn has(&self, id: &str) -> bool {
        self.has_bytes(id.as_bytes())
    }

    fn has_bytes(&self, id: &[u8]) -> bool {
        self.ends[end(id)] && self.ids.contains(id)
    }

    /// Whether one lies between two texts, both included.
    pub fn any_within(&self, least: &[u8], most: &[u8]) -> bool {
        self.ids
            .iter()
            .any(|id| least <= id.as_slice() && id.as_slice() <= most)
    }

    /// Whether one is among texts as Parquet writes them plainly: each behind its length.
    fn any_plain(&self, mut texts: &[u8]) -> bool {
        while let Some((length, rest)) = texts.split_first_chunk::<4>() {
            let Some((text, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)
            else {
                // Not what it should be: whoever reads it will say so.
                return true;
            };
            if self.has_bytes(text) {
                return true;
            }
            texts = rest;
        }
        false
    }
}

fn end(id: &[u8]) -> usize {
    match id {
        [.., one, other] => usize::from(*one) << 8 | usize::from(*other),
        [one] => usize::from(*one),
        [] => 0,
    }
}

/// Whether the pages of a column of text can have one of the ids.
pub fn pages_may_have(
    chunk: &ColumnChunkMetadata,
    bytes: Buffer<u8>,
    needles: &Needles,
) -> PolarsResult<bool> {
    let pages = PageReader::new(Cursor::new(bytes), chunk, Vec::new(), usize::MAX);
    let mut pages = BasicDecompressor::new(pages, Vec::new());
    if let Some(texts) = pages.read_dict_page()?
        && needles.any_plain(&texts.buffer)
    {
        return Ok(true);
    }
    while let Some(page) = pages.next() {
        let page = page?;
        // Its values are those of the dictionary.
        if page.page().header().is_dictionary_encoded() {
            continue;
        }
        let page = page.decompress(&mut pages)?;
        if page.encoding() != Encoding::Plain || needles.any_plain(split_buffer(&page)?.values) {
            return Ok(true);
        }
        pages.reuse_page_buffer(page);
    }
    Ok(false)
}
