//! The SQL people may write: one condition, or one query over named inputs.
//!
//! Nothing here runs SQL. What is refused: statements, subqueries, and functions other than those listed, since some
//! engines read files by function.

use sqlparser::ast::{
    DataType, Expr, Function, FunctionArguments, ObjectName, Query, Select, Spanned, Statement,
    TableFactor, Value, ValueWithSpan, Visit, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// What is wrong with a text of SQL, and the byte it begins at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFault {
    pub offset: usize,
    /// A lowercase fragment without a full stop.
    pub message: String,
}

/// Functions from values to a value.
const FUNCTIONS: [&str; 23] = [
    "abs",
    "char_length",
    "coalesce",
    "concat",
    "concat_ws",
    "date",
    "ends_with",
    "greatest",
    "if",
    "ifnull",
    "least",
    "left",
    "length",
    "lower",
    "ltrim",
    "nullif",
    "replace",
    "right",
    "rtrim",
    "starts_with",
    "strpos",
    "substr",
    "upper",
];

/// Checks that a text is one SQL condition: no statement, no subquery, listed functions only.
pub fn expression(text: &str) -> Result<(), SqlFault> {
    let mut parser = parser(text)?;
    let expression = parser.parse_expr().map_err(|error| syntax(text, &error))?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        return Err(SqlFault {
            offset: offset(text, rest.span.start),
            message: format!("the condition ends before `{}`", rest.token),
        });
    }
    walk(
        text,
        &expression,
        Walk {
            query: false,
            tables: BTreeSet::new(),
        },
    )
    .map(drop)
}

/// Checks that a text is one SELECT, or several joined by UNION, and returns the names of the tables it reads, sorted.
pub fn query(text: &str) -> Result<Vec<String>, SqlFault> {
    let mut statements = parser(text)?
        .parse_statements()
        .map_err(|error| syntax(text, &error))?;
    let first = if statements.len() == 1 {
        statements.pop()
    } else {
        None
    };
    let Some(Statement::Query(query)) = first else {
        return Err(SqlFault {
            offset: 0,
            message: "not one SELECT".to_owned(),
        });
    };
    plain_query(&query).map_err(|message| SqlFault {
        offset: 0,
        message: message.to_owned(),
    })?;
    let walk = walk(
        text,
        query.body.as_ref(),
        Walk {
            query: true,
            tables: BTreeSet::new(),
        },
    )?;
    Ok(walk.tables.into_iter().collect())
}

/// Longest text that is parsed: a chain of a million ORs would be as deep as it is long.
const LONGEST_BYTES: usize = 16 * 1024;

fn parser(text: &str) -> Result<Parser<'static>, SqlFault> {
    if text.len() > LONGEST_BYTES {
        return Err(SqlFault {
            offset: 0,
            message: format!("more than {LONGEST_BYTES} bytes of SQL"),
        });
    }
    Parser::new(&GenericDialect {})
        .try_with_sql(text)
        .map_err(|error| syntax(text, &error))
}

/// Of the clauses around a SELECT only ORDER BY changes nothing, for what is read is sorted anyway.
fn plain_query(query: &Query) -> Result<(), &'static str> {
    if query.with.is_some() {
        Err("WITH is not read; give the inner SELECT an input of its own")
    } else if query.limit_clause.is_some() || query.fetch.is_some() {
        Err("LIMIT, OFFSET and FETCH depend on the order of rows")
    } else if !query.locks.is_empty() || query.for_clause.is_some() {
        Err("FOR is not read")
    } else {
        Ok(())
    }
}

struct Walk {
    /// Whether tables may be read at all.
    query: bool,
    tables: BTreeSet<String>,
}

/// What is refused, and where it stands.
type Refusal = (Option<Location>, String);

fn walk(text: &str, tree: &impl Visit, mut walk: Walk) -> Result<Walk, SqlFault> {
    match tree.visit(&mut walk) {
        ControlFlow::Continue(()) => Ok(walk),
        ControlFlow::Break((at, message)) => Err(SqlFault {
            offset: at.map_or(0, |at| offset(text, at)),
            message,
        }),
    }
}

impl Visitor for Walk {
    type Break = Refusal;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Refusal> {
        refuse(
            Some(query.span().start),
            "a query inside a query is not read",
        )
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Refusal> {
        if select.into.is_some() {
            return refuse(Some(select.span().start), "SELECT INTO writes");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<Refusal> {
        match table {
            TableFactor::Table {
                name, args: None, ..
            } => self.table(name),
            TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            other => refuse(
                Some(other.span().start),
                format!("only inputs by name can be read, not `{other}`"),
            ),
        }
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Refusal> {
        let at = Some(expression.span().start);
        match expression {
            Expr::Function(function) => self.function(function),
            Expr::Exists { .. } | Expr::Subquery(_) | Expr::InSubquery { .. } => {
                refuse(at, "a query inside a query is not read")
            }
            Expr::Cast { data_type, .. } if !exact(data_type) => refuse(
                at,
                format!(
                    "a cast to {data_type} could change a number; text, integers, booleans and dates are exact"
                ),
            ),
            Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::InList { .. }
            | Expr::Between { .. }
            | Expr::BinaryOp { .. }
            | Expr::Like { .. }
            | Expr::ILike { .. }
            | Expr::UnaryOp { .. }
            | Expr::Cast { .. }
            | Expr::Substring { .. }
            | Expr::Trim { .. }
            | Expr::Nested(_)
            | Expr::Value(_)
            | Expr::TypedString(_)
            | Expr::Case { .. } => ControlFlow::Continue(()),
            other => refuse(at, format!("`{other}` is not read here")),
        }
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<Refusal> {
        match &value.value {
            Value::Number(digits, _)
                if self.query && !digits.bytes().all(|digit| digit.is_ascii_digit()) =>
            {
                refuse(
                    Some(value.span.start),
                    format!("{digits} would be a float; write it in quotes: '{digits}'"),
                )
            }
            Value::Placeholder(name) => refuse(
                Some(value.span.start),
                format!("there is no value for `{name}`"),
            ),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Walk {
    fn table(&mut self, name: &ObjectName) -> ControlFlow<Refusal> {
        let [part] = name.0.as_slice() else {
            return refuse(
                Some(name.span().start),
                format!("`{name}` is not the name of an input"),
            );
        };
        let Some(ident) = part.as_ident() else {
            return refuse(
                Some(name.span().start),
                format!("`{name}` is not the name of an input"),
            );
        };
        self.tables.insert(ident.value.clone());
        ControlFlow::Continue(())
    }

    fn function(&self, function: &Function) -> ControlFlow<Refusal> {
        let name = function.name.to_string().to_lowercase();
        let at = Some(function.name.span().start);
        if !FUNCTIONS.contains(&name.as_str()) {
            let near = match crate::diagnostic::nearest(&name, FUNCTIONS) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => String::new(),
            };
            return refuse(
                at,
                format!("the function `{name}` is not among those that may be used{near}"),
            );
        }
        if function.over.is_some()
            || function.filter.is_some()
            || matches!(function.args, FunctionArguments::Subquery(_))
        {
            return refuse(at, format!("`{name}` takes plain values here"));
        }
        ControlFlow::Continue(())
    }
}

fn refuse(at: Option<Location>, message: impl Into<String>) -> ControlFlow<Refusal> {
    ControlFlow::Break((at, message.into()))
}

fn exact(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Text
            | DataType::Varchar(_)
            | DataType::String(_)
            | DataType::Int(_)
            | DataType::Integer(_)
            | DataType::BigInt(_)
            | DataType::Boolean
            | DataType::Date
    )
}

/// The byte of a line and column, both counted from 1, columns in characters; 0 where there is none.
fn offset(text: &str, at: Location) -> usize {
    let (Ok(line), Ok(column)) = (usize::try_from(at.line), usize::try_from(at.column)) else {
        return 0;
    };
    let line_start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    text[line_start..]
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(text.len(), |(at, _)| line_start + at)
}

/// The parser says the place at the end of its message only.
fn syntax(text: &str, error: &ParserError) -> SqlFault {
    let said = match error {
        ParserError::TokenizerError(said) | ParserError::ParserError(said) => said.as_str(),
        ParserError::RecursionLimitExceeded => "nested too deeply",
    };
    let (message, place) = said.split_once(" at Line: ").unwrap_or((said, ""));
    let mut numbers = place
        .split(", Column: ")
        .map(|number| number.trim().parse().ok());
    let at = match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(line), Some(column)) => offset(text, Location { line, column }),
        _ => text.trim_end().len(),
    };
    SqlFault {
        offset: at,
        message: format!("not SQL: {}", lowercase_first(message)),
    }
}

fn lowercase_first(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_one_expression_without_a_query_in_it() {
        assert_eq!(
            expression("region = 'US-CA' AND plan LIKE 'fiber%' OR upper(x) IN ('A')"),
            Ok(())
        );
        let fault = |text| expression(text).unwrap_err();
        assert_eq!(fault("a = 1; DROP TABLE x").offset, 5);
        assert_eq!(
            fault("a IN (SELECT b FROM c)").message,
            "a query inside a query is not read"
        );
        let file = fault("a = 1 AND read_csv('/etc/passwd')");
        assert_eq!(
            (file.offset, file.message.as_str()),
            (
                10,
                "the function `read_csv` is not among those that may be used"
            )
        );
        assert_eq!(fault("region =").offset, 8);
        assert!(
            fault("uper(a) = 'X'")
                .message
                .ends_with("did you mean `upper`?")
        );
    }

    #[test]
    fn a_query_reads_inputs_by_name_and_nothing_else() {
        let tables = query(
            "SELECT a || 'x' AS b, CASE WHEN c LIKE '%y' THEN '1' ELSE '' END AS d FROM export UNION ALL SELECT a, 'z' FROM other WHERE e = 'f'",
        );
        assert_eq!(tables, Ok(vec!["export".to_owned(), "other".to_owned()]));
        for text in [
            "SELECT * FROM read_csv('/etc/passwd')",
            "SELECT * FROM '/etc/passwd'.x",
            "SELECT * FROM (SELECT * FROM a)",
            "SELECT a FROM b; SELECT c FROM d",
            "DROP TABLE a",
            "SELECT 1.10 AS price FROM a",
            "SELECT CAST(a AS DOUBLE) FROM b",
            "WITH a AS (SELECT * FROM b) SELECT * FROM a",
            "SELECT a FROM b LIMIT 5",
            "SELECT sum(a) FROM b",
            "",
        ] {
            assert!(query(text).is_err(), "{text}");
        }
    }
}
