//! docs/definitions.md is a workspace: its settings and all its definitions, checked by the program.

use crate::workspace::{Workspace, repository};
use std::fs;

/// The fenced blocks of a page in one language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1);
    blocks
        .filter_map(|rest| Some(rest.split_once("```")?.0.to_owned()))
        .collect()
}

#[test]
fn the_examples_of_definitions_md_are_a_workspace() {
    let page = fs::read_to_string(repository().join("docs/definitions.md")).unwrap();
    let workspace = Workspace::copy_of(&repository().join("tests/workspaces/examples"));
    let settings = blocks(&page, "toml");
    assert_eq!(settings.len(), 1, "one billwright.toml");
    fs::write(workspace.path("billwright.toml"), &settings[0]).unwrap();
    for folder in ["definitions", "templates"] {
        fs::create_dir(workspace.path(folder)).unwrap();
    }
    let template = "templates/invoice.html";
    fs::copy(repository().join(template), workspace.path(template)).unwrap();
    let definitions = blocks(&page, "yaml");
    let definitions = definitions.iter().filter(|text| text.starts_with("kind:"));
    let mut count = 0;
    for (at, text) in definitions.enumerate() {
        fs::write(workspace.path(&format!("definitions/{at}.yaml")), text).unwrap();
        count += 1;
    }
    assert!(count > 7, "an example of every kind");
    workspace.bill("check --as-of 2026-02-01").exits(0);
}
