//! What is included, shared by the services of a subscription.

use super::*;

/// Two services of one subscription and one of another, ten minutes included for all of a subscription.
fn sharing(charge: &str) -> Given {
    let mut given = given();
    given.tables.subscriptions = table(
        &SUBSCRIPTIONS,
        &[
            "subscription_id=U account_id=A scheme=home frequency=monthly",
            "subscription_id=V account_id=A scheme=home frequency=monthly",
        ],
    );
    given.services(&[
        &format!("service_id=R subscription_id=U charge={charge} quantity=1 start_on=2026-01-01"),
        &format!("service_id=S subscription_id=V charge={charge} quantity=1 start_on=2026-01-01"),
        &format!("service_id=T subscription_id=U charge={charge} quantity=1 start_on=2026-01-15"),
    ]);
    given.shared(charge, "10");
    given
}

fn row(service: &str, day: &str, quantity: u32) -> String {
    format!(
        "usage_id={service}{day} service_id={service} used_on={day} quantity={quantity} status=processed readers=0"
    )
}

fn used(given: &mut Given, rows: &[(&str, &str, u32)]) {
    let rows: Vec<String> = rows
        .iter()
        .map(|(service, day, quantity)| row(service, day, *quantity))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    given.usage(&rows);
}

#[test]
fn services_take_from_what_they_share_in_the_order_of_their_ids() {
    let mut given = sharing("calls");
    let rows = [
        ("R", "2026-01-30", 8),
        ("S", "2026-01-02", 12),
        ("T", "2026-01-20", 8),
        ("T", "2026-02-02", 3),
    ];
    used(&mut given, &rows);
    assert_eq!(
        given.due("2026-03-01"),
        [
            "R calls 2026-01-01..2026-02-01 0+31/31 x8 after 0 free 8",
            "R calls 2026-02-01..2026-03-01 0+28/28 x0 after 0 free 0",
            "S calls 2026-01-01..2026-02-01 0+31/31 x12 after 0 free 10",
            "S calls 2026-02-01..2026-03-01 0+28/28 x0 after 0 free 0",
            "T calls 2026-01-15..2026-02-01 0+17/31 x8 after 0 free 2",
            "T calls 2026-02-01..2026-03-01 0+28/28 x3 after 0 free 3"
        ]
    );
}

/// Whoever was billed first has taken its part, whatever comes before it by id.
#[test]
fn what_a_service_took_before_stays_its_own() {
    let mut given = sharing("trunk");
    given.ran(
        "monthly@2026-01-21",
        &[
            "T trunk 2026-01-15 2026-01-21",
            "S trunk 2026-01-01 2026-01-21",
        ],
    );
    let lines = [
        "run_id=monthly@2026-01-21 line_id=K subscription_id=V service_id=S charge=trunk kind=usage scheme=home period_start=2026-01-01 period_end=2026-01-21 period_days=31 quantity=12 quantity_before=0 included=10",
        "run_id=monthly@2026-01-21 line_id=L subscription_id=U service_id=T charge=trunk kind=usage scheme=home period_start=2026-01-15 period_end=2026-01-21 period_days=31 quantity=4 quantity_before=0 included=4",
    ];
    given.lines(&lines);
    used(
        &mut given,
        &[
            ("R", "2026-01-30", 5),
            ("S", "2026-01-30", 1),
            ("T", "2026-01-30", 3),
        ],
    );
    let wanted = wanted_history(&given.question("2026-02-01"), &given.tables, &given.book);
    assert_eq!(wanted.services, ["S".to_owned(), "T".to_owned()].into());
    assert_eq!(
        given.due("2026-02-01"),
        [
            "R trunk 2026-01-01..2026-02-01 0+31/31 x5 after 0 free 5",
            "S trunk 2026-01-21..2026-02-01 20+11/31 x1 after 12 free 10",
            "T trunk 2026-01-21..2026-02-01 6+11/31 x3 after 4 free 5"
        ]
    );
}

/// Parts of one run follow one another.
#[test]
fn the_parts_of_a_period_share_what_is_included_with_other_services() {
    let mut given = sharing("calls");
    given.tables.pauses = table(
        &PAUSES,
        &["pause_id=P service_id=R from=2026-01-11 to=2026-01-21"],
    );
    let rows = [
        ("R", "2026-01-02", 4),
        ("R", "2026-01-30", 4),
        ("T", "2026-01-20", 8),
    ];
    used(&mut given, &rows);
    let due = given.due("2026-02-01");
    let due: Vec<&String> = due.iter().filter(|row| !row.starts_with('S')).collect();
    assert_eq!(
        due,
        [
            "R calls 2026-01-01..2026-01-11 0+10/31 x4 after 0 free 4 ..",
            "R calls 2026-01-21..2026-02-01 10+11/31 x4 after 4 free 8",
            "T calls 2026-01-15..2026-02-01 0+17/31 x8 after 0 free 2"
        ]
    );
}

/// Two services without a bill day, so that each has periods of its own.
fn with_other_periods() -> Given {
    let mut given = sharing("calls");
    given.tables.accounts = table(
        &ACCOUNTS,
        &["account_id=A currency=USD name=Ann address=Here emails=a@b.c status=active"],
    );
    given.services(&[
        "service_id=R subscription_id=U charge=calls quantity=1 start_on=2026-01-05",
        "service_id=T subscription_id=U charge=calls quantity=1 start_on=2026-01-20",
    ]);
    given
}

#[test]
fn services_with_other_periods_than_one_another_share_nothing() {
    let given = with_other_periods();
    let found = given.found("2026-03-01");
    let message = "it shares what is included with other services of its subscription, and their periods differ: 2026-01-05..2026-02-05 and 2026-01-20..2026-02-20";
    assert_eq!(
        aside(&found),
        [
            format!("parked, BW-R109 R: {message}"),
            format!("parked, BW-R109 T: {message}")
        ]
    );
}

/// Where runs are nightly, the services of other periods are hardly ever due together.
#[test]
fn a_service_shares_nothing_with_one_of_other_periods_that_is_not_due_yet() {
    let mut given = with_other_periods();
    let told = |given: &Given| aside(&given.found("2026-02-10")).len();
    assert_eq!(told(&given), 1);
    let ended = |on| {
        [
            "service_id=R subscription_id=U charge=calls quantity=1 start_on=2026-01-05".to_owned(),
            format!(
                "service_id=T subscription_id=U charge=calls quantity=1 start_on=2026-01-20 end_on={on}"
            ),
        ]
    };
    given.services(&ended("2026-01-21").each_ref().map(String::as_str));
    assert_eq!(told(&given), 2);
    given.services(&[
        "service_id=R subscription_id=U charge=calls quantity=1 start_on=2026-01-05",
        "service_id=T subscription_id=U charge=calls quantity=1 start_on=2026-02-06",
    ]);
    assert_eq!(told(&given), 0);
}

#[test]
fn services_of_another_subscription_or_charge_may_have_other_periods() {
    let mut given = with_other_periods();
    given.shared("trunk", "10");
    given.services(&[
        "service_id=R subscription_id=U charge=calls quantity=1 start_on=2026-01-05",
        "service_id=S subscription_id=V charge=calls quantity=1 start_on=2026-01-20",
        "service_id=T subscription_id=U charge=trunk quantity=1 start_on=2026-01-25",
    ]);
    let rows = ["R", "S", "T"].map(|service| (service, "2026-01-30", 12));
    used(&mut given, &rows);
    let found = given.found("2026-02-25");
    assert_eq!(aside(&found), Vec::<String>::new());
    assert_eq!(
        given.due("2026-02-25"),
        [
            "R calls 2026-01-05..2026-02-05 0+31/31 x12 after 0 free 10",
            "S calls 2026-01-20..2026-02-20 0+31/31 x12 after 0 free 10",
            "T trunk 2026-01-25..2026-02-25 0+31/31 x12 after 0 free 10"
        ]
    );
}
