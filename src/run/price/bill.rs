//! An invoice of what was asked about and nothing else, drawn up as a run draws up its own: discounts taken off, tax worked out.

use super::{NOBODY, PriceQuestion};
use crate::calendar::Date;
use crate::definition::Loaded;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::invoice::{self, Accounts, Drafted, Granted, Off, Offers, Past, Terms};
use crate::model::account;
use crate::model::allocation::Allocations;
use crate::model::bill_run::{InvoiceDate, InvoiceOptions, Negative, PostingDate};
use crate::model::due::Standings;
use crate::model::line::{Lines, RatedLines};
use crate::model::owed::Owed;
use crate::model::sample;
use crate::model::table::{Kind, text_column};
use crate::model::tax::Tax;
use crate::money::{Amount, Currency};
use crate::run::house::unknown;
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is to be taken off, as a row of `discounts` for everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discount {
    pub off: Off,
    /// The lowest first; those without one last, percentages before amounts.
    pub priority: Option<i64>,
}

/// The columns of an account that every tax asks for.
const OF_EVERY_TAX: [&str; 2] = ["tax_exempt", "tax_id"];
/// Columns that are not for the question to fill in.
const OURS: [&str; 3] = ["account_id", "currency", "invoice_to"];

/// Takes off what is to be taken off and adds the tax that is named.
///
/// Errors: `BW-C102` what no account or discount can say, `BW-C103` nothing has the name; `BW-R101` and `BW-R110` as a run would
/// park the account for.
pub fn bill(
    loaded: &Loaded,
    question: &PriceQuestion<'_>,
    tax: Option<&Tax>,
    lines: &RatedLines,
    (currency, day): (Currency, Date),
) -> Result<Drafted, Report> {
    let accounts = account(question, tax, currency)?;
    let discounts = discounts(question, currency)?;
    let granted = Granted {
        discounts: &discounts,
        credits: &account::CREDITS.empty(),
        subscriptions: &account::SUBSCRIPTIONS.empty(),
    };
    let (nothing_used, run_id) = (Allocations::empty(), "price");
    let offers = Offers::new(granted, &nothing_used, run_id, day);
    let past = Past {
        owed: &Owed::default(),
        lines: &Lines::empty(),
    };
    let options = options(currency, day);
    let terms = Terms {
        run_id,
        options: &options,
        tax,
        tax_rounding: loaded.workspace.tax_rounding,
        payment: &loaded.definitions.terms,
        default_payment: None,
        groups: &loaded.definitions.groups,
        as_of: day,
        window_to: day,
    };
    let accounts = Accounts {
        table: &accounts,
        standings: &Standings::empty(),
        parked: &BTreeMap::new(),
    };
    let reduced = invoice::reduce(lines, &offers, &past);
    let drafted = invoice::draft(&terms, &accounts, &offers, &past, &reduced.kept);
    let mut refused = reduced.aside.iter().chain(&drafted.aside);
    match refused.next() {
        None => Ok(drafted.kept),
        Some(row) => {
            let (place, help) = match row.code {
                "BW-R110" => ("--tax", tax.map(what_is_asked).unwrap_or_default()),
                "BW-R101" => (question.charge, "write a smaller quantity".to_owned()),
                _ => ("--for", "leave it out, or add that definition".to_owned()),
            };
            let place = Place::Argument(place.to_owned());
            let refused = Diagnostic::error(row.code, place, row.message.clone());
            Err(refused.help(help).into())
        }
    }
}

/// What else a tax can be asked with, where no rate of it matches.
fn what_is_asked(tax: &Tax) -> String {
    let columns: Vec<&str> = columns(tax).into_iter().collect();
    let columns = columns.join(", ");
    format!("say with `--for COLUMN=VALUE` what the account has in a column of: {columns}")
}

/// The columns of an account that a tax asks for; only texts ever match.
fn columns(tax: &Tax) -> BTreeSet<&str> {
    let is_text = |column: &&str| {
        let mut known = account::ACCOUNTS.columns.iter();
        let known = known.find(|(name, _)| name == column);
        known.is_none_or(|(_, kind)| *kind == Kind::Text) && !OURS.contains(column)
    };
    let matches = tax.rates.iter().flat_map(|rate| rate.matches.keys());
    let texts = matches.map(String::as_str).filter(is_text);
    texts.chain(OF_EVERY_TAX).collect()
}

/// The account that would pay.
fn account(
    question: &PriceQuestion<'_>,
    tax: Option<&Tax>,
    currency: Currency,
) -> Result<DataFrame, Report> {
    let known = tax.map(columns).unwrap_or_default();
    let mut row = vec![("account_id", NOBODY), ("currency", currency.code())];
    let mut more = Vec::new();
    for (column, value) in question.account {
        let (column, value) = (column.as_str(), value.as_str());
        if !known.contains(column) {
            let names = known.iter().copied();
            return Err(unknown("column", column, names).into());
        }
        if column == "tax_exempt" && !matches!(value, "true" | "false") {
            let place = Place::Argument("--for".to_owned());
            let message = format!("`{value}` is not a value of tax_exempt");
            let refused = Diagnostic::error("BW-C102", place, message);
            return Err(refused.help("write true or false").into());
        }
        let is_ours = |(name, _): &(&str, _)| *name == column;
        match account::ACCOUNTS.columns.iter().any(is_ours) {
            true => row.push((column, value)),
            false => more.push((column, value)),
        }
    }
    let mut account = sample::of_rows(&account::ACCOUNTS, &[row]);
    for (column, value) in more {
        let column = text_column(column, [Some(value)]);
        account.with_column(column).expect("one more of one row");
    }
    Ok(account)
}

/// A row for each discount, for everything that is billed.
fn discounts(question: &PriceQuestion<'_>, currency: Currency) -> Result<DataFrame, Report> {
    let mut texts = Vec::with_capacity(question.discounts.len());
    for (number, discount) in question.discounts.iter().enumerate() {
        let (column, much) = match discount.off {
            Off::Percent(percent) => ("percent", percent.to_string()),
            Off::Amount(amount) => ("amount", in_coins(amount, currency)?),
        };
        let priority = discount.priority.map(|priority| priority.to_string());
        // Of equals the one that is written first.
        let id = format!("{number:09}");
        texts.push((id, column, much, priority.unwrap_or_default()));
    }
    let rows = texts.iter().map(|(id, column, much, priority)| {
        vec![
            ("discount_id", id.as_str()),
            ("account_id", NOBODY),
            (*column, much),
            ("priority", priority),
        ]
    });
    let rows: Vec<_> = rows.collect();
    Ok(sample::of_rows(&account::DISCOUNTS, &rows))
}

/// An amount as it is written, where the currency has such coins.
fn in_coins(amount: Amount, currency: Currency) -> Result<String, Report> {
    let digits = currency.minor_digits();
    if amount.units() % 10_i128.pow(Amount::SCALE - digits) == 0 {
        return Ok(amount.to_string());
    }
    let place = Place::Argument("--discount".to_owned());
    let message = format!("{} has no coin for `{amount}`", currency.code());
    let refused = Diagnostic::error("BW-C102", place, message);
    let help = match digits {
        0 => "write it without decimals".to_owned(),
        _ => format!("write it with {digits} decimals"),
    };
    Err(refused.help(help).into())
}

/// One invoice, whatever it comes to.
fn options(currency: Currency, day: Date) -> InvoiceOptions {
    let series = || [(currency, String::new())].into();
    InvoiceOptions {
        date: InvoiceDate::On(day),
        posting_date: PostingDate::TransactionDate,
        due_offset_days: 0,
        group_by: Vec::new(),
        series: series(),
        credit_series: series(),
        suppress_zero_lines: false,
        suppress_zero_invoices: false,
        minimum: None,
        negative: Negative::CreditNote,
        auto_post: false,
    }
}
