//! What a price comes to before it is rounded.

use super::{Quantity, Rate};
use std::cmp::Ordering;

/// A price worked out and not yet rounded: an exact count of units of 10^-15, or a fraction of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth {
    units: i128,
    /// Above zero, with no factor in common with the units.
    parts: i128,
}

impl Worth {
    /// Digits behind the point: those of a rate times a quantity.
    const SCALE: u32 = Rate::SCALE + Quantity::SCALE;
    pub const ZERO: Self = Self { units: 0, parts: 1 };

    /// `rate x quantity`; `None` beyond 128 bits.
    pub fn of(rate: Rate, quantity: Quantity) -> Option<Self> {
        let units = rate.units().checked_mul(quantity.units())?;
        Some(Self { units, parts: 1 })
    }

    /// `rate x quantity / per`, where the rate is the price of `per`, which is above zero; `None` beyond 128 bits.
    pub fn per(rate: Rate, quantity: Quantity, per: Quantity) -> Option<Self> {
        let whole = Self::of(rate, quantity)?;
        let divided = Self {
            units: whole.units.checked_mul(Quantity::ONE.units())?,
            parts: per.units(),
        };
        Some(divided.reduced())
    }

    /// `None` beyond 128 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        if self.parts == other.parts {
            let units = self.units.checked_add(other.units)?;
            return Some(Self { units, ..self }.reduced());
        }
        let one = self.units.checked_mul(other.parts)?;
        let sum = Self {
            units: one.checked_add(other.units.checked_mul(self.parts)?)?,
            parts: self.parts.checked_mul(other.parts)?,
        };
        Some(sum.reduced())
    }

    /// `None` beyond 128 bits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let units = other.units.checked_neg()?;
        self.checked_add(Self { units, ..other })
    }

    /// Whether it is less or more; `None` beyond 128 bits.
    pub fn against(self, other: Self) -> Option<Ordering> {
        let one = self.units.checked_mul(other.parts)?;
        Some(one.cmp(&other.units.checked_mul(self.parts)?))
    }

    /// Dividend and divisor in units of a currency; `None` beyond 128 bits.
    pub fn fraction(self) -> Option<(i128, i128)> {
        let divisor = 10_i128.pow(Self::SCALE).checked_mul(self.parts)?;
        Some((self.units, divisor))
    }

    /// The same with a divisor for coins of so many digits behind the point.
    pub(super) fn in_coins(self, digits: u32) -> Option<(i128, i128)> {
        let divisor = 10_i128.pow(Self::SCALE - digits);
        Some((self.units, divisor.checked_mul(self.parts)?))
    }

    fn reduced(self) -> Self {
        if self.parts == 1 {
            return self;
        }
        let common = common_divisor(self.units, self.parts);
        Self {
            units: self.units / common,
            parts: self.parts / common,
        }
    }
}

/// A fraction that is never divided out: how often a price is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    pub numerator: i128,
    /// Above zero.
    pub denominator: i128,
}

impl Ratio {
    pub const ONE: Self = Self {
        numerator: 1,
        denominator: 1,
    };

    /// 7.25 % is 29 / 400.
    pub fn of_percent(percent: Rate) -> Self {
        Self {
            numerator: percent.units(),
            denominator: 10_i128.pow(Rate::SCALE + 2),
        }
        .reduced()
    }

    /// `None` beyond 128 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let one = self.numerator.checked_mul(other.denominator)?;
        let other_one = other.numerator.checked_mul(self.denominator)?;
        let sum = Self {
            numerator: one.checked_add(other_one)?,
            denominator: self.denominator.checked_mul(other.denominator)?,
        };
        Some(sum.reduced())
    }

    /// `None` beyond 128 bits.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let product = Self {
            numerator: self.numerator.checked_mul(other.numerator)?,
            denominator: self.denominator.checked_mul(other.denominator)?,
        };
        Some(product.reduced())
    }

    /// `None` beyond 128 bits, and where `other` is not above zero.
    pub fn checked_div(self, other: Self) -> Option<Self> {
        let turned = Self {
            numerator: other.denominator,
            denominator: other.numerator,
        };
        (other.numerator > 0).then(|| self.checked_mul(turned))?
    }

    fn reduced(self) -> Self {
        let common = common_divisor(self.numerator, self.denominator);
        Self {
            numerator: self.numerator / common,
            denominator: self.denominator / common,
        }
    }
}

/// The greatest that divides a number and one above zero.
fn common_divisor(number: i128, above_zero: i128) -> i128 {
    let (mut one, mut other) = (number.unsigned_abs(), above_zero.unsigned_abs());
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one as i128
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
    /// What is left of a period that an earlier part has paid for as a whole.
    pub const NOTHING: Self = Self {
        before: 1,
        days: 0,
        period_days: 1,
    };

    pub fn is_whole(self) -> bool {
        self.before == 0 && self.days == self.period_days
    }
}
