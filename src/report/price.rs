//! "What would it cost?", step by step.

use super::explain::exact::{percent, quotient};
use super::page::{Page, Part, counted};
use super::row::Row;
use super::table::{Cell, Side, Table};
use crate::calendar::Period;
use crate::model::derivation::{Derivation, LinePrice};
use crate::model::draft::{Drafts, InvoiceTaxes};
use crate::model::events::{Events, Item, Tally, Term};
use crate::model::line::Lines;
use crate::model::package::Partial;
use crate::model::scheme::TierModel;
use crate::model::slices::{Slice, Slices};
use crate::model::tax::{Prices, Tax};
use crate::model::workspace::TaxRounding;
use crate::money::{Amount, Currency, LineRounding, Quantity, Rate, Share, Worth};
use serde_json::{Value, json};

/// A price and how it came about.
#[derive(Clone, Debug)]
pub struct Priced {
    /// In plain digits, as many as the currency has: with tax where one was asked for.
    pub amount: String,
    pub currency: Currency,
    /// Before what is taken off, and that; `None` where nothing is.
    pub reduced: Option<[String; 2]>,
    pub taxed: Option<Totals>,
    /// `period`, `step`, `calculation`, `result`; the period only where there are several.
    pub steps: Table,
}

/// What an invoice says below its lines.
#[derive(Clone, Debug)]
pub struct Totals {
    pub net: String,
    pub tax: String,
    pub total: String,
    pub is_included: bool,
    /// `category`, `name`, `rate`, `base`, `tax`, `treatment`, `note`.
    pub taxes: Table,
}

/// An invoice of the lines, or none where there are none, and the tax on it.
#[derive(Clone, Copy, Debug)]
pub struct Taxed<'a> {
    pub tax: &'a Tax,
    pub rounding: TaxRounding,
    pub drafts: &'a Drafts,
    pub taxes: &'a InvoiceTaxes,
}

impl Priced {
    /// The steps of lines that cost something together, each with what is taken off it behind it; before them the days that are free.
    /// No line: nothing was used, or all days are free.
    pub fn of(
        lines: &Lines,
        free: Option<Period>,
        taxed: Option<Taxed<'_>>,
        currency: Currency,
    ) -> Self {
        let mut steps = Steps::new(currency);
        let rows = Row::all(lines.frame());
        let own = rows.clone().filter(|row| !is_taken_off(*row)).count();
        let told = |period: Option<Period>| {
            period
                .filter(|_| own > 1)
                .map_or(Cell::Empty, |period| Cell::text(period.to_string()))
        };
        if let Some(free) = free {
            steps.period = told(Some(free));
            steps.free(free);
        }
        let taxed_by_line = taxed.filter(|it| it.rounding == TaxRounding::Line && lines.len() > 1);
        let (mut price, mut off) = (0, 0);
        for row in rows {
            steps.period = told(row.period("period_start", "period_end"));
            let amount = row.amount("amount").unwrap_or_default().units();
            match is_taken_off(row) {
                true => {
                    steps.take_off(row);
                    off += amount;
                }
                false => {
                    steps.add_line(row);
                    price += amount;
                }
            }
            if taxed_by_line.is_some() {
                steps.say("tax of this line", String::new(), row.money("tax"));
            }
        }
        steps.period = Cell::Empty;
        let text = |units| Amount::text_of(units, currency);
        let sum = text(price + off);
        if lines.is_empty() && free.is_none() {
            steps.say("nothing used", String::new(), sum.clone());
        }
        let taxed = match taxed {
            Some(taxed) => Some(steps.tax(taxed, taxed_by_line.is_some())),
            None if lines.len() > 1 => {
                steps.say("sum", String::new(), sum.clone());
                None
            }
            None => None,
        };
        Self {
            amount: taxed.as_ref().map_or(sum, |totals| totals.total.clone()),
            currency,
            reduced: (own < lines.len()).then(|| [text(price), text(off)]),
            taxed,
            steps: steps.table,
        }
    }

    /// `{"amount": "22.00", "currency": "EUR", "steps": [..]}`; between them `price` and `discount` where something is taken off, and
    /// with a tax `net`, `tax`, `total`, `tax_included` and `taxes`.
    pub fn to_json(&self) -> Value {
        let mut all = json!({ "amount": self.amount, "currency": self.currency.code() });
        if let Some([price, off]) = &self.reduced {
            all["price"] = json!(price);
            all["discount"] = json!(off);
        }
        if let Some(totals) = &self.taxed {
            all["net"] = json!(totals.net);
            all["tax"] = json!(totals.tax);
            all["total"] = json!(totals.total);
            all["tax_included"] = json!(totals.is_included);
            all["taxes"] = totals.taxes.to_json();
        }
        all["steps"] = self.steps.to_json();
        all
    }

    pub fn page(&self) -> Page {
        let title = format!("{} {}", self.amount, self.currency);
        Page(vec![Part::new(title).table(self.steps.clone())])
    }
}

fn is_taken_off(line: Row) -> bool {
    !line.text("reduces").is_empty()
}

struct Steps {
    table: Table,
    currency: Currency,
    /// Of the line at hand.
    period: Cell,
}

impl Steps {
    fn new(currency: Currency) -> Self {
        Self {
            table: Table::new([
                ("period", Side::Left),
                ("step", Side::Left),
                ("calculation", Side::Left),
                ("result", Side::Right),
            ]),
            currency,
            period: Cell::Empty,
        }
    }

    fn say(&mut self, step: impl Into<String>, calculation: String, result: String) {
        self.table.push(vec![
            self.period.clone(),
            Cell::text(step),
            Cell::text(calculation),
            Cell::Number(result),
        ]);
    }

    /// Days before the first that costs something.
    fn free(&mut self, free: Period) {
        let nothing = Amount::text_of(0, self.currency);
        let days = usize::try_from(free.days()).unwrap_or_default();
        let step = format!("{} free", counted(days, "day"));
        let which = match self.period {
            Cell::Empty => free.to_string(),
            _ => String::new(),
        };
        self.say(step, which, nothing);
    }

    /// From the price to the amount of one line.
    fn add_line(&mut self, row: Row) {
        let derivation = row.derivation();
        let events = match row.text("events") {
            "" => None,
            text => Some(Events::parse(text).expect("as it was priced").now),
        };
        let quantity = self.charged_quantity(row, &derivation, events.as_ref());
        let mut worth = match quantity {
            Quantity::ZERO if row.text("kind") == "usage" => Worth::ZERO,
            _ => derivation.price.worth(quantity).expect("as it was priced"),
        };
        if events.is_none() || !quantity.is_zero() {
            self.add_price(&derivation.price, quantity);
        }
        if let Some(events) = &events {
            worth = self.add_events(events, worth);
        }
        let mut exact = fraction(worth);
        if row.text("kind") == "recurring" {
            exact = self.add_time(row, &derivation, exact);
        }
        let amount = row.amount("amount").unwrap_or_default();
        let bound = row.text("bound");
        let price = match bound {
            "" => amount,
            _ => {
                let rounded = derivation.rounding.amount(worth, self.currency);
                rounded.expect("as it was priced")
            }
        };
        self.round(exact, derivation.rounding, price);
        if !bound.is_empty() {
            self.say(bound, String::new(), amount.text(self.currency));
        }
    }

    /// The amount that a fraction is rounded to, where it is another.
    fn round(&mut self, exact: (i128, i128), rounding: LineRounding, amount: Amount) {
        let rounded = amount.text(self.currency);
        if self.figure(exact) != rounded {
            let how = rounding.to_string().replace('_', " ");
            self.say(format!("rounded {how}"), String::new(), rounded);
        }
    }

    /// What a discount takes off the line before it.
    fn take_off(&mut self, row: Row) {
        let amount = row.amount("amount").unwrap_or_default();
        // Of an amount, with the places of a quantity.
        let base = row.quantity("quantity").unwrap_or_default().units();
        let left = Amount::text_of(
            base / 10_i128.pow(Quantity::SCALE - Amount::SCALE),
            self.currency,
        );
        let Some(rate) = row.rate("unit_price") else {
            let off = Amount::text_of(-amount.units(), self.currency);
            let result = amount.text(self.currency);
            return self.say("discount", format!("{off} off {left}"), result);
        };
        let divisor = 10_i128.pow(Quantity::SCALE + Rate::SCALE + 2);
        let exact = (-base * rate.units(), divisor);
        let calculation = format!("{} % of {left}", percent(rate));
        self.say("discount", calculation, self.figure(exact));
        let rounding = LineRounding::parse(row.text("rounding"));
        let rounding = rounding.expect("a rounding that lines are written with");
        self.round(exact, rounding, amount);
    }

    /// From the lines to what is to be paid. `by_line`: each has said its tax.
    fn tax(&mut self, taxed: Taxed<'_>, by_line: bool) -> Totals {
        let draft = Row::all(taxed.drafts.frame()).next();
        let amount = |name| {
            draft
                .and_then(|draft| draft.amount(name))
                .unwrap_or_default()
        };
        let [net, tax, total] =
            ["net", "tax", "total"].map(|name| amount(name).text(self.currency));
        let is_included = taxed.tax.prices == Prices::Inclusive;
        match is_included {
            true => self.say("total, tax included", String::new(), total.clone()),
            false => self.say("net", String::new(), net.clone()),
        }
        let rows = Row::all(taxed.taxes.frame());
        for row in rows.clone() {
            let category = row.text("category");
            let count = rows
                .clone()
                .filter(|other| other.text("category") == category);
            let is_alone = count.count() == 1;
            self.add_tax(row, taxed.tax, by_line, is_alone);
        }
        match is_included {
            true => self.say("net", format!("{total} - {tax}"), net.clone()),
            false => self.say("total", format!("{net} + {tax}"), total.clone()),
        }
        Totals {
            taxes: self.taxes(taxed.taxes),
            net,
            tax,
            total,
            is_included,
        }
    }

    /// One of the taxes; `is_alone` on its category.
    fn add_tax(&mut self, row: Row, of: &Tax, by_line: bool, is_alone: bool) {
        let amount = |name| row.amount(name).unwrap_or_default();
        let (base, tax) = (amount("base"), amount("tax"));
        let [on, result] = [base, tax].map(|amount| amount.text(self.currency));
        let step = match (row.text("treatment"), row.text("name")) {
            ("taxed", "") => format!("tax {}", row.text("category")),
            ("taxed", name) => format!("tax {}, {name}", row.text("category")),
            (treatment, _) => {
                let how = treatment.replace('_', " ");
                let step = format!("tax {}: {how}", row.text("category"));
                return self.say(step, format!("none on {on}"), result);
            }
        };
        let rate = row.rate("rate").unwrap_or_default();
        let hundred = 100 * 10_i128.pow(Rate::SCALE);
        let (percent, places) = (percent(rate), 10_i128.pow(Amount::SCALE));
        let (calculation, exact) = match (of.prices, is_alone) {
            _ if by_line => (format!("{percent} % of {on}, line by line"), None),
            (Prices::Exclusive, _) => {
                let exact = (base.units() * rate.units(), places * hundred);
                (format!("{percent} % of {on}"), Some(exact))
            }
            (Prices::Inclusive, true) => {
                let whole = base.units() + tax.units();
                let exact = (whole * rate.units(), places * (hundred + rate.units()));
                let whole = Amount::text_of(whole, self.currency);
                (
                    format!("{whole} x {percent} / (100 + {percent})"),
                    Some(exact),
                )
            }
            // The share of each depends on the others.
            (Prices::Inclusive, false) => (format!("{percent} % of {on}, taken out"), None),
        };
        match exact {
            None => self.say(step, calculation, result),
            Some(exact) => {
                self.say(step, calculation, self.figure(exact));
                self.round(exact, of.rounding.into(), tax);
            }
        }
    }

    /// The rows of the invoice's taxes, for programs.
    fn taxes(&self, taxes: &InvoiceTaxes) -> Table {
        let texts = ["category", "name", "treatment", "note"];
        let [category, name, treatment, note] = texts.map(|name| (name, Side::Left));
        let [rate, base, tax] = ["rate", "base", "tax"].map(|name| (name, Side::Right));
        let mut table = Table::new([category, name, rate, base, tax, treatment, note]);
        for row in Row::all(taxes.frame()) {
            let text = |name| Cell::text(row.text(name));
            let amount = |name| {
                let amount = row.amount(name).unwrap_or_default();
                Cell::Number(amount.text(self.currency))
            };
            table.push(vec![
                text("category"),
                text("name"),
                Cell::Number(percent(row.rate("rate").unwrap_or_default())),
                amount("base"),
                amount("tax"),
                text("treatment"),
                text("note"),
            ]);
        }
        table
    }

    /// The quantity, without what is included.
    fn charged_quantity(
        &mut self,
        row: Row,
        derivation: &Derivation,
        events: Option<&Tally>,
    ) -> Quantity {
        let used = match events {
            Some(events) => Quantity::from_units(events.charged()).expect("as it was priced"),
            None => derivation.quantity,
        };
        match row.quantity("included").filter(|free| !free.is_zero()) {
            Some(included) => {
                let beyond = used.max(included).minus(included);
                let calculation = format!("{used} - {included}");
                self.say("beyond what is included", calculation, beyond.to_string());
                beyond
            }
            None => used,
        }
    }

    fn add_price(&mut self, price: &LinePrice, quantity: Quantity) {
        match price {
            LinePrice::Flat(_) if quantity.is_zero() => {}
            LinePrice::Flat(rate) => {
                let worth = self.worth(*rate, Quantity::ONE);
                self.say("flat price", String::new(), worth);
            }
            LinePrice::PerUnit(rate) => {
                let worth = self.worth(*rate, quantity);
                self.say("price per unit", format!("{quantity} x {rate}"), worth);
            }
            LinePrice::Tiered(model, slices) => self.add_slices(*model, slices),
            LinePrice::Windows => {}
        }
    }

    /// What single rows cost beside the price of their quantity. Out: all of it.
    fn add_events(&mut self, events: &Tally, of_price: Worth) -> Worth {
        let mut sum = of_price;
        let mut count_of_terms = usize::from(sum != Worth::ZERO);
        for item in events.items() {
            let Item {
                rate, per, count, ..
            } = item;
            let step = match item.term {
                Term::Charged => continue,
                Term::Free => {
                    self.say("rows that are free", count.to_string(), self.figure((0, 1)));
                    continue;
                }
                Term::Unit => "price of these times",
                Term::Fee => "fee for each",
                Term::Minimum => "brought to the least of each",
                Term::Maximum => "brought to the most of each",
            };
            let worth = item.worth().expect("as it was priced");
            let divided = match per {
                Quantity::ONE => String::new(),
                per => format!(" / {per}"),
            };
            let figure = self.figure(fraction(worth));
            self.say(step, format!("{count} x {rate}{divided}"), figure);
            sum = sum.checked_add(worth).expect("as it was priced");
            count_of_terms += 1;
        }
        if count_of_terms > 1 {
            let all = self.figure(fraction(sum));
            self.say("all rows", String::new(), all);
        }
        sum
    }

    fn add_slices(&mut self, model: TierModel, slices: &Slices) {
        let mut below = Quantity::ZERO;
        for slice in &slices.all {
            let through = below
                .checked_add(slice.quantity)
                .expect("a part of the quantity");
            let name = match (model, below) {
                (TierModel::Volume, _) => "tier of the whole quantity".to_owned(),
                (TierModel::Package, _) => "price per package".to_owned(),
                (TierModel::Percentage, _) => "share of the quantity".to_owned(),
                _ if slices.all.len() == 1 => "first tier".to_owned(),
                (_, Quantity::ZERO) => format!("up to {through}"),
                (_, _) => format!("above {below}"),
            };
            let units = self.units(slice);
            let worth = slice.worth_of_units().expect("a part of what was priced");
            let worth = self.figure(fraction(worth));
            let divided = slice
                .per
                .map_or_else(String::new, |per| format!(" / {per}"));
            self.say(name, format!("{units} x {}{divided}", slice.unit), worth);
            if !slice.flat.is_zero() {
                let worth = self.worth(slice.flat, Quantity::ONE);
                self.say("flat part of this tier", String::new(), worth);
            }
            below = through;
        }
        if slices.all.len() > 1 {
            let sum = slices.worth().expect("as it was priced");
            let sum = self.figure(fraction(sum));
            self.say("all tiers", String::new(), sum);
        }
    }

    /// What a price is multiplied by: the quantity, or its packages, which are a step.
    fn units(&mut self, slice: &Slice) -> Quantity {
        let units = slice.units().expect("a part of what was priced");
        if let Some(package) = slice.package {
            let count = package.count(slice.quantity);
            let count = count.expect("as it was priced").to_string();
            let step = match package.partial {
                Partial::Up => "packages begun",
                Partial::Nearest => "packages, to the nearest",
                Partial::Down => "full packages",
            };
            let size = package.size;
            self.say(step, format!("{} / {size}", slice.quantity), count.clone());
            if slice.per.is_some() {
                let calculation = format!("{count} x {size}");
                self.say("what is in them", calculation, units.to_string());
            }
        }
        units
    }

    /// A recurring price brought to the period and to the days that are charged of it. The fraction so far, made longer.
    fn add_time(
        &mut self,
        row: Row,
        derivation: &Derivation,
        mut exact: (i128, i128),
    ) -> (i128, i128) {
        let times = derivation.times;
        if times.numerator != times.denominator {
            let price = self.figure(exact);
            let step = format!(
                "price per {}, billed {}",
                row.text("per"),
                row.text("frequency")
            );
            let calculation = match times.denominator {
                1 => format!("{price} x {}", times.numerator),
                denominator => format!("{price} x {} / {denominator}", times.numerator),
            };
            exact = (exact.0 * times.numerator, exact.1 * times.denominator);
            let result = self.figure(exact);
            self.say(step, calculation, result);
        }
        let Share {
            days, period_days, ..
        } = derivation.share;
        if days != period_days {
            let calculation = format!("{} x {days} / {period_days}", self.figure(exact));
            exact = (exact.0 * days, exact.1 * period_days);
            let result = self.figure(exact);
            self.say(format!("{days} of {period_days} days"), calculation, result);
        }
        exact
    }

    fn worth(&self, rate: Rate, quantity: Quantity) -> String {
        let worth = Worth::of(rate, quantity).expect("a part of what was priced");
        self.figure(fraction(worth))
    }

    /// A fraction in decimals: with the digits of the currency where it ends there.
    fn figure(&self, (dividend, divisor): (i128, i128)) -> String {
        let exact = quotient(dividend, divisor);
        match Amount::parse(&exact) {
            Ok(amount) if Amount::parse(&amount.text(self.currency)) == Ok(amount) => {
                amount.text(self.currency)
            }
            _ => exact,
        }
    }
}

/// Of what was priced, which fitted with the divisors of its rounding.
fn fraction(worth: Worth) -> (i128, i128) {
    worth.fraction().expect("as it was priced")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{shown, table};

    fn steps(text: &str) -> String {
        let lines = Lines::checked(table(Lines::SCHEMA, text));
        let priced = Priced::of(&lines, None, None, Currency::USD);
        format!(
            "{} {}\n{}",
            priced.amount,
            priced.currency,
            shown(&priced.steps)
        )
    }

    #[test]
    fn every_tier_and_every_bound_is_a_step() {
        insta::assert_snapshot!(steps(
            "kind | model | tiers | quantity | included | amount | bound | rounding | proration | currency | period_start | period_end
             usage | graduated | 1000 x 0.01 + 1500 x 0.008 + 0.50 | 2600 | 100 | 20.00 | maximum | half_up | none | USD | 2026-02-01 | 2026-03-01"
        ), @r"
        20.00 USD
        period | step | calculation | result
         | beyond what is included | 2600 - 100 | 2500
         | up to 1000 | 1000 x 0.01 | 10.00
         | above 1000 | 1500 x 0.008 | 12.00
         | flat part of this tier |  | 0.50
         | all tiers |  | 22.50
         | maximum |  | 20.00
        ");
    }

    #[test]
    fn several_periods_are_added_up_as_they_are_rounded() {
        insta::assert_snapshot!(steps(
            "kind | model | unit_price | quantity | amount | rounding | currency | per | frequency | proration | days_before | days | period_days | period_start | period_end
             recurring | per_unit | 120.00 | 2 | 8.93 | half_up | USD | year | monthly | daily | 0 | 25 | 56 | 2026-01-01 | 2026-01-26
             recurring | per_unit | 120.00 | 2 | 20.00 | half_up | USD | year | monthly | daily | 0 | 31 | 31 | 2026-01-26 | 2026-02-26"
        ), @r"
        28.93 USD
        period | step | calculation | result
        2026-01-01..2026-01-26 | price per unit | 2 x 120.00 | 240.00
        2026-01-01..2026-01-26 | price per year, billed monthly | 240.00 x 1 / 12 | 20.00
        2026-01-01..2026-01-26 | 25 of 56 days | 20.00 x 25 / 56 | 8.928571...
        2026-01-01..2026-01-26 | rounded half up |  | 8.93
        2026-01-26..2026-02-26 | price per unit | 2 x 120.00 | 240.00
        2026-01-26..2026-02-26 | price per year, billed monthly | 240.00 x 1 / 12 | 20.00
         | sum |  | 28.93
        ");
    }

    #[test]
    fn nothing_used_costs_nothing() {
        insta::assert_snapshot!(steps("kind | model | currency\n").to_string(), @r"
        0.00 USD
        period | step | calculation | result
         | nothing used |  | 0.00
        ");
    }
}
