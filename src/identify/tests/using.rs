//! Whose each row of usage is.

use super::*;

fn calls() -> Given {
    let mut given = given();
    given.services(&["service_id=S subscription_id=U charge=calls quantity=1 start_on=2026-01-01"]);
    given.readers(vec![BTreeSet::new()]);
    given
}

const JANUARY: [&str; 3] = [
    "usage_id=1 service_id=S used_on=2026-01-01 quantity=10 status=processed readers=0",
    "usage_id=2 service_id=S used_on=2026-01-31 quantity=2.5 status=processed readers=0 meter=minutes",
    "usage_id=3 service_id=S used_on=2026-02-01 quantity=7 status=processed readers=0",
];

/// AD6, O37: a period's usage is billed on the day after it.
#[test]
fn ad6_usage_is_billed_when_its_period_has_ended() {
    let mut given = calls();
    given.usage(&JANUARY);
    assert_eq!(given.due("2026-01-31"), [] as [&str; 0]);
    let found = given.found("2026-02-01");
    assert_eq!(
        due(&found),
        ["S calls 2026-01-01..2026-02-01 0+31/31 x12.5 after 0"]
    );
    assert_eq!(ended(&given, &found, "usage"), "3 = 2 billed + 1 not_due");
}

#[test]
fn usage_through_the_window_goes_on_from_what_the_book_has() {
    let mut given = calls();
    given.services(&["service_id=S subscription_id=U charge=trunk quantity=1 start_on=2026-01-01"]);
    given.usage(&JANUARY);
    assert_eq!(
        given.due("2026-01-11"),
        ["S trunk 2026-01-01..2026-01-11 0+10/31 x10 after 0 .."]
    );
    given.ran("monthly@2026-01-11", &["S trunk 2026-01-01 2026-01-11"]);
    given.readers(vec![
        ["monthly@2026-01-11".to_owned()].into(),
        BTreeSet::new(),
    ]);
    let wanted = wanted_history(&given.question("2026-02-02"), &given.tables, &given.book);
    assert_eq!(wanted.services, ["S".to_owned()].into());
    given.lines(&["run_id=monthly@2026-01-11 line_id=L service_id=S charge=trunk kind=usage period_start=2026-01-01 period_end=2026-01-11 quantity=10"]);
    let found = given.found("2026-02-02");
    assert_eq!(
        due(&found),
        [
            "S trunk 2026-01-11..2026-02-01 10+21/31 x2.5 after 10",
            "S trunk 2026-02-01..2026-02-02 0+1/28 x7 after 0 .."
        ]
    );
    assert_eq!(
        ended(&given, &found, "usage"),
        "3 = 2 billed + 1 billed_before"
    );
}

/// Within one run too: the second part of a period counts the first.
#[test]
fn the_parts_of_a_period_count_what_the_earlier_parts_used() {
    let mut given = calls();
    given.usage(&JANUARY);
    given.tables.pauses = table(
        &PAUSES,
        &["pause_id=P service_id=S from=2026-01-11 to=2026-01-21"],
    );
    assert_eq!(
        given.due("2026-02-01"),
        [
            "S calls 2026-01-01..2026-01-11 0+10/31 x10 after 0 ..",
            "S calls 2026-01-21..2026-02-01 10+11/31 x2.5 after 10"
        ]
    );
}

/// USE-007: in the future is set aside for its period, and counted.
#[test]
fn use_007_usage_beyond_the_window_waits_for_its_period() {
    let mut given = calls();
    given.usage(&[
        "usage_id=1 service_id=S used_on=2026-12-01 quantity=1 status=processed readers=0",
    ]);
    let found = given.found("2026-07-01");
    assert_eq!(ended(&given, &found, "usage"), "1 = 1 excepted");
    given.services(&["service_id=S subscription_id=U charge=calls quantity=1 start_on=2026-07-01"]);
    let found = given.found("2026-07-01");
    assert_eq!(ended(&given, &found, "usage"), "1 = 1 future");
}

/// Late usage is nobody's by mistake: it is told, and the rest is billed.
#[test]
fn usage_of_billed_days_is_late_unless_the_run_had_read_it() {
    let mut given = calls();
    given.ran("monthly@2026-02-01", &["S calls 2026-01-01 2026-02-01"]);
    given.readers(vec![
        ["monthly@2026-02-01".to_owned()].into(),
        BTreeSet::new(),
    ]);
    given.usage(&[
        JANUARY[0],
        "usage_id=4 service_id=S used_on=2026-01-30 quantity=9 status=processed readers=1",
        JANUARY[2],
    ]);
    let found = given.found("2026-03-01");
    assert_eq!(
        due(&found),
        ["S calls 2026-02-01..2026-03-01 0+28/28 x7 after 0"]
    );
    assert_eq!(
        aside(&found),
        ["parked, BW-R301 S: 1 row of usage (9), of 2026-01-30, on days billed without it"]
    );
    assert_eq!(standings(&found), ["S billed"]);
    assert_eq!(
        ended(&given, &found, "usage"),
        "3 = 1 billed + 1 excepted + 1 billed_before"
    );
}

#[test]
fn usage_on_days_that_count_none_is_told() {
    let mut given = calls();
    given.services(&[
        "service_id=R subscription_id=U charge=line quantity=1 start_on=2026-02-01",
        "service_id=S subscription_id=U charge=calls quantity=1 start_on=2025-01-01 next_bill_on=2026-01-01 end_on=2026-01-16",
    ]);
    given.usage(&[
        "usage_id=0 service_id=R used_on=2026-02-01 quantity=1 status=processed readers=0",
        "usage_id=1 service_id=S used_on=2025-12-01 quantity=1 status=processed readers=0",
        "usage_id=2 service_id=S used_on=2026-01-15 quantity=1 status=processed readers=0",
        "usage_id=3 service_id=S used_on=2026-01-16 quantity=1 status=processed readers=0",
    ]);
    let found = given.found("2026-02-01");
    let codes: Vec<_> = found
        .aside
        .iter()
        .map(|row| (row.code, row.service_id.as_str()))
        .collect();
    assert_eq!(codes, [("BW-X108", "R"), ("BW-X108", "S")]);
    // What was used before the book began was billed by whoever kept the books then.
    assert_eq!(
        ended(&given, &found, "usage"),
        "4 = 1 billed + 2 excepted + 1 billed_before"
    );
}

/// D25, W2: nothing is billed short.
#[test]
fn d25_a_service_whose_usage_is_not_processed_waits() {
    let mut given = calls();
    given.services(&[
        "service_id=S subscription_id=U charge=calls quantity=1 start_on=2026-01-01",
        "service_id=T subscription_id=U charge=line quantity=1 start_on=2026-02-01",
    ]);
    given.usage(&[
        JANUARY[0],
        "usage_id=4 service_id=S used_on=2026-01-30 quantity=9 status=pending readers=1",
    ]);
    let found = given.found("2026-02-01");
    assert_eq!(due(&found), ["T line 2026-02-01..2026-03-01 0+28/28 x1"]);
    assert_eq!(
        aside(&found),
        ["parked, BW-R302 S: 1 row of usage (9), of 2026-01-30, not processed yet"]
    );
    assert_eq!(
        findings(&found, Check::UsageComplete),
        ["S: 1 row of usage (9), of 2026-01-30, not processed yet"]
    );
    assert_eq!(ended(&given, &found, "usage"), "2 = 2 excepted");
}

/// FIL-033: an upload that ends before the period does.
#[test]
fn fil_033_usage_that_ends_before_its_period_is_not_complete() {
    let mut given = calls();
    given.usage(&[JANUARY[0]]);
    assert_eq!(
        findings(&given.found("2026-02-01"), Check::UsageComplete),
        [": the newest usage is of 2026-01-01, and usage up to 2026-02-01 would be billed"]
    );
    given.usage(&JANUARY[..2]);
    assert_eq!(
        findings(&given.found("2026-02-01"), Check::UsageComplete),
        [] as [&str; 0]
    );
}

/// USE-017.
#[test]
fn use_017_usage_of_another_meter_parks_its_account() {
    let mut given = calls();
    given.usage(&["usage_id=1 service_id=S used_on=2026-01-05 quantity=1 status=processed readers=0 meter=megabytes"]);
    let found = given.found("2026-02-01");
    assert_eq!(
        aside(&found),
        [
            "parked, BW-V144 A: usage of 2026-01-05 is of meter `megabytes`, and the charge counts `minutes`"
        ]
    );
    let settled = settle(found.kept.standings, &found.aside, Lines::empty().frame());
    assert_eq!(settled.frame().text_at("standing", 0), "excepted:BW-V144");
    given.ran("monthly@2026-02-01", &["S calls 2026-01-01 2026-02-01"]);
    let late = aside(&given.found("2026-02-15")).join("; ");
    assert!(!late.contains("BW-V144"), "{late}");
}

/// P10: whatever the standing of their service, rows of usage are counted once.
#[test]
fn p10_usage_ends_as_its_service_does() {
    let mut given = calls();
    given.usage(&JANUARY);
    given.tables.usage_repeated = 2;
    given.tables.orphans.insert("usage", 4);
    given.run.filters.accounts = Some(["B".to_owned()].into());
    let found = given.found("2026-02-01");
    assert_eq!(
        ended(&given, &found, "usage"),
        "9 = 4 excepted + 3 filter + 2 repeated"
    );
}
