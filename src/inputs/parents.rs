//! `invoice_to`: accounts whose lines another account gets the invoice for. One level, and no circle.

use super::asides::parked;
use super::ids::position;
use super::typed::Typed;
use super::value::quoted;
use crate::diagnostic::Aside;
use crate::model::table::Columns;
use std::collections::BTreeMap;

/// Members of a circle that are named one by one.
const TOLD: usize = 10;

/// Accounts that cannot be invoiced to whom they name: `BW-X105` to nobody known, `BW-X103` to one that is itself invoiced to
/// another, or in a circle. Each parks the account that names it.
pub fn faults(accounts: &Typed) -> Vec<Aside> {
    let invoice_to = accounts.frame.text("invoice_to");
    if invoice_to.null_count() == invoice_to.len() {
        return Vec::new();
    }
    let ids = accounts.ids();
    let mut aside = Vec::new();
    let mut park = |index: usize, code, message: String| {
        let account = ids.get(index).unwrap_or_default();
        aside.push(parked(
            accounts,
            index,
            account,
            "invoice_to",
            code,
            &message,
        ));
    };
    // Accounts by the account they name, both by where they stand.
    let mut next: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, named) in invoice_to.iter().enumerate() {
        let Some(named) = named else { continue };
        match position(ids, named) {
            Some(parent) => drop(next.insert(index, parent)),
            None => park(
                index,
                "BW-X105",
                format!(
                    "no account {} is known to send the invoice to",
                    quoted(named)
                ),
            ),
        }
    }
    let circles = circles(&next);
    for circle in &circles {
        let mut members: Vec<_> = circle
            .iter()
            .take(TOLD)
            .map(|at| shown(accounts, *at))
            .collect();
        if circle.len() > TOLD {
            members.push(format!("{} more", circle.len() - TOLD));
        }
        members.push(shown(accounts, circle[0]));
        let message = format!(
            "accounts invoiced in a circle: {}; leave one of them empty",
            members.join(" -> ")
        );
        for member in circle {
            next.remove(member);
            park(*member, "BW-X103", message.clone());
        }
    }
    for (index, parent) in &next {
        if let Some(named) = invoice_to.get(*parent) {
            let message = format!(
                "{} is itself invoiced to {}; there is one level, so name that one",
                shown(accounts, *parent),
                quoted(named)
            );
            park(*index, "BW-X103", message);
        }
    }
    aside
}

fn shown(accounts: &Typed, index: usize) -> String {
    quoted(accounts.ids().get(index).unwrap_or_default())
}

/// The circles among steps from one to the next, each from its least member on.
fn circles(next: &BTreeMap<usize, usize>) -> Vec<Vec<usize>> {
    let mut seen_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut circles = Vec::new();
    for start in next.keys() {
        let mut at = start;
        while !seen_from.contains_key(at) {
            seen_from.insert(*at, *start);
            let Some(further) = next.get(at) else { break };
            at = further;
        }
        // Somewhere that this very walk has been, and that leads on: a circle, seen for the first time.
        if seen_from[at] != *start || !next.contains_key(at) {
            continue;
        }
        let mut circle = vec![*at];
        let mut member = next[at];
        while member != *at {
            circle.push(member);
            member = next[&member];
        }
        let least = (0..circle.len()).min_by_key(|at| circle[*at]).unwrap_or(0);
        circle.rotate_left(least);
        circles.push(circle);
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_found_once_from_its_least_member() {
        let next = BTreeMap::from([(5, 3), (3, 9), (9, 5), (1, 3), (7, 8), (2, 2)]);
        assert_eq!(circles(&next), [vec![3, 9, 5], vec![2]]);
        assert_eq!(circles(&BTreeMap::from([(1, 2), (2, 3)])), [[0; 0]; 0]);
    }
}
