//! All wallets there are, and what was missing from them.

use crate::model::book_view::RunRecord;
use crate::model::line::Claims;
use crate::model::wallet::{Shortfalls, WalletStates};
use crate::report::row::Row;
use crate::report::table::{Cell, Column, Side, Table};
use crate::report::wallets::{expiry_cells, next_to_expire, open, own_days};
use polars::prelude::DataFrame;

/// Every wallet that a run has seen: what it holds, what of that expires next and when, and the last run that touched it.
///
/// `own` are the wallets of tonight's export, which say on which day a wallet itself expires.
pub fn wallets(states: &WalletStates, own: &DataFrame) -> Table {
    let frame = states.frame();
    let texts = |name| Column::texts(frame, name);
    let own = own_days(own);
    let next = Row::all(frame).map(|state| {
        let day = own.get(state.text("wallet_id")).copied();
        expiry_cells(next_to_expire(state, day), state.text("currency"))
    });
    let (days, amounts): (Vec<Cell>, Vec<Cell>) = next.map(|[day, amount]| (day, amount)).unzip();
    Table::of([
        ("wallet_id", Side::Left, texts("wallet_id")),
        ("account_id", Side::Left, texts("account_id")),
        ("currency", Side::Left, texts("currency")),
        ("balance", Side::Right, Column::money(frame, "closing")),
        ("expires_next", Side::Left, Column::Cells(days)),
        ("expiring", Side::Right, Column::Cells(amounts)),
        ("last_run", Side::Left, texts("run_id")),
    ])
    .spare(&["last_run", "currency"])
}

/// Every shortfall that is open, in the order of accounts.
pub fn shortfalls(runs: &[RunRecord], shortfalls: &Shortfalls, claims: &Claims) -> Table {
    let mut table = Table::new([
        ("account_id", Side::Left),
        ("subscription_id", Side::Left),
        ("service_id", Side::Left),
        ("charge", Side::Left),
        ("period_start", Side::Left),
        ("period_end", Side::Left),
        ("amount", Side::Right),
        ("missing", Side::Right),
        ("currency", Side::Left),
        ("definition", Side::Left),
        ("run_id", Side::Left),
    ])
    .spare(&[
        "definition",
        "subscription_id",
        "run_id",
        "period_end",
        "currency",
    ]);
    let mut rows = open(runs, shortfalls, claims);
    rows.sort_by_key(|(row, _)| {
        let ids = ["account_id", "service_id", "charge"].map(|name| row.text(name));
        (ids, row.date("period_start"))
    });
    for (row, run) in rows {
        let text = |name| Cell::text(row.text(name));
        table.push(vec![
            text("account_id"),
            text("subscription_id"),
            text("service_id"),
            text("charge"),
            Cell::of(row.date("period_start")),
            Cell::of(row.date("period_end")),
            Cell::Number(row.money("amount")),
            Cell::Number(row.money("missing")),
            text("currency"),
            Cell::text(run.definition.as_str()),
            Cell::text(run.run_id.as_str()),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::account::WALLETS;
    use crate::model::book_view::RunRecord;
    use crate::model::plan::{RunState, RunType, WalletTotals};
    use crate::report::fixture::{shown, table};
    use crate::report::runs::tests::record;

    #[test]
    fn a_wallet_says_what_of_it_expires_next() {
        let lots = r#"[{"left":"4.00","top_up":"T-1","until":"2026-03-01"},{"left":"1.50","top_up":"T-2","until":"2026-03-01"},{"left":"2.00","top_up":"T-3","until":"2026-04-01"}]"#;
        let states = table(
            WalletStates::SCHEMA,
            &format!(
                "wallet_id | account_id | currency | run_id | closing | lots | transactions
                 W-1 | A-1 | EUR | purse@2026-02-02 | 10.00 | {lots} | 4
                 W-2 | A-1 | EUR | purse@2026-02-02 | 10.00 | {lots} | 4
                 W-3 | A-2 | EUR | purse@2026-02-01 | -2.00 | | 1
                 W-4 | A-2 | EUR | purse@2026-02-01 | 3.00 | | 1"
            ),
        );
        let own = table(
            &WALLETS,
            "wallet_id | account_id | currency | expires_on
             W-2 | A-1 | EUR | 2026-02-20
             W-3 | A-2 | EUR | 2026-02-20",
        );
        insta::assert_snapshot!(shown(&wallets(&WalletStates::checked(states), &own)), @"
        wallet_id | account_id | currency | balance | expires_next | expiring | last_run
        W-1 | A-1 | EUR | 10.00 | 2026-03-01 | 5.50 | purse@2026-02-02
        W-2 | A-1 | EUR | 10.00 | 2026-02-20 | 10.00 | purse@2026-02-02
        W-3 | A-2 | EUR | -2.00 |  |  | purse@2026-02-01
        W-4 | A-2 | EUR | 3.00 |  |  | purse@2026-02-01
        ");
    }

    /// A run over everybody, or over chosen accounts, that debited wallets.
    fn run(day: &str, serial: i64, run_type: RunType, state: RunState) -> RunRecord {
        RunRecord {
            serial,
            run_type,
            state,
            definition: "purse".to_owned(),
            wallets: Some(WalletTotals::default()),
            ..record(&format!("purse@{day}"), day, 0, &[])
        }
    }

    #[test]
    fn what_was_missing_is_open_until_it_is_billed_or_the_next_run_does_not_find_it() {
        let runs = [
            run("2026-02-01", 1, RunType::Batch, RunState::Posted),
            run("2026-02-02", 2, RunType::Batch, RunState::Posted),
            run("2026-02-03", 3, RunType::Individual, RunState::Posted),
            run("2026-02-04", 4, RunType::Batch, RunState::Canceled),
        ];
        let short = Shortfalls::checked(table(
            Shortfalls::SCHEMA,
            "run_id | account_id | subscription_id | service_id | charge | period_start | period_end | amount | missing | currency
             purse@2026-02-01 | A-0 | C-0 | S-0 | line | 2026-02-01 | 2026-02-02 | 1.00 | 1.00 | EUR
             purse@2026-02-01 | A-1 | C-1 | S-1 | line | 2026-02-01 | 2026-02-02 | 1.00 | 0.50 | EUR
             purse@2026-02-02 | A-1 | C-1 | S-1 | line | 2026-02-01 | 2026-02-03 | 2.00 | 1.50 | EUR
             purse@2026-02-02 | A-2 | C-2 | S-2 | line | 2026-02-02 | 2026-02-03 | 1.00 | 1.00 | EUR
             purse@2026-02-03 | A-1 | C-1 | S-1 | line | 2026-02-01 | 2026-02-04 | 3.00 | 2.50 | EUR
             purse@2026-02-04 | A-1 | C-1 | S-1 | line | 2026-02-01 | 2026-02-05 | 4.00 | 3.50 | EUR
             purse@2026-02-02 | A-3 | C-3 | S-3 | line | 2026-02-02 | 2026-02-03 | 1.00 | 0.10 | EUR",
        ));
        let claims = Claims::checked(table(
            Claims::SCHEMA,
            "service_id | charge | run_id | billed_from | billed_through | effect
             S-2 | line | purse@2026-02-03 | 2026-02-02 | 2026-02-03 | claimed
             S-3 | line | purse@2026-02-01 | 2026-02-01 | 2026-02-02 | claimed",
        ));
        insta::assert_snapshot!(shown(&shortfalls(&runs, &short, &claims)), @"
        account_id | subscription_id | service_id | charge | period_start | period_end | amount | missing | currency | definition | run_id
        A-1 | C-1 | S-1 | line | 2026-02-01 | 2026-02-04 | 3.00 | 2.50 | EUR | purse | purse@2026-02-03
        A-3 | C-3 | S-3 | line | 2026-02-02 | 2026-02-03 | 1.00 | 0.10 | EUR | purse | purse@2026-02-02
        ");
    }
}
