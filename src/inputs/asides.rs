//! Rows that are set aside, in the words of a column.

use super::ids;
use super::typed::Typed;
use super::value::quoted;
use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::account::ORDER_LINES;
use crate::model::table::Columns;
use polars::prelude::*;

/// A row set aside with its account.
pub fn parked(
    table: &Typed,
    index: usize,
    account: &str,
    column: &str,
    code: &'static str,
    message: &str,
) -> Aside {
    let text = |name: &str| match table.frame.column(name) {
        Ok(_) => table.frame.text_at(name, index).to_owned(),
        Err(_) => String::new(),
    };
    Aside {
        kind: AsideKind::Exception,
        reach: Reach::Account,
        account_id: account.to_owned(),
        subscription_id: text("subscription_id"),
        service_id: text("service_id"),
        charge: if table.demands.name() == ORDER_LINES.name {
            crate::model::ids::order_line(&text("order_id"), &text("line"))
        } else {
            text("charge")
        },
        stage: "inputs",
        code,
        message: format!("{}: {message}", table.place(index, column)),
    }
}

/// Values that do not fit park their account. Rows without an account are orphans, and told once.
pub fn faults(table: &Typed, owners: &StringChunked) -> Vec<Aside> {
    let told = table.faults.iter().filter_map(|fault| {
        let account = owners.get(fault.index)?;
        Some(parked(
            table,
            fault.index,
            account,
            fault.column,
            fault.misfit.code,
            &fault.misfit.message,
        ))
    });
    told.collect()
}

/// Rows without a known owner: `BW-X105`.
pub fn orphans(table: &Typed, owners: &StringChunked) -> Vec<Aside> {
    ids::empty(owners)
        .map(|index| {
            // The first reference that the row has.
            let named = table
                .demands
                .owners
                .iter()
                .find_map(|by| Some((*by, table.frame.text(by).get(index)?)));
            let (by, message) = match named {
                Some((by, id)) => (by, unknown(by, id)),
                None => {
                    let by = table.demands.owners[0];
                    let message = format!("no {} is named; {}", noun(by), lost(by));
                    (by, message)
                }
            };
            Aside {
                reach: Reach::Row,
                ..parked(table, index, "", by, "BW-X105", &message)
            }
        })
        .collect()
}

/// An id that leads to no account, in a column of references.
pub fn unknown(by: &str, id: &str) -> String {
    let known = match by {
        "account_id" => "is known",
        _ => "of a known account",
    };
    format!("no {} {} {known}; {}", noun(by), quoted(id), lost(by))
}

/// What becomes of a row that belongs to nobody.
fn lost(by: &str) -> &'static str {
    match by {
        "wallet_id" => "the money is in no wallet",
        _ => "the row is billed to nobody",
    }
}

fn noun(reference: &str) -> &str {
    reference.strip_suffix("_id").unwrap_or(reference)
}

/// Each row of an id that is there twice, with the account it names: `BW-X107`.
pub fn repeated(table: &Typed, owners: &StringChunked) -> Vec<Aside> {
    let column = table.demands.schema.key[0];
    let mut aside = Vec::new();
    if table.ids_differ {
        return aside;
    }
    for (index, first) in ids::repeats(table).into_iter().enumerate() {
        let Some(first) = first else { continue };
        let mut tell = |at: usize, other: usize| {
            if let Some(account) = owners.get(at) {
                let message = format!(
                    "the same id as in {}; one id names one thing",
                    table.beside(at, other)
                );
                aside.push(parked(table, at, account, column, "BW-X107", &message));
            }
        };
        if index == first + 1 {
            tell(first, index);
        }
        tell(index, first);
    }
    aside
}

/// Each row of a service whose rows, one for each change, lead to several accounts: `BW-X107`.
pub fn of_two_accounts(services: &Typed, owners: &StringChunked) -> Vec<Aside> {
    if services.ids_differ {
        return Vec::new();
    }
    let ids = services.ids();
    let dated = services
        .frame
        .column("effective_on")
        .map(Column::is_not_null);
    let is_dated = |index| {
        dated
            .as_ref()
            .is_ok_and(|dated| dated.get(index) == Some(true))
    };
    let mut aside = Vec::new();
    let mut first = 0;
    for index in 1..ids.len() {
        if ids.get(index) != ids.get(first) {
            first = index;
            continue;
        }
        let (Some(one), Some(other)) = (owners.get(first), owners.get(index)) else {
            continue;
        };
        // Rows without a day are the same id twice, and told as such.
        if one != other && is_dated(index) {
            for (at, account, beside) in [(first, one, index), (index, other, first)] {
                let message = format!(
                    "of another account than in {}; one id names one thing",
                    services.beside(at, beside)
                );
                let row = parked(services, at, account, "service_id", "BW-X107", &message);
                aside.push(row);
            }
        }
    }
    aside
}

/// Repeated rows that are not kept, so that they are still counted.
pub fn left_out(table: &Typed, owners: &StringChunked, first: &BooleanChunked) -> Vec<Aside> {
    let column = table.demands.id();
    let again = first.iter().zip(owners.iter()).enumerate();
    again
        .filter(|(_, (is_first, owner))| *is_first == Some(false) && owner.is_some())
        .map(|(index, _)| {
            let message = format!("the {} is there already; the row is not read", noun(column));
            Aside {
                reach: Reach::Row,
                ..parked(table, index, "", column, "BW-X107", &message)
            }
        })
        .collect()
}
