//! Due charges -> lines with an amount.
//!
//! Owns what a pricing model means. Does not own which price applies (`identify/`) or rounding (`money/`).
//! Invariant: every due charge ends in exactly one line, one exclusion or one exception; no rate ever becomes a float.

mod adjust;
mod answer;
mod at_stake;
mod commitment;
mod credit;
mod due;
mod flat;
mod lines;
mod model;
mod per_unit;
mod source;
mod tiered;
mod usage;

use crate::diagnostic::Staged;
use crate::model::due::{DueCharges, UnusedDays};
use crate::model::line::{RatedLines, Settled};
use crate::model::scheme::{ChargeKind, Scheme};
use crate::money::Rounding;
pub use adjust::adjust;
use answer::Answer;
pub use at_stake::at_stake;
pub use commitment::true_up;
use due::Due;
use polars::prelude::{DataFrame, IdxSize};
use source::Source;
use std::collections::BTreeMap;

/// What has a price now.
#[derive(Clone, Debug)]
pub struct Rated {
    pub lines: RatedLines,
    /// Periods in which nothing was used: billed, without a line.
    pub settled: Vec<Settled>,
}

/// Prices what is due, and what is to be credited.
///
/// In: one row per (`service_id`, `charge`, `period_start`), schemes and charges known; the lines of orders, which no scheme
/// prices, are rounded as the workspace says. Out: a line each, `amount` rounded to the minor unit of its currency; a line
/// of kind `credit` for each row of unused days. Aside: the exclusion `no_usage`; `BW-R101` overflow, which parks the
/// account; `BW-R104` no price, `BW-R105` a price of the service's own on tiers and `BW-R106` one below zero where usage has a
/// maximum, which park the service.
pub fn rate(
    schemes: &BTreeMap<String, Scheme>,
    workspace_rounding: Rounding,
    due: &DueCharges,
    unused: &UnusedDays,
) -> Staged<Rated> {
    let frame = due.frame();
    let (sources, source_of, answers) = answered(schemes, workspace_rounding, frame);
    let sources: Vec<&Source<'_>> = sources.iter().map(|(source, _)| source).collect();
    // In the order of what is due, which is the same.
    let lines = lines::lines(frame, &answers, &sources, source_of);
    let lines = match unused.is_empty() {
        true => RatedLines::in_order(lines),
        false => {
            let mut both = lines
                .vstack(&credit::credit(unused))
                .expect("lines and credits have the same columns");
            both.rechunk_mut();
            RatedLines::checked(both)
        }
    };
    Staged {
        kept: Rated {
            lines,
            settled: answer::settled(frame, &answers),
        },
        aside: answer::aside(frame, &answers),
    }
}

/// Where the price of every row comes from, with the rows of each source; the number of its source for every row; and what it comes to.
type Answered<'a> = (Vec<(Source<'a>, Vec<usize>)>, Vec<IdxSize>, Vec<Answer>);

fn answered<'a>(
    schemes: &'a BTreeMap<String, Scheme>,
    workspace_rounding: Rounding,
    frame: &'a DataFrame,
) -> Answered<'a> {
    let columns = Due::of(frame);
    let sources = source::sources(frame, schemes, workspace_rounding);
    // Every row is of exactly one source.
    let mut answers = vec![Answer::Nothing; frame.height()];
    let mut source_of: Vec<IdxSize> = vec![0; frame.height()];
    for (number, (source, rows)) in (0..).zip(&sources) {
        for (row, answer) in rows.iter().zip(priced(source, rows, &columns)) {
            answers[*row] = answer;
            source_of[*row] = number;
        }
    }
    (sources, source_of, answers)
}

/// Prices the rows of one source, one after the other.
fn priced<'a>(
    source: &'a Source<'_>,
    rows: &'a [usize],
    due: &'a Due<'_>,
) -> Box<dyn Iterator<Item = Answer> + 'a> {
    match source.kind {
        ChargeKind::Recurring { proration, .. } => {
            let asked = rows.iter().map(|row| due.asked(*row));
            let worked = model::work(source.price, asked).zip(rows);
            Box::new(worked.map(move |(worked, row)| {
                let share = proration.charged(due.share(*row));
                let rounded = |worth| {
                    source
                        .rounding
                        .share(worth, source.times, share, source.currency)
                };
                Answer::from(worked.and_then(|worked| worked.priced(rounded)))
            }))
        }
        ChargeKind::OneTime => {
            let asked = rows.iter().map(|row| due.asked(*row));
            Box::new(model::work(source.price, asked).map(|worked| {
                let rounded = |worth| source.rounding.amount(worth, source.currency);
                Answer::from(worked.and_then(|worked| worked.priced(rounded)))
            }))
        }
        ChargeKind::Usage(usage) => {
            let used = rows.iter().map(|row| due.used(*row));
            Box::new(usage::rate(usage, source, used.collect()))
        }
    }
}

#[cfg(test)]
mod tests;
