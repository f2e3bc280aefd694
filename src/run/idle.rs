//! A plan that adds nothing, and what is said then.

use super::Outcome;
use super::ground::{found, parked_code};
use super::plan::Planned;
use crate::book;
use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place};
use crate::model::account::ACCOUNTS;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::line::{Claims, Lines};
use crate::model::plan::{Header, RunState};
use crate::model::table::Columns;
use crate::model::wallet::{Shortfalls, WalletStates};
use crate::report::findings;
use crate::report::page::{counted, grouped};
use polars::prelude::{BooleanChunked, DataFrame};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a plan adds nothing: no line, no day spoken for, and nobody parked or found too old to bill who was not so before.
///
/// Says which runs billed what there was, and ends as they did.
pub(super) fn nothing_due(planned: &Planned, view: &BookView) -> Option<Outcome> {
    let plan = &planned.plan;
    let causes = |frame: &DataFrame| {
        let keys = [
            "account_id",
            "subscription_id",
            "service_id",
            "charge",
            "code",
        ]
        .map(|name| frame.text(name));
        let cause = |row| keys.map(|column| column.get(row).unwrap_or_default().to_owned());
        (0..frame.height()).map(cause).collect::<BTreeSet<_>>()
    };
    let is_known = |new: &DataFrame, old: &DataFrame| causes(new).is_subset(&causes(old));
    // What was once found stale is billed by the next run, so the book has to remember it.
    let stale = only_stale(plan.exclusions.frame());
    if !plan.table(Lines::SCHEMA).is_empty()
        || !plan.table(Claims::SCHEMA).is_empty()
        || !is_known(plan.exceptions.frame(), view.exceptions.frame())
        || !is_known(&stale, view.exclusions.frame())
        || moves_wallets(planned, view)
    {
        return None;
    }
    let header = &plan.header;
    let mut said = vec![format!(
        "Nothing is due for {} as of {}.",
        header.definition, header.as_of
    )];
    let billed_by = &planned.billed_by;
    let is_told = |run: &RunRecord| {
        run.definition == header.definition || billed_by.contains(run.run_id.as_str())
    };
    said.extend(earlier_runs(view, plan.exceptions.len(), is_told));
    let mut runs = view.runs.iter().rev();
    let latest = runs.find(|run| run.state != RunState::Canceled && is_told(run));
    let found = latest.map_or_else(Outcome::default, |run| found(run, view));
    Some(Outcome {
        said,
        findings: findings::found(&plan.findings),
        notices: nobody_selected(header).into_iter().collect(),
        balance: header.balance.clone(),
        causes: header.causes.clone(),
        exit_code: parked_code(!plan.exceptions.is_empty()),
        ..found
    })
}

/// Whether wallets are opened or moved, services stopped or started, or more is missing than the book knows.
fn moves_wallets(planned: &Planned, view: &BookView) -> bool {
    let plan = &planned.plan;
    if !plan.header.is_prepaid() {
        return false;
    }
    let days = |frame: &DataFrame| {
        let texts = ["service_id", "charge"].map(|name| frame.text(name));
        let (start, end) = (
            frame.whole_dates("period_start"),
            frame.whole_dates("period_end"),
        );
        let row = |row| {
            (
                texts.map(|text| text.get(row).unwrap_or_default().to_owned()),
                start.at(row),
                end.at(row),
            )
        };
        (0..frame.height()).map(row).collect::<BTreeSet<_>>()
    };
    let planned = plan.table(Shortfalls::SCHEMA);
    let is_known = || {
        let short = book::decode(planned.schema, planned.bytes.clone(), None);
        // Of what is known less may be open by now.
        let mut known: BTreeMap<[String; 2], Vec<[Option<Date>; 2]>> = BTreeMap::new();
        for (ids, first, last) in days(view.purse.shortfalls.frame()) {
            known.entry(ids).or_default().push([first, last]);
        }
        let is_within = |(ids, start, end): &([String; 2], Option<Date>, Option<Date>)| {
            let mut of_it = known.get(ids).into_iter().flatten();
            of_it.any(|[first, last]| first <= start && end <= last)
        };
        short.is_ok_and(|short| days(&short).iter().all(is_within))
    };
    let orders = plan.header.documents > 0;
    !plan.table(WalletStates::SCHEMA).is_empty() || orders || !is_known()
}

/// The runs that billed what there was, what of them is still open, and how many rows are parked as before.
pub(super) fn earlier_runs(
    view: &BookView,
    exceptions: usize,
    is_told: impl Fn(&RunRecord) -> bool,
) -> Vec<String> {
    let runs = view.runs.iter().rev();
    let runs = runs.filter(|run| run.state != RunState::Canceled && is_told(run));
    let mut said: Vec<String> = runs.clone().take(5).map(billed).collect();
    if let Some(open) = view.runs.iter().find(|run| waits(run) && is_told(run)) {
        said.push(format!(
            "Run {} is not posted; go on with `billwright continue {}`.",
            open.run_id, open.run_id
        ));
    }
    if exceptions > 0 {
        said.push(format!(
            "{} still parked, for the same cause as before.",
            parked(exceptions)
        ));
    }
    said
}

fn billed(run: &RunRecord) -> String {
    if let Some(wallets) = &run.wallets {
        let debits = usize::try_from(wallets.transactions).unwrap_or_default();
        let (id, state) = (&run.run_id, run.state.name());
        return format!("Run {id} made {}; it is {state}.", counted(debits, "debit"));
    }
    let lines = usize::try_from(run.lines).unwrap_or_default();
    let invoices = usize::try_from(run.invoices).unwrap_or_default();
    let (lines, invoices) = (counted(lines, "line"), counted(invoices, "invoice"));
    let (id, state) = (&run.run_id, run.state.name());
    format!("Run {id} billed {lines} on {invoices}; it is {state}.")
}

fn only_stale(exclusions: &DataFrame) -> DataFrame {
    let is_stale: BooleanChunked = exclusions
        .text("code")
        .iter()
        .map(|code| code == Some("stale"))
        .collect();
    exclusions
        .filter(&is_stale)
        .expect("a mask of the same height")
}

/// `BW-I104`: criteria and filters leave no account, which somebody may not have meant.
fn nobody_selected(header: &Header) -> Option<Diagnostic> {
    let accounts = header
        .balance
        .iter()
        .find(|table| table.table == ACCOUNTS.name)?;
    let reasons = accounts.not_selected.iter();
    let left_out = reasons.filter(|(reason, _)| *reason != "not_due");
    let left_out: usize = left_out.map(|(_, count)| count).sum();
    if accounts.rows == 0 || left_out < accounts.rows {
        return None;
    }
    let message = format!("0 of {} selected", counted(accounts.rows, "account"));
    let place = Place::Id(header.run_id.clone());
    let problem = Diagnostic::warning("BW-I104", place, message);
    Some(problem.help("the table of rows says which criterion or filter left them out"))
}

fn parked(count: usize) -> String {
    if count == 1 {
        "1 row is".to_owned()
    } else {
        format!("{} rows are", grouped(count))
    }
}

fn waits(run: &RunRecord) -> bool {
    matches!(run.state, RunState::Rated | RunState::Invoiced)
}
