//! The lists that are looked at before and after a run.

use crate::workspace::Workspace;

const RUN: &str = "run monthly --as-of 2026-02-01";

/// O11, O12, O13: what the next run bills, the furthest behind first, and by any column.
#[test]
fn o11_o12_o13_bill_dates_are_listed_and_sorted() {
    let workspace = Workspace::dozen();
    let list = |more: &str| {
        let words = format!("report bill-dates --as-of 2026-02-01 {more} --output json");
        workspace.bill(&words).exits(0).json()
    };
    let all = list("--where definition='monthly'");
    let rows = all.as_array().unwrap().iter();
    let days: Vec<_> = rows.map(|row| row["open_from"].as_str()).collect();
    assert!(days.is_sorted() && days.len() == 17, "{days:?}");
    let due = list("--where standing='due'");
    assert!(
        due.as_array()
            .unwrap()
            .iter()
            .all(|row| row["definition"] == "monthly")
    );
    let last = list("--sort -service_id");
    assert_eq!(last[0]["service_id"], "S-18");
    workspace.bill(RUN).exits(5);
    let billed = list("--where service_id='S-01'");
    assert_eq!(billed[0]["billed_through"], "2026-03-01");
}

/// Lists and explanations are the same however many accounts are computed at once.
#[test]
fn o10_o11_a_list_is_the_same_in_ranges_of_one_account() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    workspace.edit(
        "data/services.csv",
        "S-01,C-01,fiber,1,,,,2026-02-01",
        "S-01,C-01,fiber,1,,,,2026-03-20",
    );
    let asked = || {
        let words = [
            "report bill-dates",
            "report bill-date-changes",
            "report new-accounts",
            "explain S-01",
        ];
        words.map(|words| {
            workspace
                .bill(&format!("{words} --output json --now 2026-02-03T08:00"))
                .exits(0)
                .stdout
        })
    };
    let at_once = asked();
    assert!(at_once[1].contains("S-01"), "{}", at_once[1]);
    workspace.edit(
        "billwright.toml",
        "timezone =",
        "accounts_at_once = 1\ntimezone =",
    );
    assert_eq!(asked(), at_once);
}

/// O8: accounts without an invoice, the newest first, with what they lack.
#[test]
fn o8_new_accounts_are_those_without_an_invoice() {
    let workspace = Workspace::dozen();
    let list = || {
        workspace
            .bill("report new-accounts --output json")
            .exits(0)
            .json()
    };
    assert_eq!(list().as_array().unwrap().len(), 12);
    workspace.bill(RUN).exits(5);
    let left = list();
    let ids: Vec<_> = left
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["account_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["H-06", "H-07", "H-08"]);
    assert_eq!(left[0]["services"], 2);
}

/// O3, O13: all invoices and drafts, by balance.
#[test]
fn o3_o13_invoices_are_filtered_by_balance() {
    let workspace = Workspace::dozen();
    workspace.bill(&format!("{RUN} --account H-01")).exits(0);
    workspace.bill(&format!("{RUN} --until invoice")).exits(5);
    let list = |more: &[&str]| {
        let mut command = workspace.program(std::path::Path::new(env!("CARGO_BIN_EXE_billwright")));
        let output = command
            .args(["report", "invoices", "--output", "json"])
            .args(more)
            .output()
            .unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let states = |rows: &serde_json::Value, state: &str| {
        rows.as_array()
            .unwrap()
            .iter()
            .filter(|row| row["state"] == state)
            .count()
    };
    let all = list(&[]);
    assert_eq!((states(&all, "draft"), states(&all, "posted")), (8, 1));
    let owed = list(&["--where", "balance >= 0.01", "--sort", "-balance"]);
    assert_eq!((states(&owed, "draft"), states(&owed, "posted")), (0, 1));
}

/// Z13: every row that was selected is billed, or it is said why not.
#[test]
fn z13_completeness_adds_up_for_each_run_and_table() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    let rows = workspace
        .bill("report completeness --output json")
        .exits(0)
        .json();
    let tables: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["table"].as_str().unwrap())
        .collect();
    assert!(
        tables.starts_with(&["accounts", "subscriptions", "services"]),
        "{tables:?}"
    );
    for row in rows.as_array().unwrap() {
        let count = |name: &str| row[name].as_i64().unwrap();
        let parts = ["billed", "nothing_due", "held", "excluded", "failed"].map(count);
        assert_eq!(count("selected"), parts.iter().sum::<i64>(), "{row}");
    }
}

/// P21: nothing stays parked unseen, and what is mended is gone from the list.
#[test]
fn p21_open_exceptions_have_an_age_until_they_are_mended() {
    let workspace = Workspace::dozen();
    workspace.bill("run monthly --as-of 2026-01-31").exits(5);
    workspace.bill(RUN).exits(5);
    let list = || {
        workspace
            .bill("report exceptions --as-of 2026-02-11 --output json")
            .exits(0)
            .json()
    };
    let open = list();
    assert_eq!(open.as_array().unwrap().len(), 1, "{open}");
    assert_eq!(open[0]["since"], "2026-01-31");
    assert_eq!(open[0]["days"], 11);
    workspace.edit("data/services.csv", ",router,two,", ",router,2,");
    workspace.bill(RUN).exits(0);
    assert_eq!(list().as_array().unwrap().len(), 0);
}

/// Z12: the accounts of a run, with lines, total and what became of each.
#[test]
fn z12_the_accounts_of_a_run_are_a_tab() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    let rows = workspace
        .bill("show monthly --tab accounts --output json")
        .exits(0)
        .json();
    let state = |account: &str| {
        let mut found = rows.as_array().unwrap().iter();
        found
            .find(|row| row["account_id"] == account)
            .map(|row| row["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(state("H-01").as_deref(), Some("rendered"));
    assert_eq!(state("H-06").as_deref(), Some("parked"));
    assert_eq!(state("H-08").as_deref(), Some("excluded"));
    assert_eq!(state("H-07"), None);
}

/// A definition that cannot be read does not stop whoever looks into the book.
#[test]
fn a_broken_definition_does_not_stop_an_auditor() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    std::fs::write(
        workspace.path("definitions/broken.yaml"),
        "kind: bill_run\nnane: x\n",
    )
    .unwrap();
    workspace.bill("check").exits(3);
    for words in [
        "verify",
        "runs",
        "show monthly",
        "show monthly --tab invoices",
        "report invoices",
        "report completeness",
        "report exceptions",
        "export hledger",
    ] {
        workspace.bill(words).exits(0);
    }
}

/// Every list is readable on 80 columns.
#[test]
fn every_list_fits_eighty_columns() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    for words in [
        "report bill-dates --as-of 2026-03-01",
        "report new-accounts",
        "report invoices",
        "report completeness",
        "report exceptions",
        "report bill-date-changes",
        "runs",
        "show monthly",
        "show monthly --tab accounts",
        "show monthly --tab failed",
        "show monthly --tab excluded",
        "show monthly --tab invoices",
    ] {
        let said = workspace.bill(words).exits(0).stdout;
        for line in said.lines().filter(|line| !line.starts_with('`')) {
            let width = line.chars().count();
            assert!(
                width <= 80 || line.contains("Chain head"),
                "{words}: {line}"
            );
        }
    }
}

/// A column or a condition that the table does not have is refused with the nearest.
#[test]
fn a_list_is_asked_only_for_columns_it_has() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    for (words, code, said) in [
        ("runs --sort stat", "BW-C106", "did you mean `state`?"),
        ("runs --where lins>1", "BW-C106", "did you mean `lines`?"),
        (
            "show monthly --tab invoices --where 1=1;x",
            "BW-C105",
            "--where:1:4",
        ),
        ("show monthly --sort lines", "BW-C107", "--tab"),
        ("report invoices --as-of 2026-02-01", "BW-C104", "of no day"),
        ("report bill-date", "BW-C102", "did you mean `bill-dates`?"),
    ] {
        let refused = workspace.bill(words).exits(2).stderr;
        assert!(
            refused.contains(code) && refused.contains(said),
            "{words}: {refused}"
        );
    }
}

/// Shells complete what they are told by the program itself.
#[test]
fn completions_are_printed_for_three_shells() {
    let workspace = Workspace::dozen();
    for (shell, wanted) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef billwright"),
        ("fish", "complete -c billwright"),
    ] {
        let script = workspace
            .bill(&format!("completions {shell}"))
            .exits(0)
            .stdout;
        assert!(
            script.contains(wanted) && script.contains("report"),
            "{shell}"
        );
    }
}
