//! Which rows of a table an SQL condition holds for.

use crate::diagnostic::nearest;
use polars::prelude::{BooleanChunked, DataFrame, IntoLazy};
use polars::sql::sql_expr;
use std::collections::BTreeSet;

/// Why a condition cannot be asked of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unasked {
    /// A lowercase fragment without a full stop.
    pub message: String,
    pub help: Option<String>,
}

/// One yes or no per row; null where the condition cannot be told for a row.
///
/// The condition has passed `sql::expression`. Errors: a column that the table does not have, with the nearest that it has; values
/// that cannot be compared; no yes or no.
pub fn rows(condition: &str, frame: DataFrame) -> Result<BooleanChunked, Unasked> {
    let refused = |message: String| Unasked {
        message,
        help: None,
    };
    let expression = sql_expr(condition).map_err(|error| refused(error.to_string()))?;
    for name in expression.clone().meta().root_names() {
        if frame.column(&name).is_err() {
            let known = frame.get_column_names();
            let near = nearest(&name, known.into_iter().map(|name| name.as_str()));
            return Err(Unasked {
                message: format!("there is no column `{name}` to select by"),
                help: near.map(|near| format!("did you mean `{near}`?")),
            });
        }
    }
    // A condition without a column is one value; beside the others it is one for each row.
    let found = frame
        .lazy()
        .with_columns([expression.alias("selected")])
        .collect()
        .map_err(|error| refused(format!("the condition cannot be computed: {error}")))?;
    let found = found
        .column("selected")
        .and_then(|column| column.bool().cloned());
    found.map_err(|_| Unasked {
        message: "the condition is not a yes or no".to_owned(),
        help: Some("compare a column with a value, such as: region = 'US-CA'".to_owned()),
    })
}

/// The columns that a condition names. It has passed `sql::expression`.
pub fn columns(condition: &str) -> BTreeSet<String> {
    let expression = sql_expr(condition).ok();
    let names = expression.map(|expression| expression.meta().root_names());
    let names = names.into_iter().flatten();
    names.map(|name| name.to_string()).collect()
}
