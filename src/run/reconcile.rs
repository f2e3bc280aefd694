//! Our figures against somebody else's.

use super::ground::known;
use super::house::unknown;
use super::look::{drafts, facts, outlined};
use super::{House, read};
use crate::diagnostic::Report;
use crate::inputs;
use crate::model::book_view::RunRecord;
use crate::model::draft::Invoices;
use crate::model::plan::RunState;
use crate::model::workspace::Source;
use crate::report::reconcile::{self, Reconciled};

/// Compares a run with somebody else's figures, as a reconciliation says.
pub fn reconcile(house: &House, name: &str) -> Result<Reconciled, Report> {
    let known_specs = &house.loaded.definitions.reconciliations;
    let Some(spec) = known_specs.get(name) else {
        return Err(unknown(
            "reconciliation",
            name,
            known_specs.keys().map(String::as_str),
        )
        .into());
    };
    let (book, view) = outlined(&house.loaded.workspace)?;
    // A canceled run has nothing to compare: the latest that counts is meant.
    let counts = |run: &&RunRecord| run.definition == spec.run && run.state != RunState::Canceled;
    let record = view
        .runs
        .iter()
        .rev()
        .find(counts)
        .map_or_else(|| known(&view, &spec.run), Ok)?;
    let ours = match record.state.is_posted() {
        true => facts(book.as_ref(), Invoices::SCHEMA, Some(record))?,
        false => drafts(book.as_ref(), record)?,
    };
    let sources = &house.loaded.workspace.inputs;
    let pins = inputs::pin(house.root(), sources, &[&spec.against])?;
    let theirs = inputs::export(&spec.against, sources, &read::located(house, &pins))?;
    let source = match sources.get(&spec.against).map(|input| &input.source) {
        Some(Source::File { path, .. }) => path,
        _ => &spec.against,
    };
    reconcile::reconcile(spec, &ours, &theirs, source)
}
