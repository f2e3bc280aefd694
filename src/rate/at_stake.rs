//! What was rated, and is not billed because something beside it is wrong.

use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::ids;
use crate::model::line::RatedLines;
use crate::model::table::Columns;
use std::collections::{BTreeMap, BTreeSet};

/// Units of an amount, by currency.
pub type Sums = BTreeMap<String, i128>;

/// What the lines come to that exceptions take with them, by exception; one that takes no rated line is not there.
///
/// A line that several take with them counts once: at the first of its account, else at the first of its service or order line.
/// `lines` are all that were rated, before anybody is left out and anything is taken off.
pub fn at_stake<'a>(lines: &RatedLines, aside: &'a [Aside]) -> BTreeMap<&'a Aside, Sums> {
    let is_meant = |row: &&Aside| row.kind == AsideKind::Exception && row.reach != Reach::Row;
    let exceptions: BTreeSet<&Aside> = aside.iter().filter(is_meant).collect();
    let mut at_stake: BTreeMap<&Aside, Sums> = BTreeMap::new();
    if exceptions.is_empty() {
        return at_stake;
    }
    let mut accounts: BTreeMap<&str, &Aside> = BTreeMap::new();
    let mut items: BTreeMap<&str, &Aside> = BTreeMap::new();
    for row in exceptions {
        match row.reach {
            Reach::Account => accounts.entry(&row.account_id).or_insert(row),
            _ => items
                .entry(ids::item(&row.service_id, &row.charge))
                .or_insert(row),
        };
    }
    let frame = lines.frame();
    for (row, amount) in frame.units("amount").enumerate() {
        let text = |name| frame.text_at(name, row);
        let item = ids::item(text("service_id"), text("charge"));
        let taken_by = accounts.get(text("account_id")).or(items.get(item));
        if let (Some(exception), Some(units)) = (taken_by, amount) {
            let sums = at_stake.entry(*exception).or_default();
            *sums.entry(text("currency").to_owned()).or_default() += units;
        }
    }
    at_stake
}
