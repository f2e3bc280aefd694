//! continue and cancel: what may still happen to a run that is in the book.

use super::apply::render;
use super::built_on::{added_later, adjusted_later, carried_later};
use super::ground::{found, kept_header, known, steps_of, with_notices};
use super::one_step::one_step;
use super::session::Session;
use super::{House, Moment, Outcome, Watcher, commit, documents, refund};
use crate::book::{self, Book};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::book_view::RunRecord;
use crate::model::draft::{Drafts, InvoiceTaxes, Parties, Postings};
use crate::model::finding::Findings;
use crate::model::line::{Exceptions, Exclusions};
use crate::model::plan::{Plan, RunState, Stage};
use crate::model::table::Schema;
use crate::report::findings;
use crate::report::page::counted;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Commits the next part of a run from the plan kept in the book, never computing again.
///
/// Errors: `BW-C103` no such run, `BW-A111` it was canceled.
pub fn resume(
    house: &House,
    run: &str,
    until: Option<Stage>,
    wait: bool,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Outcome, Report> {
    let mut session = Session::begin(house, wait, moment, watch)?;
    let view = session.outline()?;
    let record = known(&view, run)?.clone();
    let Some(stage) = record.state.stage() else {
        return Err(not_allowed(
            &record,
            "it was canceled",
            "run its definition again",
        ));
    };
    let plan = kept_plan(session.book(), &record)?;
    one_step(plan.header.is_prepaid(), until)?;
    let told = plan.header.told(until);
    if stage >= told {
        let (id, state) = (&record.run_id, record.state.name());
        let said = match until {
            Some(_) => format!("Run {id} is {state} already."),
            None if plan.header.is_prepaid() => format!(
                "Run {id} is {state}: a prepaid run is one step, and nothing of it is left to do."
            ),
            None => format!(
                "Run {id} is {state}: as far as its definition goes by itself. Name a stage to go on: `billwright continue {id} --until post`."
            ),
        };
        return Ok(with_notices(
            Outcome {
                said: vec![said],
                ..found(&record, &view)
            },
            house,
        ));
    }
    let record = match stage < Stage::Post {
        true => commit::advance(&mut session, &view, &plan, &record, told)?,
        false => record,
    };
    let outcome = Outcome {
        findings: findings::found(&plan.findings),
        ..render(&mut session, record, &plan.header, &plan.texts, told)?
    };
    Ok(with_notices(outcome, house))
}

/// Takes back a run that was never posted: its files and claims end. What one that debits wallets took is given back, and, with
/// `back_to`, what all took since that one.
///
/// Errors: `BW-C103` no such run, `BW-A111` it is posted, a later run has billed late usage or a change of prices on top of it, or what went
/// over from it, or has moved wallets since.
pub fn cancel(
    house: &House,
    run: &str,
    back_to: Option<&str>,
    wait: bool,
    moment: &Moment,
) -> Result<Outcome, Report> {
    let mut session = Session::begin(house, wait, moment, &|_| {})?;
    let view = session.outline()?;
    let record = known(&view, run)?.clone();
    let back_to = back_to.map(|run| known(&view, run)).transpose()?;
    if record.wallets.is_some() && (record.state != RunState::Canceled || back_to.is_some()) {
        let canceled = refund::back(&mut session, &view, &record, back_to)?;
        let said = canceled.iter().map(|run| {
            let debits = run.wallets.as_ref().map_or(0, |wallets| wallets.transactions);
            let debits = counted(usize::try_from(debits).unwrap_or_default(), "debit");
            format!(
                "Run {} is canceled: its {debits} are given back, and the next run debits those days.",
                run.run_id
            )
        });
        let mut said: Vec<String> = said.collect();
        let view = session.outline()?;
        let first = back_to.map_or(record.serial, |run| run.serial);
        let back = view.runs.iter().rev().filter(|run| {
            (first..=record.serial).contains(&run.serial) && run.state == RunState::Canceled
        });
        let back: Vec<RunRecord> = back.cloned().collect();
        said.extend(taken_back(&session, &back)?);
        let record = known(&view, &record.run_id)?.clone();
        let outcome = Outcome {
            said,
            steps: steps_of(session.book(), &record)?,
            exit_code: 0,
            ..found(&record, &view)
        };
        return Ok(with_notices(outcome, house));
    }
    if back_to.is_some() {
        return Err(not_allowed(
            &record,
            "only runs that debit wallets are taken back one after another",
            "cancel it without `--back-to`",
        ));
    }
    if record.state.is_posted() {
        let why = "it is posted, and what is posted is final";
        return Err(not_allowed(&record, why, "correct it with credit notes"));
    }
    if let Some(later) = carried_later(session.book(), &view, &record)? {
        let why = format!(
            "run {later} has counted on what was left of what is included, as this one billed it"
        );
        let help = format!("cancel {later} first; or let both stand");
        return Err(not_allowed(&record, &why, &help));
    }
    if let Some(later) = added_later(session.book(), &view, &record)? {
        let why = format!("run {later} has billed late usage on top of what it billed");
        let help = format!("cancel {later} first; or let both stand");
        return Err(not_allowed(&record, &why, &help));
    }
    let adjusted = match record.state {
        RunState::Canceled => None,
        _ => adjusted_later(session.book(), &view, &record)?,
    };
    if let Some(later) = adjusted {
        let why = format!("run {later} has billed what a change made to what it billed");
        let help = format!("cancel {later} first; or let both stand");
        return Err(not_allowed(&record, &why, &help));
    }
    let (record, said) = if record.state == RunState::Canceled {
        let said = format!("Run {} was canceled already.", record.run_id);
        taken_back(&session, std::slice::from_ref(&record))?;
        (record, said)
    } else {
        let lines = counted(usize::try_from(record.lines).unwrap_or_default(), "line");
        let record = commit::cancel(&mut session, &view, &record)?;
        let said = format!(
            "Run {} is canceled: its {lines} and their claims are taken back, and the next run bills those days.",
            record.run_id
        );
        (record, said)
    };
    let outcome = Outcome {
        said: vec![said],
        steps: steps_of(session.book(), &record)?,
        exit_code: 0,
        ..found(&record, &session.outline()?)
    };
    Ok(with_notices(outcome, house))
}

/// Writes what takes back the orders of canceled runs about services, and says where.
fn taken_back(session: &Session<'_>, canceled: &[RunRecord]) -> Result<Vec<String>, Report> {
    let Some(book) = session.book() else {
        return Ok(Vec::new());
    };
    let mut said = Vec::new();
    for run in canceled.iter().filter(|run| run.wallets.is_some()) {
        let root = session.house.root();
        if let Some(file) = documents::write_taken_back(book, root, &run.run_id)? {
            let file = file.strip_prefix(root).unwrap_or(&file);
            said.push(format!(
                "What it had ordered about services is taken back by {}.",
                file.display()
            ));
        }
    }
    Ok(said)
}

fn not_allowed(run: &RunRecord, why: &str, help: &str) -> Report {
    Diagnostic::error("BW-A111", Place::Id(run.run_id.clone()), why)
        .help(help)
        .into()
}

/// The whole plan of a run that is in the book, from there.
fn kept_plan(book: Option<&Book>, run: &RunRecord) -> Result<Plan, Report> {
    let (header, texts) = kept_header(book, run)?;
    let book = book.expect("a run that is known is in a book");
    let id = run.run_id.as_str();
    let fact = |schema| book.facts(schema, Some(id));
    let later = |schema: &'static Schema| {
        let kept = book.pending(id, schema)?;
        Ok::<_, Report>(kept.unwrap_or_else(|| schema.empty()))
    };
    // Lines and claims stay where they are; what is still to be committed is written as it was.
    let mut tables = BTreeMap::new();
    for schema in [Parties::SCHEMA, InvoiceTaxes::SCHEMA, Postings::SCHEMA] {
        tables.insert(
            schema.name,
            Arc::new(book::encode(schema, &later(schema)?)?),
        );
    }
    Ok(Plan {
        texts,
        tables,
        drafts: Drafts::checked(later(Drafts::SCHEMA)?),
        exclusions: Exclusions::checked(fact(Exclusions::SCHEMA)?),
        exceptions: Exceptions::checked(fact(Exceptions::SCHEMA)?),
        findings: Findings::checked(fact(Findings::SCHEMA)?),
        header,
    })
}
