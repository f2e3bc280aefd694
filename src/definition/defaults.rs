//! What holds where nothing is written: `defaults.yaml`, which ships in the binary.

use super::tree::{DEFINITION, Entry, File, Node, Span, Value};
use super::yaml;
use crate::diagnostic::{Report, Source};
use serde_json::{Value as Json, json};

const TEXT: &str = include_str!("defaults.yaml");

/// The defaults of a kind; an empty map for a kind without any.
pub fn of(kind: &str) -> Node {
    parsed(TEXT).get(kind).cloned().unwrap_or(Node {
        span: 0..0,
        value: Value::Map(Vec::new()),
    })
}

/// The tree of YAML that is part of this program.
pub fn parsed(text: &str) -> Node {
    let file = File {
        source: Source::new("part of the program", text),
        codes: &DEFINITION,
    };
    let mut report = Report::new();
    let root = yaml::parse(&file, text, &mut report);
    root.unwrap_or_else(|| panic!("{}", report.text(false)))
}

/// A tree as JSON, as schemas show it.
pub fn json(node: &Node) -> Json {
    match &node.value {
        Value::Scalar { text, .. } => match text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            text => text
                .parse::<i64>()
                .map_or_else(|_| json!(text), |number| json!(number)),
        },
        Value::List(items) => items.iter().map(self::json).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), self::json(&entry.value)))
            .collect(),
    }
}

/// Adds the defaults that are not written; they take the place of the map they are missing from.
pub fn fill(written: &mut Node, defaults: &Node) {
    let place = written.span.start..written.span.start;
    let entries = match &mut written.value {
        Value::Scalar { .. } => return,
        Value::List(items) => {
            if let Some(each) = defaults.get(EACH) {
                items.iter_mut().for_each(|item| fill(item, each));
            }
            return;
        }
        Value::Map(entries) => entries,
    };
    for default in defaults.entries() {
        if default.key == EACH {
            for entry in entries.iter_mut() {
                fill(&mut entry.value, &default.value);
            }
            continue;
        }
        let (key, only_where_written) = key_of(default);
        match entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => fill(&mut entry.value, &default.value),
            None if only_where_written => {}
            None => entries.push(Entry {
                key: key.to_owned(),
                key_span: place.clone(),
                value: moved(&default.value, &place),
            }),
        }
    }
}

/// Stands for every name a person chooses, and every item of a list.
pub const EACH: &str = "*";

/// The key a default is for, and whether it is one only where that key is written.
pub fn key_of(default: &Entry) -> (&str, bool) {
    match default.key.strip_suffix('?') {
        Some(key) => (key, true),
        None => (&default.key, default.value.get(EACH).is_some()),
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
