//! Deciding and doing are apart: a plan touches nothing, and what is applied is that plan or nothing.

use crate::workspace::{Workspace, assert_same};

const PLAN: &str = "plan monthly --as-of 2026-02-01 --out plan";

/// P16: deciding does nothing.
#[test]
fn a_plan_touches_nothing_but_its_own_folder() {
    let workspace = Workspace::dozen();
    let before = workspace.content();
    workspace.bill(PLAN).exits(5);
    let mut after = workspace.content();
    after.retain(|name, _| !name.starts_with("plan/"));
    assert_same(&after, &before);
}

/// P15: same in, same bytes.
#[test]
fn the_same_plan_is_made_twice() {
    let workspace = Workspace::dozen();
    workspace.bill(PLAN).exits(5);
    let first = workspace.content();
    std::fs::remove_dir_all(workspace.path("plan")).unwrap();
    workspace.bill(PLAN).exits(5);
    assert_same(&workspace.content(), &first);
}

/// P16: what is applied is the plan, to the byte.
#[test]
fn an_applied_plan_leaves_the_book_that_a_run_leaves() {
    let [planned, run] = [Workspace::dozen(), Workspace::dozen()];
    planned.bill(PLAN).exits(5);
    planned.bill("apply plan").exits(5);
    std::fs::remove_dir_all(planned.path("plan")).unwrap();
    run.bill("run monthly --as-of 2026-02-01").exits(5);
    assert_same(&planned.content(), &run.content());
}

/// P16: a plan counts only on the ground it was made on.
/// Something that happens between plan and apply.
type Move = fn(&Workspace);

#[test]
fn a_plan_whose_ground_has_moved_is_refused_and_nothing_is_written() {
    let moves: [(&str, Move); 4] = [
        ("BW-L201", |it| {
            it.edit("definitions/home.yaml", "45.00", "46.00")
        }),
        ("BW-L201", |it| {
            it.edit("billwright.toml", "12 Pier", "13 Pier")
        }),
        ("BW-L201", |it| {
            it.bill("run monthly --as-of 2026-03-01").exits(5);
        }),
        ("BW-L203", |it| {
            it.edit("plan/plan.json", "\"as_of\"", "\"as_on\"")
        }),
    ];
    for (code, ground) in moves {
        let workspace = Workspace::dozen();
        workspace.bill(PLAN).exits(5);
        ground(&workspace);
        let before = workspace.content();
        let refused = workspace.bill("apply plan");
        assert!(refused.stderr.contains(code), "{}", refused.stderr);
        assert_ne!(refused.exit, 0);
        assert_same(&workspace.content(), &before);
    }
}

#[test]
fn another_nights_export_does_not_make_a_plan_stale() {
    let workspace = Workspace::dozen();
    workspace.bill(PLAN).exits(5);
    workspace.edit("data/services.csv", "12.345", "99.99");
    workspace.bill("apply plan").exits(5);
    let line = workspace.bill("explain S-06:support:2026-02-01").exits(0);
    assert!(line.stdout.contains("12.345"), "{}", line.stdout);
}

#[test]
fn a_plan_that_is_in_the_book_is_not_applied_again() {
    let workspace = Workspace::dozen();
    workspace.bill(PLAN).exits(5);
    workspace.bill("apply plan --until rate").exits(5);
    let before = workspace.content();
    let again = workspace.bill("apply plan").exits(5);
    assert!(
        again
            .stdout
            .contains("billwright continue monthly@2026-02-01"),
        "{}",
        again.stdout
    );
    assert_same(&workspace.content(), &before);
}
