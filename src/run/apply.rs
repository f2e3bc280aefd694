//! plan, apply, run, continue, cancel: what may happen to the book, and in which order.

use super::documents::{self, Written};
use super::plan::{Ground, Planned, compute};
use super::{House, Moment, Outcome, Progress, Request, Watcher, commit, folder, read};
use crate::book::{Book, KeptPlan, Writer};
use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place, Report, Staged};
use crate::model::account::Tables;
use crate::model::bill_run::{AsOf, BillRun};
use crate::model::book_view::{BookView, RunRecord};
use crate::model::draft::{Drafts, InvoiceTaxes, Parties, Postings};
use crate::model::line::{Claims, Exceptions, Exclusions, Lines};
use crate::model::plan::{Header, Pin, Plan, RunState, Stage};
use crate::model::table::Columns;
use crate::report::page::{counted, grouped};
use crate::report::show;
use std::collections::{BTreeMap, BTreeSet};
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

/// Commits the next part of a run from the plan kept in the book, never computing again.
pub fn resume(
    house: &House,
    run: &str,
    until: Option<Stage>,
    wait: bool,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Outcome, Report> {
    let mut writer = Writer::lock(&house.book(), &moment.attempt(), wait)?;
    writer.settle_head()?;
    let view = view(writer.book())?;
    let record = known(&view, run)?.clone();
    let Some(stage) = record.state.stage() else {
        return Err(not_allowed(
            &record,
            "it was canceled",
            "run its definition again",
        ));
    };
    let (plan, texts) = kept_plan(writer.book(), &record)?;
    let told = until.unwrap_or(plan.header.goal);
    if stage >= told {
        let said = vec![match until {
            Some(_) => format!("Run {} is {} already.", record.run_id, record.state.name()),
            None => format!(
                "Run {} is {}: as far as its definition goes by itself. Name a stage to go on: `billwright continue {} --until post`.",
                record.run_id,
                record.state.name(),
                record.run_id
            ),
        }];
        return Ok(with_notices(
            Outcome {
                said,
                ..found(&record, &view)
            },
            house,
        ));
    }
    let record = match stage < Stage::Post {
        true => commit::advance(&mut writer, &view, &plan, &record, told, moment)?,
        false => record,
    };
    let outcome = render(
        house,
        &mut writer,
        record,
        &plan.header,
        &texts,
        told,
        moment,
        watch,
    )?;
    Ok(with_notices(outcome, house))
}

/// Takes back a run that was never posted: its files and claims end.
pub fn cancel(house: &House, run: &str, wait: bool, moment: &Moment) -> Result<Outcome, Report> {
    let mut writer = Writer::lock(&house.book(), &moment.attempt(), wait)?;
    writer.settle_head()?;
    let view = view(writer.book())?;
    let record = known(&view, run)?.clone();
    if record.state.is_posted() {
        return Err(not_allowed(
            &record,
            "it is posted, and what is posted is final",
            "correct it with credit notes",
        ));
    }
    if record.state == RunState::Canceled {
        let said = vec![format!("Run {} was canceled already.", record.run_id)];
        return Ok(with_notices(
            Outcome {
                said,
                ..found(&record, &view)
            },
            house,
        ));
    }
    let record = commit::cancel(&mut writer, &view, &record, moment)?;
    let said = vec![format!(
        "Run {} is canceled: its {} and their claims are taken back, and the next run bills those days.",
        record.run_id,
        counted(usize::try_from(record.lines).unwrap_or_default(), "line")
    )];
    let after = self::view(writer.book())?;
    let outcome = Outcome {
        said,
        exit_code: 0,
        ..found(&record, &after)
    };
    Ok(with_notices(
        Outcome {
            steps: steps_of(writer.book(), &record)?,
            ..outcome
        },
        house,
    ))
}

/// The definition, if it may be run.
fn enabled<'a>(house: &'a House, name: &str) -> Result<&'a BillRun, Report> {
    let run = house.bill_run(name)?;
    if run.enabled {
        return Ok(run);
    }
    let problem = Diagnostic::error(
        "BW-A110",
        Place::Id(name.to_owned()),
        "this bill run is switched off",
    );
    Err(problem.help("set `enabled: true` in its definition").into())
}

/// The business date: as asked, else as the definition says, in the workspace's zone.
pub(super) fn as_of(house: &House, run: &BillRun, request: &Request, moment: &Moment) -> Date {
    let today = Date::from(
        moment
            .now
            .with_timezone(&house.loaded.workspace.timezone)
            .date_naive(),
    );
    request.as_of.unwrap_or(match run.as_of {
        AsOf::Slot => today,
        AsOf::Day(day) => today.with_day_clamped(day),
    })
}

pub(super) fn view(book: Option<&Book>) -> Result<BookView, Report> {
    book.map_or_else(|| Ok(BookView::empty()), Book::view)
}

pub(super) fn computed(
    house: &House,
    run: &BillRun,
    book: &BookView,
    as_of: Date,
    pins: Vec<Pin>,
    inputs: &Staged<Tables>,
) -> Result<Planned, Report> {
    compute(Ground {
        workspace: &house.loaded.workspace,
        definitions: &house.loaded.definitions,
        run,
        texts: &house.texts_of(run),
        inputs,
        pins,
        book,
        as_of,
    })
}

/// A run of this name, else `BW-C103`.
pub(super) fn known<'a>(view: &'a BookView, run: &str) -> Result<&'a RunRecord, Report> {
    let names = view.runs.iter().map(|run| run.run_id.as_str());
    view.run(run)
        .ok_or_else(|| super::house::unknown("run", run, names).into())
}

/// Whether a plan adds nothing: no line, and nobody parked who was not parked for the same cause before.
///
/// Says which runs billed what there was, and ends as they did.
fn nothing_due(plan: &Plan, view: &BookView) -> Option<Outcome> {
    let causes = |exceptions: &Exceptions| {
        let frame = exceptions.frame();
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
    if !plan.lines.is_empty() || !causes(&plan.exceptions).is_subset(&causes(&view.exceptions)) {
        return None;
    }
    let header = &plan.header;
    let mut said = vec![format!(
        "Nothing is due for {} as of {}.",
        header.definition, header.as_of
    )];
    let earlier = view
        .runs
        .iter()
        .filter(|run| run.definition == header.definition && run.state != RunState::Canceled);
    let latest = earlier.clone().next_back();
    said.extend(earlier.rev().take(5).map(|run| {
        let lines = usize::try_from(run.lines).unwrap_or_default();
        let invoices = usize::try_from(run.invoices).unwrap_or_default();
        let (lines, invoices) = (counted(lines, "line"), counted(invoices, "invoice"));
        format!(
            "Run {} billed {lines} on {invoices}; it is {}.",
            run.run_id,
            run.state.name()
        )
    }));
    if let Some(open) = view
        .runs
        .iter()
        .find(|run| run.definition == header.definition && waits(run))
    {
        said.push(format!(
            "Run {} is not posted; go on with `billwright continue {}`.",
            open.run_id, open.run_id
        ));
    }
    if !plan.exceptions.is_empty() {
        said.push(format!(
            "{} still parked, for the same cause as before.",
            parked(plan.exceptions.len())
        ));
    }
    let found = latest.map_or_else(Outcome::default, |run| found(run, view));
    Some(Outcome {
        said,
        balance: header.balance.clone(),
        exit_code: parked_code(!plan.exceptions.is_empty()),
        ..found
    })
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

/// A run as it stands, nothing done to it.
pub(super) fn found(run: &RunRecord, view: &BookView) -> Outcome {
    Outcome {
        run: Some(run.clone()),
        chain_head: view.head.clone(),
        exit_code: parked_code(run.has_exceptions),
        ..Outcome::default()
    }
}

fn parked_code(has_exceptions: bool) -> u8 {
    if has_exceptions { 5 } else { 0 }
}

fn not_allowed(run: &RunRecord, why: &str, help: &str) -> Report {
    Diagnostic::error("BW-A111", Place::Id(run.run_id.clone()), why)
        .help(help)
        .into()
}

/// Refuses a plan whose ground has moved.
fn still_stands(house: &House, plan: &Plan, view: &BookView) -> Result<(), Report> {
    let header = &plan.header;
    let stale = |message: String| {
        Diagnostic::error("BW-L201", Place::Id(header.run_id.clone()), message).help("plan again")
    };
    if !header.lineage.is_empty() && header.lineage != view.lineage {
        let problem = Diagnostic::error(
            "BW-L202",
            Place::Id(header.run_id.clone()),
            "the plan is of another book",
        );
        return Err(problem
            .help(format!(
                "the plan's is {}, this is {}; plan here",
                header.lineage, view.lineage
            ))
            .into());
    }
    if header.engine != env!("CARGO_PKG_VERSION") {
        return Err(stale(format!(
            "planned by billwright {}, and this is {}",
            header.engine,
            env!("CARGO_PKG_VERSION")
        ))
        .into());
    }
    let run = enabled(house, &header.definition)?;
    let now = house.texts_of(run);
    let paths: BTreeSet<&String> = plan.texts.keys().chain(now.keys()).collect();
    let mut moved: Report = paths
        .into_iter()
        .filter(|path| plan.texts.get(*path) != now.get(*path))
        .map(|path| stale(format!("{path} has changed since it was planned")))
        .collect();
    let key = |claims: &Claims| -> BTreeSet<(String, String)> {
        let frame = claims.frame();
        let keys = frame
            .text("service_id")
            .iter()
            .flatten()
            .zip(frame.text("charge").iter().flatten());
        keys.map(|(service, charge)| (service.to_owned(), charge.to_owned()))
            .collect()
    };
    let since: Vec<&RunRecord> = view
        .runs
        .iter()
        .filter(|run| run.serial > header.serial)
        .collect();
    if !since.is_empty() {
        let ours = key(&plan.claims);
        let frame = view.claims.frame();
        let rows = frame
            .text("run_id")
            .iter()
            .flatten()
            .zip(frame.text("service_id").iter().flatten())
            .zip(frame.text("charge").iter().flatten());
        let touched: BTreeSet<&str> = rows
            .filter(|((_, service), charge)| {
                ours.contains(&((*service).to_owned(), (*charge).to_owned()))
            })
            .map(|((run, _), _)| run)
            .collect();
        for run in since {
            if touched.contains(run.run_id.as_str()) || run.run_id == header.run_id {
                moved.push(stale(format!(
                    "run {} has since billed what this plan would bill",
                    run.run_id
                )));
            }
        }
    }
    moved.unless_errors(())
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
fn render(
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

/// The header and texts of a run's plan, from the book.
pub(super) fn kept_header(
    book: Option<&Book>,
    run: &RunRecord,
) -> Result<(Header, BTreeMap<String, String>), Report> {
    let book = book.expect("a run that is known is in a book");
    let KeptPlan { json, texts } = book.plan(&run.run_id)?;
    let header = serde_json::from_str(&json).map_err(|error| {
        Diagnostic::error(
            "BW-B106",
            Place::Id(run.run_id.clone()),
            format!("the plan kept for it cannot be read: {error}"),
        )
        .help("`billwright verify` says what was changed")
    })?;
    Ok((header, texts))
}

/// The whole plan of a run that is not posted, from the book.
fn kept_plan(
    book: Option<&Book>,
    run: &RunRecord,
) -> Result<(Plan, BTreeMap<String, String>), Report> {
    let (header, texts) = kept_header(book, run)?;
    let book = book.expect("a run that is known is in a book");
    let id = run.run_id.as_str();
    let fact = |schema| book.facts(schema, Some(id));
    let later = |schema: &'static crate::model::table::Schema| {
        book.pending(id, schema)
            .map(|table| table.unwrap_or_else(|| schema.empty()))
    };
    let plan = Plan {
        texts: texts.clone(),
        lines: Lines::checked(fact(Lines::SCHEMA)?),
        claims: Claims::checked(fact(Claims::SCHEMA)?),
        exclusions: Exclusions::checked(fact(Exclusions::SCHEMA)?),
        exceptions: Exceptions::checked(fact(Exceptions::SCHEMA)?),
        drafts: Drafts::checked(later(Drafts::SCHEMA)?),
        parties: Parties::checked(later(Parties::SCHEMA)?),
        taxes: InvoiceTaxes::checked(later(InvoiceTaxes::SCHEMA)?),
        postings: Postings::checked(later(Postings::SCHEMA)?),
        header,
    };
    Ok((plan, texts))
}

/// The steps of a run that are in the book.
pub(super) fn steps_of(book: Option<&Book>, run: &RunRecord) -> Result<Vec<show::Step>, Report> {
    let Some(book) = book else {
        return Ok(Vec::new());
    };
    let steps = book
        .steps(&run.run_id)?
        .into_iter()
        .map(|record| show::Step {
            name: record.step.name,
            serial: Some(record.serial),
            at: Some(record.at),
            counts: record.step.counts,
        });
    Ok(steps.collect())
}

fn planned_step(plan: &Plan, stage: Stage) -> show::Step {
    let step = commit::step(plan, stage);
    show::Step {
        name: step.name,
        counts: step.counts,
        ..show::Step::default()
    }
}

/// Adds what opening the workspace had to say.
fn with_notices(mut outcome: Outcome, house: &House) -> Outcome {
    let mut notices = house.loaded.notices.clone();
    notices.extend(outcome.notices);
    outcome.notices = notices;
    outcome
}
