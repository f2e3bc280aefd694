//! What a template holds in its hands: groups of variables, and figures, days and periods that print themselves.
//!
//! None of them is a number of the template language, so no template can compute with money.

use crate::calendar::{Date, Period};
use crate::money::{Amount, Currency, Quantity, Rate};
use minijinja::Value;
use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A group of variables, such as `invoice` or one of `lines`.
#[derive(Debug)]
pub(super) struct Record(pub Vec<(&'static str, Value)>);

impl Object for Record {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let (_, value) = self.0.iter().find(|(name, _)| *name == key)?;
        Some(value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.iter().map(|(name, _)| (*name).into()).collect())
    }

    /// Says only that there is something: a whole group has no place in a document.
    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("{...}")
    }
}

pub(super) fn record(values: Vec<(&'static str, Value)>) -> Value {
    Value::from_object(Record(values))
}

/// What is not there.
pub(super) fn none() -> Value {
    Value::from(())
}

/// A number that prints exactly; false where it is zero.
#[derive(Debug)]
pub(super) struct Figure {
    units: i128,
    scale: u32,
    text: String,
}

impl Figure {
    /// An amount with exactly the digits of its currency.
    pub fn amount(amount: Amount, currency: Currency) -> Self {
        Self {
            units: amount.units(),
            scale: Amount::SCALE,
            text: amount.text(currency),
        }
    }

    /// A price per unit: the digits of its currency, and more only where it has them.
    pub fn rate(rate: Rate, currency: Currency) -> Self {
        let text = rate.to_string();
        let text = match (text.strip_suffix(".00"), currency.minor_digits()) {
            (Some(whole), 0) => whole.to_owned(),
            _ => text,
        };
        Self {
            units: rate.units(),
            scale: Rate::SCALE,
            text,
        }
    }

    /// A percentage without idle zeros: `7.25`, `20`.
    pub fn percent(rate: Rate) -> Self {
        let text = rate.to_string();
        let text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
        Self {
            units: rate.units(),
            scale: Rate::SCALE,
            text: if text.is_empty() {
                "0".to_owned()
            } else {
                text
            },
        }
    }

    pub fn quantity(quantity: Quantity) -> Self {
        Self {
            units: quantity.units(),
            scale: Quantity::SCALE,
            text: quantity.to_string(),
        }
    }

    /// The same without its sign.
    pub fn absolute(&self) -> Self {
        Self {
            units: self.units.abs(),
            scale: self.scale,
            text: self.text.trim_start_matches('-').to_owned(),
        }
    }

    pub fn is_positive(&self) -> bool {
        self.units > 0
    }

    /// As it prints by itself: `-1234.50`.
    pub fn plain(&self) -> &str {
        &self.text
    }

    /// With a comma between thousands: `-1,234.50`.
    pub fn grouped(&self) -> String {
        let (sign, digits) = match self.text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", self.text.as_str()),
        };
        let whole = digits.find('.').unwrap_or(digits.len());
        let mut out = String::with_capacity(digits.len() + 4);
        out.push_str(sign);
        for (at, digit) in digits.char_indices() {
            if at > 0 && at < whole && (whole - at) % 3 == 0 {
                out.push(',');
            }
            out.push(digit);
        }
        out
    }
}

impl Object for Figure {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.units != 0
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        let scale = self.scale.max(other.scale);
        let units = |figure: &Self| figure.units * 10_i128.pow(scale - figure.scale);
        Some(units(self).cmp(&units(other)))
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
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
        let grouped = |text| Figure::amount(Amount::parse(text).unwrap(), Currency::USD).grouped();
        assert_eq!(
            ["0", "999.5", "-1234.5", "1234567"].map(grouped),
            ["0.00", "999.50", "-1,234.50", "1,234,567.00"]
        );
    }

    #[test]
    fn a_rate_shows_the_digits_it_has() {
        let rate = |text| Rate::parse(text).unwrap();
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(Figure::rate(rate("4"), Currency::USD).text, "4.00");
        assert_eq!(Figure::rate(rate("0.0125"), Currency::USD).text, "0.0125");
        assert_eq!(Figure::rate(rate("400"), yen).text, "400");
        assert_eq!(
            ["7.25", "20", "0"].map(|text| Figure::percent(rate(text)).text),
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
