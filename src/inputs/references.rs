//! Rows of the three tables tied together: each service to its subscription, each subscription to its account.

use super::typed::Typed;
use crate::diagnostic::{Aside, AsideKind, Diagnostic, Reach, Report, Staged};
use crate::model::account::Tables;
use crate::model::table::{Columns, internal};
use polars::prelude::*;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// Mistakes of one kind that are told one by one.
const TOLD: usize = 20;

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
        report.extend(without_id(table));
        report.extend(look_the_same(table));
    }
    report.extend(repeated_accounts(&accounts));
    let (accounts, mut subscriptions, mut services) =
        report.unless_errors((accounts, subscriptions, services))?;

    let mut aside = Vec::new();
    let accounts_frame = &accounts.frame;
    aside.extend(faults(&accounts, accounts.ids()));

    let owners = owners(&subscriptions, "account_id", accounts_frame, "account_id")?;
    aside.extend(faults(&subscriptions, &owners));
    aside.extend(orphans(&subscriptions, &owners, "account_id"));
    aside.extend(repeated(&subscriptions, &owners));
    let first: BooleanChunked = repeats(subscriptions.ids())
        .into_iter()
        .map(|first| first.is_none())
        .collect();
    aside.extend(left_out(&subscriptions, &owners, &first));
    subscriptions.frame = keep(&subscriptions.frame, &(&owners.is_not_null() & &first))?;

    let owners = self::owners(
        &services,
        "subscription_id",
        &subscriptions.frame,
        "account_id",
    )?;
    aside.extend(faults(&services, &owners));
    aside.extend(orphans(&services, &owners, "subscription_id"));
    aside.extend(repeated(&services, &owners));
    services.frame = keep(&services.frame, &owners.is_not_null())?;

    aside.sort();
    let kept = Tables {
        accounts: accounts.frame,
        subscriptions: subscriptions.frame,
        services: services.frame,
    };
    Ok(Staged { kept, aside })
}

fn without_id(table: &Typed) -> Report {
    let empty = table.ids().is_null();
    let rows = empty
        .iter()
        .enumerate()
        .filter(|(_, is_empty)| *is_empty == Some(true));
    told(rows.map(|(index, _)| {
        let place = table.place(index, table.demands.id());
        Diagnostic::error("BW-V101", place, "no id")
            .help("an id is needed; without one the row cannot be set aside")
    }))
}

fn repeated_accounts(accounts: &Typed) -> Report {
    let again = repeats(accounts.ids()).into_iter().enumerate();
    told(again.filter_map(|(index, first)| {
        let message = format!("the account `{}` a second time", accounts.ids().get(index)?);
        let first = accounts.place(first?, "account_id");
        Some(
            Diagnostic::error("BW-X101", accounts.place(index, "account_id"), message)
                .label(first, "first here")
                .help("which row is meant is not guessed; leave one account to an id"),
        )
    }))
}

/// Ids that differ only by blanks around them, or by how accents are encoded.
fn look_the_same(table: &Typed) -> Report {
    let ids = table.ids();
    let mut unusual: BTreeMap<String, usize> = BTreeMap::new();
    let mut pairs = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let Some(id) = id.filter(|id| !id.is_ascii() || id.trim() != *id) else {
            continue;
        };
        let plain: String = id.trim().nfc().collect();
        let usual = if plain == id {
            None
        } else {
            position(ids, &plain)
        };
        match usual.or_else(|| unusual.get(&plain).copied()) {
            Some(other) if ids.get(other) != Some(id) => pairs.push((index, other)),
            Some(_) => {}
            None => drop(unusual.insert(plain, index)),
        }
    }
    told(pairs.into_iter().map(|(index, other)| {
        let column = table.demands.id();
        Diagnostic::error(
            "BW-X102",
            table.place(index, column),
            "an id that looks the same as another",
        )
        .label(
            table.place(other, column),
            "the same after trimming and Unicode NFC",
        )
        .help("write both alike if they are one, and otherwise so that people can tell them apart")
    }))
}

/// Where a value stands in a sorted column.
fn position(sorted: &StringChunked, wanted: &str) -> Option<usize> {
    let (mut low, mut high) = (0, sorted.len());
    while low < high {
        let middle = low + (high - low) / 2;
        match sorted.get(middle) {
            Some(found) if found >= wanted => high = middle,
            _ => low = middle + 1,
        }
    }
    (sorted.get(low) == Some(wanted)).then_some(low)
}

/// For each row of a sorted id column the first row with the same id, if it is another.
fn repeats(ids: &StringChunked) -> Vec<Option<usize>> {
    let mut first = 0;
    let mut before = None;
    ids.iter()
        .enumerate()
        .map(|(index, id)| {
            if id.is_some() && id == before {
                Some(first)
            } else {
                (first, before) = (index, id);
                None
            }
        })
        .collect()
}

fn told(mistakes: impl Iterator<Item = Diagnostic>) -> Report {
    let mut mistakes = mistakes.peekable();
    let mut report: Report = mistakes.by_ref().take(TOLD).collect();
    if let Some(next) = mistakes.next() {
        let rest = 1 + mistakes.count();
        report.push(Diagnostic {
            message: format!("{}, and {rest} rows like this", next.message),
            ..next
        });
    }
    report
}

/// For each row the account it belongs to; null where its parent is unknown.
fn owners(
    child: &Typed,
    by: &str,
    parents: &DataFrame,
    owner: &str,
) -> Result<StringChunked, Report> {
    const OWNER: &str = "owner";
    let parents = parents
        .clone()
        .lazy()
        .select([col(by), col(owner).alias(OWNER)]);
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
                    super::value::quoted(id)
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
    for (index, first) in repeats(table.ids()).into_iter().enumerate() {
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
