//! How a line came to its amount, read back from its columns.

use super::frequency::{Frequency, TimeUnit};
use super::proration::Proration;
use super::scheme::TierModel;
use super::slices::Slices;
use super::table::Columns;
use crate::money::{Amount, Currency, LineRounding, Quantity, Rate, Ratio, Share, Worth};
use polars::prelude::DataFrame;

/// What a line says about its amount, enough to work it out again from the line alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    pub price: LinePrice,
    /// As on the line.
    pub quantity: Quantity,
    /// How often the price is due in a full period.
    pub times: Ratio,
    /// What is charged of the period.
    pub share: Share,
    pub rounding: LineRounding,
    pub currency: Currency,
}

/// A price as a line keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinePrice {
    Flat(Rate),
    PerUnit(Rate),
    Tiered(TierModel, Slices),
    /// Rows alone.
    Windows,
}

impl LinePrice {
    /// What a quantity costs; under tiers one of at most what the line was for. `None` beyond 128 bits.
    pub fn worth(&self, quantity: Quantity) -> Option<Worth> {
        match self {
            Self::Flat(rate) => Worth::of(*rate, Quantity::ONE),
            Self::PerUnit(rate) => Worth::of(*rate, quantity),
            Self::Tiered(_, slices) => slices.up_to(quantity).worth(),
            Self::Windows => Some(Worth::ZERO),
        }
    }
}

impl Derivation {
    /// Reads a row of `invoice_line`, of `rated` or of `unused`. Panics where a column holds what no line is written with:
    /// lines are read from parts whose hashes fit, so that is a fault of ours.
    pub fn read(frame: &DataFrame, row: usize) -> Self {
        let text = |name: &str| frame.text_at(name, row);
        let units = |name: &str| {
            let column = frame.column(name).and_then(|column| column.decimal());
            column.expect("a decimal column").physical().get(row)
        };
        let days = |name: &str| i128::from(frame.counts(name).get(row).unwrap_or_default());
        let rate = || {
            let rate = units("unit_price").and_then(Rate::from_units);
            rate.expect("a line without tiers has a unit price")
        };
        let price = match text("model") {
            "flat" => LinePrice::Flat(rate()),
            "per_unit" => LinePrice::PerUnit(rate()),
            "windows" => LinePrice::Windows,
            model => LinePrice::Tiered(
                TierModel::parse(model).expect("a model that lines are written with"),
                Slices::parse(text("tiers")).expect("tiers as they are written"),
            ),
        };
        let times = match (
            Frequency::parse(text("frequency")),
            TimeUnit::parse(text("per")),
        ) {
            (Some(frequency), Some(unit)) => {
                frequency.times(unit).expect("checked with the scheme")
            }
            _ => Ratio::ONE,
        };
        let proration = Proration::parse(text("proration"));
        let proration = proration.expect("a proration that lines are written with");
        Self {
            price,
            quantity: units("quantity")
                .and_then(Quantity::from_units)
                .unwrap_or(Quantity::ONE),
            times,
            share: proration.charged(Share {
                before: days("days_before"),
                days: days("days"),
                period_days: days("period_days"),
            }),
            rounding: LineRounding::parse(text("rounding"))
                .expect("a rounding that lines are written with"),
            currency: Currency::parse(text("currency")).expect("a line is in a known currency"),
        }
    }

    /// What the quantity on the line costs for one time the price is due.
    pub fn worth(&self) -> Option<Worth> {
        self.price.worth(self.quantity)
    }

    /// What the charged share of the period costs. Not for usage, whose lines continue one another.
    pub fn amount(&self) -> Option<Amount> {
        self.rounding
            .share(self.worth()?, self.times, self.share, self.currency)
    }
}
