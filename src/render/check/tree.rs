//! Walks the syntax tree of a template.

use minijinja::machinery::ast::{CallArg, Expr, Stmt};

/// A statement's nested statements, in the order written.
pub(super) fn bodies<'t, 'a>(statement: &'t Stmt<'a>) -> Vec<&'t [Stmt<'a>]> {
    match statement {
        Stmt::Template(it) => vec![&it.children],
        Stmt::ForLoop(it) => vec![&it.body, &it.else_body],
        Stmt::IfCond(it) => vec![&it.true_body, &it.false_body],
        Stmt::WithBlock(it) => vec![&it.body],
        Stmt::SetBlock(it) => vec![&it.body],
        Stmt::AutoEscape(it) => vec![&it.body],
        Stmt::FilterBlock(it) => vec![&it.body],
        Stmt::Block(it) => vec![&it.body],
        _ => Vec::new(),
    }
}

/// Calls `visit` for a statement and all within it.
pub(super) fn each_statement<'t, 'a>(statement: &'t Stmt<'a>, visit: &mut dyn FnMut(&'t Stmt<'a>)) {
    visit(statement);
    for body in bodies(statement) {
        for inner in body {
            each_statement(inner, visit);
        }
    }
}

/// The expressions a statement computes itself. Names it assigns to are not among them.
pub(super) fn expressions<'t, 'a>(statement: &'t Stmt<'a>) -> Vec<&'t Expr<'a>> {
    match statement {
        Stmt::EmitExpr(it) => vec![&it.expr],
        Stmt::ForLoop(it) => [Some(&it.iter), it.filter_expr.as_ref()]
            .into_iter()
            .flatten()
            .collect(),
        Stmt::IfCond(it) => vec![&it.expr],
        Stmt::WithBlock(it) => it.assignments.iter().map(|(_, value)| value).collect(),
        Stmt::Set(it) => vec![&it.expr],
        _ => Vec::new(),
    }
}

/// What an expression is made of.
pub(super) fn operands<'t, 'a>(expression: &'t Expr<'a>) -> Vec<&'t Expr<'a>> {
    let with = |first: Option<&'t Expr<'a>>, arguments: &'t [CallArg<'a>]| {
        let arguments = arguments.iter().map(|argument| match argument {
            CallArg::Pos(it)
            | CallArg::Kwarg(_, it)
            | CallArg::PosSplat(it)
            | CallArg::KwargSplat(it) => it,
        });
        first.into_iter().chain(arguments).collect()
    };
    match expression {
        Expr::Var(_) | Expr::Const(_) => Vec::new(),
        Expr::Slice(it) => [
            Some(&it.expr),
            it.start.as_ref(),
            it.stop.as_ref(),
            it.step.as_ref(),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Expr::UnaryOp(it) => vec![&it.expr],
        Expr::BinOp(it) => vec![&it.left, &it.right],
        Expr::Compare(it) => std::iter::once(&it.expr)
            .chain(it.ops.iter().map(|op| &op.expr))
            .collect(),
        Expr::IfExpr(it) => [
            Some(&it.test_expr),
            Some(&it.true_expr),
            it.false_expr.as_ref(),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Expr::Filter(it) => with(it.expr.as_ref(), &it.args),
        Expr::Test(it) => with(Some(&it.expr), &it.args),
        Expr::GetAttr(it) => vec![&it.expr],
        Expr::GetItem(it) => vec![&it.expr, &it.subscript_expr],
        Expr::Call(it) => with(Some(&it.expr), &it.args),
        Expr::List(it) => it.items.iter().collect(),
        Expr::Tuple(it) => it.items.iter().collect(),
        Expr::Map(it) => it.keys.iter().chain(&it.values).collect(),
    }
}

/// What a name is given: a value, or one item of it after another.
#[derive(Clone, Copy)]
pub(super) enum Given<'t, 'a> {
    Value(&'t Expr<'a>),
    Item(&'t Expr<'a>),
}

/// A name, or an attribute of a namespace written `name.attribute`, and what it is given.
pub(super) struct Assignment<'t, 'a> {
    pub name: String,
    pub target: &'t Expr<'a>,
    pub given: Given<'t, 'a>,
}

/// The assignments of a statement itself. A namespace is assigned what it starts with as well.
pub(super) fn assignments<'t, 'a>(statement: &'t Stmt<'a>) -> Vec<Assignment<'t, 'a>> {
    let mut found = Vec::new();
    match statement {
        Stmt::Set(it) => {
            assign(&it.target, Given::Value(&it.expr), &mut found);
            if let (Expr::Var(name), Expr::Call(call)) = (&it.target, &it.expr) {
                for argument in &call.args {
                    if let CallArg::Kwarg(attribute, value) = argument {
                        found.push(Assignment {
                            name: format!("{}.{attribute}", name.id),
                            target: &it.target,
                            given: Given::Value(value),
                        });
                    }
                }
            }
        }
        Stmt::WithBlock(it) => {
            for (target, value) in &it.assignments {
                assign(target, Given::Value(value), &mut found);
            }
        }
        Stmt::ForLoop(it) => assign(&it.target, Given::Item(&it.iter), &mut found),
        _ => {}
    }
    found
}

fn assign<'t, 'a>(target: &'t Expr<'a>, given: Given<'t, 'a>, found: &mut Vec<Assignment<'t, 'a>>) {
    let items = match target {
        Expr::List(it) => &it.items,
        Expr::Tuple(it) => &it.items,
        _ => {
            let name = attribute_name(target).unwrap_or_default();
            found.push(Assignment {
                name,
                target,
                given,
            });
            return;
        }
    };
    let (Given::Value(whole) | Given::Item(whole)) = given;
    for item in items {
        assign(item, Given::Item(whole), found);
    }
}

/// `name` or `name.attribute`.
pub(super) fn attribute_name(expression: &Expr<'_>) -> Option<String> {
    match expression {
        Expr::Var(it) => Some(it.id.to_owned()),
        Expr::GetAttr(it) => match &it.expr {
            Expr::Var(base) => Some(format!("{}.{}", base.id, it.name)),
            _ => None,
        },
        _ => None,
    }
}

/// The function that an expression calls by its name.
pub(super) fn called<'t>(expression: &'t Expr<'_>) -> Option<&'t str> {
    match expression {
        Expr::Call(it) => match &it.expr {
            Expr::Var(name) => Some(name.id),
            _ => None,
        },
        _ => None,
    }
}
