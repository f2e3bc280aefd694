//! Days that were billed in advance and are not used after all.

use super::days::{gaps, merged};
use super::history::{Billed, History};
use super::life::Life;
use super::rows::gather;
use super::watermark::Watermark;
use crate::calendar::Period;
use crate::model::due::UnusedDays;
use crate::model::proration::Proration;
use crate::model::scheme::{Cancel, ChargeKind, Retroactive, Scheme, Timing};
use crate::model::table::{count_column, date_column, text_column};
use polars::prelude::{DataFrame, IdxCa, IdxSize, NamedFrom};
use std::collections::BTreeMap;

/// Unused days as they are found.
#[derive(Default)]
pub struct Unused {
    accounts: Vec<String>,
    /// Rows of the history.
    lines: Vec<IdxSize>,
    periods: Vec<Period>,
    days_before: Vec<i32>,
    days: Vec<i32>,
}

/// Billed days that a service is not used on, after an end or in a pause: in order, disjoint.
pub fn unused_days(mark: &Watermark<'_>, life: &Life<'_>) -> Vec<Period> {
    let through = mark.billed_through();
    if life.pauses.is_empty() && through.is_none_or(|through| through <= life.span.end) {
        return Vec::new();
    }
    let used = life.used();
    let billed = mark.billed.iter();
    billed.flat_map(|billed| gaps(*billed, &used)).collect()
}

impl Unused {
    /// Adds the part of unused days that is to be credited, each to the latest line that billed it. Says whether there is any.
    pub fn add(
        &mut self,
        account_id: &str,
        unused: &[Period],
        lines: &Billed<'_>,
        serial_of: &BTreeMap<&str, i64>,
        schemes: &BTreeMap<String, Scheme>,
    ) -> bool {
        let before = self.lines.len();
        let mut rows: Vec<usize> = lines
            .rows()
            .filter(|row| matches!(lines.text("kind", *row), "recurring" | "adjustment"))
            .filter(|row| !lines.is_of_usage(*row))
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(serial_of.get(lines.text("run_id", *row))));
        for days in unused {
            let mut credited: Vec<Period> = Vec::new();
            for row in &rows {
                let line = lines.period(*row);
                let found: Vec<Period> = gaps(days.intersect(line), &credited).collect();
                if found.is_empty() {
                    continue;
                }
                credited = merged([&credited[..], &found].concat());
                if !is_credited(lines, *row, schemes) {
                    continue;
                }
                for period in found {
                    self.push(account_id, *row, period, lines);
                }
            }
        }
        self.lines.len() > before
    }

    /// Adds days of one line.
    pub fn push(&mut self, account_id: &str, row: usize, period: Period, lines: &Billed<'_>) {
        let proration = Proration::parse(lines.text("proration", row));
        let proration = proration.expect("a proration that lines are written with");
        let passed = |day| proration.passed(lines.period(row), lines.days(row), day);
        let before = passed(period.start);
        self.accounts.push(account_id.to_owned());
        self.lines.push(row as IdxSize);
        self.periods.push(period);
        self.days_before.push(lines.days_before(row) + before);
        self.days.push(passed(period.end) - before);
    }

    pub fn table(self, history: &History) -> UnusedDays {
        if self.lines.is_empty() {
            return UnusedDays::empty();
        }
        let height = self.lines.len();
        let lines = IdxCa::new("".into(), self.lines);
        let line = |name: &str| gather(history.frame(), name, &lines);
        let columns = vec![
            text_column("account_id", self.accounts.iter().map(Some)),
            line("subscription_id"),
            line("service_id"),
            line("charge"),
            line("group_key"),
            line("line_id"),
            date_column(
                "period_start",
                self.periods.iter().map(|period| Some(period.start)),
            ),
            date_column(
                "period_end",
                self.periods.iter().map(|period| Some(period.end)),
            ),
            count_column(
                "days_before",
                self.days_before.iter().map(|days| Some((*days).into())),
            ),
            count_column("days", self.days.iter().map(|days| Some((*days).into()))),
            line("period_days"),
            line("description"),
            line("quantity"),
            line("currency"),
            line("tax_category"),
            line("scheme"),
            line("frequency"),
            line("model"),
            line("unit_price"),
            line("tiers"),
            line("per"),
            line("price_from"),
            line("price_version"),
            line("proration"),
            line("rounding"),
        ];
        UnusedDays::checked(DataFrame::new(height, columns).expect("columns of one height"))
    }
}

/// Whether the charge of a line credits days that are not used: as its scheme says today.
fn is_credited(lines: &Billed<'_>, row: usize, schemes: &BTreeMap<String, Scheme>) -> bool {
    let scheme = schemes.get(lines.text("scheme", row));
    let charge = scheme.and_then(|scheme| scheme.charge(lines.text("charge", row)));
    let kind = charge.map(|charge| &charge.kind);
    if charge.is_some_and(|charge| charge.retroactive == Retroactive::Adjust) {
        // What was made once was made.
        return !matches!(kind, Some(ChargeKind::OneTime));
    }
    matches!(
        kind,
        Some(ChargeKind::Recurring {
            timing: Timing::Advance,
            cancel: Cancel::CreditUnused,
            ..
        })
    )
}
