//! What no enabled bill run selects.

use super::Question;
use super::condition;
use super::criteria::Criterion;
use super::faults::Faults;
use super::finding::Found;
use super::joined::Joined;
use super::selection::Selected;
use super::standing::Standing;
use crate::model::account::Tables;
use crate::model::bill_run::{BillRun, Check};

/// Finds the subscriptions with services that neither this run nor any enabled bill run selects.
pub fn uncovered(
    question: &Question<'_>,
    tables: &Tables,
    joined: &Joined<'_>,
    selected: &Selected<'_>,
    faults: &Faults<'_>,
    found: &mut Found<'_>,
) {
    if !question.run.checks.contains_key(&Check::Uncovered) {
        return;
    }
    let left_out: Vec<_> = joined
        .rows()
        .filter(|row| matches!(selected.services[row.0], Standing::NotSelected(_)))
        .collect();
    if left_out.is_empty() {
        return;
    }
    let covering: Vec<Criterion<'_>> = question
        .covered
        .iter()
        .filter_map(|run| criterion(run, question, tables, joined, faults))
        .collect();
    // A run whose condition the columns do not carry says itself what is wrong: nothing is known of whom it selects.
    if covering.len() < question.covered.len() {
        return;
    }
    let mut is_told = vec![false; joined.subscription_count()];
    for row @ (service, subscription, account) in left_out {
        let kind = selected.charges[service].map(|charge| charge.kind.charge_type());
        let is_covered = covering.iter().any(|run| run.service(row, kind).is_none());
        if !is_covered && !std::mem::replace(&mut is_told[subscription], true) {
            found.uncovered(subscription, account, joined.scheme(subscription));
        }
    }
}

fn criterion<'a>(
    run: &'a BillRun,
    question: &Question<'a>,
    tables: &Tables,
    joined: &Joined<'_>,
    faults: &Faults<'_>,
) -> Option<Criterion<'a>> {
    let condition = run.filters.condition.as_ref();
    let matching = condition.map(|condition| condition::of_services(condition, tables));
    let matching = matching.transpose().ok()?;
    Some(Criterion::new(
        run,
        question.schemes,
        tables,
        joined,
        matching,
        faults,
    ))
}
