//! What services cost from tomorrow on: recurring ones by their prices, those that are used by what was used so far.

use super::Question;
use super::calendar::calendars;
use super::joined::Joined;
use super::life::Lives;
use super::piece::Piece;
use super::rows::{DueRow, Rows};
use super::wanted::charge_of;
use super::watermark::Walk;
use crate::model::account::Tables;
use crate::model::book_view::BookView;
use crate::model::due::DueCharges;
use crate::model::frequency::Frequency;
use crate::model::outlook::{Outlook, UsedAhead};
use crate::model::scheme::{ChargeKind, Classification};
use std::collections::BTreeSet;

/// What is ahead for all services that are there tomorrow and are paid out of wallets, whichever run selects them.
pub fn outlook(question: &Question<'_>, tables: &Tables, book: &BookView) -> Outlook {
    let joined = Joined::new(tables);
    let lives = Lives::new(tables, question, book);
    let calendars = calendars(question, tables);
    let mut walk = Walk::new(book);
    let tomorrow = question.as_of.plus_days(1);
    let mut rows = Rows::default();
    let mut used = Vec::new();
    let mut stopped = BTreeSet::new();
    for own in joined.services() {
        let service_id = joined.service_id(own.start);
        let mark = walk.of(service_id);
        let row = lives.row_on(own.clone(), tomorrow);
        let owners = joined.row(row);
        let (_, subscription, account) = owners;
        let scheme = question.schemes.get(joined.scheme(subscription));
        let scheme = scheme.filter(|scheme| scheme.classification == Classification::Prepaid);
        let frequency = Frequency::parse(joined.frequency(subscription));
        let (Some(scheme), Some(charge), Some(frequency)) =
            (scheme, charge_of(question, &joined, row), frequency)
        else {
            continue;
        };
        let trial_days = charge.kind.trial_days();
        let Some(life) = lives.of(&joined, own.clone(), &mark, trial_days) else {
            continue;
        };
        if !life.has(tomorrow) {
            continue;
        }
        let account_id = joined.account_id(account);
        if lives.stopped_since(service_id, account_id).is_some() {
            stopped.insert(service_id.to_owned());
        } else if lives.is_stopped_on(service_id, account_id, tomorrow) {
            continue;
        }
        if let ChargeKind::Usage(_) = charge.kind {
            used.push(UsedAhead {
                account_id: account_id.to_owned(),
                service_id: service_id.to_owned(),
                charge: charge.code.clone(),
                scheme: scheme.name.clone(),
                since: mark.billed.first().map(|period| period.start),
            });
            continue;
        }
        let ChargeKind::Recurring { proration, .. } = charge.kind else {
            continue;
        };
        let first = lives.subscription_start(subscription);
        let cycle = calendars[account].cycle(scheme, frequency, life.span.start, first);
        let full = cycle.period_of(tomorrow);
        let number = cycle.number(full.start) - cycle.number(life.counted_from) + 1;
        let Some(version) = charge.version_on(full.start, number) else {
            continue;
        };
        let days = proration.days(full);
        rows.push(DueRow {
            service: own.start,
            owners,
            kind: charge.kind.charge_type(),
            piece: Piece {
                row,
                period: full,
                full,
                number,
                priced_on: full.start,
                days_before: 0,
                days,
                period_days: days,
                is_final: true,
                ready_on: full.start,
            },
            version: version.valid_from,
            usage: None,
            is_raised: false,
            number: charge.counts_periods().then_some(number),
            group_key: None,
            rare: None,
        });
    }
    Outlook {
        due: rows.table(tables, DueCharges::SCHEMA.empty()),
        used,
        stopped,
    }
}
