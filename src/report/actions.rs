//! What is done about services that run out of money.

use super::table::{Column, Side, Table};
use polars::prelude::DataFrame;

/// The columns that [`actions`] is made of.
pub const ACTION: &[&str] = &[
    "account_id",
    "subscription_id",
    "service_id",
    "action",
    "state",
    "on_day",
    "since",
    "amount",
    "currency",
    "run_id",
];

/// Rows of `service_action`: which services are stopped and started, and which could be.
pub fn actions(rows: &DataFrame) -> Table {
    let texts = |name| (name, Side::Left, Column::texts(rows, name));
    let days = |name| (name, Side::Left, Column::days(rows, name));
    Table::of([
        texts("account_id"),
        texts("subscription_id"),
        texts("service_id"),
        texts("action"),
        texts("state"),
        days("on_day"),
        days("since"),
        ("amount", Side::Right, Column::money(rows, "amount")),
        texts("currency"),
        texts("run_id"),
    ])
    .spare(&["run_id", "subscription_id", "since", "currency", "on_day"])
}
