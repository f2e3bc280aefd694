//! A tree against a schema: every unknown key, missing key, wrong type and unknown value, each with its place.

use super::later::{NEUTRAL, VALUES};
use super::tree::{Entry, File, Node, Span, Value};
use super::{secrets, value};
use crate::diagnostic::{Diagnostic, Report, nearest, shown};
use serde_json::Value as Json;

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
        if let Some(neutral) = schema.get(NEUTRAL) {
            return self.later_key(node, neutral, path);
        }
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

    fn later_key(&mut self, node: &Node, neutral: &Json, path: &str) {
        let neutral = words(neutral);
        if neutral.contains(&node.flow().as_str()) {
            return;
        }
        let help = if neutral.is_empty() {
            "leave it out".to_owned()
        } else {
            format!("leave it out, or write {}", one_of(&neutral))
        };
        let fault = self.file.error(
            self.file.codes.not_built,
            &node.span,
            format!("`{path}` is not built yet"),
        );
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
            &start_of(node),
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
        let properties = schema.get("properties").and_then(Json::as_object);
        let every = schema
            .get("additionalProperties")
            .filter(|every| every.is_object());
        for entry in entries {
            let path = joined(path, &entry.key);
            match (properties.and_then(|known| known.get(&entry.key)), every) {
                (Some(schema), _) if schema.get(NEUTRAL).is_some() => {
                    // The key is to blame, not its value.
                    let blamed = Node {
                        span: entry.key_span.clone(),
                        value: entry.value.value.clone(),
                    };
                    self.node(&blamed, schema, &path);
                }
                (Some(schema), _) | (None, Some(schema)) => self.node(&entry.value, schema, &path),
                (None, None) => self.unknown_key(entry, schema),
            }
        }
        let keys = known_keys(schema);
        let misspelt: Vec<_> = entries
            .iter()
            .filter(|entry| !keys.contains(&entry.key.as_str()))
            .filter_map(|entry| nearest(&entry.key, keys.iter().copied()))
            .collect();
        for required in words(schema.get("required").unwrap_or(&Json::Null)) {
            let written = entries.iter().any(|entry| entry.key == required);
            // Whoever wrote `prcie` has been told of `price`.
            if !written && !misspelt.contains(&required) {
                self.missing_key(node, required, schema, path);
            }
        }
        let least = schema.get("minProperties").and_then(Json::as_u64);
        let most = schema.get("maxProperties").and_then(Json::as_u64);
        let count = entries.len() as u64;
        if least.is_some_and(|least| count < least) || most.is_some_and(|most| count > most) {
            let fault = self.file.error(
                self.file.codes.missing_key,
                &start_of(node),
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
            .error(self.file.codes.missing_key, &start_of(node), message);
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
        for item in items {
            self.node(item, &schema["items"], path);
        }
    }

    /// A value is right if one alternative takes it; else the nearest says what is wrong.
    fn scalar(&mut self, node: &Node, text: &str, plain: bool, alternatives: &[&Json], path: &str) {
        let words: Vec<&str> = alternatives
            .iter()
            .flat_map(|schema| allowed_words(schema))
            .collect();
        if words.contains(&text) {
            return;
        }
        let mut faults = Vec::new();
        for schema in alternatives {
            if allowed_words(schema).is_empty() {
                match self.scalar_fault(node, text, plain, schema, path) {
                    None => return,
                    Some(fault) => faults.push(fault),
                }
            }
        }
        // A text that begins like a number or date is meant as one; anything else as one of the words.
        let meant_as_value =
            text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '.'));
        match faults.into_iter().next() {
            Some(fault) if words.is_empty() || meant_as_value => self.push(fault),
            _ => self.unknown_word(node, text, alternatives, &words, path),
        }
    }

    fn scalar_fault(
        &self,
        node: &Node,
        text: &str,
        plain: bool,
        schema: &Json,
        path: &str,
    ) -> Option<Diagnostic> {
        let codes = self.file.codes;
        match schema.get("type").and_then(Json::as_str) {
            Some("boolean") => (!plain || !matches!(text, "true" | "false")).then(|| {
                let meant = match text.to_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" => "`true`",
                    "no" | "off" | "n" | "false" => "`false`",
                    _ => "`true` or `false`",
                };
                self.file
                    .error(
                        codes.not_boolean,
                        &node.span,
                        format!("`{}` is not true or false", shown(text)),
                    )
                    .help(format!(
                        "write {meant}, without quotes; yes, no, on and off are not read"
                    ))
            }),
            Some("integer") => {
                let least = schema.get("minimum").and_then(Json::as_i64).unwrap_or(0);
                let most = schema
                    .get("maximum")
                    .and_then(Json::as_i64)
                    .unwrap_or(i64::from(i32::MAX));
                let number = text.parse::<i64>().ok().filter(|number| {
                    plain && (least..=most).contains(number) && number.to_string() == text
                });
                number.is_none().then(|| {
                    self.file
                        .error(
                            codes.not_whole,
                            &node.span,
                            format!("`{}` does not fit {}", shown(text), subject(path)),
                        )
                        .help(format!(
                            "write a whole number from {least} to {most}, without quotes"
                        ))
                })
            }
            _ if value::control_character(text).is_some() => None, // reported with the text itself
            _ => {
                let format = schema
                    .get("format")
                    .and_then(Json::as_str)
                    .unwrap_or_default();
                let fault = value::fault(format, text, codes)?;
                let span = fault
                    .offset
                    .map_or(node.span.clone(), |offset| self.inside(node, text, offset));
                Some(
                    self.file
                        .error(fault.code, &span, fault.message)
                        .help(fault.help),
                )
            }
        }
    }

    fn unknown_word(
        &mut self,
        node: &Node,
        text: &str,
        alternatives: &[&Json],
        words: &[&str],
        path: &str,
    ) {
        let later: Vec<&str> = alternatives
            .iter()
            .filter_map(|schema| schema.get(VALUES))
            .flat_map(self::words)
            .collect();
        let others: Vec<String> = alternatives
            .iter()
            .filter(|schema| allowed_words(schema).is_empty())
            .map(|schema| described(schema))
            .collect();
        let mut allowed = one_of(words);
        for other in others {
            allowed = format!("{allowed}, or {other}");
        }
        let near = nearest(text, words.iter().copied());
        let fault = if later.contains(&text) || (later.contains(&"*") && near.is_none()) {
            self.file
                .error(
                    self.file.codes.not_built,
                    &node.span,
                    format!("{} `{}` is not built yet", subject(path), shown(text)),
                )
                .help(format!("write {allowed}"))
        } else {
            let help = match near {
                Some(near) => format!("did you mean `{near}`? allowed: {allowed}"),
                None => format!("write {allowed}"),
            };
            self.file
                .error(
                    self.file.codes.unknown_value,
                    &node.span,
                    format!("{} cannot be `{}`", subject(path), shown(text)),
                )
                .help(help)
        };
        self.push(fault);
    }

    /// The place of a byte of a value's text, found by the line it is on: quotes, escapes and indentation move it.
    fn inside(&self, node: &Node, text: &str, offset: usize) -> Span {
        let offset = text.floor_char_boundary(offset.min(text.len()));
        let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[line_start..].lines().next().unwrap_or_default();
        let written = &self.file.source.text[node.span.clone()];
        match written.find(line).filter(|_| !line.is_empty()) {
            Some(at) => {
                let start = node.span.start + at + (offset - line_start);
                let word = self.file.source.text[start..node.span.end]
                    .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .unwrap_or(0);
                start..start + word.max(1).min(node.span.end.saturating_sub(start))
            }
            None => node.span.clone(),
        }
    }
}

fn alternatives(schema: &Json) -> Vec<&Json> {
    for name in ["anyOf", "oneOf"] {
        if let Some(Json::Array(branches)) = schema.get(name) {
            return branches.iter().flat_map(alternatives).collect();
        }
    }
    vec![schema]
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
            .filter(|entry| {
                schema
                    .pointer(&format!("/properties/{}", entry.key))
                    .is_some()
            })
            .count()
    };
    // The first of equals: `max_by_key` would give the last.
    maps.iter()
        .rev()
        .max_by_key(known)
        .copied()
        .unwrap_or(&Json::Null)
}

fn words(list: &Json) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect()
}

fn allowed_words(schema: &Json) -> Vec<&str> {
    match schema.get("const").and_then(Json::as_str) {
        Some(only) => vec![only],
        None => words(schema.get("enum").unwrap_or(&Json::Null)),
    }
}

/// Keys that may be written; those to come are known, but not offered.
fn known_keys(schema: &Json) -> Vec<&str> {
    let properties = schema.get("properties").and_then(Json::as_object);
    properties
        .into_iter()
        .flatten()
        .filter(|(_, property)| property.get(NEUTRAL).is_none())
        .map(|(key, _)| key.as_str())
        .collect()
}

/// What a schema wants, in words.
fn described(schema: &Json) -> String {
    let allowed = allowed_words(schema);
    if !allowed.is_empty() {
        return one_of(&allowed);
    }
    let format = schema.get("format").and_then(Json::as_str);
    match (schema.get("type").and_then(Json::as_str), format) {
        (Some("object"), _) => match known_keys(schema).as_slice() {
            [] => "a map".to_owned(),
            keys => format!("a map with {}", listed(keys)),
        },
        (Some("array"), _) => "a list".to_owned(),
        (Some("boolean"), _) => "true or false".to_owned(),
        (Some("integer"), _) => "a whole number".to_owned(),
        (_, Some("rate" | "amount" | "percent")) => "a decimal number".to_owned(),
        (_, Some("date")) => "a date".to_owned(),
        (_, Some("currency")) => "a currency".to_owned(),
        _ => "text".to_owned(),
    }
}

/// `a`, `b` or `c`.
fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn subject(path: &str) -> String {
    if path.is_empty() {
        "the file".to_owned()
    } else {
        format!("`{path}`")
    }
}

/// A description as a fragment: without capital and full stop.
fn fragment(said: &str) -> String {
    let said = said.trim_end_matches('.').replace('\n', " ");
    let mut characters = said.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => said,
    }
}

/// Where a map or list begins: pointing at all of it would show the whole file.
fn start_of(node: &Node) -> Span {
    match node.value {
        Value::Scalar { .. } => node.span.clone(),
        _ => {
            node.span.start..node.span.start + 1.min(node.span.end.saturating_sub(node.span.start))
        }
    }
}
