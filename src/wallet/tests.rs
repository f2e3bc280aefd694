use super::money::{self, Money};
use crate::calendar::Date;
use crate::model::wallet::Lot;
use proptest::prelude::*;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

const TODAY: &str = "2026-03-01";

fn wallet<'a>(id: &'a str, holds: i128) -> Money<'a> {
    Money {
        id,
        scheme: None,
        until: None,
        priority: i64::MAX,
        limit: 0,
        rest: holds,
        lots: Vec::new(),
    }
}

/// How much of each wallet is taken under `mobile`, in the order it is taken.
fn taken<'a>(wallets: &mut [Money<'a>], amount: i128) -> Vec<(&'a str, i128)> {
    let places = money::order(wallets, "mobile", day(TODAY));
    let parts = money::take(wallets, &places, amount);
    let names: Vec<&str> = wallets.iter().map(|wallet| wallet.id).collect();
    parts
        .into_iter()
        .map(|(at, sum)| (names[at], sum))
        .collect()
}

#[test]
fn ac5_wallets_of_the_scheme_go_first_then_what_expires_first_then_by_priority_and_id() {
    let mut wallets = [
        wallet("a", 100),
        Money {
            priority: 2,
            ..wallet("b", 100)
        },
        Money {
            until: Some(day("2026-06-01")),
            ..wallet("c", 100)
        },
        Money {
            scheme: Some("mobile"),
            ..wallet("d", 100)
        },
        Money {
            scheme: Some("fiber"),
            ..wallet("e", 100)
        },
        wallet("f", 100),
    ];
    wallets[5].add(50, Some((day("2026-04-01"), "T-1")));
    let all = taken(&mut wallets, 550);
    assert_eq!(
        all,
        [("d", 100), ("f", 150), ("c", 100), ("b", 100), ("a", 100)]
    );
    assert_eq!(wallets[4].balance(), 100);
    let some = taken(
        &mut [
            wallet("a", 100),
            Money {
                priority: 1,
                ..wallet("b", 30)
            },
        ],
        50,
    );
    assert_eq!(some, [("b", 30), ("a", 20)]);
}

#[test]
fn a_wallet_lends_up_to_its_limit_once_all_is_used_and_an_expired_one_lends_nothing() {
    let mut wallets = [
        Money {
            limit: 100,
            ..wallet("a", 10)
        },
        Money {
            limit: 100,
            until: Some(day(TODAY)),
            ..wallet("b", 0)
        },
        Money {
            limit: 50,
            ..wallet("c", 20)
        },
    ];
    let places = money::order(&wallets, "mobile", day(TODAY));
    assert_eq!(money::capacity(&wallets, &places, false), 30);
    assert_eq!(money::capacity(&wallets, &places, true), 180);
    assert_eq!(taken(&mut wallets, 140), [("a", 110), ("c", 30)]);
    assert_eq!([wallets[0].balance(), wallets[2].balance()], [-100, -10]);
    assert_eq!((wallets[0].room(), wallets[2].room()), (0, 40));
}

#[test]
fn a_top_up_fills_what_is_below_zero_first_and_only_what_is_left_of_it_expires() {
    let mut owing = wallet("a", -30);
    owing.add(100, Some((day("2026-04-01"), "T-1")));
    owing.add(5, None);
    assert_eq!((owing.balance(), owing.rest), (75, 5));
    let lots = [Lot {
        until: day("2026-04-01"),
        top_up: "T-1".to_owned(),
        left: 70,
    }];
    assert_eq!(owing.lots, lots);
    assert_eq!(Lot::read(Lot::written(&lots).as_deref()), lots);
    assert_eq!(owing.expire(day("2026-03-31")), []);
    assert_eq!(
        owing.expire(day("2026-04-01")),
        [(70, Some("T-1".to_owned()))]
    );
    assert_eq!(owing.balance(), 5);
}

proptest! {
    /// What is taken of all wallets is the amount, and none of them goes below its floor.
    #[test]
    fn a_debit_takes_what_it_costs_and_no_wallet_goes_below_its_floor(
        held in proptest::collection::vec((0i128..1000, 0i128..300, 0i128..500), 1..5),
        share in 0i128..=100,
    ) {
        let ids = ["a", "b", "c", "d", "e"];
        let mut wallets: Vec<Money<'_>> = held.iter().zip(ids).map(|((rest, limit, lot), id)| {
            let mut one = Money { limit: *limit, ..wallet(id, *rest) };
            if *lot > 0 {
                one.add(*lot, Some((day("2026-04-01"), "T")));
            }
            one
        }).collect();
        let places = money::order(&wallets, "mobile", day(TODAY));
        let before: i128 = wallets.iter().map(Money::balance).sum();
        let amount = money::capacity(&wallets, &places, true) * share / 100;
        let parts = money::take(&mut wallets, &places, amount);
        let after: i128 = wallets.iter().map(Money::balance).sum();
        prop_assert_eq!(parts.iter().map(|(_, part)| part).sum::<i128>(), amount);
        prop_assert_eq!(before - after, amount);
        prop_assert!(wallets.iter().all(|one| one.balance() >= -one.limit && one.room() >= 0));
    }
}
