//! Columns that come from Parquet in the type they are to have, taken over whole.

use crate::calendar::Date;
use crate::model::table::Kind;
use crate::money::{Amount, Quantity, Rate};
use polars::prelude::*;

/// The column as the kind wants it, if it has only values that text could be read to. `None`: read it as text, which tells value
/// by value what is wrong.
pub fn typed(column: &Column, name: &str, kind: Kind) -> Option<Column> {
    let column = match kind {
        Kind::Flag if column.dtype().is_bool() => column.clone(),
        Kind::Date if column.dtype().is_date() => days(column)?,
        Kind::Quantity => decimals(column, kind, |units| {
            units >= 0 && Quantity::from_units(units).is_some()
        })?,
        Kind::Rate => decimals(column, kind, |units| Rate::from_units(units).is_some())?,
        Kind::Amount => decimals(column, kind, |units| Amount::from_units(units).is_some())?,
        _ => return None,
    };
    Some(column.with_name(name.into()))
}

fn days(column: &Column) -> Option<Column> {
    let days = column.date().ok()?.physical();
    let is_kept = |day: i32| Date::from_number(day).is_in_range();
    is_kept_between(days, is_kept).then(|| column.clone())
}

/// Whether all values are kept. Those that are lie between two bounds, so the least and the greatest speak for the others.
fn is_kept_between<T: PolarsNumericType>(
    values: &ChunkedArray<T>,
    is_kept: impl Fn(T::Native) -> bool,
) -> bool
where
    ChunkedArray<T>: ChunkAgg<T::Native>,
{
    let ends = values.min_max();
    ends.is_none_or(|(least, greatest)| is_kept(least) && is_kept(greatest))
}

/// Decimals and whole numbers in units of the kind's scale.
fn decimals(column: &Column, kind: Kind, fits: impl Fn(i128) -> bool) -> Option<Column> {
    let DataType::Decimal(precision, scale) = kind.dtype() else {
        return None;
    };
    let (units, digits) = match column.dtype() {
        DataType::Decimal(_, digits) => (column.decimal().ok()?.physical().clone(), *digits),
        dtype if dtype.is_integer() => {
            (column.cast(&DataType::Int128).ok()?.i128().ok()?.clone(), 0)
        }
        _ => return None,
    };
    let factor = 10_i128.pow(u32::try_from(scale.checked_sub(digits)?).ok()?);
    let is_kept = |units: i128| units.checked_mul(factor).is_some_and(&fits);
    if !is_kept_between(&units, is_kept) {
        return None;
    }
    let units = match factor {
        1 => units,
        // What an empty row holds is no value and may be anything.
        _ => units.apply_values(|units| units.wrapping_mul(factor)),
    };
    Some(
        units
            .into_decimal_unchecked(precision, scale)
            .into_series()
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::table::{Columns, count_column, date_column, units_column};

    fn units(column: &Column, kind: Kind) -> Option<Vec<Option<i128>>> {
        let frame = DataFrame::new_infer_height(vec![typed(column, "x", kind)?]).unwrap();
        Some(frame.units("x").collect())
    }

    #[test]
    fn decimals_and_whole_numbers_keep_their_value() {
        let amounts = units_column("amount", Kind::Amount, [Some(125_000), None]);
        assert_eq!(
            units(&amounts, Kind::Rate),
            Some(vec![Some(12_500_000_000), None])
        );
        let counts = count_column("n", [Some(3)]);
        assert_eq!(units(&counts, Kind::Quantity), Some(vec![Some(3_000_000)]));
    }

    #[test]
    fn what_text_would_not_be_read_to_is_left_to_text() {
        let negative = count_column("n", [Some(-3)]);
        assert_eq!(units(&negative, Kind::Quantity), None);
        let huge = count_column("n", [Some(i64::MAX)]);
        assert_eq!(units(&huge, Kind::Rate), None);
        let finer = units_column("rate", Kind::Rate, [Some(1)]);
        assert_eq!(units(&finer, Kind::Amount), None);
        let early = date_column("day", [Some(Date::from_number(-1))]);
        assert!(typed(&early, "day", Kind::Date).is_none());
    }
}
