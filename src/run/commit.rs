//! Makes a plan part of the book, stage by stage or all in one.

use super::Moment;
use super::session::Session;
use crate::book::{self, Commit, Ground, KeptPlan, Step};
use crate::diagnostic::Report;
use crate::model::allocation::Allocations;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::draft::{InvoiceTaxes, Invoices, Parties, Postings};
use crate::model::finding::Findings;
use crate::model::line::{Claims, Exceptions, Exclusions, Lines};
use crate::model::part::Encoded;
use crate::model::plan::{Pin, Plan, RunState, Stage};
use crate::model::table::Schema;
use crate::model::wallet::{WalletStates, WalletTransactions};
use crate::post::{self, Numbered};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The facts that a run which is only rated has.
const RATED: [&Schema; 6] = [
    Lines::SCHEMA,
    Claims::SCHEMA,
    Allocations::SCHEMA,
    Exclusions::SCHEMA,
    Exceptions::SCHEMA,
    Findings::SCHEMA,
];

/// Commits a run from its plan: rated, as drafts, or posted, in one transaction.
///
/// `inputs` are the files kept for it; `told` is how far the run is to go in the end, and what can be committed of that here
/// ends with `post`.
/// Errors: `BW-N101`, `BW-N103` numbers; `BW-L110` the ground has moved; `BW-E1..` disk and rights.
pub fn claim(
    session: &mut Session<'_>,
    view: &BookView,
    plan: &Plan,
    inputs: Vec<Pin>,
    told: Stage,
) -> Result<RunRecord, Report> {
    if plan.header.is_prepaid() {
        return debit(session, view, plan, (inputs, told));
    }
    let stage = told.min(Stage::Post);
    let mut commit = Commit {
        plan: Some(KeptPlan {
            json: plan.header.without_times().json(),
            texts: plan.texts.clone(),
        }),
        facts: RATED
            .iter()
            .map(|schema| plan.table(schema).clone())
            .collect(),
        inputs,
        ..blank(record(plan, stage, told), view, session.moment)
    };
    commit.steps = [Stage::Rate, Stage::Invoice, Stage::Post]
        .into_iter()
        .filter(|step| *step <= stage)
        .map(|step| self::step(plan, step))
        .collect();
    match stage {
        Stage::Rate | Stage::Invoice => {
            let is_later = |schema: &&&Schema| !RATED.iter().any(|fact| fact.name == schema.name);
            let all = Plan::OF_INVOICES.iter().chain(&Plan::OF_ALL);
            let later = all.filter(is_later);
            commit.pending = later.map(|schema| plan.table(schema).clone()).collect();
        }
        Stage::Post | Stage::Render => number(&mut commit, plan, view)?,
    }
    finish(session, commit)
}

/// Commits a run that debits wallets: all of it at once.
fn debit(
    session: &mut Session<'_>,
    view: &BookView,
    plan: &Plan,
    (inputs, told): (Vec<Pin>, Stage),
) -> Result<RunRecord, Report> {
    let is_state = |schema: &&&Schema| schema.name == WalletStates::SCHEMA.name;
    let own = Plan::OF_DEBITS.iter().chain(Plan::OF_DEBITS_AT_END);
    let all = own.chain(&Plan::OF_ALL[1..]);
    let mut facts: Vec<_> = all
        .filter(|schema| !is_state(schema))
        .map(|schema| plan.table(schema).clone())
        .collect();
    facts.push(states(plan, &view.purse.states)?);
    let commit = Commit {
        plan: Some(KeptPlan {
            json: plan.header.without_times().json(),
            texts: plan.texts.clone(),
        }),
        facts,
        inputs,
        steps: vec![step(plan, Stage::Rate), step(plan, Stage::Post)],
        ..blank(record(plan, Stage::Post, told), view, session.moment)
    };
    finish(session, commit)
}

/// The state of all wallets once those of a plan are as it says.
fn states(plan: &Plan, before: &WalletStates) -> Result<Arc<Encoded>, Report> {
    let planned = plan.table(WalletStates::SCHEMA);
    if before.is_empty() {
        return Ok(planned.clone());
    }
    let moved = book::decode(WalletStates::SCHEMA, planned.bytes.clone(), None)?;
    let now = before.with(&WalletStates::in_order(moved));
    Ok(Arc::new(book::encode(WalletStates::SCHEMA, now.frame())?))
}

/// Takes a run that is in the book one or more stages further, up to `post`, from the plan kept there.
pub fn advance(
    session: &mut Session<'_>,
    view: &BookView,
    plan: &Plan,
    run: &RunRecord,
    told: Stage,
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
        session.moment,
    );
    commit.steps = [Stage::Invoice, Stage::Post]
        .into_iter()
        .filter(|step| Some(*step) > from && *step <= stage)
        .map(|step| self::step(plan, step))
        .collect();
    if stage == Stage::Post {
        number(&mut commit, plan, view)?;
    }
    finish(session, commit)
}

/// Notes that the documents of a posted run are all written.
pub fn rendered(
    session: &mut Session<'_>,
    view: &BookView,
    run: &RunRecord,
    documents: usize,
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
        session,
        Commit {
            steps,
            ..blank(record, view, session.moment)
        },
    )
}

/// Ends the files and claims of a run that was never posted.
pub fn cancel(
    session: &mut Session<'_>,
    view: &BookView,
    run: &RunRecord,
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
        session,
        Commit {
            steps,
            ..blank(record, view, session.moment)
        },
    )
}

/// Gives back what a run took from wallets, and opens its days again.
pub fn refund(
    session: &mut Session<'_>,
    view: &BookView,
    run: &RunRecord,
    (refunds, states, reopened): (&WalletTransactions, &WalletStates, &Claims),
) -> Result<RunRecord, Report> {
    let record = RunRecord {
        state: RunState::Canceled,
        ..run.clone()
    };
    let counts = BTreeMap::from([("refunds".to_owned(), refunds.len() as i64)]);
    let steps = vec![Step {
        name: "cancel".to_owned(),
        counts,
    }];
    let facts = [
        book::encode(WalletTransactions::SCHEMA, refunds.frame())?,
        book::encode(WalletStates::SCHEMA, states.frame())?,
        book::encode(Claims::SCHEMA, reopened.frame())?,
    ];
    let commit = Commit {
        steps,
        facts: facts.into_iter().map(Arc::new).collect(),
        ..blank(record, view, session.moment)
    };
    finish(session, commit)
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
        tables: Vec::new(),
        pending: Vec::new(),
        series: BTreeMap::new(),
        inputs: Vec::new(),
        now: moment.now,
    }
}

fn finish(session: &mut Session<'_>, commit: Commit) -> Result<RunRecord, Report> {
    let record = commit.run.clone();
    let receipt = session.writer.commit(commit)?;
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
    let invoices = invoices.frame().clone();
    commit.tables.push((Invoices::SCHEMA, invoices));
    let beside = [Parties::SCHEMA, InvoiceTaxes::SCHEMA, Postings::SCHEMA];
    commit
        .facts
        .extend(beside.map(|schema| plan.table(schema).clone()));
    commit.series = series;
    Ok(())
}

/// What a stage of a plan makes, counted.
pub fn step(plan: &Plan, stage: Stage) -> Step {
    let count = |name: &str, rows: usize| (name.to_owned(), rows as i64);
    if let (Stage::Post, Some(wallets)) = (stage, &plan.header.totals.wallets) {
        let count = |name: &str, rows: i64| (name.to_owned(), rows);
        return Step {
            name: "debit".to_owned(),
            counts: BTreeMap::from([
                count("transactions", wallets.transactions),
                count("shortfalls", wallets.shortfalls),
                count("top_ups", wallets.top_ups),
                count("stopped", wallets.actions.stopped),
                count("started", wallets.actions.started),
            ]),
        };
    }
    let counts = match stage {
        Stage::Rate => BTreeMap::from([
            count("lines", plan.header.totals.lines),
            count("exclusions", plan.exclusions.len()),
            count("exceptions", plan.exceptions.len()),
        ]),
        Stage::Invoice => BTreeMap::from([count("drafts", plan.drafts.len())]),
        Stage::Post => BTreeMap::from([
            count("invoices", plan.drafts.len()),
            count("postings", plan.table(Postings::SCHEMA).len()),
        ]),
        Stage::Render => BTreeMap::from([count("documents", plan.header.documents)]),
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
        lines: header.totals.lines as i64,
        invoices: plan.drafts.len() as i64,
        exclusions: plan.exclusions.len() as i64,
        exceptions: plan.exceptions.len() as i64,
        totals: header.totals.currencies.clone(),
        wallets: header.totals.wallets.clone(),
    }
}
