//! `billwright plan`: what a run would bill, written down to be read and approved.

use super::args::Plan;
use super::outcome;
use super::session::Session;
use crate::diagnostic::Report;
use crate::run::{Request, write_plan};

pub fn plan(args: &Plan, session: &Session) -> Result<u8, Report> {
    let house = session.house()?;
    let moment = session.moment(&house.loaded.workspace)?;
    let request = Request {
        definition: args.definition.clone(),
        as_of: args.day.as_of,
        until: args.goal.until,
        wait: false,
        flags: args.flags.as_meant(),
    };
    let done = session.watched(|watch| crate::run::plan(&house, &request, &moment, watch))?;
    let folder = match &done.plan {
        Some(plan) => Some(write_plan(&house, plan, args.out.as_deref())?),
        None => None,
    };
    outcome::planned(&done, folder.as_deref(), session)
}
