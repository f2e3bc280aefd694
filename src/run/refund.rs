//! Takes back runs that debited wallets: by addition, the latest first.

use super::commit;
use super::session::Session;
use crate::book::Book;
use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::book_view::{BookView, RunRecord};
use crate::model::line::Claims;
use crate::model::plan::RunState;
use crate::model::table::{Columns, same_column};
use crate::model::wallet::{TopUps, WalletTransactions};
use crate::wallet::{self, Undone};
use polars::prelude::BooleanChunked;

/// Takes back a run and, where another is named, all runs since that one.
///
/// Errors: `BW-A111` a later run has moved wallets since, or they are not in this order.
pub(super) fn back(
    session: &mut Session<'_>,
    view: &BookView,
    record: &RunRecord,
    back_to: Option<&RunRecord>,
) -> Result<Vec<RunRecord>, Report> {
    let moves = |run: &&RunRecord| run.wallets.is_some() && run.state != RunState::Canceled;
    let first = back_to.unwrap_or(record);
    let later = view
        .runs
        .iter()
        .filter(moves)
        .find(|run| run.serial > record.serial);
    if let Some(later) = later {
        let why = format!("run {} has moved wallets since", later.run_id);
        let help = format!(
            "take back both: `billwright cancel {} --back-to {}`",
            later.run_id, first.run_id
        );
        return Err(not_allowed(record, &why, &help));
    }
    if first.serial > record.serial {
        let why = format!("run {} is later than it", first.run_id);
        return Err(not_allowed(
            record,
            &why,
            "name the latest run first, then how far to go back",
        ));
    }
    let all = view.runs.iter().rev().filter(moves);
    let all: Vec<RunRecord> = all
        .filter(|run| run.serial >= first.serial)
        .cloned()
        .collect();
    let mut canceled = Vec::new();
    for run in all {
        canceled.push(one(session, &run)?);
    }
    Ok(canceled)
}

fn one(session: &mut Session<'_>, run: &RunRecord) -> Result<RunRecord, Report> {
    let view = session.outline()?;
    let book = session.book().expect("a run that is known is in a book");
    let id = run.run_id.as_str();
    let purse = book.purse()?;
    let transactions = book.facts(WalletTransactions::SCHEMA, Some(id))?;
    let undone = Undone {
        run_id: id,
        as_of: Date::parse(&run.as_of).expect("the day of a run"),
        transactions: &WalletTransactions::in_order(transactions),
        now: &purse.states,
        before: &book.states_before(id)?,
        top_ups: &counted_since(&purse.top_ups, &view, run),
    };
    let (refunds, states) = wallet::refund(&undone);
    let states = purse.states.with(&states);
    let reopened = reopened(book, id)?;
    commit::refund(session, &view, run, (&refunds, &states, &reopened))
}

/// The top-ups that a run and later ones counted, in that order.
fn counted_since(top_ups: &TopUps, view: &BookView, run: &RunRecord) -> TopUps {
    let serial = |id: Option<&str>| {
        let made = view.runs.iter().find(|run| Some(run.run_id.as_str()) == id);
        made.map_or(0, |run| run.serial)
    };
    // Kept as they were committed, so the order of the runs is theirs.
    let frame = top_ups.frame();
    let since: BooleanChunked = frame
        .text("run_id")
        .iter()
        .map(|id| serial(id) >= run.serial)
        .collect();
    TopUps::in_order(frame.filter(&since).expect("a mask of the same height"))
}

/// The days a run claimed, open again.
fn reopened(book: &Book, run: &str) -> Result<Claims, Report> {
    let mut claims = book.facts(Claims::SCHEMA, Some(run))?;
    let height = claims.height();
    claims
        .with_column(same_column("effect", Some("reopened"), height))
        .expect("a column of the same height in place of another");
    Ok(Claims::in_order(claims))
}

fn not_allowed(run: &RunRecord, why: &str, help: &str) -> Report {
    Diagnostic::error("BW-A111", Place::Id(run.run_id.clone()), why)
        .help(help)
        .into()
}
