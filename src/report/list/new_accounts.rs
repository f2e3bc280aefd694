//! Accounts that were never billed: what to look at before their first invoice.

use super::Listing;
use crate::calendar::Date;
use crate::model::account::Tables;
use crate::model::group::Group;
use crate::model::index::NOWHERE;
use crate::model::table::{Columns, Texts};
use crate::report::page::counted;
use crate::report::table::{Column, Side, Table};
use polars::prelude::{IdxCa, IdxSize, NewChunkedArray, StringChunked};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Accounts without a posted invoice, the newest first, each with its schemes, its earliest bill date and the fields that are
/// still empty (O8). `posted` are the accounts of all posted invoices.
pub fn new_accounts(
    tables: &Tables,
    groups: &BTreeMap<String, Group>,
    posted: &StringChunked,
) -> Listing {
    let accounts = &tables.accounts;
    let mut is_new = vec![true; accounts.height()];
    for account in tables.places.accounts(accounts).rows(posted) {
        if let Some(is_new) = is_new.get_mut(account as usize) {
            *is_new = false;
        }
    }
    let created = accounts.whole_dates("created_on");
    let rows = (0..).zip(&is_new);
    let mut rows: Vec<IdxSize> = rows
        .filter(|(_, is_new)| **is_new)
        .map(|(row, _)| row)
        .collect();
    // Stable: accounts of one day, and those without a day, stay in the order of their ids.
    rows.sort_by_key(|row| Reverse(created.at(*row as usize)));
    let packages = packages(tables, &is_new);
    let package = || rows.iter().map(|row| &packages[*row as usize]);
    let lacks = Lacks::new(tables, groups);
    let missing = |row: &IdxSize| lacks.of(*row as usize, &packages[*row as usize]);
    let missing: Vec<String> = rows.par_iter().map(missing).collect();
    let unready = missing.iter().filter(|missing| !missing.is_empty()).count();
    let numbers = IdxCa::from_slice("".into(), &rows);
    let listed = accounts.select(["created_on", "account_id", "name"]);
    let listed = listed.and_then(|listed| listed.take(&numbers));
    let listed = listed.expect("rows within the table of accounts");
    let schemes = package().map(|package| Some(package.schemes.join(", ")));
    let table = Table::of([
        (
            "created_on",
            Side::Left,
            Column::days(&listed, "created_on"),
        ),
        (
            "account_id",
            Side::Left,
            Column::texts(&listed, "account_id"),
        ),
        ("name", Side::Left, Column::texts(&listed, "name")),
        (
            "services",
            Side::Right,
            Column::counts(package().map(|package| package.services)),
        ),
        ("schemes", Side::Left, Column::Texts(schemes.collect())),
        (
            "next_bill_on",
            Side::Left,
            Column::of_days(package().map(|package| package.next_bill_on)),
        ),
        (
            "missing",
            Side::Left,
            Column::Texts(missing.into_iter().map(Some).collect()),
        ),
    ])
    .spare(&["schemes", "services", "name"]);
    let note = (unready > 0).then(|| {
        format!(
            "{} not ready: mend the export, or keep them back with a hold.",
            counted(unready, "account")
        )
    });
    Listing {
        table,
        notes: note.into_iter().collect(),
    }
}

/// What an account has bought.
#[derive(Clone, Default)]
struct Package<'a> {
    services: usize,
    /// Each once, in the order of their names.
    schemes: Vec<&'a str>,
    next_bill_on: Option<Date>,
}

/// That of each account that is wanted, by its row.
fn packages<'a>(tables: &'a Tables, wanted: &[bool]) -> Vec<Package<'a>> {
    let Tables {
        accounts,
        subscriptions,
        services,
        ..
    } = tables;
    let accounts_of = tables.accounts_of_subscriptions();
    let (ids, schemes) = (
        services.whole_texts("service_id"),
        subscriptions.whole_texts("scheme"),
    );
    let next_bills = services.whole_dates("next_bill_on");
    let mut packages = vec![Package::default(); accounts.height()];
    let mut last = None;
    for (row, subscription) in (0..).zip(tables.subscriptions_of_services()) {
        let account = accounts_of.get(subscription as usize).copied();
        let account = account.unwrap_or(NOWHERE) as usize;
        if wanted.get(account) != Some(&true) {
            continue;
        }
        let package = &mut packages[account];
        // A service has a row for each change of it.
        package.services += usize::from(last != ids.get(row));
        last = ids.get(row);
        let scheme = schemes.get(subscription as usize).unwrap_or_default();
        if let Err(at) = package.schemes.binary_search(&scheme) {
            package.schemes.insert(at, scheme);
        }
        let days = [package.next_bill_on, next_bills.at(row)];
        package.next_bill_on = days.into_iter().flatten().min();
    }
    packages
}

/// The fields an invoice needs.
struct Lacks<'a> {
    groups: &'a BTreeMap<String, Group>,
    group: &'a Texts,
    delivery: &'a Texts,
    name: &'a Texts,
    address: &'a Texts,
    emails: &'a Texts,
}

impl<'a> Lacks<'a> {
    fn new(tables: &'a Tables, groups: &'a BTreeMap<String, Group>) -> Self {
        let text = |name| tables.accounts.whole_texts(name);
        Self {
            groups,
            group: text("group"),
            delivery: text("delivery"),
            name: text("name"),
            address: text("address"),
            emails: text("emails"),
        }
    }

    /// Those that an account lacks.
    fn of(&self, account: usize, package: &Package<'_>) -> String {
        let is_empty = |column: &Texts| column.get(account).is_none_or(str::is_empty);
        let delivery = match self.delivery.get(account) {
            None | Some("") => {
                let group = self
                    .group
                    .get(account)
                    .and_then(|name| self.groups.get(name));
                group.and_then(|group| group.delivery.as_deref())
            }
            own => own,
        };
        let is_mailed = !matches!(delivery, Some("none" | "hardcopy"));
        let fields = [
            ("name", is_empty(self.name)),
            ("address", is_empty(self.address)),
            ("emails", is_mailed && is_empty(self.emails)),
            ("services", package.services == 0),
        ];
        let missing = fields.iter().filter(|(_, is_missing)| *is_missing);
        let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
        missing.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, shown};
    use crate::report::list::tests::{accounts, services, subscriptions};

    /// O8: newest first, without those that have an invoice, and with what they lack.
    #[test]
    fn o8_accounts_never_billed_are_listed_newest_first_with_what_they_lack() {
        let tables = Tables {
            accounts: accounts(
                "account_id | name | address | emails | bill_day | group | delivery | created_on
                 A-1 | Ann | Street 1 | ann@example.com | 1 | | | 2025-01-01
                 A-2 | Bob | | | | paper | | 2026-01-10
                 A-3 | | Street 3 | | 15 | | | 2026-01-20
                 A-4 | Dot | Street 4 | dot@example.com | | | |",
            ),
            subscriptions: subscriptions(
                "subscription_id | account_id | scheme
                 C-2 | A-2 | home
                 C-3 | A-3 | office",
            ),
            services: services(
                "service_id | subscription_id | effective_on | next_bill_on
                 S-2 | C-2 | | 2026-02-01
                 S-2 | C-2 | 2026-03-01 |
                 S-3 | C-3 | | 2026-01-20",
            ),
            ..fixture::tables()
        };
        let paper = Group {
            bill_day: Some(1),
            delivery: Some("hardcopy".to_owned()),
            ..Group::default()
        };
        let posted = [Some("A-1")].into_iter().collect();
        let listing = new_accounts(
            &tables,
            &BTreeMap::from([("paper".to_owned(), paper)]),
            &posted,
        );
        insta::assert_snapshot!(shown(&listing.table), @"
        created_on | account_id | name | services | schemes | next_bill_on | missing
        2026-01-20 | A-3 |  | 1 | office | 2026-01-20 | name, emails
        2026-01-10 | A-2 | Bob | 1 | home | 2026-02-01 | address
         | A-4 | Dot | 0 |  |  | services
        ");
        assert_eq!(
            listing.notes,
            ["3 accounts not ready: mend the export, or keep them back with a hold."]
        );
    }
}
