//! `flat`: one price, whatever the quantity.

use super::answer::Unpriced;
use super::model::{Asked, Worked};
use crate::money::{Quantity, Rate, Worth};

/// A service's own price replaces the listed one.
pub fn work(listed: Rate, asked: Asked) -> Result<Worked, Unpriced> {
    let price = asked.own_price.unwrap_or(listed);
    Ok(Worked {
        worth: Worth::of(price, Quantity::ONE).ok_or(Unpriced::Overflow)?,
        quantity: Quantity::ONE,
        unit_price: Some(price),
        is_own_price: asked.own_price.is_some(),
        tiers: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantity_does_not_matter_and_the_services_price_goes_first() {
        let rate = |text| Rate::parse(text).unwrap();
        let asked = |own_price| Asked {
            quantity: Quantity::parse("7").unwrap(),
            own_price,
        };
        let listed = work(rate("20.01"), asked(None)).unwrap();
        let worth = Worth::of(rate("20.01"), Quantity::ONE).unwrap();
        assert_eq!((listed.worth, listed.is_own_price), (worth, false));
        let own = work(rate("20.01"), asked(Some(rate("5")))).unwrap();
        assert_eq!((own.unit_price, own.is_own_price), (Some(rate("5")), true));
    }
}
