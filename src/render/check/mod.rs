//! What can be said of a template before any invoice is rendered with it: every mistake, each at its place.

mod bounds;
mod includes;
mod markup;
mod names;
mod syntax;
mod tree;

pub(super) use bounds::Bounds;

use crate::diagnostic::{Diagnostic, Place, Report, Source};
use minijinja::Value;
use minijinja::machinery::Span;
use minijinja::machinery::ast::Stmt;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A template that could be read.
struct Tree<'a> {
    source: &'a Arc<Source>,
    root: Stmt<'a>,
}

impl Tree<'_> {
    fn place(&self, span: Span) -> Place {
        place(
            self.source,
            span.start_offset as usize,
            span.end_offset as usize,
        )
    }
}

fn place(source: &Arc<Source>, start: usize, end: usize) -> Place {
    let end = end.min(source.text.len());
    let span = start.min(end)..end;
    Place::Text {
        source: source.clone(),
        span,
    }
}

/// Whether data is escaped in a template: everywhere but in plain text.
pub(super) fn is_escaped(name: &str) -> bool {
    !name.ends_with(".txt")
}

/// Checks all templates together, as they include one another; `sample` is everything a template sees of one invoice.
///
/// Out: how much text they can build. Errors: `BW-T100` to `BW-T105`, `BW-T121`, `BW-T122`, `BW-T123`, `BW-T130` to `BW-T134`.
pub(super) fn check(
    sources: &BTreeMap<String, Arc<Source>>,
    sample: &Value,
    report: &mut Report,
) -> Bounds {
    let mut found = Report::new();
    let mut trees = BTreeMap::new();
    for (name, source) in sources {
        match syntax::parse(name, source) {
            Ok(root) => {
                trees.insert(name.as_str(), Tree { source, root });
            }
            Err(diagnostic) => found.push(*diagnostic),
        }
    }
    for (name, tree) in &trees {
        if is_escaped(name) {
            markup::check(tree.source, &mut found);
        }
        offered(tree, &mut found);
    }
    includes::check(sources, &trees, &mut found);
    names::check(&trees, sample, &mut found);
    let bounds = bounds::check(&trees, sample, &mut found);
    // Each check goes through all templates; a reader goes through one after the other.
    let mut in_order: Vec<_> = found.into_iter().collect();
    in_order.sort_by_key(|diagnostic| match &diagnostic.place {
        Place::Text { source, span } => (source.name.clone(), span.start),
        other => (other.to_string(), 0),
    });
    report.extend(in_order.into_iter().collect());
    bounds
}

/// `BW-T105` for what the template language has and documents do not need, `BW-T130` for escaping switched off.
fn offered(tree: &Tree<'_>, report: &mut Report) {
    tree::each_statement(&tree.root, &mut |statement| {
        let (span, name, instead) = match statement {
            Stmt::SetBlock(it) => (
                it.span(),
                "set ... endset",
                "print the text where it belongs, or give `set` a value",
            ),
            Stmt::FilterBlock(it) => (
                it.span(),
                "filter",
                "put the filter behind each value: `{{ name|upper }}`",
            ),
            Stmt::Block(it) => (
                it.span(),
                "block",
                "put the shared part into a file and `include` it",
            ),
            Stmt::Extends(it) => (
                it.span(),
                "extends",
                "put the shared part into a file and `include` it",
            ),
            Stmt::Import(it) => (it.span(), "import", "`include` the file"),
            Stmt::FromImport(it) => (it.span(), "from", "`include` the file"),
            Stmt::Do(it) => (it.span(), "do", "use `set`"),
            Stmt::ForLoop(it) if it.recursive => {
                (it.span(), "for ... recursive", "write the inner loop out")
            }
            Stmt::AutoEscape(it) => {
                let place = tree.place(opening(tree.source, it.span()));
                report.push(
                    Diagnostic::error(
                        "BW-T130",
                        place,
                        "escaping cannot be switched on or off in a template",
                    )
                    .help(
                        "remove `autoescape`: everything is escaped but in files that end in .txt",
                    ),
                );
                return;
            }
            _ => return,
        };
        let place = tree.place(opening(tree.source, span));
        report.push(
            Diagnostic::error(
                "BW-T105",
                place,
                format!("`{name}` is not offered in templates"),
            )
            .help(instead),
        );
    });
}

/// The tag that opens a statement, from its `{%` to its `%}`.
fn opening(source: &Source, span: Span) -> Span {
    let start = source.text[..span.start_offset as usize].rfind("{%");
    let end = source.text[span.start_offset as usize..].find("%}");
    Span {
        start_offset: start.map_or(span.start_offset, |at| at as u32),
        end_offset: end.map_or(span.end_offset, |at| span.start_offset + at as u32 + 2),
        ..span
    }
}
