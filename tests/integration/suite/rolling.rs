//! What is left of what is included goes over into the next period, once, whatever the runs are that bill it.

use super::late::{balance, cents, late, lines, run, why};
use crate::workspace::Workspace;
use insta::assert_snapshot;
use serde_json::json;

/// Two services, one billed a month at a time and one up to the run, and one of another account.
fn rolling() -> Workspace {
    let workspace = late();
    let write = |name: &str, text: &str| std::fs::write(workspace.path(name), text).unwrap();
    write(
        "accounts.csv",
        "account_id,currency,name\nA-1,EUR,Ada Brook\nA-2,EUR,Bea Stone\n",
    );
    write(
        "subscriptions.csv",
        "subscription_id,account_id,scheme,frequency,start_on\nC-1,A-1,office,monthly,2026-01-01\nC-2,A-2,office,monthly,2026-01-01\n",
    );
    write(
        "services.csv",
        "service_id,subscription_id,charge,start_on\nS-1,C-1,rolls,2026-01-01\nS-2,C-1,flows,2026-01-01\nS-3,C-2,rolls,2026-01-15\n",
    );
    workspace
}

/// Rows as `SERVICE DAY QUANTITY`.
fn used(workspace: &Workspace, rows: &[&str]) {
    let mut text = "usage_id,service_id,used_at,quantity\n".to_owned();
    for (at, row) in rows.iter().enumerate() {
        text += &format!("{at},{}\n", row.replace(' ', ","));
    }
    std::fs::write(workspace.path("usage.csv"), text).unwrap();
}

fn sum(workspace: &Workspace, service: &str) -> i64 {
    lines(workspace, service).iter().map(cents).sum()
}

/// February has no usage, and March takes what is left of it alone.
const MONTHS: [&str; 9] = [
    "S-1 2026-01-10 30",
    "S-2 2026-01-10 60",
    "S-2 2026-01-25 20",
    "S-3 2026-01-20 100",
    "S-2 2026-02-05 90",
    "S-2 2026-02-20 40",
    "S-3 2026-02-20 110",
    "S-1 2026-03-10 220",
    "S-3 2026-03-31 20",
];

#[test]
fn months_that_are_caught_up_carry_as_if_each_was_billed_in_time() {
    let (at_once, in_time, often) = (rolling(), rolling(), rolling());
    for workspace in [&at_once, &in_time, &often] {
        used(workspace, &MONTHS);
    }
    run(&at_once, "2026-04-01");
    for night in ["2026-02-01", "2026-03-01", "2026-04-01"] {
        run(&in_time, night);
    }
    for night in [
        "2026-01-13",
        "2026-01-31",
        "2026-02-09",
        "2026-03-01",
        "2026-04-01",
    ] {
        run(&often, night);
    }
    for service in ["S-1", "S-2", "S-3"] {
        assert_eq!(why(&at_once, service), why(&in_time, service));
        assert_eq!(sum(&often, service), sum(&at_once, service), "{service}");
    }
    assert_eq!(
        why(&at_once, "S-1"),
        [
            "30 used, 100 included, nothing beyond = 0.00 EUR",
            "220 used, 100 included and 100 carried over from the period before: 20 x 0.04 = 0.80 EUR"
        ]
    );
    assert_eq!(
        why(&often, "S-2"),
        [
            "60 used, 100 included, nothing beyond = 0.00 EUR",
            "20 used after 60 before, 100 included, nothing beyond = 0.00 EUR, less 0.00 EUR for the usage before: 0.00 EUR",
            "90 used, 100 included and 20 carried over from the period before, nothing beyond = 0.00 EUR",
            "40 used after 90 before, 100 included and 20 carried over from the period before: 10 x 0.04 = 0.40 EUR, less 0.00 EUR for the usage before: 0.40 EUR"
        ]
    );
    assert_eq!(
        why(&often, "S-3"),
        [
            "100 used, 100 included, nothing beyond = 0.00 EUR",
            "110 used, 100 included: 10 x 0.04 = 0.40 EUR",
            "20 used, 100 included, nothing beyond = 0.00 EUR"
        ]
    );
}

/// However many accounts are computed at a time, and for one of them alone.
#[test]
fn what_goes_over_is_the_same_in_ranges_of_accounts() {
    let (whole, ranges) = (rolling(), rolling());
    let settings = ranges.path("billwright.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("accounts_at_once = 1\n{text}")).unwrap();
    for workspace in [&whole, &ranges] {
        used(workspace, &MONTHS);
    }
    for night in ["2026-02-01", "2026-03-01"] {
        run(&whole, night);
        run(&ranges, night);
    }
    run(&whole, "2026-04-01");
    for account in ["A-2", "A-1"] {
        let words = format!("run monthly --as-of 2026-04-01 --account {account}");
        ranges.bill(&words).exits(0);
    }
    for service in ["S-1", "S-2", "S-3"] {
        assert_eq!(why(&ranges, service), why(&whole, service));
    }
}

/// Before the next month is billed it costs what it would have cost in time, and leaves as much less.
#[test]
fn late_usage_takes_what_has_not_gone_over_yet() {
    let (in_time, workspace) = (rolling(), rolling());
    let rows = [
        "S-1 2026-01-10 30",
        "S-1 2026-01-20 50",
        "S-1 2026-02-10 130",
    ];
    used(&in_time, &rows);
    run(&in_time, "2026-03-01");
    used(&workspace, &rows[..1]);
    run(&workspace, "2026-02-01");
    used(&workspace, &rows);
    run(&workspace, "2026-03-01");
    assert_eq!(sum(&workspace, "S-1"), sum(&in_time, "S-1"));
    assert_eq!(
        why(&workspace, "S-1"),
        [
            "30 used, 100 included, nothing beyond = 0.00 EUR",
            "late usage of a period billed before, last by line S-1:rolls:2026-01-01: 50 used after 30 before, 100 included, nothing beyond = 0.00 EUR, less 0.00 EUR for the usage before: 0.00 EUR",
            "130 used, 100 included and 20 carried over from the period before: 10 x 0.04 = 0.40 EUR"
        ]
    );
}

/// Once the next month is billed, what went over into it is no longer there, used or not.
#[test]
fn late_usage_never_takes_what_went_over() {
    let workspace = rolling();
    let rows = [
        "S-1 2026-01-10 30",
        "S-1 2026-02-10 130",
        "S-3 2026-01-20 40",
        "S-1 2026-01-20 50",
        "S-3 2026-01-21 1",
        "S-1 2026-01-21 1",
        "S-3 2026-02-20 170",
    ];
    used(&workspace, &rows[..3]);
    run(&workspace, "2026-02-01");
    run(&workspace, "2026-03-01");
    used(&workspace, &rows[..5]);
    run(&workspace, "2026-03-02");
    used(&workspace, &rows);
    let last = run(&workspace, "2026-04-01");
    assert_eq!(balance(&last), json!([7, 2, 0, { "billed_before": 5 }]));
    assert_eq!(
        why(&workspace, "S-1"),
        [
            "30 used, 100 included, nothing beyond = 0.00 EUR",
            "late usage of a period billed before, last by line S-1:rolls:2026-01-01: 50 used after 30 before, 100 included less 70 carried over into the next period: 50 x 0.04 = 2.00 EUR, less 0.00 EUR for the usage before: 2.00 EUR",
            "late usage of a period billed before, last by line S-1:rolls:2026-01-01:2: 1 used after 80 before, 100 included less 70 carried over into the next period: 51 x 0.04 = 2.04 EUR, less 2.00 EUR for the usage before: 0.04 EUR",
            "130 used, 100 included and 70 carried over from the period before, nothing beyond = 0.00 EUR"
        ]
    );
    // February of this one was billed without a line: what went over is there for its late usage, and not for that of January.
    assert_eq!(
        why(&workspace, "S-3"),
        [
            "40 used, 100 included, nothing beyond = 0.00 EUR",
            "late usage of a period billed before, last by line S-3:rolls:2026-01-15: 1 used after 40 before, 100 included less 60 carried over into the next period: 1 x 0.04 = 0.04 EUR, less 0.00 EUR for the usage before: 0.04 EUR",
            "late usage of a period billed without any: 170 used, 100 included and 60 carried over from the period before: 10 x 0.04 = 0.40 EUR"
        ]
    );
}

/// Runs whose remainder was used are taken back last one first, and billed again as they were.
#[test]
fn a_run_is_not_canceled_before_the_one_that_used_what_it_left() {
    let workspace = rolling();
    used(&workspace, &MONTHS);
    run(&workspace, "2026-02-01");
    run(&workspace, "2026-03-01");
    let refused = workspace.bill("cancel monthly@2026-02-01").exits(10).stderr;
    assert_snapshot!(refused, @r"
    error[BW-A111]: run monthly@2026-03-01 has counted on what was left of what is
                    included, as this one billed it
     |
     = at monthly@2026-02-01
     = help: cancel monthly@2026-03-01 first; or let both stand
    ");
    let late = [&MONTHS[..], &["S-1 2026-01-20 50"]].concat();
    used(&workspace, &late);
    run(&workspace, "2026-03-02");
    let before = ["S-1", "S-2", "S-3"].map(|service| why(&workspace, service));
    let refused = workspace.bill("cancel monthly@2026-03-01").exits(10).stderr;
    assert!(refused.contains("monthly@2026-03-02"), "{refused}");
    workspace.bill("cancel monthly@2026-03-02").exits(0);
    workspace.bill("cancel monthly@2026-03-01").exits(0);
    used(&workspace, &MONTHS);
    run(&workspace, "2026-03-01");
    used(&workspace, &late);
    run(&workspace, "2026-03-02");
    let again = ["S-1", "S-2", "S-3"].map(|service| why(&workspace, service));
    assert_eq!(again, before);
}

/// An end in a month leaves what is included in it whole, and the rest of the month has it in common with the part that is billed.
#[test]
fn the_parts_of_a_month_have_what_is_free_in_common() {
    let (in_time, workspace) = (rolling(), rolling());
    let services = |workspace: &Workspace, end: &str| {
        let text = format!(
            "service_id,subscription_id,charge,start_on,end_on,unit_price,effective_on\nS-1,C-1,rolls,2026-01-01,{end},,\nS-1,C-1,rolls,2026-01-01,{end},,2026-02-05\n"
        );
        std::fs::write(workspace.path("services.csv"), text).unwrap();
    };
    let rows = [
        "S-1 2026-01-10 50",
        "S-1 2026-02-03 80",
        "S-1 2026-02-08 40",
        "S-1 2026-02-20 60",
        "S-1 2026-03-02 110",
    ];
    services(&in_time, "");
    used(&in_time, &rows);
    run(&in_time, "2026-04-01");
    services(&workspace, "2026-02-11");
    used(&workspace, &rows[..3]);
    run(&workspace, "2026-02-01");
    run(&workspace, "2026-02-11");
    services(&workspace, "");
    used(&workspace, &rows);
    run(&workspace, "2026-04-01");
    assert_eq!(sum(&workspace, "S-1"), sum(&in_time, "S-1"));
    assert_eq!(
        why(&workspace, "S-1"),
        [
            "50 used, 100 included, nothing beyond = 0.00 EUR",
            "80 used, 100 included and 50 carried over from the period before, nothing beyond = 0.00 EUR",
            "40 used after 80 before, 100 included and 50 carried over from the period before, nothing beyond = 0.00 EUR, less 0.00 EUR for the usage before: 0.00 EUR",
            "60 used after 120 before, 100 included and 50 carried over from the period before: 30 x 0.04 = 1.20 EUR, less 0.00 EUR for the usage before: 1.20 EUR",
            "110 used, 100 included: 10 x 0.04 = 0.40 EUR"
        ]
    );
}
