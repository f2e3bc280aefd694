//! Whose bill dates have moved, found without a look at anything else of a service.

use crate::calendar::Date;
use crate::model::account::Tables;
use crate::model::index::NOWHERE;
use crate::model::table::Columns;
use polars::prelude::DataFrame;
use std::collections::BTreeSet;

/// The accounts of services whose `next_bill_on` is no day on which something that the book has claimed of them begins or ends: all
/// others are as the book left them, and no check finds a changed bill date there.
///
/// `claims` are all that count: their services, days and effects.
pub fn with_moved_bill_date(tables: &Tables, claims: &DataFrame) -> BTreeSet<String> {
    let services = &tables.services;
    let ids = services.whole_texts("service_id");
    let bills = services.whole_dates("next_bill_on");
    // By the first row of each service; of the last row that says one.
    let mut wanted: Vec<Option<Date>> = vec![None; ids.len()];
    let mut first = 0;
    for row in 0..ids.len() {
        if ids.get(row) != ids.get(first) {
            first = row;
        }
        wanted[first] = bills.at(row).or(wanted[first]);
    }
    let (mut is_claimed, mut is_known) = (vec![false; ids.len()], vec![false; ids.len()]);
    let places = tables.places.services(services);
    let places = places.rows(claims.text("service_id"));
    let days = claims
        .dates("billed_from")
        .zip(claims.dates("billed_through"));
    for ((place, effect), (from, through)) in
        places.iter().zip(claims.text("effect").iter()).zip(days)
    {
        if *place == NOWHERE || effect != Some("claimed") {
            continue;
        }
        let place = *place as usize;
        is_claimed[place] = true;
        is_known[place] |= wanted[place] == from || wanted[place] == through;
    }
    let has_moved = |row: &usize| is_claimed[*row] && wanted[*row].is_some() && !is_known[*row];
    let moved = (0..ids.len()).filter(has_moved);
    let subscriptions = tables.places.subscriptions(&tables.subscriptions);
    let (own, owners) = (
        services.text("subscription_id"),
        tables.subscriptions.text("account_id"),
    );
    let accounts = moved.flat_map(|first| {
        let rows = (first..ids.len()).take_while(move |row| ids.get(*row) == ids.get(first));
        rows.filter_map(|row| owners.get(subscriptions.row(own.get(row)?)?))
    });
    accounts.map(str::to_owned).collect()
}
