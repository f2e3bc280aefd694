//! What a month brings, on the small sample: kinds of charge, orders, holds, windows, pending usage, groups.

use crate::workspace::{Ended, Workspace};
use std::collections::BTreeSet;
use std::fs;

const FEBRUARY: &str = "run monthly --as-of 2026-02-01";
const MARCH: &str = "run monthly --as-of 2026-03-01";
const CHARGES: &str = "charges: [recurring, one_time, usage]";

/// The small sample, with another definition of its monthly run.
fn small(from: &str, to: &str) -> Workspace {
    let workspace = Workspace::small();
    workspace.edit("definitions/monthly.yaml", from, to);
    workspace
}

/// The export of the night a month later.
fn a_month_later(workspace: &Workspace) {
    for file in fs::read_dir(workspace.path("march")).unwrap() {
        let file = file.unwrap().path();
        fs::copy(
            &file,
            workspace.path("data").join(file.file_name().unwrap()),
        )
        .unwrap();
    }
}

/// A command that bills, where nobody or only a service has to be set aside.
fn billed(workspace: &Workspace, command: &str) -> Ended {
    let ended = workspace.bill(command);
    assert!(
        matches!(ended.exit, 0 | 5),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    ended
}

/// Accounts that have an invoice of a run.
fn invoiced(workspace: &Workspace, run: &str) -> BTreeSet<String> {
    let rows = workspace
        .bill(&format!("show {run} --tab invoices --output json"))
        .exits(0)
        .json();
    let accounts = rows.as_array().unwrap().iter();
    accounts
        .map(|row| row["account_id"].as_str().unwrap().to_owned())
        .collect()
}

/// The documents of a run that name a customer, as text.
fn printed(workspace: &Workspace, run: &str, customer: &str) -> String {
    let folder = workspace.path(&format!("out/documents/{run}"));
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|file| file.extension().is_some_and(|ending| ending == "txt"))
        .map(|file| fs::read_to_string(file).unwrap())
        .filter(|text| text.contains(customer))
        .collect()
}

/// D1, C34: an order is billed once it is fulfilled; orders are a filter, which leaves subscriptions alone.
#[test]
fn d1_c34_only_fulfilled_orders_are_billed() {
    let workspace = Workspace::small();
    billed(&workspace, FEBRUARY);
    let cara = printed(&workspace, "monthly@2026-02-01", "Cara Chen");
    assert!(cara.contains("Cable by the metre"), "{cara}");
    let eve = printed(&workspace, "monthly@2026-02-01", "Eve Ek");
    assert!(eve.contains("Seat") && !eve.contains("Router"), "{eve}");
    a_month_later(&workspace);
    billed(&workspace, MARCH);
    let eve = printed(&workspace, "monthly@2026-03-01", "Eve Ek");
    assert!(eve.contains("Router"), "{eve}");

    let workspace = small("filters: all", "filters: { orders: [O-1] }");
    billed(&workspace, FEBRUARY);
    assert_eq!(invoiced(&workspace, "monthly"), ["A-103".to_owned()].into());
    let cara = printed(&workspace, "monthly@2026-02-01", "Cara Chen");
    assert!(cara.contains("Router") && !cara.contains("Fiber"), "{cara}");
}

/// O49, D11: a kind of charge that is not asked for stays as it was, and the next run that asks for it bills it.
#[test]
fn o49_d11_kinds_of_charge_that_are_not_asked_for_stay_unbilled() {
    let workspace = small(CHARGES, "charges: [usage]");
    billed(&workspace, FEBRUARY);
    let ann = printed(&workspace, "monthly@2026-02-01", "Ann Archer");
    assert!(ann.contains("Call minutes"), "{ann}");
    assert!(
        !ann.contains("Fiber") && !ann.contains("Installation"),
        "{ann}"
    );
    workspace.edit("definitions/monthly.yaml", "charges: [usage]", CHARGES);
    billed(&workspace, FEBRUARY);
    let rest = printed(&workspace, "monthly@2026-02-01.2", "Ann Archer");
    assert!(
        rest.contains("Fiber") && rest.contains("Installation"),
        "{rest}"
    );
    assert!(!rest.contains("Call minutes"), "{rest}");
}

/// O9: an account that is not ready is held by a file, listed with it, and billed in full once the day has come.
#[test]
fn o9_a_hold_keeps_an_account_from_being_billed_until_its_day() {
    let workspace = Workspace::small();
    billed(&workspace, FEBRUARY);
    assert!(!invoiced(&workspace, "monthly").contains("A-107"));
    let excluded = workspace
        .bill("show monthly --tab excluded --output csv")
        .exits(0)
        .stdout;
    let row = excluded.lines().find(|row| row.contains("A-107")).unwrap();
    assert!(row.contains("held") && row.contains("ticket-8812"), "{row}");
    billed(&workspace, "run monthly --as-of 2026-02-16");
    let gil = printed(&workspace, "monthly@2026-02-16", "Gil Grant");
    assert!(gil.contains("Fiber"), "{gil}");
}

/// O38, AO14: days of advance reach beyond the window for what is billed in advance; the group's go before the definition's.
#[test]
fn o38_ao14_advance_days_reach_further_for_charges_in_advance() {
    let workspace = Workspace::small();
    billed(&workspace, "run monthly --as-of 2026-01-27");
    let accounts = invoiced(&workspace, "monthly");
    assert!(accounts.contains("A-109"), "{accounts:?}");
    // In advance as well, from 1 February, and in no group.
    assert!(!accounts.contains("A-106"), "{accounts:?}");
    let ida = printed(&workspace, "monthly@2026-01-27", "Ida Industries");
    assert!(ida.contains("Seat"), "{ida}");
}

/// AO5: what was ready before the window opens is not passed over in silence: the run is held until somebody accepts it.
#[test]
fn ao5_what_was_ready_before_the_window_is_a_finding() {
    let workspace = small(
        "from: earliest, to: as_of, stale: bill",
        "from: 2026-02-01, to: as_of, stale: hold",
    );
    let held = workspace.bill(FEBRUARY).exits(10);
    assert!(held.stderr.contains("stale_dates"), "{}", held.stderr);
    billed(&workspace, &format!("{FEBRUARY} --accept stale_dates"));
    let excluded = workspace
        .bill("show monthly --tab excluded --output csv")
        .exits(0)
        .stdout;
    let row = excluded
        .lines()
        .find(|row| row.contains("101-fiber"))
        .unwrap();
    assert!(row.contains("stale"), "{row}");
}

/// W2, D25: usage that is still being processed holds the run; accepted, its service alone waits.
#[test]
fn w2_d25_pending_usage_holds_the_run_and_its_service_waits() {
    let workspace = small("usage_complete: warn", "usage_complete: error");
    billed(&workspace, FEBRUARY);
    a_month_later(&workspace);
    let held = workspace.bill(MARCH).exits(10);
    assert!(held.stderr.contains("usage_complete"), "{}", held.stderr);
    workspace
        .bill(&format!("{MARCH} --accept usage_complete"))
        .exits(5);
    let failed = workspace
        .bill("show monthly --tab failed --output csv")
        .exits(0)
        .stdout;
    assert!(failed.contains("112-calls"), "{failed}");
    assert!(invoiced(&workspace, "monthly").contains("A-112"));
}

/// C35: a bill group is a filter.
#[test]
fn c35_a_group_is_a_filter() {
    let workspace = small("filters: all", "filters: { groups: [enterprise] }");
    billed(&workspace, FEBRUARY);
    assert_eq!(invoiced(&workspace, "monthly"), ["A-109".to_owned()].into());
}

/// D29, D30: several lines of one subscription are told, and are no failure; `explain` says of each why it is there.
#[test]
fn d29_d30_several_lines_of_a_subscription_are_told() {
    let workspace = Workspace::small();
    let run = billed(&workspace, FEBRUARY);
    let told = run
        .stdout
        .lines()
        .find(|line| line.contains("several_lines"));
    assert!(told.unwrap().contains("info"), "{told:?}");
    let seats = workspace.bill("explain 105-seats").exits(0).stdout;
    assert!(seats.contains("20.00 a month"), "{seats}");
}
