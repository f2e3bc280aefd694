//! Reads a template, and says what keeps it from being read.

use super::place;
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::render::environment::syntax;
use minijinja::machinery::ast::Stmt;
use minijinja::machinery::{Token, parse as parse_template, tokenize};
use std::sync::Arc;

const STATEMENTS: [&str; 5] = ["for", "if", "include", "set", "with"];

/// The syntax tree, or `BW-T100` (syntax), `BW-T105` (a statement that is not offered).
pub(super) fn parse<'a>(
    name: &'a str,
    source: &'a Arc<Source>,
) -> Result<Stmt<'a>, Box<Diagnostic>> {
    parse_template(&source.text, name, syntax()).map_err(|error| {
        let range = error.range().unwrap_or(0..0);
        let at = place(source, range.start, range.end);
        let detail = error.detail().unwrap_or("not a template").to_owned();
        if let Some(statement) = detail.strip_prefix("unknown statement ")
            && !statement.starts_with("end")
        {
            return Box::new(unknown_statement(at, statement));
        }
        Box::new(match unclosed(source) {
            Some((start, end, name)) => Diagnostic::error(
                "BW-T100",
                place(source, start, end),
                format!("`{name}` is never closed: {detail}"),
            )
            .help(format!("`end{name}` is missing")),
            None => Diagnostic::error("BW-T100", at, detail).help(
                "statements stand in `{% ... %}`, values in `{{ ... }}`, remarks in `{# ... #}`",
            ),
        })
    })
}

fn unknown_statement(at: crate::diagnostic::Place, statement: &str) -> Diagnostic {
    let there_are = format!("there are {}", STATEMENTS.join(", "));
    Diagnostic::error(
        "BW-T105",
        at,
        format!("`{statement}` is not offered in templates"),
    )
    .help(match nearest(statement, STATEMENTS) {
        Some(near) => format!("did you mean `{near}`? {there_are}"),
        None => there_are,
    })
}

/// The innermost statement that is still open at the end: the bytes of its `{% ... %}`, and its name.
fn unclosed(source: &Source) -> Option<(usize, usize, String)> {
    let mut open = Vec::new();
    let mut tokens = tokenize(&source.text, false, syntax())
        .map_while(Result::ok)
        .peekable();
    while let Some((token, span)) = tokens.next() {
        let (Token::BlockStart, Some((Token::Ident(name), _))) = (token, tokens.peek()) else {
            continue;
        };
        let name = name.to_string();
        let inside = tokens.by_ref().map_while(|(token, span)| match token {
            Token::BlockEnd => None,
            token => Some((token, span)),
        });
        // `set` is closed only where it has no value.
        let mut assigns = false;
        let mut end = span.end_offset;
        for (token, span) in inside {
            assigns |= matches!(token, Token::Assign);
            end = span.end_offset;
        }
        match name.strip_prefix("end") {
            Some(closed) if open.last().is_some_and(|(_, _, name)| name == closed) => {
                open.pop();
            }
            Some(_) => return None,
            None if matches!(name.as_str(), "for" | "if" | "with")
                || (name == "set" && !assigns) =>
            {
                open.push((span.start_offset as usize, end as usize, name));
            }
            None => {}
        }
    }
    open.pop()
}
