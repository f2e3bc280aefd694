//! "What would it cost?", step by step.

use super::explain::exact::quotient;
use super::page::{Page, Part};
use super::row::Row;
use super::table::{Cell, Side, Table};
use crate::model::derivation::{Derivation, LinePrice};
use crate::model::events::{Events, Item, Tally, Term};
use crate::model::line::RatedLines;
use crate::model::package::Partial;
use crate::model::scheme::TierModel;
use crate::model::slices::{Slice, Slices};
use crate::money::{Amount, Currency, Quantity, Rate, Share, Worth};
use serde_json::{Value, json};

/// A price and how it came about.
#[derive(Clone, Debug)]
pub struct Priced {
    /// In plain digits, as many as the currency has.
    pub amount: String,
    pub currency: Currency,
    /// `period`, `step`, `calculation`, `result`; the period only where there are several.
    pub steps: Table,
}

impl Priced {
    /// The steps of lines that cost something together. No line: nothing was used.
    pub fn of(lines: &RatedLines, currency: Currency) -> Self {
        let mut steps = Steps::new(currency);
        let rows = Row::all(lines.frame());
        let mut sum = 0;
        for row in rows.clone() {
            let period = row.period("period_start", "period_end");
            steps.period = period
                .filter(|_| lines.len() > 1)
                .map_or(Cell::Empty, |period| Cell::text(period.to_string()));
            steps.add_line(row);
            sum += row.amount("amount").unwrap_or_default().units();
        }
        let amount = Amount::text_of(sum, currency);
        steps.period = Cell::Empty;
        match lines.len() {
            0 => steps.say("nothing used", String::new(), amount.clone()),
            1 => {}
            _ => steps.say("sum", String::new(), amount.clone()),
        }
        Self {
            amount,
            currency,
            steps: steps.table,
        }
    }

    /// `{"amount": "22.00", "currency": "EUR", "steps": [..]}`.
    pub fn to_json(&self) -> Value {
        json!({
            "amount": self.amount,
            "currency": self.currency.code(),
            "steps": self.steps.to_json(),
        })
    }

    pub fn page(&self) -> Page {
        let title = format!("{} {}", self.amount, self.currency);
        Page(vec![Part::new(title).table(self.steps.clone())])
    }
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
        let rounded = price.text(self.currency);
        if self.figure(exact) != rounded {
            let how = derivation.rounding.to_string().replace('_', " ");
            self.say(format!("rounded {how}"), String::new(), rounded);
        }
        if !bound.is_empty() {
            self.say(bound, String::new(), amount.text(self.currency));
        }
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
        let lines = RatedLines::checked(table(RatedLines::SCHEMA, text));
        let priced = Priced::of(&lines, Currency::USD);
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
