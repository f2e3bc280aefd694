//! Exact numbers: amounts, rates and quantities as checked integers, and the only rounding there is.
//!
//! Owns scales, parsing, printing, rounding and splitting. Does not own what a price means (`rate/`).
//! Invariant: no binary float; whatever does not fit is `None` or an error, never a wrap.

mod currency;
mod line_rounding;
mod number;
mod split;
mod worth;

pub use currency::Currency;
pub use line_rounding::LineRounding;
pub use number::{Amount, NumberFault, Quantity, Rate};
pub use worth::{Ratio, Share, Worth};

/// How a value that does not fit its places is brought to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rounding {
    /// A half goes away from zero.
    HalfUp,
    /// A half goes to the even neighbor.
    HalfEven,
    /// Anything goes away from zero.
    Up,
    /// Anything goes towards zero.
    Down,
}

impl Rounding {
    pub const ALL: [Self; 4] = [Self::HalfUp, Self::HalfEven, Self::Up, Self::Down];

    /// As written in definitions and on lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::HalfUp => "half_up",
            Self::HalfEven => "half_even",
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|rounding| rounding.name() == name)
    }

    /// `dividend / divisor`, rounded to a whole number. `None` for a divisor of zero.
    pub fn divide(self, dividend: i128, divisor: i128) -> Option<i128> {
        let quotient = dividend.checked_div(divisor)?;
        let remainder = dividend - quotient * divisor;
        let twice = remainder.unsigned_abs().checked_mul(2)?;
        let half = twice.cmp(&divisor.unsigned_abs());
        let away = match self {
            Self::HalfUp => half.is_ge(),
            Self::HalfEven => half.is_gt() || half.is_eq() && quotient % 2 != 0,
            Self::Up => remainder != 0,
            Self::Down => false,
        };
        let step = if (dividend < 0) == (divisor < 0) {
            1
        } else {
            -1
        };
        if away {
            quotient.checked_add(step)
        } else {
            Some(quotient)
        }
    }

    /// `percent` of an amount, rounded once to the minor unit of `currency`.
    pub fn percent(self, base: Amount, percent: Rate, currency: Currency) -> Option<Amount> {
        let product = base.units().checked_mul(percent.units())?;
        let divisor = 10_i128.pow(Amount::SCALE + Rate::SCALE + 2 - currency.minor_digits());
        Amount::from_minor(self.divide(product, divisor)?, currency)
    }

    /// A fraction of an amount, rounded once to the minor unit of `currency`.
    pub fn fraction(self, whole: Amount, of: Ratio, currency: Currency) -> Option<Amount> {
        let product = whole.units().checked_mul(of.numerator)?;
        let divisor = 10_i128
            .pow(Amount::SCALE - currency.minor_digits())
            .checked_mul(of.denominator)?;
        Amount::from_minor(self.divide(product, divisor)?, currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USD: Currency = Currency::USD;

    #[test]
    fn anything_goes_away_from_zero_or_towards_it() {
        let both = |dividend| {
            (
                Rounding::Up.divide(dividend, 10),
                Rounding::Down.divide(dividend, 10),
            )
        };
        assert_eq!(both(21), (Some(3), Some(2)));
        assert_eq!(both(-21), (Some(-3), Some(-2)));
        assert_eq!(both(20), (Some(2), Some(2)));
        assert_eq!(both(9), (Some(1), Some(0)));
    }

    #[test]
    fn a_half_goes_up_or_to_the_even_neighbor() {
        let both = |dividend| {
            (
                Rounding::HalfUp.divide(dividend, 10),
                Rounding::HalfEven.divide(dividend, 10),
            )
        };
        assert_eq!(both(25), (Some(3), Some(2)));
        assert_eq!(both(35), (Some(4), Some(4)));
        assert_eq!(both(-25), (Some(-3), Some(-2)));
        assert_eq!(both(24), (Some(2), Some(2)));
        assert_eq!(Rounding::HalfUp.divide(1, 0), None);
    }

    #[test]
    fn a_percentage_is_rounded_once() {
        let base = Amount::parse("456360.00").unwrap();
        let tax = Rounding::HalfUp
            .percent(base, Rate::parse("8.875").unwrap(), USD)
            .unwrap();
        assert_eq!(tax.text(USD), "40501.95");
    }

    proptest! {
        /// A rounded quotient is never further than half a unit from the exact one.
        #[test]
        fn rounding_moves_by_half_a_unit_at_most(dividend in -1_000_000_000_i64..1_000_000_000, divisor in 1_i64..10_000) {
            for mode in [Rounding::HalfUp, Rounding::HalfEven] {
                let (dividend, divisor) = (i128::from(dividend), i128::from(divisor));
                let rounded = mode.divide(dividend, divisor).unwrap();
                prop_assert!((rounded * divisor - dividend).abs() * 2 <= divisor);
            }
        }

        /// Rounding does not depend on the sign.
        #[test]
        fn rounding_is_symmetric(dividend in 0_i64..1_000_000, divisor in 1_i64..1_000) {
            for mode in Rounding::ALL {
                let up = mode.divide(dividend.into(), divisor.into()).unwrap();
                prop_assert_eq!(mode.divide((-dividend).into(), divisor.into()).unwrap(), -up);
            }
        }
    }
}
