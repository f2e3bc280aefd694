//! The same run again over a book that nobody has touched since: nothing can be due, and nothing has to be computed to know it.
//!
//! A plan follows from definitions, inputs, book and business date alone (P15), and a run that was committed has claimed what it found
//! due (P4). So where all of these are as the run left them, there is nothing to find. `plan` computes all the same, and the proofs hold
//! the two against each other.

use super::Outcome;
use super::ground::{Task, found, kept_header, parked_code};
use super::idle::earlier_runs;
use super::read::{located, pinned};
use super::{House, Moment};
use crate::book::Book;
use crate::diagnostic::Report;
use crate::inputs::{self, Purpose};
use crate::model::bill_run::{BillRun, Check, Level};
use crate::model::book_view::RunRecord;
use crate::model::digest::sha256;
use crate::model::line::Exclusions;
use crate::model::plan::{Header, Pin, RunState};
use crate::model::table::Columns;
use std::collections::BTreeMap;

/// What such a run comes to; `None` where anything may be otherwise than the last run left it.
pub(super) fn nothing_since(
    house: &House,
    task: &Task,
    book: Option<&Book>,
    moment: &Moment,
) -> Result<Option<Outcome>, Report> {
    let Some(book) = book else {
        return Ok(None);
    };
    let view = book.outline()?;
    let Some(last) = view.runs.last() else {
        return Ok(None);
    };
    let is_it = last.definition == task.run.name
        && last.as_of == task.as_of.to_string()
        && last.state != RunState::Canceled
        && view.serial == last.serial + book.later_steps(last)?;
    if !is_it || has_more_to_say(&task.run) || !settled_all(book, last)? {
        return Ok(None);
    }
    let (header, _) = kept_header(Some(book), last)?;
    if !has_same_ground(house, task, &header, last) {
        return Ok(None);
    }
    let Some(notices) = same_inputs(house, book, (last, Purpose::of([&task.run])), moment)? else {
        return Ok(None);
    };
    let mut said = vec![format!(
        "Nothing is due for {} as of {}: definitions, inputs and book are as run {} left them.",
        last.definition, last.as_of, last.run_id
    )];
    said.extend(earlier_runs(&view, last.exceptions as usize, |run| {
        run.definition == last.definition
    }));
    Ok(Some(Outcome {
        said,
        notices,
        causes: header.causes,
        exit_code: parked_code(last.has_exceptions),
        ..found(last, &view)
    }))
}

/// Whether a check that would have something to say of a run that billed everything can hold one.
fn has_more_to_say(run: &BillRun) -> bool {
    let checks = [
        Check::AlreadyInvoiced,
        Check::BillDateChanged,
        Check::ChangedWithoutDate,
        Check::Vanished,
        Check::Uncovered,
        Check::TopUpsFresh,
        Check::StopLimit,
        Check::OpeningBalances,
    ];
    checks
        .iter()
        .any(|check| run.checks.get(check) == Some(&Level::Error))
}

/// Whether nothing of a run comes with the next one all the same: what was once found too old to bill does.
fn settled_all(book: &Book, run: &RunRecord) -> Result<bool, Report> {
    let codes = book.columns(Exclusions::SCHEMA, Some(&run.run_id), &["code"])?;
    Ok(!codes.text("code").iter().any(|code| code == Some("stale")))
}

/// Whether a run was computed from these definitions, by this program, on the book as it was just before.
fn has_same_ground(house: &House, task: &Task, header: &Header, run: &RunRecord) -> bool {
    let texts = house.texts_of(&task.run).into_iter();
    let texts: BTreeMap<String, String> = texts.map(|(path, text)| (path, sha256(text))).collect();
    header.engine == env!("CARGO_PKG_VERSION")
        && header.flags == task.flags.written()
        && header.texts == texts
        && header.serial + 1 == run.serial
}

/// What there is to warn of in the inputs, if the run has read what lies there tonight, every byte.
fn same_inputs(
    house: &House,
    book: &Book,
    (run, purpose): (&RunRecord, Purpose),
    moment: &Moment,
) -> Result<Option<Report>, Report> {
    let settings = &house.loaded.workspace.inputs;
    let then = book.inputs(&run.run_id)?;
    let mut here = located(house, &pinned(house, purpose, moment)?);
    let size = |pin: &Pin| (pin.input.clone(), pin.path.clone(), pin.size);
    if !here
        .iter()
        .map(|file| size(&file.pin))
        .eq(then.iter().map(size))
    {
        return Ok(None);
    }
    // What the book remembers of a file goes by its date, and a copy may keep the date of another.
    inputs::hash(&mut here)?;
    let hashes = here.iter().map(|file| &file.pin.sha256);
    if !hashes.eq(then.iter().map(|pin| &pin.sha256)) {
        return Ok(None);
    }
    inputs::agree(house.root(), settings, &here)?;
    Ok(Some(inputs::unsigned(settings, &here)))
}
