//! The sentence in which a line's amount is worked out.

use super::exact::{self, result};
use crate::calendar::Step;
use crate::model::derivation::{Derivation, LinePrice};
use crate::model::events::{Events, Tally, Term};
use crate::model::frequency::{Frequency, TimeUnit};
use crate::model::line::{ADJUSTMENT, LATE_USAGE};
use crate::model::package::{Package, Partial};
use crate::model::rollover::Carried;
use crate::model::scheme::TierModel;
use crate::model::slices::{Slice, Slices};
use crate::money::{Amount, Currency, LineRounding, Quantity, Rate, Ratio, Share, Worth};
use crate::report::row::Row;
use std::borrow::Cow;

/// `50.00 a month x 15 of 28 days = 26.785714..., rounded half up to 26.79 USD`.
///
/// `is_debited`: whether a wallet pays it, whose debits are rounded each by itself. Panics where the amount does not follow from the columns it was derived from: a fault of ours.
pub fn formula(row: Row, is_debited: bool) -> String {
    if !row.text("reduces").is_empty() {
        return taken_off(row);
    }
    let derivation = row.derivation();
    match row.text("kind") {
        "usage" if is_debited => debit(row, &derivation),
        "usage" => usage(row, &derivation),
        LATE_USAGE => format!("{}: {}", late(row), usage(row, &derivation)),
        "one_time" => once(row, &derivation),
        "credit" => format!(
            "{}, taken back from line {} as unused: {}",
            share(row, &derivation, negated(amount(row))),
            row.text("credits"),
            money(amount(row), &derivation)
        ),
        ADJUSTMENT if row.quantity("quantity_before").is_some() => repriced(row, &derivation),
        ADJUSTMENT => {
            let billed = row.amount("billed").unwrap_or_default();
            let price = amount(row)
                .checked_add(billed)
                .expect("a price that was billed");
            format!(
                "{}, less {} billed before, last by line {}: {}",
                share(row, &derivation, price),
                money(billed, &derivation),
                row.text("adjusts"),
                money(amount(row), &derivation)
            )
        }
        _ => match row.amount("billed") {
            None => share(row, &derivation, amount(row)),
            Some(billed) => {
                let price = amount(row).checked_add(billed);
                let price = price.expect("a commitment that was an amount");
                format!(
                    "{} committed, less {} billed for these days: {}",
                    share(row, &derivation, price),
                    money(billed, &derivation),
                    money(amount(row), &derivation)
                )
            }
        },
    }
}

/// What usage is added to that came after its days were billed.
fn late(row: Row) -> String {
    match row.text("adjusts") {
        "" => "late usage of a period billed without any".to_owned(),
        line => format!("late usage of a period billed before, last by line {line}"),
    }
}

/// What a discount or a price credit takes off a line, or gives back with the days that are credited.
fn taken_off(row: Row) -> String {
    let currency = Currency::parse(row.text("currency")).expect("a line is in a known currency");
    let what = match (row.text("kind"), row.text("discount")) {
        ("price_credit", id) => format!("price credit {id}"),
        (_, "") => format!(
            "the discount of subscription {}",
            row.text("subscription_id")
        ),
        (_, id) => format!("discount {id}"),
    };
    let (line, off) = (row.text("reduces"), negated(amount(row)));
    let base = row.quantity("quantity").unwrap_or_default();
    // Of an amount, with the places of a quantity.
    let left = Amount::from_units(base.units() / 10_i128.pow(Quantity::SCALE - Amount::SCALE));
    let left = left.unwrap_or_default().text(currency);
    if off.is_negative() {
        let back = amount(row).text(currency);
        return format!(
            "what {what} had taken off the credited line, as far as it is credited by {line}: {back} {currency}"
        );
    }
    match row.rate("unit_price") {
        Some(percent) => {
            let dividend = base.units() * percent.units();
            let divisor = 10_i128.pow(Quantity::SCALE + Rate::SCALE + 2);
            let rounding = LineRounding::parse(row.text("rounding"));
            let percent = exact::percent(percent);
            format!(
                "{what}, {percent} % of the {left} left of line {line}: {} off",
                result(dividend, divisor, off, currency, rounding)
            )
        }
        None => format!(
            "{what}, the share of the {left} left of line {line}: {} {currency} off",
            off.text(currency)
        ),
    }
}

/// A share of a recurring price.
fn share(row: Row, derivation: &Derivation, amount: Amount) -> String {
    follows(row, derivation.amount(), amount);
    let share = derivation.share;
    if share == Share::NOTHING {
        let nothing = money(amount, derivation);
        return format!("an earlier part of the period has paid for the whole: {nothing}");
    }
    let through = share.before + share.days;
    let mut factors = each_period(row, derivation);
    if through != share.period_days {
        factors.push_str(&format!(" x {through} of {} days", share.period_days));
    }
    let so_far = Share {
        before: 0,
        days: through,
        ..share
    };
    let sum = |share| {
        let worth = derivation.worth()?;
        let rounding = derivation.rounding;
        rounding.share(worth, derivation.times, share, derivation.currency)
    };
    let sum = sum(so_far).expect("a sum of amounts that fitted");
    let sentence = format!("{factors} {}", rounded(derivation, so_far, sum));
    if share.before == 0 {
        return sentence;
    }
    let paid = sum.checked_sub(amount).expect("a part of the sum");
    format!(
        "{sentence}, less {} for the {} before: {}",
        money(paid, derivation),
        days(share.before),
        money(amount, derivation)
    )
}

/// `10.00 a month x 3 x 3 months`: what a full period costs, in factors.
fn each_period(row: Row, derivation: &Derivation) -> String {
    let frequency = Frequency::parse(row.text("frequency"));
    let unit = TimeUnit::parse(row.text("per"));
    // What is charged once has a period of a day, which is none of its subscription's.
    let is_once = row.count("period_days") == Some(1) && frequency != Some(Frequency::Daily);
    let each: Cow<'_, str> = match (unit, frequency) {
        (Some(unit), _) => format!(" {}", time(unit)).into(),
        (None, Some(frequency)) if !is_once => format!(" {}", period(frequency)).into(),
        (None, _) => "".into(),
    };
    let price = match &derivation.price {
        LinePrice::Flat(rate) => format!("{rate}{each}"),
        LinePrice::PerUnit(rate) => format!("{rate}{each} x {}", derivation.quantity),
        LinePrice::Tiered(_, slices) if slices.all.is_empty() => format!("0.00{each}"),
        LinePrice::Tiered(_, slices) => format!("({}){each}", sum(slices)),
        LinePrice::Windows => unreachable!("only usage is priced by when it is"),
    };
    price + &times(derivation.times, unit)
}

/// ` x 3 months` for a quarter of a monthly price, ` x 1 of 12 months` for a month of an annual one.
fn times(times: Ratio, unit: Option<TimeUnit>) -> String {
    let Some(unit) = unit.filter(|_| times.numerator != times.denominator) else {
        return String::new();
    };
    let noun = match unit.step() {
        Step::Days(_) => "day",
        Step::Months(_) => "month",
    };
    match times.denominator {
        1 => format!(" x {} {noun}s", times.numerator),
        whole => format!(" x {} of {whole} {noun}s", times.numerator),
    }
}

fn time(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Day => "a day",
        TimeUnit::Week => "a week",
        TimeUnit::Month => "a month",
        TimeUnit::Quarter => "a quarter",
        TimeUnit::HalfYear => "a half-year",
        TimeUnit::Year => "a year",
    }
}

fn period(frequency: Frequency) -> Cow<'static, str> {
    match frequency.length() {
        (1, unit) => time(unit).into(),
        (number, unit) => format!("every {number} {}s", unit.name()).into(),
    }
}

/// A price that is due once.
fn once(row: Row, derivation: &Derivation) -> String {
    let amount = amount(row);
    follows(row, derivation.amount(), amount);
    let factors = multiplied(derivation, derivation.quantity);
    format!("{factors} {}", rounded(derivation, Share::WHOLE, amount))
}

/// Usage that is debited within a period: what it adds to the worth of the usage before, rounded by itself. Where a limit of the period
/// has to hold, and in the first debit of a period, that is told as on an invoice.
fn debit(row: Row, derivation: &Derivation) -> String {
    let used = Used::read(row, derivation);
    let amount = amount(row);
    let added = used.worth.checked_sub(used.worth_before);
    let added = added.expect("as it was billed");
    let is_bounded = !row.text("bound").is_empty() || row.amount("billed").is_some();
    let is_apart = derivation.rounding.amount(added, derivation.currency) == Some(amount);
    let is_nothing = used.chargeable.is_zero() && used.events.is_none();
    if used.before.is_zero() || is_bounded || is_nothing || !is_apart {
        return usage(row, derivation);
    }
    let included = match used.included.is_zero() {
        true => String::new(),
        false => format!(", {} included", used.included),
    };
    let exact = |worth: Worth| {
        let (dividend, divisor) = worth.fraction().expect("as it was billed");
        exact::quotient(dividend, divisor)
    };
    format!(
        "{}{included}: {} = {}, less {} for the usage before {}",
        used.words(),
        used.factors(derivation),
        exact(used.worth),
        exact(used.worth_before),
        worth_text(derivation, added, amount)
    )
}

/// Usage beyond what is included, within its bounds, less what earlier lines of the period took.
fn usage(row: Row, derivation: &Derivation) -> String {
    let used = Used::read(row, derivation);
    let amount = amount(row);
    let mut sentence = used.price_words(derivation);
    let billed = row.amount("billed");
    let mut paid = billed.unwrap_or(used.price_before);
    match row.text("bound") {
        "minimum" => {
            let least = amount.checked_add(paid).expect("the minimum of a period");
            sentence += &format!(", brought to the minimum of {}", money(least, derivation));
        }
        "maximum" if amount.is_zero() && !used.before.is_zero() => {
            sentence += ", beyond the maximum that was reached before"
        }
        "maximum" => {
            let most = amount.checked_add(paid).expect("the maximum of a period");
            sentence += &format!(", brought to the maximum of {}", money(most, derivation));
        }
        // More of a volume may cost less: then a maximum that an earlier part was brought to is what was paid.
        _ if is_volume(derivation) => {
            paid = used.price.checked_sub(amount).expect("a part of the price");
        }
        _ => follows(row, used.price.checked_sub(paid), amount),
    }
    if used.before.is_zero() && billed.is_none() {
        return sentence;
    }
    if row.text("bound") != "maximum" || !amount.is_zero() {
        sentence += &format!(", less {} for the usage before", money(paid, derivation));
    }
    format!("{sentence}: {}", money(amount, derivation))
}

/// Usage of a period that is billed at the price it has today, less all that was billed of it.
fn repriced(row: Row, derivation: &Derivation) -> String {
    let used = Used::read(row, derivation);
    let (amount, billed) = (amount(row), row.amount("billed").unwrap_or_default());
    let price = amount.checked_add(billed).expect("a price that was billed");
    let mut sentence = used.price_words(derivation);
    match row.text("bound") {
        "" => follows(row, Some(used.price), price),
        bound => sentence += &format!(", brought to the {bound} of {}", money(price, derivation)),
    }
    let last = match row.text("adjusts") {
        "" => String::new(),
        line => format!(", last by line {line}"),
    };
    format!(
        "{sentence}, less {} billed before{last}: {}",
        money(billed, derivation),
        money(amount, derivation)
    )
}

/// The figures of a usage line.
struct Used {
    now: Quantity,
    before: Quantity,
    included: Quantity,
    carried: Carried,
    /// Of all usage of the period so far.
    chargeable: Quantity,
    /// What single rows of the period so far cost.
    events: Option<Tally>,
    worth: Worth,
    /// Of the usage on earlier lines.
    worth_before: Worth,
    price: Amount,
    /// Of the usage on earlier lines, before any bound.
    price_before: Amount,
}

impl Used {
    fn read(row: Row, derivation: &Derivation) -> Self {
        let quantity = |name| row.quantity(name).unwrap_or_default();
        let (now, before) = (derivation.quantity, quantity("quantity_before"));
        let included = quantity("included");
        let carried = Carried {
            into: quantity("carried_in").units(),
            out: quantity("carried_out").units(),
        };
        let free = Quantity::from_units(carried.free(included.units())).expect("as it was billed");
        let beyond = |used: Quantity| used.max(free).minus(free);
        let so_far = before.checked_add(now).expect("a quantity that was billed");
        let events = match row.text("events") {
            "" => None,
            text => Some(Events::parse(text).expect("events as they are written")),
        };
        let all = events.as_ref().and_then(Events::so_far);
        // Where rows are charged one by one, only some of them are for the price of the charge.
        let charged = |tally: Option<&Tally>, used| match tally {
            Some(tally) => Quantity::from_units(tally.charged()).expect("as it was billed"),
            None => used,
        };
        let so_far = charged(all.as_ref(), so_far);
        let charged_before = charged(events.as_ref().map(|events| &events.before), before);
        let worth = |used: Quantity, tally: Option<&Tally>| {
            let of_price = match beyond(used) {
                Quantity::ZERO => Worth::ZERO,
                beyond => derivation.price.worth(beyond).expect("as it was billed"),
            };
            let of_rows = tally.map_or(Some(Worth::ZERO), Tally::worth);
            let sum = of_rows.and_then(|rows| of_price.checked_add(rows));
            sum.expect("as it was billed")
        };
        let earlier = events.as_ref().map(|events| &events.before);
        let (worth, worth_before) = (worth(so_far, all.as_ref()), worth(charged_before, earlier));
        let price = |worth| {
            let amount = derivation.rounding.amount(worth, derivation.currency);
            amount.expect("as it was billed")
        };
        Self {
            now,
            before,
            included,
            carried,
            chargeable: beyond(so_far),
            events: all,
            worth,
            worth_before,
            price: price(worth),
            price_before: price(worth_before),
        }
    }

    /// `150 used, 100 included: 0.04 x 50 = 2.00 EUR`: what all usage so far costs, before any bound.
    fn price_words(&self, derivation: &Derivation) -> String {
        let is_nothing = self.chargeable.is_zero() && self.events.is_none();
        match (is_nothing, self.free_words()) {
            (true, Some(free)) => format!(
                "{}, {free}, nothing beyond = {}",
                self.words(),
                money(Amount::ZERO, derivation)
            ),
            (_, free) => {
                let factors = self.factors(derivation);
                let prefix = match (free, self.before.is_zero()) {
                    (None, true) => String::new(),
                    (None, false) => format!("{}: ", self.words()),
                    (Some(free), _) => format!("{}, {free}: ", self.words()),
                };
                let exact = worth_text(derivation, self.worth, self.price);
                format!("{prefix}{factors} {exact}")
            }
        }
    }

    /// `0.04 x 50`, and what rows cost beside that: `3 fees of 0.10`.
    fn factors(&self, derivation: &Derivation) -> String {
        let mut factors = Vec::new();
        if self.events.is_none() || !self.chargeable.is_zero() {
            factors.push(multiplied(derivation, self.chargeable));
        }
        let items = self.events.iter().flat_map(Tally::items);
        factors.extend(items.filter_map(|item| {
            let (rate, count) = (item.rate, item.count);
            let words = match item.term {
                Term::Charged => return None,
                Term::Unit if item.per != Quantity::ONE => {
                    format!("{count} x {rate} per {}", item.per)
                }
                Term::Unit => format!("{count} x {rate}"),
                Term::Fee => format!("{count} x {rate} for each"),
                Term::Minimum => format!("{count} x {rate} at least"),
                Term::Maximum => format!("{count} x {rate} at most"),
                Term::Free => format!("{count} free"),
            };
            Some(words)
        }));
        match factors.is_empty() {
            true => "nothing".to_owned(),
            false => factors.join(" + "),
        }
    }

    /// `100 included and 40 carried over from the period before`; `None` where nothing is free.
    fn free_words(&self) -> Option<String> {
        let told = |units| Quantity::from_units(units).filter(|quantity| !quantity.is_zero());
        let (into, out) = (told(self.carried.into), told(self.carried.out));
        let included = Some(self.included).filter(|included| !included.is_zero() || into.is_some());
        let mut words = format!("{} included", included?);
        if let Some(out) = out {
            words += &format!(" less {out} carried over into the next period");
        }
        if let Some(into) = into {
            words += &format!(" and {into} carried over from the period before");
        }
        Some(words)
    }

    /// `30 used after 120 before`.
    fn words(&self) -> String {
        if self.before.is_zero() {
            format!("{} used", self.now)
        } else {
            format!("{} used after {} before", self.now, self.before)
        }
    }
}

fn is_volume(derivation: &Derivation) -> bool {
    matches!(derivation.price, LinePrice::Tiered(TierModel::Volume, _))
}

/// `0.04 x 50`, or the slices of the tiers.
fn multiplied(derivation: &Derivation, quantity: Quantity) -> String {
    match &derivation.price {
        LinePrice::Flat(rate) => format!("{rate} once"),
        LinePrice::PerUnit(rate) => format!("{rate} x {quantity}"),
        LinePrice::Tiered(_, slices) if slices.all.is_empty() => "nothing in any tier".to_owned(),
        LinePrice::Tiered(_, slices) => sum(slices),
        LinePrice::Windows => "nothing".to_owned(),
    }
}

/// `500 x 0.04 + 300 x 0.03`; packages are told by how many there are.
fn sum(slices: &Slices) -> String {
    let terms = slices.all.iter().map(|slice| {
        let counted = match slice.package {
            None => slice.quantity.to_string(),
            Some(package) => packages(slice, package),
        };
        let per = slice
            .per
            .map_or_else(String::new, |per| format!(" per {per}"));
        match slice.flat.is_zero() {
            true => format!("{counted} x {}{per}", slice.unit),
            false => format!("{counted} x {}{per} + {}", slice.unit, slice.flat),
        }
    });
    terms.collect::<Vec<_>>().join(" + ")
}

/// `13 packages of 10 for 121`, or `12 full packages`; where the price is for another quantity, `130 in 13 packages of 10 for 121`.
fn packages(slice: &Slice, package: Package) -> String {
    let whole = slice.units().filter(|_| slice.per.is_some());
    let whole = whole.map_or_else(String::new, |whole| format!("{whole} in "));
    let count = package.count(slice.quantity);
    let count = count.expect("a part of what was priced in packages");
    let full = match package.partial {
        Partial::Up | Partial::Nearest => "",
        Partial::Down => "full ",
    };
    let noun = if count == Quantity::ONE {
        "package"
    } else {
        "packages"
    };
    let size = package.size;
    format!(
        "{whole}{count} {full}{noun} of {size} for {}",
        slice.quantity
    )
}

/// What a share comes to, exact and rounded.
fn rounded(derivation: &Derivation, share: Share, sum: Amount) -> String {
    let worth = derivation.worth().and_then(Worth::fraction);
    let (dividend, divisor) = worth.expect("as it was billed");
    let times = derivation.times;
    result(
        dividend * times.numerator * share.days,
        divisor * times.denominator * share.period_days,
        sum,
        derivation.currency,
        Some(derivation.rounding),
    )
}

fn worth_text(derivation: &Derivation, worth: Worth, sum: Amount) -> String {
    let rounding = Some(derivation.rounding);
    let (dividend, divisor) = worth.fraction().expect("as it was billed");
    result(dividend, divisor, sum, derivation.currency, rounding)
}

fn amount(row: Row) -> Amount {
    row.amount("amount").unwrap_or_default()
}

fn negated(amount: Amount) -> Amount {
    Amount::ZERO
        .checked_sub(amount)
        .expect("as far below zero as above")
}

fn money(amount: Amount, derivation: &Derivation) -> String {
    let currency = derivation.currency;
    format!("{} {currency}", amount.text(currency))
}

fn days(count: i128) -> String {
    match count {
        1 => "day".to_owned(),
        _ => format!("{count} days"),
    }
}

fn follows(row: Row, derived: Option<Amount>, amount: Amount) {
    assert_eq!(
        derived,
        Some(amount),
        "line {} does not follow from its derivation",
        row.text("line_id")
    );
}

#[cfg(test)]
mod tests;
