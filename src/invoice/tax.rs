//! Net, taxes by category, and total of one invoice.

use super::Fault;
use super::payer::Payers;
use crate::calendar::Date;
use crate::model::table::Texts;
use crate::model::tax::{Tax, TaxRate};
use crate::model::workspace::TaxRounding;
use crate::money::{Amount, Currency, Rate};
use polars::prelude::DataFrame;

/// Whom and when an invoice is for, as far as tax asks.
pub struct Taxed {
    /// Row of the payer.
    pub payer: usize,
    pub currency: Currency,
    pub invoice_date: Date,
}

#[derive(Debug)]
pub struct Sums {
    pub net: Amount,
    pub tax: Amount,
    pub total: Amount,
    /// Sorted by category.
    pub taxes: Vec<CategoryTax>,
    /// The tax of each line, where tax is rounded line by line; otherwise none.
    pub line_taxes: Vec<Amount>,
}

#[derive(Debug)]
pub struct CategoryTax {
    pub category: String,
    pub percent: Rate,
    pub base: Amount,
    pub tax: Amount,
}

/// The rates of a tax, and the columns of the accounts they ask for.
pub struct Rates<'a> {
    tax: &'a Tax,
    rates: Vec<(&'a TaxRate, Vec<Match<'a>>)>,
}

/// A column and what it has to say; no account has a column that is not there.
type Match<'a> = (Option<&'a Texts>, &'a str);

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

    /// The rate of a category: nothing for the exempt, else the first that applies.
    fn percent(&self, category: &str, payers: &Payers<'_>, taxed: &Taxed) -> Result<Rate, Fault> {
        if payers.is_tax_exempt(taxed.payer) {
            return Ok(Rate::ZERO);
        }
        let rate = self.rates.iter().find(|(rate, matches)| {
            rate.category == category
                && rate
                    .valid_from
                    .is_none_or(|from| from <= taxed.invoice_date)
                && matches.iter().all(|(column, wanted)| {
                    column.is_some_and(|column| column.get(taxed.payer) == Some(*wanted))
                })
        });
        rate.map(|(rate, _)| rate.percent).ok_or_else(|| {
            let message = format!(
                "tax `{}` has no rate for category `{category}` that this account matches; add one",
                self.tax.name
            );
            Fault::new("BW-R110", message)
        })
    }
}

/// Adds up lines, given as category and amount, and taxes each category: once on its sum, or line by line.
///
/// Errors: `BW-R110` no rate matches, `BW-R101` a sum beyond the limit.
pub fn sums<'a>(
    (rates, tax_rounding): (Option<&Rates<'_>>, TaxRounding),
    payers: &Payers<'_>,
    taxed: &Taxed,
    lines: impl Iterator<Item = (&'a str, Amount)>,
) -> Result<Sums, Fault> {
    let overflow = || {
        let message = format!(
            "the invoice's sum is more than {} digits before the point",
            Amount::DIGITS
        );
        Fault::new("BW-R101", message)
    };
    let add = |sum: Amount, amount: Amount| sum.checked_add(amount).ok_or_else(overflow);
    let by_line = tax_rounding == TaxRounding::Line;
    let (mut net, mut line_taxes) = (Amount::ZERO, Vec::new());
    let mut taxes: Vec<CategoryTax> = Vec::new();
    for (category, amount) in lines {
        net = add(net, amount)?;
        let Some(rates) = rates else { continue };
        let at = match taxes.iter().position(|other| other.category == category) {
            Some(at) => at,
            None => {
                taxes.push(CategoryTax {
                    category: category.to_owned(),
                    percent: rates.percent(category, payers, taxed)?,
                    base: Amount::ZERO,
                    tax: Amount::ZERO,
                });
                taxes.len() - 1
            }
        };
        let group = &mut taxes[at];
        group.base = add(group.base, amount)?;
        if by_line {
            let line_tax = rates
                .tax
                .rounding
                .percent(amount, group.percent, taxed.currency);
            let line_tax = line_tax.ok_or_else(overflow)?;
            group.tax = add(group.tax, line_tax)?;
            line_taxes.push(line_tax);
        }
    }
    if let Some(rates) = rates.filter(|_| !by_line) {
        for group in &mut taxes {
            let on_sum = rates
                .tax
                .rounding
                .percent(group.base, group.percent, taxed.currency);
            group.tax = on_sum.ok_or_else(overflow)?;
        }
    }
    taxes.sort_unstable_by(|one, other| one.category.cmp(&other.category));
    let tax = taxes
        .iter()
        .try_fold(Amount::ZERO, |sum, group| add(sum, group.tax))?;
    Ok(Sums {
        net,
        tax,
        total: add(net, tax)?,
        taxes,
        line_taxes,
    })
}
