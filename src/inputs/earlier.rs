//! Usage that earlier runs have read, and which files of it make one table.

use super::Located;
use super::csv::unreadable;
use super::demands::USAGE;
use super::order::{Step, reading_order};
use crate::diagnostic::Report;
use crate::model::digest::sha256_of;
use crate::model::plan::Pin;
use crate::model::workspace::{Input, Source};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

/// Usage as earlier runs read it.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub runs: BTreeSet<String>,
    /// The inputs of the workspace then, which say how its files are read.
    pub inputs: BTreeMap<String, Input>,
    /// That of the workspace then.
    pub timezone: Tz,
    /// One of [`usage_parts`], every file with its hash.
    pub files: Vec<Located>,
}

/// The files of usage by what tells rows apart: each file by itself, or together all that an `sql` rests on, since it is not known
/// from which of them a row is. None where there is no usage, or an input it rests on has no file here.
pub fn usage_parts(inputs: &BTreeMap<String, Input>, pins: &[Pin]) -> Vec<Vec<Pin>> {
    let Some(usage) = inputs.get(USAGE.name()) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for step in reading_order(inputs, &[USAGE.name()]) {
        let Step::File { name, .. } = step else {
            continue;
        };
        let before = files.len();
        files.extend(pins.iter().filter(|pin| pin.input == name).cloned());
        if files.len() == before {
            return Vec::new();
        }
    }
    match usage.source {
        Source::File { .. } => files.into_iter().map(|file| vec![file]).collect(),
        Source::Sql { .. } => vec![files],
    }
}

/// Hashes the files that usage rests on where their pins have no hash, so that those an earlier run has read are known again.
///
/// Errors: `BW-E103` and `BW-E112` not readable.
pub fn hash_usage(inputs: &BTreeMap<String, Input>, located: &mut [Located]) -> Result<(), Report> {
    let steps = reading_order(inputs, &[USAGE.name()]);
    let names: BTreeSet<&str> = steps.iter().map(Step::name).collect();
    let of_usage = |file: &&mut Located| names.contains(file.pin.input.as_str());
    hash(located.iter_mut().filter(of_usage))
}

/// Hashes files where their pins have no hash. Errors: `BW-E103` and `BW-E112` not readable.
pub fn hash<'a>(located: impl IntoIterator<Item = &'a mut Located>) -> Result<(), Report> {
    for Located { pin, file } in located {
        if pin.sha256.is_none() {
            let hash = File::open(&*file).and_then(sha256_of);
            pin.sha256 = Some(hash.map_err(|error| unreadable(&pin.path, &error))?.0);
        }
    }
    Ok(())
}

/// Whether two parts have the same bytes.
pub fn is_same<'a>(
    one: impl IntoIterator<Item = &'a Pin>,
    other: impl IntoIterator<Item = &'a Pin>,
) -> bool {
    fn content(pin: &Pin) -> Option<(&str, &str)> {
        Some((pin.input.as_str(), pin.sha256.as_deref()?))
    }
    let one: Option<Vec<_>> = one.into_iter().map(content).collect();
    let other: Option<Vec<_>> = other.into_iter().map(content).collect();
    one.is_some() && one == other
}
