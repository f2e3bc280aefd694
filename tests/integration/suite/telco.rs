//! The repository's own workspace: a telephone company's 7,043 customers, and what their old system billed them.

use crate::workspace::Workspace;

#[test]
fn telco_is_billed_once_and_agrees_with_the_legacy_system_as_far_as_it_can() {
    let workspace = Workspace::telco();
    let run = workspace
        .bill("run telco-monthly --as-of 2026-02-01 --output json")
        .exits(0)
        .json();
    assert_eq!(run["run_id"], "telco-monthly@2026-02-01");
    assert_eq!(run["lines"], 29_202);
    assert_eq!(run["invoices"], 7_043);
    assert_eq!(run["net"], "456360.00");
    assert_eq!(run["tax"], "0.00");
    assert_eq!(run["total"], "456360.00");
    assert_eq!(run["exceptions"], 0);

    let documents = workspace.content();
    let documents = documents.keys().filter(|name| name.ends_with(".html"));
    assert_eq!(
        documents.filter(|name| name.starts_with("out/")).count(),
        7_043
    );

    let again = workspace
        .bill("run telco-monthly --as-of 2026-02-01")
        .exits(0);
    assert!(
        again.stdout.contains("telco-monthly@2026-02-01"),
        "{}",
        again.stdout
    );

    // 919 customers differ by more than 1.50, which is outside what the definition tolerates.
    let compared = workspace
        .bill("reconcile telco-legacy --output json")
        .exits(5)
        .json();
    assert_eq!(compared["matched"], 7_043 - 919);
    assert_eq!(compared["over"], 486);
    assert_eq!(compared["under"], 433);
    assert_eq!(compared["missing_here"], 0);
    assert_eq!(compared["missing_there"], 0);
    assert_eq!(compared["sum_here"], "456360.00");
    assert_eq!(compared["sum_there"], "456116.60");
    workspace.bill("verify").exits(0);
}
