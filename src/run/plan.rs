//! Computes a plan: all stages in the order data flows, from values to a value.

use super::flags::Flags;
use super::part::{Part, Ranged};
use super::range::Ranges;
use crate::book::{self, Encoder};
use crate::calendar::Date;
use crate::diagnostic::{Aside, AsideKind, Report};
use crate::identify::{self, Question, Tally, Wanted};
use crate::model::account::Tables;
use crate::model::bill_run::{BillRun, Check};
use crate::model::book_view::BookView;
use crate::model::debits::Estimate;
use crate::model::definitions::Definitions;
use crate::model::digest::sha256;
use crate::model::draft::Drafts;
use crate::model::due::Standings;
use crate::model::finding::{Finding, Findings};
use crate::model::ids;
use crate::model::line::{Exceptions, Exclusions, Lines};
use crate::model::outlook::Used;
use crate::model::part::Encoded;
use crate::model::plan::{
    ActionCounts, CurrencyTotals, Header, Pin, Plan, RowBalance, SeriesPlan, Stage, Totals,
    WalletSums, WalletTotals,
};
use crate::model::service_action::{Action, CANDIDATE, ORDERED, ServiceActions};
use crate::model::table::{Columns, Schema, internal, text_column};
use crate::model::workspace::{Reset, Workspace};
use crate::money::{Amount, Currency};
use crate::report::causes::Causes;
use crate::wallet::{self, Openings, Sums};
use polars::prelude::{DataFrame, SortMultipleOptions};
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Everything a plan is made from.
pub struct Ground<'a> {
    pub workspace: &'a Workspace,
    pub definitions: &'a Definitions,
    /// With what was set for this one run in place of its own values.
    pub run: &'a BillRun,
    pub flags: &'a Flags,
    /// billwright.toml, definitions and templates by path.
    pub texts: &'a BTreeMap<String, String>,
    pub pins: Vec<Pin>,
    /// What the checks find in the files themselves.
    pub found: Vec<Finding>,
    pub book: &'a BookView,
    pub as_of: Date,
    /// Whether it is only to be seen how every service stands: then no table is written.
    pub is_trial: bool,
}

/// What is the most of it, and is needed no more once every range was computed.
pub struct Inputs<'a> {
    pub tables: &'a Tables,
    /// The rows that `inputs/` set aside.
    pub faults: &'a [Aside],
    /// Lines in the book, as `identify` asks for them.
    pub lines_of: &'a dyn Fn(&Wanted) -> Result<Lines, Report>,
    /// What runs of this day or later have debited for usage.
    pub used_since: &'a dyn Fn(Date) -> Result<Used, Report>,
}

/// A plan that is still to be put together from what its ranges came to.
pub struct Computed<'a> {
    ground: Ground<'a>,
    run_id: String,
    window: (Option<Date>, Date),
    made: Made,
}

/// A plan.
pub struct Planned {
    pub plan: Plan,
    /// The runs that claimed days of services which are not due now, as far as nothing of theirs is.
    pub billed_by: BTreeSet<String>,
}

/// Computes what the run would do. Same ground, same plan, however many accounts are computed at once.
pub fn compute<'a>(ground: Ground<'a>, inputs: &Inputs<'_>) -> Result<Computed<'a>, Report> {
    if ground.run.debits.is_some() {
        wallet::top_ups_agree(inputs.tables, &ground.book.purse.top_ups)?;
    }
    let size = ground.workspace.accounts_at_once;
    let run_id = run_id(ground.run, ground.as_of, ground.book);
    let window = &ground.run.window;
    let enabled = ground.definitions.bill_runs.values();
    let covered: Vec<&BillRun> = enabled.filter(|run| run.enabled).collect();
    let question = Question {
        run: ground.run,
        schemes: &ground.definitions.schemes,
        groups: &ground.definitions.groups,
        terms: &ground.definitions.terms,
        holds: &ground.definitions.holds,
        covered: &covered,
        as_of: ground.as_of,
        from: window.from.map(|day| day.of(ground.as_of)),
        to: window.to.of(ground.as_of),
    };
    let (ranges, wanted) = RAYON.install(|| {
        let ranges = Ranges::new(inputs.tables, inputs.faults, ground.book, size);
        let wanted = wanted(&question, &ranges, ground.book);
        (ranges, wanted)
    });
    let history = (inputs.lines_of)(&wanted)?;
    let estimate = ground
        .run
        .debits
        .as_ref()
        .and_then(|debits| debits.estimate);
    let used = match estimate.filter(|_| !ground.is_trial) {
        Some(Estimate { lookback_days, .. }) => {
            (inputs.used_since)(ground.as_of.plus_days(1 - lookback_days))?
        }
        None => Used::new(),
    };
    let part = Part {
        used: &used,
        run_id: &run_id,
        question: &question,
        workspace: ground.workspace,
        tax: ground
            .run
            .tax
            .as_ref()
            .map(|name| &ground.definitions.taxes[name]),
        is_trial: ground.is_trial,
    };
    let made = RAYON.install(|| made(&part, &ranges, &history))?;
    let window = (question.from, question.to);
    Ok(Computed {
        ground,
        run_id,
        window,
        made,
    })
}

/// The lines in the book that any range has to look at again.
fn wanted(question: &Question<'_>, ranges: &Ranges<'_>, book: &BookView) -> Wanted {
    if book.claims.is_empty() {
        return Wanted::default();
    }
    let of_range = |number| {
        let range = ranges.range(number);
        identify::wanted_history(question, &range.tables, &range.book)
    };
    let all = (0..ranges.count()).into_par_iter().map(of_range);
    all.reduce(Wanted::default, |mut all, more| {
        all.services.extend(more.services);
        all.accounts.extend(more.accounts);
        all.runs.extend(more.runs);
        all
    })
}

/// What all ranges made, in their order.
struct Made {
    /// The tables that are written as the ranges come; `None`: nobody wants them.
    files: Option<Vec<Encoder>>,
    drafts: Vec<Drafts>,
    aside: Vec<Aside>,
    findings: Vec<Finding>,
    tally: Tally,
    balances: Vec<Vec<RowBalance>>,
    standings: Vec<Standings>,
    documents: usize,
    /// Lines that stand on an invoice.
    lines: usize,
    causes: Causes,
    billed_by: BTreeSet<String>,
    wallets: BTreeMap<String, Sums>,
    shortfalls: usize,
    top_ups: usize,
    actions: Vec<ServiceActions>,
    /// Services that were rated.
    services: usize,
    openings: Openings,
}

/// Ranges for each thread that may be computed and not written yet.
const AHEAD: usize = 3;

/// Computes range after range, one on each thread. Whoever has computed one writes what can be written by then, while the others go on.
fn made(part: &Part<'_>, ranges: &Ranges<'_>, history: &Lines) -> Result<Made, Report> {
    let history = ranges.lines(history);
    let next = AtomicUsize::new(0);
    let computed = Mutex::new(BTreeMap::new());
    let writing = Mutex::new(Writing {
        made: Made::new((!part.is_trial).then(|| part.tables()))?,
        next: 0,
    });
    let none = "nobody panics with this lock";
    let work = || -> Result<(), Report> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= ranges.count() {
                return Ok(());
            }
            let ranged = part.of_range(&ranges.range(number), &history[number])?;
            let ahead = {
                let mut computed = computed.lock().expect(none);
                computed.insert(number, ranged);
                computed.len()
            };
            // Who is far ahead waits for the one that writes.
            let writing = match ahead < AHEAD * rayon::current_num_threads() {
                true => writing.try_lock().ok(),
                false => Some(writing.lock().expect(none)),
            };
            if let Some(mut writing) = writing {
                writing.write(&computed)?;
            }
        }
    };
    let stopped =
        rayon::broadcast(|_| work().inspect_err(|_| next.store(ranges.count(), Ordering::Relaxed)));
    stopped.into_iter().collect::<Result<(), Report>>()?;
    let mut writing = writing.into_inner().expect(none);
    writing.write(&computed)?;
    Ok(writing.made)
}

/// The tables as far as they are written.
struct Writing {
    made: Made,
    /// The range to be written next.
    next: usize,
}

impl Writing {
    /// Writes what was computed, up to the first range that was not.
    fn write(&mut self, computed: &Mutex<BTreeMap<usize, Ranged>>) -> Result<(), Report> {
        loop {
            let ranged = computed
                .lock()
                .expect("nobody panics with this lock")
                .remove(&self.next);
            let Some(ranged) = ranged else { return Ok(()) };
            self.made.add(ranged)?;
            self.next += 1;
        }
    }
}

impl Made {
    fn new(written: Option<&[&'static Schema]>) -> Result<Self, Report> {
        let encoders =
            |tables: &[&'static Schema]| tables.iter().copied().map(Encoder::new).collect();
        Ok(Self {
            files: written.map(encoders).transpose()?,
            drafts: Vec::new(),
            aside: Vec::new(),
            findings: Vec::new(),
            tally: Tally::default(),
            balances: Vec::new(),
            standings: Vec::new(),
            documents: 0,
            lines: 0,
            causes: Causes::default(),
            billed_by: BTreeSet::new(),
            wallets: BTreeMap::new(),
            shortfalls: 0,
            top_ups: 0,
            actions: Vec::new(),
            services: 0,
            openings: Openings::default(),
        })
    }

    fn add(&mut self, ranged: Ranged) -> Result<(), Report> {
        self.lines += ranged.line_count;
        self.documents += ranged.documents;
        if let Some(files) = &mut self.files {
            for (file, table) in files.iter_mut().zip(ranged.tables) {
                file.push(table)?;
            }
            self.drafts.push(ranged.drafts);
        }
        for (currency, sums) in &ranged.wallets.sums {
            self.wallets.entry(currency.clone()).or_default().add(sums);
        }
        self.shortfalls += ranged.wallets.shortfalls;
        self.top_ups += ranged.wallets.top_ups;
        self.actions.extend(ranged.wallets.actions);
        self.services += ranged.wallets.services;
        self.openings.add(ranged.wallets.openings);
        self.aside.extend(ranged.aside);
        self.causes.add(ranged.causes);
        self.findings.extend(ranged.findings);
        self.tally.add(ranged.tally);
        self.balances.push(ranged.balance);
        self.standings.extend(ranged.standings);
        self.billed_by.extend(ranged.billed_by);
        Ok(())
    }
}

impl Computed<'_> {
    /// Puts the plan together. Panics for a trial, of which none is made.
    pub fn finish(self) -> Result<Planned, Report> {
        RAYON.install(|| finished(self))
    }

    /// How every service stands, and what the checks found.
    pub fn tried(self) -> Result<(Standings, Findings), Report> {
        let standings = self.made.standings.iter().map(Standings::frame);
        let mut standings = stacked(Standings::SCHEMA, standings)?;
        standings.rechunk_mut_par();
        Ok((Standings::checked(standings), self.findings()))
    }

    /// What is done about services: which are stopped is known once all are looked at.
    fn ordered(&mut self) -> Result<ServiceActions, Report> {
        let Some(debits) = &self.ground.run.debits else {
            return Ok(ServiceActions::empty());
        };
        let actions = self.made.actions.iter().map(ServiceActions::frame);
        let actions = ServiceActions::checked(stacked(ServiceActions::SCHEMA, actions)?);
        let is_old = |finding: &Finding| finding.check == Check::TopUpsFresh;
        let is_fresh = !self.ground.found.iter().any(is_old);
        let stops = debits.stops.as_ref();
        let (actions, refused) = wallet::ordered(stops, actions, self.made.services, is_fresh);
        self.made.findings.extend(refused.map(|message| Finding {
            check: Check::StopLimit,
            account_id: String::new(),
            subscription_id: String::new(),
            service_id: String::new(),
            message,
        }));
        Ok(actions)
    }

    /// What was found in the ranges, and of the run as a whole.
    fn findings(&self) -> Findings {
        let (
            Made {
                findings, tally, ..
            },
            (from, _),
        ) = (&self.made, self.window);
        let mut all = findings.clone();
        all.extend(tally.findings(from.is_some()));
        all.extend(self.made.openings.finding());
        all.extend(self.ground.found.iter().cloned());
        Findings::of(&self.run_id, &self.ground.run.checks, &all)
    }
}

fn finished(mut computed: Computed<'_>) -> Result<Planned, Report> {
    let actions = computed.ordered()?;
    let findings = computed.findings();
    let Computed {
        ground,
        run_id,
        window: (_, to),
        made,
    } = computed;
    let exclusions = Exclusions::checked(rows_aside(&run_id, &made.aside, AsideKind::Exclusion));
    let exceptions = Exceptions::checked(rows_aside(&run_id, &made.aside, AsideKind::Exception));
    let drafts = by_date(made.drafts)?;
    let mut whole = vec![
        (Drafts::SCHEMA, drafts.frame()),
        (Exclusions::SCHEMA, exclusions.frame()),
        (Exceptions::SCHEMA, exceptions.frame()),
        (Findings::SCHEMA, findings.frame()),
    ];
    if ground.run.debits.is_some() {
        whole.push((ServiceActions::SCHEMA, actions.frame()));
    }
    let actions = counted(&actions);
    // What is ordered is written into one file.
    let documents = match actions.stopped + actions.started {
        0 => made.documents,
        _ => made.documents + 1,
    };
    let begun = made.files.expect("a plan has tables").into_par_iter();
    let whole = whole.into_par_iter();
    let written = begun
        .map(Encoder::finish)
        .chain(whole.map(|(schema, frame)| book::encode(schema, frame)));
    let named = |table: Encoded| (table.schema.name, Arc::new(table));
    let written = written.map(|table| table.map(named));
    let tables = written.collect::<Result<BTreeMap<&'static str, Arc<Encoded>>, Report>>()?;
    let hashes = tables.iter();
    let header = Header {
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        definition: ground.run.name.clone(),
        as_of: ground.as_of.to_string(),
        run_type: ground.flags.run_type(),
        flags: ground.flags.written(),
        window_from: window_from(ground.run, ground.as_of),
        window_to: to.to_string(),
        goal: goal(ground.run, documents),
        formats: ground
            .run
            .formats
            .iter()
            .map(|format| format.ending().to_owned())
            .collect(),
        documents,
        series: series(ground.workspace, ground.run),
        seller: ground.workspace.seller.clone(),
        lineage: ground.book.lineage.clone(),
        serial: ground.book.serial,
        texts: ground
            .texts
            .iter()
            .map(|(path, text)| (path.clone(), sha256(text)))
            .collect(),
        inputs: ground.pins,
        tables: hashes
            .map(|(name, table)| ((*name).to_owned(), table.part.sha256.clone()))
            .collect(),
        totals: Totals {
            wallets: ground.run.debits.as_ref().map(|_| WalletTotals {
                shortfalls: made.shortfalls as i64,
                top_ups: made.top_ups as i64,
                actions,
                ..wallet_totals(&made.wallets)
            }),
            ..totals(made.lines, &drafts, exclusions.len(), exceptions.len())
        },
        balance: identify::added_up(made.balances),
        causes: made.causes.all(),
        run_id,
    };
    let plan = Plan {
        header,
        texts: ground.texts.clone(),
        tables,
        drafts,
        exclusions,
        exceptions,
        findings,
    };
    Ok(Planned {
        plan,
        billed_by: made.billed_by,
    })
}

/// The drafts of all ranges in the order of their numbers: by date, and within one as the ranges come.
fn by_date(drafts: Vec<Drafts>) -> Result<Drafts, Report> {
    let all = stacked(Drafts::SCHEMA, drafts.iter().map(Drafts::frame))?;
    let dates: Vec<Option<Date>> = all.dates("invoice_date").collect();
    if dates.is_sorted() {
        return Ok(Drafts::in_order(all));
    }
    let order = SortMultipleOptions::default().with_maintain_order(true);
    all.sort(["invoice_date"], order)
        .map(Drafts::in_order)
        .map_err(internal)
}

/// Tables of one shape below one another.
fn stacked<'a>(
    schema: &Schema,
    frames: impl Iterator<Item = &'a DataFrame>,
) -> Result<DataFrame, Report> {
    let mut all = schema.empty();
    for frame in frames {
        all.vstack_mut(frame).map_err(internal)?;
    }
    Ok(all)
}

/// NAME@AS_OF, or the next number of that day.
fn run_id(run: &BillRun, as_of: Date, book: &BookView) -> String {
    let day = as_of.to_string();
    let earlier = book
        .runs
        .iter()
        .filter(|other| other.definition == run.name && other.as_of == day)
        .count();
    ids::run_id(&run.name, as_of, earlier)
}

/// The first day of the window, or `earliest`.
fn window_from(run: &BillRun, as_of: Date) -> String {
    let from = run.window.from.map(|day| day.of(as_of).to_string());
    from.unwrap_or_else(|| "earliest".to_owned())
}

/// How far a run of this definition goes by itself.
fn goal(run: &BillRun, documents: usize) -> Stage {
    let has_documents = !run.formats.is_empty() || documents > 0;
    match (run.invoices.auto_post, has_documents) {
        (false, _) => Stage::Invoice,
        (true, false) => Stage::Post,
        (true, true) => Stage::Render,
    }
}

/// Every series the run's drafts can take numbers from, by name.
fn series(workspace: &Workspace, run: &BillRun) -> Vec<SeriesPlan> {
    let options = &run.invoices;
    let names = options
        .series
        .values()
        .chain(options.credit_series.values());
    let names: BTreeSet<&String> = names.collect();
    let planned = names.into_iter().map(|name| &workspace.series[name]);
    planned
        .map(|series| SeriesPlan {
            name: series.name.clone(),
            pattern: series.pattern.clone(),
            reset_yearly: series.reset == Reset::Year,
            chronological: series.chronological,
        })
        .collect()
}

/// The rows set aside as one kind, in the shape both kinds share.
fn rows_aside(run_id: &str, aside: &[Aside], kind: AsideKind) -> DataFrame {
    let mut rows: Vec<&Aside> = aside.iter().filter(|row| row.kind == kind).collect();
    rows.par_sort_unstable();
    rows.dedup();
    let texts = |name: &str, of: fn(&Aside) -> &str| {
        text_column(name, rows.iter().map(|row| Some(of(row))))
    };
    let columns = vec![
        text_column("run_id", rows.iter().map(|_| Some(run_id))),
        texts("account_id", |row| &row.account_id),
        texts("subscription_id", |row| &row.subscription_id),
        texts("service_id", |row| &row.service_id),
        texts("charge", |row| &row.charge),
        texts("stage", |row| row.stage),
        texts("code", |row| row.code),
        texts("message", |row| &row.message),
    ];
    DataFrame::new(rows.len(), columns).expect("columns of one height")
}

fn totals(lines: usize, drafts: &Drafts, exclusions: usize, exceptions: usize) -> Totals {
    let frame = drafts.frame();
    let mut sums: BTreeMap<&str, [i128; 3]> = BTreeMap::new();
    let amounts = frame
        .units("net")
        .zip(frame.units("tax"))
        .zip(frame.units("total"));
    for (currency, ((net, tax), total)) in frame.text("currency").iter().flatten().zip(amounts) {
        let sum = sums.entry(currency).or_default();
        for (sum, units) in sum.iter_mut().zip([net, tax, total]) {
            *sum += units.unwrap_or_default();
        }
    }
    let currencies = sums.into_iter().map(|(code, sums)| {
        let currency = Currency::parse(code).expect("inputs check currencies");
        // A million invoices of fourteen digits fit i128, though not an Amount.
        let [net, tax, total] = sums.map(|units| Amount::text_of(units, currency));
        (code.to_owned(), CurrencyTotals { net, tax, total })
    });
    Totals {
        lines,
        invoices: drafts.len(),
        exclusions,
        exceptions,
        currencies: currencies.collect(),
        wallets: None,
    }
}

fn counted(actions: &ServiceActions) -> ActionCounts {
    let frame = actions.frame();
    let count = |action: Action, state: &str| {
        let rows = frame.text("action").iter().zip(frame.text("state").iter());
        rows.filter(|row| *row == (Some(action.name()), Some(state)))
            .count() as i64
    };
    ActionCounts {
        stopped: count(Action::Stop, ORDERED),
        started: count(Action::Start, ORDERED),
        could_stop: count(Action::Stop, CANDIDATE),
        could_start: count(Action::Start, CANDIDATE),
    }
}

fn wallet_totals(sums: &BTreeMap<String, Sums>) -> WalletTotals {
    let currencies = sums.iter().map(|(code, sums)| {
        let currency = Currency::parse(code).expect("inputs check currencies");
        let text = |units: i128| Amount::text_of(units, currency);
        let sums = WalletSums {
            wallets: sums.wallets as i64,
            opening: text(sums.opening),
            topped_up: text(sums.topped_up),
            debited: text(sums.debited),
            expired: text(sums.expired),
            closing: text(sums.closing),
        };
        (code.clone(), sums)
    });
    WalletTotals {
        transactions: sums.values().map(|sums| sums.debits as i64).sum(),
        currencies: currencies.collect(),
        ..WalletTotals::default()
    }
}
