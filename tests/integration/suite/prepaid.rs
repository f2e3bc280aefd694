//! Prepaid runs as people look at them: what they did, what a wallet holds, and why.

use crate::workspace::{Workspace, repository};

/// Two accounts with prepaid phones, one of them with money for a single day; definition `nightly`.
fn phones() -> Workspace {
    Workspace::copy_of(&repository().join("tests/workspaces/prepaid"))
}

fn nights(workspace: &Workspace, days: std::ops::RangeInclusive<u32>) {
    for day in days {
        workspace
            .bill(&format!("run nightly --as-of 2026-06-{day:02}"))
            .exits(0);
    }
}

/// The answer in one line, whatever the width it was broken to.
fn told(workspace: &Workspace, words: &str) -> String {
    let told = workspace.bill(words).exits(0).stdout;
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rows(workspace: &Workspace, words: &str) -> Vec<serde_json::Value> {
    let rows = workspace
        .bill(&format!("{words} --output json"))
        .exits(0)
        .json();
    rows.as_array().unwrap().clone()
}

#[test]
fn a_prepaid_run_is_one_step() {
    let workspace = phones();
    for stage in ["rate", "invoice", "render"] {
        for command in ["plan", "run"] {
            let words = format!("{command} nightly --as-of 2026-06-01 --until {stage}");
            let refused = workspace.bill(&words).exits(2);
            assert!(refused.stderr.contains("BW-C104"), "{}", refused.stderr);
        }
    }
    let plan = workspace
        .bill("plan nightly --as-of 2026-06-01 --out there")
        .exits(0);
    assert!(
        plan.stdout.contains("would make 2 debits"),
        "{}",
        plan.stdout
    );
    let refused = workspace.bill("apply there --until rate").exits(2);
    assert!(refused.stderr.contains("has no step `rate`"));
    workspace.bill("apply there --until post").exits(0);
    let refused = workspace.bill("continue nightly --until render").exits(2);
    assert!(refused.stderr.contains("billwright plan"));
    assert!(told(&workspace, "continue nightly").contains("nothing of it is left to do"));
}

#[test]
fn a_line_says_how_a_debit_came_about_and_which_wallets_paid_it() {
    let workspace = phones();
    nights(&workspace, 1..=3);
    let usage = told(&workspace, "explain ada-calls:minutes:2026-06-02");
    // 0.60 for all 18 minutes less 0.23 for the first 13 would be 0.37: a debit is rounded by itself.
    assert!(
        usage.contains("5 used after 13 before, 10 included: 0.075 x 8 = 0.6, less 0.225 for the usage before = 0.375, rounded half up to 0.38 EUR."),
        "{usage}"
    );
    let days = told(&workspace, "explain ada-sim:line:2026-06-02");
    for sentence in [
        "6.00 a month x 2 of 30 days = 0.40 EUR, less 0.20 EUR for the day before: 0.20 EUR.",
        "It was debited by run nightly@2026-06-02 for account ada",
        "took 0.10 EUR out of wallet ada-gift, which then held 0.00 EUR.",
        "took 0.10 EUR out of wallet ada-main, which then held 4.90 EUR.",
        "no other run bills these days.",
    ] {
        assert!(days.contains(sentence), "{sentence} is not in {days}");
    }
    assert!(!days.contains("invoice") && !days.contains("tax"), "{days}");
}

#[test]
fn what_was_given_back_is_told_as_such() {
    let workspace = phones();
    nights(&workspace, 1..=3);
    workspace.bill("cancel nightly").exits(0);
    let line = told(&workspace, "explain ada-sim:line:2026-06-03");
    assert!(line.contains("The run was taken back"), "{line}");
    assert!(!line.contains("no other run bills"), "{line}");
    let wallet = told(&workspace, "explain ada-main");
    assert!(
        wallet.contains("It holds 4.67 EUR; it was opened with 3.00 EUR."),
        "{wallet}"
    );
    let moved = rows(&workspace, "explain ada-main");
    let mut parts = moved.iter();
    let moved = parts.find(|part| part["title"] == "Transactions").unwrap();
    let last = &moved["rows"][6];
    assert_eq!(
        [&last["kind"], &last["for"]],
        ["refund", "gives back ada-main/5"]
    );
    let account = workspace.bill("explain ada --output json").exits(0).json();
    let parts = account.as_array().unwrap();
    let lines = parts.iter().find(|part| part["title"] == "Lines").unwrap();
    assert_eq!(lines["rows"][4]["paid_by"], "given back");
    assert_eq!(lines["rows"][3]["paid_by"], "wallet ada-gift, ada-main");
    // The shortfall of the run that was taken back is gone, that of the night before stands.
    let short = rows(&workspace, "report shortfalls");
    assert_eq!(short[0]["run_id"], "nightly@2026-06-02");
}

#[test]
fn a_wallet_shows_its_last_transactions_in_the_order_they_were_made() {
    let workspace = phones();
    nights(&workspace, 1..=24);
    let wallet = workspace.bill("explain ada-main --output json").exits(0);
    let wallet = wallet.json();
    let parts = wallet.as_array().unwrap();
    let part = |title| parts.iter().find(|part| part["title"] == title).unwrap();
    let moved = part("Transactions");
    let ids: Vec<_> = moved["rows"].as_array().unwrap().iter().collect();
    assert_eq!(ids.len(), 20);
    let ids: Vec<u32> = ids
        .iter()
        .map(|row| {
            let id = row["transaction_id"].as_str().unwrap();
            id.strip_prefix("ada-main/").unwrap().parse().unwrap()
        })
        .collect();
    assert!(ids.is_sorted() && ids[19] == ids[0] + 19, "{ids:?}");
    assert_eq!(
        moved["sentences"][0],
        format!("The last 20; {} transactions came before.", ids[0] - 1)
    );
    assert_eq!(part("What it holds")["rows"][0]["of"], "all of it");
}

#[test]
fn a_service_with_a_shortfall_says_what_is_missing_until_it_is_paid() {
    let workspace = phones();
    nights(&workspace, 1..=3);
    let service = told(&workspace, "explain ben-sim");
    assert!(service.contains("These days were not debited"), "{service}");
    let short = rows(&workspace, "report shortfalls --where missing>0.10");
    assert_eq!(short.len(), 1);
    assert_eq!(
        [
            &short[0]["period_start"],
            &short[0]["period_end"],
            &short[0]["missing"]
        ],
        ["2026-06-02", "2026-06-04", "0.40"]
    );
    workspace.edit(
        "data/top_ups.csv",
        "t-1,",
        "t-2,ben-main,2026-06-03T12:00:00Z,5.00,\nt-1,",
    );
    nights(&workspace, 4..=4);
    assert!(rows(&workspace, "report shortfalls").is_empty());
    assert!(!told(&workspace, "explain ben-sim").contains("These days were not debited"));
}

#[test]
fn the_tabs_and_lists_of_a_prepaid_run_are_about_wallets() {
    let workspace = phones();
    nights(&workspace, 1..=2);
    let invoices = told(&workspace, "show nightly --tab invoices");
    assert!(invoices.contains("makes no invoices"), "{invoices}");
    assert!(rows(&workspace, "show nightly --tab invoices").is_empty());
    let moved = rows(&workspace, "show nightly --tab transactions");
    let ids = moved.iter().map(|row| &row["transaction_id"]);
    assert_eq!(
        ids.collect::<Vec<_>>(),
        ["ada-gift/2", "ada-main/2", "ada-main/3"]
    );
    let short = rows(&workspace, "show nightly --tab shortfalls");
    assert_eq!((short.len(), &short[0]["missing"]), (1, &"0.20".into()));
    let accounts = rows(&workspace, "show nightly --tab accounts");
    assert_eq!(
        (&accounts[0]["debits"], &accounts[0]["total"]),
        (&3.into(), &"0.43".into())
    );
    assert_eq!(accounts[1]["because"], "shortfall");
    let runs = rows(&workspace, "runs --sort -as_of");
    assert_eq!(
        (&runs[0]["net"], &runs[0]["total"]),
        (&serde_json::Value::Null, &"0.43".into())
    );
    let wallets = rows(&workspace, "report wallets --sort -balance");
    assert_eq!(
        [
            &wallets[0]["wallet_id"],
            &wallets[0]["balance"],
            &wallets[0]["expires_next"],
            &wallets[0]["expiring"]
        ],
        ["ada-main", "4.67", "2026-07-01", "1.67"]
    );
    let bill_run = Workspace::dozen();
    bill_run.bill("run monthly --as-of 2026-02-01").exits(5);
    let nothing = told(&bill_run, "show monthly --tab transactions");
    assert!(
        nothing.contains("makes invoices and moves no wallets"),
        "{nothing}"
    );
    assert!(told(&bill_run, "report wallets").contains("No wallets."));
    assert!(told(&bill_run, "report shortfalls").contains("Nothing is missing"));
}
