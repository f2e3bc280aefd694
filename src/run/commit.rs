//! Makes a plan part of the book, stage by stage or all in one.

use super::Moment;
use crate::book::{Commit, Ground, KeptPlan, Step, Writer};
use crate::diagnostic::Report;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::draft::{Drafts, Invoices};
use crate::model::plan::{Plan, RunState, Stage};
use crate::post::{self, Numbered};
use std::collections::BTreeMap;

/// Commits a run from its plan: rated, as drafts, or posted, in one transaction.
///
/// `told` is how far the run is to go in the end; what can be committed of it here ends with `post`.
/// Errors: `BW-N101`, `BW-N103` numbers; `BW-L110` the ground has moved; `BW-E1..` disk and rights.
pub fn claim(
    writer: &mut Writer,
    view: &BookView,
    plan: &Plan,
    told: Stage,
    moment: &Moment,
) -> Result<RunRecord, Report> {
    let stage = told.min(Stage::Post);
    let mut commit = Commit {
        plan: Some(KeptPlan {
            json: plan.header.json(),
            texts: plan.texts.clone(),
        }),
        facts: vec![
            (
                crate::model::line::Lines::SCHEMA,
                plan.lines.frame().clone(),
            ),
            (
                crate::model::line::Claims::SCHEMA,
                plan.claims.frame().clone(),
            ),
            (
                crate::model::line::Exclusions::SCHEMA,
                plan.exclusions.frame().clone(),
            ),
            (
                crate::model::line::Exceptions::SCHEMA,
                plan.exceptions.frame().clone(),
            ),
        ],
        inputs: plan
            .header
            .inputs
            .iter()
            .filter(|pin| pin.sha256.is_some())
            .cloned()
            .collect(),
        ..blank(record(plan, stage, told), view, moment)
    };
    commit.steps = [Stage::Rate, Stage::Invoice, Stage::Post]
        .into_iter()
        .filter(|step| *step <= stage)
        .map(|step| self::step(plan, step))
        .collect();
    match stage {
        Stage::Rate | Stage::Invoice => {
            let later = plan.tables().into_iter().filter(|(schema, _)| {
                !commit
                    .facts
                    .iter()
                    .any(|(fact, _)| fact.name == schema.name)
            });
            commit.pending = later
                .map(|(schema, frame)| (schema, frame.clone()))
                .collect();
        }
        Stage::Post | Stage::Render => number(&mut commit, plan, view)?,
    }
    finish(writer, commit)
}

/// Takes a run that is in the book one or more stages further, up to `post`, from the plan kept there.
pub fn advance(
    writer: &mut Writer,
    view: &BookView,
    plan: &Plan,
    run: &RunRecord,
    told: Stage,
    moment: &Moment,
) -> Result<RunRecord, Report> {
    let stage = told.min(Stage::Post);
    let from = run.state.stage();
    let goal = told.max(run.goal);
    let mut commit = blank(
        RunRecord {
            state: stage.state(),
            goal,
            ..run.clone()
        },
        view,
        moment,
    );
    commit.steps = [Stage::Invoice, Stage::Post]
        .into_iter()
        .filter(|step| Some(*step) > from && *step <= stage)
        .map(|step| self::step(plan, step))
        .collect();
    if stage == Stage::Post {
        number(&mut commit, plan, view)?;
    }
    finish(writer, commit)
}

/// Notes that the documents of a posted run are all written.
pub fn rendered(
    writer: &mut Writer,
    view: &BookView,
    run: &RunRecord,
    documents: usize,
    moment: &Moment,
) -> Result<RunRecord, Report> {
    let record = RunRecord {
        state: RunState::Rendered,
        goal: run.goal.max(Stage::Render),
        ..run.clone()
    };
    let counts = BTreeMap::from([("documents".to_owned(), documents as i64)]);
    let steps = vec![Step {
        name: Stage::Render.name().to_owned(),
        counts,
    }];
    finish(
        writer,
        Commit {
            steps,
            ..blank(record, view, moment)
        },
    )
}

/// Ends the files and claims of a run that was never posted.
pub fn cancel(
    writer: &mut Writer,
    view: &BookView,
    run: &RunRecord,
    moment: &Moment,
) -> Result<RunRecord, Report> {
    let record = RunRecord {
        state: RunState::Canceled,
        ..run.clone()
    };
    let steps = vec![Step {
        name: "cancel".to_owned(),
        counts: BTreeMap::new(),
    }];
    finish(
        writer,
        Commit {
            steps,
            ..blank(record, view, moment)
        },
    )
}

/// A commit that only moves a run.
fn blank(run: RunRecord, view: &BookView, moment: &Moment) -> Commit {
    Commit {
        message: format!("{} {}", run.run_id, run.state.name()),
        run,
        expected: Ground {
            lineage: view.lineage.clone(),
            serial: view.serial,
        },
        plan: None,
        steps: Vec::new(),
        facts: Vec::new(),
        pending: Vec::new(),
        series: BTreeMap::new(),
        inputs: Vec::new(),
        now: moment.now,
    }
}

fn finish(writer: &mut Writer, commit: Commit) -> Result<RunRecord, Report> {
    let record = commit.run.clone();
    let receipt = writer.commit(commit)?;
    let serial = if record.serial == 0 {
        receipt.serial
    } else {
        record.serial
    };
    Ok(RunRecord { serial, ..record })
}

/// Gives the drafts their numbers; they and their journal become facts.
fn number(commit: &mut Commit, plan: &Plan, view: &BookView) -> Result<(), Report> {
    let Numbered { invoices, series } =
        post::number(&plan.drafts, &plan.header.series, &view.series)?;
    commit
        .facts
        .push((Invoices::SCHEMA, invoices.frame().clone()));
    commit.facts.extend(
        plan.tables()
            .into_iter()
            .filter(|(schema, _)| {
                ["invoice_party", "invoice_tax", "journal"].contains(&schema.name)
            })
            .map(|(schema, frame)| (schema, frame.clone())),
    );
    commit.series = series;
    Ok(())
}

/// What a stage of a plan makes, counted.
pub fn step(plan: &Plan, stage: Stage) -> Step {
    let count = |name: &str, rows: usize| (name.to_owned(), rows as i64);
    let counts = match stage {
        Stage::Rate => BTreeMap::from([
            count("lines", plan.lines.len()),
            count("exclusions", plan.exclusions.len()),
            count("exceptions", plan.exceptions.len()),
        ]),
        Stage::Invoice => BTreeMap::from([count(Drafts::SCHEMA.name, plan.drafts.len())]),
        Stage::Post => BTreeMap::from([
            count("invoices", plan.drafts.len()),
            count("postings", plan.postings.len()),
        ]),
        Stage::Render => BTreeMap::from([count(
            "documents",
            plan.drafts.len() * plan.header.formats.len(),
        )]),
    };
    Step {
        name: stage.name().to_owned(),
        counts,
    }
}

fn record(plan: &Plan, stage: Stage, told: Stage) -> RunRecord {
    let header = &plan.header;
    RunRecord {
        run_id: header.run_id.clone(),
        definition: header.definition.clone(),
        as_of: header.as_of.clone(),
        run_type: header.run_type,
        state: stage.state(),
        has_exceptions: !plan.exceptions.is_empty(),
        goal: told,
        plan_hash: header.hash(),
        serial: 0,
        lines: plan.lines.len() as i64,
        invoices: plan.drafts.len() as i64,
        exclusions: plan.exclusions.len() as i64,
        exceptions: plan.exceptions.len() as i64,
        totals: header.totals.currencies.clone(),
    }
}
