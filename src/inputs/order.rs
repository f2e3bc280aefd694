//! Which inputs a table rests on, in the order they can be read.

use super::sql;
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model;
use crate::model::workspace::Input;
use std::collections::BTreeMap;

/// The wanted inputs and all those their `sql` reads, each once and behind what it reads.
///
/// Errors: `BW-F100` no such input, `BW-F142` inputs that read one another, `BW-F143` an `sql` that is no single SELECT.
pub fn reading_order<'a>(
    inputs: &'a BTreeMap<String, Input>,
    wanted: &[&str],
) -> Result<Vec<(&'a str, &'a Input)>, Report> {
    let mut walk = Walk {
        inputs,
        path: Vec::new(),
        order: Vec::new(),
        report: Report::new(),
    };
    for name in wanted {
        walk.visit(name);
    }
    walk.report.unless_errors(walk.order)
}

struct Walk<'a> {
    inputs: &'a BTreeMap<String, Input>,
    /// From a wanted input down to the one being looked at.
    path: Vec<&'a str>,
    order: Vec<(&'a str, &'a Input)>,
    report: Report,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, wanted: &str) {
        let Some((name, input)) = self.inputs.get_key_value(wanted) else {
            self.report.push(self.unknown(wanted));
            return;
        };
        let name = name.as_str();
        if self.order.iter().any(|(done, _)| *done == name) {
            return;
        }
        if let Some(from) = self.path.iter().position(|open| *open == name) {
            self.report.push(cycle(&self.path[from..]));
            return;
        }
        if let Input::Sql { query } = input {
            self.path.push(name);
            match model::sql::query(query) {
                Ok(tables) => tables.iter().for_each(|table| self.visit(table)),
                Err(fault) => self.report.push(
                    Diagnostic::error("BW-F143", sql::place(name), fault.message)
                        .help("write one SELECT over other inputs by name"),
                ),
            }
            self.path.pop();
        }
        self.order.push((name, input));
    }

    fn unknown(&self, wanted: &str) -> Diagnostic {
        let place = match self.path.last() {
            Some(reader) => sql::place(reader),
            None => Place::file("billwright.toml"),
        };
        let message = format!("there is no input `{wanted}`");
        let help = match nearest(wanted, self.inputs.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add [inputs.{wanted}] to billwright.toml, with `path` or `sql`"),
        };
        Diagnostic::error("BW-F100", place, message).help(help)
    }
}

fn cycle(names: &[&str]) -> Diagnostic {
    let message = if let [own] = names {
        format!("the input `{own}` reads itself")
    } else {
        format!(
            "inputs read one another: {} -> {}",
            names.join(" -> "),
            names[0]
        )
    };
    Diagnostic::error("BW-F142", sql::place(names[0]), message).help("let one of them read a file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(of: &[(&str, &str)]) -> BTreeMap<String, Input> {
        of.iter()
            .map(|(name, text)| {
                let input = if text.contains("SELECT") {
                    Input::Sql {
                        query: (*text).to_owned(),
                    }
                } else {
                    Input::File {
                        path: (*text).to_owned(),
                        columns: BTreeMap::new(),
                    }
                };
                ((*name).to_owned(), input)
            })
            .collect()
    }

    fn refused(of: &[(&str, &str)], wanted: &str) -> Vec<String> {
        let report = reading_order(&inputs(of), &[wanted]).unwrap_err();
        report
            .iter()
            .map(|one| {
                format!(
                    "{} {}: {} ({})",
                    one.code,
                    one.place,
                    one.message,
                    one.help.as_deref().unwrap_or("")
                )
            })
            .collect()
    }

    #[test]
    fn an_input_comes_behind_what_it_reads() {
        let inputs = inputs(&[
            ("a", "SELECT * FROM b JOIN c ON b.x = c.x"),
            ("b", "SELECT * FROM c"),
            ("c", "c.csv"),
            ("d", "d.csv"),
        ]);
        let order = reading_order(&inputs, &["a"]).unwrap();
        let names: Vec<_> = order.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["c", "b", "a"]);
    }

    #[test]
    fn a_circle_of_inputs_is_refused() {
        assert_eq!(
            refused(&[("a", "SELECT * FROM b"), ("b", "SELECT * FROM a")], "a"),
            [
                "BW-F142 the sql of [inputs.a]: inputs read one another: a -> b -> a (let one of them read a file)"
            ]
        );
        assert_eq!(
            refused(&[("a", "SELECT * FROM a")], "a"),
            [
                "BW-F142 the sql of [inputs.a]: the input `a` reads itself (let one of them read a file)"
            ]
        );
    }

    #[test]
    fn an_unknown_input_offers_its_nearest_neighbor() {
        assert_eq!(
            refused(&[("a", "SELECT * FROM exprot"), ("export", "e.csv")], "a"),
            ["BW-F100 the sql of [inputs.a]: there is no input `exprot` (did you mean `export`?)"]
        );
    }
}
