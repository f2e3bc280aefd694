//! What would it cost, and in which periods: answers without a run.

use crate::workspace::Workspace;
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn a_price_is_told_step_by_step() {
    let workspace = Workspace::small();
    let price = |words: &str| workspace.bill(&format!("price {words}")).exits(0).stdout;
    assert_snapshot!(price("home calls --quantity 850"), @"");
    assert_snapshot!(price("home fiber --quantity 1 --frequency annual --from 2026-01-10 --to 2026-04-10"), @"");
    assert_snapshot!(price("trunk transit --quantity 1200"), @"");
    assert_snapshot!(price("home line --quantity 3 --unit-price 7.25 --frequency monthly --from 2026-02-10 --to 2026-03-10 --anchor 1"), @"");
}

#[test]
fn a_price_for_programs_has_amount_currency_and_steps() {
    let workspace = Workspace::small();
    let price =
        workspace.bill("price hosting server --quantity 1 --frequency weekly --output json");
    assert_eq!(
        price.exits(0).json(),
        json!({
            "amount": "7.00",
            "currency": "EUR",
            "steps": [{ "period": null, "step": "flat price", "calculation": null, "result": "7.00" }]
        })
    );
    let none = workspace
        .bill("price home calls --quantity 0 --output json")
        .exits(0)
        .json();
    assert_eq!(none["amount"], "0.00");
}

/// The version of a price is the one in force at the period's start.
#[test]
fn a_price_of_a_day_is_the_one_in_force_then() {
    let workspace = Workspace::small();
    let amount = |from: &str| {
        let words = format!(
            "price home install --quantity 1 --frequency monthly --from {from} --output json"
        );
        workspace.bill(&words).exits(0).json()["amount"].clone()
    };
    assert_eq!(amount("2025-12-31"), "99.00");
    assert_eq!(amount("2026-01-01"), "109.00");
}

#[test]
fn a_question_that_cannot_be_meant_is_refused_with_what_to_write() {
    let workspace = Workspace::small();
    let refused = |words: &str, exit| workspace.bill(words).exits(exit).stderr;
    assert_snapshot!(refused("price hme calls --quantity 1", 2), @"");
    assert_snapshot!(refused("price home call --quantity 1", 2), @"");
    assert_snapshot!(refused("price home fiber --quantity 1", 2), @"");
    assert_snapshot!(refused("price home fiber --quantity 1 --frequency daily", 2), @"");
    assert_snapshot!(refused("price home calls --quantity 1,5", 2), @"");
    assert_snapshot!(refused("price home calls --quantity 1 --frequency monthly --from 2026-01-01 --to 2026-03-01", 2), @"");
    assert_snapshot!(refused("price home line --quantity 1 --frequency monthly", 5), @"");
    assert_snapshot!(refused("periods --frequency monthly --from 2026-02-01 --to 2026-02-01", 2), @"");
    assert_snapshot!(refused("periods --frequency monthly --anchor 5 --alignment calendar --from 2026-02-01 --to 2026-03-01", 2), @"");
}

/// P49
#[test]
fn the_periods_of_a_month_end_do_not_drift() {
    let workspace = Workspace::small();
    let words = "periods --frequency monthly --anchor 31 --from 2026-01-31 --to 2026-04-15";
    let periods = workspace.bill(&format!("{words} --output json")).exits(0);
    assert_eq!(
        periods.json(),
        json!([
            { "start": "2026-01-31", "end": "2026-02-28" },
            { "start": "2026-02-28", "end": "2026-03-31" },
            { "start": "2026-03-31", "end": "2026-04-15" },
        ])
    );
    assert_snapshot!(workspace.bill(words).exits(0).stdout, @"");
}
