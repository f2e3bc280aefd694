//! A run cut into ranges of accounts: each is a small workspace of its own, computed by itself.
//!
//! An account is in the range of the account that pays its invoices, so that no range needs another.

use crate::diagnostic::Aside;
use crate::model::account::Tables;
use crate::model::allocation::Allocations;
use crate::model::book_view::{BookView, CanceledRun};
use crate::model::ids;
use crate::model::index::{Index, NOWHERE};
use crate::model::line::{Claims, Exceptions, Exclusions, Lines};
use crate::model::owed::Owed;
use crate::model::places::Places;
use crate::model::service_action::ServiceActions;
use crate::model::table::Columns;
use crate::model::wallet::{Purse, Shortfalls, TopUps, WalletStates};
use polars::prelude::{DataFrame, IdxCa, StringChunked};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one range is computed from. What belongs to no account is in the first.
pub struct Range {
    pub tables: Tables,
    pub faults: Vec<Aside>,
    pub book: BookView,
}

/// All ranges, by the rows of each.
pub struct Ranges<'a> {
    tables: &'a Tables,
    book: &'a BookView,
    accounts: Rows,
    subscriptions: Rows,
    services: Rows,
    pauses: Rows,
    orders: Rows,
    order_lines: Rows,
    discounts: Rows,
    credits: Rows,
    wallets: Rows,
    top_ups: Rows,
    claims: Rows,
    canceled: Vec<Rows>,
    exceptions: Rows,
    exclusions: Rows,
    owed: Rows,
    allocations: Rows,
    wallet_states: Rows,
    counted_top_ups: Rows,
    shortfalls: Rows,
    canceled_shortfalls: Rows,
    service_orders: Rows,
    faults: Vec<Vec<Aside>>,
    whose: Whose,
}

impl<'a> Ranges<'a> {
    /// Ranges of so many paying accounts.
    pub fn new(tables: &'a Tables, faults: &[Aside], book: &'a BookView, size: usize) -> Self {
        let whose = Whose::new(tables, size);
        let by = |numbers: Vec<u32>| Rows::new(&numbers, whose.count);
        let (services, (accounts, subscriptions)) = rayon::join(
            || Rows::new(&whose.services, whose.count),
            || {
                let of = |numbers| Rows::new(numbers, whose.count);
                (of(&whose.accounts), of(&whose.subscriptions))
            },
        );
        let of_claims = |claims: &Claims| whose.claims(claims.frame());
        let mut sorted = vec![Vec::new(); whose.count];
        for fault in faults {
            sorted[whose.of_account(&fault.account_id)].push(fault.clone());
        }
        Self {
            accounts,
            subscriptions,
            services,
            pauses: by(whose.of_pauses(&tables.pauses)),
            orders: by(whose.of_accounts(tables.orders.text("account_id"))),
            order_lines: by(whose.of_orders(tables.order_lines.text("order_id"))),
            discounts: by(whose.of_accounts(tables.discounts.text("account_id"))),
            credits: by(whose.of_accounts(tables.credits.text("account_id"))),
            wallets: by(whose.of_accounts(tables.wallets.text("account_id"))),
            top_ups: by(whose.of_accounts(tables.top_ups.text("account_id"))),
            claims: of_claims(&book.claims),
            canceled: book
                .canceled
                .iter()
                .map(|run| of_claims(&run.claims))
                .collect(),
            exceptions: by(whose.of_accounts(book.exceptions.frame().text("account_id"))),
            exclusions: by(whose.of_accounts(book.exclusions.frame().text("account_id"))),
            owed: by(whose.of_accounts(book.owed.frame().text("account_id"))),
            allocations: by(whose.of_accounts(book.allocations.frame().text("account_id"))),
            wallet_states: by(whose.of_accounts(book.purse.states.frame().text("account_id"))),
            counted_top_ups: by(whose.of_accounts(book.purse.top_ups.frame().text("account_id"))),
            shortfalls: by(whose.of_accounts(book.purse.shortfalls.frame().text("account_id"))),
            canceled_shortfalls: by(
                whose.of_accounts(book.purse.canceled_shortfalls.frame().text("account_id"))
            ),
            service_orders: by(whose.of_accounts(book.purse.orders.frame().text("account_id"))),
            faults: sorted,
            tables,
            book,
            whose,
        }
    }

    pub fn count(&self) -> usize {
        self.whose.count
    }

    pub fn range(&self, number: usize) -> Range {
        let tables = self.tables;
        let is_first = number == 0;
        let services = self.services.of(number);
        Range {
            tables: Tables {
                accounts: cut(&tables.accounts, self.accounts.of(number)),
                subscriptions: cut(&tables.subscriptions, self.subscriptions.of(number)),
                services: cut(&tables.services, services),
                pauses: cut(&tables.pauses, self.pauses.of(number)),
                orders: cut(&tables.orders, self.orders.of(number)),
                order_lines: cut(&tables.order_lines, self.order_lines.of(number)),
                discounts: cut(&tables.discounts, self.discounts.of(number)),
                credits: cut(&tables.credits, self.credits.of(number)),
                wallets: cut(&tables.wallets, self.wallets.of(number)),
                top_ups: cut(&tables.top_ups, self.top_ups.of(number)),
                top_ups_repeated: if is_first { tables.top_ups_repeated } else { 0 },
                usage: tables
                    .usage
                    .of_services(services.iter().map(|row| *row as usize)),
                usage_repeated: if is_first { tables.usage_repeated } else { 0 },
                is_partial: tables.is_partial,
                places: Places::default(),
                orphans: if is_first {
                    tables.orphans.clone()
                } else {
                    BTreeMap::new()
                },
            },
            faults: self.faults[number].clone(),
            book: self.past(number),
        }
    }

    fn past(&self, number: usize) -> BookView {
        let book = self.book;
        let canceled = book.canceled.iter().zip(&self.canceled);
        let canceled = canceled.map(|(run, rows)| CanceledRun {
            run_id: run.run_id.clone(),
            claims: Claims::in_order(cut(run.claims.frame(), rows.of(number))),
            ..*run
        });
        BookView {
            lineage: book.lineage.clone(),
            head: book.head.clone(),
            claims: Claims::checked(cut(book.claims.frame(), self.claims.of(number))),
            canceled: canceled.collect(),
            runs: book.runs.clone(),
            exceptions: Exceptions::in_order(cut(
                book.exceptions.frame(),
                self.exceptions.of(number),
            )),
            exclusions: Exclusions::in_order(cut(
                book.exclusions.frame(),
                self.exclusions.of(number),
            )),
            series: book.series.clone(),
            owed: Owed::checked(cut(book.owed.frame(), self.owed.of(number))),
            allocations: Allocations::in_order(cut(
                book.allocations.frame(),
                self.allocations.of(number),
            )),
            purse: Purse {
                states: WalletStates::in_order(cut(
                    book.purse.states.frame(),
                    self.wallet_states.of(number),
                )),
                top_ups: TopUps::in_order(cut(
                    book.purse.top_ups.frame(),
                    self.counted_top_ups.of(number),
                )),
                shortfalls: Shortfalls::in_order(cut(
                    book.purse.shortfalls.frame(),
                    self.shortfalls.of(number),
                )),
                canceled_shortfalls: Shortfalls::in_order(cut(
                    book.purse.canceled_shortfalls.frame(),
                    self.canceled_shortfalls.of(number),
                )),
                orders: ServiceActions::in_order(cut(
                    book.purse.orders.frame(),
                    self.service_orders.of(number),
                )),
            },
            ..*book
        }
    }

    /// Lines in the book by the range of their service.
    pub fn lines(&self, lines: &Lines) -> Vec<Lines> {
        let frame = lines.frame();
        if frame.height() == 0 {
            return vec![Lines::empty(); self.count()];
        }
        let rows = Rows::new(
            &self.whose.of_services(frame.text("service_id")),
            self.count(),
        );
        let of_range = |number| Lines::in_order(cut(frame, rows.of(number)));
        (0..self.count()).map(of_range).collect()
    }
}

/// The rows of a table by the range they are in.
struct Rows {
    /// Those of the first range, then those of the next.
    order: Vec<u32>,
    ends: Vec<usize>,
}

impl Rows {
    fn new(numbers: &[u32], count: usize) -> Self {
        Self::in_order(numbers, 0..numbers.len() as u32, count)
    }

    /// The same with the rows of each range in this order.
    fn in_order(numbers: &[u32], rows: impl Iterator<Item = u32>, count: usize) -> Self {
        // Behind the last range are those that are in none.
        let mut next = vec![0; count + 2];
        for number in numbers {
            next[*number as usize + 1] += 1;
        }
        for number in 0..=count {
            next[number + 1] += next[number];
        }
        let mut order = vec![0; numbers.len()];
        for row in rows {
            let at = &mut next[numbers[row as usize] as usize];
            order[*at] = row;
            *at += 1;
        }
        // Where each began is by now where it ends.
        next.truncate(count);
        Self { order, ends: next }
    }

    fn of(&self, number: usize) -> &[u32] {
        let begin = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.order[begin..self.ends[number]]
    }
}

/// Rows of a table: without a copy where they stand beside one another, as they do where both tables have one order.
fn cut(frame: &DataFrame, rows: &[u32]) -> DataFrame {
    let Some(first) = rows.first() else {
        return frame.clear();
    };
    if rows.iter().zip(*first..).all(|(row, next)| *row == next) {
        return frame.slice(i64::from(*first), rows.len());
    }
    let rows = IdxCa::from_vec("".into(), rows.to_vec());
    frame.take(&rows).expect("rows within the table")
}

/// In which range everything is.
struct Whose {
    count: usize,
    is_partial: bool,
    /// By row of each table.
    accounts: Vec<u32>,
    subscriptions: Vec<u32>,
    services: Vec<u32>,
    orders: Vec<u32>,
    of_accounts: Arc<Index>,
    of_services: Arc<Index>,
    of_orders: Index,
}

impl Whose {
    fn new(tables: &Tables, size: usize) -> Self {
        let of_accounts = tables.places.accounts(&tables.accounts).clone();
        let payers = of_accounts.rows(tables.accounts.text("invoice_to"));
        let payers = (0..)
            .zip(payers)
            .map(|(own, payer)| if payer == NOWHERE { own } else { payer });
        let accounts: Vec<u32> = payers.map(|payer| payer / size as u32).collect();
        let subscriptions = through(tables.accounts_of_subscriptions(), &accounts);
        let services = through(tables.subscriptions_of_services(), &subscriptions);
        let owners = of_accounts.rows(tables.orders.text("account_id"));
        Self {
            count: tables.accounts.height().div_ceil(size).max(1),
            is_partial: tables.is_partial,
            orders: through(owners, &accounts),
            of_services: tables.places.services(&tables.services).clone(),
            of_orders: Index::new(tables.orders.text("order_id")),
            accounts,
            subscriptions,
            services,
            of_accounts,
        }
    }

    fn of_account(&self, account_id: &str) -> usize {
        let row = self.of_accounts.row(account_id);
        row.map_or(0, |row| self.accounts[row] as usize)
    }

    fn of_accounts(&self, ids: &StringChunked) -> Vec<u32> {
        through(self.of_accounts.rows(ids), &self.accounts)
    }

    fn of_services(&self, ids: &StringChunked) -> Vec<u32> {
        through(self.of_services.rows(ids), &self.services)
    }

    fn of_orders(&self, ids: &StringChunked) -> Vec<u32> {
        through(self.of_orders.rows(ids), &self.orders)
    }

    /// A pause is of a service, or of all services of an account.
    fn of_pauses(&self, pauses: &DataFrame) -> Vec<u32> {
        let services = pauses.text("service_id");
        let by_service = self.of_services(services);
        let by_account = self.of_accounts(pauses.text("account_id"));
        let both = by_service.into_iter().zip(by_account).zip(services.iter());
        both.map(|((service, account), id)| if id.is_some() { service } else { account })
            .collect()
    }

    /// Claims in the order of their services, in which each range looks at them.
    ///
    /// A claim is of a service, or of the line of an order, which has none. What is not in the tables is in the first range, or in none
    /// where it may only not have been read.
    fn claims(&self, claims: &DataFrame) -> Rows {
        let services = claims.text("service_id");
        let stranger = if self.is_partial {
            self.count as u32
        } else {
            0
        };
        let range = |row: u32| self.services.get(row as usize).copied().unwrap_or(stranger);
        let rows = self.of_services.rows(services);
        let mut numbers: Vec<u32> = rows.iter().map(|row| range(*row)).collect();
        let charges = claims.text("charge");
        for (row, service) in services.iter().enumerate() {
            if service.is_none_or(str::is_empty) {
                let line = charges.get(row).unwrap_or_default();
                let order = ids::of_part(line.split_once(':').map_or(line, |(order, _)| order));
                let order = self.of_orders.row(&order);
                numbers[row] = order.map_or(stranger, |order| self.orders[order]);
            }
        }
        // What has no service comes first, as it does by name.
        let height = self.services.len();
        let place = |row: &u32| (row.wrapping_add(1) as usize).min(height) as u32;
        let places: Vec<u32> = rows.iter().map(place).collect();
        let by_service = Rows::new(&places, height + 1);
        Rows::in_order(&numbers, by_service.order.into_iter(), self.count)
    }
}

/// The ranges of rows that stand at these; what is nowhere is in the first.
fn through(rows: Vec<u32>, ranges: &[u32]) -> Vec<u32> {
    let range = |row: u32| ranges.get(row as usize).copied().unwrap_or(0);
    rows.into_iter().map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::table::count_column;

    #[test]
    fn rows_are_cut_in_the_order_they_are_asked_for() {
        let numbers = count_column("number", (0..6).map(Some));
        let frame = DataFrame::new(6, vec![numbers]).unwrap();
        for rows in [&[1, 2, 3][..], &[1, 4, 3], &[3, 2, 1], &[5], &[]] {
            let cut = cut(&frame, rows);
            let found: Vec<i64> = cut.counts("number").iter().flatten().collect();
            let wanted: Vec<i64> = rows.iter().copied().map(i64::from).collect();
            assert_eq!(found, wanted);
        }
    }
}
