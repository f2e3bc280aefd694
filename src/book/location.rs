//! Where a book lies.

use std::path::{Path, PathBuf};

/// The places of a book in its workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The workspace, absolute.
    pub root: PathBuf,
    /// The catalog, relative to the root. The folder it lies in is the book's own: the lock, `HEAD` and `inputs/`.
    pub database: PathBuf,
    /// The folder of the parts, relative to the root.
    pub data: PathBuf,
}

impl Location {
    /// The catalog, absolute.
    pub fn database_path(&self) -> PathBuf {
        self.root.join(&self.database)
    }

    /// The book's own folder, absolute.
    pub fn folder(&self) -> PathBuf {
        let database = self.database_path();
        database.parent().unwrap_or(&self.root).to_path_buf()
    }

    /// Serial and last link, kept beside the catalog so that an older copy of it is noticed.
    pub(super) fn head_path(&self) -> PathBuf {
        self.folder().join("HEAD")
    }

    /// The inputs of all runs, by content.
    pub(super) fn inputs_path(&self) -> PathBuf {
        self.folder().join("inputs")
    }

    pub(super) fn input_path(&self, sha256: &str) -> PathBuf {
        self.inputs_path().join(sha256)
    }

    /// The parts of a table, absolute.
    pub(super) fn table_path(&self, table: &str) -> PathBuf {
        self.root.join(&self.data).join("main").join(table)
    }

    pub(super) fn part_path(&self, table: &str, sha256: &str) -> PathBuf {
        self.table_path(table).join(format!("{sha256}.parquet"))
    }

    /// `data` as the catalog spells it: relative and with a slash at its end, so that a workspace can be moved.
    pub(super) fn data_text(&self) -> String {
        let parts: Vec<_> = self
            .data
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        format!("{}/", parts.join("/"))
    }

    /// A path as a person is shown it: relative to the workspace.
    pub(super) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }
}
