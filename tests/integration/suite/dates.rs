//! The days of a run: what becomes due by when, and which dates an invoice gets.

use crate::workspace::{NOW, Workspace};
use serde_json::Value;

/// The invoices of a plan of `monthly` as rows of CSV, after an edit of its `invoices:`.
fn invoices(as_of: &str, options: &str) -> Vec<String> {
    let workspace = Workspace::dozen();
    workspace.edit(
        "definitions/monthly.yaml",
        "invoices:\n",
        &format!("invoices:\n{options}"),
    );
    let ended = workspace.bill(&format!("run monthly --as-of {as_of}"));
    assert!(matches!(ended.exit, 0 | 5), "{}", ended.stderr);
    let table = workspace
        .bill("show monthly --tab invoices --output json")
        .exits(0)
        .json();
    let rows = table.as_array().expect("a table is a list").iter();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or("?").to_owned();
    rows.map(|row| {
        let dates = ["account_id", "invoice_date", "due_date"];
        dates.map(|key| text(row, key)).join(" ")
    })
    .collect()
}

/// The posting dates in the journal, by account.
fn posting_dates(options: &str) -> Vec<String> {
    let workspace = Workspace::dozen();
    workspace.edit(
        "definitions/monthly.yaml",
        "invoices:\n",
        &format!("invoices:\n{options}"),
    );
    workspace.bill("run monthly --as-of 2026-02-01").exits(5);
    let journal = workspace.bill("export hledger").exits(0).stdout;
    let entries = journal.lines().filter(|line| line.contains("(HF-"));
    entries
        .map(|line| {
            let (day, account) = (line.split(' ').next(), line.split(' ').nth(2));
            format!("{} {}", account.unwrap_or("?"), day.unwrap_or("?"))
        })
        .collect()
}

/// O45, O46, O47: the posting date is the account's bill day in the month and year named, clamped to the month's end.
#[test]
fn o45_o46_o47_posting_goes_into_the_month_named_on_the_bill_day() {
    let dates = posting_dates("  posting_date: { month: 2, year: 2026 }\n");
    for wanted in ["H-09 2026-02-15", "H-10 2026-02-28", "H-01 2026-02-01"] {
        assert!(dates.contains(&wanted.to_owned()), "{wanted} in {dates:?}");
    }
}

/// O47: a month without its year is refused.
#[test]
fn o47_a_month_needs_its_year() {
    let workspace = Workspace::dozen();
    workspace.edit(
        "definitions/monthly.yaml",
        "invoices:\n",
        "invoices:\n  posting_date: { month: 2 }\n",
    );
    let refused = workspace.bill("check").exits(3);
    assert!(refused.stderr.contains("year"), "{}", refused.stderr);
}

/// AO3, D10: without more said, posting is on the business date and the invoice has the window's last day; due by the terms.
#[test]
fn ao3_d10_dates_are_those_of_the_run_unless_chosen() {
    assert!(
        posting_dates("")
            .iter()
            .all(|entry| entry.ends_with(" 2026-02-01"))
    );
    assert!(invoices("2026-02-01", "").contains(&"H-01 2026-02-01 2026-02-15".to_owned()));
    let chosen = invoices("2026-02-01", "  date: 2026-02-20\n");
    assert!(
        chosen.contains(&"H-01 2026-02-20 2026-03-06".to_owned()),
        "{chosen:?}"
    );
}

/// O37, O38, D9, AO1: what becomes ready by the last day is billed, that day included and the day before not.
#[test]
fn o37_o38_d9_ao1_the_window_ends_with_its_last_day() {
    let early = invoices("2026-01-31", "");
    assert!(
        !early.iter().any(|row| row.starts_with("H-01 ")),
        "{early:?}"
    );
    let on_the_day = invoices("2026-02-01", "");
    assert!(
        on_the_day.iter().any(|row| row.starts_with("H-01 ")),
        "{on_the_day:?}"
    );
}

/// D9: a target date is needed and is a day; `as_of: slot` by hand is today in the workspace's zone.
#[test]
fn d9_without_a_day_the_workspace_s_today_is_meant() {
    assert_eq!(
        NOW, "2026-02-01T06:00:00Z",
        "still 31 January in Los Angeles"
    );
    let workspace = Workspace::dozen();
    let answer = workspace.bill("run monthly --output json");
    assert_eq!(answer.json()["run_id"], "monthly@2026-01-31");
    workspace.bill("run monthly --as-of 2026-02-30").exits(2);
}

/// AO2: anchor day 31 is the last day of a shorter month and the 31st again after it.
#[test]
fn ao2_a_bill_day_beyond_the_month_is_its_last_day() {
    let workspace = Workspace::dozen();
    workspace.bill("run monthly --as-of 2026-03-31").exits(5);
    let history = workspace.bill("explain S-12").exits(0).stdout;
    for start in ["2026-01-31", "2026-02-28", "2026-03-31"] {
        assert!(history.contains(&format!("S-12:seat:{start}")), "{history}");
    }
}

/// The rate of a tax is the one in force on the invoice date; a rate that could never count is refused, not passed over.
#[test]
fn a_tax_rate_holds_from_its_day_on() {
    let workspace = Workspace::dozen();
    let rate = "  - { category: standard, percent: \"7.25\" }\n";
    let raised = "  - { category: standard, percent: \"8\", valid_from: 2026-03-01 }\n";
    workspace.edit("definitions/alameda.yaml", rate, &format!("{rate}{raised}"));
    let refused = workspace.bill("check").exits(3);
    assert!(refused.stderr.contains("BW-D232"), "{}", refused.stderr);
    workspace.edit(
        "definitions/alameda.yaml",
        &format!("{rate}{raised}"),
        &format!("{raised}{rate}"),
    );
    // Fiber alone on this account: 45.00 at 7.25 %, then 49.50 at 8 %.
    for (as_of, tax) in [("2026-02-01", "3.26"), ("2026-03-01", "3.96")] {
        workspace
            .bill(&format!("run monthly --as-of {as_of}"))
            .exits(5);
        let invoice = workspace
            .bill(&format!("explain monthly@{as_of}/H-01"))
            .exits(0)
            .stdout;
        assert!(invoice.contains(tax), "{tax} in {invoice}");
    }
}
