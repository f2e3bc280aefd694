//! One row of a fact table, read by column name.

use crate::calendar::{Date, Period};
use crate::model::derivation::Derivation;
use crate::model::table::Columns;
use crate::money::{Amount, Currency, Quantity, Rate};
use polars::prelude::DataFrame;

/// A row of a table whose schema has promised the columns asked for; another column is a fault of ours and panics.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    frame: &'a DataFrame,
    at: usize,
}

impl<'a> Row<'a> {
    /// All rows, in the order of the table.
    pub fn all(frame: &'a DataFrame) -> impl DoubleEndedIterator<Item = Self> + Clone {
        (0..frame.height()).map(move |at| Self { frame, at })
    }

    /// Empty for null.
    pub fn text(self, name: &str) -> &'a str {
        self.frame.text_at(name, self.at)
    }

    /// The service it is about; of the line of an order, which has none, ORDER:LINE.
    pub fn item(self) -> &'a str {
        match self.text("service_id") {
            "" => self.text("charge"),
            service => service,
        }
    }

    pub fn date(self, name: &str) -> Option<Date> {
        let column = self.column(name).date().ok();
        let days = column.and_then(|column| column.physical().get(self.at));
        days.map(Date::from_number)
    }

    pub fn count(self, name: &str) -> Option<i64> {
        self.frame.counts(name).get(self.at)
    }

    pub fn flag(self, name: &str) -> bool {
        self.frame.flags(name).get(self.at).unwrap_or(false)
    }

    pub fn amount(self, name: &str) -> Option<Amount> {
        self.units(name).and_then(Amount::from_units)
    }

    pub fn rate(self, name: &str) -> Option<Rate> {
        self.units(name).and_then(Rate::from_units)
    }

    pub fn quantity(self, name: &str) -> Option<Quantity> {
        self.units(name).and_then(Quantity::from_units)
    }

    /// An amount with the digits of the row's `currency`; empty for null.
    pub fn money(self, name: &str) -> String {
        self.amount(name)
            .map_or_else(String::new, |amount| money(amount, self.text("currency")))
    }

    /// The days from `start` up to `end`; `None` where one is null.
    pub fn period(self, start: &str, end: &str) -> Option<Period> {
        Some(Period::new(self.date(start)?, self.date(end)?))
    }

    /// How the amount of a line came about.
    pub fn derivation(self) -> Derivation {
        Derivation::read(self.frame, self.at)
    }

    fn units(self, name: &str) -> Option<i128> {
        let column = self.column(name).decimal().ok()?;
        column.physical().get(self.at)
    }

    fn column(self, name: &str) -> &'a polars::prelude::Column {
        self.frame
            .column(name)
            .unwrap_or_else(|error| panic!("column {name}: {error}"))
    }
}

/// An amount with the digits of its currency; a currency that is not known is written with two.
pub(super) fn money(amount: Amount, currency: &str) -> String {
    Currency::parse(currency).map_or_else(|| amount.to_string(), |known| amount.text(known))
}
