//! Columns as text, for SQL, and wherever a value does not have the type of its column.

use crate::calendar::Date;
use crate::diagnostic::Report;
use crate::model::table::{internal, text_column};
use chrono::DateTime;
use polars::prelude::*;

/// A table with every column as text.
pub fn table(frame: &DataFrame) -> Result<DataFrame, Report> {
    let columns = frame.columns().iter().map(column);
    let columns = columns
        .collect::<PolarsResult<Vec<_>>>()
        .map_err(internal)?;
    DataFrame::new(frame.height(), columns).map_err(internal)
}

/// A column of text, whole numbers, decimals, flags, days or instants as text, in the forms a CSV file has them. Empty text is null.
///
/// Instants are written YYYY-MM-DDTHH:MM:SS, with a `Z` where they have a zone.
pub fn column(column: &Column) -> PolarsResult<Column> {
    let name = column.name();
    match column.dtype() {
        DataType::String => Ok(without_empty(column.str()?)),
        DataType::Date => {
            let days = column.date()?.physical().clone();
            Ok(text_column(
                name,
                days.iter()
                    .map(|day| day.map(|day| Date::from_number(day).to_string())),
            ))
        }
        DataType::Datetime(unit, zone) => {
            let ending = if zone.is_some() { "Z" } else { "" };
            let instants = column.datetime()?.physical().clone();
            Ok(text_column(
                name,
                instants
                    .iter()
                    .map(|at| at.map(|at| instant(at, *unit, ending))),
            ))
        }
        _ => column.cast(&DataType::String),
    }
}

fn without_empty(text: &StringChunked) -> Column {
    // What has no value is kept as an empty text too, and mostly nothing is either.
    let mut views = text.downcast_iter().flat_map(|texts| texts.views().iter());
    let may_be_empty = views.any(|view| view.length == 0);
    if may_be_empty && text.iter().flatten().any(str::is_empty) {
        let values = text.iter();
        text_column(
            text.name(),
            values.map(|value| value.filter(|value| !value.is_empty())),
        )
    } else {
        text.clone().into_series().into()
    }
}

fn instant(at: i64, unit: TimeUnit, ending: &str) -> String {
    let time = match unit {
        TimeUnit::Nanoseconds => Some(DateTime::from_timestamp_nanos(at)),
        TimeUnit::Microseconds => DateTime::from_timestamp_micros(at),
        TimeUnit::Milliseconds => DateTime::from_timestamp_millis(at),
    };
    match time {
        Some(time) => format!("{}{ending}", time.format("%Y-%m-%dT%H:%M:%S%.f")),
        // Beyond any calendar: the number itself, which is told as out of range.
        None => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::table::{Kind, count_column, date_column, flag_column, units_column};

    #[test]
    fn every_type_is_written_as_a_csv_file_has_it() {
        let instant = |zone: Option<TimeZone>| -> Column {
            let at: Int64Chunked = [Some(1_780_000_000_250_000)].into_iter().collect();
            at.into_datetime(TimeUnit::Microseconds, zone)
                .into_series()
                .into()
        };
        let cases = [
            (text_column("x", [Some("")]), None),
            (text_column("x", [Some(" a")]), Some(" a")),
            (count_column("x", [Some(-7)]), Some("-7")),
            (
                units_column("x", Kind::Quantity, [Some(12_500_000)]),
                Some("12.500000"),
            ),
            (flag_column("x", [Some(true)]), Some("true")),
            (
                date_column("x", [Date::from_ymd(2026, 2, 1)]),
                Some("2026-02-01"),
            ),
            (instant(None), Some("2026-05-28T20:26:40.250")),
            (
                instant(Some(TimeZone::UTC)),
                Some("2026-05-28T20:26:40.250Z"),
            ),
        ];
        for (values, wanted) in cases {
            let text = column(&values).unwrap();
            assert_eq!(text.str().unwrap().get(0), wanted, "{values:?}");
        }
    }
}
