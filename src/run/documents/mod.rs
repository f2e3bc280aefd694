//! The documents of a posted run, written from the book alone.

mod actions;
mod folder;

use super::{Progress, Watcher};
use crate::book::Book;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::bill_run::Format;
use crate::model::book_view::RunRecord;
use crate::model::draft::{InvoiceTaxes, Invoices, Parties};
use crate::model::line::Lines;
use crate::model::plan::Header;
use crate::render::{self, Batch, Templates};
pub use actions::{write_actions, write_taken_back};
use folder::Draft;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of everything that is made for people, in the workspace.
const OUTPUT: &str = "out";

/// What came of it.
pub struct Written {
    /// The folder of the documents, or the one file there is.
    pub folder: PathBuf,
    pub count: usize,
    /// Documents that could not be made, each with its reason: the run stays posted, and they stay open.
    pub failures: Report,
}

/// Where what a run writes for others is, or would be: the folder of its documents, or the file of what it orders.
pub fn of_run(root: &Path, run: &RunRecord) -> PathBuf {
    match run.wallets {
        Some(_) => actions::place(root, &run.run_id, ""),
        None => root.join(OUTPUT).join("documents").join(&run.run_id),
    }
}

/// Renders every invoice of a run into `out/documents/RUN/`, several at a time.
///
/// Same bytes under a name are kept, other bytes refused (`BW-E121`), links never followed (`BW-E120`). Ends with everything
/// on disk, or where writing failed with none of it.
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
    let draft = Draft::begin(root, run)?;
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
    // Out: why this document is not made. Errors: what keeps any from being written.
    let write_one = |(row, format): &(usize, Format)| -> Result<Option<Report>, Report> {
        watch(Progress::Advance(1));
        let made = render::document(&templates, &batch, *row, *format).map_err(Report::from);
        match made.and_then(|document| draft.unless_done(document)) {
            Ok(Some(document)) => draft.write(&document).map(|()| None),
            Ok(None) => Ok(None),
            Err(refused) => Ok(Some(refused)),
        }
    };
    let all = || {
        let refused = wanted.par_iter().filter_map(|it| write_one(it).transpose());
        refused.collect::<Result<Vec<Report>, Report>>()
    };
    let refused = match threads {
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
    let refused = refused.and_then(|refused| draft.finish().map(|()| refused));
    watch(Progress::End);
    let (count, failures) = match refused {
        Ok(refused) => (
            wanted.len() - refused.len(),
            refused.into_iter().flatten().collect(),
        ),
        Err(trouble) => (0, trouble),
    };
    Ok(Written {
        folder: draft.place().to_path_buf(),
        count,
        failures,
    })
}

/// That `out`, if it is there, is a folder and no link: looked at before anything is decided, so that a run does not end with its
/// invoices posted and nowhere to write them.
pub fn output_is_ours(root: &Path) -> Result<(), Report> {
    match fs::symlink_metadata(root.join(OUTPUT)) {
        Ok(found) if !found.is_dir() => Err(folder::link(Path::new(OUTPUT)).into()),
        _ => Ok(()),
    }
}
