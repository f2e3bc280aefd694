//! Unused days -> lines that take back exactly what they cost.

use crate::model::derivation::Derivation;
use crate::model::due::UnusedDays;
use crate::model::table::{Kind, text_column, units_column};
use polars::prelude::{Column, DataFrame};

/// A line of kind `credit` for each row of unused days, in the columns of `rated`.
///
/// The amount is worked out again from what the original line says of its price, so a price that has changed since does not
/// matter: what is credited and what is kept add up to the original.
pub fn credit(unused: &UnusedDays) -> DataFrame {
    let frame = unused.frame();
    let amounts = (0..frame.height()).map(|row| {
        let amount = Derivation::read(frame, row).amount();
        -amount.expect("a part of what fitted an amount").units()
    });
    let copied = |name: &str| frame.column(name).expect("a column of unused days").clone();
    let every = |name: &str, text: Option<&'static str>| {
        text_column(name, std::iter::repeat_n(text, frame.height()))
    };
    let none = |name: &str| {
        units_column(
            name,
            Kind::Quantity,
            std::iter::repeat_n(None, frame.height()),
        )
    };
    let columns = vec![
        copied("account_id"),
        copied("subscription_id"),
        copied("service_id"),
        copied("charge"),
        every("kind", Some("credit")),
        copied("description"),
        copied("period_start"),
        copied("period_end"),
        copied("quantity"),
        units_column("amount", Kind::Amount, amounts.map(Some)),
        copied("currency"),
        copied("tax_category"),
        copied("scheme"),
        copied("model"),
        copied("unit_price"),
        copied("price_from"),
        copied("price_version"),
        Column::full_null("period_number".into(), frame.height(), &Kind::Count.dtype()),
        copied("proration"),
        copied("days_before"),
        copied("days"),
        copied("period_days"),
        copied("rounding"),
        copied("frequency"),
        copied("per"),
        copied("tiers"),
        none("included"),
        none("carried_in"),
        none("carried_out"),
        none("quantity_before"),
        every("counted", None),
        every("events", None),
        every("bound", None),
        copied("line_id").with_name("credits".into()),
        copied("group_key"),
        every("discount", None),
        every("adjusts", None),
        units_column("billed", Kind::Amount, vec![None; frame.height()]),
    ];
    DataFrame::new(frame.height(), columns).expect("columns of one height")
}
