//! What is missing to a commitment.

use crate::workspace::{Workspace, repository};
use std::fs;

/// A month of 39.90 in advance, minutes at 0.10, and 60.00 committed.
fn workspace(minutes: &str) -> Workspace {
    let workspace = Workspace::copy_of(&repository().join("tests/diagnostics/commitment_met"));
    workspace.edit("usage.csv", "300", minutes);
    workspace
}

fn net(workspace: &Workspace, day: &str) -> String {
    let run = format!("run monthly --as-of {day} --accept usage_complete --output json");
    let run = workspace.bill(&run).exits(0).json();
    run["net"].as_str().unwrap().to_owned()
}

#[test]
fn only_what_is_missing_to_a_commitment_is_due() {
    let workspace = workspace("51.5");
    assert_eq!(net(&workspace, "2026-02-01"), "39.90");
    // 39.90 for March, 5.15 for minutes, and 14.95 that are missing to 60.00.
    assert_eq!(net(&workspace, "2026-03-01"), "60.00");
    let why = workspace.bill("explain S-1f:floor:2026-02-01").exits(0);
    insta::assert_snapshot!(why.stdout, @r"
    Line S-1f:floor:2026-02-01
    Minimum of a month, 2026-02-01 up to 2026-03-01: 60.00 a month = 60.00 EUR
    committed, less 45.05 EUR billed for these days: 14.95 EUR.
    The price is that of charge `floor` in scheme `internet` (flat, in force from
    the beginning).
    It stands on invoice 2026-00002 of 2026-03-01, made by run monthly@2026-03-01
    for account A-1
    The run claims `floor` of service S-1f for 2026-02-01 up to 2026-03-01: no other
    run bills these days.
    Its tax category is `standard` in the taxes of the invoice.
    ");
    // Nothing was called in March.
    assert_eq!(net(&workspace, "2026-04-01"), "60.00");
    workspace.bill("verify").exits(0);
}

#[test]
fn a_commitment_that_is_met_costs_nothing_and_is_billed() {
    let workspace = workspace("300");
    assert_eq!(net(&workspace, "2026-02-01"), "39.90");
    assert_eq!(net(&workspace, "2026-03-01"), "69.90");
    assert_eq!(net(&workspace, "2026-03-01"), "69.90");
    assert_eq!(net(&workspace, "2026-04-01"), "60.00");
}

/// What a discount takes off counts all the same, whether it was taken off before or is now.
#[test]
fn a_discount_does_not_raise_what_is_missing() {
    let workspace = workspace("51.5");
    workspace.edit("subscriptions.csv", "scheme\n", "scheme,discount_percent\n");
    workspace.edit(
        "subscriptions.csv",
        "C-1,A-1,internet\n",
        "C-1,A-1,internet,100\n",
    );
    workspace.edit(
        "subscriptions.csv",
        "C-2,A-2,internet\n",
        "C-2,A-2,internet,\n",
    );
    assert_eq!(net(&workspace, "2026-02-01"), "0.00");
    let run = "run monthly --as-of 2026-03-01 --accept usage_complete";
    let lines = workspace.bill(run).exits(0);
    assert!(lines.stdout.contains("is posted"), "{}", lines.stdout);
    let why = workspace
        .bill("explain S-1f:floor:2026-02-01")
        .exits(0)
        .stdout;
    assert!(why.contains("less 45.05 EUR billed"), "{why}");
}

/// A part of a period is a part of the commitment.
#[test]
fn a_commitment_of_an_account_counts_all_of_it_and_is_prorated() {
    let workspace = workspace("1");
    workspace.edit(
        "definitions/internet.yaml",
        "commits: subscription",
        "commits: account",
    );
    workspace.edit("services.csv", "start_on\n", "start_on,end_on\n");
    let services = "service_id,subscription_id,charge,start_on,end_on\n\
        S-1,C-1,fiber,2026-02-01,2026-02-15\n\
        S-1f,C-1,floor,2026-02-01,2026-02-15\n";
    fs::write(workspace.path("services.csv"), services).unwrap();
    fs::write(
        workspace.path("usage.csv"),
        "usage_id,service_id,used_at,quantity,status\n",
    )
    .unwrap();
    // Half of 39.90 in advance, and half of 60.00 less that.
    assert_eq!(net(&workspace, "2026-02-01"), "19.95");
    assert_eq!(net(&workspace, "2026-03-01"), "10.05");
}
