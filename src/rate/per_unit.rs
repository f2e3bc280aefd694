//! `per_unit`: a price times the quantity.

use super::answer::Unpriced;
use super::model::{Asked, Worked};
use crate::model::scheme::UnitPrice;
use crate::money::Worth;

/// A service's own price replaces the listed one.
pub fn work(listed: &UnitPrice, asked: Asked) -> Result<Worked, Unpriced> {
    let price = match (asked.own_price, listed) {
        (Some(own), _) => own,
        (None, UnitPrice::Listed(listed)) => *listed,
        (None, UnitPrice::FromService) => return Err(Unpriced::NoPrice),
    };
    Ok(Worked {
        worth: Worth::of(price, asked.quantity).ok_or(Unpriced::Overflow)?,
        quantity: asked.quantity,
        unit_price: Some(price),
        is_own_price: asked.own_price.is_some(),
        tiers: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, LineRounding, Quantity, Rate, Rounding};

    fn amount(listed: UnitPrice, own_price: Option<&str>, quantity: &str) -> Option<String> {
        let asked = Asked {
            quantity: Quantity::parse(quantity).unwrap(),
            own_price: own_price.map(|price| Rate::parse(price).unwrap()),
        };
        let worked = work(&listed, asked).ok()?;
        let amount = LineRounding::from(Rounding::HalfUp).amount(worked.worth, Currency::USD)?;
        Some(amount.to_string())
    }

    #[test]
    fn a_price_is_multiplied_by_the_quantity_and_rounded_once() {
        let listed = UnitPrice::Listed(Rate::parse("0.333").unwrap());
        assert_eq!(amount(listed.clone(), None, "2.5"), Some("0.83".to_owned()));
        assert_eq!(amount(listed, Some("1.10"), "3"), Some("3.30".to_owned()));
    }

    #[test]
    fn a_price_the_service_should_name_and_does_not_is_an_exception() {
        let asked = Asked {
            quantity: Quantity::ONE,
            own_price: None,
        };
        assert_eq!(work(&UnitPrice::FromService, asked), Err(Unpriced::NoPrice));
    }

    #[test]
    fn an_amount_beyond_the_limit_is_none() {
        let most = Some("999999999.999999999");
        assert_eq!(
            amount(UnitPrice::FromService, most, "999999999999.999999"),
            None
        );
    }
}
