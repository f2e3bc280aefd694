//! What holds where nothing is written: `defaults.yaml`, which ships in the binary.

use super::tree::{Codes, DEFINITION, Entry, File, Node, Span, Value};
use super::yaml;
use crate::diagnostic::{Report, Source};

const TEXT: &str = include_str!("defaults.yaml");

/// The defaults of a kind; an empty map for a kind without any.
pub fn of(kind: &str) -> Node {
    const CODES: &Codes = &DEFINITION;
    let file = File {
        source: Source::new("defaults.yaml", TEXT),
        codes: CODES,
    };
    let mut report = Report::new();
    let all = yaml::parse(&file, TEXT, &mut report);
    assert!(report.is_empty(), "defaults.yaml: {}", report.text(false));
    all.as_ref()
        .and_then(|all| all.get(kind))
        .cloned()
        .unwrap_or(Node {
            span: 0..0,
            value: Value::Map(Vec::new()),
        })
}

/// Adds the defaults that are not written; they take the place of the map they are missing from.
pub fn fill(written: &mut Node, defaults: &Node) {
    let place = written.span.start..written.span.start;
    let Value::Map(entries) = &mut written.value else {
        return;
    };
    for default in defaults.entries() {
        if default.key == "*" {
            for entry in entries.iter_mut() {
                fill(&mut entry.value, &default.value);
            }
            continue;
        }
        match entries.iter_mut().find(|entry| entry.key == default.key) {
            Some(entry) => fill(&mut entry.value, &default.value),
            None if default.value.get("*").is_some() => {}
            None => entries.push(Entry {
                key: default.key.clone(),
                key_span: place.clone(),
                value: moved(&default.value, &place),
            }),
        }
    }
}

fn moved(node: &Node, place: &Span) -> Node {
    let value = match &node.value {
        scalar @ Value::Scalar { .. } => scalar.clone(),
        Value::List(items) => Value::List(items.iter().map(|item| moved(item, place)).collect()),
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|entry| Entry {
                    key: entry.key.clone(),
                    key_span: place.clone(),
                    value: moved(&entry.value, place),
                })
                .collect(),
        ),
    };
    Node {
        span: place.clone(),
        value,
    }
}
