//! Usage that came after its days were billed, by a charge that bills it by the next run.

use super::*;
use crate::model::scheme::Late;

const LATE: &str =
    "usage_id=4 service_id=S used_on=2026-01-30 quantity=9 status=processed readers=1";
const READ: &str =
    "usage_id=1 service_id=S used_on=2026-01-01 quantity=10 status=processed readers=0";
const LINE: &str = "run_id=monthly@2026-02-01 line_id=L service_id=S charge=calls kind=usage scheme=home period_start=2026-01-01 period_end=2026-02-01 period_days=31 quantity=10";

/// January is billed for ten minutes, and nine more have come since.
fn billed(late: Late) -> Given {
    let mut given = given();
    given.services(&["service_id=S subscription_id=U charge=calls quantity=1 start_on=2026-01-01"]);
    given.late("calls", late);
    given.ran("monthly@2026-02-01", &["S calls 2026-01-01 2026-02-01"]);
    given.readers(vec![
        ["monthly@2026-02-01".to_owned()].into(),
        BTreeSet::new(),
    ]);
    given.usage(&[READ, LATE]);
    given.lines(&[LINE]);
    given
}

#[test]
fn late_usage_goes_on_from_what_its_period_was_billed() {
    let given = billed(Late::NextRun);
    let wanted = wanted_history(&given.question("2026-02-15"), &given.tables, &given.book);
    assert_eq!(wanted.services, ["S".to_owned()].into());
    let found = given.found("2026-02-15");
    assert_eq!(
        due(&found),
        ["S calls 2026-01-01..2026-02-01 0+31/31 x9 after 10 late, to L"]
    );
    assert_eq!(standings(&found), ["S billed"]);
    assert_eq!(
        ended(&given, &found, "usage"),
        "2 = 1 billed + 1 billed_before"
    );
}

/// An earlier late line may be about the days of several lines: the last one is that which billed the latest days last.
#[test]
fn late_usage_adds_to_the_last_line_of_its_period() {
    let mut given = billed(Late::NextRun);
    given.ran("monthly@2026-02-10", &["+S calls 2026-01-01 2026-02-01"]);
    let second = LINE
        .replace("period_start=2026-01-01", "period_start=2026-01-15")
        .replace("line_id=L", "line_id=M");
    let late = LINE
        .replace("monthly@2026-02-01", "monthly@2026-02-10")
        .replace("kind=usage", "kind=late_usage")
        .replace("line_id=L", "line_id=N");
    let first = LINE.replace("period_end=2026-02-01", "period_end=2026-01-15");
    given.lines(&[&first, &second, &late]);
    assert_eq!(
        given.due("2026-02-15"),
        ["S calls 2026-01-01..2026-02-01 0+31/31 x9 after 30 late, to N"]
    );
}

/// By the run that billed it, and not by one that only read it.
#[test]
fn late_usage_is_billed_once() {
    let mut given = billed(Late::NextRun);
    given.readers(vec![
        [
            "monthly@2026-02-01".to_owned(),
            "monthly@2026-02-15".to_owned(),
        ]
        .into(),
        ["monthly@2026-02-15".to_owned()].into(),
    ]);
    given.ran("monthly@2026-02-15", &[]);
    assert_eq!(given.due("2026-02-16").len(), 1);
    given.ran("monthly@2026-02-15", &["+S calls 2026-01-01 2026-02-01"]);
    assert_eq!(given.due("2026-02-16"), [] as [&str; 0]);
    let wanted = wanted_history(&given.question("2026-02-16"), &given.tables, &given.book);
    assert_eq!(wanted.services, BTreeSet::new());
}

#[test]
fn late_usage_that_is_ignored_has_a_reason_of_its_own() {
    let given = billed(Late::Ignore);
    let found = given.found("2026-02-15");
    assert_eq!(due(&found), [] as [&str; 0]);
    assert_eq!(aside(&found), [] as [&str; 0]);
    assert_eq!(
        ended(&given, &found, "usage"),
        "2 = 1 billed_before + 1 late_ignored"
    );
}

/// Nothing is billed of which it is not known what it was billed at: then a person decides.
#[test]
fn late_usage_is_told_where_its_days_were_billed_otherwise() {
    let is_told = |given: &Given| {
        let found = given.found("2026-02-15");
        let late = due(&found).into_iter().find(|row| row.contains("late"));
        assert_eq!(late, None);
        assert_eq!(
            aside(&found),
            ["parked, BW-R301 S: 1 row of usage (9), of 2026-01-30, on days billed without it"]
        );
    };
    let mut other_charge = billed(Late::NextRun);
    other_charge.late("trunk", Late::NextRun);
    other_charge
        .services(&["service_id=S subscription_id=U charge=trunk quantity=1 start_on=2026-01-01"]);
    is_told(&other_charge);
    let mut other_scheme = billed(Late::NextRun);
    other_scheme.lines(&[&LINE.replace("scheme=home", "scheme=office")]);
    is_told(&other_scheme);
    let mut other_length = billed(Late::NextRun);
    other_length.lines(&[&LINE.replace("period_days=31", "period_days=90")]);
    is_told(&other_length);
    let mut other_bill_day = billed(Late::NextRun);
    other_bill_day.tables.accounts = table(
        &ACCOUNTS,
        &["account_id=A currency=USD bill_day=15 name=Ann address=Here emails=a@b.c status=active"],
    );
    is_told(&other_bill_day);
    let mut waived = billed(Late::NextRun);
    waived.lines(&[]);
    waived.excluded(&["run_id=monthly@2026-02-01 account_id=A subscription_id=U service_id=S charge=calls stage=identify code=waived message=m"]);
    is_told(&waived);
    // The run waived other days, and billed these.
    waived.lines(&[LINE]);
    assert_eq!(waived.due("2026-02-15").len(), 1);
    let mut ended = billed(Late::NextRun);
    ended.services(&["service_id=S subscription_id=U charge=calls quantity=1 start_on=2026-01-01 end_on=2026-01-20"]);
    let told = aside(&ended.found("2026-02-15")).join("; ");
    assert!(told.contains("BW-R301"), "{told}");
}

/// What the rest of the period is charged by tonight has nothing to do with it.
#[test]
fn the_largest_of_a_charge_is_known_beside_another_charge_of_its_period() {
    let mut given = billed(Late::NextRun);
    given.aggregate("calls", Aggregate::Max);
    given.services(&[
        "service_id=S subscription_id=U charge=calls quantity=1 start_on=2026-01-01",
        "service_id=S subscription_id=U charge=trunk quantity=1 start_on=2026-01-01 effective_on=2026-01-20",
    ]);
    given.book.claims = Claims::empty();
    given.ran("monthly@2026-01-25", &["S calls 2026-01-01 2026-01-20"]);
    given.lines(&[&LINE.replace("2026-02-01", "2026-01-20")]);
    given.usage(&[
        READ,
        &LATE
            .replace("2026-01-30", "2026-01-10")
            .replace("=9", "=14"),
    ]);
    let due = given.due("2026-02-01");
    let late = due.iter().find(|row| row.contains("late"));
    assert_eq!(
        late.map(String::as_str),
        Some("S calls 2026-01-01..2026-01-20 0+19/31 x4 after 10 late, to L")
    );
}

/// As of any day that is due: nothing is billed short, and not by another meter.
#[test]
fn late_usage_waits_until_it_is_processed_and_of_its_meter() {
    let mut given = billed(Late::NextRun);
    given.usage(&[READ, &LATE.replace("processed", "pending")]);
    assert_eq!(
        aside(&given.found("2026-02-15")),
        ["parked, BW-R302 S: 1 row of usage (9), of 2026-01-30, not processed yet"]
    );
    given.usage(&[READ, &format!("{LATE} meter=megabytes")]);
    let told = aside(&given.found("2026-02-15")).join("; ");
    assert!(told.contains("BW-V144"), "{told}");
}

/// Each part has the price it had, the second counts the first, and the last may be brought to the minimum.
#[test]
fn late_usage_of_parts_of_a_period_is_billed_part_by_part() {
    let mut given = billed(Late::NextRun);
    given.services(&[
        "service_id=S subscription_id=U charge=calls quantity=1 unit_price=0.05 start_on=2026-01-01",
        "service_id=S subscription_id=U charge=calls quantity=1 unit_price=0.07 start_on=2026-01-01 effective_on=2026-01-16",
    ]);
    given.usage(&[READ, LATE, &LATE.replace("2026-01-30", "2026-01-15")]);
    assert_eq!(
        given.due("2026-02-15"),
        [
            "S calls 2026-01-01..2026-01-16 16+15/31 x9 after 10 .. late, to L",
            "S calls 2026-01-16..2026-02-01 15+16/31 x9 after 19 late, to L"
        ]
    );
}
