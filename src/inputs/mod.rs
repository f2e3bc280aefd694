//! Files the workspace names -> checked tables. The one stage that reads disk.
//!
//! Owns the shape, encoding and values of inputs. Does not own who is billed (`identify/`).
//! Invariant: no value is guessed, rounded or dropped; a row that cannot be read is set aside by name or refuses its file.

mod age;
mod asides;
mod column;
mod csv;
mod demands;
mod earlier;
mod export;
mod folders;
mod glob;
mod ids;
mod manifest;
mod native;
mod order;
mod origin;
mod parents;
mod parquet;
mod pins;
mod references;
mod sql;
#[cfg(test)]
mod tests;
mod text;
mod typed;
mod usage;
mod value;
mod vat_number;

use crate::diagnostic::{Report, Staged};
use crate::model::account::Tables;
use crate::model::plan::Pin;
use crate::model::workspace::Input;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use demands::{
    ACCOUNTS, Demands, NEEDED, OPTIONAL, ORDER_LINES, ORDERS, PAUSES, SERVICES, SUBSCRIPTIONS,
    USAGE,
};
pub use earlier::{Earlier, hash_usage, is_same, usage_parts};
use export::Export;
use polars::prelude::DataFrame;
use references::Unbound;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use typed::Typed;

/// A pinned file, and where to read it: in its place or from a copy.
#[derive(Clone, Debug)]
pub struct Located {
    pub pin: Pin,
    pub file: PathBuf,
}

/// The inputs a run reads: those it cannot do without, and of the others those that are named.
pub fn wanted(inputs: &BTreeMap<String, Input>) -> Vec<&'static str> {
    let needed = NEEDED.iter().map(Demands::name);
    let named = OPTIONAL.iter().map(Demands::name);
    needed
        .chain(named.filter(|name| inputs.contains_key(*name)))
        .collect()
}

/// Looks at the files behind the named inputs, globs and `sql` inputs followed to the files they read. Sorted by input and path.
///
/// Errors: `BW-F100` no such input, `BW-F101` no such file, `BW-F103` CSV and Parquet in one glob, `BW-F105` outside the workspace,
/// `BW-F106` its name, `BW-F131` not uploaded yet, `BW-E103` and `BW-E112` not readable; all of them at once.
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

/// Holds inputs whose newest file is older than their `max_age` (`BW-F135`).
pub fn fresh(
    inputs: &BTreeMap<String, Input>,
    pins: &[Pin],
    now: DateTime<Utc>,
) -> Result<(), Report> {
    age::fresh(inputs, pins, now)
}

/// Compares files with the manifests of their inputs (`BW-F132`). A file is read for it where its pin has no hash.
pub fn agree(
    root: &Path,
    inputs: &BTreeMap<String, Input>,
    located: &[Located],
) -> Result<(), Report> {
    manifest::agree(root, inputs, located)
}

/// Warns of Parquet inputs without a manifest (`BW-F151`): nothing else would notice a damaged one.
pub fn unsigned(inputs: &BTreeMap<String, Input>, located: &[Located]) -> Report {
    manifest::unsigned(inputs, located)
}

/// Reads all tables. `timezone` is the workspace's, whose days count; `earlier` is usage that was read before, where the pins of
/// tonight's have their hashes if there is some.
///
/// Out: sorted by key. The rows of a file are the kept ones and the orphans, which are in `aside` with reach `Row`, and of usage
/// those that were repeated. Every other row set aside is kept and parks its account; its values that could not be read are null.
/// Errors: `BW-F...` shape and encoding, `BW-V101`, `BW-X101`, `BW-X102`, `BW-X120`: rows that cannot be set aside.
pub fn tables(
    inputs: &BTreeMap<String, Input>,
    timezone: Tz,
    located: &[Located],
    earlier: &[Earlier],
) -> Result<Staged<Tables>, Report> {
    let (mut exports, mut report) = export::read_all(inputs, located, &wanted(inputs));
    let mut typed = |demands: Demands| -> Option<Typed> {
        if !inputs.contains_key(demands.name()) {
            return Some(typed::none(demands));
        }
        let export = exports.remove(demands.name())?;
        found(typed::typed(export, demands), &mut report)
    };
    // All of them, so that one command shows the mistakes of every file.
    let tables = (
        typed(ACCOUNTS),
        typed(SUBSCRIPTIONS),
        typed(SERVICES),
        typed(PAUSES),
        typed(ORDERS),
        typed(ORDER_LINES),
    );
    let measured = exports
        .remove(USAGE.name())
        .and_then(|export| found(measured(inputs, timezone, export), &mut report));
    let mut bound = match tables {
        (
            Some(accounts),
            Some(subscriptions),
            Some(services),
            Some(pauses),
            Some(orders),
            Some(order_lines),
        ) if !report.has_errors() => references::tie(Unbound {
            accounts,
            subscriptions,
            services,
            pauses,
            orders,
            order_lines,
        })?,
        _ => return Err(report),
    };
    let mut usage = USAGE.schema.empty();
    let mut usage_readers = Vec::new();
    let mut usage_repeated = 0;
    if let Some(measured) = measured {
        let seen = seen(&measured, inputs, located, earlier)?;
        usage_readers = seen.readers;
        let found = measured.tie(&bound.owners, seen.column)?;
        usage = found.frame;
        usage_repeated = found.repeated;
        bound.orphans.insert(USAGE.name(), found.orphans);
        bound.aside.extend(found.aside);
    }
    bound.aside.sort();
    let kept = Tables {
        accounts: bound.accounts,
        subscriptions: bound.subscriptions,
        services: bound.services,
        pauses: bound.pauses,
        orders: bound.orders,
        order_lines: bound.order_lines,
        usage,
        usage_readers,
        usage_repeated,
        orphans: bound.orphans,
    };
    Ok(Staged {
        kept,
        aside: bound.aside,
    })
}

/// Reads one input as it is, every column text under our name where one is mapped.
pub fn export(
    name: &str,
    inputs: &BTreeMap<String, Input>,
    located: &[Located],
) -> Result<DataFrame, Report> {
    let (mut exports, report) = export::read_all(inputs, located, &[name]);
    match exports.remove(name) {
        Some(export) => text::table(&export.frame),
        None => Err(report),
    }
}

fn found<T>(read: Result<T, Report>, report: &mut Report) -> Option<T> {
    read.map_err(|found| report.extend(found)).ok()
}

fn seen(
    usage: &usage::Measured,
    inputs: &BTreeMap<String, Input>,
    located: &[Located],
    earlier: &[Earlier],
) -> Result<usage::Seen, Report> {
    let pins: Vec<Pin> = located.iter().map(|file| file.pin.clone()).collect();
    let parts = usage_parts(inputs, &pins);
    let mode = inputs[USAGE.name()].mode;
    usage::Seen::of(usage, mode, &parts, earlier, |before| {
        let (mut exports, report) =
            export::read_all(&before.inputs, &before.files, &[USAGE.name()]);
        let export = exports.remove(USAGE.name()).ok_or(report)?;
        measured(&before.inputs, before.timezone, export)
    })
}

fn measured(
    inputs: &BTreeMap<String, Input>,
    timezone: Tz,
    export: Export,
) -> Result<usage::Measured, Report> {
    usage::measured(export, inputs[USAGE.name()].zone, timezone)
}
