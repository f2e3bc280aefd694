//! Nights of a prepaid run: what is taken from wallets, what is missing, and what is given back.

use crate::workspace::{Workspace, repository};
use serde_json::Value;
use std::fs;

/// One account with a wallet of 10.00 and a line of 9.00 a month, and what stands under `debit`.
fn workspace(debit: &str) -> Workspace {
    let workspace = Workspace::copy_of(&repository().join("tests/diagnostics/BW-X126"));
    for file in ["top-ups-01.csv", "top-ups-02.csv"] {
        fs::remove_file(workspace.path(file)).unwrap();
    }
    let write = |file: &str, text: &str| fs::write(workspace.path(file), text).unwrap();
    write("accounts.csv", "account_id,currency\nA-1,EUR\n");
    write(
        "subscriptions.csv",
        "subscription_id,account_id,scheme,start_on\nC-1,A-1,mobile,2026-03-01\n",
    );
    write(
        "services.csv",
        "service_id,subscription_id,charge\nS-1,C-1,line\n",
    );
    write(
        "wallets.csv",
        "wallet_id,account_id,currency,opening_balance,credit_limit\nW-1,A-1,EUR,10.00,5.00\n",
    );
    write("top-ups-01.csv", "top_up_id,wallet_id,at,amount\n");
    workspace.edit(
        "definitions/nightly.yaml",
        "filters: all",
        &format!("filters: all\n{debit}"),
    );
    workspace
}

fn night(workspace: &Workspace, day: &str) -> Value {
    let run = format!("run nightly --as-of {day} --output json");
    workspace.bill(&run).exits(0).json()
}

/// Debited, missing and left, as one text.
fn told(run: &Value) -> String {
    let text = |name: &str| run[name].as_str().unwrap_or_default().to_owned();
    format!(
        "{} debits of {}, {} shortfalls, {} left",
        run["transactions"],
        text("debited"),
        run["shortfalls"],
        text("closing_balance")
    )
}

fn top_up(workspace: &Workspace, rows: &str) {
    let text = format!("top_up_id,wallet_id,at,amount,expires_on\n{rows}");
    fs::write(workspace.path("top-ups-01.csv"), text).unwrap();
}

#[test]
fn c1_c3_c4_c5_c39_a_prepaid_run_debits_wallets_and_makes_no_invoice() {
    let workspace = workspace("");
    let run = night(&workspace, "2026-03-01");
    // 9.00 x 1/31.
    assert_eq!(told(&run), "1 debits of 0.29, 0 shortfalls, 9.71 left");
    assert_eq!(run["state"], "posted");
    assert_eq!(run["steps"][1]["step"], "debit");
    assert!(run.get("invoices").is_none());
    let invoices = workspace.bill("report invoices --output json").exits(0);
    assert_eq!(invoices.json(), Value::Array(Vec::new()));
    assert!(!workspace.path("out").exists());
    workspace.bill("verify").exits(0);
}

#[test]
fn ac10_the_same_night_again_debits_nothing() {
    let workspace = workspace("");
    night(&workspace, "2026-03-01");
    let before = workspace.content();
    let again = workspace.bill("run nightly --as-of 2026-03-01").exits(0);
    assert!(again.stdout.contains("Nothing is due"), "{}", again.stdout);
    crate::workspace::assert_same(&before, &workspace.content());
}

#[test]
fn ac4_nights_that_were_missed_cost_what_they_would_have_cost_in_time() {
    let (all, one) = (workspace(""), workspace(""));
    for day in 1..=8 {
        night(&all, &format!("2026-03-0{day}"));
    }
    night(&one, "2026-03-01");
    let run = night(&one, "2026-03-08");
    // 9.00 x 8/31 = 2.32 in all.
    assert_eq!(told(&run), "1 debits of 2.03, 0 shortfalls, 7.68 left");
    let left = |workspace: &Workspace| night(workspace, "2026-03-09")["closing_balance"].clone();
    assert_eq!(left(&all), left(&one));
}

#[test]
fn ac3_too_little_money_is_skipped_paid_in_part_or_lent_as_the_run_says() {
    let month_at = |debit: &str, wallet: &str| {
        let workspace = workspace(debit);
        workspace.edit("wallets.csv", "10.00", wallet);
        told(&night(&workspace, "2026-03-31"))
    };
    assert_eq!(
        month_at("", "8.99"),
        "0 debits of 0.00, 1 shortfalls, 8.99 left"
    );
    assert_eq!(
        month_at("debit: { on_insufficient: partial_days }", "8.99"),
        "1 debits of 8.71, 1 shortfalls, 0.28 left"
    );
    assert_eq!(
        month_at("debit: { on_insufficient: allow_negative }", "4.00"),
        "1 debits of 9.00, 0 shortfalls, -5.00 left"
    );
    assert_eq!(
        month_at("debit: { on_insufficient: allow_negative }", "3.99"),
        "0 debits of 0.00, 1 shortfalls, 3.99 left"
    );
    assert_eq!(
        month_at("debit: { granularity: day }", "0.60"),
        "2 debits of 0.58, 1 shortfalls, 0.02 left"
    );
}

#[test]
fn days_without_money_are_charged_once_there_is_some_or_let_go() {
    let later = |on_topup: &str| {
        let workspace = workspace(&format!("debit: {{ on_topup: {on_topup} }}"));
        workspace.edit("wallets.csv", "10.00", "0.10");
        night(&workspace, "2026-03-01");
        night(&workspace, "2026-03-02");
        top_up(&workspace, "T-1,W-1,2026-03-03T08:00:00Z,5.00,\n");
        let run = night(&workspace, "2026-03-03");
        let left_out = workspace.bill("show nightly --tab excluded --output csv");
        let is_told = left_out
            .exits(0)
            .stdout
            .contains("days from 2026-03-01 up to 2026-03-03");
        assert_eq!(is_told, on_topup == "waive");
        night(&workspace, "2026-03-04");
        told(&run)
    };
    assert_eq!(
        later("charge_active_days"),
        "1 debits of 0.87, 0 shortfalls, 4.23 left"
    );
    assert_eq!(later("waive"), "1 debits of 0.29, 0 shortfalls, 4.81 left");
}

#[test]
fn c20_ac9_services_are_debited_from_their_start_to_their_end_but_for_their_pauses() {
    let debited = |start: &str, end: &str, day: &str| {
        let workspace = workspace("");
        let services = format!(
            "service_id,subscription_id,charge,start_on,end_on\nS-1,C-1,line,{start},{end}\n"
        );
        fs::write(workspace.path("services.csv"), services).unwrap();
        night(&workspace, day)["debited"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // On its first day, and no more on the day it ends.
    assert_eq!(debited("2026-03-10", "", "2026-03-09"), "0.00");
    assert_eq!(debited("2026-03-10", "", "2026-03-10"), "0.29");
    assert_eq!(debited("2026-03-10", "2026-03-11", "2026-03-11"), "0.29");
}

#[test]
fn a_top_up_counts_once_from_its_day_on_and_what_is_left_of_it_expires() {
    let workspace = workspace("");
    let rows = "T-1,W-1,2026-03-02T08:00:00Z,5.00,2026-03-04\nT-2,W-1,2026-03-03T08:00:00Z,1.00,\n";
    top_up(&workspace, rows);
    let closing = |day: &str| night(&workspace, day)["closing_balance"].clone();
    assert_eq!(closing("2026-03-01"), "9.71");
    assert_eq!(closing("2026-03-02"), "14.42");
    // What expires first is used first: 0.29 on the 2nd and the 3rd.
    assert_eq!(closing("2026-03-03"), "15.13");
    assert_eq!(closing("2026-03-04"), "10.42");
    workspace.edit(
        "top-ups-01.csv",
        "T-2,W-1,2026-03-03T08:00:00Z,1.00",
        "T-2,W-1,2026-03-03T08:00:00Z,2.00",
    );
    let before = workspace.content();
    let refused = workspace.bill("run nightly --as-of 2026-03-05").exits(4);
    assert!(refused.stderr.contains("BW-X126"), "{}", refused.stderr);
    let book = |content: std::collections::BTreeMap<String, String>| {
        content
            .into_iter()
            .filter(|(path, _)| path.starts_with("book/"))
            .collect()
    };
    crate::workspace::assert_same(&book(before), &book(workspace.content()));
}

#[test]
fn runs_are_taken_back_the_latest_first_and_give_back_exactly_what_they_took() {
    let workspace = workspace("");
    for day in ["2026-03-01", "2026-03-02", "2026-03-03"] {
        night(&workspace, day);
    }
    let refused = workspace.bill("cancel nightly@2026-03-02").exits(10);
    assert!(refused.stderr.contains("--back-to"), "{}", refused.stderr);
    let canceled = workspace.bill("cancel nightly@2026-03-03 --back-to nightly@2026-03-02");
    let canceled = canceled.exits(0).stdout;
    assert!(
        canceled.contains("nightly@2026-03-02 is canceled"),
        "{canceled}"
    );
    workspace.bill("verify").exits(0);
    // Both days are open again: 9.00 x 3/31 - 9.00 x 1/31.
    let run = night(&workspace, "2026-03-03");
    assert_eq!(run["run_id"], "nightly@2026-03-03.2");
    assert_eq!(told(&run), "1 debits of 0.58, 0 shortfalls, 9.13 left");
}

#[test]
fn top_ups_that_are_too_old_hold_the_run_until_somebody_goes_on_without() {
    let workspace = workspace("");
    workspace.edit(
        "billwright.toml",
        "path = \"top-ups-*.csv\"",
        "path = \"top-ups-*.csv\"\nmax_age = \"26h\"",
    );
    let long_ago =
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_769_000_000);
    let file = fs::File::options()
        .append(true)
        .open(workspace.path("top-ups-01.csv"))
        .unwrap();
    file.set_modified(long_ago).unwrap();
    let held = workspace.bill("run nightly --as-of 2026-03-01").exits(10);
    let said = held.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("nothing is debited"), "{said}");
    assert!(
        said.contains("billwright run nightly --as-of 2026-03-01 --accept top_ups_fresh"),
        "{said}"
    );
    assert!(!workspace.path("book/book.sqlite").exists());
    let accepted =
        workspace.bill("run nightly --as-of 2026-03-01 --accept top_ups_fresh --output json");
    assert_eq!(accepted.exits(0).json()["debited"], "0.29");
}

#[test]
fn a_service_with_a_discount_is_parked_rather_than_debited_in_full() {
    let workspace = workspace("");
    let subscriptions = "subscription_id,account_id,scheme,start_on,discount_percent\n\
        C-1,A-1,mobile,2026-03-01,10\n";
    fs::write(workspace.path("subscriptions.csv"), subscriptions).unwrap();
    let run = workspace
        .bill("run nightly --as-of 2026-03-01 --output json")
        .exits(5);
    assert_eq!(run.json()["transactions"], 0);
    let failed = workspace
        .bill("show nightly --tab failed --output csv")
        .exits(0);
    assert!(failed.stdout.contains("BW-V190"), "{}", failed.stdout);
}

#[test]
fn an_opening_balance_counts_once_and_what_stands_there_later_is_told() {
    let workspace = workspace("");
    night(&workspace, "2026-03-01");
    workspace.edit("wallets.csv", "10.00", "20.00");
    let run = workspace.bill("run nightly --as-of 2026-03-02").exits(0);
    let told: Vec<&str> = run.stdout.split_whitespace().collect();
    let told = told.join(" ");
    assert!(
        told.contains("1 wallet has another opening_balance than when first seen, which changes nothing: W-1 was opened with 10.00 EUR, and 20.00 stands there now"),
        "{told}"
    );
    let wallets = workspace
        .bill("report wallets --output json")
        .exits(0)
        .json();
    assert_eq!(wallets[0]["balance"], "9.42");
}
