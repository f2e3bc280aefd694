//! Which periods of the selected services are due.

use super::joined::Joined;
use super::selection::{Faults, Selected};
use super::standing::Standing;
use super::watermark::{Walk, Watermark};
use super::{Identified, Question};
use crate::calendar::{Cycle, Date, Period, Step};
use crate::diagnostic::{Aside, AsideKind, Reach, Staged};
use crate::model::account::Tables;
use crate::model::book_view::BookView;
use crate::model::due::{DueCharges, Standings};
use crate::model::scheme::{Anchor, Charge, Frequency, PriceVersion, Scheme};
use crate::model::table::{Columns, count_column, date_column, text_column};
use polars::prelude::{Column, DataFrame, IdxCa, IdxSize, NamedFrom};

/// One due row: part of a full period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    period: Period,
    days_before: i32,
    period_days: i32,
}

/// What of a charge is due by a day, oldest first, and when it is ready next after that.
fn pieces(cycle: Cycle, life: Period, mark: &Watermark, to: Date) -> (Vec<Piece>, Option<Date>) {
    let mut due = Vec::new();
    let first_unbilled = match mark.billed.first() {
        Some(billed) if billed.start <= life.start => billed.end.max(life.start),
        _ => life.start,
    };
    for full in cycle.periods_from(first_unbilled) {
        let part = full.intersect(life);
        if part.is_empty() {
            return (due, None);
        }
        for open in mark.unbilled(part) {
            if open.start > to {
                return (due, Some(open.start));
            }
            let days_before = Period::new(part.start, open.start).days();
            due.push(Piece {
                period: open,
                days_before,
                period_days: full.days(),
            });
        }
    }
    unreachable!("periods never end")
}

/// The columns of the three tables that periods are made from, by row.
struct Dates {
    service_start: Vec<Option<Date>>,
    service_end: Vec<Option<Date>>,
    next_bill: Vec<Option<Date>>,
    subscription_start: Vec<Option<Date>>,
    subscription_end: Vec<Option<Date>>,
    account_end: Vec<Option<Date>>,
    bill_day: Vec<Option<i64>>,
}

impl Dates {
    fn new(tables: &Tables) -> Self {
        Self {
            service_start: tables.services.dates("start_on").collect(),
            service_end: tables.services.dates("end_on").collect(),
            next_bill: tables.services.dates("next_bill_on").collect(),
            subscription_start: tables.subscriptions.dates("start_on").collect(),
            subscription_end: tables.subscriptions.dates("end_on").collect(),
            account_end: tables.accounts.dates("canceled_on").collect(),
            bill_day: tables.accounts.counts("bill_day").iter().collect(),
        }
    }

    /// The first day of a service, before any of it was billed.
    fn start(&self, service: usize, subscription: usize) -> Option<Date> {
        self.next_bill[service]
            .or(self.service_start[service])
            .or(self.subscription_start[subscription])
    }

    /// The first day that is no longer billed.
    fn end(&self, service: usize, subscription: usize, account: usize) -> Date {
        let ends = [
            self.service_end[service],
            self.subscription_end[subscription],
            self.account_end[account],
        ];
        ends.into_iter()
            .flatten()
            .min()
            .unwrap_or(Date::from_number(i32::MAX))
    }

    fn cycle(
        &self,
        scheme: &Scheme,
        frequency: Frequency,
        start: Date,
        subscription: usize,
        account: usize,
    ) -> Cycle {
        let day = match scheme.anchor {
            Anchor::BillDay => self.bill_day[account]
                .and_then(|day| u32::try_from(day).ok())
                .unwrap_or(start.day()),
            Anchor::StartDate => self.subscription_start[subscription].unwrap_or(start).day(),
            Anchor::Calendar => 1,
        };
        match frequency.step() {
            Step::Months(months) => Cycle::anchored(start, day, months),
            step => Cycle::from(start, step),
        }
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

/// Looks at the periods of every selected service.
pub fn due(
    question: &Question<'_>,
    tables: &Tables,
    joined: &Joined<'_>,
    selected: Selected<'_>,
    faults: &Faults<'_>,
    book: &BookView,
) -> Staged<Identified> {
    let Selected {
        mut standings,
        schemes,
        mut aside,
    } = selected;
    aside.extend(faults.orphans.iter().map(|fault| (*fault).clone()));
    let dates = Dates::new(tables);
    let mut walk = Walk::new(book);
    let mut rows = Rows::default();
    let height = standings.len();
    let (mut billed_through, mut next_ready) = (vec![None; height], vec![None; height]);
    for (service, subscription, account) in joined.rows() {
        let service_id = joined.service_id(service);
        let charge_code = joined.charge(service);
        let mark = walk.of(service_id);
        billed_through[service] = mark.billed_through();
        if standings[service] != Standing::NotDue {
            continue;
        }
        let mut set_aside = |kind: AsideKind, code: &'static str, message: String| {
            aside.push(Aside {
                kind,
                reach: Reach::Service,
                account_id: joined.account_id(account).to_owned(),
                subscription_id: joined.subscription_id(subscription).to_owned(),
                service_id: service_id.to_owned(),
                charge: charge_code.to_owned(),
                stage: "identify",
                code,
                message,
            });
            match kind {
                AsideKind::Exclusion => Standing::Excluded(code),
                AsideKind::Exception => Standing::Excepted(code),
            }
        };
        if let Some(fault) = faults.of_service(service_id).first() {
            standings[service] = set_aside(fault.kind, fault.code, fault.message.clone());
            continue;
        }
        let (Some(scheme), Some(frequency)) = (
            schemes[subscription],
            Frequency::parse(joined.frequency(subscription)),
        ) else {
            unreachable!("selection parks accounts without a known scheme and frequency");
        };
        let charge = scheme
            .charge(charge_code)
            .expect("selection parks accounts with unknown charges");
        let Some(start) = mark.first_claimed.or(dates.start(service, subscription)) else {
            let message =
                "neither next_bill_on nor a start is known; give the service a start_on".to_owned();
            standings[service] = set_aside(AsideKind::Exception, "BW-V150", message);
            continue;
        };
        let life = Period::new(start, dates.end(service, subscription, account));
        let cycle = dates.cycle(scheme, frequency, start, subscription, account);
        let (due, next) = pieces(cycle, life, &mark, question.to);
        next_ready[service] = next;
        let Some(oldest) = due.first().map(|piece| piece.period.start) else {
            if next.is_none() && life.end <= question.to {
                let open = mark.billed_through().unwrap_or(life.start);
                let message = format!("ended on {}, and is billed up to {open}", life.end);
                standings[service] = set_aside(AsideKind::Exclusion, "ended", message);
            }
            continue;
        };
        let behind = Period::new(oldest, question.to).days();
        if behind > question.run.window.max_behind_days {
            let message = format!(
                "unbilled since {oldest}, {behind} days before {}, and `max_behind` is {} days; raise it to bill the backlog",
                question.to, question.run.window.max_behind_days
            );
            standings[service] = set_aside(AsideKind::Exception, "BW-R201", message);
            continue;
        }
        let versions: Option<Vec<_>> = due
            .iter()
            .map(|piece| version_on(charge, piece.period.start).map(|version| version.valid_from))
            .collect();
        let Some(versions) = versions else {
            let message = format!(
                "charge `{charge_code}` has no price in force on {oldest}; give it one for that day"
            );
            standings[service] = set_aside(AsideKind::Exception, "BW-R103", message);
            continue;
        };
        standings[service] = Standing::Billed;
        for (piece, version) in due.into_iter().zip(versions) {
            rows.push(service, subscription, account, piece, version);
        }
    }
    let owner = |frame: &DataFrame, key: &str, at: &dyn Fn((usize, usize, usize)) -> usize| {
        let rows: Vec<IdxSize> = joined.rows().map(|row| at(row) as IdxSize).collect();
        gather(frame, key, key, &IdxCa::new("".into(), rows))
    };
    let standing_columns = vec![
        owner(&tables.accounts, "account_id", &|(_, _, account)| account),
        owner(&tables.subscriptions, "subscription_id", &|(
            _,
            subscription,
            _,
        )| {
            subscription
        }),
        owner(&tables.services, "service_id", &|(service, _, _)| service),
        owner(&tables.services, "charge", &|(service, _, _)| service),
        text_column(
            "standing",
            standings.iter().map(|standing| Some(standing.to_string())),
        ),
        date_column("billed_through", billed_through),
        date_column("next_ready_on", next_ready),
    ];
    let standings = DataFrame::new(height, standing_columns).expect("columns of one height");
    let kept = Identified {
        due: rows.table(tables),
        standings: Standings::checked(standings),
    };
    Staged { kept, aside }
}

/// Due rows as they are found: where their service, subscription and account stand, and their days.
#[derive(Default)]
struct Rows {
    services: Vec<IdxSize>,
    subscriptions: Vec<IdxSize>,
    accounts: Vec<IdxSize>,
    pieces: Vec<Piece>,
    versions: Vec<Option<Date>>,
}

impl Rows {
    fn push(
        &mut self,
        service: usize,
        subscription: usize,
        account: usize,
        piece: Piece,
        version: Option<Date>,
    ) {
        self.services.push(service as IdxSize);
        self.subscriptions.push(subscription as IdxSize);
        self.accounts.push(account as IdxSize);
        self.pieces.push(piece);
        self.versions.push(version);
    }

    fn table(self, tables: &Tables) -> DueCharges {
        let height = self.pieces.len();
        let [services, subscriptions, accounts] =
            [self.services, self.subscriptions, self.accounts]
                .map(|rows| IdxCa::new("".into(), rows));
        let pieces = &self.pieces;
        let days = |name: &str, of: fn(&Piece) -> i32| {
            count_column(name, pieces.iter().map(|piece| Some(of(piece).into())))
        };
        let columns = vec![
            gather(&tables.accounts, "account_id", "account_id", &accounts),
            gather(
                &tables.subscriptions,
                "subscription_id",
                "subscription_id",
                &subscriptions,
            ),
            gather(&tables.services, "service_id", "service_id", &services),
            gather(&tables.services, "charge", "charge", &services),
            gather(&tables.subscriptions, "scheme", "scheme", &subscriptions),
            date_column(
                "period_start",
                pieces.iter().map(|piece| Some(piece.period.start)),
            ),
            date_column(
                "period_end",
                pieces.iter().map(|piece| Some(piece.period.end)),
            ),
            days("days_before", |piece| piece.days_before),
            days("days", |piece| piece.period.days()),
            days("period_days", |piece| piece.period_days),
            gather(&tables.services, "quantity", "quantity", &services),
            gather(&tables.services, "unit_price", "unit_price", &services),
            gather(&tables.accounts, "currency", "currency", &accounts),
            date_column("price_version", self.versions.clone()),
        ];
        DueCharges::checked(DataFrame::new(height, columns).expect("columns of one height"))
    }
}

/// A column of a table at the given rows.
fn gather(frame: &DataFrame, column: &str, name: &str, rows: &IdxCa) -> Column {
    let column = frame.column(column).expect("a column every such table has");
    column
        .take(rows)
        .expect("rows within the table")
        .with_name(name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn found(
        start: &str,
        end: &str,
        anchor: u32,
        billed: &[(&str, &str)],
        to: &str,
    ) -> Vec<String> {
        let billed = billed
            .iter()
            .map(|(start, end)| Period::new(day(start), day(end)))
            .collect();
        let mark = Watermark {
            billed,
            first_claimed: None,
        };
        let life = Period::new(day(start), day(end));
        let (due, next) = pieces(Cycle::anchored(day(start), anchor, 1), life, &mark, day(to));
        due.iter()
            .map(|piece| {
                format!(
                    "{} {}+{}/{}",
                    piece.period,
                    piece.days_before,
                    piece.period.days(),
                    piece.period_days
                )
            })
            .chain(next.map(|next| format!("next {next}")))
            .collect()
    }

    #[test]
    fn every_missed_month_is_due_oldest_first() {
        assert_eq!(
            found(
                "2026-01-01",
                "2199-12-31",
                1,
                &[("2026-01-01", "2026-02-01")],
                "2026-04-01"
            ),
            [
                "2026-02-01..2026-03-01 0+28/28",
                "2026-03-01..2026-04-01 0+31/31",
                "2026-04-01..2026-05-01 0+30/30",
                "next 2026-05-01"
            ]
        );
    }

    #[test]
    fn a_stub_is_counted_against_the_full_period_that_ends_there() {
        assert_eq!(
            found("2026-01-20", "2026-02-10", 1, &[], "2026-02-01"),
            [
                "2026-01-20..2026-02-01 0+12/31",
                "2026-02-01..2026-02-10 0+9/28"
            ]
        );
    }

    #[test]
    fn the_rest_of_a_period_that_was_cut_short_is_due_when_the_end_moves() {
        assert_eq!(
            found(
                "2026-02-01",
                "2026-03-01",
                1,
                &[("2026-02-01", "2026-02-15")],
                "2026-02-20"
            ),
            ["2026-02-15..2026-03-01 14+14/28"]
        );
    }

    #[test]
    fn what_is_billed_is_not_due_again() {
        assert_eq!(
            found(
                "2026-01-31",
                "2199-12-31",
                31,
                &[("2026-01-31", "2026-02-28")],
                "2026-02-27"
            ),
            ["next 2026-02-28"]
        );
    }
}
