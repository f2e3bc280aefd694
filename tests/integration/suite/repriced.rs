//! The price of usage is changed after it was billed: the next run bills the difference, from what the book says was used.

use super::late::{cents, late, lines, run};
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::fs;

const SERVICES: [&str; 8] = [
    "calls", "counted", "least", "most", "packs", "peak", "trunk", "volume",
];

/// Rows of January, by the night that reads them first.
const LOTS: [&str; 3] = ["70", "25,3", "40,7,500"];

/// The charges of an office, as they are priced by each of these nights, and then by none.
const PRICES: [[&str; 8]; 3] = [
    [
        "usage: { meter: m, included: \"100\", late: next_run }, price: { graduated: [{ to: \"500\", unit: \"0.04\" }, { unit: \"0.03\", flat: \"1.00\" }] }",
        "usage: { meter: m, aggregate: count, where: \"quantity >= 5\", late: next_run }, price: { per_unit: \"0.50\" }",
        "usage: { meter: m, late: next_run }, price: { per_unit: \"0.05\" }, minimum: \"5.00\"",
        "usage: { meter: m, late: next_run }, price: { per_unit: \"0.333\" }, maximum: \"10.00\"",
        "usage: { meter: m, late: next_run }, price: { package: { size: \"10\", price: \"4.00\" } }",
        "usage: { meter: m, aggregate: max, late: next_run }, price: { volume: [{ to: \"50\", flat: \"10.00\" }, { to: \"100\", flat: \"20.00\" }, { unit: \"0.30\" }] }",
        "usage: { meter: m, included: \"10\", through: window_to, late: next_run }, price: { graduated: [{ to: \"20\", unit: \"1\" }, { unit: \"0.1\" }] }",
        "usage: { meter: m, late: next_run }, price: { volume: [{ to: \"100\", unit: \"0.05\" }, { unit: \"0.02\" }] }",
    ],
    [
        "usage: { meter: m, included: \"60\", late: next_run }, price: { graduated: [{ to: \"20\", unit: \"0.07\" }, { unit: \"0.025\" }] }",
        "usage: { meter: m, aggregate: count, where: \"quantity >= 5\", included: \"1\", late: next_run }, price: { per_unit: \"0.70\" }",
        "usage: { meter: m, late: next_run }, price: { per_unit: \"0.05\" }, minimum: \"8.00\"",
        "usage: { meter: m, late: next_run }, price: { per_unit: \"0.111\" }, maximum: \"9.00\"",
        "usage: { meter: m, late: next_run }, price: { package: { size: \"7\", price: \"4.00\" } }",
        "usage: { meter: m, aggregate: max, late: next_run }, price: { per_unit: \"0.25\" }",
        "usage: { meter: m, included: \"12\", through: window_to, late: next_run }, price: { graduated: [{ to: \"30\", unit: \"1.5\" }, { unit: \"0.2\" }] }",
        "usage: { meter: m, late: next_run }, price: { volume: [{ to: \"90\", unit: \"0.06\" }, { unit: \"0.01\" }] }",
    ],
    [
        "usage: { meter: m, included: \"300\", late: next_run }, price: { flat: \"7.77\" }",
        "usage: { meter: m, aggregate: count, where: \"quantity >= 5\", late: next_run }, price: { flat: \"2.00\" }",
        "usage: { meter: m, late: next_run }, price: { per_unit: \"0.0123\" }",
        "usage: { meter: m, late: next_run }, price: { per_unit: \"0.005\" }, minimum: \"0.50\"",
        "usage: { meter: m, late: next_run }, price: { graduated: [{ to: \"10\", unit: \"0.3\" }, { unit: \"0.2\" }] }",
        "usage: { meter: m, aggregate: max, late: next_run }, price: { volume: [{ to: \"400\", unit: \"0.40\" }, { unit: \"0.30\" }] }",
        "usage: { meter: m, through: window_to, late: next_run }, price: { per_unit: \"0.9\" }",
        "usage: { meter: m, late: next_run }, price: { volume: [{ to: \"90\", unit: \"0.06\" }, { unit: \"0.013\" }] }, maximum: \"6.66\"",
    ],
];

/// Writes the scheme with these charges, each as `code: what it is`.
fn office(workspace: &Workspace, keys: &str, charges: &[(&str, &str)]) {
    let charges = charges
        .iter()
        .map(|(code, rest)| format!("  - {{ code: {code}, {rest} }}\n"));
    let text = format!(
        "kind: scheme\nname: office\ncurrency: EUR\nfrequencies: [monthly]\nanchor: calendar\n{keys}\ncharges:\n{}",
        charges.collect::<String>()
    );
    fs::write(workspace.path("definitions/office.yaml"), text).unwrap();
}

fn prices(workspace: &Workspace, night: usize) {
    let charges: Vec<(&str, &str)> = SERVICES.into_iter().zip(PRICES[night]).collect();
    office(workspace, "retroactive: adjust", &charges);
}

/// Has all of these services from January on, under the charges of their names.
fn services(workspace: &Workspace) {
    let rows = SERVICES.map(|code| format!("S-{code},C-1,{code},2026-01-01\n"));
    let text = "service_id,subscription_id,charge,start_on\n".to_owned() + &rows.concat();
    fs::write(workspace.path("services.csv"), text).unwrap();
}

/// Writes the first lots of usage: every service has the same.
fn used(workspace: &Workspace, lots: usize) {
    let mut text = "usage_id,service_id,used_at,quantity\n".to_owned();
    for (lot, quantities) in LOTS[..lots].iter().enumerate() {
        for (at, quantity) in quantities.split(',').enumerate() {
            for service in SERVICES {
                let day = 5 + 7 * at;
                text += &format!("{service}-{lot}-{at},S-{service},2026-01-{day:02},{quantity}\n");
            }
        }
    }
    fs::write(workspace.path("usage.csv"), text).unwrap();
}

fn sums(workspace: &Workspace) -> BTreeMap<&'static str, i64> {
    let sum = |service: &str| {
        let lines = lines(workspace, &format!("S-{service}")).into_iter();
        let january = lines.filter(|line| line["period_start"].as_str() < Some("2026-02"));
        january.map(|line| cents(&line)).sum()
    };
    SERVICES.map(|service| (service, sum(service))).into()
}

/// What January costs by the prices of a night, billed at once.
fn at_once(lots: usize, night: usize) -> BTreeMap<&'static str, i64> {
    let workspace = late();
    services(&workspace);
    used(&workspace, lots);
    prices(&workspace, night);
    run(&workspace, "2026-02-01");
    sums(&workspace)
}

/// Prices and lots change in turn, in every order, and each run brings January to what it costs by then; once more changes nothing.
#[test]
fn every_run_brings_a_period_to_what_it_costs_by_then() {
    let mut known: BTreeMap<(usize, usize), BTreeMap<&str, i64>> = BTreeMap::new();
    for nights in [
        [(1, 0), (1, 1), (2, 1), (3, 2)],
        [(1, 2), (2, 1), (3, 2), (3, 1)],
    ] {
        let workspace = late();
        services(&workspace);
        for (night, (lots, price)) in nights.into_iter().enumerate() {
            used(&workspace, lots);
            prices(&workspace, price);
            let day = format!("2026-02-0{}", night + 1);
            let billed = run(&workspace, &day);
            let at_once = known
                .entry((lots, price))
                .or_insert_with(|| at_once(lots, price));
            assert_eq!(sums(&workspace), *at_once, "{nights:?}, {day}");
            let again = run(&workspace, &day);
            assert_eq!(again["run_id"], billed["run_id"], "nothing more");
        }
        workspace.bill("verify").exits(0);
    }
}

/// One service of one charge, with so much used on 5 January.
fn one(keys: &str, charge: &str, quantity: &str) -> Workspace {
    let workspace = late();
    office(&workspace, keys, &[("calls", charge)]);
    let services = "service_id,subscription_id,charge,start_on\nS-1,C-1,calls,2026-01-01\n";
    fs::write(workspace.path("services.csv"), services).unwrap();
    uses(&workspace, &[("05", quantity)]);
    workspace
}

/// Has `S-1` used so much on days of January.
fn uses(workspace: &Workspace, rows: &[(&str, &str)]) {
    let mut text = "usage_id,service_id,used_at,quantity\n".to_owned();
    for (number, (day, quantity)) in rows.iter().enumerate() {
        text += &format!("{number},S-1,2026-01-{day},{quantity}\n");
    }
    fs::write(workspace.path("usage.csv"), text).unwrap();
}

/// Amounts of the lines of January of `S-1`, and how each came about.
fn january(workspace: &Workspace) -> Vec<(i64, String)> {
    let lines = lines(workspace, "S-1").into_iter();
    let january = lines.filter(|line| line["period_start"].as_str() < Some("2026-02"));
    let told = january.map(|line| (cents(&line), line["why"].as_str().unwrap().to_owned()));
    told.collect()
}

const CALLS: &str =
    "usage: { meter: m, included: \"100\", late: next_run }, price: { per_unit: \"0.05\" }";

/// Late usage, a change of the price, late usage again, and another change: each line is the difference to all before it. The usage
/// itself is gone from the export by then.
#[test]
fn each_line_is_the_difference_to_all_that_was_billed_before() {
    let workspace = one("retroactive: adjust", CALLS, "150");
    run(&workspace, "2026-02-01");
    uses(&workspace, &[("05", "150"), ("06", "30")]);
    run(&workspace, "2026-02-02");
    workspace.edit("definitions/office.yaml", "0.05", "0.07");
    uses(&workspace, &[]);
    run(&workspace, "2026-02-03");
    uses(&workspace, &[("05", "150"), ("06", "30"), ("07", "20")]);
    run(&workspace, "2026-02-04");
    workspace.edit("definitions/office.yaml", "\"100\"", "\"120\"");
    run(&workspace, "2026-02-05");
    let told = january(&workspace);
    let last = |line: &str| format!("last by line S-1:calls:2026-01-01{line}");
    assert_eq!(
        told,
        [
            (
                250,
                "150 used, 100 included: 0.05 x 50 = 2.50 EUR".to_owned()
            ),
            (
                150,
                format!(
                    "late usage of a period billed before, {}: 30 used after 150 before, 100 included: 0.05 x 80 = 4.00 EUR, less 2.50 EUR for the usage before: 1.50 EUR",
                    last("")
                )
            ),
            (
                160,
                format!(
                    "180 used, 100 included: 0.07 x 80 = 5.60 EUR, less 4.00 EUR billed before, {}: 1.60 EUR",
                    last(":2")
                )
            ),
            (
                140,
                format!(
                    "late usage of a period billed before, {}: 20 used after 180 before, 100 included: 0.07 x 100 = 7.00 EUR, less 5.60 EUR for the usage before: 1.40 EUR",
                    last(":2")
                )
            ),
            (
                -140,
                format!(
                    "200 used, 120 included: 0.07 x 80 = 5.60 EUR, less 7.00 EUR billed before, {}: -1.40 EUR",
                    last(":4")
                )
            ),
        ]
    );
    workspace.bill("verify").exits(0);
}

/// A change that makes nothing to what was used makes no line, and neither does one that is taken back before a run has seen it.
#[test]
fn a_change_that_makes_no_difference_makes_no_line() {
    let workspace = one("retroactive: adjust", CALLS, "80");
    run(&workspace, "2026-02-01");
    workspace.edit("definitions/office.yaml", "0.05", "0.07");
    run(&workspace, "2026-02-02");
    assert_eq!(january(&workspace).len(), 1);
}

/// A minimum that is new is due for a period without usage too, which has no line; one that is taken away again is given back.
#[test]
fn a_period_without_a_line_is_priced_anew_too() {
    let workspace = one("retroactive: adjust", CALLS, "80");
    uses(&workspace, &[]);
    run(&workspace, "2026-02-01");
    assert_eq!(january(&workspace), []);
    workspace.edit(
        "definitions/office.yaml",
        "\"0.05\" }",
        "\"0.05\" }, minimum: \"3.00\"",
    );
    run(&workspace, "2026-02-02");
    uses(&workspace, &[("05", "120")]);
    run(&workspace, "2026-02-03");
    workspace.edit("definitions/office.yaml", ", minimum: \"3.00\"", "");
    run(&workspace, "2026-02-04");
    let told = january(&workspace);
    assert_eq!(
        told,
        [
            (300, "0 used, 100 included, nothing beyond = 0.00 EUR, brought to the minimum of 3.00 EUR, less 0.00 EUR billed before: 3.00 EUR".to_owned()),
            (0, "late usage of a period billed without any: 120 used, 100 included: 0.05 x 20 = 1.00 EUR, brought to the minimum of 3.00 EUR, less 3.00 EUR for the usage before: 0.00 EUR".to_owned()),
            (-200, "120 used, 100 included: 0.05 x 20 = 1.00 EUR, less 3.00 EUR billed before, last by line S-1:calls:2026-01-01:2: -2.00 EUR".to_owned()),
        ]
    );
}

/// What an adjusting run billed comes again once it is canceled; what it adjusts cannot be taken back before it.
#[test]
fn an_adjusting_run_is_canceled_before_what_it_adjusts() {
    let workspace = one("retroactive: adjust", CALLS, "150");
    run(&workspace, "2026-02-01");
    workspace.edit("definitions/office.yaml", "0.05", "0.07");
    let first = run(&workspace, "2026-02-02");
    insta::assert_snapshot!(workspace.bill("cancel monthly@2026-02-01").exits(10).stderr, @r"
    error[BW-A111]: run monthly@2026-02-02 has billed what a change made to what it
                    billed
     |
     = at monthly@2026-02-01
     = help: cancel monthly@2026-02-02 first; or let both stand
    ");
    workspace.bill("cancel monthly@2026-02-02").exits(0);
    let second = run(&workspace, "2026-02-02");
    assert_eq!(second["net"], first["net"]);
    assert_eq!(
        january(&workspace)
            .iter()
            .map(|(cents, _)| cents)
            .sum::<i64>(),
        350
    );
    workspace.bill("cancel monthly").exits(0);
    workspace.bill("cancel monthly@2026-02-01").exits(0);
    run(&workspace, "2026-02-02");
    assert_eq!(january(&workspace).len(), 1);
    assert_eq!(january(&workspace)[0].0, 350);
}

/// A charge says something else than its scheme; and `park` waits for a person.
#[test]
fn a_charge_is_left_alone_or_parked_by_its_own_word() {
    for (word, exit) in [("ignore", 0), ("park", 5)] {
        let charge = format!("retroactive: {word}, {CALLS}");
        let workspace = one("retroactive: adjust", &charge, "150");
        run(&workspace, "2026-02-01");
        workspace.edit("definitions/office.yaml", "0.05", "0.07");
        workspace.bill("run monthly --as-of 2026-02-02").exits(exit);
        assert_eq!(january(&workspace).len(), 1, "{word}");
        if word == "park" {
            let failed = workspace.bill("show monthly --tab failed --output csv");
            insta::assert_snapshot!(failed.exits(0).stdout, @r#"
            account_id,subscription_id,service_id,stage,code,message,since
            A-1,C-1,S-1,rate,BW-R107,"2.50 EUR are billed, last by line S-1:calls:2026-01-01, for usage that would cost 3.50 today; bill the difference by `retroactive: adjust`, or leave it by `ignore`",2026-02-02
            "#);
        }
    }
}

/// Other prices of what is shared, or goes over, are adjusted; of what is included itself nobody can say what it would have come to.
#[test]
fn what_is_included_waits_where_others_have_counted_on_it() {
    for keys in ["shared: subscription", "rollover: next_period"] {
        let charge = CALLS.replace("late: next_run", &format!("late: next_run, {keys}"));
        let workspace = one("retroactive: adjust", &charge, "150");
        run(&workspace, "2026-02-01");
        workspace.edit("definitions/office.yaml", "0.05", "0.07");
        run(&workspace, "2026-02-02");
        let amounts: Vec<i64> = january(&workspace)
            .iter()
            .map(|(cents, _)| *cents)
            .collect();
        assert_eq!(amounts, [250, 100], "{keys}");
        workspace.edit("definitions/office.yaml", "\"100\"", "\"120\"");
        workspace.bill("run monthly --as-of 2026-02-03").exits(5);
        let failed = workspace.bill("show monthly --tab failed").exits(0).stdout;
        assert!(failed.contains("BW-R107"), "{failed}");
        workspace.edit("definitions/office.yaml", "\"120\"", "\"100\"");
        run(&workspace, "2026-03-01");
        assert_eq!(january(&workspace).len(), 2, "{keys}");
    }
}

/// An own price counts as it was billed, or as a dated row says it; one that begins within days of one line waits.
#[test]
fn a_price_of_the_service_s_own_is_that_of_its_days() {
    let workspace = one("retroactive: adjust", CALLS, "150");
    let services = |rows: &[&str]| {
        let rows: String = rows
            .iter()
            .map(|row| format!("S-1,C-1,calls,2026-01-01,{row}\n"))
            .collect();
        let text = "service_id,subscription_id,charge,start_on,unit_price,effective_on\n"
            .to_owned()
            + &rows;
        fs::write(workspace.path("services.csv"), text).unwrap();
    };
    services(&["0.10,"]);
    run(&workspace, "2026-02-01");
    services(&["0.20,"]);
    workspace.edit("definitions/office.yaml", "0.05", "0.07");
    run(&workspace, "2026-02-02");
    assert_eq!(
        january(&workspace).len(),
        1,
        "a row without a day says nothing of January"
    );
    services(&["0.20,", "0.30,2026-01-01"]);
    run(&workspace, "2026-02-03");
    let amounts: Vec<i64> = january(&workspace)
        .iter()
        .map(|(cents, _)| *cents)
        .collect();
    assert_eq!(amounts, [500, 1000]);
    services(&["0.20,", "0.30,2026-01-01", "0.40,2026-01-20"]);
    workspace.bill("run monthly --as-of 2026-02-04").exits(5);
    let failed = workspace.bill("show monthly --tab failed").exits(0).stdout;
    assert!(failed.contains("BW-R107"), "{failed}");
}

/// A price that falls takes its part of the discount along, of all lines of its period.
#[test]
fn a_lower_price_of_usage_takes_its_part_of_the_discount_along() {
    let charge = CALLS.replace("late: next_run", "late: next_run, through: window_to");
    let workspace = one("retroactive: adjust", &charge, "300");
    fs::write(
        workspace.path("discounts.csv"),
        "discount_id,account_id,percent\nD,A-1,50\n",
    )
    .unwrap();
    let net = |day: &str| run(&workspace, day)["net"].as_str().unwrap().to_owned();
    assert_eq!(net("2026-01-20"), "5.00");
    uses(&workspace, &[("05", "300"), ("25", "20")]);
    assert_eq!(net("2026-02-01"), "0.50");
    workspace.edit("definitions/office.yaml", "0.05", "0.01");
    // 8.80 less, and half of it was never paid.
    assert_eq!(net("2026-02-02"), "-4.40");
    workspace.edit("definitions/office.yaml", "0.01", "0.05");
    assert_eq!(net("2026-02-03"), "4.40");
}
