//! All files of a workspace through the three passes.

use super::check::{Read, Written};
use super::tree::{Codes, DEFINITION, File, MOST_PROBLEMS, Node, Value, WORKSPACE};
use super::{
    KINDS, Loaded, RawFile, check, defaults, environment, later, lower, raw, schema, secrets,
    settings, shape, text, toml_tree, yaml,
};
use crate::diagnostic::{Diagnostic, Place, Report, Source, nearest, shown};
use crate::model::definitions::{DefinitionFile, Definitions};
use crate::model::workspace::Workspace;
use serde::de::DeserializeOwned;
use std::path::Path;

pub fn load(
    root: &Path,
    settings: &RawFile,
    definitions: &[RawFile],
    templates: &[String],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, Report> {
    let mut report = Report::new();
    let mut written = Written {
        settings: read_settings(settings, environment, &mut report),
        templates: templates.iter().cloned().collect(),
        ..Written::default()
    };
    let mut files = Vec::new();
    for definition in definitions {
        let mut found = Report::new();
        files.extend(read_definition(definition, &mut written, &mut found));
        report.extend(bounded(definition, found));
    }
    let workspace = written
        .settings
        .as_ref()
        .and_then(|settings| settings::lower(&settings.file, &settings.raw, root, &mut report));
    check::all(&written, &mut report);
    let Some(workspace) = workspace.filter(|_| !report.has_errors()) else {
        return Err(report);
    };
    files.sort_by(|a: &DefinitionFile, b| a.path.cmp(&b.path));
    Ok(Loaded {
        definitions: as_meant(&written, &workspace, files),
        workspace,
        notices: report,
    })
}

pub fn load_settings(
    root: &Path,
    settings: &RawFile,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Workspace, Report> {
    let mut report = Report::new();
    let workspace = read_settings(settings, environment, &mut report)
        .and_then(|read| settings::lower(&read.file, &read.raw, root, &mut report));
    workspace.filter(|_| !report.has_errors()).ok_or(report)
}

/// A file of nonsense has a problem in every line; printing them all would take longer than finding them.
fn bounded(file: &RawFile, found: Report) -> Report {
    let further = found.len().saturating_sub(MOST_PROBLEMS);
    let mut report: Report = found.into_iter().take(MOST_PROBLEMS).collect();
    if further > 0 {
        let message = format!("{further} further problems in this file");
        let fault = Diagnostic::error(DEFINITION.limit, Place::file(&file.path), message);
        report.push(fault.help("mend the first ones, then look again"));
    }
    report
}

fn as_meant(written: &Written, workspace: &Workspace, files: Vec<DefinitionFile>) -> Definitions {
    let runs = written
        .bill_runs
        .iter()
        .map(|read| lower::bill_run(&read.file, &read.raw, workspace));
    let prepaid_runs = written
        .prepaid_runs
        .iter()
        .map(|read| lower::prepaid_run(&read.file, &read.raw, workspace));
    let schemes = written
        .schemes
        .iter()
        .map(|read| lower::scheme(&read.file, &read.raw, workspace));
    let taxes = written
        .taxes
        .iter()
        .map(|read| lower::tax(&read.raw, workspace));
    let terms = written
        .terms
        .iter()
        .map(|read| lower::payment_terms(&read.raw));
    let groups = written.groups.iter().map(|read| lower::group(&read.raw));
    let holds = written.holds.iter().map(|read| lower::hold(&read.raw));
    let reconciliations = written
        .reconciliations
        .iter()
        .map(|read| lower::reconciliation(&read.raw));
    Definitions {
        bill_runs: runs
            .chain(prepaid_runs)
            .map(|run| (run.name.clone(), run))
            .collect(),
        schemes: schemes
            .map(|scheme| (scheme.name.clone(), scheme))
            .collect(),
        taxes: taxes.map(|tax| (tax.name.clone(), tax)).collect(),
        terms: terms.map(|terms| (terms.name.clone(), terms)).collect(),
        groups: groups.map(|group| (group.name.clone(), group)).collect(),
        holds: holds.map(|hold| (hold.name.clone(), hold)).collect(),
        reconciliations: reconciliations.map(|one| (one.name.clone(), one)).collect(),
        files,
    }
}

/// The text of a file, and the file as its problems show it.
fn open(raw: &RawFile, codes: &'static Codes, report: &mut Report) -> Option<(File, String)> {
    match text::read(&raw.path, &raw.bytes, codes) {
        Ok(text) => {
            let source = Source::new(raw.path.as_str(), secrets::masked(&text));
            Some((File { source, codes }, text))
        }
        Err(fault) => {
            report.push(fault);
            None
        }
    }
}

fn read_settings(
    raw: &RawFile,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) -> Option<Read<raw::Settings>> {
    let (file, text) = open(raw, &WORKSPACE, report)?;
    let before = report.len();
    let mut root = toml_tree::parse(&file, &text, report);
    if report.len() > before {
        // Half a file has half its keys: more would be said than is true.
        return None;
    }
    secrets::check(&file, &root, report);
    let before = report.len();
    environment::resolve(&file, &mut root, environment, report);
    typed(file, root, schema::SETTINGS, before, report)
}

/// Reads one definition into its kind; its text where the kind and name are known.
fn read_definition(
    raw: &RawFile,
    written: &mut Written,
    report: &mut Report,
) -> Option<DefinitionFile> {
    let (file, text) = open(raw, &DEFINITION, report)?;
    let Some(root) = yaml::parse(&file, &text, report) else {
        remember_unread(&file, &text, written);
        return None;
    };
    secrets::check(&file, &root, report);
    if !matches!(root.value, Value::Map(_)) {
        let fault = file.error(
            DEFINITION.wrong_shape,
            &root.start(),
            "a definition is a map",
        );
        report.push(fault.help("begin with `kind:` and `name:`"));
        return None;
    }
    let kind = kind_of(&file, &root, report)?;
    let before = report.len();
    let name = root
        .get("name")
        .and_then(Node::text)
        .unwrap_or_default()
        .to_owned();
    if let Some(node) = root.get("name") {
        let names = written.names.entry(kind.clone()).or_default();
        names.push((name.clone(), file.place(&node.span)));
    }
    match kind.as_str() {
        "bill_run" => written
            .bill_runs
            .extend(typed(file, root, &kind, before, report)),
        "prepaid_run" => written
            .prepaid_runs
            .extend(typed(file, root, &kind, before, report)),
        "scheme" => written
            .schemes
            .extend(typed(file, root, &kind, before, report)),
        "tax" => written
            .taxes
            .extend(typed(file, root, &kind, before, report)),
        "payment_terms" => written
            .terms
            .extend(typed(file, root, &kind, before, report)),
        "group" => written
            .groups
            .extend(typed(file, root, &kind, before, report)),
        "hold" => written
            .holds
            .extend(typed(file, root, &kind, before, report)),
        "reconciliation" => written
            .reconciliations
            .extend(typed(file, root, &kind, before, report)),
        other => unreachable!("{other} is among KINDS"),
    }
    Some(DefinitionFile {
        path: raw.path.clone(),
        kind,
        name,
        text,
    })
}

/// A file that is no YAML may still define what others refer to, so its name is not missed as well.
fn remember_unread(file: &File, text: &str, written: &mut Written) {
    let value_of = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim().trim_matches(['"', '\'']).to_owned())
    };
    if let (Some(kind), Some(name)) = (value_of("kind:"), value_of("name:")) {
        let place = Place::file(&file.source.name);
        written.names.entry(kind).or_default().push((name, place));
    }
}

fn kind_of(file: &File, root: &Node, report: &mut Report) -> Option<String> {
    let Some(written) = root.get("kind") else {
        let fault = file.error(DEFINITION.missing_key, &root.start(), "`kind` is missing");
        report.push(fault.help(format!("say what the file defines: {}", KINDS.join(", "))));
        return None;
    };
    let kind = written.flow();
    if KINDS.contains(&kind.as_str()) {
        return Some(kind);
    }
    let fault = if later::KINDS.contains(&kind.as_str()) {
        file.error(
            DEFINITION.not_built,
            &written.span,
            format!("the kind `{kind}` is not built yet"),
        )
        .help(format!("there are: {}", KINDS.join(", ")))
    } else {
        let help = match nearest(&kind, KINDS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", KINDS.join(", ")),
        };
        file.error(
            DEFINITION.unknown_value,
            &written.span,
            format!("there is no kind `{}`", shown(&kind)),
        )
        .help(help)
    };
    report.push(fault);
    None
}

/// Passes two and three for one file: against the schema, then filled up and typed; `None` after `before` problems or more.
fn typed<T: DeserializeOwned>(
    file: File,
    mut root: Node,
    kind: &str,
    before: usize,
    report: &mut Report,
) -> Option<Read<T>> {
    let schema = schema::of(kind)?;
    shape::check(&file, &root, &schema, report);
    if report.len() > before {
        return None;
    }
    defaults::fill(&mut root, &defaults::of(kind));
    let raw = root.read().unwrap_or_else(|error| {
        panic!(
            "{} fits the schema of {kind}, but cannot be read: {error}",
            file.source.name
        )
    });
    Some(Read { file, raw })
}
