//! Accounts that were never billed: what to look at before their first invoice.

use super::Listing;
use crate::calendar::Date;
use crate::model::account::Tables;
use crate::model::book_view::BookView;
use crate::model::group::Group;
use crate::report::page::counted;
use crate::report::row::Row;
use crate::report::table::{Cell, Side, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts without a posted invoice, the newest first, each with its schemes, its earliest bill date and the fields that are
/// still empty (O8).
pub fn new_accounts(tables: &Tables, groups: &BTreeMap<String, Group>, view: &BookView) -> Listing {
    let mut packages = packages(tables);
    let mut accounts: Vec<(Option<Date>, Vec<Cell>)> = Vec::new();
    let mut unready = 0;
    for row in Row::all(&tables.accounts) {
        let id = row.text("account_id");
        if view.owed.of(id).is_some() {
            continue;
        }
        let package = packages.remove(id).unwrap_or_default();
        let missing = missing(row, groups, &package);
        unready += usize::from(!missing.is_empty());
        let schemes: Vec<&str> = package.schemes.into_iter().collect();
        let created = row.date("created_on");
        let cells = vec![
            Cell::of(created),
            Cell::text(id),
            Cell::text(row.text("name")),
            Cell::count(package.services),
            Cell::text(schemes.join(", ")),
            Cell::of(package.next_bill_on),
            Cell::text(missing.join(", ")),
        ];
        accounts.push((created, cells));
    }
    // Stable: accounts of one day, and those without a day, stay in the order of their ids.
    accounts.sort_by_key(|(created, _)| std::cmp::Reverse(*created));
    let mut table = Table::new([
        ("created_on", Side::Left),
        ("account_id", Side::Left),
        ("name", Side::Left),
        ("services", Side::Right),
        ("schemes", Side::Left),
        ("next_bill_on", Side::Left),
        ("missing", Side::Left),
    ])
    .spare(&["schemes", "services", "name"]);
    accounts
        .into_iter()
        .for_each(|(_, cells)| table.push(cells));
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
#[derive(Default)]
struct Package<'a> {
    services: usize,
    schemes: BTreeSet<&'a str>,
    next_bill_on: Option<Date>,
}

fn packages(tables: &Tables) -> BTreeMap<&str, Package<'_>> {
    let subscriptions: BTreeMap<&str, Row> = Row::all(&tables.subscriptions)
        .map(|row| (row.text("subscription_id"), row))
        .collect();
    let mut packages: BTreeMap<&str, Package> = BTreeMap::new();
    let mut counted: BTreeSet<&str> = BTreeSet::new();
    for service in Row::all(&tables.services) {
        let Some(subscription) = subscriptions.get(service.text("subscription_id")) else {
            continue;
        };
        let package = packages.entry(subscription.text("account_id")).or_default();
        // A service has a row for each change of it.
        package.services += usize::from(counted.insert(service.text("service_id")));
        package.schemes.insert(subscription.text("scheme"));
        let days = [package.next_bill_on, service.date("next_bill_on")];
        package.next_bill_on = days.into_iter().flatten().min();
    }
    packages
}

/// The fields an invoice needs and the account lacks.
fn missing(account: Row, groups: &BTreeMap<String, Group>, package: &Package) -> Vec<&'static str> {
    let group = groups.get(account.text("group"));
    let delivery = match account.text("delivery") {
        "" => group.and_then(|group| group.delivery.as_deref()),
        own => Some(own),
    };
    let is_mailed = !matches!(delivery, Some("none" | "hardcopy"));
    let fields = [
        ("name", account.text("name").is_empty()),
        ("address", account.text("address").is_empty()),
        ("emails", is_mailed && account.text("emails").is_empty()),
        ("services", package.services == 0),
    ];
    let empty = fields.into_iter().filter(|(_, is_missing)| *is_missing);
    empty.map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::owed::Owed;
    use crate::money::Amount;
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
        let mut view = BookView::empty();
        view.owed = Owed::by_accounts([("A-1", "USD", Amount::ZERO)].into_iter());
        let listing = new_accounts(
            &tables,
            &BTreeMap::from([("paper".to_owned(), paper)]),
            &view,
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
