//! What the checks of a run have to say.

use super::table::{Kind, Schema, table_type};

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
