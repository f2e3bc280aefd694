//! The runs that are to come.

use super::table::{Cell, Side, Table};
use chrono::{DateTime, SecondsFormat};
use chrono_tz::Tz;

/// A definition with a schedule, and when it is run next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upcoming {
    pub next: DateTime<Tz>,
    pub definition: String,
    /// The business date of that run.
    pub as_of: String,
    /// The latest time that no run was made for.
    pub overdue_since: Option<DateTime<Tz>>,
    /// Its latest run that stands.
    pub last_run: Option<String>,
}

/// A row each, the next first. Times have the offset of their zone.
pub fn upcoming(mut rows: Vec<Upcoming>) -> Table {
    rows.sort_by(|one, other| (one.next, &one.definition).cmp(&(other.next, &other.definition)));
    let mut table = Table::new(
        ["next", "definition", "as_of", "overdue_since", "last_run"].map(|name| (name, Side::Left)),
    );
    for row in &rows {
        table.push(vec![
            Cell::text(instant(row.next)),
            Cell::text(row.definition.as_str()),
            Cell::text(row.as_of.as_str()),
            Cell::of(row.overdue_since.map(instant)),
            Cell::of(row.last_run.as_ref()),
        ]);
    }
    table
}

fn instant(at: DateTime<Tz>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::shown;
    use chrono::Utc;

    #[test]
    fn the_next_run_is_first_whatever_the_clocks_do_in_between() {
        let berlin = |text: &str| {
            let at: DateTime<Utc> = text.parse().unwrap();
            at.with_timezone(&Tz::Europe__Berlin)
        };
        let row = |definition: &str, next: &str, overdue: Option<&str>| Upcoming {
            next: berlin(next),
            definition: definition.to_owned(),
            as_of: "2026-10-25".to_owned(),
            overdue_since: overdue.map(berlin),
            last_run: None,
        };
        let rows = vec![
            row("late", "2026-10-25T01:10:00Z", None),
            row(
                "early",
                "2026-10-25T00:50:00Z",
                Some("2026-10-24T00:00:00Z"),
            ),
        ];
        insta::assert_snapshot!(shown(&upcoming(rows)), @"
        next | definition | as_of | overdue_since | last_run
        2026-10-25T02:50:00+02:00 | early | 2026-10-25 | 2026-10-24T02:00:00+02:00 | 
        2026-10-25T02:10:00+01:00 | late | 2026-10-25 |  |
        ");
    }
}
