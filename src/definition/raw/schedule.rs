//! `schedule` of a run as written.

use super::{WrittenLocalTime, WrittenTime};
use crate::calendar::Pace;
use crate::definition::typed::Spanned;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Schedule {
    /// The first time, on the clock of the workspace's timezone. For example: "2026-02-01T08:00"
    pub start_at: WrittenLocalTime,
    /// How far apart the times are, counted from the first. For example: { months: 1 }
    pub every: Every,
    /// How a run that was held is tried again. For example: { every: { minutes: 15 }, until: "06:00" }
    pub retry: Option<Retry>,
    /// Whether the run is for one time: it is due until it was made, and refused for later days.
    pub disable_after_run: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Retry {
    /// Minutes or hours from one try to the next. For example: { minutes: 15 }
    pub every: Spanned<Often>,
    /// The last time of day at which it is tried. For example: "06:00"
    pub until: WrittenTime,
}

/// So many of a unit of time.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    Minutes(i32),
    Hours(i32),
    Days(i32),
    Weeks(i32),
    Months(i32),
}

/// The same within a night.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Often {
    Minutes(i32),
    Hours(i32),
}

impl Every {
    pub fn pace(self) -> Pace {
        match self {
            Self::Minutes(number) => Pace::Minutes(number),
            Self::Hours(number) => Pace::Hours(number),
            Self::Days(number) => Pace::Days(number),
            Self::Weeks(number) => Pace::Weeks(number),
            Self::Months(number) => Pace::Months(number),
        }
    }
}

impl Often {
    pub fn pace(self) -> Pace {
        match self {
            Self::Minutes(number) => Pace::Minutes(number),
            Self::Hours(number) => Pace::Hours(number),
        }
    }
}

/// One key out of some units, with a whole number that is at most what is said beside it.
fn one_of(units: &[(&str, i32)]) -> Schema {
    let property = |(unit, most): &(&str, i32)| {
        let description = format!("So many {unit}.");
        let number = json!({
            "description": description, "type": "integer", "minimum": 1, "maximum": most,
        });
        ((*unit).to_owned(), number)
    };
    let properties: Map<String, Json> = units.iter().map(property).collect();
    json_schema!({
        "type": "object",
        "properties": properties,
        "minProperties": 1,
        "maxProperties": 1,
    })
}

const MINUTES: (&str, i32) = ("minutes", 1440);
const HOURS: (&str, i32) = ("hours", 168);

impl JsonSchema for Every {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Every".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let longer = [("days", 366), ("weeks", 53), ("months", 120)];
        one_of(&[&[MINUTES, HOURS], &longer[..]].concat())
    }
}

impl JsonSchema for Often {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Often".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        one_of(&[MINUTES, HOURS])
    }
}
