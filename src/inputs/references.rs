//! Rows of the three tables tied together: each service to its subscription, each subscription to its account.

use super::ids;
use super::typed::Typed;
use super::value::quoted;
use crate::diagnostic::{Aside, AsideKind, Reach, Report, Staged};
use crate::model::account::{ORDER_LINES, ORDERS, PAUSES, Tables, USAGE};
use crate::model::table::{Columns, internal};
use polars::prelude::*;
use std::collections::BTreeMap;

/// Ties the tables together and says what is to be set aside.
///
/// Out: a row whose parent is unknown is not kept, but in `aside` with reach `Row` (`BW-X105`), so that the rows of a file
/// are the kept ones and those. The rows of a repeated service are both kept and their accounts parked; of a repeated
/// subscription the first is kept, so that no service has two (`BW-X107`).
/// Errors: `BW-V101` no id, `BW-X101` an account twice, `BW-X102` ids that look the same.
pub fn tie(
    accounts: Typed,
    subscriptions: Typed,
    services: Typed,
) -> Result<Staged<Tables>, Report> {
    let mut report = Report::new();
    for table in [&accounts, &subscriptions, &services] {
        report.extend(ids::without_id(table));
        report.extend(ids::look_the_same(table));
    }
    report.extend(ids::repeated_accounts(&accounts));
    let (accounts, mut subscriptions, mut services) =
        report.unless_errors((accounts, subscriptions, services))?;

    let mut aside = Vec::new();
    aside.extend(faults(&accounts, accounts.ids()));

    let owners = owners_of(&subscriptions, "account_id", &accounts.frame)?;
    aside.extend(faults(&subscriptions, &owners));
    aside.extend(orphans(&subscriptions, &owners, "account_id"));
    aside.extend(repeated(&subscriptions, &owners));
    let first: BooleanChunked = ids::repeats(subscriptions.ids())
        .map(|first| first.is_none())
        .collect();
    aside.extend(left_out(&subscriptions, &owners, &first));
    subscriptions.frame = keep(&subscriptions.frame, &(&owners.is_not_null() & &first))?;

    let owners = owners_of(&services, "subscription_id", &subscriptions.frame)?;
    aside.extend(faults(&services, &owners));
    aside.extend(orphans(&services, &owners, "subscription_id"));
    aside.extend(repeated(&services, &owners));
    services.frame = keep(&services.frame, &owners.is_not_null())?;

    aside.sort();
    let kept = Tables {
        accounts: accounts.frame,
        subscriptions: subscriptions.frame,
        services: services.frame,
        pauses: PAUSES.empty(),
        orders: ORDERS.empty(),
        order_lines: ORDER_LINES.empty(),
        usage: USAGE.empty(),
        usage_files: Vec::new(),
        usage_repeated: 0,
        orphans: BTreeMap::new(),
    };
    Ok(Staged { kept, aside })
}

/// For each row the account it belongs to; null where its parent is unknown.
fn owners_of(child: &Typed, by: &str, parents: &DataFrame) -> Result<StringChunked, Report> {
    const OWNER: &str = "owner";
    let parents = parents
        .clone()
        .lazy()
        .select([col(by), col("account_id").alias(OWNER)]);
    let mut how = JoinArgs::new(JoinType::Left);
    how.maintain_order = MaintainOrderJoin::Left;
    let joined = child
        .frame
        .clone()
        .lazy()
        .select([col(by)])
        .join(parents, [col(by)], [col(by)], how)
        .select([col(OWNER)])
        .collect()
        .map_err(internal)?;
    Ok(joined.text(OWNER).clone())
}

fn keep(frame: &DataFrame, mask: &BooleanChunked) -> Result<DataFrame, Report> {
    if mask.all() {
        return Ok(frame.clone());
    }
    frame.filter(mask).map_err(internal)
}

/// A row set aside with its account, in the words of one column.
fn parked(
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
        charge: text("charge"),
        stage: "inputs",
        code,
        message: format!("{}: {message}", table.place(index, column)),
    }
}

/// Values that do not fit park their account. Rows without an account are orphans, and told once.
fn faults(table: &Typed, owners: &StringChunked) -> Vec<Aside> {
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

fn orphans(table: &Typed, owners: &StringChunked, by: &str) -> Vec<Aside> {
    if owners.null_count() == 0 {
        return Vec::new();
    }
    let (parent, known) = match by {
        "account_id" => ("account", "is known"),
        _ => ("subscription", "of a known account"),
    };
    let unknown = owners
        .iter()
        .enumerate()
        .filter(|(_, owner)| owner.is_none());
    unknown
        .map(|(index, _)| {
            let message = match table.frame.text(by).get(index) {
                Some(id) => format!(
                    "no {parent} {} {known}; the row is billed to nobody",
                    quoted(id)
                ),
                None => format!("no {parent} is named; the row is billed to nobody"),
            };
            Aside {
                reach: Reach::Row,
                ..parked(table, index, "", by, "BW-X105", &message)
            }
        })
        .collect()
}

/// Each row of an id that is there twice, with the account it names.
fn repeated(table: &Typed, owners: &StringChunked) -> Vec<Aside> {
    let column = table.demands.id();
    let mut aside = Vec::new();
    for (index, first) in ids::repeats(table.ids()).enumerate() {
        let Some(first) = first else { continue };
        let is_second = index == first + 1;
        let mut tell = |at: usize, other: usize| {
            if let Some(account) = owners.get(at) {
                let message = format!(
                    "the same id as in row {}; one id names one thing",
                    table.row(other)
                );
                aside.push(parked(table, at, account, column, "BW-X107", &message));
            }
        };
        if is_second {
            tell(first, index);
        }
        tell(index, first);
    }
    aside
}

/// Repeated rows that are not kept, so that they are still counted.
fn left_out(table: &Typed, owners: &StringChunked, first: &BooleanChunked) -> Vec<Aside> {
    let column = table.demands.id();
    let again = first.iter().zip(owners.iter()).enumerate();
    again
        .filter(|(_, (is_first, owner))| *is_first == Some(false) && owner.is_some())
        .map(|(index, _)| Aside {
            reach: Reach::Row,
            ..parked(
                table,
                index,
                "",
                column,
                "BW-X107",
                "a subscription that is there already; the row is not read",
            )
        })
        .collect()
}
