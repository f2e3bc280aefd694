//! Discounts: they are taken off invoices. A debit that left one out would take too much, and say nothing.

use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::account::Tables;
use crate::model::line::RatedLines;
use crate::model::table::Columns;
use std::collections::BTreeSet;

/// Services that a discount is for, of their own or of their subscription: `BW-V190`, which parks each.
pub fn discounted(tables: &Tables, lines: &RatedLines) -> Vec<Aside> {
    let subscriptions = &tables.subscriptions;
    let percents = subscriptions.units("discount_percent");
    let ids = subscriptions.text("subscription_id").iter();
    let with_percent = ids
        .zip(percents)
        .filter(|(_, percent)| percent.is_some_and(|units| units != 0));
    let named = |name: &str| {
        tables
            .discounts
            .text(name)
            .iter()
            .flatten()
            .collect::<BTreeSet<_>>()
    };
    let services = named("service_id");
    let mut of_subscriptions = named("subscription_id");
    of_subscriptions.extend(with_percent.filter_map(|(id, _)| id));
    if services.is_empty() && of_subscriptions.is_empty() {
        return Vec::new();
    }
    let frame = lines.frame();
    let text = |name: &str, row: usize| frame.text_at(name, row);
    let has_one = |row: &usize| {
        services.contains(text("service_id", *row))
            || of_subscriptions.contains(text("subscription_id", *row))
    };
    let parked = (0..lines.len()).filter(has_one).map(|row| Aside {
        kind: AsideKind::Exception,
        reach: Reach::Service,
        account_id: text("account_id", row).to_owned(),
        subscription_id: text("subscription_id", row).to_owned(),
        service_id: text("service_id", row).to_owned(),
        charge: text("charge", row).to_owned(),
        stage: "debit",
        code: "BW-V190",
        message: "a discount is for it, which is taken off invoices and not yet off debits"
            .to_owned(),
    });
    parked.collect()
}
