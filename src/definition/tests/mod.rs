//! Whole texts through all three passes. Numbers such as DEF-001 are cases of the bad-input catalogue.

mod definitions;
mod docs;
mod groups;
mod prepaid;
mod runs;
mod schemes;
mod settings;

use super::*;
use crate::diagnostic::shown;
use crate::model::bill_run::Format;
use crate::model::scheme::{Price, Timing};
use crate::money::Rate;
use std::fs;

fn file(path: &str, text: impl AsRef<[u8]>) -> RawFile {
    RawFile {
        path: path.to_owned(),
        bytes: text.as_ref().to_vec(),
    }
}

fn loaded(settings: &RawFile, definitions: &[RawFile]) -> Result<Loaded, Report> {
    let templates = ["templates/invoice.html".to_owned()];
    let environment = |name: &str| match name {
        "BOOK_FOLDER" => Some("ledger".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    load(
        Path::new("/w"),
        settings,
        definitions,
        &templates,
        &environment,
    )
}

const SETTINGS: &str = r#"timezone = "Europe/Berlin"
currency = "EUR"
rounding = "half_up"
[seller]
name = "S"
[series.default]
pattern = "{seq}"
[inputs.accounts]
path = "a.csv"
[inputs.subscriptions]
path = "s.csv"
[inputs.services]
path = "v.csv"
"#;

const SCHEME: &str = r#"kind: scheme
name: p
currency: EUR
frequencies: [monthly]
charges:
  - code: access
    recurring: { timing: advance, proration: daily }
    price: { flat: "9.90" }
"#;

const RUN: &str = "kind: bill_run
name: r
criteria: { schemes: [p] }
filters: all
";

const TAX: &str = r#"kind: tax
name: t
rates:
  - { category: standard, percent: "19", valid_from: 2026-01-01 }
"#;

/// A result as lines `code place: message (help)`.
fn lines(result: Result<Loaded, Report>) -> Vec<String> {
    let report = result.map_or_else(|report| report, |loaded| loaded.notices);
    report
        .iter()
        .map(|found| {
            let help = found.help.as_deref().unwrap_or_default();
            format!(
                "{} {}: {} ({help})",
                found.code,
                found.place,
                shown(&found.message)
            )
        })
        .collect()
}

/// Asserts that exactly one mistake is found: code and place as given, and words that its message or help must have.
fn assert_found(case: &str, found: &[String], place: &str, words: &str) {
    match found {
        [line] => assert!(
            line.starts_with(&format!("{place}: ")) && line.contains(words),
            "{case}: wanted {place} .. {words}, found {line}"
        ),
        lines => panic!("{case}: wanted {place} alone, found {lines:#?}"),
    }
}

#[test]
fn the_repository_is_a_workspace_without_mistakes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| fs::read(path).unwrap();
    let definitions: Vec<_> = fs::read_dir(root.join("definitions"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            file(&format!("definitions/{name}"), read(&path))
        })
        .collect();
    let settings = file("billwright.toml", read(&root.join("billwright.toml")));
    let loaded =
        loaded(&settings, &definitions).unwrap_or_else(|report| panic!("{}", report.text(false)));
    assert!(loaded.notices.is_empty());
    assert_eq!(loaded.definitions.files.len(), definitions.len());
    for definition in &loaded.definitions.files {
        let line = format!(
            "# yaml-language-server: $schema=../schemas/{}.json\n",
            definition.kind
        );
        assert!(
            definition.text.starts_with(&line),
            "{} has no editor line",
            definition.path
        );
    }
}

#[test]
fn what_is_not_written_has_its_default() {
    let definitions = [file("d/p.yaml", SCHEME), file("d/r.yaml", RUN)];
    let loaded = loaded(&file("billwright.toml", SETTINGS), &definitions).unwrap();
    let run = &loaded.definitions.bill_runs["r"];
    assert!(run.enabled && !run.invoices.auto_post);
    assert_eq!(run.window.max_behind_days, 92);
    let series: Vec<_> = run.invoices.series.values().collect();
    assert_eq!(series, ["default"]);
    assert_eq!(run.formats.iter().collect::<Vec<_>>(), [&Format::Html]);
    let charge = loaded.definitions.schemes["p"].charge("access").unwrap();
    assert_eq!(charge.tax_category, "standard");
    assert_eq!(
        charge.prices[0].price,
        Price::Flat(Rate::parse("9.90").unwrap())
    );
    let crate::model::scheme::ChargeKind::Recurring { timing, .. } = charge.kind else {
        panic!("{}", charge.code)
    };
    assert_eq!(timing, Timing::Advance);
    assert!(loaded.workspace.series["default"].chronological);
    assert_eq!(loaded.workspace.ledger.tax, "liabilities:tax");
}

/// `UPDATE_SCHEMAS=1` writes them anew, to be read in the diff.
#[test]
fn committed_schemas_are_what_the_program_prints() {
    for kind in KINDS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{kind}.json"));
        let printed = serde_json::to_string_pretty(&schema(kind).unwrap()).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&path, &printed).unwrap();
        }
        assert!(
            fs::read_to_string(&path).is_ok_and(|committed| committed == printed),
            "schemas/{kind}.json is old: billwright schema {kind} > schemas/{kind}.json"
        );
    }
    assert!(
        schema("workspace").is_none(),
        "the workspace file is no definition"
    );
}

/// Our tree is made from parser events; what it reads must be what the library above that parser reads.
#[test]
fn a_definition_means_the_same_to_serde_yaml() {
    fn ours(node: &tree::Node) -> serde_json::Value {
        match &node.value {
            tree::Value::Scalar { text, .. } => text.as_str().into(),
            tree::Value::List(items) => items.iter().map(ours).collect(),
            tree::Value::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|entry| (entry.key.clone(), ours(&entry.value)));
                entries.collect()
            }
        }
    }
    fn as_written(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Array(items) => items.into_iter().map(as_written).collect(),
            serde_json::Value::Object(entries) => entries
                .into_iter()
                .map(|(key, value)| (key, as_written(value)))
                .collect(),
            serde_json::Value::String(text) => text.into(),
            scalar => scalar.to_string().into(),
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("definitions");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        // YAML 1.2, in which `off` is a word.
        let options = serde_yaml::options! { strict_booleans: true };
        let theirs = as_written(serde_yaml::from_str_with_options(&text, options).unwrap());
        assert_eq!(ours(&defaults::parsed(&text)), theirs, "{}", path.display());
    }
}
