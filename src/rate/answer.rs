//! What becomes of a due charge: a line, nothing to bill, or a reason why it has no price.

use crate::calendar::Period;
use crate::diagnostic::{Aside, AsideKind, Reach};
use crate::model::line::{LATE_USAGE, Settled};
use crate::model::table::Columns;
use crate::money::{Amount, Quantity, Rate};
use polars::prelude::DataFrame;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Line(Priced),
    /// Usage of nothing, without a minimum: its days are billed, and no line says so.
    Nothing,
    Unpriced(Unpriced),
}

impl From<Result<Priced, Unpriced>> for Answer {
    fn from(priced: Result<Priced, Unpriced>) -> Self {
        priced.map_or_else(Self::Unpriced, Self::Line)
    }
}

impl Answer {
    pub fn line(&self) -> Option<&Priced> {
        match self {
            Self::Line(priced) => Some(priced),
            _ => None,
        }
    }
}

/// An amount and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    pub amount: Amount,
    /// The quantity on the line.
    pub quantity: Quantity,
    /// `None` under tiers.
    pub unit_price: Option<Rate>,
    /// Whether the price is the service's or order's own rather than the scheme's.
    pub is_own_price: bool,
    /// How tiers cut the quantity, as a line keeps it.
    pub tiers: Option<String>,
    /// What single rows of usage cost, as a line keeps it.
    pub events: Option<String>,
    pub bound: Option<Bound>,
    /// What is included in the days so far, where it counts by days.
    pub included: Option<Quantity>,
    /// What the usage before it in its period comes to.
    pub paid: Amount,
    /// Whether that does not follow from how much it was, so that the line has to say it.
    pub is_paid_told: bool,
}

/// What an amount was brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Minimum,
    Maximum,
}

impl Bound {
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
        }
    }
}

/// Why a charge has no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpriced {
    /// More than 14 digits before the point.
    Overflow,
    /// The price is the service's, and it has none.
    NoPrice,
    /// The service names one price, and the charge has one for each tier.
    PriceOnTiers,
    /// The service's own price is below zero, and its usage has a maximum.
    FallsBelowMaximum,
}

impl Unpriced {
    fn reach(self) -> Reach {
        match self {
            Self::Overflow => Reach::Account,
            Self::NoPrice | Self::PriceOnTiers | Self::FallsBelowMaximum => Reach::Service,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Overflow => "BW-R101",
            Self::NoPrice => "BW-R104",
            Self::PriceOnTiers => "BW-R105",
            Self::FallsBelowMaximum => "BW-R106",
        }
    }

    fn message(self) -> String {
        match self {
            Self::Overflow => format!(
                "quantity times price is more than {} digits before the point; is the quantity in the unit of the price?",
                Amount::DIGITS
            ),
            Self::NoPrice => {
                "the price is to come from the service, and its unit_price is empty; fill it in"
                    .to_owned()
            }
            Self::PriceOnTiers => {
                "the service names a unit_price, and its charge is priced by how much it is; empty it, or sell the service under a charge with one price"
                    .to_owned()
            }
            Self::FallsBelowMaximum => {
                "the unit_price of the service is below zero, and its usage has a maximum; write one of zero or more, or sell the service under a charge without a maximum"
                    .to_owned()
            }
        }
    }
}

/// The rows that end without a line, with the reason.
pub fn aside(due: &DataFrame, answers: &[Answer]) -> Vec<Aside> {
    let rows = answers.iter().zip(periods(due)).enumerate();
    rows.filter_map(|(row, (answer, period))| match answer {
        Answer::Line(_) => None,
        Answer::Nothing => {
            let what = match due.text_at("kind", row) {
                LATE_USAGE => "late usage adds nothing",
                _ => "nothing was used",
            };
            let message = format!("{what} from {} up to {}", period.start, period.end);
            Some(Aside {
                kind: AsideKind::Exclusion,
                ..set_aside(due, row, Reach::Service, "no_usage", message)
            })
        }
        Answer::Unpriced(why) => Some(set_aside(due, row, why.reach(), why.code(), why.message())),
    })
    .collect()
}

/// The periods that are billed without a line.
pub fn settled(due: &DataFrame, answers: &[Answer]) -> Vec<Settled> {
    let rows = answers.iter().zip(periods(due)).enumerate();
    rows.filter(|(_, (answer, _))| **answer == Answer::Nothing)
        .map(|(row, (_, period))| Settled {
            account_id: due.text_at("account_id", row).to_owned(),
            service_id: due.text_at("service_id", row).to_owned(),
            charge: due.text_at("charge", row).to_owned(),
            period,
            is_late: due.text_at("kind", row) == LATE_USAGE,
        })
        .collect()
}

fn periods(due: &DataFrame) -> impl Iterator<Item = Period> + '_ {
    let days = due.dates("period_start").zip(due.dates("period_end"));
    days.map(|days| match days {
        (Some(start), Some(end)) => Period::new(start, end),
        _ => unreachable!("what is due has a period"),
    })
}

pub fn set_aside(
    due: &DataFrame,
    row: usize,
    reach: Reach,
    code: &'static str,
    message: String,
) -> Aside {
    Aside {
        kind: AsideKind::Exception,
        reach,
        account_id: due.text_at("account_id", row).to_owned(),
        subscription_id: due.text_at("subscription_id", row).to_owned(),
        service_id: due.text_at("service_id", row).to_owned(),
        charge: due.text_at("charge", row).to_owned(),
        stage: "rate",
        code,
        message,
    }
}
