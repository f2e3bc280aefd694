//! The currencies of ISO 4217 and their minor units.

use std::fmt;
use std::str::FromStr;

/// A currency whose minor unit has at most four digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: [u8; 3],
    minor_digits: u8,
}

impl Currency {
    pub const USD: Self = Self {
        code: *b"USD",
        minor_digits: 2,
    };

    /// Reads an ISO 4217 code in capitals. `None` for anything else, and for the units of account that have no minor
    /// unit of up to four digits.
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; 3] = text.as_bytes().try_into().ok()?;
        let known = iso_currency::Currency::from_str(text).ok()?;
        let minor_digits = u8::try_from(known.exponent()?)
            .ok()
            .filter(|digits| *digits <= 4)?;
        (known.code() == text).then_some(Self { code, minor_digits })
    }

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("???")
    }

    /// Digits behind the point of its smallest coin: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn minor_digits(self) -> u32 {
        self.minor_digits.into()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_an_iso_code_with_its_minor_digits() {
        let digits = |code| Currency::parse(code).map(Currency::minor_digits);
        assert_eq!(
            [digits("USD"), digits("JPY"), digits("KWD"), digits("CLF")],
            [Some(2), Some(0), Some(3), Some(4)]
        );
        assert_eq!(
            [digits("EURO"), digits("usd"), digits("XXX"), digits("ZZZ")],
            [None; 4]
        );
        assert_eq!(Currency::parse("USD"), Some(Currency::USD));
    }
}
