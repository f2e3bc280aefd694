//! Every variable, filter, test and function that a template names exists.
//!
//! What a variable holds is read off the sample invoice, so there is no second list of names to keep up.

use super::Tree;
use super::tree::{self, Given};
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::render::filters::{FILTERS, FUNCTIONS, TESTS};
use minijinja::Value;
use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::value::ValueKind;
use std::collections::{BTreeMap, BTreeSet};

/// Names a template can use.
struct Known<'t, 'a> {
    /// What the sample invoice holds.
    sample: BTreeMap<String, Value>,
    /// What templates assign to names of their own, wherever they do.
    given: BTreeMap<String, Vec<Given<'t, 'a>>>,
}

/// `BW-T101` (variable), `BW-T102` (filter, test, function), `BW-T105` (a namespace used as a value), `BW-T130` (`safe`).
pub(super) fn check(trees: &BTreeMap<&str, Tree<'_>>, sample: &Value, report: &mut Report) {
    let known = Known::new(trees, sample);
    let namespaces = namespaces(trees);
    for tree in trees.values() {
        let mut checker = Checker {
            tree,
            known: &known,
            namespaces: &namespaces,
            report,
        };
        tree::each_statement(&tree.root, &mut |statement| checker.statement(statement));
    }
}

/// Names that hold a namespace somewhere.
fn namespaces<'t>(trees: &'t BTreeMap<&str, Tree<'_>>) -> BTreeSet<&'t str> {
    let mut names = BTreeSet::new();
    for tree in trees.values() {
        tree::each_statement(&tree.root, &mut |statement| {
            if let Stmt::Set(set) = statement
                && let Expr::Var(name) = &set.target
                && tree::called(&set.expr) == Some("namespace")
            {
                names.insert(name.id);
            }
        });
    }
    names
}

impl<'t, 'a> Known<'t, 'a> {
    fn new(trees: &'t BTreeMap<&str, Tree<'a>>, sample: &Value) -> Self {
        let sample = fields(sample).into_iter().filter_map(|name| {
            let value = sample.get_attr(&name).ok()?;
            Some((name, value))
        });
        let mut given: BTreeMap<String, Vec<Given<'t, 'a>>> = BTreeMap::new();
        for tree in trees.values() {
            tree::each_statement(&tree.root, &mut |statement| {
                for assignment in tree::assignments(statement) {
                    given
                        .entry(assignment.name)
                        .or_default()
                        .push(assignment.given);
                }
            });
        }
        Self {
            sample: sample.collect(),
            given,
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        let own = self.given.keys().filter(|name| !name.contains('.'));
        self.sample.keys().chain(own).map(String::as_str)
    }

    /// What an expression holds with the sample invoice, where that can be told.
    fn example(&self, expression: &Expr<'_>) -> Option<Value> {
        self.example_within(expression, 8)
    }

    /// `steps`: how many names may lead to one another, since a name may be given itself.
    fn example_within(&self, expression: &Expr<'_>, steps: usize) -> Option<Value> {
        match expression {
            Expr::Var(it) => match self.given.get(it.id) {
                None => self.sample.get(it.id).cloned(),
                Some(given) => self.agreed(given, steps.checked_sub(1)?),
            },
            Expr::GetAttr(it) => {
                let value = self
                    .example_within(&it.expr, steps)?
                    .get_attr(it.name)
                    .ok()?;
                (!value.is_undefined()).then_some(value)
            }
            Expr::Filter(it) if matches!(it.name, "first" | "last") => {
                first_item(&self.example_within(it.expr.as_ref()?, steps)?)
            }
            _ => None,
        }
    }

    /// What several assignments to a name have in common: nothing, unless all are the same group of variables.
    fn agreed(&self, given: &[Given<'_, '_>], steps: usize) -> Option<Value> {
        let mut examples = given.iter().map(|given| match given {
            Given::Value(value) => self.example_within(value, steps),
            Given::Item(whole) => first_item(&self.example_within(whole, steps)?),
        });
        let first = examples.next()??;
        let names = fields(&first);
        examples
            .all(|other| other.is_some_and(|other| fields(&other) == names))
            .then_some(first)
    }
}

fn first_item(whole: &Value) -> Option<Value> {
    (whole.kind() == ValueKind::Seq)
        .then(|| whole.get_item_by_index(0).ok())
        .flatten()
        .filter(|item| !item.is_undefined())
}

/// Names inside a group of variables, none for anything else.
fn fields(value: &Value) -> Vec<String> {
    if value.kind() != ValueKind::Map {
        return Vec::new();
    }
    value
        .try_iter()
        .into_iter()
        .flatten()
        .map(|name| name.to_string())
        .collect()
}

struct Checker<'c, 't> {
    tree: &'c Tree<'t>,
    known: &'c Known<'c, 't>,
    namespaces: &'c BTreeSet<&'c str>,
    report: &'c mut Report,
}

impl Checker<'_, '_> {
    fn statement(&mut self, statement: &Stmt<'_>) {
        if let Stmt::Set(set) = statement {
            if tree::called(&set.expr) == Some("namespace") {
                self.arguments(&set.expr);
                return;
            }
            if let Expr::GetAttr(target) = &set.target
                && !matches!(&target.expr, Expr::Var(base) if self.namespaces.contains(base.id))
            {
                let place = self.tree.place(set.target.span());
                self.report.push(
                    Diagnostic::error("BW-T105", place, "only a namespace has attributes that can be set")
                        .help("begin with `{% set ns = namespace(count=0) %}`, then `{% set ns.count = 1 %}`"),
                );
            }
        }
        if let Stmt::EmitExpr(emit) = statement
            && let Some(value) = self.known.example(&emit.expr)
            && matches!(value.kind(), ValueKind::Map | ValueKind::Seq)
            && value
                .downcast_object_ref::<crate::render::value::Days>()
                .is_none()
        {
            self.printed_whole(&emit.expr, &value);
        }
        for expression in tree::expressions(statement) {
            self.expression(expression);
        }
    }

    fn expression(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Var(it) if self.namespaces.contains(it.id) => {
                let place = self.tree.place(it.span());
                let message = format!("the namespace `{0}` is used as a value", it.id);
                self.report.push(
                    Diagnostic::error("BW-T105", place, message)
                        .help(format!("use what is in it: `{}.name`", it.id)),
                );
            }
            Expr::Var(it) => self.variable(it.id, it.span()),
            Expr::GetAttr(it) => return self.attribute(it, expression),
            Expr::Filter(it) => {
                self.name("filter", it.name, FILTERS, it.span());
                // `default` is there for what may be missing.
                if it.name == "default"
                    && it
                        .expr
                        .as_ref()
                        .is_some_and(|of| tree::attribute_name(of).is_some())
                {
                    return self.arguments(expression);
                }
            }
            Expr::Test(it) => {
                self.name("test", it.name, TESTS, it.span());
                if matches!(it.name, "defined" | "undefined") {
                    return;
                }
            }
            Expr::Call(it) => {
                match &it.expr {
                    Expr::Var(name) if name.id == "namespace" => {
                        let place = self.tree.place(name.span());
                        self.report.push(
                            Diagnostic::error("BW-T105", place, "a namespace stands alone")
                                .help("begin with `{% set ns = namespace(count=0) %}`"),
                        );
                    }
                    Expr::Var(name) => self.name("function", name.id, FUNCTIONS, name.span()),
                    Expr::GetAttr(method) if matches!(&method.expr, Expr::Var(it) if it.id == "loop") =>
                        {}
                    other => {
                        let end = other.span().end_offset as usize;
                        let name = match other {
                            Expr::GetAttr(method) => method.name,
                            _ => "this",
                        };
                        let place =
                            super::place(self.tree.source, end.saturating_sub(name.len()), end);
                        self.report.push(
                            Diagnostic::error(
                                "BW-T102",
                                place,
                                format!("`{name}` cannot be called"),
                            )
                            .help("values have no methods; use a filter: `{{ name|upper }}`"),
                        );
                    }
                }
                return self.arguments(expression);
            }
            _ => {}
        }
        tree::operands(expression)
            .into_iter()
            .for_each(|inner| self.expression(inner));
    }

    /// All operands but the first, which is what is called or filtered.
    fn arguments(&mut self, expression: &Expr<'_>) {
        for argument in tree::operands(expression).into_iter().skip(1) {
            self.expression(argument);
        }
    }

    fn variable(&mut self, name: &str, span: minijinja::machinery::Span) {
        if name == "loop" || self.known.names().any(|known| known == name) {
            return;
        }
        let place = self.tree.place(span);
        self.report
            .push(unknown_variable(place, name, self.known.names()));
    }

    fn attribute(&mut self, attribute: &minijinja::machinery::ast::GetAttr<'_>, whole: &Expr<'_>) {
        if matches!(&attribute.expr, Expr::Var(base) if self.namespaces.contains(base.id)) {
            return;
        }
        self.expression(&attribute.expr);
        let Some(base) = self.known.example(&attribute.expr) else {
            return;
        };
        if base
            .get_attr(attribute.name)
            .is_ok_and(|value| !value.is_undefined())
        {
            return;
        }
        let end = whole.span().end_offset as usize;
        let place = super::place(
            self.tree.source,
            end.saturating_sub(attribute.name.len()),
            end,
        );
        let names = fields(&base);
        self.report.push(unknown_variable(
            place,
            attribute.name,
            names.iter().map(String::as_str),
        ));
    }

    fn name(&mut self, what: &str, name: &str, known: &[&str], span: minijinja::machinery::Span) {
        if known.contains(&name) {
            return;
        }
        let place = super::place(
            self.tree.source,
            span.start_offset as usize,
            span.start_offset as usize + name.len(),
        );
        if name == "safe" {
            self.report.push(
                Diagnostic::error(
                    "BW-T130",
                    place,
                    "escaping cannot be switched off in a template",
                )
                .help("remove `safe`: data is never markup"),
            );
            return;
        }
        let help = match (nearest(name, known.iter().copied()), name) {
            (_, "now" | "today" | "random") => {
                "use `invoice.date`: a document depends on its invoice alone, not on the clock or on chance".to_owned()
            }
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, _) => format!("there are {}", known.join(", ")),
        };
        self.report.push(
            Diagnostic::error("BW-T102", place, format!("no such {what}: `{name}`")).help(help),
        );
    }

    fn printed_whole(&mut self, expression: &Expr<'_>, value: &Value) {
        let name = tree::attribute_name(expression).unwrap_or_else(|| "this".to_owned());
        let place = self.tree.place(expression.span());
        let diagnostic = match value.kind() {
            ValueKind::Seq => Diagnostic::error(
                "BW-T107",
                place,
                format!("`{name}` is a list and cannot be printed"),
            )
            .help(format!("go through it: `{{% for item in {name} %}}`")),
            _ => Diagnostic::error(
                "BW-T107",
                place,
                format!("`{name}` is a group of variables and cannot be printed"),
            )
            .help(format!("print one of {}", fields(value).join(", "))),
        };
        self.report.push(diagnostic);
    }
}

fn unknown_variable<'n>(
    place: Place,
    name: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let there_are = names.clone().collect::<Vec<_>>().join(", ");
    let help = match nearest(name, names) {
        _ if there_are.is_empty() => "it is a single value with nothing inside".to_owned(),
        Some(near) => format!("did you mean `{near}`? variables there are {there_are}"),
        None => format!("variables there are {there_are}"),
    };
    Diagnostic::error("BW-T101", place, format!("unknown variable `{name}`")).help(help)
}
