//! The stage as a whole: tables in, what is due and how everything stands out.

mod book;
mod late;
mod orders;
mod periods;
mod rolling;
mod selecting;
mod sharing;
mod using;

use super::*;
use crate::calendar::Date;
use crate::diagnostic::{AsideKind, Place};
use crate::model::account::{
    ACCOUNTS, CREDITS, DISCOUNTS, ORDER_LINES, ORDERS, PAUSES, SERVICES, SUBSCRIPTIONS, TOP_UPS,
    Tables, USAGE, WALLETS,
};
use crate::model::bill_run::{
    AsOf, BillRun, Check, Criteria, Filters, InvoiceDate, InvoiceOptions, Level, Negative,
    PostingDate, Stale, Window, WindowDay,
};
use crate::model::counting::Aggregate;
use crate::model::events::Each;
use crate::model::frequency::{Alignment, Anchor, FirstPeriod, Frequency};
use crate::model::line::{Claims, Exclusions, LATE_USAGE, Lines};
use crate::model::places::Places;
use crate::model::plan::{RowBalance, RunState, RunType, Stage};
use crate::model::proration::Proration;
use crate::model::scheme::{
    Cancel, Charge, ChargeKind, ChargeType, Classification, Price, PriceVersion, Retroactive,
    Scheme, Through, Timing, UnitPrice,
};
use crate::model::table::{
    Columns, Kind, Schema, count_column, date_column, flag_column, text_column, units_column,
};
use crate::model::usage::{Every, Usage, UsageRows};
use crate::money::{Currency, Quantity, Rate, Rounding};
use polars::prelude::{Column, DataFrame};

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// A table from lines of `column=value` words; what is not said is empty.
fn table(schema: &Schema, rows: &[&str]) -> DataFrame {
    let rows: Vec<BTreeMap<&str, &str>> = rows
        .iter()
        .map(|row| {
            row.split_whitespace()
                .map(|word| word.split_once('=').expect("column=value"))
                .collect()
        })
        .collect();
    let known = |name: &&str| schema.columns.iter().any(|(column, _)| column == name);
    let further: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| row.keys().copied())
        .filter(|name| !known(name))
        .collect();
    let further: Vec<(&str, Kind)> = further.into_iter().map(|name| (name, Kind::Text)).collect();
    let column = |(name, kind): &(&str, Kind)| -> Column {
        let values = rows.iter().map(|row| row.get(name).copied());
        match kind {
            Kind::Text => text_column(name, values),
            Kind::Date => date_column(name, values.map(|value| value.map(day))),
            Kind::Count => count_column(name, values.map(|value| Some(value?.parse().unwrap()))),
            Kind::Flag => flag_column(name, values.map(|value| Some(value? == "true"))),
            Kind::Quantity => units_column(
                name,
                *kind,
                values.map(|value| Some(Quantity::parse(value?).unwrap().units())),
            ),
            Kind::Rate => units_column(
                name,
                *kind,
                values.map(|value| Some(Rate::parse(value?).unwrap().units())),
            ),
            Kind::Amount => units_column(
                name,
                *kind,
                values.map(|value| Some(crate::money::Amount::parse(value?).unwrap().units())),
            ),
        }
    };
    let columns: Vec<Column> = schema.columns.iter().chain(&further).map(column).collect();
    DataFrame::new(rows.len(), columns).unwrap()
}

/// Everything a plan's first stage is made from.
struct Given {
    run: BillRun,
    schemes: BTreeMap<String, Scheme>,
    groups: BTreeMap<String, Group>,
    terms: BTreeMap<String, PaymentTerms>,
    holds: BTreeMap<String, Hold>,
    tables: Tables,
    book: BookView,
    lines: Lines,
    /// Rows of usage, and the sets of runs that have read them.
    used: DataFrame,
    reader_sets: Vec<BTreeSet<String>>,
}

/// One account with one service of charge `line`, billed monthly in advance on the 1st.
fn given() -> Given {
    let monthly: BTreeSet<String> = ["home".to_owned()].into();
    let mut given = Given {
        run: BillRun {
            name: "monthly".to_owned(),
            title: None,
            enabled: true,
            schedule: None,
            as_of: AsOf::Slot,
            window: Window {
                from: None,
                to: WindowDay::AS_OF,
                stale: Stale::Hold,
                max_behind_days: 92,
            },
            advance_days: 0,
            charges: [
                ChargeType::Recurring,
                ChargeType::OneTime,
                ChargeType::Usage,
            ]
            .into(),
            criteria: Criteria {
                schemes: monthly,
                ..Criteria::default()
            },
            filters: Filters::default(),
            tax: None,
            invoices: InvoiceOptions {
                date: InvoiceDate::WindowTo,
                posting_date: PostingDate::TransactionDate,
                due_offset_days: 0,
                group_by: Vec::new(),
                series: BTreeMap::new(),
                credit_series: BTreeMap::new(),
                suppress_zero_lines: false,
                suppress_zero_invoices: false,
                minimum: None,
                negative: Negative::CreditNote,
                auto_post: true,
            },
            formats: BTreeSet::new(),
            debits: None,
            checks: Check::ALL
                .into_iter()
                .map(|check| (check, Level::Warn))
                .collect(),
        },
        schemes: BTreeMap::new(),
        groups: BTreeMap::new(),
        terms: BTreeMap::new(),
        holds: BTreeMap::new(),
        tables: Tables {
            accounts: table(
                &ACCOUNTS,
                &[
                    "account_id=A currency=USD bill_day=1 name=Ann address=Here emails=a@b.c status=active",
                ],
            ),
            subscriptions: table(
                &SUBSCRIPTIONS,
                &["subscription_id=U account_id=A scheme=home frequency=monthly"],
            ),
            services: table(
                &SERVICES,
                &["service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-01"],
            ),
            pauses: PAUSES.empty(),
            orders: ORDERS.empty(),
            order_lines: ORDER_LINES.empty(),
            discounts: DISCOUNTS.empty(),
            credits: CREDITS.empty(),
            wallets: WALLETS.empty(),
            top_ups: TOP_UPS.empty(),
            top_ups_repeated: 0,
            usage: Usage::none(1),
            usage_repeated: 0,
            is_partial: false,
            places: Places::default(),
            orphans: BTreeMap::new(),
        },
        book: BookView::empty(),
        lines: Lines::empty(),
        used: USAGE.empty(),
        reader_sets: Vec::new(),
    };
    given.scheme("home", Anchor::BillDay);
    given
}

fn recurring(timing: Timing, cancel: Cancel) -> ChargeKind {
    ChargeKind::Recurring {
        timing,
        proration: Proration::Daily,
        cancel,
        trial_days: 0,
    }
}

fn usage(through: Through) -> ChargeKind {
    ChargeKind::Usage(crate::model::scheme::Usage {
        meter: "minutes".to_owned(),
        place: Place::Argument(String::new()),
        condition: None,
        aggregate: Aggregate::Sum,
        each: Each::default(),
        included: Quantity::ZERO,
        shared: None,
        rollover: None,
        through,
        late: crate::model::scheme::Late::Refuse,
        minimum: None,
        maximum: None,
        prorated: Default::default(),
    })
}

fn charge(code: &str, kind: ChargeKind) -> Charge {
    Charge {
        code: code.to_owned(),
        description: code.to_owned(),
        kind,
        prices: vec![PriceVersion {
            valid_from: None,
            from_period: None,
            price: Price::PerUnit(UnitPrice::Listed(Rate::parse("10.00").unwrap())),
            per: None,
        }],
        commits: None,
        retroactive: Retroactive::Ignore,
        tax_category: "standard".to_owned(),
    }
}

impl Given {
    /// A scheme with a charge of every sort: line, late, credited (in advance), calls (usage), trunk (day by day), install.
    fn scheme(&mut self, name: &str, anchor: Anchor) {
        let scheme = Scheme {
            name: name.to_owned(),
            title: None,
            classification: Classification::Normal,
            currency: Currency::USD,
            frequencies: Frequency::WORDS.map(|(_, frequency)| frequency).into(),
            alignment: Alignment {
                anchor,
                first_period: FirstPeriod::Short,
            },
            rounding: Rounding::HalfUp.into(),
            charges: vec![
                charge("line", recurring(Timing::Advance, Cancel::None)),
                charge("late", recurring(Timing::Arrears, Cancel::None)),
                charge("credited", recurring(Timing::Advance, Cancel::CreditUnused)),
                charge("calls", usage(Through::PeriodEnd)),
                charge("trunk", usage(Through::WindowTo)),
                charge("install", ChargeKind::OneTime),
            ],
        };
        self.schemes.insert(name.to_owned(), scheme);
    }

    /// Has recurring charges be free for so many days at first.
    fn trial(&mut self, days: i32) {
        for charge in &mut self.schemes.get_mut("home").unwrap().charges {
            if let ChargeKind::Recurring { trial_days, .. } = &mut charge.kind {
                *trial_days = days;
            }
        }
    }

    /// Has a charge bill or ignore late usage.
    fn late(&mut self, code: &str, late: crate::model::scheme::Late) {
        self.usage_of(code).late = late;
    }

    fn aggregate(&mut self, code: &str, aggregate: Aggregate) {
        self.usage_of(code).aggregate = aggregate;
    }

    /// Has the services of a subscription share so much of a charge.
    fn shared(&mut self, code: &str, included: &str) {
        let usage = self.usage_of(code);
        usage.shared = Some(crate::model::scheme::Shared::Subscription);
        usage.included = Quantity::parse(included).unwrap();
    }

    /// Has what is left of so much go over into the next period.
    fn rolling(&mut self, code: &str, included: &str) {
        let usage = self.usage_of(code);
        usage.rollover = Some(crate::model::scheme::Rollover::NextPeriod);
        usage.included = Quantity::parse(included).unwrap();
    }

    fn usage_of(&mut self, code: &str) -> &mut crate::model::scheme::Usage {
        let charges = &mut self.schemes.get_mut("home").unwrap().charges;
        let charge = charges.iter_mut().find(|charge| charge.code == code);
        match &mut charge.unwrap().kind {
            ChargeKind::Usage(usage) => usage,
            _ => panic!("{code} is no usage"),
        }
    }

    fn services(&mut self, rows: &[&str]) {
        self.tables.services = table(&SERVICES, rows);
        self.bind();
    }

    /// `readers` of a row is the number of one of the sets of runs.
    fn usage(&mut self, rows: &[&str]) {
        self.used = table(&USAGE, rows);
        self.bind();
    }

    fn readers(&mut self, sets: Vec<BTreeSet<String>>) {
        self.reader_sets = sets;
        self.bind();
    }

    fn bind(&mut self) {
        let services = self.tables.services.text("service_id");
        let meters = self
            .used
            .text("meter")
            .iter()
            .map(Option::unwrap_or_default);
        let meters: Vec<&str> = meters.collect();
        let mut rows = UsageRows {
            meter_names: [""]
                .into_iter()
                .chain(meters.iter().copied())
                .map(str::to_owned)
                .collect(),
            meters: Every::Each(Vec::new()),
            processed: Every::Each(Vec::new()),
            readers: Every::Each(Vec::new()),
            reader_sets: self.reader_sets.clone(),
            ..UsageRows::default()
        };
        let days: Vec<_> = self.used.dates("used_on").flatten().collect();
        let units: Vec<_> = self.used.units("quantity").flatten().collect();
        let number = |name: &str, row| self.used.text_at(name, row).parse().unwrap_or(0_u32);
        let mut spans = Vec::new();
        for service in 0..services.len() {
            let start = rows.days.len();
            let is_first = service == 0 || services.get(service - 1) != services.get(service);
            for row in (0..self.used.height()).filter(|_| is_first) {
                if Some(self.used.text_at("service_id", row)) != services.get(service) {
                    continue;
                }
                rows.days.push(days[row].number());
                rows.quantities.push(i64::try_from(units[row]).unwrap());
                let has_meter = !meters[row].is_empty();
                push(&mut rows.meters, if has_meter { row as u32 + 1 } else { 0 });
                push(
                    &mut rows.processed,
                    self.used.text_at("status", row) == "processed",
                );
                push(&mut rows.readers, number("readers", row));
            }
            spans.push((start as u32, rows.days.len() as u32));
        }
        self.tables.usage = Usage::new(rows, spans);
    }

    /// A run in the book: claims as `SERVICE CHARGE FROM THROUGH`, `-SERVICE ..` for days reopened, `+SERVICE ..` for their late usage.
    fn ran(&mut self, run_id: &str, claims: &[&str]) {
        let (definition, as_of) = run_id.split_once('@').unwrap();
        let serial = self.book.serial + 1;
        self.book.serial = serial;
        self.book.runs.push(crate::model::book_view::RunRecord {
            run_id: run_id.to_owned(),
            definition: definition.to_owned(),
            as_of: as_of.to_owned(),
            run_type: RunType::Batch,
            state: RunState::Posted,
            has_exceptions: false,
            goal: Stage::Post,
            plan_hash: String::new(),
            serial,
            lines: 0,
            invoices: 0,
            exclusions: 0,
            exceptions: 0,
            totals: BTreeMap::new(),
            wallets: None,
        });
        let rows: Vec<String> = claims
            .iter()
            .map(|claim| {
                let words: Vec<&str> = claim.split(' ').collect();
                let service = words[0].trim_start_matches(['-', '+']);
                let effect = match words[0].as_bytes().first() {
                    Some(b'-') => "reopened",
                    Some(b'+') => "late",
                    _ => "claimed",
                };
                let [charge, from, through] = words[1..] else { panic!("{claim}") };
                format!("service_id={service} charge={charge} run_id={run_id} billed_from={from} billed_through={through} effect={effect}")
            })
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let new = table(Claims::SCHEMA, &rows);
        let all = self.book.claims.frame().vstack(&new).unwrap();
        self.book.claims = Claims::checked(all);
    }

    fn excluded(&mut self, rows: &[&str]) {
        self.book.exclusions = Exclusions::checked(table(Exclusions::SCHEMA, rows));
    }

    fn lines(&mut self, rows: &[&str]) {
        self.lines = Lines::checked(table(Lines::SCHEMA, rows));
    }

    fn found(&self, to: &str) -> Staged<Identified> {
        self.answer(to)
            .unwrap_or_else(|report| panic!("{report:?}"))
    }

    fn question(&self, to: &str) -> Question<'_> {
        Question {
            run: &self.run,
            schemes: &self.schemes,
            groups: &self.groups,
            terms: &self.terms,
            holds: &self.holds,
            covered: &[],
            as_of: day(to),
            from: self.run.window.from.map(|from| from.of(day(to))),
            to: day(to),
        }
    }

    fn answer(&self, to: &str) -> Result<Staged<Identified>, Report> {
        let past = Past {
            book: &self.book,
            lines: &self.lines,
        };
        // The tables may have been changed since they were last looked at.
        let tables = Tables {
            places: Places::default(),
            ..self.tables.clone()
        };
        let mut found = identify(&self.question(to), &tables, &[], &past)?;
        balance(
            &tables,
            &found.kept.standings,
            &found.kept.owners,
            &found.kept.usage,
        );
        let has_begin = self.run.window.from.is_some();
        let of_run = found.kept.tally.findings(has_begin).into_iter();
        let is_on = |finding: &Finding| self.run.checks.contains_key(&finding.check);
        found.kept.findings.extend(of_run.filter(is_on));
        Ok(found)
    }

    /// What is due, a line each: `SERVICE CHARGE PERIOD BEFORE+DAYS/PERIOD_DAYS xQUANTITY`.
    fn due(&self, to: &str) -> Vec<String> {
        due(&self.found(to))
    }
}

fn push<T>(values: &mut Every<T>, value: T) {
    if let Every::Each(values) = values {
        values.push(value);
    }
}

fn due(found: &Staged<Identified>) -> Vec<String> {
    let frame = found.kept.due.frame();
    let columns = ["days_before", "days", "period_days"].map(|name| frame.counts(name));
    let (starts, ends): (Vec<_>, Vec<_>) = (
        frame.dates("period_start").collect(),
        frame.dates("period_end").collect(),
    );
    let quantities: Vec<_> = frame.units("quantity").collect();
    let before: Vec<_> = frame.units("quantity_before").collect();
    let [included, carried_in, carried_out] =
        ["included", "carried_in", "carried_out"].map(|name| frame.units(name).collect::<Vec<_>>());
    let mut rows: Vec<String> = (0..frame.height())
        .map(|row| {
            let [days_before, days, period_days] = columns.map(|column| column.get(row).unwrap());
            let quantity = Quantity::from_units(quantities[row].unwrap()).unwrap();
            let before = before[row].map_or_else(String::new, |before| {
                format!(" after {}", Quantity::from_units(before).unwrap())
            });
            let included = included[row].map_or_else(String::new, |included| {
                format!(" free {}", Quantity::from_units(included).unwrap())
            });
            let carried = [("in", &carried_in), ("out", &carried_out)].map(|(way, carried)| {
                carried[row].map_or_else(String::new, |carried| {
                    format!(" {way} {}", Quantity::from_units(carried).unwrap())
                })
            });
            let carried = carried.concat();
            let goes_on = if frame.flags("is_final").get(row) == Some(true) {
                ""
            } else {
                " .."
            };
            let late = match (frame.text_at("kind", row), frame.text("adjusts").get(row)) {
                (LATE_USAGE, Some(line)) => format!(" late, to {line}"),
                (LATE_USAGE, None) => " late".to_owned(),
                _ => String::new(),
            };
            format!(
                "{} {} {}..{} {days_before}+{days}/{period_days} x{quantity}{before}{included}{carried}{goes_on}{late}",
                frame.text_at("service_id", row),
                frame.text_at("charge", row),
                starts[row].unwrap(),
                ends[row].unwrap(),
            )
        })
        .collect();
    rows.sort();
    rows
}

/// The rows set aside, as `CODE SERVICE-OR-CHARGE MESSAGE`, those that park an account with its id in place of the service.
fn aside(found: &Staged<Identified>) -> Vec<String> {
    found
        .aside
        .iter()
        .map(|row| {
            let id = match (row.reach, row.service_id.as_str()) {
                (Reach::Account, _) => &row.account_id,
                (_, "") => &row.charge,
                _ => &row.service_id,
            };
            let kind = match row.kind {
                AsideKind::Exclusion => "not billed",
                AsideKind::Exception => "parked",
            };
            format!("{kind}, {} {id}: {}", row.code, row.message)
        })
        .collect()
}

/// What a check found, as `ID: MESSAGE`.
fn findings(found: &Staged<Identified>, check: Check) -> Vec<String> {
    let of_check = found
        .kept
        .findings
        .iter()
        .filter(|finding| finding.check == check);
    of_check
        .map(|finding| {
            let ids = [
                &finding.service_id,
                &finding.subscription_id,
                &finding.account_id,
            ];
            let id = ids
                .into_iter()
                .find(|id| !id.is_empty())
                .map_or("", String::as_str);
            format!("{id}: {}", finding.message)
        })
        .collect()
}

/// The standing of every service and order line.
fn standings(found: &Staged<Identified>) -> Vec<String> {
    let frame = found.kept.standings.frame();
    let row = |row| {
        let id = match frame.text_at("service_id", row) {
            "" => frame.text_at("charge", row),
            service => service,
        };
        format!("{id} {}", frame.text_at("standing", row))
    };
    (0..frame.height()).map(row).collect()
}

/// How the rows of a table ended: `ROWS = BILLED billed + EXCLUDED excluded + EXCEPTED excepted` and the rest by reason.
fn ended(given: &Given, found: &Staged<Identified>, table: &str) -> String {
    let balances = balance(
        &given.tables,
        &found.kept.standings,
        &found.kept.owners,
        &found.kept.usage,
    );
    let of_table = |balance: &&RowBalance| balance.table == table;
    let balance = balances.iter().find(of_table).unwrap();
    let counts = [
        ("billed", balance.billed),
        ("excluded", balance.excluded),
        ("excepted", balance.excepted),
    ];
    let rest = balance
        .not_selected
        .iter()
        .map(|(reason, count)| (reason.as_str(), *count));
    let counts: Vec<String> = counts
        .into_iter()
        .chain(rest)
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    format!("{} = {}", balance.rows, counts.join(" + "))
}
