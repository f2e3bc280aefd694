//! docs/definitions.md, which has to explain every key there is.

use super::*;
use std::collections::BTreeSet;

const DOCS: &str = include_str!("../../../docs/definitions.md");

/// The part of the page that is about a kind, or about billwright.toml.
fn section(title: &str) -> &'static str {
    let (_, section) = DOCS
        .split_once(&format!("\n## {title}\n"))
        .unwrap_or_else(|| panic!("docs/definitions.md has no section {title}"));
    section.split("\n## ").next().unwrap_or_default()
}

/// Every key of a schema with those it stands in, names that a person chooses as NAME; keys to come are none.
fn keys(schema: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    for alternatives in ["anyOf", "oneOf"] {
        for branch in schema[alternatives].as_array().into_iter().flatten() {
            keys(branch, path, found);
        }
    }
    keys_of_items(schema, path, found);
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        if property.get(later::NEUTRAL).is_none() {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            found.insert(path.clone());
            keys(property, &path, found);
        }
    }
}

/// Below a list, and below a map of things that have keys of their own.
fn keys_of_items(schema: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    if schema["items"].is_object() {
        keys(&schema["items"], path, found);
    }
    let each = &schema["additionalProperties"];
    if each["properties"].is_object() {
        // `inputs` itself says nothing that `inputs.NAME` does not.
        found.remove(path);
        let path = format!("{path}.NAME");
        keys(each, &path, found);
        found.insert(path);
    }
}

#[test]
fn every_key_is_explained() {
    let pages = KINDS
        .map(|kind| (kind, kind))
        .into_iter()
        .chain([(schema::SETTINGS, "billwright.toml")]);
    for (kind, title) in pages {
        let mut found = BTreeSet::new();
        keys(&schema::of(kind).unwrap(), "", &mut found);
        let section = section(title);
        let missing: Vec<_> = found
            .iter()
            .filter(|key| !section.contains(&format!("`{key}`")))
            .collect();
        assert!(missing.is_empty(), "{title} does not explain {missing:?}");
    }
}

/// A key of the page that nobody can write any more would mislead.
#[test]
fn every_key_explained_is_one() {
    for kind in KINDS {
        let mut found = BTreeSet::new();
        keys(&schema::of(kind).unwrap(), "", &mut found);
        let rows = section(kind)
            .lines()
            .filter_map(|line| line.strip_prefix("| `"));
        for row in rows {
            let names = row.split(" | ").next().unwrap_or_default();
            for name in names.split(", ") {
                let name = name.trim_matches('`');
                assert!(found.contains(name), "{kind} has no key {name}");
            }
        }
    }
}
