//! "Why this amount, why this date, why not?": everything the book knows about one thing, in words.

mod billed;
mod code;
pub(super) mod exact;
mod formula;
mod history;
mod invoice;
mod line;
mod outlook;
mod standing;
mod stopped;
mod wallet;

pub(super) use billed::billed;
pub use code::{code, codes, title};

use self::history::About;
use super::page::Page;
use super::row::Row;
use crate::diagnostic::{Diagnostic, Place, Report, nearest, shown};
use crate::model::bill_run::BillRun;
use crate::model::book_view::RunRecord;
use crate::model::draft::{Drafts, InvoiceTaxes, Invoices};
use crate::model::due::Standings;
use crate::model::finding::Findings;
use crate::model::line::{Claims, Exceptions, Exclusions, Lines};
use crate::model::outlook::{WalletEstimates, WalletNotices};
use crate::model::service_action::ServiceActions;
use crate::model::wallet::{Shortfalls, WalletStates, WalletTransactions};
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};

/// What an explanation may rest on. Of its tables no more is needed than the rows that name what is asked about, or the invoice it
/// stands on.
pub struct Known<'a> {
    /// All of them, in the order they were made.
    pub runs: &'a [RunRecord],
    /// Of all runs, drafts included.
    pub lines: Lines,
    pub invoices: Invoices,
    /// Invoices of runs that are not posted yet.
    pub drafts: Drafts,
    pub taxes: InvoiceTaxes,
    pub exclusions: Exclusions,
    pub exceptions: Exceptions,
    /// Of wallets, and of the services of `lines`.
    pub transactions: WalletTransactions,
    pub wallets: WalletStates,
    pub shortfalls: Shortfalls,
    /// Of wallets.
    pub estimates: WalletEstimates,
    pub notices: WalletNotices,
    pub actions: ServiceActions,
    /// The wallets of tonight's export; `None`: it cannot be read. Asked only about a wallet, or an account that has one.
    pub own: &'a dyn Fn() -> Option<DataFrame>,
    /// The claims on services, and on order lines, which a claim has as its charge.
    pub claims: &'a dyn Fn(&BTreeSet<&str>) -> Result<Claims, Report>,
    /// The definition a run was computed from, as kept with its plan.
    pub definition: &'a dyn Fn(&RunRecord) -> Option<BillRun>,
    /// How every service stands today, by the definitions that are tried. Asked only about a service or account: what is
    /// billed is explained from the book alone, also where last night's export is gone.
    pub trials: &'a dyn Fn() -> Result<Vec<Trial>, Report>,
    /// Whatever in the book can be asked about. Asked only where nothing has the name.
    pub names: &'a dyn Fn() -> Result<Vec<String>, Report>,
}

/// A plan computed to see why something is not billed, and thrown away.
pub struct Trial {
    pub definition: String,
    pub as_of: String,
    pub standings: Standings,
    pub findings: Findings,
}

/// Explains whatever has this name: a code, an invoice by number or id, a line, a wallet, a service, an account.
///
/// A name that several things have is explained as each of them. Error: `BW-C103` nothing has it; those of a trial.
pub fn explain(wanted: &str, known: &Known) -> Result<Page, Report> {
    if let Some(part) = code(wanted) {
        return Ok(Page(vec![part]));
    }
    let documents = documents(known);
    let mut parts = Vec::new();
    for document in documents.values() {
        if wanted == document.number || wanted == document.row.text("invoice_id") {
            parts.extend(invoice::explain(document, known));
        }
    }
    for row in Row::all(known.lines.frame()) {
        if row.text("line_id") == wanted {
            parts.push(line::explain(row, &documents, known)?);
        }
    }
    parts.extend(wallet::explain(wanted, known));
    let lines = || Row::all(known.lines.frame());
    let is_billed = |column| lines().any(|row| row.text(column) == wanted);
    let mut wallets = Row::all(known.wallets.frame());
    let has_wallets = wallets.any(|row| row.text("account_id") == wanted);
    if parts.is_empty() || is_billed("service_id") || is_billed("account_id") || has_wallets {
        let trials = (known.trials)()?;
        for about in [About::Service(wanted), About::Account(wanted)] {
            parts.extend(history::explain(about, &documents, known, &trials)?);
        }
    }
    if parts.is_empty() {
        return Err(unknown(wanted, &(known.names)()?));
    }
    Ok(Page(parts))
}

/// An invoice or a draft of one.
struct Document<'a> {
    /// Empty for a draft.
    number: &'a str,
    row: Row<'a>,
}

impl Document<'_> {
    /// `invoice INV-1`, or `draft RUN/ACCOUNT`, by which it is spoken of until it has a number.
    fn name(&self) -> String {
        if self.number.is_empty() {
            format!("draft {}", self.row.text("invoice_id"))
        } else {
            format!("invoice {}", self.number)
        }
    }
}

/// Invoices and drafts by invoice_id.
type Documents<'a> = BTreeMap<&'a str, Document<'a>>;

fn documents<'a>(known: &'a Known) -> Documents<'a> {
    let drafts = Row::all(known.drafts.frame()).map(|row| Document { number: "", row });
    let invoices = Row::all(known.invoices.frame()).map(|row| Document {
        number: row.text("number"),
        row,
    });
    // Invoices last: one that got its number is a draft no longer.
    drafts
        .chain(invoices)
        .map(|document| (document.row.text("invoice_id"), document))
        .collect()
}

fn unknown(wanted: &str, names: &[String]) -> Report {
    let mut known: Vec<&str> = codes().collect();
    known.extend(names.iter().map(String::as_str));
    let near = nearest(wanted, known);
    let fault = Diagnostic::error(
        "BW-C103",
        Place::Argument(wanted.to_owned()),
        format!("nothing in the book has the name `{}`", shown(wanted)),
    );
    match near {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help(
            "give a code, an invoice number, or the id of a line, service, account or wallet",
        ),
    }
    .into()
}

#[cfg(test)]
mod tests;
