//! `kind: reconciliation` as written.

use super::WrittenAmount;
use crate::definition::typed::Spanned;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use std::borrow::Cow;

/// A run's figures against somebody else's, key by key.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Reconciliation {
    /// The name, as in `billwright reconcile NAME`. For example: legacy-february
    #[schemars(extend("format" = "name"))]
    pub name: Spanned<String>,
    /// What is compared, for people.
    pub title: Option<String>,
    /// Our side: the id of a run, NAME (its latest run), or NAME@AS_OF. For example: telco-monthly@2026-02-01
    pub run: Spanned<String>,
    /// Their side: an input of the workspace. For example: legacy
    pub against: Spanned<String>,
    /// Our key column and theirs. For example: { account_id: customerID }
    pub key: Key,
    /// Our figure and their column. For example: { net: MonthlyCharges }
    pub compare: Pair<Measure>,
    /// A difference up to this, either way, is a match. For example: "1.50"
    pub tolerance: WrittenAmount,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Key {
    /// Their column with the id of the account.
    pub account_id: String,
}

/// One of our names with one of theirs.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Pair<T>(pub T);

/// A figure of our invoices, and their column for it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    Net(String),
    Tax(String),
    Total(String),
}

impl JsonSchema for Pair<Measure> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Compare".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "net": { "type": "string", "description": "Their column with the sum before tax." },
                "tax": { "type": "string", "description": "Their column with the tax." },
                "total": { "type": "string", "description": "Their column with the sum including tax." },
            },
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}
