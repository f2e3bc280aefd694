//! The least and the greatest text of a column, which its pages say for those who look for one.
//!
//! Parquet's writer compares each text with both. But most are ids: kept in the words of their views, which compare as one number, or
//! each behind the one before it.

use polars_arrow::array::{Array, Utf8ViewArray, View};
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::page::{DataPage, DataPageHeader, Page};
use std::mem;

/// The bounds of some texts; `None` where there are none.
pub struct TextBounds(Option<(Vec<u8>, Vec<u8>)>);

impl TextBounds {
    pub fn of(texts: &Utf8ViewArray) -> Self {
        let are_short = texts.null_count() == 0 && texts.views().iter().all(View::is_inline);
        let rows = match are_short {
            true => of_short(texts.views()),
            false => of_any(texts),
        };
        let bytes = |row: usize| texts.value(row).as_bytes().to_vec();
        Self(rows.map(|(least, greatest)| (bytes(least), bytes(greatest))))
    }

    /// The page of these texts, or of some of them, that says so.
    pub fn told(&self, page: Page) -> Page {
        let Some((least, greatest)) = &self.0 else {
            return page;
        };
        let Page::Data(mut page) = page else {
            return page;
        };
        let mut header = page.header().clone();
        let statistics = match &mut header {
            DataPageHeader::V1(header) => &mut header.statistics,
            DataPageHeader::V2(header) => &mut header.statistics,
        };
        if let Some(statistics) = statistics {
            statistics.min_value = Some(least.clone());
            statistics.max_value = Some(greatest.clone());
        }
        let rows = page.num_rows().unwrap_or_default();
        let buffer = CowBuffer::Owned(mem::take(page.buffer_mut()));
        Page::Data(DataPage::new(header, buffer, page.descriptor, rows))
    }
}

/// The rows of the least and the greatest of texts that are kept in their views.
fn of_short(views: &[View]) -> Option<(usize, usize)> {
    // Their bytes, the first the highest, and then how many these are.
    let key = |view: &View| {
        let words = view.as_u128();
        (words >> 32).swap_bytes() | u128::from(words as u32)
    };
    let keys = || {
        views
            .iter()
            .map(key)
            .enumerate()
            .map(|(row, key)| (key, row))
    };
    let (_, least) = keys().min()?;
    let (_, greatest) = keys().max()?;
    Some((least, greatest))
}

/// The same of any texts.
fn of_any(texts: &Utf8ViewArray) -> Option<(usize, usize)> {
    let mut bounds: Option<(usize, usize)> = None;
    let mut before = None;
    for (row, view) in texts.views().iter().enumerate() {
        // The same words in memory are the same text.
        let words = Some(view.as_u128());
        if texts.is_null(row) || words == before {
            continue;
        }
        before = words;
        let text = texts.value(row);
        bounds = Some(match bounds {
            None => (row, row),
            Some((least, greatest)) if texts.value(greatest) < text => (least, row),
            Some((least, greatest)) if text < texts.value(least) => (row, greatest),
            known => known?,
        });
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bounds_are_the_least_and_the_greatest(texts in prop::collection::vec(prop::option::of("[a-c\u{e9}]{0,4}|[ab]{11,14}"), 0..40)) {
            for all in [texts.clone(), texts.iter().flatten().filter(|text| text.len() < 13).cloned().map(Some).collect()] {
                let TextBounds(found) = TextBounds::of(&Utf8ViewArray::from_slice(&all));
                let bytes = |text: &String| text.clone().into_bytes();
                let ends = all.iter().flatten().min().zip(all.iter().flatten().max());
                prop_assert_eq!(found, ends.map(|(least, greatest)| (bytes(least), bytes(greatest))));
            }
        }
    }
}
