//! `billwright cancel`: a run that was never posted is taken back.

use super::args::Cancel;
use super::outcome;
use super::session::Session;
use crate::diagnostic::Report;

pub fn cancel(args: &Cancel, session: &Session) -> Result<u8, Report> {
    let house = session.house()?;
    let moment = session.moment(&house.loaded.workspace)?;
    let done = crate::run::cancel(
        &house,
        &args.run.run,
        args.back_to.as_deref(),
        args.lock.wait,
        &moment,
    )?;
    outcome::told(&done, session)
}
