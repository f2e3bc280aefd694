//! Draws up the invoices of one payer: what is on them, what is left out, and which of them wait.

use super::closing::Closing;
use super::grouping::Bill;
use super::left_out::{LeftOut, Why};
use super::offer::{CreditKind, Offers};
use super::payer::Payers;
use super::tax::{self, Rates, Sums, Taxed};
use super::{Accounts, Fault, Past, Terms, dates, payment};
use crate::calendar::{Date, Period};
use crate::model::bill_run::{Minimum, Negative};
use crate::model::group::Group;
use crate::model::ids::invoice_id;
use crate::model::table::{Columns, Days, Texts, Units};
use crate::model::tax::Prices;
use crate::money::{Amount, Currency};
use polars::prelude::{DataFrame, StringChunked};

/// An invoice or credit note before it is a row.
pub struct Made<'a> {
    pub invoice_id: String,
    /// Row of the account that pays.
    pub payer: usize,
    pub group: Option<&'a Group>,
    pub group_key: Option<&'a str>,
    pub invoice_date: Date,
    pub posting_date: Date,
    pub due_date: Date,
    /// Name of the payment terms.
    pub payment: Option<&'a str>,
    pub sums: Sums<'a>,
    /// Whether the amounts of its lines have their tax in them.
    pub tax_included: bool,
    /// The series of its number.
    pub series: &'a str,
    pub prior_balance: Amount,
    /// Balance credits it uses, by id.
    pub credited: Vec<(&'a str, Amount)>,
    /// Its lines.
    pub rows: Vec<usize>,
}

impl Made<'_> {
    pub fn is_credit_note(&self) -> bool {
        self.sums.total.is_negative()
    }

    /// What of the total is paid by balance credits.
    pub fn applied(&self) -> Amount {
        let mut used = self.credited.iter();
        let sum = used.try_fold(Amount::ZERO, |sum, (_, used)| sum.checked_add(*used));
        sum.expect("no more than the total")
    }

    pub fn amount_due(&self) -> Amount {
        let due = self.sums.total.checked_sub(self.applied());
        due.expect("no more than the total")
    }
}

/// What became of lines.
pub struct Drawn<'a> {
    pub made: Vec<Made<'a>>,
    pub left_out: Vec<LeftOut>,
}

impl Drawn<'_> {
    /// With room for so many invoices: they are large, and nothing is to be moved while they become more.
    pub fn with_room(invoices: usize) -> Self {
        Self {
            made: Vec::with_capacity(invoices),
            left_out: Vec::new(),
        }
    }
}

/// Everything invoices are drawn up from, and the columns of the lines that are looked at.
pub struct Drawing<'a> {
    terms: &'a Terms<'a>,
    payers: &'a Payers<'a>,
    offers: &'a Offers<'a>,
    past: &'a Past<'a>,
    /// Only where an invoice can be left to the next run.
    closing: Option<Closing>,
    /// `None`: no tax.
    rates: Option<Rates<'a>>,
    opening_balances: Units<'a>,
    amounts: Units<'a>,
    categories: &'a Texts,
    starts: Days<'a>,
    ends: Days<'a>,
    /// Of the accounts.
    currencies: Vec<Option<Currency>>,
}

impl<'a> Drawing<'a> {
    pub fn new(
        terms: &'a Terms<'a>,
        accounts: &Accounts<'a>,
        payers: &'a Payers<'a>,
        offers: &'a Offers<'a>,
        past: &'a Past<'a>,
        lines: &'a DataFrame,
    ) -> Self {
        let can_wait = terms.options.minimum.is_some() || terms.options.negative == Negative::Carry;
        Self {
            terms,
            payers,
            offers,
            past,
            closing: can_wait.then(|| Closing::new(terms, accounts, payers)),
            rates: terms.tax.map(|tax| Rates::new(tax, accounts.table)),
            opening_balances: accounts.table.whole_units("opening_balance"),
            amounts: lines.whole_units("amount"),
            categories: lines.whole_texts("tax_category"),
            starts: lines.whole_dates("period_start"),
            ends: lines.whole_dates("period_end"),
            currencies: currencies(accounts.table.text("currency")),
        }
    }

    fn amount(&self, row: usize) -> Amount {
        amount(self.amounts.at(row))
    }

    fn period(&self, row: usize) -> Period {
        match (self.starts.at(row), self.ends.at(row)) {
            (Some(start), Some(end)) => Period::new(start, end),
            _ => unreachable!("a line has a period"),
        }
    }

    /// Adds the invoices of one payer, all of them or none: where one cannot be made, the payer is parked.
    ///
    /// Errors: `BW-X117`, `BW-X118`, `BW-X121`, `BW-R101`, `BW-R110`, `BW-R120`, `BW-N104`.
    pub fn of_payer(&self, bills: &[Bill<'a>], drawn: &mut Drawn<'a>) -> Result<(), Fault> {
        let (made, left_out) = (drawn.made.len(), drawn.left_out.len());
        let all = bills.iter().try_for_each(|bill| self.draw(bill, drawn));
        let all = all.and_then(|()| self.credit(&mut drawn.made[made..]));
        all.inspect_err(|_| {
            drawn.made.truncate(made);
            drawn.left_out.truncate(left_out);
        })
    }

    /// Adds one of them, if anything is on it and it does not wait.
    fn draw(&self, bill: &Bill<'a>, drawn: &mut Drawn<'a>) -> Result<(), Fault> {
        let before = drawn.left_out.len();
        let rows = self.printed(bill, &mut drawn.left_out);
        if rows.is_empty() {
            return Ok(());
        }
        let made = self.made(bill, rows)?;
        match self.waits(&made) {
            // Its suppressed lines wait too: a service cannot be billed further on and not before.
            Some(why) => {
                drawn.left_out.truncate(before);
                self.leave_out(bill.rows(), &why, &mut drawn.left_out);
            }
            None => drawn.made.push(made),
        }
        Ok(())
    }

    /// Has the invoices of one payer use its balance credits, oldest first, each as far as something is to be paid.
    ///
    /// Errors: `BW-X121`.
    fn credit(&self, made: &mut [Made<'a>]) -> Result<(), Fault> {
        let Some(payer) = made.first().map(|made| made.payer) else {
            return Ok(());
        };
        for credit in self
            .offers
            .credits(self.payers.id(payer), CreditKind::Balance)
        {
            credit.fits(self.payers.currency(payer))?;
            let mut left = credit.left;
            for invoice in &mut *made {
                let used = left.min(invoice.amount_due());
                if used > Amount::ZERO {
                    invoice.credited.push((credit.id, used));
                    left = left.checked_sub(used).expect("at most what is left");
                }
            }
        }
        Ok(())
    }

    /// The lines that are to be printed; the others are suppressed (D14, AD4).
    fn printed(&self, bill: &Bill<'_>, left_out: &mut Vec<LeftOut>) -> Vec<usize> {
        let options = self.terms.options;
        let is_zero = |row: usize| self.amount(row).is_zero();
        if options.suppress_zero_invoices && bill.rows().all(is_zero) {
            self.leave_out(bill.rows(), &Why::ZeroInvoice, left_out);
            return Vec::new();
        }
        if !options.suppress_zero_lines {
            return bill.rows().collect();
        }
        let (zero, rows): (Vec<usize>, Vec<usize>) = bill.rows().partition(|row| is_zero(*row));
        self.leave_out(zero, &Why::ZeroLine, left_out);
        rows
    }

    fn leave_out(
        &self,
        rows: impl IntoIterator<Item = usize>,
        why: &Why,
        left_out: &mut Vec<LeftOut>,
    ) {
        left_out.extend(rows.into_iter().map(|row| LeftOut {
            row,
            period: self.period(row),
            why: why.clone(),
        }));
    }

    fn made(&self, bill: &Bill<'a>, rows: Vec<usize>) -> Result<Made<'a>, Fault> {
        let (terms, payers, payer) = (self.terms, self.payers, bill.payer);
        let group = payers.group(payer, terms)?;
        let bill_day = payers.bill_day(payer, group);
        let invoice_date = dates::invoice_date(terms, bill_day);
        let payment = payment::terms_of(terms, payers, payer, group)?;
        let taxed = Taxed {
            payer,
            currency: self.currency(payer),
            invoice_date,
        };
        let category = |row| self.categories.get(row).unwrap_or_default();
        let lines = rows.iter().map(|&row| (category(row), self.amount(row)));
        let taxing = (self.rates.as_ref(), terms.tax_rounding);
        let sums = tax::sums(taxing, payers, &taxed, lines)?;
        let account_id = payers.id(payer);
        let owes = self.past.owed.of(account_id);
        Ok(Made {
            invoice_id: invoice_id(terms.run_id, account_id, bill.group_key.unwrap_or_default()),
            payer,
            group,
            group_key: bill.group_key,
            invoice_date,
            posting_date: dates::posting_date(terms, invoice_date, bill_day),
            due_date: payment::due_date(invoice_date, payment, terms.options.due_offset_days)?,
            payment: payment.map(|payment| payment.name.as_str()),
            series: self.series(taxed.currency, sums.total)?,
            sums,
            tax_included: self
                .terms
                .tax
                .is_some_and(|tax| tax.prices == Prices::Inclusive),
            prior_balance: owes.map_or_else(
                || amount(self.opening_balances.at(payer)),
                |owes| owes.balance,
            ),
            credited: Vec::new(),
            rows,
        })
    }

    /// The series of an invoice in this currency: one of credit notes below zero (P13).
    fn series(&self, currency: Currency, total: Amount) -> Result<&'a str, Fault> {
        let (all, key) = match total.is_negative() {
            true => (&self.terms.options.credit_series, "credit_series"),
            false => (&self.terms.options.series, "series"),
        };
        let found = all.get(&currency).map(String::as_str);
        found.ok_or_else(|| {
            let message = format!(
                "the run has no number series in {currency}; name one more in `invoices.{key}`, with `currency = \"{currency}\"` in billwright.toml"
            );
            Fault::new("BW-N104", message)
        })
    }

    fn currency(&self, payer: usize) -> Currency {
        self.currencies[payer].expect("inputs check currencies")
    }

    /// Why an invoice is left to the next run; a last one has no next and is made however it comes out.
    fn waits(&self, made: &Made<'_>) -> Option<Why> {
        let options = self.terms.options;
        let total = made.sums.total;
        if self.closing.as_ref()?.is_last(made.payer) {
            return None;
        }
        let currency = self.currency(made.payer);
        let text = |amount: Amount| amount.text(currency);
        if total.is_negative() {
            return (options.negative == Negative::Carry).then(|| {
                Why::NegativeCarried(format!(
                    "the invoice would come to {} {currency}; carried until the account owes more",
                    text(total)
                ))
            });
        }
        let minimum = options.minimum.filter(|minimum| {
            total < minimum.total && !self.is_carried_long_enough(made, *minimum)
        })?;
        Some(Why::BelowMinimum(format!(
            "the invoice would come to {} {currency}, and the minimum is {}; carried to the next run",
            text(total),
            text(minimum.total)
        )))
    }

    /// Whether its oldest line has been carried for as many months as it may be.
    fn is_carried_long_enough(&self, made: &Made<'_>, minimum: Minimum) -> bool {
        let oldest = made.rows.iter().map(|&row| self.period(row).start).min();
        oldest.is_some_and(|oldest| {
            oldest.plus_months(minimum.carry_at_most_months, oldest.day()) <= self.terms.as_of
        })
    }
}

fn amount(units: Option<i128>) -> Amount {
    Amount::from_units(units.unwrap_or_default()).expect("amounts are within limits")
}

/// Each currency, read anew only where it is not that of the row above.
fn currencies(codes: &StringChunked) -> Vec<Option<Currency>> {
    let mut last = (None, None);
    let each = codes.iter().map(|code| {
        if code != last.0 {
            last = (code, code.and_then(Currency::parse));
        }
        last.1
    });
    each.collect()
}
