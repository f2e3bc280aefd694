//! What is ahead of wallets.

use super::table::{Column, Side, Table};
use crate::model::table::Columns;
use polars::prelude::DataFrame;

/// The columns that [`estimates`] is made of.
pub const ESTIMATE: &[&str] = &[
    "wallet_id",
    "account_id",
    "scheme",
    "balance",
    "per_day",
    "currency",
    "as_of",
    "days",
    "runs_out_on",
    "capped",
    "run_id",
];

/// Rows of `wallet_estimate`: how long each wallet lasts.
pub fn estimates(rows: &DataFrame) -> Table {
    let texts = |name| (name, Side::Left, Column::texts(rows, name));
    let dates = |name| (name, Side::Left, Column::days(rows, name));
    let money = |name| (name, Side::Right, Column::money(rows, name));
    let days = rows.counts("days").iter();
    let days = Column::counts(
        days.map(|days| usize::try_from(days.unwrap_or_default()).unwrap_or_default()),
    );
    let capped = rows.flags("capped").iter();
    let capped = Column::Cells(
        capped
            .map(|capped| super::table::Cell::text(if capped == Some(true) { "yes" } else { "" }))
            .collect(),
    );
    Table::of([
        texts("wallet_id"),
        texts("account_id"),
        texts("scheme"),
        money("balance"),
        money("per_day"),
        texts("currency"),
        ("days", Side::Right, days),
        dates("runs_out_on"),
        ("capped", Side::Left, capped),
        dates("as_of"),
        texts("run_id"),
    ])
    .spare(&["run_id", "account_id", "scheme", "as_of", "currency"])
}

/// The columns that [`notices`] is made of.
pub const NOTICE: &[&str] = &[
    "wallet_id",
    "account_id",
    "kind",
    "on_day",
    "balance",
    "below",
    "currency",
    "send_from",
    "send_to",
];

/// Rows of `wallet_notice`: wallets that have fallen below a balance.
pub fn notices(rows: &DataFrame) -> Table {
    let texts = |name| (name, Side::Left, Column::texts(rows, name));
    let money = |name| (name, Side::Right, Column::money(rows, name));
    Table::of([
        texts("wallet_id"),
        texts("account_id"),
        texts("kind"),
        ("on_day", Side::Left, Column::days(rows, "on_day")),
        money("balance"),
        money("below"),
        texts("currency"),
        texts("send_from"),
        texts("send_to"),
    ])
    .spare(&["account_id", "kind", "currency", "on_day"])
}
