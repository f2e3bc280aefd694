//! What is due, as a few lines of text, and the lines and settled periods that come of it.

use super::*;
use crate::calendar::Date;
use crate::diagnostic::Place;
use crate::model::counting::Aggregate;
use crate::model::events::Each;
use crate::model::frequency::{Alignment, Anchor, FirstPeriod, Frequency, TimeUnit};
use crate::model::proration::Proration;
use crate::model::scheme::{
    Allowance, Cancel, Charge, Classification, Commits, Price, PriceVersion, Retroactive, Through,
    Tier, TierModel, Timing, UnitPrice, Usage,
};
use crate::model::table::{
    Columns, Kind, Schema, count_column, date_column, flag_column, text_column, units_column,
};
use crate::money::{Amount, Currency, Quantity, Rate};
use polars::prelude::{Column, DataFrame};
use proptest::prelude::*;
use std::collections::BTreeSet;

const EUR: &str = "EUR";

fn rate_of(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap()
}

fn tier(to: Option<&str>, unit: &str, flat: &str) -> Tier {
    Tier {
        to: to.map(quantity),
        package: None,
        per: None,
        unit: rate_of(unit),
        flat: rate_of(flat),
    }
}

fn recurring(proration: Proration) -> ChargeKind {
    ChargeKind::Recurring {
        timing: Timing::Advance,
        proration,
        cancel: Cancel::CreditUnused,
        trial_days: 0,
    }
}

/// 100 included.
fn usage(minimum: Option<&str>, maximum: Option<&str>) -> ChargeKind {
    let amount = |text: Option<&str>| text.map(|text| Amount::parse(text).unwrap());
    ChargeKind::Usage(Usage {
        meter: "minutes".to_owned(),
        place: Place::Argument(String::new()),
        condition: None,
        aggregate: Aggregate::Sum,
        each: Each::default(),
        included: quantity("100"),
        shared: None,
        rollover: None,
        through: Through::WindowTo,
        late: crate::model::scheme::Late::Refuse,
        minimum: amount(minimum),
        maximum: amount(maximum),
        prorated: Default::default(),
    })
}

/// The same at least 2.00 and at most 30.00, all of them by days.
fn by_days() -> ChargeKind {
    let ChargeKind::Usage(usage) = usage(Some("2.00"), Some("30.00")) else {
        unreachable!("usage")
    };
    ChargeKind::Usage(Usage {
        prorated: [Allowance::Included, Allowance::Minimum, Allowance::Maximum].into(),
        ..usage
    })
}

fn charge(code: &str, kind: ChargeKind, price: Price, per: Option<TimeUnit>) -> Charge {
    let valid_from = None;
    Charge {
        code: code.to_owned(),
        description: code.to_uppercase(),
        kind,
        prices: vec![PriceVersion {
            valid_from,
            from_period: None,
            price,
            per,
        }],
        commits: None,
        retroactive: Retroactive::Ignore,
        tax_category: "standard".to_owned(),
    }
}

fn scheme(charges: Vec<Charge>) -> BTreeMap<String, Scheme> {
    let scheme = Scheme {
        name: "retail".to_owned(),
        title: None,
        classification: Classification::Normal,
        currency: Currency::parse(EUR).unwrap(),
        frequencies: Frequency::WORDS.map(|(_, frequency)| frequency).into(),
        alignment: Alignment {
            anchor: Anchor::BillDay,
            first_period: FirstPeriod::Short,
        },
        rounding: Rounding::HalfUp.into(),
        charges,
    };
    [("retail".to_owned(), scheme)].into()
}

fn retail() -> BTreeMap<String, Scheme> {
    let tiers = || {
        Price::Tiered(
            TierModel::Graduated,
            vec![tier(Some("500"), "0.04", "0"), tier(None, "0.03", "1")],
        )
    };
    let listed = |price| Price::PerUnit(UnitPrice::Listed(rate_of(price)));
    scheme(vec![
        charge(
            "access",
            recurring(Proration::Daily),
            Price::Flat(rate_of("50")),
            Some(TimeUnit::Month),
        ),
        charge("seats", recurring(Proration::Daily), listed("10"), None),
        charge(
            "whole",
            recurring(Proration::None),
            Price::Flat(rate_of("30")),
            None,
        ),
        charge("storage", recurring(Proration::Daily), tiers(), None),
        charge("calls", usage(Some("2.00"), Some("30.00")), tiers(), None),
        charge("by_days", by_days(), listed("0.04"), None),
        charge("texts", usage(None, None), listed("0.333"), None),
        charge(
            "roaming",
            usage(None, None),
            Price::Flat(rate_of("5")),
            None,
        ),
        charge(
            "install",
            ChargeKind::OneTime,
            Price::Flat(rate_of("99")),
            None,
        ),
        charge(
            "own",
            ChargeKind::OneTime,
            Price::PerUnit(UnitPrice::FromService),
            None,
        ),
    ])
}

/// A row of what is due, before the columns that a test does not name.
const ROW: &[(&str, &str)] = &[
    ("account_id", "A"),
    ("subscription_id", "S"),
    ("service_id", "S1"),
    ("scheme", "retail"),
    ("frequency", "monthly"),
    ("period_start", "2026-02-01"),
    ("period_end", "2026-03-01"),
    ("days_before", "0"),
    ("days", "28"),
    ("period_days", "28"),
    ("currency", EUR),
    ("is_final", "true"),
];

fn table(schema: &Schema, common: &[(&str, &str)], rows: &[&[(&str, &str)]]) -> DataFrame {
    let cell = |row: &[(&str, &str)], name: &str| {
        let own = row.iter().find(|(column, _)| *column == name);
        let value = own.or_else(|| common.iter().find(|(column, _)| *column == name))?;
        Some(value.1.to_owned()).filter(|text| !text.is_empty())
    };
    let columns = schema.columns.iter().map(|(name, kind)| {
        let cells = rows.iter().map(|row| cell(row, name));
        column(name, *kind, cells)
    });
    DataFrame::new(rows.len(), columns.collect()).unwrap()
}

fn column(name: &str, kind: Kind, cells: impl Iterator<Item = Option<String>>) -> Column {
    match kind {
        Kind::Text => text_column(name, cells),
        Kind::Date => date_column(name, cells.map(|cell| Date::parse(&cell?).ok())),
        Kind::Count => count_column(name, cells.map(|cell| cell?.parse().ok())),
        Kind::Flag => flag_column(name, cells.map(|cell| cell?.parse().ok())),
        Kind::Rate => units_column(name, kind, cells.map(|cell| Some(rate_of(&cell?).units()))),
        Kind::Quantity => {
            units_column(name, kind, cells.map(|cell| Some(quantity(&cell?).units())))
        }
        Kind::Amount => units_column(
            name,
            kind,
            cells.map(|cell| Some(Amount::parse(&cell?).unwrap().units())),
        ),
    }
}

fn rated(rows: &[&[(&str, &str)]]) -> Staged<Rated> {
    let due = DueCharges::checked(table(DueCharges::SCHEMA, ROW, rows));
    rate(&retail(), Rounding::HalfEven, &due, &UnusedDays::empty())
}

/// These columns of the only line.
fn line(row: &[(&str, &str)], columns: &[&str]) -> String {
    let staged = rated(&[row]);
    assert_eq!(staged.aside, []);
    shown(staged.kept.lines.frame(), columns)
}

fn shown(lines: &DataFrame, columns: &[&str]) -> String {
    let cell = |name: &str, row: usize| {
        let value = lines.column(name).unwrap().get(row).unwrap();
        let text = value.str_value().into_owned();
        match name {
            _ if text == "null" => "-".to_owned(),
            // Tests are in dollars.
            "amount" => text.strip_suffix('0').unwrap_or(&text).to_owned(),
            _ => text,
        }
    };
    (0..lines.height())
        .map(|row| {
            columns
                .iter()
                .map(|name| cell(name, row))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn amounts(lines: &RatedLines) -> Vec<i128> {
    lines.frame().units("amount").flatten().collect()
}

fn asides(staged: &Staged<Rated>) -> Vec<String> {
    let rows = staged.aside.iter();
    rows.map(|row| {
        format!(
            "{:?} {:?} {} {}",
            row.kind, row.reach, row.code, row.message
        )
    })
    .collect()
}

#[test]
fn a_price_for_a_month_is_multiplied_out_for_a_quarter_and_shared_by_days() {
    let row = [
        ("charge", "access"),
        ("kind", "recurring"),
        ("frequency", "quarterly"),
        ("days", "45"),
        ("period_days", "90"),
        ("quantity", "7"),
    ];
    assert_eq!(
        line(
            &row,
            &[
                "amount",
                "quantity",
                "unit_price",
                "per",
                "frequency",
                "model",
                "price_from",
                "proration"
            ]
        ),
        "75.000 1.000000 50.000000000 month quarterly flat scheme daily"
    );
}

#[test]
fn without_proration_a_part_costs_the_whole_and_the_rest_nothing() {
    let part = |before| {
        let row = [
            ("charge", "whole"),
            ("kind", "recurring"),
            ("days", "10"),
            ("days_before", before),
        ];
        line(&row, &["amount", "days"])
    };
    assert_eq!(part("0"), "30.000 10");
    assert_eq!(part("10"), "0.000 10");
}

#[test]
fn a_recurring_price_can_have_tiers_by_quantity() {
    let row = [
        ("charge", "storage"),
        ("kind", "recurring"),
        ("quantity", "600"),
        ("days", "14"),
    ];
    assert_eq!(
        line(&row, &["amount", "unit_price", "tiers"]),
        "12.000 - 500 x 0.04 + 100 x 0.03 + 1.00"
    );
}

#[test]
fn a_services_own_price_goes_first_and_is_refused_on_tiers() {
    let own = [
        ("charge", "seats"),
        ("kind", "recurring"),
        ("quantity", "3"),
        ("unit_price", "4"),
    ];
    assert_eq!(line(&own, &["amount", "price_from"]), "12.000 service");
    let tiers = [
        ("charge", "storage"),
        ("kind", "recurring"),
        ("quantity", "3"),
        ("unit_price", "4"),
    ];
    insta::assert_debug_snapshot!(asides(&rated(&[&tiers])), @r#"
    [
        "Exception Service BW-R105 the service names a unit_price, and its charge is priced by how much it is; empty it, or sell the service under a charge with one price",
    ]
    "#);
}

#[test]
fn a_price_that_is_missing_or_too_large_is_an_exception() {
    let missing = [("charge", "own"), ("kind", "one_time")];
    let large = [
        ("charge", "own"),
        ("kind", "one_time"),
        ("quantity", "999999999999"),
        ("unit_price", "999999999"),
        ("service_id", "S2"),
    ];
    let staged = rated(&[&missing, &large]);
    assert!(staged.kept.lines.is_empty());
    insta::assert_debug_snapshot!(asides(&staged), @r#"
    [
        "Exception Service BW-R104 the price is to come from the service, and its unit_price is empty; fill it in",
        "Exception Account BW-R101 quantity times price is more than 14 digits before the point; is the quantity in the unit of the price?",
    ]
    "#);
}

/// A period whose price goes down again would leave the maximum that an earlier part of it has reached.
#[test]
fn a_price_below_zero_is_refused_where_usage_has_a_maximum() {
    let own = |charge| {
        [
            ("charge", charge),
            ("kind", "usage"),
            ("quantity", "150"),
            ("unit_price", "-0.5"),
        ]
    };
    assert_eq!(line(&own("texts"), &["amount"]), "-25.000");
    insta::assert_debug_snapshot!(asides(&rated(&[&own("calls")])), @r#"
    [
        "Exception Service BW-R106 the unit_price of the service is below zero, and its usage has a maximum; write one of zero or more, or sell the service under a charge without a maximum",
    ]
    "#);
}

#[test]
fn what_is_charged_once_is_never_shared() {
    let row = [
        ("charge", "install"),
        ("kind", "one_time"),
        ("days", "1"),
        ("quantity", "2"),
    ];
    assert_eq!(
        line(&row, &["kind", "amount", "proration"]),
        "one_time 99.000 none"
    );
}

#[test]
fn an_order_line_names_its_price_and_is_rounded_as_the_workspace_says() {
    let row = [
        ("charge", "O-1:1"),
        ("kind", "one_time"),
        ("scheme", ""),
        ("frequency", ""),
        ("service_id", ""),
        ("description", "Router"),
        ("tax_category", "reduced"),
        ("quantity", "2.5"),
        ("unit_price", "0.05"),
    ];
    assert_eq!(
        line(
            &row,
            &[
                "charge",
                "description",
                "amount",
                "price_from",
                "tax_category",
                "scheme",
                "model",
                "rounding"
            ]
        ),
        "O-1:1 Router 0.120 order reduced - per_unit half_even"
    );
}

fn used<'a>(
    charge: &'a str,
    now: &'a str,
    before: &'a str,
    is_final: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("charge", charge),
        ("kind", "usage"),
        ("quantity", now),
        ("quantity_before", before),
        ("is_final", is_final),
    ]
}

#[test]
fn usage_is_charged_beyond_the_included_quantity() {
    let columns = [
        "amount",
        "quantity",
        "included",
        "quantity_before",
        "bound",
        "tiers",
    ];
    assert_eq!(
        line(&used("calls", "250", "0", "true"), &columns),
        "6.000 250.000000 100.000000 0.000000 - 150 x 0.04"
    );
    assert_eq!(
        line(&used("calls", "700", "0", "true"), &columns),
        "24.000 700.000000 100.000000 0.000000 - 500 x 0.04 + 100 x 0.03 + 1.00"
    );
    assert_eq!(
        line(&used("texts", "100", "0", "true"), &columns),
        "0.000 100.000000 100.000000 0.000000 - -"
    );
}

#[test]
fn a_flat_price_of_usage_is_due_once_anything_is_charged() {
    assert_eq!(
        line(
            &used("roaming", "100", "0", "true"),
            &["amount", "quantity"]
        ),
        "0.000 100.000000"
    );
    assert_eq!(
        line(&used("roaming", "50", "100", "true"), &["amount"]),
        "5.000"
    );
    assert_eq!(
        line(&used("roaming", "50", "101", "true"), &["amount"]),
        "0.000"
    );
}

#[test]
fn a_maximum_holds_always_and_a_minimum_once_nothing_can_follow() {
    let columns = ["amount", "bound"];
    assert_eq!(
        line(&used("calls", "5000", "0", "false"), &columns),
        "30.000 maximum"
    );
    assert_eq!(
        line(&used("calls", "10", "5000", "false"), &columns),
        "0.000 maximum"
    );
    assert_eq!(
        line(&used("calls", "110", "0", "false"), &columns),
        "0.400 -"
    );
    assert_eq!(
        line(&used("calls", "110", "0", "true"), &columns),
        "2.000 minimum"
    );
    assert_eq!(
        line(&used("calls", "0", "110", "true"), &columns),
        "1.600 minimum"
    );
    assert_eq!(
        line(&used("calls", "0", "0", "true"), &columns),
        "2.000 minimum"
    );
}

/// Beside the 100 that are included; what came before is as free as it was, for nothing of it goes over that was used.
#[test]
fn what_has_gone_over_is_free_beside_what_is_included() {
    let carried = |now, before, [into, out]: [&'static str; 2]| {
        let mut row = used("calls", now, before, "false");
        row.extend([("carried_in", into), ("carried_out", out)]);
        let columns = ["amount", "included", "carried_in", "carried_out"];
        line(&row, &columns)
    };
    assert_eq!(
        carried("150", "0", ["40", "0"]),
        "0.400 100.000000 40.000000 0.000000"
    );
    assert_eq!(
        carried("50", "20", ["0", "80"]),
        "2.000 100.000000 0.000000 80.000000"
    );
    assert_eq!(
        carried("5", "20", ["40", "100"]),
        "0.000 100.000000 40.000000 100.000000"
    );
}

/// Included 100, at least 2.00 and at most 30.00: all of them by days.
#[test]
fn what_counts_by_days_is_a_share_in_a_part_of_a_period() {
    let part = |now, before, days: [&'static str; 2]| {
        let mut row = used("by_days", now, before, "true");
        row.extend([("days_before", days[0]), ("days", days[1])]);
        row
    };
    let columns = ["amount", "included", "bound", "billed"];
    let whole = |now| line(&part(now, "0", ["0", "28"]), &columns);
    assert_eq!(whole("140"), "2.000 100.000000 minimum -");
    assert_eq!(whole("300"), "8.000 100.000000 - -");
    assert_eq!(whole("9000"), "30.000 100.000000 maximum -");
    let half = |now| line(&part(now, "0", ["0", "14"]), &columns);
    assert_eq!(half("60"), "1.000 50.000000 minimum -");
    assert_eq!(half("150"), "4.000 50.000000 - -");
    assert_eq!(half("9000"), "15.000 50.000000 maximum -");
    let third = line(&part("30.9", "0", ["0", "9"]), &columns);
    assert_eq!(third, "0.640 32.142857 minimum -");
    // The end has moved: what the first half came to is not what it would come to now.
    let rest = |now, before| line(&part(now, before, ["14", "14"]), &columns);
    assert_eq!(rest("150", "150"), "4.000 100.000000 - 4.0000");
    assert_eq!(rest("0", "150"), "-2.000 100.000000 - 4.0000");
    assert_eq!(rest("9000", "9000"), "15.000 100.000000 maximum 15.0000");
    // Usage that came late is of days that had their share before.
    let mut late = part("50", "150", ["0", "14"]);
    late[1] = ("kind", "late_usage");
    assert_eq!(line(&late, &columns), "2.000 50.000000 - 4.0000");
}

/// Whoever billed it and whatever it is of: orders, services that are gone, adjustments of tonight. Not what is taken off, not what
/// begins in another period, not commitments.
#[test]
fn what_is_billed_for_the_days_of_a_commitment_counts() {
    let pledge = Charge {
        commits: Some(Commits::Account),
        ..charge(
            "pledge",
            recurring(Proration::Daily),
            Price::Flat(rate_of("100")),
            None,
        )
    };
    let schemes = scheme(vec![pledge]);
    let row = |id: &'static str, charge: &'static str, kind: &'static str, amount: &'static str| {
        vec![
            ("service_id", id),
            ("charge", charge),
            ("kind", kind),
            ("amount", amount),
        ]
    };
    let lines = |rows: &[Vec<(&str, &str)>]| {
        let rows: Vec<&[(&str, &str)]> = rows.iter().map(Vec::as_slice).collect();
        table(RatedLines::SCHEMA, ROW, &rows)
    };
    let mut later = row("gone", "line", "recurring", "50");
    later.push(("period_start", "2026-03-01"));
    let past = lines(&[
        row("", "O:1", "one_time", "20"),
        row("gone", "line", "recurring", "10"),
        row("gone", "line", "discount", "-4"),
        later,
    ]);
    let adjusted = lines(&[row("S2", "line", "adjustment", "0.50")]);
    let trued_up = |open: &BTreeSet<&str>, price| {
        let rated = Rated {
            lines: RatedLines::checked(lines(&[
                row("S1", "pledge", "recurring", price),
                row("S2", "calls", "usage", "3"),
            ])),
            settled: Vec::new(),
        };
        true_up(&schemes, rated, [&past, &adjusted], open)
    };
    let shown = |staged: &Staged<Rated>| {
        let frame = staged.kept.lines.frame();
        let sums = frame.units("amount").zip(frame.units("billed"));
        let sums = sums.map(|(amount, billed)| (amount.unwrap(), billed));
        sums.collect::<Vec<_>>()
    };
    let coins = |text: &str| Amount::parse(text).unwrap().units();
    let due = trued_up(&BTreeSet::new(), "100");
    let missing = (coins("66.50"), Some(coins("33.50")));
    assert_eq!(shown(&due), [missing, (coins("3"), None)]);
    let met = trued_up(&BTreeSet::new(), "33.50");
    assert_eq!(shown(&met), [(coins("3"), None)]);
    assert_eq!(met.kept.settled.len(), 1);
    assert_eq!(met.aside[0].code, "commitment_met");
    let waiting = trued_up(&BTreeSet::from(["A"]), "100");
    assert_eq!(waiting.aside[0].code, "BW-R108");
    assert!(waiting.kept.settled.is_empty());
}

#[test]
fn usage_of_nothing_has_no_line_and_is_billed() {
    let staged = rated(&[&used("texts", "0", "0", "true")]);
    assert!(staged.kept.lines.is_empty());
    insta::assert_debug_snapshot!(asides(&staged), @r#"
    [
        "Exclusion Service no_usage nothing was used from 2026-02-01 up to 2026-03-01",
    ]
    "#);
    let settled = &staged.kept.settled;
    assert_eq!(
        (
            settled.len(),
            settled[0].service_id.as_str(),
            settled[0].period.days()
        ),
        (1, "S1", 28)
    );
}

/// Unused days of a line that was billed for 28 days.
fn unused(row: &[(&str, &str)]) -> UnusedDays {
    let common = [
        ("account_id", "A"),
        ("subscription_id", "S"),
        ("service_id", "S1"),
        ("charge", "access"),
        ("line_id", "S1:access:2026-02-01"),
        ("period_start", "2026-02-11"),
        ("period_end", "2026-03-01"),
        ("days_before", "10"),
        ("days", "18"),
        ("period_days", "28"),
        ("quantity", "1"),
        ("currency", EUR),
        ("frequency", "monthly"),
        ("model", "flat"),
        ("unit_price", "50"),
        ("proration", "daily"),
        ("rounding", "half_up"),
    ];
    UnusedDays::checked(table(UnusedDays::SCHEMA, &common, &[row]))
}

#[test]
fn unused_days_are_credited_for_what_they_cost_and_not_at_todays_price() {
    let credited = |row: &[(&str, &str)]| {
        let staged = rate(
            &retail(),
            Rounding::HalfUp,
            &DueCharges::empty(),
            &unused(row),
        );
        shown(
            staged.kept.lines.frame(),
            &["kind", "amount", "credits", "days_before", "days"],
        )
    };
    assert_eq!(credited(&[]), "credit -32.140 S1:access:2026-02-01 10 18");
    assert_eq!(
        credited(&[("unit_price", "40")]),
        "credit -25.710 S1:access:2026-02-01 10 18"
    );
    assert_eq!(
        credited(&[("unit_price", "600"), ("per", "year")]),
        "credit -32.140 S1:access:2026-02-01 10 18"
    );
    assert_eq!(
        credited(&[
            ("model", "graduated"),
            ("unit_price", ""),
            ("quantity", "12"),
            ("tiers", "10 x 4.00 + 2 x 5.00")
        ]),
        "credit -32.140 S1:access:2026-02-01 10 18"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// P11: the parts of a period add up to its price, whatever it is for and however often it is billed.
    #[test]
    fn the_parts_of_a_period_add_up_to_its_price(price in 0_i128..1_000_000_000_000, cut in 1_i64..28, unit in 0_usize..4, frequency in 0_usize..4) {
        let unit = [TimeUnit::Month, TimeUnit::Quarter, TimeUnit::HalfYear, TimeUnit::Year][unit];
        let frequency = [Frequency::Monthly, Frequency::Quarterly, Frequency::Semiannual, Frequency::Annual][frequency];
        let price = Price::Flat(Rate::from_units(price).unwrap());
        let schemes = scheme(vec![charge("access", recurring(Proration::Daily), price, Some(unit))]);
        let (head, tail) = (cut.to_string(), (28 - cut).to_string());
        let name = frequency.name();
        let row = |start, before, days| [("charge", "access"), ("kind", "recurring"), ("frequency", name.as_ref()), ("period_start", start), ("days_before", before), ("days", days)];
        let total = |rows: &[&[(&str, &str)]]| -> i128 {
            let due = DueCharges::checked(table(DueCharges::SCHEMA, ROW, rows));
            let staged = rate(&schemes, Rounding::HalfUp, &due, &UnusedDays::empty());
            amounts(&staged.kept.lines).iter().sum()
        };
        let whole = total(&[&row("2026-02-01", "0", "28")]);
        let parts = total(&[&row("2026-02-01", "0", &head), &row("2026-02-02", &head, &tail)]);
        prop_assert_eq!(parts, whole);
    }

    /// Usage billed in parts adds up to the same usage billed at once, through tiers, included quantity and bounds.
    #[test]
    fn usage_in_parts_adds_up_to_the_whole(parts in prop::collection::vec(0_i128..600_000_000, 1..6), of in 0_usize..3) {
        let code = ["calls", "texts", "roaming"][of];
        let mut before = Quantity::ZERO;
        let mut sum = 0;
        for (number, part) in parts.iter().enumerate() {
            let now = Quantity::from_units(*part).unwrap();
            let is_last = if number + 1 == parts.len() { "true" } else { "false" };
            let staged = rated(&[&used(code, &now.to_string(), &before.to_string(), is_last)]);
            sum += amounts(&staged.kept.lines).iter().sum::<i128>();
            before = before.checked_add(now).unwrap();
        }
        let whole = rated(&[&used(code, &before.to_string(), "0", "true")]);
        prop_assert_eq!(sum, amounts(&whole.kept.lines).iter().sum::<i128>());
    }

    /// What is credited and what is kept are the original.
    #[test]
    fn credit_and_kept_part_are_the_original(price in 0_i128..1_000_000_000_000, kept in 0_i64..28) {
        let price = Rate::from_units(price).unwrap().to_string();
        let (kept_days, unused_days) = (kept.to_string(), (28 - kept).to_string());
        let own = |days| [("charge", "seats"), ("kind", "recurring"), ("unit_price", price.as_str()), ("days", days)];
        let original = amounts(&rated(&[&own("28")]).kept.lines)[0];
        let kept_part = amounts(&rated(&[&own(&kept_days)]).kept.lines)[0];
        let back = unused(&[("unit_price", &price), ("days_before", &kept_days), ("days", &unused_days)]);
        let credit = rate(&retail(), Rounding::HalfUp, &DueCharges::empty(), &back);
        prop_assert_eq!(original + amounts(&credit.kept.lines)[0], kept_part);
    }
}
