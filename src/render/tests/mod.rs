//! Documents and mistakes, as the public functions give them.

mod documents;
mod mistakes;

use super::*;

const HTML: &str = include_str!("../../../templates/invoice.html");
const TEXT: &str = include_str!("../../../templates/invoice.txt");

fn texts(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    let entries = files
        .iter()
        .map(|(name, text)| (format!("templates/{name}"), (*text).to_owned()));
    entries.collect()
}

fn shipped() -> Templates {
    let texts = texts(&[("invoice.html", HTML), ("invoice.txt", TEXT)]);
    Templates::parse(&texts).unwrap_or_else(|report| panic!("{}", report.text(false)))
}

#[test]
fn every_filter_test_and_function_that_is_listed_can_be_used() {
    let environment = environment::environment(STEPS);
    let names = filters::FILTERS
        .iter()
        .map(|name| format!("{{{{ 1|{name} }}}}"));
    let names = names.chain(
        filters::TESTS
            .iter()
            .map(|name| format!("{{{{ 1 is {name} }}}}")),
    );
    let names = names.chain(
        filters::FUNCTIONS
            .iter()
            .map(|name| format!("{{{{ {name}() }}}}")),
    );
    for text in names {
        let kind = environment
            .render_str(&text, ())
            .err()
            .map(|error| error.kind());
        use minijinja::ErrorKind::{UnknownFilter, UnknownFunction, UnknownTest};
        assert!(
            !matches!(kind, Some(UnknownFilter | UnknownTest | UnknownFunction)),
            "{text}"
        );
    }
}

#[test]
fn every_variable_is_in_the_documentation() {
    let page = include_str!("../../../docs/templates.md");
    let sample = Sample::invoice().batch().context(0);
    for group in ["seller", "account", "invoice", "lines", "taxes"] {
        let value = sample.get_attr(group).unwrap();
        let value = value
            .get_item_by_index(0)
            .ok()
            .filter(|it| !it.is_undefined())
            .unwrap_or(value);
        for name in value.try_iter().unwrap() {
            assert!(page.contains(&format!("`{name}`")), "{group}: {name}");
        }
    }
    for name in ["quantity", "unit_price", "flat", "kind", "count", "price"] {
        assert!(page.contains(&format!("`{name}`")), "tiers, rows: {name}");
    }
    for name in filters::FILTERS
        .iter()
        .chain(filters::TESTS)
        .chain(filters::FUNCTIONS)
    {
        assert!(page.contains(&format!("`{name}")), "{name}");
    }
}
