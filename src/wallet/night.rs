//! One run over all wallets, account by account.

use super::ask::{Ask, Asked};
use super::go_on::Acted;
use super::money::{self, From, Money};
use super::opened::{Moved, Opened};
use super::tables;
use super::top_up::counted_rows;
use super::{Debited, Terms, Wallets};
use crate::calendar::Date;
use crate::diagnostic::{Aside, AsideKind, Reach, Staged};
use crate::model::debits::{OnInsufficient, OnTopUp};
use crate::model::index::NOWHERE;
use crate::model::line::RatedLines;
use crate::model::scheme::Charge;
use crate::model::service_action::Stopped;
use crate::model::table::Columns;
use crate::model::wallet::Shortfalls;
use crate::money::{Amount, Currency};
use polars::prelude::DataFrame;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// What becomes of a rated line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It waits for money.
    Open,
    Paid,
    /// Its days are billed without it: it costs nothing.
    Settled,
    /// Its days are let go.
    Waived,
    /// Its service is stopped, and stays so.
    Stopped,
}

/// Something that moves a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The place of the wallet among all that are opened.
    pub wallet: usize,
    pub kind: Kind,
    /// Above zero: into it.
    pub amount: i128,
    pub balance_after: i128,
    /// Which of the wallet's transactions it is, from 1.
    pub number: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// With the row of the input.
    TopUp(usize),
    /// With the top-up it was of.
    Expiry(Option<String>),
    /// With the rows of the lines it pays.
    Debit(Range<usize>),
}

/// A charge of a service for which there was too little.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    /// The first of its lines.
    pub row: usize,
    pub start: Date,
    pub end: Date,
    pub amount: i128,
    /// Beyond what the wallets held.
    pub missing: i128,
}

pub fn night(terms: &Terms<'_>, wallets: &Wallets<'_>, lines: &RatedLines) -> Staged<Debited> {
    let opened = Opened::new(wallets);
    let mut night = Night {
        terms,
        asked: Asked::new(lines, terms.debits, terms.as_of),
        unpaid: match terms.debits.on_topup {
            OnTopUp::Waive => unpaid(&wallets.purse.shortfalls),
            OnTopUp::ChargeAll | OnTopUp::ChargeActiveDays => HashMap::new(),
        },
        fates: vec![Fate::Open; lines.len()],
        movements: Vec::new(),
        shorts: Vec::new(),
        acted: Vec::new(),
        tried: 0,
        stopped: stopped(wallets.stopped),
        unstoppable: wallets.unstoppable,
        aside: Vec::new(),
        lines,
        opened,
    };
    let of_wallets = TopUps::new(wallets, &night.opened);
    let accounts = wallets.tables.accounts.whole_texts("account_id");
    let mut next = 0;
    for account in 0..wallets.tables.accounts.height() {
        let id = accounts.get(account).unwrap_or_default();
        let is_its = next < lines.len() && night.asked.accounts.get(next) == Some(id);
        let rows = match is_its {
            true => night.asked.account(next),
            false => next..next,
        };
        next = rows.end;
        let own = night.opened.starts[account]..night.opened.starts[account + 1];
        if wallets.concerns(id) && !wallets.parked.contains_key(id) {
            night.open(own.clone(), wallets, &of_wallets);
            night.account(id, own, rows);
        }
    }
    let Night {
        opened,
        fates,
        movements,
        shorts,
        acted,
        tried,
        aside,
        ..
    } = night;
    let made = tables::Made {
        fates,
        movements,
        shorts,
        acted,
        tried,
    };
    Staged {
        kept: tables::debited(terms, wallets, lines, &opened, made),
        aside,
    }
}

/// New top-ups of tonight: the rows of each wallet, by the order they were made in.
struct TopUps {
    /// For each opened wallet; empty where nobody topped up.
    rows: HashMap<usize, Vec<usize>>,
}

impl TopUps {
    fn new(wallets: &Wallets<'_>, opened: &Opened<'_>) -> Self {
        let tonight = &wallets.tables.top_ups;
        let mut rows: HashMap<usize, Vec<usize>> = HashMap::new();
        if tonight.height() > 0 {
            let counted = counted_rows(tonight, wallets.purse.top_ups.frame());
            let places: HashMap<&str, usize> = opened
                .money
                .iter()
                .enumerate()
                .map(|(at, wallet)| (wallet.id, at))
                .collect();
            for (row, id) in tonight.text("wallet_id").iter().enumerate() {
                let place = id
                    .and_then(|id| places.get(id))
                    .filter(|_| counted[row] == NOWHERE);
                if let Some(place) = place {
                    rows.entry(*place).or_default().push(row);
                }
            }
        }
        Self { rows }
    }
}

/// Days of charges that earlier runs could not debit, by service and charge.
type Unpaid<'a> = HashMap<(&'a str, &'a str), Vec<(Date, Date)>>;

fn unpaid(shortfalls: &Shortfalls) -> Unpaid<'_> {
    let frame = shortfalls.frame();
    let mut unpaid: Unpaid<'_> = HashMap::new();
    let ids = frame
        .text("service_id")
        .iter()
        .zip(frame.text("charge").iter());
    let days = frame.dates("period_start").zip(frame.dates("period_end"));
    for ((service, charge), days) in ids.zip(days) {
        if let ((Some(service), Some(charge)), (Some(start), Some(end))) = ((service, charge), days)
        {
            unpaid
                .entry((service, charge))
                .or_default()
                .push((start, end));
        }
    }
    unpaid
}

/// Services that are stopped, by account.
type StoppedOf<'a> = HashMap<&'a str, Vec<&'a Stopped>>;

fn stopped(all: &[Stopped]) -> StoppedOf<'_> {
    let mut stopped: StoppedOf<'_> = HashMap::new();
    for service in all {
        let own = stopped.entry(service.account_id.as_str()).or_default();
        own.push(service);
    }
    stopped
}

pub struct Night<'a> {
    pub terms: &'a Terms<'a>,
    lines: &'a RatedLines,
    pub asked: Asked<'a>,
    unpaid: Unpaid<'a>,
    pub opened: Opened<'a>,
    pub fates: Vec<Fate>,
    movements: Vec<Movement>,
    shorts: Vec<Short>,
    pub acted: Vec<Acted>,
    /// How many services were tried, but for those that are stopped.
    tried: usize,
    stopped: StoppedOf<'a>,
    pub unstoppable: &'a BTreeSet<String>,
    aside: Vec<Aside>,
}

impl Night<'_> {
    /// Counts the top-ups of an account's wallets, and takes out what is expired.
    fn open(&mut self, own: Range<usize>, wallets: &Wallets<'_>, top_ups: &TopUps) {
        let tonight = &wallets.tables.top_ups;
        let as_of = self.terms.as_of;
        for wallet in own {
            for row in top_ups.rows.get(&wallet).into_iter().flatten() {
                let day = |name: &str| tonight.whole_dates(name).at(*row);
                if day("on").is_none_or(|on| as_of < on) {
                    continue;
                }
                let amount = tonight.whole_units("amount").at(*row).unwrap_or_default();
                let expires =
                    day("expires_on").map(|until| (until, tonight.text_at("top_up_id", *row)));
                self.opened.money[wallet].add(amount, expires);
                self.opened.moved[wallet].topped_up += amount;
                self.moved(wallet, Kind::TopUp(*row), amount);
            }
            let gone = self.opened.money[wallet].expire(as_of);
            let mut left: i128 = gone.iter().map(|(amount, _)| amount).sum();
            for (amount, top_up) in gone {
                self.opened.moved[wallet].expired += amount;
                left -= amount;
                self.moved(wallet, Kind::Expiry(top_up), -amount);
                // One after another, though all are gone at once.
                self.movements.last_mut().expect("just made").balance_after += left;
            }
        }
    }

    fn moved(&mut self, wallet: usize, kind: Kind, amount: i128) {
        let balance_after = self.opened.money[wallet].balance();
        let moved = &mut self.opened.moved[wallet];
        moved.transactions += 1;
        moved.is_touched = true;
        self.movements.push(Movement {
            wallet,
            kind,
            amount,
            balance_after,
            number: moved.transactions,
        });
    }

    /// Tries all debits of an account: those of services that are stopped last, once it is known what all others leave.
    fn account(&mut self, account: &str, own: Range<usize>, rows: Range<usize>) {
        let mut shorts: Vec<Short> = Vec::new();
        let stopped = self.stopped.remove(account).unwrap_or_default();
        self.tried += self.tried(&own, rows.clone(), &stopped);
        let asks = self
            .asked
            .of_account(rows.clone(), |row| self.is_trial(&stopped, row));
        for ask in asks {
            let scheme = Asked::text(self.asked.schemes, ask.rows.start);
            match money::none_pays(&self.opened.money[own.clone()], scheme) {
                true => self.nobody_pays(&ask),
                false => self.attempt(&own, &ask, &mut shorts),
            }
        }
        self.go_on(&stopped, &own, rows.clone(), &shorts);
        self.could_stop(&stopped, &shorts);
        for short in &shorts {
            self.tell(short, rows.clone());
        }
        self.tell_waived(rows);
        self.shorts.append(&mut shorts);
    }

    /// How many services of an account have something that is tried by itself.
    fn tried(&self, own: &Range<usize>, rows: Range<usize>, stopped: &[&Stopped]) -> usize {
        let wallets = &self.opened.money[own.clone()];
        let mut last = None;
        let tried = rows.filter(|row| {
            let service = self.asked.services.get(*row);
            if last == service || self.is_trial(stopped, *row) {
                return false;
            }
            last = service;
            let scheme = Asked::text(self.asked.schemes, *row);
            !money::none_pays(wallets, scheme)
        });
        tried.count()
    }

    /// Makes a debit, or as much of it as can be made; what is left is a shortfall.
    fn attempt(&mut self, own: &Range<usize>, ask: &Ask, shorts: &mut Vec<Short>) {
        let rows = ask.rows.clone();
        let places = self.places(own, rows.start);
        let held = self.held(own, &places);
        let earlier = shorts
            .iter()
            .position(|short| self.key(short.row) == self.key(rows.start));
        let (passed, fresh): (Vec<usize>, Vec<usize>) = self.parted(rows.clone());
        // Later usage is priced behind what was used before it.
        let waits = earlier.is_some() && self.asked.is_usage(rows.start);
        let fits = match ask.is_divisible {
            _ if waits => 0,
            true => self.leading(&fresh, held),
            false if self.asked.sum(fresh.iter().copied()) <= held => fresh.len(),
            false => 0,
        };
        self.pay(own, &places, &fresh[..fits]);
        // Where nothing but days of before is open, they are let go once they could be paid.
        let has_money = !fresh.is_empty() || self.asked.sum(passed.iter().copied()) <= held;
        let lets_go = fits == fresh.len() && has_money && !waits;
        for row in passed.iter().filter(|_| lets_go) {
            self.fates[*row] = Fate::Waived;
        }
        let mut left = rows.filter(|row| self.fates[*row] == Fate::Open);
        let Some(first) = left.next() else { return };
        let last = left.next_back().unwrap_or(first);
        let now = Short {
            row: first,
            start: self.asked.start(first),
            end: self.asked.end(last),
            amount: self.asked.sum(
                ask.rows
                    .clone()
                    .filter(|row| self.fates[*row] == Fate::Open),
            ),
            missing: 0,
        };
        let at = earlier.unwrap_or(shorts.len());
        match earlier {
            Some(at) => shorts[at].add(&now),
            None => shorts.push(now),
        }
        // What was paid has emptied places.
        let held = self.held(own, &self.places(own, first));
        shorts[at].missing = (shorts[at].amount - held).max(0);
    }

    /// Where money for a row is taken from.
    pub fn places(&self, own: &Range<usize>, row: usize) -> Vec<(usize, From)> {
        let scheme = Asked::text(self.asked.schemes, row);
        money::order(&self.opened.money[own.clone()], scheme, self.terms.as_of)
    }

    /// What can be taken from there.
    fn held(&self, own: &Range<usize>, places: &[(usize, From)]) -> i128 {
        self.held_at(&self.opened.money[own.clone()], places)
    }

    /// What can be taken out of wallets at these places.
    pub fn held_at(&self, wallets: &[Money<'_>], places: &[(usize, From)]) -> i128 {
        let is_lent = self.terms.debits.on_insufficient == OnInsufficient::AllowNegative;
        money::capacity(wallets, places, is_lent).max(0)
    }

    /// The service and charge of a row.
    pub fn key(&self, row: usize) -> (&str, &str) {
        let text = |column| Asked::text(column, row);
        (text(self.asked.services), text(self.asked.charges))
    }

    /// How many of these rows can be paid, the oldest first.
    fn leading(&self, rows: &[usize], held: i128) -> usize {
        let mut sum = 0;
        let fits = rows.iter().take_while(|row| {
            sum += self.asked.amount(**row);
            sum <= held
        });
        fits.count()
    }

    /// Rows of days that passed without money in an earlier run and are to be let go, and the others.
    fn parted(&self, rows: Range<usize>) -> (Vec<usize>, Vec<usize>) {
        let Some(days) = self.unpaid.get(&self.key(rows.start)) else {
            return (Vec::new(), rows.collect());
        };
        let is_passed = |row: usize, last: usize| {
            let (start, end) = (self.asked.start(row), self.asked.end(row));
            let was_short = |(from, to): &(Date, Date)| *from <= start && end <= *to;
            // What is charged once is for no day that could have passed.
            !self.asked.is_one_time(row)
                && self.asked.end(last) <= self.terms.as_of
                && days.iter().any(was_short)
        };
        let (mut passed, mut fresh) = (Vec::new(), Vec::new());
        let mut row = rows.start;
        while row < rows.end {
            let next = self.asked.next_period(row, rows.end);
            match is_passed(row, next - 1) {
                true => passed.extend(row..next),
                false => fresh.extend(row..next),
            }
            row = next;
        }
        (passed, fresh)
    }

    /// Makes the debit of these lines, which can be paid from these places.
    pub fn pay(&mut self, own: &Range<usize>, places: &[(usize, From)], rows: &[usize]) {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return;
        };
        for row in rows {
            self.fates[*row] = match self.asked.amount(*row) == 0 && !self.remembers(*row) {
                true => Fate::Settled,
                false => Fate::Paid,
            };
        }
        let amount = self.asked.sum(rows.iter().copied());
        let parts = money::take(&mut self.opened.money[own.clone()], places, amount);
        for (number, part) in parts {
            let wallet = own.start + number;
            self.opened.moved[wallet].debited += part;
            self.moved(wallet, Kind::Debit(*first..*last + 1), -part);
        }
    }

    /// Whether what a line is for has to be known later, though it costs nothing.
    fn remembers(&self, row: usize) -> bool {
        let scheme = self.terms.schemes.get(Asked::text(self.asked.schemes, row));
        let charge = scheme.and_then(|scheme| scheme.charge(Asked::text(self.asked.charges, row)));
        self.asked.is_used(row) && charge.is_some_and(Charge::goes_on)
    }

    /// Says of a service that nothing of it was paid.
    fn tell(&mut self, short: &Short, rows: Range<usize>) {
        let service = self.asked.services.get(short.row);
        let mut its = rows.filter(|row| self.asked.services.get(*row) == service);
        if its.any(|row| !matches!(self.fates[row], Fate::Open | Fate::Stopped)) {
            return;
        }
        let currency = self.currency(short.row);
        let text = |units: i128| Amount::text_of(units, currency);
        let message = format!(
            "{} {currency} is missing of {} for the days from {} up to {}",
            text(short.missing),
            text(short.amount),
            short.start,
            short.end
        );
        self.put_aside(short.row, AsideKind::Exclusion, "shortfall", message);
    }

    pub fn lines(&self) -> &DataFrame {
        self.lines.frame()
    }

    pub fn currency(&self, row: usize) -> Currency {
        let currency = self.lines.frame().text_at("currency", row);
        Currency::parse(currency).expect("inputs check currencies")
    }

    /// Says which days are let go: they cost something, and nobody pays it.
    fn tell_waived(&mut self, rows: Range<usize>) {
        let waived: Vec<usize> = rows
            .filter(|row| self.fates[*row] == Fate::Waived)
            .collect();
        let mut left = &waived[..];
        while let Some(first) = left.first() {
            let same = left
                .iter()
                .take_while(|row| self.key(**row) == self.key(*first));
            let (its, others) = left.split_at(same.count());
            let message = format!(
                "days from {} up to {} are let go: there was no money for them",
                self.asked.start(its[0]),
                self.asked.end(its[its.len() - 1])
            );
            self.put_aside(its[0], AsideKind::Exclusion, "waived", message);
            left = others;
        }
    }

    fn nobody_pays(&mut self, ask: &Ask) {
        let row = ask.rows.start;
        let scheme = Asked::text(self.asked.schemes, row);
        let message =
            format!("the account has no wallet that pays for subscriptions under `{scheme}`");
        self.put_aside(row, AsideKind::Exception, "BW-X125", message);
    }

    pub fn set_aside(&mut self, aside: Aside) {
        self.aside.push(aside);
    }

    fn put_aside(&mut self, row: usize, kind: AsideKind, code: &'static str, message: String) {
        let text = |name: &str| self.lines.frame().text_at(name, row).to_owned();
        self.aside.push(Aside {
            kind,
            reach: Reach::Service,
            account_id: text("account_id"),
            subscription_id: text("subscription_id"),
            service_id: text("service_id"),
            charge: text("charge"),
            stage: "debit",
            code,
            message,
        });
    }
}

impl Short {
    /// With more days of the same charge.
    fn add(&mut self, more: &Self) {
        self.start = self.start.min(more.start);
        self.end = self.end.max(more.end);
        self.amount += more.amount;
    }
}

impl Moved {
    /// Of what it held before, was given and has lost.
    pub fn closing(&self) -> i128 {
        self.opening + self.topped_up - self.debited - self.expired
    }
}
