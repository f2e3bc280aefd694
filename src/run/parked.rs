//! What a plan leaves out because an account, a service or the line of an order is parked.

use super::stale::items;
use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::due::Standings;
use crate::model::ids;
use crate::model::line::{RatedLines, Settled};
use crate::model::table::Columns;
use foldhash::fast::FixedState;
use polars::prelude::BooleanChunked;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Ids that are looked up and never gone through.
type Ids<'a> = HashSet<&'a str, FixedState>;

/// Who is parked: whole accounts, and services and order lines alone.
pub struct Parked<'a> {
    accounts: Ids<'a>,
    items: Ids<'a>,
}

impl<'a> Parked<'a> {
    pub fn by(aside: &'a [Aside]) -> Self {
        let parked = |reach: Reach, id: fn(&Aside) -> &str| -> Ids<'a> {
            aside
                .iter()
                .filter(|row| row.kind == AsideKind::Exception && row.reach == reach)
                .map(id)
                .collect()
        };
        Self {
            accounts: parked(Reach::Account, |row| &row.account_id),
            items: parked(Reach::Service, |row| {
                ids::item(&row.service_id, &row.charge)
            }),
        }
    }

    pub fn has(&self, account: &str, item: &str) -> bool {
        self.accounts.contains(account) || self.items.contains(item)
    }
}

/// The lines of accounts and services that no stage has parked: where one period of a service has no price, none is billed.
pub fn of_unparked(rated: RatedLines, parked: &Parked<'_>) -> RatedLines {
    if parked.accounts.is_empty() && parked.items.is_empty() {
        return rated;
    }
    let frame = rated.frame();
    let accounts = frame.text("account_id").iter().flatten();
    let kept: BooleanChunked = accounts
        .zip(items(frame))
        .map(|(account, item)| !parked.has(account, item))
        .collect();
    RatedLines::checked(frame.filter(&kept).expect("a mask of the same height"))
}

/// Reasons for which days are billed without a line.
const WITHOUT_LINE: [&str; 2] = ["no_usage", "commitment_met"];

/// Reasons for which nothing of a service is due.
const IDLE: [&str; 2] = ["ended", "paused"];

/// What is set aside, without what was found of days that are not claimed after all, and of services of which something is told
/// though nothing is due: days that are billed cost something else, as `adjusted` services say on a line.
pub fn told(
    aside: Vec<Aside>,
    carried: &BTreeSet<String>,
    adjusted: &BTreeSet<&str>,
) -> Vec<Aside> {
    let parked = Parked::by(&aside);
    let is_told = |row: &Aside| {
        let service = row.service_id.as_str();
        adjusted.contains(service) || parked.items.contains(service)
    };
    let is_claimed = |row: &Aside| {
        !carried.contains(&row.service_id) && !parked.has(&row.account_id, &row.service_id)
    };
    let is_kept = |row: &Aside| {
        (!WITHOUT_LINE.contains(&row.code) || is_claimed(row))
            && (!IDLE.contains(&row.code) || !is_told(row))
    };
    let kept: Vec<bool> = aside.iter().map(is_kept).collect();
    let told = aside.into_iter().zip(kept);
    told.filter_map(|(row, is_kept)| is_kept.then_some(row))
        .collect()
}

/// Leaves of days without a line those of services and order lines that nothing has parked.
pub fn keep_billed(days: &mut Vec<Settled>, standings: &Standings, parked: &Parked<'_>) {
    if days.is_empty() {
        return;
    }
    let frame = standings.frame();
    let rows = frame.text("account_id").iter().flatten().zip(items(frame));
    let parked: Ids<'_> = rows
        .filter(|(account, item)| parked.has(account, item))
        .map(|(_, item)| item)
        .collect();
    days.retain(|days| !parked.contains(ids::item(&days.service_id, &days.charge)));
}

/// Accounts that are parked so far, selected or not, with the code of the first fault.
pub fn parked_accounts<'a>(inputs: &'a [Aside], aside: &'a [Aside]) -> BTreeMap<&'a str, &'a str> {
    let exceptions = inputs
        .iter()
        .chain(aside)
        .filter(|row| row.kind == AsideKind::Exception && row.reach == Reach::Account);
    let codes: Vec<(&str, &str)> = exceptions
        .map(|row| (row.account_id.as_str(), row.code))
        .collect();
    codes.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::line::RatedLines;
    use crate::rate::at_stake;
    use crate::report::fixture::table;

    /// A line that an account and its service both take with them counts at the account; late rows take nothing.
    #[test]
    fn what_is_at_stake_counts_once() {
        let lines = RatedLines::checked(table(
            RatedLines::SCHEMA,
            "account_id | service_id | charge | period_start | amount | currency
             A-1 | S-1 | line | 2026-02-01 | 4.00 | EUR
             A-1 | S-2 | line | 2026-02-01 | 5.00 | EUR
             A-2 | S-3 | line | 2026-02-01 | 6.00 | EUR
             A-2 | S-3 | line | 2026-03-01 | -1.50 | EUR
             A-2 | S-4 | line | 2026-02-01 | 7.00 | EUR
             A-2 |  | O-1:1 | 2026-02-01 | 8.00 | USD",
        ));
        let account = Aside::parking("A-1", "inputs", "BW-V120", "two lines".to_owned());
        let of = |reach, account: &str, service: &str, charge: &str, code| Aside {
            reach,
            service_id: service.to_owned(),
            charge: charge.to_owned(),
            ..Aside::parking(account, "rate", code, String::new())
        };
        let aside = [
            of(Reach::Service, "A-1", "S-1", "line", "BW-R104"),
            account,
            of(Reach::Service, "A-2", "S-3", "line", "BW-R104"),
            of(Reach::Service, "A-2", "S-3", "line", "BW-V190"),
            of(Reach::Row, "A-2", "S-4", "line", "BW-R301"),
            of(Reach::Service, "A-2", "", "O-1:1", "BW-R101"),
        ];
        let found = at_stake(&lines, &aside);
        let told = found.iter().map(|(row, sums)| {
            let sums: Vec<_> = sums
                .iter()
                .map(|(code, units)| format!("{units} {code}"))
                .collect();
            format!("{} {}", row.code, sums.join(" "))
        });
        let told: Vec<String> = told.collect();
        assert_eq!(
            told,
            [
                "BW-V120 90000 EUR",
                "BW-R101 80000 USD",
                "BW-R104 45000 EUR"
            ]
        );
    }
}
