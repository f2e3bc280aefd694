//! Net, taxes by category, and total of one invoice.

use super::payer::Payers;
use super::{Fault, Terms};
use crate::calendar::Date;
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

/// Adds up lines, given as category and amount, and taxes each category: once on its sum, or line by line.
///
/// Errors: `BW-R110` no rate matches, `BW-R101` a sum beyond the limit.
pub fn sums<'a>(
    terms: &Terms<'_>,
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
    let by_line = terms.tax_rounding == TaxRounding::Line;
    let (mut net, mut line_taxes) = (Amount::ZERO, Vec::new());
    let mut taxes: Vec<CategoryTax> = Vec::new();
    for (category, amount) in lines {
        net = add(net, amount)?;
        let Some(tax) = terms.tax else { continue };
        let at = match taxes.iter().position(|other| other.category == category) {
            Some(at) => at,
            None => {
                taxes.push(CategoryTax {
                    category: category.to_owned(),
                    percent: percent(tax, category, payers, taxed)?,
                    base: Amount::ZERO,
                    tax: Amount::ZERO,
                });
                taxes.len() - 1
            }
        };
        let group = &mut taxes[at];
        group.base = add(group.base, amount)?;
        if by_line {
            let line_tax = tax.rounding.percent(amount, group.percent, taxed.currency);
            let line_tax = line_tax.ok_or_else(overflow)?;
            group.tax = add(group.tax, line_tax)?;
            line_taxes.push(line_tax);
        }
    }
    if let Some(tax) = terms.tax.filter(|_| !by_line) {
        for group in &mut taxes {
            let on_sum = tax
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

/// The rate of a category: nothing for the exempt, else the first that applies.
fn percent(tax: &Tax, category: &str, payers: &Payers<'_>, taxed: &Taxed) -> Result<Rate, Fault> {
    if payers.is_tax_exempt(taxed.payer) {
        return Ok(Rate::ZERO);
    }
    let rate = tax
        .rates
        .iter()
        .find(|rate| applies(rate, category, payers.table, taxed));
    rate.map(|rate| rate.percent).ok_or_else(|| {
        let message = format!(
            "tax `{}` has no rate for category `{category}` that this account matches; add one",
            tax.name
        );
        Fault::new("BW-R110", message)
    })
}

/// Whether a rate is for this category, day and account; a column the account does not have matches nothing.
fn applies(rate: &TaxRate, category: &str, accounts: &DataFrame, taxed: &Taxed) -> bool {
    rate.category == category
        && rate
            .valid_from
            .is_none_or(|from| from <= taxed.invoice_date)
        && rate.matches.iter().all(|(column, wanted)| {
            let column = accounts.column(column).and_then(|column| column.str());
            column.is_ok_and(|column| column.get(taxed.payer) == Some(wanted))
        })
}
