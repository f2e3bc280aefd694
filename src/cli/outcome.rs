//! How a command that bills ended, for people and for programs.

use super::args::Form;
use super::session::Session;
use crate::diagnostic::Report;
use crate::model::plan::Totals;
use crate::report::page::{Page, Part};
use crate::report::runs::totals;
use crate::report::summary::{Summary, balance, checks, unbilled};
use crate::run::Outcome;
use std::path::Path;

/// Prints what became of the book, and returns the exit code.
pub fn told(done: &Outcome, session: &Session) -> Result<u8, Report> {
    print(done, Some(&done.chain_head), None, session)?;
    Ok(done.exit_code)
}

/// Prints a plan, with the folder it was written to.
pub fn planned(done: &Outcome, folder: Option<&Path>, session: &Session) -> Result<u8, Report> {
    print(done, None, folder, session)?;
    Ok(done.exit_code)
}

/// Prints a run that was only looked at: what it left undone is no problem of the looking.
pub fn shown(done: &Outcome, session: &Session) -> Result<u8, Report> {
    print(done, Some(&done.chain_head), None, session)?;
    Ok(0)
}

fn print<'a>(
    done: &'a Outcome,
    chain_head: Option<&str>,
    plan: Option<&'a Path>,
    session: &Session,
) -> Result<(), Report> {
    let (run_id, state, totals) = match (&done.run, &done.plan) {
        (Some(run), _) => (run.run_id.as_str(), run.state.name(), totals(run)),
        (None, Some(plan)) => (
            plan.header.run_id.as_str(),
            if done.is_held { "held" } else { "planned" },
            plan.header.totals.clone(),
        ),
        (None, None) => ("", "nothing_due", Totals::default()),
    };
    let terminal = session.terminal;
    let is_json = terminal.form == Form::Json;
    // People get paths they can paste where they are; programs get whole ones.
    let path = |path: &'a Path| {
        if is_json {
            path
        } else {
            session.written_here(path)
        }
    };
    let summary = Summary {
        run_id,
        state,
        totals: &totals,
        balance: &done.balance,
        steps: &done.steps,
        findings: &done.findings,
        causes: &done.causes,
        chain_head,
        plan: plan.map(path),
        documents: done.documents.as_deref().map(path),
    };
    if is_json {
        let mut object = summary.to_json();
        object["said"] = done.said.clone().into();
        object["notices"] = done.notices.json();
        return terminal.json(&object);
    }
    terminal.notices(&done.notices);
    let said = done
        .said
        .iter()
        .fold(Part::default(), |part, sentence| part.say(sentence));
    let mut parts = vec![said];
    if done.steps.is_empty() {
        // Nothing happened: the sentences are the answer, and the sums of an earlier run would look like this one's.
        parts.push(Part::new("Where every row of the input went").table(balance(&done.balance)));
        parts.push(checks(&done.findings));
        parts.push(unbilled(&done.causes));
        if !done.chain_head.is_empty() {
            parts.push(Part::default().say(format!("Chain head: {}", done.chain_head)));
        }
    } else {
        parts.extend(summary.page().0);
    }
    terminal.page(&Page(parts))
}
