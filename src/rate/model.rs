//! The pricing models: what each is asked, and what it answers. A file for each is beside this one.

use super::answer::{Priced, Unpriced};
use super::{flat, per_unit, tiered};
use crate::model::scheme::Price;
use crate::money::{Amount, Quantity, Rate, Worth};

/// What a model is asked about one charge.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub quantity: Quantity,
    /// The price of the service's or order's own.
    pub own_price: Option<Rate>,
}

/// What it answers: not yet prorated, not yet rounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worked {
    pub worth: Worth,
    /// The quantity the price was multiplied by.
    pub quantity: Quantity,
    /// `None` under tiers.
    pub unit_price: Option<Rate>,
    pub is_own_price: bool,
    /// How tiers cut the quantity, as a line keeps it.
    pub tiers: Option<String>,
}

impl Worked {
    /// The answer once it is prorated and rounded; overflow where that gives none.
    pub fn priced(self, rounded: impl Fn(Worth) -> Option<Amount>) -> Result<Priced, Unpriced> {
        Ok(Priced {
            amount: rounded(self.worth).ok_or(Unpriced::Overflow)?,
            quantity: self.quantity,
            unit_price: self.unit_price,
            is_own_price: self.is_own_price,
            tiers: self.tiers,
            events: None,
            bound: None,
            included: None,
            paid: Amount::ZERO,
            is_paid_told: false,
        })
    }
}

/// Works out a column of charges that have the same price, one after the other.
pub fn work<'a>(
    price: &'a Price,
    asked: impl Iterator<Item = Asked> + 'a,
) -> Box<dyn Iterator<Item = Result<Worked, Unpriced>> + 'a> {
    match price {
        Price::Flat(listed) => Box::new(asked.map(|asked| flat::work(*listed, asked))),
        Price::PerUnit(listed) => Box::new(asked.map(|asked| per_unit::work(listed, asked))),
        Price::Tiered(model, tiers) => {
            Box::new(asked.map(|asked| tiered::work(*model, tiers, asked)))
        }
        // What is at which time is rated row by row.
        Price::Windows(_) => Box::new(asked.map(windows)),
    }
}

/// Nothing beside its rows. One price of the service's own cannot stand for several.
fn windows(asked: Asked) -> Result<Worked, Unpriced> {
    match asked.own_price {
        Some(_) => Err(Unpriced::PriceOnTiers),
        None => Ok(Worked {
            worth: Worth::ZERO,
            quantity: asked.quantity,
            unit_price: None,
            is_own_price: false,
            tiers: None,
        }),
    }
}
