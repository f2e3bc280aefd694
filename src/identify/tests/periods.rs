//! Frequencies and anchors, dated changes, pauses, windows.

use super::*;
use crate::model::hold::{Held, Release, Whom};

#[test]
fn a_charge_in_advance_is_due_on_the_first_day_of_its_period() {
    assert_eq!(
        given().due("2026-02-01"),
        [
            "S line 2026-01-01..2026-02-01 0+31/31 x1",
            "S line 2026-02-01..2026-03-01 0+28/28 x1"
        ]
    );
}

/// Every frequency by the account's bill day, weeks and days from the start.
#[test]
fn every_frequency_has_its_own_periods() {
    let mut given = given();
    given.services(&["service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-08"]);
    let last = |frequency: &str| {
        given.tables.subscriptions = table(
            &SUBSCRIPTIONS,
            &[&format!(
                "subscription_id=U account_id=A scheme=home frequency={frequency}"
            )],
        );
        given.due("2026-02-01").pop().unwrap()
    };
    assert_eq!(
        [
            "daily",
            "weekly",
            "monthly",
            "quarterly",
            "semiannual",
            "annual"
        ]
        .map(last),
        [
            "S line 2026-02-01..2026-02-02 0+1/1 x1",
            "S line 2026-01-29..2026-02-05 0+7/7 x1",
            "S line 2026-02-01..2026-03-01 0+28/28 x1",
            "S line 2026-02-01..2026-05-01 0+89/89 x1",
            "S line 2026-02-01..2026-08-01 0+181/181 x1",
            "S line 2026-02-01..2027-02-01 0+365/365 x1",
        ]
    );
}

/// Anchors: the account's bill day, its group's, the day of next_bill_on, of the start; the subscription's start; the calendar.
#[test]
fn an_anchor_says_which_day_periods_begin_on() {
    let mut given = given();
    given.services(&["service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-10"]);
    let mut first = |anchor, account: &str, subscription: &str| {
        given.scheme("home", anchor);
        given.tables.accounts = table(
            &ACCOUNTS,
            &[&format!("account_id=A currency=USD {account}")],
        );
        given.tables.subscriptions = table(
            &SUBSCRIPTIONS,
            &[&format!(
                "subscription_id=U account_id=A scheme=home frequency=monthly {subscription}"
            )],
        );
        given.groups = [(
            "g".to_owned(),
            Group {
                bill_day: Some(20),
                ..Group::default()
            },
        )]
        .into();
        given.due("2026-01-10")
    };
    assert_eq!(
        first(Anchor::BillDay, "bill_day=15 group=g", ""),
        ["S line 2026-01-10..2026-01-15 0+5/31 x1"]
    );
    assert_eq!(
        first(Anchor::BillDay, "group=g", ""),
        ["S line 2026-01-10..2026-01-20 0+10/31 x1"]
    );
    assert_eq!(
        first(Anchor::BillDay, "", ""),
        ["S line 2026-01-10..2026-02-10 0+31/31 x1"]
    );
    assert_eq!(
        first(Anchor::StartDate, "bill_day=15", "start_on=2025-12-25"),
        ["S line 2026-01-10..2026-01-25 0+15/31 x1"]
    );
    assert_eq!(
        first(Anchor::Calendar, "bill_day=15", ""),
        ["S line 2026-01-10..2026-02-01 0+22/31 x1"]
    );
}

/// Behind a trial a service goes on as if it had begun there; where its periods lie by others, the first is a part of one.
#[test]
fn days_that_are_free_at_first_come_before_the_first_period() {
    let first = |anchor, account: &str, subscription: &str, service: &str, to: &str| {
        let mut given = given();
        given.scheme("home", anchor);
        given.trial(14);
        given.services(&[&format!(
            "service_id=S subscription_id=U quantity=1 start_on=2026-01-10 {service}"
        )]);
        given.tables.accounts = table(
            &ACCOUNTS,
            &[&format!("account_id=A currency=USD {account}")],
        );
        given.tables.subscriptions = table(
            &SUBSCRIPTIONS,
            &[&format!(
                "subscription_id=U account_id=A scheme=home frequency=monthly {subscription}"
            )],
        );
        given.due(to)
    };
    let nothing: [&str; 0] = [];
    assert_eq!(
        first(Anchor::BillDay, "", "", "charge=line", "2026-01-23"),
        nothing
    );
    assert_eq!(
        first(Anchor::BillDay, "", "", "charge=line", "2026-01-24"),
        ["S line 2026-01-24..2026-02-24 0+31/31 x1"]
    );
    let bill_day = "bill_day=1";
    assert_eq!(
        first(Anchor::BillDay, bill_day, "", "charge=line", "2026-01-24"),
        ["S line 2026-01-24..2026-02-01 0+8/31 x1"]
    );
    assert_eq!(
        first(Anchor::BillDay, bill_day, "", "charge=late", "2026-02-01"),
        ["S late 2026-01-24..2026-02-01 0+8/31 x1"]
    );
    let subscribed = "start_on=2026-01-10";
    assert_eq!(
        first(
            Anchor::StartDate,
            "",
            subscribed,
            "charge=line",
            "2026-01-24"
        ),
        ["S line 2026-01-24..2026-02-10 0+17/31 x1"]
    );
    // Only what recurs is free, and a service that says from when on it is billed is billed from then on.
    assert_eq!(
        first(Anchor::BillDay, "", "", "charge=install", "2026-01-10"),
        ["S install 2026-01-10..2026-01-11 0+1/1 x1"]
    );
    assert_eq!(
        first(
            Anchor::BillDay,
            "",
            "",
            "charge=line next_bill_on=2026-01-10",
            "2026-01-10"
        ),
        ["S line 2026-01-10..2026-02-10 0+31/31 x1"]
    );
}

#[test]
fn a_service_that_ends_within_its_trial_is_never_billed() {
    let mut given = given();
    given.trial(14);
    given.services(&["service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-10 end_on=2026-01-20"]);
    for (to, standing) in [
        ("2026-01-19", "S not_due"),
        ("2026-02-01", "S excluded:ended"),
    ] {
        let found = given.found(to);
        assert!(found.kept.due.is_empty(), "{to}");
        assert_eq!(standings(&found), [standing], "{to}");
    }
    let aside = &given.found("2026-02-01").aside;
    assert_eq!(aside[0].message, "ended on 2026-01-20, while it was free");
}

/// Whoever is billed has no trial, and what a trial comes to later credits nobody.
#[test]
fn a_trial_is_nothing_to_a_service_that_is_billed_already() {
    let mut given = given();
    given.services(&[
        "service_id=S subscription_id=U charge=credited quantity=1 start_on=2026-01-10",
    ]);
    given.ran("monthly@2026-01-10", &["S credited 2026-01-10 2026-02-01"]);
    given.trial(60);
    assert_eq!(
        given.due("2026-02-01"),
        ["S credited 2026-02-01..2026-03-01 0+28/28 x1"]
    );
    let found = given.found("2026-02-01");
    assert!(found.kept.unused.is_empty());
    let wanted = wanted_history(&given.question("2026-02-01"), &given.tables, &given.book);
    assert!(wanted.services.is_empty(), "{wanted:?}");
}

/// The first period behind a trial is the first, before and after it is billed.
#[test]
fn periods_are_counted_from_behind_a_trial() {
    let numbers = |given: &Given, to: &str| -> Vec<Option<i64>> {
        let found = given.found(to);
        found
            .kept
            .due
            .frame()
            .counts("period_number")
            .iter()
            .collect()
    };
    let mut given = given();
    let scheme = given.schemes.get_mut("home").unwrap();
    let later = PriceVersion {
        from_period: Some(3),
        ..scheme.charges[0].prices[0].clone()
    };
    scheme.charges[0].prices.push(later);
    given.trial(40);
    given.services(&["service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-10"]);
    assert_eq!(numbers(&given, "2026-04-01"), [1, 2, 3].map(Some));
    given.ran("monthly@2026-02-19", &["S line 2026-02-19 2026-03-01"]);
    assert_eq!(numbers(&given, "2026-04-01"), [2, 3].map(Some));
}

/// `next_bill_on` opens: it says where to begin while the book has nothing, and nothing after.
#[test]
fn next_bill_on_counts_only_while_the_book_has_nothing() {
    let mut given = given();
    given.services(&["service_id=S subscription_id=U charge=line quantity=1 start_on=2020-05-13 next_bill_on=2026-02-01"]);
    assert_eq!(
        given.due("2026-02-01"),
        ["S line 2026-02-01..2026-03-01 0+28/28 x1"]
    );
    given.ran("monthly@2026-02-01", &["S line 2026-02-01 2026-03-01"]);
    given.services(&["service_id=S subscription_id=U charge=line quantity=1 start_on=2020-05-13 next_bill_on=2026-06-01"]);
    let found = given.found("2026-03-01");
    assert_eq!(due(&found), ["S line 2026-03-01..2026-04-01 0+31/31 x1"]);
    assert_eq!(
        findings(&found, Check::BillDateChanged),
        [
            "S: next_bill_on is 2026-06-01, and it is billed up to 2026-03-01, and goes on from there"
        ]
    );
    for known in ["2026-02-01", "2026-03-01"] {
        given.services(&[&format!(
            "service_id=S subscription_id=U charge=line quantity=1 next_bill_on={known}"
        )]);
        assert_eq!(
            findings(&given.found("2026-03-01"), Check::BillDateChanged),
            [] as [&str; 0]
        );
    }
}

#[test]
fn the_rows_of_a_service_hold_from_their_days_on() {
    let mut given = given();
    given.services(&[
        "service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-01",
        "service_id=S subscription_id=U charge=line quantity=3 effective_on=2026-01-11",
        "service_id=S subscription_id=U charge=credited quantity=5 effective_on=2026-01-21 end_on=2026-01-26",
    ]);
    let found = given.found("2026-01-31");
    assert_eq!(
        due(&found),
        [
            "S credited 2026-01-21..2026-01-26 0+5/31 x5",
            "S line 2026-01-01..2026-01-11 0+10/31 x1 ..",
            "S line 2026-01-11..2026-01-21 10+10/31 x3",
        ]
    );
    assert_eq!(ended(&given, &found, "services"), "3 = 3 billed");
}

/// SVC-027: two changes on one day; the day is billed once, by the last state.
#[test]
fn svc_027_of_two_changes_on_one_day_the_last_holds() {
    let mut given = given();
    given.services(&[
        "service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-01",
        "service_id=S subscription_id=U charge=line quantity=9 effective_on=2026-01-11",
        "service_id=S subscription_id=U charge=line quantity=1 effective_on=2026-01-11",
    ]);
    assert_eq!(
        given.due("2026-01-01"),
        [
            "S line 2026-01-01..2026-01-11 0+10/31 x1 ..",
            "S line 2026-01-11..2026-02-01 10+21/31 x1"
        ]
    );
}

/// A pause of the account and one of the service are left out alike.
#[test]
fn paused_days_are_not_due_and_a_pause_now_is_a_reason() {
    let mut given = given();
    given.tables.pauses = table(
        &PAUSES,
        &[
            "pause_id=P1 service_id=S from=2026-01-11 to=2026-01-16",
            "pause_id=P2 account_id=A from=2026-01-14 to=2026-03-01",
        ],
    );
    let found = given.found("2026-01-01");
    assert_eq!(due(&found), ["S line 2026-01-01..2026-01-11 0+10/31 x1"]);
    assert_eq!(ended(&given, &found, "pauses"), "2 = 2 billed");
    given.ran("monthly@2026-01-01", &["S line 2026-01-01 2026-01-11"]);
    let found = given.found("2026-02-01");
    assert_eq!(
        aside(&found),
        ["not billed, paused S: paused since 2026-01-11, until 2026-03-01"]
    );
    assert_eq!(
        given.due("2026-03-01"),
        ["S line 2026-03-01..2026-04-01 0+31/31 x1"]
    );
}

/// An account can be paused while a service of it has yet to begin.
#[test]
fn a_service_that_has_not_begun_is_not_due_rather_than_paused() {
    let mut given = given();
    given.services(&["service_id=S subscription_id=U charge=line quantity=1 start_on=2026-02-10"]);
    given.tables.pauses = table(
        &PAUSES,
        &["pause_id=P1 account_id=A from=2026-01-10 to=2026-03-20"],
    );
    let found = given.found("2026-02-01");
    assert!(aside(&found).is_empty());
    assert_eq!(ended(&given, &found, "services"), "1 = 1 not_due");
}

/// Where the first days were paused, periods are still counted from the start.
#[test]
fn a_pause_at_the_beginning_moves_no_boundary() {
    let mut given = given();
    given.tables.accounts = table(&ACCOUNTS, &["account_id=A currency=USD"]);
    given.services(&["service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-10"]);
    given.tables.pauses = table(
        &PAUSES,
        &["pause_id=P1 service_id=S from=2026-01-10 to=2026-01-20"],
    );
    assert_eq!(
        given.due("2026-01-20"),
        ["S line 2026-01-20..2026-02-10 0+21/31 x1"]
    );
    given.ran("monthly@2026-01-20", &["S line 2026-01-20 2026-02-10"]);
    assert_eq!(
        given.due("2026-02-10"),
        ["S line 2026-02-10..2026-03-10 0+28/28 x1"]
    );
}

/// O38, AO14: a group's advance days go before the definition's.
#[test]
fn o38_ao14_advance_days_are_the_groups_before_the_definitions() {
    let mut given = given();
    given.run.advance_days = 1;
    assert_eq!(given.due("2026-01-31").len(), 2);
    given.groups = [(
        "g".to_owned(),
        Group {
            advance_days: Some(0),
            ..Group::default()
        },
    )]
    .into();
    given.tables.accounts = table(&ACCOUNTS, &["account_id=A currency=USD bill_day=1 group=g"]);
    assert_eq!(given.due("2026-01-31").len(), 1);
}

/// AO5: what the book has never met and was ready before the window is held at first sight, and billed where that is said or
/// an earlier run met it.
#[test]
fn ao5_what_was_ready_before_the_window_is_stale_at_first_sight_only() {
    let mut given = given();
    given.run.window.from = Some(WindowDay::AS_OF);
    let found = given.found("2026-02-01");
    assert_eq!(due(&found), [] as [&str; 0]);
    assert_eq!(standings(&found), ["S excluded:stale"]);
    assert_eq!(findings(&found, Check::StaleDates).len(), 1);
    given.excluded(&["account_id=A service_id=S charge=line code=stale"]);
    assert_eq!(given.due("2026-02-01").len(), 2);
    given.excluded(&[]);
    given.run.window.stale = Stale::Bill;
    assert_eq!(given.due("2026-02-01").len(), 2);
    given.run.window.stale = Stale::Hold;
    given.ran("monthly@2026-01-01", &["S line 2026-01-01 2026-02-01"]);
    assert_eq!(given.due("2026-03-01").len(), 2);
}

/// SVC-022, AO4.
#[test]
fn svc_022_ao4_a_service_too_far_behind_is_parked_alone() {
    let mut given = given();
    given.services(&[
        "service_id=S subscription_id=U charge=line quantity=1 start_on=2006-01-01",
        "service_id=T subscription_id=U charge=line quantity=1 start_on=2026-02-01",
    ]);
    let found = given.found("2026-02-01");
    assert_eq!(standings(&found), ["S excepted:BW-R201", "T billed"]);
    given.tables.subscriptions = table(
        &SUBSCRIPTIONS,
        &["subscription_id=U account_id=A scheme=home frequency=annual"],
    );
    given.services(&["service_id=S subscription_id=U charge=late quantity=1 start_on=2025-01-01"]);
    assert_eq!(
        given.due("2026-01-01"),
        ["S late 2025-01-01..2026-01-01 0+365/365 x1"]
    );
}

fn hold(until: &str, release: Release, whom: Whom) -> BTreeMap<String, Hold> {
    let hold = Hold {
        name: "ticket".to_owned(),
        what: [Held::Billing].into(),
        whom,
        until: day(until),
        release,
        reason: Some("disputed".to_owned()),
    };
    [(hold.name.clone(), hold)].into()
}

/// O9: a hold in git or in the data; what was held is billed afterwards.
#[test]
fn o9_held_services_are_listed_and_billed_afterwards() {
    let mut given = given();
    let account = Whom {
        accounts: ["A".to_owned()].into(),
        ..Whom::default()
    };
    given.holds = hold("2026-02-01", Release::Defer, account);
    let found = given.found("2026-01-31");
    assert_eq!(
        aside(&found),
        ["not billed, held S: held until 2026-02-01 by `ticket`: disputed"]
    );
    assert_eq!(given.due("2026-02-01").len(), 2);
    given.holds.clear();
    given.services(&["service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-01 hold_until=2026-02-01"]);
    assert_eq!(
        aside(&given.found("2026-01-31")),
        ["not billed, held S: held until 2026-02-01, as its `hold_until` says"]
    );
}

#[test]
fn what_a_past_hold_waives_is_settled_without_a_line() {
    let mut given = given();
    let service = Whom {
        services: ["S".to_owned()].into(),
        ..Whom::default()
    };
    given.holds = hold("2026-01-15", Release::Waive, service);
    let found = given.found("2026-02-01");
    assert_eq!(due(&found), ["S line 2026-02-01..2026-03-01 0+28/28 x1"]);
    assert_eq!(found.kept.settled.len(), 1);
    assert_eq!(
        found.kept.settled[0].period.to_string(),
        "2026-01-01..2026-02-01"
    );
    assert_eq!(
        aside(&found),
        ["not billed, waived S: what was ready before 2026-01-15 is waived, as `ticket` says"]
    );
    assert_eq!(standings(&found), ["S billed"]);
}

#[test]
fn what_has_ended_and_is_billed_is_told_and_what_starts_after_the_end_too() {
    let mut given = given();
    given.tables.accounts = table(
        &ACCOUNTS,
        &["account_id=A currency=USD bill_day=1 canceled_on=2026-01-11"],
    );
    given.services(&[
        "service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-01",
        "service_id=T subscription_id=U charge=line quantity=1 start_on=2026-01-20",
    ]);
    let found = given.found("2026-02-01");
    assert_eq!(due(&found), ["S line 2026-01-01..2026-01-11 0+10/31 x1"]);
    assert_eq!(standings(&found), ["S billed", "T excluded:ended"]);
}

/// D11, "bill usage only": what is not asked for keeps its watermark.
#[test]
fn d11_charges_that_are_not_asked_for_are_not_selected() {
    let mut given = given();
    given.run.charges = [ChargeType::Usage].into();
    let found = given.found("2026-02-01");
    assert_eq!(standings(&found), ["S not_selected:charge_type"]);
}

/// The price is that of the first day the charge has in the full period, so that its parts add up.
#[test]
fn the_parts_of_a_period_have_one_price_version() {
    let mut given = given();
    let scheme = given.schemes.get_mut("home").unwrap();
    let version = |from: &str| PriceVersion {
        valid_from: Some(day(from)),
        from_period: None,
        ..scheme.charges[0].prices[0].clone()
    };
    scheme.charges[0].prices = vec![version("2026-01-01"), version("2026-01-16")];
    given.tables.pauses = table(
        &PAUSES,
        &["pause_id=P1 service_id=S from=2026-01-11 to=2026-01-21"],
    );
    let found = given.found("2026-02-01");
    let versions: Vec<_> = found
        .kept
        .due
        .frame()
        .dates("price_version")
        .flatten()
        .map(|day| day.to_string())
        .collect();
    assert_eq!(versions, ["2026-01-01", "2026-01-01", "2026-01-16"]);
    let scheme = given.schemes.get_mut("home").unwrap();
    scheme.charges[0].prices.remove(0);
    assert_eq!(
        standings(&given.found("2026-02-01")),
        ["S excepted:BW-R103"]
    );
}
