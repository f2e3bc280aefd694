//! Templates stay in their folder and include one another without end nowhere.

use super::{Tree, tree};
use crate::diagnostic::{Diagnostic, Place, Report, Source, nearest};
use minijinja::machinery::ast::{Expr, Stmt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Files that may stand inside one another.
const DEPTH: usize = 10;

/// `BW-T103` (outside of the folder, or a name that is computed), `BW-T104` (no such file), `BW-T121` (in a circle, too deep).
pub(super) fn check(
    sources: &BTreeMap<String, Arc<Source>>,
    trees: &BTreeMap<&str, Tree<'_>>,
    report: &mut Report,
) {
    let mut includes: BTreeMap<&str, Vec<(String, Place)>> = BTreeMap::new();
    for (&name, tree) in trees {
        tree::each_statement(&tree.root, &mut |statement| {
            let Stmt::Include(include) = statement else {
                return;
            };
            let place = tree.place(include.name.span());
            match included(&include.name, place.clone(), sources) {
                Ok(other) => includes.entry(name).or_default().push((other, place)),
                Err(diagnostic) => report.push(*diagnostic),
            }
        });
    }
    let mut done = BTreeSet::new();
    for &name in trees.keys() {
        follow(name, &includes, &mut vec![name], &mut done, report);
    }
}

fn included(
    name: &Expr<'_>,
    place: Place,
    sources: &BTreeMap<String, Arc<Source>>,
) -> Result<String, Box<Diagnostic>> {
    let literal = match name {
        Expr::Const(it) => it.value.as_str().map(str::to_owned),
        _ => None,
    };
    let Some(name) = literal else {
        return Err(Box::new(
            Diagnostic::error(
                "BW-T103",
                place,
                "the name of an included template is computed",
            )
            .help("write it in quotes: `{% include \"footer.html\" %}`"),
        ));
    };
    if name.starts_with('/')
        || name.contains('\\')
        || name.split('/').any(|part| matches!(part, "" | "." | ".."))
    {
        return Err(Box::new(
            Diagnostic::error(
                "BW-T103",
                place,
                format!("`{name}` is outside of templates/"),
            )
            .help(
                "templates stay in their folder; name a file in it: `{% include \"footer.html\" %}`",
            ),
        ));
    }
    if !sources.contains_key(&name) {
        let there_are: Vec<_> = sources.keys().map(String::as_str).collect();
        let help = match nearest(&name, there_are.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", there_are.join(", ")),
        };
        return Err(Box::new(
            Diagnostic::error(
                "BW-T104",
                place,
                format!("no template `{name}` in templates/"),
            )
            .help(help),
        ));
    }
    Ok(name)
}

fn follow<'t>(
    name: &str,
    includes: &'t BTreeMap<&str, Vec<(String, Place)>>,
    chain: &mut Vec<&'t str>,
    done: &mut BTreeSet<String>,
    report: &mut Report,
) {
    if !done.insert(name.to_owned()) {
        return;
    }
    for (other, place) in includes.get(name).into_iter().flatten() {
        let circle = chain.iter().position(|earlier| earlier == other);
        if circle.is_some() || chain.len() >= DEPTH {
            let links = chain[circle.unwrap_or(0)..]
                .iter()
                .copied()
                .chain([other.as_str()]);
            let message = match circle {
                Some(_) => format!("`{other}` includes itself"),
                None => format!("more than {DEPTH} templates inside one another"),
            };
            report.push(
                Diagnostic::error("BW-T121", place.clone(), message).help(format!(
                    "the chain is {}",
                    links.collect::<Vec<_>>().join(" -> ")
                )),
            );
            continue;
        }
        chain.push(other);
        follow(other, includes, chain, done, report);
        chain.pop();
    }
}
