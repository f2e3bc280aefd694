//! Why: what the book and a trial plan know of one thing.

use super::ground::{Task, computed, kept_header};
use super::house::SETTINGS;
use super::look::{facts, opened};
use super::report::open_drafts;
use super::{Flags, House, Moment, Progress, Watcher, read};
use crate::book::Book;
use crate::calendar::Date;
use crate::definition::{self, RawFile};
use crate::diagnostic::Report;
use crate::model::account::Tables;
use crate::model::bill_run::BillRun;
use crate::model::book_view::{BookView, RunRecord};
use crate::model::draft::{Drafts, InvoiceTaxes, Invoices};
use crate::model::line::{Exclusions, Lines};
use crate::report::explain::{self, Known, Trial};
use crate::report::page::Page;

/// Why: an invoice, line, service or account, from the book and a trial plan of the day.
pub fn explain(
    house: &House,
    what: &str,
    day: Option<Date>,
    moment: &Moment,
    watch: Watcher<'_>,
) -> Result<Page, Report> {
    let (book, view) = opened(&house.loaded.workspace)?;
    let trials = || {
        watch(Progress::Begin("Looking", None));
        let definitions = house.loaded.definitions.bill_runs.values().cloned();
        let tried = trials(house, book.as_ref(), &view, definitions, day, moment);
        watch(Progress::End);
        Ok(tried?.trials)
    };
    let kept = |record: &RunRecord| kept_definition(house, book.as_ref(), record);
    let known = Known {
        view: &view,
        lines: Lines::checked(facts(book.as_ref(), Lines::SCHEMA, None)?),
        invoices: Invoices::checked(facts(book.as_ref(), Invoices::SCHEMA, None)?),
        drafts: Drafts::checked(open_drafts(book.as_ref(), &view)?),
        taxes: InvoiceTaxes::checked(facts(book.as_ref(), InvoiceTaxes::SCHEMA, None)?),
        exclusions: Exclusions::checked(facts(book.as_ref(), Exclusions::SCHEMA, None)?),
        definition: &kept,
        trials: &trials,
    };
    explain::explain(what, &known)
}

/// Trial plans, and the inputs they were computed from.
pub(super) struct Trials {
    pub trials: Vec<Trial>,
    pub tables: Tables,
}

/// A plan per definition, computed to see why something is not billed, and thrown away.
pub(super) fn trials(
    house: &House,
    book: Option<&Book>,
    view: &BookView,
    definitions: impl Iterator<Item = BillRun>,
    day: Option<Date>,
    moment: &Moment,
) -> Result<Trials, Report> {
    let read = read::in_place(house, book, moment)?;
    let trial = |run: BillRun| {
        let task = Task::tried(house, &run, day, moment);
        let planned = computed(house, &task, book, view, read.pins.clone(), &read.tables)?;
        Ok(Trial {
            definition: task.run.name,
            as_of: task.as_of.to_string(),
            standings: planned.standings,
            findings: planned.plan.findings,
        })
    };
    let trials: Result<Vec<Trial>, Report> = definitions.map(trial).collect();
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
