//! Measured usage as it is billed: by the service it is of.
//!
//! It is the one large table, so a row of it is kept in as few bytes as billing needs: a day and a quantity.

use super::counting::Counting;
use super::table::Columns;
use chrono_tz::Tz;
use polars::prelude::DataFrame;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// Usage of the services of a table. Rows of one service stand together, in no order.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    rows: Arc<UsageRows>,
    /// For each row of the services table the rows of usage: those of a service stand with the first row of its id.
    spans: Vec<(u32, u32)>,
}

/// What billing needs of each row of usage. A value that could not be read is zero, and has its account parked.
#[derive(Clone, Debug, Default)]
pub struct UsageRows {
    /// Days since 1970-01-01, in the workspace's zone.
    pub days: Vec<i32>,
    /// In units of a quantity.
    pub quantities: Vec<i64>,
    /// Numbers of meters; 0 where the row names none.
    pub meters: Every<u32>,
    /// The meters that rows name, the first being none.
    pub meter_names: Vec<String>,
    /// Whether a row may be billed yet.
    pub processed: Every<bool>,
    /// Which of `reader_sets` have read a row.
    pub readers: Every<u32>,
    /// Sets of earlier runs, canceled ones left out.
    pub reader_sets: Vec<BTreeSet<String>>,
    /// What of the following is kept, and by which numbers; what no scheme asks for is not.
    pub counting: Counting,
    /// Instants, in microseconds since 1970-01-01 UTC.
    pub times: Every<i64>,
    /// Which of `condition_sets` hold for a row.
    pub holding: Every<u32>,
    /// Sets of conditions, by their numbers.
    pub condition_sets: Vec<BTreeSet<u32>>,
    /// For each counted column the number of its value in each row; 0 where it has none.
    pub values: Vec<Every<u32>>,
    /// The workspace's, in which days and times of day are.
    pub zone: Tz,
}

/// A value for every row, kept once where all have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Every<T> {
    Same(T),
    Each(Vec<T>),
}

impl<T: Default> Default for Every<T> {
    fn default() -> Self {
        Self::Same(T::default())
    }
}

impl<T: Copy + PartialEq> Every<T> {
    pub fn at(&self, row: usize) -> T {
        match self {
            Self::Same(value) => *value,
            Self::Each(values) => values[row],
        }
    }

    /// Other values, each in place of its own; a default where there is none.
    pub fn map<U: Default>(self, other: impl Fn(T) -> Option<U>) -> Every<U> {
        let other = |value| other(value).unwrap_or_default();
        match self {
            Self::Same(value) => Every::Same(other(value)),
            Self::Each(values) => Every::Each(values.into_iter().map(other).collect()),
        }
    }

    /// Adds rows below the first `height`.
    pub fn extend(&mut self, height: usize, more: Self, rows: usize) {
        match (&mut *self, more) {
            (Self::Same(_), more) if height == 0 => *self = more,
            (Self::Same(one), Self::Same(other)) if *one == other => {}
            (Self::Same(one), more) => {
                let mut values = vec![*one; height];
                more.below(&mut values, rows);
                *self = Self::Each(values);
            }
            (Self::Each(values), more) => more.below(values, rows),
        }
    }

    fn below(self, values: &mut Vec<T>, rows: usize) {
        match self {
            Self::Same(value) => values.extend(std::iter::repeat_n(value, rows)),
            Self::Each(more) => values.extend(more),
        }
    }
}

impl Usage {
    /// `spans` has the rows of usage of each row of the services table.
    pub fn new(rows: UsageRows, spans: Vec<(u32, u32)>) -> Self {
        Self {
            rows: Arc::new(rows),
            spans,
        }
    }

    /// None of any of so many services.
    pub fn none(services: usize) -> Self {
        Self::new(UsageRows::default(), vec![(0, 0); services])
    }

    pub fn rows(&self) -> &UsageRows {
        &self.rows
    }

    /// The rows of a service, by its first row in the services table.
    pub fn of(&self, service: usize) -> Range<usize> {
        let (start, end) = self.spans[service];
        start as usize..end as usize
    }

    pub fn height(&self) -> usize {
        let rows = self.spans.iter().map(|(start, end)| (end - start) as usize);
        rows.sum()
    }

    /// That of some rows of the services table, in their order.
    pub fn of_services(&self, services: impl Iterator<Item = usize>) -> Self {
        Self {
            rows: self.rows.clone(),
            spans: services.map(|service| self.spans[service]).collect(),
        }
    }
}

/// Whether a row is the first of its service in a services table, which is sorted by their ids.
pub fn starts_service(services: &DataFrame, row: usize) -> bool {
    let ids = services.text("service_id");
    row == 0 || ids.get(row - 1) != ids.get(row)
}
