//! `billwright continue`: the next part of a run, from its plan in the book.

use super::args::Continue;
use super::outcome;
use super::session::Session;
use crate::diagnostic::Report;

pub fn resume(args: &Continue, session: &Session) -> Result<u8, Report> {
    let house = session.house()?;
    let moment = session.moment(&house.loaded.workspace)?;
    let done = session.watched(|watch| {
        crate::run::resume(
            &house,
            &args.run.run,
            args.goal.until,
            args.lock.wait,
            &moment,
            watch,
        )
    })?;
    outcome::told(&done, session)
}
