//! Whether the ground of a plan has moved since it was computed.

use super::House;
use super::ground::enabled;
use crate::book;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::allocation::Allocations;
use crate::model::book_view::BookView;
use crate::model::ids;
use crate::model::index::{Index, NOWHERE};
use crate::model::line::Claims;
use crate::model::plan::{Plan, RunState};
use crate::model::service_action::{ORDERED, ServiceActions};
use crate::model::table::Columns;
use crate::model::wallet::WalletStates;
use polars::prelude::DataFrame;
use std::collections::BTreeSet;

/// Refuses a plan whose ground has moved.
pub(super) fn still_stands(house: &House, plan: &Plan, view: &BookView) -> Result<(), Report> {
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
        // As much of a hash as people compare.
        let short = |lineage: &str| lineage.chars().take(8).collect::<String>();
        let (theirs, ours) = (short(&header.lineage), short(&view.lineage));
        return Err(problem
            .help(format!("the plan's is {theirs}, this is {ours}; plan here"))
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
    let claims = plan.table(Claims::SCHEMA);
    let claims = book::decode(claims.schema, claims.bytes.clone(), None)?;
    let ours: BTreeSet<&str> = items(&claims).collect();
    let frame = view.claims.frame();
    let claimed = items(frame).zip(frame.text("run_id").iter().flatten());
    let touched: BTreeSet<&str> = claimed
        .filter(|(service, _)| ours.contains(service))
        .map(|(_, run)| run)
        .collect();
    let since = view.runs.iter().filter(|run| run.serial > header.serial);
    for run in since {
        if touched.contains(run.run_id.as_str()) || run.run_id == header.run_id {
            moved.push(stale(format!(
                "run {} has since billed what this plan would bill",
                run.run_id
            )));
        }
    }
    let back = view
        .canceled
        .iter()
        .filter(|run| run.claimed_at <= header.serial && header.serial < run.canceled_at);
    for run in back {
        if items(run.claims.frame()).any(|service| ours.contains(service)) {
            moved.push(stale(format!(
                "run {}, from which this plan goes on, has since been canceled",
                run.run_id
            )));
        }
    }
    let drafts = plan.drafts.frame();
    let accounts = drafts.text("account_id").iter().flatten();
    for (account, planned) in accounts.zip(drafts.units("prior_balance")) {
        let now = view.owed.of(account).map(|owes| owes.balance.units());
        if now.is_some() && now != planned {
            moved.push(stale(format!(
                "what account {account} owes has changed since"
            )));
        }
    }
    if header.is_prepaid() {
        moved.extend(moved_wallets(plan, view)?);
        return moved.unless_errors(());
    }
    let uses = plan.table(Allocations::SCHEMA);
    let uses = book::decode(uses.schema, uses.bytes.clone(), None)?;
    let ours: BTreeSet<(&str, &str)> = sources(&uses).collect();
    let frame = view.allocations.frame();
    let used = sources(frame).zip(frame.text("run_id").iter().flatten());
    let used: BTreeSet<&str> = used
        .filter(|(source, _)| ours.contains(source))
        .map(|(_, run)| run)
        .collect();
    let since = view.runs.iter().filter(|run| run.serial > header.serial);
    for run in since.filter(|run| used.contains(run.run_id.as_str())) {
        moved.push(stale(format!(
            "run {} has since used a discount or credit that this plan would use",
            run.run_id
        )));
    }
    moved.unless_errors(())
}

/// Wallets of a prepaid plan that a run has moved since.
fn moved_wallets(plan: &Plan, view: &BookView) -> Result<Report, Report> {
    let header = &plan.header;
    let since = |run: &str| {
        let made = view.runs.iter().find(|other| other.run_id == run);
        let is_canceled = made.is_some_and(|run| run.state == RunState::Canceled);
        is_canceled || made.is_some_and(|run| run.serial > header.serial)
    };
    let planned = plan.table(WalletStates::SCHEMA);
    let planned = book::decode(planned.schema, planned.bytes.clone(), None)?;
    let states = view.purse.states.frame();
    let now = Index::new(states.text("wallet_id")).rows(planned.text("wallet_id"));
    let closing = states.whole_units("closing");
    let opening = planned.whole_units("opening");
    let mut moved = Report::new();
    for (row, state) in now
        .into_iter()
        .enumerate()
        .filter(|(_, state)| *state != NOWHERE)
    {
        let (state, run) = (state as usize, states.text_at("run_id", state as usize));
        if closing.at(state) != opening.at(row) || since(run) {
            let message = format!(
                "run {run} has since moved wallet {}",
                planned.text_at("wallet_id", row)
            );
            let place = Place::Id(header.run_id.clone());
            moved.push(Diagnostic::error("BW-L201", place, message).help("plan again"));
        }
    }
    let planned = planned.text("wallet_id").iter().flatten().collect();
    moved.extend(moved_beside(plan, view, &planned, since)?);
    Ok(moved)
}

/// Wallets that a plan does not move itself, of accounts of which it stops or starts services, that a run has moved since.
fn moved_beside(
    plan: &Plan,
    view: &BookView,
    planned: &BTreeSet<&str>,
    since: impl Fn(&str) -> bool,
) -> Result<Report, Report> {
    let orders = plan.table(ServiceActions::SCHEMA);
    let orders = book::decode(orders.schema, orders.bytes.clone(), None)?;
    let states = orders.text("state").iter();
    let ordered = orders.text("account_id").iter().zip(states);
    let ordered = ordered.filter(|(_, state)| *state == Some(ORDERED));
    let accounts: BTreeSet<&str> = ordered.filter_map(|(account, _)| account).collect();
    let states = view.purse.states.frame();
    let ids = states
        .text("wallet_id")
        .iter()
        .zip(states.text("account_id").iter());
    let mut moved = Report::new();
    for ((wallet, account), run) in ids.zip(states.text("run_id").iter()) {
        let (Some(wallet), Some(account), Some(run)) = (wallet, account, run) else {
            continue;
        };
        if accounts.contains(account) && !planned.contains(wallet) && since(run) {
            let message = format!(
                "run {run} has since moved wallet {wallet}, and the plan stops or starts services of its account"
            );
            let place = Place::Id(plan.header.run_id.clone());
            moved.push(Diagnostic::error("BW-L201", place, message).help("plan again"));
        }
    }
    Ok(moved)
}

/// The discounts and credits that are used.
fn sources(frame: &DataFrame) -> impl Iterator<Item = (&str, &str)> {
    let texts = |name: &str| frame.text(name).iter().map(Option::unwrap_or_default);
    texts("source").zip(texts("source_id"))
}

/// What each row is about: its service, or for the line of an order, which has none, that line.
pub(super) fn items(frame: &DataFrame) -> impl Iterator<Item = &str> {
    let services = frame
        .text("service_id")
        .iter()
        .map(Option::unwrap_or_default);
    let charges = frame.text("charge").iter().map(Option::unwrap_or_default);
    services
        .zip(charges)
        .map(|(service, charge)| ids::item(service, charge))
}
