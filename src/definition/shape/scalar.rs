//! One value against the alternatives a schema gives it.

use super::Walk;
use super::wording::{allowed_words, described, one_of, subject, words};
use crate::definition::later::VALUES;
use crate::definition::tree::{Node, Span};
use crate::definition::value;
use crate::diagnostic::{Diagnostic, nearest, shown};
use serde_json::Value as Json;

impl Walk<'_> {
    /// A value is right if one alternative takes it; else the nearest says what is wrong.
    pub(super) fn scalar(
        &mut self,
        node: &Node,
        text: &str,
        plain: bool,
        alternatives: &[&Json],
        path: &str,
    ) {
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
                let rest = &self.file.source.text[start..node.span.end];
                let after = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
                start..start + (rest.len() - after.len())
            }
            None => node.span.clone(),
        }
    }
}
