//! Windows, charges, invoices and checks of a bill run.

use super::definitions::{assert_all, run_with};
use super::*;
use crate::calendar::Date;
use crate::model::bill_run::{BillRun, Check, DayWord, Level, Negative, Stale, WindowDay};
use crate::model::scheme::ChargeType;

/// The run `s` of a text, beside the good scheme.
fn run(text: &str) -> BillRun {
    let definitions = [file("d/s.yaml", text), file("d/p.yaml", SCHEME)];
    loaded(&file("billwright.toml", SETTINGS), &definitions)
        .unwrap_or_else(|report| panic!("{}", report.text(false)))
        .definitions
        .bill_runs
        .remove("s")
        .unwrap()
}

#[test]
fn what_a_run_does_not_say_is_as_the_design_shows_it() {
    let run = run(&run_with(""));
    assert_eq!((run.window.from, run.window.to), (None, WindowDay::AS_OF));
    assert_eq!((run.window.stale, run.advance_days), (Stale::Hold, 0));
    let all = [
        ChargeType::Recurring,
        ChargeType::OneTime,
        ChargeType::Usage,
    ];
    assert_eq!(run.charges, all.into());
    let invoices = &run.invoices;
    assert_eq!((invoices.due_offset_days, invoices.minimum), (0, None));
    assert!(invoices.group_by.is_empty());
    assert!(!invoices.suppress_zero_lines && !invoices.suppress_zero_invoices);
    assert_eq!(invoices.negative, Negative::CreditNote);
    let credit_series: Vec<_> = invoices.credit_series.values().collect();
    assert_eq!(credit_series, ["credit_notes"]);
    let levels: Vec<_> = run
        .checks
        .iter()
        .map(|(check, level)| format!("{} {}", check.name(), level.name()))
        .collect();
    assert_eq!(
        levels,
        [
            "new_accounts warn",
            "stale_dates error",
            "usage_complete error",
            "already_invoiced info",
            "several_lines info",
            "uncovered warn",
            "vanished warn",
            "changed_without_date warn",
            "bill_date_changed warn",
        ]
    );
}

#[test]
fn a_run_is_read_as_meant() {
    let run = run(&run_with(
        "window: { from: { date: first_of_previous_month, plus_days: -1 }, to: 2026-03-31, stale: bill }\nadvance_days: 5\ncharges: [usage]\n\
         invoices: { due: { offset_days: 0 }, group_by: [account, cost_centre], suppress: [zero_lines], minimum: { total: 5 }, negative: carry }\n\
         checks: { vanished: error, uncovered: off }",
    ));
    let from = WindowDay {
        day: DayWord::FirstOf(-1),
        plus_days: -1,
    };
    let day = Date::parse("2026-03-31").unwrap();
    assert_eq!(run.window.from, Some(from));
    assert_eq!(run.window.to.day, DayWord::On(day));
    assert_eq!(from.of(day).to_string(), "2026-01-31");
    assert_eq!((run.window.stale, run.advance_days), (Stale::Bill, 5));
    assert_eq!(run.charges, [ChargeType::Usage].into());
    assert_eq!(run.invoices.group_by, ["cost_centre"]);
    assert!(run.invoices.suppress_zero_lines && !run.invoices.suppress_zero_invoices);
    let minimum = run.invoices.minimum.unwrap();
    assert_eq!(
        (
            minimum.total.to_string().as_str(),
            minimum.carry_at_most_months
        ),
        ("5.00", 3)
    );
    assert_eq!(run.invoices.negative, Negative::Carry);
    assert_eq!(run.checks.get(&Check::Vanished), Some(&Level::Error));
    assert_eq!(run.checks.get(&Check::Uncovered), None);
}

#[test]
fn every_word_for_a_day_is_one() {
    let day = |word: &str| {
        let run = run(&run_with(&format!("window: {{ to: {word} }}")));
        run.window
            .to
            .of(Date::parse("2028-01-31").unwrap())
            .to_string()
    };
    for (word, wanted) in [
        ("as_of", "2028-01-31"),
        ("first_of_month", "2028-01-01"),
        ("last_of_month", "2028-01-31"),
        ("first_of_previous_month", "2027-12-01"),
        ("last_of_previous_month", "2027-12-31"),
        ("first_of_next_month", "2028-02-01"),
        ("last_of_next_month", "2028-02-29"),
        ("{ date: last_of_next_month, plus_days: 1 }", "2028-03-01"),
        ("{ date: 2026-02-28, plus_days: -28 }", "2026-01-31"),
    ] {
        assert_eq!(day(word), wanted, "{word}");
    }
}

#[test]
fn keys_of_a_run_agree_with_one_another() {
    assert_all(&[
        (
            "two days the wrong way round",
            &run_with("window: { from: 2026-02-01, to: 2026-01-31 }"),
            "BW-D248 5:17",
            "begins after it ends",
        ),
        (
            "two words the wrong way round",
            &run_with("window: { from: first_of_next_month }"),
            "BW-D248 5:17",
            "a later `to`",
        ),
        (
            "half a day",
            &run_with("window: { to: { date: as_of } }"),
            "BW-D204 5:15",
            "no `plus_days`",
        ),
        (
            "no such word",
            &run_with("window: { to: last_of_mont }"),
            "BW-D205 5:15",
            "did you mean `last_of_month`?",
        ),
        (
            "earliest is no last day",
            &run_with("window: { to: earliest }"),
            "BW-D205 5:15",
            "`as_of`",
        ),
        (
            "no such day",
            &run_with("window: { to: 2026-02-30 }"),
            "BW-D218 5:15",
            "no such day",
        ),
        (
            "not by account",
            &run_with("invoices: { group_by: [cost_centre] }"),
            "BW-D247 5:24",
            "write `account` first",
        ),
        (
            "a column twice",
            &run_with("invoices: { group_by: [account, a, a] }"),
            "BW-D247 5:36",
            "twice",
        ),
        (
            "an account twice",
            &run_with("invoices: { group_by: [account, account] }"),
            "BW-D247 5:33",
            "twice",
        ),
        (
            "a check that is none",
            &run_with("checks: { vanishd: warn }"),
            "BW-D201 5:11",
            "did you mean `vanished`?",
        ),
        (
            "a level that is none",
            &run_with("checks: { vanished: no }"),
            "BW-D205 5:21",
            "`off`",
        ),
        (
            "a series",
            &run_with("invoices: { credit_series: credits }"),
            "BW-D240 5:28",
            "no number series `credits`",
        ),
        (
            "a group",
            &run_with("").replace("filters: all", "filters: { groups: [enterprise] }"),
            "BW-D240 4:21",
            "no group at all",
        ),
        (
            "less than nothing",
            &run_with("invoices: { minimum: { total: -1 } }"),
            "BW-D211 5:31",
            "zero or more",
        ),
        (
            "an offset that the machine could not add",
            &run_with("invoices: { due: { offset_days: 5000 } }"),
            "BW-D206 5:33",
            "-3660 to 3660",
        ),
    ]);
}

#[test]
fn a_due_offset_is_one_that_the_default_terms_allow() {
    let settings = format!("{SETTINGS}[defaults]\npayment_terms = \"net\"\n");
    let found = |terms: &str, offset: &str| {
        let definitions = [
            file("d/p.yaml", SCHEME),
            file(
                "d/net.yaml",
                format!("kind: payment_terms\nname: net\ndue: {terms}\n"),
            ),
            file(
                "d/s.yaml",
                run_with(&format!("invoices: {{ due: {{ offset_days: {offset} }} }}")),
            ),
        ];
        lines(loaded(&file("billwright.toml", &settings), &definitions))
    };
    assert_eq!(found("{ days: 30, offset_range: [-5, 10] }", "-5"), [""; 0]);
    assert_eq!(found("{ days: 30 }", "0"), [""; 0]);
    for (terms, offset, place, words) in [
        (
            "{ days: 30, offset_range: [-5, 10] }",
            "11",
            "BW-D249 d/s.yaml:5:33",
            "from -5 to 10",
        ),
        ("{ days: 30 }", "1", "BW-D249 d/s.yaml:5:33", "from 0 to 0"),
        (
            "{ days: 30, offset_range: [10, -5] }",
            "0",
            "BW-D249 d/net.yaml:3:32",
            "the least offset and then the most",
        ),
        (
            "{ days: 30, offset_range: [1, 2, 3] }",
            "0",
            "BW-D202 d/net.yaml:3:32",
            "write 2 of them",
        ),
        (
            "{ days: 30, offset_range: [] }",
            "0",
            "BW-D207 d/net.yaml:3:32",
            "an empty list",
        ),
    ] {
        let found: Vec<_> = found(terms, offset)
            .into_iter()
            .filter(|line| !line.contains("an offset of 0"))
            .collect();
        assert_found(terms, &found, place, words);
    }
}
