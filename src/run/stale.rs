//! Whether the ground of a plan has moved since it was computed.

use super::House;
use super::ground::enabled;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::book_view::{BookView, RunRecord};
use crate::model::line::Claims;
use crate::model::plan::Plan;
use crate::model::table::Columns;
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
