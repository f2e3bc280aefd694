//! Charges, prices and tiers of a scheme.

use super::definitions::{assert_all, found, scheme_with};
use super::*;
use crate::calendar::Date;
use crate::model::events::Free;
use crate::model::frequency::{Frequency, TimeUnit};
use crate::model::package::{Package, Partial};
use crate::model::scheme::{
    Allowance, Cancel, ChargeKind, Scheme, Through, Tier, TierModel, UnitPrice,
};
use crate::money::{Amount, Quantity};

/// The scheme `q` of a text.
fn scheme(text: &str) -> Scheme {
    let definitions = [file("d/q.yaml", text)];
    loaded(&file("billwright.toml", SETTINGS), &definitions)
        .unwrap_or_else(|report| panic!("{}", report.text(false)))
        .definitions
        .schemes
        .remove("q")
        .unwrap()
}

/// The good scheme with another kind of charge, its price and limits.
fn charge_with(kind: &str, rest: &str) -> String {
    scheme_with(rest).replace("recurring: { timing: advance, proration: daily }", kind)
}

fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

#[test]
fn usage_is_read_with_its_limits_and_tiers() {
    let text = charge_with(
        "usage: { meter: minutes, included: \"100\", through: window_to }",
        "price: { graduated: [{ to: 500, unit: \"0.04\" }, { from: 500, flat: 5, unit: \"0.03\" }] }\n    minimum: \"2.00\"\n    maximum: 80",
    );
    let charge = &scheme(&text).charges[0];
    let ChargeKind::Usage(usage) = &charge.kind else {
        panic!("{:?}", charge.kind)
    };
    assert_eq!(usage.meter, "minutes");
    assert_eq!(usage.included, Quantity::parse("100").unwrap());
    assert_eq!(usage.through, Through::WindowTo);
    assert_eq!(usage.minimum, Amount::parse("2").ok());
    assert_eq!(usage.maximum, Amount::parse("80").ok());
    let tiers = [
        Tier {
            to: Quantity::parse("500").ok(),
            package: None,
            per: None,
            unit: rate("0.04"),
            flat: Rate::ZERO,
        },
        Tier {
            to: None,
            package: None,
            per: None,
            unit: rate("0.03"),
            flat: rate("5"),
        },
    ];
    assert_eq!(
        charge.prices[0].price,
        Price::Tiered(TierModel::Graduated, tiers.to_vec())
    );
}

#[test]
fn what_counts_by_days_which_rows_are_free_and_what_amounts_are_multiples_of_is_read() {
    let text = charge_with(
        "usage: { meter: m, included: 5, prorate: [included, maximum], each: { fee: 1, free: 3 } }",
        "price: { per_unit: 1 }\n    maximum: 80",
    );
    let text = text.replace("currency: EUR", "currency: EUR\nround_to: \"0.05\"");
    let scheme = scheme(&text);
    assert_eq!(scheme.rounding.to, Amount::parse("0.05").ok());
    let ChargeKind::Usage(usage) = &scheme.charges[0].kind else {
        panic!("no usage")
    };
    assert_eq!(usage.each.free, Free::Rows(3));
    let prorated = [Allowance::Included, Allowance::Maximum];
    assert_eq!(usage.prorated, prorated.into());
    let text = charge_with(
        "usage: { meter: m, included: 5, each: { fee: 1, free: included } }",
        "price: { per_unit: 1 }",
    );
    let ChargeKind::Usage(usage) = &self::scheme(&text).charges[0].kind else {
        panic!("no usage")
    };
    assert_eq!(usage.each.free, Free::Included);
}

#[test]
fn what_a_charge_does_not_say_has_its_default() {
    let usage = scheme(&charge_with(
        "usage: { meter: m }",
        "price: { per_unit: from_service }",
    ));
    let ChargeKind::Usage(usage) = &usage.charges[0].kind else {
        panic!("no usage")
    };
    assert!(usage.included.is_zero() && usage.minimum.is_none() && usage.maximum.is_none());
    assert_eq!(usage.through, Through::PeriodEnd);
    let recurring = scheme(&scheme_with("price: { flat: 1 }"));
    let ChargeKind::Recurring { cancel, .. } = recurring.charges[0].kind else {
        panic!("not recurring")
    };
    assert_eq!(
        (cancel, recurring.charges[0].prices[0].per),
        (Cancel::None, None)
    );
    let once = scheme(&charge_with(
        "one_time: {}",
        "price: { per_unit: from_service }",
    ));
    assert_eq!(once.charges[0].kind, ChargeKind::OneTime);
    assert_eq!(
        once.charges[0].prices[0].price,
        Price::PerUnit(UnitPrice::FromService)
    );
}

#[test]
fn a_scheme_has_every_frequency_with_prices_per_length_of_time() {
    let text = scheme_with("price: { flat: 10, per: quarter }")
        .replace("[monthly]", "[annual, monthly, semiannual, quarterly]")
        .replace(
            "proration: daily }",
            "proration: daily, cancel: credit_unused }",
        );
    let scheme = scheme(&text);
    assert_eq!(scheme.frequencies.len(), 4);
    assert_eq!(scheme.charges[0].prices[0].per, Some(TimeUnit::Quarter));
    let days =
        scheme_with("price: { flat: 10, per: week }").replace("[monthly]", "[daily, weekly]");
    assert_eq!(
        self::scheme(&days).frequencies,
        [Frequency::Daily, Frequency::Weekly].into()
    );
    let arrears = scheme_with("price: { flat: 1 }").replace("advance", "arrears");
    let ChargeKind::Recurring { timing, .. } = self::scheme(&arrears).charges[0].kind else {
        panic!("not recurring")
    };
    assert_eq!(timing, Timing::Arrears);
}

#[test]
fn price_versions_hold_until_the_next_one() {
    let text = scheme_with(
        "price: [{ flat: 1, valid_to: 2025-12-31 }, { valid_from: 2026-01-01, flat: 2 }]",
    );
    let days: Vec<_> = scheme(&text).charges[0]
        .prices
        .iter()
        .map(|version| version.valid_from)
        .collect();
    assert_eq!(days, [None, Date::parse("2026-01-01").ok()]);
}

/// P11: a quantity and a day have one price.
#[test]
fn every_pricing_model_is_read() {
    let quantity = |text: &str| Quantity::parse(text).unwrap();
    let tier = |to: Option<&str>, package: Option<&str>, unit: &str, flat: &str| Tier {
        to: to.map(quantity),
        package: package.map(|size| Package {
            size: quantity(size),
            partial: Partial::Up,
        }),
        per: None,
        unit: rate(unit),
        flat: rate(flat),
    };
    let blocks = || {
        let first = tier(Some("1000"), Some("100"), "1", "0");
        vec![first, tier(None, None, "0", "5")]
    };
    let shares = vec![
        tier(Some("500"), None, "0.029", "0"),
        tier(None, None, "0.000000001", "2"),
    ];
    for (written, model, tiers) in [
        (
            "{ graduated: [{ to: 1000, package: 100, unit: 1 }, { flat: 5 }] }",
            TierModel::Graduated,
            blocks(),
        ),
        (
            "{ volume: [{ to: 1000, package: 100, unit: 1 }, { flat: 5 }] }",
            TierModel::Volume,
            blocks(),
        ),
        (
            "{ package: { size: 10, price: \"4.50\" } }",
            TierModel::Package,
            vec![tier(None, Some("10"), "4.5", "0")],
        ),
        (
            "{ package: { size: 10, partial: nearest, price: 4.5, for: 60 } }",
            TierModel::Package,
            vec![Tier {
                package: Some(Package {
                    size: quantity("10"),
                    partial: Partial::Nearest,
                }),
                per: Some(quantity("60")),
                ..tier(None, None, "4.5", "0")
            }],
        ),
        (
            "{ percentage: 150 }",
            TierModel::Percentage,
            vec![tier(None, None, "1.5", "0")],
        ),
        (
            "{ graduated_percentage: [{ to: 500, percent: 2.9 }, { percent: \"0.0000001\", flat: 2 }] }",
            TierModel::GraduatedPercentage,
            shares.clone(),
        ),
    ] {
        let scheme = scheme(&scheme_with(&format!("price: {written}")));
        let price = &scheme.charges[0].prices[0].price;
        assert_eq!(*price, Price::Tiered(model, tiers), "{written}");
    }
}

#[test]
fn tiers_and_versions_leave_nothing_without_a_price() {
    let tiers = |tiers: &str| scheme_with(&format!("price: {{ graduated: {tiers} }}"));
    let versions = |versions: &str| scheme_with(&format!("price: {versions}"));
    assert_all(&[
        (
            "DEF-026",
            &tiers("[{ to: 100, unit: 1 }, { from: 90, unit: 2 }]"),
            "BW-D220 8:48",
            "begins at 90, and the one before it ends at 100",
        ),
        (
            "a hole",
            &tiers("[{ to: 100, unit: 1 }, { from: 101, unit: 2 }]"),
            "BW-D220 8:48",
            "write `from: 100`",
        ),
        (
            "DEF-028",
            &tiers("[{ to: 100, unit: 1 }]"),
            "BW-D220 8:26",
            "say what happens above 100",
        ),
        (
            "descending",
            &tiers("[{ to: 100, unit: 1 }, { to: 100, unit: 2 }, { unit: 3 }]"),
            "BW-D220 8:48",
            "the smallest first",
        ),
        (
            "no end",
            &tiers("[{ unit: 1 }, { unit: 2 }]"),
            "BW-D220 8:26",
            "only the last tier",
        ),
        (
            "a first tier above zero",
            &tiers("[{ from: 1, unit: 1 }]"),
            "BW-D220 8:26",
            "not at 0",
        ),
        (
            "no price",
            &tiers("[{ to: 100 }, { unit: 1 }]"),
            "BW-D234 8:26",
            "neither `unit` nor `flat`",
        ),
        ("no tiers", &tiers("[]"), "BW-D207 8:25", "an empty list"),
        (
            "a volume with a hole",
            &scheme_with("price: { volume: [{ to: 100, unit: 1 }, { from: 101, unit: 2 }] }"),
            "BW-D220 8:45",
            "tiers leave a hole",
        ),
        (
            "a percentage without an end",
            &scheme_with("price: { graduated_percentage: [{ to: 100, percent: 1 }] }"),
            "BW-D220 8:37",
            "the last tier ends at 100",
        ),
        (
            "a percentage of nothing",
            &scheme_with("price: { graduated_percentage: [{ to: 100 }, { percent: 1 }] }"),
            "BW-D234 8:37",
            "neither `percent` nor `flat`",
        ),
        (
            "a part of no package",
            &tiers("[{ partial: down, unit: 1 }]"),
            "BW-D234 8:37",
            "this tier has no `package`",
        ),
        (
            "a price for nothing",
            &scheme_with("price: { package: { size: 1, price: 1, for: 0 } }"),
            "BW-D220 8:49",
            "a price for nothing",
        ),
        (
            "no price for something",
            &tiers("[{ flat: 1, for: 60 }]"),
            "BW-D234 8:42",
            "this tier has no `unit`",
        ),
        (
            "an empty package",
            &scheme_with("price: { package: { size: 0, price: 1 } }"),
            "BW-D220 8:31",
            "a package of nothing",
        ),
        (
            "an empty package of a tier",
            &tiers("[{ package: 0, unit: 1 }]"),
            "BW-D220 8:37",
            "a package of nothing",
        ),
        (
            "a percentage below zero",
            &scheme_with("price: { percentage: -1 }"),
            "BW-D211 8:26",
            "below zero",
        ),
        (
            "too fine a percentage",
            &scheme_with("price: { percentage: \"0.00000001\" }"),
            "BW-D212 8:26",
            "8 decimals",
        ),
        (
            "DEF-034",
            &versions("[{ flat: 1, valid_to: 2026-05-31 }, { valid_from: 2026-07-01, flat: 2 }]"),
            "BW-D233 8:34",
            "no price holds from 2026-06-01 to 2026-06-30",
        ),
        (
            "a day twice",
            &versions("[{ flat: 1, valid_to: 2026-07-01 }, { valid_from: 2026-07-01, flat: 2 }]"),
            "BW-D233 8:34",
            "two prices hold on 2026-07-01",
        ),
        (
            "no price in the end",
            &versions("{ flat: 1, valid_to: 2026-05-31 }"),
            "BW-D233 8:33",
            "after 2026-05-31",
        ),
    ]);
}

#[test]
fn a_charge_has_the_keys_of_its_kind() {
    let price = "price: { flat: 1 }";
    assert_all(&[
        (
            "no kind",
            &charge_with("description: d", price),
            "BW-D235 6:11",
            "neither",
        ),
        (
            "two kinds",
            &charge_with("one_time: {}\n    usage: { meter: m }", price),
            "BW-D235 6:11",
            "is `usage` and `one_time`",
        ),
        (
            "nothing written",
            &charge_with("one_time:", price),
            "BW-D202 7:13",
            "write an empty map, `{}`",
        ),
        (
            "a key that is none",
            &charge_with("one_time: { timing: advance }", price),
            "BW-D201 7:17",
            "timing",
        ),
        (
            "no meter",
            &charge_with("usage: {}", price),
            "BW-D204 7:12",
            "add `meter`",
        ),
        (
            "a minimum of what is no usage",
            &scheme_with("price: { flat: 1 }\n    minimum: 2"),
            "BW-D236 9:14",
            "only usage has a `minimum`",
        ),
        (
            "a month of usage",
            &charge_with("usage: { meter: m }", "price: { flat: 1, per: month }"),
            "BW-D236 8:28",
            "leave `per` out",
        ),
        (
            "a commitment before its period has ended",
            &scheme_with("price: { flat: 1 }\n    commits: account"),
            "BW-D236 9:14",
            "in arrears",
        ),
        (
            "unused days in arrears",
            &charge_with(
                "recurring: { timing: arrears, proration: daily, cancel: credit_unused }",
                price,
            ),
            "BW-D236 7:61",
            "no unused days",
        ),
        (
            "unused days without proration",
            &charge_with(
                "recurring: { timing: advance, proration: none, cancel: credit_unused }",
                price,
            ),
            "BW-D236 7:60",
            "without proration",
        ),
        (
            "a price that falls below its maximum",
            &charge_with(
                "usage: { meter: m }",
                "price: { graduated: [{ to: 5, unit: 1 }, { unit: -1 }] }\n    maximum: 2",
            ),
            "BW-D221 8:12",
            "a price below zero",
        ),
        (
            "limits the wrong way round",
            &charge_with(
                "usage: { meter: m }",
                "price: { flat: 1 }\n    minimum: 3\n    maximum: 2",
            ),
            "BW-D221 9:14",
            "a minimum of 3.00 is more than the maximum",
        ),
        (
            "no minimum to be prorated",
            &charge_with("usage: { meter: m, prorate: [minimum] }", price),
            "BW-D236 7:34",
            "no `minimum` to be counted by days",
        ),
        (
            "days that are not known yet",
            &charge_with(
                "usage: { meter: m, included: 5, through: window_to, prorate: [included] }",
                price,
            ),
            "BW-D236 7:67",
            "once the period has ended",
        ),
        (
            "amounts that are not of coins",
            &scheme_with(price).replace("currency: EUR", "currency: EUR\nround_to: 0.005"),
            "BW-D217 4:11",
            "a multiple of 0.01",
        ),
        (
            "amounts that are rounded to nothing",
            &scheme_with(price).replace("currency: EUR", "currency: EUR\nround_to: 0"),
            "BW-D217 4:11",
            "no amount in EUR",
        ),
        (
            "a window without a price",
            &charge_with("usage: { meter: m }", "price: { windows: [{ fee: 1 }] }"),
            "BW-D224 8:24",
            "one price",
        ),
        (
            "tiers of a window with a hole",
            &charge_with(
                "usage: { meter: m }",
                "price: { windows: [{ graduated: [{ unit: 1 }, { unit: 2 }] }] }",
            ),
            "BW-D220 8:38",
            "this tier has no end",
        ),
        (
            "tiers of rows that are split",
            &charge_with(
                "usage: { meter: m, each: { split: seconds } }",
                "price: { windows: [{ graduated: [{ unit: 1 }] }] }",
            ),
            "BW-D224 8:37",
            "this row is split",
        ),
        (
            "free rows of nothing included",
            &charge_with(
                "usage: { meter: m, each: { fee: 1, free: included } }",
                price,
            ),
            "BW-D224 7:46",
            "an included quantity of nothing",
        ),
        (
            "a limit below zero",
            &charge_with("usage: { meter: m }", "price: { flat: 1 }\n    minimum: -3"),
            "BW-D211 9:14",
            "zero or more",
        ),
        (
            "too much included",
            &charge_with("usage: { meter: m, included: 1000000000000 }", price),
            "BW-D213 7:34",
            "the largest quantity",
        ),
    ]);
}

#[test]
fn a_price_can_be_brought_to_every_frequency() {
    let frequencies = |list: &str, price: &str| scheme_with(price).replace("[monthly]", list);
    assert_all(&[
        (
            "several frequencies",
            &frequencies("[monthly, annual]", "price: { flat: 1 }"),
            "BW-D237 8:12",
            "add `per`",
        ),
        (
            "days in a month",
            &frequencies("[weekly]", "price: { flat: 1, per: month }"),
            "BW-D237 8:28",
            "a price per month cannot be made one for a weekly period",
        ),
        (
            "both",
            &frequencies("[weekly, monthly]", "price: { flat: 1, per: day }"),
            "BW-D237 8:28",
            "a monthly period",
        ),
    ]);
    let usage = charge_with("usage: { meter: m }", "price: { flat: 1 }");
    assert_eq!(
        found(usage.replace("[monthly]", "[weekly, annual]")),
        [""; 0]
    );
}

#[test]
fn charges_and_prices_can_be_told_apart() {
    let second = |price: &str| {
        scheme_with(&format!(
            "price: {{ flat: 1 }}\n  - code: b\n    recurring: {{ timing: advance, proration: none }}\n    price: {price}"
        ))
    };
    assert_all(&[
        (
            "a code twice",
            &second("{ flat: 1 }").replace("code: b", "code: access"),
            "BW-D231 9:11",
            "the code `access`",
        ),
        (
            "no model",
            &second("{ per: month }"),
            "BW-D234 11:12",
            "no model",
        ),
        (
            "two models",
            &second("{ flat: 1, per_unit: from_service }"),
            "BW-D234 11:12",
            "both",
        ),
        (
            "a day twice",
            &second("[{ valid_from: 2026-01-01, flat: 1 }, { valid_from: 2026-01-01, flat: 2 }]"),
            "BW-D232 11:64",
            "oldest first",
        ),
        (
            "a period twice",
            &second("[{ flat: 1 }, { from_period: 3, flat: 2 }, { from_period: 3, flat: 3 }]"),
            "BW-D232 11:70",
            "not after the one before it",
        ),
        (
            "a day and a period",
            &second("[{ valid_from: 2026-01-01, flat: 1 }, { from_period: 3, flat: 2 }]"),
            "BW-D232 11:27",
            "has a day too",
        ),
        (
            "no day",
            &second("[{ flat: 1 }, { flat: 2 }]"),
            "BW-D232 11:26",
            "add `valid_from`",
        ),
    ]);
}
