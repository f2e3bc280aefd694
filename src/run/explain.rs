//! Why: what the book and a trial plan know of one thing.

use super::ground::{Task, kept_header, tried, view};
use super::house::SETTINGS;
use super::look::{columns, outlined};
use super::report::open_runs;
use super::{Flags, House, Moment, Progress, Watcher, read};
use crate::book::{Book, Wanted};
use crate::calendar::Date;
use crate::definition::{self, RawFile};
use crate::diagnostic::Report;
use crate::inputs::{Only, Purpose};
use crate::model::account::Tables;
use crate::model::bill_run::BillRun;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::draft::{Drafts, InvoiceTaxes, Invoices};
use crate::model::line::{Claims, Exceptions, Exclusions, Lines};
use crate::model::outlook::{WalletEstimates, WalletNotices};
use crate::model::service_action::ServiceActions;
use crate::model::table::{Columns, Schema, internal};
use crate::model::wallet::{Shortfalls, WalletStates, WalletTransactions};
use crate::report::explain::{self, Known, Trial};
use crate::report::page::Page;
use polars::prelude::DataFrame;
use std::collections::BTreeSet;

/// Why: an invoice, line, service, account or wallet, from the book and a trial plan of the day.
pub fn explain(
    house: &House,
    what: &str,
    day: Option<Date>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Page, Report> {
    let (book, outline) = outlined(&house.loaded.workspace)?;
    let found = Found::new(book.as_ref(), &outline, what)?;
    let only = Only {
        anything: Some(what.to_owned()),
        ..Only::default()
    };
    let trials = || {
        watch(Progress::Begin("Looking", None));
        let definitions = house.loaded.definitions.bill_runs.values().cloned();
        let tried = view(book.as_ref(), house.debits_wallets()).and_then(|view| {
            trials(
                house,
                book.as_ref(),
                &view,
                Some(&only),
                definitions,
                day,
                moment,
            )
        });
        watch(Progress::End);
        Ok(tried?.trials)
    };
    let claims = |items: &BTreeSet<&str>| {
        let wanted = [("service_id", items), ("charge", items)];
        with(book.as_ref(), Claims::SCHEMA, &wanted).map(Claims::checked)
    };
    let kept = |record: &RunRecord| kept_definition(house, book.as_ref(), record);
    let known = Known {
        runs: &outline.runs,
        lines: found.lines,
        invoices: found.invoices,
        drafts: found.drafts,
        taxes: found.taxes,
        exclusions: Exclusions::checked(found.exclusions),
        exceptions: Exceptions::checked(found.exceptions),
        transactions: WalletTransactions::in_order(found.transactions),
        wallets: WalletStates::in_order(found.wallets),
        shortfalls: Shortfalls::in_order(found.shortfalls),
        estimates: WalletEstimates::in_order(found.estimates),
        notices: WalletNotices::in_order(found.notices),
        actions: ServiceActions::in_order(found.actions),
        own: &|| read::wallets(house, moment).ok(),
        claims: &claims,
        definition: &kept,
        trials: &trials,
        names: &|| names(book.as_ref()),
    };
    explain::explain(what, &known)
}

/// What the book has of one name.
struct Found {
    lines: Lines,
    invoices: Invoices,
    drafts: Drafts,
    taxes: InvoiceTaxes,
    exclusions: DataFrame,
    exceptions: DataFrame,
    transactions: DataFrame,
    wallets: DataFrame,
    shortfalls: DataFrame,
    estimates: DataFrame,
    notices: DataFrame,
    actions: DataFrame,
}

impl Found {
    /// The invoice of this name with its lines, or the lines of it with their invoices; and what was set aside of it.
    fn new(book: Option<&Book>, outline: &BookView, what: &str) -> Result<Self, Report> {
        let name = &BTreeSet::from([what]);
        let about = [("service_id", name), ("account_id", name)];
        let documents = [("invoice_id", name), ("number", name)];
        let named = with(book, Invoices::SCHEMA, &documents)?;
        let drafts = drafts_with(book, outline, name)?;
        let ids = [&named, &drafts].map(|rows| rows.text("invoice_id").iter().flatten());
        let asked: BTreeSet<&str> = ids.into_iter().flatten().collect();
        let [service, account] = about;
        let wanted = [service, account, ("line_id", name), ("invoice_id", &asked)];
        let lines = with(book, Lines::SCHEMA, &wanted)?;
        let on: BTreeSet<&str> = lines.text("invoice_id").iter().flatten().collect();
        let on = &on | &asked;
        let invoices = with(book, Invoices::SCHEMA, &[("invoice_id", &on)])?;
        let taxes = with(book, InvoiceTaxes::SCHEMA, &[("invoice_id", &asked)])?;
        let services: BTreeSet<&str> = lines.text("service_id").iter().flatten().collect();
        let holders = [("wallet_id", name), ("account_id", name)];
        let moves = [("wallet_id", name), ("service_id", &services)];
        Ok(Self {
            transactions: with(book, WalletTransactions::SCHEMA, &moves)?,
            wallets: match book {
                Some(book) => book.wallets_with(&holders)?,
                None => WalletStates::SCHEMA.empty(),
            },
            shortfalls: with(book, Shortfalls::SCHEMA, &about)?,
            estimates: with(book, WalletEstimates::SCHEMA, &[("wallet_id", name)])?,
            notices: with(book, WalletNotices::SCHEMA, &[("wallet_id", name)])?,
            actions: with(book, ServiceActions::SCHEMA, &about)?,
            invoices: Invoices::checked(invoices),
            drafts: Drafts::checked(drafts_with(book, outline, &on)?),
            taxes: InvoiceTaxes::checked(taxes),
            exclusions: with(book, Exclusions::SCHEMA, &about)?,
            exceptions: with(book, Exceptions::SCHEMA, &about)?,
            lines: Lines::checked(lines.clone()),
        })
    }
}

/// The rows of a fact table that have one of the values in one of the columns; none where no value is wanted.
pub(super) fn with(
    book: Option<&Book>,
    table: &'static Schema,
    wanted: &[Wanted],
) -> Result<DataFrame, Report> {
    match book {
        Some(book) if wanted.iter().any(|(_, values)| !values.is_empty()) => {
            book.rows_with(table, wanted)
        }
        _ => Ok(table.empty()),
    }
}

/// The draft invoices with one of these ids.
fn drafts_with(
    book: Option<&Book>,
    outline: &BookView,
    ids: &BTreeSet<&str>,
) -> Result<DataFrame, Report> {
    let table = Drafts::SCHEMA;
    let mut drafts = table.empty();
    let Some(book) = book else {
        return Ok(drafts);
    };
    for run in open_runs(outline) {
        let rows = book.pending_rows_with(table, &run.run_id, &[("invoice_id", ids)])?;
        drafts.vstack_mut_owned(rows).map_err(internal)?;
    }
    Ok(drafts)
}

/// The numbers of all invoices, and the ids of all lines, services and accounts that were billed, and of wallets.
fn names(book: Option<&Book>) -> Result<Vec<String>, Report> {
    let wallets = book.map(Book::wallets).transpose()?;
    let wallets = wallets.unwrap_or_else(WalletStates::empty);
    let invoices = columns(book, Invoices::SCHEMA, None, &["number"])?;
    let ids = ["line_id", "service_id", "account_id"];
    let lines = columns(book, Lines::SCHEMA, None, &ids)?;
    let of_lines = ids.iter().flat_map(|name| lines.text(name).iter());
    let of_wallets = wallets.frame().text("wallet_id").iter();
    let names = invoices.text("number").iter().chain(of_lines);
    let names = names.chain(of_wallets).flatten();
    let names = names.filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}

/// Trial plans, and the inputs they were computed from.
pub(super) struct Trials {
    pub trials: Vec<Trial>,
    pub tables: Tables,
}

/// A plan per definition, computed to see how services stand, and thrown away. `only`: whom it is about.
pub(super) fn trials(
    house: &House,
    book: Option<&Book>,
    view: &BookView,
    only: Option<&Only>,
    definitions: impl Iterator<Item = BillRun>,
    day: Option<Date>,
    moment: &Moment,
) -> Result<Trials, Report> {
    let definitions: Vec<BillRun> = definitions.collect();
    let purpose = Purpose::of(&definitions);
    let read = read::in_place(house, book, (purpose, only), moment)?;
    let trial = |run: BillRun| {
        let task = Task::tried(house, &run, day, moment);
        let (standings, findings) = tried(house, &task, book, view, &read.tables)?;
        Ok(Trial {
            definition: task.run.name,
            as_of: task.as_of.to_string(),
            standings,
            findings,
        })
    };
    let trials: Result<Vec<Trial>, Report> = definitions.into_iter().map(trial).collect();
    Ok(Trials {
        trials: trials?,
        tables: read.tables.kept,
    })
}

/// The definition a run was computed from, as kept with its plan, with what was set for that one run.
fn kept_definition(house: &House, book: Option<&Book>, record: &RunRecord) -> Option<BillRun> {
    let (header, texts) = kept_header(book, record).ok()?;
    let raw = |(path, text): (&String, &String)| RawFile {
        path: path.clone(),
        bytes: text.clone().into_bytes(),
    };
    let files = |folder: &'static str| {
        texts
            .iter()
            .filter(move |(path, _)| path.starts_with(folder))
    };
    let settings = texts.get_key_value(SETTINGS).map(raw)?;
    let definitions: Vec<RawFile> = files("definitions/").map(raw).collect();
    let templates: Vec<String> = files("templates/").map(|(path, _)| path.clone()).collect();
    let loaded =
        definition::load(house.root(), &settings, &definitions, &templates, &|_| None).ok()?;
    let run = loaded.definitions.bill_runs.get(&record.definition)?;
    Some(Flags::kept(&header).applied(run))
}
