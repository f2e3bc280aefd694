//! The columns of what is due that prices are worked out from.

use super::model::Asked;
use crate::model::events::{Events, Tally};
use crate::model::line::{ADJUSTMENT, LATE_USAGE};
use crate::model::rollover::Carried;
use crate::model::table::{Columns, Counts, Texts, Units};
use crate::money::{Quantity, Rate, Share, Worth};
use polars::prelude::{BooleanChunked, DataFrame};

/// Borrowed columns of `due`, read row by row without a copy.
pub struct Due<'a> {
    quantity: Units<'a>,
    quantity_before: Units<'a>,
    included: Units<'a>,
    carried_in: Units<'a>,
    carried_out: Units<'a>,
    unit_price: Units<'a>,
    events: &'a Texts,
    kind: &'a Texts,
    is_final: &'a BooleanChunked,
    is_raised: &'a BooleanChunked,
    days_before: Counts<'a>,
    days: Counts<'a>,
    period_days: Counts<'a>,
}

impl<'a> Due<'a> {
    pub fn of(frame: &'a DataFrame) -> Self {
        Self {
            quantity: frame.whole_units("quantity"),
            quantity_before: frame.whole_units("quantity_before"),
            included: frame.whole_units("included"),
            carried_in: frame.whole_units("carried_in"),
            carried_out: frame.whole_units("carried_out"),
            unit_price: frame.whole_units("unit_price"),
            events: frame.whole_texts("events"),
            kind: frame.whole_texts("kind"),
            is_final: frame.flags("is_final"),
            is_raised: frame.flags("is_raised"),
            days_before: frame.whole_counts("days_before"),
            days: frame.whole_counts("days"),
            period_days: frame.whole_counts("period_days"),
        }
    }

    /// The quantity, one where none is named, and the price of the service's or order's own.
    pub fn asked(&self, row: usize) -> Asked {
        Asked {
            quantity: quantity(self.quantity, row).unwrap_or(Quantity::ONE),
            own_price: self.own_price(row),
        }
    }

    pub fn used(&self, row: usize) -> Used {
        Used {
            now: quantity(self.quantity, row).unwrap_or_default(),
            before: quantity(self.quantity_before, row).unwrap_or_default(),
            included: quantity(self.included, row),
            carried: Carried {
                into: self.carried_in.at(row).unwrap_or_default(),
                out: self.carried_out.at(row).unwrap_or_default(),
            },
            is_final: self.is_final.get(row).unwrap_or_default(),
            is_raised: self.is_raised.get(row).unwrap_or_default(),
            share: self.share(row),
            is_late: self.kind.get(row) == Some(LATE_USAGE),
            is_again: self.kind.get(row) == Some(ADJUSTMENT),
            own_price: self.own_price(row),
            events: self
                .events
                .get(row)
                .map(|text| Events::parse(text).expect("events as identify writes them")),
        }
    }

    fn own_price(&self, row: usize) -> Option<Rate> {
        self.unit_price.at(row).and_then(Rate::from_units)
    }

    pub fn share(&self, row: usize) -> Share {
        let days = |column: Counts<'_>| i128::from(column.at(row).unwrap_or_default());
        Share {
            before: days(self.days_before),
            days: days(self.days),
            period_days: days(self.period_days),
        }
    }
}

/// Usage of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Billed now.
    pub now: Quantity,
    /// Billed earlier in the same full period.
    pub before: Quantity,
    /// What of the full period so far is free, where several services share that; `None`: as the charge says.
    pub included: Option<Quantity>,
    /// What has gone over into the period, and out of it.
    pub carried: Carried,
    /// Whether nothing can follow in this period.
    pub is_final: bool,
    /// Whether nothing could follow once before, and earlier lines were brought to the minimum.
    pub is_raised: bool,
    /// Which days of the period it is of.
    pub share: Share,
    /// Whether these days were billed before.
    pub is_late: bool,
    /// Whether it was billed before, and is priced anew.
    pub is_again: bool,
    /// The price of the service's own.
    pub own_price: Option<Rate>,
    /// What single rows cost, where that matters.
    pub events: Option<Events>,
}

impl Used {
    /// The days of the period so far, and those that were billed before.
    pub fn days(&self) -> (i128, i128) {
        let through = self.share.before + self.share.days;
        match self.is_late {
            true => (through, through),
            false => (through, self.share.before),
        }
    }

    /// What the price of the charge is multiplied by, of all so far and of what came before; `None` beyond 12 digits.
    pub fn charged(&self) -> Option<(Quantity, Quantity)> {
        match &self.events {
            None => Some((self.before.checked_add(self.now)?, self.before)),
            Some(events) => {
                let charged = |tally: &Tally| Quantity::from_units(tally.charged());
                Some((charged(&events.so_far()?)?, charged(&events.before)?))
            }
        }
    }

    /// What rows cost beside that; `None` beyond 128 bits.
    pub fn of_rows(&self) -> Option<(Worth, Worth)> {
        match &self.events {
            None => Some((Worth::ZERO, Worth::ZERO)),
            Some(events) => Some((events.so_far()?.worth()?, events.before.worth()?)),
        }
    }
}

fn quantity(column: Units<'_>, row: usize) -> Option<Quantity> {
    column.at(row).and_then(Quantity::from_units)
}
