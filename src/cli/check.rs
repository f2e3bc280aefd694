//! `billwright check`: every mistake in one pass.

use super::args::{Form, Readiness};
use super::session::Session;
use crate::diagnostic::Report;
use serde_json::json;

/// Errors of the findings end the command with their exit code; warnings do not.
pub fn check(args: &Readiness, session: &Session) -> Result<u8, Report> {
    let house = session.silent_house()?;
    let moment = session.moment(&house.loaded.workspace)?;
    let checked = session.watched(|watch| {
        crate::run::check(
            &house,
            args.definition.as_deref(),
            args.day.as_of,
            &moment,
            watch,
        )
    })?;
    if session.terminal.form == Form::Json {
        let answer = json!({ "checked": checked.said, "findings": checked.findings.json() });
        session.terminal.json(&answer)?;
    } else {
        session.terminal.notices(&checked.findings);
        session.terminal.text(&checked.said)?;
    }
    Ok(checked.findings.exit_code())
}
