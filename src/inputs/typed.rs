//! Text -> the typed columns of a table, a column at a time.

use super::demands::{Demands, Neutral};
use super::export::{Export, Origin, column_names};
use super::value::{self, Misfit, quoted};
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::account::ROW;
use crate::model::table::{
    Columns, Kind, count_column, date_column, flag_column, internal, text_column, units_column,
};
use crate::money::{Amount, Quantity, Rate};
use polars::prelude::*;
use rayon::prelude::*;

/// A table whose values have their types, sorted by id and then by row.
#[derive(Clone, Debug)]
pub struct Typed {
    pub demands: Demands,
    pub origin: Origin,
    /// The columns of the schema, then `row`, then every further column as text. A value that does not fit is null.
    pub frame: DataFrame,
    pub faults: Vec<Fault>,
}

/// A value that does not fit, or that only a later part of Billwright can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the sorted table.
    pub index: usize,
    pub column: &'static str,
    pub misfit: Misfit,
}

impl Typed {
    pub fn ids(&self) -> &StringChunked {
        self.frame.text(self.demands.id())
    }

    /// The row in its file.
    pub fn row(&self, index: usize) -> usize {
        let row = self.frame.counts(ROW).get(index);
        row.and_then(|row| usize::try_from(row).ok())
            .expect("every row has its number")
    }

    pub fn place(&self, index: usize, column: &str) -> Place {
        self.origin.place(self.row(index), column)
    }
}

/// Reads an export as the table that is asked for.
///
/// Errors: `BW-F102` no rows, `BW-F110` a column of a reserved name, `BW-F112` a required column is missing.
pub fn typed(export: &Export, demands: Demands) -> Result<Typed, Report> {
    refuse_shape(export, demands)?;
    let frame = numbered(&export.frame)
        .sort(
            [demands.id()],
            SortMultipleOptions::default().with_maintain_order(true),
        )
        .map_err(internal)?;
    let read: Vec<(Column, Vec<Fault>)> = demands
        .schema
        .columns
        .par_iter()
        .map(|(name, kind)| column(&frame, demands, name, *kind))
        .collect();
    let mut faults = Vec::new();
    let mut columns = Vec::with_capacity(frame.width());
    for (column, found) in read {
        columns.push(column);
        faults.extend(found);
    }
    let known = |name: &str| demands.schema.columns.iter().any(|(ours, _)| *ours == name);
    let (row, extras): (Vec<_>, Vec<_>) = frame
        .columns()
        .iter()
        .filter(|column| !known(column.name()))
        .cloned()
        .partition(|column| column.name() == ROW);
    columns.extend(row.into_iter().chain(extras));
    let frame = DataFrame::new(frame.height(), columns).map_err(internal)?;
    faults.extend(ends_before_starts(&frame));
    Ok(Typed {
        demands,
        origin: export.origin.clone(),
        frame,
        faults,
    })
}

fn refuse_shape(export: &Export, demands: Demands) -> Result<(), Report> {
    let names = column_names(&export.frame);
    let mut report = Report::new();
    for &wanted in demands
        .required
        .iter()
        .filter(|wanted| !names.contains(wanted))
    {
        let near = nearest(wanted, names.iter().copied());
        let message = format!("no column `{wanted}`, which {} need", demands.schema.name);
        report.push(
            Diagnostic::error("BW-F112", export.origin.whole(), message)
                .help(export.origin.how_to_name(wanted, near)),
        );
    }
    if names.contains(&ROW) {
        let message =
            format!("a column is named `{ROW}`, which is what the number of a row is called");
        report.push(
            Diagnostic::error("BW-F110", export.origin.whole(), message).help(format!(
                "give it another name: {}",
                export.origin.how_to_name("line_number", Some(ROW))
            )),
        );
    }
    if demands.wants_rows && export.frame.height() == 0 {
        let message = format!("no rows: nobody's {} would be billed", demands.schema.name);
        report.push(
            Diagnostic::error("BW-F102", export.origin.whole(), message)
                .help("compare the row count with that of the last run; fetch the export again"),
        );
    }
    report.unless_errors(())
}

/// With the row of each record, the header being row 1.
fn numbered(frame: &DataFrame) -> DataFrame {
    let mut frame = frame.clone();
    let rows = (2..).take(frame.height()).map(Some);
    frame
        .with_column(count_column(ROW, rows))
        .expect("the name was free and the length is the same");
    frame
}

/// One column of the schema, with its defaults, and the values that did not fit.
fn column(
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
            None => text_column(name, text.iter()),
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
    if TALK.contains(&name) {
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
const TALK: [&str; 8] = [
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
}

/// `None` where any text will do: ids of other tables are looked up there.
fn text_check(id: &str, column: &str) -> Option<TextCheck> {
    match column {
        _ if column == id => Some(TextCheck::Id),
        _ if TALK.contains(&column) || column.ends_with("_id") && column != "tax_id" => None,
        "currency" => Some(TextCheck::Currency),
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

fn units(text: &str, read: Result<i128, crate::money::NumberFault>) -> Result<i128, Misfit> {
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
                    "`{name}` is not built yet: {}",
                    quoted(text.get(index).unwrap_or_default())
                ),
            },
        })
        .collect()
}

fn ends_before_starts(frame: &DataFrame) -> Vec<Fault> {
    if frame.column("end_on").is_err() {
        return Vec::new();
    }
    let days = frame
        .dates("start_on")
        .zip(frame.dates("end_on"))
        .enumerate();
    days.filter_map(|(index, days)| {
        let (Some(start), Some(end)) = days else {
            return None;
        };
        (end < start).then(|| Fault {
            index,
            column: "end_on",
            misfit: Misfit {
                code: "BW-V131",
                message: format!("{end} is before the start on {start}; the end is the first day no longer billed"),
            },
        })
    })
    .collect()
}
