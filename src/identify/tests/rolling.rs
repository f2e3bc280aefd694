//! What is left of what is included, and goes over into the next period.

use super::*;
use crate::model::scheme::Late;

/// One service from January on, a hundred minutes included in every month.
fn rolling(charge: &str) -> Given {
    let mut given = given();
    given.services(&[&format!(
        "service_id=S subscription_id=U charge={charge} quantity=1 start_on=2026-01-01"
    )]);
    given.rolling(charge, "100");
    given
}

fn used(given: &mut Given, rows: &[(&str, u32)]) {
    let row = |(day, quantity): &(&str, u32)| {
        format!(
            "usage_id={day}x{quantity} service_id=S used_on={day} quantity={quantity} status=processed readers=0"
        )
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    given.usage(&rows);
}

/// A line of a whole month: its run, first and last day, and further columns.
fn line(charge: &str, run: &str, (from, to): (&str, &str), more: &str) -> String {
    let days = day(to).number() - day(from).number();
    format!(
        "run_id={run} line_id=L{from} subscription_id=U service_id=S charge={charge} kind=usage scheme=home period_start={from} period_end={to} period_days={days} quantity_before=0 included=100 {more}"
    )
}

const JANUARY: (&str, &str) = ("2026-01-01", "2026-02-01");
const FEBRUARY: (&str, &str) = ("2026-02-01", "2026-03-01");

/// January is billed for thirty minutes, by a run of the first of February.
fn billed() -> Given {
    let mut given = rolling("calls");
    given.ran("monthly@2026-02-01", &["S calls 2026-01-01 2026-02-01"]);
    given.lines(&[&line(
        "calls",
        "monthly@2026-02-01",
        JANUARY,
        "quantity=30 carried_in=0 carried_out=0",
    )]);
    given
}

/// It is used first, and what is left of it lapses.
#[test]
fn what_is_left_goes_over_once() {
    let mut given = rolling("calls");
    used(
        &mut given,
        &[
            ("2026-01-10", 30),
            ("2026-02-10", 20),
            ("2026-03-10", 150),
            ("2026-04-10", 10),
        ],
    );
    assert_eq!(
        given.due("2026-05-01"),
        [
            "S calls 2026-01-01..2026-02-01 0+31/31 x30 after 0 in 0 out 0",
            "S calls 2026-02-01..2026-03-01 0+28/28 x20 after 0 in 70 out 0",
            "S calls 2026-03-01..2026-04-01 0+31/31 x150 after 0 in 100 out 0",
            "S calls 2026-04-01..2026-05-01 0+30/30 x10 after 0 in 50 out 0"
        ]
    );
}

#[test]
fn a_later_run_reads_it_off_the_lines() {
    let mut given = billed();
    let wanted = wanted_history(&given.question("2026-03-01"), &given.tables, &given.book);
    assert_eq!(wanted.services, ["S".to_owned()].into());
    used(&mut given, &[("2026-02-10", 90)]);
    let of_february = "S calls 2026-02-01..2026-03-01 0+28/28 x90 after 0 in 70 out 0";
    assert_eq!(given.due("2026-03-01"), [of_february]);
    // A line from before anything went over.
    given.lines(&[&line("calls", "monthly@2026-02-01", JANUARY, "quantity=30")]);
    assert_eq!(given.due("2026-03-01"), [of_february]);
    // More than there was, and what was carried in is no part of what goes over.
    for (more, left) in [
        ("quantity=130 carried_in=0", "0"),
        ("quantity=30 carried_in=60", "100"),
        ("quantity=80 carried_in=60", "80"),
    ] {
        given.lines(&[&line("calls", "monthly@2026-02-01", JANUARY, more)]);
        let due = format!("S calls 2026-02-01..2026-03-01 0+28/28 x90 after 0 in {left} out 0");
        assert_eq!(given.due("2026-03-01"), [due]);
    }
}

/// A period without a line has used nothing, whether it was waived or not.
#[test]
fn all_is_left_of_a_period_without_usage() {
    let mut given = billed();
    given.lines(&[]);
    used(&mut given, &[("2026-02-10", 90)]);
    assert_eq!(
        given.due("2026-03-01"),
        ["S calls 2026-02-01..2026-03-01 0+28/28 x90 after 0 in 100 out 0"]
    );
}

/// Lines of the parts of a period add up, whether the end of a window parts them or a change of the service.
#[test]
fn all_parts_of_a_period_have_what_was_carried_in() {
    let mut given = rolling("trunk");
    given.ran("monthly@2026-01-21", &["S trunk 2026-01-01 2026-01-21"]);
    let claims = [
        "S trunk 2026-01-21 2026-02-01",
        "S trunk 2026-02-01 2026-02-11",
    ];
    given.ran("monthly@2026-02-11", &claims);
    let lines = [
        line(
            "trunk",
            "monthly@2026-01-21",
            ("2026-01-01", "2026-01-21"),
            "quantity=30 carried_in=0",
        )
        .replace("period_days=20", "period_days=31"),
        line(
            "trunk",
            "monthly@2026-02-11",
            ("2026-01-21", "2026-02-01"),
            "quantity=15 carried_in=0",
        )
        .replace("period_days=11", "period_days=31")
        .replace("quantity_before=0", "quantity_before=30"),
        line(
            "trunk",
            "monthly@2026-02-11",
            ("2026-02-01", "2026-02-11"),
            "quantity=60 carried_in=55",
        )
        .replace("period_days=10", "period_days=28"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    given.lines(&lines);
    given.services(&[
        "service_id=S subscription_id=U charge=trunk quantity=1 start_on=2026-01-01",
        "service_id=S subscription_id=U charge=trunk quantity=2 start_on=2026-01-01 effective_on=2026-02-15",
    ]);
    used(
        &mut given,
        &[("2026-02-12", 20), ("2026-02-20", 40), ("2026-03-02", 5)],
    );
    let due = [
        "S trunk 2026-02-11..2026-02-15 10+4/28 x20 after 60 in 55 out 0 ..",
        "S trunk 2026-02-15..2026-03-01 14+14/28 x40 after 80 in 55 out 0",
        "S trunk 2026-03-01..2026-03-03 0+2/31 x5 after 0 in 35 out 0 ..",
    ];
    assert_eq!(given.due("2026-03-03"), due);
    // The first part of February had no usage, and no line: it has what was left when it was billed.
    given.lines(&lines[..2]);
    assert_eq!(
        given.due("2026-03-03")[..2],
        [
            "S trunk 2026-02-11..2026-02-15 10+4/28 x20 after 0 in 55 out 0 ..",
            "S trunk 2026-02-15..2026-03-01 14+14/28 x40 after 20 in 55 out 0"
        ]
    );
}

/// Late usage may take what has not gone over, and nothing else; before the next period is billed all of it is there.
#[test]
fn late_usage_has_what_did_not_go_over() {
    let mut given = billed();
    given.late("calls", Late::NextRun);
    given.readers(vec![BTreeSet::new()]);
    let late = [("2026-01-20", 50)];
    used(&mut given, &late);
    assert_eq!(
        given.due("2026-02-15"),
        ["S calls 2026-01-01..2026-02-01 0+31/31 x50 after 30 in 0 out 0 late, to L2026-01-01"]
    );
    // Billed in one run, the late usage comes first.
    used(&mut given, &[("2026-01-20", 50), ("2026-02-20", 10)]);
    assert_eq!(
        given.due("2026-03-01"),
        [
            "S calls 2026-01-01..2026-02-01 0+31/31 x50 after 30 in 0 out 0 late, to L2026-01-01",
            "S calls 2026-02-01..2026-03-01 0+28/28 x10 after 0 in 20 out 0"
        ]
    );
    // February was billed, and has what January had left, whether it used it or not.
    given.ran("monthly@2026-03-01", &["S calls 2026-02-01 2026-03-01"]);
    used(&mut given, &late);
    let passed_on =
        "S calls 2026-01-01..2026-02-01 0+31/31 x50 after 30 in 0 out 70 late, to L2026-01-01";
    assert_eq!(given.due("2026-03-02"), [passed_on]);
    let of_january = line(
        "calls",
        "monthly@2026-02-01",
        JANUARY,
        "quantity=30 carried_in=0 carried_out=0",
    );
    let of_february = line(
        "calls",
        "monthly@2026-03-01",
        FEBRUARY,
        "quantity=10 carried_in=70 carried_out=0",
    );
    given.lines(&[&of_january, &of_february]);
    assert_eq!(given.due("2026-03-02"), [passed_on]);
    // What is billed of January after February was does not change what that had.
    given.ran("monthly@2026-03-02", &["+S calls 2026-01-01 2026-02-01"]);
    let late = line(
        "calls",
        "monthly@2026-03-02",
        JANUARY,
        "quantity=50 carried_in=0 carried_out=70 adjusts=L2026-01-01",
    )
    .replace("kind=usage", "kind=late_usage")
    .replace("quantity_before=0", "quantity_before=30")
    .replace("line_id=L", "line_id=N");
    given.lines(&[&of_january, &late]);
    let of_february = "S calls 2026-02-01..2026-03-01 0+28/28 x5 after 0 in 70 out 0 late";
    given.readers(vec![
        ["monthly@2026-03-02".to_owned()].into(),
        BTreeSet::new(),
    ]);
    given.usage(&[
        "usage_id=1 service_id=S used_on=2026-01-20 quantity=50 status=processed readers=0",
        "usage_id=2 service_id=S used_on=2026-02-20 quantity=5 status=processed readers=1",
    ]);
    assert_eq!(given.due("2026-03-03"), [of_february]);
}

/// Days of January become due when February is billed already: a pause that is taken back.
#[test]
fn days_that_are_due_behind_the_next_period_have_what_did_not_go_over() {
    let mut given = rolling("calls");
    given.ran("monthly@2026-02-01", &["S calls 2026-01-01 2026-01-11"]);
    given.ran("monthly@2026-03-01", &["S calls 2026-02-01 2026-03-01"]);
    let of_january = line(
        "calls",
        "monthly@2026-02-01",
        ("2026-01-01", "2026-01-11"),
        "quantity=30 carried_in=0 carried_out=0",
    );
    given.lines(&[&of_january.replace("period_days=10", "period_days=31")]);
    used(&mut given, &[("2026-01-20", 50)]);
    assert_eq!(
        given.due("2026-03-02"),
        ["S calls 2026-01-11..2026-02-01 10+21/31 x50 after 30 in 0 out 70"]
    );
}

/// Under another charge, scheme or bill day, or after a month that the service was not there, there is nothing to carry.
#[test]
fn nothing_goes_over_from_what_is_no_period_of_the_charge() {
    let carried = |given: &mut Given| {
        used(given, &[("2026-02-20", 10), ("2026-03-20", 10)]);
        let due = given.due("2026-04-01");
        let first = due.iter().find(|row| row.contains("x10"));
        assert!(first.unwrap().contains("after 0 in 0 out 0"), "{due:?}");
    };
    let mut other_charge = rolling("calls");
    other_charge.ran("monthly@2026-02-01", &["S trunk 2026-01-01 2026-02-01"]);
    carried(&mut other_charge);
    let mut other_scheme = billed();
    other_scheme.lines(
        &[&line("calls", "monthly@2026-02-01", JANUARY, "quantity=30")
            .replace("scheme=home", "scheme=office")],
    );
    carried(&mut other_scheme);
    let mut other_bill_day = billed();
    other_bill_day.tables.accounts = table(
        &ACCOUNTS,
        &["account_id=A currency=USD bill_day=15 name=Ann address=Here emails=a@b.c status=active"],
    );
    carried(&mut other_bill_day);
    let mut paused = billed();
    paused.tables.pauses = table(
        &PAUSES,
        &["pause_id=P service_id=S from=2026-02-01 to=2026-03-01"],
    );
    used(&mut paused, &[("2026-03-20", 10)]);
    assert_eq!(
        paused.due("2026-04-01"),
        ["S calls 2026-03-01..2026-04-01 0+31/31 x10 after 0 in 0 out 0"]
    );
}

/// What lines say has gone over stays gone, though the charge has nothing go over any more.
#[test]
fn what_went_over_is_gone_when_the_charge_is_changed() {
    let mut given = billed();
    given.ran("monthly@2026-03-01", &["S calls 2026-02-01 2026-03-01"]);
    let more = line(
        "calls",
        "monthly@2026-03-01",
        FEBRUARY,
        "quantity=10 carried_in=70 carried_out=0",
    );
    let before = line(
        "calls",
        "monthly@2026-02-01",
        JANUARY,
        "quantity=30 carried_in=0 carried_out=0",
    );
    given.lines(&[&before, &more]);
    given.late("calls", Late::NextRun);
    given.usage_of("calls").rollover = None;
    given.readers(vec![BTreeSet::new()]);
    used(&mut given, &[("2026-01-20", 50), ("2026-03-20", 10)]);
    assert_eq!(
        given.due("2026-04-01"),
        [
            "S calls 2026-01-01..2026-02-01 0+31/31 x50 after 30 in 0 out 70 late, to L2026-01-01",
            "S calls 2026-03-01..2026-04-01 0+31/31 x10 after 0 in 0 out 0"
        ]
    );
}
