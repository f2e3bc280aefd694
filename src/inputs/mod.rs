//! Files the workspace names -> checked tables. The one stage that reads disk.
//!
//! Owns the shape, encoding and values of inputs. Does not own who is billed (`identify/`).
//! Invariant: no value is guessed, rounded or dropped; a row that cannot be read is set aside by name or refuses its file.

mod column;
mod csv;
mod demands;
mod export;
mod ids;
mod order;
mod pins;
mod references;
mod sql;
#[cfg(test)]
mod tests;
mod typed;
mod value;
mod vat_number;

use crate::diagnostic::{Report, Staged};
use crate::model::account::Tables;
use crate::model::plan::Pin;
use crate::model::workspace::Input;
use demands::{ACCOUNTS, Demands, SERVICES, SUBSCRIPTIONS};
use polars::prelude::DataFrame;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Looks at the files behind the named inputs, `sql` inputs followed to the files they read. Sorted by input name.
///
/// Errors: `BW-F100` no such input, `BW-F101` no such file, `BW-F105` outside the workspace, `BW-F106` its name,
/// `BW-F131` not uploaded yet, `BW-E103` and `BW-E112` not readable; all of them at once.
pub fn pin(
    root: &Path,
    inputs: &BTreeMap<String, Input>,
    wanted: &[&str],
) -> Result<Vec<Pin>, Report> {
    pins::pin(root, inputs, wanted)
}

/// Refuses if a pinned file has another size or time than when it was pinned (`BW-F130`).
pub fn unchanged(root: &Path, pins: &[Pin]) -> Result<(), Report> {
    pins::unchanged(root, pins)
}

/// Reads accounts, subscriptions and services. `located` has, by input name, where to read each pinned file.
///
/// Out: sorted by id. The rows of a file are the kept ones and those in `aside` with reach `Row`, which belong to nobody
/// known. Every other row set aside is kept and parks its account; its values that could not be read are null.
/// Errors: `BW-F...` shape and encoding, `BW-V101`, `BW-X101`, `BW-X102`: rows that cannot be set aside.
pub fn tables(
    inputs: &BTreeMap<String, Input>,
    located: &BTreeMap<String, PathBuf>,
) -> Result<Staged<Tables>, Report> {
    let wanted = [ACCOUNTS, SUBSCRIPTIONS, SERVICES].map(|demands| demands.schema.name);
    let (mut exports, mut report) = export::read_all(inputs, located, &wanted);
    let mut typed = |demands: Demands| {
        let export = exports.remove(demands.schema.name)?;
        match typed::typed(&export, demands) {
            Ok(table) => Some(table),
            Err(found) => {
                report.extend(found);
                None
            }
        }
    };
    match (typed(ACCOUNTS), typed(SUBSCRIPTIONS), typed(SERVICES)) {
        (Some(accounts), Some(subscriptions), Some(services)) => {
            references::tie(accounts, subscriptions, services)
        }
        _ => Err(report),
    }
}

/// Reads one input as it is, every column text under our name where one is mapped.
pub fn export(
    name: &str,
    inputs: &BTreeMap<String, Input>,
    located: &BTreeMap<String, PathBuf>,
) -> Result<DataFrame, Report> {
    let (mut exports, report) = export::read_all(inputs, located, &[name]);
    exports
        .remove(name)
        .map(|export| export.frame)
        .ok_or(report)
}
