//! Every day of a service is billed once: none twice, none never, whatever people do between two runs.

use crate::workspace::Workspace;
use serde_json::Value;

/// Runs `monthly` as of a day and hands back the answer.
fn run(workspace: &Workspace, as_of: &str, more: &str) -> Value {
    let ended = workspace.bill(&format!("run monthly --as-of {as_of} {more} --output json"));
    assert!(matches!(ended.exit, 0 | 5), "{}", ended.stderr);
    ended.json()
}

/// P11: the month of a canceled run is due again although a later run began where it had ended.
#[test]
fn p11_a_month_canceled_after_the_next_one_was_billed_is_billed_again() {
    let [workspace, plain] = [Workspace::dozen(), Workspace::dozen()];
    let february = run(&plain, "2026-02-01", "--until invoice");
    run(&workspace, "2026-02-01", "--until invoice");
    run(&workspace, "2026-03-01", "--until invoice");
    workspace.bill("cancel monthly@2026-02-01").exits(0);
    let again = run(&workspace, "2026-02-01", "--until invoice");
    assert_eq!(again["run_id"], "monthly@2026-02-01.2");
    for key in ["lines", "invoices", "net", "tax"] {
        assert_eq!(again[key], february[key], "{key}");
    }
}

/// P11: where nothing was built on a canceled run, `next_bill_on` says anew where to begin.
#[test]
fn p11_a_first_run_that_was_canceled_does_not_hold_a_wrong_start() {
    let workspace = Workspace::dozen();
    let row = "S-01,C-01,fiber,1,,,,";
    workspace.edit(
        "data/services.csv",
        &format!("{row}2026-02-01"),
        &format!("{row}2026-01-01"),
    );
    let wrong = run(&workspace, "2026-02-01", "--until invoice");
    workspace.bill("cancel monthly").exits(0);
    workspace.edit(
        "data/services.csv",
        &format!("{row}2026-01-01"),
        &format!("{row}2026-02-01"),
    );
    let right = run(&workspace, "2026-02-01", "");
    let lines = |answer: &Value| answer["lines"].as_i64().unwrap();
    assert_eq!(lines(&right), lines(&wrong) - 1);
}

/// P11: a change of the charge holds from the first unbilled day; the days of the old charge are not billed again.
#[test]
fn p11_another_charge_of_a_service_begins_where_the_old_one_was_billed_to() {
    let workspace = Workspace::dozen();
    run(&workspace, "2026-02-01", "");
    workspace.edit("data/services.csv", "S-01,C-01,fiber", "S-01,C-01,tv");
    let again = run(&workspace, "2026-02-01", "");
    assert_eq!(again["run_id"], "monthly@2026-02-01", "nothing was due");
    let march = run(&workspace, "2026-03-01", "");
    assert_eq!(march["run_id"], "monthly@2026-03-01");
    let history = workspace.bill("explain S-01").exits(0).stdout;
    assert!(history.contains("S-01:tv:2026-03-01"), "{history}");
    assert!(!history.contains("S-01:tv:2026-02-01"), "{history}");
}

/// P16: a plan made before the charge changed does not bill the days that the new charge has claimed since.
#[test]
fn p16_a_plan_is_stale_once_its_service_was_billed_under_another_charge() {
    let workspace = Workspace::dozen();
    workspace
        .bill("plan monthly --as-of 2026-02-01 --out plan")
        .exits(5);
    workspace.edit("data/services.csv", "S-01,C-01,fiber", "S-01,C-01,tv");
    let other = workspace.read("definitions/monthly.yaml");
    let other = other
        .replace("name: monthly", "name: other")
        .replace("filters: all", "filters: { accounts: [H-01] }");
    std::fs::write(workspace.path("definitions/other.yaml"), other).unwrap();
    workspace.bill("run other --as-of 2026-02-01").exits(0);
    let refused = workspace.bill("apply plan").exits(7);
    assert!(
        refused.stderr.contains("other@2026-02-01"),
        "{}",
        refused.stderr
    );
}

/// P16: a plan that goes on from a run which was canceled since is refused.
#[test]
fn p16_a_plan_is_stale_once_the_run_before_it_was_canceled() {
    let workspace = Workspace::dozen();
    run(&workspace, "2026-02-01", "--until invoice");
    workspace
        .bill("plan monthly --as-of 2026-03-01 --out plan")
        .exits(5);
    workspace.bill("cancel monthly@2026-02-01").exits(0);
    let refused = workspace.bill("apply plan").exits(7);
    assert!(refused.stderr.contains("BW-L201"), "{}", refused.stderr);
}

/// AO2, AO4: three missed months are billed by one run, oldest first, from anchor day 31 without drifting.
#[test]
fn ao2_ao4_missed_months_are_billed_together_from_the_same_anchor() {
    let workspace = Workspace::dozen();
    run(&workspace, "2026-04-01", "");
    let history = workspace.bill("explain S-12").exits(0).stdout;
    for line in [
        "S-12:seat:2026-01-31",
        "S-12:seat:2026-02-28",
        "S-12:seat:2026-03-31",
    ] {
        assert!(history.contains(line), "{history}");
    }
    assert!(!history.contains("S-12:seat:2026-04-30"), "{history}");
}

/// AO4: a service further behind than `max_behind` is parked with its backlog; the rest of its account is billed.
#[test]
fn ao4_a_service_too_far_behind_is_parked_alone() {
    let workspace = Workspace::dozen();
    workspace.edit(
        "data/services.csv",
        "S-04,C-03,router,2,,,2026-02-15,2026-02-01",
        "S-04,C-03,router,2,,,,2025-06-01",
    );
    run(&workspace, "2026-02-01", "");
    let failed = workspace.bill("show monthly --tab failed").exits(0).stdout;
    assert!(
        failed.contains("S-04") && failed.contains("BW-R201"),
        "{failed}"
    );
    let lines = workspace.bill("explain H-03").exits(0).stdout;
    assert!(lines.contains("S-03:fiber:2026-02-01"), "{lines}");
    assert!(!lines.contains("S-04:router:"), "{lines}");
}
