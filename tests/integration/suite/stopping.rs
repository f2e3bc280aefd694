//! Services that run out of money: stopped, started again, or listed; and what is said of what lies ahead.

use crate::workspace::{Workspace, repository};
use serde_json::Value;
use std::fs;

/// Two accounts with prepaid phones at 0.20 a day, `ben` with money for one, and what the definition says beside.
fn phones(more: &str) -> Workspace {
    let workspace = Workspace::copy_of(&repository().join("tests/workspaces/prepaid"));
    workspace.edit(
        "definitions/nightly.yaml",
        "filters: all",
        &format!("filters: all\n{more}"),
    );
    workspace
}

const BOTH: &str = "stop_services: { enabled: true, needs_fresh: [], at_most: 5 }
start_services: { enabled: true }";

fn run(workspace: &Workspace, day: u32) -> Value {
    let run = format!("run nightly --as-of 2026-06-{day:02} --output json");
    workspace.bill(&run).exits(0).json()
}

fn rows(workspace: &Workspace, words: &str) -> Vec<Value> {
    let rows = workspace.bill(&format!("{words} --output json")).exits(0);
    rows.json().as_array().unwrap().clone()
}

/// Some columns of the rows of an answer, as texts.
fn columns(workspace: &Workspace, words: &str, names: &[&str]) -> Vec<String> {
    let text = |row: &Value, name: &str| match &row[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let told = |row: &Value| {
        let texts: Vec<String> = names.iter().map(|name| text(row, name)).collect();
        texts.join(" ")
    };
    rows(workspace, words).iter().map(told).collect()
}

/// A text whatever the width it was broken to.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is in the wallet of `ben`.
fn left(workspace: &Workspace) -> String {
    let wallets = columns(workspace, "report wallets", &["wallet_id", "balance"]);
    let own = wallets.iter().find_map(|row| row.strip_prefix("ben-main "));
    own.unwrap_or_default().to_owned()
}

fn top_up(workspace: &Workspace, row: &str) {
    let file = workspace.path("data/top_ups.csv");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, format!("{text}{row}\n")).unwrap();
}

fn actions(workspace: &Workspace) -> Vec<String> {
    let names = ["service_id", "action", "state", "on_day", "since", "amount"];
    columns(workspace, "show nightly --tab actions", &names)
}

#[test]
fn c6_c7_c23_a_service_without_credit_is_stopped_and_started_again() {
    let workspace = phones(BOTH);
    run(&workspace, 1);
    assert!(!workspace.path("out").exists());
    let stopped = run(&workspace, 2);
    assert_eq!(stopped["actions"]["stopped"], 1);
    assert_eq!(stopped["state"], "rendered");
    assert_eq!(
        actions(&workspace),
        ["ben-sim stop ordered 2026-06-02 null 0.20"]
    );
    let file = "out/service-actions-nightly@2026-06-02.csv";
    assert_eq!(
        workspace.read(file),
        "run_id,action,on_day,service_id,subscription_id,account_id\r\nnightly@2026-06-02,stop,2026-06-02,ben-sim,ben-1,ben\r\n"
    );
    // A stopped service is not rated: nothing is missing for it, and nothing is taken.
    let night = run(&workspace, 3);
    assert_eq!(
        (&night["shortfalls"], &night["transactions"]),
        (&0.into(), &2.into())
    );
    let excluded = columns(
        &workspace,
        "show nightly --tab excluded",
        &["service_id", "code", "message"],
    );
    assert_eq!(
        excluded,
        ["ben-sim stopped stopped since 2026-06-02: 0.20 EUR is missing of 0.20 to start it again"]
    );
    assert_eq!(
        columns(&workspace, "report shortfalls", &["service_id"]),
        [""; 0]
    );
    top_up(&workspace, "t-2,ben-main,2026-06-04T12:00:00Z,1.00,");
    let started = run(&workspace, 5);
    assert_eq!(started["actions"]["started"], 1);
    assert_eq!(
        actions(&workspace),
        ["ben-sim start ordered 2026-06-05 2026-06-02 0.20"]
    );
    run(&workspace, 6);
    let names = ["day", "kind", "amount", "for"];
    let wallet = rows(&workspace, "explain ben-main");
    let moved = wallet
        .iter()
        .find(|part| part["title"] == "Transactions")
        .unwrap();
    let told: Vec<String> = moved["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            ["on_day", "kind", "amount", "for"]
                .map(|name| row[name].as_str().unwrap_or_default())
                .join(" ")
        })
        .collect();
    assert_eq!(names.len(), 4);
    assert_eq!(
        told,
        [
            "2026-06-01 debit -0.20 line of ben-sim, 2026-06-01",
            "2026-06-05 top_up 1.00 top-up t-2",
            "2026-06-05 debit -0.20 line of ben-sim, 2026-06-05",
            "2026-06-06 debit -0.20 line of ben-sim, 2026-06-06",
        ]
    );
    let service = rows(&workspace, "explain ben-sim");
    let orders = service
        .iter()
        .find(|part| part["title"] == "Stopped and started")
        .unwrap();
    assert_eq!(orders["rows"][0]["because"], "0.20 EUR was missing");
    assert_eq!(orders["rows"][1]["action"], "start");
    workspace.bill("verify").exits(0);
}

/// The same night again orders nothing, and the file is what it was; after a top-up it starts what it has stopped.
#[test]
fn ac10_a_service_is_stopped_once_and_goes_on_the_same_night() {
    let workspace = phones(BOTH);
    run(&workspace, 1);
    run(&workspace, 2);
    let before = workspace.content();
    let again = workspace.bill("run nightly --as-of 2026-06-02").exits(0);
    assert!(again.stdout.contains("Nothing is due"), "{}", again.stdout);
    crate::workspace::assert_same(&before, &workspace.content());
    top_up(&workspace, "t-2,ben-main,2026-06-02T12:00:00Z,1.00,");
    run(&workspace, 2);
    assert_eq!(
        actions(&workspace),
        ["ben-sim start ordered 2026-06-02 2026-06-02 0.20"]
    );
    let third = run(&workspace, 3);
    assert_eq!(
        (&third["shortfalls"], &third["transactions"]),
        (&0.into(), &3.into())
    );
}

#[test]
fn c24_candidates_are_listed_where_a_run_stops_and_starts_nothing() {
    let workspace = phones("");
    run(&workspace, 1);
    run(&workspace, 2);
    let names = ["service_id", "action", "state", "amount"];
    let candidates = || columns(&workspace, "report candidates", &names);
    assert_eq!(candidates(), ["ben-sim stop candidate 0.20"]);
    assert!(!workspace.path("out").exists());
    // Somebody stops it, and says so in the export; the days before are open, and nothing else is tried.
    fs::write(
        workspace.path("data/pauses.csv"),
        "pause_id,service_id,from,to,cause\nP-1,ben-sim,2026-06-03,,nonpayment\n",
    )
    .unwrap();
    workspace.edit(
        "billwright.toml",
        "[inputs.wallets]",
        "[inputs.pauses]\npath = \"data/pauses.csv\"\n[inputs.wallets]",
    );
    run(&workspace, 3);
    assert_eq!(candidates(), [""; 0]);
    top_up(&workspace, "t-2,ben-main,2026-06-03T12:00:00Z,0.30,");
    run(&workspace, 4);
    // What is left once the day before the stop is paid does not suffice for another.
    assert_eq!(candidates(), [""; 0]);
    top_up(&workspace, "t-3,ben-main,2026-06-04T12:00:00Z,0.30,");
    run(&workspace, 5);
    assert_eq!(candidates(), ["ben-sim start candidate 0.20"]);
    let balance = || left(&workspace);
    assert_eq!(balance(), "0.40");
    // They start it, and the pause ends.
    workspace.edit("data/pauses.csv", "2026-06-03,,", "2026-06-03,2026-06-06,");
    run(&workspace, 6);
    assert_eq!(balance(), "0.20");
    assert_eq!(candidates(), [""; 0]);
}

/// Where only people start services, the end of the pause in the export ends the stop that a run has ordered.
#[test]
fn a_stop_ends_with_the_pause_that_the_export_says() {
    let workspace = phones("stop_services: { enabled: true, needs_fresh: [], at_most: 5 }");
    workspace.edit(
        "billwright.toml",
        "[inputs.wallets]",
        "[inputs.pauses]\npath = \"data/pauses.csv\"\n[inputs.wallets]",
    );
    let pause = |to: &str| {
        let text =
            format!("pause_id,service_id,from,to,cause\nP-1,ben-sim,2026-06-03,{to},nonpayment\n");
        fs::write(workspace.path("data/pauses.csv"), text).unwrap();
    };
    fs::write(
        workspace.path("data/pauses.csv"),
        "pause_id,service_id,from,to,cause\n",
    )
    .unwrap();
    run(&workspace, 1);
    run(&workspace, 2);
    pause("");
    top_up(&workspace, "t-2,ben-main,2026-06-02T12:00:00Z,1.00,");
    run(&workspace, 3);
    assert_eq!(
        actions(&workspace),
        ["ben-sim start candidate 2026-06-03 2026-06-02 0.20"]
    );
    pause("2026-06-04");
    let night = run(&workspace, 4);
    assert_eq!(night["transactions"], 2);
}

#[test]
fn c6_nobody_is_stopped_with_old_top_ups_nor_too_many_at_once() {
    let many = phones("stop_services: { enabled: true, needs_fresh: [], at_most: 0 }");
    run(&many, 1);
    let night = "run nightly --as-of 2026-06-02";
    let told = in_one_line(&many.bill(night).exits(0).stdout);
    assert!(
        told.contains(
            "1 service has too little in wallets and none is stopped: a run may stop 0 at most"
        ),
        "{told}"
    );
    assert!(told.contains("is posted"), "{told}");
    assert_eq!(
        actions(&many),
        ["ben-sim stop candidate 2026-06-02 null 0.20"]
    );

    let old = phones("stop_services: { enabled: true, at_most: 5 }");
    old.edit(
        "billwright.toml",
        "[inputs.top_ups]",
        "[inputs.top_ups]\nmax_age = \"26h\"",
    );
    run(&old, 1);
    let file = fs::File::options()
        .append(true)
        .open(old.path("data/top_ups.csv"))
        .unwrap();
    file.set_modified(
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000),
    )
    .unwrap();
    let held = in_one_line(&old.bill(night).exits(10).stderr);
    assert!(held.contains("no service is stopped"), "{held}");
    let accepted = format!("{night} --accept top_ups_fresh");
    let told = in_one_line(&old.bill(&accepted).exits(0).stdout);
    assert!(
        told.contains("top-ups are older than they may be"),
        "{told}"
    );
    assert_eq!(
        actions(&old),
        ["ben-sim stop candidate 2026-06-02 null 0.20"]
    );
    // The next file is young: the same night stops it.
    top_up(&old, "t-9,ada-main,2026-06-01T12:00:00Z,1.00,");
    run(&old, 2);
    assert_eq!(actions(&old), ["ben-sim stop ordered 2026-06-02 null 0.20"]);
}

#[test]
fn a_run_that_is_taken_back_takes_its_orders_back() {
    let workspace = phones(BOTH);
    run(&workspace, 1);
    run(&workspace, 2);
    let told = workspace.bill("cancel nightly").exits(0).stdout;
    let file = "out/service-actions-nightly@2026-06-02-canceled.csv";
    assert!(told.contains(file), "{told}");
    assert_eq!(
        workspace.read(file),
        "run_id,action,on_day,service_id,subscription_id,account_id\r\nnightly@2026-06-02,start,2026-06-02,ben-sim,ben-1,ben\r\n"
    );
    top_up(&workspace, "t-2,ben-main,2026-06-02T12:00:00Z,1.00,");
    let night = run(&workspace, 3);
    // Both days of ben's phone and of ada's, and her calls.
    assert_eq!(night["shortfalls"], 0);
    assert_eq!(left(&workspace), "0.60");
    let before = workspace.content();
    workspace.bill("cancel nightly@2026-06-02").exits(0);
    crate::workspace::assert_same(&before, &workspace.content());
}

#[test]
fn days_of_a_stop_are_charged_where_the_run_charges_all_and_have_to_be_paid_to_go_on() {
    let workspace = phones(&format!("debit: {{ on_topup: charge_all }}\n{BOTH}"));
    run(&workspace, 1);
    run(&workspace, 2);
    top_up(&workspace, "t-2,ben-main,2026-06-03T12:00:00Z,0.50,");
    let short = run(&workspace, 4);
    assert_eq!(
        (&short["actions"]["started"], &short["transactions"]),
        (&0.into(), &2.into())
    );
    top_up(&workspace, "t-3,ben-main,2026-06-04T12:00:00Z,0.50,");
    let started = run(&workspace, 5);
    assert_eq!(started["actions"]["started"], 1);
    // The second to the fifth of June.
    assert_eq!(left(&workspace), "0.20");
}

#[test]
fn c8_c9_c25_a_run_says_how_long_wallets_last_unless_it_is_left_out() {
    let workspace = phones("estimate: { horizon_days: 20 }");
    let names = [
        "wallet_id",
        "balance",
        "per_day",
        "days",
        "runs_out_on",
        "capped",
        "as_of",
    ];
    run(&workspace, 1);
    let estimates = |words: &str| columns(&workspace, words, &names);
    // Nothing was used so far; the gift goes first, and lapses on the tenth.
    assert_eq!(
        estimates("show nightly --tab estimates"),
        [
            "ada-gift 0.10 0.20 0 2026-06-02 null 2026-06-01",
            "ada-main 5.00 0.00 20 null yes 2026-06-01",
            "ben-main 0.00 0.00 0 2026-06-02 null 2026-06-01",
        ]
    );
    run(&workspace, 2);
    // 0.23 for 13 minutes on the first of two days, and 0.20 for a day of the phone.
    assert_eq!(
        estimates("report estimates")[1],
        "ada-main 4.67 0.43 10 2026-06-13 null 2026-06-02"
    );
    let none = workspace
        .bill("run nightly --as-of 2026-06-03 --no-estimate")
        .exits(0);
    assert!(none.stdout.contains("debits"), "{}", none.stdout);
    let told = workspace
        .bill("show nightly --tab estimates")
        .exits(0)
        .stdout;
    assert!(told.contains("did not estimate"), "{told}");
    // The last that was made is still told, with its day.
    assert_eq!(
        estimates("report estimates")[1].split(' ').next_back(),
        Some("2026-06-02")
    );
    let wallet = workspace.bill("explain ada-main").exits(0).stdout;
    let wallet = wallet.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        wallet.contains("At 0.43 EUR a day it lasts for 10 days more and runs out on 2026-06-13, as run nightly@2026-06-02 estimated on 2026-06-02."),
        "{wallet}"
    );
    let off = phones("estimate: { enabled: false }");
    run(&off, 1);
    assert_eq!(columns(&off, "report estimates", &names), [""; 0]);
    let bill_run = Workspace::dozen();
    let refused = bill_run.bill("plan monthly --no-estimate").exits(2);
    assert!(
        refused.stderr.contains("--no-estimate"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_wallet_that_falls_low_is_told_of_once_each_time() {
    let workspace = phones("notices: { low_balance: \"4.80\", send: \"09:00-17:30\" }");
    let notices = |day: u32| {
        run(&workspace, day);
        let names = ["wallet_id", "balance", "below", "send_from", "send_to"];
        columns(&workspace, "show nightly --tab notices", &names)
    };
    assert_eq!(notices(1), [""; 0]);
    assert_eq!(notices(2), ["ada-main 4.67 4.80 09:00 17:30"]);
    assert_eq!(notices(3), [""; 0]);
    // 0.90 more, of which the day takes it to 4.79.
    top_up(&workspace, "t-2,ada-main,2026-06-04T00:10:00Z,0.90,");
    assert_eq!(notices(4), ["ada-main 4.79 4.80 09:00 17:30"]);
    let none = phones("notices: { low_balance: 0 }");
    run(&none, 1);
    run(&none, 2);
    assert_eq!(
        columns(&none, "show nightly --tab notices", &["wallet_id"]),
        [""; 0]
    );
}

/// A plan that stops a service whose customer has paid since, and was debited, is not applied.
#[test]
fn p3_a_plan_that_stops_a_service_is_stale_once_a_run_has_debited_its_account() {
    let workspace = phones(BOTH);
    run(&workspace, 1);
    workspace
        .bill("plan nightly --as-of 2026-06-02 --out there")
        .exits(0);
    top_up(&workspace, "t-2,ben-main,2026-06-01T12:00:00Z,1.00,");
    workspace
        .bill("run nightly --as-of 2026-06-01 --account ben")
        .exits(0);
    let refused = in_one_line(&workspace.bill("apply there").exits(7).stderr);
    assert!(refused.contains("BW-L201"), "{refused}");
    assert!(refused.contains("moved wallet ben-main"), "{refused}");
}
