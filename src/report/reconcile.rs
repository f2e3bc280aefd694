//! Our figures against somebody else's, key by key.

use super::row::{Row, money};
use super::table::{Cell, Side, Table};
use crate::diagnostic::{Diagnostic, Place, Report, nearest, shown};
use crate::model::reconciliation::Reconciliation;
use crate::model::table::Columns;
use crate::money::{Amount, NumberFault};
use polars::prelude::DataFrame;
use serde_json::{Value, json};
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
}

/// How many of the largest differences are shown.
const LARGEST: usize = 20;
/// How many rows of theirs that cannot be read are named one by one.
const NAMED: usize = 20;

/// Compares `ours`, rows of `invoice` or `draft`, with `theirs`, an input in which every column is text.
///
/// Our amounts are summed by key, whereas a key of theirs stands for one row: two are refused.
/// Errors: `BW-F111` a column is not there, `BW-V101` a row without key, `BW-V141`..`BW-V143` an amount that cannot be read
/// exactly, `BW-X101` a key twice, `BW-X114` several currencies here, `BW-R101` a sum beyond 15 digits.
pub fn reconcile(
    spec: &Reconciliation,
    ours: &DataFrame,
    theirs: &DataFrame,
) -> Result<Reconciled, Report> {
    let currency = only_currency(spec, ours)?;
    let here = our_amounts(spec, ours)?;
    let there = their_amounts(spec, theirs)?;
    let pairs = pairs(&here, &there, spec.tolerance);
    let pairs = pairs.ok_or_else(|| too_large(spec))?;
    let sum = |amounts: &BTreeMap<&str, Amount>| {
        let mut amounts = amounts.values();
        amounts.try_fold(Amount::ZERO, |sum, amount| sum.checked_add(*amount))
    };
    Ok(Reconciled {
        currency,
        pairs,
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
            "BW-X114",
            Place::Id(spec.name.clone()),
            format!("run `{}` billed in {}", spec.run, currencies.join(", ")),
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
) -> Result<BTreeMap<&'a str, Amount>, Report> {
    let (key, measure) = (spec.key.1.as_str(), spec.compare.1.as_str());
    let file = || Place::file(&spec.against);
    let input = format!("input `{}`", spec.against);
    column_exists(theirs, key, &input, file())?;
    column_exists(theirs, measure, &input, file())?;
    // The header is row 1, and rows are counted from there.
    let place = |at: usize, column| Place::row(spec.against.as_str(), at + 2, Some(column));
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
            format!("{} further rows have such faults", all - NAMED),
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
        "a sum has more than 15 digits before the point",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draft::Drafts;
    use crate::model::reconciliation::Measure;
    use crate::model::table::text_column;
    use crate::report::fixture::{shown, table};

    fn spec() -> Reconciliation {
        Reconciliation {
            name: "telco-legacy".to_owned(),
            title: None,
            run: "telco-monthly".to_owned(),
            against: "export".to_owned(),
            key: ("account_id".to_owned(), "customerID".to_owned()),
            compare: (Measure::Net, "MonthlyCharges".to_owned()),
            tolerance: Amount::parse("1.50").unwrap(),
        }
    }

    /// An input as it is read: every column text, empty cells null.
    fn export(columns: &[(&str, Vec<&str>)]) -> DataFrame {
        let text = |(name, cells): &(&str, Vec<&str>)| {
            text_column(
                name,
                cells
                    .iter()
                    .map(|cell| Some(*cell).filter(|cell| !cell.is_empty())),
            )
        };
        DataFrame::new(columns[0].1.len(), columns.iter().map(text).collect()).unwrap()
    }

    fn ours(rows: &str) -> DataFrame {
        table(
            Drafts::SCHEMA,
            &format!("invoice_id | account_id | currency | net\n{rows}"),
        )
    }

    #[test]
    fn each_key_is_matched_over_under_or_missing_on_one_side() {
        let here = ours(
            "1 | A | USD | 10.00\n2 | A | USD | 1.50\n3 | B | USD | 5.00\n4 | C | USD | 7.00\n5 | D | USD | 1.00",
        );
        let there = export(&[
            ("customerID", vec!["A", "B", "C", "E"]),
            ("MonthlyCharges", vec!["10.00", "6.51", "5.49", "3"]),
        ]);
        let compared = reconcile(&spec(), &here, &there).unwrap();
        assert!(!compared.is_within());
        insta::assert_snapshot!(shown(&compared.differences()), @"");
        insta::assert_snapshot!(compared.to_json(), @"");
    }

    #[test]
    fn what_of_theirs_cannot_be_compared_is_refused_by_row() {
        let there = export(&[
            ("customerID", vec!["A", "B", "", "A"]),
            ("MonthlyCharges", vec!["1,000.00", "6.0001", "3", "1"]),
        ]);
        let report = reconcile(&spec(), &ours("1 | A | USD | 1"), &there).unwrap_err();
        insta::assert_snapshot!(report.text(false), @"");
        let wide = export(&[("customerId", vec!["A"]), ("MonthlyCharges", vec!["1"])]);
        let report = reconcile(&spec(), &ours("1 | A | USD | 1"), &wide).unwrap_err();
        insta::assert_snapshot!(report.text(false), @"");
    }

    #[test]
    fn two_currencies_here_are_refused() {
        let here = ours("1 | A | USD | 10.00\n2 | B | EUR | 1.50");
        let there = export(&[("customerID", vec!["A"]), ("MonthlyCharges", vec!["1"])]);
        let report = reconcile(&spec(), &here, &there).unwrap_err();
        insta::assert_snapshot!(report.text(false), @"");
    }

    /// Flat monthly prices by charge, as definitions/telco-list.yaml has them.
    fn price_list() -> BTreeMap<String, Amount> {
        let text = include_str!("../../definitions/telco-list.yaml");
        let charges = text.split("- code: ").skip(1).map(|charge| {
            let price = charge
                .split("flat: \"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap();
            (
                charge.lines().next().unwrap().to_owned(),
                Amount::parse(price).unwrap(),
            )
        });
        charges.collect()
    }

    #[test]
    fn the_telephone_company_is_billed_list_prices_and_compared_with_its_old_system() {
        const PRODUCTS: [(&str, &str, &str); 10] = [
            ("PhoneService", "Yes", "phone"),
            ("MultipleLines", "Yes", "second-line"),
            ("InternetService", "DSL", "dsl"),
            ("InternetService", "Fiber optic", "fiber"),
            ("OnlineSecurity", "Yes", "online-security"),
            ("OnlineBackup", "Yes", "online-backup"),
            ("DeviceProtection", "Yes", "device-protection"),
            ("TechSupport", "Yes", "tech-support"),
            ("StreamingTV", "Yes", "streaming-tv"),
            ("StreamingMovies", "Yes", "streaming-movies"),
        ];
        let prices = price_list();
        let mut reader = csv::Reader::from_path("samples/telco/Telco-Customer-Churn.csv").unwrap();
        let head = reader.headers().unwrap().clone();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let cells = |name: &str| {
            let at = head.iter().position(|column| column == name).unwrap();
            rows.iter().map(|row| &row[at]).collect::<Vec<_>>()
        };
        let mut net = vec![Amount::ZERO; rows.len()];
        for (column, wanted, charge) in PRODUCTS {
            for (net, _) in net
                .iter_mut()
                .zip(cells(column))
                .filter(|(_, cell)| *cell == wanted)
            {
                *net = net.checked_add(prices[charge]).unwrap();
            }
        }
        let here = cells("customerID").into_iter().zip(net);
        let here: String = here
            .map(|(id, net)| format!("{id} | {id} | USD | {net}\n"))
            .collect();
        let there = export(&[
            ("customerID", cells("customerID")),
            ("MonthlyCharges", cells("MonthlyCharges")),
        ]);
        let compared = reconcile(&spec(), &ours(&here), &there).unwrap();
        insta::assert_snapshot!(shown(&compared.summary()), @"");
        let largest = compared.largest();
        assert_eq!(largest.rows.len(), LARGEST);
        insta::assert_snapshot!(shown(&Table { rows: largest.rows[..5].to_vec(), ..largest }), @"");
        let differences = compared.pairs.iter().map(|pair| pair.difference);
        assert_eq!(
            differences.clone().min(),
            Some(Amount::parse("-4.80").unwrap())
        );
        assert_eq!(differences.max(), Some(Amount::parse("4.25").unwrap()));
        assert_eq!(compared.differences().rows.len(), 919);
    }
}
