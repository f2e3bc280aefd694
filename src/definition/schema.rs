//! The JSON Schema of each kind: what editors show, and what definitions are checked against.

use super::{defaults, later, raw};
use crate::definition::tree::{Node, Value};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

/// The workspace file is no kind of definition, but is checked in the same way.
pub const SETTINGS: &str = "workspace";
/// Annotation of a schema: keys of another kind that have no place in this one, since it makes no invoices.
pub const NO_INVOICES: &str = "x-no-invoices";

/// The schema of a kind, or of the workspace file; `None` for a kind there is not.
pub fn of(kind: &str) -> Option<Json> {
    let mut schema = match kind {
        "bill_run" => generated::<raw::BillRun>(),
        "group" => generated::<raw::Group>(),
        "hold" => generated::<raw::Hold>(),
        "payment_terms" => generated::<raw::PaymentTerms>(),
        "prepaid_run" => generated::<raw::PrepaidRun>(),
        "reconciliation" => generated::<raw::Reconciliation>(),
        "scheme" => generated::<raw::Scheme>(),
        "tax" => generated::<raw::Tax>(),
        SETTINGS => generated::<raw::Settings>(),
        _ => return None,
    };
    tidy(&mut schema);
    if kind != SETTINGS {
        name_the_kind(&mut schema, kind);
    }
    if kind == "prepaid_run" {
        schema[NO_INVOICES] = json!(raw::OF_INVOICES);
    }
    show_defaults(&mut schema, &defaults::of(kind));
    later::mark(&mut schema, kind);
    Some(with_the_title_first(schema))
}

fn with_the_title_first(mut schema: Json) -> Json {
    let mut ordered = Map::new();
    if let Some(written) = schema.as_object_mut() {
        for key in ["$schema", "title", "description"] {
            ordered.extend(written.remove_entry(key));
        }
        ordered.extend(std::mem::take(written));
    }
    Json::Object(ordered)
}

/// In one piece, without references, so that it can be walked beside a definition.
fn generated<T: JsonSchema>() -> Json {
    SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Nulls are never written, sizes of integers are of no interest, and maps have no other keys.
fn tidy(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(tidy),
        Json::Object(object) => {
            object.values_mut().for_each(tidy);
            if let Some(Json::Array(words)) = object.get_mut("enum") {
                words.retain(|word| !word.is_null());
            }
            if let Some(Json::Array(types)) = object.get_mut("type") {
                types.retain(|one| one != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if object.get("format").is_some_and(|format| {
                format
                    .as_str()
                    .is_some_and(|name| name.starts_with("int") || name.starts_with("uint"))
            }) {
                object.remove("format");
            }
            if object.get("properties").is_some_and(Json::is_object) && object.get("type").is_some()
            {
                object
                    .entry("additionalProperties")
                    .or_insert(Json::Bool(false));
            }
            drop_null_branch(object);
        }
        _ => {}
    }
}

/// `anyOf` of something and null is that something.
fn drop_null_branch(object: &mut Map<String, Json>) {
    let Some(Json::Array(branches)) = object.get_mut("anyOf") else {
        return;
    };
    branches.retain(|branch| branch.get("type") != Some(&json!("null")));
    if let [Json::Object(only)] = branches.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
}

fn name_the_kind(schema: &mut Json, kind: &str) {
    let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) else {
        return;
    };
    let written = std::mem::take(properties);
    properties.insert(
        "kind".to_owned(),
        json!({ "description": "What the file defines.", "type": "string", "enum": [kind] }),
    );
    properties.extend(written);
    if let Some(required) = schema.get_mut("required").and_then(Json::as_array_mut) {
        required.insert(0, json!("kind"));
    }
}

/// A key with a default need not be written; editors show what holds then.
fn show_defaults(schema: &mut Json, defaults: &Node) {
    for default in defaults.entries() {
        if default.key == defaults::EACH {
            for each in ["additionalProperties", "items"] {
                if let Some(each) = schema.get_mut(each) {
                    show_defaults(each, &default.value);
                }
            }
            continue;
        }
        let (key, only_where_written) = defaults::key_of(default);
        let property = schema.pointer_mut(&format!("/properties/{key}"));
        let property = property
            .unwrap_or_else(|| panic!("defaults.yaml has `{}`, which is no key", default.key));
        let mut needed = only_where_written;
        // A map that could also be a word is a value as a whole.
        let is_value = property.get("anyOf").is_some();
        if let Value::Map(_) = default.value.value
            && !is_value
        {
            show_defaults(property, &default.value);
            // A map with a key that has to be written has to be written itself.
            let wanted = property.get("required").and_then(Json::as_array);
            needed |= wanted.is_some_and(|wanted| !wanted.is_empty());
        } else {
            property["default"] = defaults::json(&default.value);
        }
        if !needed && let Some(required) = schema.get_mut("required").and_then(Json::as_array_mut) {
            required.retain(|required| required != key);
        }
    }
}
