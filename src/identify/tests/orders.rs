//! Lines of orders.

use super::*;

fn ordered() -> Given {
    let mut given = given();
    given.services(&[]);
    given.tables.orders = table(
        &ORDERS,
        &[
            "order_id=O1 account_id=A status=fulfilled fulfilled_on=2026-01-22 channel=shop",
            "order_id=O2 account_id=A status=open fulfilled_on=2026-01-22 channel=web",
        ],
    );
    given.tables.order_lines = table(
        &ORDER_LINES,
        &[
            "order_id=O1 line=1 description=Router quantity=1 unit_price=89.00",
            "order_id=O1 line=2 description=Cable quantity=12.5 unit_price=0.80 tax=goods bill_on=2026-02-10",
            "order_id=O2 line=1 description=Router quantity=1 unit_price=89.00",
        ],
    );
    given
}

/// D1, D7: only what is fulfilled is billed, on `bill_on`, else when it was fulfilled.
#[test]
fn d1_d7_fulfilled_orders_are_billed_once() {
    let mut given = ordered();
    let found = given.found("2026-02-01");
    assert_eq!(due(&found), [" O1:1 2026-01-22..2026-01-23 0+1/1 x1"]);
    assert_eq!(
        standings(&found),
        ["O1:1 billed", "O1:2 not_due", "O2:1 not_due"]
    );
    assert_eq!(ended(&given, &found, "orders"), "2 = 1 billed + 1 not_due");
    assert_eq!(
        ended(&given, &found, "order_lines"),
        "3 = 1 billed + 2 not_due"
    );
    assert_eq!(ended(&given, &found, "accounts"), "1 = 1 billed");
    let frame = found.kept.due.frame();
    assert_eq!(frame.text_at("tax_category", 0), "standard");
    assert_eq!(frame.text_at("kind", 0), "one_time");
    assert_eq!(frame.text("scheme").get(0), None);
    given.ran("monthly@2026-02-01", &[" O1:1 2026-01-22 2026-01-23"]);
    given.book.claims = Claims::checked(table(
        Claims::SCHEMA,
        &[
            "service_id= charge=O1:1 run_id=monthly@2026-02-01 billed_from=2026-01-22 billed_through=2026-01-23 effect=claimed",
        ],
    ));
    let found = given.found("2026-03-01");
    assert_eq!(due(&found), [" O1:2 2026-02-10..2026-02-11 0+1/1 x12.5"]);
    assert_eq!(found.kept.due.frame().text_at("tax_category", 0), "goods");
}

#[test]
fn an_order_without_a_day_is_parked_and_its_account_is_not() {
    let mut given = ordered();
    given.tables.orders = table(&ORDERS, &["order_id=O1 account_id=A status=fulfilled"]);
    given.tables.order_lines = table(
        &ORDER_LINES,
        &["order_id=O1 line=1 description=Router quantity=1 unit_price=89.00"],
    );
    let found = given.found("2026-02-01");
    assert_eq!(
        aside(&found),
        [
            "parked, BW-V150 O1:1: neither bill_on nor fulfilled_on is known; give the order a fulfilled_on"
        ]
    );
    assert_eq!(ended(&given, &found, "order_lines"), "1 = 1 excepted");
}

/// D3, D6, C34: filters on orders, subscriptions and columns.
#[test]
fn c34_filters_narrow_orders_as_they_do_services() {
    let mut given = ordered();
    let standing = |given: &Given| standings(&given.found("2026-02-01"))[0].clone();
    given.run.filters.orders = Some(["O2".to_owned()].into());
    assert_eq!(standing(&given), "O1:1 not_selected:filter");
    given.run.filters.orders = Some(["O1".to_owned()].into());
    assert_eq!(standing(&given), "O1:1 billed");
    given.run.filters.orders = None;
    given.run.filters.subscriptions = Some(["U".to_owned()].into());
    assert_eq!(standing(&given), "O1:1 not_selected:filter");
    given.run.filters.subscriptions = None;
    given.run.charges = [ChargeType::Recurring].into();
    assert_eq!(standing(&given), "O1:1 not_selected:charge_type");
    given.run.charges = [ChargeType::OneTime].into();
    for (condition, expected) in [
        ("order_channel = 'shop'", "O1:1 billed"),
        ("order_channel = 'web'", "O1:1 not_selected:where"),
        ("account_name = 'Ann' AND service_id IS NULL", "O1:1 billed"),
    ] {
        given.run.filters.condition = Some(crate::model::bill_run::Condition {
            expression: condition.to_owned(),
            place: crate::diagnostic::Place::Nowhere,
        });
        assert_eq!(standing(&given), expected, "{condition}");
    }
}
