//! `billwright reconcile`: our figures against somebody else's.

use super::args::{Form, Reconcile};
use super::session::Session;
use crate::diagnostic::Report;

/// Ends with exit code 5 where a key is outside the tolerance or missing on either side.
pub fn reconcile(args: &Reconcile, session: &Session) -> Result<u8, Report> {
    let house = session.house()?;
    let reconciled = crate::run::reconcile(&house, &args.name)?;
    match session.terminal.form {
        Form::Table => session.terminal.page(&reconciled.page())?,
        Form::Json => session.terminal.json(&reconciled.to_json())?,
        Form::Csv => session.terminal.text(&reconciled.differences().to_csv())?,
    }
    Ok(if reconciled.is_within() { 0 } else { 5 })
}
