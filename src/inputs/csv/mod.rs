//! A CSV file -> a table of text.
//!
//! Strict where a lenient reader would guess: a row of another width, a stray quote or another encoding refuses the file.

mod record;

use crate::diagnostic::{Diagnostic, Place, is_unprintable};
use polars::prelude::*;
use record::{FieldFault, Fields, RECORD_LIMIT, Record, Records};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, BufRead};

const FIELD_LIMIT: usize = 64 << 10;
const COLUMN_LIMIT: usize = 1_000;

/// Reads a whole file. Every column is text, an empty field is null, a byte order mark and CRLF are read over.
///
/// `file` is its name as shown. Errors: `BW-F103` .. `BW-F107` no CSV file, `BW-F110` and `BW-F113` header,
/// `BW-F120` .. `BW-F127` shape and encoding, each with the first place.
pub fn read(file: &str, mut source: impl BufRead) -> Result<DataFrame, Diagnostic> {
    let sheet = Sheet { file };
    let start = source
        .fill_buf()
        .map_err(|error| unreadable(file, &error))?;
    sheet.refuse_other_formats(start)?;
    let byte_order_mark = b"\xEF\xBB\xBF";
    if start.starts_with(byte_order_mark) {
        source.consume(byte_order_mark.len());
    }
    let mut records = Records::new(source);
    let header = records.next().map_err(|error| unreadable(file, &error))?;
    let names = sheet.header(&header.ok_or_else(|| sheet.empty())?)?;
    let mut columns: Vec<_> = names
        .iter()
        .map(|name| StringChunkedBuilder::new(name.as_str().into(), 0))
        .collect();
    let mut blank = None;
    while let Some(record) = records.next().map_err(|error| unreadable(file, &error))? {
        if let Some(row) = blank {
            return Err(sheet.blank_line(row));
        }
        if record.bytes.is_empty() {
            blank = Some(record.row);
            continue;
        }
        sheet.append(&names, &record, &mut columns)?;
    }
    let columns = columns
        .into_iter()
        .map(|column| column.finish().into_series().into())
        .collect();
    Ok(DataFrame::new_infer_height(columns)
        .expect("the header's names differ and rows have its width"))
}

/// The machine did not give the file: `BW-E103` rights, `BW-E112` anything else.
pub fn unreadable(file: &str, error: &io::Error) -> Diagnostic {
    let (code, help) = match error.kind() {
        io::ErrorKind::PermissionDenied => ("BW-E103", "let the user that runs billwright read it"),
        _ => (
            "BW-E112",
            "look at the disk, then run the same command again",
        ),
    };
    Diagnostic::error(
        code,
        Place::file(file),
        format!("cannot read the file: {error}"),
    )
    .help(help)
}

/// What mistakes of one file are told with.
struct Sheet<'a> {
    file: &'a str,
}

impl Sheet<'_> {
    fn refuse_other_formats(&self, start: &[u8]) -> Result<(), Diagnostic> {
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
                "a Parquet file; reading Parquet inputs is not built yet",
                "export it as CSV",
            ),
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] => {
                whole("BW-F124", "the file is UTF-16", "save it as UTF-8")
            }
            _ => Ok(()),
        }
    }

    fn empty(&self) -> Diagnostic {
        Diagnostic::error(
            "BW-F104",
            Place::file(self.file),
            "the file is empty; not even a header is there",
        )
        .help("the export stopped before its first line; fetch it again")
    }

    /// The names of the columns, which differ and can be printed.
    fn header(&self, record: &Record<'_>) -> Result<Vec<String>, Diagnostic> {
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
    fn append(
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

    fn blank_line(&self, row: usize) -> Diagnostic {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: impl AsRef<[u8]>) -> Result<DataFrame, Diagnostic> {
        super::read("a.csv", text.as_ref())
    }

    fn refused(text: impl AsRef<[u8]>) -> String {
        let found = read(text).unwrap_err();
        format!("{} {}: {}", found.code, found.place, found.message)
    }

    #[test]
    fn empty_fields_are_null_and_a_last_blank_line_is_nothing() {
        let table = read("account_id,name\nA,\nB,\"\"\n\n").unwrap();
        assert_eq!(table.shape(), (2, 2));
        assert_eq!(table.column("name").unwrap().null_count(), 2);
    }

    #[test]
    fn a_byte_order_mark_and_crlf_make_no_difference() {
        let plain = read("account_id,currency\nA,EUR\n").unwrap();
        let other = read(b"\xEF\xBB\xBFaccount_id,currency\r\nA,EUR\r\n").unwrap();
        assert!(plain.equals(&other));
    }

    #[test]
    fn the_shape_of_every_row_is_that_of_the_header() {
        let cases = [
            (
                "account_id,currency\nA,EUR,x",
                "BW-F120 a.csv, row 2: 3 fields, 2 wanted",
            ),
            (
                "account_id,currency\nA",
                "BW-F120 a.csv, row 2: 1 field, 2 wanted",
            ),
            (
                "account_id,currency\nA,EUR\n\nB,EUR",
                "BW-F121 a.csv, row 3: blank line",
            ),
            (
                "account_id,name\nA,\"abc\nB,def",
                "BW-F122 a.csv, row 2, name: the quote that opens this field is never closed",
            ),
            (
                "account_id,name\nA,\"a\"b\"",
                "BW-F122 a.csv, row 2, name: a quote inside a field",
            ),
            (
                "account_id,currency\rA,EUR\rB,EUR\r",
                "BW-F123 a.csv: line ends are CR",
            ),
            (
                "id,name\nA,a\0b",
                "BW-F125 a.csv, row 2, name: the character U+0000",
            ),
            (
                "",
                "BW-F104 a.csv: the file is empty; not even a header is there",
            ),
            (
                "id,id\n",
                "BW-F110 a.csv, row 1, column 2: two columns are named `id`",
            ),
            (
                "id,\n",
                "BW-F113 a.csv, row 1, column 2: a column without a name that can be printed",
            ),
            (
                "id;name\n",
                "BW-F107 a.csv, row 1: fields are parted by ';', not by commas",
            ),
            (
                "PK\u{3}\u{4}rest",
                "BW-F103 a.csv: a ZIP or XLSX file, not CSV",
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(refused(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn only_utf_8_is_read() {
        assert_eq!(
            refused(b"\xFF\xFEa\0,\0b\0"),
            "BW-F124 a.csv: the file is UTF-16"
        );
        assert_eq!(
            refused(b"id,name\nA,Andr\xE9\n"),
            "BW-F124 a.csv, row 2, name: byte 0xE9 is not UTF-8"
        );
    }

    #[test]
    fn a_hostile_file_is_refused_by_its_size() {
        let long = format!("id,name\nA,{}\n", "x".repeat(20_000_000));
        assert_eq!(
            refused(long),
            "BW-F126 a.csv, row 2, name: a field of more than 64 KiB"
        );
        let wide = vec!["n"; 10_000].join(",");
        assert_eq!(refused(wide), "BW-F127 a.csv, row 1: 10000 columns");
        let row = format!("id,name\n{}\n", "x,".repeat(1 << 20));
        assert_eq!(
            refused(row),
            "BW-F126 a.csv, row 2: a row of more than 1 MiB"
        );
    }
}
