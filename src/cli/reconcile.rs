//! `billwright reconcile`: our figures against somebody else's.

use super::args::{Form, Reconcile};
use super::session::Session;
use crate::diagnostic::Report;
use crate::report::page::{Page, Part, counted, grouped};
use crate::report::reconcile::{Class, Reconciled};

/// Ends with exit code 5 where a key is outside the tolerance or missing on either side.
pub fn reconcile(args: &Reconcile, session: &Session) -> Result<u8, Report> {
    let house = session.house()?;
    let reconciled = crate::run::reconcile(&house, &args.name)?;
    match session.terminal.form {
        Form::Table => session.terminal.page(&page(&reconciled))?,
        Form::Json => session.terminal.json(&reconciled.to_json())?,
        Form::Csv => session.terminal.text(&reconciled.differences().to_csv())?,
    }
    Ok(if reconciled.is_within() { 0 } else { 5 })
}

/// How many keys match, the counts and sums, and the largest differences.
fn page(reconciled: &Reconciled) -> Page {
    let verdict = format!(
        "{} of {} match.",
        grouped(reconciled.count(Class::Matched)),
        counted(reconciled.pairs.len(), "key"),
    );
    Page(vec![
        Part::default().say(verdict).table(reconciled.summary()),
        Part::new("Largest differences").table(reconciled.largest()),
    ])
}
