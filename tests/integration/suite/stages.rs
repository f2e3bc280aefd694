//! A run goes as far as it is told to, goes on from there, or is taken back while it has no numbers.

use crate::workspace::{Workspace, assert_same};

/// C37: a run may stop after any stage and be continued to any later one.
#[test]
fn a_run_in_steps_ends_in_the_invoices_of_a_run_at_once() {
    let [steps, once] = [Workspace::dozen(), Workspace::dozen()];
    once.bill("run monthly --as-of 2026-02-01").exits(5);
    let rated = steps
        .bill("run monthly --as-of 2026-02-01 --until rate --output json")
        .exits(5)
        .json();
    assert_eq!(rated["state"], "rated");
    // The export of the next night must not matter: a run is computed once.
    steps.edit("data/services.csv", "12.345", "99.99");
    for stage in ["invoice", "post", "render"] {
        steps
            .bill(&format!("continue monthly --until {stage}"))
            .exits(5);
    }
    let documents = |workspace: &Workspace| {
        let mut content = workspace.content();
        content.retain(|name, _| name.starts_with("out/") || name.contains("/invoice/"));
        content
    };
    assert_same(&documents(&steps), &documents(&once));
    assert!(!documents(&once).is_empty());
    steps.bill("verify").exits(0);
}

/// P11: what is taken back is due again.
#[test]
fn a_canceled_run_leaves_its_days_to_the_next_one() {
    let workspace = Workspace::dozen();
    let first = workspace
        .bill("run monthly --as-of 2026-02-01 --until invoice --output json")
        .exits(5)
        .json();
    workspace.bill("cancel monthly@2026-02-01").exits(0);
    let second = workspace
        .bill("run monthly --as-of 2026-02-01 --output json")
        .exits(5)
        .json();
    assert_eq!(second["run_id"], "monthly@2026-02-01.2");
    assert_eq!(second["total"], first["total"]);
    workspace.bill("verify").exits(0);
}

/// P22: posted is final.
#[test]
fn what_is_posted_is_not_canceled() {
    let workspace = Workspace::dozen();
    workspace.bill("run monthly --as-of 2026-02-01").exits(5);
    let before = workspace.content();
    let refused = workspace.bill("cancel monthly@2026-02-01");
    assert_ne!(refused.exit, 0, "{}", refused.stdout);
    assert_same(&workspace.content(), &before);
}
