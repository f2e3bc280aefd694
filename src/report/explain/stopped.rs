//! When services were stopped for want of money, and started again.

use super::Known;
use super::history::About;
use crate::model::plan::RunState;
use crate::model::service_action::{Action, ORDERED};
use crate::money::Amount;
use crate::report::page::Part;
use crate::report::row::Row;
use crate::report::table::{Cell, Side, Table};

/// What runs that stand have ordered of a service or an account, one after another; nothing where they have not.
pub fn orders(about: About, known: &Known) -> Part {
    let part = Part::new("Stopped and started");
    let mut table = Table::new([
        ("service_id", Side::Left),
        ("on_day", Side::Left),
        ("action", Side::Left),
        ("because", Side::Left),
        ("run_id", Side::Left),
    ])
    .spare(&["run_id"]);
    let stands = known
        .runs
        .iter()
        .filter(|run| run.state != RunState::Canceled);
    for run in stands {
        let rows = Row::all(known.actions.frame());
        let its =
            rows.filter(|row| row.text("run_id") == run.run_id && row.text("state") == ORDERED);
        for row in its.filter(|row| about.has(*row)) {
            let (amount, currency) = (row.money("amount"), row.text("currency"));
            let because = match Action::parse(row.text("action")) {
                // What was used has no price for the day to come.
                Some(Action::Start) if row.amount("amount").is_some_and(Amount::is_zero) => {
                    "there is money in the wallets again".to_owned()
                }
                Some(Action::Start) => format!("there is enough for {amount} {currency} again"),
                _ => format!("{amount} {currency} was missing"),
            };
            table.push(vec![
                Cell::text(row.text("service_id")),
                Cell::of(row.date("on_day")),
                Cell::text(row.text("action")),
                Cell::text(because),
                Cell::text(run.run_id.as_str()),
            ]);
        }
    }
    part.table(table)
}
