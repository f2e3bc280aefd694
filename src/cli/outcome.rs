//! How a command that bills ended, for people and for programs.

use super::args::Form;
use super::session::Session;
use crate::diagnostic::Report;
use crate::model::plan::Totals;
use crate::report::runs::totals;
use crate::report::summary::Summary;
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

fn print(
    done: &Outcome,
    chain_head: Option<&str>,
    plan: Option<&Path>,
    session: &Session,
) -> Result<(), Report> {
    let (run_id, state, totals) = match (&done.run, &done.plan) {
        (Some(run), _) => (run.run_id.as_str(), run.state.name(), totals(run)),
        (None, Some(plan)) => (
            plan.header.run_id.as_str(),
            "planned",
            plan.header.totals.clone(),
        ),
        (None, None) => ("", "nothing_due", Totals::default()),
    };
    let summary = Summary {
        run_id,
        state,
        totals: &totals,
        balance: &done.balance,
        steps: &done.steps,
        chain_head,
        plan,
        documents: done.documents.as_deref(),
    };
    let terminal = session.terminal;
    if terminal.form == Form::Json {
        let mut object = summary.to_json();
        object["said"] = done.said.clone().into();
        object["notices"] = done.notices.json();
        return terminal.json(&object);
    }
    terminal.notices(&done.notices);
    if !done.said.is_empty() {
        terminal.text(&done.said.join("\n"))?;
    }
    // Where nothing was due and nothing ever was, the sentences above are the whole answer.
    if run_id.is_empty() {
        Ok(())
    } else {
        terminal.page(&summary.page())
    }
}
