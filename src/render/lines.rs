//! What a template sees of a line.

use super::table::{Cells, Periods};
use super::value::{self, Figure, none, record};
use crate::model::events::{Events, Term};
use crate::model::frequency::Frequency;
use crate::model::line::{LATE_USAGE, Lines};
use crate::model::slices::Slices;
use crate::model::table::Columns;
use crate::money::{Currency, Quantity, Rate};
use minijinja::Value;
use polars::prelude::{Int128Chunked, StringChunked};

const LINE: &[(&str, &str)] = &[
    ("id", "line_id"),
    ("account_id", "account_id"),
    ("account_name", "account_name"),
    ("subscription_id", "subscription_id"),
    ("service_id", "service_id"),
    ("charge", "charge"),
    ("kind", "kind"),
    ("description", "description"),
    ("quantity", "quantity"),
    ("quantity_before", "quantity_before"),
    ("included", "included"),
    ("carried_in", "carried_in"),
    ("carried_out", "carried_out"),
    ("unit_price", "unit_price"),
    ("amount", "amount"),
    ("tax", "tax"),
    ("model", "model"),
    ("bound", "bound"),
    ("credits", "credits"),
    ("adjusts", "adjusts"),
    ("billed", "billed"),
    ("tax_category", "tax_category"),
    ("frequency", "frequency"),
    ("days", "days"),
    ("period_days", "period_days"),
];

/// The lines of all documents, and the columns that are not shown as they are.
pub(super) struct LineCells {
    shown: Cells,
    pub periods: Periods,
    accounts: StringChunked,
    prorations: StringChunked,
    pers: StringChunked,
    tiers: StringChunked,
    /// Of discounts that are percentages: they stand where prices do.
    percents: Int128Chunked,
    events: StringChunked,
    /// Whether it is of usage.
    used: Vec<bool>,
}

impl LineCells {
    pub fn new(lines: &Lines) -> Self {
        let frame = lines.frame();
        let texts = |name| frame.text(name).rechunk().into_owned();
        Self {
            shown: Cells::new(frame, LINE),
            periods: Periods::new(frame),
            accounts: texts("account_id"),
            prorations: texts("proration"),
            pers: texts("per"),
            tiers: texts("tiers"),
            percents: frame.units("unit_price").collect(),
            events: texts("events"),
            used: frame
                .text("kind")
                .iter()
                .zip(frame.units("quantity_before"))
                .map(|(kind, before)| {
                    before.is_some() || matches!(kind, Some("usage" | LATE_USAGE))
                })
                .collect(),
        }
    }

    /// Whose line it is.
    pub fn account(&self, row: usize) -> &str {
        self.accounts.get(row).unwrap_or_default()
    }

    pub fn value(&self, row: usize, currency: Currency) -> Value {
        let shown = self.shown.row(row, currency);
        let of = |name| shown.get(name).unwrap_or_else(none);
        let (kind, model, frequency) = (of("kind"), of("model"), of("frequency"));
        let prorated = matches!(kind.as_str(), Some("recurring" | "adjustment"))
            && self.prorations.get(row) != Some("none")
            && of("days") != of("period_days");
        // Where a price is flat, the quantity does not say anything.
        let one = || Value::from_object(Figure::Quantity(Quantity::ONE));
        let used = self.used[row];
        let several = !used && model.as_str() == Some("per_unit") && of("quantity") != one();
        let own = frequency.as_str().and_then(Frequency::parse).and_then(unit);
        let per = self.pers.get(row).filter(|per| Some(*per) != own);
        let percent_off = match model.as_str() {
            Some("percent_off") => self.percent(row),
            _ => none(),
        };
        let more = vec![
            ("period", self.periods.value(row)),
            ("prorated", prorated.into()),
            ("several", several.into()),
            ("used", used.into()),
            ("per", Value::from(per.map(|per| per.replace('_', "-")))),
            ("percent_off", percent_off),
            ("tiers", self.tiers(row, currency, model.as_str())),
            ("rows", self.rows(row, currency)),
        ];
        value::row(shown, more)
    }

    /// What a discount takes off, in percent.
    fn percent(&self, row: usize) -> Value {
        let percent = self.percents.get(row).and_then(Rate::from_units);
        percent.map_or_else(none, |percent| Value::from_object(Figure::Percent(percent)))
    }

    /// What single rows of usage cost beside the price of their quantity.
    fn rows(&self, row: usize, currency: Currency) -> Value {
        let events = match self.events.get(row) {
            None | Some("") => Events::default(),
            Some(text) => {
                Events::parse(text).expect("a line's events are written as they are read")
            }
        };
        let rows = events.now.items().filter_map(|item| {
            let per = Some(item.per).filter(|per| *per != Quantity::ONE);
            let kind = match item.term {
                Term::Charged => return None,
                Term::Unit => "unit",
                Term::Fee => "fee",
                Term::Minimum => "minimum",
                Term::Maximum => "maximum",
                Term::Free => "free",
            };
            Some(record(vec![
                ("kind", kind.into()),
                ("count", Value::from_object(Figure::Quantity(item.count))),
                (
                    "price",
                    Value::from_object(Figure::Rate(item.rate, currency)),
                ),
                (
                    "per",
                    per.map_or_else(none, |per| Value::from_object(Figure::Quantity(per))),
                ),
            ]))
        });
        Value::from(rows.collect::<Vec<_>>())
    }

    /// The parts of a quantity, each with its price.
    fn tiers(&self, row: usize, currency: Currency, model: Option<&str>) -> Value {
        let text = self.tiers.get(row).unwrap_or_default();
        let slices = Slices::parse(text).expect("a line's tiers are written as they are read");
        let rate = |rate| Value::from_object(Figure::Rate(rate, currency));
        let quantity = |quantity| Value::from_object(Figure::Quantity(quantity));
        let is_share = matches!(model, Some("percentage" | "graduated_percentage"));
        let percent = |share: Rate| {
            let percent = share.units().checked_mul(100).and_then(Rate::from_units);
            percent
                .filter(|_| is_share)
                .map_or_else(none, |percent| Value::from_object(Figure::Percent(percent)))
        };
        let tiers = slices.all.iter().map(|slice| {
            let package = slice.package;
            let packages = package.and_then(|package| package.count(slice.quantity));
            record(vec![
                ("quantity", quantity(slice.quantity)),
                ("package", package.map_or_else(none, |it| quantity(it.size))),
                ("packages", packages.map_or_else(none, quantity)),
                ("per", slice.per.map_or_else(none, quantity)),
                ("percent", percent(slice.unit)),
                ("unit_price", rate(slice.unit)),
                ("flat", rate(slice.flat)),
            ])
        });
        Value::from(tiers.collect::<Vec<_>>())
    }
}

/// The unit of time that a period of this frequency takes, as written after `per`; `None` where it takes several.
fn unit(frequency: Frequency) -> Option<&'static str> {
    match frequency.length() {
        (1, unit) => Some(unit.name()),
        _ => None,
    }
}
