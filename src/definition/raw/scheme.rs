//! `kind: scheme` as written.

use super::{NonEmpty, OneOrMany, Rounding, WrittenCurrency, WrittenDate, WrittenRate};
use crate::definition::typed::Spanned;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::borrow::Cow;

/// A billing term scheme: how subscriptions are charged, in one currency.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Scheme {
    /// The name by which subscriptions and runs refer to it. For example: fiber-retail
    #[schemars(extend("format" = "name"))]
    pub name: Spanned<String>,
    /// What the scheme is about, for people.
    pub title: Option<String>,
    /// `normal`: what it charges is invoiced.
    #[expect(dead_code, reason = "has one value so far; read to be checked")]
    classification: Classification,
    /// The currency of every price in it, by its three letters of ISO 4217. For example: USD
    pub currency: WrittenCurrency,
    /// How often its subscriptions can be billed. For example: [monthly]
    pub frequencies: NonEmpty<Frequency>,
    /// The day periods begin on: `bill_day` (the account's), `start_date` (of the subscription), or `calendar` (the 1st).
    pub anchor: Anchor,
    /// The tax category of every charge that names none. For example: standard
    pub tax: String,
    /// How amounts are rounded; without it as the workspace says.
    pub rounding: Option<Rounding>,
    /// The prices a subscription can have.
    pub charges: NonEmpty<Charge>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Classification {
    Normal,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    Monthly,
}

impl AsRef<str> for Frequency {
    fn as_ref(&self) -> &str {
        match self {
            Self::Monthly => "monthly",
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    BillDay,
    StartDate,
    Calendar,
}

/// One price, by the code services refer to.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Charge {
    /// The code in the column `charge` of services; each once in a scheme. For example: access
    #[schemars(extend("format" = "code"))]
    pub code: Spanned<String>,
    /// What is printed on the invoice; without it the code. For example: Fiber 500
    pub description: Option<String>,
    /// A charge for every period.
    pub recurring: Recurring,
    /// What it costs: one price, or a list of prices that each say from which day they hold.
    pub price: OneOrMany<Spanned<Price>>,
    /// The tax category; without it the scheme's. For example: reduced
    pub tax: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Recurring {
    /// When a period is billed: `advance`, on its first day.
    pub timing: Timing,
    /// What a part of a period costs: `daily` (its days of the days of the full period), or `none` (as much as the whole).
    pub proration: Proration,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    Advance,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proration {
    None,
    Daily,
}

/// A price: one of `flat` and `per_unit`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Price {
    /// The first day this price holds; needed where there are several. For example: 2026-01-01
    pub valid_from: Option<Spanned<WrittenDate>>,
    /// The price of a period, whatever the quantity. For example: "50.00"
    pub flat: Option<WrittenRate>,
    /// The price of one; times the quantity of the service. `from_service` takes the service's own unit_price. For example: "2.50"
    pub per_unit: Option<UnitPrice>,
    /// The length of time the price is for.
    #[expect(dead_code, reason = "has one value so far; read to be checked")]
    per: Option<Per>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Per {
    Month,
}

#[derive(Clone, Copy, Debug)]
pub enum UnitPrice {
    Listed(WrittenRate),
    FromService,
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match String::deserialize(from)?.as_str() {
            "from_service" => Ok(Self::FromService),
            rate => crate::money::Rate::parse(rate)
                .map(|rate| Self::Listed(WrittenRate(rate)))
                .map_err(D::Error::custom),
        }
    }
}

impl JsonSchema for UnitPrice {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "UnitPrice".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rate = WrittenRate::json_schema(generator);
        json_schema!({ "anyOf": [{ "type": "string", "enum": ["from_service"] }, rate] })
    }
}
