//! Computes a plan: all stages in the order data flows, from values to a value.

use super::flags::Flags;
use super::parked::{Parked, of_billed, of_unparked, parked_accounts, told};
use crate::book;
use crate::calendar::Date;
use crate::diagnostic::{Aside, AsideKind, Report, Staged};
use crate::identify::{self, Identified, Question, Wanted};
use crate::invoice::{self, Accounts, Drafted, Past, Terms};
use crate::model::account::Tables;
use crate::model::bill_run::BillRun;
use crate::model::book_view::BookView;
use crate::model::definitions::Definitions;
use crate::model::digest::sha256;
use crate::model::draft::{Drafts, Parties};
use crate::model::due::Standings;
use crate::model::finding::Findings;
use crate::model::ids;
use crate::model::line::{Claims, Exceptions, Exclusions, Lines, Settled};
use crate::model::plan::{CurrencyTotals, Header, Pin, Plan, SeriesPlan, Stage, Totals};
use crate::model::table::{Columns, date_column, text_column};
use crate::model::workspace::{Reset, Workspace};
use crate::money::{Amount, Currency};
use crate::post;
use crate::rate;
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};

/// Everything a plan is made from.
pub struct Ground<'a> {
    pub workspace: &'a Workspace,
    pub definitions: &'a Definitions,
    /// With what was set for this one run in place of its own values.
    pub run: &'a BillRun,
    pub flags: &'a Flags,
    /// billwright.toml, definitions and templates by path.
    pub texts: &'a BTreeMap<String, String>,
    pub tables: &'a Tables,
    /// The rows that `inputs/` set aside.
    pub faults: &'a [Aside],
    pub pins: Vec<Pin>,
    pub book: &'a BookView,
    /// Lines in that book, as `identify` asks for them.
    pub lines_of: &'a dyn Fn(&Wanted) -> Result<Lines, Report>,
    pub as_of: Date,
}

/// A plan, and how every service stands in it.
pub struct Planned {
    pub plan: Plan,
    pub standings: Standings,
}

/// Computes what the run would do. Same ground, same plan.
pub fn compute(ground: Ground<'_>) -> Result<Planned, Report> {
    let run_id = run_id(ground.run, ground.as_of, ground.book);
    let tables = ground.tables;
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
    let wanted = identify::wanted_history(&question, tables, ground.book);
    let history = (ground.lines_of)(&wanted)?;
    let past = identify::Past {
        book: ground.book,
        lines: &history,
    };
    let Staged {
        kept:
            Identified {
                due,
                unused,
                settled: mut without_line,
                standings,
                usage,
                findings,
            },
        mut aside,
    } = identify::identify(&question, tables, ground.faults, &past)?;
    let rated = rate::rate(
        &ground.definitions.schemes,
        ground.workspace.rounding,
        &due,
        &unused,
    );
    aside.extend(rated.aside);
    let terms = Terms {
        run_id: &run_id,
        options: &ground.run.invoices,
        tax: ground
            .run
            .tax
            .as_ref()
            .map(|name| &ground.definitions.taxes[name]),
        tax_rounding: ground.workspace.tax_rounding,
        payment: &ground.definitions.terms,
        default_payment: ground.workspace.default_terms.as_deref(),
        groups: &ground.definitions.groups,
        as_of: ground.as_of,
        window_to: question.to,
    };
    let drafted = {
        let accounts = Accounts {
            table: &tables.accounts,
            standings: &standings,
            parked: &parked_accounts(ground.faults, &aside),
        };
        let line_ids = history.frame().text("line_id").iter().flatten();
        let past = Past {
            balances: &ground.book.balances,
            line_ids: &line_ids.map(str::to_owned).collect(),
        };
        invoice::draft(
            &terms,
            &accounts,
            &past,
            &of_unparked(rated.kept.lines, &Parked::by(&aside)),
        )
    };
    without_line.extend(rated.kept.settled);
    // A service whose invoice waits claims nothing: it would go on behind days that were never billed.
    let carried = &drafted.kept.carried;
    without_line.retain(|days| !carried.contains(ids::item(&days.service_id, &days.charge)));
    aside.extend(drafted.aside);
    aside = told(aside, carried);
    let Drafted {
        lines,
        drafts,
        parties,
        taxes,
        carried: _,
    } = drafted.kept;
    let postings = post::journal(&drafts, &ground.workspace.ledger);
    let standings = identify::settle(standings, &aside);
    let balance = identify::balance(tables, &standings, &usage);
    let exclusions = Exclusions::checked(rows_aside(&run_id, &aside, AsideKind::Exclusion));
    let exceptions = Exceptions::checked(rows_aside(&run_id, &aside, AsideKind::Exception));
    let documents = documents(ground.run, &parties);
    let header = Header {
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        definition: ground.run.name.clone(),
        as_of: ground.as_of.to_string(),
        run_type: ground.flags.run_type(),
        flags: ground.flags.written(),
        window_from: window_from(ground.run, ground.as_of),
        window_to: question.to.to_string(),
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
        tables: BTreeMap::new(),
        totals: totals(&lines, &drafts, exclusions.len(), exceptions.len()),
        balance,
        run_id,
    };
    let findings = Findings::of(&header.run_id, &ground.run.checks, &findings);
    without_line.retain(of_billed(&standings, &Parked::by(&aside)));
    let claims = claims(&header.run_id, &lines, &without_line);
    let texts = ground.texts.clone();
    let mut plan = Plan {
        header,
        texts,
        lines,
        claims,
        drafts,
        parties,
        taxes,
        postings,
        exclusions,
        exceptions,
        findings,
    };
    plan.header.tables = table_hashes(&plan)?;
    Ok(Planned { plan, standings })
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

/// How many documents the drafts make: a group's own formats go before the run's.
fn documents(run: &BillRun, parties: &Parties) -> usize {
    let formats = parties.frame().text("formats").iter();
    formats
        .map(|own| own.map_or(run.formats.len(), |own| own.split_whitespace().count()))
        .sum()
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

/// The days every line stands for, those of a credit being open again, and the days spoken for without a line.
fn claims(run_id: &str, lines: &Lines, without_line: &[Settled]) -> Claims {
    let frame = lines.frame();
    let periods = frame.dates("period_start").zip(frame.dates("period_end"));
    let effects = frame.text("credits").iter().map(|credited| match credited {
        Some(_) => "reopened",
        None => "claimed",
    });
    let days = |settled: &Settled| (Some(settled.period.start), Some(settled.period.end));
    let services = without_line.iter().map(|row| Some(row.service_id.as_str()));
    let charges = without_line.iter().map(|row| Some(row.charge.as_str()));
    let (starts, ends): (Vec<_>, Vec<_>) = periods.chain(without_line.iter().map(days)).unzip();
    let height = starts.len();
    let effects = effects.chain(without_line.iter().map(|_| "claimed"));
    let columns = vec![
        text_column(
            "service_id",
            frame.text("service_id").iter().chain(services),
        ),
        text_column("charge", frame.text("charge").iter().chain(charges)),
        text_column("run_id", std::iter::repeat_n(Some(run_id), height)),
        date_column("billed_from", starts),
        date_column("billed_through", ends),
        text_column("effect", effects.map(Some)),
    ];
    Claims::checked(DataFrame::new(height, columns).expect("columns of one height"))
}

/// The rows set aside as one kind, in the shape both kinds share.
fn rows_aside(run_id: &str, aside: &[Aside], kind: AsideKind) -> DataFrame {
    let rows: BTreeSet<&Aside> = aside.iter().filter(|row| row.kind == kind).collect();
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

fn totals(lines: &Lines, drafts: &Drafts, exclusions: usize, exceptions: usize) -> Totals {
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
        // A million invoices of fifteen digits fit i128, though not an Amount.
        let [net, tax, total] = sums.map(|units| Amount::text_of(units, currency));
        (code.to_owned(), CurrencyTotals { net, tax, total })
    });
    Totals {
        lines: lines.on_invoices(),
        invoices: drafts.len(),
        exclusions,
        exceptions,
        currencies: currencies.collect(),
    }
}

/// SHA-256 of every table's Parquet file.
pub fn table_hashes(plan: &Plan) -> Result<BTreeMap<String, String>, Report> {
    let hashes = plan.tables().into_iter().map(|(schema, frame)| {
        let bytes = book::encode(schema, frame)?;
        Ok((schema.name.to_owned(), sha256(bytes)))
    });
    hashes.collect()
}
