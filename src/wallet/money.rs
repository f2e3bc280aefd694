//! What one wallet holds, and how it is moved.

use crate::calendar::Date;
use crate::model::wallet::Lot;

/// A wallet in the course of a run. All sums are in units of an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money<'a> {
    pub id: &'a str,
    /// It pays for subscriptions under this scheme alone.
    pub scheme: Option<&'a str>,
    /// The first day on which nothing in it can be used; `Date` of forever where it has none.
    pub until: Option<Date>,
    /// The lowest first; what has none is last.
    pub priority: i64,
    /// How far below zero it may go.
    pub limit: i128,
    /// What is not of a top-up that expires; below zero where the limit is used.
    pub rest: i128,
    /// What is left of top-ups that expire, the first to expire first.
    pub lots: Vec<Lot>,
}

/// Where in a wallet money is taken from: from a lot, or from the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Lot(usize),
    Rest,
}

impl Money<'_> {
    fn pays(&self, scheme: &str) -> bool {
        self.scheme.is_none_or(|own| own == scheme)
    }

    pub fn balance(&self) -> i128 {
        self.rest + self.lots.iter().map(|lot| lot.left).sum::<i128>()
    }

    /// How much can be taken beyond what is in it.
    pub fn room(&self) -> i128 {
        (self.limit + self.rest.min(0)).max(0)
    }

    /// Puts a top-up in: what is missing to zero is filled up first, and what is left of it expires where it does.
    pub fn add(&mut self, amount: i128, expires: Option<(Date, &str)>) {
        let Some((until, top_up)) = expires else {
            self.rest += amount;
            return;
        };
        let filled = amount.min((-self.rest).max(0));
        self.rest += filled;
        if amount > filled {
            let lot = Lot {
                until,
                top_up: top_up.to_owned(),
                left: amount - filled,
            };
            let at = self.lots.partition_point(|other| *other < lot);
            self.lots.insert(at, lot);
        }
    }

    /// Takes out what can not be used on a day. Out: each sum, with the top-up it was of.
    pub fn expire(&mut self, day: Date) -> Vec<(i128, Option<String>)> {
        let is_over = self.until.is_some_and(|until| until <= day);
        let mut gone = Vec::new();
        self.lots.retain(|lot| {
            let stays = day < lot.until && !is_over;
            if !stays {
                gone.push((lot.left, Some(lot.top_up.clone())));
            }
            stays
        });
        if is_over && self.rest > 0 {
            gone.push((self.rest, None));
            self.rest = 0;
        }
        gone
    }

    /// The first day on which what is at a place can not be used; `None`: it can for ever.
    pub fn until(&self, from: From) -> Option<Date> {
        let own = match from {
            From::Lot(at) => Some(self.lots[at].until),
            From::Rest => None,
        };
        own.into_iter().chain(self.until).min()
    }

    /// The days on which something in it, or all of it, can no longer be used.
    pub fn days_of_expiry(&self) -> impl Iterator<Item = Date> + '_ {
        self.lots.iter().map(|lot| lot.until).chain(self.until)
    }

    /// What is at a place.
    pub fn at(&self, from: From) -> i128 {
        match from {
            From::Lot(at) => self.lots[at].left,
            From::Rest => self.rest.max(0),
        }
    }

    pub fn take(&mut self, from: From, amount: i128) {
        match from {
            From::Lot(at) => self.lots[at].left -= amount,
            From::Rest => self.rest -= amount,
        }
    }
}

/// Whether no wallet is for subscriptions under a scheme.
pub fn none_pays(wallets: &[Money<'_>], scheme: &str) -> bool {
    !wallets.iter().any(|wallet| wallet.pays(scheme))
}

/// Wallets that can pay under a scheme on a day, and in which order what is in them is taken: those for that scheme before others, then
/// what expires first, then by priority and id. One that has expired pays and lends nothing.
pub fn order(wallets: &[Money<'_>], scheme: &str, day: Date) -> Vec<(usize, From)> {
    let can_pay =
        |wallet: &Money<'_>| wallet.pays(scheme) && wallet.until.is_none_or(|until| day < until);
    let places = wallets
        .iter()
        .enumerate()
        .filter(|(_, wallet)| can_pay(wallet));
    let places = places.flat_map(|(number, wallet)| {
        let lots = (0..wallet.lots.len()).map(From::Lot);
        lots.chain([From::Rest]).map(move |from| (number, from))
    });
    let key = |(number, from): &(usize, From)| {
        let wallet = &wallets[*number];
        let until = wallet.until(*from).map_or(i32::MAX, Date::number);
        (wallet.scheme.is_none(), until, wallet.priority, wallet.id)
    };
    let mut places: Vec<(usize, From)> = places.collect();
    if places.len() > 1 {
        places.sort_by(|one, other| key(one).cmp(&key(other)));
    }
    places
}

/// What the wallets that can pay under a scheme hold together, with or without what their limits allow.
pub fn capacity(wallets: &[Money<'_>], places: &[(usize, From)], is_lent: bool) -> i128 {
    let held: i128 = places
        .iter()
        .map(|(number, from)| wallets[*number].at(*from))
        .sum();
    let rests = places.iter().filter(|(_, from)| *from == From::Rest);
    let room: i128 = rests.map(|(number, _)| wallets[*number].room()).sum();
    if is_lent { held + room } else { held }
}

/// Takes an amount that they hold. Out: how much of each wallet, in the order it was taken.
pub fn take(
    wallets: &mut [Money<'_>],
    places: &[(usize, From)],
    amount: i128,
) -> Vec<(usize, i128)> {
    let mut parts: Vec<(usize, i128)> = Vec::new();
    let mut missing = amount;
    let mut of_wallet = |number: usize, taken: i128| {
        if taken != 0 {
            match parts.iter_mut().find(|(other, _)| *other == number) {
                Some((_, sum)) => *sum += taken,
                None => parts.push((number, taken)),
            }
        }
    };
    for (number, from) in places {
        let taken = wallets[*number].at(*from).min(missing);
        if taken > 0 {
            wallets[*number].take(*from, taken);
            of_wallet(*number, taken);
            missing -= taken;
        }
    }
    let rests = places.iter().filter(|(_, from)| *from == From::Rest);
    for (number, _) in rests {
        let lent = wallets[*number].room().min(missing);
        if lent > 0 {
            wallets[*number].take(From::Rest, lent);
            of_wallet(*number, lent);
            missing -= lent;
        }
    }
    // A price below zero puts money in.
    if let (true, Some((number, _))) = (missing < 0, places.first()) {
        wallets[*number].take(From::Rest, missing);
        of_wallet(*number, missing);
    }
    for wallet in wallets {
        wallet.lots.retain(|lot| lot.left > 0);
    }
    parts
}
