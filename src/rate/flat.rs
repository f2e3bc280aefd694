//! `flat`: one price for the period, whatever the quantity.

use super::{Answer, Asked, PriceFrom, Priced, Unpriced};
use crate::money::{Currency, Quantity, Rate, Rounding};

/// Prices a column of due charges; a service's own price replaces the listed one.
pub fn rate(
    listed: Rate,
    rounding: Rounding,
    currency: Currency,
    due: impl Iterator<Item = Asked>,
) -> impl Iterator<Item = Answer> {
    due.map(move |asked| {
        let (unit_price, price_from) = match asked.own_price {
            Some(own) => (own, PriceFrom::Service),
            None => (listed, PriceFrom::Scheme),
        };
        let amount = rounding
            .price(unit_price, Quantity::ONE, asked.share, currency)
            .ok_or(Unpriced::Overflow)?;
        Ok(Priced {
            amount,
            unit_price,
            quantity: Quantity::ONE,
            price_from,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Share;

    #[test]
    fn the_quantity_does_not_matter_and_the_services_price_goes_first() {
        let asked = |own_price| Asked {
            quantity: Quantity::parse("7").unwrap(),
            own_price,
            share: Share::of(14, 28),
        };
        let due = [asked(None), asked(Some(Rate::parse("5").unwrap()))];
        let amounts: Vec<_> = rate(
            Rate::parse("20.01").unwrap(),
            Rounding::HalfUp,
            Currency::USD,
            due.into_iter(),
        )
        .map(|answer| answer.map(|priced| (priced.amount.to_string(), priced.price_from)))
        .collect();
        assert_eq!(
            amounts,
            [
                Ok(("10.01".to_owned(), PriceFrom::Scheme)),
                Ok(("2.50".to_owned(), PriceFrom::Service))
            ]
        );
    }
}
