//! `billwright run`: plan and apply in one.

use super::args::Run;
use super::outcome;
use super::session::Session;
use crate::diagnostic::Report;
use crate::run::Request;

pub fn run(args: &Run, session: &Session) -> Result<u8, Report> {
    let house = session.house()?;
    let moment = session.moment(&house.loaded.workspace)?;
    let request = Request {
        definition: args.definition.clone(),
        as_of: args.day.as_of,
        until: args.goal.until,
        wait: args.lock.wait,
        flags: args.flags.as_meant(),
    };
    let done = session.watched(|watch| crate::run::run(&house, &request, &moment, watch))?;
    outcome::told(&done, session)
}
