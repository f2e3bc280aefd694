//! What would it cost, and in which periods: answers without a run.

use crate::workspace::{Workspace, repository};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn a_price_is_told_step_by_step() {
    let workspace = Workspace::small();
    let price = |words: &str| workspace.bill(&format!("price {words}")).exits(0).stdout;
    assert_snapshot!(price("home calls --quantity 850"), @r"
    27.50 USD
    step                     calculation  result
    ────────────────────────────────────────────
    beyond what is included  850 - 100       750
    up to 500                500 x 0.04    20.00
    above 500                250 x 0.03     7.50
    all tiers                              27.50
    ");
    assert_snapshot!(price("home fiber --quantity 1 --frequency annual --from 2026-01-10 --to 2026-04-10"), @r"
    147.95 USD
    step                            calculation               result
    ────────────────────────────────────────────────────────────────
    flat price                                                 50.00
    price per month, billed annual  50.00 x 12                600.00
    90 of 365 days                  600.00 x 90 / 365  147.945205...
    rounded half up                                           147.95
    ");
    assert_snapshot!(price("trunk transit --quantity 1200"), @r"
    25.00 USD
    step                     calculation  result
    ────────────────────────────────────────────
    beyond what is included  1200 - 1000     200
    first tier               200 x 0.01     2.00
    minimum                                25.00
    ");
    assert_snapshot!(price("home line --quantity 3 --unit-price 7.25 --frequency monthly --from 2026-02-10 --to 2026-03-10 --anchor 1"), @r"
    21.07 USD
    period                  step             calculation            result
    ──────────────────────────────────────────────────────────────────────
    2026-02-10..2026-03-01  price per unit   3 x 7.25                21.75
    2026-02-10..2026-03-01  19 of 28 days    21.75 x 19 / 28  14.758928...
    2026-02-10..2026-03-01  rounded half up                          14.76
    2026-03-01..2026-03-10  price per unit   3 x 7.25                21.75
    2026-03-01..2026-03-10  9 of 31 days     21.75 x 9 / 31    6.314516...
    2026-03-01..2026-03-10  rounded half up                           6.31
                            sum                                      21.07
    ");
}

#[test]
fn what_is_taken_off_and_added_is_told_step_by_step() {
    let workspace = Workspace::small();
    let price = |words: &str| workspace.bill(&format!("price {words}")).exits(0).stdout;
    assert_snapshot!(price("home calls --quantity 850 --discount 5.00 --discount 12.5% --discount 1:2.00 --tax sales-tax --for country=US --for region=ME"), @r"
    18.26 USD
    step                     calculation       result
    ─────────────────────────────────────────────────
    beyond what is included  850 - 100            750
    up to 500                500 x 0.04         20.00
    above 500                250 x 0.03          7.50
    all tiers                                   27.50
    discount                 2.00 off 27.50     -2.00
    discount                 12.5 % of 25.50  -3.1875
    rounded half up                             -3.19
    discount                 5.00 off 22.31     -5.00
    net                                         17.31
    tax standard             5.5 % of 17.31   0.95205
    rounded half up                              0.95
    total                    17.31 + 0.95       18.26
    ");
    // An exemption goes before the rates; of equals what is written first is taken first, as far as there is something.
    assert_snapshot!(price("home calls --quantity 850 --discount 20.00 --discount 10.00 --tax sales-tax --for tax_exempt=true"), @r"
    0.00 USD
    step                     calculation      result
    ────────────────────────────────────────────────
    beyond what is included  850 - 100           750
    up to 500                500 x 0.04        20.00
    above 500                250 x 0.03         7.50
    all tiers                                  27.50
    discount                 20.00 off 27.50  -20.00
    discount                 7.50 off 7.50     -7.50
    net                                         0.00
    tax standard: exempt     none on 0.00       0.00
    total                    0.00 + 0.00        0.00
    ");
    assert_snapshot!(price("home line --quantity 3 --unit-price 7.25 --frequency monthly --from 2026-02-10 --to 2026-03-10 --anchor 1 --discount 4.00 --discount 10%"), @r"
    14.96 USD
    period                  step             calculation            result
    ──────────────────────────────────────────────────────────────────────
    2026-02-10..2026-03-01  price per unit   3 x 7.25                21.75
    2026-02-10..2026-03-01  19 of 28 days    21.75 x 19 / 28  14.758928...
    2026-02-10..2026-03-01  rounded half up                          14.76
    2026-02-10..2026-03-01  discount         10 % of 14.76          -1.476
    2026-02-10..2026-03-01  rounded half up                          -1.48
    2026-02-10..2026-03-01  discount         2.80 off 13.28          -2.80
    2026-03-01..2026-03-10  price per unit   3 x 7.25                21.75
    2026-03-01..2026-03-10  9 of 31 days     21.75 x 9 / 31    6.314516...
    2026-03-01..2026-03-10  rounded half up                           6.31
    2026-03-01..2026-03-10  discount         10 % of 6.31           -0.631
    2026-03-01..2026-03-10  rounded half up                          -0.63
    2026-03-01..2026-03-10  discount         1.20 off 5.68           -1.20
                            sum                                      14.96
    ");
}

/// Taken out of the price, and where tax is rounded line by line also of what is taken off.
#[test]
fn tax_that_is_in_a_price_is_taken_out_step_by_step() {
    let workspace = Workspace::small();
    workspace.edit(
        "definitions/sales-tax.yaml",
        "name: sales-tax\n",
        "name: sales-tax\nprices: inclusive\n",
    );
    let price = || {
        let asked =
            "price home calls --quantity 850 --discount 12.5% --tax sales-tax --for country=DE";
        workspace.bill(asked).exits(0).stdout
    };
    assert_snapshot!(price(), @r"
    24.06 USD
    step                     calculation                   result
    ─────────────────────────────────────────────────────────────
    beyond what is included  850 - 100                        750
    up to 500                500 x 0.04                     20.00
    above 500                250 x 0.03                      7.50
    all tiers                                               27.50
    discount                 12.5 % of 27.50              -3.4375
    rounded half up                                         -3.44
    total, tax included                                     24.06
    tax standard             24.06 x 19 / (100 + 19)  3.841512...
    rounded half up                                          3.84
    net                      24.06 - 3.84                   20.22
    ");
    workspace.edit(
        "billwright.toml",
        "tax_rounding = \"document\"",
        "tax_rounding = \"line\"",
    );
    assert_snapshot!(price(), @r"
    24.06 USD
    step                     calculation                   result
    ─────────────────────────────────────────────────────────────
    beyond what is included  850 - 100                        750
    up to 500                500 x 0.04                     20.00
    above 500                250 x 0.03                      7.50
    all tiers                                               27.50
    tax of this line                                         4.39
    discount                 12.5 % of 27.50              -3.4375
    rounded half up                                         -3.44
    tax of this line                                        -0.55
    total, tax included                                     24.06
    tax standard             19 % of 20.22, line by line     3.84
    net                      24.06 - 3.84                   20.22
    ");
    workspace.edit(
        "definitions/sales-tax.yaml",
        "match: { country: DE }, percent: \"19\"",
        "match: { country: DE }, parts: [{ name: one, percent: \"9\" }, { name: two, percent: \"10\", compound: true }]",
    );
    assert_snapshot!(price(), @r"
    24.06 USD
    step                     calculation                   result
    ─────────────────────────────────────────────────────────────
    beyond what is included  850 - 100                        750
    up to 500                500 x 0.04                     20.00
    above 500                250 x 0.03                      7.50
    all tiers                                               27.50
    tax of this line                                         4.56
    discount                 12.5 % of 27.50              -3.4375
    rounded half up                                         -3.44
    tax of this line                                        -0.57
    total, tax included                                     24.06
    tax standard, one        9 % of 20.07, line by line      1.80
    tax standard, two        10 % of 21.87, line by line     2.19
    net                      24.06 - 3.99                   20.07
    ");
}

/// Whether added or in the price, by document or by line: what is told is what a run bills.
#[test]
fn a_price_with_discounts_and_tax_is_what_a_run_bills() {
    for (prices, rounding) in [
        ("exclusive", "document"),
        ("exclusive", "line"),
        ("inclusive", "document"),
        ("inclusive", "line"),
    ] {
        let workspace = Workspace::copy_of(&repository().join("tests/diagnostics/BW-R110"));
        workspace.edit(
            "definitions/vat.yaml",
            "name: vat\n",
            &format!("name: vat\nprices: {prices}\n"),
        );
        workspace.edit(
            "definitions/vat.yaml",
            "percent: \"19\"",
            "valid_from: 2026-02-01, parts: [{ name: a, percent: \"7.77\" }, { name: b, percent: \"3.35\", compound: true }]",
        );
        workspace.edit(
            "billwright.toml",
            "[inputs.accounts]",
            "[inputs.discounts]\npath = \"discounts.csv\"\n\n[inputs.accounts]",
        );
        workspace.edit(
            "billwright.toml",
            "allow_auto_post",
            &format!("tax_rounding = \"{rounding}\"\nallow_auto_post"),
        );
        let discounts = "discount_id,account_id,percent,amount,priority\nA,A-1,,3.33,\nB,A-1,7.7,,\nC,A-1,,1.01,1\n";
        std::fs::write(workspace.path("discounts.csv"), discounts).unwrap();
        let told = workspace
            .bill("price internet fiber --quantity 1 --from 2026-02-01 --discount 3.33 --discount 7.7% --discount 1:1.01 --tax vat --for country=DE --output json")
            .exits(0)
            .json();
        let run = workspace
            .bill("run monthly --as-of 2026-02-01 --account A-1 --output json")
            .exits(0)
            .json();
        for sum in ["net", "tax", "total"] {
            assert_eq!(told[sum], run[sum], "{sum}: {prices} {rounding}");
        }
        assert_eq!(told["amount"], told["total"]);
        assert_eq!(told["price"], "39.90");
        assert_eq!(told["taxes"].as_array().unwrap().len(), 2);
    }
}

/// A tax goes by the date of the invoice: in advance the first day, for usage the day after the last, else as asked.
#[test]
fn a_rate_of_a_later_day_is_for_what_is_billed_then() {
    let workspace = Workspace::small();
    workspace.edit(
        "definitions/sales-tax.yaml",
        "rates:\n",
        "rates:\n  - { category: standard, match: { country: US }, percent: \"50\", valid_from: 2026-03-01 }\n",
    );
    let rate = |words: &str| {
        let asked = format!(
            "price home {words} --quantity 850 --frequency monthly --from 2026-02-01 --anchor 1 --tax sales-tax --for country=US --output json"
        );
        let told = workspace.bill(&asked).exits(0).json();
        told["taxes"][0]["rate"].as_str().unwrap().to_owned()
    };
    assert_eq!(rate("fiber"), "6");
    assert_eq!(rate("calls"), "50");
    assert_eq!(rate("calls --invoice-date 2026-02-28"), "6");
}

#[test]
fn a_discount_or_a_tax_that_cannot_be_meant_is_refused_with_what_to_write() {
    let workspace = Workspace::small();
    let refused = |words: &str, exit| {
        let asked = format!("price home calls --quantity 850 {words}");
        workspace.bill(&asked).exits(exit).stderr
    };
    assert_snapshot!(refused("--tax sale-tax", 2), @r"
    error[BW-C103]: there is no tax `sale-tax`
     |
     = at sale-tax
     = help: did you mean `sales-tax`?
    ");
    assert_snapshot!(refused("--tax sales-tax --for regoin=ME", 2), @r"
    error[BW-C103]: there is no column `regoin`
     |
     = at regoin
     = help: did you mean `region`?
    ");
    assert_snapshot!(refused("--tax sales-tax --for country=FR", 5), @r"
    error[BW-R110]: tax `sales-tax` has no rate for category `standard` that this
                    account matches; add one
     |
     = at --tax
     = help: say with `--for COLUMN=VALUE` what the account has in a column of:
             country, region, tax_exempt, tax_id
    ");
    assert_snapshot!(refused("--tax sales-tax --for tax_exempt=yes", 2), @r"
    error[BW-C102]: `yes` is not a value of tax_exempt
     |
     = at --for
     = help: write true or false
    ");
    assert_snapshot!(refused("--for country=US", 2), @r"
    error[BW-C104]: --tax <TAX> is missing
     |
     = help: write
             `billwright price --tax <TAX> --quantity <NUMBER> --for <COLUMN=VALUE> <SCHEME> <CHARGE>`
    ");
    assert_snapshot!(refused("--discount 110%", 2), @r"
    error[BW-C102]: `110%` is not from 0% to 100%
     |
     = at --discount
     = help: write a part of the price, such as 10%
    ");
    assert_snapshot!(refused("--discount 5.005", 2), @r"
    error[BW-C102]: USD has no coin for `5.005`
     |
     = at --discount
     = help: write it with 2 decimals
    ");
    assert_snapshot!(refused("--discount 5,00", 2), @r"
    error[BW-C102]: `5,00` is not a number
     |
     = at --discount
     = help: write plain digits, such as 12.50
    ");
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

/// Periods of the calendar began before today; what is due once is due today.
#[test]
fn without_a_day_a_period_is_that_of_today_and_what_is_due_once_is_due_today() {
    let workspace = Workspace::small();
    workspace.edit(
        "definitions/home.yaml",
        "anchor: bill_day",
        "anchor: calendar",
    );
    workspace.edit(
        "definitions/home.yaml",
        "valid_from: 2026-01-01",
        "valid_from: 2026-01-10",
    );
    let amount = |charge: &str| {
        let words = format!(
            "price home {charge} --quantity 1 --frequency monthly --now 2026-01-20T08:00 --output json"
        );
        workspace.bill(&words).exits(0).json()["amount"].clone()
    };
    assert_eq!(amount("install"), "109.00");
    assert_eq!(amount("fiber"), "50.00", "a whole month");
}

#[test]
fn a_question_that_cannot_be_meant_is_refused_with_what_to_write() {
    let workspace = Workspace::small();
    let refused = |words: &str, exit| workspace.bill(words).exits(exit).stderr;
    assert_snapshot!(refused("price hme calls --quantity 1", 2), @r"
    error[BW-C103]: there is no scheme `hme`
     |
     = at hme
     = help: did you mean `home`?
    ");
    assert_snapshot!(refused("price home call --quantity 1", 2), @r"
    error[BW-C103]: there is no charge `call`
     |
     = at call
     = help: did you mean `calls`?
    ");
    assert_snapshot!(refused("price home fiber --quantity 1", 2), @r"
    error[BW-C104]: scheme `home` is billed in several ways
     |
     = at --frequency
     = help: add `--frequency` with one of: monthly, annual
    ");
    assert_snapshot!(refused("price home fiber --quantity 1 --frequency daily", 2), @r"
    error[BW-C102]: scheme `home` is not billed daily
     |
     = at --frequency
     = help: it is billed: monthly, annual
    ");
    assert_snapshot!(refused("price home calls --quantity 1,5", 2), @r"
    error[BW-C102]: `1,5` is not a number
     |
     = at --quantity
     = help: write plain digits, such as 12.50
    ");
    assert_snapshot!(refused("price home calls --quantity 1 --frequency monthly --from 2026-01-01 --to 2026-03-01", 2), @r"
    error[BW-C102]: usage is priced a period at a time, and 2026-01-01 up to
                    2026-03-01 lies in 2 periods
     |
     = at --to
     = help: ask about one period, such as `--to 2026-02-01`
    ");
    assert_snapshot!(refused("price home line --quantity 1 --frequency monthly", 5), @r"
    error[BW-R104]: the price is to come from the service, and its unit_price is
                    empty; fill it in
     |
     = at line
     = help: add `--unit-price`
    ");
    assert_snapshot!(refused("periods --frequency monthly --from 2026-02-01 --to 2026-02-01", 2), @r"
    error[BW-C102]: there is no day from 2026-02-01 up to 2026-02-01
     |
     = at --to
     = help: the end is the first day that is not asked about; write one after
             `--from`
    ");
    assert_snapshot!(refused("periods --frequency monthly --anchor 5 --alignment calendar --from 2026-02-01 --to 2026-03-01", 2), @r"
    error[BW-C102]: only the alignment bill_day has a day of the month
     |
     = at --anchor
     = help: leave `--anchor` out, or write `--alignment bill_day`
    ");
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
    assert_snapshot!(workspace.bill(words).exits(0).stdout, @r"
    start       end         days  period days
    ─────────────────────────────────────────
    2026-01-31  2026-02-28    28           28
    2026-02-28  2026-03-31    31           31
    2026-03-31  2026-04-15    15           30
    ");
}

/// Free for a month, then cheap for two, then as listed: counted from the service's own start, also where it is billed late.
#[test]
fn a_price_can_rise_with_the_periods_of_the_service() {
    let workspace = Workspace::copy_of(&repository().join("tests/diagnostics/BW-R110"));
    workspace.edit(
        "definitions/internet.yaml",
        "price: { flat: \"39.90\" }",
        "price: [{ flat: 0 }, { from_period: 2, flat: \"19.90\" }, { from_period: 4, flat: \"39.90\" }]",
    );
    workspace.edit("definitions/vat.yaml", "match: { country: DE }, ", "");
    workspace.edit(
        "services.csv",
        "S-2,C-2,fiber,2026-02-01",
        "S-2,C-2,fiber,2026-03-01",
    );
    let net = |day: &str| {
        let run = format!("run monthly --as-of {day} --output json");
        let run = workspace.bill(&run).exits(0).json();
        run["net"].as_str().unwrap().to_owned()
    };
    assert_eq!(net("2026-02-01"), "0.00");
    assert_eq!(net("2026-03-01"), "19.90");
    // April and May: 19.90 and 39.90 for the first, 19.90 twice for the second.
    assert_eq!(net("2026-05-01"), "99.60");
    let price = workspace
        .bill("price internet fiber --quantity 1 --from 2026-02-01 --to 2026-06-01")
        .exits(0);
    assert!(price.stdout.starts_with("79.70 EUR"), "{}", price.stdout);
    let why = workspace
        .bill("explain S-2:fiber:2026-05-01")
        .exits(0)
        .stdout;
    assert!(why.contains("for period 3 of\nthe service"), "{why}");
}

/// Days before a service is billed cost nothing where a question says when it starts, as they do in a run.
#[test]
fn a_price_leaves_out_what_is_free_at_first() {
    let workspace = Workspace::copy_of(&repository().join("tests/diagnostics/BW-R110"));
    workspace.edit(
        "definitions/internet.yaml",
        "proration: daily",
        "proration: daily, trial_days: 14",
    );
    let price = |words: &str| {
        let price = workspace.bill(&format!("price internet fiber --quantity 1 {words}"));
        price.exits(0).stdout
    };
    assert_snapshot!(price("--from 2026-02-10"), @r"
    39.90 EUR
    step          calculation             result
    ────────────────────────────────────────────
    14 days free  2026-02-10..2026-02-24    0.00
    flat price                             39.90
    ");
    assert_snapshot!(price("--from 2026-02-10 --to 2026-04-01 --anchor 1"), @r"
    47.03 EUR
    period                  step             calculation     result
    ───────────────────────────────────────────────────────────────
    2026-02-10..2026-02-24  14 days free                       0.00
    2026-02-24..2026-03-01  flat price                        39.90
    2026-02-24..2026-03-01  5 of 28 days     39.90 x 5 / 28   7.125
    2026-02-24..2026-03-01  rounded half up                    7.13
    2026-03-01..2026-04-01  flat price                        39.90
                            sum                               47.03
    ");
    assert_snapshot!(price("--from 2026-02-10 --to 2026-02-20 --tax vat --for country=DE"), @r"
    0.00 EUR
    step          calculation             result
    ────────────────────────────────────────────
    10 days free  2026-02-10..2026-02-20    0.00
    net                                     0.00
    total         0.00 + 0.00               0.00
    ");
    // Without a start it is the price of a period.
    assert_snapshot!(price(""), @r"
    39.90 EUR
    step        result
    ──────────────────
    flat price   39.90
    ");
    let json = workspace
        .bill("price internet fiber --quantity 1 --from 2026-02-10 --output json")
        .exits(0)
        .json();
    assert_eq!(
        json["steps"][0],
        json!({ "period": null, "step": "14 days free", "calculation": "2026-02-10..2026-02-24", "result": "0.00" })
    );
}

#[test]
fn periods_begin_behind_the_days_that_are_free() {
    let workspace = Workspace::small();
    let periods = |words: &str| {
        let words = format!("periods --frequency monthly --trial-days 14 {words}");
        workspace.bill(&words).exits(0).stdout
    };
    assert_snapshot!(periods("--from 2026-01-31 --to 2026-04-14"), @r"
    start       end         days  period days
    ─────────────────────────────────────────
    2026-02-14  2026-03-14    28           28
    2026-03-14  2026-04-14    31           31
    ");
    assert_snapshot!(periods("--anchor 1 --from 2026-01-31 --to 2026-04-01"), @r"
    start       end         days  period days
    ─────────────────────────────────────────
    2026-02-14  2026-03-01    15           28
    2026-03-01  2026-04-01    31           31
    ");
    assert_snapshot!(periods("--alignment start_date --from 2026-01-31 --to 2026-03-31"), @r"
    start       end         days  period days
    ─────────────────────────────────────────
    2026-02-14  2026-02-28    14           28
    2026-02-28  2026-03-31    31           31
    ");
    let refused = workspace
        .bill("periods --frequency monthly --trial-days 14 --from 2026-01-31 --to 2026-02-14");
    assert_snapshot!(refused.exits(2).stderr, @r"
    error[BW-C102]: all days from 2026-01-31 up to 2026-02-14 are free
     |
     = at --to
     = help: write a day after 2026-02-14
    ");
}

/// Free days and then whole months: over several nights each day behind the trial is billed once, and nobody else has one.
#[test]
fn what_is_free_at_first_is_billed_from_behind_it() {
    let workspace = Workspace::copy_of(&repository().join("tests/diagnostics/BW-R110"));
    workspace.edit("definitions/vat.yaml", "match: { country: DE }, ", "");
    let net = |day: &str| {
        let run = format!("run monthly --as-of {day} --output json");
        let run = workspace.bill(&run).exits(0).json();
        run["net"].as_str().unwrap().to_owned()
    };
    workspace.edit(
        "services.csv",
        "S-2,C-2,fiber,2026-02-01",
        "S-2,C-2,fiber,2026-02-10",
    );
    // S-1 is billed before there are trials.
    assert_eq!(net("2026-02-01"), "39.90");
    workspace.edit(
        "definitions/internet.yaml",
        "proration: daily",
        "proration: daily, trial_days: 14",
    );
    let dates = workspace.bill("report bill-dates --as-of 2026-02-23 --output csv");
    let dates = dates.exits(0).stdout;
    assert!(dates.contains("2026-02-24"), "{dates}");
    let idle = workspace.bill("run monthly --as-of 2026-02-23 --output json");
    assert_eq!(idle.exits(0).json()["run_id"], "monthly@2026-02-01");
    assert_eq!(net("2026-02-24"), "39.90");
    let line = workspace.bill("explain S-2:fiber:2026-02-24").exits(0);
    assert!(
        line.stdout.contains("2026-02-24 up to 2026-03-24"),
        "{}",
        line.stdout
    );
    // Both, for a month each.
    assert_eq!(net("2026-03-24"), "79.80");
    workspace.bill("verify").exits(0);
}
