//! A quantity cut at the bounds of its tiers, and the one form in which a line keeps that.

use super::scheme::Tier;
use crate::money::{Quantity, Rate, Worth};
use std::fmt;

/// The parts of a quantity, each at the price of the tier it lies in, the lowest tier first. None of them is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slices(pub Vec<Slice>);

/// What of a quantity lies in one tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    pub quantity: Quantity,
    pub unit: Rate,
    /// Added once.
    pub flat: Rate,
}

impl Slices {
    /// Cuts a quantity. What meets a bound exactly lies in the tier below it; a quantity of zero or less lies in none.
    pub fn of(tiers: &[Tier], quantity: Quantity) -> Self {
        let mut below = Quantity::ZERO;
        let mut slices = Vec::new();
        for tier in tiers {
            if quantity <= below {
                break;
            }
            let through = tier.to.map_or(quantity, |bound| bound.min(quantity));
            slices.push(Slice {
                quantity: through.minus(below),
                unit: tier.unit,
                flat: tier.flat,
            });
            below = through;
        }
        Self(slices)
    }

    /// The slices of the first `quantity` of what was cut.
    pub fn up_to(&self, quantity: Quantity) -> Self {
        let mut left = quantity;
        let mut slices = Vec::new();
        for slice in &self.0 {
            if left <= Quantity::ZERO {
                break;
            }
            slices.push(Slice {
                quantity: slice.quantity.min(left),
                ..*slice
            });
            left = left.minus(slice.quantity);
        }
        Self(slices)
    }

    /// What all of them come to; `None` beyond 128 bits.
    pub fn worth(&self) -> Option<Worth> {
        self.0.iter().try_fold(Worth::ZERO, |sum, slice| {
            sum.checked_add(Worth::of(slice.unit, slice.quantity)?)?
                .checked_add(Worth::of(slice.flat, Quantity::ONE)?)
        })
    }

    /// Reads what `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut slices: Vec<Slice> = Vec::new();
        for term in text.split(" + ").filter(|_| !text.is_empty()) {
            match term.split_once(" x ") {
                Some((quantity, unit)) => slices.push(Slice {
                    quantity: Quantity::parse(quantity).ok()?,
                    unit: Rate::parse(unit).ok()?,
                    flat: Rate::ZERO,
                }),
                None => slices.last_mut()?.flat = Rate::parse(term).ok()?,
            }
        }
        Some(Self(slices))
    }
}

impl fmt::Display for Slices {
    /// `100 x 0.04 + 5.00 + 50 x 0.03`: a tier's flat part follows its units, and is left out where it is zero.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, slice) in self.0.iter().enumerate() {
            let plus = if number == 0 { "" } else { " + " };
            let mut text = String::from(plus);
            slice.quantity.put(&mut text);
            text.push_str(" x ");
            slice.unit.put(&mut text);
            if !slice.flat.is_zero() {
                text.push_str(" + ");
                slice.flat.put(&mut text);
            }
            out.write_str(&text)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tier(to: Option<&str>, unit: &str, flat: &str) -> Tier {
        Tier {
            to: to.map(|bound| Quantity::parse(bound).unwrap()),
            unit: Rate::parse(unit).unwrap(),
            flat: Rate::parse(flat).unwrap(),
        }
    }

    fn cut(quantity: &str) -> String {
        let tiers = [
            tier(Some("100"), "0.04", "5"),
            tier(Some("500"), "0.03", "0"),
            tier(None, "0.0125", "1"),
        ];
        Slices::of(&tiers, Quantity::parse(quantity).unwrap()).to_string()
    }

    #[test]
    fn a_quantity_equal_to_a_bound_lies_in_the_tier_below() {
        assert_eq!(cut("0"), "");
        assert_eq!(cut("100"), "100 x 0.04 + 5.00");
        assert_eq!(cut("100.000001"), "100 x 0.04 + 5.00 + 0.000001 x 0.03");
        assert_eq!(
            cut("2500"),
            "100 x 0.04 + 5.00 + 400 x 0.03 + 2000 x 0.0125 + 1.00"
        );
    }

    #[test]
    fn only_what_was_written_is_read() {
        for text in ["5.00", "100 x", "100 x 0.04 + ", "a x 0.04", "100 * 0.04"] {
            assert_eq!(Slices::parse(text), None, "{text}");
        }
        assert_eq!(Slices::parse(""), Some(Slices::default()));
    }

    prop_compose! {
        fn tiers()(widths in prop::collection::vec(1_i128..5_000_000_000, 0..5), prices in prop::collection::vec((-2_000_000_000_i128..2_000_000_000, 0_i128..3_000_000_000), 6)) -> Vec<Tier> {
            let mut bound = 0;
            let bounds = widths.into_iter().map(|width| { bound += width; Quantity::from_units(bound) }).chain([None]).collect::<Vec<_>>();
            bounds.into_iter().zip(prices).map(|(to, (unit, flat))| Tier {
                to,
                unit: Rate::from_units(unit).unwrap(),
                flat: Rate::from_units(flat).unwrap(),
            }).collect()
        }
    }

    proptest! {
        /// Tiers cover a quantity exactly once.
        #[test]
        fn slices_add_up_to_the_quantity(tiers in tiers(), units in 0_i128..50_000_000_000) {
            let slices = Slices::of(&tiers, Quantity::from_units(units).unwrap());
            prop_assert_eq!(slices.0.iter().map(|slice| slice.quantity.units()).sum::<i128>(), units);
            prop_assert!(slices.0.iter().all(|slice| slice.quantity > Quantity::ZERO));
        }

        /// What a line keeps of its tiers is read back as the same.
        #[test]
        fn writing_and_reading_tiers_agree(tiers in tiers(), units in 0_i128..50_000_000_000) {
            let slices = Slices::of(&tiers, Quantity::from_units(units).unwrap());
            prop_assert_eq!(Slices::parse(&slices.to_string()), Some(slices));
        }

        /// Cutting off what came later leaves what the earlier quantity was cut into.
        #[test]
        fn the_first_of_a_quantity_is_cut_as_it_was_alone(tiers in tiers(), first in 0_i128..20_000_000_000, more in 0_i128..20_000_000_000) {
            let quantity = |units| Quantity::from_units(units).unwrap();
            let whole = Slices::of(&tiers, quantity(first + more));
            prop_assert_eq!(whole.up_to(quantity(first)), Slices::of(&tiers, quantity(first)));
        }
    }
}
