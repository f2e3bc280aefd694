//! The services and orders of a run, and the accounts that are parked before their periods are looked at.

use super::Question;
use super::criteria::Criterion;
use super::faults::Faults;
use super::joined::Joined;
use super::standing::Standing;
use crate::diagnostic::{Aside, nearest};
use crate::model::account::Tables;
use crate::model::book_view::BookView;
use crate::model::scheme::{Charge, ChargeType};
use crate::model::table::{Columns, Texts};

/// What parks an account, whatever its services are.
pub struct AccountFaults<'a> {
    question: &'a Question<'a>,
    groups: &'a Texts,
    payment_terms: &'a Texts,
    faults: &'a Faults<'a>,
    book: &'a BookView,
}

impl<'a> AccountFaults<'a> {
    pub fn new(
        question: &'a Question<'a>,
        tables: &'a Tables,
        faults: &'a Faults<'a>,
        book: &'a BookView,
    ) -> Self {
        Self {
            question,
            groups: tables.accounts.whole_texts("group"),
            payment_terms: tables.accounts.whole_texts("payment_terms"),
            faults,
            book,
        }
    }

    fn of(&self, joined: &Joined<'_>, account: usize) -> Vec<Aside> {
        let account_id = joined.account_id(account);
        let found = self.faults.of_account(account_id).iter();
        let mut found: Vec<Aside> = found.map(|fault| (*fault).clone()).collect();
        let mut park = |code, message| {
            found.push(Aside::parking(account_id, "identify", code, message));
        };
        let currency = joined.currency(account);
        let owes = self.book.owed.of(account_id);
        if let Some(before) = owes
            .map(|owes| owes.currency)
            .filter(|before| !currency.is_empty() && *before != currency)
        {
            park(
                "BW-X110",
                format!(
                    "the account is in {currency}, and its last invoice in {before}; a new account is needed"
                ),
            );
        }
        let named = |column: &'a Texts| column.get(account).filter(|name| !name.is_empty());
        if let Some(group) =
            named(self.groups).filter(|name| !self.question.groups.contains_key(*name))
        {
            let near = nearest(group, self.question.groups.keys().map(String::as_str));
            park(
                "BW-X117",
                format!("no definition has a group `{group}`{}", did_you_mean(near)),
            );
        }
        if let Some(terms) =
            named(self.payment_terms).filter(|name| !self.question.terms.contains_key(*name))
        {
            let near = nearest(terms, self.question.terms.keys().map(String::as_str));
            park(
                "BW-X118",
                format!(
                    "no definition has payment terms `{terms}`{}",
                    did_you_mean(near)
                ),
            );
        }
        found
    }
}

/// The services and order lines of a run, in the order of their tables.
pub struct Selected<'a> {
    /// `NotDue` where the periods are still to be looked at.
    pub services: Vec<Standing<'static>>,
    /// The charge of every service, where its scheme has it.
    pub charges: Vec<Option<&'a Charge>>,
    /// The same of order lines.
    pub order_lines: Vec<Standing<'static>>,
    pub aside: Vec<Aside>,
}

/// Selects services and order lines, and parks the accounts that have a fault no period can be billed around.
pub fn select<'a>(
    criterion: &Criterion<'a>,
    joined: &Joined<'_>,
    orders: &[(usize, Option<&'static str>)],
    faults: &AccountFaults<'_>,
) -> Selected<'a> {
    let charges: Vec<Option<&'a Charge>> = joined
        .rows()
        .map(|(service, subscription, _)| {
            let scheme = criterion.subscription(subscription).scheme?;
            scheme.charge(joined.charge(service))
        })
        .collect();
    let standing =
        |left_out: Option<&'static str>| left_out.map_or(Standing::NotDue, Standing::NotSelected);
    let mut services: Vec<_> = joined
        .rows()
        .zip(&charges)
        .map(|(row, charge)| {
            let kind: Option<ChargeType> = charge.map(|charge| charge.kind.charge_type());
            standing(criterion.service(row, kind))
        })
        .collect();
    let mut order_lines: Vec<_> = orders
        .iter()
        .map(|(_, left_out)| standing(*left_out))
        .collect();
    let mut parking = Parking {
        faults,
        joined,
        looked_at: vec![false; joined.account_count()],
        parked: vec![None; joined.account_count()],
        aside: Vec::new(),
    };
    for row in joined
        .rows()
        .filter(|row| services[row.0] == Standing::NotDue)
    {
        parking.account(row.2);
        if let Some(fault) = service_fault(criterion, faults.question, joined, row) {
            parking.park(row.2, fault);
        }
    }
    for (account, left_out) in orders {
        if left_out.is_none() {
            parking.account(*account);
        }
    }
    for (service, _, account) in joined.rows() {
        parking.settle(account, &mut services[service]);
    }
    for (standing, (account, _)) in order_lines.iter_mut().zip(orders) {
        parking.settle(*account, standing);
    }
    Selected {
        services,
        charges,
        order_lines,
        aside: parking.aside,
    }
}

/// The accounts looked at so far, and by row the first code that parks each.
struct Parking<'a> {
    faults: &'a AccountFaults<'a>,
    joined: &'a Joined<'a>,
    looked_at: Vec<bool>,
    parked: Vec<Option<&'static str>>,
    aside: Vec<Aside>,
}

impl Parking<'_> {
    fn account(&mut self, account: usize) {
        if std::mem::replace(&mut self.looked_at[account], true) {
            return;
        }
        for fault in self.faults.of(self.joined, account) {
            self.park(account, fault);
        }
    }

    fn park(&mut self, account: usize, fault: Aside) {
        self.parked[account].get_or_insert(fault.code);
        self.aside.push(fault);
    }

    fn settle(&self, account: usize, standing: &mut Standing<'static>) {
        if let (Standing::NotDue, Some(code)) = (*standing, self.parked[account]) {
            *standing = Standing::Excepted(code);
        }
    }
}

/// What parks an account because of one of its services.
fn service_fault(
    criterion: &Criterion<'_>,
    question: &Question<'_>,
    joined: &Joined<'_>,
    (service, subscription, account): (usize, usize, usize),
) -> Option<Aside> {
    let account_id = joined.account_id(account);
    let named = |code: &'static str, message: String| {
        Some(Aside {
            subscription_id: joined.subscription_id(subscription).to_owned(),
            service_id: joined.service_id(service).to_owned(),
            charge: joined.charge(service).to_owned(),
            ..Aside::parking(account_id, "identify", code, message)
        })
    };
    let subscribed = criterion.subscription(subscription);
    let wanted = joined.scheme(subscription);
    let Some(scheme) = subscribed.scheme else {
        let near = nearest(wanted, question.schemes.keys().map(String::as_str));
        return named(
            "BW-X106",
            format!(
                "no definition has a scheme `{wanted}`{}",
                did_you_mean(near)
            ),
        );
    };
    let currency = joined.currency(account);
    // A currency that could not be read has its own fault.
    if !currency.is_empty() && currency != scheme.currency.code() {
        let message = format!(
            "the account is in {currency}, and scheme `{wanted}` charges in {}; give the subscription a scheme in {currency}",
            scheme.currency
        );
        return named("BW-X114", message);
    }
    if subscribed.frequency.is_none() {
        return named(
            "BW-X115",
            format!(
                "scheme `{wanted}` has no frequency `{}`",
                joined.frequency(subscription)
            ),
        );
    }
    let charge = joined.charge(service);
    if scheme.charge(charge).is_none() {
        let near = nearest(
            charge,
            scheme.charges.iter().map(|charge| charge.code.as_str()),
        );
        return named(
            "BW-X106",
            format!(
                "scheme `{wanted}` has no charge `{charge}`{}",
                did_you_mean(near)
            ),
        );
    }
    None
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
