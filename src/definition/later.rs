//! What the design describes and this version does not do yet: refused by name, unless written so that it changes nothing.

use serde_json::{Value as Json, json};

/// Annotation of a schema: the values a key may have as long as it is not built.
pub const NEUTRAL: &str = "x-later";
/// Annotation of a schema: values that are not built; `*` for any other.
pub const VALUES: &str = "x-later-values";

/// Kinds of definition to come.
pub const KINDS: [&str; 3] = ["payment_run", "terms_run", "delivery_run"];

/// Something under a path of keys (lists are walked through, `*` is any name), in a kind or the workspace file.
struct Later {
    kind: &'static str,
    path: &'static str,
    what: What,
}

enum What {
    /// A key, and the values, written on one line, that change nothing.
    Key(&'static [&'static str]),
    /// Values of a key that exists.
    Values(&'static [&'static str]),
}

const fn key(kind: &'static str, path: &'static str, neutral: &'static [&'static str]) -> Later {
    Later {
        kind,
        path,
        what: What::Key(neutral),
    }
}

const fn values(kind: &'static str, path: &'static str, later: &'static [&'static str]) -> Later {
    Later {
        kind,
        path,
        what: What::Values(later),
    }
}

const LATER: &[Later] = &[
    key("bill_run", "invoices.open_invoices", &["separate"]),
    key("bill_run", "invoices.approval", &["none"]),
    key("bill_run", "closing", &["off", "none", "{}"]),
    key("bill_run", "run_payment_terms", &["false"]),
    values("bill_run", "render.formats", &["pdf"]),
    key(
        "bill_run",
        "delivery",
        &["off", "none", "{}", "{auto: false}"],
    ),
    key(
        "bill_run",
        "notify",
        &["off", "none", "{}", "{to: []}", "{to: [], on: []}"],
    ),
    key("bill_run", "checks.open_invoices", &["off"]),
    key("bill_run", "checks.unsent_invoices", &["off"]),
    key("bill_run", "brakes", &["off", "none", "{}"]),
    key(
        "bill_run",
        "realtime",
        &["off", "none", "{}", "{enabled: false}"],
    ),
    key(
        "prepaid_run",
        "notify",
        &[
            "off",
            "none",
            "{}",
            "{to: []}",
            "{to: [], on: []}",
            "{to: [], on: [with_errors, held, failed]}",
        ],
    ),
    values("scheme", "charges.recurring.proration", &["fixed_30"]),
    values(
        "hold",
        "what",
        &["delivery", "collection", "dunning", "late_fees", "stop"],
    ),
    // Invoices are held back from delivery and collection; billing makes them.
    key("hold", "invoices", &["[]"]),
    key("payment_terms", "overdue", &["[]"]),
    key("workspace", "four_eyes", &["{}"]),
    key("workspace", "git", &["{}", "{require_clean: false}"]),
    key("workspace", "limits", &["{}"]),
    key("workspace", "smtp", &["{}"]),
    key("workspace", "inputs.payments", &[]),
];

/// Enters what is to come into the schema of a kind, so that editors and the shape check know of it.
pub fn mark(schema: &mut Json, kind: &str) {
    for later in LATER.iter().filter(|later| later.kind == kind) {
        let path: Vec<_> = later.path.split('.').collect();
        let marked = mark_at(schema, &path, &later.what);
        assert!(marked, "{kind} has no place for {}", later.path);
    }
}

/// Whether the path led anywhere.
fn mark_at(schema: &mut Json, path: &[&str], what: &What) -> bool {
    let Some((&first, rest)) = path.split_first() else {
        if let What::Values(later) = what {
            mark_values(schema, later);
        }
        return true;
    };
    let mut marked = false;
    for branch in branches(schema) {
        if first == "*" {
            if let Some(every) = branch
                .get_mut("additionalProperties")
                .filter(|every| every.is_object())
            {
                marked |= mark_at(every, rest, what);
            }
        } else if branch.get("type") == Some(&json!("object")) && !only_values(branch) {
            let properties = &mut branch["properties"];
            if properties.is_null() {
                *properties = json!({});
            }
            match (properties.get_mut(first), what) {
                (Some(property), _) => marked |= mark_at(property, rest, what),
                (None, What::Key(neutral)) if rest.is_empty() => {
                    properties[first] = key_to_come(neutral);
                    marked = true;
                }
                (None, What::Key(_)) => {
                    let mut group = json!({ "type": "object", "properties": {}, "additionalProperties": false });
                    marked |= mark_at(&mut group, rest, what);
                    branch["properties"][first] = group;
                }
                (None, What::Values(_)) => {}
            }
        }
    }
    marked
}

/// Whether a map stands for one written value, such as `{ month_of: invoice_date }`, and has no room for keys to come.
fn only_values(branch: &Json) -> bool {
    branch.get("maxProperties").is_some()
}

/// Editors take the neutral values and nothing else; the shape check compares them as written on one line.
fn key_to_come(neutral: &[&str]) -> Json {
    if neutral.is_empty() {
        return json!({ "description": "Not built yet: leave it out.", "not": {}, NEUTRAL: neutral });
    }
    let description = format!(
        "Not built yet: leave it out, or write {}.",
        neutral.join(" or ")
    );
    let values: Vec<Json> = neutral.iter().copied().map(value).collect();
    json!({ "description": description, "enum": values, NEUTRAL: neutral })
}

/// A neutral value as JSON; `off` is a word, as everywhere in definitions.
fn value(text: &str) -> Json {
    let options = serde_yaml::options! { strict_booleans: true };
    serde_yaml::from_str_with_options(text, options).expect("a neutral value is YAML")
}

fn mark_values(schema: &mut Json, later: &[&str]) {
    for branch in branches(schema) {
        if branch.get("enum").is_some() || branch.get("const").is_some() {
            branch[VALUES] = json!(later);
        }
    }
}

/// The schema itself, its alternatives, and the items of its lists, whatever the depth.
fn branches(schema: &mut Json) -> Vec<&mut Json> {
    if schema.get("anyOf").is_some() || schema.get("oneOf").is_some() {
        let name = if schema.get("anyOf").is_some() {
            "anyOf"
        } else {
            "oneOf"
        };
        return match &mut schema[name] {
            Json::Array(alternatives) => alternatives.iter_mut().flat_map(branches).collect(),
            _ => Vec::new(),
        };
    }
    if schema.get("type") == Some(&json!("array")) {
        return branches(&mut schema["items"]);
    }
    vec![schema]
}
