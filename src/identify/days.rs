//! Sets of days, as disjoint periods in order.

use crate::calendar::Period;

/// What `taken` leaves of a period, oldest first. `taken` is in order and disjoint.
pub fn gaps(period: Period, taken: &[Period]) -> impl Iterator<Item = Period> + '_ {
    let within = move || {
        taken
            .iter()
            .map(move |taken| taken.intersect(period))
            .filter(|taken| !taken.is_empty())
    };
    let starts = std::iter::once(period.start).chain(within().map(|taken| taken.end));
    let ends = within()
        .map(|taken| taken.start)
        .chain(std::iter::once(period.end));
    starts
        .zip(ends)
        .map(|(start, end)| Period::new(start, end))
        .filter(|gap| !gap.is_empty())
}

/// The days that any of the periods has: in order, none adjoining another.
pub fn merged(mut periods: Vec<Period>) -> Vec<Period> {
    periods.retain(|period| !period.is_empty());
    periods.sort_unstable();
    let mut days: Vec<Period> = Vec::with_capacity(periods.len());
    for period in periods {
        match days.last_mut() {
            Some(last) if period.start <= last.end => last.end = last.end.max(period.end),
            _ => days.push(period),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Date;

    fn period(start: i32, end: i32) -> Period {
        Period::new(Date::from_number(start), Date::from_number(end))
    }

    fn left(of: Period, taken: &[Period]) -> Vec<Period> {
        gaps(of, taken).collect()
    }

    #[test]
    fn the_gaps_of_a_period_are_what_is_not_taken_of_it() {
        let taken = [period(0, 10), period(20, 30)];
        assert_eq!(
            left(period(5, 40), &taken),
            [period(10, 20), period(30, 40)]
        );
        assert_eq!(left(period(20, 30), &taken), []);
        assert_eq!(left(period(1, 2), &[]), [period(1, 2)]);
        assert_eq!(left(period(2, 1), &taken), []);
    }

    #[test]
    fn days_that_adjoin_or_overlap_are_one_period() {
        assert_eq!(
            merged(vec![
                period(5, 9),
                period(0, 5),
                period(7, 8),
                period(9, 9),
                period(20, 21)
            ]),
            [period(0, 9), period(20, 21)]
        );
    }
}
