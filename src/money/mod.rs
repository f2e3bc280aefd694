//! Exact numbers: amounts, rates and quantities as checked integers, and the only rounding there is.
//!
//! Owns scales, parsing, printing, rounding and splitting. Does not own what a price means (`rate/`).
//! Invariant: no binary float; whatever does not fit is `None` or an error, never a wrap.

mod currency;
mod number;
mod split;
mod worth;

pub use currency::Currency;
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

    /// What a share of a period costs where the period costs `times` the worth, rounded to the minor unit of `currency`.
    ///
    /// A later share of a period is the difference of two rounded sums, so that all shares add up to the rounded whole.
    /// Multiplied first and divided once. `None` beyond 14 digits before the point.
    pub fn share(
        self,
        worth: Worth,
        times: Ratio,
        share: Share,
        currency: Currency,
    ) -> Option<Amount> {
        let (whole, divisor) = worth.in_coins(currency.minor_digits())?;
        let whole = whole.checked_mul(times.numerator)?;
        let divisor = divisor
            .checked_mul(times.denominator)?
            .checked_mul(share.period_days)?;
        let until = |days: i128| match days {
            0 => Some(0),
            days => self.divide(whole.checked_mul(days)?, divisor),
        };
        let through = until(share.before.checked_add(share.days)?)?;
        Amount::from_minor(through.checked_sub(until(share.before)?)?, currency)
    }

    /// The worth rounded to the minor unit of `currency`. `None` beyond 14 digits before the point.
    pub fn amount(self, worth: Worth, currency: Currency) -> Option<Amount> {
        self.share(worth, Ratio::ONE, Share::WHOLE, currency)
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

    fn worth(rate: &str, quantity: &str) -> Worth {
        Worth::of(
            Rate::parse(rate).unwrap(),
            Quantity::parse(quantity).unwrap(),
        )
        .unwrap()
    }

    fn days(before: i128, days: i128, period_days: i128) -> Share {
        Share {
            before,
            days,
            period_days,
        }
    }

    #[test]
    fn fifteen_of_thirty_one_days_cost_the_rounded_share() {
        let amount = Rounding::HalfUp
            .share(worth("50.00", "1"), Ratio::ONE, days(0, 15, 31), USD)
            .unwrap();
        assert_eq!(amount.text(USD), "24.19");
    }

    /// A third of 100.00 for half a period is rounded once: 16.67, not half of 33.33.
    #[test]
    fn a_fraction_of_a_price_and_a_share_of_it_are_rounded_together() {
        let third = Ratio {
            numerator: 1,
            denominator: 3,
        };
        let amount = Rounding::HalfUp
            .share(worth("100", "1"), third, days(0, 14, 28), USD)
            .unwrap();
        assert_eq!(amount.text(USD), "16.67");
    }

    /// P12: overflow is refused, never wrapped.
    #[test]
    fn the_largest_rate_times_the_largest_quantity_is_refused() {
        let most = worth("999999999.999999999", "999999999999.999999");
        for share in [Share::WHOLE, days(0, 31, 31), days(365, 1, 366)] {
            assert_eq!(Rounding::HalfUp.share(most, Ratio::ONE, share, USD), None);
        }
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
        fn shares_add_up_to_the_whole(units in 0_i64..1_000_000_000_000, numerator in 1_i128..=12, denominator in 1_i128..=12, period_days in 1_i128..=366, cuts in proptest::collection::vec(0_i128..=366, 0..6)) {
            let worth = Worth::of(Rate::from_units(units.into()).unwrap(), Quantity::ONE).unwrap();
            let times = Ratio { numerator, denominator };
            let price = |share| Rounding::HalfUp.share(worth, times, share, USD).unwrap();
            let mut bounds: Vec<_> = cuts.into_iter().map(|cut| cut % period_days).chain([0, period_days]).collect();
            bounds.sort_unstable();
            let parts = bounds.windows(2).map(|pair| Share { before: pair[0], days: pair[1] - pair[0], period_days });
            let sum = parts.map(price).fold(Amount::ZERO, |sum, part| sum.checked_add(part).unwrap());
            prop_assert_eq!(sum, price(Share::WHOLE));
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
