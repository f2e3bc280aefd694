//! Every code a user can meet, provoked: `tests/diagnostics/CODE/` is the smallest workspace that does it.
//!
//! Each folder has `cmd`, lines for a shell that a person can run there too, and `output.txt`: after each line what it prints, both
//! streams in the order written, and its exit code. `UPDATE_DIAGNOSTICS=1 cargo test --release diagnostics` writes the outputs anew,
//! to be read in the diff.

use crate::workspace::{Workspace, repository};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Codes without a folder, and why they have none.
const NOT_HERE: &[(&str, &str)] = &[
    ("BW-B120", "needs a network file system"),
    ("BW-B121", "SQLite is bundled: needs another build"),
    ("BW-E103", "root, who may run the tests, has every right"),
    ("BW-E110", "needs a disk that is full"),
    ("BW-E112", "needs a disk that fails"),
    ("BW-F100", "BW-K224 or BW-D240 before: src/inputs/pins.rs"),
    ("BW-F128", "needs a hostile file: src/inputs/parquet.rs"),
    ("BW-F130", "needs a moving file: src/book/tests/writing.rs"),
    ("BW-I900", "a fault of ours: src/cli/fault.rs makes one"),
    ("BW-K212", "no setting is a list yet: see BW-D207"),
    ("BW-L110", "needs two writers: src/book/tests/writing.rs"),
    (
        "no_usage",
        "in src/rate/tests.rs until usage is bound to what is due",
    ),
];

fn folders() -> BTreeSet<String> {
    fs::read_dir(repository().join("tests/diagnostics"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

/// A transcript of the commands of a folder.
fn printed(folder: &Path) -> String {
    let workspace = Workspace::copy_of(folder);
    let root = workspace.path("").display().to_string();
    let mut transcript = String::new();
    for line in workspace.read("cmd").lines() {
        let output = workspace
            .program(Path::new("/bin/sh"))
            .args(["-c", &format!("exec 2>&1; {line}")])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let code = output.status.code().unwrap_or(-1);
        transcript += &format!("$ {line}\n");
        for line in text
            .replace(root.trim_end_matches('/'), "WORKSPACE")
            .lines()
        {
            transcript += &format!("{}\n", line.trim_end());
        }
        transcript += &format!("exit {code}\n");
    }
    transcript
}

#[test]
fn every_message_is_as_written_down() {
    let mut wrong = Vec::new();
    for name in folders() {
        let folder = repository().join("tests/diagnostics").join(&name);
        let found = printed(&folder);
        let file = folder.join("output.txt");
        if std::env::var_os("UPDATE_DIAGNOSTICS").is_some() {
            fs::write(&file, &found).unwrap();
        }
        let wanted = fs::read_to_string(&file).unwrap_or_default();
        if found != wanted {
            wrong.push(format!("{name} prints\n{found}instead of\n{wanted}"));
        }
        if !found.contains(&name) {
            wrong.push(format!("{name} does not print its code:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_code_that_is_explained_is_also_provoked() {
    let texts = fs::read_to_string(repository().join("src/report/codes.md")).unwrap();
    let explained: BTreeSet<String> = texts
        .lines()
        .filter_map(|line| line.strip_prefix("## ")?.split_once(':'))
        .map(|(code, _)| code.to_owned())
        .collect();
    let excused: BTreeSet<String> = NOT_HERE
        .iter()
        .map(|(code, _)| (*code).to_owned())
        .collect();
    let provoked = folders();
    let unproven: Vec<_> = explained
        .difference(&provoked)
        .filter(|code| !excused.contains(*code))
        .collect();
    assert!(unproven.is_empty(), "no folder for {unproven:?}");
    let unknown: Vec<_> = provoked.difference(&explained).collect();
    assert!(unknown.is_empty(), "no text for {unknown:?}");
    let needless: Vec<_> = excused.intersection(&provoked).collect();
    assert!(needless.is_empty(), "excused for nothing: {needless:?}");
}
