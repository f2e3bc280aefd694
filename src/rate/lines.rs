//! The columns of rated lines.

use super::answer::{Answer, Bound, Priced};
use super::source::Source;
use crate::model::frequency::TimeUnit;
use crate::model::table::{Columns, Kind, same_column, text_column, units_column};
use polars::prelude::{BooleanChunked, Column, DataFrame, IdxCa, IdxSize, NewChunkedArray};

/// A line for each answer that has an amount, in the columns of `rated`. `source_of` is for each row the number of its source.
pub fn lines(
    due: &DataFrame,
    answers: &[Answer],
    sources: &[&Source<'_>],
    source_of: Vec<IdxSize>,
) -> DataFrame {
    let priced = || answers.iter().map(Answer::line);
    let copied = |name: &str| due.column(name).expect("a due column").clone();
    let each = || source_of.iter().map(|number| sources[*number as usize]);
    let numbers = IdxCa::from_slice("".into(), &source_of);
    let of_source = |column: Column| column.take(&numbers).expect("numbers of sources");
    let names = |name: &str, of: for<'s> fn(&'s Source<'_>) -> Option<&'s str>| {
        of_source(text_column(name, sources.iter().map(|source| of(source))))
    };
    // What the row itself says, as the line of an order does, else what its source says.
    let own_or = |name: &str, of: for<'s> fn(&'s Source<'_>) -> &'s str| {
        let own = due.text(name);
        if own.null_count() == own.len() {
            return of_source(text_column(
                name,
                sources.iter().map(|source| Some(of(source))),
            ));
        }
        let both = own.iter().zip(each());
        text_column(
            name,
            both.map(|(own, source)| Some(own.unwrap_or(of(source)))),
        )
    };
    let texts = |name: &str, of: for<'p> fn(&'p Priced) -> Option<&'p str>| {
        text_column(name, priced().map(|priced| of(priced?)))
    };
    let units = |name: &str, kind: Kind, of: fn(&Priced) -> Option<i128>| {
        units_column(name, kind, priced().map(|priced| of(priced?)))
    };
    let billed = match priced().flatten().any(|priced| priced.is_paid_told) {
        true => units("billed", Kind::Amount, |priced| {
            priced.is_paid_told.then(|| priced.paid.units())
        }),
        false => Column::full_null("billed".into(), due.height(), &Kind::Amount.dtype()),
    };
    let of_full_period = |source: &Source<'_>| {
        let usage = source.kind.usage();
        usage.map(|usage| usage.included.units())
    };
    let included = match priced().flatten().any(|priced| priced.included.is_some()) {
        true => {
            let own = priced().map(|priced| Some(priced?.included?.units()));
            let units = own
                .zip(each())
                .map(|(own, source)| own.or(of_full_period(source)));
            units_column("included", Kind::Quantity, units)
        }
        false => of_source(units_column(
            "included",
            Kind::Quantity,
            sources.iter().map(|source| of_full_period(source)),
        )),
    };
    let columns = vec![
        copied("account_id"),
        copied("subscription_id"),
        copied("service_id"),
        copied("charge"),
        copied("kind"),
        own_or("description", |source| source.description),
        copied("period_start"),
        copied("period_end"),
        units("quantity", Kind::Quantity, |priced| {
            Some(priced.quantity.units())
        }),
        units("amount", Kind::Amount, |priced| Some(priced.amount.units())),
        copied("currency"),
        own_or("tax_category", |source| source.tax_category),
        copied("scheme"),
        names("model", |source| Some(source.price.model())),
        units("unit_price", Kind::Rate, |priced| {
            Some(priced.unit_price?.units())
        }),
        text_column(
            "price_from",
            priced().zip(each()).map(|(priced, source)| {
                Some(match (source.is_order, priced?.is_own_price) {
                    (true, _) => "order",
                    (false, true) => "service",
                    (false, false) => "scheme",
                })
            }),
        ),
        copied("price_version"),
        copied("period_number"),
        names("proration", |source| Some(source.kind.proration().name())),
        copied("days_before"),
        copied("days"),
        copied("period_days"),
        names("rounding", |source| Some(&source.rounded)),
        copied("frequency"),
        names("per", |source| source.per.map(TimeUnit::name)),
        texts("tiers", |priced| priced.tiers.as_deref()),
        included,
        copied("carried_in"),
        copied("carried_out"),
        copied("quantity_before"),
        names("counted", |source| source.counted.as_deref()),
        texts("events", |priced| priced.events.as_deref()),
        texts("bound", |priced| priced.bound.map(Bound::name)),
        same_column("credits", None, due.height()),
        copied("group_key"),
        same_column("discount", None, due.height()),
        copied("adjusts"),
        billed,
    ];
    let all = DataFrame::new(due.height(), columns).expect("columns of one height");
    if priced().all(|priced| priced.is_some()) {
        return all;
    }
    let kept: BooleanChunked = priced().map(|priced| priced.is_some()).collect();
    all.filter(&kept).expect("a mask of the same height")
}
