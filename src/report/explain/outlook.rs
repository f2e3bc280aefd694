//! What is ahead of a wallet: how long it lasts, and whether its owner is to be told that it runs low.

use super::Known;
use crate::model::plan::RunState;
use crate::report::page::Part;
use crate::report::row::Row;

impl Known<'_> {
    /// Where a row's run stands among all runs; `None` where it was taken back.
    fn standing(&self, row: Row) -> Option<usize> {
        let id = row.text("run_id");
        let at = self.runs.iter().position(|run| run.run_id == id)?;
        (self.runs[at].state != RunState::Canceled).then_some(at)
    }

    /// The last of these rows, of a run that was not taken back.
    fn last_of<'a>(&self, rows: impl Iterator<Item = Row<'a>>) -> Option<Row<'a>> {
        let standing = rows.filter_map(|row| Some((self.standing(row)?, row)));
        standing.max_by_key(|(at, _)| *at).map(|(_, row)| row)
    }
}

/// What the last runs said of the wallet that is asked about; nothing where none said anything.
pub fn explain(known: &Known) -> Part {
    let mut part = Part::new("What is ahead");
    if let Some(estimate) = known.last_of(Row::all(known.estimates.frame())) {
        let (pace, currency) = (estimate.money("per_day"), estimate.text("currency"));
        let made = format!(
            "as run {} estimated on {}",
            estimate.text("run_id"),
            day(estimate, "as_of")
        );
        let pays = |days: i64| match days {
            1 => "1 day".to_owned(),
            more => format!("{more} days"),
        };
        let days = estimate.count("days").unwrap_or_default();
        part = part.say(match (days, estimate.date("runs_out_on")) {
            (0, _) => format!("It does not pay for another day, {made}."),
            (days, Some(out)) => format!(
                "At {pace} {currency} a day it lasts for {} more and runs out on {out}, {made}.",
                pays(days)
            ),
            (days, None) => format!(
                "At {pace} {currency} a day it lasts for {} or longer, {made}.",
                pays(days)
            ),
        });
    }
    if let Some(notice) = known.last_of(Row::all(known.notices.frame())) {
        let currency = notice.text("currency");
        part = part.say(format!(
            "It fell below {} {currency} on {}, to {}: the customer is to be told between {} and {}.",
            notice.money("below"),
            day(notice, "on_day"),
            notice.money("balance"),
            notice.text("send_from"),
            notice.text("send_to"),
        ));
    }
    part
}

fn day(row: Row, name: &str) -> String {
    row.date(name)
        .map(|day| day.to_string())
        .unwrap_or_default()
}
