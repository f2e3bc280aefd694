//! The same again, and what comes after a mistake was mended.

use crate::workspace::{Workspace, assert_same};
use std::fs;

const RUN: &str = "run monthly --as-of 2026-02-01";

/// P4, O23, D27: a second run of the same day is nothing, and says so.
#[test]
fn the_same_command_again_changes_nothing_and_says_which_run_billed_what() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    let before = workspace.content();
    let again = workspace.bill(RUN).exits(5);
    assert_same(&workspace.content(), &before);
    assert!(
        again.stdout.contains("monthly@2026-02-01"),
        "{}",
        again.stdout
    );
}

/// P21: what was parked is billed once its cause is mended.
#[test]
fn a_mended_account_is_billed_by_a_run_of_its_own() {
    let workspace = Workspace::dozen();
    let first = workspace
        .bill(&format!("{RUN} --output json"))
        .exits(5)
        .json();
    workspace.edit("data/services.csv", ",router,two,", ",router,2,");
    let second = workspace
        .bill(&format!("{RUN} --output json"))
        .exits(0)
        .json();
    assert_eq!(first["exceptions"], 1);
    assert_eq!(second["run_id"], "monthly@2026-02-01.2");
    assert_eq!(second["lines"], 2);
    assert_eq!(second["invoices"], 1);
    assert_eq!(second["net"], "54.80"); // 45.00 and 2 x 4.90
    assert_eq!(second["tax"], "3.97"); // 7.25 % of it is 3.973
    let third = workspace.bill(RUN).exits(0);
    assert!(
        third.stdout.contains("monthly@2026-02-01.2"),
        "{}",
        third.stdout
    );
}

/// D9: only days that are not billed yet are due.
#[test]
fn the_next_month_goes_on_where_the_last_one_ended() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    let march = workspace
        .bill("run monthly --as-of 2026-03-01 --output json")
        .exits(5)
        .json();
    assert_eq!(march["run_id"], "monthly@2026-03-01");
    let before = workspace.content();
    workspace.bill("run monthly --as-of 2026-03-01").exits(5);
    assert_same(&workspace.content(), &before);
    workspace.bill("verify").exits(0);
}

/// P4, P15: over the same definitions, inputs and book the same run is known to find nothing; whatever differs is computed, and
/// `plan`, which always computes, finds the same.
#[test]
fn p4_the_same_run_again_is_known_and_anything_else_is_computed() {
    let known = "definitions, inputs and book are as run monthly@2026-02-01";
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    let is_known = |words: &str, code: i32| {
        let said = workspace.bill(words).exits(code).stdout;
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("Nothing is due"), "{said}");
        said.contains(known)
    };
    assert!(is_known(RUN, 5));
    assert!(!is_known("plan monthly --as-of 2026-02-01", 5));
    assert!(!is_known(&format!("{RUN} --account H-01"), 0));
    assert!(!is_known("run monthly --as-of 2026-01-31", 5));
    let (file, from, to) = (
        "definitions/monthly.yaml",
        "kind: bill_run",
        "kind: bill_run # again",
    );
    workspace.edit(file, from, to);
    assert!(!is_known(RUN, 5));
    workspace.edit(file, to, from);
    assert!(is_known(RUN, 5));
    // Another name of the same length, in a file of the same date.
    let accounts = workspace.path("data/accounts.csv");
    let date = fs::metadata(&accounts).unwrap().modified().unwrap();
    workspace.edit("data/accounts.csv", "Ada Brook,", "Ada Brock,");
    let file = fs::File::options().append(true).open(&accounts).unwrap();
    file.set_modified(date).unwrap();
    assert!(!is_known(RUN, 5));
    // And the first one, in a file of another date.
    workspace.edit("data/accounts.csv", "Ada Brock,", "Ada Brook,");
    assert!(is_known(RUN, 5));
}
