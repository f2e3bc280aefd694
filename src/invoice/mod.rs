//! Lines -> draft invoices: grouped, taxed, totaled, dated.
//!
//! Owns what stands on an invoice, who pays it, and which invoices wait. Does not own its number (`post/`) or how it looks
//! (`render/`).
//! Invariant: sum of lines = net, net + taxes = total, for every draft; every line ends on a draft or beside one, with a reason.

mod closing;
mod dates;
mod drawing;
mod given;
mod grouping;
mod left_out;
mod offer;
mod payer;
mod payment;
mod reduction;
mod tables;
mod tax;
#[cfg(test)]
mod tests;

use crate::calendar::Date;
use crate::diagnostic::{Aside, Staged};
use crate::model::allocation::Allocations;
use crate::model::bill_run::InvoiceOptions;
use crate::model::draft::{Drafts, InvoiceTaxes, Parties};
use crate::model::due::Standings;
use crate::model::group::Group;
use crate::model::ids;
use crate::model::line::{Lines, RatedLines};
use crate::model::owed::Owed;
use crate::model::table::Columns;
use crate::model::tax::Tax;
use crate::model::terms::PaymentTerms;
use crate::model::workspace::TaxRounding;
use drawing::{Drawing, Drawn};
use left_out::LeftOut;
pub use offer::{Granted, Off, Offers};
use payer::Payers;
use polars::prelude::DataFrame;
pub use reduction::Reduced;
use std::collections::{BTreeMap, BTreeSet};

/// What all invoices of a run have in common.
pub struct Terms<'a> {
    pub run_id: &'a str,
    pub options: &'a InvoiceOptions,
    /// No tax where there is none.
    pub tax: Option<&'a Tax>,
    pub tax_rounding: TaxRounding,
    /// All payment terms by name.
    pub payment: &'a BTreeMap<String, PaymentTerms>,
    /// Of accounts that have none, nor their groups; due on the invoice date where there are none here either.
    pub default_payment: Option<&'a str>,
    /// All bill groups by name.
    pub groups: &'a BTreeMap<String, Group>,
    pub as_of: Date,
    pub window_to: Date,
}

/// The accounts of the input, and how they stand in the run so far.
pub struct Accounts<'a> {
    pub table: &'a DataFrame,
    pub standings: &'a Standings,
    /// Accounts that are parked, selected or not, with the code.
    pub parked: &'a BTreeMap<&'a str, &'a str>,
}

/// What the book says of the accounts and services of the run.
pub struct Past<'a> {
    /// What each account owes before this run.
    pub owed: &'a Owed,
    /// Lines in the book that a line of this run could be mistaken for, or credits: those of services with reopened days.
    pub lines: &'a Lines,
}

/// Draft invoices and everything on them.
#[derive(Debug)]
pub struct Drafted {
    /// Those on an invoice, and the suppressed ones, which are billed and on none.
    pub lines: Lines,
    pub drafts: Drafts,
    pub parties: Parties,
    pub taxes: InvoiceTaxes,
    /// What of discounts and credits it uses.
    pub allocations: Allocations,
    /// Services and order lines on an invoice that waits for the next run.
    pub carried: BTreeSet<String>,
}

/// Takes discounts and price credits off lines, each as a line of its own behind the one it takes from.
///
/// Aside: accounts that have one in another currency (`BW-X121`), or too large a sum (`BW-R101`).
pub fn reduce(rated: &RatedLines, offers: &Offers<'_>, past: &Past<'_>) -> Staged<Reduced> {
    let (kept, aside) = reduction::reduced(rated.frame(), offers, past.lines);
    Staged { kept, aside }
}

/// Makes an invoice or a credit note per payer and group key.
///
/// In: lines, sorted by account; all accounts. Out: a draft and a party each, a row per tax category, the lines of each.
/// Aside, exclusions: `zero_line`, `zero_invoice` (counted as billed), `below_minimum`, `negative_carried` (not billed: they come
/// again). Exceptions, each parking an account, or a payer with all accounts on its invoices: `BW-X117` and `BW-X118` unknown
/// group or payment terms, `BW-X119` the payer cannot take the invoice, `BW-R101` a sum beyond 14 digits, `BW-R110` no tax
/// rate, `BW-R120` a due date the payment terms do not allow, `BW-N104` no series in the invoice's currency.
pub fn draft(
    terms: &Terms<'_>,
    accounts: &Accounts<'_>,
    offers: &Offers<'_>,
    past: &Past<'_>,
    reduced: &Reduced,
) -> Staged<Drafted> {
    let lines = &reduced.lines;
    let payers = Payers::new(accounts.table);
    let (owed, mut aside) = grouping::owed(lines, &payers, accounts.parked);
    let bills = grouping::bills(lines, &owed);
    let drawing = Drawing::new(terms, accounts, &payers, offers, past, lines);
    let mut drawn = Drawn::with_room(bills.len());
    for bills in bills.chunk_by(|one, next| one.payer == next.payer) {
        if let Err(fault) = drawing.of_payer(bills, &mut drawn) {
            aside.extend(grouping::parked(lines, &payers, bills, &fault));
        }
    }
    let Drawn { made, left_out } = drawn;
    // What is taken off a line has nothing to say beside it.
    let whole = left_out
        .iter()
        .filter(|line| reduced.target(line.row).is_none());
    aside.extend(whole.map(|line| line.aside(lines)));
    let (suppressed, carried): (Vec<&LeftOut>, Vec<&LeftOut>) =
        left_out.iter().partition(|line| line.is_billed());
    let suppressed: Vec<usize> = suppressed.iter().map(|line| line.row).collect();
    let line_ids = past.lines.frame().text("line_id").iter().flatten();
    let line_ids = line_ids.map(str::to_owned).collect();
    let ids = tables::ids(&made);
    let kept = Drafted {
        lines: tables::lines(
            terms.run_id,
            &payers,
            &line_ids,
            reduced,
            (&made, &ids),
            &suppressed,
        ),
        drafts: tables::drafts(terms, &payers, lines, (&made, &ids)),
        parties: tables::parties(&payers, (&made, &ids)),
        taxes: tables::taxes(&made),
        allocations: tables::allocations(terms.run_id, &payers, lines, &made),
        carried: carried
            .into_iter()
            .map(|line| {
                let text = |name| lines.text_at(name, line.row);
                ids::item(text("service_id"), text("charge")).to_owned()
            })
            .collect(),
    };
    Staged { kept, aside }
}

/// Why an account cannot be invoiced: a code and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    code: &'static str,
    message: String,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    fn park(&self, account_id: &str) -> Aside {
        Aside::parking(account_id, "invoice", self.code, self.message.clone())
    }
}
