//! Days of a window as written: a date, a word counted from the business date, or either moved by some days.

use super::WrittenDate;
use crate::calendar::Date;
use crate::model::bill_run::{DayWord, WindowDay};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor, value::MapAccessDeserializer};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::fmt;

const EARLIEST: &str = "earliest";

const WORDS: [(&str, DayWord); 7] = [
    ("as_of", DayWord::AsOf),
    ("first_of_month", DayWord::FirstOf(0)),
    ("last_of_month", DayWord::LastOf(0)),
    ("first_of_previous_month", DayWord::FirstOf(-1)),
    ("last_of_previous_month", DayWord::LastOf(-1)),
    ("first_of_next_month", DayWord::FirstOf(1)),
    ("last_of_next_month", DayWord::LastOf(1)),
];

/// The last day of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenDay(pub WindowDay);

/// The first day of a window; `None` where it is `earliest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenStart(pub Option<WindowDay>);

/// A day moved by some days.
#[derive(Deserialize)]
struct Moved {
    date: String,
    plus_days: i32,
}

fn day(text: &str) -> Option<DayWord> {
    let word = WORDS.iter().find(|(word, _)| *word == text);
    word.map(|(_, day)| *day)
        .or_else(|| Date::parse(text).ok().map(DayWord::On))
}

impl<'de> Deserialize<'de> for WrittenDay {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        WrittenStart::deserialize(from)?
            .0
            .map(Self)
            .ok_or_else(|| D::Error::custom(EARLIEST))
    }
}

impl<'de> Deserialize<'de> for WrittenStart {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct WordOrMoved;

        impl<'de> Visitor<'de> for WordOrMoved {
            type Value = WrittenStart;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a day")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<WrittenStart, E> {
                if text == EARLIEST {
                    return Ok(WrittenStart(None));
                }
                let day = day(text).ok_or_else(|| E::custom(text))?;
                Ok(WrittenStart(Some(WindowDay { day, plus_days: 0 })))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WrittenStart, A::Error> {
                let Moved { date, plus_days } =
                    Moved::deserialize(MapAccessDeserializer::new(map))?;
                let day = day(&date).ok_or_else(|| A::Error::custom(date))?;
                Ok(WrittenStart(Some(WindowDay { day, plus_days })))
            }
        }

        from.deserialize_any(WordOrMoved)
    }
}

/// A word, a date, or `{ date: .., plus_days: n }`.
fn schema_with(further: Option<&str>, generator: &mut SchemaGenerator) -> Schema {
    let words = |further: Option<&str>| -> Json {
        let words = WORDS.iter().map(|(word, _)| *word);
        let all: Vec<_> = further.into_iter().chain(words).collect();
        serde_json::json!({ "type": "string", "enum": all })
    };
    let date = WrittenDate::json_schema(generator);
    json_schema!({ "anyOf": [
        words(further),
        date,
        {
            "type": "object",
            "properties": {
                "date": { "description": "A date, or a word for a day.", "anyOf": [words(None), date] },
                "plus_days": {
                    "description": "Days after it; before it with a minus. For example: -1",
                    "type": "integer", "minimum": -3660, "maximum": 3660,
                },
            },
            "required": ["date", "plus_days"],
        },
    ] })
}

impl JsonSchema for WrittenDay {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema_with(None, generator)
    }
}

impl JsonSchema for WrittenStart {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "FirstDay".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema_with(Some(EARLIEST), generator)
    }
}
