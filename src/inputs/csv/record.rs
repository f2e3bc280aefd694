//! Bytes -> records -> fields, as RFC 4180 has them and no wider.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

/// Bytes a record may have. One that has more is cut and refused, so that a hostile file costs no more memory than this.
pub const RECORD_LIMIT: usize = 1 << 20;

/// The records of a file, one at a time in a buffer that is used again.
pub struct Records<R> {
    source: R,
    buffer: Vec<u8>,
    row: usize,
}

/// One record without its line end.
pub struct Record<'a> {
    pub bytes: &'a [u8],
    /// Its number, the header being 1. A record of several lines counts once, as it does in a spreadsheet.
    pub row: usize,
    /// Longer than the limit: these are only its first bytes.
    pub is_cut: bool,
}

impl<R: BufRead> Records<R> {
    pub fn new(source: R) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            row: 0,
        }
    }

    /// The next record; `None` behind the last.
    pub fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        self.buffer.clear();
        let mut quotes = 0;
        loop {
            let start = self.buffer.len();
            let room = (RECORD_LIMIT + 1 - start) as u64;
            self.source
                .by_ref()
                .take(room)
                .read_until(b'\n', &mut self.buffer)?;
            let line = &self.buffer[start..];
            if line.contains(&b'"') {
                quotes += line.iter().filter(|byte| **byte == b'"').count();
            }
            // An odd count means that this line end is inside quotes, or that a quote is misplaced: `Fields` tells which.
            if line.is_empty() || self.buffer.len() > RECORD_LIMIT || quotes % 2 == 0 {
                break;
            }
        }
        if self.buffer.is_empty() {
            return Ok(None);
        }
        self.row += 1;
        let bytes = self.buffer.as_slice();
        let bytes = match bytes.strip_suffix(b"\n") {
            Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
            None => bytes,
        };
        Ok(Some(Record {
            bytes,
            row: self.row,
            is_cut: self.buffer.len() > RECORD_LIMIT,
        }))
    }
}

/// Why a field cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldFault {
    /// The quote that opens it is never closed.
    NeverClosed,
    /// A quote inside it is not doubled.
    QuoteInside,
    /// A CR that is no part of a line end.
    BareReturn,
    /// A NUL outside quotes: no text file has one.
    Nul,
}

/// The fields of one record, unquoted.
pub struct Fields<'a> {
    rest: Option<&'a str>,
    has_quotes: bool,
    has_controls: bool,
}

impl<'a> Fields<'a> {
    pub fn of(record: &'a str) -> Self {
        let bytes = record.as_bytes();
        Self {
            rest: Some(record),
            has_quotes: bytes.contains(&b'"'),
            has_controls: bytes.contains(&b'\r') || bytes.contains(&0),
        }
    }

    fn plain(&mut self, text: &'a str) -> Result<Cow<'a, str>, FieldFault> {
        let field = match text.split_once(',') {
            Some((field, rest)) => {
                self.rest = Some(rest);
                field
            }
            None => text,
        };
        if self.has_quotes && field.contains('"') {
            return Err(FieldFault::QuoteInside);
        }
        if self.has_controls && field.contains('\r') {
            return Err(FieldFault::BareReturn);
        }
        if self.has_controls && field.contains('\0') {
            return Err(FieldFault::Nul);
        }
        Ok(Cow::Borrowed(field))
    }

    /// `text` begins behind the opening quote.
    fn quoted(&mut self, text: &'a str) -> Result<Cow<'a, str>, FieldFault> {
        let mut from = 0;
        let mut has_doubled = false;
        let end = loop {
            let found = text[from..].find('"').ok_or(FieldFault::NeverClosed)?;
            let at = from + found;
            if !text[at + 1..].starts_with('"') {
                break at;
            }
            has_doubled = true;
            from = at + 2;
        };
        let behind = &text[end + 1..];
        self.rest = match behind.strip_prefix(',') {
            Some(rest) => Some(rest),
            None if behind.is_empty() => None,
            None => return Err(FieldFault::QuoteInside),
        };
        let field = &text[..end];
        Ok(if has_doubled {
            Cow::Owned(field.replace("\"\"", "\""))
        } else {
            Cow::Borrowed(field)
        })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Cow<'a, str>, FieldFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        Some(match rest.strip_prefix('"') {
            Some(text) => self.quoted(text),
            None => self.plain(rest),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(record: &str) -> Result<Vec<String>, FieldFault> {
        Fields::of(record)
            .map(|field| field.map(Cow::into_owned))
            .collect()
    }

    #[test]
    fn fields_are_parted_by_commas_outside_quotes() {
        assert_eq!(
            fields("A,\"b,\"\"c\"\"\n\",,").unwrap(),
            ["A", "b,\"c\"\n", "", ""]
        );
        assert_eq!(fields("").unwrap(), [""]);
    }

    #[test]
    fn a_misplaced_quote_is_no_field() {
        assert_eq!(fields("A,\"abc"), Err(FieldFault::NeverClosed));
        assert_eq!(fields("A,\"a\"b\""), Err(FieldFault::QuoteInside));
        assert_eq!(fields("5\" pipe"), Err(FieldFault::QuoteInside));
        assert_eq!(fields("a\rb"), Err(FieldFault::BareReturn));
        assert_eq!(fields("a\0b"), Err(FieldFault::Nul));
        assert_eq!(fields("\"a\0\r\nb\"").unwrap(), ["a\0\r\nb"]);
    }

    #[test]
    fn a_record_ends_where_its_quotes_are_closed() {
        let mut records = Records::new("a,b\r\nA,\"x\ny\"\nB,z".as_bytes());
        let mut found = Vec::new();
        while let Some(record) = records.next().unwrap() {
            found.push((
                record.row,
                String::from_utf8(record.bytes.to_vec()).unwrap(),
            ));
        }
        assert_eq!(
            found,
            [
                (1, "a,b".into()),
                (2, "A,\"x\ny\"".into()),
                (3, "B,z".into())
            ]
        );
    }
}
