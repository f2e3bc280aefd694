//! A tree against a schema: every unknown key, missing key, wrong type and unknown value, each with its place.

mod scalar;
mod wording;

use super::later::NEUTRAL;
use super::schema::NO_INVOICES;
use super::secrets;
use super::tree::{Entry, File, Node, Span, Value};
use crate::diagnostic::{Diagnostic, Report, nearest, shown};
use serde_json::Value as Json;
use wording::{alternatives, described, fragment, known_keys, listed, one_of, subject, words};

/// Reports everything in which a tree differs from its schema.
///
/// Errors, in a definition and in the workspace file: `BW-D190`/`BW-K190` not built yet, `D201`/`K201` unknown key,
/// `D202`/`K202` wrong shape, `D203`/`K203` not true or false, `D204`/`K209` missing key, `D205`/`K210` unknown value,
/// `D206`/`K211` not a whole number in range, `D207`/`K212` empty list; and the codes of `value::fault`.
pub fn check(file: &File, root: &Node, schema: &Json, report: &mut Report) {
    Walk { file, report }.node(root, schema, "");
}

struct Walk<'a> {
    file: &'a File,
    report: &'a mut Report,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, schema: &Json, path: &str) {
        let alternatives = alternatives(schema);
        let fitting: Vec<&Json> = alternatives
            .iter()
            .copied()
            .filter(|schema| is_of_form(node, schema))
            .collect();
        match (&node.value, fitting.as_slice()) {
            _ if node.is_nothing() => self.wrong_shape(node, &alternatives, path),
            (_, []) => self.wrong_shape(node, &alternatives, path),
            (Value::Map(entries), _) => {
                let schema = best_map(entries, &fitting);
                self.map(node, entries, schema, path);
            }
            (Value::List(items), [schema, ..]) => self.list(node, items, schema, path),
            (Value::Scalar { text, plain }, _) => self.scalar(node, text, *plain, &fitting, path),
        }
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.report.push(diagnostic);
    }

    /// The key is to blame, not its value.
    fn later_key(&mut self, entry: &Entry, neutral: &Json, path: &str) {
        let neutral = words(neutral);
        if neutral.contains(&entry.value.flow().as_str()) {
            return;
        }
        let help = if neutral.is_empty() {
            "leave it out".to_owned()
        } else {
            format!("leave it out, or write {}", one_of(&neutral))
        };
        let message = format!("`{path}` is not built yet");
        let fault = self
            .file
            .error(self.file.codes.not_built, &entry.key_span, message);
        self.push(fault.help(help));
    }

    fn wrong_shape(&mut self, node: &Node, wanted: &[&Json], path: &str) {
        let wanted: Vec<_> = wanted.iter().map(|schema| described(schema)).collect();
        let found = match &node.value {
            _ if node.is_nothing() => "nothing",
            Value::Scalar { .. } => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        };
        let subject = subject(path);
        let wanted = wanted.join(", or ");
        let fault = self.file.error(
            self.file.codes.wrong_shape,
            &place_of(node),
            format!("{subject} is {found}, but {wanted} is wanted"),
        );
        let help = match node.text() {
            // Mostly one value where several could stand.
            Some(text) if !node.is_nothing() && wanted.contains("a list") => {
                format!("write it in brackets: [{}]", shown(text))
            }
            _ => format!("write {wanted}"),
        };
        self.push(fault.help(help));
    }

    fn map(&mut self, node: &Node, entries: &[Entry], schema: &Json, path: &str) {
        let every = schema
            .get("additionalProperties")
            .filter(|every| every.is_object());
        for entry in entries {
            let path = joined(path, &entry.key);
            let Some(schema) = schema["properties"].get(&entry.key).or(every) else {
                self.unknown_key(entry, schema);
                continue;
            };
            match schema.get(NEUTRAL) {
                Some(neutral) => self.later_key(entry, neutral, &path),
                None => self.node(&entry.value, schema, &path),
            }
        }
        self.missing_keys(node, entries, schema, path);
        self.number_of_keys(node, entries, schema, path);
    }

    fn missing_keys(&mut self, node: &Node, entries: &[Entry], schema: &Json, path: &str) {
        let keys = known_keys(schema);
        let misspelt: Vec<_> = entries
            .iter()
            .filter(|entry| !keys.contains(&entry.key.as_str()))
            .filter_map(|entry| nearest(&entry.key, keys.iter().copied()))
            .collect();
        for required in words(&schema["required"]) {
            let written = entries.iter().any(|entry| entry.key == required);
            // Whoever wrote `prcie` has been told of `price`.
            if !written && !misspelt.contains(&required) {
                self.missing_key(node, required, schema, path);
            }
        }
    }

    fn number_of_keys(&mut self, node: &Node, entries: &[Entry], schema: &Json, path: &str) {
        let keys = known_keys(schema);
        let least = schema.get("minProperties").and_then(Json::as_u64);
        let most = schema.get("maxProperties").and_then(Json::as_u64);
        // Keys to come say nothing, so they do not count.
        let written = entries
            .iter()
            .filter(|entry| keys.contains(&entry.key.as_str()));
        let count = written.count() as u64;
        if least.is_some_and(|least| count < least) || most.is_some_and(|most| count > most) {
            let fault = self.file.error(
                self.file.codes.missing_key,
                &place_of(node),
                format!("{} has {count} keys", subject(path)),
            );
            let number = if most.is_some() {
                "exactly one"
            } else {
                "at least one"
            };
            self.push(fault.help(format!("write {number} of {}", one_of(&keys))));
        }
    }

    fn unknown_key(&mut self, entry: &Entry, schema: &Json) {
        if secrets::is_secret(&entry.key) {
            return; // reported as what it is
        }
        if words(&schema[NO_INVOICES]).contains(&entry.key.as_str()) {
            let message = format!("a prepaid run has no `{}`", entry.key);
            let fault = self
                .file
                .error(self.file.codes.unknown_key, &entry.key_span, message);
            return self.push(fault.help(
                "leave it out: a prepaid run takes what is due out of wallets and makes no invoice; what is invoiced belongs to a bill_run",
            ));
        }
        let keys = known_keys(schema);
        let allowed = format!("allowed here: {}", listed(&keys));
        let help = match nearest(&entry.key, keys.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? {allowed}"),
            None => allowed,
        };
        let fault = self.file.error(
            self.file.codes.unknown_key,
            &entry.key_span,
            format!("unknown key `{}`", shown(&entry.key)),
        );
        self.push(fault.help(help));
    }

    fn missing_key(&mut self, node: &Node, key: &str, schema: &Json, path: &str) {
        let message = match path {
            "" => format!("`{key}` is missing"),
            path => format!("`{path}` has no `{key}`"),
        };
        let fault = self
            .file
            .error(self.file.codes.missing_key, &place_of(node), message);
        let said = schema
            .pointer(&format!("/properties/{key}/description"))
            .and_then(Json::as_str);
        let help = match (key, said) {
            ("filters", _) => "write `filters: all` to bill everything the criteria select; a run without filters says so on purpose".to_owned(),
            (_, Some(said)) => format!("add `{key}`: {}", fragment(said)),
            (_, None) => format!("add `{key}`"),
        };
        self.push(fault.help(help));
    }

    fn list(&mut self, node: &Node, items: &[Node], schema: &Json, path: &str) {
        if items.is_empty() && schema.get("minItems").is_some() {
            let fault = self.file.error(
                self.file.codes.empty_list,
                &node.span,
                format!("{} is an empty list", subject(path)),
            );
            self.push(fault.help("write at least one, or leave the key out where it has a default; an empty list is never read as `all`"));
        }
        let most = schema.get("maxItems").and_then(Json::as_u64);
        if let Some(most) = most.filter(|most| !items.is_empty() && *most != items.len() as u64) {
            let message = format!("{} has {} values", subject(path), items.len());
            let fault = self
                .file
                .error(self.file.codes.wrong_shape, &node.span, message);
            self.push(fault.help(format!("write {most} of them")));
        }
        for item in items {
            self.node(item, &schema["items"], path);
        }
    }
}

fn is_of_form(node: &Node, schema: &Json) -> bool {
    let kind = schema.get("type").and_then(Json::as_str);
    match node.value {
        Value::Map(_) => kind == Some("object"),
        Value::List(_) => kind == Some("array"),
        Value::Scalar { .. } => !matches!(kind, Some("object" | "array")),
    }
}

/// Of several maps the one that knows most of the keys written.
fn best_map<'a>(entries: &[Entry], maps: &[&'a Json]) -> &'a Json {
    let known = |schema: &&&Json| {
        entries
            .iter()
            .filter(|entry| schema["properties"].get(&entry.key).is_some())
            .count()
    };
    // The first of equals: `max_by_key` would give the last.
    maps.iter()
        .rev()
        .max_by_key(known)
        .copied()
        .unwrap_or(&Json::Null)
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A value is blamed as a whole, a list or map where it begins.
fn place_of(node: &Node) -> Span {
    match node.value {
        Value::Scalar { .. } => node.span.clone(),
        _ => node.start(),
    }
}
