//! Where the rows of the input ended, each counted once.

use super::standing::Standing;
use super::usage::UsageCounts;
use crate::model::account::{
    ACCOUNTS, CREDITS, DISCOUNTS, ORDER_LINES, ORDERS, PAUSES, SERVICES, SUBSCRIPTIONS, TOP_UPS,
    Tables, USAGE, WALLETS,
};
use crate::model::due::Standings;
use crate::model::ids;
use crate::model::index::NOWHERE;
use crate::model::plan::RowBalance;
use crate::model::table::Columns;
use polars::prelude::{DataFrame, StringChunked};
use std::collections::HashMap;

/// The best standing by id.
type Best<'a> = HashMap<&'a str, Standing<'a>>;

/// Whose each standing is.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    /// Rows of the accounts table.
    pub accounts: Vec<u32>,
    /// Rows of the subscriptions table; `NOWHERE` for the line of an order.
    pub subscriptions: Vec<u32>,
}

/// Nothing of the run is about it.
const NO_SERVICES: Standing<'_> = Standing::NotSelected("no_services");

/// Where the rows of each input table ended (P10): all tables, always in this order. `owners` are those of the standings.
pub fn balance(
    tables: &Tables,
    standings: &Standings,
    owners: &Owners,
    usage: &UsageCounts,
) -> Vec<RowBalance> {
    let rows = Rows::new(standings, owners);
    let by_account = rows.best_by(&owners.accounts, tables.accounts.height());
    let by_subscription = rows.best_by(&owners.subscriptions, tables.subscriptions.height());
    let mut balances = vec![
        of_table(&by_account).whole(ACCOUNTS.name, tables.accounts.height(), tables),
        of_table(&by_subscription).whole(SUBSCRIPTIONS.name, tables.subscriptions.height(), tables),
        rows.counted("rows", |row| !rows.is_order(row)).whole(
            SERVICES.name,
            tables.services.height(),
            tables,
        ),
    ];
    balances.push(pauses(tables, &rows, &by_account).whole(
        PAUSES.name,
        tables.pauses.height(),
        tables,
    ));
    balances.push(orders(tables, &rows).whole(ORDERS.name, tables.orders.height(), tables));
    balances.push(rows.counted("rows", |row| rows.is_order(row)).whole(
        ORDER_LINES.name,
        tables.order_lines.height(),
        tables,
    ));
    for (schema, table, repeated) in [
        (DISCOUNTS, &tables.discounts, 0),
        (CREDITS, &tables.credits, 0),
        (WALLETS, &tables.wallets, 0),
        (TOP_UPS, &tables.top_ups, tables.top_ups_repeated),
    ] {
        let mut ended = of_accounts(table, tables, &by_account);
        ended.add(Standing::NotSelected("repeated"), repeated);
        balances.push(ended.whole(schema.name, table.height() + repeated, tables));
    }
    let mut used = rows.counted("usage", |row| !rows.is_order(row));
    used.add(Standing::Excepted(""), usage.excepted);
    used.add(Standing::Excluded(""), usage.waived);
    for (reason, count) in [
        ("not_due", usage.not_due),
        ("future", usage.future),
        ("not_counted", usage.not_counted),
        ("late_ignored", usage.late_ignored),
        ("billed_before", usage.billed_before),
        ("repeated", tables.usage_repeated),
    ] {
        used.add(Standing::NotSelected(reason), count);
    }
    balances.push(used.whole(
        USAGE.name,
        tables.usage.height() + tables.usage_repeated,
        tables,
    ));
    balances
}

/// The balances of all ranges as those of the run. Tables that have no rows are left out, but for the three every run has.
pub fn added_up(ranges: impl IntoIterator<Item = Vec<RowBalance>>) -> Vec<RowBalance> {
    let add = |mut all: Vec<RowBalance>, range: Vec<RowBalance>| {
        all.iter_mut()
            .zip(&range)
            .for_each(|(all, range)| all.add(range));
        all
    };
    let mut balances = ranges.into_iter().reduce(add).unwrap_or_default();
    let needed = [ACCOUNTS.name, SUBSCRIPTIONS.name, SERVICES.name];
    balances.retain(|balance| balance.rows > 0 || needed.contains(&balance.table.as_str()));
    balances
}

/// Rows of a table, each of which ends as the best of its services.
fn of_table<'a>(best: &[Option<Standing<'a>>]) -> Ended<'a> {
    let mut ended = Ended::default();
    for standing in best {
        ended.add(standing.unwrap_or(NO_SERVICES), 1);
    }
    ended
}

/// A pause ends as its service does, or its account.
fn pauses<'a>(tables: &Tables, rows: &Rows<'a>, by_account: &[Option<Standing<'a>>]) -> Ended<'a> {
    let mut ended = Ended::default();
    if tables.pauses.height() == 0 {
        return ended;
    }
    let by_service = rows.best(|row| rows.service(row));
    let accounts = tables.places.accounts(&tables.accounts);
    let owners = tables.pauses.text("service_id").iter();
    for (service, account) in owners.zip(tables.pauses.text("account_id").iter()) {
        let of_service = service.and_then(|id| by_service.get(id)).copied();
        let of_account = || by_account[accounts.row(account?)?];
        ended.add(of_service.or_else(of_account).unwrap_or(NO_SERVICES), 1);
    }
    ended
}

/// Discounts, credits, wallets and top-ups end as their account.
fn of_accounts<'a>(
    table: &DataFrame,
    tables: &Tables,
    by_account: &[Option<Standing<'a>>],
) -> Ended<'a> {
    let mut ended = Ended::default();
    if table.height() > 0 {
        let accounts = tables.places.accounts(&tables.accounts);
        for row in accounts.rows(table.text("account_id")) {
            ended.add(by_account[row as usize].unwrap_or(NO_SERVICES), 1);
        }
    }
    ended
}

/// An order ends as the best of its lines.
fn orders<'a>(tables: &Tables, rows: &Rows<'a>) -> Ended<'a> {
    let mut ended = Ended::default();
    let mut best: HashMap<&str, Standing<'_>> = HashMap::new();
    for row in (0..rows.len()).filter(|row| rows.is_order(*row)) {
        // ORDER:LINE, in which `:` stands once.
        let order = rows
            .charge(row)
            .split_once(':')
            .map_or("", |(order, _)| order);
        let standing = rows.standing(row);
        best.entry(order)
            .and_modify(|other| *other = standing.max(*other))
            .or_insert(standing);
    }
    for id in tables.orders.text("order_id").iter() {
        let standing = best.get(ids::part(id.unwrap_or_default()).as_ref());
        ended.add(
            standing
                .copied()
                .unwrap_or(Standing::NotSelected("no_lines")),
            1,
        );
    }
    ended
}

/// The standings, by row.
struct Rows<'a> {
    frame: &'a DataFrame,
    owners: &'a Owners,
    standings: Vec<Standing<'a>>,
    services: &'a StringChunked,
    charges: &'a StringChunked,
}

/// Reads standings, of which most are the same as the one before.
fn parsed(texts: &StringChunked) -> Vec<Standing<'_>> {
    let mut last = ("not_due", Standing::NotDue);
    let standings = texts.iter().map(|text| {
        let text = text.unwrap_or_default();
        if text != last.0 {
            last = (text, Standing::parse(text));
        }
        last.1
    });
    standings.collect()
}

impl<'a> Rows<'a> {
    fn new(standings: &'a Standings, owners: &'a Owners) -> Self {
        let frame = standings.frame();
        Self {
            frame,
            owners,
            standings: parsed(frame.text("standing")),
            services: frame.text("service_id"),
            charges: frame.text("charge"),
        }
    }

    fn len(&self) -> usize {
        self.standings.len()
    }

    fn standing(&self, row: usize) -> Standing<'a> {
        self.standings[row]
    }

    fn service(&self, row: usize) -> &'a str {
        self.services.get(row).unwrap_or_default()
    }

    fn charge(&self, row: usize) -> &'a str {
        self.charges.get(row).unwrap_or_default()
    }

    fn is_order(&self, row: usize) -> bool {
        self.owners.subscriptions[row] == NOWHERE
    }

    /// The best standing of all rows with one id.
    fn best(&self, id: impl Fn(usize) -> &'a str) -> Best<'a> {
        let mut best = Best::default();
        for (row, standing) in self.standings.iter().enumerate() {
            best.entry(id(row))
                .and_modify(|other| *other = (*standing).max(*other))
                .or_insert(*standing);
        }
        best
    }

    /// The best standing of all rows of each owner, these being so many.
    fn best_by(&self, owners: &[u32], height: usize) -> Vec<Option<Standing<'a>>> {
        let mut best = vec![None; height];
        for (owner, standing) in owners.iter().zip(&self.standings) {
            if let Some(best) = best.get_mut(*owner as usize) {
                *best = (*best).max(Some(*standing));
            }
        }
        best
    }

    /// A column of counts, by how the rows stand.
    fn counted(&self, column: &str, is_meant: impl Fn(usize) -> bool) -> Ended<'a> {
        let mut ended = Ended::default();
        for (row, count) in self.frame.counts(column).iter().enumerate() {
            if is_meant(row) {
                let count = count.and_then(|count| usize::try_from(count).ok());
                ended.add(self.standing(row), count.unwrap_or_default());
            }
        }
        ended
    }
}

/// Rows of one table by how they ended.
#[derive(Default)]
struct Ended<'a> {
    balance: RowBalance,
    /// Rows that are still to be added to it: most end as the one before.
    last: Option<(Standing<'a>, usize)>,
}

impl<'a> Ended<'a> {
    fn add(&mut self, standing: Standing<'a>, count: usize) {
        match &mut self.last {
            Some((last, rows)) if *last == standing => *rows += count,
            last => {
                if let Some((last, rows)) = last.replace((standing, count)) {
                    self.put(last, rows);
                }
            }
        }
    }

    fn put(&mut self, standing: Standing<'_>, count: usize) {
        let Self { balance, .. } = self;
        match standing {
            _ if count == 0 => (),
            Standing::Billed => balance.billed += count,
            Standing::Excluded(reason) => {
                balance.excluded += count;
                balance.held += if reason == "held" { count } else { 0 };
            }
            Standing::Excepted(_) => balance.excepted += count,
            Standing::NotDue => {
                *balance
                    .not_selected
                    .entry("not_due".to_owned())
                    .or_default() += count;
            }
            Standing::NotSelected(reason) => {
                *balance.not_selected.entry(reason.to_owned()).or_default() += count;
            }
        }
    }

    /// The balance of a table, its orphans added. Panics where a row is not accounted for.
    fn whole(mut self, table: &'static str, rows: usize, tables: &Tables) -> RowBalance {
        let orphans = tables.orphans.get(table).copied().unwrap_or_default();
        if let Some((last, rows)) = self.last.take() {
            self.put(last, rows);
        }
        let Self { balance, .. } = self;
        let balance = RowBalance {
            table: table.to_owned(),
            rows: rows + orphans,
            excepted: balance.excepted + orphans,
            ..balance
        };
        assert!(
            balance.is_whole(),
            "rows of {table} are not accounted for: {balance:?}"
        );
        balance
    }
}
