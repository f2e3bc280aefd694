//! `billwright.toml` as written.

use super::{Word, WrittenAge, WrittenCurrency};
use crate::definition::typed::Spanned;
use crate::model::workspace::{Mode, Reset, TaxRounding};
use crate::money::Rounding;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The settings of a workspace.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Settings {
    /// The version of this file's form; a newer Billwright may write a higher one.
    pub schema: Spanned<u32>,
    /// The zone all days are in, by its name in the IANA database. For example: Europe/Berlin
    pub timezone: Option<Spanned<String>>,
    /// The currency of the workspace.
    pub currency: WrittenCurrency,
    /// How amounts are rounded; a scheme or a tax may say otherwise: `half_up` (2.5 becomes 3, -2.5 becomes -3), `up` (away from zero), `down` (towards it) or `half_even`
    /// (2.5 becomes 2, 3.5 becomes 4).
    pub rounding: Option<Word<Rounding>>,
    /// Where tax is rounded: `document`, per category on the sum of its lines, or `line`, on each line.
    pub tax_rounding: Word<TaxRounding>,
    /// Whether definitions may post by themselves: the second key that `auto_post` needs.
    pub allow_auto_post: bool,
    /// Threads for computing and rendering; all there are where none is set.
    #[schemars(range(min = 1, max = 1024))]
    pub threads: Option<u32>,
    /// Accounts that are computed together. Fewer take less memory and a little longer; what comes out is the same.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub accounts_at_once: u32,
    /// Who sends the invoices.
    pub seller: Seller,
    /// What runs and accounts use that name nothing of their own.
    pub defaults: Defaults,
    /// Where the book is kept.
    pub book: Book,
    /// Number series by name.
    #[serde(default)]
    pub series: BTreeMap<String, Spanned<Series>>,
    /// Inputs by name.
    #[serde(default)]
    pub inputs: BTreeMap<String, Spanned<Input>>,
    /// The folder documents are written to; there is only out. For example: out
    pub out: Option<Spanned<String>>,
    /// Names of the accounts in the journal.
    pub ledger: Ledger,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Seller {
    /// As printed on invoices.
    pub name: String,
    pub address: Option<String>,
    /// Two letters of ISO 3166. For example: US
    pub country: Option<String>,
    pub tax_id: Option<String>,
    pub email: Option<String>,
    pub bank: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Defaults {
    /// The tax definition of runs that name none.
    pub tax: Option<Spanned<String>>,
    /// The payment terms of accounts that name none.
    pub payment_terms: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Book {
    /// The database. For example: sqlite:book/book.sqlite
    pub url: Spanned<String>,
    /// The folder of its files. For example: book/data
    pub data: Spanned<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Series {
    /// Text with {seq} or {seq:06}, and {year}. For example: INV-{year}-{seq:06}
    pub pattern: Spanned<String>,
    /// `never`, or `year`: numbers begin at 1 in each year of the invoice date.
    pub reset: Word<Reset>,
    /// The currency of its invoices; without it the workspace's. For example: EUR
    pub currency: Option<WrittenCurrency>,
    /// Refuse an invoice date before that of the last number.
    pub chronological: bool,
}

/// A table: a file, or a query over other inputs.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Input {
    /// A CSV or Parquet file, or several of one kind by a pattern, from the folder of the workspace. For example: data/usage-*.csv
    pub path: Option<Spanned<String>>,
    /// Our names of columns and theirs. For example: account_id = "customerID"
    pub columns: Option<Spanned<BTreeMap<String, String>>>,
    /// One SQL SELECT over other inputs by name; every column is text.
    #[schemars(extend("format" = "sql"))]
    pub sql: Option<Spanned<String>>,
    /// What its rows are: `snapshot`, the state of things tonight, or `delta`, what happened, where each id counts once and the same
    /// id with other content is refused, also by a later file. Only usage and top-ups can be a delta, and are one by default.
    pub mode: Option<Spanned<Word<Mode>>>,
    /// Of usage and top-ups: the zone of times that are written without one, by its name in the IANA database. For example: Europe/Berlin
    pub zone: Option<Spanned<String>>,
    /// How old a file may be, in minutes, hours or days; a run is held while it is older. For example: 26h
    pub max_age: Option<Spanned<WrittenAge>>,
    /// A file of sha256sum lines that the files have to agree with. For example: data/SHA256SUMS
    pub manifest: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Ledger {
    /// What accounts owe.
    pub receivable: String,
    /// What services earned.
    pub revenue: String,
    /// What is owed to the state.
    pub tax: String,
    /// What is owed to accounts: the balance credits that invoices use.
    pub credits: String,
}
