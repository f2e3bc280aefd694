//! What is in the book, from the book and the settings alone: no definition has to be understood for it.

use super::Outcome;
use super::ground::{found, kept_header, known, steps_of, view};
use super::house::location;
use crate::book::{Book, Verified};
use crate::diagnostic::Report;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::draft::{Drafts, Invoices, Postings};
use crate::model::finding::Findings;
use crate::model::line::{Exceptions, Exclusions, Lines};
use crate::model::table::Schema;
use crate::model::workspace::Workspace;
use crate::report::table::Table;
use crate::report::{findings, ledger, runs as run_list, show};
use polars::prelude::DataFrame;

/// A run as it stands in the book.
pub fn look(workspace: &Workspace, run: &str) -> Result<Outcome, Report> {
    let (book, view) = opened(workspace)?;
    let record = known(&view, run)?;
    let (header, _) = kept_header(book.as_ref(), record)?;
    let folder = workspace
        .root
        .join("out")
        .join("documents")
        .join(&record.run_id);
    Ok(Outcome {
        steps: steps_of(book.as_ref(), record)?,
        balance: header.balance,
        findings: findings::found(&Findings::checked(facts(
            book.as_ref(),
            Findings::SCHEMA,
            Some(record),
        )?)),
        documents: folder.is_dir().then_some(folder),
        ..found(record, &view)
    })
}

/// The runs in the book.
pub fn runs(workspace: &Workspace) -> Result<Table, Report> {
    Ok(run_list::runs(&opened(workspace)?.1))
}

/// The steps of a run.
pub fn steps(workspace: &Workspace, run: &str) -> Result<Table, Report> {
    let (book, view) = opened(workspace)?;
    Ok(show::steps(&steps_of(book.as_ref(), known(&view, run)?)?))
}

/// The invoices of a run, drafts included.
pub fn invoices(workspace: &Workspace, run: &str) -> Result<Table, Report> {
    let (book, view) = opened(workspace)?;
    let record = known(&view, run)?;
    let rows = match record.state.is_posted() {
        true => facts(book.as_ref(), Invoices::SCHEMA, Some(record))?,
        false => drafts(book.as_ref(), record)?,
    };
    Ok(show::invoices(&rows))
}

/// The accounts a run was about: those with lines, and those it set aside.
pub fn accounts(workspace: &Workspace, run: &str) -> Result<Table, Report> {
    let (book, view) = opened(workspace)?;
    let record = known(&view, run)?;
    let of_run = |schema| facts(book.as_ref(), schema, Some(record));
    let invoices = match record.state.is_posted() {
        true => of_run(Invoices::SCHEMA)?,
        false => drafts(book.as_ref(), record)?,
    };
    Ok(show::accounts(&show::Sides {
        state: record.state,
        lines: Lines::checked(of_run(Lines::SCHEMA)?),
        invoices,
        exceptions: Exceptions::checked(of_run(Exceptions::SCHEMA)?),
        exclusions: Exclusions::checked(of_run(Exclusions::SCHEMA)?),
    }))
}

/// What a run could not bill.
pub fn failed(workspace: &Workspace, run: &str) -> Result<Table, Report> {
    let (book, view) = opened(workspace)?;
    let rows = facts(book.as_ref(), Exceptions::SCHEMA, Some(known(&view, run)?))?;
    Ok(show::failed(&Exceptions::checked(rows), &view))
}

/// What a run rightly did not bill.
pub fn excluded(workspace: &Workspace, run: &str) -> Result<Table, Report> {
    let (book, view) = opened(workspace)?;
    let rows = facts(book.as_ref(), Exclusions::SCHEMA, Some(known(&view, run)?))?;
    Ok(show::excluded(&Exclusions::checked(rows)))
}

/// Compares the whole book with its hashes and its chain; with a head, also with what was printed then. `None`: there is no
/// book yet.
pub fn verify(workspace: &Workspace, head: Option<&str>) -> Result<Option<Verified>, Report> {
    Book::open(&location(workspace))?
        .map(|book| book.verify(head))
        .transpose()
}

/// The journal of one run, or of all, in hledger's form.
pub fn export_hledger(workspace: &Workspace, run: Option<&str>) -> Result<String, Report> {
    let (book, view) = opened(workspace)?;
    let record = run.map(|run| known(&view, run)).transpose()?;
    let invoices = facts(book.as_ref(), Invoices::SCHEMA, record)?;
    let postings = facts(book.as_ref(), Postings::SCHEMA, record)?;
    Ok(ledger::hledger(&invoices, &postings))
}

pub(super) fn opened(workspace: &Workspace) -> Result<(Option<Book>, BookView), Report> {
    let book = Book::open(&location(workspace))?;
    let view = view(book.as_ref())?;
    Ok((book, view))
}

/// Rows of a fact table; none where there is no book.
pub(super) fn facts(
    book: Option<&Book>,
    table: &'static Schema,
    run: Option<&RunRecord>,
) -> Result<DataFrame, Report> {
    book.map_or_else(
        || Ok(table.empty()),
        |book| book.facts(table, run.map(|run| run.run_id.as_str())),
    )
}

/// The draft invoices of a run that is not posted.
pub(super) fn drafts(book: Option<&Book>, run: &RunRecord) -> Result<DataFrame, Report> {
    let kept = book.map_or(Ok(None), |book| book.pending(&run.run_id, Drafts::SCHEMA))?;
    Ok(kept.unwrap_or_else(|| Drafts::SCHEMA.empty()))
}
