//! How every row of the input ended, each counted once.

use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::account::{ACCOUNTS, SERVICES, SUBSCRIPTIONS, Tables};
use crate::model::due::Standings;
use crate::model::plan::RowBalance;
use crate::model::table::{Columns, text_column};
use std::collections::BTreeMap;
use std::fmt;

/// How a service stands in a run. A later variant goes before an earlier one when an account or subscription is counted
/// by the best of its services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing<'a> {
    /// The definition does not ask for it, by this field.
    NotSelected(&'a str),
    /// Nothing of it is ready yet.
    NotDue,
    /// Selected and rightly not billed, for this reason.
    Excluded(&'a str),
    /// Should be billed and cannot be, with this code.
    Excepted(&'a str),
    Billed,
}

impl<'a> Standing<'a> {
    /// Reads what `Display` prints.
    pub fn parse(text: &'a str) -> Self {
        match text.split_once(':') {
            Some(("not_selected", field)) => Self::NotSelected(field),
            Some(("excluded", reason)) => Self::Excluded(reason),
            Some(("excepted", code)) => Self::Excepted(code),
            _ if text == "billed" => Self::Billed,
            _ => Self::NotDue,
        }
    }
}

impl fmt::Display for Standing<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSelected(field) => write!(out, "not_selected:{field}"),
            Self::NotDue => out.write_str("not_due"),
            Self::Excluded(reason) => write!(out, "excluded:{reason}"),
            Self::Excepted(code) => write!(out, "excepted:{code}"),
            Self::Billed => out.write_str("billed"),
        }
    }
}

/// The standings once later stages have set rows aside too: what they parked is no longer billed.
pub fn settle(standings: Standings, aside: &[Aside]) -> Standings {
    let exceptions = || aside.iter().filter(|row| row.kind == AsideKind::Exception);
    let accounts: BTreeMap<&str, &str> = exceptions()
        .filter(|row| row.reach == Reach::Account)
        .map(|row| (row.account_id.as_str(), row.code))
        .collect();
    let services: BTreeMap<&str, &str> = exceptions()
        .filter(|row| row.reach == Reach::Service)
        .map(|row| (row.service_id.as_str(), row.code))
        .collect();
    let frame = standings.frame();
    let rows = frame
        .text("standing")
        .iter()
        .zip(frame.text("account_id").iter())
        .zip(frame.text("service_id").iter());
    let settled = rows.map(|((standing, account), service)| {
        let code = account
            .and_then(|id| accounts.get(id))
            .or_else(|| service.and_then(|id| services.get(id)));
        match (standing.map(Standing::parse), code) {
            (Some(Standing::Billed), Some(code)) => Some(Standing::Excepted(code).to_string()),
            _ => standing.map(str::to_owned),
        }
    });
    let column = text_column("standing", settled.collect::<Vec<_>>());
    let mut frame = frame.clone();
    frame
        .with_column(column)
        .expect("a column of the same height");
    Standings::checked(frame)
}

/// Where the rows of each input table ended (P10). `aside` has the orphans, which are in no table.
pub fn balance(tables: &Tables, standings: &Standings, aside: &[Aside]) -> Vec<RowBalance> {
    let frame = standings.frame();
    let standing = || frame.text("standing").iter().flatten().map(Standing::parse);
    let best = |key: &str| {
        let mut best: BTreeMap<String, Standing<'_>> = BTreeMap::new();
        for (id, standing) in frame.text(key).iter().flatten().zip(standing()) {
            match best.get_mut(id) {
                Some(other) => *other = standing.max(*other),
                None => drop(best.insert(id.to_owned(), standing)),
            }
        }
        best
    };
    let whole = |table: &str, rows: usize, standings: &mut dyn Iterator<Item = Standing<'_>>| {
        let orphans = aside
            .iter()
            .filter(|row| row.reach == Reach::Row && orphaned_from(row) == table)
            .count();
        let mut balance = RowBalance {
            table: table.to_owned(),
            rows: rows + orphans,
            excepted: orphans,
            ..RowBalance::default()
        };
        for standing in standings {
            match standing {
                Standing::Billed => balance.billed += 1,
                Standing::Excluded(reason) => {
                    balance.excluded += 1;
                    balance.held += usize::from(reason == "held");
                }
                Standing::Excepted(_) => balance.excepted += 1,
                Standing::NotDue => {
                    *balance
                        .not_selected
                        .entry("not_due".to_owned())
                        .or_default() += 1
                }
                Standing::NotSelected(field) => {
                    *balance.not_selected.entry(field.to_owned()).or_default() += 1
                }
            }
        }
        assert!(
            balance.is_whole(),
            "rows of {table} are not accounted for: {balance:?}"
        );
        balance
    };
    let of_owner = |schema_name: &str, ids: &polars::prelude::StringChunked, key: &str| {
        let best = best(key);
        let none = Standing::NotSelected("no_services");
        whole(
            schema_name,
            ids.len(),
            &mut ids
                .iter()
                .map(|id| id.and_then(|id| best.get(id).copied()).unwrap_or(none)),
        )
    };
    vec![
        of_owner(
            ACCOUNTS.name,
            tables.accounts.text("account_id"),
            "account_id",
        ),
        of_owner(
            SUBSCRIPTIONS.name,
            tables.subscriptions.text("subscription_id"),
            "subscription_id",
        ),
        whole(SERVICES.name, tables.services.height(), &mut standing()),
    ]
}

/// The table an orphan stood in: rows name what they are.
fn orphaned_from(row: &Aside) -> &'static str {
    if row.service_id.is_empty() {
        SUBSCRIPTIONS.name
    } else {
        SERVICES.name
    }
}
