//! `check`: every mistake, and how ready the runs are.

use super::ground::{Task, computed, numbers_fit, view};
use super::held::held;
use super::unmet::unmet_holds;
use super::{House, Moment, Progress, Watcher, documents, read};
use crate::book::Book;
use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place, Report, Severity};
use crate::inputs::Purpose;
use crate::model::bill_run::Level;
use crate::model::line::Exceptions;
use crate::model::plan::Plan;
use crate::model::table::Columns;
use crate::report::findings::{self, Found};
use crate::report::page::{counted, grouped};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What `check` looked at, and what it found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// One sentence: how many definitions, templates and rows of which inputs.
    pub said: String,
    pub findings: Report,
}

/// Checks inputs and readiness of one definition or all, beyond what `open` has checked; writes nothing.
pub fn check(
    house: &House,
    definition: Option<&str>,
    day: Option<Date>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Checked, Report> {
    documents::output_is_ours(house.root())?;
    let book = Book::open(&house.book())?;
    let view = view(book.as_ref(), house.debits_wallets())?;
    let runs = house.loaded.definitions.bill_runs.values();
    let purpose = match definition {
        Some(name) => Purpose::of([house.bill_run(name)?]),
        None => Purpose::of(runs),
    };
    watch(Progress::Begin("Reading inputs", None));
    let read = read::in_place(house, book.as_ref(), (purpose, None), moment);
    watch(Progress::End);
    let read = read?;
    let mut findings = house.loaded.notices.clone();
    findings.extend(read.notices);
    let today = day.unwrap_or(moment.today(&house.loaded.workspace));
    findings.extend(unmet_holds(house, &read.tables.kept, today));
    let all = house
        .loaded
        .definitions
        .bill_runs
        .keys()
        .map(String::as_str)
        .collect();
    for name in definition.map_or(all, |name| vec![name]) {
        let run = house.bill_run(name)?;
        let task = Task::tried(house, run, day, moment);
        let planned = computed(
            house,
            &task,
            book.as_ref(),
            &view,
            (read.pins.clone(), read.found.clone()),
            Cow::Borrowed(&read.tables),
        )?;
        numbers_fit(&planned.plan, &view)?;
        findings.extend(would_park(name, task.as_of, &planned.plan.exceptions));
        findings.extend(would_find(&planned.plan));
    }
    let tables = &read.tables.kept;
    let said = format!(
        "Checked {} and {}; read {}, {} and {}.",
        counted(house.loaded.definitions.files.len(), "definition"),
        counted(
            house
                .texts
                .keys()
                .filter(|path| path.starts_with("templates/"))
                .count(),
            "template"
        ),
        counted(tables.accounts.height(), "account"),
        counted(tables.subscriptions.height(), "subscription"),
        counted(tables.services.height(), "service"),
    );
    Ok(Checked { said, findings })
}

/// What a run would park, a warning for each cause with its first row.
fn would_park(definition: &str, as_of: Date, exceptions: &Exceptions) -> Report {
    let frame = exceptions.frame();
    let mut causes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (row, code) in frame.text("code").iter().flatten().enumerate() {
        causes.entry(code).or_insert((row, 0)).1 += 1;
    }
    let warning = |(code, (row, count)): (&str, (usize, usize))| {
        let first = [
            frame.text_at("account_id", row),
            frame.text_at("service_id", row),
        ]
        .join(" ");
        let message = format!(
            "{code} would park {}: {}",
            counted(count, "row"),
            frame.text_at("message", row)
        );
        Diagnostic::warning("BW-I110", Place::Id(first.trim().to_owned()), message)
            .help(format!("so it stands for {definition} as of {as_of}; `billwright explain {code}` says what it means"))
    };
    causes.into_iter().map(warning).collect()
}

/// What the checks of a run would say: what holds it as the error it would end with, the rest check by check.
fn would_find(plan: &Plan) -> Report {
    let held = held(plan, "run", None).into_iter();
    let level = |group: &Found| match group.level == Level::Info.name() {
        true => Severity::Notice,
        false => Severity::Warning,
    };
    let rest = findings::found(&plan.findings).into_iter();
    let rest = rest.filter(|group| group.level != Level::Error.name());
    let told = rest.map(|group| {
        let message = format!(
            "`{}` found {}: {}",
            group.check,
            grouped(group.count),
            group.first.join("; ")
        );
        let problem =
            Diagnostic::warning("BW-I111", Place::Id(plan.header.run_id.clone()), message);
        Diagnostic {
            severity: level(&group),
            ..problem
        }
        .help("`billwright plan` writes all of them into the plan")
    });
    held.chain(told).collect()
}
