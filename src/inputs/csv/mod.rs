//! A CSV file -> a table of text.
//!
//! Strict where a lenient reader would guess: a row of another width, a stray quote or another encoding refuses the file.

mod record;
mod sheet;

use crate::diagnostic::{Diagnostic, Place};
use polars::prelude::*;
use record::Records;
pub use sheet::COLUMN_LIMIT;
use sheet::Sheet;
use std::io::{self, BufRead};

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
