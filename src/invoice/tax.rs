//! Net, taxes by category, and total of one invoice.

use super::Fault;
use super::payer::Payers;
use crate::calendar::Date;
use crate::model::table::Texts;
use crate::model::tax::{Levy, Prices, Tax, TaxPart, TaxRate, Treatment};
use crate::model::workspace::TaxRounding;
use crate::money::{Amount, Currency, Rate, Ratio};
use polars::prelude::DataFrame;

/// Whom and when an invoice is for, as far as tax asks.
pub struct Taxed {
    /// Row of the payer.
    pub payer: usize,
    pub currency: Currency,
    pub invoice_date: Date,
}

#[derive(Debug)]
pub struct Sums<'a> {
    pub net: Amount,
    pub tax: Amount,
    pub total: Amount,
    /// Sorted by category, those of one in the order they are worked out.
    pub taxes: Vec<CategoryTax<'a>>,
    /// The tax of each line, where tax is rounded line by line; otherwise none.
    pub line_taxes: Vec<Amount>,
}

/// One tax of one category of lines.
#[derive(Clone, Debug)]
pub struct CategoryTax<'a> {
    pub category: &'a str,
    /// Its place among the taxes of its category, from 1.
    pub part: usize,
    pub name: Option<&'a str>,
    pub percent: Rate,
    pub base: Amount,
    pub tax: Amount,
    pub treatment: Treatment,
    pub note: Option<&'a str>,
}

/// The rates of a tax, and the columns of the accounts they ask for.
pub struct Rates<'a> {
    tax: &'a Tax,
    rates: Vec<(&'a TaxRate, Vec<Match<'a>>)>,
}

/// A column and what it has to say; no account has a column that is not there.
type Match<'a> = (Option<&'a Texts>, &'a str);

/// What the lines of one category come to.
struct Group<'a> {
    category: &'a str,
    parts: &'a [TaxPart],
    sum: Amount,
    /// One for each part, or one that says why there is no tax.
    taxes: Vec<CategoryTax<'a>>,
}

impl<'a> Rates<'a> {
    pub fn new(tax: &'a Tax, accounts: &'a DataFrame) -> Self {
        let text = |name: &str| accounts.column(name).and_then(|column| column.str()).ok();
        let matches = |rate: &'a TaxRate| {
            let matches = rate.matches.iter();
            matches.map(|(column, wanted)| {
                (
                    text(column).map(|it| it.downcast_as_array()),
                    wanted.as_str(),
                )
            })
        };
        let rates = tax.rates.iter();
        Self {
            tax,
            rates: rates.map(|rate| (rate, matches(rate).collect())).collect(),
        }
    }

    /// The taxes of a category: nothing for the exempt, else those of the first rate that applies.
    fn group(
        &self,
        category: &'a str,
        payers: &Payers<'_>,
        taxed: &Taxed,
    ) -> Result<Group<'a>, Fault> {
        let untaxed = |treatment, note| CategoryTax {
            category,
            part: 1,
            name: None,
            percent: Rate::ZERO,
            base: Amount::ZERO,
            tax: Amount::ZERO,
            treatment,
            note,
        };
        let (parts, taxes): (&[TaxPart], _) = if payers.is_tax_exempt(taxed.payer) {
            let note = self.tax.exempt_note.as_deref();
            (&[], vec![untaxed(Treatment::Exempt, note)])
        } else {
            match &self.rate(category, payers, taxed)?.levy {
                Levy::Untaxed { treatment, note } => (&[], vec![untaxed(*treatment, Some(note))]),
                Levy::Taxed(parts) => {
                    let taxes = (1..).zip(parts).map(|(number, part)| CategoryTax {
                        part: number,
                        name: part.name.as_deref(),
                        percent: part.percent,
                        ..untaxed(Treatment::Taxed, None)
                    });
                    (parts, taxes.collect())
                }
            }
        };
        Ok(Group {
            category,
            parts,
            sum: Amount::ZERO,
            taxes,
        })
    }

    fn rate(
        &self,
        category: &str,
        payers: &Payers<'_>,
        taxed: &Taxed,
    ) -> Result<&'a TaxRate, Fault> {
        let can_owe = |levy: &Levy| match levy {
            Levy::Untaxed {
                treatment: Treatment::ReverseCharge,
                ..
            } => payers.has_tax_id(taxed.payer),
            _ => true,
        };
        let rate = self.rates.iter().find(|(rate, matches)| {
            rate.category == category
                && rate
                    .valid_from
                    .is_none_or(|from| from <= taxed.invoice_date)
                && can_owe(&rate.levy)
                && matches.iter().all(|(column, wanted)| {
                    column.is_some_and(|column| column.get(taxed.payer) == Some(*wanted))
                })
        });
        rate.map(|(rate, _)| *rate).ok_or_else(|| {
            let message = format!(
                "tax `{}` has no rate for category `{category}` that this account matches; add one",
                self.tax.name
            );
            Fault::new("BW-R110", message)
        })
    }

    /// Works out the taxes of an amount and adds them to those of its category. Out: their sum; `None` beyond the limit.
    fn levy(&self, amount: Amount, group: &mut Group<'_>, currency: Currency) -> Option<Amount> {
        let rounding = self.tax.rounding;
        let mut all = Amount::ZERO;
        if group.parts.is_empty() {
            let untaxed = &mut group.taxes[0];
            untaxed.base = untaxed.base.checked_add(amount)?;
            return Some(all);
        }
        let shares = match self.tax.prices {
            Prices::Exclusive => None,
            Prices::Inclusive => Some(shares(group.parts)?),
        };
        let own = |at: usize, base: Amount, percent: Rate| match &shares {
            None => rounding.percent(base, percent, currency),
            Some(shares) => rounding.fraction(amount, shares[at], currency),
        };
        let mut net = amount;
        if shares.is_some() {
            for (at, part) in group.parts.iter().enumerate() {
                net = net.checked_sub(own(at, net, part.percent)?)?;
            }
        }
        for (at, (part, tax)) in group.parts.iter().zip(&mut group.taxes).enumerate() {
            let base = match part.is_compound {
                true => net.checked_add(all)?,
                false => net,
            };
            let own = own(at, base, part.percent)?;
            all = all.checked_add(own)?;
            tax.base = tax.base.checked_add(base)?;
            tax.tax = tax.tax.checked_add(own)?;
        }
        Some(all)
    }
}

/// For each tax the share of it in an amount that has all of them in it.
fn shares(parts: &[TaxPart]) -> Option<Vec<Ratio>> {
    let mut whole = Ratio::ONE;
    let mut shares = Vec::with_capacity(parts.len());
    for part in parts {
        let rate = Ratio::of_percent(part.percent);
        let share = match part.is_compound {
            true => rate.checked_mul(whole)?,
            false => rate,
        };
        whole = whole.checked_add(share)?;
        shares.push(share);
    }
    let shares = shares.into_iter().map(|share| share.checked_div(whole));
    shares.collect()
}

/// Adds up lines, given as category and amount, and taxes each category: once on its sum, or line by line.
///
/// Errors: `BW-R110` no rate matches, `BW-R101` a sum beyond the limit.
pub fn sums<'a>(
    (rates, tax_rounding): (Option<&Rates<'a>>, TaxRounding),
    payers: &Payers<'_>,
    taxed: &Taxed,
    lines: impl Iterator<Item = (&'a str, Amount)>,
) -> Result<Sums<'a>, Fault> {
    let overflow = || {
        let message = format!(
            "the invoice's sum is more than {} digits before the point",
            Amount::DIGITS
        );
        Fault::new("BW-R101", message)
    };
    let add = |sum: Amount, amount: Amount| sum.checked_add(amount).ok_or_else(overflow);
    let by_line = tax_rounding == TaxRounding::Line;
    let (mut sum, mut tax, mut line_taxes) = (Amount::ZERO, Amount::ZERO, Vec::new());
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (category, amount) in lines {
        sum = add(sum, amount)?;
        let Some(rates) = rates else { continue };
        let at = match groups.iter().position(|other| other.category == category) {
            Some(at) => at,
            None => {
                groups.push(rates.group(category, payers, taxed)?);
                groups.len() - 1
            }
        };
        let group = &mut groups[at];
        group.sum = add(group.sum, amount)?;
        if by_line {
            let own = rates.levy(amount, group, taxed.currency);
            let own = own.ok_or_else(overflow)?;
            tax = add(tax, own)?;
            line_taxes.push(own);
        }
    }
    if let Some(rates) = rates.filter(|_| !by_line) {
        for group in &mut groups {
            let on_sum = rates.levy(group.sum, group, taxed.currency);
            tax = add(tax, on_sum.ok_or_else(overflow)?)?;
        }
    }
    groups.sort_unstable_by_key(|group| group.category);
    let mut by_category = groups.into_iter().map(|group| group.taxes);
    let mut taxes = by_category.next().unwrap_or_default();
    taxes.extend(by_category.flatten());
    let is_inside = rates.is_some_and(|rates| rates.tax.prices == Prices::Inclusive);
    let (net, total) = match is_inside {
        true => (sum.checked_sub(tax).ok_or_else(overflow)?, sum),
        false => (sum, add(sum, tax)?),
    };
    Ok(Sums {
        net,
        tax,
        total,
        taxes,
        line_taxes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Rounding;
    use proptest::prelude::*;

    const USD: Currency = Currency::USD;

    fn amount(cents: i64) -> Amount {
        Amount::from_minor(cents.into(), USD).unwrap()
    }

    /// What several taxes of so many thousandths of a percent come to on amounts: (bases, taxes, their sum).
    fn levied(
        prices: Prices,
        percents: &[(i64, bool)],
        amounts: &[i64],
    ) -> (Vec<Amount>, Vec<Amount>, Amount) {
        let parts: Vec<TaxPart> = percents
            .iter()
            .map(|(thousandths, is_compound)| TaxPart {
                name: None,
                percent: Rate::from_units(i128::from(*thousandths) * 1_000_000).unwrap(),
                is_compound: *is_compound,
            })
            .collect();
        let tax = Tax {
            name: "t".to_owned(),
            rounding: Rounding::HalfUp,
            prices,
            rates: Vec::new(),
            exempt_note: None,
        };
        let accounts = DataFrame::empty();
        let rates = Rates::new(&tax, &accounts);
        let one = |part: &TaxPart| CategoryTax {
            category: "c",
            part: 1,
            name: None,
            percent: part.percent,
            base: Amount::ZERO,
            tax: Amount::ZERO,
            treatment: Treatment::Taxed,
            note: None,
        };
        let mut group = Group {
            category: "c",
            parts: &parts,
            sum: Amount::ZERO,
            taxes: parts.iter().map(one).collect(),
        };
        let all = amounts.iter().fold(Amount::ZERO, |sum, cents| {
            let own = rates.levy(amount(*cents), &mut group, USD).unwrap();
            sum.checked_add(own).unwrap()
        });
        let of = |of: fn(&CategoryTax<'_>) -> Amount| group.taxes.iter().map(of).collect();
        (of(|tax| tax.base), of(|tax| tax.tax), all)
    }

    proptest! {
        /// Whether added or taken out, a tax is within half a cent of its percentage of its base, and those of an invoice add up.
        #[test]
        fn a_tax_taken_out_is_that_percentage_of_what_is_left(cents in 0_i64..100_000_000, percents in proptest::collection::vec((0_i64..40_000, any::<bool>()), 1..4)) {
            let (bases, taxes, all) = levied(Prices::Inclusive, &percents, &[cents]);
            let sum = taxes.iter().fold(Amount::ZERO, |sum, tax| sum.checked_add(*tax).unwrap());
            prop_assert_eq!(sum, all);
            prop_assert_eq!(bases[0].checked_add(all).unwrap(), amount(cents));
            for ((percent, _), (base, tax)) in percents.iter().zip(bases.iter().zip(&taxes)) {
                let exact = base.units() * i128::from(*percent);
                // Rounding the others moves the base by up to half a cent for each.
                let slack = 100_000 * 100 * (percents.len() as i128 + 1) / 2;
                prop_assert!((tax.units() * 100_000 - exact).abs() <= slack);
            }
        }

        /// The taxes of parts are that of the whole, but for half a cent for each part.
        #[test]
        fn taxes_of_parts_are_the_tax_of_the_whole_within_its_rounding(cents in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..8), percent in 0_i64..40_000) {
            for prices in [Prices::Exclusive, Prices::Inclusive] {
                let (.., parts) = levied(prices, &[(percent, false)], &cents);
                let (.., whole) = levied(prices, &[(percent, false)], &[cents.iter().sum()]);
                let apart = (parts.units() - whole.units()).abs();
                prop_assert!(apart <= 100 * (cents.len() as i128 + 1) / 2);
            }
        }
    }
}
