//! Due rows as they are found: where their service, subscription and account stand, and their days.

use super::piece::Piece;
use crate::calendar::{Date, Period};
use crate::model::account::Tables;
use crate::model::due::DueCharges;
use crate::model::scheme::ChargeType;
use crate::model::table::{
    Kind, count_column, date_column, flag_column, text_column, units_column,
};
use polars::prelude::{Column, DataFrame, IdxCa, IdxSize, NamedFrom};

/// Due rows of services.
#[derive(Default)]
pub struct Rows {
    owners: [Vec<IdxSize>; 3],
    kinds: Vec<ChargeType>,
    periods: Vec<Period>,
    days_before: Vec<i32>,
    period_days: Vec<i32>,
    are_final: Vec<bool>,
    versions: Vec<Option<Date>>,
    /// Of usage: used now, and before.
    usage: Vec<Option<(i128, i128)>>,
    group_keys: Vec<Option<String>>,
}

/// One due row of a service.
pub struct DueRow {
    /// Rows of the service, its subscription and its account.
    pub owners: (usize, usize, usize),
    pub kind: ChargeType,
    pub piece: Piece,
    pub version: Option<Date>,
    /// Of usage: used now and before, in units of the quantity.
    pub usage: Option<(i128, i128)>,
    pub group_key: Option<String>,
}

impl Rows {
    pub fn push(&mut self, row: DueRow) {
        let (service, subscription, account) = row.owners;
        for (rows, owner) in self.owners.iter_mut().zip([service, subscription, account]) {
            rows.push(owner as IdxSize);
        }
        self.kinds.push(row.kind);
        self.periods.push(row.piece.period);
        self.days_before.push(row.piece.days_before);
        self.period_days.push(row.piece.full.days());
        self.are_final.push(row.piece.is_final);
        self.versions.push(row.version);
        self.usage.push(row.usage);
        self.group_keys.push(row.group_key);
    }

    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The first day whose usage is not billed, of all.
    pub fn usage_through(&self) -> Option<Date> {
        let periods = self.kinds.iter().zip(&self.periods);
        let of_usage = periods.filter(|(kind, _)| **kind == ChargeType::Usage);
        of_usage.map(|(_, period)| period.end).max()
    }

    /// Rows of the subscriptions table, one for each due row.
    pub fn subscriptions(&self) -> &[IdxSize] {
        &self.owners[1]
    }

    /// The table, with the due lines of orders below.
    pub fn table(self, tables: &Tables, orders: DataFrame) -> DueCharges {
        let height = self.kinds.len();
        let [services, subscriptions, accounts] =
            self.owners.map(|rows| IdxCa::new("".into(), rows));
        let service = |name: &str| gather(&tables.services, name, &services);
        let subscription = |name: &str| gather(&tables.subscriptions, name, &subscriptions);
        let account = |name: &str| gather(&tables.accounts, name, &accounts);
        let nothing = |name: &str| text_column(name, std::iter::repeat_n(None::<&str>, height));
        let days = |name: &str, days: &[i32]| {
            count_column(name, days.iter().map(|days| Some((*days).into())))
        };
        let mut quantity = service("quantity");
        if self.usage.iter().any(Option::is_some) {
            let own = quantity.decimal().expect("services have quantities");
            let own = own.physical().iter();
            let values = own.zip(&self.usage).map(|(own, usage)| match usage {
                Some((used, _)) => Some(*used),
                None => own,
            });
            quantity = units_column("quantity", Kind::Quantity, values.collect::<Vec<_>>());
        }
        let columns = vec![
            account("account_id"),
            subscription("subscription_id"),
            service("service_id"),
            service("charge"),
            text_column("kind", self.kinds.iter().map(|kind| Some(kind.name()))),
            subscription("scheme"),
            subscription("frequency"),
            text_column("group_key", self.group_keys),
            nothing("description"),
            nothing("tax_category"),
            date_column(
                "period_start",
                self.periods.iter().map(|period| Some(period.start)),
            ),
            date_column(
                "period_end",
                self.periods.iter().map(|period| Some(period.end)),
            ),
            days("days_before", &self.days_before),
            count_column(
                "days",
                self.periods.iter().map(|period| Some(period.days().into())),
            ),
            days("period_days", &self.period_days),
            quantity,
            units_column(
                "quantity_before",
                Kind::Quantity,
                self.usage
                    .iter()
                    .map(|usage| usage.map(|(_, before)| before)),
            ),
            flag_column("is_final", self.are_final.into_iter().map(Some)),
            service("unit_price"),
            account("currency"),
            date_column("price_version", self.versions),
        ];
        let due = DataFrame::new(height, columns).expect("columns of one height");
        let due = match orders.height() {
            0 => due,
            _ => due.vstack(&orders).expect("due rows have one shape"),
        };
        DueCharges::checked(due)
    }
}

/// A column of a table at the given rows.
pub fn gather(frame: &DataFrame, column: &str, rows: &IdxCa) -> Column {
    let column = frame.column(column).expect("a column every such table has");
    column.take(rows).expect("rows within the table")
}
