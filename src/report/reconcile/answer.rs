//! A reconciliation as sentences, tables and JSON.

use super::{Class, Pair, Reconciled};
use crate::money::Amount;
use crate::report::page::{Page, Part, counted, grouped};
use crate::report::row::money;
use crate::report::table::{Cell, Side, Table};
use serde_json::{Value, json};

/// How many of the largest differences are shown.
pub(super) const LARGEST: usize = 20;

impl Reconciled {
    /// For people: whether both sides agree, the counts and sums, and the largest differences.
    pub fn page(&self) -> Page {
        Page(vec![
            Part::default().say(self.verdict()).table(self.summary()),
            Part::new("The largest differences").table(self.largest()),
        ])
    }

    fn verdict(&self) -> String {
        let (keys, tolerance) = (
            counted(self.pairs.len(), "key"),
            money(self.tolerance, &self.currency),
        );
        match self.pairs.len() - self.count(Class::Matched) {
            0 => format!("Both sides agree on {keys}: no difference is above {tolerance}."),
            open => format!(
                "{} of {keys} do not match: missing on one side, or more than {tolerance} apart.",
                grouped(open)
            ),
        }
    }

    /// Counts of keys by class, and both sums.
    pub fn summary(&self) -> Table {
        let mut table = Table::new([("what", Side::Left), ("value", Side::Right)]);
        for class in Class::ALL {
            let count = Cell::count(self.count(class));
            table.push(vec![Cell::text(class.name()), count]);
        }
        for (name, sum) in [("sum_here", self.sum_here), ("sum_there", self.sum_there)] {
            table.push(vec![Cell::text(name), self.number(Some(sum))]);
        }
        table
    }

    /// The largest differences, at most 20.
    pub fn largest(&self) -> Table {
        self.table(self.unmatched().into_iter().take(LARGEST))
    }

    /// Every key that is not matched, by key.
    pub fn differences(&self) -> Table {
        let open = |pair: &&Pair| pair.class != Class::Matched;
        self.table(self.pairs.iter().filter(open))
    }

    /// `{"matched", "over", "under", "missing_here", "missing_there", "sum_here", "sum_there", "largest": [..]}`: the first
    /// five are counts of keys, money is text.
    pub fn to_json(&self) -> Value {
        let mut object = serde_json::Map::new();
        for class in Class::ALL {
            object.insert(class.name().to_owned(), json!(self.count(class)));
        }
        object.insert(
            "sum_here".to_owned(),
            json!(money(self.sum_here, &self.currency)),
        );
        object.insert(
            "sum_there".to_owned(),
            json!(money(self.sum_there, &self.currency)),
        );
        object.insert("largest".to_owned(), self.largest().to_json());
        Value::Object(object)
    }

    fn table<'a>(&self, pairs: impl Iterator<Item = &'a Pair>) -> Table {
        let mut table = Table::new([
            ("key", Side::Left),
            ("class", Side::Left),
            ("here", Side::Right),
            ("there", Side::Right),
            ("difference", Side::Right),
        ]);
        for pair in pairs {
            table.push(vec![
                Cell::text(pair.key.as_str()),
                Cell::text(pair.class.name()),
                self.number(pair.here),
                self.number(pair.there),
                self.number(Some(pair.difference)),
            ]);
        }
        table
    }

    fn number(&self, amount: Option<Amount>) -> Cell {
        amount.map_or(Cell::Empty, |amount| {
            Cell::Number(money(amount, &self.currency))
        })
    }
}
