//! Due charges -> lines with an amount.
//!
//! Owns what a pricing model means. Does not own which price applies (`identify/`) or rounding (`money/`).
//! Invariant: every due charge ends in exactly one line, one exclusion or one exception; no rate ever becomes a float.

mod answer;
mod credit;
mod due;
mod flat;
mod graduated;
mod lines;
mod model;
mod per_unit;
mod source;
mod usage;

use crate::diagnostic::Staged;
use crate::model::due::{DueCharges, UnusedDays};
use crate::model::line::{RatedLines, Settled};
use crate::model::scheme::{ChargeKind, Scheme};
use crate::money::Rounding;
use answer::{Answer, Priced, Unpriced};
use due::Due;
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
/// account; `BW-R104` no price and `BW-R105` a price of the service's own on tiers, which park the service.
pub fn rate(
    schemes: &BTreeMap<String, Scheme>,
    workspace_rounding: Rounding,
    due: &DueCharges,
    unused: &UnusedDays,
) -> Staged<Rated> {
    let frame = due.frame();
    let columns = Due::of(frame);
    let mut answers: Vec<Option<Answer>> = vec![None; frame.height()];
    let sources = source::sources(frame, schemes, workspace_rounding);
    let mut source_of: Vec<Option<&Source<'_>>> = vec![None; frame.height()];
    for (source, rows) in &sources {
        for (row, answer) in rows.iter().zip(priced(source, rows, &columns)) {
            answers[*row] = Some(answer);
            source_of[*row] = Some(source);
        }
    }
    let answers: Vec<Answer> = answers.into_iter().flatten().collect();
    let source_of: Vec<&Source<'_>> = source_of.into_iter().flatten().collect();
    assert_eq!(
        answers.len(),
        frame.height(),
        "every due charge belongs to one price"
    );
    let lines = lines::lines(frame, &answers, &source_of)
        .vstack(&credit::credit(unused))
        .expect("lines and credits have the same columns");
    Staged {
        kept: Rated {
            lines: RatedLines::checked(lines),
            settled: answer::settled(frame, &answers),
        },
        aside: answer::aside(frame, &answers),
    }
}

/// Prices the rows of one source.
fn priced(source: &Source<'_>, rows: &[usize], due: &Due<'_>) -> Vec<Answer> {
    if let ChargeKind::Usage(usage) = source.kind {
        return usage::rate(usage, source, rows, due);
    }
    let asked = rows.iter().map(|row| due.asked(*row));
    let worked = model::work(source.price, asked);
    let amounts = rows.iter().zip(worked).map(|(row, worked)| {
        let worked = worked?;
        let amount = match source.kind {
            ChargeKind::Recurring { proration, .. } => {
                let share = proration.charged(due.share(*row));
                let rounding = source.rounding;
                rounding.share(worked.worth, source.times, share, source.currency)
            }
            _ => source.rounding.amount(worked.worth, source.currency),
        };
        Ok(Priced {
            amount: amount.ok_or(Unpriced::Overflow)?,
            quantity: worked.quantity,
            unit_price: worked.unit_price,
            is_own_price: worked.is_own_price,
            tiers: worked.tiers,
            bound: None,
        })
    });
    amounts.map(Answer::from).collect()
}

#[cfg(test)]
mod tests;
