//! One service after another: its life, what of it is due, and how it stands.

use super::Question;
use super::calendar::Calendar;
use super::criteria::Criterion;
use super::faults::Faults;
use super::finding::Found;
use super::group_key::GroupBy;
use super::history::{Billed, History};
use super::hold::Holds;
use super::joined::Joined;
use super::life::{FOREVER, Life, Lives, Segment};
use super::piece::{Limits, Piece, Rhythm, Stint, pieces};
use super::rows::{DueRow, Rows};
use super::selection::Selected;
use super::set_aside::{SetAside, Window};
use super::standing::Standing;
use super::unused::{Unused, unused_days};
use super::usage::{Counted, UsageCounts, UsageWalk, Using};
use super::watermark::{Claim, Walk, Watermark};
use crate::calendar::{Cycle, Date, Period};
use crate::diagnostic::{Aside, Reach};
use crate::model::line::Settled;
use crate::model::scheme::{Charge, ChargeKind, ChargeType, PriceVersion};
use crate::money::Quantity;
use std::collections::BTreeMap;
use std::ops::Range;

/// What services are looked at with.
pub struct Beside<'a> {
    pub question: &'a Question<'a>,
    pub joined: &'a Joined<'a>,
    pub criterion: &'a Criterion<'a>,
    pub lives: &'a Lives<'a>,
    pub holds: &'a Holds<'a>,
    pub window: &'a Window<'a>,
    pub faults: &'a Faults<'a>,
    /// When every account is billed.
    pub calendars: &'a [Calendar],
    pub group_by: &'a GroupBy,
    /// The serial of every run.
    pub serials: BTreeMap<&'a str, i64>,
}

impl Beside<'_> {
    /// The cycle of a service on one subscription, whose life began on `start`.
    fn cycle(&self, (_, subscription, account): (usize, usize, usize), start: Date) -> Cycle {
        let subscribed = self.criterion.subscription(subscription);
        let (Some(scheme), Some(frequency)) = (subscribed.scheme, subscribed.frequency) else {
            unreachable!("selection parks accounts without a known scheme and frequency");
        };
        let first = self.lives.subscription_start(subscription);
        self.calendars[account].cycle(scheme, frequency, start, first)
    }

    /// The last days on which what an account owes becomes ready in this window.
    fn limits(&self, account: usize) -> Limits {
        let own = self.calendars[account].advance_days;
        let advance_days = own.unwrap_or(self.question.run.advance_days);
        Limits {
            to: self.question.to,
            advance_to: self.question.to.plus_days(advance_days),
        }
    }
}

/// How one service stands, and since when.
#[derive(Clone, Copy, Debug)]
pub struct Stand {
    /// The row of the services table in force at the window's end.
    pub row: usize,
    pub standing: Standing<'static>,
    pub billed_through: Option<Date>,
    pub next_ready_on: Option<Date>,
    /// Rows of the services table.
    pub rows: usize,
    /// Rows of usage that end as it does.
    pub usage: usize,
}

/// Looks at all services, in the order of their table.
pub struct Looking<'a> {
    around: &'a Beside<'a>,
    selected: &'a Selected<'a>,
    walk: Walk<'a>,
    usage: UsageWalk<'a>,
    history: History,
    // Buffers, so that no service asks for memory of its own.
    segments: Vec<Segment>,
    same: Vec<Segment>,
    pieces: Vec<Piece>,
    rows: Rows,
    unused: Unused,
    settled: Vec<Settled>,
    counts: UsageCounts,
    found: Found<'a>,
    aside: Vec<Aside>,
}

/// What all services came to.
pub struct Looked<'a> {
    pub rows: Rows,
    pub unused: Unused,
    pub settled: Vec<Settled>,
    pub counts: UsageCounts,
    pub found: Found<'a>,
    pub aside: Vec<Aside>,
    pub history: History,
    /// Services of the book that the export does not have.
    pub unasked: Vec<(&'a str, Claim<'a>)>,
}

/// One service in view.
pub struct Service<'a> {
    pub rows: Range<usize>,
    /// The row in force at the window's end.
    pub row: usize,
    pub account: usize,
    pub account_id: &'a str,
    pub service_id: &'a str,
}

/// What became of a service that was looked at.
#[derive(Default)]
struct Seen {
    is_billed: bool,
    /// Instead of what is billed, or beside it.
    set_aside: Option<SetAside>,
    next_ready_on: Option<Date>,
    /// Rows of usage that end as the service does.
    usage: usize,
}

impl<'a> Looking<'a> {
    pub fn new(
        around: &'a Beside<'a>,
        selected: &'a Selected<'a>,
        walk: Walk<'a>,
        usage: UsageWalk<'a>,
        history: History,
        found: Found<'a>,
    ) -> Self {
        Self {
            around,
            selected,
            walk,
            usage,
            history,
            segments: Vec::new(),
            same: Vec::new(),
            pieces: Vec::new(),
            rows: Rows::default(),
            unused: Unused::default(),
            settled: Vec::new(),
            counts: UsageCounts::default(),
            found,
            aside: Vec::new(),
        }
    }

    pub fn all(&mut self) -> Vec<Stand> {
        let joined = self.around.joined;
        joined.services().map(|rows| self.service(rows)).collect()
    }

    /// What they came to, once all were looked at.
    pub fn ended(mut self) -> Looked<'a> {
        self.found
            .ends_early(self.usage.newest(), self.rows.usage_through());
        Looked {
            rows: self.rows,
            unused: self.unused,
            settled: self.settled,
            counts: self.counts,
            found: self.found,
            aside: self.aside,
            history: self.history,
            unasked: self.walk.unasked(),
        }
    }

    fn service(&mut self, rows: Range<usize>) -> Stand {
        let Beside {
            joined,
            lives,
            question,
            ..
        } = *self.around;
        let row = lives.row_on(rows.clone(), question.to);
        let (_, _, account) = joined.row(row);
        let service = Service {
            account,
            account_id: joined.account_id(account),
            service_id: joined.service_id(row),
            row,
            rows,
        };
        let mark = self.walk.of(service.service_id);
        let best = service
            .rows
            .clone()
            .map(|row| self.selected.services[row])
            .max();
        let mut stand = Stand {
            row,
            standing: best.expect("a service has a row"),
            billed_through: mark.billed_through(),
            next_ready_on: None,
            rows: service.rows.len(),
            usage: 0,
        };
        if stand.standing != Standing::NotDue {
            stand.usage = self.usage.pass(service.service_id);
            return stand;
        }
        let seen = self.look(&service, &mark).unwrap_or_else(|aside| Seen {
            set_aside: Some(aside),
            usage: self.usage.pass(service.service_id),
            ..Seen::default()
        });
        stand.next_ready_on = seen.next_ready_on;
        stand.usage = seen.usage;
        if let Some(aside) = seen.set_aside {
            stand.standing = aside.standing();
            self.put_aside(&service, Reach::Service, aside);
        }
        if seen.is_billed {
            stand.standing = Standing::Billed;
        }
        self.found
            .stand(&service, &mark, stand.standing, question.to);
        stand
    }

    fn put_aside(&mut self, service: &Service<'_>, reach: Reach, aside: SetAside) {
        let joined = self.around.joined;
        let (_, subscription, _) = joined.row(service.row);
        let ids = [
            service.account_id,
            joined.subscription_id(subscription),
            service.service_id,
            joined.charge(service.row),
        ];
        self.aside.push(aside.aside(ids, reach));
    }

    /// Looks at a selected service. An error sets the whole of it aside.
    fn look(&mut self, service: &Service<'a>, mark: &Watermark<'a>) -> Result<Seen, SetAside> {
        let around = self.around;
        if let Some(fault) = around.faults.of_service(service.service_id).first() {
            return Err(SetAside {
                kind: fault.kind,
                code: fault.code,
                message: fault.message.clone(),
            });
        }
        let hold_until = around.lives.hold_until(service.rows.clone());
        if let Some(message) = around
            .holds
            .held(service.account_id, service.service_id, hold_until)
        {
            return Err(SetAside::exclusion("held", message));
        }
        let Some(life) = around.lives.of(around.joined, service.rows.clone(), mark) else {
            return Err(SetAside::exception(
                "BW-V150",
                "neither next_bill_on nor a start is known; give the service a start_on".to_owned(),
            ));
        };
        let mut found = std::mem::take(&mut self.pieces);
        let next_ready_on = self.find(service, mark, &life, &mut found);
        let seen = self.judge(service, mark, &life, &found, next_ready_on);
        found.clear();
        self.pieces = found;
        seen
    }

    /// Finds what is due, oldest first, and when the service is ready next after that.
    fn find(
        &mut self,
        service: &Service<'_>,
        mark: &Watermark<'_>,
        life: &Life<'_>,
        found: &mut Vec<Piece>,
    ) -> Option<Date> {
        let around = self.around;
        let Self {
            segments,
            same,
            selected,
            ..
        } = self;
        around
            .lives
            .segments(service.rows.clone(), life.span, segments);
        let what = |segment: &Segment| {
            let (row, subscription, _) = around.joined.row(segment.row);
            (subscription, around.joined.charge(row))
        };
        let mut next_ready_on: Option<Date> = None;
        for (at, segment) in segments.iter().enumerate() {
            let is_selected = selected.services[segment.row] == Standing::NotDue;
            if !is_selected
                || segments[..at]
                    .iter()
                    .any(|earlier| what(earlier) == what(segment))
            {
                continue;
            }
            same.clear();
            same.extend(segments.iter().filter(|other| what(other) == what(segment)));
            let charge = selected.charges[segment.row].expect("selection parks unknown charges");
            let owners = around.joined.row(segment.row);
            let stint = Stint {
                rhythm: Rhythm::of(&charge.kind),
                cycle: around.cycle(owners, life.span.start),
                segments: same,
                pauses: &life.pauses,
                billed: &mark.billed,
            };
            let next = pieces(&stint, around.limits(owners.2), found);
            next_ready_on = next_ready_on.into_iter().chain(next).min();
        }
        if segments.len() > 1 {
            found.sort_by_key(|piece| piece.period.start);
        }
        next_ready_on
    }

    /// Decides what becomes of the pieces found.
    fn judge(
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
        let versions = self.versions(due)?;
        let lines = self.history.rows_of(service.service_id);
        let lines = self.history.lines(lines);
        let using = Using {
            life,
            mark,
            pieces: due,
            waived: &waived,
            meter_of: &|row| meter_of(self.selected.charges[row]?),
            row_on: &|day| around.lives.row_on(service.rows.clone(), day),
            to: around.question.to,
        };
        let counted = self
            .usage
            .count(service.service_id, &using, &mut self.counts);
        let usage = self.usages(due, &counted, &lines);
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
        self.found.compare(service, mark, &lines);
        let parks = self.usage_faults(service, &counted);
        if let Some(aside) = parks.or_else(|| too_much(&usage)) {
            seen.set_aside = Some(aside);
            return Ok(seen);
        }
        seen.is_billed = has_credits || !due.is_empty();
        seen.set_aside = match hold.filter(|_| !waived.is_empty()) {
            Some(hold) => Some(SetAside::waived(hold)),
            None if seen.is_billed => None,
            None => self.idle(mark, life, next_ready_on),
        };
        self.settle(service, &waived);
        self.push(due, &versions, &usage);
        Ok(seen)
    }

    /// The price version of every piece; an error where none is in force.
    fn versions(&self, due: &[Piece]) -> Result<Vec<Option<Date>>, SetAside> {
        let version = |piece: &Piece| {
            let charge = self.selected.charges[piece.row].expect("selection parks unknown charges");
            let version = version_on(charge, piece.priced_on);
            version.map(|version| version.valid_from).ok_or_else(|| {
                let message = format!(
                    "charge `{}` has no price in force on {}; give it one for that day",
                    charge.code, piece.priced_on
                );
                SetAside::exception("BW-R103", message)
            })
        };
        due.iter().map(version).collect()
    }

    /// Of every piece of usage: used now, and before in the same full period, by lines in the book and by earlier pieces.
    fn usages(
        &self,
        due: &[Piece],
        counted: &Counted,
        lines: &Billed<'_>,
    ) -> Vec<Option<(i128, i128)>> {
        let mut earlier: Vec<(Period, &str, i128)> = Vec::new();
        let usage = |(piece, used): (&Piece, &i128)| {
            let charge = self.selected.charges[piece.row]?;
            meter_of(charge)?;
            let here =
                |known: &&mut (Period, &str, i128)| known.0 == piece.full && known.1 == charge.code;
            let before = match earlier.iter_mut().find(here) {
                Some((_, _, before)) => {
                    *before += used;
                    *before - used
                }
                None => {
                    let before = lines.used_in(piece.full, &charge.code);
                    earlier.push((piece.full, &charge.code, before + used));
                    before
                }
            };
            Some((*used, before))
        };
        due.iter().zip(&counted.quantities).map(usage).collect()
    }

    /// Tells what is wrong with the usage of a service; out is what parks the service.
    fn usage_faults(&mut self, service: &Service<'_>, counted: &Counted) -> Option<SetAside> {
        if let Some((day, meter)) = &counted.wrong_meter {
            let charges = service
                .rows
                .clone()
                .filter_map(|row| meter_of(self.selected.charges[row]?));
            let wanted: Vec<&str> = charges.collect();
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
            .filter(|_| to < life.span.end && !mark.has(to))
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
            let open = mark.billed_through().unwrap_or(life.span.start);
            let message = format!("ended on {}, and is billed up to {open}", life.span.end);
            SetAside::exclusion("ended", message)
        })
    }

    fn settle(&mut self, service: &Service<'_>, waived: &[Piece]) {
        let joined = self.around.joined;
        self.settled.extend(waived.iter().map(|piece| Settled {
            service_id: service.service_id.to_owned(),
            charge: joined.charge(piece.row).to_owned(),
            period: piece.period,
        }));
    }

    fn push(&mut self, due: &[Piece], versions: &[Option<Date>], usage: &[Option<(i128, i128)>]) {
        let around = self.around;
        for ((piece, version), usage) in due.iter().zip(versions).zip(usage) {
            let owners = around.joined.row(piece.row);
            let charge = self.selected.charges[piece.row].expect("selection parks unknown charges");
            self.rows.push(DueRow {
                owners,
                kind: charge.kind.charge_type(),
                piece: *piece,
                version: *version,
                usage: *usage,
                group_key: around.group_by.of_service(owners),
            });
        }
    }
}

/// Usage of a period beyond what a quantity can be.
fn too_much(usage: &[Option<(i128, i128)>]) -> Option<SetAside> {
    let fits = |(used, before): &(i128, i128)| Quantity::from_units(used + before).is_some();
    usage.iter().flatten().any(|usage| !fits(usage)).then(|| {
        SetAside::exception(
            "BW-R101",
            "the usage of a period is too large a quantity".to_owned(),
        )
    })
}

fn meter_of(charge: &Charge) -> Option<&str> {
    match &charge.kind {
        ChargeKind::Usage(usage) => Some(&usage.meter),
        ChargeKind::Recurring { .. } | ChargeKind::OneTime => None,
    }
}

/// The first day of the price version that holds on a day: `None` where none does.
fn version_on(charge: &Charge, day: Date) -> Option<&PriceVersion> {
    charge
        .prices
        .iter()
        .rev()
        .find(|version| version.valid_from.is_none_or(|from| from <= day))
}
