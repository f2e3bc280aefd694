//! YAML and TOML text -> what it means. Pure: texts arrive read.
//!
//! Owns what may be written and what it means. Does not own reading folders (`run/`) or applying a definition.
//! Invariant: every mistake of every file is reported in one pass, each with code, place and help.

mod check;
mod defaults;
mod environment;
mod later;
mod load;
mod lower;
mod raw;
mod schema;
mod secrets;
mod settings;
mod shape;
mod text;
mod toml_tree;
mod tree;
mod typed;
mod value;
mod yaml;

#[cfg(test)]
mod tests;

use crate::diagnostic::Report;
use crate::model::definitions::Definitions;
use crate::model::workspace::Workspace;
use std::path::Path;

/// A file as it lies in the workspace.
#[derive(Clone, Debug)]
pub struct RawFile {
    /// Relative to the workspace.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// A workspace understood.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub workspace: Workspace,
    pub definitions: Definitions,
    /// Warnings and notices.
    pub notices: Report,
}

/// Reads `billwright.toml` and every definition, with all mistakes of all files in one report.
///
/// `environment` resolves `${NAME}` in settings. `templates` are the paths of the files under `templates/`.
pub fn load(
    root: &Path,
    settings: &RawFile,
    definitions: &[RawFile],
    templates: &[String],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, Report> {
    load::load(root, settings, definitions, templates, environment)
}

/// Reads `billwright.toml` alone: what the book needs, also where no definition can be understood.
pub fn load_settings(
    root: &Path,
    settings: &RawFile,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Workspace, Report> {
    load::load_settings(root, settings, environment)
}

/// The kinds of definition, as written after `kind:`.
pub const KINDS: [&str; 8] = [
    "bill_run",
    "group",
    "hold",
    "payment_terms",
    "prepaid_run",
    "reconciliation",
    "scheme",
    "tax",
];

/// The JSON Schema (draft-07) of a kind, for editors.
pub fn schema(kind: &str) -> Option<serde_json::Value> {
    KINDS.contains(&kind).then(|| schema::of(kind)).flatten()
}
