//! Where prices come from: rows that share one are priced together, so that the branch is taken once per price.

use crate::calendar::Date;
use crate::model::frequency::{Frequency, TimeUnit};
use crate::model::scheme::{ChargeKind, Classification, Price, Scheme, UnitPrice};
use crate::model::table::Columns;
use crate::money::{Currency, LineRounding, Ratio, Rounding};
use foldhash::fast::FixedState;
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, HashMap};

/// The line of an order names its own price.
const PRICE_OF_ORDER: &Price = &Price::PerUnit(UnitPrice::FromService);

/// One price of one charge, and what its lines have in common.
pub struct Source<'a> {
    pub kind: &'a ChargeKind,
    pub price: &'a Price,
    /// The charge's; the line of an order has its own.
    pub description: &'a str,
    pub tax_category: &'a str,
    pub is_order: bool,
    /// Whether it is paid out of wallets.
    pub is_prepaid: bool,
    pub rounding: LineRounding,
    /// The same, as lines keep it.
    pub rounded: String,
    pub currency: Currency,
    /// The time the price is for; `None`: one period.
    pub per: Option<TimeUnit>,
    /// How often it is due in a full period.
    pub times: Ratio,
    /// How its usage is counted, where that is not all of it added up.
    pub counted: Option<String>,
}

/// What rows must agree in to have the same source.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key<'a> {
    /// `None` for the line of an order.
    scheme: Option<&'a str>,
    /// Empty for the line of an order.
    charge: &'a str,
    version: Option<Date>,
    /// The period of the service from which its price holds.
    from_period: Option<i32>,
    frequency: Option<&'a str>,
    currency: &'a str,
}

/// Every source with its rows.
pub fn sources<'a>(
    due: &'a DataFrame,
    schemes: &'a BTreeMap<String, Scheme>,
    workspace_rounding: Rounding,
) -> Vec<(Source<'a>, Vec<usize>)> {
    let mut sources: Vec<(Source<'a>, Vec<usize>)> = Vec::new();
    let mut known: HashMap<Key<'a>, usize, FixedState> = HashMap::default();
    // Mostly that of the row before.
    let mut last: Option<(Key<'a>, usize)> = None;
    for (row, key) in keys(due, schemes).enumerate() {
        let same = last.filter(|(before, _)| *before == key);
        let at = same.map_or_else(
            || {
                *known.entry(key).or_insert_with(|| {
                    let source = match key.scheme {
                        Some(scheme) => of_charge(&schemes[scheme], key),
                        None => of_order(key.currency, workspace_rounding.into()),
                    };
                    sources.push((source, Vec::new()));
                    sources.len() - 1
                })
            },
            |(_, at)| at,
        );
        last = Some((key, at));
        sources[at].1.push(row);
    }
    sources
}

fn keys<'a>(
    due: &'a DataFrame,
    schemes: &'a BTreeMap<String, Scheme>,
) -> impl Iterator<Item = Key<'a>> {
    let texts = |name: &str| due.text(name).iter();
    texts("scheme")
        .zip(texts("charge"))
        .zip(due.dates("price_version"))
        .zip(texts("frequency").zip(texts("currency")))
        .zip(due.counts("period_number").iter())
        .map(
            move |((((scheme, charge), version), (frequency, currency)), number)| Key {
                scheme,
                charge: scheme.and(charge).unwrap_or_default(),
                version,
                from_period: number.and_then(|number| {
                    let charge = schemes.get(scheme?)?.charge(charge?)?;
                    charge.from_period(number)
                }),
                frequency,
                currency: currency.unwrap_or_default(),
            },
        )
}

fn of_charge<'a>(scheme: &'a Scheme, key: Key<'a>) -> Source<'a> {
    let charge = scheme.charge(key.charge);
    let charge = charge.expect("identify parks unknown charges");
    let mut versions = charge.prices.iter();
    let version = versions
        .find(|price| price.valid_from == key.version && price.from_period == key.from_period);
    let version = version.expect("identify names versions that exist");
    let times = version.per.map_or(Ratio::ONE, |unit| {
        let frequency = key.frequency.and_then(Frequency::parse);
        let times = frequency.and_then(|frequency| frequency.times(unit));
        times.expect("what a price is for is checked with the frequencies of its scheme")
    });
    Source {
        kind: &charge.kind,
        price: &version.price,
        description: &charge.description,
        tax_category: &charge.tax_category,
        is_order: false,
        is_prepaid: scheme.classification == Classification::Prepaid,
        rounding: scheme.rounding,
        rounded: scheme.rounding.to_string(),
        currency: scheme.currency,
        per: version.per,
        times,
        counted: match &charge.kind {
            ChargeKind::Usage(usage) => usage.counted(),
            ChargeKind::Recurring { .. } | ChargeKind::OneTime => None,
        },
    }
}

fn of_order(currency: &str, rounding: LineRounding) -> Source<'static> {
    Source {
        kind: &ChargeKind::OneTime,
        price: PRICE_OF_ORDER,
        description: "",
        tax_category: "",
        is_order: true,
        is_prepaid: false,
        rounding,
        rounded: rounding.to_string(),
        currency: Currency::parse(currency).expect("inputs check currencies"),
        per: None,
        times: Ratio::ONE,
        counted: None,
    }
}
