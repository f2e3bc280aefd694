//! What could not be billed, by cause.

use crate::workspace::{Workspace, repository};
use serde_json::{Value, json};
use std::fs;

/// A night of 40 accounts without a wallet beside two that have one, and one whose price nobody knows.
fn forty() -> Workspace {
    let workspace = Workspace::copy_of(&repository().join("tests/workspaces/prepaid"));
    let more = |file: &str, row: &dyn Fn(u32) -> String, last: &str| {
        let file = workspace.path(&format!("data/{file}.csv"));
        let rows: String = (1..=40).map(row).collect();
        let text = fs::read_to_string(&file).unwrap() + &rows + last;
        fs::write(file, text).unwrap();
    };
    more("accounts", &|at| format!("x{at},EUR\n"), "odd,EUR\n");
    let start = "mobile,2026-06-01";
    more(
        "subscriptions",
        &|at| format!("x{at}-1,x{at},{start}\n"),
        &format!("odd-1,odd,{start}\n"),
    );
    more(
        "services",
        &|at| format!("x{at}-sim,x{at}-1,line\n"),
        "odd-sim,odd-1,lime\n",
    );
    workspace
}

fn causes(workspace: &Workspace, words: &str, exit: i32) -> Value {
    let answer = workspace.bill(&format!("{words} --output json"));
    answer.exits(exit).json()["causes"].clone()
}

/// C42: forty rows of one cause are one, with what their days would have cost.
#[test]
fn c42_exceptions_are_grouped_by_code_and_cause_with_what_is_at_stake() {
    let workspace = forty();
    let wanted = json!([
        {
            "code": "BW-X125",
            "cause": "the account has no wallet that pays for subscriptions under `mobile`",
            "rows": 40, "priced": 40, "at_stake": { "EUR": "8.00" },
        },
        {
            "code": "BW-X106",
            "cause": "scheme `mobile` has no charge `lime`; did you mean `line`?",
            "rows": 1, "priced": 0, "at_stake": null,
        },
    ]);
    assert_eq!(
        causes(&workspace, "plan nightly --as-of 2026-06-01", 5),
        wanted
    );
    let run = "run nightly --as-of 2026-06-01";
    assert_eq!(causes(&workspace, run, 5), wanted);
    assert_eq!(causes(&workspace, "show nightly", 0), wanted);
    // Nothing new: the same is parked as before, and is told again.
    assert_eq!(causes(&workspace, run, 5), wanted);
    let told = workspace.bill(run).exits(5).stdout;
    assert!(told.contains("8.00 EUR"), "{told}");
    let failed = workspace.bill("show nightly --tab failed --output csv");
    assert_eq!(failed.exits(0).stdout.lines().count(), 42);
}

/// How many accounts are computed at once changes nothing in it.
#[test]
fn causes_are_the_same_however_many_accounts_are_computed_at_once() {
    let at_once = |count: &str| {
        let workspace = forty();
        workspace.edit("billwright.toml", "[seller]", &format!("{count}[seller]"));
        causes(&workspace, "run nightly --as-of 2026-06-02", 5)
    };
    assert_eq!(at_once(""), at_once("accounts_at_once = 3\n"));
}
