//! What a price comes to before it is rounded.

use super::{Quantity, Rate};

/// A price worked out and not yet rounded: an exact count of units of 10^-15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Worth(i128);

impl Worth {
    /// Digits behind the point: those of a rate times a quantity.
    pub const SCALE: u32 = Rate::SCALE + Quantity::SCALE;
    pub const ZERO: Self = Self(0);

    /// `rate x quantity`; `None` beyond 128 bits.
    pub fn of(rate: Rate, quantity: Quantity) -> Option<Self> {
        rate.units().checked_mul(quantity.units()).map(Self)
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The count of units of 10^-SCALE.
    pub fn units(self) -> i128 {
        self.0
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
        let (mut one, mut other) = (
            self.numerator.unsigned_abs(),
            self.denominator.unsigned_abs(),
        );
        while other != 0 {
            (one, other) = (other, one % other);
        }
        // Above zero, since the denominator is.
        let common = one as i128;
        Self {
            numerator: self.numerator / common,
            denominator: self.denominator / common,
        }
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
    /// What is left of a period that an earlier part has paid for as a whole.
    pub const NOTHING: Self = Self {
        before: 1,
        days: 0,
        period_days: 1,
    };
}
