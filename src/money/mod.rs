//! Exact numbers: amounts, rates and quantities as checked integers, and the only rounding there is.
//!
//! Owns scales, parsing, printing, rounding and splitting. Does not own what a price means (`rate/`).
//! Invariant: no binary float; whatever does not fit is `None` or an error, never a wrap.

mod currency;
mod number;

pub use currency::Currency;
pub use number::{Amount, NumberFault, Quantity, Rate};

/// How a value that does not fit its places is brought to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rounding {
    /// A half goes away from zero.
    HalfUp,
    /// A half goes to the even neighbor.
    HalfEven,
}

impl Rounding {
    /// As written in definitions and on lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::HalfUp => "half_up",
            Self::HalfEven => "half_even",
        }
    }

    /// `dividend / divisor`, rounded to a whole number. `None` for a divisor of zero.
    pub fn divide(self, dividend: i128, divisor: i128) -> Option<i128> {
        let quotient = dividend.checked_div(divisor)?;
        let remainder = dividend.checked_rem(divisor)?;
        let twice = remainder.unsigned_abs().checked_mul(2)?;
        let away = match twice.cmp(&divisor.unsigned_abs()) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => self == Self::HalfUp || quotient % 2 != 0,
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

    /// What a share of a period costs at `rate x quantity` for the whole, rounded to the minor unit of `currency`.
    ///
    /// A later share of a period is the difference of two rounded sums, so that all shares add up to the rounded whole.
    /// `None` beyond 15 digits before the point.
    pub fn price(
        self,
        rate: Rate,
        quantity: Quantity,
        share: Share,
        currency: Currency,
    ) -> Option<Amount> {
        let whole = rate.units().checked_mul(quantity.units())?;
        let divisor = 10_i128
            .pow(Rate::SCALE + Quantity::SCALE - currency.minor_digits())
            .checked_mul(share.period_days)?;
        let until = |days: i128| self.divide(whole.checked_mul(days)?, divisor);
        Amount::from_minor(
            until(share.before + share.days)? - until(share.before)?,
            currency,
        )
    }

    /// `percent` of an amount, rounded once to the minor unit of `currency`.
    pub fn percent(self, base: Amount, percent: Rate, currency: Currency) -> Option<Amount> {
        let product = base.units().checked_mul(percent.units())?;
        let divisor = 10_i128.pow(Amount::SCALE + Rate::SCALE + 2 - currency.minor_digits());
        Amount::from_minor(self.divide(product, divisor)?, currency)
    }
}

/// The part of a period that is charged: `days` of `period_days`, after `before` days charged earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub before: i128,
    pub days: i128,
    pub period_days: i128,
}

impl Share {
    pub const WHOLE: Self = Self {
        before: 0,
        days: 1,
        period_days: 1,
    };

    pub fn of(days: i32, period_days: i32) -> Self {
        Self {
            before: 0,
            days: days.into(),
            period_days: period_days.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USD: Currency = Currency::USD;

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
    fn fifteen_of_thirty_one_days_cost_the_rounded_share() {
        let rate = Rate::parse("50.00").unwrap();
        let amount = Rounding::HalfUp
            .price(rate, Quantity::ONE, Share::of(15, 31), USD)
            .unwrap();
        assert_eq!(amount.text(USD), "24.19");
    }

    /// P12: overflow is refused, never wrapped.
    #[test]
    fn the_largest_rate_times_the_largest_quantity_is_refused() {
        let rate = Rate::parse("999999999.999999999").unwrap();
        let quantity = Quantity::parse("999999999999.999999").unwrap();
        assert_eq!(
            Rounding::HalfUp.price(rate, quantity, Share::of(31, 31), USD),
            None
        );
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

        /// The shares of a period add up to the price of the whole, however it is cut.
        #[test]
        fn shares_add_up_to_the_whole(units in 0_i64..1_000_000_000_000, period_days in 1_i128..=366, cuts in proptest::collection::vec(0_i128..=366, 0..6)) {
            let rate = Rate::from_units(units.into()).unwrap();
            let price = |share| Rounding::HalfUp.price(rate, Quantity::ONE, share, USD).unwrap();
            let mut bounds: Vec<_> = cuts.into_iter().map(|cut| cut % period_days).chain([0, period_days]).collect();
            bounds.sort_unstable();
            let parts = bounds.windows(2).map(|pair| Share { before: pair[0], days: pair[1] - pair[0], period_days });
            let sum = parts.map(price).fold(Amount::ZERO, |sum, part| sum.checked_add(part).unwrap());
            prop_assert_eq!(sum, price(Share::WHOLE));
        }

        /// Rounding does not depend on the sign.
        #[test]
        fn rounding_is_symmetric(dividend in 0_i64..1_000_000, divisor in 1_i64..1_000) {
            for mode in [Rounding::HalfUp, Rounding::HalfEven] {
                let up = mode.divide(dividend.into(), divisor.into()).unwrap();
                prop_assert_eq!(mode.divide((-dividend).into(), divisor.into()).unwrap(), -up);
            }
        }
    }
}
