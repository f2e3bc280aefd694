//! The whole proof: catalog, chain, every part and every kept input.

use super::chain;
use super::head::cut;
use super::location::Location;
use super::open::Book;
use super::part;
use super::trouble;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::digest::sha256_of;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Links of the chain, each of them checked.
    pub serial: i64,
    /// Hash of the last link: kept elsewhere, it shows a chain that was rewritten.
    pub head: String,
    /// Files whose content was compared with its hash, and their size.
    pub files: usize,
    pub bytes: u64,
    /// `BW-B105`: files nothing reads, left by runs that were killed.
    pub notices: Report,
}

impl Book {
    /// Proves that nothing of the book was changed, deleted, inserted, reordered or cut off.
    ///
    /// `head`: a link somebody kept elsewhere; it must be in the chain.
    /// Errors: `BW-B101` damaged, `BW-B103` a file is missing, `BW-B106` changed, `BW-B107` cut or rewritten.
    pub fn verify(&self, head: Option<&str>) -> Result<Verified, Report> {
        chain::prove(self)?;
        self.check_kept_head(head)?;
        let files = self.files()?;
        let mut report = Report::new();
        let mut bytes = 0;
        for (path, (hash, run)) in &files {
            match check_file(&self.at, path, hash, run) {
                Ok(size) => bytes += size,
                Err(trouble) => report.extend(trouble),
            }
        }
        report.unless_errors(())?;
        Ok(Verified {
            serial: self.serial(),
            head: self.head().to_owned(),
            files: files.len(),
            bytes,
            notices: self.leftovers(&files)?,
        })
    }

    fn check_kept_head(&self, head: Option<&str>) -> Result<(), Report> {
        let Some(head) = head else { return Ok(()) };
        let known = self.rows("SELECT 1 FROM bw_chain WHERE link = ?1", [head], |_| Ok(()))?;
        if known.is_empty() {
            return Err(cut(
                &self.at,
                format!("the chain does not hold the head {head}: it was cut or rewritten"),
            ));
        }
        Ok(())
    }

    /// Every file the book rests on, with its hash and a run that needs it.
    fn files(&self) -> Result<BTreeMap<PathBuf, (String, String)>, Report> {
        let parts = self.rows(
            "SELECT table_name, sha256, run_id FROM bw_part UNION ALL SELECT table_name, sha256, run_id FROM bw_pending WHERE sha256 <> ''",
            [],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?)),
        )?;
        let inputs = self.rows("SELECT sha256, run_id FROM bw_input", [], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?))
        })?;
        let parts = parts
            .into_iter()
            .map(|(table, hash, run)| (self.at.part_path(&table, &hash), (hash, run)));
        let inputs = inputs
            .into_iter()
            .map(|(hash, run)| (self.at.input_path(&hash), (hash, run)));
        Ok(parts.chain(inputs).collect())
    }

    /// Files in the book's folders that nothing in the catalog names.
    fn leftovers(&self, files: &BTreeMap<PathBuf, (String, String)>) -> Result<Report, Report> {
        let mut found = BTreeSet::new();
        let parts = self.at.root.join(&self.at.data).join("main");
        for folder in entries(&parts)?.iter().chain([&self.at.inputs_path()]) {
            found.extend(entries(folder)?);
        }
        Ok(found
            .into_iter()
            .filter(|path| !files.contains_key(path))
            .map(|path| {
                Diagnostic::notice(
                    "BW-B105",
                    Place::File(self.at.shown(&path)),
                    "no commit names this file; nothing reads it",
                )
                .help("left by a run that was stopped; it may be removed")
            })
            .collect())
    }
}

/// What a folder holds, sorted; nothing where it is no folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Report> {
    let trouble = |error| trouble::io("list the folder", folder, &error);
    let listed = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        listed => listed.map_err(trouble)?,
    };
    let mut paths = listed
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(trouble)?;
    paths.sort();
    Ok(paths)
}

/// Compares a file with its hash; gives its size in bytes.
pub(super) fn check_file(at: &Location, path: &Path, hash: &str, run: &str) -> Result<u64, Report> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(part::missing(at.shown(path), run));
        }
        opened => opened.map_err(|error| trouble::io("read", path, &error))?,
    };
    let (found, size) = sha256_of(file).map_err(|error| trouble::io("read", path, &error))?;
    if found != hash {
        return Err(part::changed(at.shown(path), run));
    }
    Ok(size)
}
