//! Questions about the book: fetches what is known and lets `report/` put the answer.

use super::ground::{as_of, computed, found, kept_header, known, numbers_fit, steps_of, view};
use super::{House, Moment, Outcome, Progress, Request, Watcher, documents, read};
use crate::book::{Book, Verified};
use crate::calendar::Date;
use crate::definition::{self, RawFile};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::inputs;
use crate::model::bill_run::BillRun;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::draft::{Drafts, InvoiceTaxes, Invoices, Postings};
use crate::model::line::{Exceptions, Exclusions, Lines};
use crate::model::plan::RunState;
use crate::model::table::{Columns, Schema, internal};
use crate::model::workspace::Source;
use crate::report::explain::{self, Known, Trial};
use crate::report::page::{Page, counted};
use crate::report::reconcile::{self, Reconciled};
use crate::report::table::Table;
use crate::report::{ledger, runs as run_list, show};
use polars::prelude::DataFrame;
use std::collections::BTreeMap;

/// What `check` looked at, and what it found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// One sentence: how many definitions, templates and rows of which inputs.
    pub said: String,
    pub findings: Report,
}

/// Checks inputs and readiness of one definition or all, beyond what `open` has checked; writes nothing.
pub fn check(
    house: &House,
    definition: Option<&str>,
    day: Option<Date>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Checked, Report> {
    documents::output_is_ours(house.root())?;
    let book = Book::open(&house.book())?;
    let view = view(book.as_ref())?;
    watch(Progress::Begin("Reading inputs", None));
    let read = read::in_place(house, book.as_ref());
    watch(Progress::End);
    let (pins, inputs) = read?;
    let mut findings = house.loaded.notices.clone();
    let all = house
        .loaded
        .definitions
        .bill_runs
        .keys()
        .map(String::as_str)
        .collect();
    for name in definition.map_or(all, |name| vec![name]) {
        let run = house.bill_run(name)?;
        let request = Request {
            as_of: day,
            ..Request::default()
        };
        let as_of = as_of(house, run, &request, moment);
        let planned = computed(house, run, &view, as_of, pins.clone(), &inputs)?;
        numbers_fit(&planned.plan, &view)?;
        findings.extend(would_park(name, as_of, &planned.plan.exceptions));
    }
    let tables = &inputs.kept;
    let said = format!(
        "Checked {} and {}; read {}, {} and {}.",
        counted(house.loaded.definitions.files.len(), "definition"),
        counted(
            house
                .texts
                .keys()
                .filter(|path| path.starts_with("templates/"))
                .count(),
            "template"
        ),
        counted(tables.accounts.height(), "account"),
        counted(tables.subscriptions.height(), "subscription"),
        counted(tables.services.height(), "service"),
    );
    Ok(Checked { said, findings })
}

/// What a run would park, a warning for each cause with its first row.
fn would_park(definition: &str, as_of: Date, exceptions: &Exceptions) -> Report {
    let frame = exceptions.frame();
    let mut causes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (row, code) in frame.text("code").iter().flatten().enumerate() {
        causes.entry(code).or_insert((row, 0)).1 += 1;
    }
    let warning = |(code, (row, count)): (&str, (usize, usize))| {
        let first = [
            frame.text_at("account_id", row),
            frame.text_at("service_id", row),
        ]
        .join(" ");
        let message = format!(
            "{code} would park {}: {}",
            counted(count, "row"),
            frame.text_at("message", row)
        );
        Diagnostic::warning("BW-I110", Place::Id(first.trim().to_owned()), message)
            .help(format!("so it stands for {definition} as of {as_of}; `billwright explain {code}` says what it means"))
    };
    causes.into_iter().map(warning).collect()
}

/// A run as it stands in the book.
pub fn look(house: &House, run: &str) -> Result<Outcome, Report> {
    let (book, view) = opened(house)?;
    let record = known(&view, run)?;
    let (header, _) = kept_header(book.as_ref(), record)?;
    let folder = house
        .root()
        .join("out")
        .join("documents")
        .join(&record.run_id);
    Ok(Outcome {
        steps: steps_of(book.as_ref(), record)?,
        balance: header.balance,
        documents: folder.is_dir().then_some(folder),
        ..found(record, &view)
    })
}

/// The runs in the book.
pub fn runs(house: &House) -> Result<Table, Report> {
    Ok(run_list::runs(&opened(house)?.1))
}

/// The steps of a run.
pub fn steps(house: &House, run: &str) -> Result<Table, Report> {
    let (book, view) = opened(house)?;
    Ok(show::steps(&steps_of(book.as_ref(), known(&view, run)?)?))
}

/// The invoices of a run, drafts included.
pub fn invoices(house: &House, run: &str) -> Result<Table, Report> {
    let (book, view) = opened(house)?;
    let record = known(&view, run)?;
    let rows = match record.state.is_posted() {
        true => facts(book.as_ref(), Invoices::SCHEMA, Some(record))?,
        false => drafts(book.as_ref(), record)?,
    };
    Ok(show::invoices(&rows))
}

/// What a run could not bill.
pub fn failed(house: &House, run: &str) -> Result<Table, Report> {
    let (book, view) = opened(house)?;
    let rows = facts(book.as_ref(), Exceptions::SCHEMA, Some(known(&view, run)?))?;
    Ok(show::failed(&Exceptions::checked(rows), &view))
}

/// What a run rightly did not bill.
pub fn excluded(house: &House, run: &str) -> Result<Table, Report> {
    let (book, view) = opened(house)?;
    let rows = facts(book.as_ref(), Exclusions::SCHEMA, Some(known(&view, run)?))?;
    Ok(show::excluded(&Exclusions::checked(rows)))
}

/// Why: an invoice, line, service or account, from the book and a trial plan of the day.
pub fn explain(
    house: &House,
    what: &str,
    day: Option<Date>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Page, Report> {
    let (book, view) = opened(house)?;
    let mut open = Drafts::SCHEMA.empty();
    for record in view.runs.iter().filter(|record| !record.state.is_posted()) {
        open.vstack_mut(&drafts(book.as_ref(), record)?)
            .map_err(internal)?;
    }
    let trials = || {
        watch(Progress::Begin("Looking", None));
        let trials = trials(house, book.as_ref(), &view, day, moment);
        watch(Progress::End);
        trials
    };
    let kept = |record: &RunRecord| kept_definition(house, book.as_ref(), record);
    let known = Known {
        view: &view,
        lines: Lines::checked(facts(book.as_ref(), Lines::SCHEMA, None)?),
        invoices: Invoices::checked(facts(book.as_ref(), Invoices::SCHEMA, None)?),
        drafts: Drafts::checked(open),
        taxes: InvoiceTaxes::checked(facts(book.as_ref(), InvoiceTaxes::SCHEMA, None)?),
        exclusions: Exclusions::checked(facts(book.as_ref(), Exclusions::SCHEMA, None)?),
        definition: &kept,
        trials: &trials,
    };
    explain::explain(what, &known)
}

/// A plan per definition, computed to see why something is not billed, and thrown away.
fn trials(
    house: &House,
    book: Option<&Book>,
    view: &BookView,
    day: Option<Date>,
    moment: &Moment,
) -> Result<Vec<Trial>, Report> {
    let (pins, inputs) = read::in_place(house, book)?;
    let definitions = house.loaded.definitions.bill_runs.values();
    let trial = |run: &BillRun| {
        let request = Request {
            as_of: day,
            ..Request::default()
        };
        let as_of = as_of(house, run, &request, moment);
        let standings = computed(house, run, view, as_of, pins.clone(), &inputs)?.standings;
        Ok(Trial {
            definition: run.name.clone(),
            as_of: as_of.to_string(),
            standings,
        })
    };
    definitions.map(trial).collect()
}

/// The definition a run was computed from, as kept with its plan.
fn kept_definition(house: &House, book: Option<&Book>, record: &RunRecord) -> Option<BillRun> {
    let (_, texts) = kept_header(book, record).ok()?;
    let raw = |(path, text): (&String, &String)| RawFile {
        path: path.clone(),
        bytes: text.clone().into_bytes(),
    };
    let files = |folder: &'static str| {
        texts
            .iter()
            .filter(move |(path, _)| path.starts_with(folder))
    };
    let settings = texts.get_key_value(super::house::SETTINGS).map(raw)?;
    let definitions: Vec<RawFile> = files("definitions/").map(raw).collect();
    let templates: Vec<String> = files("templates/").map(|(path, _)| path.clone()).collect();
    let loaded =
        definition::load(house.root(), &settings, &definitions, &templates, &|_| None).ok()?;
    loaded
        .definitions
        .bill_runs
        .get(&record.definition)
        .cloned()
}

/// Compares a run with somebody else's figures, as a reconciliation says.
pub fn reconcile(house: &House, name: &str) -> Result<Reconciled, Report> {
    let known_specs = &house.loaded.definitions.reconciliations;
    let Some(spec) = known_specs.get(name) else {
        return Err(super::house::unknown(
            "reconciliation",
            name,
            known_specs.keys().map(String::as_str),
        )
        .into());
    };
    let (book, view) = opened(house)?;
    // A canceled run has nothing to compare: the latest that counts is meant.
    let counts = |run: &&RunRecord| run.definition == spec.run && run.state != RunState::Canceled;
    let record = view
        .runs
        .iter()
        .rev()
        .find(counts)
        .map_or_else(|| known(&view, &spec.run), Ok)?;
    let ours = match record.state.is_posted() {
        true => facts(book.as_ref(), Invoices::SCHEMA, Some(record))?,
        false => drafts(book.as_ref(), record)?,
    };
    let sources = &house.loaded.workspace.inputs;
    let pins = inputs::pin(house.root(), sources, &[&spec.against])?;
    let theirs = inputs::export(&spec.against, sources, &read::located(house, &pins))?;
    let source = match sources.get(&spec.against).map(|input| &input.source) {
        Some(Source::File { path, .. }) => path,
        _ => &spec.against,
    };
    reconcile::reconcile(spec, &ours, &theirs, source)
}

/// Compares the whole book with its hashes and its chain; with a head, also with what was printed then. `None`: there is no
/// book yet.
pub fn verify(house: &House, head: Option<&str>) -> Result<Option<Verified>, Report> {
    Book::open(&house.book())?
        .map(|book| book.verify(head))
        .transpose()
}

/// The journal of one run, or of all, in hledger's form.
pub fn export_hledger(house: &House, run: Option<&str>) -> Result<String, Report> {
    let (book, view) = opened(house)?;
    let record = run.map(|run| known(&view, run)).transpose()?;
    let invoices = facts(book.as_ref(), Invoices::SCHEMA, record)?;
    let postings = facts(book.as_ref(), Postings::SCHEMA, record)?;
    Ok(ledger::hledger(&invoices, &postings))
}

fn opened(house: &House) -> Result<(Option<Book>, BookView), Report> {
    let book = Book::open(&house.book())?;
    let view = view(book.as_ref())?;
    Ok((book, view))
}

/// Rows of a fact table; none where there is no book.
fn facts(
    book: Option<&Book>,
    table: &'static Schema,
    run: Option<&RunRecord>,
) -> Result<DataFrame, Report> {
    book.map_or_else(
        || Ok(table.empty()),
        |book| book.facts(table, run.map(|run| run.run_id.as_str())),
    )
}

/// The draft invoices of a run that is not posted.
fn drafts(book: Option<&Book>, run: &RunRecord) -> Result<DataFrame, Report> {
    let kept = book.map_or(Ok(None), |book| book.pending(&run.run_id, Drafts::SCHEMA))?;
    Ok(kept.unwrap_or_else(|| Drafts::SCHEMA.empty()))
}
