//! Definitions as written -> as meant. Everything has been checked; nothing here can fail.

mod prepaid_run;

pub use prepaid_run::prepaid_run;

use super::raw;
use super::tree::File;
use super::typed::Spanned;
use crate::calendar::{DAY, Date, SECOND, Slots};
use crate::model::bill_run::{
    AsOf, BillRun, Condition, Criteria, Filters, InvoiceDate, InvoiceOptions, Minimum, PostingDate,
    Window,
};
use crate::model::counting::Aggregate;
use crate::model::events::{Each, Free};
use crate::model::frequency::Alignment;
use crate::model::group::Group;
use crate::model::hold::{Hold, Whom};
use crate::model::package::{Package, Partial};
use crate::model::reconciliation::{Measure, Reconciliation};
use crate::model::schedule::{Retry, Schedule};
use crate::model::scheme::{
    Charge, ChargeKind, Classification, Price, PriceVersion, Retroactive, Scheme, Through, Tier,
    TierModel, UnitPrice, Usage,
};
use crate::model::tax::{Levy, Tax, TaxPart, TaxRate, Treatment};
use crate::model::terms::PaymentTerms;
use crate::model::window::RateWindow;
use crate::model::workspace::Workspace;
use crate::money::{Currency, LineRounding, Rate};
use std::collections::{BTreeMap, BTreeSet};

pub fn bill_run(file: &File, raw: &raw::BillRun, workspace: &Workspace) -> BillRun {
    let tax = raw.tax.as_ref().map(|tax| tax.value.clone());
    BillRun {
        name: raw.name.value.clone(),
        title: raw.title.clone(),
        enabled: raw.enabled,
        schedule: raw.schedule.as_ref().map(schedule),
        as_of: as_of(raw.as_of),
        window: Window {
            from: raw.window.from.value.0,
            to: raw.window.to.0,
            stale: raw.window.stale.0,
            max_behind_days: raw.window.max_behind.days,
        },
        advance_days: raw.advance_days,
        charges: raw.charges.0.iter().map(|word| word.0).collect(),
        criteria: Criteria {
            schemes: names(&raw.criteria.schemes),
            frequencies: raw
                .criteria
                .frequencies
                .map(|one| one.value.0.name().into_owned()),
            classifications: raw.criteria.classifications.names(),
            payment_preferences: raw.criteria.payment_preferences.names(),
            presentment_preferences: raw.criteria.presentment_preferences.names(),
            account_status: raw.criteria.account_status.names(),
        },
        filters: filters(file, &raw.filters),
        tax: tax.or_else(|| workspace.default_tax.clone()),
        invoices: invoices(&raw.invoices, workspace),
        formats: raw.render.formats.iter().map(|word| word.value.0).collect(),
        debits: None,
        checks: raw.checks.levels(),
    }
}

fn as_of(raw: raw::AsOf) -> AsOf {
    match raw {
        raw::AsOf::Slot => AsOf::Slot,
        raw::AsOf::Day(day) => AsOf::Day(day),
    }
}

fn schedule(raw: &raw::Schedule) -> Schedule {
    let (day, time) = raw.start_at.0;
    Schedule {
        slots: Slots {
            day,
            time,
            pace: raw.every.pace(),
        },
        retry: raw.retry.as_ref().map(|retry| Retry {
            every: retry.every.value.pace(),
            until: retry.until.0,
        }),
        is_once: raw.disable_after_run,
    }
}

fn names(raw: &raw::NonEmpty<Spanned<String>>) -> BTreeSet<String> {
    raw.0.iter().map(|name| name.value.clone()).collect()
}

fn invoices(raw: &raw::Invoices, workspace: &Workspace) -> InvoiceOptions {
    InvoiceOptions {
        date: match raw.date {
            raw::InvoiceDate::WindowTo => InvoiceDate::WindowTo,
            raw::InvoiceDate::AsOf => InvoiceDate::AsOf,
            raw::InvoiceDate::BillDay => InvoiceDate::BillDay,
            raw::InvoiceDate::On(day) => InvoiceDate::On(day.0),
        },
        posting_date: match raw.posting_date {
            raw::PostingDate::TransactionDate => PostingDate::TransactionDate,
            raw::PostingDate::Month { month, year } => PostingDate::Month { year, month },
            raw::PostingDate::MonthOfInvoiceDate => PostingDate::MonthOfInvoiceDate,
        },
        due_offset_days: raw.due.offset_days.value,
        // The first is the account itself: checked.
        group_by: raw.group_by.value.0[1..]
            .iter()
            .map(|column| column.value.clone())
            .collect(),
        series: by_currency(&raw.series, workspace),
        credit_series: by_currency(&raw.credit_series, workspace),
        suppress_zero_lines: raw.suppress.contains(&raw::Suppress::ZeroLines),
        suppress_zero_invoices: raw.suppress.contains(&raw::Suppress::ZeroInvoices),
        minimum: minimum(&raw.minimum),
        negative: raw.negative.0,
        auto_post: raw.auto_post.value,
    }
}

/// The series of each currency; no two of them are of one: checked.
fn by_currency(
    names: &raw::OneOrMany<Spanned<String>>,
    workspace: &Workspace,
) -> BTreeMap<Currency, String> {
    let names = names.0.iter().map(|name| name.value.clone());
    names
        .map(|name| (workspace.series[&name].currency, name))
        .collect()
}

/// No invoice is below a minimum of nothing.
fn minimum(raw: &raw::Minimum) -> Option<Minimum> {
    let total = raw.total.0;
    (!total.is_zero()).then_some(Minimum {
        total,
        carry_at_most_months: raw.carry_at_most.months,
    })
}

fn filters(file: &File, raw: &raw::Filters) -> Filters {
    match raw {
        raw::Filters::All => Filters::default(),
        raw::Filters::Narrow(narrow) => {
            let ids = |list: &Option<raw::NonEmpty<String>>| {
                list.as_ref().map(|ids| ids.0.iter().cloned().collect())
            };
            Filters {
                accounts: ids(&narrow.accounts),
                subscriptions: ids(&narrow.subscriptions),
                orders: ids(&narrow.orders),
                groups: narrow.groups.as_ref().map(names),
                condition: narrow.condition.as_ref().map(|it| condition(file, it)),
            }
        }
    }
}

fn condition(file: &File, raw: &Spanned<String>) -> Condition {
    Condition {
        expression: raw.value.clone(),
        place: file.place(&raw.span),
    }
}

pub fn scheme(file: &File, raw: &raw::Scheme, workspace: &Workspace) -> Scheme {
    Scheme {
        name: raw.name.value.clone(),
        title: raw.title.clone(),
        classification: raw.classification.0,
        currency: raw.currency.0,
        frequencies: raw.frequencies.0.iter().map(|word| word.0).collect(),
        alignment: Alignment {
            anchor: raw.anchor.0,
            first_period: raw.first_period.0,
        },
        rounding: LineRounding {
            mode: raw.rounding.map_or(workspace.rounding, |word| word.0),
            to: raw.round_to.as_ref().map(|to| to.value.0),
        },
        charges: raw
            .charges
            .0
            .iter()
            .map(|written| charge(file, written, raw))
            .collect(),
    }
}

fn charge(file: &File, raw: &raw::Charge, scheme: &raw::Scheme) -> Charge {
    let code = raw.code.value.clone();
    let amount = |written: &Option<Spanned<raw::WrittenAmount>>| {
        written.as_ref().map(|amount| amount.value.0)
    };
    let kind = match (&raw.recurring, &raw.usage, &raw.one_time) {
        (Some(recurring), None, None) => ChargeKind::Recurring {
            timing: recurring.value.timing(),
            proration: recurring.value.proration.0,
            cancel: recurring.value.cancel.value.0,
            trial_days: recurring.value.trial_days,
        },
        (None, Some(usage), None) => ChargeKind::Usage(Usage {
            meter: usage.value.meter.clone(),
            place: file.place(&usage.span),
            condition: usage.value.condition.as_ref().map(|it| condition(file, it)),
            aggregate: aggregate(&usage.value.aggregate.value),
            each: usage
                .value
                .each
                .as_ref()
                .map_or_else(Each::default, |raw| each(&raw.value)),
            included: usage.value.included.0,
            shared: usage.value.shared.as_ref().map(|word| word.value.0),
            rollover: usage.value.rollover.as_ref().map(|word| word.value.0),
            // Wallets are debited every night, for the days before.
            through: match scheme.classification.0 {
                Classification::Normal => usage.value.through.value.0,
                Classification::Prepaid => Through::WindowTo,
            },
            late: usage.value.late.value.0,
            minimum: amount(&raw.minimum),
            maximum: amount(&raw.maximum),
            prorated: usage
                .value
                .prorate
                .iter()
                .flat_map(|list| &list.0)
                .map(|word| word.value.0)
                .collect(),
        }),
        (None, None, Some(_)) => ChargeKind::OneTime,
        _ => unreachable!("a charge is of one kind: checked"),
    };
    Charge {
        description: raw.description.clone().unwrap_or_else(|| code.clone()),
        code,
        kind,
        prices: raw.price.0.iter().map(price_version).collect(),
        commits: raw.commits.as_ref().map(|word| word.value.0),
        retroactive: retroactive(raw, scheme),
        tax_category: raw.tax.clone().unwrap_or_else(|| scheme.tax.clone()),
    }
}

/// What becomes of what a charge has billed when its price is changed afterwards.
pub fn retroactive(charge: &raw::Charge, scheme: &raw::Scheme) -> Retroactive {
    let own = charge.retroactive.as_ref();
    own.map_or(scheme.retroactive.value.0, |own| own.value.0)
}

pub fn each(raw: &raw::Each) -> Each {
    let quantity = |written: &Option<Spanned<raw::WrittenQuantity>>| {
        written.as_ref().map(|quantity| quantity.value.0)
    };
    let limit =
        |written: &Option<Spanned<raw::WrittenRate>>| written.as_ref().map(|rate| rate.value.0);
    let then = quantity(&raw.then).unwrap_or_default();
    Each {
        first: quantity(&raw.first).unwrap_or(then),
        then,
        fee: raw.fee.map_or(Rate::ZERO, |fee| fee.0),
        free: match raw.free.as_ref().map(|free| free.value) {
            None => Free::default(),
            Some(raw::Free::Rows(rows)) => Free::Rows(rows),
            Some(raw::Free::Included) => Free::Included,
        },
        minimum: limit(&raw.minimum),
        maximum: limit(&raw.maximum),
        split: raw.split.as_ref().map(|split| match split.value {
            raw::Lasting::Seconds => SECOND,
            raw::Lasting::Minutes => 60 * SECOND,
            raw::Lasting::Hours => 3_600 * SECOND,
        }),
    }
}

pub fn window(raw: &raw::RateWindow) -> RateWindow {
    let list = |numbers: Vec<u32>| numbers.into_iter().collect();
    let time =
        |written: &Option<Spanned<raw::WrittenTime>>| written.as_ref().map(|time| time.value.0);
    let days = raw.days.iter().flat_map(|days| &days.0);
    let months = raw.months.iter().flat_map(|months| &months.0);
    let dates = raw.dates.iter().flat_map(|dates| &dates.0);
    RateWindow {
        weekdays: list(days.map(|day| *day as u32).collect()),
        months: list(months.map(|month| month.0).collect()),
        dates: dates.map(|date| date.0).collect(),
        from: time(&raw.from).unwrap_or_default(),
        to: time(&raw.to).unwrap_or(DAY),
        tiers: match (&raw.graduated, raw.unit) {
            (Some(tiers), _) => tiers.value.0.iter().map(tier).collect(),
            (None, unit) => vec![of_one(unit.map_or(Rate::ZERO, |unit| unit.0))],
        },
        fee: raw.fee.map(|fee| fee.0),
    }
}

pub fn aggregate(raw: &raw::Aggregate) -> Aggregate {
    match raw {
        raw::Aggregate::Of(word) => match word {
            raw::AggregateWord::Sum => Aggregate::Sum,
            raw::AggregateWord::Count => Aggregate::Count,
            raw::AggregateWord::Max => Aggregate::Max,
            raw::AggregateWord::Last => Aggregate::Last,
            raw::AggregateWord::TimeWeighted => Aggregate::TimeWeighted,
        },
        raw::Aggregate::Unique(column) => Aggregate::Unique(column.clone()),
    }
}

fn price_version(raw: &Spanned<raw::Price>) -> PriceVersion {
    let raw = &raw.value;
    PriceVersion {
        valid_from: raw.valid_from.as_ref().map(|day| day.value.0),
        from_period: raw.from_period.as_ref().map(|number| number.value),
        price: price(raw),
        per: raw.per.as_ref().map(|per| per.value.0),
    }
}

fn price(raw: &raw::Price) -> Price {
    if let Some(rate) = raw.flat {
        return Price::Flat(rate.0);
    }
    if let Some(unit_price) = raw.per_unit {
        return Price::PerUnit(match unit_price {
            raw::UnitPrice::Listed(rate) => UnitPrice::Listed(rate.0),
            raw::UnitPrice::FromService => UnitPrice::FromService,
        });
    }
    if let Some(windows) = &raw.windows {
        let windows = windows.value.0.iter();
        return Price::Windows(windows.map(|one| window(&one.value)).collect());
    }
    let (model, tiers) = if let Some(tiers) = &raw.graduated {
        let tiers = tiers.value.0.iter().map(tier);
        (TierModel::Graduated, tiers.collect())
    } else if let Some(tiers) = &raw.volume {
        let tiers = tiers.value.0.iter().map(tier);
        (TierModel::Volume, tiers.collect())
    } else if let Some(package) = &raw.package {
        let package = &package.value;
        let tier = Tier {
            package: Some(Package {
                size: package.size.value.0,
                partial: package.partial.map_or(Partial::Up, |partial| partial.0),
            }),
            per: package.per.as_ref().map(|per| per.value.0),
            ..of_one(package.price.0)
        };
        (TierModel::Package, vec![tier])
    } else if let Some(share) = raw.percentage {
        (TierModel::Percentage, vec![of_one(share.0)])
    } else if let Some(tiers) = &raw.graduated_percentage {
        let tiers = tiers.value.0.iter().map(percent_tier);
        (TierModel::GraduatedPercentage, tiers.collect())
    } else {
        unreachable!("a price has a model: checked")
    };
    Price::Tiered(model, tiers)
}

/// The one tier of a price that is the same however many they are.
fn of_one(unit: Rate) -> Tier {
    Tier {
        to: None,
        package: None,
        per: None,
        unit,
        flat: Rate::ZERO,
    }
}

fn tier(raw: &Spanned<raw::Tier>) -> Tier {
    let raw = &raw.value;
    Tier {
        to: raw.to.as_ref().map(|to| to.value.0),
        package: raw.package.as_ref().map(|size| Package {
            size: size.value.0,
            partial: raw
                .partial
                .as_ref()
                .map_or(Partial::Up, |partial| partial.value.0),
        }),
        per: raw.per.as_ref().map(|per| per.value.0),
        unit: raw.unit.map_or(Rate::ZERO, |unit| unit.0),
        flat: raw.flat.map_or(Rate::ZERO, |flat| flat.0),
    }
}

fn percent_tier(raw: &Spanned<raw::PercentTier>) -> Tier {
    let raw = &raw.value;
    Tier {
        to: raw.to.as_ref().map(|to| to.value.0),
        package: None,
        per: None,
        unit: raw.percent.map_or(Rate::ZERO, |share| share.0),
        flat: raw.flat.map_or(Rate::ZERO, |flat| flat.0),
    }
}

pub fn tax(raw: &raw::Tax, workspace: &Workspace) -> Tax {
    let day = |written: Option<raw::WrittenDate>| -> Option<Date> { written.map(|day| day.0) };
    Tax {
        name: raw.name.value.clone(),
        rounding: raw.rounding.map_or(workspace.rounding, |word| word.0),
        prices: raw.prices.0,
        rates: raw
            .rates
            .0
            .iter()
            .map(|rate| &rate.value)
            .map(|rate| TaxRate {
                category: rate.category.clone(),
                matches: rate.matches.clone(),
                valid_from: day(rate.valid_from),
                levy: levy(rate),
            })
            .collect(),
        exempt_note: raw.exempt_note.clone(),
    }
}

fn levy(raw: &raw::TaxRate) -> Levy {
    let untaxed = |treatment, untaxed: &raw::Untaxed| Levy::Untaxed {
        treatment,
        note: untaxed.note.clone(),
    };
    let part = |raw: &raw::TaxPart| TaxPart {
        name: Some(raw.name.clone()),
        percent: raw.percent.0,
        is_compound: raw.compound,
    };
    match (&raw.percent, &raw.parts, &raw.exempt, &raw.reverse_charge) {
        (Some(percent), ..) => Levy::Taxed(vec![TaxPart {
            name: None,
            percent: percent.0,
            is_compound: false,
        }]),
        (_, Some(parts), ..) => Levy::Taxed(parts.0.iter().map(part).collect()),
        (.., Some(note), _) => untaxed(Treatment::Exempt, note),
        (.., Some(note)) => untaxed(Treatment::ReverseCharge, note),
        _ => unreachable!("a checked rate says what it comes to"),
    }
}

pub fn payment_terms(raw: &raw::PaymentTerms) -> PaymentTerms {
    PaymentTerms {
        name: raw.name.value.clone(),
        due_days: raw.due.days,
        offset_range: raw
            .due
            .offset_range
            .as_ref()
            .map(|range| range.value.into()),
    }
}

pub fn group(raw: &raw::Group) -> Group {
    let render = raw.render.as_ref();
    Group {
        name: raw.name.value.clone(),
        bill_day: raw.bill_day,
        advance_days: raw.advance_days,
        delivery: raw.delivery.map(|delivery| delivery.name().to_owned()),
        payment_terms: raw.payment_terms.as_ref().map(|name| name.value.clone()),
        template: render
            .and_then(|render| render.template.as_ref())
            .map(|stem| stem.value.clone()),
        formats: render
            .and_then(|render| render.formats.as_ref())
            .map(|formats| formats.0.iter().map(|word| word.value.0).collect()),
    }
}

pub fn hold(raw: &raw::Hold) -> Hold {
    let ids = |list: &Option<raw::NonEmpty<String>>| {
        list.iter().flat_map(|ids| ids.0.iter().cloned()).collect()
    };
    Hold {
        name: raw.name.value.clone(),
        what: raw.what.0.iter().map(|word| word.0).collect(),
        whom: Whom {
            accounts: ids(&raw.accounts),
            services: ids(&raw.services),
            invoices: Default::default(),
        },
        until: raw.until.0,
        release: raw.release.0,
        reason: raw.reason.clone(),
    }
}

pub fn reconciliation(raw: &raw::Reconciliation) -> Reconciliation {
    let (measure, theirs) = match &raw.compare.0 {
        raw::Measure::Net(column) => (Measure::Net, column),
        raw::Measure::Tax(column) => (Measure::Tax, column),
        raw::Measure::Total(column) => (Measure::Total, column),
    };
    Reconciliation {
        name: raw.name.value.clone(),
        title: raw.title.clone(),
        run: raw.run.value.clone(),
        against: raw.against.value.clone(),
        key: ("account_id".to_owned(), raw.key.account_id.clone()),
        compare: (measure, theirs.clone()),
        tolerance: raw.tolerance.0,
    }
}
