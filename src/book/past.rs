//! What later runs need of earlier ones, beyond their claims: what accounts owe, copies of files, lines of services.

use super::open::Book;
use super::part;
use super::verify::check_file;
use crate::diagnostic::Report;
use crate::model::draft::Invoices;
use crate::model::line::Lines;
use crate::model::table::{Columns, internal};
use crate::money::Amount;
use polars::prelude::BooleanChunked;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What the posted invoices of an account come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Owed {
    /// Currency of the last posted invoice, by account.
    pub currencies: BTreeMap<String, String>,
    /// The prior balance of the first posted invoice and the totals of all, by account.
    pub balances: BTreeMap<String, Amount>,
}

impl Book {
    /// The lines of these services and of these runs and no others, drafts included. Reads no part where none is named.
    ///
    /// Errors as in [`Book::view`].
    pub fn lines_of(
        &self,
        services: &BTreeSet<String>,
        runs: &BTreeSet<String>,
    ) -> Result<Lines, Report> {
        let table = Lines::SCHEMA;
        let mut rows = table.empty();
        if services.is_empty() && runs.is_empty() {
            return Ok(Lines::checked(rows));
        }
        for name in self.parts(table, None)? {
            let bytes = part::read(&self.at, table.name, &name.sha256, &name.run_id)?;
            let frame = part::decode(table, bytes, None)?;
            if runs.contains(&name.run_id) {
                rows.vstack_mut_owned(frame).map_err(internal)?;
                continue;
            }
            let ids = frame.text("service_id").iter();
            let wanted: BooleanChunked = ids
                .map(|id| id.is_some_and(|id| services.contains(id)))
                .collect();
            rows.vstack_mut_owned(frame.filter(&wanted).map_err(internal)?)
                .map_err(internal)?;
        }
        Ok(Lines::checked(rows))
    }

    /// The copy of an input that a run has read, compared with its hash.
    ///
    /// Errors: `BW-B103` it is missing, `BW-B106` it was changed.
    pub fn kept_copy(&self, sha256: &str, run: &str) -> Result<PathBuf, Report> {
        let copy = self.at.input_path(sha256);
        check_file(&self.at, &copy, sha256, run)?;
        Ok(copy)
    }

    /// What every account owes by its posted invoices, and in which currency.
    pub(super) fn owed(&self) -> Result<Owed, Report> {
        const COLUMNS: [&str; 4] = ["account_id", "currency", "prior_balance", "total"];
        let table = Invoices::SCHEMA;
        let mut owed = Owed::default();
        for name in self.parts(table, None)? {
            let bytes = part::read(&self.at, table.name, &name.sha256, &name.run_id)?;
            let frame = part::decode(table, bytes, Some(&COLUMNS))?;
            let sums = frame.units("prior_balance").zip(frame.units("total"));
            for (row, (prior, total)) in sums.enumerate() {
                owed.add(
                    frame.text_at("account_id", row),
                    frame.text_at("currency", row),
                    prior.unwrap_or_default(),
                    total.unwrap_or_default(),
                );
            }
        }
        Ok(owed)
    }
}

impl Owed {
    /// Adds an invoice; those of an account come in the order they were posted.
    fn add(&mut self, account: &str, currency: &str, prior: i128, total: i128) {
        let before = match self.balances.get(account) {
            Some(balance) => balance.units(),
            None => prior,
        };
        let balance =
            Amount::from_units(before + total).expect("posted totals of an account fit an amount");
        self.balances.insert(account.to_owned(), balance);
        self.currencies
            .insert(account.to_owned(), currency.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AD3: the balance before a run is what the first invoice found and all invoices since.
    #[test]
    fn ad3_a_balance_begins_with_what_the_first_invoice_found() {
        let mut owed = Owed::default();
        owed.add("A-1", "USD", 5_000, 10_000);
        owed.add("A-2", "JPY", 0, 300_000);
        owed.add("A-1", "USD", 15_000, -2_500);
        let balance = |account| owed.balances[account].to_string();
        assert_eq!(balance("A-1"), "12.50");
        assert_eq!(balance("A-2"), "300.00");
        assert_eq!(owed.currencies["A-2"], "JPY");
    }
}
