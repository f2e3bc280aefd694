//! Folders that say what their files hold, such as `month=2026-06/`.

use super::origin::Origin;
use super::text;
use crate::diagnostic::{Diagnostic, Report};
use crate::model::table::internal;
use polars::prelude::DataFrame;

/// Refuses a file of which a folder says something else than its column of that name: `BW-F145`, with the first such row.
///
/// `frame` has the columns under their names, `begin` is the position of its first row.
pub fn agree(path: &str, frame: &DataFrame, begin: usize, origin: &Origin) -> Result<(), Report> {
    let folders = path.split('/').filter_map(|part| part.split_once('='));
    for (name, wanted) in folders {
        let Ok(column) = frame.column(name) else {
            continue;
        };
        let text = text::column(column).map_err(internal)?;
        let values = text.str().map_err(internal)?;
        let other = values
            .iter()
            .position(|value| !value.is_some_and(|value| is_same(value, wanted)));
        if let Some(position) = other {
            let found = values.get(position).unwrap_or_default();
            let message = format!(
                "`{found}` in a folder named `{name}={wanted}`; which one is right is not guessed"
            );
            return Err(Diagnostic::error(
                "BW-F145",
                origin.place(begin + position, name),
                message,
            )
            .help("put the file into its folder, or export it again")
            .into());
        }
    }
    Ok(())
}

/// Numbers by their value: a folder may have zeros before them.
fn is_same(value: &str, wanted: &str) -> bool {
    value == wanted
        || matches!((value.parse::<i64>(), wanted.parse::<i64>()), (Ok(one), Ok(other)) if one == other)
}
