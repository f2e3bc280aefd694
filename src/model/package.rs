//! Quantities that are charged so many at a time.

use crate::money::{Quantity, Rounding};

/// So many at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Package {
    /// Above zero.
    pub size: Quantity,
    pub partial: Partial,
}

/// What becomes of the last package where it is not full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Partial {
    /// What is begun counts as a whole one.
    #[default]
    Up,
    /// Half of one and more counts as a whole one, less as none.
    Nearest,
    /// It does not count.
    Down,
}

impl Partial {
    pub const ALL: [Self; 3] = [Self::Up, Self::Nearest, Self::Down];

    /// As written in definitions and on lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Nearest => "nearest",
            Self::Down => "down",
        }
    }
}

impl Package {
    /// How many packages a quantity of zero or more comes to; `None` beyond 12 digits.
    pub fn count(self, quantity: Quantity) -> Option<Quantity> {
        let whole = self.whole(quantity)?;
        Quantity::from_units(whole.checked_mul(Quantity::ONE.units())?)
    }

    /// What is in these packages; `None` beyond 12 digits.
    pub fn content(self, quantity: Quantity) -> Option<Quantity> {
        let whole = self.whole(quantity)?;
        Quantity::from_units(whole.checked_mul(self.size.units())?)
    }

    fn whole(self, quantity: Quantity) -> Option<i128> {
        let rounding = match self.partial {
            Partial::Up => Rounding::Up,
            Partial::Nearest => Rounding::HalfUp,
            Partial::Down => Rounding::Down,
        };
        rounding.divide(quantity.units(), self.size.units())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_is_not_full_is_whole_or_none() {
        let counts = |quantity| {
            let quantity = Quantity::parse(quantity).unwrap();
            Partial::ALL.map(|partial| {
                let package = Package {
                    size: Quantity::parse("1000").unwrap(),
                    partial,
                };
                package.count(quantity).unwrap().to_string()
            })
        };
        assert_eq!(counts("0"), ["0", "0", "0"]);
        assert_eq!(counts("1000"), ["1", "1", "1"]);
        assert_eq!(counts("1000.000001"), ["2", "1", "1"]);
        assert_eq!(counts("1500"), ["2", "2", "1"]);
        assert_eq!(counts("1499.999999"), ["2", "1", "1"]);
    }
}
