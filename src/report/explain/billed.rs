//! Claims as what they come to: the days of a charge that are billed.

use crate::calendar::{Date, Period};
use crate::report::row::Row;
use std::collections::BTreeMap;

/// Billed days by charge, as intervals that neither touch nor overlap, oldest first.
///
/// Takes rows of `watermark` of one service. A reopened day is billed again only by a further claim, whatever the order of rows.
pub fn billed<'a>(claims: impl Iterator<Item = Row<'a>>) -> BTreeMap<&'a str, Vec<Period>> {
    let mut steps: BTreeMap<&str, BTreeMap<Date, i32>> = BTreeMap::new();
    for claim in claims {
        let Some(period) = claim.period("billed_from", "billed_through") else {
            continue;
        };
        let step = if claim.text("effect") == "reopened" {
            -1
        } else {
            1
        };
        let days = steps.entry(claim.text("charge")).or_default();
        *days.entry(period.start).or_default() += step;
        *days.entry(period.end).or_default() -= step;
    }
    let charges = steps.into_iter();
    charges
        .map(|(charge, days)| (charge, intervals(days)))
        .collect()
}

/// The days at which the running sum of the steps is above zero.
fn intervals(steps: BTreeMap<Date, i32>) -> Vec<Period> {
    let mut intervals = Vec::new();
    let (mut depth, mut start) = (0, None);
    for (day, step) in steps {
        depth += step;
        match start {
            None if depth > 0 => start = Some(day),
            Some(first) if depth <= 0 => {
                intervals.push(Period::new(first, day));
                start = None;
            }
            _ => {}
        }
    }
    intervals
}
