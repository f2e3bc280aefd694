//! `kind: group` as written.

use super::{NonEmpty, Word};
use crate::definition::typed::Spanned;
use crate::model::bill_run::Format;
use schemars::JsonSchema;
use serde::Deserialize;

/// A bill group: what the accounts that name it in their column `group` have in common. An account's own value goes first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Group {
    /// The name in the column `group` of accounts. For example: enterprise
    #[schemars(extend("format" = "name"))]
    pub name: Spanned<String>,
    /// What the group is, for people.
    #[expect(dead_code, reason = "for readers of the file; no document shows it")]
    title: Option<String>,
    /// The day of the month their periods begin on; in a shorter month its last day. For example: 1
    #[schemars(range(min = 1, max = 31))]
    pub bill_day: Option<u32>,
    /// Goes before the bill run's own advance_days. For example: 5
    #[schemars(range(min = 0, max = 366))]
    pub advance_days: Option<i32>,
    /// How documents reach them: `none`, `email`, `hardcopy` or `email_and_hardcopy`.
    pub delivery: Option<Delivery>,
    /// The name of the payment terms. For example: net-30
    pub payment_terms: Option<Spanned<String>>,
    /// Which documents are made.
    pub render: Option<GroupRender>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    None,
    Email,
    Hardcopy,
    EmailAndHardcopy,
}

impl Delivery {
    /// As in the column `delivery` of accounts.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Email => "email",
            Self::Hardcopy => "hardcopy",
            Self::EmailAndHardcopy => "email_and_hardcopy",
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct GroupRender {
    /// The template without its ending: `enterprise` is templates/enterprise.html and templates/enterprise.txt; without it the
    /// template of everybody. For example: enterprise
    #[schemars(extend("format" = "name"))]
    pub template: Option<Spanned<String>>,
    /// The formats; without them those of the bill run. For example: [html, txt]
    pub formats: Option<NonEmpty<Spanned<Word<Format>>>>,
}
