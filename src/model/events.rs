//! Usage that is charged row by row, as calls and payments are: what each row costs, and the one form in which a line keeps that.

use super::scheme::{Price, TierModel, UnitPrice, Usage};
use super::slices::{PER, Slices};
use super::window::{RateWindow, window_at};
use crate::calendar::{DAY, Zone};
use crate::money::{Quantity, Rate, Worth};
use std::collections::BTreeMap;
use std::fmt;

/// What is charged about each single row. The default charges nothing of the kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Each {
    /// What is begun of so much counts as all of it; zero: as it was measured.
    pub first: Quantity,
    /// Beyond that the same for each so much.
    pub then: Quantity,
    pub fee: Rate,
    pub free: Free,
    /// What a row costs at least and at most, its fee included.
    pub minimum: Option<Rate>,
    pub maximum: Option<Rate>,
    /// Where a row lasts beyond the end of a window, it is split there: the quantity is so many microseconds for one.
    pub split: Option<i64>,
}

/// Which rows pay no fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Free {
    /// So many of a period, the earliest: they cost nothing at all.
    Rows(u32),
    /// Those that lie within the included quantity, whole.
    Included,
}

impl Default for Free {
    fn default() -> Self {
        Self::Rows(0)
    }
}

impl Each {
    /// Whether rows cost something beside their quantity.
    pub fn charges_rows(&self) -> bool {
        !self.fee.is_zero() || self.free != Free::Rows(0) || self.has_limits()
    }

    pub fn has_limits(&self) -> bool {
        self.minimum.is_some() || self.maximum.is_some()
    }

    /// A quantity with its increments begun; both in units of a quantity.
    pub fn begun(&self, quantity: i128) -> i128 {
        let (first, then) = (self.first.units(), self.then.units());
        let beyond = quantity - first;
        match then {
            _ if quantity <= 0 => 0,
            _ if beyond <= 0 => first,
            0 => quantity,
            then => first + (beyond + then - 1).div_euclid(then) * then,
        }
    }
}

/// One row of usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// In microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// In units of a quantity.
    pub quantity: i128,
}

/// How rows are charged.
#[derive(Clone, Copy, Debug)]
pub struct Rating<'a> {
    each: &'a Each,
    included: i128,
    windows: &'a [RateWindow],
    /// The price of one, where all have the same.
    unit: Rate,
}

impl<'a> Rating<'a> {
    /// `None` where all that counts of rows is their quantity.
    pub fn of(usage: &'a Usage, price: &'a Price) -> Option<Self> {
        let windows: &[RateWindow] = match price {
            Price::Windows(windows) => windows,
            _ => &[],
        };
        let is_asked = usage.each.charges_rows() || !windows.is_empty();
        is_asked.then_some(Self {
            each: &usage.each,
            included: usage.included.units(),
            windows,
            unit: match price {
                Price::PerUnit(UnitPrice::Listed(unit)) => *unit,
                Price::Tiered(TierModel::Percentage, tiers) => tiers[0].unit,
                _ => Rate::ZERO,
            },
        })
    }

    /// Whether it matters when a row was.
    pub fn has_windows(&self) -> bool {
        !self.windows.is_empty()
    }

    /// Rates rows, the earliest first, of a period in which `before` were rated already. Out: all their quantities with their
    /// increments begun, and what they cost. A row of nothing is none. `None` beyond what can be counted.
    pub fn rate(
        &self,
        events: &mut [Event],
        before: &Tally,
        zone: &mut Zone,
    ) -> Option<(i128, Tally)> {
        events.sort_unstable();
        let mut tally = Tally::default();
        let mut quantity = 0;
        let (mut free, included) = match self.each.free {
            Free::Rows(rows) => (i128::from(rows) - before.free(), None),
            Free::Included => (0, Some(self.included - before.charged())),
        };
        for event in events.iter().filter(|event| event.quantity > 0) {
            let begun = self.each.begun(event.quantity);
            quantity += begun;
            if free > 0 {
                free -= 1;
                tally.add(Term::Free, Rate::ZERO, Quantity::ONE.units())?;
            } else if included.is_some_and(|included| quantity <= included) {
                tally.add(Term::Charged, Rate::ZERO, begun)?;
            } else {
                self.one(*event, &mut tally, zone)?;
            }
        }
        Some((quantity, tally))
    }

    fn one(&self, event: Event, tally: &mut Tally, zone: &mut Zone) -> Option<()> {
        let mut own = Tally::default();
        let fee = match self.windows {
            [] => {
                own.add(Term::Charged, Rate::ZERO, self.each.begun(event.quantity))?;
                self.each.fee
            }
            _ => self
                .in_windows(event, &mut own, zone)?
                .unwrap_or(self.each.fee),
        };
        if !fee.is_zero() {
            own.add(Term::Fee, fee, Quantity::ONE.units())?;
        }
        if self.each.has_limits() {
            let charged = Worth::of(self.unit, Quantity::from_units(own.charged())?)?;
            let cost = own.worth()?.checked_add(charged)?;
            let one = Quantity::ONE.units();
            let against = |limit: Rate| cost.against(Worth::of(limit, Quantity::ONE)?);
            match (self.each.minimum, self.each.maximum) {
                (Some(least), _) if against(least)?.is_lt() => {
                    return tally.add(Term::Minimum, least, one);
                }
                (_, Some(most)) if against(most)?.is_gt() => {
                    return tally.add(Term::Maximum, most, one);
                }
                _ => {}
            }
        }
        tally.add_all(&own)
    }

    /// Puts a row into the window it begins in, or each increment into that which it begins in. Out: the fee of the first.
    fn in_windows(&self, event: Event, own: &mut Tally, zone: &mut Zone) -> Option<Option<Rate>> {
        let all = self.each.begun(event.quantity);
        let first = window_at(self.windows, zone.local(event.at));
        let Some(length) = self.each.split else {
            own.add_cut(first, all)?;
            return Some(first.fee);
        };
        let lasts = event.quantity.checked_mul(i128::from(length))?;
        let lasts = i64::try_from(lasts / Quantity::ONE.units()).ok()?;
        let end = event.at.checked_add(lasts)?;
        let (mut at, mut rated) = (event.at, 0);
        while rated < all {
            let local = zone.local(at);
            let window = window_at(self.windows, local);
            let next = next_change(self.windows, at, zone);
            let through = match next < end {
                true => {
                    let passed = i128::from(next - event.at) * Quantity::ONE.units();
                    self.each
                        .begun((passed + i128::from(length) - 1).div_euclid(i128::from(length)))
                }
                false => all,
            };
            let through = through.min(all);
            if through > rated {
                own.add_cut(window, through - rated)?;
            }
            (at, rated) = (next, through.max(rated));
        }
        Some(first.fee)
    }
}

/// The next instant at which another window may hold: an edge of one, a midnight, or a change of clocks.
fn next_change(windows: &[RateWindow], at: i64, zone: &mut Zone) -> i64 {
    let local = zone.local(at);
    let time = local.rem_euclid(DAY);
    let edges = windows.iter().flat_map(|window| [window.from, window.to]);
    let edge = edges
        .filter(|edge| *edge > time)
        .min()
        .unwrap_or(DAY)
        .min(DAY);
    let next = at + (edge - time);
    let offset = local - at;
    if zone.local(next - 1) - (next - 1) == offset {
        return next;
    }
    let (mut same, mut other) = (at, next - 1);
    while other - same > 1 {
        let middle = same + (other - same) / 2;
        match zone.local(middle) - middle == offset {
            true => same = middle,
            false => other = middle,
        }
    }
    other
}

/// What something of a tally is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// So much costs what the price of the charge says.
    Charged,
    /// So much at the price of its windows.
    Unit,
    /// So many fees.
    Fee,
    /// So many rows brought to what each costs at least.
    Minimum,
    /// So many rows brought to what each costs at most.
    Maximum,
    /// So many rows that cost nothing.
    Free,
}

impl Term {
    const NAMED: [(Self, &'static str); 4] = [
        (Self::Fee, "fee "),
        (Self::Minimum, "minimum "),
        (Self::Maximum, "maximum "),
        (Self::Free, "free "),
    ];
}

/// What rows come to: quantities and counts, in units of a quantity, by what they are and what one costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<(Term, Rate, Quantity), i128>);

/// So much of a tally that costs the same.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub term: Term,
    pub rate: Rate,
    /// How many the rate is the price of.
    pub per: Quantity,
    pub count: Quantity,
}

impl Item {
    /// `None` beyond 128 bits.
    pub fn worth(&self) -> Option<Worth> {
        match self.per {
            Quantity::ONE => Worth::of(self.rate, self.count),
            per => Worth::per(self.rate, self.count, per),
        }
    }
}

impl Tally {
    fn add(&mut self, term: Term, rate: Rate, count: i128) -> Option<()> {
        self.add_per(term, rate, Quantity::ONE, count)
    }

    fn add_per(&mut self, term: Term, rate: Rate, per: Quantity, count: i128) -> Option<()> {
        let sum = self.0.entry((term, rate, per)).or_default();
        *sum = Quantity::from_units(*sum + count)?.units();
        Some(())
    }

    /// Adds what lies in a window of one row, cut by its tiers.
    fn add_cut(&mut self, window: &RateWindow, quantity: i128) -> Option<()> {
        let quantity = Quantity::from_units(quantity)?;
        for slice in &Slices::of(TierModel::Graduated, &window.tiers, quantity).all {
            let per = slice.per.unwrap_or(Quantity::ONE);
            self.add_per(Term::Unit, slice.unit, per, slice.units()?.units())?;
            if !slice.flat.is_zero() {
                self.add(Term::Fee, slice.flat, Quantity::ONE.units())?;
            }
        }
        Some(())
    }

    /// Adds another; `None` beyond 12 digits.
    pub fn add_all(&mut self, other: &Self) -> Option<()> {
        let mut terms = other.0.iter();
        terms.try_for_each(|((term, rate, per), count)| self.add_per(*term, *rate, *per, *count))
    }

    pub fn items(&self) -> impl Iterator<Item = Item> {
        self.0.iter().filter_map(|((term, rate, per), count)| {
            Some(Item {
                term: *term,
                rate: *rate,
                per: *per,
                count: Quantity::from_units(*count)?,
            })
        })
    }

    /// What costs as much as the price of the charge says, in units of a quantity.
    pub fn charged(&self) -> i128 {
        self.0
            .get(&(Term::Charged, Rate::ZERO, Quantity::ONE))
            .copied()
            .unwrap_or_default()
    }

    fn free(&self) -> i128 {
        let free = self
            .0
            .get(&(Term::Free, Rate::ZERO, Quantity::ONE))
            .copied();
        free.unwrap_or_default() / Quantity::ONE.units()
    }

    /// What all of it costs but what the price of the charge says; `None` beyond 128 bits.
    pub fn worth(&self) -> Option<Worth> {
        self.items()
            .try_fold(Worth::ZERO, |sum, item| sum.checked_add(item.worth()?))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut tally = Self::default();
        for part in text.split(" + ").filter(|part| *part != "0") {
            let named = Term::NAMED.iter();
            let mut named =
                named.filter_map(|(term, name)| Some((*term, part.strip_prefix(name)?)));
            let (term, rest) = named.next().unwrap_or((Term::Charged, part));
            let (count, rate) = rest.split_once(" x ").unwrap_or((rest, "0"));
            let (rate, per) = match rate.split_once(PER) {
                Some((rate, per)) => (rate, Quantity::parse(per).ok()?),
                None => (rate, Quantity::ONE),
            };
            if per <= Quantity::ZERO {
                return None;
            }
            let term = match term {
                Term::Charged if rest.contains(" x ") => Term::Unit,
                term => term,
            };
            let (rate, count) = (Rate::parse(rate).ok()?, Quantity::parse(count).ok()?);
            tally.add_per(term, rate, per, count.units())?;
        }
        Some(tally)
    }
}

impl fmt::Display for Tally {
    /// `80 + fee 3 x 0.10 + minimum 1 x 1.75 + free 2`, `1800 x 0.50 + 60 x 1.00 per 60`; `0` for nothing.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("0");
        }
        for (at, item) in self.items().enumerate() {
            let Item {
                term,
                rate,
                per,
                count,
            } = item;
            out.write_str(if at == 0 { "" } else { " + " })?;
            let named = Term::NAMED.iter().find(|(named, _)| *named == term);
            out.write_str(named.map_or("", |(_, name)| name))?;
            match term {
                Term::Charged | Term::Free => write!(out, "{count}")?,
                _ if per != Quantity::ONE => write!(out, "{count} x {rate}{PER}{per}")?,
                _ => write!(out, "{count} x {rate}")?,
            }
        }
        Ok(())
    }
}

/// The rows of a line, and those of earlier lines of the same period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    pub now: Tally,
    pub before: Tally,
}

impl Events {
    /// All of the period so far; `None` beyond 12 digits.
    pub fn so_far(&self) -> Option<Tally> {
        let mut all = self.before.clone();
        all.add_all(&self.now)?;
        Some(all)
    }

    /// Reads what `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (now, before) = text.split_once(AFTER).unwrap_or((text, "0"));
        Some(Self {
            now: Tally::parse(now)?,
            before: Tally::parse(before)?,
        })
    }
}

const AFTER: &str = " after ";

impl fmt::Display for Events {
    /// `400 + fee 1 x 2.00 after 50 + fee 2 x 2.00`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.now)?;
        match self.before == Tally::default() {
            true => Ok(()),
            false => write!(out, "{AFTER}{}", self.before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::SECOND;
    use crate::model::package::{Package, Partial};
    use crate::model::scheme::Tier;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    fn each(first: &str, then: &str) -> Each {
        Each {
            first: quantity(first),
            then: quantity(then),
            ..Each::default()
        }
    }

    #[test]
    fn what_is_begun_of_an_increment_counts_as_all_of_it() {
        let begun = |first, then, asked| {
            let units = each(first, then).begun(quantity(asked).units());
            Quantity::from_units(units).unwrap().to_string()
        };
        assert_eq!(begun("60", "1", "0"), "0");
        assert_eq!(begun("60", "1", "0.5"), "60");
        assert_eq!(begun("60", "1", "60"), "60");
        assert_eq!(begun("60", "1", "60.2"), "61");
        assert_eq!(begun("30", "6", "31"), "36");
        assert_eq!(begun("60", "0", "61.5"), "61.5");
        assert_eq!(begun("0", "0", "7.25"), "7.25");
    }

    fn window(from: i64, to: i64, unit: &str) -> RateWindow {
        RateWindow {
            weekdays: Default::default(),
            months: Default::default(),
            dates: Default::default(),
            from: from * 3_600 * SECOND,
            to: to * 3_600 * SECOND,
            tiers: vec![Tier {
                to: None,
                package: None,
                per: None,
                unit: rate(unit),
                flat: Rate::ZERO,
            }],
            fee: None,
        }
    }

    fn rated(each: &Each, at: i64, asked: &str) -> String {
        let windows = [window(2, 4, "1"), window(8, 18, "2"), window(0, 24, "3")];
        let rating = Rating {
            each,
            included: 0,
            windows: &windows,
            unit: Rate::ZERO,
        };
        let mut event = [Event {
            at,
            quantity: quantity(asked).units(),
        }];
        let mut zone = Zone::new(Tz::Europe__Berlin);
        let rated = rating.rate(&mut event, &Tally::default(), &mut zone);
        rated.unwrap().1.to_string()
    }

    fn at(text: &str) -> i64 {
        let time: chrono::DateTime<chrono::Utc> = text.parse().unwrap();
        time.timestamp_micros()
    }

    /// What reaches beyond what is included pays the fee, however much of it lies within; earlier lines of the period have taken
    /// their part.
    #[test]
    fn rows_that_lie_within_what_is_included_pay_no_fee() {
        let each = Each {
            fee: rate("2"),
            free: Free::Included,
            ..Each::default()
        };
        let rating = Rating {
            each: &each,
            included: quantity("250").units(),
            windows: &[],
            unit: rate("0.013"),
        };
        let rated = |quantities: &[&str], before: &str| {
            let rows = (0..).zip(quantities);
            let mut events: Vec<Event> = rows
                .map(|(at, text)| Event {
                    at,
                    quantity: quantity(text).units(),
                })
                .collect();
            let before = Tally::parse(before).unwrap();
            let mut zone = Zone::new(Tz::UTC);
            let rated = rating.rate(&mut events, &before, &mut zone);
            rated.unwrap().1.to_string()
        };
        assert_eq!(
            rated(&["50", "100", "250", "400"], "0"),
            "800 + fee 2 x 2.00"
        );
        assert_eq!(rated(&["250"], "0"), "250");
        assert_eq!(rated(&["60", "40", "10"], "150"), "110 + fee 1 x 2.00");
        assert_eq!(rated(&["1"], "250 + fee 1 x 2.00"), "1 + fee 1 x 2.00");
    }

    /// An increment that begins before an edge is wholly before it.
    #[test]
    fn a_row_is_split_at_the_edge_of_a_window() {
        let split = Each {
            split: Some(SECOND),
            ..each("60", "1")
        };
        let evening = at("2026-02-02T17:59:30+01:00");
        assert_eq!(rated(&split, evening, "20"), "60 x 2.00");
        assert_eq!(rated(&split, evening, "100"), "60 x 2.00 + 40 x 3.00");
        assert_eq!(rated(&each("60", "1"), evening, "100"), "100 x 2.00");
        // Over two nights and a day.
        let hours = Each {
            split: Some(3_600 * SECOND),
            ..Each::default()
        };
        assert_eq!(
            rated(&hours, at("2026-02-02T17:00:00+01:00"), "26"),
            "2 x 1.00 + 11 x 2.00 + 13 x 3.00"
        );
    }

    /// A minute whole, and then ten seconds at a time at a price by the minute; each row begins anew.
    #[test]
    fn tiers_of_a_window_are_those_of_each_row() {
        let tier = |to, size, unit, per| Tier {
            to,
            package: Some(Package {
                size: quantity(size),
                partial: Partial::Up,
            }),
            per,
            unit: rate(unit),
            flat: Rate::ZERO,
        };
        let windows = [RateWindow {
            tiers: vec![
                tier(Some(quantity("60")), "60", "0.40", None),
                tier(None, "10", "0.20", Some(quantity("60"))),
            ],
            fee: Some(rate("0.80")),
            ..window(0, 24, "0")
        }];
        let rating = Rating {
            each: &Each::default(),
            included: 0,
            windows: &windows,
            unit: Rate::ZERO,
        };
        let mut events = [(0, "20"), (1, "85"), (2, "0")].map(|(at, text)| Event {
            at,
            quantity: quantity(text).units(),
        });
        let mut zone = Zone::new(Tz::UTC);
        let rated = rating.rate(&mut events, &Tally::default(), &mut zone);
        let (quantity, tally) = rated.unwrap();
        assert_eq!(quantity, self::quantity("105").units());
        let text = tally.to_string();
        assert_eq!(text, "30 x 0.20 per 60 + 2 x 0.40 + fee 2 x 0.80");
        assert_eq!(Tally::parse(&text), Some(tally.clone()));
        let exact = Worth::of(rate("2.5"), Quantity::ONE);
        assert_eq!(tally.worth(), exact);
        assert_eq!(Tally::parse("30 x 0.20 per 0"), None);
    }

    /// Two to three o'clock is not there in spring, and there twice in autumn.
    #[test]
    fn hours_that_clocks_leave_out_or_show_twice_are_rated_as_they_pass() {
        let hours = Each {
            split: Some(3_600 * SECOND),
            ..Each::default()
        };
        let spring = at("2026-03-29T01:00:00+01:00");
        assert_eq!(rated(&hours, spring, "4"), "1 x 1.00 + 3 x 3.00");
        let autumn = at("2026-10-25T01:00:00+02:00");
        assert_eq!(rated(&hours, autumn, "5"), "3 x 1.00 + 2 x 3.00");
    }

    proptest! {
        /// Windows split a row and lose nothing of it.
        #[test]
        fn what_windows_have_of_a_row_adds_up_to_it(start in 0i64..366 * 86_400, asked in 1i64..300_000, first in 0i64..90, then in 0i64..90) {
            let each = Each { split: Some(SECOND), ..each(&first.to_string(), &then.to_string()) };
            let start = at("2026-01-01T00:00:00Z") + start * SECOND;
            let tally = Tally::parse(&rated(&each, start, &asked.to_string())).unwrap();
            let sum: i128 = tally.items().map(|item| item.count.units()).sum();
            prop_assert_eq!(sum, each.begun(i128::from(asked) * Quantity::ONE.units()));
        }
    }

    #[test]
    fn what_is_printed_is_read_back() {
        for text in [
            "0",
            "80 + fee 3 x 0.10 + minimum 1 x 1.75 + maximum 2 x 12.00 + free 2",
            "1800 x 0.50 + 1800 x 1.00 + fee 1 x 1.00 after 60 x 0.50 + free 3",
            "0 after 5",
        ] {
            assert_eq!(Events::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "x", "fee", "3 x", "free 2 after", "1 x 2 x 3"] {
            assert_eq!(Events::parse(text), None, "{text}");
        }
    }
}
