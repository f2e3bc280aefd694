//! `kind: tax` as written.

use super::{NonEmpty, Word, WrittenDate, WrittenPercent};
use crate::definition::typed::Spanned;
use crate::model::tax::Prices;
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
    /// Whether tax is added to the amounts of lines (`exclusive`) or is in them already and taken out (`inclusive`).
    pub prices: Word<Prices>,
    /// Printed on the invoices of accounts that are exempt. For example: Exempt under section 6371 of the Tax Code
    pub exempt_note: Option<String>,
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
    pub percent: Option<WrittenPercent>,
    /// Several taxes on the same lines, each rounded by itself. For example: [{ name: GST, percent: "5" }, { name: QST, percent: "9.975" }]
    pub parts: Option<NonEmpty<TaxPart>>,
    /// What is sold is free of tax, and the invoice says why. For example: { note: "Medical care, exempt under section 4 no. 14" }
    pub exempt: Option<Untaxed>,
    /// The customer owes the tax, and the invoice says so. Only for accounts with a `tax_id`: the others go on to the next rate. For example: { note: Reverse charge }
    pub reverse_charge: Option<Untaxed>,
    /// The first invoice date it holds for. For example: 2020-01-01
    pub valid_from: Option<WrittenDate>,
}

/// One of several taxes.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct TaxPart {
    /// What is printed. For example: QST
    pub name: String,
    /// The rate in percent: 9.975 means 9.975 %.
    pub percent: WrittenPercent,
    /// Whether it is also on the taxes before it.
    pub compound: bool,
}

/// Why there is no tax.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Untaxed {
    /// What the law wants printed on the invoice. For example: Reverse charge
    pub note: String,
}
