//! Which inputs a table rests on, in the order they can be read.

use crate::model::sql;
use crate::model::workspace::{Input, Source};
use std::collections::BTreeMap;

/// One input to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    File {
        name: &'a str,
        path: &'a str,
        /// Our names to theirs.
        columns: &'a BTreeMap<String, String>,
    },
    Sql {
        name: &'a str,
        query: &'a str,
        /// The inputs it reads.
        tables: Vec<String>,
    },
}

impl<'a> Step<'a> {
    pub fn name(&self) -> &'a str {
        match self {
            Self::File { name, .. } | Self::Sql { name, .. } => name,
        }
    }
}

/// The wanted inputs and all those their `sql` reads, each once and behind what it reads.
///
/// Panics where an input is missing, is no SELECT or reads itself: the workspace was checked for that.
pub fn reading_order<'a>(inputs: &'a BTreeMap<String, Input>, wanted: &[&str]) -> Vec<Step<'a>> {
    let mut order = Vec::new();
    for name in wanted {
        visit(inputs, name, &mut Vec::new(), &mut order);
    }
    order
}

/// `path` leads from a wanted input down to this one.
fn visit<'a>(
    inputs: &'a BTreeMap<String, Input>,
    wanted: &str,
    path: &mut Vec<&'a str>,
    order: &mut Vec<Step<'a>>,
) {
    let (name, input) = inputs
        .get_key_value(wanted)
        .unwrap_or_else(|| panic!("no input {wanted}"));
    if order.iter().any(|step| step.name() == name) {
        return;
    }
    assert!(!path.contains(&name.as_str()), "{path:?} reads itself");
    let step = match &input.source {
        Source::File { path, columns } => Step::File {
            name,
            path,
            columns,
        },
        Source::Sql { query } => {
            let tables = sql::query(query).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
            path.push(name);
            for table in &tables {
                visit(inputs, table, path, order);
            }
            path.pop();
            Step::Sql {
                name,
                query,
                tables,
            }
        }
    };
    order.push(step);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_comes_behind_what_it_reads() {
        let query = |query: &str| Source::Sql {
            query: query.to_owned(),
        };
        let file = |path: &str| Source::File {
            path: path.to_owned(),
            columns: BTreeMap::new(),
        };
        let inputs = [
            ("a", query("SELECT * FROM b JOIN c ON b.x = c.x")),
            ("b", query("SELECT * FROM c")),
            ("c", file("c.csv")),
            ("d", file("d.csv")),
        ];
        let inputs = inputs
            .map(|(name, input)| (name.to_owned(), input.into()))
            .into();
        let order = reading_order(&inputs, &["a", "c"]);
        let names: Vec<_> = order.iter().map(|step| step.name()).collect();
        assert_eq!(names, ["c", "b", "a"]);
    }
}
