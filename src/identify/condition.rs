//! A `where`: one SQL expression over the columns of account, subscription and service.

use crate::diagnostic::{Diagnostic, Report};
use crate::model::account::Tables;
use crate::model::bill_run::Condition;
use crate::model::condition::rows;
use crate::model::table::internal;
use polars::prelude::*;

/// Which services the condition holds for, in the order of the services table.
///
/// Errors: `BW-D245` not an expression, an unknown column, or not a yes-or-no.
pub fn of_services(condition: &Condition, tables: &Tables) -> Result<BooleanChunked, Report> {
    matching(condition, wide(tables).map_err(internal)?)
}

/// Which order lines it holds for, in the order of their table. Of subscription and service they have nothing.
///
/// Errors: as of services.
pub fn of_order_lines(condition: &Condition, tables: &Tables) -> Result<BooleanChunked, Report> {
    matching(condition, wide_orders(tables).map_err(internal)?)
}

fn matching(condition: &Condition, frame: DataFrame) -> Result<BooleanChunked, Report> {
    rows(&condition.expression, frame).map_err(|unasked| {
        let problem = Diagnostic::error("BW-D245", condition.place.clone(), unasked.message);
        let help = "a `where` sees the columns of accounts, subscriptions, services and orders";
        problem
            .help(unasked.help.unwrap_or_else(|| help.to_owned()))
            .into()
    })
}

/// One row per service: the account's columns by name, then the subscription's and the service's where the name is free;
/// each also with its table in front: `account_name`, `subscription_start_on`, `service_quantity`. An order's, `order_status`,
/// are empty.
fn wide(tables: &Tables) -> PolarsResult<DataFrame> {
    let services = prefixed(&tables.services, "service");
    let subscriptions = prefixed(&tables.subscriptions, "subscription");
    let accounts = prefixed(&tables.accounts, "account");
    let joined = beside(
        services,
        subscriptions,
        "service_subscription_id",
        "subscription_subscription_id",
    );
    let joined = beside(
        joined,
        accounts,
        "subscription_account_id",
        "account_account_id",
    );
    named_plainly(
        with_nothing(joined.collect()?, &tables.orders, "order")?,
        &[
            (&tables.accounts, "account"),
            (&tables.subscriptions, "subscription"),
            (&tables.services, "service"),
        ],
    )
}

/// One row per order line: its account's columns, the order's as `order_x`, and null for subscription and service.
fn wide_orders(tables: &Tables) -> PolarsResult<DataFrame> {
    let lines = prefixed(&tables.order_lines, "line");
    let orders = prefixed(&tables.orders, "order");
    let accounts = prefixed(&tables.accounts, "account");
    let joined = beside(lines, orders, "line_order_id", "order_order_id");
    let joined = beside(joined, accounts, "order_account_id", "account_account_id");
    let frame = with_nothing(joined.collect()?, &tables.subscriptions, "subscription")?;
    let frame = with_nothing(frame, &tables.services, "service")?;
    named_plainly(
        frame,
        &[
            (&tables.accounts, "account"),
            (&tables.subscriptions, "subscription"),
            (&tables.services, "service"),
        ],
    )
}

/// The columns of a table under their prefix, with nothing in them: a row of the frame has no such thing.
fn with_nothing(mut frame: DataFrame, table: &DataFrame, prefix: &str) -> PolarsResult<DataFrame> {
    for column in table.columns() {
        let name = format!("{prefix}_{}", column.name());
        let nothing = Column::full_null(name.into(), frame.height(), column.dtype());
        frame.with_column(nothing)?;
    }
    Ok(frame)
}

fn prefixed(frame: &DataFrame, prefix: &str) -> LazyFrame {
    let names: Vec<_> = frame
        .get_column_names()
        .into_iter()
        .map(|name| col(name.clone()).alias(format!("{prefix}_{name}")))
        .collect();
    frame.clone().lazy().select(names)
}

fn beside(left: LazyFrame, right: LazyFrame, by: &str, to: &str) -> LazyFrame {
    let mut arguments = JoinArgs::new(JoinType::Left).with_coalesce(JoinCoalesce::KeepColumns);
    arguments.maintain_order = MaintainOrderJoin::Left;
    left.join(right, [col(by)], [col(to)], arguments)
}

/// Gives the columns of each table their plain names too, where these are free.
fn named_plainly(mut frame: DataFrame, tables: &[(&DataFrame, &str)]) -> PolarsResult<DataFrame> {
    for (table, prefix) in tables {
        for name in table.get_column_names() {
            if frame.column(name).is_err() {
                let column = frame
                    .column(&format!("{prefix}_{name}"))?
                    .clone()
                    .with_name(name.clone());
                frame.with_column(column)?;
            }
        }
    }
    Ok(frame)
}
