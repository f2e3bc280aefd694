//! Discounts and credits over several nights.

use crate::workspace::{Workspace, repository};
use std::fs;

/// Two accounts on 39.90 a month; each test says what they have coming to them.
fn workspace(discounts: &str, credits: &str) -> Workspace {
    let workspace = Workspace::copy_of(&repository().join("tests/diagnostics/BW-V145"));
    workspace.edit(
        "definitions/internet.yaml",
        "proration: daily",
        "proration: daily, cancel: credit_unused",
    );
    fs::write(workspace.path("discounts.csv"), discounts).unwrap();
    fs::write(workspace.path("credits.csv"), credits).unwrap();
    workspace.edit(
        "billwright.toml",
        "[inputs.discounts]",
        "[series.credit_notes]\npattern = \"C-{seq}\"\n\n[inputs.credits]\npath = \"credits.csv\"\n\n[inputs.discounts]",
    );
    workspace
}

const NO_CREDITS: &str = "credit_id,account_id,amount,kind\n";
const NO_DISCOUNTS: &str = "discount_id,account_id,percent\n";

/// What a run bills before tax.
fn net(workspace: &Workspace, day: &str) -> String {
    let run = format!("run monthly --as-of {day} --output json");
    let run = workspace.bill(&run).exits(0).json();
    run["net"].as_str().unwrap().to_owned()
}

#[test]
fn a_discount_for_one_invoice_is_on_one() {
    let discounts = "discount_id,account_id,amount,invoices\nD,A-2,5.00,1\n";
    let workspace = workspace(discounts, NO_CREDITS);
    assert_eq!(net(&workspace, "2026-02-01"), "74.80");
    let before = workspace.content();
    workspace.bill("run monthly --as-of 2026-02-01").exits(0);
    assert_eq!(workspace.content().len(), before.len());
    assert_eq!(net(&workspace, "2026-03-01"), "79.80");
    workspace.bill("verify").exits(0);
}

/// What a run that is taken back has used can be used again.
#[test]
fn what_a_canceled_run_used_is_left() {
    let discounts = "discount_id,account_id,amount,invoices\nD,A-2,5.00,1\n";
    let credits = "credit_id,account_id,amount,kind\nC,A-1,100.00,price\n";
    let workspace = workspace(discounts, credits);
    workspace
        .bill("run monthly --as-of 2026-02-01 --until invoice")
        .exits(0);
    workspace.bill("cancel monthly").exits(0);
    assert_eq!(net(&workspace, "2026-02-01"), "34.90");
    assert_eq!(net(&workspace, "2026-03-01"), "39.90");
    // Of 100.00, 79.80 are used.
    assert_eq!(net(&workspace, "2026-04-01"), "59.60");
}

/// A plan that would use what another run has used since is stale.
#[test]
fn a_credit_is_not_used_twice_by_a_plan_that_waited() {
    let credits = "credit_id,account_id,amount,kind\nC,A-1,10.00,balance\n";
    let workspace = workspace(NO_DISCOUNTS, credits);
    let services = workspace.read("services.csv");
    workspace.edit("services.csv", "S-2,C-2", "S-2,C-1");
    workspace
        .bill("plan monthly --as-of 2026-02-01 --subscription C-1 --out waits")
        .exits(0);
    fs::write(workspace.path("services.csv"), services).unwrap();
    workspace
        .bill("run monthly --as-of 2026-02-01 --account A-1")
        .exits(0);
    let stale = workspace.bill("apply waits");
    assert_eq!(stale.exit, 7, "{}", stale.stderr);
}

#[test]
fn days_that_are_credited_take_their_part_of_the_discount_along() {
    let discounts = "discount_id,account_id,percent\nD,A-1,20\n";
    let workspace = workspace(discounts, NO_CREDITS);
    // 39.90 - 7.98 and 39.90.
    assert_eq!(net(&workspace, "2026-02-01"), "71.82");
    workspace.edit(
        "services.csv",
        "start_on\nS-1,C-1,fiber,2026-02-01",
        "start_on,end_on\nS-1,C-1,fiber,2026-02-01,2026-02-15",
    );
    workspace.edit(
        "services.csv",
        "S-2,C-2,fiber,2026-02-01",
        "S-2,C-2,fiber,2026-02-01,",
    );
    // Half of what was paid comes back: -19.95 + 3.99.
    assert_eq!(net(&workspace, "2026-03-01"), "23.94");
    let why = workspace.bill("explain S-1:fiber:2026-02-15:2").exits(0);
    insta::assert_snapshot!(why.stdout, @r"
    Line S-1:fiber:2026-02-15:2
    Discount, 2026-02-15 up to 2026-03-01: what discount D had taken off the
    credited line, as far as it is credited by S-1:fiber:2026-02-15: 3.99 EUR.
    It stands on invoice C-1 of 2026-03-01, made by run monthly@2026-03-01 for
    account A-1
    Its tax category is `standard` in the taxes of the invoice.
    ");
    workspace.bill("verify").exits(0);
}

/// What a subscription says of itself holds for the first so many periods of each of its services, however they are billed.
#[test]
fn a_subscription_is_cheaper_for_its_first_periods() {
    let workspace = workspace(NO_DISCOUNTS, NO_CREDITS);
    workspace.edit(
        "subscriptions.csv",
        "scheme\n",
        "scheme,discount_percent,discount_periods\n",
    );
    workspace.edit("subscriptions.csv", "A-1,internet\n", "A-1,internet,50,2\n");
    workspace.edit("subscriptions.csv", "A-2,internet\n", "A-2,internet,10,\n");
    // 19.95 and 35.91; April to June at once: 39.90 each and 35.91 each.
    assert_eq!(net(&workspace, "2026-02-01"), "55.86");
    assert_eq!(net(&workspace, "2026-03-01"), "55.86");
    assert_eq!(net(&workspace, "2026-06-01"), "227.43");
}
