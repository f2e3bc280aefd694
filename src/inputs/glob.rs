//! Paths with `*` and `?` -> the files there are.

use super::csv::unreadable;
use super::export::is_parquet;
use super::pins::{UNFINISHED, not_finished};
use crate::diagnostic::{Diagnostic, Place};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

/// The files a path stands for, in the order of their names: itself, or the matches of a glob. `*` stands for any characters of a
/// name, `?` for one.
///
/// Errors: `BW-F101` none, `BW-F131` one of them is not uploaded yet, `BW-F103` CSV and Parquet together, `BW-E103` and `BW-E112`
/// a folder that cannot be read.
pub fn files(root: &Path, path: &str) -> Result<Vec<String>, Diagnostic> {
    if !is_glob(path) {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = BTreeSet::from([String::new()]);
    let mut unfinished = BTreeSet::new();
    for part in path.split('/') {
        let mut next = BTreeSet::new();
        unfinished.clear();
        for folder in &found {
            if !is_glob(part) {
                next.insert(format!("{folder}{part}/"));
                continue;
            }
            for name in names(root, folder, path)? {
                match without_unfinished(&name) {
                    None if matches(part, &name) => {
                        next.insert(format!("{folder}{name}/"));
                    }
                    Some(whole) if matches(part, whole) => {
                        unfinished.insert((format!("{folder}{whole}/"), format!("{folder}{name}")));
                    }
                    _ => {}
                }
            }
        }
        found = next;
    }
    if let Some((_, name)) = unfinished.iter().find(|(whole, _)| !found.contains(whole)) {
        return Err(not_finished(path, name));
    }
    let found = found
        .into_iter()
        .map(|name| name.trim_end_matches('/').to_owned());
    let found: Vec<String> = found.filter(|name| root.join(name).exists()).collect();
    let Some(first) = found.first() else {
        return Err(Diagnostic::error("BW-F101", Place::file(path), "no file has such a name")
            .help("fetch the export, or correct `path` in billwright.toml; it is relative to that file"));
    };
    let other = found
        .iter()
        .find(|name| is_parquet(name) != is_parquet(first));
    if let Some(other) = other {
        let kind = |name| if is_parquet(name) { "Parquet" } else { "CSV" };
        let message = format!(
            "`{first}` is {} and `{other}` is {}",
            kind(first),
            kind(other)
        );
        return Err(
            Diagnostic::error("BW-F103", Place::file(path), message).help(
                "the files of one input are of one kind; give the others an input of their own",
            ),
        );
    }
    Ok(found)
}

fn is_glob(path: &str) -> bool {
    path.contains(['*', '?'])
}

/// What is in a folder of the workspace. Hidden files are in no glob.
fn names(root: &Path, folder: &str, path: &str) -> Result<Vec<String>, Diagnostic> {
    let entries = match root.join(folder).read_dir() {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(|error| unreadable(path, &error))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| unreadable(path, &error))?.file_name();
        // A name that is not UTF-8 stays one that no file has, and is told as missing.
        let name = name.to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    Ok(names)
}

fn without_unfinished(name: &str) -> Option<&str> {
    let (whole, ending) = name.rsplit_once('.')?;
    UNFINISHED.contains(&ending).then_some(whole)
}

/// Whether a name matches a pattern. Goes back to the last `*` only, so its time is bounded by the product of both lengths.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut in_name) = (0, 0);
    let mut star = None;
    while in_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == name[in_name] => {
                at += 1;
                in_name += 1;
            }
            _ => match star {
                Some((before, from)) => {
                    star = Some((before, from + 1));
                    at = before + 1;
                    in_name = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_character() {
        for (pattern, name) in [
            ("u-*.csv", "u-2026-01.csv"),
            ("*", "ü"),
            ("u-??.csv", "u-01.csv"),
            ("*a*b", "xaxbab"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("u-*.csv", "u-1.csv.part"), ("u-?", "u-"), ("a*b", "ac")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
