//! The tables of a prepaid run, from what became of lines and wallets.

use super::acted;
use super::estimate::estimates;
use super::go_on::Acted;
use super::night::{Fate, Kind, Movement, Short};
use super::notice::notices;
use super::opened::Opened;
use super::openings::openings;
use super::{Debited, Sums, Terms, Wallets};
use crate::calendar::Period;
use crate::model::line::{Lines, RatedLines, Settled};
use crate::model::line_id::line_ids;
use crate::model::service_action::Action;
use crate::model::table::{
    Columns, Kind as Of, Texts, count_column, date_column, same_column, text_column, units_column,
};
use crate::model::wallet::{Lot, Shortfalls, TopUps, WalletStates, WalletTransactions};
use polars::prelude::{
    BooleanChunked, Column, DataFrame, IdxCa, IdxSize, IntoSeries, StringChunkedBuilder,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What a run has come to.
pub struct Made {
    /// Of every rated line.
    pub fates: Vec<Fate>,
    pub movements: Vec<Movement>,
    pub shorts: Vec<Short>,
    pub acted: Vec<Acted>,
    /// How many services were tried.
    pub tried: usize,
}

pub fn debited(
    terms: &Terms<'_>,
    wallets: &Wallets<'_>,
    rated: &RatedLines,
    opened: &Opened<'_>,
    made: Made,
) -> Debited {
    let Made {
        fates,
        movements,
        shorts,
        acted,
        tried,
    } = made;
    let known = wallets.line_ids.frame().text("line_id").iter().flatten();
    let known = known.map(str::to_owned).collect();
    let touched = touched(wallets, opened);
    let lines = lines(terms.run_id, rated, &fates, &known);
    Debited {
        transactions: transactions(terms, wallets, rated, opened, (&fates, &lines), &movements),
        settled: settled(rated, &fates),
        states: states(terms.run_id, wallets, opened, &touched),
        notices: notices(terms, wallets.tables, opened, &touched),
        estimates: {
            let started = started(&acted);
            estimates(terms, wallets, opened, (rated, &fates), &started)
        },
        top_ups: top_ups(terms.run_id, wallets, &movements),
        shortfalls: shortfalls(terms.run_id, rated, &shorts),
        actions: acted::table(terms, &acted),
        services: tried,
        openings: openings(wallets, opened),
        totals: totals(wallets, opened, &movements),
        lines,
    }
}

/// The lines that are paid, on no invoice.
fn lines(run_id: &str, rated: &RatedLines, fates: &[Fate], known: &BTreeSet<String>) -> Lines {
    let is_paid: BooleanChunked = fates.iter().map(|fate| *fate == Fate::Paid).collect();
    let paid = match is_paid.all() {
        true => rated.frame().clone(),
        false => {
            let paid = rated.frame().filter(&is_paid);
            paid.expect("a mask of the same height")
        }
    };
    let mut paid = paid;
    paid.rechunk_mut();
    let ids = line_ids(&paid, known).ids.into_series();
    let height = paid.height();
    let mut columns: Vec<Column> = vec![
        ids.into(),
        same_column("invoice_id", None, height),
        same_column("run_id", Some(run_id), height),
    ];
    columns.extend(paid.columns().iter().cloned());
    columns.push(same_column("reduces", None, height));
    columns.push(Column::full_null("tax".into(), height, &Of::Amount.dtype()));
    columns.push(same_column("account_name", None, height));
    Lines::in_order(DataFrame::new(height, columns).expect("columns of one height"))
}

fn settled(rated: &RatedLines, fates: &[Fate]) -> Vec<Settled> {
    let frame = rated.frame();
    let rows = fates.iter().enumerate();
    let rows = rows.filter(|(_, fate)| matches!(fate, Fate::Settled | Fate::Waived));
    let [accounts, services, charges] =
        ["account_id", "service_id", "charge"].map(|name| frame.whole_texts(name));
    let text = |texts: &Texts, row: usize| texts.get(row).unwrap_or_default().to_owned();
    let (starts, ends) = (
        frame.whole_dates("period_start"),
        frame.whole_dates("period_end"),
    );
    rows.map(|(row, _)| Settled {
        account_id: text(accounts, row),
        service_id: text(services, row),
        charge: text(charges, row),
        period: Period::new(
            starts.at(row).expect("a line has a period"),
            ends.at(row).expect("a line has a period"),
        ),
        is_late: false,
    })
    .collect()
}

/// Rows of a table, in this order; a row that is `None` is null.
fn gather(table: &DataFrame, name: &str, rows: &IdxCa, new: &str) -> Column {
    let column = table
        .column(name)
        .expect("a column of the schema")
        .take(rows);
    column.expect("rows within the table").with_name(new.into())
}

fn transactions(
    terms: &Terms<'_>,
    wallets: &Wallets<'_>,
    rated: &RatedLines,
    opened: &Opened<'_>,
    (fates, lines): (&[Fate], &Lines),
    movements: &[Movement],
) -> WalletTransactions {
    let table = &wallets.tables.wallets;
    let of_wallets: IdxCa = movements
        .iter()
        .map(|it| Some(opened.rows[it.wallet] as IdxSize))
        .collect();
    let debits = |it: &Movement| match &it.kind {
        Kind::Debit(rows) => Some(rows.clone()),
        Kind::TopUp(_) | Kind::Expiry(_) => None,
    };
    let first: IdxCa = movements
        .iter()
        .map(|it| debits(it).map(|rows| rows.start as IdxSize))
        .collect();
    // Where each paid row stands among the lines that are kept.
    let mut at = 0;
    let kept: Vec<Option<IdxSize>> = fates
        .iter()
        .map(|fate| {
            (*fate == Fate::Paid).then(|| {
                at += 1;
                at - 1
            })
        })
        .collect();
    let first_line: IdxCa = movements
        .iter()
        .map(|it| debits(it)?.find_map(|row| kept[row]))
        .collect();
    let ends = rated.frame().whole_dates("period_end");
    let last = movements
        .iter()
        .map(|it| debits(it).and_then(|rows| ends.at(rows.end - 1)));
    let tonight = wallets.tables.top_ups.text("top_up_id");
    let sources = movements.iter().map(|it| match &it.kind {
        Kind::TopUp(row) => tonight.get(*row),
        Kind::Expiry(top_up) => top_up.as_deref(),
        Kind::Debit(_) => None,
    });
    let of_line = |name: &str| gather(rated.frame(), name, &first, name);
    let height = movements.len();
    let columns = vec![
        ids(opened, movements),
        gather(table, "wallet_id", &of_wallets, "wallet_id"),
        gather(table, "account_id", &of_wallets, "account_id"),
        same_column("run_id", Some(terms.run_id), height),
        text_column("kind", movements.iter().map(|it| Some(it.kind.name()))),
        date_column("on_day", movements.iter().map(|_| Some(terms.as_of))),
        of_line("service_id"),
        of_line("charge"),
        gather(lines.frame(), "line_id", &first_line, "line_id"),
        of_line("period_start"),
        date_column("period_end", last),
        units_column(
            "amount",
            Of::Amount,
            movements.iter().map(|it| Some(it.amount)),
        ),
        gather(table, "currency", &of_wallets, "currency"),
        units_column(
            "balance_after",
            Of::Amount,
            movements.iter().map(|it| Some(it.balance_after)),
        ),
        text_column("source_id", sources),
    ];
    WalletTransactions::in_order(DataFrame::new(height, columns).expect("columns of one height"))
}

/// The wallet, and which of its transactions it is.
fn ids(opened: &Opened<'_>, movements: &[Movement]) -> Column {
    let mut ids = StringChunkedBuilder::new("transaction_id".into(), movements.len());
    let mut id = String::new();
    for movement in movements {
        id.clear();
        id.push_str(opened.money[movement.wallet].id);
        id.push('/');
        write!(id, "{}", movement.number).expect("a text takes all");
        ids.append_value(&id);
    }
    ids.finish().into_series().into()
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::TopUp(_) => "top_up",
            Self::Expiry(_) => "expiry",
            Self::Debit(_) => "debit",
        }
    }
}

/// The places of wallets that are new or moved.
fn touched(wallets: &Wallets<'_>, opened: &Opened<'_>) -> Vec<usize> {
    let accounts = wallets.tables.wallets.whole_texts("account_id");
    let is_its = |at: usize| {
        let account = accounts.get(opened.rows[at]).unwrap_or_default();
        wallets.concerns(account) && !wallets.parked.contains_key(account)
    };
    (0..opened.rows.len())
        .filter(|at| opened.moved[*at].is_touched && is_its(*at))
        .collect()
}

fn states(
    run_id: &str,
    wallets: &Wallets<'_>,
    opened: &Opened<'_>,
    touched: &[usize],
) -> WalletStates {
    let rows: IdxCa = touched
        .iter()
        .map(|at| Some(opened.rows[*at] as IdxSize))
        .collect();
    let table = &wallets.tables.wallets;
    let moved = || touched.iter().map(|at| &opened.moved[*at]);
    let amounts = |name: &str, of: fn(&super::opened::Moved) -> i128| {
        units_column(name, Of::Amount, moved().map(|moved| Some(of(moved))))
    };
    let height = touched.len();
    let columns = vec![
        gather(table, "wallet_id", &rows, "wallet_id"),
        gather(table, "account_id", &rows, "account_id"),
        gather(table, "currency", &rows, "currency"),
        same_column("run_id", Some(run_id), height),
        amounts("opening", |moved| moved.opening),
        amounts("topped_up", |moved| moved.topped_up),
        amounts("refunded", |_| 0),
        amounts("debited", |moved| moved.debited),
        amounts("expired", |moved| moved.expired),
        amounts("closing", super::opened::Moved::closing),
        amounts("opened_with", |moved| moved.opened_with),
        text_column(
            "lots",
            touched
                .iter()
                .map(|at| Lot::written(&opened.money[*at].lots)),
        ),
        count_column(
            "transactions",
            moved().map(|moved| Some(moved.transactions)),
        ),
    ];
    WalletStates::in_order(DataFrame::new(height, columns).expect("columns of one height"))
}

fn top_ups(run_id: &str, wallets: &Wallets<'_>, movements: &[Movement]) -> TopUps {
    let rows = movements.iter().filter_map(|it| match it.kind {
        Kind::TopUp(row) => Some(Some(row as IdxSize)),
        Kind::Expiry(_) | Kind::Debit(_) => None,
    });
    let rows: IdxCa = rows.collect();
    let table = &wallets.tables.top_ups;
    let of = |name: &str| gather(table, name, &rows, name);
    let columns = vec![
        of("top_up_id"),
        of("wallet_id"),
        of("account_id"),
        same_column("run_id", Some(run_id), rows.len()),
        of("at"),
        of("on"),
        of("amount"),
        of("expires_on"),
    ];
    TopUps::in_order(DataFrame::new(rows.len(), columns).expect("columns of one height"))
}

fn shortfalls(run_id: &str, rated: &RatedLines, shorts: &[Short]) -> Shortfalls {
    let mut shorts: Vec<&Short> = shorts.iter().collect();
    shorts.sort_by_key(|short| short.row);
    let rows: IdxCa = shorts
        .iter()
        .map(|short| Some(short.row as IdxSize))
        .collect();
    let of = |name: &str| gather(rated.frame(), name, &rows, name);
    let columns = vec![
        same_column("run_id", Some(run_id), shorts.len()),
        of("account_id"),
        of("subscription_id"),
        of("service_id"),
        of("charge"),
        date_column("period_start", shorts.iter().map(|short| Some(short.start))),
        date_column("period_end", shorts.iter().map(|short| Some(short.end))),
        units_column(
            "amount",
            Of::Amount,
            shorts.iter().map(|short| Some(short.amount)),
        ),
        units_column(
            "missing",
            Of::Amount,
            shorts.iter().map(|short| Some(short.missing)),
        ),
        of("currency"),
    ];
    Shortfalls::in_order(DataFrame::new(shorts.len(), columns).expect("columns of one height"))
}

/// Services that are started again in this run.
fn started(acted: &[Acted]) -> BTreeSet<&str> {
    let is_started = |it: &&Acted| it.action == Action::Start && it.is_ordered;
    let started = acted.iter().filter(is_started);
    started.map(|it| it.service.service_id.as_str()).collect()
}

fn totals(
    wallets: &Wallets<'_>,
    opened: &Opened<'_>,
    movements: &[Movement],
) -> BTreeMap<String, Sums> {
    let currencies = wallets.tables.wallets.whole_texts("currency");
    let currency = |at: usize| currencies.get(opened.rows[at]).unwrap_or_default();
    let mut all: BTreeMap<&str, Sums> = BTreeMap::new();
    let accounts = wallets.tables.wallets.whole_texts("account_id");
    let is_its = |at: usize| wallets.concerns(accounts.get(opened.rows[at]).unwrap_or_default());
    for (at, moved) in opened
        .moved
        .iter()
        .enumerate()
        .filter(|(at, _)| is_its(*at))
    {
        let closing = moved.closing();
        all.entry(currency(at)).or_default().add(&Sums {
            wallets: 1,
            debits: 0,
            opening: moved.opening,
            topped_up: moved.topped_up,
            debited: moved.debited,
            expired: moved.expired,
            closing,
        });
    }
    for debit in movements
        .iter()
        .filter(|it| matches!(it.kind, Kind::Debit(_)))
    {
        all.entry(currency(debit.wallet)).or_default().debits += 1;
    }
    all.into_iter()
        .map(|(currency, sums)| (currency.to_owned(), sums))
        .collect()
}
