//! Days, half-open periods, the cycle in which a charge is billed, and the zones that say which day it is. No clock.
//!
//! Owns which days belong to which period. Does not own when a charge is due (`identify/`).
//! Invariant: boundaries are counted from the first one, so 31 January is followed by 28 February and 31 March.

mod cycle;
mod date;
mod slots;
mod zone;

pub use cycle::Cycle;
pub use date::{Date, DateFault};
pub use slots::{Pace, Slot, Slots};
pub use zone::{DAY, LocalFault, SECOND, Zone};

use std::fmt;

/// The length of a full period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Days(i32),
    Months(i32),
}

/// Days from `start` up to, but not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    pub start: Date,
    pub end: Date,
}

impl Period {
    pub fn new(start: Date, end: Date) -> Self {
        Self { start, end }
    }

    /// Number of days; zero or less for a period without days.
    pub fn days(self) -> i32 {
        self.end.number() - self.start.number()
    }

    /// The months from that of its start to that of its end.
    pub fn months(self) -> i32 {
        self.end.month_number() - self.start.month_number()
    }

    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The days both have.
    pub fn intersect(self, other: Self) -> Self {
        Self {
            start: self.start.max(other.start),
            end: self.end.min(other.end),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}..{}", self.start, self.end)
    }
}
