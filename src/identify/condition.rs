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
pub fn matching(condition: &Condition, tables: &Tables) -> Result<BooleanChunked, Report> {
    let frame = wide(tables).map_err(internal)?;
    rows(&condition.expression, frame).map_err(|unasked| {
        let problem = Diagnostic::error("BW-D245", condition.place.clone(), unasked.message);
        let help = "a `where` sees the columns of accounts, subscriptions and services";
        problem
            .help(unasked.help.unwrap_or_else(|| help.to_owned()))
            .into()
    })
}

/// One row per service: the account's columns by name, then the subscription's and the service's where the name is free;
/// each also with its table in front: `account_name`, `subscription_start_on`, `service_quantity`.
fn wide(tables: &Tables) -> PolarsResult<DataFrame> {
    let prefixed = |frame: &DataFrame, prefix: &str| {
        let names: Vec<_> = frame
            .get_column_names()
            .into_iter()
            .map(|name| col(name.clone()).alias(format!("{prefix}_{name}")))
            .collect();
        frame.clone().lazy().select(names)
    };
    let services = prefixed(&tables.services, "service");
    let subscriptions = prefixed(&tables.subscriptions, "subscription");
    let accounts = prefixed(&tables.accounts, "account");
    let key = |left: &str, right: &str| (vec![col(left)], vec![col(right)]);
    let in_order = || {
        let mut arguments = JoinArgs::new(JoinType::Left).with_coalesce(JoinCoalesce::KeepColumns);
        arguments.maintain_order = MaintainOrderJoin::Left;
        arguments
    };
    let (left, right) = key("service_subscription_id", "subscription_subscription_id");
    let joined = services.join(subscriptions, left, right, in_order());
    let (left, right) = key("subscription_account_id", "account_account_id");
    let mut frame = joined.join(accounts, left, right, in_order()).collect()?;
    for (table, prefix) in [
        (&tables.accounts, "account"),
        (&tables.subscriptions, "subscription"),
        (&tables.services, "service"),
    ] {
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
