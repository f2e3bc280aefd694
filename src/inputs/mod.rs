//! Files the workspace names -> checked tables. The one stage that reads disk.
//!
//! Owns the shape, encoding and values of inputs. Does not own who is billed (`identify/`).
//! Invariant: no value is guessed, rounded or dropped; a row that cannot be read is set aside by name or refuses its file.

use crate::diagnostic::{Report, Staged};
use crate::model::account::Tables;
use crate::model::plan::Pin;
use crate::model::workspace::Input;
use polars::prelude::DataFrame;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Looks at the files behind the named inputs, `sql` inputs followed to the files they read. Sorted by input name.
pub fn pin(
    root: &Path,
    inputs: &BTreeMap<String, Input>,
    wanted: &[&str],
) -> Result<Vec<Pin>, Report> {
    let _ = (root, inputs, wanted);
    todo!()
}

/// Refuses if a pinned file has another size or time than when it was pinned (`BW-F130`).
pub fn unchanged(root: &Path, pins: &[Pin]) -> Result<(), Report> {
    let _ = (root, pins);
    todo!()
}

/// Reads accounts, subscriptions and services. `located` has, by input name, where to read each pinned file.
///
/// Errors: `BW-F...` shape and encoding, `BW-V101`, `BW-X101`, `BW-X102`: rows that cannot be set aside.
/// Aside: every row with a value or reference that does not fit; rows keep their place, values that could not be read are null.
pub fn tables(
    inputs: &BTreeMap<String, Input>,
    located: &BTreeMap<String, PathBuf>,
) -> Result<Staged<Tables>, Report> {
    let _ = (inputs, located);
    todo!()
}

/// Reads one input as it is, every column text.
pub fn export(
    name: &str,
    inputs: &BTreeMap<String, Input>,
    located: &BTreeMap<String, PathBuf>,
) -> Result<DataFrame, Report> {
    let _ = (name, inputs, located);
    todo!()
}
