//! `per_unit`: a price times the quantity.

use super::{Answer, Asked, PriceFrom, Priced, Unpriced};
use crate::model::scheme::UnitPrice;
use crate::money::{Currency, Rounding};

/// Prices a column of due charges; a service's own price replaces the listed one.
pub fn rate(
    listed: &UnitPrice,
    rounding: Rounding,
    currency: Currency,
    due: impl Iterator<Item = Asked>,
) -> impl Iterator<Item = Answer> {
    due.map(move |asked| {
        let (unit_price, price_from) = match (asked.own_price, listed) {
            (Some(own), _) => (own, PriceFrom::Service),
            (None, UnitPrice::Listed(listed)) => (*listed, PriceFrom::Scheme),
            (None, UnitPrice::FromService) => return Err(Unpriced::NoPrice),
        };
        let amount = rounding
            .price(unit_price, asked.quantity, asked.share, currency)
            .ok_or(Unpriced::Overflow)?;
        Ok(Priced {
            amount,
            unit_price,
            quantity: asked.quantity,
            price_from,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Quantity, Rate, Share};

    fn answer(
        listed: UnitPrice,
        own_price: Option<&str>,
        quantity: &str,
    ) -> Result<String, Unpriced> {
        let asked = Asked {
            quantity: Quantity::parse(quantity).unwrap(),
            own_price: own_price.map(|price| Rate::parse(price).unwrap()),
            share: Share::WHOLE,
        };
        let mut answers = rate(
            &listed,
            Rounding::HalfUp,
            Currency::USD,
            std::iter::once(asked),
        );
        answers
            .next()
            .unwrap()
            .map(|priced| priced.amount.to_string())
    }

    #[test]
    fn a_price_is_multiplied_by_the_quantity_and_rounded_once() {
        let listed = UnitPrice::Listed(Rate::parse("0.333").unwrap());
        assert_eq!(answer(listed.clone(), None, "2.5"), Ok("0.83".to_owned()));
        assert_eq!(answer(listed, Some("1.10"), "3"), Ok("3.30".to_owned()));
    }

    #[test]
    fn a_price_the_service_should_name_and_does_not_is_an_exception() {
        assert_eq!(
            answer(UnitPrice::FromService, None, "1"),
            Err(Unpriced::NoPrice)
        );
    }

    #[test]
    fn an_amount_beyond_the_limit_is_an_exception() {
        let most = Some("999999999.999999999");
        assert_eq!(
            answer(UnitPrice::FromService, most, "999999999999.999999"),
            Err(Unpriced::Overflow)
        );
    }
}
