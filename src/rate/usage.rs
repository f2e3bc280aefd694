//! Usage: what was used beyond the included quantity, within the minimum and maximum of its period.

use super::answer::{Answer, Bound, Priced, Unpriced};
use super::due::{Due, Used};
use super::model::{self, Asked, Worked};
use super::source::Source;
use crate::model::scheme::Usage;
use crate::money::{Amount, Quantity, Worth};

/// Prices a column of usage.
///
/// A period may be billed in parts: each costs what the period has cost so far less what earlier parts cost, either rounded
/// as a whole, so that tiers and the included quantity go on where they stopped and the parts add up to the whole.
pub fn rate(usage: &Usage, source: &Source<'_>, rows: &[usize], due: &Due<'_>) -> Vec<Answer> {
    let used: Vec<Used> = rows.iter().map(|row| due.used(*row)).collect();
    let so_far = worked(usage, source, rows, due, |used| {
        used.before.checked_add(used.now).ok_or(Unpriced::Overflow)
    });
    let earlier = worked(usage, source, rows, due, |used| Ok(used.before));
    let parts = so_far.into_iter().zip(earlier).zip(used);
    parts
        .map(
            |((so_far, earlier), used)| match part(usage, source, so_far, earlier, used) {
                Ok(None) => Answer::Nothing,
                Ok(Some(priced)) => Answer::Line(priced),
                Err(why) => Answer::Unpriced(why),
            },
        )
        .collect()
}

/// What the given quantity of each row costs, from the first unit of its period on.
fn worked(
    usage: &Usage,
    source: &Source<'_>,
    rows: &[usize],
    due: &Due<'_>,
    quantity: impl Fn(Used) -> Result<Quantity, Unpriced>,
) -> Vec<Result<Worked, Unpriced>> {
    let quantities: Vec<_> = rows
        .iter()
        .map(|row| quantity(due.used(*row)).map(|used| chargeable(usage, used)))
        .collect();
    let asked = rows.iter().zip(&quantities).map(|(row, quantity)| Asked {
        quantity: quantity.unwrap_or_default(),
        ..due.asked(*row)
    });
    let worked = model::work(source.price, asked);
    let worked = worked.into_iter().zip(quantities);
    worked
        .map(|(worked, quantity)| match (worked?, quantity?) {
            // A flat price is for usage, not for none.
            (worked, Quantity::ZERO) => Ok(Worked {
                worth: Worth::ZERO,
                ..worked
            }),
            (worked, _) => Ok(worked),
        })
        .collect()
}

fn chargeable(usage: &Usage, used: Quantity) -> Quantity {
    used.max(usage.included).minus(usage.included)
}

/// The amount of one part; `None` where nothing was used and nothing is to be paid.
fn part(
    usage: &Usage,
    source: &Source<'_>,
    so_far: Result<Worked, Unpriced>,
    earlier: Result<Worked, Unpriced>,
    used: Used,
) -> Result<Option<Priced>, Unpriced> {
    let (so_far, earlier) = (so_far?, earlier?);
    let rounded = |worth| {
        let amount = source.rounding.amount(worth, source.currency);
        amount.ok_or(Unpriced::Overflow)
    };
    let (total, bound) = bounded(usage, rounded(so_far.worth)?, used.is_final);
    let (paid, _) = bounded(usage, rounded(earlier.worth)?, false);
    let amount = total.checked_sub(paid).ok_or(Unpriced::Overflow)?;
    if used.now.is_zero() && amount.is_zero() {
        return Ok(None);
    }
    Ok(Some(Priced {
        amount,
        quantity: used.now,
        unit_price: so_far.unit_price,
        is_own_price: so_far.is_own_price,
        tiers: so_far.tiers,
        bound,
    }))
}

/// The price of a period so far, brought to its maximum, or, once nothing can follow, to its minimum.
fn bounded(usage: &Usage, price: Amount, is_final: bool) -> (Amount, Option<Bound>) {
    match (usage.minimum, usage.maximum) {
        (_, Some(most)) if price > most => (most, Some(Bound::Maximum)),
        (Some(least), _) if is_final && price < least => (least, Some(Bound::Minimum)),
        _ => (price, None),
    }
}
