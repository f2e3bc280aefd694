//! What of a period is free where what is left of its included quantity goes over into the next one.

/// How much has gone over, in units of a quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Left of the period before. It is used first, and never goes over a second time.
    pub into: i128,
    /// Left of this period, by a run before, into the next one: whoever bills more of this period must not give it away again.
    pub out: i128,
}

impl Carried {
    /// What is free of a period in which so much is included.
    pub fn free(self, included: i128) -> i128 {
        self.into + (included - self.out).max(0)
    }

    /// What usage takes of the period's own included quantity.
    pub fn taken(self, included: i128, used: i128) -> i128 {
        (used.min(self.free(included)) - self.into).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_carried_in_is_used_first() {
        let carried = Carried { into: 40, out: 0 };
        let taken = [30, 40, 90, 200].map(|used| carried.taken(100, used));
        assert_eq!(taken, [0, 0, 50, 100]);
    }

    proptest! {
        /// What goes over is no longer there for what comes late: what a period gives away itself, and what it passed on, are never
        /// more than what is included in it.
        #[test]
        fn nothing_is_given_away_twice(included in 0..1000_i128, into in 0..1000_i128, used in 0..3000_i128, late in 0..3000_i128) {
            let carried = Carried { into, out: 0 };
            let out = included - carried.taken(included, used);
            let carried = Carried { into, out };
            prop_assert_eq!(carried.taken(included, used), included - out);
            prop_assert_eq!(carried.taken(included, used + late), included - out);
        }
    }
}
