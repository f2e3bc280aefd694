//! What a line costs, rounded: to the smallest coin, or to a multiple of a larger one.

use super::{Amount, Currency, Ratio, Rounding, Share, Worth};
use std::fmt;

/// How the amounts of lines are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRounding {
    pub mode: Rounding,
    /// What amounts are multiples of: above zero, and itself one of the smallest coin. `None`: the smallest coin.
    pub to: Option<Amount>,
}

impl From<Rounding> for LineRounding {
    fn from(mode: Rounding) -> Self {
        Self { mode, to: None }
    }
}

impl LineRounding {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (mode, to) = match text.split_once(TO) {
            Some((mode, to)) => (mode, Some(Amount::parse(to).ok()?)),
            None => (text, None),
        };
        let mode = Rounding::parse(mode)?;
        Some(Self { mode, to })
    }

    /// What a share of a period costs where the period costs `times` the worth, rounded.
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
        // Nearly all shares are whole periods.
        if share.is_whole() && times == Ratio::ONE {
            return Amount::from_minor(self.coins(whole, divisor, currency)?, currency);
        }
        let whole = whole.checked_mul(times.numerator)?;
        let divisor = divisor
            .checked_mul(times.denominator)?
            .checked_mul(share.period_days)?;
        let until = |days: i128| match days {
            0 => Some(0),
            days => self.coins(whole.checked_mul(days)?, divisor, currency),
        };
        let through = until(share.before.checked_add(share.days)?)?;
        Amount::from_minor(through.checked_sub(until(share.before)?)?, currency)
    }

    /// The worth, rounded. `None` beyond 14 digits before the point.
    pub fn amount(self, worth: Worth, currency: Currency) -> Option<Amount> {
        self.share(worth, Ratio::ONE, Share::WHOLE, currency)
    }

    /// A fraction of an amount, rounded once.
    pub fn fraction(self, whole: Amount, of: Ratio, currency: Currency) -> Option<Amount> {
        let product = whole.units().checked_mul(of.numerator)?;
        let divisor = 10_i128
            .pow(Amount::SCALE - currency.minor_digits())
            .checked_mul(of.denominator)?;
        Amount::from_minor(self.coins(product, divisor, currency)?, currency)
    }

    /// A quotient of smallest coins, in whole ones.
    fn coins(self, dividend: i128, divisor: i128, currency: Currency) -> Option<i128> {
        let Some(to) = self.to else {
            return self.mode.divide(dividend, divisor);
        };
        let step = to.units() / 10_i128.pow(Amount::SCALE - currency.minor_digits());
        let steps = self.mode.divide(dividend, divisor.checked_mul(step)?)?;
        steps.checked_mul(step)
    }
}

/// What stands between the mode and what amounts are multiples of.
const TO: &str = " to ";

impl fmt::Display for LineRounding {
    /// As lines keep it: `half_up`, `up to 0.05`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.mode.name())?;
        match self.to {
            Some(to) => write!(out, "{TO}{to}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Quantity, Rate};
    use proptest::prelude::*;

    const USD: Currency = Currency::USD;
    const HALF_UP: LineRounding = LineRounding {
        mode: Rounding::HalfUp,
        to: None,
    };

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
        let amount = HALF_UP
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
        let amount = HALF_UP
            .share(worth("100", "1"), third, days(0, 14, 28), USD)
            .unwrap();
        assert_eq!(amount.text(USD), "16.67");
    }

    /// P12: overflow is refused, never wrapped.
    #[test]
    fn the_largest_rate_times_the_largest_quantity_is_refused() {
        let most = worth("999999999.999999999", "999999999999.999999");
        for share in [Share::WHOLE, days(0, 31, 31), days(365, 1, 366)] {
            assert_eq!(HALF_UP.share(most, Ratio::ONE, share, USD), None);
        }
    }

    #[test]
    fn amounts_are_multiples_of_what_they_are_rounded_to() {
        let rounded = |text: &str, rate: &str| {
            let rounding = LineRounding::parse(text).unwrap();
            assert_eq!(rounding.to_string(), text);
            rounding.amount(worth(rate, "1"), USD).unwrap().text(USD)
        };
        assert_eq!(rounded("half_up to 0.05", "7.925"), "7.95");
        assert_eq!(rounded("half_up to 0.05", "7.924999999"), "7.90");
        assert_eq!(rounded("half_even to 0.10", "12.25"), "12.20");
        assert_eq!(rounded("up to 0.10", "12.21"), "12.30");
        assert_eq!(rounded("down to 0.10", "-12.29"), "-12.20");
        assert_eq!(rounded("half_up to 50.00", "75"), "100.00");
        assert_eq!(LineRounding::parse("half_up to "), None);
        assert_eq!(LineRounding::parse("to 0.05"), None);
    }

    proptest! {
        /// The shares of a period add up to the price of the whole, however it is cut.
        #[test]
        fn shares_add_up_to_the_whole(units in 0_i64..1_000_000_000_000, numerator in 1_i128..=12, denominator in 1_i128..=12, period_days in 1_i128..=366, cuts in proptest::collection::vec(0_i128..=366, 0..6)) {
            let worth = Worth::of(Rate::from_units(units.into()).unwrap(), Quantity::ONE).unwrap();
            let times = Ratio { numerator, denominator };
            let price = |share| HALF_UP.share(worth, times, share, USD).unwrap();
            let mut bounds: Vec<_> = cuts.into_iter().map(|cut| cut % period_days).chain([0, period_days]).collect();
            bounds.sort_unstable();
            let parts = bounds.windows(2).map(|pair| Share { before: pair[0], days: pair[1] - pair[0], period_days });
            let sum = parts.map(price).fold(Amount::ZERO, |sum, part| sum.checked_add(part).unwrap());
            prop_assert_eq!(sum, price(Share::WHOLE));
        }
    }
}
