//! What the next run will bill, service by service, the one furthest behind first.

use super::Listing;
use crate::calendar::Date;
use crate::model::account::Tables;
use crate::model::due::Standings;
use crate::model::index::{Index, NOWHERE};
use crate::model::scheme::Scheme;
use crate::model::table::{Columns, Texts};
use crate::report::explain::Trial;
use crate::report::page::counted;
use crate::report::table::{Column, Side, Table};
use polars::prelude::{ChunkTake, DataFrame, IdxCa, IdxSize, StringChunked};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// How every service stands in the next run of each definition that is about it, and those that no definition is about (O11).
///
/// `open_from` is the first day not billed: by the book, else `next_bill_on`, else the start and the days that are free from it on. `proposed_from` is the start of a
/// window that would bill a service which is too old for the one there is (O12).
pub fn bill_dates(
    trials: &[Trial],
    tables: &Tables,
    schemes: &BTreeMap<String, Scheme>,
) -> Listing {
    let known = Known::new(tables, schemes);
    let mut frames = trials.iter().map(|trial| trial.standings.frame());
    let mut all = frames
        .next()
        .map_or_else(|| Standings::SCHEMA.empty(), DataFrame::clone);
    for standings in frames {
        all.vstack_mut(standings).expect("standings have one shape");
    }
    all.rechunk_mut_par();
    let definitions = (0..).zip(trials);
    let definitions = definitions
        .map(|(number, trial)| std::iter::repeat_n(number, trial.standings.frame().height()));
    let definitions: Vec<u32> = definitions.flatten().collect();
    let items = items(&all);
    let services = known.rows(&items);
    let standings = all.whole_texts("standing");
    let through = all.whole_dates("billed_through");
    let mut rows = Vec::new();
    let mut left_out = Vec::new();
    let mut is_selected = Named::default();
    for (row, service) in (0..).zip(&services) {
        let standing = standings.get(row as usize).unwrap_or_default();
        let open = through
            .at(row as usize)
            .or_else(|| known.open_from(*service));
        let listed = Listed {
            row,
            service: *service,
            open,
            definition: Some(definitions[row as usize]),
            proposed: open.filter(|_| standing == "excluded:stale"),
        };
        match standing.starts_with("not_selected") {
            true => left_out.push(listed),
            false => {
                is_selected.insert(*service, items.get(row as usize));
                rows.push(listed);
            }
        }
    }
    left_out.retain(|listed| !is_selected.has(listed.service, items.get(listed.row as usize)));
    // Of two trials the first tells how it stands.
    left_out.par_sort_by_key(|listed| items.get(listed.row as usize));
    left_out.dedup_by_key(|listed| items.get(listed.row as usize));
    let mut notes = Vec::new();
    for (number, trial) in (0..).zip(trials) {
        let of_it = rows.iter().filter(|row| row.definition == Some(number));
        let too_old: Vec<Date> = of_it.filter_map(|row| row.proposed).collect();
        notes.extend(proposal(&trial.definition, &too_old));
    }
    if !left_out.is_empty() {
        let services = counted(left_out.len(), "service");
        notes.push(format!(
            "Of no definition, so that nobody bills it: {services}."
        ));
    }
    // Where no day is known it comes last; else the one furthest behind is first.
    rows.par_sort_by_key(|listed| (listed.open.is_none(), listed.open));
    rows.extend(left_out.into_iter().map(|listed| Listed {
        definition: None,
        proposed: None,
        ..listed
    }));
    Listing {
        table: table(trials, &all, &items, &known, &rows),
        notes,
    }
}

/// A row of the list.
struct Listed {
    /// That of its standing.
    row: IdxSize,
    /// Its first row among the services, `NOWHERE` for the line of an order.
    service: IdxSize,
    open: Option<Date>,
    /// The number of its trial; `None`: of no definition.
    definition: Option<u32>,
    proposed: Option<Date>,
}

fn table(
    trials: &[Trial],
    standings: &DataFrame,
    items: &StringChunked,
    known: &Known<'_>,
    rows: &[Listed],
) -> Table {
    let numbers = rows.iter().map(|listed| listed.row).collect();
    let numbers = IdxCa::from_vec("".into(), numbers);
    let taken = "rows of the standings";
    let of_standing = |name: &str| {
        let column = standings.column(name).and_then(|it| it.take(&numbers));
        DataFrame::new(rows.len(), vec![column.expect(taken)]).expect(taken)
    };
    let texts = |name: &str| Column::texts(&of_standing(name), name);
    let days = |name: &str| Column::days(&of_standing(name), name);
    let next_bill_on = || {
        let days = rows.iter();
        Column::of_days(days.map(|listed| known.next_bill_on(listed.service)))
    };
    let definition = || {
        let definitions = rows.iter().map(|listed| {
            let trial = listed.definition.map(|number| &trials[number as usize]);
            Some(trial.map_or("", |trial| trial.definition.as_str()))
        });
        Column::Texts(definitions.collect())
    };
    let scheme = || {
        let schemes = rows.iter().map(|listed| known.scheme(listed.service));
        Column::Texts(schemes.collect())
    };
    let standing = || {
        let frame = of_standing("standing");
        let standing = rows.iter().zip(frame.text("standing").iter());
        let standing = standing.map(|(listed, standing)| match standing {
            Some("billed") => Some("due"),
            _ if listed.definition.is_none() => Some("not_selected"),
            standing => standing,
        });
        Column::Texts(standing.collect())
    };
    // Each in its order among millions of rows, so several at a time.
    let made: [(&'static str, &(dyn Fn() -> Column + Sync)); 12] = [
        ("definition", &definition),
        ("account_id", &|| texts("account_id")),
        ("subscription_id", &|| texts("subscription_id")),
        ("service_id", &|| {
            Column::Texts(items.take(&numbers).expect(taken))
        }),
        ("charge", &|| texts("charge")),
        ("scheme", &scheme),
        ("open_from", &|| {
            Column::of_days(rows.iter().map(|listed| listed.open))
        }),
        ("billed_through", &|| days("billed_through")),
        ("next_bill_on", &next_bill_on),
        ("next_ready_on", &|| days("next_ready_on")),
        ("standing", &standing),
        ("proposed_from", &|| {
            Column::of_days(rows.iter().map(|listed| listed.proposed))
        }),
    ];
    let columns = made.par_iter();
    let columns = columns.map(|(name, column)| (*name, Side::Left, column()));
    let columns: Vec<_> = columns.collect();
    let Ok(columns) = <[_; 12]>::try_from(columns) else {
        unreachable!("a column is made of each");
    };
    Table::of(columns).spare(&[
        "subscription_id",
        "billed_through",
        "next_bill_on",
        "scheme",
        "proposed_from",
        "charge",
        "account_id",
        "definition",
    ])
}

/// The services standings are about; of the line of an order, which has none, ORDER:LINE.
fn items(standings: &DataFrame) -> StringChunked {
    let services = standings.text("service_id");
    let is_order = |service: Option<&str>| service.is_none_or(str::is_empty);
    if !services.iter().any(is_order) {
        return services.clone();
    }
    let both = services.iter().zip(standings.text("charge").iter());
    both.map(|(service, charge)| match is_order(service) {
        true => charge,
        false => service,
    })
    .collect()
}

/// Services by row, and lines of orders by name.
#[derive(Default)]
struct Named<'a> {
    services: Vec<bool>,
    others: BTreeSet<&'a str>,
}

impl<'a> Named<'a> {
    fn insert(&mut self, service: IdxSize, item: Option<&'a str>) {
        if service == NOWHERE {
            self.others.extend(item);
            return;
        }
        let at = service as usize;
        if self.services.len() <= at {
            self.services.resize(at + 1, false);
        }
        self.services[at] = true;
    }

    fn has(&self, service: IdxSize, item: Option<&str>) -> bool {
        match service {
            NOWHERE => item.is_some_and(|item| self.others.contains(item)),
            service => self.services.get(service as usize) == Some(&true),
        }
    }
}

/// The sentence for services that lie before the window.
fn proposal(definition: &str, too_old: &[Date]) -> Option<String> {
    let first = too_old.iter().min()?;
    let services = counted(too_old.len(), "service");
    Some(format!(
        "Before the window of {definition}: {services}, the oldest from {first} on. To bill them: `billwright run {definition} --from {first}`"
    ))
}

/// What the inputs say of services, by their first rows.
struct Known<'a> {
    index: &'a Index,
    schemes: &'a Texts,
    /// The subscription of the last row.
    subscriptions: Vec<IdxSize>,
    /// Of the last row that has one.
    next_bill_on: Vec<Option<Date>>,
    start_on: Vec<Option<Date>>,
    /// How many days from its start on are free.
    trial_days: Vec<i32>,
}

impl<'a> Known<'a> {
    fn new(tables: &'a Tables, schemes: &BTreeMap<String, Scheme>) -> Self {
        let Tables {
            subscriptions,
            services,
            places,
            ..
        } = tables;
        let charges = services.whole_texts("charge");
        let subscribed = subscriptions.whole_dates("start_on");
        let (starts, bills) = (
            services.whole_dates("start_on"),
            services.whole_dates("next_bill_on"),
        );
        let height = services.height();
        let mut known = Self {
            index: places.services(services),
            schemes: subscriptions.whole_texts("scheme"),
            subscriptions: vec![NOWHERE; height],
            next_bill_on: vec![None; height],
            start_on: vec![None; height],
            trial_days: vec![0; height],
        };
        let mut charged = schemes.values().flat_map(|scheme| &scheme.charges);
        let has_trials = charged.any(|charge| charge.kind.trial_days() > 0);
        let ids = services.whole_texts("service_id");
        let mut first = 0;
        for (row, owner) in (0..).zip(tables.subscriptions_of_services()) {
            if row == 0 || ids.get(row - 1) != ids.get(row) {
                first = row;
                if has_trials {
                    known.trial_days[row] = known.trial_days_of(schemes, owner, charges.get(row));
                }
            }
            let subscribed = || (owner != NOWHERE).then(|| subscribed.at(owner as usize))?;
            known.subscriptions[first] = owner;
            known.next_bill_on[first] = bills.at(row).or(known.next_bill_on[first]);
            known.start_on[first] = known.start_on[first]
                .or_else(|| starts.at(row))
                .or_else(subscribed);
        }
        known
    }

    fn trial_days_of(
        &self,
        schemes: &BTreeMap<String, Scheme>,
        owner: IdxSize,
        charge: Option<&str>,
    ) -> i32 {
        let scheme = (owner != NOWHERE).then(|| self.schemes.get(owner as usize));
        let scheme = scheme.flatten().and_then(|name| schemes.get(name));
        let charge = scheme.and_then(|scheme| scheme.charge(charge?));
        charge.map_or(0, |charge| charge.kind.trial_days())
    }

    /// The first row of each service.
    fn rows(&self, services: &StringChunked) -> Vec<IdxSize> {
        self.index.rows(services)
    }

    fn scheme(&self, service: IdxSize) -> Option<&'a str> {
        let subscription = self.subscriptions.get(service as usize)?;
        (*subscription != NOWHERE).then(|| self.schemes.get(*subscription as usize))?
    }

    fn next_bill_on(&self, service: IdxSize) -> Option<Date> {
        *self.next_bill_on.get(service as usize)?
    }

    /// The first day of a service that is not billed, by the inputs.
    fn open_from(&self, service: IdxSize) -> Option<Date> {
        let start = || {
            let start = (*self.start_on.get(service as usize)?)?;
            Some(start.plus_days(self.trial_days[service as usize]))
        };
        self.next_bill_on(service).or_else(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, shown};
    use crate::report::list::tests::{services, subscriptions, trial};

    /// O11, O12: services in the order of their bill dates, and from where a window would have to begin.
    #[test]
    fn o11_o12_the_service_furthest_behind_is_first_and_a_window_is_proposed_for_what_is_too_old() {
        let trials = [
            trial(
                "monthly",
                "account_id | service_id | charge | standing | billed_through | next_ready_on
                 A-1 | S-1 | fiber | billed | 2026-02-01 | 2026-03-01
                 A-1 | S-2 | fiber | excluded:stale | | 2025-11-15
                 A-2 | S-3 | fiber | not_selected:scheme | |
                 A-2 | S-4 | fiber | not_selected:scheme | |",
                "check",
            ),
            trial(
                "offices",
                "account_id | service_id | charge | standing | billed_through | next_ready_on
                 A-1 | S-1 | fiber | not_selected:scheme | 2026-02-01 |
                 A-1 | S-2 | fiber | not_selected:scheme | |
                 A-2 | S-3 | fiber | not_due | 2026-06-01 | 2026-06-01
                 A-2 | S-4 | fiber | not_selected:scheme | |",
                "check",
            ),
        ];
        let tables = Tables {
            subscriptions: subscriptions(
                "subscription_id | account_id | scheme | start_on
                 C-1 | A-1 | home | 2025-01-01
                 C-2 | A-2 | office | 2025-01-01",
            ),
            services: services(
                "service_id | subscription_id | charge | next_bill_on
                 S-1 | C-1 | fiber | 2026-01-01
                 S-2 | C-1 | fiber | 2025-11-15
                 S-3 | C-2 | fiber |
                 S-4 | C-2 | fiber |",
            ),
            ..fixture::tables()
        };
        let listing = bill_dates(&trials, &tables, &BTreeMap::new());
        insta::assert_snapshot!(shown(&listing.table), @"
        definition | account_id | subscription_id | service_id | charge | scheme | open_from | billed_through | next_bill_on | next_ready_on | standing | proposed_from
        monthly | A-1 |  | S-2 | fiber | home | 2025-11-15 |  | 2025-11-15 | 2025-11-15 | excluded:stale | 2025-11-15
        monthly | A-1 |  | S-1 | fiber | home | 2026-02-01 | 2026-02-01 | 2026-01-01 | 2026-03-01 | due | 
        offices | A-2 |  | S-3 | fiber | office | 2026-06-01 | 2026-06-01 |  | 2026-06-01 | not_due | 
         | A-2 |  | S-4 | fiber | office | 2025-01-01 |  |  |  | not_selected | 
        ");
        insta::assert_snapshot!(listing.notes.join("\n"), @"
        Before the window of monthly: 1 service, the oldest from 2025-11-15 on. To bill them: `billwright run monthly --from 2025-11-15`
        Of no definition, so that nobody bills it: 1 service.
        ");
    }
}
