//! Inputs, kept by content: nothing later touches the original.

use super::files::{self, Draft};
use super::trouble;
use super::writer::Writer;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::digest::sha256_of;
use crate::model::plan::Pin;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

impl Writer {
    /// Copies an input file into the book, under the hash of its content, and says where the copy is. A copy that no commit
    /// comes to need is taken away again with the writer: a refused run leaves the book as it was.
    ///
    /// Errors: `BW-F130` it is not, or no longer, the file that was pinned.
    pub fn keep_input(&mut self, root: &Path, pin: &Pin) -> Result<(String, PathBuf), Report> {
        let source = root.join(&pin.path);
        let remembered = self.book.as_ref().and_then(|book| book.remembered(pin));
        files::make_folder(&self.at.inputs_path())?;
        let reading = |error: &io::Error| trouble::io("read the input", &source, error);
        let mut file = match File::open(&source) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(moved(pin, "is gone")),
            opened => opened.map_err(|error| reading(&error))?,
        };
        if identity(&file).map_err(|error| reading(&error))? != (pin.size, pin.modified) {
            return Err(moved(pin, "has changed since it was looked at"));
        }
        if let Some(hash) = remembered {
            let copy = self.at.input_path(&hash);
            let kept = File::open(&copy).and_then(sha256_of);
            if kept.is_ok_and(|(found, _)| found == hash) {
                return Ok((hash, copy));
            }
        }
        let draft_path = self.at.inputs_path().join("copy.tmp");
        let writing = |error| trouble::io("copy the input", &draft_path, &error);
        let mut draft = Draft::begin(&draft_path).map_err(writing)?;
        let size = draft.copy(&mut file).map_err(writing)?;
        // What has been written is hashed while the disk takes it in.
        let hashed = || File::open(&draft_path).and_then(sha256_of);
        let (hashed, synced) = rayon::join(hashed, || draft.sync());
        let (hash, _) = hashed.map_err(writing)?;
        synced.map_err(writing)?;
        let now = identity(&file).map_err(|error| reading(&error))?;
        if (size, now) != (pin.size, (pin.size, pin.modified)) {
            return Err(moved(pin, "changed while it was copied"));
        }
        let copy = self.at.input_path(&hash);
        if !copy.exists() {
            self.unclaimed.push(copy.clone());
        }
        draft.name(&copy, files::FINAL).map_err(writing)?;
        Ok((hash, copy))
    }
}

/// `BW-F130`: an input is not the file that was pinned.
fn moved(pin: &Pin, what: &str) -> Report {
    Diagnostic::error(
        "BW-F130",
        Place::file(&pin.path),
        format!("the input {what}"),
    )
    .help("let the export finish, then give the same command again")
    .into()
}

/// Size, and time of the last change in nanoseconds since 1970.
fn identity(file: &File) -> io::Result<(u64, i128)> {
    let found = file.metadata()?;
    let modified = i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec());
    Ok((found.len(), modified))
}
