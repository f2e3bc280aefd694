//! `billwright apply`: exactly this plan becomes part of the book, or nothing does.

use super::args::Apply;
use super::outcome;
use super::session::Session;
use crate::diagnostic::Report;

pub fn apply(args: &Apply, session: &Session) -> Result<u8, Report> {
    let house = session.house()?;
    let moment = session.moment(&house.loaded.workspace)?;
    let done = session.watched(|watch| {
        crate::run::apply(
            &house,
            &args.plan,
            args.goal.until,
            args.lock.wait,
            &moment,
            watch,
        )
    })?;
    outcome::told(&done, session)
}
