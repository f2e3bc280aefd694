//! What discounts and price credits took off lines in the book, to be given back with what of these is credited.

use crate::calendar::Date;
use crate::model::allocation::{DISCOUNT, PRICE_CREDIT};
use crate::model::line::Lines;
use crate::model::table::Columns;
use std::collections::{BTreeMap, HashMap};

/// What takes off: the kind of its line, and its id.
pub type Source<'a> = (&'static str, Option<&'a str>);

/// What was taken off, by the id of the line; lines that adjust another, or go on in a period of usage, count as that.
pub struct Given<'a> {
    lines: HashMap<&'a str, OfLine<'a>>,
    /// For lines that count as another: which one.
    follows: HashMap<&'a str, &'a str>,
}

/// A line in the book that something was taken off.
#[derive(Default)]
pub struct OfLine<'a> {
    /// Its amount, and what adjustments raised it by.
    pub amount: i128,
    /// Of it, by credits and by adjustments that lowered it.
    pub credited: i128,
    pub taken: BTreeMap<Source<'a>, GivenOff<'a>>,
}

#[derive(Default)]
pub struct GivenOff<'a> {
    pub off: i128,
    /// Of it, with what was credited.
    pub returned: i128,
    pub description: &'a str,
}

impl<'a> Given<'a> {
    /// From lines in the book, those of a service all together.
    pub fn new(past: &'a Lines) -> Self {
        let frame = past.frame();
        let mut given = Self {
            lines: HashMap::new(),
            follows: HashMap::new(),
        };
        let text = |name: &str, row: usize| frame.text(name).get(row);
        if frame.text("reduces").null_count() == frame.height() {
            return given;
        }
        let amounts: Vec<i128> = frame
            .units("amount")
            .map(Option::unwrap_or_default)
            .collect();
        // Lines that were read to be compared only have no id.
        let rows = || (0..frame.height()).filter_map(|row| Some((text("line_id", row)?, row)));
        let known: HashMap<&str, usize> = rows().collect();
        given.follows = rows()
            .filter_map(|(id, row)| Some((id, text("adjusts", row)?)))
            .chain(continued(past))
            .collect();
        let is_lowering = |row: usize| text("credits", row).is_some() || amounts[row] < 0;
        for (_, row) in rows() {
            let Some(target) = text("reduces", row) else {
                continue;
            };
            let Some(&at) = known.get(target) else {
                continue;
            };
            let root = given.root(text("credits", at).unwrap_or(target));
            let source = match text("kind", row) {
                Some(PRICE_CREDIT) => PRICE_CREDIT,
                _ => DISCOUNT,
            };
            let of_line = given.lines.entry(root).or_default();
            let off = of_line.taken.entry((source, text("discount", row)));
            let off = off.or_default();
            match is_lowering(at) {
                true => off.returned += amounts[row],
                false => {
                    off.off -= amounts[row];
                    off.description = text("description", row).unwrap_or_default();
                }
            }
        }
        for (id, row) in rows().filter(|(_, row)| text("reduces", *row).is_none()) {
            let root = given.root(text("credits", row).unwrap_or(id));
            let Some(of_line) = given.lines.get_mut(root) else {
                continue;
            };
            match is_lowering(row) {
                true => of_line.credited -= amounts[row],
                false => of_line.amount += amounts[row],
            }
        }
        given
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line that a line is about in the end: itself, where it follows none.
    pub fn root<'b>(&self, mut line: &'b str) -> &'b str
    where
        'a: 'b,
    {
        while let Some(followed) = self.follows.get(line) {
            line = followed;
        }
        line
    }

    pub fn of(&self, line: &str) -> Option<&OfLine<'a>> {
        self.lines.get(line)
    }
}

/// Lines of usage that go on in a period which an earlier line has begun, each with the one before it: what a changed price makes to the
/// period is about all of them.
fn continued(past: &Lines) -> Vec<(&str, &str)> {
    let frame = past.frame();
    let text = |name: &str, row: usize| frame.text(name).get(row);
    let before: Vec<Option<i128>> = frame.units("quantity_before").collect();
    let starts: Vec<Option<Date>> = frame.dates("period_start").collect();
    let is_part = |row: &usize| {
        before[*row].is_some() && text("adjusts", *row).is_none() && text("reduces", *row).is_none()
    };
    let mut parts: Vec<usize> = (0..frame.height()).filter(is_part).collect();
    let charge = |row: usize| ["service_id", "charge"].map(|name| text(name, row));
    parts.sort_by_key(|row| (charge(*row), starts[*row], text("line_id", *row)));
    let neighbors = parts.windows(2).map(|pair| (pair[0], pair[1]));
    let continued = neighbors.filter(|(first, next)| {
        charge(*first) == charge(*next) && before[*next].is_some_and(|before| before > 0)
    });
    continued
        .filter_map(|(first, next)| Some((text("line_id", next)?, text("line_id", first)?)))
        .collect()
}
