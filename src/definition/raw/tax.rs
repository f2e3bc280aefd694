//! `kind: tax` as written.

use super::{NonEmpty, Word, WrittenDate, WrittenPercent};
use crate::definition::typed::Spanned;
use crate::money::Rounding;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Tax rates: for each line the first that matches counts, and no match is an exception.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Tax {
    /// The name by which runs and the workspace refer to it. For example: us-sales
    #[schemars(extend("format" = "name"))]
    pub name: Spanned<String>,
    /// What the tax is, for people.
    #[expect(dead_code, reason = "for readers of the file; no document shows it")]
    title: Option<String>,
    /// How tax is rounded, `half_up`, `half_even`, `up` (away from zero) or `down`; without it as the workspace says.
    pub rounding: Option<Word<Rounding>>,
    /// The rates, the one that matters most first.
    pub rates: NonEmpty<Spanned<TaxRate>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct TaxRate {
    /// The tax category of the charges it is for. For example: standard
    pub category: String,
    /// Columns of the account and the value each must have; without it every account. For example: { region: US-CA }
    #[serde(rename = "match", default)]
    pub matches: BTreeMap<String, String>,
    /// The rate in percent: 7.25 means 7.25 %.
    pub percent: WrittenPercent,
    /// The first invoice date it holds for. For example: 2020-01-01
    pub valid_from: Option<WrittenDate>,
}
