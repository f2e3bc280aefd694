//! Lines -> draft invoices: grouped, taxed, totaled, dated.
//!
//! Owns what stands on an invoice. Does not own its number (`post/`) or how it looks (`render/`).
//! Invariant: sum of lines = net; net + taxes = total, for every draft.

mod dates;
mod tax;

use crate::calendar::Date;
use crate::diagnostic::{Aside, AsideKind, Reach, Staged};
use crate::model::bill_run::InvoiceOptions;
use crate::model::draft::{Drafts, InvoiceTaxes, Parties};
use crate::model::ids::{invoice_id, line_id};
use crate::model::line::{Lines, RatedLines};
use crate::model::table::{Columns, Kind, date_column, text_column, units_column};
use crate::model::tax::Tax;
use crate::model::terms::PaymentTerms;
use crate::money::{Amount, Currency};
use polars::prelude::{BooleanChunked, DataFrame, IdxCa, IdxSize, NamedFrom};
use std::collections::HashMap;
use std::ops::Range;

/// What all invoices of a run have in common.
pub struct Terms<'a> {
    pub run_id: &'a str,
    pub options: &'a InvoiceOptions,
    /// No tax where there is none.
    pub tax: Option<&'a Tax>,
    /// Due on the invoice date where there are none.
    pub payment: Option<&'a PaymentTerms>,
    pub as_of: Date,
    pub window_to: Date,
}

/// Draft invoices and everything on them.
#[derive(Debug)]
pub struct Drafted {
    pub lines: Lines,
    pub drafts: Drafts,
    pub parties: Parties,
    pub taxes: InvoiceTaxes,
}

/// Makes an invoice per account.
///
/// In: rated lines, sorted by account; the accounts they belong to. Out: a draft and a party per account with lines, a
/// row per tax category. Aside: `BW-R110` no tax rate, `BW-R101` a sum beyond 15 digits, `BW-V190` a total below zero: each parks
/// the account.
pub fn draft(terms: &Terms<'_>, accounts: &DataFrame, rated: &RatedLines) -> Staged<Drafted> {
    let lines = rated.frame();
    let rows_of: HashMap<&str, usize> = accounts
        .text("account_id")
        .iter()
        .flatten()
        .zip(0..)
        .collect();
    let columns = tax::LineColumns::new(lines);
    let bill_days: Vec<Option<i64>> = accounts.counts("bill_day").iter().collect();
    let mut aside = Vec::new();
    let mut made: Vec<Made> = Vec::new();
    for rows in groups(lines) {
        let account_id = lines.text_at("account_id", rows.start);
        let account = rows_of[account_id];
        let bill_day = bill_days[account].and_then(|day| u32::try_from(day).ok());
        let invoice_date = dates::invoice_date(terms, bill_day);
        let currency = Currency::parse(lines.text_at("currency", rows.start))
            .expect("inputs check currencies");
        match tax::sums(
            terms.tax,
            accounts,
            account,
            invoice_date,
            currency,
            &columns,
            rows.clone(),
        ) {
            Ok(sums) => made.push(Made {
                invoice_id: invoice_id(terms.run_id, account_id),
                account,
                invoice_date,
                posting_date: dates::posting_date(terms, invoice_date, bill_day),
                due_date: invoice_date
                    .plus_days(terms.payment.map_or(0, |payment| payment.due_days)),
                sums,
                rows,
            }),
            Err((code, message)) => aside.push(parked(account_id, code, message)),
        }
    }
    let kept = Drafted {
        lines: placed(terms.run_id, lines, &made),
        drafts: drafts(terms, accounts, lines, &made),
        parties: parties(accounts, &made),
        taxes: taxes(&made),
    };
    Staged { kept, aside }
}

/// An invoice before it is a row.
struct Made {
    invoice_id: String,
    /// Row of its account.
    account: usize,
    invoice_date: Date,
    posting_date: Date,
    due_date: Date,
    sums: tax::Sums,
    /// Its lines.
    rows: Range<usize>,
}

/// The rows of each account, the table being sorted by it.
fn groups(lines: &DataFrame) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    for (row, account) in lines.text("account_id").iter().enumerate() {
        match groups.last_mut() {
            Some(group) if last == account => group.end = row + 1,
            _ => groups.push(row..row + 1),
        }
        last = account;
    }
    groups
}

fn parked(account_id: &str, code: &'static str, message: String) -> Aside {
    Aside {
        kind: AsideKind::Exception,
        reach: Reach::Account,
        account_id: account_id.to_owned(),
        subscription_id: String::new(),
        service_id: String::new(),
        charge: String::new(),
        stage: "invoice",
        code,
        message,
    }
}

/// The lines that are on an invoice, with the ids that say so.
fn placed(run_id: &str, rated: &DataFrame, made: &[Made]) -> Lines {
    let mut on: Vec<bool> = vec![false; rated.height()];
    made.iter()
        .for_each(|invoice| on[invoice.rows.clone()].fill(true));
    let mask: BooleanChunked = on.into_iter().collect();
    let rated = rated.filter(&mask).expect("a mask of the same height");
    let starts = rated.dates("period_start").flatten();
    let keys = rated
        .text("service_id")
        .iter()
        .flatten()
        .zip(rated.text("charge").iter().flatten());
    let line_ids = keys
        .zip(starts)
        .map(|((service, charge), start)| Some(line_id(service, charge, start)));
    let invoice_ids = made.iter().flat_map(|invoice| {
        invoice
            .rows
            .clone()
            .map(|_| Some(invoice.invoice_id.as_str()))
    });
    let mut columns = vec![
        text_column("line_id", line_ids),
        text_column("invoice_id", invoice_ids),
        text_column("run_id", std::iter::repeat_n(Some(run_id), rated.height())),
    ];
    columns.extend(rated.columns().iter().cloned());
    Lines::checked(DataFrame::new(rated.height(), columns).expect("columns of one height"))
}

fn drafts(terms: &Terms<'_>, accounts: &DataFrame, lines: &DataFrame, made: &[Made]) -> Drafts {
    let starts: Vec<Option<Date>> = lines.dates("period_start").collect();
    let ends: Vec<Option<Date>> = lines.dates("period_end").collect();
    let constant = |name: &str, value: &str| text_column(name, made.iter().map(|_| Some(value)));
    let dates = |name: &str, of: fn(&Made) -> Date| {
        date_column(name, made.iter().map(|invoice| Some(of(invoice))))
    };
    let amounts = |name: &str, of: fn(&tax::Sums) -> Amount| {
        units_column(
            name,
            Kind::Amount,
            made.iter().map(|invoice| Some(of(&invoice.sums).units())),
        )
    };
    let columns = vec![
        text_column(
            "invoice_id",
            made.iter().map(|invoice| Some(invoice.invoice_id.as_str())),
        ),
        constant("run_id", terms.run_id),
        text_column(
            "account_id",
            made.iter()
                .map(|invoice| Some(accounts.text_at("account_id", invoice.account))),
        ),
        constant("document_type", "invoice"),
        constant("series", &terms.options.series),
        text_column(
            "currency",
            made.iter()
                .map(|invoice| Some(accounts.text_at("currency", invoice.account))),
        ),
        dates("invoice_date", |invoice| invoice.invoice_date),
        dates("posting_date", |invoice| invoice.posting_date),
        dates("due_date", |invoice| invoice.due_date),
        amounts("net", |sums| sums.net),
        amounts("tax", |sums| sums.tax),
        amounts("total", |sums| sums.total),
        amounts("prior_balance", |_| Amount::ZERO),
        amounts("applied", |_| Amount::ZERO),
        amounts("amount_due", |sums| sums.total),
        date_column(
            "period_start",
            made.iter()
                .map(|invoice| starts[invoice.rows.clone()].iter().copied().flatten().min()),
        ),
        date_column(
            "period_end",
            made.iter()
                .map(|invoice| ends[invoice.rows.clone()].iter().copied().flatten().max()),
        ),
    ];
    Drafts::checked(DataFrame::new(made.len(), columns).expect("columns of one height"))
}

fn parties(accounts: &DataFrame, made: &[Made]) -> Parties {
    let rows = IdxCa::new(
        "".into(),
        made.iter()
            .map(|invoice| invoice.account as IdxSize)
            .collect::<Vec<_>>(),
    );
    let mut columns = vec![text_column(
        "invoice_id",
        made.iter().map(|invoice| Some(invoice.invoice_id.as_str())),
    )];
    columns.extend(Parties::SCHEMA.columns[1..].iter().map(|(name, _)| {
        let column = accounts
            .column(name)
            .expect("a party's columns are the account's");
        column.take(&rows).expect("rows within the table")
    }));
    Parties::checked(DataFrame::new(made.len(), columns).expect("columns of one height"))
}

fn taxes(made: &[Made]) -> InvoiceTaxes {
    let rows: Vec<(&str, &tax::CategoryTax)> = made
        .iter()
        .flat_map(|invoice| {
            invoice
                .sums
                .taxes
                .iter()
                .map(|tax| (invoice.invoice_id.as_str(), tax))
        })
        .collect();
    let columns = vec![
        text_column("invoice_id", rows.iter().map(|(invoice, _)| Some(*invoice))),
        text_column(
            "category",
            rows.iter().map(|(_, tax)| Some(tax.category.as_str())),
        ),
        units_column(
            "rate",
            Kind::Rate,
            rows.iter().map(|(_, tax)| Some(tax.percent.units())),
        ),
        units_column(
            "base",
            Kind::Amount,
            rows.iter().map(|(_, tax)| Some(tax.base.units())),
        ),
        units_column(
            "tax",
            Kind::Amount,
            rows.iter().map(|(_, tax)| Some(tax.tax.units())),
        ),
    ];
    InvoiceTaxes::checked(DataFrame::new(rows.len(), columns).expect("columns of one height"))
}
