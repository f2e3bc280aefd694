//! plan, apply and run: what may happen to the book, and in which order.

use super::documents::{self, Written};
use super::ground::{
    as_of, computed, enabled, found, kept_header, numbers_fit, parked_code, planned_step, steps_of,
    view, with_notices,
};
use super::idle::nothing_due;
use super::stale::still_stands;
use super::{House, Moment, Outcome, Progress, Request, Watcher, commit, folder, read};
use crate::book::Book;
use crate::book::Writer;
use crate::diagnostic::Report;
use crate::model::bill_run::BillRun;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::plan::{Header, Plan, RunState, Stage};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
/// Computes a plan and touches nothing.
pub fn plan(
    house: &House,
    request: &Request,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Outcome, Report> {
    let run = enabled(house, &request.definition)?;
    let book = Book::open(&house.book())?;
    let view = view(book.as_ref())?;
    let as_of = as_of(house, run, request, moment);
    watch(Progress::Begin("Reading inputs and computing", None));
    let (pins, inputs) = read::in_place(house, book.as_ref())?;
    let planned = computed(house, run, &view, as_of, pins, &inputs);
    watch(Progress::End);
    let plan = planned?.plan;
    if let Some(nothing) = nothing_due(&plan, &view) {
        return Ok(with_notices(nothing, house));
    }
    let stages = [Stage::Rate, Stage::Invoice, Stage::Post, Stage::Render];
    numbers_fit(&plan, &view)?;
    let steps = stages
        .into_iter()
        .filter(|stage| *stage <= request.until.unwrap_or(plan.header.goal));
    let outcome = Outcome {
        steps: steps.map(|stage| planned_step(&plan, stage)).collect(),
        balance: plan.header.balance.clone(),
        chain_head: view.head.clone(),
        exit_code: parked_code(!plan.exceptions.is_empty()),
        plan: Some(plan),
        ..Outcome::default()
    };
    Ok(with_notices(outcome, house))
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
    let run = enabled(house, &request.definition)?;
    let as_of = as_of(house, run, request, moment);
    let mut writer = Writer::lock(&house.book(), &moment.attempt(), request.wait)?;
    writer.settle_head()?;
    let finished = finish_open(house, &mut writer, run, moment, watch)?;
    let view = view(writer.book())?;
    watch(Progress::Begin("Reading inputs and computing", None));
    let (pins, inputs) = read::kept(house, &mut writer)?;
    let planned = computed(house, run, &view, as_of, pins, &inputs);
    watch(Progress::End);
    let plan = planned?.plan;
    let outcome = match nothing_due(&plan, &view) {
        Some(nothing) => nothing,
        None => commit_plan(
            house,
            &mut writer,
            &view,
            plan,
            request.until,
            moment,
            watch,
        )?,
    };
    Ok(with_notices(after(finished, outcome), house))
}

/// Makes a plan part of the book, exactly or not at all.
///
/// Errors: `BW-L201` its ground has moved, `BW-L202` it is of another book, `BW-L203` it was edited.
pub fn apply(
    house: &House,
    folder: &Path,
    until: Option<Stage>,
    wait: bool,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Outcome, Report> {
    let mut plan = folder::read(folder)?;
    let mut writer = Writer::lock(&house.book(), &moment.attempt(), wait)?;
    writer.settle_head()?;
    let view = view(writer.book())?;
    let hash = plan.header.hash();
    if let Some(done) = view
        .runs
        .iter()
        .find(|run| run.plan_hash == hash && run.state != RunState::Canceled)
    {
        let said = vec![format!(
            "This plan is in the book already, as run {}.",
            done.run_id
        )];
        let outcome = Outcome {
            said,
            ..found(done, &view)
        };
        return Ok(with_notices(outcome, house));
    }
    still_stands(house, &plan, &view)?;
    // Last night's files may have made room for tonight's: the plan was computed from them and needs them no more.
    for pin in &mut plan.header.inputs {
        pin.sha256 = writer
            .keep_input(house.root(), pin)
            .ok()
            .map(|(hash, _)| hash);
    }
    let outcome = commit_plan(house, &mut writer, &view, plan, until, moment, watch)?;
    Ok(with_notices(outcome, house))
}

/// Commits a plan as far as told, and writes the documents where it goes that far.
fn commit_plan(
    house: &House,
    writer: &mut Writer,
    view: &BookView,
    plan: Plan,
    until: Option<Stage>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Outcome, Report> {
    let told = until.unwrap_or(plan.header.goal);
    watch(Progress::Begin("Committing", None));
    let claimed = commit::claim(writer, view, &plan, told, moment);
    watch(Progress::End);
    let outcome = render(
        house,
        writer,
        claimed?,
        &plan.header,
        &plan.texts,
        told,
        moment,
        watch,
    )?;
    Ok(Outcome {
        plan: Some(plan),
        ..outcome
    })
}

/// Writes the documents of a posted run where it is to have some, and says how it stands then.
#[expect(
    clippy::too_many_arguments,
    reason = "the last step of every command that moves a run"
)]
pub(super) fn render(
    house: &House,
    writer: &mut Writer,
    mut record: RunRecord,
    header: &Header,
    texts: &BTreeMap<String, String>,
    told: Stage,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Outcome, Report> {
    let mut outcome = Outcome::default();
    if told >= Stage::Render && record.state == RunState::Posted && !header.formats.is_empty() {
        let book = writer.book().expect("a posted run is in a book");
        let Written {
            folder,
            count,
            failures,
        } = documents::write(
            book,
            house.root(),
            header,
            texts,
            house.loaded.workspace.threads,
            watch,
        )?;
        if failures.is_empty() {
            let view = view(writer.book())?;
            record = commit::rendered(writer, &view, &record, count, moment)?;
        }
        outcome.exit_code = match failures.exit_code() {
            0 => 0,
            9 => 9,
            _ => 6,
        };
        outcome.notices = failures;
        outcome.documents = Some(folder);
    }
    if outcome.exit_code == 0 {
        outcome.exit_code = parked_code(record.has_exceptions);
    }
    outcome.steps = steps_of(writer.book(), &record)?;
    outcome.balance = header.balance.clone();
    outcome.chain_head = writer
        .book()
        .map(|book| book.head().to_owned())
        .unwrap_or_default();
    outcome.run = Some(record);
    Ok(outcome)
}

/// Writes the documents that a stopped run of this definition left open.
fn finish_open(
    house: &House,
    writer: &mut Writer,
    run: &BillRun,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Option<Outcome>, Report> {
    let view = view(writer.book())?;
    let is_open = |record: &&RunRecord| {
        record.definition == run.name
            && record.state == RunState::Posted
            && record.goal >= Stage::Render
    };
    let mut last = None;
    for record in view.runs.iter().filter(is_open) {
        let (plan, texts) = kept_header(writer.book(), record)?;
        last = Some(render(
            house,
            writer,
            record.clone(),
            &plan,
            &texts,
            Stage::Render,
            moment,
            watch,
        )?);
    }
    Ok(last)
}

/// What was finished first, then what came of the command itself.
fn after(finished: Option<Outcome>, outcome: Outcome) -> Outcome {
    let Some(finished) = finished else {
        return outcome;
    };
    let mut said = Vec::new();
    if let Some(run) = &finished.run {
        said.push(format!(
            "Run {} had stopped before its documents were written; they are now.",
            run.run_id
        ));
    }
    said.extend(outcome.said);
    let mut notices = finished.notices;
    notices.extend(outcome.notices);
    let exit_code = if finished.exit_code >= 6 {
        finished.exit_code
    } else {
        outcome.exit_code
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
