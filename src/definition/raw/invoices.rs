//! `invoices` of a bill run as written: dates, numbers, what shares an invoice and which are not sent.

use super::{NonEmpty, OneOrMany, Word, WrittenAmount, WrittenDate};
use crate::definition::typed::Spanned;
use crate::model::bill_run::Negative;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor, value::MapAccessDeserializer};
use std::borrow::Cow;
use std::fmt;

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Invoices {
    /// The invoice date: `window_to` (the end of the window), `as_of`, `bill_day` (the account's bill day in that month), or a date.
    pub date: InvoiceDate,
    /// The posting date: `transaction_date` (the run's business date), { month: 2, year: 2026 } (the account's bill day in that
    /// month), or { month_of: invoice_date }.
    pub posting_date: PostingDate,
    /// When an invoice is to be paid, beside what its payment terms say.
    pub due: Due,
    /// What shares an invoice: `account` first, then columns of account, subscription or service whose values part an account's
    /// lines. For example: [account, cost_centre]
    pub group_by: Spanned<NonEmpty<Spanned<String>>>,
    /// The number series, a [series.NAME] of billwright.toml; where accounts have several currencies a list, one series for
    /// each. For example: [default, euro]
    pub series: OneOrMany<Spanned<String>>,
    /// The number series of credit notes; `credit_notes` is there without being written. For example: credit_notes
    pub credit_series: OneOrMany<Spanned<String>>,
    /// What is counted as billed and not printed: `zero_lines` (lines of 0.00), `zero_invoices` (all of whose lines are).
    pub suppress: Vec<Suppress>,
    /// The smallest invoice worth sending; a smaller one is carried to the next run, unless it is a final one.
    pub minimum: Minimum,
    /// What becomes of an invoice below zero: `credit_note`, or `carry`, so that it waits for what the next run charges.
    pub negative: Word<Negative>,
    /// Post without waiting for a person. The workspace has to allow it too: allow_auto_post = true
    pub auto_post: Spanned<bool>,
}

#[derive(Debug)]
pub enum InvoiceDate {
    WindowTo,
    AsOf,
    BillDay,
    On(WrittenDate),
}

impl<'de> Deserialize<'de> for InvoiceDate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match String::deserialize(from)?.as_str() {
            "window_to" => Self::WindowTo,
            "as_of" => Self::AsOf,
            "bill_day" => Self::BillDay,
            date => crate::calendar::Date::parse(date)
                .map(|date| Self::On(WrittenDate(date)))
                .map_err(D::Error::custom)?,
        })
    }
}

impl JsonSchema for InvoiceDate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "InvoiceDate".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let date = WrittenDate::json_schema(generator);
        json_schema!({ "anyOf": [{ "type": "string", "enum": ["window_to", "as_of", "bill_day"] }, date] })
    }
}

#[derive(Debug)]
pub enum PostingDate {
    TransactionDate,
    Month { month: u32, year: i32 },
    MonthOfInvoiceDate,
}

/// A posting date that is a map.
#[derive(Debug, Deserialize)]
struct PostingMonth {
    month: Option<u32>,
    year: Option<i32>,
}

impl<'de> Deserialize<'de> for PostingDate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct WordOrMonth;

        impl<'de> Visitor<'de> for WordOrMonth {
            type Value = PostingDate;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("`transaction_date` or a month")
            }

            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<PostingDate, E> {
                Ok(PostingDate::TransactionDate)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PostingDate, A::Error> {
                let written = PostingMonth::deserialize(MapAccessDeserializer::new(map))?;
                Ok(match (written.month, written.year) {
                    (Some(month), Some(year)) => PostingDate::Month { month, year },
                    _ => PostingDate::MonthOfInvoiceDate,
                })
            }
        }

        from.deserialize_any(WordOrMonth)
    }
}

impl JsonSchema for PostingDate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PostingDate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string", "enum": ["transaction_date"] },
            {
                "type": "object",
                "properties": {
                    "month": { "type": "integer", "minimum": 1, "maximum": 12 },
                    "year": { "type": "integer", "minimum": 1970, "maximum": 2199 },
                },
                "required": ["month", "year"],
            },
            {
                "type": "object",
                "properties": { "month_of": { "type": "string", "enum": ["invoice_date"] } },
                "required": ["month_of"],
            },
        ] })
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Due {
    /// Days added to the due date of the account's payment terms, within the range they allow. For example: -5
    #[schemars(range(min = -3660, max = 3660))]
    pub offset_days: Spanned<i32>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Suppress {
    ZeroLines,
    ZeroInvoices,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Minimum {
    /// An invoice below this total is carried; 0 carries none. For example: "5.00"
    pub total: WrittenAmount,
    /// How long.
    pub carry_at_most: CarryAtMost,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct CarryAtMost {
    /// What is older than so many months is invoiced, however small. For example: 3
    #[schemars(range(min = 1, max = 120))]
    pub months: i32,
}
