//! The folder of a run's documents. They come into it together, whole and synced, or not at all.
//!
//! They are written into a draft of the folder, made durable in one call, and then named: a sync and a new name for each document
//! cost more than all the rendering. What a stopped attempt left of a draft is thrown away by the next one.

use super::OUTPUT;
use crate::book::{files, trouble};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::render::Document;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A draft of the documents that are not in the folder yet; removed again unless they get there.
pub(super) struct Draft {
    /// `out/documents/RUN`
    place: PathBuf,
    /// `out/documents/.RUN.tmp`
    draft: PathBuf,
    /// The folder is there already, with documents of an earlier attempt or files of somebody else.
    is_there: bool,
}

impl Draft {
    /// Begins the documents of a run, over what a stopped attempt may have left of them; no part of the path may be a link.
    pub fn begin(root: &Path, run: &str) -> Result<Self, Report> {
        let out = root.join(OUTPUT);
        let documents = out.join("documents");
        for folder in [&out, &documents] {
            if !is_folder(folder)? {
                make(folder)?;
            }
        }
        let (place, draft) = (documents.join(run), documents.join(format!(".{run}.tmp")));
        let is_there = is_folder(&place)?;
        match fs::remove_dir_all(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(trouble::io("remove the draft", &draft, &error));
            }
            _ => make(&draft)?,
        }
        Ok(Self {
            place,
            draft,
            is_there,
        })
    }

    /// Where the documents will be.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// The document, unless this very one is in its place already.
    ///
    /// Errors: `BW-E120` there is a link or a folder, `BW-E121` another document.
    pub fn unless_done(&self, document: Document) -> Result<Option<Document>, Report> {
        if !self.is_there {
            return Ok(Some(document));
        }
        let path = self.place.join(&document.name);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => same_bytes(&path, &document.text).map(|()| None),
            Ok(_) => Err(link(&path).into()),
            Err(_) => Ok(Some(document)),
        }
    }

    /// Writes a document into the draft.
    pub fn write(&self, document: &Document) -> Result<(), Report> {
        let path = self.draft.join(&document.name);
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)?;
            file.write_all(document.text.as_bytes())
        };
        write().map_err(|error| trouble::io("write the document", &path, &error))
    }

    /// Makes all that was written durable, and then gives it its place.
    pub fn finish(&self) -> Result<(), Report> {
        let finish = || -> io::Result<()> {
            rustix::fs::syncfs(File::open(&self.draft)?)?;
            if self.is_there {
                for document in fs::read_dir(&self.draft)? {
                    let document = document?;
                    fs::rename(document.path(), self.place.join(document.file_name()))?;
                }
                fs::remove_dir(&self.draft)?;
                File::open(&self.place)?.sync_all()?;
            } else {
                fs::rename(&self.draft, &self.place)?;
            }
            files::sync_folder(&self.place)
        };
        finish().map_err(|error| trouble::io("save the documents", &self.place, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Nothing is there after `finish`. Before it, the command already fails with the reason.
        let _ = fs::remove_dir_all(&self.draft);
    }
}

/// Whether there is a folder; anything else under its name is refused.
fn is_folder(path: &Path) -> Result<bool, Report> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(_) => Err(link(path).into()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(trouble::io("look at", path, &error)),
    }
}

fn make(folder: &Path) -> Result<(), Report> {
    DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .map_err(|error| trouble::io("make the folder", folder, &error))
}

pub(super) fn same_bytes(path: &Path, text: &str) -> Result<(), Report> {
    let there = fs::read(path).map_err(|error| trouble::io("read the document", path, &error))?;
    if there == text.as_bytes() {
        return Ok(());
    }
    let message = "another document is there under this name; it was not overwritten";
    Err(
        Diagnostic::error("BW-E121", Place::file(path.display()), message)
            .help("move it away, then give the same command again")
            .into(),
    )
}

pub(super) fn link(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "BW-E120",
        Place::file(path.display()),
        "a link, and links are not followed for output",
    )
    .help("put a real folder or nothing in its place")
}
