//! What somebody sets for one run on the command line, in place of what its definition says.

use super::House;
use super::house::unknown;
use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place, Report, Source};
use crate::inputs::Only;
use crate::model::account::Tables;
use crate::model::bill_run::{
    BillRun, Check, Condition, DayWord, Filters, InvoiceDate, PostingDate, WindowDay,
};
use crate::model::plan::{Header, RunType};
use crate::model::sql;
use crate::model::table::Columns;
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};

/// The flags of `plan` and `run` that are kept with the run; what is not set is as the definition says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub invoice_date: Option<Date>,
    pub posting_date: Option<Date>,
    pub due_offset: Option<i32>,
    pub accounts: BTreeSet<String>,
    pub subscriptions: BTreeSet<String>,
    pub orders: BTreeSet<String>,
    pub groups: BTreeSet<String>,
    pub condition: Option<String>,
    /// Checks whose findings do not hold the run.
    pub accepted: BTreeSet<Check>,
    /// Whether it is not estimated how long wallets last.
    pub no_estimate: bool,
}

const WHERE: &str = "--where";
const NO_ESTIMATE: &str = "--no-estimate";

impl Flags {
    /// As written, by flag: what a plan keeps, and is hashed with.
    pub fn written(&self) -> BTreeMap<String, Vec<String>> {
        let one = |value: Option<String>| value.into_iter().collect::<Vec<_>>();
        let day = |day: Option<Date>| one(day.map(|day| day.to_string()));
        let all = |values: &BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>();
        let accepted = self.accepted.iter().map(|check| check.name().to_owned());
        let flags = [
            ("--from", day(self.from)),
            ("--to", day(self.to)),
            ("--invoice-date", day(self.invoice_date)),
            ("--posting-date", day(self.posting_date)),
            (
                "--due-offset",
                one(self.due_offset.map(|days| days.to_string())),
            ),
            ("--account", all(&self.accounts)),
            ("--subscription", all(&self.subscriptions)),
            ("--order", all(&self.orders)),
            ("--group", all(&self.groups)),
            (WHERE, one(self.condition.clone())),
            ("--accept", accepted.collect()),
            (NO_ESTIMATE, one(self.no_estimate.then(String::new))),
        ];
        let given = flags.into_iter().filter(|(_, values)| !values.is_empty());
        given
            .map(|(flag, values)| (flag.to_owned(), values))
            .collect()
    }

    /// The flags a plan was computed with.
    pub fn kept(header: &Header) -> Self {
        let all = |flag: &str| header.flags.get(flag).cloned().unwrap_or_default();
        let one = |flag: &str| all(flag).pop();
        let day = |flag: &str| one(flag).and_then(|text| Date::parse(&text).ok());
        let set = |flag: &str| all(flag).into_iter().collect();
        Self {
            from: day("--from"),
            to: day("--to"),
            invoice_date: day("--invoice-date"),
            posting_date: day("--posting-date"),
            due_offset: one("--due-offset").and_then(|days| days.parse().ok()),
            accounts: set("--account"),
            subscriptions: set("--subscription"),
            orders: set("--order"),
            groups: set("--group"),
            condition: one(WHERE),
            accepted: all("--accept")
                .iter()
                .filter_map(|name| Check::parse(name))
                .collect(),
            no_estimate: header.flags.contains_key(NO_ESTIMATE),
        }
    }

    /// Whether a run with them may leave out what its definition is about.
    pub fn leave_out(&self) -> bool {
        let ids = [
            &self.accounts,
            &self.subscriptions,
            &self.orders,
            &self.groups,
        ];
        self.condition.is_some()
            || self.from.is_some()
            || self.to.is_some()
            || ids.iter().any(|ids| !ids.is_empty())
    }

    /// What is accepted, and what is left out beside the bills, changes nothing of whom a run is about.
    pub fn run_type(&self) -> RunType {
        let about_all = Self {
            accepted: self.accepted.clone(),
            no_estimate: self.no_estimate,
            ..Self::default()
        };
        match *self == about_all {
            true => RunType::Batch,
            false => RunType::Individual,
        }
    }

    /// The definition with what was set in place of its own values; filters narrow what it says.
    pub fn applied(&self, run: &BillRun) -> BillRun {
        let mut run = run.clone();
        if let Some(day) = self.from {
            run.window.from = Some(on(day));
        }
        if let Some(day) = self.to {
            run.window.to = on(day);
        }
        if let Some(day) = self.invoice_date {
            run.invoices.date = InvoiceDate::On(day);
        }
        if let Some(day) = self.posting_date {
            run.invoices.posting_date = PostingDate::On(day);
        }
        if let Some(days) = self.due_offset {
            run.invoices.due_offset_days = days;
        }
        if let Some(debits) = run.debits.as_mut().filter(|_| self.no_estimate) {
            debits.estimate = None;
        }
        let Filters {
            accounts,
            subscriptions,
            orders,
            groups,
            condition,
        } = &mut run.filters;
        narrow(accounts, &self.accounts);
        narrow(subscriptions, &self.subscriptions);
        narrow(orders, &self.orders);
        narrow(groups, &self.groups);
        if let Some(text) = &self.condition {
            let own = condition
                .as_ref()
                .map(|own| format!("({}\n) AND ", own.expression));
            *condition = Some(Condition {
                expression: format!("{}({text}\n)", own.unwrap_or_default()),
                place: place_of(text),
            });
        }
        run
    }

    /// Refuses what can be seen to be wrong before any row is read.
    ///
    /// Errors: `BW-C102` a window that ends before it begins, an offset that the payment terms do not allow; `BW-C103` no such
    /// group; `BW-C105` a condition that is not one SQL expression.
    pub fn check(&self, house: &House, run: &BillRun, as_of: Date) -> Result<(), Report> {
        let mut report = Report::new();
        let refused = |flag: &str, message: String| {
            Diagnostic::error("BW-C102", Place::Argument(flag.to_owned()), message)
        };
        let (from, to) = (
            run.window.from.map(|day| day.of(as_of)),
            run.window.to.of(as_of),
        );
        if let Some(from) =
            from.filter(|from| *from > to && (self.from.is_some() || self.to.is_some()))
        {
            let flag = if self.from.is_some() {
                "--from"
            } else {
                "--to"
            };
            let fault = refused(
                flag,
                format!("the window would begin on {from} and end on {to}"),
            );
            report
                .push(fault.help(
                    "its end is --to, else as the definition says, mostly the business date",
                ));
        }
        let of_invoices = [
            ("--from", self.from.is_some()),
            ("--to", self.to.is_some()),
            ("--invoice-date", self.invoice_date.is_some()),
            ("--posting-date", self.posting_date.is_some()),
            ("--due-offset", self.due_offset.is_some()),
            ("--order", !self.orders.is_empty()),
        ];
        let set = of_invoices.iter().filter(|(_, is_set)| *is_set);
        for (flag, _) in set.filter(|_| run.debits.is_some()) {
            let message = "a prepaid run makes no invoice, and debits all that is due by its day";
            report.push(refused(flag, message.to_owned()).help("leave it out"));
        }
        if self.no_estimate && run.debits.is_none() {
            let message = "a bill run has no wallets, and estimates nothing";
            report.push(refused(NO_ESTIMATE, message.to_owned()).help("leave it out"));
        }
        let definitions = &house.loaded.definitions;
        let terms = house.loaded.workspace.default_terms.as_ref();
        let terms = terms.and_then(|name| definitions.terms.get(name));
        if let (Some(days), Some(terms)) = (self.due_offset, terms) {
            let (least, most) = terms.offset_range.unwrap_or((0, 0));
            if !(least..=most).contains(&days) {
                let message = format!(
                    "payment terms `{}` allow offsets from {least} to {most} days",
                    terms.name
                );
                report.push(
                    refused("--due-offset", message)
                        .help("widen `due.offset_range` of the terms, or give another offset"),
                );
            }
        }
        let groups = definitions.groups.keys().map(String::as_str);
        for name in self
            .groups
            .iter()
            .filter(|name| !definitions.groups.contains_key(*name))
        {
            report.push(unknown("group", name, groups.clone()));
        }
        if let Some(text) = &self.condition
            && let Err(fault) = sql::expression(text)
        {
            let source = Source::new(WHERE, text.as_str());
            let span = fault.offset..(fault.offset + 1).min(text.len());
            report.push(
                Diagnostic::error("BW-C105", Place::Text { source, span }, fault.message)
                    .help("one SQL expression, no statement, such as: region = 'US-CA'"),
            );
        }
        report.unless_errors(())
    }

    /// Refuses ids that the inputs do not have. Errors: `BW-C103`.
    pub fn are_known(&self, tables: &Tables) -> Result<(), Report> {
        let ids: [(&str, &BTreeSet<String>, &DataFrame, &str); 3] = [
            ("account", &self.accounts, &tables.accounts, "account_id"),
            (
                "subscription",
                &self.subscriptions,
                &tables.subscriptions,
                "subscription_id",
            ),
            ("order", &self.orders, &tables.orders, "order_id"),
        ];
        let mut report = Report::new();
        for (what, wanted, table, column) in
            ids.into_iter().filter(|(_, wanted, ..)| !wanted.is_empty())
        {
            let known: BTreeSet<&str> = table.text(column).iter().flatten().collect();
            for name in wanted.iter().filter(|name| !known.contains(name.as_str())) {
                report.push(unknown(what, name, known.iter().copied()));
            }
        }
        report.unless_errors(())
    }

    /// Whether the run is about named accounts, subscriptions or orders, so that rows of nobody are none of its business.
    pub fn names_somebody(&self) -> bool {
        [&self.accounts, &self.subscriptions, &self.orders]
            .into_iter()
            .any(|ids| !ids.is_empty())
    }

    /// Whom the run is about, where it is about a few.
    pub fn only(&self) -> Option<Only> {
        self.names_somebody().then(|| Only {
            accounts: self.accounts.clone(),
            subscriptions: self.subscriptions.clone(),
            orders: self.orders.clone(),
            anything: None,
        })
    }

    /// What identify found wrong with the condition, as a mistake of the command line and not of a definition: `BW-C106`.
    pub fn blamed(&self, report: Report) -> Report {
        let own = self.condition.as_deref().map(place_of);
        let renamed =
            report
                .into_iter()
                .map(|problem| match Some(&problem.place) == own.as_ref() {
                    true => Diagnostic {
                        code: "BW-C106",
                        ..problem
                    },
                    false => problem,
                });
        renamed.collect()
    }
}

/// The command that computes a plan again with the flags it had and some more accepted checks.
pub fn command(verb: &str, header: &Header, accept: &BTreeSet<&str>) -> String {
    let mut command = format!(
        "billwright {verb} {} --as-of {}",
        header.definition, header.as_of
    );
    let given = header.flags.iter().flat_map(|(flag, values)| {
        values
            .iter()
            .map(move |value| (flag.as_str(), value.as_str()))
    });
    for (flag, value) in given.chain(accept.iter().map(|check| ("--accept", *check))) {
        command += &match value {
            "" => format!(" {flag}"),
            value => format!(" {flag} {}", quoted(value)),
        };
    }
    command
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_.:@/,+".contains(character);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn on(day: Date) -> WindowDay {
    WindowDay {
        day: DayWord::On(day),
        plus_days: 0,
    }
}

/// The whole condition, as a text that somebody wrote.
fn place_of(condition: &str) -> Place {
    Place::Text {
        source: Source::new(WHERE, condition),
        span: 0..condition.len(),
    }
}

/// A filter that the flag narrows further; nothing is widened.
fn narrow(filter: &mut Option<BTreeSet<String>>, wanted: &BTreeSet<String>) {
    if wanted.is_empty() {
        return;
    }
    *filter = Some(match filter.take() {
        Some(before) => before.intersection(wanted).cloned().collect(),
        None => wanted.clone(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::bill_run;
    use crate::run::fixture::plan;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn every_flag() -> Flags {
        let day = |text| Date::parse(text).ok();
        Flags {
            from: day("2026-01-01"),
            to: day("2026-01-31"),
            invoice_date: day("2026-02-03"),
            posting_date: day("2026-02-04"),
            due_offset: Some(-5),
            accounts: set(&["A-1", "A 2"]),
            subscriptions: set(&["S-1"]),
            orders: set(&["O-1"]),
            groups: set(&["big"]),
            condition: Some("region = 'US-CA'".to_owned()),
            accepted: [Check::StaleDates].into(),
            no_estimate: true,
        }
    }

    /// What a run was told is part of its plan, and read back from there.
    #[test]
    fn flags_are_kept_with_the_plan_as_written() {
        let flags = every_flag();
        let kept = plan(&flags, "check");
        assert_eq!(Flags::kept(&kept.header), flags);
        assert_eq!(kept.header.run_type, RunType::Individual);
        let about_all = Flags {
            accepted: flags.accepted.clone(),
            no_estimate: true,
            ..Flags::default()
        };
        assert_eq!(about_all.run_type(), RunType::Batch);
        let plain = plan(&Flags::default(), "check");
        assert_eq!(plain.header.run_type, RunType::Batch);
        assert_ne!(plain.header.hash(), kept.header.hash());
        insta::assert_snapshot!(serde_json::to_string(&kept.header.flags).unwrap(), @r#"{"--accept":["stale_dates"],"--account":["A 2","A-1"],"--due-offset":["-5"],"--from":["2026-01-01"],"--group":["big"],"--invoice-date":["2026-02-03"],"--no-estimate":[""],"--order":["O-1"],"--posting-date":["2026-02-04"],"--subscription":["S-1"],"--to":["2026-01-31"],"--where":["region = 'US-CA'"]}"#);
    }

    /// O16, O17, C21, C22: the monthly values are set for one run without an edit.
    #[test]
    fn o16_o17_c21_c22_flags_take_the_place_of_what_the_definition_says() {
        let as_of = Date::parse("2026-02-01").unwrap();
        let run = every_flag().applied(&bill_run());
        assert_eq!(run.window.from.unwrap().of(as_of).to_string(), "2026-01-01");
        assert_eq!(run.window.to.of(as_of).to_string(), "2026-01-31");
        let is = |day: Date, text| day.to_string() == text;
        assert!(matches!(run.invoices.date, InvoiceDate::On(day) if is(day, "2026-02-03")));
        assert!(matches!(run.invoices.posting_date, PostingDate::On(day) if is(day, "2026-02-04")));
        assert_eq!(run.invoices.due_offset_days, -5);
        assert_eq!(Flags::default().applied(&bill_run()), bill_run());
    }

    #[test]
    fn a_filter_narrows_what_the_definition_says_and_widens_nothing() {
        let mut run = bill_run();
        run.filters.accounts = Some(set(&["A-1", "A-9"]));
        run.filters.condition = Some(Condition {
            expression: "name = 'x' -- a note".to_owned(),
            place: Place::Nowhere,
        });
        let narrowed = every_flag().applied(&run);
        assert_eq!(narrowed.filters.accounts, Some(set(&["A-1"])));
        assert_eq!(narrowed.filters.groups, Some(set(&["big"])));
        let expression = narrowed.filters.condition.unwrap().expression;
        assert_eq!(
            expression,
            "(name = 'x' -- a note\n) AND (region = 'US-CA'\n)"
        );
        assert_eq!(sql::expression(&expression), Ok(()));
    }
}
