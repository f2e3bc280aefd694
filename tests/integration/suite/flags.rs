//! What is set for one run: kept with it, narrowing it, and never an edit of the definition.

use crate::workspace::Workspace;

/// A whole number of the answer's row balance of a table.
fn count(answer: &serde_json::Value, table: &str, of: &str) -> i64 {
    let balances = answer["balance"].as_array().unwrap();
    let row = balances.iter().find(|row| row["table"] == table).unwrap();
    row[of].as_i64().unwrap_or(0)
}

/// O16, O17, C21, C22: dates are given for one run; the run is INDIVIDUAL and says with what it was computed.
#[test]
fn o16_o17_c17_c21_c22_the_monthly_values_are_flags() {
    let workspace = Workspace::dozen();
    workspace
        .bill("run monthly --as-of 2026-02-01 --account H-01 --invoice-date 2026-02-03 --posting-date 2026-02-28")
        .exits(0);
    let invoices = workspace
        .bill("show monthly --tab invoices --output json")
        .exits(0)
        .json();
    assert_eq!(invoices.as_array().unwrap().len(), 1);
    assert_eq!(invoices[0]["invoice_date"], "2026-02-03");
    let runs = workspace.bill("runs --output json").exits(0).json();
    assert_eq!(runs[0]["type"], "INDIVIDUAL");
    let why = workspace.bill("explain HF-2026-0001").exits(0).stdout;
    assert!(
        why.contains("Posting date 2026-02-28: the day that"),
        "{why}"
    );
}

/// D14, P4: the same command with the same flags again is nothing again, and the other accounts are billed by the nightly run.
#[test]
fn p4_the_same_flags_again_bill_nothing_twice() {
    let workspace = Workspace::dozen();
    let one = "run monthly --as-of 2026-02-01 --account H-01";
    workspace.bill(one).exits(0);
    let before = workspace.content();
    let again = workspace.bill(one).exits(0).stdout;
    assert!(again.contains("Nothing is due"), "{again}");
    assert_eq!(workspace.content(), before);
    let rest = workspace
        .bill("run monthly --as-of 2026-02-01 --output json")
        .exits(5)
        .json();
    assert_eq!(rest["run_id"], "monthly@2026-02-01.2");
    assert_eq!(count(&rest, "accounts", "billed"), 8);
    workspace.bill("verify").exits(0);
}

/// C32, C33, D3, D6, P17: with `--account` only that account's rows matter; the faults of others are none of its business.
#[test]
fn c32_d3_a_fault_of_another_account_does_not_park_the_one_asked_for() {
    let workspace = Workspace::dozen();
    let rows = workspace.read("data/services.csv") + "S-99,C-99,fiber,1,,,,2026-02-01,\n";
    std::fs::write(workspace.path("data/services.csv"), rows).unwrap();
    let one = workspace
        .bill("run monthly --as-of 2026-02-01 --account H-01 --account H-03 --output json")
        .exits(0)
        .json();
    assert_eq!(one["exceptions"], 0);
    assert_eq!(count(&one, "accounts", "billed"), 2);
    let subscription = workspace
        .bill("plan monthly --as-of 2026-02-01 --subscription C-09 --output json")
        .exits(0)
        .json();
    assert_eq!(count(&subscription, "accounts", "billed"), 1);
}

/// A flag narrows what the definition says and never widens it; a plan keeps its flags in its hash.
#[test]
fn a_flag_narrows_and_is_part_of_the_plan() {
    let workspace = Workspace::dozen();
    workspace.edit(
        "definitions/monthly.yaml",
        "filters: all",
        "filters: { accounts: [H-01, H-02], where: \"classification = 'residential'\" }",
    );
    let plan = |flags: &str| {
        let ended = workspace.bill(&format!(
            "plan monthly --as-of 2026-02-01 {flags} --output json"
        ));
        ended.exits(0).json()
    };
    let all = plan("");
    let narrowed = plan("--where account_id='H-03'");
    assert_eq!(count(&all, "accounts", "billed"), 2);
    assert_eq!(count(&narrowed, "accounts", "billed"), 0);
    let other = plan("--account H-01 --account H-03");
    assert_eq!(count(&other, "accounts", "billed"), 1);
    assert_ne!(all["plan"], other["plan"]);
    let folder = other["plan"].as_str().unwrap();
    let header = std::fs::read_to_string(format!("{folder}/plan.json")).unwrap();
    assert!(
        header.contains("--account") && header.contains("INDIVIDUAL"),
        "{header}"
    );
    workspace.bill(&format!("apply {folder}")).exits(0);
}

/// CLI-005, CLI-006, CLI-007: ids nobody has, conditions that are none, and a selection of nobody.
#[test]
fn cli005_cli006_cli007_a_selection_that_cannot_be_meant_is_told() {
    let workspace = Workspace::dozen();
    let before = workspace.content();
    for (flags, exit, code, said) in [
        ("--account ZZ", 2, "BW-C103", "there is no account `ZZ`"),
        ("--subscription C-9", 2, "BW-C103", "did you mean `C-0"),
        ("--group big", 2, "BW-C103", "there is no group `big`"),
        ("--where 1=1;drop", 2, "BW-C105", "--where:1:4"),
        ("--where regio='x'", 2, "BW-C106", "did you mean `region`?"),
        (
            "--from 2026-03-01",
            2,
            "BW-C102",
            "the window would begin on 2026-03-01",
        ),
        ("--due-offset 400", 2, "BW-C102", "net-14"),
        (
            "--accept stale_date",
            2,
            "BW-C102",
            "did you mean `stale_dates`?",
        ),
        (
            "--where country='XX'",
            0,
            "BW-I104",
            "0 of 12 accounts selected",
        ),
    ] {
        let ended = workspace.bill(&format!("run monthly --as-of 2026-02-01 {flags}"));
        let ended = ended.exits(exit);
        assert!(ended.stderr.contains(code), "{flags}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{flags}: {}", ended.stderr);
    }
    assert_eq!(workspace.content(), before);
}

/// C37: what is continued was computed with its flags; none is given again.
#[test]
fn c37_a_run_is_continued_with_the_flags_it_had() {
    let workspace = Workspace::dozen();
    workspace
        .bill("run monthly --as-of 2026-02-01 --account H-01 --invoice-date 2026-02-09 --until invoice")
        .exits(0);
    workspace.bill("continue monthly --until post").exits(0);
    let invoices = workspace
        .bill("show monthly --tab invoices --output csv")
        .exits(0)
        .stdout;
    assert!(invoices.contains("2026-02-09"), "{invoices}");
    assert_eq!(invoices.lines().count(), 2);
}
