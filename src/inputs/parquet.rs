//! A Parquet file -> a table, each column in its own type.
//!
//! What the footer claims is looked at before anything is made of it: a hostile or damaged file costs a message, not memory.

use super::csv::{COLUMN_LIMIT, unreadable};
use super::needles::{Needles, pages_may_have};
use super::text;
use crate::diagnostic::{Diagnostic, Place, is_unprintable};
use polars::prelude::*;
use polars_arrow::bitmap::Bitmap;
use polars_buffer::Buffer;
use polars_io::parquet::read::_internal::to_deserializer;
use polars_io::parquet::read::{FileMetadata, infer_schema};
use polars_parquet::parquet::read::read_metadata;
use polars_parquet::parquet::statistics::Statistics;
use polars_parquet::read::{ColumnChunkMetadata, Filter};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// What a file may unpack to: 16 GiB, and 200 times its size where that is more than a little.
const UNPACKED_LIMIT: u64 = 16 << 30;
const UNPACKED_TIMES: u64 = 200;
const UNPACKED_LITTLE: u64 = 64 << 20;
/// A table of billing has an id in every row, so a byte does not hold hundreds of them.
const ROWS_PER_BYTE: u64 = 200;

/// A Parquet file that was looked at: its columns can be read, and its rows are as many as it says.
///
/// Nothing of it is held but what its footer says. What is read is asked for a column of a row group at a time, and not mapped into
/// memory: a file cut short under the run would end the process.
pub struct Opened {
    /// Its name as shown.
    file: String,
    source: Source,
    metadata: Arc<FileMetadata>,
    schema: Arc<ArrowSchema>,
    /// The columns of text.
    texts: Vec<String>,
    /// The first row of each row group, and behind the last.
    begins: Vec<usize>,
}

enum Source {
    File(File),
    #[cfg(test)]
    Bytes(Vec<u8>),
}

/// Opens a file. `name` is its name as shown.
///
/// Errors: `BW-F103` not Parquet, `BW-F104` empty, `BW-F144` encrypted, `BW-F150` cut off or damaged, `BW-F128` and `BW-F127` too
/// large, `BW-F110` and `BW-F113` names of columns, `BW-F140` and `BW-F142` their types; `BW-E103` and `BW-E112` not readable.
pub fn open(name: &str, path: &Path) -> Result<Opened, Diagnostic> {
    let file = File::open(path).map_err(|error| unreadable(name, &error))?;
    opened(name, Source::File(file))
}

fn opened(name: &str, source: Source) -> Result<Opened, Diagnostic> {
    let length = source.length().map_err(|error| unreadable(name, &error))?;
    let begin = source.range(0..length.min(4));
    let begin = begin.map_err(|error| unreadable(name, &error))?;
    let end = source.range(length.saturating_sub(4)..length);
    let end = end.map_err(|error| unreadable(name, &error))?;
    refuse_other_formats(name, &begin, &end)?;
    let metadata = guarded(|| Ok(read_metadata(&mut source.reader()?)?));
    let metadata = metadata.map_err(|cause| damaged(name, &cause))?;
    refuse_names(name, &metadata)?;
    let schema = guarded(|| infer_schema(&metadata)).map_err(|cause| damaged(name, &cause))?;
    let texts = refuse_types(name, &schema)?;
    refuse_claims(name, length, &metadata)?;
    let mut begins = vec![0];
    for group in &metadata.row_groups {
        begins.push(begins[begins.len() - 1] + group.num_rows());
    }
    Ok(Opened {
        file: name.to_owned(),
        source,
        metadata: Arc::new(metadata),
        schema: Arc::new(schema),
        texts,
        begins,
    })
}

/// Reads a whole file. Errors: those of [`open`] and of [`Opened::read`].
pub fn read(name: &str, path: &Path) -> Result<DataFrame, Diagnostic> {
    open(name, path)?.read(None, None)
}

impl Source {
    fn length(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            #[cfg(test)]
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
        }
    }

    fn range(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        match self {
            Self::File(file) => {
                let mut bytes = vec![0; (range.end - range.start) as usize];
                file.read_exact_at(&mut bytes, range.start)?;
                Ok(bytes)
            }
            #[cfg(test)]
            Self::Bytes(bytes) => Ok(bytes[range.start as usize..range.end as usize].to_vec()),
        }
    }

    fn reader(&self) -> io::Result<Box<dyn ReadSeek>> {
        match self {
            Self::File(file) => Ok(Box::new(BufReader::new(file.try_clone()?))),
            #[cfg(test)]
            Self::Bytes(bytes) => Ok(Box::new(io::Cursor::new(bytes.clone()))),
        }
    }
}

trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

impl Opened {
    pub fn rows(&self) -> usize {
        self.metadata.num_rows
    }

    /// The rows of each of its row groups.
    pub fn row_groups(&self) -> impl Iterator<Item = Range<usize>> {
        self.begins.windows(2).map(|ends| ends[0]..ends[1])
    }

    pub fn schema(&self) -> &ArrowSchema {
        &self.schema
    }

    /// Reads all rows, or those of whole row groups, and all columns, or one of them.
    ///
    /// Errors: `BW-F150` damaged, `BW-F124` text that is not UTF-8.
    pub fn read(
        &self,
        rows: Option<Range<usize>>,
        column: Option<&str>,
    ) -> Result<DataFrame, Diagnostic> {
        let is_whole = rows.is_none();
        let rows = rows.unwrap_or(0..self.rows());
        let groups = self.row_groups().enumerate();
        let groups = groups.filter(|(_, group)| rows.start <= group.start && group.end <= rows.end);
        let groups: Vec<usize> = groups
            .filter(|(_, group)| !group.is_empty())
            .map(|(at, _)| at)
            .collect();
        let names: Vec<&str> = match column {
            Some(column) => vec![column],
            None => self.schema.iter_names().map(PlSmallStr::as_str).collect(),
        };
        let read = |name: &str| -> Result<Column, Diagnostic> {
            let parts = groups
                .par_iter()
                .map(|group| self.series(*group, name, None));
            let parts = parts.collect::<Result<Vec<_>, _>>()?;
            let empty = || Series::new_empty(name.into(), &self.dtype(name));
            let mut parts = parts.into_iter();
            let mut whole = parts.next().unwrap_or_else(empty);
            for part in parts {
                let appended = whole.append(&part);
                appended.map_err(|error| damaged(&self.file, &error.to_string()))?;
            }
            // In one piece at once, so that the next column is read into the memory of the parts of this one.
            Ok(match is_whole {
                true => whole.rechunk().into(),
                false => whole.into(),
            })
        };
        let columns = names.par_iter().map(|name| read(name));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        Ok(DataFrame::new_infer_height(columns).expect("columns of one file"))
    }

    /// Reads the rows in which any of these columns holds one of the ids beside it, and says where they stand.
    ///
    /// Errors: as of [`read`](Self::read).
    pub fn select(
        &self,
        wanted: &[(&str, &Needles)],
    ) -> Result<(DataFrame, Vec<usize>), Diagnostic> {
        let found = self.row_groups().enumerate().collect::<Vec<_>>();
        let found = found.into_par_iter().map(|(group, rows)| {
            let mut mask = vec![false; rows.len()];
            for (name, needles) in wanted {
                if self.may_have(group, name, needles)? {
                    let column = self.series(group, name, None)?.into();
                    let text = text::column(&column)
                        .map_err(|error| damaged(&self.file, &error.to_string()))?;
                    let ids = text.str().expect("a column read as text");
                    for (found, id) in mask.iter_mut().zip(ids.iter()) {
                        *found |= id.is_some_and(|id| needles.has(id));
                    }
                }
            }
            let positions: Vec<usize> = rows
                .zip(&mask)
                .filter(|(_, found)| **found)
                .map(|(row, _)| row)
                .collect();
            if positions.is_empty() {
                return Ok(None);
            }
            let mask: Bitmap = mask.into_iter().collect();
            let names = self.schema.iter_names();
            let columns =
                names.map(|name| Ok(self.series(group, name, Some(mask.clone()))?.into()));
            let columns: Vec<Column> = columns.collect::<Result<_, Diagnostic>>()?;
            Ok(Some((
                DataFrame::new(positions.len(), columns).expect("rows of one mask"),
                positions,
            )))
        });
        let found: Vec<Option<(DataFrame, Vec<usize>)>> =
            found.collect::<Result<_, Diagnostic>>()?;
        let mut frame = self.read(Some(0..0), None)?;
        let mut positions = Vec::new();
        for (rows, at) in found.into_iter().flatten() {
            frame
                .vstack_mut(&rows)
                .map_err(|error| damaged(&self.file, &error.to_string()))?;
            positions.extend(at);
        }
        frame.rechunk_mut();
        Ok((frame, positions))
    }

    /// Whether a row group can have one of these ids in a column: by what the footer says of its least and greatest, and by its pages as
    /// they are written, which takes a fraction of the time of making a column of them.
    fn may_have(&self, group: usize, name: &str, needles: &Needles) -> Result<bool, Diagnostic> {
        if !self.texts.iter().any(|text| text == name) {
            return Ok(true);
        }
        let chunk = self.column(group, name)?;
        if let Some(Ok(Statistics::Binary(bounds))) = chunk.statistics(&self.metadata.footer_buf)
            && let (Some(least), Some(most)) = (bounds.min_value, bounds.max_value)
            && !needles.any_within(&least, &most)
        {
            return Ok(false);
        }
        let found = guarded(|| pages_may_have(chunk, self.bytes(chunk)?, needles));
        found.map_err(|cause| damaged(&self.file, &cause))
    }

    fn column(&self, group: usize, name: &str) -> Result<&ColumnChunkMetadata, Diagnostic> {
        let mut columns = self.metadata.row_groups[group].columns_under_root_iter(name);
        let column = columns.as_mut().and_then(Iterator::next);
        column.ok_or_else(|| damaged(&self.file, "a row group lacks a column"))
    }

    fn bytes(&self, chunk: &ColumnChunkMetadata) -> PolarsResult<Buffer<u8>> {
        Ok(Buffer::from(self.source.range(chunk.byte_range())?))
    }

    fn dtype(&self, name: &str) -> DataType {
        let field = self.schema.get(name).expect("a column of the file");
        DataType::from_arrow_field(field)
    }

    /// A column of a row group, or some rows of it.
    fn series(&self, group: usize, name: &str, mask: Option<Bitmap>) -> Result<Series, Diagnostic> {
        let field = self.schema.get(name).expect("a column of the file");
        let chunk = self.column(group, name)?;
        let read = guarded(|| {
            let bytes = self.bytes(chunk)?;
            let filter = mask.map(Filter::Mask);
            let (arrays, _) = to_deserializer(vec![(chunk, bytes)], field.clone(), filter)?;
            Series::try_from((field, arrays))
        });
        read.map_err(|cause| {
            let is_text = self.texts.iter().any(|text| text == name);
            match is_text && cause.to_lowercase().contains("utf") {
                true => Diagnostic::error(
                    "BW-F124",
                    Place::file(&self.file),
                    format!("the column `{name}` has bytes that are not UTF-8"),
                )
                .help("write text as UTF-8; it may be Latin-1 or Windows-1252"),
                false => damaged(&self.file, &cause),
            }
        })
    }
}

fn refuse_other_formats(file: &str, begin: &[u8], end: &[u8]) -> Result<(), Diagnostic> {
    let refuse = |code, message: &str, help: &str| {
        Err(Diagnostic::error(code, Place::file(file), message).help(help))
    };
    match (begin, end) {
        ([], _) => refuse(
            "BW-F104",
            "the file is empty",
            "the export stopped before its first byte; fetch it again",
        ),
        (b"PARE", _) | (_, b"PARE") => refuse(
            "BW-F144",
            "an encrypted Parquet file, which is not read",
            "export it without encryption, into a folder that only billing can read",
        ),
        (b"PAR1", _) => Ok(()),
        _ => refuse(
            "BW-F103",
            "not a Parquet file: it does not begin with PAR1",
            "files named .parquet are read as Parquet and all others as CSV; give it the name of what it is",
        ),
    }
}

fn damaged(file: &str, cause: &str) -> Diagnostic {
    let first = cause.lines().next().unwrap_or_default();
    // Behind the names of who says so.
    let first = first.rsplit("specification: ").next().unwrap_or(first);
    Diagnostic::error(
        "BW-F150",
        Place::file(file),
        format!("cut off or damaged: {first}"),
    )
    .help("fetch the file again, and name a manifest of hashes in its input")
}

/// Lets polars look at a file. Its decoders panic on some damaged ones; that too is a fault of the file.
fn guarded<T>(work: impl FnOnce() -> PolarsResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(found) => found.map_err(|error| error.to_string()),
        Err(_) => Err("it cannot be decoded".to_owned()),
    }
}

fn refuse_names(file: &str, metadata: &FileMetadata) -> Result<(), Diagnostic> {
    let fields = metadata.schema().fields().iter();
    let names: Vec<&str> = fields.map(|field| field.name()).collect();
    let refuse = |code, message: String, help: &str| {
        Err(Diagnostic::error(code, Place::file(file), message).help(help))
    };
    if names.len() > COLUMN_LIMIT {
        return refuse(
            "BW-F127",
            format!("{} columns", names.len()),
            "at most 1000 columns are read; leave out what billing does not need",
        );
    }
    let mut seen = BTreeMap::new();
    for (number, name) in (1..).zip(names) {
        if name.is_empty() || name.chars().any(is_unprintable) {
            return refuse(
                "BW-F113",
                format!("column {number} has no name that can be printed"),
                "give every column a name",
            );
        }
        if let Some(first) = seen.insert(name, number) {
            return refuse(
                "BW-F110",
                format!("columns {first} and {number} are both named `{name}`"),
                "rename or leave out one of them; which is meant is not guessed",
            );
        }
    }
    Ok(())
}

/// The columns of text, if every column has a type that is read.
fn refuse_types(file: &str, schema: &ArrowSchema) -> Result<Vec<String>, Diagnostic> {
    let mut texts = Vec::new();
    for (name, field) in schema.iter() {
        use ArrowDataType as Type;
        let (code, what, help) = match field.dtype() {
            Type::Utf8View | Type::Utf8 | Type::LargeUtf8 => {
                texts.push(name.to_string());
                continue;
            }
            Type::Null
            | Type::Boolean
            | Type::Int8
            | Type::Int16
            | Type::Int32
            | Type::Int64
            | Type::UInt32
            | Type::UInt64
            | Type::Decimal(..)
            | Type::Decimal32(..)
            | Type::Decimal64(..)
            | Type::Date32
            | Type::Timestamp(..) => continue,
            Type::Float16 | Type::Float32 | Type::Float64 => (
                "BW-F140",
                "a binary float".to_owned(),
                "give a decimal, text or whole cents; a float has no exact amounts",
            ),
            Type::List(_)
            | Type::LargeList(_)
            | Type::FixedSizeList(..)
            | Type::Struct(_)
            | Type::Map(..) => (
                "BW-F142",
                "a list or a structure".to_owned(),
                "write flat columns, one value to a row",
            ),
            other => (
                "BW-F142",
                format!("of type {other:?}"),
                "write it as text, a whole number, a decimal, a flag, a date or a timestamp",
            ),
        };
        let message = format!("the column `{name}` is {what}");
        return Err(Diagnostic::error(code, Place::file(file), message).help(help));
    }
    Ok(texts)
}

/// Compares what the footer claims with what a file of this size can hold.
fn refuse_claims(file: &str, length: u64, metadata: &FileMetadata) -> Result<(), Diagnostic> {
    let unpacked = guarded(|| {
        let (mut rows, mut unpacked) = (0_u64, 0_u64);
        for group in &metadata.row_groups {
            rows = rows.saturating_add(group.num_rows() as u64);
            for column in group.parquet_columns() {
                let values = u64::try_from(column.num_values());
                polars_ensure!(
                    values == Ok(group.num_rows() as u64) && column.byte_range().end <= length,
                    ComputeError: "it claims more than it can hold"
                );
                unpacked =
                    unpacked.saturating_add(column.uncompressed_size().max(0).cast_unsigned());
            }
        }
        polars_ensure!(
            rows == metadata.num_rows as u64 && rows <= length.saturating_mul(ROWS_PER_BYTE),
            ComputeError: "it claims more rows than it can hold"
        );
        Ok(unpacked)
    })
    .map_err(|cause| damaged(file, &cause))?;
    refuse_unpacked(file, length, unpacked)
}

fn refuse_unpacked(file: &str, length: u64, unpacked: u64) -> Result<(), Diagnostic> {
    let allowed = (length.saturating_mul(UNPACKED_TIMES)).clamp(UNPACKED_LITTLE, UNPACKED_LIMIT);
    if unpacked > allowed {
        let message = format!("{length} bytes that unpack to {unpacked}");
        return Err(Diagnostic::error("BW-F128", Place::file(file), message)
            .help("a file unpacks to at most 200 times its size, and to 16 GiB; split it if it is meant"));
    }
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::model::table::{Kind, count_column, text_column, units_column};
    use polars_io::parquet::write::{ParquetCompression, ParquetWriter};

    /// These columns as a Parquet file, its values not compressed.
    pub fn written(columns: Vec<Column>) -> Vec<u8> {
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes)
            .with_compression(ParquetCompression::Uncompressed)
            .finish(&mut DataFrame::new_infer_height(columns).unwrap())
            .unwrap();
        bytes
    }

    fn tried(bytes: Vec<u8>) -> Result<DataFrame, Diagnostic> {
        opened("a.parquet", Source::Bytes(bytes))?.read(None, None)
    }

    fn refused(bytes: &[u8]) -> String {
        let found = tried(bytes.to_vec()).unwrap_err();
        format!("{} {}: {}", found.code, found.place, found.message)
    }

    fn accounts() -> Vec<u8> {
        let ids: Vec<_> = (0..500).map(|id| Some(format!("account-{id}"))).collect();
        written(vec![
            text_column("account_id", ids),
            count_column("bill_day", (0..500).map(|id| Some(id % 28 + 1))),
        ])
    }

    #[test]
    fn columns_come_in_their_own_types() {
        let table = tried(written(vec![
            count_column("usage_id", [Some(7), None]),
            units_column("quantity", Kind::Quantity, [Some(1_500_000), Some(1)]),
        ]))
        .unwrap();
        assert_eq!(table.dtypes(), [DataType::Int64, DataType::Decimal(18, 6)]);
        assert_eq!(table.height(), 2);
    }

    // PQT-001: wherever it is cut.
    #[test]
    fn a_cut_file_is_refused_and_never_panics() {
        let whole = accounts();
        for length in (0..whole.len()).step_by(37) {
            let found = refused(&whole[..length]);
            let code = match length {
                0 => "BW-F104",
                1..4 => "BW-F103",
                _ => "BW-F150",
            };
            assert!(found.starts_with(code), "{length}: {found}");
        }
    }

    // PQT-004: what is damaged is read or refused; nothing breaks.
    #[test]
    fn a_flipped_bit_never_panics() {
        let whole = accounts();
        for at in (0..whole.len() * 8).step_by(131) {
            let mut flipped = whole.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            let _ = tried(flipped);
        }
    }

    // PQT-002, PQT-015
    #[test]
    fn other_formats_are_told_by_their_first_bytes() {
        assert_eq!(
            refused(b"hello"),
            "BW-F103 a.parquet: not a Parquet file: it does not begin with PAR1"
        );
        assert_eq!(
            refused(b"PARE........PARE"),
            "BW-F144 a.parquet: an encrypted Parquet file, which is not read"
        );
    }

    // PQT-010, SVC-028
    #[test]
    fn floats_and_lists_are_refused_by_column() {
        let float = Float64Chunked::from_slice("amount".into(), &[0.1]);
        assert_eq!(
            refused(&written(vec![float.into_series().into()])),
            "BW-F140 a.parquet: the column `amount` is a binary float"
        );
        let list = count_column("amounts", [Some(1)]).implode().unwrap();
        assert_eq!(
            refused(&written(vec![list.into_series().into()])),
            "BW-F142 a.parquet: the column `amounts` is a list or a structure"
        );
    }

    // PQT-013
    #[test]
    fn a_name_twice_is_refused_by_both_positions() {
        let mut bytes = written(vec![
            count_column("amount", [Some(1)]),
            count_column("amoumt", [Some(1)]),
        ]);
        replace(&mut bytes, b"amoumt", b"amount");
        assert_eq!(
            refused(&bytes),
            "BW-F110 a.parquet: columns 1 and 2 are both named `amount`"
        );
    }

    // PQT-018
    #[test]
    fn text_that_is_not_utf_8_is_refused_by_column() {
        let mut bytes = written(vec![
            text_column("account_id", [Some("A")]),
            text_column("name", [Some("Andr~")]),
        ]);
        replace(&mut bytes, b"Andr~", b"Andr\xE9");
        assert_eq!(
            refused(&bytes),
            "BW-F124 a.parquet: the column `name` has bytes that are not UTF-8"
        );
    }

    // PQT-017: the footer of another file, with more rows, behind the values of this one.
    #[test]
    fn claims_beyond_the_file_cost_nothing() {
        let many = written(vec![count_column(
            "n",
            std::iter::repeat_n(Some(1), 1 << 20),
        )]);
        let footer = many.len() - 8 - footer_length(&many);
        let mut bytes = b"PAR1".to_vec();
        bytes.extend(&many[footer..]);
        assert_eq!(
            refused(&bytes),
            "BW-F150 a.parquet: cut off or damaged: it claims more than it can hold"
        );
    }

    // FIL-021
    #[test]
    fn a_file_unpacks_to_so_much_and_no_more() {
        refuse_unpacked("a.parquet", 1_000, UNPACKED_LITTLE).unwrap();
        refuse_unpacked("a.parquet", 1 << 30, UNPACKED_LIMIT).unwrap();
        let found = refuse_unpacked("a.parquet", 1 << 20, 201 << 20).unwrap_err();
        assert_eq!(found.code, "BW-F128");
    }

    fn footer_length(bytes: &[u8]) -> usize {
        let at = bytes.len() - 8;
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
    }

    /// Every occurrence, by text of the same length.
    fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
        for at in 0..=bytes.len() - from.len() {
            if &bytes[at..at + from.len()] == from {
                bytes[at..at + from.len()].copy_from_slice(to);
            }
        }
    }
}
