//! Whose invoice is the last one, so that nothing can wait for the next.

use super::payer::Payers;
use super::{Accounts, Terms};
use crate::model::table::Columns;

/// For each account whether what is billed to it goes on after this run.
pub struct Closing {
    goes_on: Vec<bool>,
}

impl Closing {
    /// An account is finished where it is canceled, or where no service of it and of the accounts it pays for goes on.
    pub fn new(terms: &Terms<'_>, accounts: &Accounts<'_>, payers: &Payers<'_>) -> Self {
        let mut goes_on = vec![false; accounts.table.height()];
        let frame = accounts.standings.frame();
        let services = frame
            .text("account_id")
            .iter()
            .zip(frame.text("standing").iter())
            .zip(frame.dates("next_ready_on"));
        for ((account, standing), next) in services {
            if let Some(account) = account
                && (next.is_some()
                    || accounts.parked.contains_key(account)
                    || says_nothing_of_the_future(standing.unwrap_or_default()))
            {
                goes_on[payers.meant(payers.row(account))] = true;
            }
        }
        let canceled = accounts.table.text("status").iter();
        for (row, (status, day)) in canceled
            .zip(accounts.table.dates("canceled_on"))
            .enumerate()
        {
            if status == Some("canceled") || day.is_some_and(|day| day <= terms.as_of) {
                goes_on[row] = false;
            }
        }
        Self { goes_on }
    }

    /// Whether an invoice of this payer is its last.
    pub fn is_last(&self, payer: usize) -> bool {
        !self.goes_on[payer]
    }
}

/// A service that was not looked at, or that waits to be mended or released, is not known to be over.
fn says_nothing_of_the_future(standing: &str) -> bool {
    let waits = standing.starts_with("excluded:")
        && !matches!(standing, "excluded:ended" | "excluded:waived");
    waits || standing.starts_with("not_selected") || standing.starts_with("excepted")
}
