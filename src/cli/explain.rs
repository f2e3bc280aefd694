//! `billwright explain`: why.

use super::args::Explain;
use super::session::Session;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::report::explain::code;
use crate::report::page::Page;

/// Explains an error code without a workspace, and anything else from the book and a trial plan.
///
/// Errors: `BW-C103` no such code.
pub fn explain(args: &Explain, session: &Session) -> Result<u8, Report> {
    let wanted = args.what.to_uppercase();
    let page = match code(&wanted) {
        Some(text) => Page(vec![text]),
        None if is_code(&wanted) => return Err(unknown(&wanted)),
        None => {
            let house = session.house()?;
            let moment = session.moment(&house.loaded.workspace)?;
            session.watched(|watch| {
                crate::run::explain(&house, &args.what, args.day.as_of, &moment, watch)
            })?
        }
    };
    session.terminal.page(&page)?;
    Ok(0)
}

/// Whether it is written as a code: an account may well be called BW-1001.
fn is_code(wanted: &str) -> bool {
    let digits = wanted
        .strip_prefix("BW-")
        .and_then(|rest| rest.strip_prefix(|c: char| c.is_ascii_uppercase()));
    digits
        .is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn unknown(wanted: &str) -> Report {
    Diagnostic::error(
        "BW-C103",
        Place::Argument(wanted.to_owned()),
        format!("there is no code `{wanted}`"),
    )
    .help("write a code as it stands in brackets in front of a message")
    .into()
}
