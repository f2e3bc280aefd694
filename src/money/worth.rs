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
