//! One column of text -> one typed column, and what did not fit.

use super::demands::{Demands, Neutral};
use super::value::{self, Misfit, quoted};
use crate::model::table::{
    Kind, count_column, date_column, flag_column, text_column, units_column,
};
use crate::money::{Amount, NumberFault, Quantity, Rate};
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
) -> (Column, Vec<Fault>) {
    let default = demands.default(name);
    let text = match (frame.column(name).and_then(|found| found.str()), default) {
        (Ok(text), Some(default)) if text.null_count() > 0 => text
            .iter()
            .map(|value| Some(value.unwrap_or(default)))
            .collect(),
        (Ok(text), _) => text.clone(),
        (Err(_), Some(default)) => StringChunked::full(name.into(), default, frame.height()),
        (Err(_), None) => {
            return (
                Column::full_null(name.into(), frame.height(), &kind.dtype()),
                Vec::new(),
            );
        }
    };
    let mut reader = Reader {
        name,
        text: &text,
        faults: Vec::new(),
    };
    let column = match kind {
        Kind::Text => match text_check(demands.id(), name) {
            Some(check) => reader.checked(|value| check.check(value)),
            None => text.clone().with_name(name.into()).into_series().into(),
        },
        Kind::Date => date_column(name, reader.values(value::date)),
        Kind::Count => count_column(name, reader.values(|value| count(name, value))),
        Kind::Flag => flag_column(name, reader.values(value::flag)),
        Kind::Quantity => units_column(name, kind, reader.values(quantity)),
        Kind::Rate => units_column(
            name,
            kind,
            reader.values(|value| units(value, Rate::parse(value).map(Rate::units))),
        ),
        Kind::Amount => units_column(
            name,
            kind,
            reader.values(|value| units(value, Amount::parse(value).map(Amount::units))),
        ),
    };
    if HANDLING.contains(&name) {
        // How a document is delivered or paid never stops it from being billed.
        return (column, Vec::new());
    }
    let mut faults = reader.faults;
    if demands.required.contains(&name) && name != demands.id() {
        faults.extend(required(&text, name));
    }
    if let Some((_, neutral)) = demands.later.iter().find(|(later, _)| *later == name) {
        faults.extend(later(&text, &column, name, *neutral));
    }
    (column, faults)
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
    Status,
    Printed,
    TaxId,
}

/// `None` where any text will do: ids of other tables are looked up there.
fn text_check(id: &str, column: &str) -> Option<TextCheck> {
    match column {
        _ if column == id => Some(TextCheck::Id),
        _ if HANDLING.contains(&column) => None,
        "currency" => Some(TextCheck::Currency),
        "tax_id" => Some(TextCheck::TaxId),
        _ if column.ends_with("_id") => None,
        "status" if id == "account_id" => Some(TextCheck::Status),
        _ => Some(TextCheck::Printed),
    }
}

impl TextCheck {
    fn check(self, text: &str) -> Result<(), Misfit> {
        match self {
            Self::Id => value::id(text),
            Self::Currency => value::currency(text),
            Self::Status => value::one_of(text, &["active", "suspended", "canceled"]),
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

fn units(text: &str, read: Result<i128, NumberFault>) -> Result<i128, Misfit> {
    read.map_err(|fault| value::number(text, fault))
}

fn quantity(text: &str) -> Result<i128, Misfit> {
    match Quantity::parse(text) {
        Ok(quantity) if quantity.is_negative() => Err(Misfit {
            code: "BW-V140",
            message: format!(
                "{} is negative; what is given back is booked as a credit",
                quoted(text)
            ),
        }),
        read => units(text, read.map(Quantity::units)),
    }
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
        for (index, text) in self.text.iter().enumerate() {
            if let Some(Err(misfit)) = text.map(&check) {
                self.fault(index, misfit);
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

fn required(text: &StringChunked, column: &'static str) -> Vec<Fault> {
    // References that are empty belong to nobody; their rows are told so when they are looked up.
    if text.null_count() == 0 || column.ends_with("_id") {
        return Vec::new();
    }
    let empty = text.iter().enumerate().filter(|(_, value)| value.is_none());
    empty
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
fn later(
    text: &StringChunked,
    column: &Column,
    name: &'static str,
    neutral: Neutral,
) -> Vec<Fault> {
    let changes_nothing: Vec<bool> = match neutral {
        Neutral::Empty => text.iter().map(|value| value.is_none()).collect(),
        Neutral::Text(word) => text
            .iter()
            .map(|value| value.is_none_or(|value| value == word))
            .collect(),
        Neutral::False => {
            let flags = column.bool().expect("a flag column");
            flags.iter().map(|flag| flag != Some(true)).collect()
        }
        // A value that is no number is null in the column, and has its own fault.
        Neutral::Zero => {
            let read = column.is_not_null();
            let zero = |text: &str| !text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
            text.iter()
                .zip(read.iter())
                .map(|(text, read)| read != Some(true) || text.is_none_or(zero))
                .collect()
        }
    };
    let what = match neutral {
        Neutral::Text(word) => format!("`{name}` other than {word}"),
        _ => format!("`{name}`"),
    };
    changes_nothing
        .into_iter()
        .enumerate()
        .filter(|(_, nothing)| !nothing)
        .map(|(index, _)| Fault {
            index,
            column: name,
            misfit: Misfit {
                code: "BW-V190",
                message: format!(
                    "{what} is not built yet: {}",
                    quoted(text.get(index).unwrap_or_default())
                ),
            },
        })
        .collect()
}
