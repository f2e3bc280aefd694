//! What may be written on the command line, with the help for it.

use super::value::{self, Instant};
use crate::calendar::Date;
use crate::definition::KINDS;
use crate::model::bill_run::Check;
use crate::model::frequency::{Anchor, FirstPeriod, Frequency};
use crate::model::plan::Stage;
use crate::money::{Quantity, Rate};
use crate::report::sift::Sift;
use crate::run::Discount;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const TOUR: &str = "\
Start here:
  billwright init telco                          make a workspace that runs
  billwright check                               read everything, find every mistake
  billwright run telco-monthly --as-of 2026-02-01
  billwright explain telco-monthly@2026-02-01/7590-VHVEG

Exit codes:
    0  done; also: nothing was due
    2  the command line was not understood
    3  a definition, the workspace or a template is refused
    4  an input is refused
    5  done, with exceptions: accounts are parked, or a reconciliation is outside its tolerance
    6  posted, but documents are still open
    7  locked by another run, or the plan is stale
    8  the book is damaged
    9  the surroundings failed: disk, rights
   10  not allowed, or approval is needed
   11  not yet: what it waits for is not there
   70  our fault
  130, 143  stopped by a signal
Where several apply: 70, 8, 9, 10, 7, 3, 4, 6, 5.";

/// Bill runs from definitions in git: plan them, apply them once, ask why.
///
/// A definition under definitions/ and last night's export make a plan; applying the plan makes it part of the book, all of
/// it or nothing. The answer goes to stdout and everything else to stderr.
#[derive(Debug, Parser)]
#[command(name = "billwright", bin_name = "billwright", version, after_help = TOUR, max_term_width = 100, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
#[derive(Args, Debug)]
#[command(next_help_heading = "With every command")]
pub struct Global {
    /// The form of the answer; csv where the answer is one table
    #[arg(
        long,
        global = true,
        value_name = "FORM",
        value_enum,
        default_value = "table"
    )]
    pub output: Form,
    /// The time to take for now, such as 2026-02-01T08:00 in the workspace's zone, or with a zone of its own
    /// [environment: BILLWRIGHT_NOW]
    #[arg(long, global = true, value_name = "TIME", value_parser = value::instant)]
    pub now: Option<Instant>,
    /// The folder of billwright.toml, or one inside it
    #[arg(
        long,
        short = 'C',
        global = true,
        value_name = "DIR",
        default_value = "."
    )]
    pub workspace: PathBuf,
    /// Color in what is said on stderr; auto is on a terminal without NO_COLOR
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value = "auto"
    )]
    pub color: Color,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Sentences and tables for people
    Table,
    /// For programs; amounts are strings, and this form is a promise
    Json,
    /// One table, for a spreadsheet
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a workspace that runs, in a new or empty folder
    #[command(
        after_help = "Example:\n  billwright init telco --sample telco\n  billwright -C telco run telco-monthly --as-of 2026-02-01"
    )]
    Init(Init),
    /// Read settings, definitions, templates and inputs, and show every mistake in one pass
    #[command(
        after_help = "Examples:\n  billwright check\n  billwright check --definition telco-monthly --as-of 2026-02-01"
    )]
    Check(Readiness),
    /// Compute what a run would bill, and write it down; nothing happens yet
    #[command(
        after_help = "Examples:\n  billwright plan telco-monthly --as-of 2026-02-01\n  billwright plan telco-monthly --account 7590-VHVEG --invoice-date 2026-02-10\n\nThe plan is a folder under plans/. Read it, then hand it to `billwright apply`."
    )]
    Plan(Plan),
    /// Make a plan part of the book: exactly that plan, or nothing
    #[command(
        after_help = "Example:\n  billwright apply plans/telco-monthly-2026-02-01-3f9a01bc\n\nA plan whose ground has moved since is refused with exit code 7."
    )]
    Apply(Apply),
    /// Plan and apply in one: the nightly command
    #[command(
        after_help = "Examples:\n  billwright run telco-monthly --as-of 2026-02-01\n  billwright run telco-monthly --until invoice     leave drafts, for a look before posting\n  billwright run telco-monthly --accept stale_dates         bill in spite of what a check found\n\nThe same command again finishes what a stopped run left open, and never bills twice."
    )]
    Run(Run),
    /// Commit the next part of a run from its plan in the book, without computing again
    #[command(after_help = "Example:\n  billwright continue telco-monthly@2026-02-01 --until post")]
    Continue(Continue),
    /// Take back a run that was never posted, or the latest that debited wallets; what it claimed can be billed again
    #[command(
        after_help = "Examples:\n  billwright cancel telco-monthly@2026-02-01\n  billwright cancel nightly-prepaid --back-to nightly-prepaid@2026-02-01"
    )]
    Cancel(Cancel),
    /// List the runs in the book
    #[command(
        after_help = "Examples:\n  billwright runs\n  billwright runs --where \"exceptions > 0\" --sort -as_of\n  billwright runs --output csv\n  billwright runs --upcoming --now 2026-02-01T09:00     what cron is to start, and what it has missed"
    )]
    Runs(Runs),
    /// Show a run: its sums, steps, invoices, and what it set aside
    #[command(
        after_help = "Examples:\n  billwright show telco-monthly\n  billwright show telco-monthly@2026-02-01 --tab failed\n  billwright show telco-monthly --tab accounts --sort -total"
    )]
    Show(Show),
    /// A list that is looked at before or after a run
    #[command(
        after_help = "Examples:\n  billwright report bill-dates --as-of 2026-02-01     what the next run will bill, the furthest behind first\n  billwright report invoices --where \"balance >= 0.01\" --sort -balance\n  billwright report exceptions --output csv\n\n--output csv shows all columns; --where and --sort know each of them."
    )]
    Report(Report),
    /// Say why: an error code, an invoice, a line, a service or an account
    #[command(
        after_help = "Examples:\n  billwright explain BW-D201\n  billwright explain INV-2026-000001\n  billwright explain 7590-VHVEG-dsl                      a service: what was billed, or why not\n  billwright explain 7590-VHVEG-dsl:dsl:2026-02-01       a line: why this amount"
    )]
    Explain(Explain),
    /// Compare a run with somebody else's figures
    #[command(
        after_help = "Examples:\n  billwright reconcile telco-legacy\n  billwright reconcile telco-legacy --output csv     every key that does not match\n\nEnds with exit code 5 where a key is outside the tolerance or missing."
    )]
    Reconcile(Reconcile),
    /// Say what a charge would cost, step by step
    #[command(
        after_help = "Examples:\n  billwright price fiber-retail calls --quantity 2500\n  billwright price fiber-retail access --quantity 1 --from 2026-02-10 --to 2026-03-10 --anchor 1\n  billwright price mobile voice --event 2026-02-02T17:30=3600 --event 2026-02-07T09:00=45\n  billwright price fiber-retail calls --quantity 2500 --discount 10% --tax vat --for country=DE\n\nNothing is billed, and no input is read."
    )]
    Price(Price),
    /// List the periods a service is billed in
    #[command(
        after_help = "Examples:\n  billwright periods --frequency monthly --anchor 31 --from 2026-01-31 --to 2026-06-30\n  billwright periods --frequency quarterly --alignment calendar --from 2026-02-11 --to 2027-01-01\n  billwright periods --frequency 2_weeks --from 2026-01-07 --to 2026-03-01\n\nThe end of a period is the first day of the next. Needs no workspace."
    )]
    Periods(Periods),
    /// Compare the whole book with its hashes and its chain
    #[command(
        after_help = "Examples:\n  billwright verify\n  billwright verify --head 9c1f..     also proves that the chain was not rewritten since that head was printed"
    )]
    Verify(Verify),
    /// Print the JSON Schema of a kind of definition, for editors
    #[command(after_help = "Example:\n  billwright schema bill_run > schemas/bill_run.json")]
    Schema(Schema),
    /// Print what a shell needs to complete commands, flags and their values
    #[command(
        after_help = "Examples:\n  billwright completions bash > ~/.local/share/bash-completion/completions/billwright\n  billwright completions zsh > \"${fpath[1]}/_billwright\"\n  billwright completions fish > ~/.config/fish/completions/billwright.fish"
    )]
    Completions(Completions),
    /// Write the journal of posted invoices in another program's form
    #[command(subcommand)]
    Export(Export),
}

#[derive(Args, Debug)]
pub struct Init {
    /// The folder to make; `.` for this one, if it is empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// What to bill: the customers of a telephone company, every case once, wallets, or the least there is
    #[arg(long, value_name = "NAME", value_enum, default_value = "telco")]
    pub sample: Sample,
}

/// A workspace that `init` can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sample {
    /// A public data set of a telephone company, and what its old system billed
    Telco,
    /// Twelve accounts that have every case of a month once
    Small,
    /// Twelve customers who pay before, and five nights of their wallets
    Prepaid,
    /// The least that makes an invoice, commented
    Starter,
}

#[derive(Args, Debug)]
pub struct Readiness {
    /// Only this definition's inputs and readiness; mistakes are shown for all definitions
    #[arg(long, value_name = "NAME")]
    pub definition: Option<String>,
    #[command(flatten)]
    pub day: Day,
}

#[derive(Args, Debug)]
pub struct Plan {
    /// Name of a bill run under definitions/
    #[arg(value_name = "DEFINITION")]
    pub definition: String,
    #[command(flatten)]
    pub day: Day,
    #[command(flatten)]
    pub goal: Goal,
    /// Where to write the plan, instead of plans/NAME-ASOF-HASH8
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    // Last: its heading is that of all that follows.
    #[command(flatten)]
    pub flags: Flags,
}

#[derive(Args, Debug)]
pub struct Apply {
    /// The folder that `billwright plan` wrote
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    #[command(flatten)]
    pub goal: Goal,
    #[command(flatten)]
    pub lock: Lock,
}

#[derive(Args, Debug)]
pub struct Run {
    /// Name of a bill run under definitions/
    #[arg(value_name = "DEFINITION")]
    pub definition: String,
    #[command(flatten)]
    pub day: Day,
    #[command(flatten)]
    pub goal: Goal,
    #[command(flatten)]
    pub lock: Lock,
    #[command(flatten)]
    pub flags: Flags,
}

#[derive(Args, Debug)]
pub struct Continue {
    #[command(flatten)]
    pub run: TheRun,
    #[command(flatten)]
    pub goal: Goal,
    #[command(flatten)]
    pub lock: Lock,
}

#[derive(Args, Debug)]
pub struct Cancel {
    #[command(flatten)]
    pub run: TheRun,
    /// Runs that debit wallets: take back all of them since this one, and it too
    #[arg(long, value_name = "RUN")]
    pub back_to: Option<String>,
    #[command(flatten)]
    pub lock: Lock,
}

#[derive(Args, Debug)]
pub struct Show {
    #[command(flatten)]
    pub run: TheRun,
    /// What of it
    #[arg(long, value_name = "TAB", value_enum, default_value = "summary")]
    pub tab: Tab,
    #[command(flatten)]
    pub sift: Sifting,
}

#[derive(Args, Debug)]
pub struct Runs {
    /// Instead, the definitions that have a schedule: when each is run next, for which day, and since when that is overdue
    #[arg(long)]
    pub upcoming: bool,
    #[command(flatten)]
    pub sift: Sifting,
}

#[derive(Args, Debug)]
pub struct Report {
    /// Which list
    #[arg(value_name = "NAME", value_enum)]
    pub list: List,
    /// The day to look at: of the trial plans, and up to which the age of exceptions is counted; else as a run of that day would
    #[arg(long, value_name = "DATE", value_parser = value::day)]
    pub as_of: Option<Date>,
    #[command(flatten)]
    pub sift: Sifting,
}

/// A list that can be asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum List {
    /// Every service: from which day it is not billed, and how it stands in the next run
    BillDates,
    /// Accounts never billed, the newest first, and what they lack
    NewAccounts,
    /// All invoices and drafts
    Invoices,
    /// Per run and input: selected = billed + nothing due + held + excluded + failed
    Completeness,
    /// What is parked and not mended, the oldest first
    Exceptions,
    /// Services whose next bill date was changed in the export
    BillDateChanges,
    /// Every prepaid wallet: what it holds, what of it expires next, and the last run that touched it
    Wallets,
    /// What was missing in wallets and is still not debited
    Shortfalls,
    /// Services that could be stopped for want of money, and those that could be started again
    Candidates,
    /// How long every prepaid wallet lasts
    Estimates,
}

/// Which rows of a table, and in which order.
#[derive(Args, Debug)]
pub struct Sifting {
    /// Only rows this SQL condition holds for, over the columns of the table
    #[arg(long = "where", value_name = "SQL")]
    pub condition: Option<String>,
    /// By this column, `-` in front for the greatest first; what is empty comes last
    #[arg(long, value_name = "[-]COLUMN", allow_hyphen_values = true)]
    pub sort: Option<String>,
}

impl Sifting {
    pub fn as_meant(&self) -> Sift {
        Sift {
            condition: self.condition.clone(),
            sort: self.sort.clone(),
        }
    }
}

/// A side of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tab {
    /// Sums, and where every row of the input went
    Summary,
    /// What was committed, and when
    Steps,
    /// Every invoice
    Invoices,
    /// Every account with something due, and what became of it
    Accounts,
    /// What could not be billed, with its code, and since when
    Failed,
    /// What was rightly not billed, and why
    Excluded,
    /// Prepaid runs: what went into wallets and out of them
    Transactions,
    /// Prepaid runs: what could not be debited, and what was missing
    Shortfalls,
    /// Prepaid runs: which services are stopped and started, and which could be
    Actions,
    /// Prepaid runs: how long wallets last
    Estimates,
    /// Prepaid runs: wallets that have fallen below the balance of `notices`
    Notices,
}

#[derive(Args, Debug)]
pub struct Explain {
    /// An error code, or the id of an invoice, line, service, account or wallet
    #[arg(value_name = "CODE|INVOICE|LINE|SERVICE|ACCOUNT|WALLET")]
    pub what: String,
    #[command(flatten)]
    pub day: Day,
}

#[derive(Args, Debug)]
pub struct Reconcile {
    /// Name of a reconciliation under definitions/
    #[arg(value_name = "NAME")]
    pub name: String,
}

#[derive(Args, Debug)]
pub struct Price {
    /// Name of a scheme under definitions/
    #[arg(value_name = "SCHEME")]
    pub scheme: String,
    /// Code of one of its charges
    #[arg(value_name = "CHARGE")]
    pub charge: String,
    /// How much of it: the quantity of the service, or what was used in a period
    #[arg(long, value_name = "NUMBER", value_parser = value::quantity, allow_negative_numbers = true, required_unless_present = "event")]
    pub quantity: Option<Quantity>,
    /// One row of usage, by when it was and how much: 2026-02-02T17:30=3600; as often as there are rows
    #[arg(long, value_name = "TIME=NUMBER", value_parser = value::event, conflicts_with = "quantity")]
    pub event: Vec<(Instant, Quantity)>,
    /// The service's own price, as in the column unit_price
    #[arg(long, value_name = "PRICE", value_parser = value::rate, allow_negative_numbers = true)]
    pub unit_price: Option<Rate>,
    /// How often it is billed, such as monthly or 2_weeks; needed where the scheme has several ways
    #[arg(long, value_name = "FREQUENCY", value_parser = value::frequency)]
    pub frequency: Option<Frequency>,
    /// The first day, and the start of the service, so that the days its charge has free (`trial_days`) cost nothing; else a whole period is asked about, that of today
    #[arg(long, value_name = "DATE", value_parser = value::day)]
    pub from: Option<Date>,
    /// The day after the last; else the end of the period, of the first that is not free
    #[arg(long, value_name = "DATE", value_parser = value::day, requires = "from")]
    pub to: Option<Date>,
    /// The day of the month on which periods begin, 1 to 31; else as the scheme's anchor says, begun on --from, behind days that are free
    #[arg(long, value_name = "DAY", value_parser = day_of_month(), requires = "from")]
    pub anchor: Option<u32>,
    /// What is taken off: 10% or 5.00, percentages first; or after a priority, the lowest first: 1:5.00; as often as needed
    #[arg(long, value_name = "OFF", value_parser = value::discount)]
    pub discount: Vec<Discount>,
    /// Name of a tax under definitions/, which is worked out on what is left
    #[arg(long, value_name = "TAX")]
    pub tax: Option<String>,
    /// What the account says in a column that the tax asks for: country=FR, tax_id=FR40303265045, tax_exempt=true; as often as needed
    #[arg(long = "for", value_name = "COLUMN=VALUE", value_parser = value::column, requires = "tax")]
    pub account: Vec<(String, String)>,
    /// The date of the invoice, which the rates of the tax go by; else the first day on which all of it may be billed
    #[arg(long, value_name = "DATE", value_parser = value::day, requires = "tax")]
    pub invoice_date: Option<Date>,
}

#[derive(Args, Debug)]
pub struct Periods {
    /// How long a period is: daily, weekly, monthly, quarterly, semiannual, annual, or as in 2_weeks, 30_days
    #[arg(long, value_name = "FREQUENCY", value_parser = value::frequency)]
    pub frequency: Frequency,
    /// The day of the month on which periods begin, 1 to 31; in shorter months the last
    #[arg(long, value_name = "DAY", value_parser = day_of_month())]
    pub anchor: Option<u32>,
    /// What periods begin with, as `anchor` in a scheme; else bill_day with --anchor or --trial-days, start_date without
    #[arg(long, value_name = "WHAT", value_parser = alignment())]
    pub alignment: Option<Anchor>,
    /// How far the first period goes, as `first_period` in a scheme
    #[arg(long, value_name = "WHICH", value_parser = first_period(), default_value = "short")]
    pub first_period: FirstPeriod,
    /// How many days from --from on are free, as `trial_days` in a scheme: the first period begins behind them
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(0..=3660), default_value = "0", hide_default_value = true)]
    pub trial_days: i32,
    /// The first day
    #[arg(long, value_name = "DATE", value_parser = value::day)]
    pub from: Date,
    /// The day after the last
    #[arg(long, value_name = "DATE", value_parser = value::day)]
    pub to: Date,
}

#[derive(Args, Debug)]
pub struct Verify {
    /// A chain head that a run printed and somebody kept elsewhere
    #[arg(long, value_name = "HEX")]
    pub head: Option<String>,
}

#[derive(Args, Debug)]
pub struct Schema {
    /// The kind, as written after `kind:`
    #[arg(value_name = "KIND", value_parser = PossibleValuesParser::new(KINDS))]
    pub kind: String,
}

#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// A shell that can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

#[derive(Debug, Subcommand)]
pub enum Export {
    /// A journal for hledger, which can check that debits equal credits
    #[command(
        after_help = "Example:\n  billwright export hledger > book.journal && hledger -f book.journal check -s"
    )]
    Hledger(Hledger),
}

#[derive(Args, Debug)]
pub struct Hledger {
    /// Only this run: an id, NAME (its latest) or NAME@AS_OF
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
}

#[derive(Args, Debug)]
pub struct TheRun {
    /// An id, NAME (its latest run) or NAME@AS_OF
    #[arg(value_name = "RUN")]
    pub run: String,
}

#[derive(Args, Debug)]
pub struct Day {
    /// The business date, YYYY-MM-DD; else as the definition says
    #[arg(long, value_name = "DATE", value_parser = value::day)]
    pub as_of: Option<Date>,
}

/// What is set for this one run; kept with it, and part of its plan's hash.
#[derive(Args, Debug)]
#[command(next_help_heading = "For this one run, in place of what the definition says")]
pub struct Flags {
    /// The first day of the window
    #[arg(long, value_name = "DATE", value_parser = value::day)]
    pub from: Option<Date>,
    /// The last day of the window
    #[arg(long, value_name = "DATE", value_parser = value::day)]
    pub to: Option<Date>,
    /// The date of the invoices
    #[arg(long, value_name = "DATE", value_parser = value::day)]
    pub invoice_date: Option<Date>,
    /// The day they are posted on
    #[arg(long, value_name = "DATE", value_parser = value::day)]
    pub posting_date: Option<Date>,
    /// Days added to the due date of the payment terms, within their range
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true)]
    pub due_offset: Option<i32>,
    /// Only this account; may be given again, as may the next ones
    #[arg(long, value_name = "ID")]
    pub account: Vec<String>,
    /// Only this subscription
    #[arg(long, value_name = "ID")]
    pub subscription: Vec<String>,
    /// Only this order
    #[arg(long, value_name = "ID")]
    pub order: Vec<String>,
    /// Only accounts of this bill group
    #[arg(long, value_name = "NAME")]
    pub group: Vec<String>,
    /// Only what this SQL condition holds for, over columns of account, subscription and service
    #[arg(long = "where", value_name = "SQL")]
    pub condition: Option<String>,
    /// Prepaid runs: do not estimate how long wallets last
    #[arg(long)]
    pub no_estimate: bool,
    /// Bill in spite of what this check found; may be given again
    #[arg(long, value_name = "CHECK", value_parser = check())]
    pub accept: Vec<Check>,
}

#[derive(Args, Debug)]
pub struct Goal {
    /// How much of it to commit; else as the definition says
    #[arg(long, value_name = "STAGE", value_parser = stage())]
    pub until: Option<Stage>,
}

#[derive(Args, Debug)]
pub struct Lock {
    /// Wait for another run to end, rather than end with exit code 7
    #[arg(long)]
    pub wait: bool,
}

fn check() -> impl TypedValueParser<Value = Check> {
    PossibleValuesParser::new(Check::ALL.map(Check::name))
        .map(|name| Check::parse(&name).expect("only these names are let through"))
}

fn stage() -> impl TypedValueParser<Value = Stage> {
    const STAGES: [(Stage, &str); 4] = [
        (Stage::Rate, "lines"),
        (Stage::Invoice, "draft invoices"),
        (Stage::Post, "numbers and journal; final"),
        (Stage::Render, "documents"),
    ];
    let names = STAGES.map(|(stage, help)| PossibleValue::new(stage.name()).help(help));
    PossibleValuesParser::new(names).map(|written| {
        let chosen = STAGES
            .into_iter()
            .find(|(stage, _)| stage.name() == written);
        chosen.expect("only these names are let through").0
    })
}

fn first_period() -> impl TypedValueParser<Value = FirstPeriod> {
    let names = [
        PossibleValue::new("short").help("up to the first day that periods can begin on"),
        PossibleValue::new("whole")
            .help("where that day of the first month is past, a whole period from it"),
    ];
    PossibleValuesParser::new(names).map(|written| match written.as_str() {
        "whole" => FirstPeriod::Whole,
        _ => FirstPeriod::Short,
    })
}

fn alignment() -> impl TypedValueParser<Value = Anchor> {
    let names = [
        PossibleValue::new("bill_day").help("the day of the month that --anchor names"),
        PossibleValue::new("start_date")
            .alias("start")
            .help("the day of --from"),
        PossibleValue::new("calendar")
            .help("the 1st of a month, quarter, half-year or year; Mondays"),
    ];
    PossibleValuesParser::new(names).map(|written| match written.as_str() {
        "bill_day" => Anchor::BillDay,
        "calendar" => Anchor::Calendar,
        _ => Anchor::StartDate,
    })
}

fn day_of_month() -> impl TypedValueParser<Value = u32> {
    clap::value_parser!(u32).range(1..=31)
}

impl Flags {
    pub fn as_meant(&self) -> crate::run::Flags {
        let all = |ids: &[String]| ids.iter().cloned().collect();
        crate::run::Flags {
            from: self.from,
            to: self.to,
            invoice_date: self.invoice_date,
            posting_date: self.posting_date,
            due_offset: self.due_offset,
            accounts: all(&self.account),
            subscriptions: all(&self.subscription),
            orders: all(&self.order),
            groups: all(&self.group),
            condition: self.condition.clone(),
            accepted: self.accept.iter().copied().collect(),
            no_estimate: self.no_estimate,
        }
    }
}

impl Command {
    /// Whether its answer is one table, so that it can be had as CSV.
    pub fn answers_with_a_table(&self) -> bool {
        match self {
            Self::Runs(_)
            | Self::Report(_)
            | Self::Reconcile(_)
            | Self::Price(_)
            | Self::Periods(_) => true,
            Self::Show(show) => show.tab != Tab::Summary,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_and_flag_has_a_help_text_and_every_command_an_example() {
        let all = Arguments::command();
        all.clone().debug_assert();
        for command in all.get_subcommands() {
            let name = command.get_name();
            assert!(command.get_about().is_some(), "{name}");
            let is_group = command.has_subcommands();
            assert!(is_group || command.get_after_help().is_some(), "{name}");
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{name} {}",
                    argument.get_id()
                );
            }
        }
    }

    #[test]
    fn the_lines_of_the_design_are_understood() {
        for line in [
            "init here --sample telco",
            "check --definition telco-monthly --as-of 2026-02-01",
            "plan telco-monthly --as-of 2026-02-01 --until post --out elsewhere",
            "apply plans/telco --until post --wait",
            "run telco-monthly --as-of 2026-02-01 --until invoice --wait",
            "run telco --from 2026-01-01 --to 2026-01-31 --invoice-date 2026-02-01 --posting-date 2026-02-01",
            "run telco --due-offset -5 --account A-1 --account A-2 --order O-1 --group big --accept stale_dates",
            "-C telco continue telco-monthly --until render --wait",
            "cancel telco-monthly@2026-02-01",
            "runs --output csv",
            "runs --where lines>5 --sort -as_of",
            "report bill-dates --as-of 2026-02-01 --sort open_from",
            "show telco-monthly --tab accounts --sort -total --output json",
            "show telco-monthly --tab failed --color never",
            "explain BW-D201 --output json",
            "reconcile telco-legacy --now 2026-02-01T08:00",
            "price fiber-retail calls --quantity 2500 --unit-price 0.05 --frequency monthly",
            "price fiber-retail access --quantity 1 --from 2026-02-10 --to 2026-03-10 --anchor 1",
            "periods --frequency monthly --anchor 31 --from 2026-01-31 --to 2026-06-30",
            "periods --frequency weekly --alignment start --from 2026-01-31 --to 2026-06-30",
            "verify --head 9c1f",
            "schema bill_run",
            "completions zsh",
            "export hledger --run telco-monthly",
        ] {
            let words = std::iter::once("billwright").chain(line.split(' '));
            let read = Arguments::try_parse_from(words);
            assert!(read.is_ok(), "{line}: {}", read.unwrap_err());
        }
    }
}
