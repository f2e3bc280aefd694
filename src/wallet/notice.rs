//! Wallets that run low: who is told, once for each time it happens.

use super::Terms;
use super::opened::{Moved, Opened};
use crate::model::account::Tables;
use crate::model::debits::Notice;
use crate::model::outlook::WalletNotices;
use crate::model::table::{Columns, Kind, date_column, same_column, text_column, units_column};
use polars::prelude::DataFrame;

/// Notices of those of the wallets at these places that have fallen below the balance in this run.
pub fn notices(
    terms: &Terms<'_>,
    tables: &Tables,
    opened: &Opened<'_>,
    moved: &[usize],
) -> WalletNotices {
    let Some(notice) = terms.debits.notice else {
        return WalletNotices::empty();
    };
    let table = &tables.wallets;
    let fallen: Vec<usize> = moved
        .iter()
        .copied()
        .filter(|at| opened.moved[*at].falls(&notice))
        .collect();
    let texts = |name: &str| {
        let texts = table.whole_texts(name);
        text_column(
            name,
            fallen.iter().map(move |at| texts.get(opened.rows[*at])),
        )
    };
    let amounts = |name: &str, of: &dyn Fn(&Moved) -> i128| {
        units_column(
            name,
            Kind::Amount,
            fallen.iter().map(|at| Some(of(&opened.moved[*at]))),
        )
    };
    let low = notice.low_balance.units();
    let height = fallen.len();
    let columns = vec![
        texts("wallet_id"),
        texts("account_id"),
        same_column("run_id", Some(terms.run_id), height),
        same_column("kind", Some("low_balance"), height),
        date_column("on_day", (0..height).map(|_| Some(terms.as_of))),
        amounts("balance", &Moved::closing),
        amounts("below", &|_| low),
        texts("currency"),
        same_column("send_from", Some(&clock(notice.send.from)), height),
        same_column("send_to", Some(&clock(notice.send.to)), height),
    ];
    WalletNotices::in_order(DataFrame::new(height, columns).expect("columns of one height"))
}

impl Moved {
    /// Whether it held as much, with what was topped up, and does no longer.
    fn falls(&self, notice: &Notice) -> bool {
        let low = notice.low_balance.units();
        low <= self.opening + self.topped_up && self.closing() < low
    }
}

/// A time of day as HH:MM.
fn clock(microseconds: i64) -> String {
    let minutes = microseconds / 60_000_000;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
