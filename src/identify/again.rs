//! Usage that is billed, as it would be billed today: how much of it there is and what was billed of it, period by period.
//!
//! All of it is read from lines and claims. What was counted stays counted, so the usage itself need not be in the export any more.

use super::history::Billed;
use super::late::Adding;
use super::piece::Piece;
use super::rows::Again;
use crate::calendar::{Date, Period};
use crate::model::line::{ADJUSTMENT, LATE_USAGE};
use crate::model::rollover::Carried;
use crate::model::scheme::{Charge, Retroactive, Usage};
use std::collections::BTreeMap;

/// A service whose billed usage is priced anew.
pub struct Repricing<'a> {
    pub billed: Adding<'a>,
    /// The serial of every run.
    pub serials: &'a BTreeMap<&'a str, i64>,
    /// The price that a row of the services table names.
    pub own_price: &'a dyn Fn(usize) -> OwnPrice,
}

/// The price of a service's own, in units of a rate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OwnPrice {
    /// Of a row that says from when on it holds.
    Dated(Option<i128>),
    /// Of one that does not, and so says nothing of days that are billed.
    Undated(Option<i128>),
}

impl OwnPrice {
    /// Whether days of these two are billed at one price, as far as their rows say it.
    fn is_as(self, other: Self) -> bool {
        match (self, other) {
            (Self::Dated(one), Self::Dated(other)) => one == other,
            (Self::Undated(_), Self::Undated(_)) => true,
            (Self::Dated(_), Self::Undated(_)) | (Self::Undated(_), Self::Dated(_)) => false,
        }
    }
}

/// What is billed of a full period at one price: in units of its quantity, as on a due row.
pub struct Stretch {
    pub piece: Piece,
    /// Used in it, and before it in its period.
    pub usage: (i128, i128),
    /// What it has taken of an included quantity that services share.
    pub included: Option<i128>,
    pub carried: Option<Carried>,
    /// Whether lines of the period before it were brought to its minimum.
    pub is_raised: bool,
    pub again: Again,
}

/// The billed parts of a full period that have one price of their own.
struct Group {
    own_price: OwnPrice,
    parts: Vec<Piece>,
}

/// Why what was billed cannot be compared with what it would cost today.
pub struct Unknown {
    pub full: Period,
    pub why: &'static str,
}

impl Repricing<'_> {
    /// Usage that is billed by charges that want to know what it would cost today. The pieces are those of the service as if nothing of
    /// it was billed, in order. What was billed by another scheme, charge or bill day, or waived, stays as it was billed.
    pub fn stretches(&self, all: &[Piece]) -> Result<Vec<Stretch>, Unknown> {
        let mut found = Vec::new();
        for (at, piece) in all.iter().enumerate() {
            let Some((charge, scheme)) = (self.billed.charge_of)(piece.row) else {
                continue;
            };
            let Some(usage) = charge.kind.usage() else {
                continue;
            };
            let is_same = |other: &&Piece| self.is_same(piece, other);
            let near = |other: &&Piece| other.period.end > piece.full.start;
            let mut earlier = all[..at].iter().rev().take_while(near);
            if charge.retroactive == Retroactive::Ignore || earlier.any(|other| is_same(&other)) {
                continue;
            }
            let within = |other: &&Piece| other.period.start < piece.full.end;
            let pieces = all[at..].iter().take_while(within).filter(is_same);
            let pieces: Vec<&Piece> = pieces.collect();
            let stretches = self.of_period(&pieces, charge, usage, scheme);
            let unknown = |why| Unknown {
                full: piece.full,
                why,
            };
            found.extend(stretches.map_err(unknown)?);
        }
        Ok(found)
    }

    /// Whether two pieces are of one full period of one charge.
    fn is_same(&self, one: &Piece, other: &Piece) -> bool {
        let code = |row| (self.billed.charge_of)(row).map(|(charge, _)| &charge.code);
        one.full == other.full && code(one.row) == code(other.row)
    }

    fn of_period(
        &self,
        pieces: &[&Piece],
        charge: &Charge,
        usage: &Usage,
        scheme: &str,
    ) -> Result<Vec<Stretch>, &'static str> {
        let (mark, lines) = (self.billed.mark, self.billed.lines);
        let parts = pieces.iter().flat_map(|piece| {
            let days = mark.billed.iter();
            let days = days.map(|billed| piece.period.intersect(*billed));
            let days = days.filter(|days| !days.is_empty());
            days.map(|days| piece.on(days, charge.kind.proration()))
        });
        let parts: Vec<Piece> = parts.collect();
        let is_known = |part: &Piece| self.billed.is_known(part, charge, scheme);
        let (Some(first), true) = (parts.first(), parts.iter().all(is_known)) else {
            return Ok(Vec::new());
        };
        let rows: Vec<usize> = lines.of_charge(first.full, &charge.code).collect();
        // Under this code something else was billed before.
        if !rows.iter().all(|row| lines.is_of_usage(*row)) {
            return Ok(Vec::new());
        }
        let counted: Vec<usize> = rows
            .iter()
            .copied()
            .filter(|row| matches!(lines.text("kind", *row), "usage" | LATE_USAGE))
            .collect();
        is_derivable(lines, &counted, usage)?;
        let last = pieces[pieces.len() - 1];
        let is_over = last.is_final && mark.has(last.period.end.plus_days(-1));
        let groups = self.groups(parts);
        // What is free, or a limit, went to later days before usage of earlier ones was learned of.
        let is_late_before_last = |row: &usize| {
            let last = groups[groups.len() - 1].parts[0].period.start;
            lines.text("kind", *row) == LATE_USAGE && lines.period(*row).start < last
        };
        if groups.len() > 1 && charge.goes_on() && counted.iter().any(is_late_before_last) {
            return Ok(Vec::new());
        }
        let mut stretches: Vec<Stretch> = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let is_last = at + 1 == groups.len();
            let (from, to) = Self::span(&groups, at);
            let is_in = |row: &&usize| (from..to).contains(&lines.period(**row).start);
            let its: Vec<usize> = counted.iter().filter(is_in).copied().collect();
            if !is_last && its.iter().any(|row| lines.period(*row).end > to) {
                return Err(
                    "its price changes within days that one line has billed, and what was used on which of them is not in the book",
                );
            }
            let Some(own_price) = own_price(lines, group.own_price, &its) else {
                return Ok(Vec::new());
            };
            let so_far = |row: &&usize| lines.period(**row).start < to;
            let raised = |until| {
                let is_raised = |row: &usize| {
                    lines.text("bound", *row) == "minimum" && lines.period(*row).start < until
                };
                rows.iter().any(is_raised)
            };
            let quantity = |rows: &[usize]| rows.iter().map(|row| lines.quantity(*row)).sum();
            let (now, before): (i128, i128) = (
                quantity(&its),
                stretches.iter().map(|other| other.usage.0).sum(),
            );
            let so_far: Vec<usize> = counted.iter().filter(so_far).copied().collect();
            let (start, end) = (group.parts[0], group.parts[group.parts.len() - 1]);
            let days = |groups: &[Group]| {
                let parts = groups.iter().flat_map(|group| &group.parts);
                parts.map(|part| part.days).sum::<i32>()
            };
            let its_all: Vec<usize> = rows.iter().filter(is_in).copied().collect();
            let amounts = its_all.iter().map(|row| lines.units("amount", *row));
            stretches.push(Stretch {
                piece: Piece {
                    period: Period::new(start.period.start, end.period.end),
                    days_before: days(&groups[..at]),
                    days: days(&groups[at..=at]),
                    is_final: is_last && is_over || raised(to),
                    ..end
                },
                usage: (now, before),
                included: usage.shared.map(|_| taken(lines, &so_far)),
                carried: carried(lines, &so_far),
                is_raised: at > 0 && raised(from),
                again: Again {
                    adjusts: self.last(&its_all),
                    billed: amounts.map(Option::unwrap_or_default).sum(),
                    own_price,
                },
            });
        }
        Ok(stretches)
    }

    /// Neighboring parts that have one price of their own, as the rows of the service say it.
    fn groups(&self, parts: Vec<Piece>) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for part in parts {
            let own_price = (self.own_price)(part.row);
            match groups.last_mut() {
                Some(group) if group.own_price.is_as(own_price) => group.parts.push(part),
                _ => groups.push(Group {
                    own_price,
                    parts: vec![part],
                }),
            }
        }
        groups
    }

    /// The days on which lines of a group begin: all of a full period are in one.
    fn span(groups: &[Group], at: usize) -> (Date, Date) {
        let first = groups[at].parts[0];
        let from = match at {
            0 => first.full.start,
            _ => first.period.start,
        };
        let next = groups.get(at + 1);
        let to = next.map_or(first.full.end, |next| next.parts[0].period.start);
        (from, to)
    }

    /// The id of the line that came last.
    fn last(&self, rows: &[usize]) -> Option<String> {
        let lines = self.billed.lines;
        let order = |row: usize| {
            let serial = self.serials.get(lines.text("run_id", row));
            let is_adjustment = lines.text("kind", row) == ADJUSTMENT;
            (serial, is_adjustment, lines.period(row).end)
        };
        let last = rows.iter().copied().max_by_key(|row| order(*row))?;
        Some(lines.text("line_id", last).to_owned())
    }
}

/// Whether it is known how much of what was billed is free today.
fn is_derivable(lines: &Billed<'_>, counted: &[usize], usage: &Usage) -> Result<(), &'static str> {
    let is_shared_alike = |row: &usize| usage.is_shared_as(lines.text("counted", *row));
    if !counted.iter().all(is_shared_alike) {
        return Err(
            "services share what is included, and how much that is, or whether they do, has changed: what each of them would have taken is not in the book",
        );
    }
    let goes_over =
        |row: &usize| usage.rollover.is_some() || lines.units("carried_in", *row).is_some();
    let is_same = |row: &usize| lines.units("included", *row) == Some(usage.included.units());
    match counted.iter().any(goes_over) && !counted.iter().all(is_same) {
        true => Err(
            "what is included goes over into the next period, and how much that is has changed: periods behind it have counted on what went over",
        ),
        false => Ok(()),
    }
}

/// The price of the service's own that these days have today, in units of a rate: without a dated row that which they were billed at.
/// `None`: they were billed at several.
fn own_price(lines: &Billed<'_>, by_row: OwnPrice, counted: &[usize]) -> Option<Option<i128>> {
    let tonight = match by_row {
        OwnPrice::Dated(price) => return Some(price),
        OwnPrice::Undated(price) => price,
    };
    let of_line = |row: &usize| {
        let price = lines.unit_price(*row);
        price.filter(|_| lines.text("price_from", *row) == "service")
    };
    let mut prices = counted.iter().map(of_line);
    let Some(first) = prices.next() else {
        return Some(tonight);
    };
    prices.all(|other| other == first).then_some(first)
}

/// What lines have taken of an included quantity that services share.
fn taken(lines: &Billed<'_>, counted: &[usize]) -> i128 {
    let units = |name, row: usize| lines.units(name, row).unwrap_or_default();
    let taken = counted.iter().map(|row| {
        let so_far = units("quantity_before", *row) + lines.quantity(*row);
        units("included", *row).min(so_far)
    });
    taken.max().unwrap_or_default()
}

/// What has gone over into the period and out of it, as its lines say it.
fn carried(lines: &Billed<'_>, counted: &[usize]) -> Option<Carried> {
    let most = |name| {
        let units = counted.iter().filter_map(|row| lines.units(name, *row));
        units.max()
    };
    Some(Carried {
        into: most("carried_in")?,
        out: most("carried_out").unwrap_or_default(),
    })
}
