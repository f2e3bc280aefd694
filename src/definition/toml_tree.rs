//! TOML text -> tree.

use super::tree::{Entry, File, Node, Span, Value};
use crate::diagnostic::{Diagnostic, Report};
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// The tree of `text`, which `file` shows, with every syntax error in it reported; what could be read is returned.
///
/// Errors: `BW-K101` syntax, `BW-K102` a key or table given twice, `BW-K110` control characters.
pub fn parse(file: &File, text: &str, report: &mut Report) -> Node {
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        report.push(syntax(file, &error));
    }
    let root = Node {
        span: 0..text.len(),
        value: map(text, root.get_ref()),
    };
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

fn syntax(file: &File, error: &Error) -> Diagnostic {
    let end = file.source.text.len();
    let span = error.span().unwrap_or(end..end);
    if error.message().starts_with("duplicate key") {
        let name = file.source.text[span.clone()].to_owned();
        let fault = file.error(
            file.codes.duplicate_key,
            &span,
            format!("`{name}` is given twice"),
        );
        return match first_use(file, &name, span.start) {
            Some(first) => {
                let (line, _) = file.source.line_column(first.start);
                fault
                    .label(file.place(&first), "first given here")
                    .help(format!("keep one; the first `{name}` is on line {line}"))
            }
            None => fault.help("keep one"),
        };
    }
    file.error(
        file.codes.syntax,
        &span,
        format!("not TOML: {}", error.message()),
    )
    .help("a value is wanted after `=`, text in quotes; tables begin with [name]")
}

/// Where a key or table name was written before.
fn first_use(file: &File, name: &str, before: usize) -> Option<Span> {
    file.source.text[..before]
        .find(name)
        .map(|at| at..at + name.len())
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
