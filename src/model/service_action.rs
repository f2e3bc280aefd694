//! Services that run out of money are stopped and started again: what was ordered, and what could be.

use super::table::{Kind, Schema, table_type};
use crate::calendar::Date;

table_type!(
    /// What is to be done about a service in the view of a run: a row for each that is ordered, or would be where the run stops or
    /// starts services by itself.
    ServiceActions,
    Schema {
        name: "service_action",
        columns: &[
            ("account_id", Kind::Text),
            ("subscription_id", Kind::Text),
            ("service_id", Kind::Text),
            ("run_id", Kind::Text),
            ("action", Kind::Text), // stop, start
            ("state", Kind::Text),  // candidate, ordered
            ("on_day", Kind::Date), // the business date of the run: the first day it holds for
            ("since", Kind::Date),  // of a start: the first day it was stopped; null of a stop
            ("amount", Kind::Amount), // of a stop: what is missing; of a start: what the day it begins again costs
            ("currency", Kind::Text),
        ],
        key: &["account_id", "subscription_id", "service_id", "action"],
    }
);

/// What is done about a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Stop,
    Start,
}

impl Action {
    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Stop, Self::Start]
            .into_iter()
            .find(|action| action.name() == name)
    }

    /// What takes it back.
    pub fn opposite(self) -> Self {
        match self {
            Self::Stop => Self::Start,
            Self::Start => Self::Stop,
        }
    }
}

/// Says of a row that it is ordered, beside which it is a candidate.
pub const ORDERED: &str = "ordered";
/// See [`ORDERED`].
pub const CANDIDATE: &str = "candidate";

/// A service that is stopped on the day of a run, because nobody paid for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub account_id: String,
    pub subscription_id: String,
    pub service_id: String,
    pub charge: String,
    pub scheme: String,
    pub currency: String,
    /// The first day.
    pub since: Date,
}
