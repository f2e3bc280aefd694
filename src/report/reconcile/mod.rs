//! Our figures against somebody else's, key by key.

mod answer;

use super::row::Row;
use crate::diagnostic::{Diagnostic, Place, Report, nearest, shown};
use crate::model::reconciliation::Reconciliation;
use crate::model::table::Columns;
use crate::money::{Amount, NumberFault};
use polars::prelude::DataFrame;
use std::collections::BTreeMap;

/// How one key compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The difference is at most the tolerance.
    Matched,
    /// More here than there.
    Over,
    /// Less here than there.
    Under,
    /// They have it, we do not.
    MissingHere,
    /// We have it, they do not.
    MissingThere,
}

impl Class {
    const ALL: [Self; 5] = [
        Self::Matched,
        Self::Over,
        Self::Under,
        Self::MissingHere,
        Self::MissingThere,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Over => "over",
            Self::Under => "under",
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
        }
    }
}

/// One key on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub key: String,
    /// Ours; `None` where we have no such key.
    pub here: Option<Amount>,
    pub there: Option<Amount>,
    /// `here` - `there`, a missing side counting as nothing.
    pub difference: Amount,
    pub class: Class,
}

/// Both sides side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// Of our figures; empty where there are none.
    pub currency: String,
    /// Every key of either side; sorted by key.
    pub pairs: Vec<Pair>,
    pub sum_here: Amount,
    pub sum_there: Amount,
    pub tolerance: Amount,
}

/// How many rows of theirs that cannot be read are named one by one.
const NAMED: usize = 20;

/// Compares `ours`, rows of `invoice` or `draft`, with `theirs`, an input in which every column is text; `source` is its file,
/// or its name where it is a query.
///
/// Our amounts are summed by key, whereas a key of theirs stands for one row: two are refused.
/// Errors: `BW-F111` a column is not there, `BW-V101` a row without key, `BW-V141`..`BW-V143` an amount that cannot be read
/// exactly, `BW-X101` a key twice, `BW-X116` several currencies here, `BW-R101` a sum beyond 14 digits.
pub fn reconcile(
    spec: &Reconciliation,
    ours: &DataFrame,
    theirs: &DataFrame,
    source: &str,
) -> Result<Reconciled, Report> {
    let currency = only_currency(spec, ours)?;
    let here = our_amounts(spec, ours)?;
    let there = their_amounts(spec, theirs, source)?;
    let pairs = pairs(&here, &there, spec.tolerance);
    let pairs = pairs.ok_or_else(|| too_large(spec))?;
    let sum = |amounts: &BTreeMap<&str, Amount>| {
        let mut amounts = amounts.values();
        amounts.try_fold(Amount::ZERO, |sum, amount| sum.checked_add(*amount))
    };
    Ok(Reconciled {
        currency,
        pairs,
        tolerance: spec.tolerance,
        sum_here: sum(&here).ok_or_else(|| too_large(spec))?,
        sum_there: sum(&there).ok_or_else(|| too_large(spec))?,
    })
}

fn pairs(
    here: &BTreeMap<&str, Amount>,
    there: &BTreeMap<&str, Amount>,
    tolerance: Amount,
) -> Option<Vec<Pair>> {
    let mut keys: Vec<&str> = here.keys().chain(there.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let pair = |key: &str| {
        let (here, there) = (here.get(key).copied(), there.get(key).copied());
        let difference = here
            .unwrap_or_default()
            .checked_sub(there.unwrap_or_default())?;
        let class = match (here, there) {
            (None, _) => Class::MissingHere,
            (_, None) => Class::MissingThere,
            _ if difference.abs() <= tolerance => Class::Matched,
            _ if difference.is_negative() => Class::Under,
            _ => Class::Over,
        };
        Some(Pair {
            key: key.to_owned(),
            here,
            there,
            difference,
            class,
        })
    };
    keys.into_iter().map(pair).collect()
}

/// The currency of all our figures: theirs have none, so one column of theirs cannot stand against two.
fn only_currency(spec: &Reconciliation, ours: &DataFrame) -> Result<String, Report> {
    let mut currencies: Vec<&str> = ours.text("currency").iter().flatten().collect();
    currencies.sort_unstable();
    currencies.dedup();
    match currencies[..] {
        [] => Ok(String::new()),
        [only] => Ok(only.to_owned()),
        _ => Err(Diagnostic::error(
            "BW-X116",
            Place::Id(spec.name.clone()),
            format!("run `{}` billed in {}", spec.run, currencies.join(" and ")),
        )
        .help("a column of theirs is compared with one currency; reconcile a run over one of them")
        .into()),
    }
}

fn our_amounts<'a>(
    spec: &Reconciliation,
    ours: &'a DataFrame,
) -> Result<BTreeMap<&'a str, Amount>, Report> {
    let place = || Place::Id(spec.name.clone());
    column_exists(ours, &spec.key.0, "an invoice", place())?;
    let mut sums: BTreeMap<&str, Amount> = BTreeMap::new();
    for row in Row::all(ours) {
        let sum = sums.entry(row.text(&spec.key.0)).or_default();
        let amount = row.amount(spec.compare.0.column()).unwrap_or_default();
        *sum = sum.checked_add(amount).ok_or_else(|| too_large(spec))?;
    }
    Ok(sums)
}

fn their_amounts<'a>(
    spec: &Reconciliation,
    theirs: &'a DataFrame,
    source: &str,
) -> Result<BTreeMap<&'a str, Amount>, Report> {
    let (key, measure) = (spec.key.1.as_str(), spec.compare.1.as_str());
    let file = || Place::file(source);
    let input = format!("input `{}`", spec.against);
    column_exists(theirs, key, &input, file())?;
    column_exists(theirs, measure, &input, file())?;
    // The header is row 1, and rows are counted from there.
    let place = |at: usize, column| Place::row(source, at + 2, Some(column));
    let mut faults = Report::new();
    let mut amounts = BTreeMap::new();
    let mut first_rows = BTreeMap::new();
    for at in 0..theirs.height() {
        let (id, text) = (theirs.text_at(key, at), theirs.text_at(measure, at));
        match Amount::parse(text) {
            Ok(amount) => amounts.insert(id, amount),
            Err(fault) => {
                faults.push(unreadable(text, fault, place(at, measure)));
                None
            }
        };
        if id.is_empty() {
            let fault = Diagnostic::error("BW-V101", place(at, key), "a row without a key");
            faults.push(fault.help("each row of theirs needs the key it is compared by"));
        } else if let Some(first) = first_rows.insert(id, at) {
            faults.push(twice(id, place(first, key), place(at, key)));
        }
    }
    let (all, mut named) = (faults.len(), faults.into_iter());
    let mut report: Report = named.by_ref().take(NAMED).collect();
    if all > NAMED {
        report.push(Diagnostic::notice(
            "BW-I120",
            file(),
            format!("further rows with such faults: {}", all - NAMED),
        ));
    }
    report.unless_errors(amounts)
}

fn unreadable(text: &str, fault: NumberFault, place: Place) -> Diagnostic {
    let (code, help) = match fault {
        NumberFault::NotANumber | NumberFault::Exponent => (
            "BW-V141",
            "write plain digits with a point, such as 1234.50; leave out signs of currency",
        ),
        NumberFault::Decimals { .. } => (
            "BW-V142",
            "give amounts in whole minor units of their currency",
        ),
        NumberFault::TooLarge { .. } => ("BW-V143", "is the amount meant for another column?"),
    };
    Diagnostic::error(code, place, format!("amount `{}`: {fault}", shown(text))).help(help)
}

fn twice(key: &str, first: Place, again: Place) -> Diagnostic {
    Diagnostic::error(
        "BW-X101",
        again,
        format!("key `{}` is there twice", shown(key)),
    )
    .label(first, "the first")
    .help("sum the rows by key in an `sql` input, and compare with that")
}

fn too_large(spec: &Reconciliation) -> Report {
    Diagnostic::error(
        "BW-R101",
        Place::Id(spec.name.clone()),
        "a sum has more than 14 digits before the point",
    )
    .help("are the amounts in the unit of the currency, not in cents?")
    .into()
}

fn column_exists(frame: &DataFrame, wanted: &str, owner: &str, place: Place) -> Result<(), Report> {
    let names: Vec<&str> = frame
        .columns()
        .iter()
        .map(|column| column.name().as_str())
        .collect();
    if names.contains(&wanted) {
        return Ok(());
    }
    let fault = Diagnostic::error(
        "BW-F111",
        place,
        format!("{owner} has no column `{}`", shown(wanted)),
    );
    Err(match nearest(wanted, names.iter().copied()) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help(format!("columns there are: {}", names.join(", "))),
    }
    .into())
}

impl Reconciled {
    /// Number of keys of this class.
    pub fn count(&self, class: Class) -> usize {
        self.pairs.iter().filter(|pair| pair.class == class).count()
    }

    /// Whether both sides have the same keys and no difference is above the tolerance.
    pub fn is_within(&self) -> bool {
        self.pairs.iter().all(|pair| pair.class == Class::Matched)
    }

    /// Keys that are not matched, the largest difference first; where two are as large, by key.
    pub fn unmatched(&self) -> Vec<&Pair> {
        let mut pairs: Vec<&Pair> = self.pairs.iter().collect();
        pairs.retain(|pair| pair.class != Class::Matched);
        pairs.sort_by(|a, b| (b.difference.abs(), &a.key).cmp(&(a.difference.abs(), &b.key)));
        pairs
    }
}

#[cfg(test)]
mod tests;
