//! What the checks of a run have to say.

use super::bill_run::{Check, Level};
use super::table::{Kind, Schema, table_type, text_column};
use polars::prelude::DataFrame;
use std::collections::BTreeMap;

table_type!(
    /// One row per thing a check found. Rows of level `error` hold the run until the check is accepted.
    Findings,
    Schema {
        name: "finding",
        columns: &[
            ("run_id", Kind::Text),
            ("check", Kind::Text), // `Check::name`
            ("level", Kind::Text), // `Level::name`
            ("account_id", Kind::Text),
            ("subscription_id", Kind::Text),
            ("service_id", Kind::Text),
            ("message", Kind::Text),
        ],
        key: &["check", "account_id", "subscription_id", "service_id", "message"],
    }
);

/// One thing a check found. Ids that do not apply are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub check: Check,
    pub account_id: String,
    pub subscription_id: String,
    pub service_id: String,
    /// A lowercase fragment.
    pub message: String,
}

impl Findings {
    /// The findings of the checks that are not off, each with its level.
    pub fn of(run_id: &str, levels: &BTreeMap<Check, Level>, findings: &[Finding]) -> Self {
        let rows: Vec<(&Finding, Level)> = findings
            .iter()
            .filter_map(|finding| Some((finding, *levels.get(&finding.check)?)))
            .collect();
        let texts = |name: &str, of: fn(&Finding) -> &str| {
            text_column(name, rows.iter().map(|(finding, _)| Some(of(finding))))
        };
        let columns = vec![
            text_column("run_id", rows.iter().map(|_| Some(run_id))),
            texts("check", |finding| finding.check.name()),
            text_column("level", rows.iter().map(|(_, level)| Some(level.name()))),
            texts("account_id", |finding| &finding.account_id),
            texts("subscription_id", |finding| &finding.subscription_id),
            texts("service_id", |finding| &finding.service_id),
            texts("message", |finding| &finding.message),
        ];
        Self::checked(DataFrame::new(rows.len(), columns).expect("columns of one height"))
    }
}
