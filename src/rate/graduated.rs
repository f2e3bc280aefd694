//! `graduated`: each part of the quantity at the price of the tier it lies in.

use super::answer::Unpriced;
use super::model::{Asked, Worked};
use crate::model::scheme::Tier;
use crate::model::slices::Slices;

/// A tier's flat part is added once where any of the quantity lies in it. One price of the service's own cannot stand for
/// several.
pub fn work(tiers: &[Tier], asked: Asked) -> Result<Worked, Unpriced> {
    if asked.own_price.is_some() {
        return Err(Unpriced::PriceOnTiers);
    }
    let slices = Slices::of(tiers, asked.quantity);
    Ok(Worked {
        worth: slices.worth().ok_or(Unpriced::Overflow)?,
        quantity: asked.quantity,
        unit_price: None,
        is_own_price: false,
        tiers: (!slices.0.is_empty()).then(|| slices.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Quantity, Rate, Rounding};

    fn amount(quantity: &str) -> String {
        let tier = |to: Option<&str>, unit: &str, flat: &str| Tier {
            to: to.map(|bound| Quantity::parse(bound).unwrap()),
            unit: Rate::parse(unit).unwrap(),
            flat: Rate::parse(flat).unwrap(),
        };
        let tiers = [tier(Some("1000"), "0.01", "0"), tier(None, "0.008", "2.50")];
        let asked = Asked {
            quantity: Quantity::parse(quantity).unwrap(),
            own_price: None,
        };
        let worth = work(&tiers, asked).unwrap().worth;
        let amount = Rounding::HalfUp.amount(worth, Currency::USD).unwrap();
        amount.to_string()
    }

    #[test]
    fn a_tier_costs_its_units_and_its_flat_part_once_anything_lies_in_it() {
        assert_eq!(amount("0"), "0.00");
        assert_eq!(amount("1000"), "10.00");
        assert_eq!(amount("1000.5"), "12.50");
        assert_eq!(amount("2500"), "24.50");
    }

    #[test]
    fn one_price_of_the_service_cannot_stand_for_several() {
        let asked = Asked {
            quantity: Quantity::ONE,
            own_price: Some(Rate::ZERO),
        };
        assert_eq!(work(&[], asked), Err(Unpriced::PriceOnTiers));
    }
}
