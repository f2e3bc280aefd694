//! Usage that comes again: what a run has read is known by its ids, whatever becomes of the files.

use crate::workspace::{Workspace, assert_same, repository};
use serde_json::Value;
use std::fs::{self, File};
use std::time::{Duration, SystemTime};

const FEBRUARY: &str = "run monthly --as-of 2026-02-01";
const MARCH: &str = "monthly --as-of 2026-03-01 --output json";
const JANUARY: &str = "data/usage-2026-01.csv";
const ROW: &str = "u-0006,112-calls,2026-01-12T10:00:00,80,minutes,processed\n";

/// The small sample after its run of February.
fn billed() -> Workspace {
    let workspace = Workspace::small();
    workspace.bill(FEBRUARY).exits(0);
    workspace
}

/// A command of a month later, which sets nothing aside.
fn march(workspace: &Workspace, command: &str) -> Value {
    workspace
        .bill(&format!("{command} {MARCH}"))
        .exits(0)
        .json()
}

/// How rows of usage ended: all, billed or in excluded services, billed before.
fn usage(answer: &Value) -> [i64; 3] {
    let mut balance = answer["balance"].as_array().unwrap().iter();
    let usage = balance.rfind(|table| table["table"] == "usage").unwrap();
    let count = |value: &Value| value.as_i64().unwrap_or_default();
    [
        count(&usage["rows"]),
        count(&usage["billed"]) + count(&usage["excluded"]),
        count(&usage["not_selected"]["billed_before"]),
    ]
}

fn write(workspace: &Workspace, file: &str, text: &str) {
    fs::write(workspace.path(file), text).unwrap();
}

/// P5, P11: a file that grows through the month, and is sorted anew.
#[test]
fn p5_rows_of_a_file_that_has_grown_are_known_again() {
    let workspace = billed();
    let text = workspace.read(JANUARY);
    let (head, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.push("u-0101,101-calls,2026-02-10T10:00:00,5,minutes,processed");
    rows.reverse();
    write(
        &workspace,
        JANUARY,
        &format!("{head}\n{}\n", rows.join("\n")),
    );
    let run = march(&workspace, "run");
    assert_eq!(usage(&run), [10, 3, 7]);
    let again = march(&workspace, "run");
    assert_eq!(again["run_id"], "monthly@2026-03-01", "nothing was due");
}

/// P15: the time of a file says nothing of its rows; plan and run see the same.
#[test]
fn p15_a_file_that_was_touched_is_the_file_it_was() {
    let workspace = billed();
    let file = File::options()
        .append(true)
        .open(workspace.path(JANUARY))
        .unwrap();
    let later = SystemTime::now() + Duration::from_secs(3_600);
    file.set_modified(later).unwrap();
    let plan = workspace
        .bill(&format!("plan {MARCH} --out plan"))
        .exits(0)
        .json();
    assert_eq!(usage(&plan), [9, 2, 7]);
    assert_eq!(usage(&march(&workspace, "run")), [9, 2, 7]);
    let applied = workspace.bill("apply plan").exits(0).stdout;
    assert!(applied.contains("is in the book already"), "{applied}");
}

/// P5: an id means one thing for good, also where its file is gone.
#[test]
fn p5_an_id_of_an_earlier_run_with_other_content_refuses_the_run() {
    let workspace = billed();
    let text = workspace.read(JANUARY);
    let (head, _) = text.split_once('\n').unwrap();
    fs::remove_file(workspace.path(JANUARY)).unwrap();
    let february = "data/usage-2026-02.csv";
    let other = ROW.replace(",80,", ",81,");
    write(&workspace, february, &format!("{head}\n{other}"));
    let before = workspace.content();
    for command in ["plan", "run"] {
        let refused = workspace.bill(&format!("{command} monthly --as-of 2026-03-01"));
        assert_eq!(refused.exit, 4, "{}", refused.stderr);
        for part in [
            "BW-X120",
            "data/usage-2026-02.csv, row 2",
            "81 `minutes`",
            "data/usage-2026-01.csv, row 7",
            "80 `minutes`",
            "when monthly@2026-02-01 read it",
        ] {
            assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
        }
    }
    assert_same(&workspace.content(), &before);
    write(&workspace, february, &format!("{head}\n{ROW}"));
    assert_eq!(usage(&march(&workspace, "plan")), [1, 0, 1]);
}

/// What was read for a run that was taken back was never billed: it may come again corrected.
#[test]
fn usage_of_a_canceled_run_may_be_corrected() {
    let workspace = Workspace::small();
    workspace
        .bill(&format!("{FEBRUARY} --until invoice"))
        .exits(0);
    workspace.edit(JANUARY, ",80,", ",81,");
    let refused = workspace.bill("run monthly --as-of 2026-03-01");
    assert!(refused.stderr.contains("BW-X120"), "{}", refused.stderr);
    workspace.bill("cancel monthly@2026-02-01").exits(0);
    workspace.bill(FEBRUARY).exits(0);
}

/// Behind an `sql` no row has a file of its own, and settings may have changed since: rows are still known by their ids.
#[test]
fn p5_rows_behind_sql_are_known_again_under_other_settings() {
    let workspace = billed();
    workspace.edit("billwright.toml", "[inputs.usage]", "[inputs.calls]");
    workspace.edit("billwright.toml", "mode = \"delta\"", "");
    workspace.edit(
        "billwright.toml",
        "zone = \"America/New_York\"           # of times that say none",
        "[inputs.usage]\nsql = \"SELECT * FROM calls\"\nzone = \"America/New_York\"",
    );
    let plan = march(&workspace, "plan");
    assert_eq!(usage(&plan), [9, 2, 7]);
    march(&workspace, "run");
    // Now the book has what was read both ways.
    workspace.edit(JANUARY, ",80,", ",80.0,");
    assert_eq!(usage(&march(&workspace, "plan")), [9, 1, 8]);
    workspace.edit(JANUARY, ",80.0,", ",81,");
    let refused = workspace.bill("plan monthly --as-of 2026-03-01");
    assert!(refused.stderr.contains("BW-X120"), "{}", refused.stderr);
}

/// An end that moves makes a last part of a period one of several: what was brought to the minimum stays so, and counts once.
#[test]
fn a_minimum_is_billed_once_where_the_end_moves() {
    let workspace = Workspace::copy_of(&repository().join("tests/diagnostics/commitment_met"));
    workspace.edit(
        "definitions/internet.yaml",
        "usage: { meter: minutes }",
        "minimum: \"30\"\n    usage: { meter: minutes }",
    );
    let export = |end: &str, used: &str| {
        let services = format!(
            "service_id,subscription_id,charge,start_on,end_on\nS-1c,C-1,calls,2026-02-01,{end}\n"
        );
        fs::write(workspace.path("services.csv"), services).unwrap();
        let usage = format!(
            "usage_id,service_id,used_at,quantity\nU-1,S-1c,2026-02-05T12:00:00Z,20\n{used}"
        );
        fs::write(workspace.path("usage.csv"), usage).unwrap();
    };
    let net = |day: &str| {
        let run = format!("run monthly --as-of {day} --accept usage_complete --output json");
        let run = workspace.bill(&run).exits(0).json();
        run["net"].as_str().unwrap().to_owned()
    };
    export("2026-02-11", "");
    assert_eq!(net("2026-02-12"), "30.00");
    export("2026-02-21", "U-2,S-1c,2026-02-15T12:00:00Z,30\n");
    assert_eq!(net("2026-02-22"), "0.00");
    let why = workspace
        .bill("explain S-1c:calls:2026-02-11")
        .exits(0)
        .stdout;
    assert!(why.contains("brought to the minimum of 30.00 EUR"), "{why}");
    assert!(why.contains("less 30.00 EUR"), "{why}");
    export(
        "2026-02-26",
        "U-2,S-1c,2026-02-15T12:00:00Z,30\nU-3,S-1c,2026-02-23T12:00:00Z,400\n",
    );
    // 45.00 in all.
    assert_eq!(net("2026-03-01"), "15.00");
    workspace.bill("verify").exits(0);
}
