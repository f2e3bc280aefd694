//! Usage: the one large table, read by whole columns and kept in the order in which it is billed.

mod arrange;
mod moment;
mod moments;
mod repeats;
mod seen;
mod zone;

pub use seen::Seen;

use super::asides;
use super::column::{self, Fault};
use super::demands::USAGE;
use super::export::Export;
use super::ids;
use super::origin::Origin;
use super::references::Owners;
use super::typed::refuse_shape;
use crate::diagnostic::{Aside, AsideKind, Reach, Report};
use crate::model::table::{Columns, internal};
use chrono_tz::Tz;
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Usage as it was read, in the order of its files.
pub struct Measured {
    pub origin: Origin,
    /// The columns of the schema but `readers`. A value that does not fit is null.
    pub frame: DataFrame,
    faults: Vec<Fault>,
}

/// Usage of known services, as tables have it.
pub struct Bound {
    pub frame: DataFrame,
    pub repeated: usize,
    pub orphans: usize,
    pub aside: Vec<Aside>,
}

/// Reads values and times. `zone` is that of times without one, `timezone` the workspace's, whose days count.
///
/// Errors: `BW-F112` a column is missing, `BW-V101` no id.
pub fn measured(export: Export, zone: Option<Tz>, timezone: Tz) -> Result<Measured, Report> {
    refuse_shape(&export, USAGE)?;
    let Export { origin, frame } = export;
    let moments = || moments::read(&frame, zone, timezone);
    let others = || {
        USAGE
            .schema
            .columns
            .par_iter()
            .filter(|(name, _)| !matches!(*name, "used_at" | "used_on" | "readers"))
            .map(|(name, kind)| column::read(&frame, USAGE, name, *kind))
            .collect::<PolarsResult<Vec<_>>>()
    };
    let (moments, others) = rayon::join(moments, others);
    let (mut columns, mut faults) = moments.map_err(internal)?;
    for (column, found) in others.map_err(internal)? {
        columns.push(column);
        faults.extend(found);
    }
    let frame = DataFrame::new(frame.height(), columns).map_err(internal)?;
    let names = USAGE.schema.columns.iter().map(|(name, _)| *name);
    let frame = frame
        .select(names.filter(|name| *name != "readers"))
        .map_err(internal)?;
    let without_id = ids::empty(frame.text("usage_id"));
    let report = ids::told(without_id.map(|index| ids::no_id(origin.place(index, "usage_id"))));
    report.unless_errors(Measured {
        origin,
        frame,
        faults,
    })
}

impl Measured {
    /// Ties usage to its services.
    ///
    /// Out: rows that were there before are passed over and counted; those of an unknown service are orphans, told once for each
    /// (`BW-X105`). Values that do not fit park the account, told once for each of its columns with the count.
    /// `readers` is that column of the schema.
    /// Errors: `BW-X120` an id with other content.
    pub fn tie(self, owners: &Owners, readers: Column) -> Result<Bound, Report> {
        let (places, _) = owners.places_of(self.frame.text("service_id"))?;
        let again = repeats::within(&self)?;
        let mut keep = vec![true; self.frame.height()];
        for index in &again {
            keep[*index] = false;
        }
        let mut aside = self.faults_aside(&places, owners, &keep);
        let mut orphans = BTreeMap::new();
        if places.null_count() > 0 {
            for index in (0..keep.len()).filter(|index| places.get(*index).is_none()) {
                if std::mem::take(&mut keep[index]) {
                    let service = self.frame.text("service_id").get(index);
                    orphans.entry(service).or_insert((index, 0)).1 += 1;
                }
            }
        }
        let orphaned = orphans.values().map(|(_, count)| *count).sum();
        aside.extend(
            orphans
                .into_iter()
                .map(|(service, (first, count))| self.orphan(service, first, count)),
        );
        let frame = arrange::by_service_and_time(&self, &places, &keep, readers)?;
        Ok(Bound {
            frame,
            repeated: again.len(),
            orphans: orphaned,
            aside,
        })
    }

    fn faults_aside(&self, places: &UInt32Chunked, owners: &Owners, keep: &[bool]) -> Vec<Aside> {
        let mut told: BTreeMap<(&str, &str, &str), (usize, &Fault)> = BTreeMap::new();
        for fault in self.faults.iter().filter(|fault| keep[fault.index]) {
            let Some(place) = places.get(fault.index) else {
                continue;
            };
            let key = (owners.at(place as usize), fault.column, fault.misfit.code);
            let (count, first) = told.entry(key).or_insert((0, fault));
            *count += 1;
            if fault.index < first.index {
                *first = fault;
            }
        }
        let told = told
            .into_iter()
            .map(|((account, column, code), (count, fault))| {
                let place = self.origin.place(fault.index, column);
                let more = and_more(count);
                Aside {
                    account_id: account.to_owned(),
                    service_id: self.frame.text_at("service_id", fault.index).to_owned(),
                    code,
                    message: format!("{place}: {}{more}", fault.misfit.message),
                    ..NOBODY
                }
            });
        told.collect()
    }

    fn orphan(&self, service: Option<&str>, first: usize, count: usize) -> Aside {
        let place = self.origin.place(first, "service_id");
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
    }
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
