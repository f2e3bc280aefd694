//! One column of text -> one typed column, and what did not fit.

use super::demands::Demands;
use super::value::{self, Misfit};
use super::{native, text};
use crate::model::account::ORDERS;
use crate::model::table::{
    Kind, count_column, date_column, flag_column, text_column, units_column,
};
use crate::money::{Amount, Quantity, Rate};
use polars::prelude::*;

/// A value that does not fit, or that only a later part of Billwright can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the sorted table.
    pub index: usize,
    pub column: &'static str,
    pub misfit: Misfit,
}

/// One column of the schema, with its defaults, and the values that did not fit.
pub fn read(
    frame: &DataFrame,
    demands: Demands,
    name: &'static str,
    kind: Kind,
) -> PolarsResult<(Column, Vec<Fault>)> {
    let default = demands.default(name);
    let Ok(found) = frame.column(name) else {
        let column = match default {
            Some(default) => return Ok((given(default, name, kind, frame.height()), Vec::new())),
            // Nothing is kept once, however often it is there.
            None => Column::new_scalar(name.into(), Scalar::null(kind.dtype()), frame.height()),
        };
        return Ok((column, Vec::new()));
    };
    // What has the type of its column already is no less checked than what was read from text.
    if !demands.later.contains(&name)
        && (default.is_none() || found.null_count() == 0)
        && let Some(column) = native::typed(found, name, kind)
    {
        let faults = if demands.required.contains(&name) {
            required(&column, demands, name)
        } else {
            Vec::new()
        };
        return Ok((column, faults));
    }
    let text = text::column(found)?;
    let text = match default {
        Some(default) if text.null_count() > 0 => {
            let values = text.str()?.iter();
            values.map(|value| Some(value.unwrap_or(default))).collect()
        }
        _ => text.str()?.clone(),
    };
    let mut reader = Reader {
        name,
        text: &text,
        faults: Vec::new(),
    };
    let column = match kind {
        Kind::Text => match TextCheck::of(demands, name) {
            Some(check) => reader.checked(|value| check.check(value)),
            None => text.clone().with_name(name.into()).into_series().into(),
        },
        Kind::Date => date_column(name, reader.values(value::date)),
        Kind::Count => count_column(name, reader.values(|value| count(name, value))),
        Kind::Flag => flag_column(name, reader.values(value::flag)),
        Kind::Quantity => units_column(name, kind, reader.values(value::quantity)),
        Kind::Rate => units_column(
            name,
            kind,
            reader.values(|value| value::units(value, Rate::parse(value).map(Rate::units))),
        ),
        Kind::Amount => units_column(
            name,
            kind,
            reader.values(|value| value::units(value, Amount::parse(value).map(Amount::units))),
        ),
    };
    if HANDLING.contains(&name) {
        // How a document is delivered or paid never stops it from being billed.
        return Ok((column, Vec::new()));
    }
    let mut faults = reader.faults;
    if demands.required.contains(&name) {
        faults.extend(required(&text.into_series().into(), demands, name));
    }
    if demands.later.contains(&name) {
        faults.extend(later(&column, name, kind));
    }
    Ok((column, faults))
}

/// A column of nothing but its default.
fn given(default: &str, name: &'static str, kind: Kind, height: usize) -> Column {
    match kind {
        Kind::Quantity => {
            let units = Quantity::parse(default).map(Quantity::units).ok();
            units_column(name, kind, std::iter::repeat_n(units, height))
        }
        Kind::Amount => {
            let units = Amount::parse(default).map(Amount::units).ok();
            units_column(name, kind, std::iter::repeat_n(units, height))
        }
        _ => {
            let default = AnyValue::StringOwned(default.into());
            Column::new_scalar(name.into(), Scalar::new(DataType::String, default), height)
        }
    }
}

/// Columns that only say how a document is addressed, delivered or paid: kept as they are.
const HANDLING: [&str; 8] = [
    "emails",
    "cc",
    "delivery",
    "auto_pay",
    "payment_method",
    "payment_token",
    "payment_preference",
    "presentment_preference",
];

/// What is asked of a text.
#[derive(Clone, Copy)]
enum TextCheck {
    Id,
    Currency,
    Words(&'static [&'static str]),
    /// The word that is acted on, and no near miss of it.
    OrderStatus,
    Printed,
    TaxId,
}

impl TextCheck {
    /// `None` where any text will do: ids of other tables are looked up there.
    fn of(demands: Demands, column: &str) -> Option<Self> {
        if demands.is_reference(column) || HANDLING.contains(&column) {
            return None;
        }
        Some(match demands.words(column) {
            Some(words) => Self::Words(words),
            None if demands.schema.key.contains(&column) => Self::Id,
            None if column == "currency" => Self::Currency,
            None if column == "tax_id" => Self::TaxId,
            None if column == "status" && demands.name() == ORDERS.name => Self::OrderStatus,
            None => Self::Printed,
        })
    }

    fn check(self, text: &str) -> Result<(), Misfit> {
        match self {
            Self::Id => value::id(text),
            Self::Currency => value::currency(text),
            Self::Words(words) => value::one_of(text, words),
            Self::OrderStatus if text.eq_ignore_ascii_case("fulfilled") => {
                value::one_of(text, &["fulfilled"])
            }
            Self::OrderStatus => value::printed(text),
            Self::Printed => value::printed(text),
            Self::TaxId => value::tax_id(text),
        }
    }
}

fn count(name: &str, text: &str) -> Result<i64, Misfit> {
    let most = if name == "bill_day" {
        31
    } else {
        i64::from(i32::MAX)
    };
    value::count(text, i64::from(name == "bill_day"), most)
}

/// Goes down one column and keeps what does not fit.
struct Reader<'a> {
    name: &'static str,
    text: &'a StringChunked,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn values<T>(&mut self, read: impl Fn(&str) -> Result<T, Misfit>) -> Vec<Option<T>> {
        let mut values = Vec::with_capacity(self.text.len());
        for (index, text) in self.text.iter().enumerate() {
            values.push(text.and_then(|text| match read(text) {
                Ok(value) => Some(value),
                Err(misfit) => {
                    self.fault(index, misfit);
                    None
                }
            }));
        }
        values
    }

    /// The text itself. Only an id stays when it does not fit: its account is set aside by it.
    fn checked(&mut self, check: impl Fn(&str) -> Result<(), Misfit>) -> Column {
        // Many columns say the same in row after row.
        let mut fits = None;
        for (index, text) in self.text.iter().enumerate() {
            let Some(text) = text.filter(|_| text != fits) else {
                continue;
            };
            match check(text) {
                Ok(()) => fits = Some(text),
                Err(misfit) => self.fault(index, misfit),
            }
        }
        let mut bad = self.faults.iter().map(|fault| fault.index).peekable();
        if bad.peek().is_none() || self.faults[0].misfit.code == "BW-V102" {
            return self
                .text
                .clone()
                .with_name(self.name.into())
                .into_series()
                .into();
        }
        let values = self.text.iter().enumerate();
        text_column(
            self.name,
            values.map(|(index, text)| text.filter(|_| bad.next_if_eq(&index).is_none())),
        )
    }

    fn fault(&mut self, index: usize, misfit: Misfit) {
        self.faults.push(Fault {
            index,
            column: self.name,
            misfit,
        });
    }
}

fn required(values: &Column, demands: Demands, column: &'static str) -> Vec<Fault> {
    // Rows without an id refuse their file; those without an owner belong to nobody, and are told so when that is looked up.
    let is_told = demands.schema.key.contains(&column) || demands.is_reference(column);
    if values.null_count() == 0 || is_told {
        return Vec::new();
    }
    let empty = values.is_null();
    let empty = empty.iter().enumerate();
    empty
        .filter(|(_, is_empty)| *is_empty == Some(true))
        .map(|(index, _)| Fault {
            index,
            column,
            misfit: Misfit {
                code: "BW-V103",
                message: format!("empty; a {column} is needed"),
            },
        })
        .collect()
}

/// Values that a later part of Billwright acts on: not to act on them silently would bill something else than was meant.
fn later(column: &Column, name: &'static str, kind: Kind) -> Vec<Fault> {
    let nonzero: Vec<usize> = match kind {
        Kind::Count => positions(column.i64().expect("a column of counts").iter(), |n| n != 0),
        Kind::Text => positions(column.str().expect("a column of text").iter(), |_| true),
        _ => {
            let decimals = column.decimal().expect("a column of decimals");
            positions(decimals.physical().iter(), |n| n != 0)
        }
    };
    nonzero
        .into_iter()
        .map(|index| Fault {
            index,
            column: name,
            misfit: Misfit {
                code: "BW-V190",
                message: format!("`{name}` is not built yet, other than zero or empty"),
            },
        })
        .collect()
}

fn positions<T>(
    values: impl Iterator<Item = Option<T>>,
    is_meant: impl Fn(T) -> bool,
) -> Vec<usize> {
    let values = values.enumerate();
    values
        .filter_map(|(index, value)| is_meant(value?).then_some(index))
        .collect()
}
