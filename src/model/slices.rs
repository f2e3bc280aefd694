//! A quantity cut at the bounds of its tiers, and the one form in which a line keeps that.

use super::package::{Package, Partial};
use super::scheme::{Tier, TierModel};
use crate::money::{Quantity, Rate, Worth};
use std::fmt;

/// The parts of a quantity, each at the price of its tier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slices {
    /// The lowest tier first. None of them is empty.
    pub all: Vec<Slice>,
    /// What of a volume was billed before, while it reached another tier.
    pub earlier: Option<Slice>,
}

/// What of a quantity lies in one tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    pub quantity: Quantity,
    /// `None`: as it is.
    pub package: Option<Package>,
    /// What `unit` is the price of; `None`: of a package, or of one.
    pub per: Option<Quantity>,
    pub unit: Rate,
    /// Added once.
    pub flat: Rate,
}

impl Slice {
    fn of(tier: &Tier, quantity: Quantity) -> Self {
        Self {
            quantity,
            package: tier.package,
            per: tier.per,
            unit: tier.unit,
            flat: tier.flat,
        }
    }

    /// What `unit` is multiplied by: the quantity, or how many packages it comes to, or how much is in these where the
    /// price is for another quantity than one of them. `None` beyond 12 digits.
    pub fn units(&self) -> Option<Quantity> {
        match (self.package, self.per) {
            (None, _) => Some(self.quantity),
            (Some(package), None) => package.count(self.quantity),
            (Some(package), Some(_)) => package.content(self.quantity),
        }
    }

    /// What the units of it come to, its flat part not among them; `None` beyond 128 bits.
    pub fn worth_of_units(&self) -> Option<Worth> {
        match self.per {
            None => Worth::of(self.unit, self.units()?),
            Some(per) => Worth::per(self.unit, self.units()?, per),
        }
    }
}

impl Slices {
    /// Cuts a quantity, or finds its one tier. What meets a bound exactly lies in the tier below it; a quantity of zero or less
    /// lies in none.
    pub fn of(model: TierModel, tiers: &[Tier], quantity: Quantity) -> Self {
        match model {
            TierModel::Volume => Self::whole(tiers, quantity),
            TierModel::Graduated
            | TierModel::Package
            | TierModel::Percentage
            | TierModel::GraduatedPercentage => Self::cut(tiers, quantity),
        }
    }

    fn whole(tiers: &[Tier], quantity: Quantity) -> Self {
        let reaches = |tier: &&Tier| tier.to.is_none_or(|bound| quantity <= bound);
        let reached = tiers
            .iter()
            .find(reaches)
            .filter(|_| quantity > Quantity::ZERO);
        let reached = reached.map(|tier| Slice::of(tier, quantity));
        Self {
            all: reached.into_iter().collect(),
            earlier: None,
        }
    }

    /// The same, with what was billed before as it was then.
    pub fn after(self, earlier: &Self) -> Self {
        let as_now = self.up_to(earlier.quantity());
        let earlier = earlier.all.first().filter(|_| as_now != *earlier);
        Self {
            earlier: earlier.copied(),
            ..self
        }
    }

    fn quantity(&self) -> Quantity {
        let quantities = self.all.iter().map(|slice| slice.quantity);
        let sum =
            quantities.reduce(|sum, slice| sum.checked_add(slice).expect("parts of a quantity"));
        sum.unwrap_or_default()
    }

    fn cut(tiers: &[Tier], quantity: Quantity) -> Self {
        let mut below = Quantity::ZERO;
        let mut slices = Vec::new();
        for tier in tiers {
            if quantity <= below {
                break;
            }
            let through = tier.to.map_or(quantity, |bound| bound.min(quantity));
            slices.push(Slice::of(tier, through.minus(below)));
            below = through;
        }
        Self {
            all: slices,
            earlier: None,
        }
    }

    /// The slices of the first `quantity` of what was cut, or of what was billed before.
    pub fn up_to(&self, quantity: Quantity) -> Self {
        if let Some(earlier) = self.earlier.filter(|earlier| quantity == earlier.quantity) {
            return Self {
                all: vec![earlier],
                earlier: None,
            };
        }
        let mut left = quantity;
        let mut slices = Vec::new();
        for slice in &self.all {
            if left <= Quantity::ZERO {
                break;
            }
            slices.push(Slice {
                quantity: slice.quantity.min(left),
                ..*slice
            });
            left = left.minus(slice.quantity);
        }
        Self {
            all: slices,
            earlier: None,
        }
    }

    /// What all of them come to; `None` beyond 128 bits.
    pub fn worth(&self) -> Option<Worth> {
        self.all.iter().try_fold(Worth::ZERO, |sum, slice| {
            sum.checked_add(slice.worth_of_units()?)?
                .checked_add(Worth::of(slice.flat, Quantity::ONE)?)
        })
    }

    /// Reads what `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (all, earlier) = match text.split_once(LESS) {
            Some((all, earlier)) => (all, Some(earlier)),
            None => (text, None),
        };
        let earlier = match earlier.map(parse) {
            Some(slices) => match slices?.as_slice() {
                [earlier] => Some(*earlier),
                _ => return None,
            },
            None => None,
        };
        Some(Self {
            all: parse(all)?,
            earlier,
        })
    }
}

/// What stands between all of a quantity and what was billed before.
const LESS: &str = " less ";

/// What stands between a price and what it is for.
pub(super) const PER: &str = " per ";

fn parse(text: &str) -> Option<Vec<Slice>> {
    let mut slices: Vec<Slice> = Vec::new();
    for term in text.split(" + ").filter(|_| !text.is_empty()) {
        let Some((counted, unit)) = term.split_once(" x ") else {
            slices.last_mut()?.flat = Rate::parse(term).ok()?;
            continue;
        };
        let (quantity, package) = match counted.split_once(" / ") {
            Some((quantity, package)) => (quantity, Some(parse_package(package)?)),
            None => (counted, None),
        };
        let (unit, per) = match unit.split_once(PER) {
            Some((unit, per)) => (unit, Some(Quantity::parse(per).ok()?)),
            None => (unit, None),
        };
        slices.push(Slice {
            quantity: Quantity::parse(quantity).ok()?,
            package,
            per,
            unit: Rate::parse(unit).ok()?,
            flat: Rate::ZERO,
        });
    }
    let is_empty = |slice: &Slice| {
        let size = slice.package.map(|package| package.size);
        let mut divisors = size.into_iter().chain(slice.per);
        divisors.any(|divisor| divisor <= Quantity::ZERO)
    };
    (!slices.iter().any(is_empty)).then_some(slices)
}

fn parse_package(text: &str) -> Option<Package> {
    let (size, partial) = match text.split_once(' ') {
        Some((size, name)) => {
            let mut named = Partial::ALL.into_iter().skip(1);
            (size, named.find(|partial| partial.name() == name)?)
        }
        None => (text, Partial::Up),
    };
    let size = Quantity::parse(size).ok()?;
    Some(Package { size, partial })
}

impl fmt::Display for Slices {
    /// `100 x 0.04 + 5.00 + 50 x 0.03`: a tier's flat part follows its units, and is left out where it is zero. `121 / 10 x 4.00`
    /// where the price is for packages of 10, each one begun, or `121 / 10 down x 4.00`, each full one; `121 / 1 x 0.10 per 60`
    /// where the price is for 60, and charged is one by one. `150 x 0.03 less 100 x 0.04` where 100 of a volume were billed before.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text())
    }
}

impl Slices {
    /// As `Display` writes it, without the detour: most usage has one.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(64);
        for (number, slice) in self.all.iter().enumerate() {
            text.push_str(if number == 0 { "" } else { " + " });
            slice.put(&mut text);
        }
        if let Some(earlier) = &self.earlier {
            text.push_str(LESS);
            earlier.put(&mut text);
        }
        text
    }
}

impl Slice {
    fn put(&self, text: &mut String) {
        self.quantity.put(text);
        if let Some(package) = self.package {
            text.push_str(" / ");
            package.size.put(text);
            if package.partial != Partial::Up {
                text.push(' ');
                text.push_str(package.partial.name());
            }
        }
        text.push_str(" x ");
        self.unit.put(text);
        if let Some(per) = self.per {
            text.push_str(PER);
            per.put(text);
        }
        if !self.flat.is_zero() {
            text.push_str(" + ");
            self.flat.put(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tier(to: Option<&str>, unit: &str, flat: &str) -> Tier {
        Tier {
            to: to.map(|bound| Quantity::parse(bound).unwrap()),
            package: None,
            per: None,
            unit: Rate::parse(unit).unwrap(),
            flat: Rate::parse(flat).unwrap(),
        }
    }

    fn package(size: &str, partial: Partial) -> Option<Package> {
        let size = Quantity::parse(size).unwrap();
        Some(Package { size, partial })
    }

    fn cut(quantity: &str) -> String {
        let tiers = [
            tier(Some("100"), "0.04", "5"),
            tier(Some("500"), "0.03", "0"),
            tier(None, "0.0125", "1"),
        ];
        Slices::of(
            TierModel::Graduated,
            &tiers,
            Quantity::parse(quantity).unwrap(),
        )
        .to_string()
    }

    #[test]
    fn a_quantity_equal_to_a_bound_lies_in_the_tier_below() {
        assert_eq!(cut("0"), "");
        assert_eq!(cut("100"), "100 x 0.04 + 5.00");
        assert_eq!(cut("100.000001"), "100 x 0.04 + 5.00 + 0.000001 x 0.03");
        assert_eq!(
            cut("2500"),
            "100 x 0.04 + 5.00 + 400 x 0.03 + 2000 x 0.0125 + 1.00"
        );
    }

    #[test]
    fn packages_are_kept_with_their_size() {
        let tiers = [Tier {
            package: package("10", Partial::Up),
            ..tier(None, "4", "0")
        }];
        let slices = Slices::of(TierModel::Package, &tiers, Quantity::parse("121").unwrap());
        assert_eq!(slices.to_string(), "121 / 10 x 4.00");
        assert_eq!(slices.all[0].units(), Quantity::parse("13").ok());
    }

    #[test]
    fn a_price_for_so_many_is_charged_by_the_package_and_divided_once() {
        let tiers = [Tier {
            package: package("7", Partial::Up),
            per: Quantity::parse("60").ok(),
            ..tier(None, "0.10", "1")
        }];
        let quantity = Quantity::parse("121").unwrap();
        let slices = Slices::of(TierModel::Graduated, &tiers, quantity);
        assert_eq!(slices.to_string(), "121 / 7 x 0.10 per 60 + 1.00");
        assert_eq!(slices.all[0].units(), Quantity::parse("126").ok());
        // 1.21, and not 18 times a rounded 0.0116..
        let exact = Worth::of(Rate::parse("1.21").unwrap(), Quantity::ONE);
        assert_eq!(slices.worth(), exact);
        let thirds = Slices::parse("1 x 1.00 per 3 + 1 x 1.00 per 6 + 0.50").unwrap();
        assert_eq!(
            thirds.worth(),
            Worth::of(Rate::parse("1").unwrap(), Quantity::ONE)
        );
    }

    #[test]
    fn a_volume_keeps_what_was_billed_of_it_at_another_tier() {
        let tiers = [tier(Some("100"), "0.04", "1"), tier(None, "0.03", "0")];
        let volume = |text| {
            let quantity = Quantity::parse(text).unwrap();
            Slices::of(TierModel::Volume, &tiers, quantity)
        };
        let kept = volume("150").after(&volume("100"));
        assert_eq!(kept.to_string(), "150 x 0.03 less 100 x 0.04 + 1.00");
        assert_eq!(Slices::parse(&kept.to_string()).as_ref(), Some(&kept));
        assert_eq!(kept.up_to(Quantity::parse("100").unwrap()), volume("100"));
        let same = volume("150").after(&volume("120"));
        assert_eq!(same, volume("150"), "the tier has stayed the same");
    }

    #[test]
    fn only_what_was_written_is_read() {
        for text in [
            "5.00",
            "5 / 0 x 1",
            "5 / 1 up x 1",
            "5 x 1 per 0",
            "5 x 1 per -1",
            "5 x 1 per ",
            "5 x 1 less ",
            "5 x 1 less 1 x 1 + 1 x 2",
            "5 / x 1",
            "100 x",
            "100 x 0.04 + ",
            "a x 0.04",
            "100 * 0.04",
        ] {
            assert_eq!(Slices::parse(text), None, "{text}");
        }
        assert_eq!(Slices::parse(""), Some(Slices::default()));
    }

    prop_compose! {
        fn tiers()(widths in prop::collection::vec(1_i128..5_000_000_000, 0..5), prices in prop::collection::vec((-2_000_000_000_i128..2_000_000_000, 0_i128..3_000_000_000, prop::option::of((1_i128..90_000_000, prop::sample::select(&Partial::ALL[..]))), prop::option::of(1_i128..90_000_000)), 6)) -> Vec<Tier> {
            let mut bound = 0;
            let bounds = widths.into_iter().map(|width| { bound += width; Quantity::from_units(bound) }).chain([None]).collect::<Vec<_>>();
            bounds.into_iter().zip(prices).map(|(to, (unit, flat, package, per))| Tier {
                to,
                package: package.map(|(size, partial)| Package { size: Quantity::from_units(size).unwrap(), partial }),
                per: per.and_then(Quantity::from_units),
                unit: Rate::from_units(unit).unwrap(),
                flat: Rate::from_units(flat).unwrap(),
            }).collect()
        }
    }

    proptest! {
        /// Tiers cover a quantity exactly once.
        #[test]
        fn slices_add_up_to_the_quantity(tiers in tiers(), units in 0_i128..50_000_000_000) {
            let slices = Slices::of(TierModel::Graduated, &tiers, Quantity::from_units(units).unwrap());
            prop_assert_eq!(slices.all.iter().map(|slice| slice.quantity.units()).sum::<i128>(), units);
            prop_assert!(slices.all.iter().all(|slice| slice.quantity > Quantity::ZERO));
        }

        /// What a line keeps of its tiers is read back as the same.
        #[test]
        fn writing_and_reading_tiers_agree(tiers in tiers(), units in 0_i128..50_000_000_000) {
            let slices = Slices::of(TierModel::Graduated, &tiers, Quantity::from_units(units).unwrap());
            prop_assert_eq!(Slices::parse(&slices.to_string()), Some(slices));
        }

        /// Cutting off what came later leaves what the earlier quantity was cut into.
        #[test]
        fn the_first_of_a_quantity_is_cut_as_it_was_alone(tiers in tiers(), first in 0_i128..20_000_000_000, more in 0_i128..20_000_000_000) {
            let quantity = |units| Quantity::from_units(units).unwrap();
            let whole = Slices::of(TierModel::Graduated, &tiers, quantity(first + more));
            prop_assert_eq!(whole.up_to(quantity(first)), Slices::of(TierModel::Graduated, &tiers, quantity(first)));
        }
    }
}
