//! What accounts have coming to them: discounts on their lines, and credits; and what of them is left.

use super::Fault;
use crate::calendar::Date;
use crate::model::allocation::Allocations;
use crate::model::allocation::{BALANCE_CREDIT, DISCOUNT, PRICE_CREDIT};
use crate::model::ids;
use crate::model::table::Columns;
use crate::money::{Amount, Rate};
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The tables they come from.
#[derive(Clone, Copy)]
pub struct Granted<'a> {
    pub discounts: &'a DataFrame,
    pub credits: &'a DataFrame,
    /// For what a subscription says of itself.
    pub subscriptions: &'a DataFrame,
}

/// All of them, by account.
pub struct Offers<'a> {
    discounts: BTreeMap<&'a str, Vec<Discount<'a>>>,
    credits: BTreeMap<&'a str, Vec<Credit<'a>>>,
}

/// Something taken off every line it is for.
#[derive(Clone, Debug)]
pub struct Discount<'a> {
    /// `None`: what a subscription says of itself.
    pub id: Option<&'a str>,
    pub subscription_id: Option<&'a str>,
    pub service_id: Option<&'a str>,
    pub charge: Option<&'a str>,
    pub off: Off,
    currency: Option<&'a str>,
    from: Option<Date>,
    to: Option<Date>,
    /// Only the first so many periods of a service.
    periods: Option<i64>,
    /// The lowest first, those without one last: percentages, then amounts.
    order: (i64, bool),
    pub description: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// Of what is left of each line.
    Percent(Rate),
    /// Of all lines of an invoice together.
    Amount(Amount),
}

/// Money that is used up.
#[derive(Clone, Debug)]
pub struct Credit<'a> {
    pub id: &'a str,
    pub kind: CreditKind,
    pub left: Amount,
    currency: Option<&'a str>,
    pub tax_category: Option<&'a str>,
    pub reason: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditKind {
    /// Off prices, before tax.
    Price,
    /// Off what is to be paid.
    Balance,
}

/// When a credit is used: by its priority, then by the day it expires, then by its own.
type Order = (i64, i32, Option<Date>);

/// What was used before: amounts, and the nights that did.
type Used<'a> = HashMap<(&'a str, &'a str), (i128, BTreeSet<&'a str>)>;

impl<'a> Offers<'a> {
    /// Those that hold on the business date of a run and are not used up before its night: what an earlier run of that night
    /// left for later stays as it is when it is run again.
    pub fn new(granted: Granted<'a>, used: &'a Allocations, run_id: &str, as_of: Date) -> Self {
        let used = self::used(used, ids::night(run_id));
        let mut discounts = discounts(granted.discounts, &used);
        of_subscriptions(granted.subscriptions, &mut discounts);
        for all in discounts.values_mut() {
            all.sort_by_key(|discount| (discount.order, discount.id));
        }
        Self {
            discounts,
            credits: credits(granted.credits, &used, as_of),
        }
    }

    /// Whether nobody has any.
    pub fn is_empty(&self) -> bool {
        self.discounts.is_empty() && self.credits.is_empty()
    }

    /// In the order they are taken off.
    pub fn discounts(&self, account_id: &str) -> &[Discount<'a>] {
        self.discounts.get(account_id).map_or(&[], Vec::as_slice)
    }

    /// In the order they are used.
    pub fn credits(&self, account_id: &str, kind: CreditKind) -> impl Iterator<Item = &Credit<'a>> {
        let all = self.credits.get(account_id).map_or(&[][..], Vec::as_slice);
        all.iter().filter(move |credit| credit.kind == kind)
    }
}

impl Discount<'_> {
    /// Whether it is for a period that begins on this day, and is that one of its service.
    pub fn holds(&self, start: Date, number: Option<i64>) -> bool {
        let is_early = |most: i64| number.is_none_or(|number| number <= most);
        self.from.is_none_or(|from| from <= start)
            && self.to.is_none_or(|to| start < to)
            && self.periods.is_none_or(is_early)
    }

    /// Errors: `BW-X121` it is in another currency.
    pub(super) fn fits(&self, currency: &str) -> Result<(), Fault> {
        in_currency(
            "discount",
            self.id.unwrap_or_default(),
            self.currency,
            currency,
        )
    }
}

impl Credit<'_> {
    /// Errors: `BW-X121` it is in another currency.
    pub(super) fn fits(&self, currency: &str) -> Result<(), Fault> {
        in_currency("credit", self.id, self.currency, currency)
    }
}

fn in_currency(what: &str, id: &str, own: Option<&str>, currency: &str) -> Result<(), Fault> {
    match own {
        Some(own) if own != currency => {
            let message = format!(
                "{what} `{id}` is in {own}, and the account is billed in {currency}; give it an amount in {currency}"
            );
            Err(Fault::new("BW-X121", message))
        }
        _ => Ok(()),
    }
}

fn used<'a>(allocations: &'a Allocations, tonight: &str) -> Used<'a> {
    let frame = allocations.frame();
    let texts = |name: &str| frame.text(name).iter().map(Option::unwrap_or_default);
    let mut used = Used::default();
    let rows = texts("source").zip(texts("source_id"));
    for ((key, run), amount) in rows.zip(texts("run_id")).zip(frame.units("amount")) {
        let (sum, nights) = used.entry(key).or_default();
        let (amount, night) = (amount.unwrap_or_default(), ids::night(run));
        *sum += amount;
        if amount > 0 && night != tonight {
            nights.insert(night);
        }
    }
    used
}

fn discounts<'a>(frame: &'a DataFrame, used: &Used<'_>) -> BTreeMap<&'a str, Vec<Discount<'a>>> {
    let mut by_account: BTreeMap<&str, Vec<Discount<'_>>> = BTreeMap::new();
    let text = |name: &str, row: usize| frame.text(name).get(row);
    let (percents, amounts) = (frame.whole_units("percent"), frame.whole_units("amount"));
    let (from, to) = (frame.whole_dates("from"), frame.whole_dates("to"));
    let counts = |name: &str, row: usize| frame.counts(name).get(row);
    for row in 0..frame.height() {
        let id = frame.text_at("discount_id", row);
        let nights = used
            .get(&(DISCOUNT, id))
            .map_or(0, |(_, nights)| nights.len() as i64);
        if counts("invoices", row).is_some_and(|most| most <= nights) {
            continue;
        }
        let percent = percents
            .at(row)
            .and_then(Rate::from_units)
            .map(Off::Percent);
        let amount = amounts
            .at(row)
            .and_then(Amount::from_units)
            .map(Off::Amount);
        // A row that says neither has its account parked.
        let Some(off) = percent.or(amount) else {
            continue;
        };
        let discount = Discount {
            id: Some(id),
            subscription_id: text("subscription_id", row),
            service_id: text("service_id", row),
            charge: text("charge", row),
            off,
            currency: text("currency", row).filter(|_| amount.is_some()),
            from: from.at(row),
            to: to.at(row),
            periods: None,
            order: (
                counts("priority", row).unwrap_or(i64::MAX),
                matches!(off, Off::Amount(_)),
            ),
            description: text("description", row),
        };
        let account = frame.text_at("account_id", row);
        by_account.entry(account).or_default().push(discount);
    }
    by_account
}

/// A subscription may name a percentage of its own.
fn of_subscriptions<'a>(
    frame: &'a DataFrame,
    by_account: &mut BTreeMap<&'a str, Vec<Discount<'a>>>,
) {
    let percents = frame.column("discount_percent");
    if percents.is_ok_and(|percents| percents.null_count() == frame.height()) {
        return;
    }
    for (row, percent) in frame.units("discount_percent").enumerate() {
        let percent = percent.and_then(Rate::from_units);
        let Some(percent) = percent.filter(|percent| *percent != Rate::ZERO) else {
            continue;
        };
        let account = frame.text_at("account_id", row);
        by_account.entry(account).or_default().push(Discount {
            id: None,
            subscription_id: frame.text("subscription_id").get(row),
            service_id: None,
            charge: None,
            off: Off::Percent(percent),
            currency: None,
            from: None,
            to: None,
            periods: frame.counts("discount_periods").get(row),
            order: (i64::MAX, false),
            description: None,
        });
    }
}

fn credits<'a>(
    frame: &'a DataFrame,
    used: &Used<'_>,
    as_of: Date,
) -> BTreeMap<&'a str, Vec<Credit<'a>>> {
    let mut by_account: BTreeMap<&str, Vec<(Order, Credit<'_>)>> = BTreeMap::new();
    let text = |name: &str, row: usize| frame.text(name).get(row);
    let (on, expires) = (frame.whole_dates("on"), frame.whole_dates("expires_on"));
    for (row, amount) in frame.units("amount").enumerate() {
        let id = frame.text_at("credit_id", row);
        let (on, expires_on) = (on.at(row), expires.at(row));
        let (kind, source) = match text("kind", row) {
            Some("price") => (CreditKind::Price, PRICE_CREDIT),
            _ => (CreditKind::Balance, BALANCE_CREDIT),
        };
        let before = used.get(&(source, id)).map_or(0, |(sum, _)| *sum);
        let left = amount.unwrap_or_default() - before;
        let holds =
            on.is_none_or(|on| on <= as_of) && expires_on.is_none_or(|expires| as_of < expires);
        let left = Amount::from_units(left).filter(|_| holds && left > 0);
        let Some(left) = left else { continue };
        let credit = Credit {
            id,
            kind,
            left,
            currency: text("currency", row),
            tax_category: text("tax_category", row),
            reason: text("reason", row),
        };
        let account = frame.text_at("account_id", row);
        let order = (
            frame.counts("priority").get(row).unwrap_or(i64::MAX),
            expires_on.map_or(i32::MAX, Date::number),
            on,
        );
        by_account.entry(account).or_default().push((order, credit));
    }
    let in_order = |mut all: Vec<(Order, Credit<'a>)>| {
        all.sort_by_key(|(order, credit)| (*order, credit.id));
        all.into_iter().map(|(_, credit)| credit).collect()
    };
    let by_account = by_account.into_iter();
    by_account
        .map(|(account, all)| (account, in_order(all)))
        .collect()
}
