//! Tables that say what proves what: every proof they name is there, and no behaviour is left out.

use crate::workspace::repository;
use std::collections::BTreeSet;
use std::fs;

/// The behaviours of the five systems, by letter and how many there are of it; those with an A are ambiguities that were settled.
const BEHAVIOURS: [(&str, usize); 10] = [
    ("O", 51),
    ("AO", 14),
    ("Z", 13),
    ("AZ", 2),
    ("W", 9),
    ("AW", 1),
    ("D", 30),
    ("AD", 7),
    ("C", 44),
    ("AC", 11),
];

/// A behaviour that nothing proves yet begins so, and says what it waits for.
const OPEN: &str = "open (";

/// The cells of the rows of a table in Markdown, headings left out.
fn rows(file: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(repository().join(file)).unwrap();
    text.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| id |"))
        .map(|line| {
            let cells = line.trim_matches('|').split(" | ");
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

/// What stands in backticks.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// All Rust of the project, as one text.
fn sources() -> String {
    let mut sources = String::new();
    let mut folders = vec![
        repository().join("src"),
        repository().join("tests/integration"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                sources += &fs::read_to_string(path).unwrap();
            }
        }
    }
    sources
}

/// A table of proofs that names a test nobody has would prove nothing.
#[test]
fn every_proof_that_a_table_names_is_there() {
    let sources = sources();
    for file in ["docs/promises.md", "tests/behaviours.md"] {
        let rows = rows(file);
        let proofs = rows.iter().map(|row| row.last().unwrap());
        let names: BTreeSet<&str> = proofs
            .filter(|proof| !proof.starts_with(OPEN))
            .flat_map(|proof| named(proof))
            .collect();
        assert!(names.len() > 50, "{file}: {}", names.len());
        for name in names {
            let is_there = match name {
                _ if name.contains('/') => repository().join(name).exists(),
                _ if name.ends_with(".py") => repository().join("tests/proofs").join(name).exists(),
                _ => sources.contains(&format!("fn {name}(")),
            };
            assert!(is_there, "{file} names {name}, which is nowhere");
        }
    }
}

/// Each has a row of its own that names a test, or says that it is open and what it waits for.
#[test]
fn every_behaviour_is_proven_or_open() {
    let rows = rows("tests/behaviours.md");
    let found: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let wanted: Vec<String> = BEHAVIOURS
        .iter()
        .flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number}")))
        .collect();
    assert_eq!(found, wanted);
    for row in &rows {
        let proof = row.last().unwrap();
        let is_open = proof.starts_with(OPEN) && proof.ends_with(')');
        assert!(is_open || !named(proof).is_empty(), "{row:?}");
    }
}
