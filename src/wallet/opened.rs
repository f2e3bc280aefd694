//! Wallets as they are when a run begins: those of the input, with what the book says is in them.

use super::Wallets;
use super::money::Money;
use crate::calendar::Date;
use crate::model::index::{Index, NOWHERE};
use crate::model::table::{Columns, Texts};
use crate::model::wallet::Lot;

/// What a wallet has come to in a run, in units of an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub opening: i128,
    pub topped_up: i128,
    pub debited: i128,
    pub expired: i128,
    /// The opening balance it was first seen with.
    pub opened_with: i128,
    /// The opening balance it has in the input.
    pub said: i128,
    /// How many transactions it has had.
    pub transactions: i64,
    /// Whether it is new or was moved.
    pub is_touched: bool,
}

/// All wallets of the input, those of one account beside one another.
pub struct Opened<'a> {
    /// Rows of the wallets table, by account.
    pub rows: Vec<usize>,
    /// For each account where its wallets begin in `rows`; with the end of the last.
    pub starts: Vec<usize>,
    pub money: Vec<Money<'a>>,
    pub moved: Vec<Moved>,
}

impl<'a> Opened<'a> {
    pub fn new(wallets: &Wallets<'a>) -> Self {
        let (table, tables) = (&wallets.tables.wallets, wallets.tables);
        let accounts = tables.places.accounts(&tables.accounts);
        let owners = accounts.rows(table.text("account_id"));
        let mut rows: Vec<usize> = (0..table.height())
            .filter(|row| owners[*row] != NOWHERE)
            .collect();
        rows.sort_by_key(|row| (owners[*row], *row));
        let mut starts = vec![0; tables.accounts.height() + 1];
        for row in &rows {
            starts[owners[*row] as usize + 1] += 1;
        }
        for account in 0..tables.accounts.height() {
            starts[account + 1] += starts[account];
        }
        let known = Known::new(wallets);
        let (mut money, mut moved) = (
            Vec::with_capacity(rows.len()),
            Vec::with_capacity(rows.len()),
        );
        for row in &rows {
            let (held, so_far) = known.wallet(*row);
            money.push(held);
            moved.push(so_far);
        }
        Self {
            rows,
            starts,
            money,
            moved,
        }
    }
}

/// The columns of wallets, and where the book's row of each is.
struct Known<'a> {
    ids: &'a Texts,
    schemes: &'a Texts,
    expires: Vec<Option<Date>>,
    priorities: Vec<Option<i64>>,
    limits: Vec<i128>,
    openings: Vec<i128>,
    states: Vec<u32>,
    closing: Vec<i128>,
    opened_with: Vec<i128>,
    transactions: Vec<i64>,
    lots: &'a Texts,
}

impl<'a> Known<'a> {
    fn new(wallets: &Wallets<'a>) -> Self {
        let (table, states) = (&wallets.tables.wallets, wallets.purse.states.frame());
        let units = |name: &str| table.units(name).map(Option::unwrap_or_default).collect();
        let known = |name: &str| states.units(name).map(Option::unwrap_or_default).collect();
        let counts = states.counts("transactions").iter();
        Self {
            ids: table.whole_texts("wallet_id"),
            schemes: table.whole_texts("scheme"),
            expires: table.dates("expires_on").collect(),
            priorities: table.counts("priority").iter().collect(),
            limits: units("credit_limit"),
            openings: units("opening_balance"),
            states: Index::new(states.text("wallet_id")).rows(table.text("wallet_id")),
            closing: known("closing"),
            opened_with: known("opened_with"),
            transactions: counts.map(Option::unwrap_or_default).collect(),
            lots: states.whole_texts("lots"),
        }
    }

    fn wallet(&self, row: usize) -> (Money<'a>, Moved) {
        let state = (self.states[row] != NOWHERE).then(|| self.states[row] as usize);
        let lots = Lot::read(state.and_then(|state| self.lots.get(state)));
        let opening = state.map_or(self.openings[row], |state| self.closing[state]);
        let money = Money {
            id: self.ids.get(row).unwrap_or_default(),
            scheme: self.schemes.get(row).filter(|name| !name.is_empty()),
            until: self.expires[row],
            priority: self.priorities[row].unwrap_or(i64::MAX),
            limit: self.limits[row],
            rest: opening - lots.iter().map(|lot| lot.left).sum::<i128>(),
            lots,
        };
        let moved = Moved {
            opening,
            said: self.openings[row],
            opened_with: state.map_or(opening, |state| self.opened_with[state]),
            transactions: state.map_or(0, |state| self.transactions[state]),
            is_touched: state.is_none(),
            ..Moved::default()
        };
        (money, moved)
    }
}
