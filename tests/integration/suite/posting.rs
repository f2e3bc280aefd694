//! From a run that is computed to invoices that are final.

use crate::workspace::{Workspace, assert_same};

const RUN: &str = "run monthly --as-of 2026-02-01";

fn invoices(workspace: &Workspace) -> serde_json::Value {
    workspace
        .bill("show monthly --tab invoices --output json")
        .exits(0)
        .json()
}

/// Numbers and states of the invoices of a run.
fn numbered(workspace: &Workspace) -> usize {
    let invoices = invoices(workspace);
    let rows = invoices.as_array().unwrap();
    let has_number = |row: &&serde_json::Value| {
        row["number"]
            .as_str()
            .is_some_and(|number| number.starts_with("HF-2026-"))
    };
    rows.iter().filter(has_number).count()
}

/// Z1, Z2, Z3, Z7, AO8, AZ2: a run that has all its invoices has posted none of them; posting it posts all; again it posts nothing.
#[test]
fn z1_z2_z3_z7_ao8_az2_a_run_is_posted_whole_and_only_once() {
    let workspace = Workspace::dozen();
    workspace.bill(&format!("{RUN} --until invoice")).exits(5);
    assert_eq!(invoices(&workspace).as_array().unwrap().len(), 9);
    assert_eq!(numbered(&workspace), 0);
    workspace.bill("continue monthly --until post").exits(5);
    assert_eq!(numbered(&workspace), 9);
    let before = workspace.content();
    workspace.bill("continue monthly --until post");
    assert_same(&workspace.content(), &before);
}

/// Z5, AC1, C14: only a run that has its invoices can be posted, so none that was canceled; and it stays in the list for good.
#[test]
fn z5_ac1_c14_what_was_canceled_is_neither_posted_nor_deleted() {
    let workspace = Workspace::dozen();
    workspace.bill(&format!("{RUN} --until invoice")).exits(5);
    workspace.bill("cancel monthly").exits(0);
    let refused = workspace
        .bill("continue monthly@2026-02-01 --until post")
        .exits(10);
    assert!(refused.stderr.contains("BW-A111"), "{}", refused.stderr);
    let runs = workspace.bill("runs --output csv").exits(0).stdout;
    assert!(runs.contains("monthly@2026-02-01"), "{runs}");
}

/// AZ1: one account that is parked does not keep the others from being posted.
#[test]
fn az1_the_accounts_in_good_order_are_posted_and_the_parked_one_waits() {
    let workspace = Workspace::dozen();
    let run = workspace
        .bill(&format!("{RUN} --output json"))
        .exits(5)
        .json();
    assert_eq!(
        (&run["invoices"], &run["exceptions"]),
        (&9.into(), &1.into())
    );
    assert_eq!(numbered(&workspace), 9);
    assert!(!invoices(&workspace).to_string().contains("H-06"));
}

/// D15, W7: a run posts by itself only where its definition and the workspace both say so; else it ends with drafts.
#[test]
fn d15_w7_posting_by_itself_needs_two_keys() {
    let workspace = Workspace::dozen();
    workspace.edit("billwright.toml", "allow_auto_post = true", "");
    let refused = workspace.bill(RUN).exits(3);
    assert!(refused.stderr.contains("BW-D244"), "{}", refused.stderr);
    workspace.edit(
        "definitions/monthly.yaml",
        "auto_post: true",
        "auto_post: false",
    );
    let run = workspace
        .bill(&format!("{RUN} --output json"))
        .exits(5)
        .json();
    assert_eq!(run["state"], "invoiced");
    assert_eq!(numbered(&workspace), 0);
}

/// Z6: a plan says whom it would bill and how much before anything is posted, and names what would do it.
#[test]
fn z6_a_plan_shows_accounts_and_sums_before_it_is_applied() {
    let workspace = Workspace::dozen();
    let plan = workspace
        .bill("plan monthly --as-of 2026-02-01")
        .exits(5)
        .stdout;
    for part in [
        "467.86",
        "billwright apply plans/monthly-2026-02-01-",
        "accounts",
    ] {
        assert!(plan.contains(part), "{part} in {plan}");
    }
}
