//! What a run could not bill, by code and cause: four thousand rows are rarely four thousand mistakes.

use super::table::{Cell, Side, Table};
use crate::diagnostic::{Aside, AsideKind};
use crate::model::plan::Cause;
use crate::money::{Amount, Currency};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What stands for a word in which the rows of a cause differ.
const ANY: &str = "..";

/// So many causes of a code are told; what is more is one.
const OF_A_CODE: usize = 5;

/// Units of an amount, by currency.
type Sums = BTreeMap<String, i128>;

/// Exceptions by code and the shape of their message.
#[derive(Clone, Debug, Default)]
pub struct Causes(BTreeMap<(String, Vec<String>), Group>);

#[derive(Clone, Debug, Default)]
struct Group {
    /// The message word by word; [`ANY`] where rows differ.
    words: Vec<String>,
    rows: usize,
    priced: usize,
    at_stake: Sums,
}

impl Causes {
    /// The exceptions among rows set aside, with what is at stake with each, where that is known.
    pub fn of(aside: &[Aside], at_stake: &BTreeMap<&Aside, Sums>) -> Self {
        let rows = aside.iter().filter(|row| row.kind == AsideKind::Exception);
        let rows: BTreeSet<&Aside> = rows.collect();
        let mut causes = Self::default();
        for row in rows {
            let words: Vec<String> = words(&row.message)
                .scan("", |before, word| {
                    let told = without_id(row, before, word);
                    *before = word;
                    Some(told)
                })
                .collect();
            let shape = words.iter().map(|word| shape(row, word)).collect();
            let sums = at_stake.get(row);
            let group = Group {
                words,
                rows: 1,
                priced: usize::from(sums.is_some()),
                at_stake: sums.cloned().unwrap_or_default(),
            };
            causes.put((row.code.to_owned(), shape), group);
        }
        causes
    }

    /// With those of other accounts.
    pub fn add(&mut self, others: Self) {
        for (shape, group) in others.0 {
            self.put(shape, group);
        }
    }

    fn put(&mut self, shape: (String, Vec<String>), group: Group) {
        match self.0.get_mut(&shape) {
            Some(known) => known.add(&group),
            None => drop(self.0.insert(shape, group)),
        }
    }

    /// All of them, what concerns most rows first.
    pub fn all(self) -> Vec<Cause> {
        let mut by_code: BTreeMap<String, Vec<Group>> = BTreeMap::new();
        for ((code, _), group) in self.0 {
            by_code.entry(code).or_default().push(group);
        }
        let mut all = Vec::new();
        for (code, mut groups) in by_code {
            groups.sort_by_key(|group| Reverse(group.rows));
            let others = match groups.len() > OF_A_CODE {
                true => groups.split_off(OF_A_CODE - 1),
                false => Vec::new(),
            };
            let told = groups
                .into_iter()
                .map(|group| (group.words.join(" "), group));
            let others = others.into_iter().enumerate();
            let others = others.map(|(at, group)| (format!("{} other causes", at + 1), group));
            let others = others.reduce(|(_, mut all), (said, group)| {
                all.rows += group.rows;
                all.priced += group.priced;
                all.add_amounts(&group);
                (said, all)
            });
            all.extend(told.chain(others).map(|(cause, group)| Cause {
                code: code.clone(),
                cause,
                rows: group.rows,
                priced: group.priced,
                at_stake: written(&group.at_stake),
            }));
        }
        all.sort_by_key(|cause| Reverse(cause.rows));
        all
    }
}

impl Group {
    fn add(&mut self, other: &Self) {
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            if word != theirs {
                *word = masked(word);
            }
        }
        self.rows += other.rows;
        self.priced += other.priced;
        self.add_amounts(other);
    }

    fn add_amounts(&mut self, other: &Self) {
        for (currency, units) in &other.at_stake {
            *self.at_stake.entry(currency.clone()).or_default() += units;
        }
    }
}

fn written(sums: &Sums) -> BTreeMap<String, String> {
    let text = |(code, units): (&String, &i128)| {
        let currency = Currency::parse(code).expect("inputs check currencies");
        (code.clone(), Amount::text_of(*units, currency))
    };
    sums.iter().map(text).collect()
}

/// The words of a message, a text in backquotes being one.
fn words(message: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    message.split(move |character| {
        is_quoted ^= character == '`';
        character == ' ' && !is_quoted
    })
}

/// A word without an id of the row, and without the number of its line in a file.
fn without_id(row: &Aside, before: &str, word: &str) -> String {
    let own = [&row.account_id, &row.subscription_id, &row.service_id];
    let is_own = quoted(word).is_some_and(|text| own.iter().any(|id| *id == text));
    match is_own || (before == "row" && has_digit(word)) {
        true => masked(word),
        false => word.to_owned(),
    }
}

/// The word as all rows of a cause have it: whatever is a value of one of them is left out.
fn shape(row: &Aside, word: &str) -> String {
    let is_value = match quoted(word) {
        // What is quoted of an input is a value; what is quoted of a definition is the cause.
        Some(_) => row.stage == "inputs",
        None => has_digit(word) || word.starts_with('('),
    };
    match is_value {
        true => masked(word),
        false => word.to_owned(),
    }
}

fn has_digit(word: &str) -> bool {
    word.contains(|character: char| character.is_ascii_digit())
}

fn quoted(word: &str) -> Option<&str> {
    word.strip_prefix('`')?.split('`').next()
}

/// [`ANY`] with the punctuation of a word.
fn masked(word: &str) -> String {
    let end = word.trim_end_matches([',', ';', ':']).len();
    format!("{ANY}{}", &word[end..])
}

/// A row per cause.
pub fn table(causes: &[Cause]) -> Table {
    let mut table = Table::new([
        ("code", Side::Left),
        ("cause", Side::Left),
        ("rows", Side::Right),
        ("priced", Side::Right),
        ("at_stake", Side::Right),
    ])
    .spare(&["priced"]);
    for cause in causes {
        let amounts = cause.at_stake.iter();
        let amounts: Vec<_> = amounts.map(|(code, sum)| format!("{sum} {code}")).collect();
        table.push(vec![
            Cell::text(cause.code.as_str()),
            Cell::text(cause.cause.as_str()),
            Cell::count(cause.rows),
            Cell::count(cause.priced),
            Cell::text(amounts.join(", ")),
        ]);
    }
    table
}

/// `[{"code", "cause", "rows", "priced", "at_stake"}]`, the last null where nothing was rated.
pub fn json(causes: &[Cause]) -> Value {
    let object = |cause: &Cause| {
        let at_stake = (!cause.at_stake.is_empty()).then_some(&cause.at_stake);
        json!({
            "code": cause.code,
            "cause": cause.cause,
            "rows": cause.rows,
            "priced": cause.priced,
            "at_stake": at_stake,
        })
    };
    causes.iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::shown;

    fn parked(account: &str, stage: &'static str, code: &'static str, message: &str) -> Aside {
        Aside::parking(account, stage, code, message.to_owned())
    }

    #[test]
    fn rows_of_one_cause_are_one_whatever_their_ids_and_values() {
        let aside = [
            parked(
                "A-1",
                "inputs",
                "BW-V141",
                "services.csv, row 3, quantity: `1e3`: an exponent",
            ),
            parked(
                "A-2",
                "inputs",
                "BW-V141",
                "services.csv, row 9, quantity: `2 e3`: an exponent",
            ),
            parked(
                "A-3",
                "inputs",
                "BW-V110",
                "accounts.csv, row 3, currency: `eur` is no currency of ISO 4217",
            ),
            parked(
                "A-4",
                "inputs",
                "BW-V110",
                "accounts.csv, row 5, currency: `eur` is no currency of ISO 4217",
            ),
            parked(
                "A-5",
                "debit",
                "BW-X125",
                "the account `A-5` has no wallet under `mobile-2`",
            ),
            parked(
                "A-6",
                "debit",
                "BW-X125",
                "the account `A-6` has no wallet under `mobile-2`",
            ),
            parked(
                "A-6",
                "debit",
                "BW-X125",
                "the account `A-6` has no wallet under `mobile-2`",
            ),
            parked(
                "A-7",
                "debit",
                "BW-X125",
                "the account `A-7` has no wallet under `mobile-3`",
            ),
            parked(
                "A-8",
                "rate",
                "BW-R201",
                "unbilled since 2006-01-01, 7336 days before 2026-02-01",
            ),
            parked(
                "A-9",
                "rate",
                "BW-R201",
                "unbilled since 2016-01-01, 3684 days before 2026-02-01",
            ),
        ];
        let sums = |code: &str, units| Sums::from([(code.to_owned(), units)]);
        let at_stake = BTreeMap::from([
            (&aside[4], sums("EUR", 65_000)),
            (&aside[5], sums("EUR", 2_500)),
            (&aside[8], sums("USD", 10_000)),
        ]);
        let mut causes = Causes::of(&aside[..5], &at_stake);
        causes.add(Causes::of(&aside[5..], &at_stake));
        let all = causes.all();
        insta::assert_snapshot!(shown(&table(&all)), @"
        code | cause | rows | priced | at_stake
        BW-R201 | unbilled since .., .. days before 2026-02-01 | 2 | 1 | 1.00 USD
        BW-V110 | accounts.csv, row .., currency: `eur` is no currency of ISO 4217 | 2 | 0 | 
        BW-V141 | services.csv, row .., quantity: ..: an exponent | 2 | 0 | 
        BW-X125 | the account .. has no wallet under `mobile-2` | 2 | 2 | 6.75 EUR
        BW-X125 | the account .. has no wallet under `mobile-3` | 1 | 0 |
        ");
        insta::assert_snapshot!(json(&all[3..]).to_string(), @r#"[{"code":"BW-X125","cause":"the account .. has no wallet under `mobile-2`","rows":2,"priced":2,"at_stake":{"EUR":"6.75"}},{"code":"BW-X125","cause":"the account .. has no wallet under `mobile-3`","rows":1,"priced":0,"at_stake":null}]"#);
    }

    #[test]
    fn a_code_has_a_few_causes_however_many_messages() {
        let message = |number: u32| format!("no charge `{}`", "x".repeat(number as usize + 1));
        let of = |number| {
            parked(
                &format!("A-{number}"),
                "identify",
                "BW-X106",
                &message(number),
            )
        };
        let mut aside: Vec<Aside> = (0..4_000).map(of).collect();
        aside.push(parked("B-1", "identify", "BW-X106", &message(0)));
        let all = Causes::of(&aside, &BTreeMap::new()).all();
        assert_eq!(all.len(), OF_A_CODE);
        assert_eq!(all.iter().map(|cause| cause.rows).sum::<usize>(), 4_001);
        assert_eq!(all[0].cause, "3996 other causes");
        assert_eq!((all[1].cause.as_str(), all[1].rows), ("no charge `x`", 2));
    }
}
