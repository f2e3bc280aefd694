//! The pricing models: what each is asked, and what it answers. A file for each is beside this one.

use super::answer::Unpriced;
use super::{flat, graduated, per_unit};
use crate::model::scheme::Price;
use crate::money::{Quantity, Rate, Worth};

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

/// Works out a column of charges that have the same price.
pub fn work(price: &Price, asked: impl Iterator<Item = Asked>) -> Vec<Result<Worked, Unpriced>> {
    match price {
        Price::Flat(listed) => asked.map(|asked| flat::work(*listed, asked)).collect(),
        Price::PerUnit(listed) => asked.map(|asked| per_unit::work(listed, asked)).collect(),
        Price::Graduated(tiers) => asked.map(|asked| graduated::work(tiers, asked)).collect(),
    }
}
