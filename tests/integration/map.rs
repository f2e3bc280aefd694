//! Holds the imports in `src/` against the map of rooms, so that the map stays true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const GROUND: &[&str] = &["diagnostic", "money", "calendar", "model"];
const EDGES: &[&str] = &["deliver", "collect", "report"];
const STAGES: &[&str] = &[
    "definition",
    "inputs",
    "identify",
    "rate",
    "invoice",
    "post",
    "wallet",
    "render",
];

/// Which rooms a room may import, itself aside. `None`: there is no such room on the map.
fn allowed(room: &str) -> Option<Vec<&'static str>> {
    Some(match room {
        "diagnostic" => vec![],
        "money" | "calendar" => vec!["diagnostic"],
        "model" => vec!["diagnostic", "money", "calendar"],
        "book" => GROUND.to_vec(),
        room if STAGES.contains(&room) => GROUND.to_vec(),
        room if EDGES.contains(&room) => [GROUND, &["book"]].concat(),
        "run" => [GROUND, STAGES, EDGES, &["book"]].concat(),
        "cli" => [GROUND, STAGES, EDGES, &["book", "run"]].concat(),
        _ => return None,
    })
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The words right after `crate::` in code, and in `crate::{a, b::c}` all of its words.
fn imports(text: &str) -> BTreeSet<String> {
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let code: String = text.lines().filter(|line| !is_comment(line)).collect();
    let words = |text: &str| -> Vec<String> {
        text.split(|character: char| !(character.is_alphanumeric() || character == '_'))
            .map(str::to_owned)
            .collect()
    };
    code.split("crate::")
        .skip(1)
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(group) => words(group.split(';').next().unwrap_or_default()),
            None => words(rest).into_iter().take(1).collect(),
        })
        .collect()
}

#[test]
fn every_room_imports_only_what_the_map_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms: BTreeSet<String> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut trespasses = Vec::new();
    for room in &rooms {
        let Some(allowed) = allowed(room) else {
            trespasses.push(format!("src/{room}/ is not on the map"));
            continue;
        };
        for path in sources(&root.join(room)) {
            let text = fs::read_to_string(&path).unwrap();
            let file = path.strip_prefix(&root).unwrap().display();
            for name in imports(&text) {
                if rooms.contains(&name) && name != *room && !allowed.contains(&name.as_str()) {
                    trespasses.push(format!("src/{file} imports {name}"));
                }
            }
        }
    }
    assert!(trespasses.is_empty(), "{}", trespasses.join("\n"));
}

#[test]
fn imports_are_found_wherever_they_stand() {
    let text = "use crate::money::Amount;\n// use crate::cli::x;\nlet x = crate::book::y();\nuse crate::{\n    report::a,\n    run,\n};";
    let found = imports(text);
    for room in ["book", "money", "report", "run"] {
        assert!(found.contains(room), "{found:?}");
    }
    assert!(!found.contains("cli"));
}
