//! An amount cut into parts without losing a cent.

use super::{Amount, Currency};

impl Amount {
    /// Parts in proportion to weights, none of them below zero: what the whole minor units leave over goes to the largest remainders,
    /// of equal ones to the first. No part is above its weight where the amount is not above their sum.
    ///
    /// `None` where the weights add up to nothing, or to more than fits.
    pub fn split(self, weights: &[Self], currency: Currency) -> Option<Vec<Self>> {
        let minor = 10_i128.pow(Self::SCALE - currency.minor_digits());
        let sum = weights
            .iter()
            .try_fold(0_i128, |sum, weight| sum.checked_add(weight.units()))?;
        if sum <= 0 {
            return None;
        }
        let whole = self.units() / minor;
        let mut parts = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        for (at, weight) in weights.iter().enumerate() {
            let product = whole.checked_mul(weight.units())?;
            parts.push(product / sum);
            remainders.push((-(product % sum).abs(), at));
        }
        let over = whole - parts.iter().sum::<i128>();
        remainders.sort_unstable();
        for (_, at) in remainders.into_iter().take(over.unsigned_abs() as usize) {
            parts[at] += over.signum();
        }
        let amounts = parts
            .into_iter()
            .map(|part| Self::from_minor(part, currency));
        amounts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USD: Currency = Currency::USD;

    fn split(whole: &str, weights: &[&str]) -> Vec<String> {
        let amount = |text: &&str| Amount::parse(text).unwrap();
        let weights: Vec<Amount> = weights.iter().map(amount).collect();
        let parts = amount(&whole).split(&weights, USD).unwrap();
        parts.iter().map(|part| part.text(USD)).collect()
    }

    #[test]
    fn what_is_left_over_goes_to_the_largest_remainders() {
        assert_eq!(split("5.00", &["10", "5"]), ["3.33", "1.67"]);
        assert_eq!(split("0.05", &["1", "1", "1"]), ["0.02", "0.02", "0.01"]);
        assert_eq!(
            split("-0.05", &["1", "1", "1"]),
            ["-0.02", "-0.02", "-0.01"]
        );
        assert_eq!(split("1.00", &["0", "3"]), ["0.00", "1.00"]);
    }

    proptest! {
        /// Splitting loses nothing, and takes no more from anyone than is there.
        #[test]
        fn parts_add_up_to_the_whole(cents in 0_i64..1_000_000, weights in proptest::collection::vec(0_i64..1_000_000, 1..8)) {
            let amount = |cents: i64| Amount::from_minor(cents.into(), USD).unwrap();
            let sum: i64 = weights.iter().sum();
            prop_assume!(sum > 0);
            let whole = amount(cents.min(sum));
            let weights: Vec<Amount> = weights.into_iter().map(amount).collect();
            let parts = whole.split(&weights, USD).unwrap();
            let added = parts.iter().fold(Amount::ZERO, |sum, part| sum.checked_add(*part).unwrap());
            prop_assert_eq!(added, whole);
            prop_assert!(parts.iter().zip(&weights).all(|(part, weight)| part <= weight && !part.is_negative()));
        }
    }
}
