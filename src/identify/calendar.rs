//! When accounts are billed, and in which periods.

use super::Question;
use crate::calendar::{Cycle, Date};
use crate::model::account::Tables;
use crate::model::frequency::{Anchor, Frequency};
use crate::model::scheme::Scheme;
use crate::model::table::Columns;

/// When an account is billed: by its own columns, else by its group.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calendar {
    pub bill_day: Option<u32>,
    /// `None`: those of the definition.
    pub advance_days: Option<i32>,
}

impl Calendar {
    /// The cycle of a service whose life began on `start`, on a subscription that began on `subscribed`.
    pub fn cycle(
        &self,
        scheme: &Scheme,
        frequency: Frequency,
        start: Date,
        subscribed: Option<Date>,
    ) -> Cycle {
        let start = match scheme.alignment.anchor {
            Anchor::StartDate => subscribed.unwrap_or(start),
            Anchor::BillDay | Anchor::Calendar => start,
        };
        scheme.alignment.cycle(frequency, start, self.bill_day)
    }
}

/// That of every account.
pub fn calendars(question: &Question<'_>, tables: &Tables) -> Vec<Calendar> {
    let groups = tables.accounts.text("group").iter();
    let bill_days = tables.accounts.counts("bill_day").iter();
    let calendar = |(group, bill_day): (Option<&str>, Option<i64>)| {
        let group = group.and_then(|name| question.groups.get(name));
        let own = bill_day.and_then(|day| u32::try_from(day).ok());
        Calendar {
            bill_day: own.or_else(|| group?.bill_day),
            advance_days: group.and_then(|group| group.advance_days),
        }
    };
    groups.zip(bill_days).map(calendar).collect()
}
