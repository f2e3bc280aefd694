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
    /// Of usage: what of an included quantity that several services share it takes in the period so far, in the same units.
    pub included: Option<i128>,
    /// Of usage of which what is included goes over into the next period: what has.
    pub carried: Option<Carried>,
    /// Of usage: whether earlier lines of the period were brought to its minimum, because it was over then.
    pub is_raised: bool,
    /// Of usage that came after its days were billed.
    pub late: Option<Late>,
    /// Of usage that is billed and priced anew.
    pub again: Option<Again>,
    /// Which period of the service it is, where a price or a discount asks.
    pub number: Option<i32>,
    /// What its single rows cost, as lines keep it, where that matters.
    pub events: Option<String>,
    pub group_key: Option<String>,
}

impl DueRow {
    fn adjusts(&self) -> Option<&String> {
        match (&self.late, &self.again) {
            (Some(late), _) => late.adjusts.as_ref(),
            (None, Some(again)) => again.adjusts.as_ref(),
            (None, None) => None,
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
            text_column(
                "kind",
                rows.iter().map(|row| match (&row.late, &row.again) {
                    (Some(_), _) => Some(LATE_USAGE),
                    (None, Some(_)) => Some(ADJUSTMENT),
                    (None, None) => Some(row.kind.name()),
                }),
            ),
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
            match rows.iter().any(|row| row.included.is_some()) {
                true => units_column(
                    "included",
                    Kind::Quantity,
                    rows.iter().map(|row| row.included),
                ),
                false => {
                    let kind = Kind::Quantity.dtype();
                    Column::full_null("included".into(), height, &kind)
                }
            },
            carried("carried_in", &rows, |carried| carried.into),
            carried("carried_out", &rows, |carried| carried.out),
            match rows.iter().any(|row| row.events.is_some()) {
                true => text_column("events", rows.iter().map(|row| row.events.as_ref())),
                false => nothing("events"),
            },
            match rows.iter().any(|row| row.adjusts().is_some()) {
                true => text_column("adjusts", rows.iter().map(|row| row.adjusts())),
                false => nothing("adjusts"),
            },
            billed(&rows),
            flag_column("is_final", rows.iter().map(|row| Some(row.piece.is_final))),
            flag_column("is_raised", rows.iter().map(|row| Some(row.is_raised))),
            own_price(service("unit_price"), &rows),
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

/// What has gone over into periods, or out of them; kept once where nothing does.
fn carried(name: &str, rows: &[&DueRow], of: fn(Carried) -> i128) -> Column {
    if rows.iter().all(|row| row.carried.is_none()) {
        return Column::full_null(name.into(), rows.len(), &Kind::Quantity.dtype());
    }
    let units = rows.iter().map(|row| row.carried.map(of));
    units_column(name, Kind::Quantity, units)
}

/// The price of a service's own: as its row says, or as it was on days that are priced anew.
fn own_price(by_row: Column, rows: &[&DueRow]) -> Column {
    if rows.iter().all(|row| row.again.is_none()) {
        return by_row;
    }
    let own = by_row.decimal().expect("services have prices");
    let own = own.physical().iter().zip(rows);
    let units = own.map(|(own, row)| row.again.as_ref().map_or(own, |again| again.own_price));
    units_column("unit_price", Kind::Rate, units.collect::<Vec<_>>())
}

/// What was billed of them before; kept once where nothing is priced anew.
fn billed(rows: &[&DueRow]) -> Column {
    if rows.iter().all(|row| row.again.is_none()) {
        return Column::full_null("billed".into(), rows.len(), &Kind::Amount.dtype());
    }
    let units = rows
        .iter()
        .map(|row| row.again.as_ref().map(|again| again.billed));
    units_column("billed", Kind::Amount, units)
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
