//! One column of a row group as the pages of a Parquet file.
//!
//! Most columns of text hold the same few values over and over: these are numbered as they are met, instead of by a table of all there
//! are, which would take longer than everything else about the file. What is not among few is written as it is and left to the
//! compression.

use super::bounds::TextBounds;
use crate::model::table::Kind;
use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::*;
use polars_arrow::array::{Array, DictionaryArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::ArrowDataType;
use polars_io::parquet::write::{ParquetCompression, StatisticsOptions};
use polars_parquet::write::{
    CompressedPage, CompressionOptions, Encoding, ParquetType, Version, WriteOptions,
    array_to_columns, compress,
};

/// The quickest: a higher level makes these files a tenth smaller and takes twice as long.
const LEVEL: i32 = 1;
/// How many different texts are few.
const FEW: usize = 32;

pub fn compression() -> PolarsResult<ParquetCompression> {
    Ok(ParquetCompression::Zstd(Some(ZstdLevel::try_new(LEVEL)?)))
}

pub fn options() -> PolarsResult<WriteOptions> {
    Ok(WriteOptions {
        statistics: StatisticsOptions::default(),
        version: Version::V1,
        compression: compression()?.into(),
        data_page_size: None,
    })
}

/// The pages of a column, which came in pieces.
pub fn of_column(
    pieces: &[&Column],
    kind: Kind,
    of_type: ParquetType,
) -> PolarsResult<Vec<CompressedPage>> {
    if let Some(few) = (kind == Kind::Text).then(|| Few::of(pieces)).flatten() {
        return pages(&few.array()?, of_type, (Encoding::RleDictionary, None));
    }
    let mut column = pieces[0].clone();
    for piece in &pieces[1..] {
        column.append(piece)?;
    }
    let array = column
        .rechunk()
        .as_materialized_series()
        .to_arrow(0, CompatLevel::newest());
    let texts = array.as_any().downcast_ref();
    let bounds = texts.map(TextBounds::of);
    let encoding = match kind {
        Kind::Date | Kind::Count => Encoding::RleDictionary,
        // As many bits as they need, which leaves nothing to compress.
        Kind::Amount | Kind::Rate | Kind::Quantity => Encoding::DeltaBinaryPacked,
        Kind::Text | Kind::Flag => Encoding::Plain,
    };
    pages(&*array, of_type, (encoding, bounds))
}

fn pages(
    array: &dyn Array,
    of_type: ParquetType,
    (encoding, bounds): (Encoding, Option<TextBounds>),
) -> PolarsResult<Vec<CompressedPage>> {
    let mut options = options()?;
    // These are told in its place.
    if bounds.is_some() {
        options.statistics.min_value = false;
        options.statistics.max_value = false;
    }
    if encoding == Encoding::DeltaBinaryPacked {
        options.compression = CompressionOptions::Uncompressed;
    }
    let mut columns = array_to_columns(array.to_boxed(), of_type, options, &[encoding])?;
    let column = columns
        .pop()
        .expect("a flat column has one column of pages");
    let compressed = column.map(|page| {
        let page = match &bounds {
            Some(bounds) => bounds.told(page?),
            None => page?,
        };
        let page = compress(page, Vec::new(), options.compression);
        page.map_err(PolarsError::from)
    });
    compressed.collect()
}

/// A column of few texts.
struct Few {
    texts: Vec<String>,
    /// The number of its text for each row, 0 where it has none.
    numbers: Vec<u32>,
    /// Whether a row has a text; empty where all have one.
    valid: Vec<bool>,
}

impl Few {
    fn of(pieces: &[&Column]) -> Option<Self> {
        let height = pieces.iter().map(|piece| piece.len()).sum();
        let mut few = Self {
            texts: Vec::new(),
            numbers: Vec::with_capacity(height),
            valid: Vec::new(),
        };
        let mut last = 0;
        for piece in pieces {
            // The text of no row would be in the file, or not, by how the table came in pieces.
            if piece.is_empty() {
                continue;
            }
            if let Column::Scalar(same) = piece {
                let text = same.scalar().value().get_str();
                let number = match text {
                    Some(text) => few.number(text, &mut last)?,
                    None => 0,
                };
                few.say(text.is_some(), same.len());
                few.numbers.extend(std::iter::repeat_n(number, same.len()));
                continue;
            }
            for texts in piece.str().ok()?.downcast_iter() {
                few.add(texts, &mut last)?;
            }
        }
        Some(few)
    }

    fn add(&mut self, texts: &Utf8ViewArray, last: &mut usize) -> Option<()> {
        if texts.null_count() == texts.len() {
            self.say(false, texts.len());
            self.numbers.extend(std::iter::repeat_n(0, texts.len()));
            return Some(());
        }
        let mut before = None;
        for (row, view) in texts.views().iter().enumerate() {
            if texts.is_null(row) {
                self.say(false, 1);
                self.numbers.push(0);
                continue;
            }
            // The same words in memory are the same text, without a look at it.
            if before != Some(view.as_u128()) {
                self.number(texts.value(row), last)?;
                before = Some(view.as_u128());
            }
            self.say(true, 1);
            self.numbers.push(*last as u32);
        }
        Some(())
    }

    /// The number of a text. `last` is that of the one before, which it mostly is again.
    fn number(&mut self, text: &str, last: &mut usize) -> Option<u32> {
        if self.texts.get(*last).is_none_or(|before| before != text) {
            *last = match self.texts.iter().position(|known| known == text) {
                Some(number) => number,
                None if self.texts.len() == FEW => return None,
                None => {
                    self.texts.push(text.to_owned());
                    self.texts.len() - 1
                }
            };
        }
        Some(*last as u32)
    }

    /// Takes note, before they are numbered, whether rows have a text.
    fn say(&mut self, is_valid: bool, rows: usize) {
        if is_valid && self.valid.is_empty() {
            return;
        }
        self.valid.resize(self.numbers.len(), true);
        self.valid.extend(std::iter::repeat_n(is_valid, rows));
    }

    fn array(&self) -> PolarsResult<DictionaryArray<u32>> {
        let valid = (!self.valid.is_empty()).then(|| Bitmap::from_iter(self.valid.iter().copied()));
        let numbers = self.numbers.clone().into();
        let keys = PrimitiveArray::try_new(ArrowDataType::UInt32, numbers, valid)?;
        let texts = Utf8ViewArray::from_slice_values(&self.texts);
        DictionaryArray::try_from_keys(keys, texts.boxed(), false)
    }
}

#[cfg(test)]
mod tests {
    use crate::book::{Encoder, encode};
    use crate::model::line::Claims;
    use crate::model::table::{date_column, same_column};
    use polars::prelude::DataFrame;

    fn claims(run: &str) -> DataFrame {
        let days =
            |name: &str| date_column(name, [Some(crate::calendar::Date::from_number(20_000))]);
        let columns = vec![
            same_column("service_id", Some("S-1"), 1),
            same_column("charge", Some("line"), 1),
            same_column("run_id", Some(run), 1),
            days("billed_from"),
            days("billed_through"),
            same_column("effect", Some("claimed"), 1),
        ];
        DataFrame::new(1, columns).unwrap()
    }

    /// A range of accounts of which nothing is billed leaves no trace, its texts neither.
    #[test]
    fn a_piece_without_rows_changes_no_byte() {
        let whole = encode(Claims::SCHEMA, &claims("one")).unwrap();
        let mut pieces = Encoder::new(Claims::SCHEMA).unwrap();
        pieces.push(claims("another").slice(0, 0)).unwrap();
        pieces.push(claims("one")).unwrap();
        assert_eq!(pieces.finish().unwrap().bytes, whole.bytes);
    }
}
