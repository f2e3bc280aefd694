//! `graduated`, `volume`, `package`, `percentage`, `graduated_percentage`: prices that depend on how much it is.

use super::answer::Unpriced;
use super::model::{Asked, Worked};
use crate::model::scheme::{Tier, TierModel};
use crate::model::slices::Slices;

/// A tier's flat part is added once where any of the quantity lies in it. One price of the service's own cannot stand for
/// several.
pub fn work(model: TierModel, tiers: &[Tier], asked: Asked) -> Result<Worked, Unpriced> {
    if asked.own_price.is_some() {
        return Err(Unpriced::PriceOnTiers);
    }
    let slices = Slices::of(model, tiers, asked.quantity);
    Ok(Worked {
        worth: slices.worth().ok_or(Unpriced::Overflow)?,
        quantity: asked.quantity,
        unit_price: None,
        is_own_price: false,
        tiers: (!slices.all.is_empty()).then(|| slices.text()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::package::{Package, Partial};
    use crate::money::{Currency, LineRounding, Quantity, Rate, Rounding};

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    fn tier(to: Option<&str>, unit: &str, flat: &str) -> Tier {
        Tier {
            to: to.map(quantity),
            package: None,
            per: None,
            unit: Rate::parse(unit).unwrap(),
            flat: Rate::parse(flat).unwrap(),
        }
    }

    fn package(size: &str) -> Option<Package> {
        let size = quantity(size);
        let partial = Partial::Up;
        Some(Package { size, partial })
    }

    fn worked(model: TierModel, tiers: &[Tier], asked: &str) -> Result<Worked, Unpriced> {
        let asked = Asked {
            quantity: quantity(asked),
            own_price: None,
        };
        work(model, tiers, asked)
    }

    fn amount(model: TierModel, tiers: &[Tier], asked: &str) -> String {
        let worth = worked(model, tiers, asked).unwrap().worth;
        let amount = LineRounding::from(Rounding::HalfUp)
            .amount(worth, Currency::USD)
            .unwrap();
        amount.to_string()
    }

    #[test]
    fn a_tier_costs_its_units_and_its_flat_part_once_anything_lies_in_it() {
        let tiers = [tier(Some("1000"), "0.01", "0"), tier(None, "0.008", "2.50")];
        let amount = |asked| amount(TierModel::Graduated, &tiers, asked);
        assert_eq!(amount("0"), "0.00");
        assert_eq!(amount("1000"), "10.00");
        assert_eq!(amount("1000.5"), "12.50");
        assert_eq!(amount("2500"), "24.50");
    }

    #[test]
    fn all_of_a_volume_costs_what_the_tier_it_reaches_does() {
        let tiers = [tier(Some("1000"), "0.01", "0"), tier(None, "0.008", "2.50")];
        let amount = |asked| amount(TierModel::Volume, &tiers, asked);
        assert_eq!(amount("0"), "0.00");
        assert_eq!(amount("1000"), "10.00");
        assert_eq!(amount("1000.5"), "10.50");
        assert_eq!(amount("2500"), "22.50");
    }

    #[test]
    fn what_is_begun_of_a_package_costs_the_whole() {
        let package = Tier {
            package: package("10"),
            ..tier(None, "4", "0")
        };
        let amount = |asked| amount(TierModel::Package, &[package], asked);
        assert_eq!(amount("0"), "0.00");
        assert_eq!(amount("0.000001"), "4.00");
        assert_eq!(amount("10"), "4.00");
        assert_eq!(amount("121"), "52.00");
    }

    /// P12: overflow is refused, never wrapped.
    #[test]
    fn more_packages_than_can_be_counted_are_refused() {
        let package = Tier {
            package: package("0.000001"),
            ..tier(None, "4", "0")
        };
        let worked = worked(TierModel::Package, &[package], "999999999999");
        assert_eq!(worked, Err(Unpriced::Overflow));
    }

    #[test]
    fn one_price_of_the_service_cannot_stand_for_several() {
        let asked = Asked {
            quantity: Quantity::ONE,
            own_price: Some(Rate::ZERO),
        };
        let worked = work(TierModel::Graduated, &[], asked);
        assert_eq!(worked, Err(Unpriced::PriceOnTiers));
    }
}
