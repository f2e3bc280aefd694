//! What becomes of the pieces of a service: billed, waived or kept back, with their prices and usage.

use super::{Looking, Seen, Service};
use crate::calendar::{Date, Period};
use crate::diagnostic::Reach;
use crate::identify::again::{OwnPrice, Repricing, Stretch, Unknown};
use crate::identify::history::Billed;
use crate::identify::late::{Adding, bills_late};
use crate::identify::life::{FOREVER, Life};
use crate::identify::piece::Piece;
use crate::identify::rows::{DueRow, Late, Rare};
use crate::identify::set_aside::SetAside;
use crate::identify::unused::unused_days;
use crate::identify::usage::{Counted, UsageWalk, Using};
use crate::identify::wanted::asks_again;
use crate::identify::watermark::Watermark;
use crate::model::counting::Aggregate;
use crate::model::events::{Event, Events, Rating, Tally};
use crate::model::line::Settled;
use crate::model::rollover::Carried;
use crate::model::scheme::{Charge, ChargeType};
use crate::money::Quantity;
use std::collections::BTreeSet;

/// Of a piece of usage: used now and before in its full period, what has gone over into that and out of it, and whether earlier lines
/// were brought to its minimum. Nothing where its charge counts none.
pub(super) struct Used {
    pub(super) usage: Option<(i128, i128)>,
    pub(super) carried: Option<Carried>,
    is_raised: bool,
}

impl<'a> Looking<'a> {
    /// Decides what becomes of the pieces found.
    pub(super) fn judge(
        &mut self,
        service: &Service<'a>,
        mark: &Watermark<'a>,
        life: &Life<'_>,
        found: &[Piece],
        next_ready_on: Option<Date>,
    ) -> Result<Seen, SetAside> {
        let around = self.around;
        let is_claimed = mark.first_claimed.is_some();
        let hold = around.holds.waived(service.account_id, service.service_id);
        let is_waived = |piece: &Piece| hold.is_some_and(|hold| piece.ready_on < hold.until);
        let (waived, due): (Vec<Piece>, Vec<Piece>) = match hold {
            None => (Vec::new(), Vec::new()),
            Some(_) => found.iter().partition(|piece| is_waived(piece)),
        };
        let due = if hold.is_none() { found } else { &due[..] };
        if let Some(first) = due.first() {
            let ready_on = due
                .iter()
                .map(|piece| piece.ready_on)
                .min()
                .unwrap_or(first.ready_on);
            let kept_back = around.window.keeps_back(
                service.account_id,
                service.service_id,
                is_claimed,
                ready_on,
                first.waits_since(),
            );
            if let Some(aside) = kept_back {
                if aside.code == "stale" {
                    self.found.stale(service.row, &aside.message);
                }
                return Err(aside);
            }
        }
        let again = self.again(service, mark, life);
        let late_days = self.late_days(service, mark);
        let mut as_if_new = Vec::new();
        if !late_days.is_empty() {
            self.find(service, &[], life, &mut as_if_new);
        }
        let lines = self.history.rows_of(service.service_id);
        let lines = self.history.lines(lines);
        let late = self.late(service, (mark, &lines), &as_if_new, &late_days);
        let both = [due, &late[..]];
        let due = match late.is_empty() {
            true => due,
            false => &in_order(both.concat())[..],
        };
        let is_late: Vec<bool> = match late.is_empty() {
            true => Vec::new(),
            false => due.iter().map(|piece| late.contains(piece)).collect(),
        };
        let mut versions = std::mem::take(&mut self.versions);
        self.find_versions(due, &mut versions)?;
        let ratings = match self.usage.has_times() {
            true => ratings(due, &versions, &self.selected.charges),
            false => Vec::new(),
        };
        let using = Using {
            life,
            mark,
            pieces: due,
            late: &is_late,
            waived: &waived,
            usage_of: &|row| self.selected.charges[row]?.kind.usage(),
            ratings: &ratings,
            row_on: &|day| around.lives.row_on(service.rows.clone(), day),
            to: around.question.to,
        };
        let mut counted = self
            .usage
            .count(service.rows.start, &using, &mut self.counts);
        let events = rate_rows(
            &mut self.usage,
            &self.selected.charges,
            (due, &ratings),
            &mut counted,
            &lines,
        );
        let (repriced, unknown) = match self.reprice(service, (mark, &lines), &again) {
            Ok(repriced) => (repriced, None),
            Err(aside) => (Vec::new(), Some(aside)),
        };
        let mut usage = std::mem::take(&mut self.used);
        self.find_usage(
            (service, due, &is_late),
            &counted,
            (&lines, &repriced),
            &mut usage,
        );
        self.carry(service, (mark, &lines), life, (due, &mut usage), &waived);
        let mut seen = Seen {
            next_ready_on,
            usage: counted.in_pieces,
            ..Seen::default()
        };
        let has_credits = around.question.run.charges.contains(&ChargeType::Recurring)
            && self.unused.add(
                service.account_id,
                &unused_days(mark, life),
                &lines,
                &around.serials,
                around.question.schemes,
            );
        for piece in &again {
            self.changes
                .add(around, self.selected, service, piece, &lines);
        }
        let is_adjusted = !again.is_empty();
        self.found.compare(service, mark, &lines, is_adjusted);
        let adjusts = self.adjusts(due, &is_late, &lines);
        let parks = self.usage_faults(service, &counted);
        let parks = parks.or(unknown);
        let events = match parks.or_else(|| too_much(&usage, events.is_none())) {
            None => events.unwrap_or_default(),
            Some(aside) => {
                seen.set_aside = Some(aside);
                return Ok(seen);
            }
        };
        self.changes
            .add_usage(around, self.selected, service, repriced);
        seen.is_billed = has_credits || !due.is_empty();
        seen.set_aside = match hold.filter(|_| !waived.is_empty()) {
            Some(hold) => Some(SetAside::waived(hold)),
            None if seen.is_billed => None,
            None => self.idle(mark, life, next_ready_on),
        };
        self.settle(service, &waived);
        self.push(
            service.rows.start,
            due,
            (&versions, &usage),
            (events, adjusts),
        );
        (self.versions, self.used) = (versions, usage);
        Ok(seen)
    }

    /// The days of usage that came after they were billed, by charges that bill it by the next run.
    fn late_days(&self, service: &Service<'a>, mark: &Watermark<'a>) -> BTreeSet<Date> {
        let asked = |row: usize| bills_late(self.selected.charges[row]?);
        if mark.billed.is_empty() || !service.rows.clone().any(|row| asked(row).is_some()) {
            return BTreeSet::new();
        }
        let row_on = |day| self.around.lives.row_on(service.rows.clone(), day);
        let days = self
            .usage
            .late_days(service.rows.start, mark, |day| asked(row_on(day)));
        days.collect()
    }

    /// The billed parts of the pieces of a service, as if it was new, that late usage adds to.
    fn late(
        &self,
        service: &Service<'a>,
        (mark, lines): (&Watermark<'a>, &Billed<'_>),
        as_if_new: &[Piece],
        days: &BTreeSet<Date>,
    ) -> Vec<Piece> {
        let around = self.around;
        let adding = Adding {
            mark,
            lines,
            charge_of: &|row| self.charge_of(row),
            is_waived: &|claim| around.waived.contains(&(service.service_id, claim.run_id)),
        };
        adding.parts(as_if_new, days)
    }

    /// The charge of a row of the services table, and the name of its scheme.
    fn charge_of(&self, row: usize) -> Option<(&'a Charge, &'a str)> {
        let (_, subscription, _) = self.around.joined.row(row);
        let charge = self.selected.charges[row]?;
        Some((charge, self.around.joined.scheme(subscription)))
    }

    /// Usage that is billed, which may cost something else today. An error parks the service.
    fn reprice(
        &self,
        service: &Service<'a>,
        (mark, lines): (&Watermark<'a>, &Billed<'_>),
        as_if_new: &[Piece],
    ) -> Result<Vec<Stretch>, SetAside> {
        let around = self.around;
        let repricing = Repricing {
            billed: Adding {
                mark,
                lines,
                charge_of: &|row| self.charge_of(row),
                is_waived: &|claim| around.waived.contains(&(service.service_id, claim.run_id)),
            },
            serials: &around.serials,
            own_price: &|row| {
                let price = around.unit_prices.at(row);
                match around.lives.is_dated(row) {
                    true => OwnPrice::Dated(price),
                    false => OwnPrice::Undated(price),
                }
            },
        };
        repricing.stretches(as_if_new).map_err(|Unknown { full, why }| {
            let message = format!(
                "what is billed of the usage of {} up to {} cannot be priced anew: {why}; take the change back, or give the charge `retroactive: ignore`",
                full.start, full.end
            );
            SetAside::exception("BW-R107", message)
        })
    }

    /// Of every piece what it adds late usage to; `None` for one that is due.
    fn adjusts(&self, due: &[Piece], is_late: &[bool], lines: &Billed<'_>) -> Vec<Option<Late>> {
        let adjusts = |(piece, is_late): (&Piece, &bool)| {
            let charge = self.selected.charges[piece.row].filter(|_| *is_late)?;
            let serial = |line| self.around.serials.get(lines.text("run_id", line));
            // An earlier late line may be about days of several others.
            let last = lines
                .of_usage(piece.full, &charge.code)
                .max_by_key(|line| (lines.period(*line).end, serial(*line)));
            Some(Late {
                adjusts: last.map(|line| lines.text("line_id", line).to_owned()),
            })
        };
        due.iter().zip(is_late).map(adjusts).collect()
    }

    /// The pieces of a service as if none of its days were billed, where a charge wants to know what they would cost today.
    fn again(
        &mut self,
        service: &Service<'a>,
        mark: &Watermark<'a>,
        life: &Life<'_>,
    ) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if !mark.billed.is_empty()
            && asks_again(
                self.around.question,
                self.around.joined,
                service.rows.clone(),
            )
        {
            self.find(service, &[], life, &mut pieces);
        }
        pieces
    }

    /// Finds the price version of every piece; an error where none is in force.
    fn find_versions(
        &self,
        due: &[Piece],
        versions: &mut Vec<Option<Date>>,
    ) -> Result<(), SetAside> {
        versions.clear();
        for piece in due {
            let charge = self.selected.charges[piece.row].expect("selection parks unknown charges");
            let Some(version) = charge.version_on(piece.priced_on, piece.number) else {
                let message = format!(
                    "charge `{}` has no price in force on {}; give it one for that day",
                    charge.code, piece.priced_on
                );
                return Err(SetAside::exception("BW-R103", message));
            };
            versions.push(version.valid_from);
        }
        Ok(())
    }

    /// Whether a piece has days that an earlier run could not debit and this one may let go.
    fn may_be_let_go(&self, service: &Service<'_>, piece: &Piece) -> bool {
        let days = self.around.unpaid.get(service.service_id);
        let is_of = |unpaid: &Period| unpaid.intersect(piece.period) == piece.period;
        piece.period.end <= self.around.question.as_of
            && days.is_some_and(|days| days.iter().any(is_of))
    }

    /// Finds of every piece of usage: used now, and before in the same full period, by lines in the book and by earlier pieces. And whether
    /// earlier lines of its period were brought to the minimum: an end of the service has moved since. What goes over is not looked at.
    fn find_usage(
        &self,
        (service, due, is_late): (&Service<'_>, &[Piece], &[bool]),
        counted: &Counted,
        (lines, repriced): (&Billed<'_>, &[Stretch]),
        all: &mut Vec<Used>,
    ) {
        all.clear();
        let code = |piece: &Piece| Some(&self.selected.charges[piece.row]?.code);
        // What is priced anew and over has its minimum by this run, if not by one before.
        let has_minimum = |piece: &Piece| {
            let charge = self.selected.charges[piece.row];
            let usage = charge.and_then(|charge| charge.kind.usage());
            usage.is_some_and(|usage| usage.minimum.is_some())
        };
        let is_repriced = |piece: &Piece| {
            let mut same = repriced.iter().map(|stretch| &stretch.piece);
            has_minimum(piece)
                && same.any(|other| {
                    other.is_final && other.full == piece.full && code(other) == code(piece)
                })
        };
        let is_raised = |piece: &Piece| {
            let charge = self.selected.charges[piece.row];
            charge.is_some_and(|charge| lines.is_raised_in(piece.full, &charge.code))
                || is_repriced(piece)
        };
        let has_lines = !lines.rows().is_empty();
        // What may be let go counts for nothing behind it.
        let mut earlier: Vec<(Period, &str, bool, i128)> = Vec::new();
        let mut usage = |at: usize, piece: &Piece, used: i128| {
            let charge = self.selected.charges[piece.row]?;
            let is_largest = charge.kind.usage()?.aggregate == Aggregate::Max;
            let is_largest = is_largest && is_late.get(at) == Some(&true);
            // What a late row adds to the largest so far.
            let added = |before: i128| match is_largest {
                true => (used - before).max(0),
                false => used,
            };
            let may_go = self.may_be_let_go(service, piece);
            let here = |(full, code, other, _): &(Period, &str, bool, i128)| {
                *full == piece.full && *code == charge.code && *other == may_go
            };
            let at = earlier.iter().position(here).unwrap_or_else(|| {
                let before = lines.used_in(piece.full, &charge.code);
                earlier.push((piece.full, &charge.code, may_go, before));
                earlier.len() - 1
            });
            let before = earlier[at].3;
            earlier[at].3 += added(before);
            Some((added(before), before))
        };
        let quantity = |at: usize| counted.quantities.get(at).copied().unwrap_or_default();
        all.extend(due.iter().enumerate().map(|(at, piece)| Used {
            usage: usage(at, piece, quantity(at)),
            carried: None,
            is_raised: (has_lines || !repriced.is_empty()) && is_raised(piece),
        }));
    }

    /// Tells what is wrong with the usage of a service; out is what parks the service.
    fn usage_faults(&mut self, service: &Service<'_>, counted: &Counted) -> Option<SetAside> {
        if let Some((day, meter)) = &counted.wrong_meter {
            let charges = service
                .rows
                .clone()
                .filter_map(|row| self.selected.charges[row]?.kind.usage());
            let wanted: Vec<&str> = charges.map(|usage| usage.meter.as_str()).collect();
            let message = format!(
                "usage of {day} is of meter `{meter}`, and the charge counts `{}`",
                wanted.join("`, `")
            );
            self.put_aside(
                service,
                Reach::Account,
                SetAside::exception("BW-V144", message),
            );
        }
        if counted.late.count > 0 {
            let message = format!("{}, on days billed without it", counted.late.in_words());
            self.put_aside(service, Reach::Row, SetAside::exception("BW-R301", message));
        }
        if counted.outside.count > 0 {
            let message = format!(
                "{}, on days without a charge that counts usage",
                counted.outside.in_words()
            );
            self.put_aside(service, Reach::Row, SetAside::exception("BW-X108", message));
        }
        (counted.pending.count > 0).then(|| {
            let message = format!("{}, not processed yet", counted.pending.in_words());
            self.found.incomplete(service.row, &message);
            SetAside::exception("BW-R302", message)
        })
    }

    /// Why nothing of a service is due, if there is a reason beside its not being ready.
    fn idle(
        &self,
        mark: &Watermark<'_>,
        life: &Life<'_>,
        next_ready_on: Option<Date>,
    ) -> Option<SetAside> {
        let to = self.around.question.to;
        if let Some(pause) = life
            .pause_on(to)
            .filter(|_| life.span.start <= to && to < life.span.end && !mark.has(to))
        {
            let until = match pause.end == FOREVER {
                true => String::new(),
                false => format!(", until {}", pause.end),
            };
            return Some(SetAside::exclusion(
                "paused",
                format!("paused since {}{until}", pause.start),
            ));
        }
        (next_ready_on.is_none() && life.span.end <= to).then(|| {
            let end = life.span.end;
            let is_free = life.began < life.counted_from && end <= life.counted_from;
            let message = match mark.billed_through() {
                None if is_free => format!("ended on {end}, while it was free"),
                billed => {
                    let open = billed.unwrap_or(life.span.start);
                    format!("ended on {end}, and is billed up to {open}")
                }
            };
            SetAside::exclusion("ended", message)
        })
    }

    fn settle(&mut self, service: &Service<'_>, waived: &[Piece]) {
        let joined = self.around.joined;
        self.settled.extend(waived.iter().map(|piece| Settled {
            account_id: service.account_id.to_owned(),
            service_id: service.service_id.to_owned(),
            charge: joined.charge(piece.row).to_owned(),
            period: piece.period,
            is_late: false,
        }));
    }

    fn push(
        &mut self,
        service: usize,
        due: &[Piece],
        (versions, usage): (&[Option<Date>], &[Used]),
        (events, late): (Vec<Option<String>>, Vec<Option<Late>>),
    ) {
        let around = self.around;
        let events = events.into_iter().chain(std::iter::repeat(None));
        let late = late.into_iter().chain(std::iter::repeat_with(|| None));
        for (((piece, version), used), (events, late)) in
            due.iter().zip(versions).zip(usage).zip(events.zip(late))
        {
            let owners = around.joined.row(piece.row);
            let charge = self.selected.charges[piece.row].expect("selection parks unknown charges");
            self.rows.push(DueRow {
                service,
                owners,
                kind: charge.kind.charge_type(),
                piece: *piece,
                version: *version,
                usage: used.usage,
                is_raised: used.is_raised,
                number: around.counts(owners, charge).then_some(piece.number),
                group_key: around.group_by.of_service(owners),
                rare: Rare {
                    carried: used.carried,
                    late,
                    events,
                    ..Rare::default()
                }
                .kept(),
            });
        }
    }
}

/// Pieces by the days they have.
fn in_order(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.sort_by_key(|piece| piece.period.start);
    pieces
}

/// Rates the rows of pieces that are rated row by row: their quantities, and what they cost as lines keep it. No piece is: none.
/// `None` where it is more than can be counted.
fn rate_rows(
    walk: &mut UsageWalk<'_>,
    charges: &[Option<&Charge>],
    (due, ratings): (&[Piece], &[Option<Rating<'_>>]),
    counted: &mut Counted,
    lines: &Billed<'_>,
) -> Option<Vec<Option<String>>> {
    let mut texts = Vec::new();
    let mut earlier: Vec<(Period, &str, Tally)> = Vec::new();
    counted.events.sort_unstable();
    for (at, (piece, rating)) in due.iter().zip(ratings).enumerate() {
        let charge = charges[piece.row];
        let (Some(rating), Some(charge)) = (rating, charge) else {
            texts.push(None);
            continue;
        };
        let here =
            |(full, code, _): &(Period, &str, Tally)| *full == piece.full && *code == charge.code;
        let before = match earlier.iter().position(here) {
            Some(known) => earlier.swap_remove(known).2,
            None => lines.events_in(piece.full, &charge.code)?,
        };
        let its = counted.events.iter().filter(|(piece, _)| *piece == at);
        let mut its: Vec<Event> = its.map(|(_, event)| *event).collect();
        let (quantity, now) = rating.rate(&mut its, &before, walk.zone())?;
        counted.quantities[at] = quantity;
        let events = Events { now, before };
        texts.push(Some(events.to_string()));
        earlier.push((piece.full, &charge.code, events.so_far()?));
    }
    Some(texts)
}

/// How rows of usage are rated in each piece.
fn ratings<'a>(
    due: &[Piece],
    versions: &[Option<Date>],
    charges: &[Option<&'a Charge>],
) -> Vec<Option<Rating<'a>>> {
    let rating = |(piece, from): (&Piece, &Option<Date>)| {
        let charge = charges[piece.row]?;
        let mut versions = charge.prices.iter();
        let version = versions.find(|version| version.valid_from == *from)?;
        Rating::of(charge.kind.usage()?, &version.price)
    };
    due.iter().zip(versions).map(rating).collect()
}

/// Usage of a period beyond what a quantity can be.
fn too_much(usage: &[Used], are_rows: bool) -> Option<SetAside> {
    let fits = |(used, before): (i128, i128)| Quantity::from_units(used + before).is_some();
    let mut usage = usage.iter().filter_map(|used| used.usage);
    let is_too_much = are_rows || usage.any(|usage| !fits(usage));
    is_too_much.then(|| {
        SetAside::exception(
            "BW-R101",
            "the usage of a period is too large a quantity".to_owned(),
        )
    })
}
