//! plan, apply and run: what may happen to the book, and in which order.

use super::documents;
use super::ground::{
    Task, computed, found, kept_header, numbers_fit, parked_code, planned_step, steps_of, view,
    with_notices,
};
use super::held::{held, waiting};
use super::idle::nothing_due;
use super::one_step::one_step;
use super::schedule::{next_try, not_over};
use super::session::Session;
use super::stale::still_stands;
use super::unchanged::nothing_since;
use super::{House, Moment, Outcome, Progress, Request, Watcher, commit, folder, read};
use crate::book::Book;
use crate::diagnostic::{Diagnostic, Report};
use crate::inputs::Purpose;
use crate::model::bill_run::BillRun;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::plan::{Header, Pin, Plan, RunState, Stage};
use crate::report::findings;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Computes a plan and touches nothing.
pub fn plan(
    house: &House,
    request: &Request,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Outcome, Report> {
    let task = Task::asked(house, request, moment)?;
    let book = Book::open(&house.book())?;
    let view = view(book.as_ref(), task.run.debits.is_some())?;
    not_over(&task, book.as_ref(), &view)?;
    watch(Progress::Begin("Reading inputs and computing", None));
    let (purpose, only) = (Purpose::of([&task.run]), task.flags.only());
    let read = read::in_place(house, book.as_ref(), (purpose, only.as_ref()), moment)?;
    let tables = Cow::Owned(read.tables);
    let planned = computed(
        house,
        &task,
        book.as_ref(),
        &view,
        (read.pins, read.found),
        tables,
    );
    watch(Progress::End);
    let planned = planned?;
    let held = held(&planned.plan, "plan", None);
    if held.is_none()
        && let Some(nothing) = nothing_due(&planned, &view)
    {
        return Ok(with_notices(nothing, house));
    }
    numbers_fit(&planned.plan, &view)?;
    let mut outcome = only_planned(planned.plan, held, request.until, &view);
    outcome.notices.extend(read.notices);
    Ok(with_notices(outcome, house))
}

/// A plan of which nothing is committed: because nobody asked for it, or because a check holds it.
fn only_planned(
    plan: Plan,
    held: Option<Diagnostic>,
    until: Option<Stage>,
    view: &BookView,
) -> Outcome {
    let stages = match plan.header.is_prepaid() {
        true => &[Stage::Rate, Stage::Post, Stage::Render][..],
        false => &[Stage::Rate, Stage::Invoice, Stage::Post, Stage::Render],
    };
    let steps = stages
        .iter()
        .copied()
        .filter(|stage| *stage <= plan.header.told(until));
    let is_held = held.is_some();
    Outcome {
        steps: steps.map(|stage| planned_step(&plan, stage)).collect(),
        balance: plan.header.balance.clone(),
        causes: plan.header.causes.clone(),
        findings: findings::found(&plan.findings),
        is_held,
        notices: held.into_iter().collect(),
        chain_head: view.head.clone(),
        exit_code: match is_held {
            true => 10,
            false => parked_code(!plan.exceptions.is_empty()),
        },
        plan: Some(plan),
        ..Outcome::default()
    }
}

/// Writes a plan's folder, `plans/NAME-ASOF-HASH8/` unless told where; returns it.
pub fn write_plan(house: &House, plan: &Plan, folder: Option<&Path>) -> Result<PathBuf, Report> {
    folder::write(house.root(), plan, folder)
}

/// Plan and apply in one.
pub fn run(
    house: &House,
    request: &Request,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Outcome, Report> {
    let task = Task::asked(house, request, moment)?;
    let mut session = Session::begin(house, request.wait, moment, watch)?;
    not_over(&task, session.book(), &session.outline()?)?;
    let finished = finish_open(&mut session, &task.run)?;
    let next = next_try(house, &task, moment);
    let is_prepaid = task.run.debits.is_some();
    let held_back = |report| waiting(report, is_prepaid, &next);
    let nothing = nothing_since(house, &task, session.book(), moment).map_err(held_back)?;
    if let Some(nothing) = nothing {
        note_idle(&session, &task);
        return Ok(with_notices(after(finished, nothing), house));
    }
    let view = session.view(is_prepaid)?;
    watch(Progress::Begin("Reading inputs and computing", None));
    let (purpose, only) = (Purpose::of([&task.run]), task.flags.only());
    let read = read::kept(house, &mut session.writer, (purpose, only.as_ref()), moment);
    let read = read.map_err(held_back)?;
    let tables = Cow::Owned(read.tables);
    let planned = computed(
        house,
        &task,
        session.book(),
        &view,
        (read.pins, read.found),
        tables,
    );
    watch(Progress::End);
    let planned = planned?;
    let held = held(&planned.plan, "run", Some(next));
    let nothing = nothing_due(&planned, &view).filter(|_| held.is_none());
    let mut outcome = match (held, nothing) {
        (Some(held), _) => only_planned(planned.plan, Some(held), request.until, &view),
        (None, Some(nothing)) => {
            note_idle(&session, &task);
            nothing
        }
        (None, None) => commit_plan(
            &mut session,
            &view,
            planned.plan,
            read.copies,
            request.until,
        )?,
    };
    outcome.notices.extend(read.notices);
    Ok(with_notices(after(finished, outcome), house))
}

/// Notes that a run over everybody found nothing due: it was made, though the book has no run of it.
fn note_idle(session: &Session<'_>, task: &Task) {
    if !task.flags.leave_out() {
        let as_of = task.as_of.to_string();
        session.writer.note_idle(&task.run.name, &as_of);
    }
}

/// Makes a plan part of the book, exactly or not at all.
///
/// Errors: `BW-L201` its ground has moved, `BW-L202` it is of another book, `BW-L203` it was edited.
/// A plan that a check holds stays a plan.
pub fn apply(
    house: &House,
    folder: &Path,
    until: Option<Stage>,
    wait: bool,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Outcome, Report> {
    let plan = folder::read(folder)?;
    one_step(plan.header.is_prepaid(), until)?;
    let mut session = Session::begin(house, wait, moment, watch)?;
    let view = session.view(plan.header.is_prepaid())?;
    let hash = plan.header.hash();
    let is_this = |run: &&RunRecord| run.plan_hash == hash && run.state != RunState::Canceled;
    if let Some(done) = view.runs.iter().find(is_this) {
        let id = &done.run_id;
        let mut said = vec![format!("This plan is in the book already, as run {id}.")];
        if done.state.stage() < Some(plan.header.told(until)) {
            said.push(format!(
                "It is {}; go on with `billwright continue {id}`.",
                done.state.name()
            ));
        }
        return Ok(with_notices(
            Outcome {
                said,
                ..found(done, &view)
            },
            house,
        ));
    }
    still_stands(house, &plan, &view)?;
    if let Some(held) = held(&plan, "plan", None) {
        return Ok(with_notices(
            only_planned(plan, Some(held), until, &view),
            house,
        ));
    }
    let inputs = still_there(&mut session, &plan.header.inputs);
    let outcome = commit_plan(&mut session, &view, plan, inputs, until)?;
    Ok(with_notices(outcome, house))
}

/// Keeps those inputs of a plan that lie there as it read them. Another night's export may have taken their place; the plan
/// was computed from them and needs them no more.
fn still_there(session: &mut Session<'_>, pins: &[Pin]) -> Vec<Pin> {
    let root = session.house.root();
    let kept = pins.iter().filter_map(|pin| {
        let (hash, _) = session.writer.keep_input(root, pin).ok()?;
        Some(Pin {
            sha256: Some(hash),
            ..pin.clone()
        })
    });
    kept.collect()
}

/// Commits a plan as far as told, and writes the documents where it goes that far.
fn commit_plan(
    session: &mut Session<'_>,
    view: &BookView,
    plan: Plan,
    inputs: Vec<Pin>,
    until: Option<Stage>,
) -> Result<Outcome, Report> {
    let told = plan.header.told(until);
    (session.watch)(Progress::Begin("Committing", None));
    let claimed = commit::claim(session, view, &plan, inputs, told);
    (session.watch)(Progress::End);
    let outcome = render(session, claimed?, &plan.header, &plan.texts, told)?;
    Ok(Outcome {
        findings: findings::found(&plan.findings),
        plan: Some(plan),
        ..outcome
    })
}

/// Writes the documents of a posted run where it is to have some, and says how it stands then.
pub(super) fn render(
    session: &mut Session<'_>,
    mut record: RunRecord,
    header: &Header,
    texts: &BTreeMap<String, String>,
    told: Stage,
) -> Result<Outcome, Report> {
    let mut outcome = Outcome::default();
    if told >= Stage::Render && record.state == RunState::Posted {
        let book = session.book().expect("a posted run is in a book");
        let threads = session.house.loaded.workspace.threads;
        let root = session.house.root();
        let written = match header.is_prepaid() {
            true => documents::write_actions(book, root, header)?,
            false => documents::write(book, root, header, texts, threads, session.watch)?,
        };
        if written.failures.is_empty() {
            let view = session.outline()?;
            record = commit::rendered(session, &view, &record, written.count)?;
        }
        outcome.exit_code = match written.failures.exit_code() {
            code @ (0 | 9) => code,
            _ => 6,
        };
        outcome.notices = written.failures;
        outcome.documents = written.folder.exists().then_some(written.folder);
    }
    if outcome.exit_code == 0 {
        outcome.exit_code = parked_code(record.has_exceptions);
    }
    outcome.steps = steps_of(session.book(), &record)?;
    outcome.balance = header.balance.clone();
    outcome.causes = header.causes.clone();
    outcome.chain_head = session.head();
    outcome.run = Some(record);
    Ok(outcome)
}

/// Writes the documents that stopped runs of this definition left open. `None`: none were.
fn finish_open(session: &mut Session<'_>, run: &BillRun) -> Result<Option<Outcome>, Report> {
    let view = session.outline()?;
    let is_open = |record: &&RunRecord| {
        record.definition == run.name
            && record.state == RunState::Posted
            && record.goal >= Stage::Render
    };
    let mut all: Option<Outcome> = None;
    for record in view.runs.iter().filter(is_open) {
        let (header, texts) = kept_header(session.book(), record)?;
        let id = &record.run_id;
        let outcome = render(session, record.clone(), &header, &texts, Stage::Render)?;
        let said = match outcome.exit_code {
            6.. => format!("Run {id} is posted, and some of its documents are still open."),
            _ if header.is_prepaid() => format!(
                "Run {id} had stopped before what it orders about services was written; it is now."
            ),
            _ => format!("Run {id} had stopped before its documents were written; they are now."),
        };
        all = Some(match all {
            None => Outcome {
                said: vec![said],
                ..outcome
            },
            Some(mut before) => {
                before.said.push(said);
                before.notices.extend(outcome.notices);
                Outcome {
                    said: before.said,
                    notices: before.notices,
                    exit_code: before.exit_code.max(outcome.exit_code),
                    ..outcome
                }
            }
        });
    }
    Ok(all)
}

/// What was finished first, then what came of the command itself.
fn after(finished: Option<Outcome>, outcome: Outcome) -> Outcome {
    let Some(finished) = finished else {
        return outcome;
    };
    let mut said = finished.said;
    said.extend(outcome.said);
    let mut notices = finished.notices;
    notices.extend(outcome.notices);
    let exit_code = match (finished.exit_code, outcome.exit_code) {
        (9, _) => 9,
        (_, 10) => 10,
        (before @ 6.., _) => before,
        (_, code) => code,
    };
    let is_same =
        outcome.run.as_ref().map(|run| &run.run_id) == finished.run.as_ref().map(|run| &run.run_id);
    let run = if is_same { finished.run } else { outcome.run };
    Outcome {
        said,
        notices,
        exit_code,
        run,
        documents: outcome.documents.or(finished.documents),
        ..outcome
    }
}
