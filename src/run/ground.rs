//! What every command starts from: the definition, the day, the book as it is, and the plan computed on them.

use super::one_step::one_step;
use super::plan::{Computed, Ground, Inputs, Planned, compute};
use super::schedule::as_of;
use super::{Flags, House, Moment, Outcome, Request, commit};
use crate::book::Book;
use crate::book::KeptPlan;
use crate::calendar::Date;
use crate::diagnostic::{Aside, Diagnostic, Place, Reach, Report, Staged};
use crate::model::account::{Tables, USAGE};
use crate::model::bill_run::BillRun;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::due::Standings;
use crate::model::finding::{Finding, Findings};
use crate::model::line::Lines;
use crate::model::outlook::Used;
use crate::model::plan::{Header, Pin, Plan, RowBalance, Stage};
use crate::post;
use crate::report::page::counted;
use crate::report::show;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The definition, if it may be run.
pub(super) fn enabled<'a>(house: &'a House, name: &str) -> Result<&'a BillRun, Report> {
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

/// What is to be billed: a definition with what is set for this one run, and the business date.
pub(super) struct Task {
    pub run: BillRun,
    pub flags: Flags,
    pub as_of: Date,
}

impl Task {
    /// As a person or cron asks for it. Errors: `BW-C103`, `BW-C104`, `BW-A110`, and those of the flags.
    pub fn asked(house: &House, request: &Request, moment: &Moment) -> Result<Self, Report> {
        let run = enabled(house, &request.definition)?;
        one_step(run.debits.is_some(), request.until)?;
        let task = Self {
            run: request.flags.applied(run),
            flags: request.flags.clone(),
            as_of: request.as_of.unwrap_or_else(|| as_of(house, run, moment)),
        };
        task.flags.check(house, &task.run, task.as_of)?;
        Ok(task)
    }

    /// As the definition says, to see what would come of it, whether or not it is switched on.
    pub fn tried(house: &House, run: &BillRun, day: Option<Date>, moment: &Moment) -> Self {
        Self {
            run: run.clone(),
            flags: Flags::default(),
            as_of: day.unwrap_or_else(|| as_of(house, run, moment)),
        }
    }
}

/// The book as far as a run needs it; what is in wallets where it debits them.
pub(super) fn view(book: Option<&Book>, is_prepaid: bool) -> Result<BookView, Report> {
    let Some(book) = book else {
        return Ok(BookView::empty());
    };
    let mut view = book.view()?;
    if is_prepaid {
        view.purse = book.purse()?;
    }
    Ok(view)
}

/// The plan of a task. `view` is what `book` says; its older lines are read from it as they are asked for.
pub(super) fn computed(
    house: &House,
    task: &Task,
    book: Option<&Book>,
    view: &BookView,
    (pins, found): (Vec<Pin>, Vec<Finding>),
    inputs: Cow<'_, Staged<Tables>>,
) -> Result<Planned, Report> {
    let texts = house.texts_of(&task.run);
    let ground = Ground {
        found,
        ..ground(house, task, &texts, view, pins)
    };
    let computed = computed_on(ground, book, &inputs)?;
    // Giving back what they took takes a while too, beside what is still to be done.
    let (planned, ()) = rayon::join(|| computed.finish(), || drop(inputs));
    planned
}

/// How every service stands in a task, and what its checks find.
pub(super) fn tried(
    house: &House,
    task: &Task,
    book: Option<&Book>,
    view: &BookView,
    inputs: &Staged<Tables>,
) -> Result<(Standings, Findings), Report> {
    let texts = BTreeMap::new();
    let ground = Ground {
        is_trial: true,
        ..ground(house, task, &texts, view, Vec::new())
    };
    computed_on(ground, book, inputs)?.tried()
}

fn ground<'a>(
    house: &'a House,
    task: &'a Task,
    texts: &'a BTreeMap<String, String>,
    book: &'a BookView,
    pins: Vec<Pin>,
) -> Ground<'a> {
    Ground {
        workspace: &house.loaded.workspace,
        definitions: &house.loaded.definitions,
        run: &task.run,
        flags: &task.flags,
        texts,
        pins,
        found: Vec::new(),
        book,
        as_of: task.as_of,
        is_trial: false,
    }
}

fn computed_on<'a>(
    ground: Ground<'a>,
    book: Option<&Book>,
    inputs: &Staged<Tables>,
) -> Result<Computed<'a>, Report> {
    let flags = ground.flags;
    flags.are_known(&inputs.kept)?;
    let (tables, faults) = concerning(flags, inputs);
    let computed = compute(
        ground,
        &Inputs {
            tables: &tables,
            faults: &faults,
            lines_of: &|wanted| match book {
                Some(book) => book.lines_of(&wanted.services, &wanted.accounts, &wanted.runs),
                None => Ok(Lines::empty()),
            },
            used_since: &|day| match book {
                Some(book) => book.used_since(day),
                None => Ok(Used::new()),
            },
        },
    );
    computed.map_err(|report| flags.blamed(report))
}

/// The inputs as far as they concern a run: where it is about named accounts, rows that belong to nobody are none of its business.
fn concerning<'a>(
    flags: &Flags,
    inputs: &'a Staged<Tables>,
) -> (Cow<'a, Tables>, Cow<'a, [Aside]>) {
    if !flags.names_somebody() {
        return (Cow::Borrowed(&inputs.kept), Cow::Borrowed(&inputs.aside));
    }
    let tables = Tables {
        orphans: BTreeMap::new(),
        ..inputs.kept.clone()
    };
    let faults = inputs
        .aside
        .iter()
        .filter(|fault| fault.reach != Reach::Row);
    (Cow::Owned(tables), faults.cloned().collect())
}

/// Whether the numbers of a plan could be given out now, so that nobody approves what cannot be posted.
pub(super) fn numbers_fit(plan: &Plan, view: &BookView) -> Result<(), Report> {
    post::number(&plan.drafts, &plan.header.series, &view.series).map(drop)
}

/// A run of this name, else `BW-C103`.
pub(super) fn known<'a>(view: &'a BookView, run: &str) -> Result<&'a RunRecord, Report> {
    let names = view.runs.iter().map(|run| run.run_id.as_str());
    view.run(run)
        .ok_or_else(|| super::house::unknown("run", run, names).into())
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

pub(super) fn planned_step(plan: &Plan, stage: Stage) -> show::Step {
    let step = commit::step(plan, stage);
    show::Step {
        name: step.name,
        counts: step.counts,
        ..show::Step::default()
    }
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

pub(super) fn parked_code(has_exceptions: bool) -> u8 {
    if has_exceptions { 5 } else { 0 }
}

/// `BW-I102`: usage of days that have not come is no mistake, but more of it than somebody expects often is one.
fn used_later(balance: &[RowBalance]) -> Option<Diagnostic> {
    let usage = balance.iter().find(|table| table.table == USAGE.name)?;
    let rows = *usage.not_selected.get("future")?;
    let message = format!(
        "{} of days after the window: set aside for later periods",
        counted(rows, "usage row")
    );
    let place = Place::Id(USAGE.name.to_owned());
    Some(Diagnostic::notice("BW-I102", place, message))
}

/// Adds what opening the workspace had to say, and what of the usage has to wait.
pub(super) fn with_notices(mut outcome: Outcome, house: &House) -> Outcome {
    let mut notices = house.loaded.notices.clone();
    notices.extend(outcome.notices);
    if let Some(notice) = used_later(&outcome.balance) {
        notices.push(notice);
    }
    outcome.notices = notices;
    outcome
}
