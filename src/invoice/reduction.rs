//! What discounts and price credits take off lines, before tax; and what they took of days that are credited after all.

use super::Fault;
use super::given::{Given, Source};
use super::offer::{CreditKind, Discount, Off, Offers};
use crate::diagnostic::Aside;
use crate::model::allocation::{DISCOUNT, PRICE_CREDIT};
use crate::model::line::Lines;
use crate::model::table::{Columns, Kind, date_column, same_column, text_column, units_column};
use crate::money::{Amount, Currency, LineRounding, Quantity, Rate, Ratio, Rounding};
use polars::prelude::{Column, DataFrame, IdxCa, IdxSize};
use std::collections::{BTreeMap, HashMap};

/// Lines, each followed by what is taken off it.
pub struct Reduced {
    pub lines: DataFrame,
    /// For each of them the one it takes from; empty where nothing is taken off any.
    targets: Vec<Option<usize>>,
}

impl Reduced {
    /// The row that a row takes from; `None` for a line of its own.
    pub fn target(&self, row: usize) -> Option<usize> {
        self.targets.get(row).copied().flatten()
    }
}

/// Something taken off a line.
struct Taken<'a> {
    /// The row of the line.
    from: usize,
    /// The kind of its own line.
    kind: &'static str,
    id: Option<&'a str>,
    /// What was left of the line before it.
    base: Amount,
    percent: Option<Rate>,
    /// Below zero where it is given back.
    amount: Amount,
    description: String,
}

/// Takes off what is due. Aside: accounts whose discounts or credits cannot be used (`BW-X121`), or are beyond the limit (`BW-R101`).
pub fn reduced(rated: &DataFrame, offers: &Offers<'_>, past: &Lines) -> (Reduced, Vec<Aside>) {
    let given = Given::new(past);
    let unchanged = Reduced {
        lines: rated.clone(),
        targets: Vec::new(),
    };
    if offers.is_empty() && given.is_empty() {
        return (unchanged, Vec::new());
    }
    let reducing = Reducing::new(rated, offers, &given);
    let accounts = rated.whole_texts("account_id");
    let (mut taken, mut aside, mut start) = (Vec::new(), Vec::new(), 0);
    while start < rated.height() {
        let account = accounts.get(start);
        let same = (start..rated.height()).take_while(|row| accounts.get(*row) == account);
        let end = start + same.count();
        let account = account.unwrap_or_default();
        match reducing.of_account(account, start..end) {
            Ok(more) => taken.extend(more),
            Err(fault) => aside.push(fault.park(account)),
        }
        start = end;
    }
    if taken.is_empty() {
        return (unchanged, aside);
    }
    taken.sort_by_key(|taken| taken.from);
    (placed(rated, &taken), aside)
}

/// The lines that are looked at.
struct Reducing<'a> {
    rated: &'a DataFrame,
    offers: &'a Offers<'a>,
    given: &'a Given<'a>,
    amounts: Vec<Amount>,
}

impl<'a> Reducing<'a> {
    fn new(rated: &'a DataFrame, offers: &'a Offers<'a>, given: &'a Given<'a>) -> Self {
        Self {
            rated,
            offers,
            given,
            amounts: rated.units("amount").map(amount).collect(),
        }
    }

    fn of_account(
        &self,
        account: &str,
        rows: std::ops::Range<usize>,
    ) -> Result<Vec<Taken<'a>>, Fault> {
        let code = self.rated.text_at("currency", rows.start);
        let currency = Currency::parse(code).expect("inputs check currencies");
        let mut taken = self.given_back(rows.clone(), currency)?;
        // What is left of each line; nothing is taken off what is below zero.
        let mut left: Vec<(usize, Amount)> = rows
            .filter(|row| self.rated.text("credits").get(*row).is_none())
            .map(|row| (row, self.amounts[row]))
            .filter(|(_, amount)| *amount > Amount::ZERO)
            .collect();
        for discount in self.offers.discounts(account) {
            discount.fits(code)?;
            self.discount(discount, &mut left, currency, &mut taken)?;
        }
        for credit in self.offers.credits(account, CreditKind::Price) {
            credit.fits(code)?;
            let wanted = |row: usize| {
                let category = self.rated.text("tax_category").get(row);
                credit
                    .tax_category
                    .is_none_or(|only| category == Some(only))
            };
            let description = credit.reason.unwrap_or("Credit");
            let of = (PRICE_CREDIT, Some(credit.id), description);
            self.spread(credit.left, of, wanted, &mut left, currency, &mut taken)?;
        }
        Ok(taken)
    }

    fn discount(
        &self,
        discount: &Discount<'a>,
        left: &mut [(usize, Amount)],
        currency: Currency,
        taken: &mut Vec<Taken<'a>>,
    ) -> Result<(), Fault> {
        let wanted = |row: usize| self.is_for(discount, row);
        let percent = match discount.off {
            Off::Percent(percent) => percent,
            Off::Amount(amount) => {
                let description = discount.description.unwrap_or("Discount");
                let of = (DISCOUNT, discount.id, description);
                return self.spread(amount, of, wanted, left, currency, taken);
            }
        };
        let share = Ratio::of_percent(percent);
        for (row, left) in left.iter_mut().filter(|(row, _)| wanted(*row)) {
            let rounding = LineRounding::parse(self.rated.text_at("rounding", *row));
            let rounding = rounding.expect("a rounding that lines are written with");
            let off = rounding
                .fraction(*left, share, currency)
                .ok_or_else(overflow)?;
            // Rounded to larger coins it may be more than there is.
            let off = off.min(*left);
            if off.is_zero() {
                continue;
            }
            taken.push(Taken {
                from: *row,
                kind: DISCOUNT,
                id: discount.id,
                base: *left,
                percent: Some(percent),
                amount: off,
                description: discount.description.unwrap_or("Discount").to_owned(),
            });
            *left = left.checked_sub(off).ok_or_else(overflow)?;
        }
        Ok(())
    }

    /// Takes an amount, as far as there is something to take it from, in proportion to what is left of each line.
    fn spread(
        &self,
        most: Amount,
        (kind, id, description): (&'static str, Option<&'a str>, &str),
        wanted: impl Fn(usize) -> bool,
        left: &mut [(usize, Amount)],
        currency: Currency,
        taken: &mut Vec<Taken<'a>>,
    ) -> Result<(), Fault> {
        let wanted = |(row, _): &&mut (usize, Amount)| wanted(*row);
        let of: Vec<&mut (usize, Amount)> = left.iter_mut().filter(wanted).collect();
        let weights: Vec<Amount> = of.iter().map(|(_, left)| *left).collect();
        let sum = weights
            .iter()
            .try_fold(Amount::ZERO, |sum, left| sum.checked_add(*left));
        let all = most.min(sum.ok_or_else(overflow)?);
        if all.is_zero() {
            return Ok(());
        }
        let parts = all.split(&weights, currency).ok_or_else(overflow)?;
        for ((row, left), part) in of.into_iter().zip(parts) {
            if part.is_zero() {
                continue;
            }
            taken.push(Taken {
                from: *row,
                kind,
                id,
                base: *left,
                percent: None,
                amount: part,
                description: description.to_owned(),
            });
            *left = left.checked_sub(part).ok_or_else(overflow)?;
        }
        Ok(())
    }

    fn is_for(&self, discount: &Discount<'_>, row: usize) -> bool {
        let is = |name: &str, wanted: Option<&str>| {
            wanted.is_none() || self.rated.text(name).get(row) == wanted
        };
        let start = self.rated.whole_dates("period_start").at(row);
        let number = self.rated.counts("period_number").get(row);
        is("subscription_id", discount.subscription_id)
            && is("service_id", discount.service_id)
            && is("charge", discount.charge)
            && start.is_some_and(|start| discount.holds(start, number))
    }

    /// What was taken off lines that are credited or lowered now: as much of it as of the line is, so that nobody gets back more than was paid.
    fn given_back(
        &self,
        rows: std::ops::Range<usize>,
        currency: Currency,
    ) -> Result<Vec<Taken<'a>>, Fault> {
        let mut taken = Vec::new();
        if self.given.is_empty() {
            return Ok(taken);
        }
        // What is credited of each line, and given back of each discount, by this run.
        let mut now: HashMap<&str, CreditedNow<'_>> = HashMap::new();
        for row in rows {
            let of = |name: &str| self.rated.text(name).get(row);
            let lowered = of("adjusts").filter(|_| self.amounts[row].is_negative());
            let Some(line) = of("credits").or(lowered).map(|line| self.given.root(line)) else {
                continue;
            };
            let of_line = self.given.of(line).filter(|of_line| of_line.amount > 0);
            let Some(of_line) = of_line else {
                continue;
            };
            let now = now.entry(line).or_default();
            now.credited -= self.amounts[row].units();
            let part = Ratio {
                numerator: of_line.amount.min(of_line.credited + now.credited),
                denominator: of_line.amount,
            };
            for ((kind, id), given) in &of_line.taken {
                let off = Amount::from_units(given.off).ok_or_else(overflow)?;
                let whole = Rounding::HalfUp.fraction(off, part, currency);
                let before = now.returned.entry((kind, *id)).or_insert(given.returned);
                let back = whole.ok_or_else(overflow)?.units() - *before;
                *before += back;
                let back = Amount::from_units(-back).ok_or_else(overflow)?;
                if !back.is_zero() {
                    taken.push(Taken {
                        from: row,
                        kind,
                        id: *id,
                        base: self.amounts[row],
                        percent: None,
                        amount: back,
                        description: given.description.to_owned(),
                    });
                }
            }
        }
        Ok(taken)
    }
}

/// What a run credits of one line so far.
#[derive(Default)]
struct CreditedNow<'a> {
    credited: i128,
    /// With what earlier runs gave back.
    returned: BTreeMap<Source<'a>, i128>,
}

/// The lines with one more behind each for everything taken off it.
fn placed(rated: &DataFrame, taken: &[Taken<'_>]) -> Reduced {
    let more = lines(rated, taken);
    let mut all = rated.vstack(&more).expect("lines have the same columns");
    all.rechunk_mut();
    let (mut order, mut targets) = (Vec::with_capacity(all.height()), Vec::new());
    let mut next = taken.iter().enumerate().peekable();
    for row in 0..rated.height() {
        let at = order.len();
        order.push(row as IdxSize);
        targets.push(None);
        while let Some((number, _)) = next.next_if(|(_, taken)| taken.from == row) {
            order.push((rated.height() + number) as IdxSize);
            targets.push(Some(at));
        }
    }
    let lines = all.take(&IdxCa::from_vec("".into(), order));
    Reduced {
        lines: lines.expect("rows within the table"),
        targets,
    }
}

/// A line for each, like the one it takes from.
fn lines(rated: &DataFrame, taken: &[Taken<'_>]) -> DataFrame {
    let rows = taken.iter().map(|taken| taken.from as IdxSize).collect();
    let mut lines = rated
        .take(&IdxCa::from_vec("".into(), rows))
        .expect("rows within the table");
    let height = taken.len();
    let nothing = |name: &str| same_column(name, None, height);
    let model = |taken: &Taken<'_>| match taken.percent {
        Some(_) => "percent_off",
        None => "amount_off",
    };
    let no_units = |name: &str, kind| units_column(name, kind, vec![None; height]);
    let columns: Vec<Column> = vec![
        text_column("kind", taken.iter().map(|taken| Some(taken.kind))),
        text_column(
            "description",
            taken.iter().map(|taken| Some(&taken.description)),
        ),
        // The amount that it is taken from.
        units_column(
            "quantity",
            Kind::Quantity,
            taken.iter().map(|taken| base(taken.base)),
        ),
        units_column(
            "amount",
            Kind::Amount,
            taken.iter().map(|taken| Some(-taken.amount.units())),
        ),
        text_column("model", taken.iter().map(|taken| Some(model(taken)))),
        units_column(
            "unit_price",
            Kind::Rate,
            taken.iter().map(|taken| taken.percent.map(Rate::units)),
        ),
        nothing("price_from"),
        date_column("price_version", vec![None; height]),
        nothing("per"),
        nothing("tiers"),
        no_units("included", Kind::Quantity),
        no_units("carried_in", Kind::Quantity),
        no_units("carried_out", Kind::Quantity),
        no_units("quantity_before", Kind::Quantity),
        nothing("bound"),
        no_units("billed", Kind::Amount),
        nothing("credits"),
        text_column("discount", taken.iter().map(|taken| taken.id)),
    ];
    for column in columns {
        lines
            .with_column(column)
            .expect("a column in place of another");
    }
    lines
}

/// As a quantity; `None` where it has too many digits for one.
fn base(amount: Amount) -> Option<i128> {
    let scale = 10_i128.pow(Quantity::SCALE - Amount::SCALE);
    let base = Quantity::from_units(amount.abs().units() * scale);
    base.map(Quantity::units)
}

fn amount(units: Option<i128>) -> Amount {
    Amount::from_units(units.unwrap_or_default()).expect("amounts are within limits")
}

fn overflow() -> Fault {
    let message = format!(
        "what is taken off is more than {} digits before the point",
        Amount::DIGITS
    );
    Fault::new("BW-R101", message)
}
