//! What of usage is counted: conditions, aggregates, and what becomes of rows that are not meant.

use crate::workspace::{Workspace, repository};
use insta::assert_snapshot;
use serde_json::{Value, json};

fn counting() -> Workspace {
    Workspace::copy_of(&repository().join("tests/workspaces/counting"))
}

/// How the amounts of a service came about, oldest line first.
fn why(workspace: &Workspace, service: &str) -> Vec<String> {
    let words = format!("explain {service} --output json");
    let answer = workspace.bill(&words).exits(0).json();
    let mut parts = answer.as_array().unwrap().iter();
    let lines = parts.find(|part| part["title"] == "Lines").unwrap();
    let rows = lines["rows"].as_array().unwrap().iter();
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| row["period_start"].to_string());
    let why = rows.iter().map(|row| row["why"].as_str().unwrap());
    why.map(str::to_owned).collect()
}

/// How rows of usage ended.
fn usage(run: &Value) -> Value {
    let mut balance = run["balance"].as_array().unwrap().iter();
    let usage = balance.rfind(|table| table["table"] == "usage").unwrap();
    json!([
        usage["rows"],
        usage["billed"],
        usage["excepted"],
        usage["not_selected"]
    ])
}

fn run(workspace: &Workspace, day: &str) -> Value {
    let words = format!("run monthly --as-of {day} --output json");
    workspace.bill(&words).exits(0).json()
}

/// Each row is either in a line or said not to be counted.
#[test]
fn usage_is_counted_as_its_charge_says() {
    let workspace = counting();
    let first = run(&workspace, "2026-02-01");
    assert_eq!(usage(&first), json!([32, 29, 0, { "not_counted": 3 }]));
    let services = [
        "S-1", "S-2", "S-3", "S-4", "S-5", "S-6", "S-7", "S-8", "S-9",
    ];
    let lines = services.map(|service| why(&workspace, service));
    let lines = lines.concat();
    assert_eq!(
        lines,
        [
            "0.10 x 20.5 = 2.05 EUR",
            "0.05 x 2 = 0.10 EUR",
            "1 x 5.00 + 2 x 3.00 = 11.00 EUR",
            "2.00 x 55.5 = 111.00 EUR",
            "0.20 x 70 = 14.00 EUR",
            "0.20 x 31 = 6.20 EUR",
            "161 x 0.001 + 60 x 0.002 + 2 x 0.10 for each + 1 x 0.20 for each = 0.681, rounded half up to 0.68 EUR",
            "180 x 0.0299 + 2 x 0.10 for each + 1 x 1.75 at least + 1 x 12.00 at most + 1 free = 19.332, rounded half up to 19.33 EUR",
            "30 x 0.05 + 6 x 0.01 = 1.56 EUR"
        ]
    );
    let line = workspace
        .bill("explain S-2:calls:2026-01-01")
        .exits(0)
        .stdout;
    assert!(
        line.contains("counted by `count where quantity >= 2`"),
        "{line}"
    );
}

/// Parts add up, and what of an earlier part was not counted is not late.
#[test]
fn a_count_goes_on_where_the_run_before_stopped() {
    let workspace = counting();
    run(&workspace, "2026-01-16");
    let second = run(&workspace, "2026-02-01");
    assert_eq!(usage(&second)[2], json!(0));
    assert_eq!(
        why(&workspace, "S-2"),
        [
            "0.05 x 1 = 0.05 EUR",
            "1 used after 1 before: 0.05 x 2 = 0.10 EUR, less 0.05 EUR for the usage before: 0.05 EUR"
        ]
    );
    assert_eq!(
        why(&workspace, "S-8"),
        [
            "80 x 0.0299 + 1 x 0.10 for each + 1 x 12.00 at most + 1 free = 14.492, rounded half up to 14.49 EUR",
            "110 used after 11079 before: 180 x 0.0299 + 2 x 0.10 for each + 1 x 1.75 at least + 1 x 12.00 at most + 1 free = 19.332, rounded half up to 19.33 EUR, less 14.49 EUR for the usage before: 4.84 EUR"
        ]
    );
    assert_eq!(
        why(&workspace, "S-9"),
        [
            "24 x 0.05 = 1.20 EUR",
            "12 used after 24 before: 30 x 0.05 + 6 x 0.01 = 1.56 EUR, less 1.20 EUR for the usage before: 0.36 EUR"
        ]
    );
}

/// The order in which rows are written changes nothing.
#[test]
fn the_order_of_rows_does_not_matter() {
    let workspace = counting();
    let text = workspace.read("usage.csv");
    let (head, rows) = text.split_once('\n').unwrap();
    let reversed: Vec<&str> = rows.lines().rev().collect();
    let text = format!("{head}\n{}\n", reversed.join("\n"));
    let before = run(&workspace, "2026-02-01");
    let other = counting();
    std::fs::write(other.path("usage.csv"), text).unwrap();
    assert_eq!(run(&other, "2026-02-01")["net"], before["net"]);
}

#[test]
fn a_column_that_usage_does_not_have_is_refused() {
    let workspace = counting();
    workspace.edit("definitions/office.yaml", "direction =", "directon =");
    workspace.edit(
        "definitions/office.yaml",
        "unique: user_id",
        "unique: users",
    );
    // The same where there are no rows yet.
    let rows = workspace.read("usage.csv");
    let (head, _) = rows.split_once('\n').unwrap();
    std::fs::write(workspace.path("usage.csv"), format!("{head}\n")).unwrap();
    let refused = workspace.bill("check --as-of 2026-02-01").exits(3).stderr;
    assert!(refused.contains("2 errors"), "{refused}");
    std::fs::write(workspace.path("usage.csv"), rows).unwrap();
    assert_snapshot!(workspace.bill("check --as-of 2026-02-01").exits(3).stderr, @r#"
    error[BW-D245]: there is no column `directon` to select by
     --> definitions/office.yaml:8:37
      |
    8 |     usage: { meter: minutes, where: "directon = 'out' AND quantity < 99.5" }
      |                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `direction`?

    error[BW-D246]: usage has no column `users` whose values can be counted
      --> definitions/office.yaml:14:12
       |
    14 |     usage: { meter: logins, aggregate: { unique: users } }
       |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: name a column of the usage input

    2 errors.
    "#);
}
