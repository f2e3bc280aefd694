//! A table written as a Parquet file, some rows at a time: the same table gives the same bytes, whatever pieces it came in.

use super::pages;
use crate::diagnostic::Report;
use crate::model::digest::sha256;
use crate::model::part::{Encoded, Part, Range};
use crate::model::table::{Kind, Schema, internal};
use crate::money::{Amount, Quantity, Rate};
use polars::prelude::{DataFrame, PolarsResult};
use polars_io::parquet::write::{BatchedWriter, ParquetWriter};
use polars_parquet::parquet::statistics::Statistics;
use polars_parquet::write::CompressedPage;
use rayon::prelude::*;
use std::io::Write;
use std::mem;
use std::sync::{Arc, Mutex};

/// Rows of a row group. Fixed: the same table must be the same bytes on every machine.
const ROW_GROUP: usize = 1 << 17;
/// Longer texts have no range in the catalog: nothing is searched by them.
const LONGEST_BOUND: usize = 256;

/// A file being made.
pub struct Encoder {
    schema: &'static Schema,
    file: Bytes,
    writer: BatchedWriter<Bytes>,
    /// Rows that do not fill a row group yet, as they came.
    waiting: Vec<DataFrame>,
    rows: usize,
    columns: Vec<Bounds>,
}

impl Encoder {
    pub fn new(schema: &'static Schema) -> Result<Self, Report> {
        let file = Bytes::default();
        let options = pages::options().map_err(internal)?;
        let writer = ParquetWriter::new(file.clone())
            .with_compression(pages::compression().map_err(internal)?)
            .with_statistics(options.statistics)
            .batched(schema.empty().schema())
            .map_err(internal)?;
        Ok(Self {
            schema,
            file,
            writer,
            waiting: Vec::new(),
            rows: 0,
            columns: vec![Bounds::default(); schema.columns.len()],
        })
    }

    /// Adds rows below those before. Panics if they have another shape than the schema says: that is a fault of ours.
    pub fn push(&mut self, mut frame: DataFrame) -> Result<(), Report> {
        let of_schema = self.schema.empty();
        let is_same = frame.schema() == of_schema.schema();
        assert!(is_same, "table {} has another shape", self.schema.name);
        self.rows += frame.height();
        let mut height: usize = self.waiting.iter().map(DataFrame::height).sum();
        let mut groups = Vec::new();
        while height + frame.height() >= ROW_GROUP {
            let (full, rest) = frame.split_at((ROW_GROUP - height) as i64);
            self.waiting.push(full);
            groups.push(mem::take(&mut self.waiting));
            (frame, height) = (rest, 0);
        }
        self.waiting.push(frame);
        self.write(&groups)
    }

    /// The whole file.
    pub fn finish(mut self) -> Result<Encoded, Report> {
        let rest = mem::take(&mut self.waiting);
        self.write(&[rest])?;
        self.writer.finish().map_err(internal)?;
        let bytes = self.file.taken();
        let columns = self.schema.columns.iter().zip(self.columns);
        let part = Part {
            table: self.schema.name.to_owned(),
            sha256: sha256(&bytes),
            rows: count(self.rows),
            bytes: count(bytes.len()),
            footer: footer(&bytes),
            columns: columns
                .map(|((_, kind), bounds)| bounds.range(*kind))
                .collect(),
        };
        Ok(Encoded {
            schema: self.schema,
            part,
            bytes,
        })
    }

    /// Writes rows as row groups, each column of each by itself.
    fn write(&mut self, groups: &[Vec<DataFrame>]) -> Result<(), Report> {
        let types = self.writer.parquet_schema().fields().to_vec();
        let height = |frames: &[DataFrame]| frames.iter().map(DataFrame::height).sum::<usize>();
        let groups: Vec<_> = groups.iter().filter(|frames| height(frames) > 0).collect();
        let made = groups.par_iter().map(|frames| {
            let columns = self.schema.columns.par_iter().zip(&types);
            let columns = columns.map(|((name, kind), of_type)| {
                let pieces = frames.iter().map(|frame| frame.column(name));
                let pieces = pieces.collect::<PolarsResult<Vec<_>>>()?;
                pages::of_column(&pieces, *kind, of_type.clone())
            });
            columns.collect::<PolarsResult<Vec<_>>>()
        });
        let made = made.collect::<PolarsResult<Vec<_>>>().map_err(internal)?;
        for (frames, pages) in groups.into_iter().zip(made) {
            self.add(height(frames), &pages).map_err(internal)?;
        }
        Ok(())
    }

    fn add(&mut self, height: usize, pages: &[Vec<CompressedPage>]) -> PolarsResult<()> {
        for (bounds, pages) in self.columns.iter_mut().zip(pages) {
            bounds.add(pages)?;
        }
        self.writer.write_row_group(height as u64, pages)
    }
}

/// A table at once.
pub fn encode(schema: &'static Schema, frame: &DataFrame) -> Result<Encoded, Report> {
    let mut encoder = Encoder::new(schema)?;
    encoder.push(frame.clone())?;
    encoder.finish()
}

/// The bytes of a file that is being written.
#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Bytes {
    fn taken(&self) -> Vec<u8> {
        mem::take(&mut self.0.lock().expect("nobody panics with this lock"))
    }
}

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut file = self.0.lock().expect("nobody panics with this lock");
        file.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The least and the greatest value of a column so far.
#[derive(Clone, Debug, Default)]
struct Bounds {
    nulls: i64,
    texts: Option<(String, String)>,
    numbers: Option<(i128, i128)>,
}

impl Bounds {
    /// Adds what pages say of their values, which was found out when they were written.
    fn add(&mut self, pages: &[CompressedPage]) -> PolarsResult<()> {
        for page in pages {
            let CompressedPage::Data(page) = page else {
                continue;
            };
            let statistics = page
                .statistics()
                .expect("pages are written with statistics")?;
            self.nulls += statistics.null_count().unwrap_or_default();
            match statistics {
                Statistics::Binary(of) => self.add_texts(of.min_value.zip(of.max_value)),
                Statistics::Boolean(of) => self.add_numbers(of.min_value.zip(of.max_value)),
                Statistics::Int32(of) => self.add_numbers(of.min_value.zip(of.max_value)),
                Statistics::Int64(of) => self.add_numbers(of.min_value.zip(of.max_value)),
                other => unreachable!(
                    "no kind of column is written as {:?}",
                    other.physical_type()
                ),
            }
        }
        Ok(())
    }

    fn add_numbers<T: Into<i128>>(&mut self, bounds: Option<(T, T)>) {
        let bounds = bounds.map(|(lowest, highest)| (lowest.into(), highest.into()));
        let all = self.numbers.into_iter().chain(bounds);
        self.numbers = all.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    }

    fn add_texts(&mut self, bounds: Option<(Vec<u8>, Vec<u8>)>) {
        let text = |bytes| String::from_utf8(bytes).expect("written from text");
        let bounds = bounds.map(|(lowest, highest)| (text(lowest), text(highest)));
        let all = self.texts.take().into_iter().chain(bounds);
        self.texts = all.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    }

    /// As the catalog has it.
    fn range(self, kind: Kind) -> Range {
        let numbers = self.numbers;
        let texts = self.texts;
        let bounds =
            texts.or_else(|| numbers.map(|(low, high)| (shown(kind, low), shown(kind, high))));
        let (lowest, highest) = bounds
            .filter(|(lowest, highest)| lowest.len().max(highest.len()) <= LONGEST_BOUND)
            .unzip();
        Range {
            nulls: self.nulls,
            lowest,
            highest,
        }
    }
}

/// A number as the catalog writes it.
fn shown(kind: Kind, number: i128) -> String {
    match kind {
        Kind::Date => {
            let day = i32::try_from(number).expect("a day that was read from a column of days");
            crate::calendar::Date::from_number(day).to_string()
        }
        Kind::Amount => Amount::from_units(number)
            .expect("a decimal column holds 18 digits")
            .to_string(),
        Kind::Rate => Rate::from_units(number)
            .expect("a decimal column holds 18 digits")
            .to_string(),
        Kind::Quantity => Quantity::from_units(number)
            .expect("a decimal column holds 18 digits")
            .to_string(),
        Kind::Count | Kind::Flag | Kind::Text => number.to_string(),
    }
}

/// A length as the catalog keeps it.
pub(super) fn count(length: usize) -> i64 {
    i64::try_from(length).expect("no table or file is that long")
}

/// The length of Parquet's metadata, which stands before the closing magic word.
fn footer(bytes: &[u8]) -> i64 {
    let at = bytes.len() - 8;
    let length: [u8; 4] = bytes[at..at + 4]
        .try_into()
        .expect("four bytes are four bytes");
    i64::from(u32::from_le_bytes(length))
}
