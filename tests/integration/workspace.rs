//! A workspace to itself, and the real program in it.

use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the clock says in every test.
pub const NOW: &str = "2026-02-01T06:00:00Z";

/// The root of the repository, which is itself a workspace.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of a workspace in a folder of its own; removed when the test is over, kept when it fails.
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// A dozen accounts, one of them parked; definition `monthly`.
    pub fn dozen() -> Self {
        let workspace = Self::copy_of(&repository().join("tests/workspaces/dozen"));
        copy(
            &repository().join("templates"),
            &workspace.root.join("templates"),
        );
        workspace
    }

    /// The repository's own workspace; definition `telco-monthly`.
    pub fn telco() -> Self {
        let workspace = Self::empty();
        for part in ["billwright.toml", "definitions", "templates", "samples"] {
            copy(&repository().join(part), &workspace.root.join(part));
        }
        workspace
    }

    /// The small sample, which has every case of a month once; definitions `monthly` and `mid-month-usage`.
    pub fn small() -> Self {
        let workspace = Self::copy_of(&repository().join("samples/small"));
        copy(
            &repository().join("templates"),
            &workspace.root.join("templates"),
        );
        workspace
    }

    pub fn copy_of(folder: &Path) -> Self {
        let workspace = Self::empty();
        copy(folder, &workspace.root);
        workspace
    }

    fn empty() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // A test that failed has left its folder, and a later process may have its number.
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        fs::create_dir_all(&root).unwrap();
        Self { root }
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// Replaces a text that stands in a file.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} does not hold {from:?}");
        fs::write(self.path(file), text.replace(from, to)).unwrap();
    }

    /// Gives one command, words parted by blanks.
    pub fn bill(&self, words: &str) -> Ended {
        let mut command = self.program(Path::new(env!("CARGO_BIN_EXE_billwright")));
        Ended::from(command.args(words.split_whitespace()).output().unwrap())
    }

    /// A program in this workspace, in the same surroundings on every machine; `billwright` is on its path.
    pub fn program(&self, program: &Path) -> Command {
        let folder = Path::new(env!("CARGO_BIN_EXE_billwright"))
            .parent()
            .unwrap();
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env_clear()
            .envs([("PATH", path.as_str()), ("BILLWRIGHT_NOW", NOW)])
            .envs([("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("COLUMNS", "80")]);
        command
    }

    /// Everything in the workspace by path: files as hashes, a database row by row, what a run leaves of its own process aside.
    pub fn content(&self) -> BTreeMap<String, String> {
        let mut content = BTreeMap::new();
        self.collect(&self.root, &mut content);
        content
    }

    fn collect(&self, folder: &Path, content: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&self.root).unwrap().display().to_string();
            if path.is_dir() {
                self.collect(&path, content);
            } else if name.ends_with(".sqlite") {
                content.extend(rows(&path));
            } else if !name.ends_with("-wal") && !name.ends_with("-shm") {
                let hash = Sha256::digest(fs::read(&path).unwrap());
                content.insert(
                    name,
                    hash.iter().map(|byte| format!("{byte:02x}")).collect(),
                );
            }
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // Not being able to tidy up is not what a test is about.
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

/// Asserts that two workspaces hold the same, naming what differs.
pub fn assert_same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) {
    let names: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let differing: Vec<_> = names
        .into_iter()
        .filter(|name| one.get(*name) != other.get(*name))
        .collect();
    assert!(differing.is_empty(), "not the same: {differing:#?}");
}

/// How a command ended.
pub struct Ended {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The answer, which must be JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in\n{}{}", self.stdout, self.stderr))
    }

    /// Asserts the exit code, showing everything said where it is another.
    pub fn exits(self, wanted: i32) -> Self {
        assert_eq!(self.exit, wanted, "{}{}", self.stdout, self.stderr);
        self
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            exit: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            copy(&path, &to.join(path.file_name().unwrap()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// The tables of a database, each as its sorted rows. `bw_attempt` and `bw_attempt_input` are who tried when, and how old the
/// files were then; they are no part of the book.
fn rows(database: &Path) -> BTreeMap<String, String> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let mut names = connection
        .prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'bw_attempt%'",
        )
        .unwrap();
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    names
        .into_iter()
        .map(|name| {
            let mut statement = connection
                .prepare(&format!("SELECT * FROM \"{name}\""))
                .unwrap();
            let width = statement.column_count();
            let mut rows: Vec<String> = statement
                .query_map([], |row| {
                    let values: Result<Vec<rusqlite::types::Value>, _> =
                        (0..width).map(|column| row.get(column)).collect();
                    Ok(format!("{:?}", values?))
                })
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            rows.sort();
            (format!("table {name}"), rows.join("\n"))
        })
        .collect()
}
