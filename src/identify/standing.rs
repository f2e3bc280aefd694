//! How services and order lines stand in a run.

use super::balance::Owners;
use super::joined::Joined;
use super::order;
use super::rows::gather;
use super::service::Stand;
use crate::calendar::Date;
use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::account::Tables;
use crate::model::due::Standings;
use crate::model::ids;
use crate::model::index::NOWHERE;
use crate::model::line::ADJUSTMENT;
use crate::model::table::{Columns, count_column, date_column, text_column};
use foldhash::fast::FixedState;
use polars::prelude::{DataFrame, IdxCa, IdxSize, NewChunkedArray};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// How a service or order line stands in a run. A later variant goes before an earlier one when an account or subscription is counted
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

impl Standing<'_> {
    /// As `Display` prints it.
    fn text<'b>(&self) -> Cow<'b, str> {
        match self {
            Self::Billed => Cow::Borrowed("billed"),
            Self::NotDue => Cow::Borrowed("not_due"),
            other => Cow::Owned(other.to_string()),
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

/// Whose the standings are.
pub fn owners(
    joined: &Joined<'_>,
    services: &[Stand],
    orders: &[(usize, String, order::Looked)],
) -> Owners {
    let of_services = services.iter().map(|stand| joined.row(stand.row));
    let accounts = of_services.clone().map(|(.., account)| account as u32);
    let subscriptions = of_services.map(|(_, subscription, _)| subscription as u32);
    let orderers = orders.iter().map(|(account, ..)| *account as u32);
    Owners {
        accounts: accounts.chain(orderers).collect(),
        subscriptions: subscriptions
            .chain(orders.iter().map(|_| NOWHERE))
            .collect(),
    }
}

impl Owners {
    /// The standings by account, subscription and service, all of which stand in the order of their ids.
    pub fn in_key_order(&self, standings: &Standings) -> Standings {
        let mut rows: Vec<IdxSize> = (0..).take(standings.len()).collect();
        rows.sort_by_key(|row| {
            let row = *row as usize;
            // What has no subscription comes first.
            (self.accounts[row], self.subscriptions[row].wrapping_add(1))
        });
        let rows = IdxCa::from_vec("".into(), rows);
        let rows = standings.frame().take(&rows);
        Standings::checked(rows.expect("rows of the standings"))
    }
}

/// The table of all standings. `orders` are those of order lines, in the order of their table, each with its account.
pub fn table(
    tables: &Tables,
    joined: &Joined<'_>,
    owners: &Owners,
    services: &[Stand],
    orders: &[(usize, String, order::Looked)],
) -> Standings {
    let height = services.len();
    let owned_by = |rows: &[u32]| IdxCa::from_slice("".into(), &rows[..height]);
    let service_rows = services.iter().map(|stand| stand.row as IdxSize).collect();
    let service_rows = IdxCa::from_vec("".into(), service_rows);
    let columns = vec![
        gather(&tables.accounts, "account_id", &owned_by(&owners.accounts)),
        gather(
            &tables.subscriptions,
            "subscription_id",
            &owned_by(&owners.subscriptions),
        ),
        gather(&tables.services, "service_id", &service_rows),
        gather(&tables.services, "charge", &service_rows),
        text_column(
            "standing",
            services.iter().map(|stand| Some(stand.standing.text())),
        ),
        date_column(
            "billed_through",
            services.iter().map(|stand| stand.billed_through),
        ),
        date_column(
            "next_ready_on",
            services.iter().map(|stand| stand.next_ready_on),
        ),
        counts("rows", services, |stand| stand.rows),
        counts("usage", services, |stand| stand.usage),
    ];
    let mut table = DataFrame::new(height, columns).expect("columns of one height");
    if !orders.is_empty() {
        let looked = || orders.iter().map(|(_, _, looked)| looked);
        let days = |of: fn(&order::Looked) -> Option<Date>| looked().map(of);
        let columns = vec![
            text_column(
                "account_id",
                orders
                    .iter()
                    .map(|(account, ..)| Some(joined.account_id(*account))),
            ),
            text_column("subscription_id", looked().map(|_| Some(""))),
            text_column("service_id", looked().map(|_| Some(""))),
            text_column("charge", orders.iter().map(|(_, id, _)| Some(id))),
            text_column(
                "standing",
                looked().map(|looked| Some(looked.standing.to_string())),
            ),
            date_column("billed_through", days(|looked| looked.billed_through)),
            date_column("next_ready_on", days(|looked| looked.next_ready_on)),
            counts("rows", orders, |_| 1),
            counts("usage", orders, |_| 0),
        ];
        let orders = DataFrame::new(orders.len(), columns).expect("columns of one height");
        table.vstack_mut(&orders).expect("standings have one shape");
    }
    Standings::in_order(table)
}

fn counts<T>(name: &str, rows: &[T], of: impl Fn(&T) -> usize) -> polars::prelude::Column {
    count_column(name, rows.iter().map(|row| i64::try_from(of(row)).ok()))
}

/// What later stages leave for another run: nothing of it is claimed.
const CARRIED: [&str; 4] = ["below_minimum", "negative_carried", "shortfall", "stopped"];

/// The standings once later stages have had their say: what they parked or carried is no longer billed, and what has a line that adjusts
/// earlier ones is, though nothing else of it was due.
pub fn settle(standings: Standings, aside: &[Aside], lines: &DataFrame) -> Standings {
    let now = |row: &Aside| match row.kind {
        AsideKind::Exception => Some(Standing::Excepted(row.code)),
        AsideKind::Exclusion if CARRIED.contains(&row.code) => Some(Standing::Excluded(row.code)),
        AsideKind::Exclusion => None,
    };
    let of_reach = |reach: Reach, id: fn(&Aside) -> &str| {
        let rows = aside.iter().filter(|row| row.reach == reach);
        let standings = rows.filter_map(|row| Some((id(row), now(row)?)));
        standings.collect::<HashMap<&str, Standing<'static>, FixedState>>()
    };
    let accounts = of_reach(Reach::Account, |row| &row.account_id);
    let alone = of_reach(Reach::Service, |row| {
        ids::item(&row.service_id, &row.charge)
    });
    let adjusted = adjusted(lines);
    if accounts.is_empty() && alone.is_empty() && adjusted.is_empty() {
        return standings;
    }
    let frame = standings.frame();
    let columns = ["standing", "account_id", "service_id", "charge"];
    let columns = columns.map(|name| frame.text(name).rechunk());
    let [standing, account, service, charge] = columns.each_ref().map(|it| it.downcast_as_array());
    let settled = (0..frame.height()).map(|row| {
        let id = ids::item(
            service.get(row).unwrap_or_default(),
            charge.get(row).unwrap_or_default(),
        );
        let its_own = || alone.get(id);
        let now = || account.get(row).and_then(|id| accounts.get(id));
        let before = standing.get(row);
        match before.map(Standing::parse) {
            Some(Standing::Billed) => now().or_else(its_own).map(Standing::text),
            // Its days are billed, and a person has to look at them.
            Some(Standing::NotDue | Standing::Excluded(_)) => match its_own() {
                Some(now @ (Standing::Excepted(_) | Standing::Excluded("stopped"))) => {
                    Some(now.text())
                }
                _ => adjusted.contains(id).then(|| Standing::Billed.text()),
            },
            _ => None,
        }
        .or(before.map(Cow::Borrowed))
    });
    let column = text_column("standing", settled);
    let mut frame = frame.clone();
    frame
        .with_column(column)
        .expect("a column of the same height");
    Standings::in_order(frame)
}

/// Services that have lines which adjust what was billed, with a line or without one.
pub fn adjusted(lines: &DataFrame) -> BTreeSet<&str> {
    let columns = ["service_id", "adjusts", "kind"].map(|name| lines.text(name).iter());
    let [services, adjusts, kinds] = columns;
    let adjusted = services
        .zip(adjusts.zip(kinds))
        .filter(|(_, (adjusts, kind))| adjusts.is_some() || *kind == Some(ADJUSTMENT));
    adjusted.filter_map(|(service, _)| service).collect()
}
