//! Top-ups: each counts once, and means one thing for good.

use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::account::{ROW, TOP_UPS, Tables};
use crate::model::index::{Index, NOWHERE};
use crate::model::table::Columns;
use crate::model::wallet::TopUps;
use crate::money::Amount;
use chrono::DateTime;
use polars::prelude::DataFrame;

/// Refuses a top-up that comes again with other content than it was counted with (`BW-X126`), showing both.
pub fn top_ups_agree(tables: &Tables, counted: &TopUps) -> Result<(), Report> {
    let (tonight, counted) = (&tables.top_ups, counted.frame());
    let rows = counted_rows(tonight, counted);
    let mut report = Report::new();
    let again = rows.iter().enumerate().filter(|(_, row)| **row != NOWHERE);
    for (row, before) in again {
        let (now, before) = (content(tonight, row), content(counted, *before as usize));
        if now != before {
            let id = tonight.text_at("top_up_id", row);
            let message = format!("top-up `{id}` was counted as {before}, and is now {now}");
            let at = tonight.counts(ROW).get(row).unwrap_or_default();
            let place = Place::Id(format!("{} row {at}", TOP_UPS.name));
            report.push(
                Diagnostic::error("BW-X126", place, message)
                    .help("what was counted stays counted; give what is new an id of its own"),
            );
        }
    }
    report.unless_errors(())
}

/// For each top-up of tonight where it stands among those that were counted; `NOWHERE` for a new one.
pub fn counted_rows(tonight: &DataFrame, counted: &DataFrame) -> Vec<u32> {
    match counted.height() {
        0 => vec![NOWHERE; tonight.height()],
        _ => Index::new(counted.text("top_up_id")).rows(tonight.text("top_up_id")),
    }
}

/// What a top-up says beside its id, as people read it.
fn content(frame: &DataFrame, row: usize) -> String {
    let amount = frame.whole_units("amount").at(row);
    let amount = amount.and_then(Amount::from_units).unwrap_or_default();
    let at = frame.counts("at").get(row).unwrap_or_default();
    let at = DateTime::from_timestamp_micros(at).unwrap_or_default();
    let expires = match frame.whole_dates("expires_on").at(row) {
        Some(until) => format!(", expiring on {until}"),
        None => String::new(),
    };
    let wallet = frame.text_at("wallet_id", row);
    format!(
        "{amount} into `{wallet}` on {}{expires}",
        at.format("%Y-%m-%d at %H:%M:%S%.f UTC")
    )
}
