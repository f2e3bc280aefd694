//! What follows from earlier runs.

use super::*;

/// Billed for February in advance, in the book as line L.
fn billed() -> Given {
    let mut given = given();
    given.services(&[
        "service_id=S subscription_id=U charge=credited quantity=1 start_on=2026-02-01",
    ]);
    given.ran("monthly@2026-02-01", &["S credited 2026-02-01 2026-03-01"]);
    given.lines(&["run_id=monthly@2026-02-01 line_id=L account_id=A subscription_id=U service_id=S charge=credited kind=recurring scheme=home period_start=2026-02-01 period_end=2026-03-01 days_before=0 days=28 period_days=28 quantity=1 unit_price=10.00 price_from=scheme proration=daily"]);
    given
}

fn unused(given: &Given, to: &str) -> Vec<String> {
    let found = given.found(to);
    let frame = found.kept.unused.frame();
    let (starts, ends): (Vec<_>, Vec<_>) = (
        frame.dates("period_start").flatten().collect(),
        frame.dates("period_end").flatten().collect(),
    );
    let [before, days] = ["days_before", "days"].map(|name| frame.counts(name));
    (0..frame.height())
        .map(|row| {
            format!(
                "{} {}..{} {}+{}",
                frame.text_at("line_id", row),
                starts[row],
                ends[row],
                before.get(row).unwrap(),
                days.get(row).unwrap()
            )
        })
        .collect()
}

#[test]
fn days_billed_after_an_end_or_in_a_pause_learned_of_later_are_unused() {
    let mut given = billed();
    assert_eq!(unused(&given, "2026-02-20"), [] as [&str; 0]);
    given.tables.pauses = table(
        &PAUSES,
        &["pause_id=P service_id=S from=2026-02-03 to=2026-02-05"],
    );
    given.services(&["service_id=S subscription_id=U charge=credited quantity=1 start_on=2026-02-01 end_on=2026-02-11"]);
    let wanted = wanted_history(&given.question("2026-02-20"), &given.tables, &given.book);
    assert_eq!(wanted.services, ["S".to_owned()].into());
    assert_eq!(
        unused(&given, "2026-02-20"),
        [
            "L 2026-02-03..2026-02-05 2+2",
            "L 2026-02-11..2026-03-01 10+18"
        ]
    );
    assert_eq!(standings(&given.found("2026-02-20")), ["S billed"]);
    given.ran(
        "monthly@2026-02-20",
        &[
            "-S credited 2026-02-03 2026-02-05",
            "-S credited 2026-02-11 2026-03-01",
        ],
    );
    let found = given.found("2026-03-01");
    assert!(found.kept.unused.is_empty());
    assert_eq!(
        aside(&found),
        ["not billed, ended S: ended on 2026-02-11, and is billed up to 2026-02-11"]
    );
}

/// A charge that credits nothing keeps what was billed.
#[test]
fn without_cancel_the_days_stay_billed() {
    let mut given = billed();
    given.services(&["service_id=S subscription_id=U charge=line quantity=1 start_on=2026-02-01 end_on=2026-02-11"]);
    given.lines(&["run_id=monthly@2026-02-01 line_id=L service_id=S charge=line kind=recurring scheme=home period_start=2026-02-01 period_end=2026-03-01 days_before=0 quantity=1"]);
    assert_eq!(unused(&given, "2026-03-01"), [] as [&str; 0]);
}

/// If the end is taken back, the reopened days are due again.
#[test]
fn reopened_days_are_due_again_when_they_are_used_after_all() {
    let mut given = billed();
    given.ran("monthly@2026-02-20", &["-S credited 2026-02-11 2026-03-01"]);
    assert_eq!(
        given.due("2026-02-21"),
        ["S credited 2026-02-11..2026-03-01 10+18/28 x1"]
    );
}

#[test]
fn a_change_without_a_date_is_listed_and_one_with_a_date_that_comes_too_late_as_well() {
    let mut given = billed();
    let changed = |given: &Given| findings(&given.found("2026-03-01"), Check::ChangedWithoutDate);
    assert_eq!(changed(&given), [] as [&str; 0]);
    let mut with = |service: &str| {
        given.services(&[&format!(
            "service_id=S subscription_id=U start_on=2026-02-01 {service}"
        )]);
        changed(&given)
    };
    assert_eq!(
        with("charge=credited quantity=3"),
        ["S: the quantity went from 1 to 3 without an effective_on; it holds from 2026-03-01"]
    );
    assert_eq!(
        with("charge=line quantity=1"),
        [
            "S: the charge went from `credited` to `line` without an effective_on; it holds from 2026-03-01"
        ]
    );
    assert_eq!(
        with("charge=credited quantity=1 unit_price=9.50"),
        [
            "S: the unit price went from the scheme's to 9.50 without an effective_on; it holds from 2026-03-01"
        ]
    );
    given.services(&[
        "service_id=S subscription_id=U charge=credited quantity=1 start_on=2026-02-01",
        "service_id=S subscription_id=U charge=credited quantity=3 effective_on=2026-02-11",
    ]);
    let wanted = wanted_history(&given.question("2026-03-01"), &given.tables, &given.book);
    assert_eq!(wanted.services, ["S".to_owned()].into());
    assert_eq!(
        changed(&given),
        [
            "S: the quantity went from 1 to 3 on 2026-02-11, and the days up to 2026-03-01 stay billed as they were"
        ]
    );
}

/// A service gone from the export: not billed, found once, and nothing where it was known to have ended.
#[test]
fn a_service_that_vanished_is_found_unless_it_had_ended() {
    let mut given = billed();
    given.services(&["service_id=R subscription_id=U charge=line quantity=1 start_on=2026-02-01"]);
    assert_eq!(
        findings(&given.found("2026-02-20"), Check::Vanished),
        [
            "S: billed up to 2026-03-01 by monthly@2026-02-01, and not in the export any more; it is not billed, and goes on from there if it returns"
        ]
    );
    given.excluded(&["account_id=A service_id=S charge=credited code=ended"]);
    assert_eq!(
        findings(&given.found("2026-02-20"), Check::Vanished),
        [] as [&str; 0]
    );
}

/// D27: nothing is due because an earlier run billed it.
#[test]
fn d27_what_is_billed_already_names_the_run() {
    let given = billed();
    assert_eq!(
        findings(&given.found("2026-02-20"), Check::AlreadyInvoiced),
        [": 1 service is billed already by monthly@2026-02-01, up to 2026-03-01"]
    );
}

#[test]
fn accounts_of_moved_bill_dates_are_those_whose_day_the_book_does_not_know() {
    let mut given = billed();
    let moved = |given: &Given| with_moved_bill_date(&given.tables, given.book.claims.frame());
    for (next, accounts) in [
        ("2026-02-01", vec![]),
        ("2026-03-01", vec![]),
        ("2026-03-02", vec!["A".to_owned()]),
    ] {
        given.services(&[
            &format!("service_id=S subscription_id=U charge=credited next_bill_on={next}"),
            "service_id=T subscription_id=U charge=credited next_bill_on=2026-05-05",
        ]);
        assert_eq!(moved(&given), accounts.into_iter().collect());
    }
    given.services(&["service_id=S subscription_id=U charge=credited start_on=2026-05-05"]);
    assert_eq!(moved(&given), BTreeSet::new());
}
