//! What later runs need of earlier ones, beyond their claims: what accounts owe, copies of files, lines of services.

use super::location::Location;
use super::open::Book;
use super::part;
use super::verify::check_file;
use super::view::PartName;
use crate::diagnostic::Report;
use crate::model::draft::Invoices;
use crate::model::index::Index;
use crate::model::line::Lines;
use crate::model::owed::Owed;
use crate::model::table::{Columns, Kind, internal, units_column};
use polars::prelude::{BooleanChunked, Column, DataFrame, IdxCa, Scalar};
use std::collections::BTreeSet;
use std::path::PathBuf;

impl Book {
    /// The lines of these services and accounts, and those of these runs as far as a comparison needs them, drafts included. Reads no
    /// part where none is named.
    ///
    /// Out: in no order; of a run's lines only the columns in `COMPARED`, the others are null.
    /// Errors as in [`Book::view`].
    pub fn lines_of(
        &self,
        services: &BTreeSet<String>,
        accounts: &BTreeSet<String>,
        runs: &BTreeSet<String>,
    ) -> Result<Lines, Report> {
        let table = Lines::SCHEMA;
        let mut rows = table.empty();
        for run in runs {
            let mut columns = COMPARED.to_vec();
            // Whose they are matters only where some are read whole.
            columns.extend((!accounts.is_empty()).then_some("account_id"));
            let compared = self.columns(table, Some(run), &columns)?;
            let ids = compared.text("service_id").iter();
            let mut others: BooleanChunked = ids
                .map(|id| id.is_some_and(|id| !services.contains(id)))
                .collect();
            if !accounts.is_empty() {
                let ids = compared.text("account_id").iter();
                let of_others: BooleanChunked = ids
                    .map(|id| id.is_some_and(|id| !accounts.contains(id)))
                    .collect();
                others = &others & &of_others;
            }
            let compared = match others.all() {
                true => compared,
                false => compared.filter(&others).map_err(internal)?,
            };
            let column = |(name, kind): &(&str, Kind)| match compared.column(name) {
                Ok(column) => column.clone(),
                Err(_) => {
                    let nothing = Scalar::null(kind.dtype());
                    Column::new_scalar((*name).into(), nothing, compared.height())
                }
            };
            let columns = table.columns.iter().map(column).collect();
            let compared = DataFrame::new(compared.height(), columns).map_err(internal)?;
            rows = below(rows, compared)?;
        }
        if !services.is_empty() || !accounts.is_empty() {
            let [services, accounts] = [services, accounts]
                .map(|ids| ids.iter().map(String::as_str).collect::<BTreeSet<_>>());
            let wanted = [("service_id", &services), ("account_id", &accounts)];
            let whole = self.rows_with(table, &wanted)?;
            rows = below(rows, whole)?;
        }
        Ok(Lines::in_order(rows))
    }

    /// The copy of an input that a run has read, compared with its hash.
    ///
    /// Errors: `BW-B103` it is missing, `BW-B106` it was changed.
    pub fn kept_copy(&self, sha256: &str, run: &str) -> Result<PathBuf, Report> {
        let copy = self.at.input_path(sha256);
        check_file(&self.at, &copy, sha256, run)?;
        Ok(copy)
    }
}

/// What every account owes by its posted invoices, and in which currency.
pub(super) fn owed(at: &Location, invoices: Vec<PartName>) -> Result<Owed, Report> {
    const COLUMNS: [&str; 4] = ["account_id", "currency", "prior_balance", "amount_due"];
    let table = Invoices::SCHEMA;
    let mut all: Option<DataFrame> = None;
    for name in invoices {
        let bytes = part::read(at, table.name, &name.sha256, &name.run_id)?;
        let frame = part::decode(table, bytes, Some(&COLUMNS))?;
        match &mut all {
            None => all = Some(frame),
            Some(all) => drop(all.vstack_mut(&frame).map_err(internal)?),
        }
    }
    all.map_or_else(|| Ok(Owed::default()), added_up)
}

/// What is compared with the export of tonight: how a service was on the lines that billed it last.
const COMPARED: [&str; 10] = [
    "run_id",
    "service_id",
    "charge",
    "kind",
    "period_start",
    "period_end",
    "quantity",
    "unit_price",
    "price_from",
    "days_before",
];

fn below(mut rows: DataFrame, more: DataFrame) -> Result<DataFrame, Report> {
    if rows.height() == 0 {
        return Ok(more);
    }
    rows.vstack_mut_owned(more).map_err(internal)?;
    Ok(rows)
}

/// Adds up invoices by account; those of an account come in the order they were posted.
fn added_up(mut invoices: DataFrame) -> Result<Owed, Report> {
    invoices.rechunk_mut_par();
    let accounts = invoices.text("account_id");
    // The first invoice of an account stands for it.
    let first_of = Index::new(accounts).rows(accounts);
    let sums = invoices
        .units("prior_balance")
        .zip(invoices.units("amount_due"));
    let mut balances = vec![0_i128; invoices.height()];
    let mut last_of: Vec<u32> = (0..).take(invoices.height()).collect();
    for (row, (prior, total)) in sums.enumerate() {
        let first = first_of[row] as usize;
        if first == row {
            balances[first] = prior.unwrap_or_default();
        }
        balances[first] += total.unwrap_or_default();
        last_of[first] = row as u32;
    }
    let firsts = (0..).zip(&first_of).filter(|(row, first)| *row == **first);
    let firsts: Vec<u32> = firsts.map(|(row, _)| row).collect();
    let taken = |name: &str, rows: Vec<u32>| {
        let rows = IdxCa::from_vec("".into(), rows);
        invoices
            .column(name)
            .and_then(|column| column.take(&rows))
            .map_err(internal)
    };
    let lasts = firsts.iter().map(|row| last_of[*row as usize]).collect();
    let balances = firsts.iter().map(|row| Some(balances[*row as usize]));
    let columns = vec![
        taken("account_id", firsts.clone())?,
        taken("currency", lasts)?,
        units_column("balance", Kind::Amount, balances),
    ];
    DataFrame::new(firsts.len(), columns)
        .map(Owed::checked)
        .map_err(internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::table::text_column;

    /// AD3: the balance before a run is what the first invoice found and all invoices since.
    #[test]
    fn ad3_a_balance_begins_with_what_the_first_invoice_found() {
        let units = |name, units: [i128; 3]| units_column(name, Kind::Amount, units.map(Some));
        let invoices = DataFrame::new_infer_height(vec![
            text_column("account_id", ["A-2", "A-1", "A-2"].map(Some)),
            text_column("currency", ["JPY", "USD", "EUR"].map(Some)),
            units("prior_balance", [50_000, 0, 150_000]),
            units("amount_due", [100_000, 3_000_000, -25_000]),
        ]);
        let owed = added_up(invoices.unwrap()).unwrap();
        let balance = |account| owed.of(account).unwrap().balance.to_string();
        assert_eq!([balance("A-1"), balance("A-2")], ["300.00", "12.50"]);
        assert_eq!(owed.of("A-2").unwrap().currency, "EUR");
        assert_eq!(owed.of("A-3"), None);
    }
}
