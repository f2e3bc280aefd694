//! Whole texts through all three passes.

use super::*;
use std::fs;

fn file(path: &str, text: &str) -> RawFile {
    RawFile {
        path: path.to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

/// The repository as a workspace.
fn repository() -> (RawFile, Vec<RawFile>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = file(
        "billwright.toml",
        &fs::read_to_string(root.join("billwright.toml")).unwrap(),
    );
    let mut definitions: Vec<_> = fs::read_dir(root.join("definitions"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = format!(
                "definitions/{}",
                path.file_name().unwrap().to_str().unwrap()
            );
            file(&name, &fs::read_to_string(path).unwrap())
        })
        .collect();
    definitions.sort_by(|a, b| a.path.cmp(&b.path));
    (settings, definitions)
}

fn loaded(settings: &RawFile, definitions: &[RawFile]) -> Result<Loaded, Report> {
    let templates = [
        "templates/invoice.html".to_owned(),
        "templates/invoice.txt".to_owned(),
    ];
    load(Path::new("/w"), settings, definitions, &templates, &|_| {
        None
    })
}

#[test]
fn the_repository_is_a_workspace_without_mistakes() {
    let (settings, definitions) = repository();
    let loaded =
        loaded(&settings, &definitions).unwrap_or_else(|report| panic!("{}", report.text(false)));
    assert!(loaded.definitions.bill_runs.contains_key("telco-monthly"));
    assert_eq!(loaded.definitions.schemes["telco-list"].charges.len(), 10);
    assert_eq!(loaded.workspace.inputs.len(), 4);
}
