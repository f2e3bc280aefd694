//! Reading no more of the book than an answer needs: its runs, some columns, or the rows that have an id.

use super::location::Location;
use super::open::Book;
use super::part;
use super::view::PartName;
use crate::diagnostic::Report;
use crate::model::book_view::BookView;
use crate::model::table::{Columns, Schema, internal};
use crate::model::wallet::WalletStates;
use polars::prelude::{DataFrame, IdxCa, IdxSize};
use polars_io::SerReader;
use polars_io::parquet::metadata::FileMetadataRef;
use polars_io::parquet::read::{ParallelStrategy, ParquetReader};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io::Cursor;
use std::ops::Range;

/// A text column, and the values a row may have in it to be found.
pub type Wanted<'a> = (&'a str, &'a BTreeSet<&'a str>);

impl Book {
    /// The view of the book as far as its runs and numbers: enough to answer about one of them and to go on with it, and had without
    /// reading a part.
    pub fn outline(&self) -> Result<BookView, Report> {
        Ok(BookView {
            lineage: self.lineage().to_owned(),
            serial: self.serial(),
            head: self.head().to_owned(),
            runs: self.runs()?,
            series: self.series()?,
            ..BookView::empty()
        })
    }

    /// Some columns of the visible rows of a fact table, of one run or of all, in the order they were committed.
    ///
    /// Errors as in [`Book::view`].
    pub fn columns(
        &self,
        table: &'static Schema,
        run: Option<&str>,
        columns: &[&str],
    ) -> Result<DataFrame, Report> {
        self.columns_in(table, self.parts(table, run)?, columns)
    }

    /// Some columns of a table of a later stage, kept from the run's plan. Errors as in [`Book::view`].
    pub fn pending_columns(
        &self,
        table: &'static Schema,
        run: &str,
        columns: &[&str],
    ) -> Result<DataFrame, Report> {
        self.columns_in(table, self.pending_part(table, run)?, columns)
    }

    /// The visible rows of a fact table that have one of the values in one of the columns, in key order.
    ///
    /// Reads those columns, and of the others no more than the pages the rows lie in. Errors as in [`Book::view`].
    pub fn rows_with(
        &self,
        table: &'static Schema,
        wanted: &[Wanted],
    ) -> Result<DataFrame, Report> {
        self.rows_in(table, self.parts(table, None)?, wanted)
    }

    /// The same of what wallets hold by the last commit that moved one.
    pub fn wallets_with(&self, wanted: &[Wanted]) -> Result<DataFrame, Report> {
        let table = WalletStates::SCHEMA;
        // Every such commit keeps all of them.
        let last = self.parts(table, None)?.pop();
        self.rows_in(table, last.into_iter().collect(), wanted)
    }

    /// The same of a table of a later stage, kept from the run's plan.
    pub fn pending_rows_with(
        &self,
        table: &'static Schema,
        run: &str,
        wanted: &[Wanted],
    ) -> Result<DataFrame, Report> {
        self.rows_in(table, self.pending_part(table, run)?, wanted)
    }

    /// The file of a table kept from a run's plan; none where it was not kept or has no rows.
    fn pending_part(&self, table: &Schema, run: &str) -> Result<Vec<PartName>, Report> {
        self.rows(
            "SELECT sha256, run_id FROM bw_pending WHERE run_id = ?1 AND table_name = ?2 AND sha256 <> ''",
            [run, table.name],
            |row| Ok(PartName { sha256: row.get(0)?, run_id: row.get(1)? }),
        )
    }

    fn columns_in(
        &self,
        table: &'static Schema,
        parts: Vec<PartName>,
        columns: &[&str],
    ) -> Result<DataFrame, Report> {
        let none = table.empty().select(columns).map_err(internal)?;
        let read = |part: &Part| part.read(columns, 0..usize::MAX);
        self.below_one_another(table, parts, none, read)
    }

    fn rows_in(
        &self,
        table: &'static Schema,
        parts: Vec<PartName>,
        wanted: &[Wanted],
    ) -> Result<DataFrame, Report> {
        let read = |part: &Part| part.rows_with(table, wanted);
        let found = self.below_one_another(table, parts, table.empty(), read)?;
        Ok(table.sorted(found))
    }

    /// What is read of each part, several at a time, in the order of the parts. Nearly all of the work is comparing them with
    /// their hashes.
    fn below_one_another(
        &self,
        table: &Schema,
        parts: Vec<PartName>,
        none: DataFrame,
        read: impl Fn(&Part) -> Result<DataFrame, Report> + Sync,
    ) -> Result<DataFrame, Report> {
        let at = &self.at;
        let parts = parts.par_iter();
        let read: Vec<_> = parts
            .map(|name| read(&Part::open(at, table, name)?))
            .collect();
        let mut rows = none;
        for frame in read {
            rows.vstack_mut_owned(frame?).map_err(internal)?;
        }
        Ok(rows)
    }
}

/// Rows that are closer to one another are read at once, since a page is unpacked whole.
const NEAR: usize = 1 << 12;

/// A part that fits its hash, with what Parquet says of itself at its end.
struct Part {
    bytes: Vec<u8>,
    metadata: FileMetadataRef,
}

impl Part {
    fn open(at: &Location, table: &Schema, name: &PartName) -> Result<Self, Report> {
        let bytes = part::read(at, table.name, &name.sha256, &name.run_id)?;
        let mut reader = ParquetReader::new(Cursor::new(&bytes));
        let metadata = reader.get_metadata().map_err(internal)?.clone();
        Ok(Self { bytes, metadata })
    }

    fn read(&self, columns: &[&str], rows: Range<usize>) -> Result<DataFrame, Report> {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        let mut reader = ParquetReader::new(Cursor::new(&self.bytes))
            .with_columns(Some(columns))
            .with_slice(Some((rows.start, rows.len())))
            .read_parallel(ParallelStrategy::RowGroups);
        reader.set_metadata(self.metadata.clone());
        reader.finish().map_err(internal)
    }

    /// The rows that have one of the values in one of the columns, whole.
    fn rows_with(&self, table: &Schema, wanted: &[Wanted]) -> Result<DataFrame, Report> {
        let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let places = self.places(wanted)?;
        let mut rows = table.empty();
        // Neighbors are read together: rows with the same id mostly stand side by side.
        for near in places.chunk_by(|one, next| next - one < NEAR) {
            let (first, last) = (near[0], near[near.len() - 1]);
            let frame = self.read(&columns, first..last + 1)?;
            let found = near.iter().map(|place| (place - first) as IdxSize);
            let found = IdxCa::from_vec("".into(), found.collect());
            rows.vstack_mut_owned(frame.take(&found).map_err(internal)?)
                .map_err(internal)?;
        }
        Ok(rows)
    }

    /// The numbers of the rows that have one of the values in one of the columns.
    fn places(&self, wanted: &[Wanted]) -> Result<Vec<usize>, Report> {
        let mut places = BTreeSet::new();
        for (column, values) in wanted {
            for rows in self.candidates(column, values) {
                let frame = self.read(&[column], rows.clone())?;
                let ids = frame.text(column).iter().zip(rows);
                let found = ids.filter(|(id, _)| id.is_some_and(|id| values.contains(id)));
                places.extend(found.map(|(_, place)| place));
            }
        }
        Ok(places.into_iter().collect())
    }

    /// The rows of the row groups that may have one of the values, going by the least and the greatest that each has.
    fn candidates(&self, column: &str, values: &BTreeSet<&str>) -> Vec<Range<usize>> {
        let mut candidates: Vec<Range<usize>> = Vec::new();
        let mut start = 0;
        for group in &self.metadata.row_groups {
            let rows = start..start + group.num_rows();
            start = rows.end;
            let chunk = group.columns_under_root_iter(column);
            let chunk = chunk.and_then(|mut chunks| chunks.next());
            let known = chunk.and_then(|chunk| chunk.statistics(&self.metadata.footer_buf));
            let known = known
                .and_then(Result::ok)
                .map(|known| known.expect_binary());
            let bounds = known.and_then(|known| known.min_value.zip(known.max_value));
            let may_have = |(least, greatest): (Vec<u8>, Vec<u8>)| {
                let within = |value: &&str| {
                    (least.as_slice()..=greatest.as_slice()).contains(&value.as_bytes())
                };
                values.iter().any(within)
            };
            if !bounds.is_none_or(may_have) {
                continue;
            }
            match candidates.last_mut() {
                Some(before) if before.end == rows.start => before.end = rows.end,
                _ => candidates.push(rows),
            }
        }
        candidates
    }
}
