//! Billed days as they would be billed today: what they cost then and now is compared once they are priced.

use super::again::Stretch;
use super::history::{Billed, History};
use super::piece::Piece;
use super::rows::{DueRow, Rare, Rows};
use super::selection::Selected;
use super::service::{Beside, Service};
use super::unused::Unused;
use crate::calendar::Period;
use crate::model::account::Tables;
use crate::model::due::{Changed, DueCharges, UnusedDays};
use crate::model::proration::Proration;
use crate::model::scheme::{ChargeKind, Retroactive};
use crate::model::table::{Columns, Kind, units_column};
use polars::prelude::DataFrame;
use std::collections::BTreeMap;

/// What is found of all services.
#[derive(Default)]
pub struct Changes {
    /// Of rows that say from when on they hold.
    dated: Pairs,
    /// Of those that do not: quantity and price of the service hold from the first day not billed, and before it is as it was.
    undated: Pairs,
    /// Usage, by what lines say of it.
    usage: Rows,
}

/// Due rows, and the lines that billed their days.
#[derive(Default)]
struct Pairs {
    rows: Rows,
    billed: Unused,
}

impl Changes {
    /// Adds usage that is billed.
    pub fn add_usage(
        &mut self,
        around: &Beside<'_>,
        selected: &Selected<'_>,
        service: &Service<'_>,
        stretches: Vec<Stretch>,
    ) {
        for stretch in stretches {
            let piece = stretch.piece;
            let charge = selected.charges[piece.row].expect("selection parks unknown charges");
            let Some(version) = charge.version_on(piece.priced_on, piece.number) else {
                continue;
            };
            let owners = around.joined.row(piece.row);
            self.usage.push(DueRow {
                service: service.rows.start,
                owners,
                kind: charge.kind.charge_type(),
                piece,
                version: version.valid_from,
                usage: Some(stretch.usage),
                is_raised: stretch.is_raised,
                number: around.counts(owners, charge).then_some(piece.number),
                group_key: around.group_by.of_service(owners),
                rare: Rare {
                    included: stretch.included,
                    carried: stretch.carried,
                    again: Some(stretch.again),
                    ..Rare::default()
                }
                .kept(),
            });
        }
    }

    /// Adds what of a piece is billed, by the lines that say what it costs. Not of usage, which is billed by what was used.
    pub fn add(
        &mut self,
        around: &Beside<'_>,
        selected: &Selected<'_>,
        service: &Service<'_>,
        piece: &Piece,
        lines: &Billed<'_>,
    ) {
        let charge = selected.charges[piece.row].expect("selection parks unknown charges");
        // What was missing to a commitment was right when its period ended. Usage is asked about period by period.
        if charge.retroactive == Retroactive::Ignore
            || charge.commits.is_some()
            || matches!(charge.kind, ChargeKind::Usage(_))
        {
            return;
        }
        let version = charge.version_on(piece.priced_on, piece.number);
        let Some(version) = version else { return };
        let proration = charge.kind.proration();
        let owners = around.joined.row(piece.row);
        let frequency = around.joined.frequency(owners.1);
        for billed in last_billed(lines, &charge.code, &around.serials) {
            let Some(part) = part_of(piece, proration, frequency, billed, lines) else {
                continue;
            };
            let pairs = match around.lives.is_dated(piece.row) {
                true => &mut self.dated,
                false => &mut self.undated,
            };
            pairs
                .billed
                .push(service.account_id, billed.1, part.period, lines);
            pairs.rows.push(DueRow {
                service: service.rows.start,
                owners,
                kind: charge.kind.charge_type(),
                piece: part,
                version: version.valid_from,
                usage: None,
                is_raised: false,
                number: around.counts(owners, charge).then_some(part.number),
                group_key: around.group_by.of_service(owners),
                rare: None,
            });
        }
    }

    /// Both tables, row by row about the same days.
    pub fn tables(self, tables: &Tables, history: &History) -> Changed {
        if self.dated.rows.is_empty() && self.undated.rows.is_empty() {
            return Changed {
                due: DueCharges::empty(),
                billed: UnusedDays::empty(),
                usage: self.usage.table(tables, DataFrame::empty()),
            };
        }
        let (due, billed) = self.dated.tables(tables, history);
        let (as_it_was, billed_as_it_was) = self.undated.tables(tables, history);
        let as_it_was = with_quantity_and_price(as_it_was, &billed_as_it_was);
        let both = |one: DataFrame, other: &DataFrame| {
            let mut all = one.vstack(other).expect("tables of one shape");
            all.rechunk_mut();
            all
        };
        Changed {
            due: DueCharges::checked(both(due, &as_it_was)),
            billed: UnusedDays::checked(both(billed, &billed_as_it_was)),
            usage: self.usage.table(tables, DataFrame::empty()),
        }
    }
}

impl Pairs {
    fn tables(self, tables: &Tables, history: &History) -> (DataFrame, DataFrame) {
        let due = self.rows.table(tables, DataFrame::empty());
        let billed = self.billed.table(history);
        (due.frame().clone(), billed.frame().clone())
    }
}

/// Due rows with the quantity and the price of the service that their days were billed with.
fn with_quantity_and_price(mut due: DataFrame, billed: &DataFrame) -> DataFrame {
    let quantity = billed.column("quantity").expect("a line has a quantity");
    let of_service = billed.text("price_from").iter();
    let prices = of_service
        .zip(billed.units("unit_price"))
        .map(|(from, price)| price.filter(|_| from == Some("service")));
    for column in [
        quantity.clone(),
        units_column("unit_price", Kind::Rate, prices.collect::<Vec<_>>()),
    ] {
        due.with_column(column).expect("tables of one height");
    }
    due
}

/// The days of a charge that are billed, each with the line that says what they cost: the last one about them. In order, disjoint.
fn last_billed(
    lines: &Billed<'_>,
    charge: &str,
    serial_of: &BTreeMap<&str, i64>,
) -> Vec<(Period, usize)> {
    let mut rows: Vec<usize> = lines
        .rows()
        .filter(|row| lines.text("charge", *row) == charge)
        .filter(|row| {
            matches!(
                lines.text("kind", *row),
                "recurring" | "one_time" | "adjustment" | "credit"
            )
        })
        .filter(|row| !lines.is_of_usage(*row))
        .collect();
    // Within a run a credit makes room for what is billed in its place.
    let is_charge = |row: usize| lines.text("kind", row) != "credit";
    rows.sort_by_key(|row| (serial_of.get(lines.text("run_id", *row)), is_charge(*row)));
    let mut last: Vec<(Period, usize)> = Vec::new();
    for row in rows {
        let days = lines.period(row);
        last = last
            .into_iter()
            .flat_map(|(known, line)| without(known, days).map(move |left| (left, line)))
            .collect();
        if is_charge(row) {
            last.push((days, row));
        }
    }
    last.sort_unstable();
    last
}

/// What of a period lies before and after days that are cut out.
fn without(period: Period, days: Period) -> impl Iterator<Item = Period> {
    let cut = period.intersect(days);
    let parts = match cut.is_empty() {
        true => [period, Period::new(period.end, period.end)],
        false => [
            Period::new(period.start, cut.start),
            Period::new(cut.end, period.end),
        ],
    };
    parts.into_iter().filter(|part| !part.is_empty())
}

/// The part of a piece on days that a line has billed, if both count them of the same period: a frequency, a bill day or a proration that
/// changed holds from the next period on. How many days came before may differ, where a pause was learned of late: each side is rounded at
/// its own place.
fn part_of(
    piece: &Piece,
    proration: Proration,
    frequency: &str,
    (billed, line): (Period, usize),
    lines: &Billed<'_>,
) -> Option<Piece> {
    let (period, all) = (piece.period.intersect(billed), lines.period(line));
    // Periods of another bill day may have as many days.
    let is_alike = lines.text("proration", line) == proration.name()
        && lines.text("frequency", line) == frequency
        && lines.period_days(line) == piece.period_days
        && all.intersect(piece.full) == all;
    (!period.is_empty() && is_alike).then(|| piece.on(period, proration))
}
