//! Rows in the order they are billed in: by service, then by time.

use super::Measured;
use crate::diagnostic::Report;
use crate::model::account::USAGE;
use crate::model::table::{Columns, internal};
use polars::prelude::*;
use rayon::prelude::*;

/// The rows to keep, by service, time and id. `readers` is that column of the schema.
///
/// Services are counted first and their rows dealt out, so that only the few rows of one service are ever compared.
pub fn by_service_and_time(
    usage: &Measured,
    places: &UInt32Chunked,
    keep: &[bool],
    readers: Column,
) -> Result<DataFrame, Report> {
    let mut frame = usage.frame.clone();
    frame.with_column(readers).map_err(internal)?;
    let services = places.max().map_or(0, |most| most as usize + 1);
    // Where the rows of each service end; before they are dealt out, where they begin.
    let mut ends = vec![0_usize; services + 1];
    let kept = || {
        places
            .iter()
            .enumerate()
            .filter(|(row, _)| keep[*row])
            .filter_map(|(row, place)| Some((row, place? as usize)))
    };
    for (_, place) in kept() {
        ends[place + 1] += 1;
    }
    for place in 0..services {
        ends[place + 1] += ends[place];
    }
    let mut order: Vec<IdxSize> = vec![0; ends[services]];
    for (row, place) in kept() {
        order[ends[place]] = row as IdxSize;
        ends[place] += 1;
    }
    sort_each(&mut order, &ends, &usage.frame);
    let order = IdxCa::from_vec("order".into(), order);
    let names = USAGE.columns.iter().map(|(name, _)| *name);
    frame
        .take(&order)
        .and_then(|frame| frame.select(names))
        .map_err(internal)
}

/// Sorts the rows of each service, which end where `ends` says, by time and then by id; those without a time stand first.
fn sort_each(order: &mut [IdxSize], ends: &[usize], usage: &DataFrame) {
    let ids = usage.text("usage_id");
    let times: Vec<i64> = usage
        .counts("used_at")
        .iter()
        .map(|at| at.unwrap_or(i64::MIN))
        .collect();
    let mut groups = Vec::new();
    let mut rest = order;
    let mut begin = 0;
    for end in ends {
        let (group, others) = rest.split_at_mut(end - begin);
        rest = others;
        begin = *end;
        if group.len() > 1 {
            groups.push(group);
        }
    }
    groups
        .into_par_iter()
        .for_each_init(Vec::new, |timed: &mut Vec<(i64, IdxSize)>, rows| {
            timed.clear();
            timed.extend(rows.iter().map(|row| (times[*row as usize], *row)));
            timed.sort_unstable_by(|one, other| {
                let by_id = || ids.get(one.1 as usize).cmp(&ids.get(other.1 as usize));
                one.0.cmp(&other.0).then_with(by_id)
            });
            for (row, (_, sorted)) in rows.iter_mut().zip(timed) {
                *row = *sorted;
            }
        });
}
