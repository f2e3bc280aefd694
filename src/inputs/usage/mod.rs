//! Usage: the one large table, read by whole columns and kept in the order in which it is billed.

mod arrange;
mod count;
mod gather;
mod heap;
mod moment;
pub mod moments;
mod repeats;
mod seen;

pub use gather::Zones;
pub use seen::Seen;

use super::asides;
use super::column;
use super::demands::USAGE;
use super::export::Export;
use super::ids;
use super::origin::Origin;
use super::pieces::Pieces;
use super::typed::refuse_shape;
use crate::diagnostic::{Aside, AsideKind, Place, Reach, Report};
use crate::model::counting::Counting;
use crate::model::index::Index;
use crate::model::table::{Columns, internal};
use crate::model::usage::Usage;
use gather::PlacedFault;
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Usage with everything that tells whether a row came before, in the order of its files.
pub struct Measured {
    pub origin: Origin,
    /// The columns of the schema but `readers`. A value that does not fit is null.
    pub frame: DataFrame,
    /// Where its rows stand among all of its origin, where they are not all of them.
    positions: Option<Vec<usize>>,
}

/// Usage of known services.
pub struct Bound {
    pub usage: Usage,
    pub repeated: usize,
    pub orphans: usize,
    pub aside: Vec<Aside>,
}

/// The services that usage can be of.
pub struct Services<'a> {
    pub index: &'a Index,
    /// Of every row.
    pub ids: &'a StringChunked,
    pub accounts: &'a StringChunked,
}

/// Reads values and times. `positions` are those of its rows among all of its origin, where they are not all of them.
///
/// Errors: `BW-F112` a column is missing, `BW-V101` no id.
pub fn measured(
    export: Export,
    zones: Zones,
    positions: Option<Vec<usize>>,
) -> Result<Measured, Report> {
    refuse_shape(&export, USAGE)?;
    let Export { origin, frame } = export;
    let moments = || moments::read(&frame, moments::USED, zones.input, zones.workspace);
    let others = || {
        USAGE
            .schema
            .columns
            .par_iter()
            .filter(|(name, _)| !matches!(*name, "used_at" | "used_on"))
            .map(|(name, kind)| column::read(&frame, USAGE, name, *kind))
            .collect::<PolarsResult<Vec<_>>>()
    };
    let (moments, others) = rayon::join(moments, others);
    let (mut columns, _) = moments.map_err(internal)?;
    columns.extend(
        others
            .map_err(internal)?
            .into_iter()
            .map(|(column, _)| column),
    );
    let frame = DataFrame::new(frame.height(), columns).map_err(internal)?;
    let names = USAGE.schema.columns.iter().map(|(name, _)| *name);
    let frame = frame.select(names).map_err(internal)?;
    let measured = Measured {
        origin,
        frame,
        positions,
    };
    let without_id = ids::empty(measured.frame.text("usage_id"));
    let report = ids::told(without_id.map(|row| ids::no_id(measured.place(row, "usage_id"))));
    report.unless_errors(measured)
}

impl Measured {
    /// Where a value stands in its file.
    pub fn place(&self, row: usize, column: &str) -> Place {
        let row = self.positions.as_ref().map_or(row, |rows| rows[row]);
        self.origin.place(row, column)
    }
}

/// Reads usage and ties it to its services. `seen` says which earlier runs have read each row.
///
/// Out: rows that were there before are passed over and counted; those of an unknown service are orphans, told once for each
/// (`BW-X105`). Values that do not fit park the account, told once for each of its columns with the count.
/// Errors: `BW-V101` no id, `BW-X120` an id with other content, `BW-D245` and `BW-D246` a column that is counted by and is not
/// there, and those of reading.
pub fn bound(
    pieces: Pieces,
    services: &Services<'_>,
    (zones, counting): (Zones, &Counting),
    seen: Seen,
) -> Result<Bound, Report> {
    let count = services.ids.len();
    let mut gathered = gather::gather(&pieces, (services.index, count), (zones, counting))?;
    let origin = &pieces.origin;
    let without_id = gathered.without_id.iter();
    let without_id = without_id.map(|row| ids::no_id(origin.place(*row, "usage_id")));
    ids::told(without_id).unless_errors(())?;
    let again = match gathered.ids_ascend {
        true => Vec::new(),
        false => repeats::of_pieces(&pieces, zones)?,
    };
    let is_kept = |row: usize| again.binary_search(&row).is_err();
    gathered.faults.retain(|placed| is_kept(placed.fault.index));
    gathered.strangers.retain(|(row, _)| is_kept(*row));
    let mut aside = faults_aside(&gathered.faults, services, origin);
    let orphans = gathered.strangers.len();
    aside.extend(orphans_aside(&gathered.strangers, origin));
    drop(pieces);
    Ok(Bound {
        usage: arrange::by_service(gathered, seen, &again, count, (counting, zones.workspace)),
        repeated: again.len(),
        orphans,
        aside,
    })
}

fn faults_aside(faults: &[PlacedFault], services: &Services<'_>, origin: &Origin) -> Vec<Aside> {
    let mut told: BTreeMap<(&str, &str, &str), (usize, &PlacedFault)> = BTreeMap::new();
    for placed in faults {
        let account = services.accounts.get(placed.place as usize);
        let key = (
            account.unwrap_or_default(),
            placed.fault.column,
            placed.fault.misfit.code,
        );
        let (count, first) = told.entry(key).or_insert((0, placed));
        *count += 1;
        if placed.fault.index < first.fault.index {
            *first = placed;
        }
    }
    let told = told
        .into_iter()
        .map(|((account, column, code), (count, placed))| {
            let fault = &placed.fault;
            let place = origin.place(fault.index, column);
            let more = and_more(count);
            let service = services.ids.get(placed.place as usize);
            Aside {
                account_id: account.to_owned(),
                service_id: service.unwrap_or_default().to_owned(),
                code,
                message: format!("{place}: {}{more}", fault.misfit.message),
                ..NOBODY
            }
        });
    told.collect()
}

fn orphans_aside(strangers: &[(usize, Option<String>)], origin: &Origin) -> Vec<Aside> {
    let mut told: BTreeMap<Option<&str>, (usize, usize)> = BTreeMap::new();
    for (row, service) in strangers {
        told.entry(service.as_deref()).or_insert((*row, 0)).1 += 1;
    }
    let told = told.into_iter().map(|(service, (first, count))| {
        let place = origin.place(first, "service_id");
        let message = match service {
            Some(id) => asides::unknown("service_id", id),
            None => "no service is named; the row is billed to nobody".to_owned(),
        };
        Aside {
            reach: Reach::Row,
            service_id: service.unwrap_or_default().to_owned(),
            code: "BW-X105",
            message: format!("{place}: {message}{}", and_more(count)),
            ..NOBODY
        }
    });
    told.collect()
}

fn and_more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        2 => ", and 1 row like it".to_owned(),
        _ => format!(", and {} rows like it", count - 1),
    }
}

const NOBODY: Aside = Aside {
    kind: AsideKind::Exception,
    reach: Reach::Account,
    account_id: String::new(),
    subscription_id: String::new(),
    service_id: String::new(),
    charge: String::new(),
    stage: "inputs",
    code: "",
    message: String::new(),
};
