//! What a file must look like, record by record, and how its first mistake is told.

use super::record::{FieldFault, Fields, RECORD_LIMIT, Record};
use crate::diagnostic::{Diagnostic, Place, is_unprintable};
use polars::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeSet;

const FIELD_LIMIT: usize = 64 << 10;
pub const COLUMN_LIMIT: usize = 1_000;

/// What mistakes of one file are told with.
pub struct Sheet<'a> {
    pub file: &'a str,
}

impl Sheet<'_> {
    /// Looks at the first bytes for what is no CSV at all.
    pub fn refuse_other_formats(&self, start: &[u8]) -> Result<(), Diagnostic> {
        let whole = |code, message, help| {
            Err(Diagnostic::error(code, Place::file(self.file), message).help(help))
        };
        match start {
            [] => Err(self.empty()),
            [b'P', b'K', 3, 4, ..] => whole(
                "BW-F103",
                "a ZIP or XLSX file, not CSV",
                "save the sheet as CSV, UTF-8, with commas",
            ),
            [0x1F, 0x8B, ..] => whole("BW-F103", "a gzip file, not CSV", "unpack it first"),
            [b'P', b'A', b'R', b'1', ..] => whole(
                "BW-F103",
                "a Parquet file, and its name does not say so",
                "give it a name that ends in .parquet",
            ),
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] => {
                whole("BW-F124", "the file is UTF-16", "save it as UTF-8")
            }
            _ => Ok(()),
        }
    }

    pub fn empty(&self) -> Diagnostic {
        Diagnostic::error(
            "BW-F104",
            Place::file(self.file),
            "the file is empty; not even a header is there",
        )
        .help("the export stopped before its first line; fetch it again")
    }

    /// The names of the columns, which differ and can be printed.
    pub fn header(&self, record: &Record<'_>) -> Result<Vec<String>, Diagnostic> {
        let text = self.text(&[], record)?;
        let mut names: Vec<String> = Vec::new();
        for field in Fields::of(&text) {
            let name = field.map_err(|fault| self.fault(&names, names.len(), record.row, fault))?;
            names.push(name.into_owned());
        }
        let place = |at: usize| self.place(&[], at, record.row);
        if names.len() > COLUMN_LIMIT {
            return Err(Diagnostic::error(
                "BW-F127",
                Place::row(self.file, record.row, None),
                format!("{} columns", names.len()),
            )
            .help(format!(
                "at most {COLUMN_LIMIT} columns are read; leave out what billing does not need"
            )));
        }
        self.refuse_too_long(&[], record, &text)?;
        if let [only] = names.as_slice()
            && let Some(separator) = [';', '\t', '|']
                .into_iter()
                .find(|found| only.contains(*found))
        {
            return Err(Diagnostic::error(
                "BW-F107",
                Place::row(self.file, record.row, None),
                format!("fields are parted by {separator:?}, not by commas"),
            )
            .help("export it with commas"));
        }
        let mut seen = BTreeSet::new();
        for (at, name) in names.iter().enumerate() {
            if name.is_empty() || name.chars().any(is_unprintable) {
                return Err(Diagnostic::error(
                    "BW-F113",
                    place(at),
                    "a column without a name that can be printed",
                )
                .help("give every column of the header a name"));
            }
            if !seen.insert(name) {
                return Err(Diagnostic::error(
                    "BW-F110",
                    place(at),
                    format!("two columns are named `{name}`"),
                )
                .help("rename or leave out one of them; which is meant is not guessed"));
            }
        }
        Ok(names)
    }

    /// Adds the fields of a record to the columns.
    pub fn append(
        &self,
        names: &[String],
        record: &Record<'_>,
        columns: &mut [StringChunkedBuilder],
    ) -> Result<(), Diagnostic> {
        let text = self.text(names, record)?;
        self.refuse_too_long(names, record, &text)?;
        let mut width = 0;
        for field in Fields::of(&text) {
            let field = field.map_err(|fault| self.fault(names, width, record.row, fault))?;
            if let Some(column) = columns.get_mut(width) {
                column.append_option(Some(field).filter(|field| !field.is_empty()));
            }
            width += 1;
        }
        if width != columns.len() {
            return Err(self.ragged(record.row, width, columns.len()));
        }
        Ok(())
    }

    fn text<'r>(&self, names: &[String], record: &Record<'r>) -> Result<Cow<'r, str>, Diagnostic> {
        if record.is_cut {
            // The cut may have split a character; this text is only looked through for what made it so long.
            return Ok(String::from_utf8_lossy(record.bytes));
        }
        match std::str::from_utf8(record.bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => {
                let before = &record.bytes[..error.valid_up_to()];
                let at = before.iter().filter(|byte| **byte == b',').count();
                let byte = record.bytes[error.valid_up_to()];
                Err(Diagnostic::error(
                    "BW-F124",
                    self.place(names, at, record.row),
                    format!("byte 0x{byte:02X} is not UTF-8"),
                )
                .help("save the file as UTF-8; it may be Latin-1 or Windows-1252"))
            }
        }
    }

    fn refuse_too_long(
        &self,
        names: &[String],
        record: &Record<'_>,
        text: &str,
    ) -> Result<(), Diagnostic> {
        if record.bytes.len() <= FIELD_LIMIT {
            return Ok(());
        }
        for (at, field) in Fields::of(text).enumerate() {
            let field = field.map_err(|fault| self.fault(names, at, record.row, fault))?;
            if field.len() > FIELD_LIMIT {
                return Err(Diagnostic::error(
                    "BW-F126",
                    self.place(names, at, record.row),
                    "a field of more than 64 KiB",
                )
                .help("fields have at most 64 KiB; a quote may be missing"));
            }
        }
        if record.is_cut {
            return Err(Diagnostic::error(
                "BW-F126",
                Place::row(self.file, record.row, None),
                format!("a row of more than {} MiB", RECORD_LIMIT >> 20),
            )
            .help("rows have at most 1 MiB; a line end may be missing"));
        }
        Ok(())
    }

    fn fault(&self, names: &[String], at: usize, row: usize, fault: FieldFault) -> Diagnostic {
        let place = self.place(names, at, row);
        match fault {
            FieldFault::NeverClosed => Diagnostic::error(
                "BW-F122",
                place,
                "the quote that opens this field is never closed",
            )
            .help("close it; a quote inside a quoted field is written twice"),
            FieldFault::QuoteInside => {
                Diagnostic::error("BW-F122", place, "a quote inside a field").help(
                    "put the field in quotes and write each quote inside it twice: \"a\"\"b\"",
                )
            }
            FieldFault::BareReturn if row == 1 => {
                Diagnostic::error("BW-F123", Place::file(self.file), "line ends are CR")
                    .help("save the file with LF or CRLF line ends")
            }
            FieldFault::BareReturn => {
                Diagnostic::error("BW-F123", place, "a CR that is no part of a line end")
                    .help("save the file with LF or CRLF line ends, or put the field in quotes")
            }
            FieldFault::Nul => Diagnostic::error("BW-F125", place, "the character U+0000")
                .help("no text has this character; the file may be damaged: fetch it again"),
        }
    }

    /// A blank line with rows behind it.
    pub fn blank_line(&self, row: usize) -> Diagnostic {
        Diagnostic::error("BW-F121", Place::row(self.file, row, None), "blank line")
            .help("only the file's end may have one")
    }

    fn ragged(&self, row: usize, found: usize, wanted: usize) -> Diagnostic {
        let fields = if found == 1 { "field" } else { "fields" };
        let cause = if found > wanted {
            "a field with a comma in it needs quotes; a quote may be missing"
        } else {
            "write an empty field for every value that is not there"
        };
        Diagnostic::error(
            "BW-F120",
            Place::row(self.file, row, None),
            format!("{found} {fields}, {wanted} wanted"),
        )
        .help(cause)
    }

    /// A field by the name of its column, or by its number where it has none.
    fn place(&self, names: &[String], at: usize, row: usize) -> Place {
        let number = format!("column {}", at + 1);
        Place::row(self.file, row, Some(names.get(at).unwrap_or(&number)))
    }
}
