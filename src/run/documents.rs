//! The documents of a posted run, written from the book alone.

use super::{Progress, Watcher};
use crate::book::{Book, trouble};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::bill_run::Format;
use crate::model::draft::{InvoiceTaxes, Invoices, Parties};
use crate::model::line::Lines;
use crate::model::plan::Header;
use crate::render::{self, Batch, Document, Templates};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The folder of everything that is made for people, in the workspace.
const OUTPUT: &str = "out";

/// What came of it.
pub struct Written {
    pub folder: PathBuf,
    pub count: usize,
    /// Documents that could not be made, each with its reason: the run stays posted, and they stay open.
    pub failures: Report,
}

/// Renders every invoice of a run into `out/documents/RUN/`, several at a time.
///
/// Same bytes under a name are kept, other bytes refused (`BW-E121`), links never followed (`BW-E120`). Ends with everything
/// on disk.
pub fn write(
    book: &Book,
    root: &Path,
    header: &Header,
    texts: &BTreeMap<String, String>,
    threads: Option<usize>,
    watch: Watcher<'_>,
) -> Result<Written, Report> {
    let run = header.run_id.as_str();
    let templates = Templates::parse(texts)?;
    let batch = Batch::new(
        &header.seller,
        &Invoices::checked(book.facts(Invoices::SCHEMA, Some(run))?),
        &Parties::checked(book.facts(Parties::SCHEMA, Some(run))?),
        &InvoiceTaxes::checked(book.facts(InvoiceTaxes::SCHEMA, Some(run))?),
        &Lines::checked(book.facts(Lines::SCHEMA, Some(run))?),
    );
    let folder = folder(root, run)?;
    let formats: Vec<Format> = header
        .formats
        .iter()
        .filter_map(|ending| Format::from_ending(ending))
        .collect();
    let wanted: Vec<(usize, Format)> = (0..batch.len())
        .flat_map(|row| {
            let of_group = batch.formats(row).unwrap_or(&formats);
            of_group.iter().map(move |format| (row, *format))
        })
        .collect();
    watch(Progress::Begin(
        "Writing documents",
        Some(wanted.len() as u64),
    ));
    let write_one = |(row, format): &(usize, Format)| {
        let outcome = render::document(&templates, &batch, *row, *format)
            .map_err(Report::from)
            .and_then(|document| put(&folder, &document));
        watch(Progress::Advance(1));
        outcome.err()
    };
    let all = || {
        wanted
            .par_iter()
            .filter_map(write_one)
            .collect::<Vec<Report>>()
    };
    let failures = match threads {
        None => all(),
        Some(threads) => rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| {
                Diagnostic::error(
                    "BW-E113",
                    Place::Nowhere,
                    format!("no threads to be had: {error}"),
                )
                .help("allow more of them (`ulimit -u`), or write fewer `threads` into billwright.toml")
            })?
            .install(all),
    };
    sync(&folder)?;
    watch(Progress::End);
    Ok(Written {
        count: wanted.len() - failures.len(),
        folder,
        failures: failures.into_iter().flatten().collect(),
    })
}

/// That `out`, if it is there, is a folder and no link: looked at before anything is decided, so that a run does not end with its
/// invoices posted and nowhere to write them.
pub fn output_is_ours(root: &Path) -> Result<(), Report> {
    match fs::symlink_metadata(root.join(OUTPUT)) {
        Ok(found) if !found.is_dir() => Err(link(Path::new(OUTPUT)).into()),
        _ => Ok(()),
    }
}

/// `out/documents/RUN`, made where it is missing; no part of it may be a link.
fn folder(root: &Path, run: &str) -> Result<PathBuf, Report> {
    let mut path = root.to_path_buf();
    for part in [OUTPUT, "documents", run] {
        path.push(part);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(link(&path).into()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                DirBuilder::new()
                    .mode(0o700)
                    .create(&path)
                    .map_err(|error| trouble::io("make the folder", &path, &error))?;
            }
            Err(error) => return Err(trouble::io("look at", &path, &error)),
        }
    }
    Ok(path)
}

/// Writes a document beside its name and renames it there, so that nobody ever sees half of one.
fn put(folder: &Path, document: &Document) -> Result<(), Report> {
    let path = folder.join(&document.name);
    match fs::symlink_metadata(&path) {
        Ok(found) if !found.is_file() => return Err(link(&path).into()),
        Ok(_) => return same_bytes(&path, document),
        Err(_) => {}
    }
    let draft = folder.join(format!(".{}.tmp", document.name));
    let write = || -> std::io::Result<()> {
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(document.text.as_bytes())?;
        fs::rename(&draft, &path)
    };
    write().map_err(|error| trouble::io("write the document", &path, &error))
}

fn same_bytes(path: &Path, document: &Document) -> Result<(), Report> {
    let there = fs::read(path).map_err(|error| trouble::io("read the document", path, &error))?;
    if there == document.text.as_bytes() {
        return Ok(());
    }
    let message = "another document is there under this name; it was not overwritten";
    Err(
        Diagnostic::error("BW-E121", Place::file(path.display()), message)
            .help("move it away, then give the same command again")
            .into(),
    )
}

fn link(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "BW-E120",
        Place::file(path.display()),
        "a link, and links are not followed for output",
    )
    .help("put a real folder or nothing in its place")
}

/// Makes everything in the folder durable in one call: a call per document would cost more than all the rendering.
fn sync(folder: &Path) -> Result<(), Report> {
    let handle =
        File::open(folder).map_err(|error| trouble::io("open the folder", folder, &error))?;
    rustix::fs::syncfs(&handle)
        .map_err(|error| trouble::io("sync the documents", folder, &error.into()))
}
