//! What is in the book, from the book and the settings alone: no definition has to be understood for it.

use super::ground::{found, kept_header, known, steps_of};
use super::house::location;
use super::{Outcome, documents};
use crate::book::{Book, Verified};
use crate::diagnostic::Report;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::draft::{Drafts, Invoices, Postings};
use crate::model::finding::Findings;
use crate::model::line::{Exceptions, Exclusions, Lines};
use crate::model::outlook::{WalletEstimates, WalletNotices};
use crate::model::service_action::ServiceActions;
use crate::model::table::{Columns, Kind, Schema, internal, units_column};
use crate::model::wallet::{Shortfalls, WalletTransactions};
use crate::model::workspace::Workspace;
use crate::report::ledger::Journal;
use crate::report::table::Table;
use crate::report::{accounts, actions, findings, outlook, runs as run_list, show, wallets};
use polars::prelude::{BooleanChunked, DataFrame};

/// A run as it stands in the book.
pub fn look(workspace: &Workspace, run: &str) -> Result<Outcome, Report> {
    let (book, view) = outlined(workspace)?;
    let record = known(&view, run)?;
    let (header, _) = kept_header(book.as_ref(), record)?;
    let written = documents::of_run(&workspace.root, record);
    Ok(Outcome {
        steps: steps_of(book.as_ref(), record)?,
        balance: header.balance,
        causes: header.causes,
        findings: findings::found(&Findings::checked(facts(
            book.as_ref(),
            Findings::SCHEMA,
            Some(record),
        )?)),
        documents: written.exists().then_some(written),
        ..found(record, &view)
    })
}

/// The runs in the book.
pub fn runs(workspace: &Workspace) -> Result<Table, Report> {
    Ok(run_list::runs(&outlined(workspace)?.1))
}

/// The steps of a run.
pub fn steps(workspace: &Workspace, run: &str) -> Result<Table, Report> {
    let (book, view) = outlined(workspace)?;
    Ok(show::steps(&steps_of(book.as_ref(), known(&view, run)?)?))
}

/// The invoices of a run, drafts included, and what is to be said where it has none.
pub fn invoices(workspace: &Workspace, run: &str) -> Result<(Table, &'static str), Report> {
    let (book, view) = outlined(workspace)?;
    let record = known(&view, run)?;
    let names = show::invoice_columns(record.state);
    let table = show::invoices(&made_in_order(book.as_ref(), record, names)?);
    let nothing = match record.wallets {
        Some(_) => {
            "A prepaid run makes no invoices. What it debited: `--tab transactions`; what was missing: `--tab shortfalls`."
        }
        None => "This run has no invoices.",
    };
    Ok((table, nothing))
}

/// What a run moved in wallets, and what was given back of it; and what is to be said where it moved nothing.
pub fn transactions(workspace: &Workspace, run: &str) -> Result<(Table, &'static str), Report> {
    let (book, view) = outlined(workspace)?;
    let record = known(&view, run)?;
    let table = WalletTransactions::SCHEMA;
    let rows = columns(book.as_ref(), table, Some(record), wallets::TRANSACTION)?;
    let nothing = match record.wallets {
        Some(_) => "This run moved nothing in any wallet.",
        None => NO_WALLETS,
    };
    Ok((wallets::transactions(&rows), nothing))
}

/// What a run could not debit; and what is to be said where that is nothing.
pub fn shortfalls(workspace: &Workspace, run: &str) -> Result<(Table, &'static str), Report> {
    let (book, view) = outlined(workspace)?;
    let record = known(&view, run)?;
    let table = Shortfalls::SCHEMA;
    let names = table.with_key(wallets::SHORTFALL);
    let rows = columns(book.as_ref(), table, Some(record), &names)?;
    let nothing = match record.wallets {
        Some(_) => "There was enough for everything that was due.",
        None => NO_WALLETS,
    };
    Ok((wallets::shortfalls(&table.ordered(rows)), nothing))
}

/// What a run did about services, or could have; and what is to be said where that is nothing.
pub fn actions(workspace: &Workspace, run: &str) -> Result<(Table, &'static str), Report> {
    let nothing = "No service was stopped or started in this run, and none could be.";
    let table = ServiceActions::SCHEMA;
    let (rows, nothing) = of_debits(workspace, run, table, (actions::ACTION, nothing))?;
    Ok((actions::actions(&rows), nothing))
}

/// How long wallets last, as a run estimated it; and what is to be said where it did not.
pub fn estimates(workspace: &Workspace, run: &str) -> Result<(Table, &'static str), Report> {
    let nothing = "This run did not estimate how long wallets last.";
    let table = WalletEstimates::SCHEMA;
    let (rows, nothing) = of_debits(workspace, run, table, (outlook::ESTIMATE, nothing))?;
    Ok((outlook::estimates(&rows), nothing))
}

/// Wallets that have fallen low in a run; and what is to be said where none has.
pub fn notices(workspace: &Workspace, run: &str) -> Result<(Table, &'static str), Report> {
    let nothing = "No wallet has fallen below the balance that customers are told of.";
    let table = WalletNotices::SCHEMA;
    let (rows, nothing) = of_debits(workspace, run, table, (outlook::NOTICE, nothing))?;
    Ok((outlook::notices(&rows), nothing))
}

/// Rows of a table of a run that debits wallets, in key order; and what is to be said where there are none.
fn of_debits(
    workspace: &Workspace,
    run: &str,
    table: &'static Schema,
    (names, nothing): (&[&str], &'static str),
) -> Result<(DataFrame, &'static str), Report> {
    let (book, view) = outlined(workspace)?;
    let record = known(&view, run)?;
    let rows = columns(book.as_ref(), table, Some(record), &table.with_key(names))?;
    let nothing = record.wallets.as_ref().map_or(NO_WALLETS, |_| nothing);
    Ok((table.ordered(rows), nothing))
}

const NO_WALLETS: &str = "This run makes invoices and moves no wallets: `--tab invoices` and `--tab accounts` show what it did.";

/// The accounts a run was about: those with lines, and those it set aside.
pub fn accounts(workspace: &Workspace, run: &str) -> Result<Table, Report> {
    let (book, view) = outlined(workspace)?;
    let record = known(&view, run)?;
    let of_run = |schema, names| columns(book.as_ref(), schema, Some(record), names);
    let invoices = match record.wallets {
        Some(_) => debits(book.as_ref(), record)?,
        None => made(book.as_ref(), record, &["account_id", "currency", "total"])?,
    };
    Ok(accounts::accounts(&accounts::Sides {
        state: record.state,
        is_debited: record.wallets.is_some(),
        lines: of_run(Lines::SCHEMA, &["account_id"])?,
        invoices,
        exceptions: of_run(Exceptions::SCHEMA, &["account_id", "code"])?,
        exclusions: of_run(Exclusions::SCHEMA, &["account_id", "code"])?,
    }))
}

/// What a run debited, as what accounts owe: `account_id`, `currency` and `total` of each debit.
fn debits(book: Option<&Book>, record: &RunRecord) -> Result<DataFrame, Report> {
    let names = ["account_id", "currency", "amount", "kind"];
    let rows = columns(book, WalletTransactions::SCHEMA, Some(record), &names)?;
    let kinds = rows.text("kind").iter();
    let is_debit: BooleanChunked = kinds.map(|kind| kind == Some("debit")).collect();
    let mut debits = rows.filter(&is_debit).map_err(internal)?;
    let taken: Vec<Option<i128>> = debits
        .units("amount")
        .map(|amount| amount.map(|amount| -amount))
        .collect();
    debits
        .with_column(units_column("total", Kind::Amount, taken))
        .map_err(internal)?;
    Ok(debits)
}

/// What a run could not bill.
pub fn failed(workspace: &Workspace, run: &str) -> Result<Table, Report> {
    let (book, view) = outlined(workspace)?;
    let view = with_exceptions(book.as_ref(), view)?;
    let rows = facts(book.as_ref(), Exceptions::SCHEMA, Some(known(&view, run)?))?;
    Ok(show::failed(&Exceptions::checked(rows), &view))
}

/// What a run rightly did not bill.
pub fn excluded(workspace: &Workspace, run: &str) -> Result<Table, Report> {
    let (book, view) = outlined(workspace)?;
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

/// The journal of one run, or of all, to be written in hledger's form.
pub fn export_hledger(workspace: &Workspace, run: Option<&str>) -> Result<Journal, Report> {
    let (book, view) = outlined(workspace)?;
    let record = run.map(|run| known(&view, run)).transpose()?;
    let postings = Postings::SCHEMA.with_key(Journal::POSTING);
    let postings = columns(book.as_ref(), Postings::SCHEMA, record, &postings)?;
    Ok(Journal::new(
        columns(book.as_ref(), Invoices::SCHEMA, record, Journal::INVOICE)?,
        Postings::SCHEMA.ordered(postings),
    ))
}

/// The book, and its view as far as its runs.
pub(super) fn outlined(workspace: &Workspace) -> Result<(Option<Book>, BookView), Report> {
    let book = Book::open(&location(workspace))?;
    let outline = book.as_ref().map(Book::outline).transpose()?;
    Ok((book, outline.unwrap_or_else(BookView::empty)))
}

/// The same with what all runs that were not canceled could not bill.
pub(super) fn with_exceptions(book: Option<&Book>, outline: BookView) -> Result<BookView, Report> {
    Ok(BookView {
        exceptions: Exceptions::checked(facts(book, Exceptions::SCHEMA, None)?),
        ..outline
    })
}

/// Rows of a fact table in key order; none where there is no book.
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

/// Some columns of a fact table, its rows as they were committed; none where there is no book.
pub(super) fn columns(
    book: Option<&Book>,
    table: &'static Schema,
    run: Option<&RunRecord>,
    names: &[&str],
) -> Result<DataFrame, Report> {
    let run = run.map(|run| run.run_id.as_str());
    match book {
        Some(book) => book.columns(table, run, names),
        None => table.empty().select(names).map_err(internal),
    }
}

/// Some columns of what a run made, its invoices or its drafts, as they were committed.
pub(super) fn made(
    book: Option<&Book>,
    run: &RunRecord,
    names: &[&str],
) -> Result<DataFrame, Report> {
    match (run.state.is_posted(), book) {
        (true, _) => columns(book, Invoices::SCHEMA, Some(run), names),
        (false, Some(book)) => book.pending_columns(Drafts::SCHEMA, &run.run_id, names),
        (false, None) => Drafts::SCHEMA.empty().select(names).map_err(internal),
    }
}

/// The same in key order.
pub(super) fn made_in_order(
    book: Option<&Book>,
    run: &RunRecord,
    names: &[&str],
) -> Result<DataFrame, Report> {
    let table = match run.state.is_posted() {
        true => Invoices::SCHEMA,
        false => Drafts::SCHEMA,
    };
    Ok(table.ordered(made(book, run, &table.with_key(names))?))
}
