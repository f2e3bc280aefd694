//! How much text templates can build, told before they run.
//!
//! Steps bound time, not memory: 30 doublings of a text are a gibibyte. The template language cannot be told how much a
//! value may hold, but what its operators can make of values of known size can be computed. A name that could be given
//! more in each round, because it is given something made of itself, has no bound and is refused. Namespaces have no
//! other names (`names.rs` sees to that), so a name stands for all that is ever given to it.

use super::Tree;
use super::tree::{self, Assignment, Given};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::render::filters::BUILT;
use crate::render::{OUTPUT, STEPS};
use minijinja::Value;
use minijinja::machinery::ast::{BinOpKind, Expr, Stmt};
use minijinja::value::ValueKind;
use std::collections::BTreeMap;

/// Bytes that one value of an invoice takes: names, addresses and descriptions have 200 characters.
const FIELD: u64 = 4 * 1024;
/// Bytes of a list of values when printed: 100,000 lines, or numbers of a `range`.
const LIST: u64 = 1024 * 1024;
/// Bytes that a document may move in memory, some seconds of work.
const WORK: u64 = 100_000_000_000;

/// What the templates of a workspace can do at most.
#[derive(Debug)]
pub(in crate::render) struct Bounds {
    /// Steps one document may take: fewer where each can build a large text.
    pub steps: u64,
}

/// The most an expression can be. Numbers do not grow by adding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Size {
    Number,
    Text(u64),
}

impl Size {
    fn bytes(self) -> u64 {
        match self {
            Self::Number => 40,
            Self::Text(bytes) => bytes,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self::Text(self.bytes().saturating_add(other.bytes()))
    }
}

struct Sizes<'s> {
    names: BTreeMap<String, Size>,
    sample: &'s Value,
}

/// `BW-T122` (a text that grows without bound), `BW-T123` (one larger than any document).
pub(super) fn check(
    trees: &BTreeMap<&str, Tree<'_>>,
    sample: &Value,
    report: &mut Report,
) -> Bounds {
    let mut sizes = Sizes {
        names: BTreeMap::new(),
        sample,
    };
    let mut given: Vec<(Assignment<'_, '_>, Place)> = Vec::new();
    for tree in trees.values() {
        tree::each_statement(&tree.root, &mut |statement| {
            for assignment in tree::assignments(statement) {
                let place = tree.place(assignment.target.span());
                given.push((assignment, place));
            }
        });
    }
    // Without growth, each round settles one more name of the longest chain of names given to one another.
    let mut growing = None;
    for _ in 0..=given.len() {
        growing = sizes.round(&given);
        if growing.is_none() {
            break;
        }
    }
    if let Some((assignment, place)) = growing {
        report.push(
            Diagnostic::error("BW-T122", place.clone(), format!("`{}` grows each time it is set", assignment.name))
                .help("a template has 256 MiB and may not make a text out of itself; print the parts one by one, or use `join`"),
        );
        return Bounds { steps: STEPS };
    }
    let mut largest = 1;
    for tree in trees.values() {
        tree::each_statement(&tree.root, &mut |statement| {
            for expression in tree::expressions(statement) {
                let bytes = sizes.largest_built(expression);
                largest = largest.max(bytes);
                if bytes > OUTPUT as u64 {
                    report.push(too_large(tree, statement, expression, bytes));
                }
            }
        });
    }
    Bounds {
        steps: STEPS.min(WORK / largest),
    }
}

fn too_large(
    tree: &Tree<'_>,
    statement: &Stmt<'_>,
    expression: &Expr<'_>,
    bytes: u64,
) -> Diagnostic {
    let what = match statement {
        Stmt::EmitExpr(_) => "printed",
        _ => "built",
    };
    let message =
        format!("a text of up to {bytes} bytes is {what}, and a document has at most 10 MiB");
    Diagnostic::error("BW-T123", tree.place(expression.span()), message)
        .help("make it shorter; a text can be repeated only by a written number: `\"-\" * 40`")
}

impl Sizes<'_> {
    /// Adds what every assignment can give. Out: the last name that became larger.
    fn round<'g, 't, 'a>(
        &mut self,
        given: &'g [(Assignment<'t, 'a>, Place)],
    ) -> Option<&'g (Assignment<'t, 'a>, Place)> {
        let mut grown = None;
        for entry in given {
            let size = match entry.0.given {
                Given::Value(value) => self.of(value),
                Given::Item(whole) => self.of_item(whole),
            };
            let held = self.names.get(&entry.0.name).copied();
            if held.is_none_or(|held| size > held) {
                self.names.insert(entry.0.name.clone(), size);
                grown = Some(entry);
            }
        }
        grown
    }

    fn of_item(&self, whole: &Expr<'_>) -> Size {
        match whole {
            Expr::Call(_) if tree::called(whole) == Some("range") => Size::Number,
            Expr::Var(it) if self.is_list(it.id) && !self.names.contains_key(it.id) => {
                Size::Text(FIELD)
            }
            _ => self.of(whole).max(Size::Text(FIELD)),
        }
    }

    fn is_list(&self, name: &str) -> bool {
        let value = self.sample.get_attr(name);
        value.is_ok_and(|value| value.kind() == ValueKind::Seq)
    }

    /// The largest text that evaluating an expression makes on its way.
    fn largest_built(&self, expression: &Expr<'_>) -> u64 {
        let made = match expression {
            Expr::Filter(it) if matches!(it.name, "default" | "first" | "last" | "length") => 1,
            Expr::BinOp(_) | Expr::Filter(_) | Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => {
                self.of(expression).bytes()
            }
            _ => 1,
        };
        let within = tree::operands(expression)
            .into_iter()
            .map(|inner| self.largest_built(inner));
        within.fold(made, u64::max)
    }

    fn of(&self, expression: &Expr<'_>) -> Size {
        let sum = |items: &[&Expr<'_>]| {
            items.iter().fold(Size::Text(2), |sum, item| {
                sum.plus(self.of(item)).plus(Size::Text(4))
            })
        };
        match expression {
            Expr::Const(it) => match it.value.as_str() {
                Some(text) => Size::Text(text.len() as u64),
                None => Size::Number,
            },
            Expr::Var(it) => self.of_name(it.id),
            Expr::GetAttr(it) => match tree::attribute_name(expression) {
                Some(name) if self.names.contains_key(&name) => self.names[&name],
                Some(name) if name.starts_with("loop.") && !name.ends_with("item") => Size::Number,
                _ => self.of(&it.expr).max(Size::Text(FIELD)),
            },
            Expr::GetItem(it) => self.of(&it.expr).max(Size::Text(FIELD)),
            Expr::Slice(it) => self.of(&it.expr),
            Expr::UnaryOp(_) | Expr::Compare(_) | Expr::Test(_) => Size::Number,
            Expr::BinOp(it) => self.of_operator(it.op, &it.left, &it.right),
            Expr::IfExpr(it) => {
                let other = it
                    .false_expr
                    .as_ref()
                    .map_or(Size::Number, |other| self.of(other));
                self.of(&it.true_expr).max(other)
            }
            Expr::Filter(it) => {
                let input = it
                    .expr
                    .as_ref()
                    .map_or(Size::Number, |input| self.of(input));
                match it.name {
                    "length" => Size::Number,
                    "date" | "money" | "period" => Size::Text(80),
                    "indent" | "join" | "left" | "replace" | "right" => Size::Text(BUILT as u64),
                    // A letter in capitals can take three times the bytes.
                    "capitalize" | "lower" | "title" | "upper" => {
                        Size::Text(input.bytes().saturating_mul(3))
                    }
                    _ => {
                        let rest = tree::operands(expression)
                            .into_iter()
                            .map(|inner| self.of(inner));
                        rest.fold(input, Size::max).max(Size::Text(FIELD))
                    }
                }
            }
            Expr::Call(_) => Size::Text(LIST),
            Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => sum(&tree::operands(expression)),
        }
    }

    fn of_name(&self, name: &str) -> Size {
        let known = self
            .sample
            .get_attr(name)
            .is_ok_and(|value| !value.is_undefined());
        let held = match known {
            true if self.is_list(name) => Some(Size::Text(LIST)),
            true => Some(Size::Text(FIELD)),
            false => None,
        };
        // Not given anything yet in this round: the smallest there is.
        held.max(self.names.get(name).copied())
            .unwrap_or(Size::Number)
    }

    fn of_operator(&self, operator: BinOpKind, left: &Expr<'_>, right: &Expr<'_>) -> Size {
        let (first, second) = (self.of(left), self.of(right));
        match operator {
            BinOpKind::Concat => first.plus(second),
            // A number can be added to nothing but a number.
            BinOpKind::Add if first == Size::Number || second == Size::Number => Size::Number,
            BinOpKind::Add => first.plus(second),
            BinOpKind::Mul => match (first, second) {
                (Size::Number, Size::Number) => Size::Number,
                _ => {
                    let times = written_number(left)
                        .or_else(|| written_number(right))
                        .unwrap_or(u64::MAX);
                    Size::Text(first.max(second).bytes().saturating_mul(times))
                }
            },
            BinOpKind::ScAnd | BinOpKind::ScOr => first.max(second),
            _ => Size::Number,
        }
    }
}

fn written_number(expression: &Expr<'_>) -> Option<u64> {
    match expression {
        Expr::Const(it) => u64::try_from(it.value.clone()).ok(),
        _ => None,
    }
}
