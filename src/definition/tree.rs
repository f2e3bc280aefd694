//! A text as a tree whose every part knows where it stands: what YAML and TOML have in common.

use crate::diagnostic::{Diagnostic, Place, Source};
use std::ops::Range;
use std::sync::Arc;

/// Bytes of the text.
pub type Span = Range<usize>;

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub span: Span,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The text as written, so that 1.10 stays 1.10; `plain` without quotes.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// Of a map; empty for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is written: `key:`, `~` or `null`.
    pub fn is_nothing(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// Where it begins: pointing at all of a map would show the whole file.
    pub fn start(&self) -> Span {
        self.span.start..self.span.start
    }

    /// Levels of lists and maps, itself included.
    pub fn depth(&self) -> usize {
        1 + match &self.value {
            Value::Scalar { .. } => 0,
            Value::List(items) => items.iter().map(Node::depth).max().unwrap_or(0),
            Value::Map(entries) => {
                let values = entries.iter().map(|entry| entry.value.depth());
                values.max().unwrap_or(0)
            }
        }
    }

    /// On one line without quotes, for comparing and showing: `{total: 0, on: [failed]}`.
    pub fn flow(&self) -> String {
        match &self.value {
            Value::Scalar { text, .. } => text.clone(),
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(Node::flow).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|entry| format!("{}: {}", entry.key, entry.value.flow()))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }
}

/// As many problems of one file as anybody reads.
pub const MOST_PROBLEMS: usize = 200;

/// A text and how its problems are called.
#[derive(Clone, Debug)]
pub struct File {
    /// Values of secrets masked, so that no excerpt shows one.
    pub source: Arc<Source>,
    pub codes: &'static Codes,
}

impl File {
    pub fn place(&self, span: &Span) -> Place {
        Place::Text {
            source: self.source.clone(),
            span: span.clone(),
        }
    }

    pub fn error(&self, code: &'static str, span: &Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.place(span), message)
    }
}

/// The same mistake has one code in a definition and another in the workspace file.
#[derive(Debug, PartialEq, Eq)]
pub struct Codes {
    pub syntax: &'static str,
    pub duplicate_key: &'static str,
    pub limit: &'static str,
    pub encoding: &'static str,
    pub control_character: &'static str,
    pub not_built: &'static str,
    pub unknown_key: &'static str,
    pub wrong_shape: &'static str,
    pub not_boolean: &'static str,
    pub missing_key: &'static str,
    pub unknown_value: &'static str,
    pub not_whole: &'static str,
    pub empty_list: &'static str,
    pub currency: &'static str,
    pub no_such_name: &'static str,
}

pub const DEFINITION: Codes = Codes {
    syntax: "BW-D101",
    duplicate_key: "BW-D102",
    limit: "BW-D103",
    encoding: "BW-D107",
    control_character: "BW-D110",
    not_built: "BW-D190",
    unknown_key: "BW-D201",
    wrong_shape: "BW-D202",
    not_boolean: "BW-D203",
    missing_key: "BW-D204",
    unknown_value: "BW-D205",
    not_whole: "BW-D206",
    empty_list: "BW-D207",
    currency: "BW-D215",
    no_such_name: "BW-D240",
};

pub const WORKSPACE: Codes = Codes {
    syntax: "BW-K101",
    duplicate_key: "BW-K102",
    limit: "BW-K104",
    encoding: "BW-K105",
    control_character: "BW-K110",
    not_built: "BW-K190",
    unknown_key: "BW-K201",
    wrong_shape: "BW-K202",
    not_boolean: "BW-K203",
    missing_key: "BW-K209",
    unknown_value: "BW-K210",
    not_whole: "BW-K211",
    empty_list: "BW-K212",
    currency: "BW-K215",
    no_such_name: "BW-K240",
};
