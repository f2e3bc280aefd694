//! What a template holds in its hands: groups of variables, and figures, days and periods that print themselves.
//!
//! None of them is a number of the template language, so no template can compute with money.

use super::table::Row;
use crate::calendar::{Date, Period};
use crate::money::{Amount, Currency, Quantity, Rate};
use minijinja::Value;
use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A group of variables, such as `invoice` or one of `lines`: a row of the book, and what follows from it.
#[derive(Debug)]
pub(super) struct Record {
    row: Option<Row>,
    more: Vec<(&'static str, Value)>,
}

impl Object for Record {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let of_row = || self.row.as_ref()?.get(key);
        match self.more.iter().find(|(name, _)| *name == key) {
            Some((_, value)) => Some(value.clone()),
            None => of_row(),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let of_row = self.row.iter().flat_map(Row::names);
        let names = of_row.chain(self.more.iter().map(|(name, _)| *name));
        Enumerator::Values(names.map(Value::from).collect())
    }

    /// Says only that there is something: a whole group has no place in a document.
    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("{...}")
    }
}

pub(super) fn record(more: Vec<(&'static str, Value)>) -> Value {
    Value::from_object(Record { row: None, more })
}

/// A row with values beside its own, under other names.
pub(super) fn row(row: Row, more: Vec<(&'static str, Value)>) -> Value {
    Value::from_object(Record {
        row: Some(row),
        more,
    })
}

/// What is not there.
pub(super) fn none() -> Value {
    Value::from(())
}

/// A number that prints exactly; false where it is zero.
///
/// Its digits are made when they are printed, and few of the figures of an invoice are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Figure {
    /// With exactly the digits of its currency.
    Amount(Amount, Currency),
    /// A price per unit: the digits of its currency, and more only where it has them.
    Rate(Rate, Currency),
    /// Without idle zeros: `7.25`, `20`.
    Percent(Rate),
    Quantity(Quantity),
}

impl Figure {
    fn units(self) -> i128 {
        match self {
            Self::Amount(amount, _) => amount.units(),
            Self::Rate(rate, _) | Self::Percent(rate) => rate.units(),
            Self::Quantity(quantity) => quantity.units(),
        }
    }

    fn scale(self) -> u32 {
        match self {
            Self::Amount(..) => Amount::SCALE,
            Self::Rate(..) | Self::Percent(_) => Rate::SCALE,
            Self::Quantity(_) => Quantity::SCALE,
        }
    }

    /// The same without its sign.
    pub fn absolute(self) -> Self {
        let rate = |rate: Rate| Rate::from_units(rate.units().abs()).unwrap_or(rate);
        match self {
            Self::Amount(amount, currency) => Self::Amount(amount.abs(), currency),
            Self::Rate(price, currency) => Self::Rate(rate(price), currency),
            Self::Percent(percent) => Self::Percent(rate(percent)),
            // Never below zero.
            Self::Quantity(quantity) => Self::Quantity(quantity),
        }
    }

    pub fn is_positive(self) -> bool {
        self.units() > 0
    }

    /// As it prints by itself: `-1234.50`.
    pub fn plain(self) -> String {
        match self {
            Self::Amount(amount, currency) => amount.text(currency),
            Self::Rate(rate, currency) => {
                let text = rate.to_string();
                match (text.strip_suffix(".00"), currency.minor_digits()) {
                    (Some(whole), 0) => whole.to_owned(),
                    _ => text,
                }
            }
            Self::Percent(rate) => {
                let text = rate.to_string();
                let text = text.trim_end_matches('0').trim_end_matches('.');
                if text.is_empty() { "0" } else { text }.to_owned()
            }
            Self::Quantity(quantity) => quantity.to_string(),
        }
    }

    /// With a comma between thousands: `-1,234.50`.
    pub fn grouped(self) -> String {
        let mut text = self.plain();
        let first = usize::from(text.starts_with('-'));
        let mut at = text.find('.').unwrap_or(text.len());
        while at > first + 3 {
            at -= 3;
            text.insert(at, ',');
        }
        text
    }
}

impl Object for Figure {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.units() != 0
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let (one, other) = (**self, *other.downcast_ref::<Self>()?);
        let scale = one.scale().max(other.scale());
        let units = |figure: Self| figure.units() * 10_i128.pow(scale - figure.scale());
        Some(units(one).cmp(&units(other)))
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.plain())
    }
}

/// A day; prints as 2026-02-01.
#[derive(Debug)]
pub(super) struct Day(pub Date);

impl Day {
    /// `February 1, 2026`.
    pub fn long(&self) -> String {
        format!("{}, {}", month_and_day(self.0), self.0.year())
    }
}

impl Object for Day {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// A service period as a customer reads it: `last` is its last day. Prints as `2026-02-01 to 2026-02-28`.
#[derive(Debug)]
pub(super) struct Days(pub Period);

impl Days {
    fn last(&self) -> Date {
        self.0.end.plus_days(-1).max(self.0.start)
    }

    /// `February 1 – 28, 2026`, saying nothing twice.
    pub fn long(&self) -> String {
        let (first, last) = (self.0.start, self.last());
        if first == last {
            Day(first).long()
        } else if first.year() != last.year() {
            format!("{} – {}", Day(first).long(), Day(last).long())
        } else if first.month() != last.month() {
            format!("{} – {}", month_and_day(first), Day(last).long())
        } else {
            format!("{} – {}, {}", month_and_day(first), last.day(), last.year())
        }
    }
}

impl Object for Days {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "first" => Some(Value::from_object(Day(self.0.start))),
            "last" => Some(Value::from_object(Day(self.last()))),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["first", "last"])
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} to {}", self.0.start, self.last())
    }
}

fn month_and_day(date: Date) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    format!("{} {}", MONTHS[date.month() as usize - 1], date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_and_no_digit_is_lost() {
        let grouped = |text| Figure::Amount(Amount::parse(text).unwrap(), Currency::USD).grouped();
        assert_eq!(
            ["0", "999.5", "-999.5", "-1234.5", "1234567"].map(grouped),
            ["0.00", "999.50", "-999.50", "-1,234.50", "1,234,567.00"]
        );
    }

    #[test]
    fn a_rate_shows_the_digits_it_has() {
        let rate = |text| Rate::parse(text).unwrap();
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(Figure::Rate(rate("4"), Currency::USD).plain(), "4.00");
        assert_eq!(
            Figure::Rate(rate("0.0125"), Currency::USD).plain(),
            "0.0125"
        );
        assert_eq!(Figure::Rate(rate("400"), yen).plain(), "400");
        assert_eq!(
            ["7.25", "20", "0"].map(|text| Figure::Percent(rate(text)).plain()),
            ["7.25", "20", "0"]
        );
    }

    #[test]
    fn a_period_ends_on_its_last_day() {
        let long = |start, end| {
            let day = |text| Date::parse(text).unwrap();
            Days(Period::new(day(start), day(end))).long()
        };
        assert_eq!(long("2026-02-01", "2026-03-01"), "February 1 – 28, 2026");
        assert_eq!(
            long("2026-01-15", "2026-02-15"),
            "January 15 – February 14, 2026"
        );
        assert_eq!(
            long("2025-12-15", "2026-01-15"),
            "December 15, 2025 – January 14, 2026"
        );
        assert_eq!(long("2026-02-28", "2026-03-01"), "February 28, 2026");
    }
}
