//! Which lines in the book a plan has to look at again.

use super::Question;
use super::days::{gaps, merged};
use super::joined::Joined;
use super::life::Lives;
use super::unused::unused;
use super::watermark::Walk;
use crate::calendar::Period;
use crate::model::account::Tables;
use crate::model::bill_run::Check;
use crate::model::book_view::BookView;
use crate::model::scheme::{ChargeKind, Through};
use std::collections::BTreeSet;

/// Lines in the book: all of these services, and all of these runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub services: BTreeSet<String>,
    pub runs: BTreeSet<String>,
}

impl Wanted {
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.runs.is_empty()
    }
}

/// The lines that `identify` has to see again: of services with days that were billed and are not used, of usage whose period is
/// billed in part, of services with days that are open again, whose lines may get ids that are taken, and, to see what changed without a date, of the runs that billed services last.
pub fn wanted_history(question: &Question<'_>, tables: &Tables, book: &BookView) -> Wanted {
    let mut wanted = Wanted::default();
    if book.claims.is_empty() {
        return wanted;
    }
    let joined = Joined::new(tables);
    let lives = Lives::new(tables);
    let mut walk = Walk::new(book);
    let compares = question.run.checks.contains_key(&Check::ChangedWithoutDate);
    for rows in joined.services() {
        let service_id = joined.service_id(rows.start);
        let mark = walk.of(service_id);
        let Some(through) = mark.billed_through() else {
            continue;
        };
        let Some(life) = lives.of(&joined, rows.clone(), &mark) else {
            continue;
        };
        let is_billed_unused = (through > life.span.end || !life.pauses.is_empty())
            && !unused(&mark.billed, &life.used()).is_empty();
        let is_of_usage = rows.clone().any(|row| {
            let (_, subscription, _) = joined.row(row);
            let scheme = question.schemes.get(joined.scheme(subscription));
            let charge = scheme.and_then(|scheme| scheme.charge(joined.charge(row)));
            match charge.map(|charge| &charge.kind) {
                // A period is cut only day by day, by an end that moved, or by a pause; then its first part is billed.
                Some(ChargeKind::Usage(usage)) => {
                    let open = Period::new(through, life.span.end);
                    usage.through == Through::WindowTo || gaps(open, &life.pauses).next().is_some()
                }
                _ => false,
            }
        });
        if is_billed_unused || is_of_usage || mark.was_reopened() {
            wanted.services.insert(service_id.to_owned());
        }
        let is_within = |day| {
            mark.billed
                .iter()
                .any(|billed| billed.start <= day && day < billed.end)
        };
        if compares
            && lives
                .changes(rows.clone())
                .iter()
                .any(|(_, from)| is_within(*from))
        {
            wanted.services.insert(service_id.to_owned());
        }
        if compares && !lives.has_dated_changes(rows) {
            let last = mark.claims.iter().max_by_key(|claim| claim.period.end);
            if let Some(last) = last.filter(|last| !wanted.runs.contains(last.run_id)) {
                wanted.runs.insert(last.run_id.to_owned());
            }
        }
    }
    wanted
}
