//! A table for programs, written as it is made.

use super::{Kind, Table};
use crate::report::blocks::write_rows;
use std::io::{self, Write};

impl Table {
    /// The table by RFC 4180, with a header. Texts that a spreadsheet would take for a formula get a quote in front.
    pub fn to_csv(&self) -> String {
        let mut text = Vec::new();
        let written = self.write_csv(&mut text);
        written.expect("memory can be written to");
        String::from_utf8(text).expect("texts are UTF-8")
    }

    /// Writes [`Table::to_csv`].
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut head = String::new();
        for (at, column) in self.columns.iter().enumerate() {
            head.push_str(if at > 0 { "," } else { "" });
            field(column.name, &mut head);
        }
        write!(out, "{head}\r\n")?;
        write_rows(out, self.len(), |row, text| {
            let mut cell = String::new();
            for column in 0..self.columns.len() {
                text.push_str(if column > 0 { "," } else { "" });
                cell.clear();
                match self.put(row, column, &mut cell) {
                    Kind::Text if is_formula(&cell) => field(&format!("'{cell}"), text),
                    Kind::Text => field(&cell, text),
                    _ => text.push_str(&cell),
                }
            }
            text.push_str("\r\n");
        })
    }

    /// Writes [`Table::to_json`], indented.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.is_empty() {
            return out.write_all(b"[]");
        }
        let names = self.columns.iter().map(|head| {
            let mut name = "    ".to_owned();
            quoted(head.name, &mut name);
            name + ": "
        });
        let names: Vec<String> = names.collect();
        out.write_all(b"[")?;
        write_rows(out, self.len(), |row, text| {
            let mut cell = String::new();
            text.push_str(if row > 0 { ",\n  {\n" } else { "\n  {\n" });
            for (column, name) in names.iter().enumerate() {
                text.push_str(if column > 0 { ",\n" } else { "" });
                text.push_str(name);
                cell.clear();
                match self.put(row, column, &mut cell) {
                    Kind::Text | Kind::Number => quoted(&cell, text),
                    Kind::Count | Kind::Flag => text.push_str(&cell),
                    Kind::Empty => text.push_str("null"),
                }
            }
            text.push_str("\n  }");
        })?;
        out.write_all(b"\n]")
    }
}

/// As a JSON string.
fn quoted(text: &str, out: &mut String) {
    let is_plain = |byte| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::to_string(text).expect("a text is JSON"));
    }
}

/// Quoted where RFC 4180 wants it.
fn field(text: &str, out: &mut String) {
    let is_plain = |byte| !matches!(byte, b',' | b'"' | b'\r' | b'\n');
    if text.bytes().all(is_plain) {
        out.push_str(text);
    } else {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    }
}

/// Whether it gets a quote in front because a spreadsheet would run it.
///
/// A text that only looks guarded gets one too, so that taking one quote off always gives the original.
pub(super) fn is_formula(text: &str) -> bool {
    let bare = text.trim_start_matches('\'');
    bare.starts_with(['=', '+', '-', '@', '\t', '\r'])
}
