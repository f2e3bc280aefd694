//! What was billed is changed afterwards.

use crate::workspace::{Workspace, repository};
use std::fs;

/// One account with one line at so much for each of so many, its scheme with these keys.
fn workspace(keys: &str, services: &str) -> Workspace {
    let workspace = Workspace::copy_of(&repository().join("tests/diagnostics/BW-V145"));
    workspace.edit(
        "definitions/internet.yaml",
        "charges:",
        &format!("{keys}\ncharges:"),
    );
    workspace.edit(
        "definitions/internet.yaml",
        "flat: \"39.90\"",
        "per_unit: \"28.00\"",
    );
    workspace.edit(
        "billwright.toml",
        "[inputs.discounts]",
        "[series.credit_notes]\npattern = \"C-{seq}\"\n\n[inputs.discounts]",
    );
    fs::write(
        workspace.path("discounts.csv"),
        "discount_id,account_id,percent\n",
    )
    .unwrap();
    fs::write(workspace.path("services.csv"), services).unwrap();
    workspace
}

const THREE: &str =
    "service_id,subscription_id,charge,quantity,start_on\nS-1,C-1,fiber,3,2026-02-01\n";

/// What a run bills before tax, and how many lines it has.
fn billed(workspace: &Workspace, day: &str) -> (String, u64) {
    let run = format!("run monthly --as-of {day} --output json");
    let run = workspace.bill(&run).exits(0).json();
    let lines = run["lines"].as_u64().unwrap();
    (run["net"].as_str().unwrap().to_owned(), lines)
}

#[test]
fn a_price_that_was_wrong_is_put_right_by_the_difference_and_once() {
    let workspace = workspace("retroactive: adjust", THREE);
    assert_eq!(billed(&workspace, "2026-02-01"), ("84.00".to_owned(), 1));
    workspace.edit("definitions/internet.yaml", "28.00", "30.00");
    // February by 6.00 more, and March.
    assert_eq!(billed(&workspace, "2026-03-01"), ("96.00".to_owned(), 2));
    assert_eq!(billed(&workspace, "2026-03-01").0, "96.00");
    let why = workspace.bill("explain S-1:fiber:2026-02-01:2").exits(0);
    insta::assert_snapshot!(why.stdout, @r"
    Line S-1:fiber:2026-02-01:2
    fiber, 2026-02-01 up to 2026-03-01: 30.00 a month x 3 = 90.00 EUR, less 84.00
    EUR billed before, last by line S-1:fiber:2026-02-01: 6.00 EUR.
    The price is that of charge `fiber` in scheme `internet` (per_unit, in force
    from the beginning).
    It stands on invoice 2026-00002 of 2026-03-01, made by run monthly@2026-03-01
    for account A-1
    Its tax category is `standard` in the taxes of the invoice.
    ");
    // Back again: February and March by 6.00 less each, and April.
    workspace.edit("definitions/internet.yaml", "30.00", "28.00");
    assert_eq!(billed(&workspace, "2026-04-01"), ("72.00".to_owned(), 3));
    assert_eq!(billed(&workspace, "2026-05-01"), ("84.00".to_owned(), 1));
    workspace.bill("verify").exits(0);
}

#[test]
fn a_change_learned_of_late_is_billed_from_its_day() {
    let workspace = workspace("retroactive: adjust", THREE);
    assert_eq!(billed(&workspace, "2026-02-01").0, "84.00");
    let services = "service_id,subscription_id,charge,quantity,start_on,effective_on\n\
        S-1,C-1,fiber,3,2026-02-01,\n\
        S-1,C-1,fiber,5,2026-02-01,2026-02-15\n";
    fs::write(workspace.path("services.csv"), services).unwrap();
    // Two more for 14 of 28 days, and five in March.
    assert_eq!(billed(&workspace, "2026-03-01"), ("168.00".to_owned(), 2));
    assert_eq!(billed(&workspace, "2026-04-01"), ("140.00".to_owned(), 1));
}

/// A change without a day holds from the first day not billed, whatever the scheme says.
#[test]
fn a_change_without_a_day_alters_nothing_that_is_billed() {
    let workspace = workspace("retroactive: adjust", THREE);
    assert_eq!(billed(&workspace, "2026-02-01").0, "84.00");
    workspace.edit("services.csv", "fiber,3", "fiber,5");
    assert_eq!(billed(&workspace, "2026-03-01"), ("140.00".to_owned(), 1));
}

#[test]
fn by_itself_nothing_that_is_billed_is_altered() {
    let workspace = workspace("title: Internet", THREE);
    assert_eq!(billed(&workspace, "2026-02-01").0, "84.00");
    workspace.edit("definitions/internet.yaml", "28.00", "30.00");
    assert_eq!(billed(&workspace, "2026-03-01"), ("90.00".to_owned(), 1));
}

/// An end that is learned of late: the days behind it are credited at what they came to in the end.
#[test]
fn what_was_adjusted_is_credited_at_its_last_price() {
    let workspace = workspace("retroactive: adjust", THREE);
    assert_eq!(billed(&workspace, "2026-02-01").0, "84.00");
    workspace.edit("definitions/internet.yaml", "28.00", "56.00");
    assert_eq!(billed(&workspace, "2026-02-02"), ("84.00".to_owned(), 1));
    workspace.edit("services.csv", "start_on\n", "start_on,end_on\n");
    workspace.edit("services.csv", "2026-02-01\n", "2026-02-01,2026-02-15\n");
    assert_eq!(billed(&workspace, "2026-03-01"), ("-84.00".to_owned(), 1));
    workspace.bill("verify").exits(0);
}

#[test]
fn a_lower_price_takes_its_part_of_the_discount_along() {
    let workspace = workspace("retroactive: adjust", THREE);
    let discounts = "discount_id,account_id,percent\nD,A-1,50\n";
    fs::write(workspace.path("discounts.csv"), discounts).unwrap();
    assert_eq!(billed(&workspace, "2026-02-01").0, "42.00");
    workspace.edit("definitions/internet.yaml", "28.00", "14.00");
    // 42.00 less, and half of it was never paid; and March at 21.00.
    assert_eq!(billed(&workspace, "2026-03-01"), ("0.00".to_owned(), 4));
    workspace.edit("definitions/internet.yaml", "14.00", "28.00");
    assert_eq!(billed(&workspace, "2026-04-01").0, "84.00");
}

/// The new period may have as many days as the old one, and is another one: nothing of its price has changed.
#[test]
fn what_was_billed_by_another_bill_day_stays() {
    let services =
        "service_id,subscription_id,charge,quantity,start_on\nS-1,C-1,fiber,1,2026-03-08\n";
    let workspace = workspace("retroactive: adjust", services);
    workspace.edit("definitions/internet.yaml", "28.00", "28.005");
    let bill_day = |day| {
        let accounts = format!("account_id,currency,bill_day\nA-1,EUR,{day}\nA-2,EUR,\n");
        fs::write(workspace.path("accounts.csv"), accounts).unwrap();
    };
    bill_day(8);
    assert_eq!(billed(&workspace, "2026-03-08"), ("28.01".to_owned(), 1));
    bill_day(15);
    // The seven days up to the new bill day, and nothing for those from 15 March on.
    assert_eq!(billed(&workspace, "2026-04-08"), ("6.33".to_owned(), 1));
}
