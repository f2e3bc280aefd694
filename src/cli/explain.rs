//! `billwright explain`: why.

use super::args::Explain;
use super::session::Session;
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::report::explain::{code, codes};
use crate::report::page::Page;

/// Explains an error code without a workspace, and anything else from the book and a trial plan.
///
/// Errors: `BW-C103` no such code.
pub fn explain(args: &Explain, session: &Session) -> Result<u8, Report> {
    let wanted = args.what.to_uppercase();
    let page = match code(&wanted) {
        Some(text) => Page(vec![text]),
        None if wanted.starts_with("BW-") => return Err(unknown(&wanted)),
        None => {
            let house = session.house()?;
            let moment = session.moment(&house)?;
            session.watched(|watch| {
                crate::run::explain(&house, &args.what, args.day.as_of, &moment, watch)
            })?
        }
    };
    session.terminal.page(&page)?;
    Ok(0)
}

fn unknown(wanted: &str) -> Report {
    let problem = Diagnostic::error(
        "BW-C103",
        Place::Argument(wanted.to_owned()),
        format!("there is no code `{wanted}`"),
    );
    match nearest(wanted, codes()) {
        Some(name) => problem.help(format!("did you mean `{name}`?")),
        None => problem.help("a code is a letter and three digits, such as BW-D201"),
    }
    .into()
}
