//! What schemes ask of rows of usage beside a day and a quantity: conditions that hold, values to tell apart, and times.

use super::gather::alike;
use crate::diagnostic::{Diagnostic, Report, nearest};
use crate::inputs::column;
use crate::inputs::demands::USAGE;
use crate::inputs::text;
use crate::model::condition;
use crate::model::counting::Counting;
use crate::model::table::internal;
use crate::model::usage::Every;
use foldhash::fast::FixedState;
use polars::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// What is asked of the rows of a piece.
#[derive(Default)]
pub struct Counted {
    /// Instants; zero where nobody asks, or where one could not be read.
    pub times: Every<i64>,
    /// For each row which of the sets of conditions hold.
    pub holding: Every<u32>,
    pub condition_sets: Vec<BTreeSet<u32>>,
    /// The values of each counted column.
    pub values: Vec<Named>,
}

/// Texts by number, and which number each row has; 0 is none.
#[derive(Default)]
pub struct Named {
    pub numbers: Every<u32>,
    known: HashMap<String, u32, FixedState>,
}

impl Counted {
    /// `moments` are the columns `used_at` and `used_on`.
    ///
    /// Errors: `BW-D245` a condition that the columns do not carry, `BW-D246` a counted column that is not there.
    pub fn read(
        frame: &DataFrame,
        moments: &[Column],
        counting: &Counting,
    ) -> Result<Self, Report> {
        let mut counted = Self::default();
        let mut report = Report::new();
        if counting.times {
            let at = moments[0].i64().map_err(internal)?.iter();
            counted.times = Every::Each(at.map(Option::unwrap_or_default).collect());
        }
        if !counting.conditions.is_empty() {
            counted.hold(frame, &moments[1], counting, &mut report)?;
        }
        for (name, place) in &counting.columns {
            match frame.column(name) {
                Ok(column) => counted.values.push(Named::of(column)?),
                Err(_) => {
                    let message =
                        format!("usage has no column `{name}` whose values can be counted");
                    let known = frame.get_column_names().into_iter();
                    let help = match nearest(name, known.map(|name| name.as_str())) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "name a column of the usage input".to_owned(),
                    };
                    report.push(Diagnostic::error("BW-D246", place.clone(), message).help(help));
                }
            }
        }
        report.unless_errors(counted)
    }

    /// Tells rows apart by one condition after another.
    fn hold(
        &mut self,
        frame: &DataFrame,
        used_on: &Column,
        counting: &Counting,
        report: &mut Report,
    ) -> Result<(), Report> {
        let mut numbers = vec![0_u32; frame.height()];
        let mut sets = vec![BTreeSet::new()];
        for ((number, place), expression) in (0..)
            .zip(counting.conditions.values())
            .zip(counting.conditions.keys())
        {
            let asked = asked(expression, frame, used_on)?;
            let found = match condition::rows(expression, asked) {
                Ok(found) => found,
                Err(unasked) => {
                    let help = "the `where` of a charge sees the columns of the usage input, and the day as `used_on`";
                    let fault = Diagnostic::error("BW-D245", place.clone(), unasked.message);
                    report.push(fault.help(unasked.help.unwrap_or_else(|| help.to_owned())));
                    continue;
                }
            };
            let mut also: Vec<Option<u32>> = vec![None; sets.len()];
            for (row, _) in found
                .iter()
                .enumerate()
                .filter(|(_, holds)| *holds == Some(true))
            {
                let before = numbers[row] as usize;
                numbers[row] = *also[before].get_or_insert_with(|| {
                    let mut set: BTreeSet<u32> = sets[before].clone();
                    set.insert(number);
                    sets.push(set);
                    sets.len() as u32 - 1
                });
            }
        }
        self.holding = alike(numbers);
        self.condition_sets = sets;
        Ok(())
    }
}

/// The columns that a condition names, as far as there are any: ours with their types, all others as text.
fn asked(expression: &str, frame: &DataFrame, used_on: &Column) -> Result<DataFrame, Report> {
    let names = condition::columns(expression);
    let height = frame.height();
    let read = |name: &String| -> PolarsResult<Option<Column>> {
        let ours = USAGE.schema.columns.iter().find(|(ours, _)| ours == name);
        match ours {
            Some(("used_on", _)) => Ok(Some(used_on.clone())),
            Some((ours, kind)) if *ours != "used_at" => {
                Ok(Some(column::read(frame, USAGE, ours, *kind)?.0))
            }
            _ => frame.column(name).ok().map(text::column).transpose(),
        }
    };
    let mut columns = Vec::new();
    for name in &names {
        columns.extend(read(name).map_err(internal)?);
    }
    // For the name that an unknown one is nearest to.
    if columns.len() < names.len() {
        let rest = frame
            .columns()
            .iter()
            .filter(|column| !names.contains(column.name().as_str()));
        columns.extend(rest.cloned());
    }
    if columns.is_empty() {
        // A condition without a column is one value, beside rows.
        columns.extend(frame.columns().first().cloned());
    }
    DataFrame::new(height, columns).map_err(internal)
}

impl Named {
    fn of(column: &Column) -> Result<Self, Report> {
        let texts = text::column(column).map_err(internal)?;
        let mut named = Self::default();
        let texts = texts.str().map_err(internal)?.iter();
        let numbers = texts.map(|text| text.map_or(0, |text| named.number(text)));
        let numbers = alike(numbers.collect());
        Ok(Self { numbers, ..named })
    }

    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        let number = self.known.len() as u32 + 1;
        self.known.insert(text.to_owned(), number);
        number
    }

    /// Adds those of a piece below the first `height`.
    pub fn append(&mut self, more: Self, (height, rows): (usize, usize)) {
        let mut texts: Vec<(u32, String)> = more
            .known
            .into_iter()
            .map(|(text, number)| (number, text))
            .collect();
        texts.sort_unstable();
        let texts = texts.iter().map(|(_, text)| self.number(text));
        let ours: Vec<u32> = texts.collect();
        let numbers = more.numbers.map(|number| match number {
            0 => None,
            number => Some(ours[number as usize - 1]),
        });
        self.numbers.extend(height, numbers, rows);
    }
}
