//! `sql` inputs: one SELECT over other inputs, text in and text out.

use super::text;
use crate::diagnostic::{Diagnostic, Place, nearest};
use polars::prelude::*;
use polars::sql::SQLContext;
use sqlparser::ast::{Expr, Ident, Select, SelectItem, SetExpr, Statement};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

/// How an `sql` input is named where a file would be.
pub fn shown(name: &str) -> String {
    format!("the sql of [inputs.{name}]")
}

pub fn place(name: &str) -> Place {
    Place::File(shown(name))
}

/// Runs the SELECT of the input `name` over the tables it reads.
///
/// Out: text columns, empty text being null, in the order of all columns, so that row numbers are the same each time.
/// Errors: `BW-F140` a binary float among the results, `BW-F141` the statement cannot be computed.
pub fn run(
    name: &str,
    query: &str,
    tables: &[(&str, &DataFrame)],
) -> Result<DataFrame, Diagnostic> {
    let mut context = SQLContext::new();
    for (table, frame) in tables {
        context.register(table, (*frame).clone().lazy());
    }
    let result = context
        .execute(&named_as_the_first(query))
        .and_then(LazyFrame::collect)
        .map_err(|error| failed(name, &error, tables))?;
    let columns = result
        .columns()
        .iter()
        .map(|column| as_text(name, column))
        .collect::<Result<Vec<_>, _>>()?;
    DataFrame::new(result.height(), columns)
        .and_then(|frame| {
            frame.sort(
                frame.get_column_names_owned(),
                SortMultipleOptions::default(),
            )
        })
        .map_err(|error| failed(name, &error, tables))
}

/// The statement with the columns of every SELECT named as in the first, as SQL has it. Polars names them by what they are
/// made of, and refuses two made of the same.
fn named_as_the_first(query: &str) -> String {
    let mut statements = Parser::parse_sql(&GenericDialect {}, query).unwrap_or_default();
    let [Statement::Query(parsed)] = statements.as_mut_slice() else {
        return query.to_owned();
    };
    let mut selects = Vec::new();
    collect_selects(&mut parsed.body, &mut selects);
    let mut selects = selects.into_iter();
    let names: Vec<_> = match selects.next() {
        Some(first) => first.projection.iter().map(name_of).collect(),
        None => return query.to_owned(),
    };
    for select in selects {
        for (item, name) in select.projection.iter_mut().zip(&names) {
            let Some(name) = name else { break };
            match item {
                SelectItem::ExprWithAlias { alias, .. } => *alias = name.clone(),
                SelectItem::UnnamedExpr(expr) => {
                    *item = SelectItem::ExprWithAlias {
                        expr: expr.clone(),
                        alias: name.clone(),
                    }
                }
                _ => break,
            }
        }
    }
    parsed.to_string()
}

fn collect_selects<'a>(body: &'a mut SetExpr, selects: &mut Vec<&'a mut Select>) {
    match body {
        SetExpr::Select(select) => selects.push(select),
        SetExpr::Query(query) => collect_selects(&mut query.body, selects),
        SetExpr::SetOperation { left, right, .. } => {
            collect_selects(left, selects);
            collect_selects(right, selects);
        }
        _ => {}
    }
}

/// The name a column has by its alias or by itself; `None` for an unnamed expression or a star.
fn name_of(item: &SelectItem) -> Option<Ident> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.clone()),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(name.clone()),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().cloned(),
        _ => None,
    }
}

fn as_text(name: &str, column: &Column) -> Result<Column, Diagnostic> {
    let dtype = column.dtype();
    if !(dtype.is_string() || dtype.is_integer() || dtype.is_bool() || dtype.is_null()) {
        let (code, what) = if dtype.is_float() {
            ("BW-F140", "a binary float".to_owned())
        } else {
            ("BW-F141", format!("of type {dtype}"))
        };
        let message = format!("the column `{}` is {what}", column.name());
        return Err(Diagnostic::error(code, place(name), message).help(
            "give text: money and quantities are taken over as they stand in the file, or written in quotes, '1.10'",
        ));
    }
    Ok(text::column(column).expect("text, whole numbers and flags can be written as text"))
}

fn failed(name: &str, error: &PolarsError, tables: &[(&str, &DataFrame)]) -> Diagnostic {
    let message = error.to_string();
    let first = message.lines().next().unwrap_or_default();
    // Behind it polars lists every column there is.
    let first = first.split("; ").next().unwrap_or(first);
    let first = first.split(". ").next().unwrap_or(first);
    let diagnostic = Diagnostic::error(
        "BW-F141",
        place(name),
        format!("cannot be computed: {first}"),
    );
    let columns = || {
        tables
            .iter()
            .flat_map(|(_, frame)| super::export::column_names(frame))
    };
    let wanted = first.split(['"', '\'', '`']).nth(1).unwrap_or(first);
    match nearest(wanted, columns()) {
        Some(near) if near != wanted => {
            diagnostic.help(format!("did you mean the column `{near}`?"))
        }
        _ => diagnostic.help("see the columns the inputs have; names keep their capitals"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::table::text_column;

    fn export() -> DataFrame {
        DataFrame::new_infer_height(vec![
            text_column("id", [Some("b"), Some("a"), None]),
            text_column("fee", [Some("1.10"), Some("2"), Some("3")]),
        ])
        .unwrap()
    }

    fn refused(query: &str) -> String {
        let found = run("x", query, &[("export", &export())]).unwrap_err();
        format!(
            "{}: {} ({})",
            found.code,
            found.message,
            found.help.unwrap_or_default()
        )
    }

    #[test]
    fn a_result_is_text_in_the_order_of_its_columns() {
        let query = "SELECT id, fee, 1 AS quantity, '' AS note, true AS auto_pay FROM export WHERE id IS NOT NULL";
        let found = run("x", query, &[("export", &export())]).unwrap();
        let expected = DataFrame::new_infer_height(vec![
            text_column("id", [Some("a"), Some("b")]),
            text_column("fee", [Some("2"), Some("1.10")]),
            text_column("quantity", [Some("1"), Some("1")]),
            text_column("note", [None::<&str>, None]),
            text_column("auto_pay", [Some("true"), Some("true")]),
        ])
        .unwrap();
        assert!(found.equals_missing(&expected), "{found:?}");
    }

    #[test]
    fn the_first_select_names_the_columns_of_all() {
        let query = "SELECT id || '-a' AS service_id, id AS owner FROM export WHERE id = 'a' \
            UNION ALL SELECT id || '-b', id FROM export WHERE id = 'b'";
        let found = run("x", query, &[("export", &export())]).unwrap();
        let expected = DataFrame::new_infer_height(vec![
            text_column("service_id", [Some("a-a"), Some("b-b")]),
            text_column("owner", [Some("a"), Some("b")]),
        ])
        .unwrap();
        assert!(found.equals(&expected), "{found:?}");
    }

    #[test]
    fn a_float_result_is_refused_with_its_column() {
        assert!(
            refused("SELECT id, 1.5 AS fee FROM export")
                .starts_with("BW-F140: the column `fee` is a binary float")
        );
    }

    #[test]
    fn an_unknown_column_offers_its_nearest_neighbor() {
        assert!(refused("SELECT fees FROM export").ends_with("(did you mean the column `fee`?)"));
    }
}
