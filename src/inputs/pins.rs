//! The files behind inputs: found, and known again by size and time.

use super::csv::unreadable;
use super::glob;
use super::order::{Step, reading_order};
use crate::diagnostic::{Diagnostic, Place, Report, is_unprintable, nearest};
use crate::model::plan::Pin;
use crate::model::workspace::Input;
use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// What uploads are called before they are whole.
pub const UNFINISHED: [&str; 4] = ["part", "filepart", "tmp", "crdownload"];

/// See `inputs::pin`.
pub fn pin(
    root: &Path,
    inputs: &BTreeMap<String, Input>,
    wanted: &[&str],
) -> Result<Vec<Pin>, Report> {
    let unknown = wanted.iter().filter(|name| !inputs.contains_key(**name));
    let mut report: Report = unknown.map(|name| no_such_input(name, inputs)).collect();
    if report.has_errors() {
        return Err(report);
    }
    let mut pins = Vec::new();
    for step in reading_order(inputs, wanted) {
        let Step::File { name, path, .. } = step else {
            continue;
        };
        let paths = match glob::files(root, path) {
            Ok(paths) => paths,
            Err(diagnostic) => {
                report.push(diagnostic);
                continue;
            }
        };
        for path in paths {
            match look_at(root, &path) {
                Ok(metadata) => pins.push(Pin {
                    input: name.to_owned(),
                    path,
                    size: metadata.len(),
                    modified: modified(&metadata),
                    sha256: None,
                }),
                Err(diagnostic) => report.push(diagnostic),
            }
        }
    }
    pins.sort_by(|one, other| (&one.input, &one.path).cmp(&(&other.input, &other.path)));
    report.unless_errors(pins)
}

/// See `inputs::unchanged`.
pub fn unchanged(root: &Path, pins: &[Pin]) -> Result<(), Report> {
    let mut report = Report::new();
    for pin in pins {
        match look_at(root, &pin.path) {
            Ok(now) if (now.len(), modified(&now)) == (pin.size, pin.modified) => {}
            Ok(now) => report.push(changed(pin, &now)),
            Err(diagnostic) => report.push(diagnostic),
        }
    }
    report.unless_errors(())
}

fn no_such_input(name: &str, inputs: &BTreeMap<String, Input>) -> Diagnostic {
    let help = match nearest(name, inputs.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add [inputs.{name}] with `path`, a CSV or Parquet file, or `sql`"),
    };
    let place = Place::file("billwright.toml");
    Diagnostic::error("BW-F100", place, format!("there is no input `{name}`")).help(help)
}

fn changed(pin: &Pin, now: &Metadata) -> Diagnostic {
    let message = if now.len() == pin.size {
        "written again while it was read".to_owned()
    } else {
        format!(
            "still being written: {} bytes became {}",
            pin.size,
            now.len()
        )
    };
    Diagnostic::error("BW-F130", Place::file(&pin.path), message)
        .help("let the export write under another name and rename it into place when it is whole")
}

/// A file of the workspace that is really in it.
pub fn look_at(root: &Path, path: &str) -> Result<Metadata, Diagnostic> {
    let refuse = |code, message: &str, help: &str| {
        Err(Diagnostic::error(code, Place::file(path), message).help(help))
    };
    if path.chars().any(is_unprintable) {
        return refuse(
            "BW-F106",
            "a file name with control characters",
            "rename the file",
        );
    }
    let file = root.join(path);
    let found = file
        .canonicalize()
        .and_then(|real| Ok((real, root.canonicalize()?)));
    let (real, real_root) = match found {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing(root, path)),
        Err(error) => return Err(unreadable(path, &error)),
    };
    if !real.starts_with(&real_root) {
        return refuse(
            "BW-F105",
            "a file outside the workspace",
            "put the file into the workspace; links that leave it are not followed",
        );
    }
    let metadata = real.metadata().map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        return refuse(
            "BW-F101",
            "not a file",
            "name a CSV or Parquet file, or a glob of such",
        );
    }
    Ok(metadata)
}

fn missing(root: &Path, path: &str) -> Diagnostic {
    let unfinished = UNFINISHED
        .iter()
        .map(|ending| format!("{path}.{ending}"))
        .find(|name| root.join(name).exists());
    if let Some(name) = unfinished {
        return not_finished(path, &name);
    }
    Diagnostic::error("BW-F101", Place::file(path), "no such file")
        .help("fetch the export, or correct `path` in billwright.toml; it is relative to that file")
}

/// `BW-F131`: of a file there is only what its upload has written so far.
pub fn not_finished(path: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        "BW-F131",
        Place::file(path),
        format!("upload not finished: there is only `{name}`"),
    )
    .help("wait until the upload is whole and has its name, then run the same command again")
}

/// Nanoseconds since 1970; 0 where the file system keeps no times, so that the size alone counts.
fn modified(metadata: &Metadata) -> i128 {
    let Ok(time) = metadata.modified() else {
        return 0;
    };
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::tests::{file, query};
    use std::fs;

    /// A workspace with one input `export` at `path`, and these files.
    fn pinned(
        name: &str,
        path: &str,
        files: &[&str],
    ) -> (std::path::PathBuf, Result<Vec<Pin>, Report>) {
        let root =
            std::env::temp_dir().join(format!("billwright-pins-{}-{name}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        for file in files {
            fs::write(root.join(file), "id\nA\n").unwrap();
        }
        let pins = pin(&root, &export(path), &["accounts"]);
        (root, pins)
    }

    fn export(path: &str) -> BTreeMap<String, Input> {
        let accounts = query("SELECT id AS account_id FROM export");
        BTreeMap::from([
            ("export".to_owned(), file(path)),
            ("accounts".to_owned(), accounts),
        ])
    }

    fn problem(report: Report) -> String {
        let found = report.into_iter().next().unwrap();
        format!("{} {}: {}", found.code, found.place, found.message)
    }

    #[test]
    fn a_pin_is_the_file_behind_the_sql_and_notices_a_change() {
        let (root, pins) = pinned("change", "e.csv", &["e.csv"]);
        let pins = pins.unwrap();
        assert_eq!(
            (pins[0].input.as_str(), pins[0].path.as_str(), pins[0].size),
            ("export", "e.csv", 5)
        );
        unchanged(&root, &pins).unwrap();
        fs::write(root.join("e.csv"), "id\nA\nB\n").unwrap();
        assert_eq!(
            problem(unchanged(&root, &pins).unwrap_err()),
            "BW-F130 e.csv: still being written: 5 bytes became 7"
        );
    }

    #[test]
    fn a_missing_file_is_told_from_an_unfinished_upload() {
        let (_, pins) = pinned("missing", "e.csv", &[]);
        assert_eq!(problem(pins.unwrap_err()), "BW-F101 e.csv: no such file");
        let (_, pins) = pinned("part", "e.csv", &["e.csv.part"]);
        assert_eq!(
            problem(pins.unwrap_err()),
            "BW-F131 e.csv: upload not finished: there is only `e.csv.part`"
        );
    }

    #[test]
    fn a_glob_pins_each_file_in_the_order_of_names() {
        let files = ["u-2.csv", "u-10.csv", "u-1.txt", "u-1.csv"];
        let (_, pins) = pinned("glob", "u-*.csv", &files);
        let paths: Vec<_> = pins.unwrap().into_iter().map(|pin| pin.path).collect();
        assert_eq!(paths, ["u-1.csv", "u-10.csv", "u-2.csv"]);
    }

    #[test]
    fn a_glob_waits_for_every_upload() {
        let (_, pins) = pinned("glob-part", "v-*.csv", &["v-1.csv", "v-2.csv.part"]);
        assert_eq!(
            problem(pins.unwrap_err()),
            "BW-F131 v-*.csv: upload not finished: there is only `v-2.csv.part`"
        );
        let (_, pins) = pinned("glob-none", "w-*.csv", &[]);
        assert_eq!(
            problem(pins.unwrap_err()),
            "BW-F101 w-*.csv: no file has such a name"
        );
        let (_, pins) = pinned("glob-mixed", "x-*", &["x-1.csv", "x-2.parquet"]);
        assert_eq!(
            problem(pins.unwrap_err()),
            "BW-F103 x-*: `x-1.csv` is CSV and `x-2.parquet` is Parquet"
        );
    }

    #[test]
    fn an_input_that_the_workspace_does_not_name_is_refused() {
        let report = pin(&std::env::temp_dir(), &export("e.csv"), &["acounts"]).unwrap_err();
        assert_eq!(
            problem(report),
            "BW-F100 billwright.toml: there is no input `acounts`"
        );
    }

    #[test]
    fn only_files_of_the_workspace_are_read() {
        let (root, _) = pinned("link", "e.csv", &[]);
        let _ = fs::remove_file(root.join("l.csv"));
        std::os::unix::fs::symlink("/etc/passwd", root.join("l.csv")).unwrap();
        let found = pin(&root, &export("l.csv"), &["export"]).unwrap_err();
        assert_eq!(
            problem(found),
            "BW-F105 l.csv: a file outside the workspace"
        );
        let found = pin(&root, &export("u\u{1b}[2J.csv"), &["export"]).unwrap_err();
        assert_eq!(
            problem(found),
            "BW-F106 uU+001B[2J.csv: a file name with control characters"
        );
    }
}
