//! How long wallets last: what is in them, taken at a steady pace until nothing is left.

use super::money::{From, Money, order};
use crate::calendar::Date;
use std::collections::BTreeMap;

/// Parts of a day, and of a unit of an amount: an estimate is exact enough with them.
pub const FINE: i128 = 1_000_000;

/// How long a wallet lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// What is taken from it in a day at first, in parts of units.
    pub per_day: i128,
    /// Whole days; `None`: as many as were looked at.
    pub days: Option<i32>,
}

/// How long each wallet of an account lasts, at this pace by scheme: each scheme is paid out of its first wallet that holds anything,
/// until that is empty or what is in it expires.
pub fn lasting(
    wallets: &[Money<'_>],
    pace: &BTreeMap<&str, i128>,
    as_of: Date,
    horizon: i32,
) -> Vec<Lasting> {
    let end = i128::from(horizon) * FINE;
    let mut wallets: Vec<Money<'_>> = wallets.iter().map(finely).collect();
    let mut lasting: Vec<Option<i128>> = vec![None; wallets.len()];
    let mut first: Option<Vec<i128>> = None;
    let mut now = 0;
    loop {
        let today = as_of.plus_days(1 + i32::try_from(now / FINE).unwrap_or(horizon));
        for (wallet, empty) in wallets.iter_mut().zip(&mut lasting) {
            wallet.expire(today);
            if wallet.balance() <= 0 {
                empty.get_or_insert(now);
            }
        }
        let taken = taken(&wallets, pace, today);
        first.get_or_insert_with(|| of_wallets(&taken, wallets.len()));
        let until = wallets.iter().flat_map(Money::days_of_expiry);
        let until = until.map(|day| i128::from(day.number() - as_of.number() - 1) * FINE);
        let next = until.filter(|at| *at > now).min().unwrap_or(end).min(end);
        // Rounded up, so that nothing is left over by rounding.
        let emptied = taken
            .iter()
            .map(|((wallet, from), rate)| (wallets[*wallet].at(*from) * FINE + rate - 1) / rate);
        let step = emptied.min().unwrap_or(end).min(next - now);
        for ((wallet, from), rate) in &taken {
            let amount = (rate * step / FINE).min(wallets[*wallet].at(*from));
            wallets[*wallet].take(*from, amount);
        }
        for wallet in &mut wallets {
            wallet.lots.retain(|lot| lot.left > 0);
        }
        now += step;
        if now >= end {
            break;
        }
    }
    let per_day = first.unwrap_or_default();
    let lasting = lasting.into_iter().zip(per_day);
    lasting
        .map(|(empty, per_day)| Lasting {
            per_day,
            days: empty.map(|at| (at / FINE) as i32),
        })
        .collect()
}

/// A wallet in parts of units, that nothing is lent to.
fn finely<'a>(wallet: &Money<'a>) -> Money<'a> {
    let mut fine = wallet.clone();
    fine.rest *= FINE;
    fine.limit = 0;
    for lot in &mut fine.lots {
        lot.left *= FINE;
    }
    fine
}

/// Where money is taken from on a day, and how much a day.
fn taken(
    wallets: &[Money<'_>],
    pace: &BTreeMap<&str, i128>,
    day: Date,
) -> Vec<((usize, From), i128)> {
    let mut taken: Vec<((usize, From), i128)> = Vec::new();
    for (scheme, rate) in pace.iter().filter(|(_, rate)| **rate > 0) {
        let places = order(wallets, scheme, day);
        let mut filled = places
            .iter()
            .filter(|(wallet, from)| wallets[*wallet].at(*from) > 0);
        let Some(place) = filled.next() else { continue };
        match taken.iter_mut().find(|(other, _)| other == place) {
            Some((_, sum)) => *sum += rate,
            None => taken.push((*place, *rate)),
        }
    }
    taken
}

fn of_wallets(taken: &[((usize, From), i128)], count: usize) -> Vec<i128> {
    let mut sums = vec![0; count];
    for ((wallet, _), rate) in taken {
        sums[*wallet] += rate;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::wallet::Lot;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    /// With a balance in cents, and another that expires.
    fn wallet<'a>(
        id: &'a str,
        scheme: Option<&'a str>,
        rest: i128,
        lot: Option<(&str, i128)>,
    ) -> Money<'a> {
        let lots = lot.into_iter().map(|(until, left)| Lot {
            until: day(until),
            top_up: "T".to_owned(),
            left: left * 100,
        });
        Money {
            id,
            scheme,
            until: None,
            priority: 0,
            limit: 1_000_000,
            rest: rest * 100,
            lots: lots.collect(),
        }
    }

    /// Days of each wallet as of 2026-06-02, with a pace in cents a day; `capped` as -1.
    fn days(wallets: &[Money<'_>], pace: &[(&str, i128)]) -> Vec<i32> {
        let pace = pace
            .iter()
            .map(|(scheme, cents)| (*scheme, cents * 100 * FINE));
        let lasting = lasting(wallets, &pace.collect(), day("2026-06-02"), 180);
        lasting.iter().map(|it| it.days.unwrap_or(-1)).collect()
    }

    #[test]
    fn a_wallet_lasts_as_many_days_as_it_can_pay() {
        let one = |rest| days(&[wallet("W", None, rest, None)], &[("mobile", 20)]);
        assert_eq!(one(467), [23]);
        assert_eq!(one(460), [23]);
        assert_eq!(one(459), [22]);
        assert_eq!(one(0), [0]);
        assert_eq!(one(-50), [0]);
        assert_eq!(one(20 * 181), [-1]);
        assert_eq!(days(&[wallet("W", None, 1, None)], &[]), [-1]);
    }

    #[test]
    fn a_third_of_a_cent_a_day_adds_up() {
        let thirds = BTreeMap::from([("mobile", 100 * FINE / 3)]);
        let found = lasting(
            &[wallet("W", None, 10, None)],
            &thirds,
            day("2026-06-02"),
            180,
        );
        assert_eq!(found[0].days, Some(30));
    }

    #[test]
    fn what_expires_is_used_first_and_is_gone_then() {
        // Two days of it are used, and the rest of the lot is lost on the fifth.
        let with_lot = wallet("W", None, 100, Some(("2026-06-05", 1_000)));
        assert_eq!(days(&[with_lot], &[("mobile", 20)]), [7]);
    }

    #[test]
    fn wallets_follow_one_another() {
        let both = [
            wallet("A", Some("mobile"), 50, None),
            wallet("B", None, 100, None),
        ];
        assert_eq!(days(&both, &[("mobile", 20)]), [2, 7]);
        assert_eq!(days(&both, &[("mobile", 20), ("tv", 10)]), [2, 5]);
        assert_eq!(days(&both, &[("tv", 10)]), [-1, 10]);
    }
}
