//! Who a run is about: criteria, filters, and accounts that are parked before their periods are looked at.

use super::Question;
use super::joined::Joined;
use super::standing::Standing;
use crate::diagnostic::{Aside, AsideKind, Reach, nearest};
use crate::model::bill_run::{Criteria, Filters};
use crate::model::book_view::BookView;
use crate::model::scheme::{Frequency, Scheme};
use crate::model::table::Columns;
use polars::prelude::{BooleanChunked, DataFrame};
use std::collections::{BTreeMap, BTreeSet};

/// For every account, the field that leaves it out, if one does.
///
/// A value that could not be read leaves nobody out: whether the account is meant is not known, so it is parked.
pub fn accounts(
    criteria: &Criteria,
    filters: &Filters,
    accounts: &DataFrame,
    faults: &Faults<'_>,
) -> Vec<Option<&'static str>> {
    let fields: [(&'static str, &str, &Option<BTreeSet<String>>); 5] = [
        (
            "classification",
            "classification",
            &criteria.classifications,
        ),
        (
            "payment_preference",
            "payment_preference",
            &criteria.payment_preferences,
        ),
        (
            "presentment_preference",
            "presentment_preference",
            &criteria.presentment_preferences,
        ),
        ("account_status", "status", &criteria.account_status),
        ("filter", "account_id", &filters.accounts),
    ];
    let ids = accounts.text("account_id");
    // A fault in one of its services says nothing of its own columns.
    let is_own = |fault: &&Aside| fault.subscription_id.is_empty() && fault.service_id.is_empty();
    let is_unread = |row| {
        let faults = faults.of_account(ids.get(row).unwrap_or_default());
        faults.iter().any(is_own)
    };
    let mut left_out = vec![None; accounts.height()];
    for (reason, column, wanted) in fields {
        let Some(wanted) = wanted else { continue };
        for (row, value) in accounts.text(column).iter().enumerate() {
            let is_wanted = match value {
                Some(value) => wanted.contains(value),
                None => is_unread(row),
            };
            if left_out[row].is_none() && !is_wanted {
                left_out[row] = Some(reason);
            }
        }
    }
    left_out
}

/// The faults `inputs/` found, by what they take with them.
pub struct Faults<'a> {
    by_account: BTreeMap<&'a str, Vec<&'a Aside>>,
    by_service: BTreeMap<&'a str, Vec<&'a Aside>>,
    /// Rows that belong to nobody.
    pub orphans: Vec<&'a Aside>,
}

impl<'a> Faults<'a> {
    pub fn new(faults: &'a [Aside]) -> Self {
        let mut sorted = Self {
            by_account: BTreeMap::new(),
            by_service: BTreeMap::new(),
            orphans: Vec::new(),
        };
        for fault in faults {
            match fault.reach {
                Reach::Account => sorted
                    .by_account
                    .entry(&fault.account_id)
                    .or_default()
                    .push(fault),
                Reach::Service => sorted
                    .by_service
                    .entry(&fault.service_id)
                    .or_default()
                    .push(fault),
                Reach::Row => sorted.orphans.push(fault),
            }
        }
        sorted
    }

    pub fn of_account(&self, account_id: &str) -> &[&'a Aside] {
        self.by_account.get(account_id).map_or(&[], Vec::as_slice)
    }

    pub fn of_service(&self, service_id: &str) -> &[&'a Aside] {
        self.by_service.get(service_id).map_or(&[], Vec::as_slice)
    }
}

/// The services of a run, in the order of the services table.
pub struct Selected<'a> {
    /// `NotDue` where the periods are still to be looked at.
    pub standings: Vec<Standing<'static>>,
    /// The scheme of every subscription that has a selected service.
    pub schemes: Vec<Option<&'a Scheme>>,
    pub aside: Vec<Aside>,
}

/// Selects services, and parks the accounts that have a fault no period can be billed around.
pub fn services<'a>(
    question: &Question<'a>,
    joined: &Joined<'_>,
    left_out: &[Option<&'static str>],
    matching: Option<&BooleanChunked>,
    faults: &Faults<'_>,
    book: &BookView,
) -> Selected<'a> {
    let subscriptions: Vec<_> = (0..joined.subscription_count())
        .map(|row| subscription(question, joined, row))
        .collect();
    let standings = joined.rows().map(|(service, subscription, account)| {
        let reason = left_out[account].or(subscriptions[subscription].left_out);
        let matches = || matching.is_none_or(|matching| matching.get(service) == Some(true));
        match reason {
            Some(reason) => Standing::NotSelected(reason),
            None if !matches() => Standing::NotSelected("where"),
            None => Standing::NotDue,
        }
    });
    let mut selected = Selected {
        standings: standings.collect(),
        schemes: subscriptions
            .iter()
            .map(|subscription| subscription.scheme)
            .collect(),
        aside: Vec::new(),
    };
    let mut parked: BTreeMap<usize, &'static str> = BTreeMap::new();
    for (service, subscription, account) in joined.rows() {
        if selected.standings[service] != Standing::NotDue {
            continue;
        }
        let found = match parked.contains_key(&account) {
            true => Vec::new(),
            false => account_faults(joined, account, faults, book),
        };
        let found = found.into_iter().chain(service_faults(
            question,
            joined,
            service,
            subscription,
            account,
        ));
        for fault in found {
            parked.entry(account).or_insert(fault.code);
            selected.aside.push(fault);
        }
    }
    for (service, _, account) in joined.rows() {
        if let (Standing::NotDue, Some(code)) = (selected.standings[service], parked.get(&account))
        {
            selected.standings[service] = Standing::Excepted(code);
        }
    }
    selected
}

/// How a subscription stands to the criteria.
struct Subscription<'a> {
    scheme: Option<&'a Scheme>,
    left_out: Option<&'static str>,
}

fn subscription<'a>(question: &Question<'a>, joined: &Joined<'_>, row: usize) -> Subscription<'a> {
    let criteria = &question.run.criteria;
    let name = joined.scheme(row);
    let scheme = question.schemes.get(name);
    let wanted = |wanted: &Option<BTreeSet<String>>, value: &str| {
        wanted.as_ref().is_none_or(|wanted| wanted.contains(value))
    };
    // A scheme that no definition has is somebody's mistake, not somebody else's run: it is reported, not left out.
    let left_out = if scheme.is_some() && !criteria.schemes.contains(name) {
        Some("scheme")
    } else if !wanted(&criteria.frequencies, joined.frequency(row)) {
        Some("frequency")
    } else if !wanted(
        &question.run.filters.subscriptions,
        joined.subscription_id(row),
    ) {
        Some("filter")
    } else {
        None
    };
    Subscription { scheme, left_out }
}

/// What parks an account whatever its services are.
fn account_faults(
    joined: &Joined<'_>,
    account: usize,
    faults: &Faults<'_>,
    book: &BookView,
) -> Vec<Aside> {
    let account_id = joined.account_id(account);
    let mut found: Vec<Aside> = faults
        .of_account(account_id)
        .iter()
        .map(|fault| (*fault).clone())
        .collect();
    let currency = joined.currency(account);
    if let Some(before) = book
        .currencies
        .get(account_id)
        .filter(|before| !currency.is_empty() && *before != currency)
    {
        found.push(Aside {
            code: "BW-X110",
            message: format!("the account is in {currency}, and its last invoice in {before}; a new account is needed"),
            ..parking(account_id)
        });
    }
    found
}

/// What parks an account because of one of its services.
fn service_faults(
    question: &Question<'_>,
    joined: &Joined<'_>,
    service: usize,
    subscription: usize,
    account: usize,
) -> Option<Aside> {
    let account_id = joined.account_id(account);
    let named = |code: &'static str, message: String| {
        Some(Aside {
            subscription_id: joined.subscription_id(subscription).to_owned(),
            service_id: joined.service_id(service).to_owned(),
            charge: joined.charge(service).to_owned(),
            code,
            message,
            ..parking(account_id)
        })
    };
    let wanted = joined.scheme(subscription);
    let Some(scheme) = question.schemes.get(wanted) else {
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
    let frequency = joined.frequency(subscription);
    if !Frequency::parse(frequency).is_some_and(|frequency| scheme.frequencies.contains(&frequency))
    {
        return named(
            "BW-X115",
            format!("scheme `{wanted}` has no frequency `{frequency}`"),
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

/// An exception of this stage that parks the account.
fn parking(account_id: &str) -> Aside {
    Aside {
        kind: AsideKind::Exception,
        reach: Reach::Account,
        account_id: account_id.to_owned(),
        subscription_id: String::new(),
        service_id: String::new(),
        charge: String::new(),
        stage: "identify",
        code: "",
        message: String::new(),
    }
}
