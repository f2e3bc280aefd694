//! `kind: hold` as written.

use super::{NonEmpty, Word, WrittenDate};
use crate::definition::typed::Spanned;
use crate::model::hold::{Held, Release};
use schemars::JsonSchema;
use serde::Deserialize;

/// A decision to leave accounts or services alone until a day, in place of an edit in another system; listed in every plan.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Hold {
    /// The name plans list it by. For example: ticket-8812
    #[schemars(extend("format" = "name"))]
    pub name: Spanned<String>,
    /// What is left alone: `billing`.
    pub what: NonEmpty<Word<Held>>,
    /// Ids of accounts. For example
    pub accounts: Option<NonEmpty<String>>,
    /// Ids of services. For example: [S-7, S-8]
    pub services: Option<NonEmpty<String>>,
    /// The first day it no longer holds. For example: 2026-03-15
    pub until: WrittenDate,
    /// What becomes of the held days afterwards: `defer`, all of them are billed then, or `waive`, what was ready before `until` is
    /// never billed.
    pub release: Word<Release>,
    /// Why, for people; it is shown with everything it holds. For example: disputed installation
    pub reason: Option<String>,
}
