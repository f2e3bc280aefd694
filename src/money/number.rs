//! The three numbers of billing, each an i128 in a unit of its own.

use super::Currency;
use std::fmt::{self, Write as _};

/// Why a text is not a number that can be kept exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// Blanks, letters, signs in the wrong place, digits other than 0 to 9.
    NotANumber,
    /// `1e3`: to be written out.
    Exponent,
    /// More digits behind the point than the unit has; nothing is rounded on reading.
    Decimals { found: u32, allowed: u32 },
    /// More digits before the point than the unit has.
    TooLarge { digits: u32 },
}

impl fmt::Display for NumberFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => write!(out, "not a decimal number in plain digits, such as 12.50"),
            Self::Exponent => write!(out, "an exponent; write the number out"),
            Self::Decimals { found, allowed } => {
                write!(
                    out,
                    "{found} decimals where at most {allowed} are allowed; nothing is rounded on reading"
                )
            }
            Self::TooLarge { digits } => write!(out, "more than {digits} digits before the point"),
        }
    }
}

/// Reads plain decimal digits exactly into units of 10^-scale.
fn parse(text: &str, digits: u32, scale: u32) -> Result<i128, NumberFault> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) {
        let exponent = unsigned.contains(['e', 'E'])
            && unsigned.starts_with(|first: char| first.is_ascii_digit());
        return Err(if exponent {
            NumberFault::Exponent
        } else {
            NumberFault::NotANumber
        });
    }
    let significant = fraction.trim_end_matches('0').len() as u32;
    if significant > scale {
        return Err(NumberFault::Decimals {
            found: significant,
            allowed: scale,
        });
    }
    if whole.trim_start_matches('0').len() as u32 > digits {
        return Err(NumberFault::TooLarge { digits });
    }
    // Both parts are short by now, but for zeros in front.
    let number = |part: &str| {
        part.bytes()
            .fold(0_i128, |number, byte| number * 10 + i128::from(byte - b'0'))
    };
    let units = number(whole) * 10_i128.pow(scale)
        + number(&fraction[..significant as usize]) * 10_i128.pow(scale - significant);
    Ok(if text.starts_with('-') { -units } else { units })
}

/// Prints units of 10^-scale with at least `places` digits behind the point.
fn print(units: i128, scale: u32, places: u32) -> String {
    let mut text = String::new();
    put(units, scale, places, &mut text);
    text
}

/// The same behind a text.
fn put(units: i128, scale: u32, places: u32, out: &mut String) {
    let size = units.unsigned_abs();
    let divisor = 10_u64.pow(scale);
    if units < 0 {
        out.push('-');
    }
    // Numbers of 64 bits are divided many times faster, and nearly all are.
    let mut fraction = match u64::try_from(size) {
        Ok(size) => {
            put_digits(size / divisor, 1, out);
            size % divisor
        }
        Err(_) => {
            let divisor = u128::from(divisor);
            let _ = write!(out, "{}", size / divisor);
            (size % divisor) as u64
        }
    };
    let mut digits = scale;
    while digits > places && fraction % 10 == 0 {
        fraction /= 10;
        digits -= 1;
    }
    if digits > 0 {
        out.push('.');
        put_digits(fraction, digits, out);
    }
}

/// A number with at least so many digits, behind a text.
fn put_digits(mut number: u64, least: u32, out: &mut String) {
    let mut text = [0; 20];
    let mut first = text.len();
    while number > 0 || text.len() - first < least as usize {
        first -= 1;
        text[first] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out.push_str(std::str::from_utf8(&text[first..]).expect("digits are UTF-8"));
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, digits: $digits:literal, scale: $scale:literal, places: $places:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(i128);

        impl $name {
            /// Digits behind the point that are kept.
            pub const SCALE: u32 = $scale;
            /// Digits before the point that are allowed.
            pub const DIGITS: u32 = $digits;
            pub const ZERO: Self = Self(0);
            const LIMIT: i128 = 10_i128.pow($digits + $scale);

            /// A count of units of 10^-SCALE; `None` beyond DIGITS.
            pub fn from_units(units: i128) -> Option<Self> {
                (units.abs() < Self::LIMIT).then_some(Self(units))
            }

            /// The count of units of 10^-SCALE, as tables keep it.
            pub fn units(self) -> i128 {
                self.0
            }

            /// Reads plain digits exactly.
            pub fn parse(text: &str) -> Result<Self, NumberFault> {
                parse(text, $digits, $scale).map(Self)
            }

            /// Writes it behind a text, as `Display` does and without the detour.
            pub fn put(self, out: &mut String) {
                put(self.0, $scale, $places, out);
            }

            pub fn is_zero(self) -> bool {
                self.0 == 0
            }

            pub fn is_negative(self) -> bool {
                self.0 < 0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(&print(self.0, $scale, $places))
            }
        }
    };
}

number!(
    /// Money, in ten-thousandths of a currency's unit: DECIMAL(18,4). Always whole minor units of its currency.
    Amount, digits: 14, scale: 4, places: 2
);
number!(
    /// A price per unit, or a percentage: DECIMAL(18,9).
    Rate, digits: 9, scale: 9, places: 2
);
number!(
    /// How much of something: DECIMAL(18,6).
    Quantity, digits: 12, scale: 6, places: 0
);

impl Rate {
    /// The hundredth part of a percentage with up to seven decimals: `2.9` is read as 0.029.
    pub fn parse_percent(text: &str) -> Result<Self, NumberFault> {
        parse(text, Self::DIGITS, Self::SCALE - 2).map(Self)
    }
}

impl Quantity {
    pub const ONE: Self = Self(1_000_000);

    /// The sum; `None` beyond 12 digits before the point.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_units(self.0.checked_add(other.0)?)
    }

    /// The difference of two quantities of the same sign, which always fits.
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    /// So many units of a quantity by so many of a divisor above zero, the half of a unit rounded up; none of them is negative.
    pub fn average_units(sum: i128, divisor: i128) -> i128 {
        (sum + divisor / 2).div_euclid(divisor)
    }
}

impl Amount {
    /// An amount from a count of the currency's smallest coin; `None` beyond 14 digits before the point.
    pub fn from_minor(minor: i128, currency: Currency) -> Option<Self> {
        Self::from_units(minor.checked_mul(10_i128.pow(Self::SCALE - currency.minor_digits()))?)
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_units(self.0.checked_add(other.0)?)
    }

    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::from_units(self.0.checked_sub(other.0)?)
    }

    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// With exactly the digits of the currency: `456360.00`.
    pub fn text(self, currency: Currency) -> String {
        Self::text_of(self.0, currency)
    }

    /// The same for a sum in units of an amount, which may be larger than any one amount.
    pub fn text_of(units: i128, currency: Currency) -> String {
        print(units, Self::SCALE, currency.minor_digits())
    }

    /// The same with so many digits behind the point, written behind a text.
    pub fn put_units(units: i128, digits: u32, out: &mut String) {
        put(units, Self::SCALE, digits, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// P12: nothing is rounded on reading.
    #[test]
    fn a_number_is_read_exactly_or_refused_with_the_reason() {
        assert_eq!(Rate::parse("1.10").unwrap().units(), 1_100_000_000);
        assert_eq!(
            Rate::parse("0.1234567891"),
            Err(NumberFault::Decimals {
                found: 10,
                allowed: 9
            })
        );
        assert_eq!(
            Rate::parse("1000000000000"),
            Err(NumberFault::TooLarge { digits: 9 })
        );
        assert_eq!(Quantity::parse("1e3"), Err(NumberFault::Exponent));
        for text in [
            "", " 12.50", "12.50 ", "１２", ".5", "5.", "+1", "--1", "1,5", "nan",
        ] {
            assert_eq!(
                Amount::parse(text),
                Err(NumberFault::NotANumber),
                "{text:?}"
            );
        }
        assert_eq!(Amount::parse("1.5000000"), Ok(Amount(15_000)));
        assert_eq!(
            Amount::parse("-00000000000000000000000000000000000000012.05"),
            Ok(Amount(-120_500))
        );
    }

    #[test]
    fn an_amount_prints_the_digits_of_its_currency() {
        let amount = Amount::parse("-1234.5").unwrap();
        assert_eq!(amount.text(Currency::USD), "-1234.50");
        assert_eq!(
            Amount::parse("1234")
                .unwrap()
                .text(Currency::parse("JPY").unwrap()),
            "1234"
        );
        assert_eq!(Rate::parse("7.25").unwrap().to_string(), "7.25");
        assert_eq!(Quantity::ONE.to_string(), "1");
    }

    proptest! {
        /// What is printed is read back as the same number.
        #[test]
        fn printing_and_reading_are_inverse(units in -999_999_999_999_999_999_i64..=999_999_999_999_999_999) {
            let units = i128::from(units);
            prop_assert_eq!(Rate::parse(&Rate(units).to_string()), Ok(Rate(units)));
            prop_assert_eq!(Quantity::parse(&Quantity(units).to_string()), Ok(Quantity(units)));
            prop_assert_eq!(Amount::parse(&Amount(units).to_string()), Ok(Amount(units)));
        }
    }
}
