//! `${NAME}` in settings -> the value of an environment variable.

use super::tree::{File, Node, Value};
use crate::diagnostic::Report;

/// Puts values in place of names. An empty value counts as not set (`BW-K208`).
pub fn resolve(
    file: &File,
    node: &mut Node,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) {
    match &mut node.value {
        Value::Scalar { text, plain: false } => {
            let mut out = String::new();
            let mut rest = text.as_str();
            while let Some((before, name, after)) = next_name(rest) {
                out.push_str(before);
                match environment(name).filter(|value| !value.is_empty()) {
                    Some(value) => out.push_str(&value),
                    None => {
                        let fault = file.error(
                            "BW-K208",
                            &node.span,
                            format!("{name} is not set in the environment"),
                        );
                        report.push(
                            fault.help(format!("set {name}; an empty value counts as not set")),
                        );
                    }
                }
                rest = after;
            }
            out.push_str(rest);
            *text = out;
        }
        Value::Scalar { .. } => {}
        Value::List(items) => {
            for item in items {
                resolve(file, item, environment, report);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                resolve(file, &mut entry.value, environment, report);
            }
        }
    }
}

/// The text before the first `${NAME}`, the name, and the text behind it.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
