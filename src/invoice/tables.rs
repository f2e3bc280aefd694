//! The tables of drafts, from the invoices made.

use super::drawing::Made;
use super::payer::Payers;
use super::reduction::Reduced;
use super::{Terms, tax};
use crate::calendar::Date;
use crate::model::allocation::{Allocations, BALANCE_CREDIT, DISCOUNT, PRICE_CREDIT};
use crate::model::draft::{Drafts, InvoiceTaxes, Parties};
use crate::model::group::Group;
use crate::model::line::Lines;
use crate::model::line_id::line_ids;
use crate::model::table::{
    Columns, Kind, count_column, date_column, flag_column, same_column, text_column, units_column,
};
use crate::money::Amount;
use polars::prelude::{ChunkTake, Column, DataFrame, IdxCa, IdxSize, IntoSeries, NamedFrom};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The lines that are on an invoice, with the ids that say so, and the suppressed ones, which have none (AD4): by payer, then by
/// invoice, the suppressed ones first.
pub fn lines(
    run_id: &str,
    payers: &Payers<'_>,
    known: &BTreeSet<String>,
    reduced: &Reduced,
    (made, ids): (&[Made<'_>], &Column),
    suppressed: &[usize],
) -> Lines {
    let rated = &reduced.lines;
    let mut placed = placed(payers, rated, made, suppressed);
    let mut billed: Vec<usize> = placed.iter().map(|(.., row)| *row).collect();
    billed.sort_unstable();
    let named = line_ids(&taken(rated, &billed), known);
    let at = |row: usize| match billed.len() == rated.height() {
        true => row,
        false => billed.binary_search(&row).expect("a billed row"),
    };
    order(&mut placed, rated, |row| named.place(at(row)));
    let names_at = placed.iter().map(|(.., row)| at(*row) as IdxSize).collect();
    let line_ids = named.ids.take(&IdxCa::from_vec("".into(), names_at));
    let line_ids = line_ids.expect("rows within the table");
    let reduces = placed.iter().map(|(.., row)| {
        let target = reduced.target(*row)?;
        named.ids.get(at(target))
    });
    let reduces = text_column("reduces", reduces);
    let rows: Vec<usize> = placed.iter().map(|(.., row)| *row).collect();
    let rated = taken(rated, &rows);
    // Taken from a column of theirs, so that lines of one invoice share the memory of its id.
    let numbers = placed.iter();
    let numbers = numbers.map(|(_, number, _)| number.checked_sub(1).map(|at| at as IdxSize));
    let invoices = ids.take(&numbers.collect::<IdxCa>());
    let invoices = invoices.expect("lines of invoices that were made");
    let accounts = rated.text("account_id");
    // Only where another pays does a line say whose it is.
    let names = placed
        .iter()
        .zip(accounts.iter())
        .map(|((payer, number, _), account)| {
            let account = account.filter(|id| *number > 0 && payers.id(*payer) != *id)?;
            payers.name(payers.row(account))
        });
    let mut columns = vec![
        line_ids.into_series().into(),
        invoices,
        same_column("run_id", Some(run_id), placed.len()),
    ];
    columns.extend(rated.columns().iter().cloned());
    columns.push(reduces);
    columns.push(taxes_of_lines(made, &placed));
    columns.push(text_column("account_name", names));
    Lines::in_order(DataFrame::new(placed.len(), columns).expect("columns of one height"))
}

/// Some rows of a table; the table itself where they are all of it, in their order.
fn taken(table: &DataFrame, rows: &[usize]) -> DataFrame {
    if rows.len() == table.height() && rows.is_sorted() {
        return table.clone();
    }
    let rows = rows.iter().map(|row| *row as IdxSize).collect();
    table
        .take(&IdxCa::from_vec("".into(), rows))
        .expect("rows within the table")
}

/// Payer, number of the invoice from 1 (0: suppressed) and row of every billed line.
type Placed = (usize, usize, usize);

fn placed(
    payers: &Payers<'_>,
    rated: &DataFrame,
    made: &[Made<'_>],
    suppressed: &[usize],
) -> Vec<Placed> {
    let accounts = rated.text("account_id");
    let payer_of = |row: usize| payers.meant(payers.row(accounts.get(row).unwrap_or_default()));
    let on_none = suppressed.iter().map(|row| (payer_of(*row), 0, *row));
    let on_one = (1..).zip(made).flat_map(|(number, invoice)| {
        let rows = invoice.rows.iter();
        rows.map(move |row| (invoice.payer, number, *row))
    });
    on_none.chain(on_one).collect()
}

/// Brings lines into their order on paper. `place` is that of a row among those of its id.
fn order(placed: &mut [Placed], rated: &DataFrame, place: impl Fn(usize) -> usize) {
    placed.sort_unstable_by_key(|(payer, number, row)| (*payer, *number, place(*row)));
    let accounts = rated.whole_texts("account_id");
    let names = ["subscription_id", "service_id", "charge"].map(|name| rated.whole_texts(name));
    let starts = rated.whole_dates("period_start");
    let same_paper = |one: &Placed, next: &Placed| (one.0, one.1) == (next.0, next.1);
    for lines in placed.chunk_by_mut(same_paper) {
        let is_of_one = |row: usize| accounts.get(row) == accounts.get(lines[0].2);
        // The lines of several accounts stand by subscription as those of one do.
        if !lines.iter().all(|(.., row)| is_of_one(*row)) {
            lines.sort_by(|(.., one), (.., next)| {
                let ids = |row: usize| names.map(|column| column.get(row));
                (ids(*one), starts.at(*one)).cmp(&(ids(*next), starts.at(*next)))
            });
        }
    }
}

/// The tax of each line, where tax is rounded line by line.
fn taxes_of_lines(made: &[Made<'_>], placed: &[Placed]) -> Column {
    let by_line = made
        .iter()
        .flat_map(|it| it.rows.iter().zip(&it.sums.line_taxes));
    let by_line: HashMap<usize, i128> = by_line.map(|(row, tax)| (*row, tax.units())).collect();
    if by_line.is_empty() {
        return Column::full_null("tax".into(), placed.len(), &Kind::Amount.dtype());
    }
    let taxes = placed.iter().map(|(.., row)| by_line.get(row).copied());
    units_column("tax", Kind::Amount, taxes)
}

pub fn drafts(
    terms: &Terms<'_>,
    payers: &Payers<'_>,
    lines: &DataFrame,
    (made, ids): (&[Made<'_>], &Column),
) -> Drafts {
    let (starts, ends) = (
        lines.whole_dates("period_start"),
        lines.whole_dates("period_end"),
    );
    let first = |rows: &[usize]| rows.iter().filter_map(|row| starts.at(*row)).min();
    let last = |rows: &[usize]| rows.iter().filter_map(|row| ends.at(*row)).max();
    let dates = |name: &str, of: fn(&Made<'_>) -> Date| {
        date_column(name, made.iter().map(|invoice| Some(of(invoice))))
    };
    let amounts = |name: &str, of: fn(&Made<'_>) -> Amount| {
        let units = made.iter().map(|invoice| Some(of(invoice).units()));
        units_column(name, Kind::Amount, units)
    };
    let columns = vec![
        ids.clone(),
        same_column("run_id", Some(terms.run_id), made.len()),
        texts("account_id", made, |invoice| Some(payers.id(invoice.payer))),
        texts("document_type", made, |invoice| {
            Some(if invoice.is_credit_note() {
                "credit_note"
            } else {
                "invoice"
            })
        }),
        texts("series", made, |invoice| Some(invoice.series)),
        texts("currency", made, |invoice| {
            Some(payers.currency(invoice.payer))
        }),
        dates("invoice_date", |invoice| invoice.invoice_date),
        dates("posting_date", |invoice| invoice.posting_date),
        dates("due_date", |invoice| invoice.due_date),
        amounts("net", |invoice| invoice.sums.net),
        amounts("tax", |invoice| invoice.sums.tax),
        amounts("total", |invoice| invoice.sums.total),
        flag_column("tax_included", made.iter().map(|it| Some(it.tax_included))),
        amounts("prior_balance", |invoice| invoice.prior_balance),
        amounts("applied", |invoice| invoice.applied()),
        amounts("amount_due", |invoice| invoice.amount_due()),
        date_column("period_start", made.iter().map(|it| first(&it.rows))),
        date_column("period_end", made.iter().map(|it| last(&it.rows))),
        texts("group_key", made, |invoice| invoice.group_key),
    ];
    Drafts::checked(DataFrame::new(made.len(), columns).expect("columns of one height"))
}

/// The payer of each invoice as it is printed, delivered to and collected from.
pub fn parties(payers: &Payers<'_>, (made, ids): (&[Made<'_>], &Column)) -> Parties {
    let rows = made.iter().map(|invoice| invoice.payer as IdxSize);
    let rows = IdxCa::new("".into(), rows.collect::<Vec<_>>());
    let column = |name: &str| -> Column {
        match name {
            "invoice_id" => ids.clone(),
            "delivery" => texts(name, made, |it| payers.delivery(it.payer, it.group)),
            "payment_terms" => texts(name, made, |it| it.payment),
            "template" => texts(name, made, |it| it.group?.template.as_deref()),
            "formats" => texts(name, made, |it| it.group.and_then(formats)),
            name => {
                let column = payers.table.column(name);
                let column = column.expect("a party's other columns are the account's");
                column.take(&rows).expect("rows within the table")
            }
        }
    };
    let columns = Parties::SCHEMA.columns.iter().map(|(name, _)| column(name));
    Parties::in_order(DataFrame::new(made.len(), columns.collect()).expect("columns of one height"))
}

pub fn taxes(made: &[Made<'_>]) -> InvoiceTaxes {
    let rows: Vec<(&str, &tax::CategoryTax<'_>)> = made
        .iter()
        .flat_map(|invoice| {
            let taxes = invoice.sums.taxes.iter();
            taxes.map(|tax| (invoice.invoice_id.as_str(), tax))
        })
        .collect();
    let amounts = |name: &str, of: fn(&tax::CategoryTax<'_>) -> Amount| {
        let units = rows.iter().map(|(_, tax)| Some(of(tax).units()));
        units_column(name, Kind::Amount, units)
    };
    let rates = rows.iter().map(|(_, tax)| Some(tax.percent.units()));
    let columns = vec![
        text_column("invoice_id", rows.iter().map(|(invoice, _)| Some(*invoice))),
        text_column("category", rows.iter().map(|(_, tax)| Some(tax.category))),
        count_column("part", rows.iter().map(|(_, tax)| Some(tax.part as i64))),
        text_column("name", rows.iter().map(|(_, tax)| tax.name)),
        units_column("rate", Kind::Rate, rates),
        amounts("base", |tax| tax.base),
        amounts("tax", |tax| tax.tax),
        text_column(
            "treatment",
            rows.iter().map(|(_, tax)| Some(tax.treatment.name())),
        ),
        text_column("note", rows.iter().map(|(_, tax)| tax.note)),
    ];
    InvoiceTaxes::in_order(DataFrame::new(rows.len(), columns).expect("columns of one height"))
}

/// Whose discount or credit, from where, its id, and whether it is given back.
type Use<'a> = (&'a str, &'a str, &'a str, bool);

/// What of discounts and credits the invoices use, and what they give back: a discount on an invoice is used, however much of it
/// goes back by the same one.
pub fn allocations(
    run_id: &str,
    payers: &Payers<'_>,
    lines: &DataFrame,
    made: &[Made<'_>],
) -> Allocations {
    let (accounts, kinds, ids) = (
        lines.text("account_id"),
        lines.text("kind"),
        lines.text("discount"),
    );
    let amounts: Vec<Option<i128>> = match ids.null_count() == ids.len() {
        true => Vec::new(),
        false => lines.units("amount").collect(),
    };
    let mut rows: Vec<(&Made<'_>, Use<'_>, i128)> = Vec::new();
    for invoice in made {
        let mut used: BTreeMap<Use<'_>, i128> = BTreeMap::new();
        for row in invoice.rows.iter().filter(|_| !amounts.is_empty()) {
            let Some(id) = ids.get(*row) else { continue };
            let source = match kinds.get(*row) {
                Some(PRICE_CREDIT) => PRICE_CREDIT,
                _ => DISCOUNT,
            };
            let whose = accounts.get(*row).unwrap_or_default();
            let amount = amounts[*row].unwrap_or_default();
            *used.entry((whose, source, id, amount > 0)).or_default() -= amount;
        }
        for (id, amount) in &invoice.credited {
            let whose = payers.id(invoice.payer);
            used.insert((whose, BALANCE_CREDIT, *id, false), amount.units());
        }
        rows.extend(used.into_iter().map(|(key, amount)| (invoice, key, amount)));
    }
    let texts = |name: &str, of: for<'u> fn(&Use<'u>) -> &'u str| {
        text_column(name, rows.iter().map(|(_, key, _)| Some(of(key))))
    };
    let columns = vec![
        texts("account_id", |(whose, ..)| whose),
        texts("source", |(_, source, ..)| source),
        texts("source_id", |(_, _, id, _)| id),
        same_column("run_id", Some(run_id), rows.len()),
        text_column(
            "invoice_id",
            rows.iter().map(|(invoice, ..)| Some(&invoice.invoice_id)),
        ),
        units_column(
            "amount",
            Kind::Amount,
            rows.iter().map(|(.., amount)| Some(*amount)),
        ),
        text_column(
            "currency",
            rows.iter()
                .map(|(invoice, ..)| Some(payers.currency(invoice.payer))),
        ),
    ];
    let frame = DataFrame::new(rows.len(), columns).expect("columns of one height");
    Allocations::in_order(frame)
}

/// File endings of the formats a group wants.
fn formats(group: &Group) -> Option<String> {
    let formats = group.formats.as_ref()?;
    let endings: Vec<&str> = formats.iter().map(|format| format.ending()).collect();
    Some(endings.join(" "))
}

/// The id of each invoice.
pub fn ids(made: &[Made<'_>]) -> Column {
    texts("invoice_id", made, |invoice| Some(&invoice.invoice_id))
}

fn texts<'m, 'a: 'm, T: AsRef<str>>(
    name: &str,
    made: &'m [Made<'a>],
    of: impl Fn(&'m Made<'a>) -> Option<T>,
) -> Column {
    text_column(name, made.iter().map(of))
}
