//! What a schema wants, as words for a message.

use crate::definition::later::NEUTRAL;
use serde_json::Value as Json;

pub fn alternatives(schema: &Json) -> Vec<&Json> {
    for name in ["anyOf", "oneOf"] {
        if let Some(Json::Array(branches)) = schema.get(name) {
            return branches.iter().flat_map(alternatives).collect();
        }
    }
    vec![schema]
}

pub fn words(list: &Json) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect()
}

pub fn allowed_words(schema: &Json) -> Vec<&str> {
    match schema.get("const").and_then(Json::as_str) {
        Some(only) => vec![only],
        None => words(schema.get("enum").unwrap_or(&Json::Null)),
    }
}

/// Keys that may be written; those to come are known, but not offered.
pub fn known_keys(schema: &Json) -> Vec<&str> {
    let properties = schema.get("properties").and_then(Json::as_object);
    properties
        .into_iter()
        .flatten()
        .filter(|(_, property)| property.get(NEUTRAL).is_none())
        .map(|(key, _)| key.as_str())
        .collect()
}

/// What a schema wants, in words.
pub fn described(schema: &Json) -> String {
    let allowed = allowed_words(schema);
    if !allowed.is_empty() {
        return one_of(&allowed);
    }
    let format = schema.get("format").and_then(Json::as_str);
    match (schema.get("type").and_then(Json::as_str), format) {
        (Some("object"), _) => match known_keys(schema).as_slice() {
            [] if schema.get("additionalProperties") == Some(&Json::Bool(false)) => {
                "an empty map, `{}`".to_owned()
            }
            [] => "a map".to_owned(),
            keys => format!("a map with {}", listed(keys)),
        },
        (Some("array"), _) => "a list".to_owned(),
        (Some("boolean"), _) => "true or false".to_owned(),
        (Some("integer"), _) => "a whole number".to_owned(),
        (_, Some("rate" | "amount" | "percent" | "share" | "quantity")) => {
            "a decimal number".to_owned()
        }
        (_, Some("age")) => "a length of time".to_owned(),
        (_, Some("date")) => "a date".to_owned(),
        (_, Some("local_time")) => "a day and a time".to_owned(),
        (_, Some("currency")) => "a currency".to_owned(),
        _ => "text".to_owned(),
    }
}

/// `a`, `b` or `c`.
pub fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

pub fn listed(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

pub fn subject(path: &str) -> String {
    if path.is_empty() {
        "the file".to_owned()
    } else {
        format!("`{path}`")
    }
}

/// A description as a fragment: without capital and full stop.
pub fn fragment(said: &str) -> String {
    let said = said.trim_end_matches('.').replace('\n', " ");
    let mut characters = said.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => said,
    }
}
