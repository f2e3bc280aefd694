//! Net, taxes by category, and total of one invoice.

use crate::calendar::Date;
use crate::model::table::Columns;
use crate::model::tax::{Tax, TaxRate};
use crate::money::{Amount, Currency, Rate};
use polars::prelude::DataFrame;
use std::ops::Range;

/// The columns of the lines that are added up.
pub struct LineColumns<'a> {
    amounts: Vec<Amount>,
    categories: Vec<&'a str>,
}

impl<'a> LineColumns<'a> {
    pub fn new(lines: &'a DataFrame) -> Self {
        let amounts = lines.units("amount").flatten();
        Self {
            amounts: amounts
                .map(|units| Amount::from_units(units).expect("lines are within limits"))
                .collect(),
            categories: lines.text("tax_category").iter().flatten().collect(),
        }
    }
}

#[derive(Debug)]
pub struct Sums {
    pub net: Amount,
    pub tax: Amount,
    pub total: Amount,
    /// Sorted by category.
    pub taxes: Vec<CategoryTax>,
}

#[derive(Debug)]
pub struct CategoryTax {
    pub category: String,
    pub percent: Rate,
    pub base: Amount,
    pub tax: Amount,
}

/// Adds up the lines in `rows` and taxes each category once, on its sum.
///
/// Errors, as code and message: `BW-R110` no rate matches, `BW-R101` a sum beyond the limit, `BW-V190` a total below zero:
/// that is a credit note, and those are a later part.
pub fn sums(
    tax: Option<&Tax>,
    accounts: &DataFrame,
    account: usize,
    invoice_date: Date,
    currency: Currency,
    lines: &LineColumns<'_>,
    rows: Range<usize>,
) -> Result<Sums, (&'static str, String)> {
    let overflow = || {
        (
            "BW-R101",
            format!(
                "the invoice's sum is more than {} digits before the point",
                Amount::DIGITS
            ),
        )
    };
    let mut bases: Vec<(&str, Amount)> = Vec::new();
    for row in rows {
        let (category, amount) = (lines.categories[row], lines.amounts[row]);
        match bases.iter_mut().find(|(other, _)| *other == category) {
            Some((_, base)) => *base = base.checked_add(amount).ok_or_else(overflow)?,
            None => bases.push((category, amount)),
        }
    }
    bases.sort_unstable();
    let net = bases
        .iter()
        .try_fold(Amount::ZERO, |sum, (_, base)| sum.checked_add(*base))
        .ok_or_else(overflow)?;
    let mut taxes = Vec::new();
    for (category, base) in bases {
        let Some(tax) = tax else { continue };
        let Some(rate) = tax
            .rates
            .iter()
            .find(|rate| applies(rate, category, accounts, account, invoice_date))
        else {
            let message = format!(
                "tax `{}` has no rate for category `{category}` that this account matches; add one",
                tax.name
            );
            return Err(("BW-R110", message));
        };
        let amount = tax
            .rounding
            .percent(base, rate.percent, currency)
            .ok_or_else(overflow)?;
        taxes.push(CategoryTax {
            category: category.to_owned(),
            percent: rate.percent,
            base,
            tax: amount,
        });
    }
    let tax = taxes
        .iter()
        .try_fold(Amount::ZERO, |sum, tax| sum.checked_add(tax.tax))
        .ok_or_else(overflow)?;
    let total = net.checked_add(tax).ok_or_else(overflow)?;
    if total.is_negative() {
        let message = format!(
            "the invoice would come to {} {currency}, which asks for a credit note; this version makes none",
            total.text(currency)
        );
        return Err(("BW-V190", message));
    }
    Ok(Sums {
        net,
        tax,
        total,
        taxes,
    })
}

/// Whether a rate is for this category, day and account; a column the account does not have matches nothing.
fn applies(
    rate: &TaxRate,
    category: &str,
    accounts: &DataFrame,
    account: usize,
    day: Date,
) -> bool {
    rate.category == category
        && rate.valid_from.is_none_or(|from| from <= day)
        && rate.matches.iter().all(|(column, wanted)| {
            let column = accounts.column(column).and_then(|column| column.str());
            column.is_ok_and(|column| column.get(account) == Some(wanted))
        })
}
