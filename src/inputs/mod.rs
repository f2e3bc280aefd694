//! Files the workspace names -> checked tables. The one stage that reads disk.
//!
//! Owns the shape, encoding and values of inputs. Does not own who is billed (`identify/`).
//! Invariant: no value is guessed, rounded or dropped; a row that cannot be read is set aside by name or refuses its file.

mod age;
mod asides;
mod column;
mod csv;
mod demands;
mod discounts;
mod earlier;
mod export;
mod folders;
mod glob;
mod ids;
mod manifest;
mod narrow;
mod native;
mod needles;
mod order;
mod origin;
mod parents;
mod parquet;
mod pieces;
mod pins;
mod references;
mod sql;
#[cfg(test)]
mod tests;
mod text;
mod top_ups;
mod typed;
mod usage;
mod value;
mod vat_number;
mod wallets;

use crate::diagnostic::{Report, Staged};
use crate::model::account::Tables;
use crate::model::bill_run::BillRun;
use crate::model::counting::Counting;
use crate::model::plan::Pin;
use crate::model::table::Columns;
use crate::model::usage::Usage;
use crate::model::workspace::{Input, Source};
use chrono::DateTime;
use chrono_tz::Tz;
use demands::{
    ACCOUNTS, CREDITS, DISCOUNTS, Demands, NEEDED, OPTIONAL, ORDER_LINES, ORDERS, PAUSES, PREPAID,
    SERVICES, SUBSCRIPTIONS, TOP_UPS, USAGE, WALLETS,
};
pub use earlier::{Earlier, hash, hash_usage, is_same, usage_parts};
use export::Export;
pub use narrow::Only;
use order::reading_order;
use pieces::Pieces;
use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use references::{Bound, Unbound};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use typed::Typed;
use usage::Zones;

/// A pinned file, and where to read it: in its place or from a copy.
#[derive(Clone, Debug)]
pub struct Located {
    pub pin: Pin,
    pub file: PathBuf,
}

/// What inputs are read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To make invoices: wallets are nobody's concern, and a mistake in them parks nobody.
    Invoices,
    /// To debit wallets, at least in one of several runs.
    Debits,
}

impl Purpose {
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a BillRun>) -> Self {
        match runs.into_iter().any(|run| run.debits.is_some()) {
            true => Self::Debits,
            false => Self::Invoices,
        }
    }
}

/// The inputs that are read: those nothing can do without, and of the others those that are named.
pub fn wanted(inputs: &BTreeMap<String, Input>, purpose: Purpose) -> Vec<&'static str> {
    let needed = NEEDED.iter().map(Demands::name);
    let of_debits: &[Demands] = match purpose {
        Purpose::Invoices => &[],
        Purpose::Debits => &PREPAID,
    };
    let named = OPTIONAL.iter().chain(of_debits).map(Demands::name);
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
    now: DateTime<Tz>,
) -> Result<(), Report> {
    age::fresh(inputs, pins, now)
}

/// Says how old the newest file of an input is, where that is older than its `max_age`.
pub fn too_old(
    inputs: &BTreeMap<String, Input>,
    pins: &[Pin],
    name: &str,
    now: DateTime<Tz>,
) -> Option<String> {
    let (pin, message) = age::too_old(inputs, pins, name, now)?;
    Some(format!("{} was {message}", pin.path))
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

/// All tables but usage, every row of which belongs to an account.
pub struct Tied {
    bound: Bound,
    top_ups_repeated: usize,
    is_partial: bool,
    /// Usage that was read with them.
    usage: Option<Export>,
}

/// Whether usage lies in files that no other table is read from, so that those can be read before these are there.
pub fn is_usage_apart(inputs: &BTreeMap<String, Input>, wanted: &[&str]) -> bool {
    let is_usage = |name: &str| name == USAGE.name();
    let others: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|name| !is_usage(name))
        .collect();
    let source = inputs.get(USAGE.name()).map(|usage| &usage.source);
    let is_of_files = matches!(source, Some(Source::File { .. }));
    let mut steps = reading_order(inputs, &others).into_iter();
    is_of_files && others.len() < wanted.len() && !steps.any(|step| is_usage(step.name()))
}

/// Reads all tables. `timezone` is the workspace's, whose days count; `counting` is what is to be kept of usage beside a day and a quantity; `earlier` is usage that was read before, where the pins of
/// tonight's have their hashes if there is some. `wanted` are the names of the tables; any other is without rows. `only`: whom the run is about, where the rows of others need not be read.
///
/// Out: sorted by key. The rows of a file are the kept ones and the orphans, which are in `aside` with reach `Row`, and of usage
/// those that were repeated. Every other row set aside is kept and parks its account; its values that could not be read are null.
/// Errors: `BW-F...` shape and encoding, `BW-V101`, `BW-X101`, `BW-X102`, `BW-X120`, `BW-X126`: rows that cannot be set aside; `BW-D245` and
/// `BW-D246`: what is counted of usage, and its columns.
pub fn tables(
    inputs: &BTreeMap<String, Input>,
    (timezone, counting): (Tz, &Counting),
    files: (&[&str], &[Located]),
    earlier: &[Earlier],
    only: Option<&Only>,
) -> Result<Staged<Tables>, Report> {
    let tied = tied(inputs, timezone, files, only);
    with_usage(tied, inputs, (timezone, counting), files, earlier)
}

/// The first half of [`tables`]. The files of usage need not be there yet where [they are apart](is_usage_apart) and `only` is `None`.
pub fn tied(
    inputs: &BTreeMap<String, Input>,
    timezone: Tz,
    (wanted, located): (&[&str], &[Located]),
    only: Option<&Only>,
) -> Result<Tied, Report> {
    RAYON.install(|| read_tied(inputs, timezone, (wanted, located), only))
}

fn read_tied(
    inputs: &BTreeMap<String, Input>,
    timezone: Tz,
    (wanted, located): (&[&str], &[Located]),
    only: Option<&Only>,
) -> Result<Tied, Report> {
    let narrowed = only.map(|only| narrow::read(inputs, located, wanted, only));
    let narrowed = narrowed.transpose()?.flatten();
    let is_partial = narrowed.is_some();
    let (mut exports, mut report) = match narrowed {
        Some(exports) => (exports, Report::new()),
        None => {
            let mut names = wanted.to_vec();
            let is_apart = is_usage_apart(inputs, wanted);
            names.retain(|name| !is_apart || *name != USAGE.name());
            export::read_all(inputs, located, &names)
        }
    };
    let demands = [
        ACCOUNTS,
        SUBSCRIPTIONS,
        SERVICES,
        PAUSES,
        ORDERS,
        ORDER_LINES,
        DISCOUNTS,
        CREDITS,
        WALLETS,
    ];
    let usage = exports.remove(USAGE.name());
    let top_ups = exports.remove(TOP_UPS.name());
    let top_ups = match top_ups {
        _ if !wanted.contains(&TOP_UPS.name()) => Some(top_ups::none()),
        Some(export) => {
            let zones = zones(inputs, TOP_UPS.name(), timezone);
            found(top_ups::typed(export, zones), &mut report)
        }
        None => None, // said already
    };
    let top_ups_repeated = top_ups.as_ref().map_or(0, |found| found.repeated);
    let exports = demands.map(|demands| (demands, exports.remove(demands.name())));
    let typed = exports
        .into_par_iter()
        .map(|(demands, export)| match export {
            _ if !wanted.contains(&demands.name()) => Some(Ok(typed::none(demands))),
            export => export.map(|export| typed::typed(export, demands)),
        });
    // All of them, so that one command shows the mistakes of every file.
    let typed: Vec<Option<Result<Typed, Report>>> = typed.collect();
    let mut typed = typed.into_iter().map(|typed| found(typed?, &mut report));
    let mut next = || typed.next().flatten();
    let tables = (
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        top_ups,
    );
    let bound = match tables {
        (
            Some(accounts),
            Some(subscriptions),
            Some(services),
            Some(pauses),
            Some(orders),
            Some(order_lines),
            Some(discounts),
            Some(credits),
            Some(wallets),
            Some(found),
        ) if !report.has_errors() => references::tie(Unbound {
            accounts,
            subscriptions,
            services,
            pauses,
            orders,
            order_lines,
            discounts,
            credits,
            wallets,
            top_ups: found.table,
        })?,
        _ => return Err(report),
    };
    Ok(Tied {
        bound,
        top_ups_repeated,
        is_partial,
        usage,
    })
}

/// The second half of [`tables`]. Where the first has found mistakes, those of the files of usage are told with them.
pub fn with_usage(
    tied: Result<Tied, Report>,
    inputs: &BTreeMap<String, Input>,
    (timezone, counting): (Tz, &Counting),
    (wanted, located): (&[&str], &[Located]),
    earlier: &[Earlier],
) -> Result<Staged<Tables>, Report> {
    let mut report = Report::new();
    let mut tied = found(tied, &mut report);
    let is_partial = tied.as_ref().is_some_and(|tied| tied.is_partial);
    let usage = match is_usage_apart(inputs, wanted) && !is_partial {
        true => found(RAYON.install(|| usage_alone(inputs, located)), &mut report),
        false => tied
            .as_mut()
            .and_then(|tied| Some(Pieces::of(tied.usage.take()?))),
    };
    let usage = usage.and_then(|usage| {
        let shape = usage
            .head()
            .and_then(|head| typed::refuse_shape(&head, USAGE));
        found(shape.map(|()| usage), &mut report)
    });
    let (Some(tied), false) = (tied, report.has_errors()) else {
        return Err(report);
    };
    RAYON.install(|| {
        add_usage(
            tied,
            usage,
            inputs,
            (timezone, counting),
            (located, earlier),
        )
    })
}

/// The files of usage, which are read piece by piece where they can be.
fn usage_alone(inputs: &BTreeMap<String, Input>, located: &[Located]) -> Result<Pieces, Report> {
    let opened = Pieces::open(USAGE.name(), inputs, located);
    opened.unwrap_or_else(|| {
        let (mut exports, report) = export::read_all(inputs, located, &[USAGE.name()]);
        exports.remove(USAGE.name()).map(Pieces::of).ok_or(report)
    })
}

fn add_usage(
    tied: Tied,
    usage: Option<Pieces>,
    inputs: &BTreeMap<String, Input>,
    (timezone, counting): (Tz, &Counting),
    (located, earlier): (&[Located], &[Earlier]),
) -> Result<Staged<Tables>, Report> {
    let Tied {
        mut bound,
        top_ups_repeated,
        is_partial,
        ..
    } = tied;
    let mut used = Usage::none(bound.services.height());
    let mut usage_repeated = 0;
    if let Some(pieces) = usage {
        let zones = zones(inputs, USAGE.name(), timezone);
        let seen = seen(&pieces, inputs, zones, located, earlier)?;
        let services = usage::Services {
            index: bound.places.services(&bound.services),
            ids: bound.services.text("service_id"),
            accounts: &bound.owners_of_services,
        };
        let found = usage::bound(pieces, &services, (zones, counting), seen)?;
        used = found.usage;
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
        discounts: bound.discounts,
        credits: bound.credits,
        wallets: bound.wallets,
        top_ups: bound.top_ups,
        top_ups_repeated,
        usage: used,
        places: bound.places,
        is_partial,
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
    pieces: &Pieces,
    inputs: &BTreeMap<String, Input>,
    zones: Zones,
    located: &[Located],
    earlier: &[Earlier],
) -> Result<usage::Seen, Report> {
    let pins: Vec<Pin> = located.iter().map(|file| file.pin.clone()).collect();
    let parts = usage_parts(inputs, &pins);
    let mode = inputs[USAGE.name()].mode;
    let whole = || usage::measured(pieces.whole()?, zones, None);
    let size = (&pieces.origin, pieces.height());
    usage::Seen::of(size, mode, &parts, earlier, whole, |before| {
        let (mut exports, report) =
            export::read_all(&before.inputs, &before.files, &[USAGE.name()]);
        let export = exports.remove(USAGE.name()).ok_or(report)?;
        usage::measured(
            export,
            self::zones(&before.inputs, USAGE.name(), before.timezone),
            None,
        )
    })
}

fn zones(inputs: &BTreeMap<String, Input>, name: &str, workspace: Tz) -> Zones {
    let input = inputs[name].zone;
    Zones { input, workspace }
}
