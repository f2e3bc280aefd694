//! Usage of which the parts of a period do not add up: counted once for all days of a period that are due.

use super::piece::Piece;
use crate::calendar::{DAY, Date, Zone};
use crate::model::counting::Aggregate;
use crate::money::Quantity;
use std::collections::BTreeSet;

/// What is counted of one row of usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// In microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// In units of a quantity.
    pub quantity: i128,
    /// The number of a value; 0 for none.
    pub value: u32,
}

/// What rows come to that lie in pieces of one full period, which are in order, in units of a quantity. Rows of the same instant
/// count as if the largest came last, whatever order they are written in.
pub fn of_period(
    aggregate: &Aggregate,
    rows: &mut [Row],
    pieces: &[&Piece],
    zone: &mut Zone,
) -> i128 {
    let one = Quantity::ONE.units();
    match aggregate {
        Aggregate::Sum => rows.iter().map(|row| row.quantity).sum(),
        Aggregate::Count => rows.len() as i128 * one,
        Aggregate::Unique(_) => {
            let values: BTreeSet<u32> = rows
                .iter()
                .map(|row| row.value)
                .filter(|it| *it != 0)
                .collect();
            values.len() as i128 * one
        }
        Aggregate::Max => rows
            .iter()
            .map(|row| row.quantity)
            .max()
            .unwrap_or_default(),
        Aggregate::Last => rows.iter().max().map_or(0, |row| row.quantity),
        Aggregate::TimeWeighted => average(rows, pieces, zone),
    }
}

/// The level that rows set, on the days of the pieces, spread over the full period.
fn average(rows: &mut [Row], pieces: &[&Piece], zone: &mut Zone) -> i128 {
    let Some(first) = pieces.first() else {
        return 0;
    };
    rows.sort_unstable();
    let mut midnight = |day: Date| zone.first_instant(i64::from(day.number()) * DAY);
    let full = midnight(first.full.end) - midnight(first.full.start);
    let mut sum = 0_i128;
    for piece in pieces {
        let (start, end) = (midnight(piece.period.start), midnight(piece.period.end));
        for (at, row) in rows.iter().enumerate() {
            let next = rows.get(at + 1).map_or(end, |next| next.at);
            let time = next.min(end) - row.at.max(start);
            sum += row.quantity * i128::from(time.max(0));
        }
    }
    Quantity::average_units(sum, i128::from(full))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Period;
    use chrono_tz::Tz;

    const HOUR: i64 = 3_600_000_000;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn piece(start: &str, end: &str) -> Piece {
        Piece {
            row: 0,
            period: Period::new(day(start), day(end)),
            full: Period::new(day("2026-03-01"), day("2026-04-01")),
            number: 1,
            priced_on: day("2026-03-01"),
            days_before: 0,
            days: 1,
            period_days: 31,
            is_final: true,
            ready_on: day("2026-04-01"),
        }
    }

    fn counted(aggregate: Aggregate, pieces: &[&Piece], rows: &[(i64, i128, u32)]) -> i128 {
        let mut rows: Vec<Row> = rows
            .iter()
            .map(|(at, quantity, value)| Row {
                at: *at,
                quantity: quantity * 1_000_000,
                value: *value,
            })
            .collect();
        of_period(
            &aggregate,
            &mut rows,
            pieces,
            &mut Zone::new(Tz::Europe__Berlin),
        )
    }

    #[test]
    fn rows_come_to_their_number_their_values_the_largest_or_the_latest() {
        let march = piece("2026-03-01", "2026-04-01");
        let rows = [(30, 2, 1), (10, 7, 0), (30, 3, 2), (20, 5, 1)];
        let of = |aggregate| counted(aggregate, &[&march], &rows) / 1_000_000;
        assert_eq!(of(Aggregate::Sum), 17);
        assert_eq!(of(Aggregate::Count), 4);
        assert_eq!(of(Aggregate::Unique("user".to_owned())), 2);
        assert_eq!(of(Aggregate::Max), 7);
        assert_eq!(of(Aggregate::Last), 3);
    }

    /// March 2026 is an hour short in Berlin: 743 hours.
    #[test]
    fn a_level_counts_for_the_time_it_holds() {
        let march = piece("2026-03-01", "2026-04-01");
        let start = i64::from(day("2026-03-01").number()) * DAY - HOUR;
        let rows = [(start, 743, 0), (start + 100 * HOUR, 1486, 0)];
        let whole = counted(Aggregate::TimeWeighted, &[&march], &rows);
        assert_eq!(whole, (100 + 643 * 2) * 1_000_000);
        assert_eq!(counted(Aggregate::TimeWeighted, &[&march], &[]), 0);
    }

    /// A pause does not count, and what held before it holds again behind it.
    #[test]
    fn a_level_holds_on_the_days_of_the_pieces_alone() {
        let pieces = [
            piece("2026-03-01", "2026-03-03"),
            piece("2026-03-04", "2026-03-05"),
        ];
        let start = i64::from(day("2026-03-02").number()) * DAY - HOUR;
        let sum = counted(
            Aggregate::TimeWeighted,
            &[&pieces[0], &pieces[1]],
            &[(start, 743, 0)],
        );
        assert_eq!(sum, 48 * 1_000_000);
    }
}
