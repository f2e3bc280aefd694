//! What a run did, or a plan would do, in sentences, tables and JSON.

use super::causes;
use super::findings::{self, Found};
use super::page::{Page, Part, counted};
use super::runs::amounts;
use super::show::Step;
use super::table::{Cell, Side, Table};
use crate::model::plan::{ActionCounts, Cause, RowBalance, Totals, WalletTotals};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The facts a summary is made of.
#[derive(Clone, Debug)]
pub struct Summary<'a> {
    pub run_id: &'a str,
    /// Name of the run's state; `planned` or `held` while nothing has happened.
    pub state: &'a str,
    pub totals: &'a Totals,
    pub balance: &'a [RowBalance],
    pub steps: &'a [Step],
    pub findings: &'a [Found],
    /// What could not be billed.
    pub causes: &'a [Cause],
    /// `None` for a plan.
    pub chain_head: Option<&'a str>,
    /// The plan's folder, as long as it is not applied.
    pub plan: Option<&'a Path>,
    /// Folder of the documents.
    pub documents: Option<&'a Path>,
}

impl Summary<'_> {
    /// For people: what was billed, where every row went, what needs attention, where to look next.
    pub fn page(&self) -> Page {
        let mut parts = vec![Part::default().say(self.headline())];
        match &self.totals.wallets {
            Some(wallets) => {
                let title = match self.state {
                    "canceled" => "Wallets, before it was taken back",
                    _ => "Wallets",
                };
                parts.push(Part::new(title).table(wallet_sums(wallets)));
            }
            None => {
                let sums = sums(self.totals);
                if !sums.is_empty() {
                    parts.push(Part::new("Billed").table(sums));
                }
            }
        }
        parts.push(Part::new("Where every row of the input went").table(balance(self.balance)));
        parts.push(checks(self.findings));
        parts.push(unbilled(self.causes));
        parts.push(self.attention());
        parts.push(self.where_to_look());
        Page(parts)
    }

    /// The promise of `run --output json`; `plan` has the same without `chain_head`.
    ///
    /// Money is text. Several currencies: `totals` by currency, and null for the sums.
    pub fn to_json(&self) -> Value {
        let totals = self.totals;
        if let Some(wallets) = &totals.wallets {
            return self.with_places(self.json_of(wallets));
        }
        let mut object = json!({
            "run_id": self.run_id,
            "state": self.state,
            "lines": totals.lines,
            "invoices": totals.invoices,
            "net": "0.00",
            "tax": "0.00",
            "total": "0.00",
            "exceptions": totals.exceptions,
            "exclusions": totals.exclusions,
            "steps": self.steps.iter().map(Step::json).collect::<Value>(),
            "balance": self.balance,
            "causes": causes::json(self.causes),
            "findings": findings::json(self.findings),
        });
        put_sums(&mut object, &totals.currencies, |only| {
            vec![
                ("net", &only.net),
                ("tax", &only.tax),
                ("total", &only.total),
            ]
        });
        self.with_places(object)
    }

    /// The same of a prepaid run.
    fn json_of(&self, wallets: &WalletTotals) -> Value {
        let totals = self.totals;
        let mut object = json!({
            "run_id": self.run_id,
            "state": self.state,
            "lines": totals.lines,
            "transactions": wallets.transactions,
            "debited": "0.00",
            "shortfalls": wallets.shortfalls,
            "top_ups": wallets.top_ups,
            "closing_balance": "0.00",
            "actions": wallets.actions,
            "exceptions": totals.exceptions,
            "exclusions": totals.exclusions,
            "steps": self.steps.iter().map(Step::json).collect::<Value>(),
            "balance": self.balance,
            "causes": causes::json(self.causes),
            "findings": findings::json(self.findings),
        });
        put_sums(&mut object, &wallets.currencies, |only| {
            vec![
                ("debited", &only.debited),
                ("closing_balance", &only.closing),
            ]
        });
        object
    }

    fn with_places(&self, mut object: Value) -> Value {
        if let Some(head) = self.chain_head {
            object["chain_head"] = json!(head);
        }
        if let Some(folder) = self.documents {
            object["documents"] = json!(folder.display().to_string());
        }
        if let Some(folder) = self.plan {
            object["plan"] = json!(folder.display().to_string());
        }
        object
    }

    /// Whether nothing has happened yet.
    fn is_planned(&self) -> bool {
        matches!(self.state, "planned" | "held")
    }

    fn headline(&self) -> String {
        if let Some(wallets) = &self.totals.wallets {
            let count =
                |count: i64, what| counted(usize::try_from(count).unwrap_or_default(), what);
            let debits = count(wallets.transactions, "debit");
            let short = count(wallets.shortfalls, "shortfall");
            let run = self.run_id;
            return match self.state {
                "held" => {
                    format!(
                        "Run {run} is held: it does not make its {debits}. Nothing has happened yet."
                    )
                }
                "planned" => format!(
                    "Run {run} would make {debits}, with {short}{}. Nothing has happened yet.",
                    acted(wallets.actions, ["would be stopped", "would be started"])
                ),
                state => format!(
                    "Run {run} is {state}: {debits}, {short}{}.",
                    acted(wallets.actions, ["is stopped", "is started"])
                ),
            };
        }
        let lines = counted(self.totals.lines, "line");
        let invoices = counted(self.totals.invoices, "invoice");
        if self.state == "held" {
            format!(
                "Run {} is held: {lines} on {invoices} are not billed. Nothing has happened yet.",
                self.run_id
            )
        } else if self.is_planned() {
            format!(
                "Run {} would bill {lines} on {invoices}. Nothing has happened yet.",
                self.run_id
            )
        } else {
            format!(
                "Run {} is {}: {lines} on {invoices}.",
                self.run_id, self.state
            )
        }
    }

    fn attention(&self) -> Part {
        let mut part = Part::default();
        let (exceptions, exclusions) = (self.totals.exceptions, self.totals.exclusions);
        if exceptions > 0 && self.is_planned() {
            part = part.say(format!(
                "! {} could not be billed; `billwright check --as-of` with the same day names each.",
                counted(exceptions, "row")
            ));
        } else if exceptions > 0 {
            part = part.say(format!(
                "! {} could not be billed: {}",
                counted(exceptions, "row"),
                self.tab("failed")
            ));
        }
        if exclusions > 0 && !self.is_planned() {
            part = part.say(format!(
                "{} rightly not billed: {}",
                counted(exclusions, "row"),
                self.tab("excluded")
            ));
        }
        match self.services() {
            Some(told) => part.say(told),
            None => part,
        }
    }

    /// What could be done about services, and where it stands what is; `None`: nothing.
    fn services(&self) -> Option<String> {
        let actions = self.totals.wallets.as_ref()?.actions;
        let could = ActionCounts {
            stopped: actions.could_stop,
            started: actions.could_start,
            ..ActionCounts::default()
        };
        let could = acted(could, ["could be stopped", "could be started"]);
        let could = could.strip_prefix(", ");
        if self.is_planned() {
            return could.map(|could| format!("{could}."));
        }
        let done = (actions != ActionCounts::default()).then_some("What is done about services");
        let told = could.or(done)?;
        Some(format!("{told}: {}", self.tab("actions")))
    }

    fn where_to_look(&self) -> Part {
        let mut part = Part::new("Where to look");
        if let Some(folder) = self.plan {
            let folder = folder.display();
            part = part.say(format!("Plan: {folder}"));
            if self.state != "held" {
                part = part.say(format!(
                    "To make it part of the book: `billwright apply {folder}`"
                ));
            }
        }
        if let Some(folder) = self.documents {
            let what = match self.totals.wallets {
                Some(_) => "Service actions",
                None => "Documents",
            };
            part = part.say(format!("{what}: {}", folder.display()));
        }
        if matches!(self.state, "rated" | "invoiced") {
            let run = self.run_id;
            part = part.say(format!("To go on: `billwright continue {run}`"));
        }
        if self.totals.wallets.is_some() && !self.is_planned() {
            part = part
                .say(format!("Debits: {}", self.tab("transactions")))
                .say(format!("What was missing: {}", self.tab("shortfalls")))
                .say("Why an amount: `billwright explain LINE`")
                .say("What a wallet holds: `billwright explain WALLET`");
        } else if !self.is_planned() {
            part = part
                .say(format!("Invoices: {}", self.tab("invoices")))
                .say("Why an amount: `billwright explain INVOICE`");
        }
        if let Some(head) = self.chain_head.filter(|head| !head.is_empty()) {
            part = part.say(format!("Chain head: {head}"));
        }
        part
    }

    fn tab(&self, name: &str) -> String {
        format!("`billwright show {} --tab {name}`", self.run_id)
    }
}

/// Sums of a run: those of its currency, null and all of them beside where it has several.
fn put_sums<T: Serialize>(
    object: &mut Value,
    currencies: &BTreeMap<String, T>,
    sums: impl Fn(&T) -> Vec<(&'static str, &String)>,
) {
    let Some((currency, first)) = currencies.first_key_value() else {
        return;
    };
    let is_only = currencies.len() == 1;
    for (name, sum) in sums(first) {
        object[name] = if is_only { json!(sum) } else { Value::Null };
    }
    match is_only {
        true => object["currency"] = json!(currency),
        false => object["totals"] = json!(currencies),
    }
}

/// How many services something is done about, in these words for a stop and a start; nothing where there are none.
fn acted(actions: ActionCounts, words: [&str; 2]) -> String {
    let counts = [actions.stopped, actions.started].into_iter().zip(words);
    let told = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| {
            let services = counted(usize::try_from(count).unwrap_or_default(), "service");
            let words = match count {
                1 => words.to_owned(),
                _ => words.replacen("is ", "are ", 1),
            };
            format!(", {services} {words}")
        });
    told.collect()
}

/// What the checks found, a row each; empty where they found nothing.
pub fn checks(found: &[Found]) -> Part {
    Part::new("What the checks found").table(findings::table(found))
}

/// What could not be billed, a row for each cause; empty where all could.
pub fn unbilled(causes: &[Cause]) -> Part {
    Part::new("What could not be billed").table(causes::table(causes))
}

/// What became of the wallets of each currency.
fn wallet_sums(totals: &WalletTotals) -> Table {
    let mut table = Table::new([
        ("currency", Side::Left),
        ("wallets", Side::Right),
        ("opening", Side::Right),
        ("topped up", Side::Right),
        ("debited", Side::Right),
        ("expired", Side::Right),
        ("closing", Side::Right),
    ]);
    for (currency, sums) in &totals.currencies {
        let amount = |text: &String| Cell::Number(text.clone());
        table.push(vec![
            Cell::text(currency.as_str()),
            Cell::Count(sums.wallets),
            amount(&sums.opening),
            amount(&sums.topped_up),
            amount(&sums.debited),
            amount(&sums.expired),
            amount(&sums.closing),
        ]);
    }
    table
}

/// Sums by currency.
fn sums(totals: &Totals) -> Table {
    let mut table = Table::new([
        ("currency", Side::Left),
        ("net", Side::Right),
        ("tax", Side::Right),
        ("total", Side::Right),
    ]);
    for sums in &totals.currencies {
        table.push(amounts(Some(sums)));
    }
    table
}

/// Where the rows of every input table ended, each counted once.
///
/// `rest` is what was not selected or not due, and `because` its reasons. Panics where a row is unaccounted for: a fault of ours.
pub fn balance(balance: &[RowBalance]) -> Table {
    let mut table = Table::new([
        ("table", Side::Left),
        ("rows", Side::Right),
        ("billed", Side::Right),
        ("excluded", Side::Right),
        ("excepted", Side::Right),
        ("rest", Side::Right),
        ("because", Side::Left),
    ]);
    for row in balance {
        assert!(
            row.is_whole(),
            "rows of {} are unaccounted for: {row:?}",
            row.table
        );
        let reasons = row.not_selected.iter().filter(|(_, count)| **count > 0);
        let reasons = reasons.map(|(reason, count)| format!("{count} {reason}"));
        table.push(vec![
            Cell::text(row.table.as_str()),
            Cell::count(row.rows),
            Cell::count(row.billed),
            Cell::count(row.excluded),
            Cell::count(row.excepted),
            Cell::count(row.not_selected.values().sum()),
            Cell::text(reasons.collect::<Vec<_>>().join(", ")),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::CurrencyTotals;
    use crate::report::fixture::shown;
    use std::collections::BTreeMap;

    fn totals(currencies: &[&str]) -> Totals {
        let sums = CurrencyTotals {
            net: "456360.00".to_owned(),
            tax: "0.00".to_owned(),
            total: "456360.00".to_owned(),
        };
        Totals {
            lines: 29_202,
            invoices: 7_043,
            exclusions: 0,
            exceptions: 1,
            currencies: currencies
                .iter()
                .map(|currency| ((*currency).to_owned(), sums.clone()))
                .collect(),
            wallets: None,
        }
    }

    fn balance() -> Vec<RowBalance> {
        vec![RowBalance {
            table: "services".to_owned(),
            rows: 29_300,
            billed: 29_202,
            excluded: 0,
            held: 0,
            excepted: 1,
            not_selected: BTreeMap::from([("not_due".to_owned(), 97), ("status".to_owned(), 0)]),
        }]
    }

    #[test]
    fn a_run_says_what_it_billed_and_where_to_look() {
        let summary = Summary {
            run_id: "telco-monthly@2026-02-01",
            state: "rendered",
            totals: &totals(&["USD"]),
            balance: &balance(),
            steps: &[],
            findings: &[],
            causes: &[],
            chain_head: Some("9f86d081"),
            plan: None,
            documents: Some(Path::new("out/documents/telco-monthly@2026-02-01")),
        };
        let text = summary.page().text(shown);
        insta::assert_snapshot!(text, @"
        Run telco-monthly@2026-02-01 is rendered: 29,202 lines on 7,043 invoices.

        Billed
        currency | net | tax | total
        USD | 456360.00 | 0.00 | 456360.00

        Where every row of the input went
        table | rows | billed | excluded | excepted | rest | because
        services | 29300 | 29202 | 0 | 1 | 97 | 97 not_due

        ! 1 row could not be billed:
        `billwright show telco-monthly@2026-02-01 --tab failed`

        Where to look
        Documents: out/documents/telco-monthly@2026-02-01
        Invoices: `billwright show telco-monthly@2026-02-01 --tab invoices`
        Why an amount: `billwright explain INVOICE`
        Chain head: 9f86d081
        ");
        assert!(text.lines().all(|line| line.chars().count() <= 80));
        insta::assert_snapshot!(summary.to_json(), @r#"{"run_id":"telco-monthly@2026-02-01","state":"rendered","lines":29202,"invoices":7043,"net":"456360.00","tax":"0.00","total":"456360.00","exceptions":1,"exclusions":0,"steps":[],"balance":[{"table":"services","rows":29300,"billed":29202,"excluded":0,"held":0,"excepted":1,"not_selected":{"not_due":97,"status":0}}],"causes":[],"findings":[],"currency":"USD","chain_head":"9f86d081","documents":"out/documents/telco-monthly@2026-02-01"}"#);
    }

    #[test]
    fn a_plan_says_that_nothing_has_happened_and_sums_of_two_currencies_are_kept_apart() {
        let summary = Summary {
            run_id: "telco-monthly@2026-02-01",
            state: "planned",
            totals: &totals(&["EUR", "USD"]),
            balance: &balance(),
            steps: &[Step {
                name: "rate".to_owned(),
                ..Step::default()
            }],
            findings: &[Found {
                check: "stale_dates".to_owned(),
                level: "warn".to_owned(),
                count: 2,
                first: vec!["A-1 S-1: ready since 2025-11-01".to_owned()],
            }],
            causes: &[Cause {
                code: "BW-R104".to_owned(),
                cause: "the price is to come from the service".to_owned(),
                rows: 1,
                priced: 0,
                at_stake: BTreeMap::new(),
            }],
            chain_head: None,
            plan: Some(Path::new("plans/telco-monthly-2026-02-01-9f86d081")),
            documents: None,
        };
        insta::assert_snapshot!(summary.page().text(shown), @"
        Run telco-monthly@2026-02-01 would bill 29,202 lines on 7,043 invoices. Nothing
        has happened yet.

        Billed
        currency | net | tax | total
        EUR | 456360.00 | 0.00 | 456360.00
        USD | 456360.00 | 0.00 | 456360.00

        Where every row of the input went
        table | rows | billed | excluded | excepted | rest | because
        services | 29300 | 29202 | 0 | 1 | 97 | 97 not_due

        What the checks found
        check | level | count | first
        stale_dates | warn | 2 | A-1 S-1: ready since 2025-11-01

        What could not be billed
        code | cause | rows | priced | at_stake
        BW-R104 | the price is to come from the service | 1 | 0 |

        ! 1 row could not be billed; `billwright check --as-of` with the same day names
        each.

        Where to look
        Plan: plans/telco-monthly-2026-02-01-9f86d081
        To make it part of the book:
        `billwright apply plans/telco-monthly-2026-02-01-9f86d081`
        ");
        insta::assert_snapshot!(summary.to_json(), @r#"{"run_id":"telco-monthly@2026-02-01","state":"planned","lines":29202,"invoices":7043,"net":null,"tax":null,"total":null,"exceptions":1,"exclusions":0,"steps":[{"step":"rate","serial":null,"at":null,"counts":{}}],"balance":[{"table":"services","rows":29300,"billed":29202,"excluded":0,"held":0,"excepted":1,"not_selected":{"not_due":97,"status":0}}],"causes":[{"code":"BW-R104","cause":"the price is to come from the service","rows":1,"priced":0,"at_stake":null}],"findings":[{"check":"stale_dates","level":"warn","count":2}],"totals":{"EUR":{"net":"456360.00","tax":"0.00","total":"456360.00"},"USD":{"net":"456360.00","tax":"0.00","total":"456360.00"}},"plan":"plans/telco-monthly-2026-02-01-9f86d081"}"#);
    }
}
