//! Due rows as they are found: where their service, subscription and account stand, and their days.

use super::piece::Piece;
use crate::calendar::Date;
use crate::model::account::Tables;
use crate::model::due::DueCharges;
use crate::model::line::{ADJUSTMENT, LATE_USAGE};
use crate::model::rollover::Carried;
use crate::model::scheme::ChargeType;
use crate::model::table::{
    Columns, Kind, count_column, date_column, flag_column, same_column, text_column, units_column,
};
use polars::prelude::{Column, DataFrame, IdxCa, IdxSize};

/// Due rows of services.
#[derive(Default)]
pub struct Rows(Vec<DueRow>);

/// What usage is added to that came after its days were billed.
pub struct Late {
    /// The id of the last line of its period; `None` where it has no line.
    pub adjusts: Option<String>,
}

/// What was billed of usage that is priced anew.
pub struct Again {
    /// The id of the last line of its period; `None` where it has no line.
    pub adjusts: Option<String>,
    /// In units of an amount.
    pub billed: i128,
    /// The price of the service's own on these days, in units of a rate.
    pub own_price: Option<i128>,
}

/// One due row of a service.
pub struct DueRow {
    /// The first row of its service.
    pub service: usize,
    /// Rows of the service, its subscription and its account.
    pub owners: (usize, usize, usize),
    pub kind: ChargeType,
    pub piece: Piece,
    pub version: Option<Date>,
    /// Of usage: used now and before, in units of the quantity.
    pub usage: Option<(i128, i128)>,
    /// Of usage: whether earlier lines of the period were brought to its minimum, because it was over then.
    pub is_raised: bool,
    /// Which period of the service it is, where a price or a discount asks.
    pub number: Option<i32>,
    pub group_key: Option<String>,
    pub rare: Option<Box<Rare>>,
}

/// What few rows of usage have, kept apart so that the others are small.
#[derive(Default)]
pub struct Rare {
    /// What of an included quantity that several services share it takes in the period so far, in units of the quantity.
    pub included: Option<i128>,
    /// Where what is included goes over into the next period: what has.
    pub carried: Option<Carried>,
    /// Of usage that came after its days were billed.
    pub late: Option<Late>,
    /// Of usage that is billed and priced anew.
    pub again: Option<Again>,
    /// What its single rows cost, as lines keep it, where that matters.
    pub events: Option<String>,
}

impl Rare {
    /// With what it has, if it has anything.
    pub fn kept(self) -> Option<Box<Self>> {
        let Self {
            included,
            carried,
            late,
            again,
            events,
        } = &self;
        let has_any = included.is_some() || carried.is_some() || late.is_some();
        (has_any || again.is_some() || events.is_some()).then(|| Box::new(self))
    }

    fn adjusts(&self) -> Option<&String> {
        match (&self.late, &self.again) {
            (Some(late), _) => late.adjusts.as_ref(),
            (None, Some(again)) => again.adjusts.as_ref(),
            (None, None) => None,
        }
    }
}

/// What few rows have, row by row; empty where none has anything.
struct Rares<'a> {
    rows: Vec<Option<&'a Rare>>,
    height: usize,
}

impl<'a> Rares<'a> {
    fn of(rows: &[&'a DueRow]) -> Self {
        let mut rares = Self {
            rows: rows.iter().map(|row| row.rare.as_deref()).collect(),
            height: rows.len(),
        };
        if rares.rows.iter().all(Option::is_none) {
            rares.rows.clear();
        }
        rares
    }

    /// The values of each row; `None` where no row has one.
    fn values<T>(&self, of: impl Fn(&'a Rare) -> Option<T>) -> Option<Vec<Option<T>>> {
        let values = self.rows.iter().map(|rare| rare.and_then(&of));
        let values: Vec<Option<T>> = values.collect();
        values.iter().any(Option::is_some).then_some(values)
    }

    fn units(&self, name: &str, kind: Kind, of: impl Fn(&Rare) -> Option<i128>) -> Column {
        match self.values(of) {
            Some(units) => units_column(name, kind, units),
            None => Column::full_null(name.into(), self.height, &kind.dtype()),
        }
    }

    fn texts(&self, name: &str, of: impl Fn(&'a Rare) -> Option<&'a String>) -> Column {
        match self.values(of) {
            Some(texts) => text_column(name, texts),
            None => same_column(name, None, self.height),
        }
    }
}

impl DueRow {
    /// As lines say it.
    fn kind(&self) -> &'static str {
        match self.rare.as_deref() {
            Some(Rare { late: Some(_), .. }) => LATE_USAGE,
            Some(Rare { again: Some(_), .. }) => ADJUSTMENT,
            _ => self.kind.name(),
        }
    }
}

impl Rows {
    /// With room for so many, as a service mostly has one: they are large, and nothing is to be moved while they become more.
    pub fn with_room(rows: usize) -> Self {
        Self(Vec::with_capacity(rows))
    }

    pub fn push(&mut self, row: DueRow) {
        self.0.push(row);
    }

    pub fn all(&self) -> &[DueRow] {
        &self.0
    }

    pub fn all_mut(&mut self) -> &mut [DueRow] {
        &mut self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first day whose usage is not billed, of all.
    pub fn usage_through(&self) -> Option<Date> {
        let of_usage = self.0.iter().filter(|row| row.kind == ChargeType::Usage);
        of_usage.map(|row| row.piece.period.end).max()
    }

    /// Rows of the subscriptions table, one for each due row.
    pub fn subscriptions(&self) -> Vec<usize> {
        self.0.iter().map(|row| row.owners.1).collect()
    }

    /// The table, with the due lines of orders below.
    pub fn table(self, tables: &Tables, orders: DataFrame) -> DueCharges {
        if self.is_empty() && orders.height() == 0 {
            return DueCharges::empty();
        }
        let height = self.0.len();
        let charges = tables.services.whole_texts("charge");
        // Tables are sorted by their ids, so rows compare as the ids would.
        let owner = |row: &DueRow| (row.owners.2, row.owners.1, row.service);
        let within = |row: &DueRow| (charges.get(row.owners.0), row.piece.period.start);
        let mut order: Vec<_> = self.0.iter().map(|row| (owner(row), row)).collect();
        order.sort_by(|(one, first), (other, second)| {
            let by_owner = one.cmp(other);
            by_owner.then_with(|| within(first).cmp(&within(second)))
        });
        let rows: Vec<&DueRow> = order.into_iter().map(|(_, row)| row).collect();
        let rare = Rares::of(&rows);
        let places = |of: fn(&DueRow) -> usize| {
            let places: Vec<IdxSize> = rows.iter().map(|row| of(row) as IdxSize).collect();
            IdxCa::from_vec("".into(), places)
        };
        let services = places(|row| row.owners.0);
        let subscriptions = places(|row| row.owners.1);
        let accounts = places(|row| row.owners.2);
        let service = |name: &str| gather(&tables.services, name, &services);
        let subscription = |name: &str| gather(&tables.subscriptions, name, &subscriptions);
        let account = |name: &str| gather(&tables.accounts, name, &accounts);
        let nothing = |name: &str| same_column(name, None, height);
        let days = |name: &str, of: fn(&DueRow) -> i32| {
            count_column(name, rows.iter().map(|row| Some(of(row).into())))
        };
        let mut quantity = service("quantity");
        if rows.iter().any(|row| row.usage.is_some()) {
            let own = quantity.decimal().expect("services have quantities");
            let own = own.physical().iter();
            let values = own.zip(&rows).map(|(own, row)| match row.usage {
                Some((used, _)) => Some(used),
                None => own,
            });
            quantity = units_column("quantity", Kind::Quantity, values.collect::<Vec<_>>());
        }
        let columns = vec![
            account("account_id"),
            subscription("subscription_id"),
            service("service_id"),
            service("charge"),
            text_column("kind", rows.iter().map(|row| Some(row.kind()))),
            subscription("scheme"),
            subscription("frequency"),
            text_column("group_key", rows.iter().map(|row| row.group_key.as_ref())),
            nothing("description"),
            nothing("tax_category"),
            date_column(
                "period_start",
                rows.iter().map(|row| Some(row.piece.period.start)),
            ),
            date_column(
                "period_end",
                rows.iter().map(|row| Some(row.piece.period.end)),
            ),
            days("days_before", |row| row.piece.days_before),
            days("days", |row| row.piece.days),
            days("period_days", |row| row.piece.period_days),
            quantity,
            units_column(
                "quantity_before",
                Kind::Quantity,
                rows.iter().map(|row| row.usage.map(|(_, before)| before)),
            ),
            rare.units("included", Kind::Quantity, |rare| rare.included),
            rare.units("carried_in", Kind::Quantity, |rare| {
                Some(rare.carried?.into)
            }),
            rare.units("carried_out", Kind::Quantity, |rare| {
                Some(rare.carried?.out)
            }),
            rare.texts("events", |rare| rare.events.as_ref()),
            rare.texts("adjusts", Rare::adjusts),
            rare.units("billed", Kind::Amount, |rare| {
                Some(rare.again.as_ref()?.billed)
            }),
            flag_column("is_final", rows.iter().map(|row| Some(row.piece.is_final))),
            flag_column("is_raised", rows.iter().map(|row| Some(row.is_raised))),
            own_price(service("unit_price"), &rare),
            account("currency"),
            date_column("price_version", rows.iter().map(|row| row.version)),
            numbers(&rows),
        ];
        let due = DataFrame::new(height, columns).expect("columns of one height");
        if orders.height() == 0 {
            return DueCharges::in_order(due);
        }
        let mut all = due.vstack(&orders).expect("due rows have one shape");
        all.rechunk_mut();
        DueCharges::checked(all)
    }
}

/// The price of a service's own: as its row says, or as it was on days that are priced anew.
fn own_price(by_row: Column, rare: &Rares<'_>) -> Column {
    let Some(again) = rare.values(|rare| rare.again.as_ref()) else {
        return by_row;
    };
    let own = by_row.decimal().expect("services have prices");
    let own = own.physical().iter().zip(again);
    let units = own.map(|(own, again)| again.map_or(own, |again| again.own_price));
    units_column("unit_price", Kind::Rate, units.collect::<Vec<_>>())
}

/// Which periods they are; kept once where nobody asks.
fn numbers(rows: &[&DueRow]) -> Column {
    if rows.iter().all(|row| row.number.is_none()) {
        return Column::full_null("period_number".into(), rows.len(), &Kind::Count.dtype());
    }
    count_column(
        "period_number",
        rows.iter().map(|row| row.number.map(i64::from)),
    )
}

/// A column of a table at the given rows.
pub fn gather(frame: &DataFrame, column: &str, rows: &IdxCa) -> Column {
    let column = frame.column(column).expect("a column every such table has");
    column.take(rows).expect("rows within the table")
}
