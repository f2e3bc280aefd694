//! Usage: what was used beyond the included quantity, within the minimum and maximum of its period.

use super::answer::{Answer, Bound, Priced, Unpriced};
use super::due::Used;
use super::model::{self, Asked, Worked};
use super::source::Source;
use crate::model::scheme::{Allowance, Price, TierModel, Usage};
use crate::model::slices::Slices;
use crate::money::{Amount, Quantity, Rate, Ratio, Rounding, Worth};

/// Prices a column of usage.
///
/// A period may be billed in parts: each costs what the period has cost so far less what earlier parts cost, either rounded
/// as a whole, so that tiers and the included quantity go on where they stopped and the parts add up to the whole.
pub fn rate<'a>(
    usage: &'a Usage,
    source: &'a Source<'_>,
    used: Vec<Used>,
) -> impl Iterator<Item = Answer> + 'a {
    let so_far = worked(usage, source, &used);
    let both = used.into_iter().zip(so_far);
    both.map(|(used, so_far)| match part(usage, source, so_far, used) {
        Ok(None) => Answer::Nothing,
        Ok(Some(priced)) => Answer::Line(priced),
        Err(why) => Answer::Unpriced(why),
    })
}

/// What the usage of a period costs so far, from its first unit on.
fn worked(usage: &Usage, source: &Source<'_>, used: &[Used]) -> Vec<Result<Worked, Unpriced>> {
    let charged = |used: &Used| {
        let (so_far, _) = used.charged()?;
        let (days, _) = used.days();
        Some(Terms::of(usage, source, used, days)?.chargeable(so_far))
    };
    let charged: Vec<Option<Quantity>> = used.iter().map(charged).collect();
    let asked = charged.iter().zip(used).map(|(charged, used)| Asked {
        quantity: charged.unwrap_or_default(),
        own_price: used.own_price,
    });
    let worked = model::work(source.price, asked).zip(&charged).zip(used);
    let worked = worked.map(|((worked, charged), used)| {
        if used.own_price.is_some() && usage.each.has_limits() {
            return Err(Unpriced::PriceOnTiers);
        }
        let worked = worked?;
        let base = match charged.ok_or(Unpriced::Overflow)? {
            // A flat price is for usage, not for none.
            Quantity::ZERO => Worth::ZERO,
            _ => worked.worth,
        };
        let rows = used.of_rows().and_then(|(rows, _)| base.checked_add(rows));
        Ok(Worked {
            worth: rows.ok_or(Unpriced::Overflow)?,
            ..worked
        })
    });
    worked.collect()
}

/// What a period has beside its price.
struct Terms {
    included: Quantity,
    minimum: Option<Amount>,
    maximum: Option<Amount>,
}

impl Terms {
    /// Those of the first days of a full period that the charge has: what counts by days is their share, a quantity to the nearest
    /// of its decimals. `None` beyond what can be counted.
    fn of(usage: &Usage, source: &Source<'_>, used: &Used, days: i128) -> Option<Self> {
        let share = Ratio {
            numerator: days,
            denominator: used.share.period_days,
        };
        let by_days = |what| usage.prorated.contains(&what);
        let amount = |what, amount: Option<Amount>| match amount.filter(|_| by_days(what)) {
            Some(whole) => source
                .rounding
                .fraction(whole, share, source.currency)
                .map(Some),
            None => Some(amount),
        };
        // Of what is shared a part takes more only as long as all before it was included, so that holds for what came before too.
        let included = match (used.included, by_days(Allowance::Included)) {
            (Some(shared), _) => shared,
            (None, true) => {
                let units = usage.included.units().checked_mul(share.numerator)?;
                Quantity::from_units(Rounding::HalfUp.divide(units, share.denominator)?)?
            }
            (None, false) => usage.included,
        };
        Some(Self {
            // What went over had not been used, so what came before is as free without it.
            included: Quantity::from_units(used.carried.free(included.units()))?,
            minimum: amount(Allowance::Minimum, usage.minimum)?,
            maximum: amount(Allowance::Maximum, usage.maximum)?,
        })
    }

    /// What of a quantity is beyond what is included.
    fn chargeable(&self, used: Quantity) -> Quantity {
        used.max(self.included).minus(self.included)
    }

    /// The price of a period so far, brought to its maximum, or, once nothing can follow, to its minimum.
    fn bounded(&self, price: Amount, is_final: bool) -> (Amount, Option<Bound>) {
        match (self.minimum, self.maximum) {
            (_, Some(most)) if price > most => (most, Some(Bound::Maximum)),
            (Some(least), _) if is_final && price < least => (least, Some(Bound::Minimum)),
            _ => (price, None),
        }
    }
}

/// What earlier parts of it cost; a volume that reached another tier then keeps that.
fn earlier(terms: &Terms, price: &Price, so_far: &mut Worked, used: &Used) -> Option<Worth> {
    let (_, before) = used.charged()?;
    let before = terms.chargeable(before);
    let (_, rows) = used.of_rows()?;
    if before.is_zero() {
        return Some(rows);
    }
    let base = match (price, so_far.unit_price) {
        (Price::Flat(_), Some(rate)) => Worth::of(rate, Quantity::ONE),
        (Price::PerUnit(_), Some(rate)) => Worth::of(rate, before),
        (Price::Tiered(model, tiers), _) => {
            let earlier = Slices::of(*model, tiers, before);
            if *model == TierModel::Volume {
                let all = Slices::of(*model, tiers, so_far.quantity).after(&earlier);
                so_far.tiers = Some(all.to_string());
            }
            earlier.worth()
        }
        (Price::Windows(_), _) => Some(Worth::ZERO),
        (_, None) => unreachable!("a price without tiers is one"),
    };
    base?.checked_add(rows)
}

/// The amount of one part; `None` where nothing was used and nothing is to be paid.
fn part(
    usage: &Usage,
    source: &Source<'_>,
    so_far: Result<Worked, Unpriced>,
    used: Used,
) -> Result<Option<Priced>, Unpriced> {
    if usage.maximum.is_some() && used.own_price.is_some_and(Rate::is_negative) {
        return Err(Unpriced::FallsBelowMaximum);
    }
    let mut so_far = so_far?;
    let terms = |days| Terms::of(usage, source, &used, days).ok_or(Unpriced::Overflow);
    let (days, days_before) = used.days();
    let (now, before) = (terms(days)?, terms(days_before)?);
    let earlier = earlier(&before, source.price, &mut so_far, &used).ok_or(Unpriced::Overflow)?;
    let rounded = |worth| {
        let amount = source.rounding.amount(worth, source.currency);
        amount.ok_or(Unpriced::Overflow)
    };
    // Where an end has moved, what was brought to the minimum at the earlier one stays so.
    let is_final = used.is_final || used.is_raised;
    let (total, bound) = now.bounded(rounded(so_far.worth)?, is_final);
    let (paid, _) = before.bounded(rounded(earlier)?, used.is_raised);
    // A debit is rounded by itself, unless a limit has to hold for all of a period.
    let is_apart = source.is_prepaid && usage.minimum.is_none() && usage.maximum.is_none();
    let amount = match is_apart {
        true => so_far.worth.checked_sub(earlier).map(rounded).transpose()?,
        false => total.checked_sub(paid),
    };
    let amount = amount.ok_or(Unpriced::Overflow)?;
    // Days on which nothing was used belong to a debit all the same, and wait with it.
    // What was billed is told from what it would be, if that is nothing too.
    if used.now.is_zero() && amount.is_zero() && !source.is_prepaid && !used.is_again {
        return Ok(None);
    }
    Ok(Some(Priced {
        quantity: used.now,
        events: used.events.map(|events| events.to_string()),
        bound,
        included: (used.included.is_some() || usage.prorated.contains(&Allowance::Included))
            .then_some(now.included),
        // By days the price of what came before does not follow from what is included now.
        paid,
        is_paid_told: used.is_raised || !usage.prorated.is_empty() && !used.before.is_zero(),
        ..so_far.priced(|_| Some(amount))?
    }))
}
