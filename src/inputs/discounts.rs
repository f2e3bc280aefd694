//! What a discount or a credit has to say beyond the types of its columns.

use super::asides::parked;
use super::typed::Typed;
use super::value::quoted;
use crate::diagnostic::Aside;
use crate::model::table::Columns;
use crate::money::{Amount, Rate};
use polars::prelude::StringChunked;

/// Discounts that do not say what they take off: `BW-V145` neither a percentage nor an amount, or both; `BW-V143` more than all of it;
/// `BW-V140` less than nothing.
pub fn faults(discounts: &Typed, owners: &StringChunked) -> Vec<Aside> {
    let frame = &discounts.frame;
    let percents = frame
        .units("percent")
        .map(|units| units.and_then(Rate::from_units));
    let rows = percents
        .zip(amounts(discounts, "amount"))
        .zip(owners.iter());
    let told = rows
        .enumerate()
        .filter_map(|(index, ((percent, amount), owner))| {
            let most = Rate::parse("100").expect("a number");
            let (column, code, message) = match (percent, amount) {
                (Some(percent), None) if percent.is_negative() || percent > most => (
                    "percent",
                    "BW-V143",
                    format!("{} is not from 0 to 100", quoted(&percent.to_string())),
                ),
                (None, Some(amount)) if amount.is_negative() => {
                    ("amount", "BW-V140", negative(amount))
                }
                (Some(_), None) | (None, Some(_)) => return None,
                (None, None) if has_faults(discounts, index) => return None,
                (None, None) => (
                    "percent",
                    "BW-V145",
                    "neither a percentage nor an amount; fill in one of them".to_owned(),
                ),
                (Some(_), Some(_)) => (
                    "amount",
                    "BW-V145",
                    "an amount beside a percentage; leave one of them empty".to_owned(),
                ),
            };
            Some(parked(discounts, index, owner?, column, code, &message))
        });
    told.collect()
}

/// Credits of less than nothing: `BW-V140`.
pub fn faults_of_credits(credits: &Typed, owners: &StringChunked) -> Vec<Aside> {
    let rows = amounts(credits, "amount").zip(owners.iter()).enumerate();
    let told = rows.filter_map(|(index, (amount, owner))| {
        let amount = amount.filter(|amount| amount.is_negative())?;
        Some(parked(
            credits,
            index,
            owner?,
            "amount",
            "BW-V140",
            &negative(amount),
        ))
    });
    told.collect()
}

/// A value that could not be read is told already, and is not missing.
fn has_faults(table: &Typed, index: usize) -> bool {
    let mut faults = table.faults.iter();
    faults.any(|fault| fault.index == index && matches!(fault.column, "percent" | "amount"))
}

fn amounts(table: &Typed, column: &str) -> impl Iterator<Item = Option<Amount>> {
    let units = table.frame.units(column);
    units.map(|units| units.and_then(Amount::from_units))
}

fn negative(amount: Amount) -> String {
    format!(
        "{} is negative; what is to be paid is a charge or the line of an order",
        quoted(&amount.to_string())
    )
}
