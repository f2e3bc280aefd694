//! One service after another: its life, what of it is due, and how it stands.

mod carried;
mod judge;

use super::Question;
use super::allowance::{self, Sharer};
use super::calendar::Calendar;
use super::changed::Changes;
use super::criteria::Criterion;
use super::faults::Faults;
use super::finding::Found;
use super::group_key::GroupBy;
use super::history::History;
use super::hold::Holds;
use super::joined::Joined;
use super::life::{Life, Lives, Segment};
use super::piece::{Limits, Piece, Rhythm, Stint, pieces};
use super::rows::Rows;
use super::selection::Selected;
use super::set_aside::{SetAside, Window};
use super::standing::Standing;
use super::unused::Unused;
use super::usage::{UsageCounts, UsageWalk};
use super::wanted::charge_of;
use super::watermark::{Claim, Walk, Watermark};
use crate::calendar::{Cycle, Date, Period};
use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::debits::Debits;
use crate::model::line::Settled;
use crate::model::scheme::Charge;
use crate::model::service_action::Stopped;
use crate::model::table::Units;
use judge::Used;
use polars::prelude::Int64Chunked;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    /// For how many periods a subscription has its discount; `None`: none says so.
    pub discount_periods: Option<&'a Int64Chunked>,
    /// The serial of every run.
    pub serials: BTreeMap<&'a str, i64>,
    /// By service the days that an earlier run could not debit, where such are let go.
    pub unpaid: HashMap<&'a str, Vec<Period>>,
    /// The prices that rows of services name.
    pub unit_prices: Units<'a>,
    /// Services and the runs that waived days of theirs, where late usage is billed.
    pub waived: BTreeSet<(&'a str, &'a str)>,
    /// Whether what is left of included quantities goes over into next periods, or ever did.
    pub carries: bool,
}

impl Beside<'_> {
    /// The cycle of a service on one subscription, whose life began on `start`.
    pub fn cycle(&self, (_, subscription, account): (usize, usize, usize), start: Date) -> Cycle {
        let subscribed = self.criterion.subscription(subscription);
        let (Some(scheme), Some(frequency)) = (subscribed.scheme, subscribed.frequency) else {
            unreachable!("selection parks accounts without a known scheme and frequency");
        };
        let first = self.lives.subscription_start(subscription);
        self.calendars[account].cycle(scheme, frequency, start, first)
    }

    /// Whether a price or the discount of the subscription asks which period of its service a piece lies in.
    pub fn counts(&self, (_, subscription, _): (usize, usize, usize), charge: &Charge) -> bool {
        let periods = self.discount_periods.and_then(|all| all.get(subscription));
        charge.counts_periods() || periods.is_some()
    }

    /// The last days on which what an account owes becomes ready in this window.
    fn limits(&self, account: usize) -> Limits {
        if self.question.run.debits.is_some() {
            return Limits {
                to: self.question.to,
                advance_to: self.question.as_of,
                once: self.question.as_of,
            };
        }
        let own = self.calendars[account].advance_days;
        let advance_days = own.unwrap_or(self.question.run.advance_days);
        Limits {
            to: self.question.to,
            advance_to: self.question.to.plus_days(advance_days),
            once: self.question.to,
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
    versions: Vec<Option<Date>>,
    used: Vec<Used>,
    rows: Rows,
    unused: Unused,
    changes: Changes,
    settled: Vec<Settled>,
    counts: UsageCounts,
    found: Found<'a>,
    aside: Vec<Aside>,
    stopped: Vec<Stopped>,
    unstoppable: BTreeSet<String>,
    /// `None` where no charge is shared.
    sharers: Option<Vec<Sharer<'a>>>,
}

/// What all services came to.
pub struct Looked<'a> {
    pub rows: Rows,
    pub unused: Unused,
    pub changes: Changes,
    pub settled: Vec<Settled>,
    pub counts: UsageCounts,
    pub found: Found<'a>,
    pub aside: Vec<Aside>,
    pub stopped: Vec<Stopped>,
    pub unstoppable: BTreeSet<String>,
    pub history: History,
    pub sharers: Vec<Sharer<'a>>,
    /// Services of the book that the export does not have.
    pub unasked: Vec<(&'a str, Claim<'a>)>,
    /// The day of the newest usage of any of them.
    pub newest_usage: Option<Date>,
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

impl Seen {
    /// Whether nothing of it is wrong.
    fn is_sound(&self) -> bool {
        let aside = self.set_aside.as_ref();
        aside.is_none_or(|aside| aside.kind != AsideKind::Exception)
    }
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
            versions: Vec::new(),
            used: Vec::new(),
            rows: Rows::with_room(around.joined.service_count()),
            unused: Unused::default(),
            changes: Changes::default(),
            settled: Vec::new(),
            counts: UsageCounts::default(),
            found,
            aside: Vec::new(),
            stopped: Vec::new(),
            unstoppable: BTreeSet::new(),
            sharers: allowance::is_shared(around.question.schemes).then(Vec::new),
        }
    }

    pub fn all(&mut self) -> Vec<Stand> {
        let joined = self.around.joined;
        joined.services().map(|rows| self.service(rows)).collect()
    }

    /// What they came to, once all were looked at.
    pub fn ended(self) -> Looked<'a> {
        let services = 0..self.around.joined.service_count();
        let newest_usage = services
            .filter_map(|service| self.usage.newest(service))
            .max();
        Looked {
            rows: self.rows,
            unused: self.unused,
            changes: self.changes,
            settled: self.settled,
            counts: self.counts,
            found: self.found,
            aside: self.aside,
            stopped: self.stopped,
            unstoppable: self.unstoppable,
            history: self.history,
            sharers: self.sharers.unwrap_or_default(),
            unasked: self.walk.unasked(),
            newest_usage,
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
        self.note_sharer(&service, &mark);
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
            stand.usage = self.usage.count_of(service.rows.start);
            return stand;
        }
        let seen = self.look(&service, &mark).unwrap_or_else(|aside| Seen {
            set_aside: Some(aside),
            usage: self.usage.count_of(service.rows.start),
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
        let rows = service.rows.clone();
        let charge = self.selected.charges[rows.start];
        let trial_days = charge.map_or(0, |charge| charge.kind.trial_days());
        let Some(life) = around.lives.of(around.joined, rows, mark, trial_days) else {
            return Err(SetAside::exception(
                "BW-V150",
                "neither next_bill_on nor a start is known; give the service a start_on".to_owned(),
            ));
        };
        let mut found = std::mem::take(&mut self.pieces);
        let next_ready_on = self.find(service, &mark.billed, &life, &mut found);
        let seen = self.judge(service, mark, &life, &found, next_ready_on);
        if let Ok(seen) = &seen
            && seen.is_sound()
        {
            self.note_stopped(service, &life, seen.is_billed);
        }
        found.clear();
        self.pieces = found;
        seen
    }

    /// Notes that a service is stopped, and would be used today were it not; or that there is nothing to stop of one for which something
    /// is due.
    fn note_stopped(&mut self, service: &Service<'_>, life: &Life<'_>, is_due: bool) {
        let Beside {
            joined,
            lives,
            question,
            ..
        } = *self.around;
        let since = lives.stopped_since(service.service_id, service.account_id);
        let is_over = life.span.end <= question.as_of;
        let Some(since) = since.filter(|_| life.has(question.as_of)) else {
            if is_due && (since.is_some() || is_over) {
                self.unstoppable.insert(service.service_id.to_owned());
            }
            return;
        };
        let (_, subscription, account) = joined.row(service.row);
        self.stopped.push(Stopped {
            account_id: service.account_id.to_owned(),
            subscription_id: joined.subscription_id(subscription).to_owned(),
            service_id: service.service_id.to_owned(),
            charge: joined.charge(service.row).to_owned(),
            scheme: joined.scheme(subscription).to_owned(),
            currency: joined.currency(account).to_owned(),
            since,
        });
    }

    /// Notes what a service shares with others, due or not: held, waiting or of another run.
    fn note_sharer(&mut self, service: &Service<'_>, mark: &Watermark<'_>) {
        let around = self.around;
        let Some(sharers) = &mut self.sharers else {
            return;
        };
        let charge_of = |row| charge_of(around.question, around.joined, row);
        let is_shared =
            |row| charge_of(row).is_some_and(|charge| allowance::shares(charge).is_some());
        if !service.rows.clone().any(is_shared) {
            return;
        }
        let trial_days = charge_of(service.rows.start).map_or(0, |charge| charge.kind.trial_days());
        let rows = service.rows.clone();
        let Some(life) = around.lives.of(around.joined, rows, mark, trial_days) else {
            return;
        };
        let rows = service.rows.clone();
        around.lives.segments(rows, life.span, &mut self.segments);
        for segment in self
            .segments
            .iter()
            .filter(|segment| is_shared(segment.row))
        {
            let owners = around.joined.row(segment.row);
            if around.criterion.subscription(owners.1).frequency.is_some() {
                sharers.push(Sharer {
                    subscription: owners.1,
                    charge: around.joined.charge(segment.row),
                    span: segment.span,
                    cycle: around.cycle(owners, life.span.start),
                });
            }
        }
    }

    /// Finds what is due where these days are billed, oldest first, and when the service is ready next after that.
    fn find(
        &mut self,
        service: &Service<'_>,
        billed: &[Period],
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
        let debits = around.question.run.debits.as_ref();
        let stops_at = around
            .lives
            .stops_at(service.service_id, service.account_id);
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
                rhythm: Rhythm::of(&charge.kind, debits.is_some()),
                proration: charge.kind.proration(),
                cycle: around.cycle(owners, life.span.start),
                began: around.counts(owners, charge).then_some(life.counted_from),
                segments: same,
                pauses: &life.pauses,
                billed,
            };
            let first = found.len();
            let next = pieces(&stint, around.limits(owners.2), found);
            let is_by_day = matches!(stint.rhythm, Rhythm::EachDay | Rhythm::DayByDay);
            if let Some(day) = stops_at.filter(|_| stint.rhythm != Rhythm::Once) {
                // What is paid only where the service goes on is a line of its own.
                let whole: Vec<Piece> = found.drain(first..).collect();
                let parts = whole
                    .iter()
                    .flat_map(|piece| piece.cut(&[day], stint.proration));
                found.extend(parts);
            }
            let unpaid = around.unpaid.get(service.service_id);
            if is_by_day && debits.is_some_and(Debits::is_by_day) {
                let whole: Vec<Piece> = found.drain(first..).collect();
                let days = whole.iter().flat_map(|piece| piece.days(stint.proration));
                found.extend(days);
            } else if let Some(days) = unpaid.filter(|_| is_by_day) {
                let whole: Vec<Piece> = found.drain(first..).collect();
                let as_of = around.question.as_of;
                let ends = days
                    .iter()
                    .flat_map(|days| [days.start, days.end.min(as_of)]);
                let ends: Vec<Date> = ends.collect();
                let parts = whole
                    .iter()
                    .flat_map(|piece| piece.cut(&ends, stint.proration));
                found.extend(parts);
            }
            next_ready_on = next_ready_on.into_iter().chain(next).min();
        }
        if segments.len() > 1 {
            found.sort_by_key(|piece| piece.period.start);
        }
        next_ready_on
    }
}
