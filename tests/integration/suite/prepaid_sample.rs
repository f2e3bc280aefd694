//! The prepaid sample, night by night: pages of a diary in `samples/prepaid/snapshots/`, each with what it is about, and then commands
//! with what they say.
//!
//! `UPDATE_DIARY=1 cargo nextest run prepaid_sample` writes what the commands on the pages say now, to be read in the diff.

use crate::workspace::{Workspace, repository};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a command says, on both streams, and how it ends where that is not 0. A hash changes with every version of the engine, so
/// it is left out.
fn told(workspace: &Workspace, command: &str) -> String {
    let mut shell = workspace.program(Path::new("/bin/sh"));
    let ended = shell.args(["-c", &format!("({command}) 2>&1")]).output();
    let ended = ended.unwrap();
    let text = String::from_utf8(ended.stdout).unwrap();
    let lines = text.lines().map(|line| match line.split_once("head: ") {
        Some(("Chain ", _)) => "Chain head: ...",
        _ => line,
    });
    let lines: Vec<&str> = std::iter::once("").chain(lines).collect();
    let exit = match ended.status.code() {
        Some(0) => String::new(),
        code => format!("\n(exit {})", code.unwrap_or(-1)),
    };
    format!("$ {command}{}{exit}\n\n", lines.join("\n").trim_end())
}

/// A page with what its commands say now.
fn page(workspace: &Workspace, written: &str) -> String {
    let heading = written.lines().take_while(|line| !line.starts_with("$ "));
    let heading: String = heading.map(|line| format!("{line}\n")).collect();
    let commands = written.lines().filter_map(|line| line.strip_prefix("$ "));
    let told: String = commands.map(|command| told(workspace, command)).collect();
    format!("{heading}{}\n", told.trim_end())
}

#[test]
fn the_prepaid_sample_reads_as_its_diary() {
    let sample = repository().join("samples/prepaid");
    let workspace = Workspace::copy_of(&sample);
    let pages = files(&sample.join("snapshots"));
    assert_eq!(pages.len(), 7, "five nights, and what can be asked after");
    let mut wrong = Vec::new();
    for name in pages {
        let file = sample.join("snapshots").join(&name);
        let written = fs::read_to_string(&file).unwrap();
        let found = page(&workspace, &written);
        if std::env::var_os("UPDATE_DIARY").is_some() {
            fs::write(&file, &found).unwrap();
        } else if found != written {
            wrong.push(format!("{name} would be\n{found}instead of\n{written}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    workspace.bill("verify").exits(0);
}

/// Every file below a folder, by its path in it.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(inside).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_sample_is_made_with_all_its_files_and_runs() {
    for (sample, run) in [
        ("small", "monthly --as-of 2026-02-01"),
        ("prepaid", "nightly-prepaid --as-of 2026-06-01"),
    ] {
        let original = repository().join("samples").join(sample);
        let workspace = Workspace::copy_of(&original.join("data"));
        let made = workspace.bill(&format!("init made --sample {sample}"));
        let told = made.exits(0).stdout;
        assert!(told.contains(&format!("billwright run {run}")), "{told}");
        let mut wanted = files(&original);
        wanted.retain(|file| !file.starts_with("snapshots/"));
        for file in wanted {
            let copy = fs::read(workspace.path("made").join(&file));
            assert_eq!(copy.ok(), fs::read(original.join(&file)).ok(), "{file}");
        }
        let ended = workspace.bill(&format!("-C made run {run}"));
        assert!([0, 5].contains(&ended.exit), "{}", ended.stderr);
    }
}
