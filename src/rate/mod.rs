//! Due charges -> lines with an amount.
//!
//! Owns what a pricing model means. Does not own which price applies (`identify/`) or rounding (`money/`).
//! Invariant: every due charge ends in exactly one line or one exception; no rate ever becomes a float.

mod flat;
mod per_unit;

use crate::calendar::Date;
use crate::diagnostic::{Aside, AsideKind, Reach, Staged};
use crate::model::due::DueCharges;
use crate::model::line::RatedLines;
use crate::model::scheme::{Charge, ChargeKind, Price, Proration, Scheme};
use crate::model::table::{Columns, Kind, count_column, text_column, units_column};
use crate::money::{Amount, Quantity, Rate, Share};
use polars::prelude::{BooleanChunked, DataFrame};
use std::collections::BTreeMap;

/// A due charge that one pricing model is asked about.
#[derive(Clone, Copy, Debug)]
struct Asked {
    quantity: Quantity,
    /// The service's own price.
    own_price: Option<Rate>,
    share: Share,
}

/// What a pricing model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Priced {
    amount: Amount,
    unit_price: Rate,
    /// The quantity the price was multiplied by.
    quantity: Quantity,
    price_from: PriceFrom,
}

/// Who named a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PriceFrom {
    Scheme,
    Service,
}

/// Why a charge has no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unpriced {
    /// More than 15 digits before the point.
    Overflow,
    /// The price is the service's, and it has none.
    NoPrice,
}

type Answer = Result<Priced, Unpriced>;

/// Where a line's price comes from.
#[derive(Clone, Copy)]
struct Source<'a> {
    scheme: &'a Scheme,
    charge: &'a Charge,
    price: &'a Price,
}

/// Prices what is due.
///
/// In: one row per (`service_id`, `charge`, `period_start`), schemes and charges known. Out: a row each, `amount` rounded
/// to the minor unit of its currency. Aside: `BW-R101` overflow, which parks the account; `BW-R104` no price.
pub fn rate(schemes: &BTreeMap<String, Scheme>, due: &DueCharges) -> Staged<RatedLines> {
    let frame = due.frame();
    let height = frame.height();
    let versions: Vec<Option<Date>> = frame.dates("price_version").collect();
    let asked = asked(frame);
    let mut answers: Vec<Option<Answer>> = vec![None; height];
    let mut sources: Vec<Option<Source<'_>>> = vec![None; height];
    for ((scheme, charge, version), rows) in by_price(frame, &versions) {
        let scheme = &schemes[scheme];
        let charge = scheme
            .charge(charge)
            .expect("identify parks unknown charges");
        let version = charge
            .prices
            .iter()
            .find(|price| price.valid_from == version);
        let price = &version.expect("identify names versions that exist").price;
        let ChargeKind::Recurring { proration, .. } = charge.kind else {
            unimplemented!()
        };
        let shares = rows.iter().map(|row| Asked {
            share: prorated(proration, asked[*row].share),
            ..asked[*row]
        });
        let priced: Vec<Answer> = match price {
            Price::Flat(flat) => {
                flat::rate(*flat, scheme.rounding, scheme.currency, shares).collect()
            }
            Price::PerUnit(unit) => {
                per_unit::rate(unit, scheme.rounding, scheme.currency, shares).collect()
            }
            Price::Graduated(_) => unimplemented!(),
        };
        for (row, answer) in rows.into_iter().zip(priced) {
            answers[row] = Some(answer);
            sources[row] = Some(Source {
                scheme,
                charge,
                price,
            });
        }
    }
    let answers: Vec<Answer> = answers.into_iter().flatten().collect();
    let sources: Vec<Source<'_>> = sources.into_iter().flatten().collect();
    assert_eq!(
        answers.len(),
        height,
        "every due charge belongs to one price"
    );
    Staged {
        kept: lines(frame, &answers, &sources),
        aside: unpriced(frame, &answers),
    }
}

fn asked(frame: &DataFrame) -> Vec<Asked> {
    let quantities = frame.units("quantity").map(|units| {
        units
            .and_then(Quantity::from_units)
            .unwrap_or(Quantity::ONE)
    });
    let prices = frame
        .units("unit_price")
        .map(|units| units.and_then(Rate::from_units));
    let counts = |name: &str| {
        frame
            .counts(name)
            .iter()
            .map(|count| i128::from(count.unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    let (before, days, period_days) =
        (counts("days_before"), counts("days"), counts("period_days"));
    quantities
        .zip(prices)
        .enumerate()
        .map(|(row, (quantity, own_price))| Asked {
            quantity,
            own_price,
            share: Share {
                before: before[row],
                days: days[row],
                period_days: period_days[row],
            },
        })
        .collect()
}

/// The rows of each price: models are asked once per price, not once per row.
fn by_price<'a>(
    frame: &'a DataFrame,
    versions: &[Option<Date>],
) -> BTreeMap<(&'a str, &'a str, Option<Date>), Vec<usize>> {
    let keys = frame
        .text("scheme")
        .iter()
        .flatten()
        .zip(frame.text("charge").iter().flatten())
        .zip(versions);
    let mut rows: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (row, ((scheme, charge), version)) in keys.enumerate() {
        rows.entry((scheme, charge, *version))
            .or_default()
            .push(row);
    }
    rows
}

/// The share that is charged: without proration the first part of a period costs the whole, and the rest nothing.
fn prorated(proration: Proration, share: Share) -> Share {
    match proration {
        Proration::Daily => share,
        Proration::None if share.before == 0 => Share::WHOLE,
        Proration::None => Share {
            before: 1,
            days: 0,
            period_days: 1,
        },
    }
}

fn lines(frame: &DataFrame, answers: &[Answer], sources: &[Source<'_>]) -> RatedLines {
    let priced = || answers.iter().map(|answer| answer.ok());
    let names = |name: &str, of: fn(Source<'_>) -> &str| {
        text_column(name, sources.iter().map(|source| Some(of(*source))))
    };
    let copied = |name: &str| frame.column(name).expect("a due column").clone();
    let columns = vec![
        copied("account_id"),
        copied("subscription_id"),
        copied("service_id"),
        copied("charge"),
        names("kind", |source| match source.charge.kind {
            ChargeKind::Recurring { .. } => "recurring",
            _ => unimplemented!(),
        }),
        names("description", |source| &source.charge.description),
        copied("period_start"),
        copied("period_end"),
        units_column(
            "quantity",
            Kind::Quantity,
            priced().map(|priced| Some(priced?.quantity.units())),
        ),
        units_column(
            "amount",
            Kind::Amount,
            priced().map(|priced| Some(priced?.amount.units())),
        ),
        copied("currency"),
        names("tax_category", |source| &source.charge.tax_category),
        copied("scheme"),
        names("model", |source| match source.price {
            Price::Flat(_) => "flat",
            Price::PerUnit(_) => "per_unit",
            Price::Graduated(_) => "graduated",
        }),
        units_column(
            "unit_price",
            Kind::Rate,
            priced().map(|priced| Some(priced?.unit_price.units())),
        ),
        text_column(
            "price_from",
            priced().map(|priced| {
                Some(match priced?.price_from {
                    PriceFrom::Scheme => "scheme",
                    PriceFrom::Service => "service",
                })
            }),
        ),
        copied("price_version"),
        names("proration", |source| match source.charge.kind {
            ChargeKind::Recurring {
                proration: Proration::None,
                ..
            } => "none",
            ChargeKind::Recurring {
                proration: Proration::Daily,
                ..
            } => "daily",
            _ => unimplemented!(),
        }),
        count_column("days_before", frame.counts("days_before").iter()),
        count_column("days", frame.counts("days").iter()),
        count_column("period_days", frame.counts("period_days").iter()),
        names("rounding", |source| source.scheme.rounding.name()),
    ];
    let all = DataFrame::new(frame.height(), columns).expect("columns of one height");
    let kept: BooleanChunked = priced().map(|priced| priced.is_some()).collect();
    RatedLines::checked(all.filter(&kept).expect("a mask of the same height"))
}

fn unpriced(frame: &DataFrame, answers: &[Answer]) -> Vec<Aside> {
    let failed = answers
        .iter()
        .enumerate()
        .filter_map(|(row, answer)| Some((row, answer.err()?)));
    failed
        .map(|(row, reason)| {
            let (reach, code, message) = match reason {
                Unpriced::Overflow => (
                    Reach::Account,
                    "BW-R101",
                    format!(
                        "quantity times price is more than {} digits before the point; is the quantity in the unit of the price?",
                        Amount::DIGITS
                    ),
                ),
                Unpriced::NoPrice => (
                    Reach::Service,
                    "BW-R104",
                    "the price is to come from the service, and its unit_price is empty; fill it in".to_owned(),
                ),
            };
            Aside {
                kind: AsideKind::Exception,
                reach,
                account_id: frame.text_at("account_id", row).to_owned(),
                subscription_id: frame.text_at("subscription_id", row).to_owned(),
                service_id: frame.text_at("service_id", row).to_owned(),
                charge: frame.text_at("charge", row).to_owned(),
                stage: "rate",
                code,
                message,
            }
        })
        .collect()
}
