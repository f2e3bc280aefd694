//! One line of each sort, and the sentence it gets.

use super::*;
use crate::model::line::Lines;
use crate::report::fixture::table;

/// The sentence of a line with these columns, on top of what all lines here have in common.
fn sentence(columns: &[(&str, &str)]) -> String {
    told(columns, false)
}

/// The same of a line that a wallet pays, where `is_debited`.
fn told(columns: &[(&str, &str)], is_debited: bool) -> String {
    let common = [
        ("currency", "EUR"),
        ("rounding", "half_up"),
        ("proration", "none"),
    ];
    let named = |name: &str| columns.iter().any(|(column, _)| *column == name);
    let cells: Vec<_> = common
        .iter()
        .filter(|(name, _)| !named(name))
        .chain(columns)
        .collect();
    let texts = |of: fn(&&(&str, &str)) -> String| {
        let texts: Vec<_> = cells.iter().map(of).collect();
        texts.join(" | ")
    };
    let head = texts(|(name, _)| (*name).to_owned());
    let row = texts(|(_, value)| (*value).to_owned());
    let frame = table(Lines::SCHEMA, &format!("{head}\n{row}"));
    formula(Row::all(&frame).next().unwrap(), is_debited)
}

/// A recurring line in February of 28 days.
fn recurring(amount: &str, before: &str, days: &str, more: &[(&str, &str)]) -> String {
    let mut columns = vec![
        ("kind", "recurring"),
        ("model", "flat"),
        ("unit_price", "50.00"),
        ("quantity", "1"),
        ("frequency", "monthly"),
        ("proration", "daily"),
        ("days_before", before),
        ("days", days),
        ("period_days", "28"),
        ("amount", amount),
    ];
    columns.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    columns.extend(more);
    sentence(&columns)
}

#[test]
fn a_part_of_a_period_is_what_has_come_due_less_the_part_before() {
    insta::assert_snapshot!(recurring("26.79", "0", "15", &[]), @"50.00 a month x 15 of 28 days = 26.785714..., rounded half up to 26.79 EUR");
    insta::assert_snapshot!(recurring("23.21", "15", "13", &[]), @"50.00 a month = 50.00 EUR, less 26.79 EUR for the 15 days before: 23.21 EUR");
    insta::assert_snapshot!(recurring("1.78", "1", "1", &[]), @"50.00 a month x 2 of 28 days = 3.571428..., rounded half up to 3.57 EUR, less 1.79 EUR for the day before: 1.78 EUR");
}

#[test]
fn without_proration_the_first_part_costs_the_whole() {
    let none = [("proration", "none")];
    insta::assert_snapshot!(recurring("50.00", "0", "15", &none), @"50.00 a month = 50.00 EUR");
    insta::assert_snapshot!(recurring("0.00", "15", "13", &none), @"an earlier part of the period has paid for the whole: 0.00 EUR");
}

#[test]
fn a_price_for_another_time_than_the_period_is_multiplied_out() {
    insta::assert_snapshot!(recurring("150.00", "0", "28", &[("per", "month"), ("frequency", "quarterly")]), @"50.00 a month x 3 months = 150.00 EUR");
    insta::assert_snapshot!(recurring("4.17", "0", "28", &[("per", "year")]), @"50.00 a year x 1 of 12 months = 4.166666..., rounded half up to 4.17 EUR");
    insta::assert_snapshot!(recurring("350.00", "0", "28", &[("per", "day"), ("frequency", "weekly")]), @"50.00 a day x 7 days = 350.00 EUR");
    insta::assert_snapshot!(recurring("75.00", "0", "14", &[("model", "per_unit"), ("quantity", "3"), ("frequency", "annual")]), @"50.00 a year x 3 x 14 of 28 days = 75.00 EUR");
}

#[test]
fn tiers_of_a_recurring_price_are_added_up_before_they_are_shared() {
    let tiers = [
        ("model", "graduated"),
        ("unit_price", ""),
        ("quantity", "12"),
        ("tiers", "10 x 4.00 + 2.00 + 2 x 3.00"),
    ];
    insta::assert_snapshot!(recurring("24.00", "0", "14", &tiers), @"(10 x 4.00 + 2.00 + 2 x 3.00) a month x 14 of 28 days = 24.00 EUR");
}

#[test]
fn a_credit_names_the_line_it_takes_back() {
    let credit = [("kind", "credit"), ("credits", "S-1:access:2026-02-01")];
    insta::assert_snapshot!(recurring("-23.21", "15", "13", &credit), @"50.00 a month = 50.00 EUR, less 26.79 EUR for the 15 days before: 23.21 EUR, taken back from line S-1:access:2026-02-01 as unused: -23.21 EUR");
}

#[test]
fn what_is_charged_once_is_its_price_times_its_quantity() {
    let once = |columns: &[(&str, &str)]| sentence(&[columns, &[("kind", "one_time")]].concat());
    insta::assert_snapshot!(once(&[("model", "flat"), ("unit_price", "99.00"), ("quantity", "1"), ("amount", "99.00")]), @"99.00 once = 99.00 EUR");
    insta::assert_snapshot!(once(&[("model", "per_unit"), ("unit_price", "12.505"), ("quantity", "3"), ("amount", "37.52")]), @"12.505 x 3 = 37.515, rounded half up to 37.52 EUR");
}

/// A usage line at 0.04 a unit with 100 units included.
fn usage(now: &str, before: &str, amount: &str, more: &[(&str, &str)]) -> String {
    let mut columns = vec![
        ("kind", "usage"),
        ("model", "per_unit"),
        ("unit_price", "0.04"),
        ("quantity", now),
        ("quantity_before", before),
        ("included", "100"),
        ("amount", amount),
    ];
    columns.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    columns.extend(more);
    sentence(&columns)
}

#[test]
fn usage_is_what_lies_beyond_the_included_quantity() {
    insta::assert_snapshot!(usage("150", "0", "2.00", &[]), @"150 used, 100 included: 0.04 x 50 = 2.00 EUR");
    insta::assert_snapshot!(usage("80", "0", "0.00", &[]), @"80 used, 100 included, nothing beyond = 0.00 EUR");
    let carried = [("carried_in", "40"), ("carried_out", "0")];
    insta::assert_snapshot!(usage("150", "0", "0.40", &carried), @"150 used, 100 included and 40 carried over from the period before: 0.04 x 10 = 0.40 EUR");
    insta::assert_snapshot!(usage("120", "0", "0.00", &carried), @"120 used, 100 included and 40 carried over from the period before, nothing beyond = 0.00 EUR");
    let gone = [("carried_in", "0"), ("carried_out", "80")];
    insta::assert_snapshot!(usage("50", "20", "2.00", &gone), @"50 used after 20 before, 100 included less 80 carried over into the next period: 0.04 x 50 = 2.00 EUR, less 0.00 EUR for the usage before: 2.00 EUR");
    let both = [("carried_in", "5"), ("carried_out", "100")];
    insta::assert_snapshot!(usage("4", "3", "0.08", &both), @"4 used after 3 before, 100 included less 100 carried over into the next period and 5 carried over from the period before: 0.04 x 2 = 0.08 EUR, less 0.00 EUR for the usage before: 0.08 EUR");
    insta::assert_snapshot!(usage("150", "0", "6.00", &[("included", "0")]), @"0.04 x 150 = 6.00 EUR");
    insta::assert_snapshot!(usage("150", "0", "9.00", &[("model", "flat"), ("unit_price", "9.00")]), @"150 used, 100 included: 9.00 once = 9.00 EUR");
}

#[test]
fn usage_billed_in_parts_goes_on_where_it_stopped() {
    insta::assert_snapshot!(usage("30", "120", "1.20", &[]), @"30 used after 120 before, 100 included: 0.04 x 50 = 2.00 EUR, less 0.80 EUR for the usage before: 1.20 EUR");
    let tiers = [
        ("model", "graduated"),
        ("unit_price", ""),
        ("included", "0"),
        ("tiers", "100 x 0.04 + 50 x 0.03"),
    ];
    insta::assert_snapshot!(usage("30", "120", "0.90", &tiers), @"30 used after 120 before: 100 x 0.04 + 50 x 0.03 = 5.50 EUR, less 4.60 EUR for the usage before: 0.90 EUR");
}

#[test]
fn a_bound_is_named_with_what_it_brought_the_amount_to() {
    let least = [("bound", "minimum")];
    insta::assert_snapshot!(usage("120", "0", "2.00", &least), @"120 used, 100 included: 0.04 x 20 = 0.80 EUR, brought to the minimum of 2.00 EUR");
    insta::assert_snapshot!(usage("0", "0", "2.00", &least), @"0 used, 100 included, nothing beyond = 0.00 EUR, brought to the minimum of 2.00 EUR");
    insta::assert_snapshot!(usage("0", "120", "1.20", &least), @"0 used after 120 before, 100 included: 0.04 x 20 = 0.80 EUR, brought to the minimum of 2.00 EUR, less 0.80 EUR for the usage before: 1.20 EUR");
    let most = [("bound", "maximum")];
    insta::assert_snapshot!(usage("500", "120", "9.20", &most), @"500 used after 120 before, 100 included: 0.04 x 520 = 20.80 EUR, brought to the maximum of 10.00 EUR, less 0.80 EUR for the usage before: 9.20 EUR");
    insta::assert_snapshot!(usage("10", "620", "0.00", &most), @"10 used after 620 before, 100 included: 0.04 x 530 = 21.20 EUR, beyond the maximum that was reached before: 0.00 EUR");
}

/// Usage at 0.0375 a unit that a wallet pays, with ten units included.
fn debit(now: &str, before: &str, amount: &str, more: &[(&str, &str)]) -> String {
    let columns = [
        ("kind", "usage"),
        ("model", "per_unit"),
        ("unit_price", "0.0375"),
        ("included", "10"),
        ("quantity", now),
        ("quantity_before", before),
        ("amount", amount),
    ];
    told(&[&columns, more].concat(), true)
}

#[test]
fn a_debit_is_rounded_by_itself() {
    insta::assert_snapshot!(debit("13", "0", "0.11", &[]), @"13 used, 10 included: 0.0375 x 3 = 0.1125, rounded half up to 0.11 EUR");
    insta::assert_snapshot!(debit("5", "13", "0.19", &[]), @"5 used after 13 before, 10 included: 0.0375 x 8 = 0.3, less 0.1125 for the usage before = 0.1875, rounded half up to 0.19 EUR");
    insta::assert_snapshot!(debit("3", "3", "0.00", &[]), @"3 used after 3 before, 10 included, nothing beyond = 0.00 EUR, less 0.00 EUR for the usage before: 0.00 EUR");
    let most = [("bound", "maximum")];
    insta::assert_snapshot!(debit("500", "13", "0.89", &most), @"500 used after 13 before, 10 included: 0.0375 x 503 = 18.8625, rounded half up to 18.86 EUR, brought to the maximum of 1.00 EUR, less 0.11 EUR for the usage before: 0.89 EUR");
    insta::assert_snapshot!(debit("1", "19", "0.04", &[]), @"1 used after 19 before, 10 included: 0.0375 x 10 = 0.375, less 0.3375 for the usage before = 0.0375, rounded half up to 0.04 EUR");
    insta::assert_snapshot!(debit("1", "18", "0.04", &[]), @"1 used after 18 before, 10 included: 0.0375 x 9 = 0.3375, less 0.3 for the usage before = 0.0375, rounded half up to 0.04 EUR");
    // Where a limit has to hold for the period, its debits add up to what it costs.
    insta::assert_snapshot!(debit("2", "12", "0.07", &[]), @"2 used after 12 before, 10 included: 0.0375 x 4 = 0.15 EUR, less 0.08 EUR for the usage before: 0.07 EUR");
}

#[test]
#[should_panic(expected = "does not follow from its derivation")]
fn a_debit_that_follows_in_neither_way_is_a_fault_of_ours() {
    debit("5", "13", "0.18", &[]);
}
