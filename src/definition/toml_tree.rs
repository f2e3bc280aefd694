//! TOML text -> tree.

use super::tree::{Entry, File, Node, Span, Value};
use crate::diagnostic::{Diagnostic, Report};
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// The tree of `text`, which `file` shows, with every syntax error in it reported; what could be read is returned.
///
/// Errors: `BW-K101` syntax, `BW-K102` a key or table given twice, `BW-K110` control characters.
pub fn parse(file: &File, text: &str, report: &mut Report) -> Node {
    let (table, errors) = DeTable::parse_recoverable(text);
    let root = Node {
        span: 0..text.len(),
        value: map(text, table.get_ref()),
    };
    for error in errors {
        report.push(syntax(file, &root, &error));
    }
    printable(file, &root, report);
    root
}

fn map(text: &str, table: &DeTable<'_>) -> Value {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: key.span(),
            value: node(text, value),
        })
        .collect();
    // The order of the text, so that problems are listed in it.
    entries.sort_by_key(|entry| entry.key_span.start);
    Value::Map(entries)
}

fn node(source: &str, value: &Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Scalar {
            text: text.to_string(),
            plain: false,
        },
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(source, item)).collect()),
        DeValue::Table(table) => map(source, table),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            Value::Scalar {
                text: source[span.clone()].to_owned(),
                plain: true,
            }
        }
    };
    Node { span, value }
}

fn syntax(file: &File, root: &Node, error: &Error) -> Diagnostic {
    let end = file.source.text.len();
    let span = error.span().unwrap_or(end..end);
    if !error.message().starts_with("duplicate key") {
        let message = format!("not TOML: {}", error.message());
        return file
            .error(file.codes.syntax, &span, message)
            .help("a value is wanted after `=`, text in quotes; tables begin with [name]");
    }
    let name = &file.source.text[span.clone()];
    // A table's name is shown with its bracket.
    let start = file.source.text[..span.start].trim_end_matches('[').len();
    let message = format!("`{name}` is given twice");
    let fault = file.error(file.codes.duplicate_key, &(start..span.end), message);
    // The tree keeps the later of two tables, so a table is looked for in the text.
    let header = &file.source.text[start..span.end];
    let in_text = || {
        let at = file.source.text[..start].rfind(header)?;
        Some(at..at + header.len())
    };
    match last_use(root, name, start).or_else(in_text) {
        Some(first) => {
            let (line, _) = file.source.line_column(first.start);
            fault
                .label(file.place(&first), "first given here")
                .help(format!("keep one; the first `{name}` is on line {line}"))
        }
        None => fault.help("keep one"),
    }
}

/// Where a key or table of this name was written last before a place; the second of two follows the first.
fn last_use(node: &Node, name: &str, before: usize) -> Option<Span> {
    let within = node.entries().iter().flat_map(|entry| {
        let here =
            (entry.key == name && entry.key_span.start < before).then(|| entry.key_span.clone());
        here.into_iter().chain(last_use(&entry.value, name, before))
    });
    within.max_by_key(|span| span.start)
}

fn printable(file: &File, node: &Node, report: &mut Report) {
    match &node.value {
        Value::Scalar { text, .. } => {
            if let Some(fault) = super::value::control_character(text) {
                let fault = file.error(file.codes.control_character, &node.span, fault);
                report.push(fault.help("remove the character"));
            }
        }
        Value::List(items) => items.iter().for_each(|item| printable(file, item, report)),
        Value::Map(entries) => entries
            .iter()
            .for_each(|entry| printable(file, &entry.value, report)),
    }
}
