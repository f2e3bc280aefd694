//! The periods in which something is billed.

use super::table::{Cell, Side, Table};
use crate::calendar::{Cycle, Period};
use serde_json::{Value, json};

/// Days that are billed together, and the full period they are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub days: Period,
    pub full: Period,
    /// Which one it is, from 1.
    pub number: i32,
}

/// The periods that cover these days, the first and the last cut where they reach beyond them.
pub fn parts(cycle: Cycle, days: Period) -> Vec<Part> {
    cycle
        .periods_from(days.start)
        .take_while(|full| full.start < days.end)
        .zip(1..)
        .map(|(full, number)| Part {
            days: full.intersect(days),
            full,
            number,
        })
        .collect()
}

/// A row each, with its number of days and that of the full period.
pub fn table(parts: &[Part]) -> Table {
    let mut table = Table::new([
        ("start", Side::Left),
        ("end", Side::Left),
        ("days", Side::Right),
        ("period_days", Side::Right),
    ]);
    for part in parts {
        table.push(vec![
            Cell::of(Some(part.days.start)),
            Cell::of(Some(part.days.end)),
            Cell::Count(part.days.days().into()),
            Cell::Count(part.full.days().into()),
        ]);
    }
    table
}

/// `[{"start", "end"}]`, the end not included.
pub fn json(parts: &[Part]) -> Value {
    let days = parts.iter().map(|part| part.days);
    days.map(|days| json!({ "start": days.start.to_string(), "end": days.end.to_string() }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Date;
    use crate::model::frequency::{Alignment, Anchor, FirstPeriod, Frequency};

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn shown(
        frequency: Frequency,
        anchor: Anchor,
        bill_day: Option<u32>,
        from: &str,
        to: &str,
    ) -> String {
        let days = Period::new(day(from), day(to));
        let alignment = Alignment {
            anchor,
            first_period: FirstPeriod::Short,
        };
        let parts = parts(alignment.cycle(frequency, days.start, bill_day), days);
        let lines = parts
            .iter()
            .map(|part| format!("{} {}/{}", part.days, part.days.days(), part.full.days()));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// P49: month ends do not drift, and both ends can be stubs.
    #[test]
    fn the_last_of_the_month_stays_the_last_of_the_month() {
        let monthly = |from, to| shown(Frequency::Monthly, Anchor::BillDay, Some(31), from, to);
        insta::assert_snapshot!(monthly("2026-01-31", "2026-05-31"), @r"
        2026-01-31..2026-02-28 28/28
        2026-02-28..2026-03-31 31/31
        2026-03-31..2026-04-30 30/30
        2026-04-30..2026-05-31 31/31
        ");
        insta::assert_snapshot!(monthly("2028-02-10", "2028-03-11"), @r"
        2028-02-10..2028-02-29 19/29
        2028-02-29..2028-03-11 11/31
        ");
    }

    #[test]
    fn periods_follow_the_calendar_or_the_start() {
        let of = |frequency, anchor| shown(frequency, anchor, None, "2026-02-11", "2026-08-11");
        insta::assert_snapshot!(of(Frequency::Quarterly, Anchor::Calendar), @r"
        2026-02-11..2026-04-01 49/90
        2026-04-01..2026-07-01 91/91
        2026-07-01..2026-08-11 41/92
        ");
        insta::assert_snapshot!(of(Frequency::Quarterly, Anchor::StartDate), @r"
        2026-02-11..2026-05-11 89/89
        2026-05-11..2026-08-11 92/92
        ");
    }

    #[test]
    fn calendar_weeks_begin_on_monday_and_others_on_the_start() {
        let weeks = |anchor| {
            shown(
                Frequency::Weekly,
                anchor,
                Some(3),
                "2026-02-05",
                "2026-02-12",
            )
        };
        insta::assert_snapshot!(weeks(Anchor::Calendar), @r"
        2026-02-05..2026-02-09 4/7
        2026-02-09..2026-02-12 3/7
        ");
        insta::assert_snapshot!(weeks(Anchor::BillDay), @"2026-02-05..2026-02-12 7/7");
    }
}
