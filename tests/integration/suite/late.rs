//! Usage that arrives for days that are billed: it costs what it would have cost in time, once.

use crate::workspace::{Workspace, repository};
use insta::assert_snapshot;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SERVICES: [&str; 9] = [
    "calls", "counted", "least", "most", "packs", "peak", "rows", "trunk", "volume",
];

/// Rows of January of every service, by the night that reads them first.
const LOTS: [&[(&str, &str)]; 3] = [
    &[("05", "70"), ("12", "25"), ("31", "3")],
    &[("04", "40"), ("12", "2"), ("30", "7")],
    &[("01", "500"), ("31", "0")],
];

const NIGHTS: [&str; 3] = ["2026-02-01", "2026-03-01", "2026-04-01"];

pub fn late() -> Workspace {
    Workspace::copy_of(&repository().join("tests/workspaces/late"))
}

/// Writes the usage of these lots, and rows of their own.
fn used(workspace: &Workspace, lots: &[&[(&str, &str)]], more: &str) {
    let mut text = "usage_id,service_id,used_at,quantity\n".to_owned();
    for (lot, rows) in lots.iter().enumerate() {
        for (at, (day, quantity)) in rows.iter().enumerate() {
            for service in SERVICES {
                text += &format!(
                    "{service}-{lot}-{at},S-{service},2026-01-{day}T10:00:00+01:00,{quantity}\n"
                );
            }
        }
    }
    std::fs::write(workspace.path("usage.csv"), text + more).unwrap();
}

pub fn run(workspace: &Workspace, night: &str) -> Value {
    let words = format!("run monthly --as-of {night} --output json");
    workspace.bill(&words).exits(0).json()
}

/// Of the usage: rows, billed, excepted, and those not selected by reason.
pub fn balance(run: &Value) -> Value {
    let mut tables = run["balance"].as_array().unwrap().iter();
    let usage = tables.rfind(|table| table["table"] == "usage").unwrap();
    json!([
        usage["rows"],
        usage["billed"],
        usage["excepted"],
        usage["not_selected"]
    ])
}

/// The lines of a service, in the order of their ids.
pub fn lines(workspace: &Workspace, service: &str) -> Vec<Value> {
    let words = format!("explain {service} --output json");
    let answer = workspace.bill(&words).exits(0).json();
    let mut parts = answer.as_array().unwrap().iter();
    let part = parts.find(|part| part["title"] == "Lines");
    let mut lines = part.map_or_else(Vec::new, |part| part["rows"].as_array().unwrap().clone());
    lines.sort_by_key(|line| line["line_id"].to_string());
    lines
}

pub fn cents(line: &Value) -> i64 {
    let amount = line["amount"].as_str().unwrap();
    amount.replace('.', "").parse().unwrap()
}

/// What every service comes to.
fn sums(workspace: &Workspace) -> BTreeMap<&'static str, i64> {
    let sum = |service: &str| {
        let lines = lines(workspace, &format!("S-{service}"));
        lines.iter().map(cents).sum()
    };
    SERVICES.map(|service| (service, sum(service))).into()
}

pub fn why(workspace: &Workspace, service: &str) -> Vec<String> {
    let lines = lines(workspace, service).into_iter();
    let why = lines.map(|line| line["why"].as_str().unwrap().to_owned());
    why.collect()
}

/// Lot after lot; and a re-run of the same night has nothing to do.
#[test]
fn late_usage_costs_what_it_would_have_cost_in_time() {
    let (early, workspace) = (late(), late());
    used(&early, &LOTS, "");
    run(&early, NIGHTS[0]);
    run(&workspace, NIGHTS[0]);
    let mut ended = Vec::new();
    for (lots, night) in (1..).zip(["2026-02-02", "2026-02-03", "2026-02-04"]) {
        used(&workspace, &LOTS[..lots], "");
        let billed = run(&workspace, night);
        ended.push(balance(&billed).to_string());
        let again = run(&workspace, night);
        assert_eq!(again["run_id"], billed["run_id"], "nothing more");
    }
    assert_eq!(
        ended,
        [
            "[27,26,0,{\"not_counted\":1}]",
            "[54,26,0,{\"billed_before\":27,\"not_counted\":1}]",
            "[72,17,0,{\"billed_before\":54,\"not_counted\":1}]"
        ]
    );
    assert_eq!(sums(&workspace), sums(&early));
}

/// Every line says what it adds to what.
#[test]
fn a_line_of_late_usage_says_what_it_adds() {
    let workspace = late();
    for (lots, night) in (1..).zip(NIGHTS) {
        used(&workspace, &LOTS[..lots], "");
        run(&workspace, night);
    }
    assert_eq!(
        why(&workspace, "S-calls"),
        [
            "98 used, 100 included, nothing beyond = 0.00 EUR",
            "late usage of a period billed before, last by line S-calls:calls:2026-01-01: 49 used after 98 before, 100 included: 47 x 0.04 = 1.88 EUR, less 0.00 EUR for the usage before: 1.88 EUR",
            "late usage of a period billed before, last by line S-calls:calls:2026-01-01:2: 500 used after 147 before, 100 included: 500 x 0.04 + 47 x 0.03 + 1.00 = 22.41 EUR, less 1.88 EUR for the usage before: 20.53 EUR"
        ]
    );
    assert_eq!(
        why(&workspace, "S-least"),
        [
            "0.05 x 98 = 4.90 EUR, brought to the minimum of 5.00 EUR",
            "late usage of a period billed before, last by line S-least:least:2026-01-01: 49 used after 98 before: 0.05 x 147 = 7.35 EUR, less 5.00 EUR for the usage before: 2.35 EUR",
            "late usage of a period billed before, last by line S-least:least:2026-01-01:2: 500 used after 147 before: 0.05 x 647 = 32.35 EUR, less 7.35 EUR for the usage before: 25.00 EUR",
            "0.05 x 0 = 0.00 EUR, brought to the minimum of 5.00 EUR",
            "0.05 x 0 = 0.00 EUR, brought to the minimum of 5.00 EUR"
        ]
    );
    assert_eq!(
        why(&workspace, "S-most"),
        [
            "0.333 x 98 = 32.634, rounded half up to 32.63 EUR, brought to the maximum of 10.00 EUR",
            "late usage of a period billed before, last by line S-most:most:2026-01-01: 49 used after 98 before: 0.333 x 147 = 48.951, rounded half up to 48.95 EUR, beyond the maximum that was reached before: 0.00 EUR",
            "late usage of a period billed before, last by line S-most:most:2026-01-01:2: 500 used after 147 before: 0.333 x 647 = 215.451, rounded half up to 215.45 EUR, beyond the maximum that was reached before: 0.00 EUR"
        ]
    );
    assert_eq!(
        why(&workspace, "S-peak"),
        [
            "70 x 0.00 + 20.00 = 20.00 EUR",
            "late usage of a period billed before, last by line S-peak:peak:2026-01-01: 430 used after 70 before: 500 x 0.30 = 150.00 EUR, less 20.00 EUR for the usage before: 130.00 EUR"
        ]
    );
    assert_eq!(
        why(&workspace, "S-rows"),
        [
            "0.01 x 192 + 3 x 0.10 for each = 2.22 EUR",
            "late usage of a period billed before, last by line S-rows:rows:2026-01-01: 180 used after 192 before: 0.01 x 372 + 6 x 0.10 for each = 4.32 EUR, less 2.22 EUR for the usage before: 2.10 EUR",
            "late usage of a period billed before, last by line S-rows:rows:2026-01-01:2: 504 used after 372 before: 0.01 x 372 + 6 x 0.10 for each + 1 x 2.00 at most = 6.32 EUR, less 4.32 EUR for the usage before: 2.00 EUR"
        ]
    );
    assert_eq!(
        why(&workspace, "S-trunk"),
        [
            "98 used, 10 included: 20 x 1.00 + 68 x 0.10 = 26.80 EUR",
            "late usage of a period billed before, last by line S-trunk:trunk:2026-01-01: 49 used after 98 before, 10 included: 20 x 1.00 + 117 x 0.10 = 31.70 EUR, less 26.80 EUR for the usage before: 4.90 EUR",
            "late usage of a period billed before, last by line S-trunk:trunk:2026-01-01:2: 500 used after 147 before, 10 included: 20 x 1.00 + 617 x 0.10 = 81.70 EUR, less 31.70 EUR for the usage before: 50.00 EUR"
        ]
    );
    assert_eq!(
        why(&workspace, "S-volume"),
        [
            "98 x 0.05 = 4.90 EUR",
            "late usage of a period billed before, last by line S-volume:volume:2026-01-01: 49 used after 98 before: 147 x 0.02 = 2.94 EUR, less 4.90 EUR for the usage before: -1.96 EUR",
            "late usage of a period billed before, last by line S-volume:volume:2026-01-01:2: 500 used after 147 before: 647 x 0.02 = 12.94 EUR, less 2.94 EUR for the usage before: 10.00 EUR"
        ]
    );
    assert_snapshot!(workspace.bill("explain S-calls:calls:2026-01-01:2").exits(0).stdout, @r"
    Line S-calls:calls:2026-01-01:2
    Calls, 2026-01-01 up to 2026-02-01: late usage of a period billed before, last
    by line S-calls:calls:2026-01-01: 49 used after 98 before, 100 included: 47 x
    0.04 = 1.88 EUR, less 0.00 EUR for the usage before: 1.88 EUR.
    The price is that of charge `calls` in scheme `office` (graduated, in force from
    the beginning).
    It stands on draft monthly@2026-03-01/A-1, which has no number yet, made by run
    monthly@2026-03-01 for account A-1
    The run claims the late usage of `calls` of service S-calls for 2026-01-01 up to
    2026-02-01: no other run bills what it had read of these days.
    Its tax category is `standard` in the taxes of the invoice.
    ");
}

/// What was canceled comes again; and what late usage was added to stays until that is taken back.
#[test]
fn a_run_of_late_usage_can_be_canceled_and_what_it_adds_to_not_before() {
    let workspace = late();
    used(&workspace, &LOTS[..1], "");
    run(&workspace, NIGHTS[0]);
    used(&workspace, &LOTS, "");
    let first = run(&workspace, NIGHTS[1]);
    let refused = workspace.bill("cancel monthly@2026-02-01").exits(10).stderr;
    assert_snapshot!(refused, @r"
    error[BW-A111]: run monthly@2026-03-01 has billed late usage on top of what it
                    billed
     |
     = at monthly@2026-02-01
     = help: cancel monthly@2026-03-01 first; or let both stand
    ");
    let before = sums(&workspace);
    workspace.bill("cancel monthly@2026-03-01").exits(0);
    let second = run(&workspace, NIGHTS[1]);
    assert_eq!(second["net"], first["net"]);
    assert_eq!(sums(&workspace), before);
    workspace.bill("cancel monthly").exits(0);
    workspace.bill("cancel monthly@2026-02-01").exits(0);
    let early = late();
    used(&early, &LOTS, "");
    run(&early, NIGHTS[1]);
    run(&workspace, NIGHTS[1]);
    assert_eq!(sums(&workspace), sums(&early));
}

/// Late usage up to the window, while its period goes on.
#[test]
fn late_usage_of_a_period_that_is_billed_in_part_comes_before_the_rest_of_it() {
    let (early, workspace) = (late(), late());
    used(&early, &LOTS, "");
    run(&early, "2026-02-01");
    used(&workspace, &LOTS[..1], "");
    run(&workspace, "2026-01-13");
    used(&workspace, &LOTS, "");
    run(&workspace, "2026-01-21");
    run(&workspace, "2026-02-01");
    assert_eq!(sums(&workspace), sums(&early));
    assert_eq!(
        why(&workspace, "S-trunk"),
        [
            "95 used, 10 included: 20 x 1.00 + 65 x 0.10 = 26.50 EUR",
            "late usage of a period billed before, last by line S-trunk:trunk:2026-01-01: 542 used after 95 before, 10 included: 20 x 1.00 + 607 x 0.10 = 80.70 EUR, less 26.50 EUR for the usage before: 54.20 EUR",
            "10 used after 637 before, 10 included: 20 x 1.00 + 617 x 0.10 = 81.70 EUR, less 80.70 EUR for the usage before: 1.00 EUR"
        ]
    );
}

/// Discounts hold for the days, tax and grouping as for any line.
#[test]
fn a_discount_of_those_days_is_taken_off_late_usage() {
    let workspace = late();
    let discounts = "discount_id,account_id,percent,from,to\nD-1,A-1,10,2026-01-01,2026-02-01\n";
    std::fs::write(workspace.path("discounts.csv"), discounts).unwrap();
    used(&workspace, &LOTS[..1], "");
    run(&workspace, NIGHTS[0]);
    used(
        &workspace,
        &LOTS[..1],
        "late,S-packs,2026-01-20,12\ntimely,S-packs,2026-02-20,10\n",
    );
    let march = run(&workspace, NIGHTS[1]);
    assert_eq!(
        why(&workspace, "S-packs"),
        [
            "10 packages of 10 for 98 x 4.00 = 40.00 EUR",
            "discount D-1, 10 % of the 40.00 left of line S-packs:packs:2026-01-01: = 4.00 EUR off",
            "late usage of a period billed before, last by line S-packs:packs:2026-01-01: 12 used after 98 before: 11 packages of 10 for 110 x 4.00 = 44.00 EUR, less 40.00 EUR for the usage before: 4.00 EUR",
            "discount D-1, 10 % of the 4.00 left of line S-packs:packs:2026-01-01:3: = 0.40 EUR off",
            "1 package of 10 for 10 x 4.00 = 4.00 EUR"
        ]
    );
    // With the minimum of February.
    assert_eq!(march["net"], "12.60");
}

/// Each ends as its charge says.
#[test]
fn late_usage_is_refused_or_ignored_where_the_charge_says_so() {
    let workspace = late();
    let services = "service_id,subscription_id,charge,start_on\nS-asked,C-1,asked,2026-01-01\nS-never,C-1,never,2026-01-01\n";
    std::fs::write(workspace.path("services.csv"), services).unwrap();
    let row = |service: &str, id: &str, day: &str| format!("{id},S-{service},2026-01-{day},5\n");
    let head = "usage_id,service_id,used_at,quantity\n";
    let first = row("asked", "1", "10") + &row("never", "2", "10");
    std::fs::write(workspace.path("usage.csv"), head.to_owned() + &first).unwrap();
    run(&workspace, NIGHTS[0]);
    let late = row("asked", "3", "20") + &row("never", "4", "20") + &row("never", "5", "21");
    std::fs::write(
        workspace.path("usage.csv"),
        head.to_owned() + &first + &late,
    )
    .unwrap();
    let words = format!("run monthly --as-of {} --output json", NIGHTS[1]);
    let march = workspace.bill(&words).exits(5).json();
    assert_eq!(
        balance(&march),
        json!([5, 0, 1, { "billed_before": 2, "late_ignored": 2 }])
    );
    assert_eq!(march["net"], "0.00");
}

/// What services share is included once, also for what comes late.
#[test]
fn late_usage_takes_what_is_left_of_what_services_share() {
    let workspace = late();
    let services = "service_id,subscription_id,charge,start_on\nS-1,C-1,pool,2026-01-01\nS-2,C-1,pool,2026-01-01\nS-3,C-1,pool,2026-01-10\n";
    std::fs::write(workspace.path("services.csv"), services).unwrap();
    let head = "usage_id,service_id,used_at,quantity\n";
    let first = "1,S-1,2026-01-05,70\n2,S-2,2026-01-05,20\n";
    std::fs::write(workspace.path("usage.csv"), head.to_owned() + first).unwrap();
    run(&workspace, NIGHTS[0]);
    let more = "3,S-1,2026-01-31,5\n4,S-3,2026-01-31,30\n";
    std::fs::write(workspace.path("usage.csv"), head.to_owned() + first + more).unwrap();
    run(&workspace, NIGHTS[1]);
    assert_eq!(
        why(&workspace, "S-1"),
        [
            "70 used, 70 included, nothing beyond = 0.00 EUR",
            "late usage of a period billed before, last by line S-1:pool:2026-01-01: 5 used after 70 before, 75 included, nothing beyond = 0.00 EUR, less 0.00 EUR for the usage before: 0.00 EUR"
        ]
    );
    assert_eq!(
        why(&workspace, "S-2"),
        ["20 used, 20 included, nothing beyond = 0.00 EUR"]
    );
    assert_eq!(
        why(&workspace, "S-3"),
        [
            "late usage of a period billed without any: 30 used, 5 included: 10 x 0.10 + 15 x 0.05 = 1.75 EUR"
        ]
    );
}

/// A service that changes within its period has counted all of its days, and what counts by days stays as it was.
#[test]
fn late_usage_leaves_what_counts_by_days_as_it_was() {
    let of_january = |lots: &[&str]| {
        let workspace = late();
        let services = "service_id,subscription_id,charge,start_on,unit_price,effective_on\nS-1,C-1,share,2026-01-01,,\nS-1,C-1,share,2026-01-01,1,2026-01-16\n";
        std::fs::write(workspace.path("services.csv"), services).unwrap();
        let mut text = "usage_id,service_id,used_at,quantity\n".to_owned();
        for (lot, night) in lots.iter().zip(NIGHTS) {
            text += lot;
            std::fs::write(workspace.path("usage.csv"), &text).unwrap();
            run(&workspace, night);
        }
        let lines = lines(&workspace, "S-1").into_iter();
        let lines = lines.filter(|line| line["period_start"].as_str() < Some("2026-02"));
        lines.map(|line| cents(&line)).sum::<i64>()
    };
    let (first, second, third) = (
        "1,S-1,2026-01-20,10\n",
        "2,S-1,2026-01-02,15\n",
        "3,S-1,2026-01-03,16\n",
    );
    assert_eq!(of_january(&[first]), 310);
    assert_eq!(of_january(&[first, second]), 310);
    assert_eq!(of_january(&[first, second, third]), 1000);
    assert_eq!(of_january(&[&[first, second, third].concat()]), 1000);
}
