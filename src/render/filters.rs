//! What a template can call. Anything else is unknown to it: no clock, no chance, no file, no way around escaping.

use super::value::{Day, Days, Figure};
use minijinja::value::{Kwargs, Object};
use minijinja::{Environment, Error, ErrorKind, Value, filters, functions, tests};
use std::fmt::Write as _;

pub(super) const FILTERS: &[&str] = &[
    "absolute",
    "capitalize",
    "date",
    "default",
    "first",
    "indent",
    "join",
    "last",
    "left",
    "length",
    "lower",
    "money",
    "period",
    "replace",
    "right",
    "title",
    "trim",
    "upper",
];

pub(super) const TESTS: &[&str] = &[
    "defined",
    "divisibleby",
    "endingwith",
    "even",
    "none",
    "odd",
    "startingwith",
    "undefined",
];

pub(super) const FUNCTIONS: &[&str] = &["namespace", "range"];

/// Bytes of text that one filter may build.
pub(super) const BUILT: usize = 64 * 1024;

/// A filter was asked for more than `BUILT` bytes.
#[derive(Debug)]
pub(super) struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "a filter may build {} KiB of text", BUILT / 1024)
    }
}

impl std::error::Error for TooLarge {}

pub(super) fn install(environment: &mut Environment<'_>) {
    environment.add_filter("absolute", absolute);
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("date", date);
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("indent", indent);
    environment.add_filter("join", join);
    environment.add_filter("last", filters::last);
    environment.add_filter("left", |text: &Value, width| padded(text, width, false));
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("money", money);
    environment.add_filter("period", period);
    environment.add_filter("replace", replace);
    environment.add_filter("right", |text: &Value, width| padded(text, width, true));
    environment.add_filter("title", filters::title);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("upper", filters::upper);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("divisibleby", tests::is_divisibleby);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("even", tests::is_even);
    environment.add_test("none", tests::is_none);
    environment.add_test("odd", tests::is_odd);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("undefined", tests::is_undefined);
    environment.add_function("namespace", functions::namespace);
    environment.add_function("range", functions::range);
}

/// An amount without its sign, for a document that says in words which way it goes.
fn absolute(value: &Value) -> Result<Value, Error> {
    let figure = object::<Figure>(value, "absolute", "an amount")?;
    Ok(Value::from_object(figure.absolute()))
}

/// `1,234.50`; with a currency `$1,234.50` or `CHF 1,234.50`.
fn money(value: &Value, currency: Option<&str>) -> Result<String, Error> {
    let mut text = object::<Figure>(value, "money", "an amount")?.grouped();
    let after_sign = usize::from(text.starts_with('-'));
    match currency {
        None => {}
        Some("USD") => text.insert(after_sign, '$'),
        Some("EUR") => text.insert(after_sign, '€'),
        Some("GBP") => text.insert(after_sign, '£'),
        Some("JPY") => text.insert(after_sign, '¥'),
        Some(code) => text = format!("{code} {text}"),
    }
    Ok(text)
}

/// `2026-02-01`; with `"long"` `February 1, 2026`.
fn date(value: &Value, form: Option<&str>) -> Result<String, Error> {
    let day = object::<Day>(value, "date", "a date")?;
    match form {
        None | Some("iso") => Ok(day.0.to_string()),
        Some("long") => Ok(day.long()),
        Some(other) => Err(failed(format!(
            "no form `{other}` of a date, only iso and long"
        ))),
    }
}

/// `February 1 – 28, 2026`.
fn period(value: &Value) -> Result<String, Error> {
    Ok(object::<Days>(value, "period", "a period")?.long())
}

/// Fills with blanks up to a width in characters; a longer text stays whole.
fn padded(text: &Value, width: usize, right: bool) -> Result<String, Error> {
    let text = text.to_string();
    let blanks = width.saturating_sub(text.chars().count());
    within(text.len().saturating_add(blanks))?;
    let blanks = " ".repeat(blanks);
    Ok(if right {
        blanks + &text
    } else {
        text + &blanks
    })
}

/// Puts blanks before each line but the first; `first=true` before that one too.
fn indent(text: &str, width: usize, options: Kwargs) -> Result<String, Error> {
    let first = options.get::<Option<bool>>("first")?.unwrap_or(false);
    options.assert_all_used()?;
    within(
        (text.matches('\n').count() + 1)
            .saturating_mul(width)
            .saturating_add(text.len()),
    )?;
    let blanks = " ".repeat(width);
    let body = text.replace('\n', &format!("\n{blanks}"));
    Ok(if first { blanks + &body } else { body })
}

fn join(items: &Value, between: Option<&str>) -> Result<String, Error> {
    let mut out = String::new();
    for (at, item) in items.try_iter()?.enumerate() {
        if at > 0 {
            out.push_str(between.unwrap_or_default());
        }
        let _ = write!(out, "{item}");
        within(out.len())?;
    }
    Ok(out)
}

fn replace(text: &str, from: &str, to: &str) -> Result<String, Error> {
    within(
        text.matches(from)
            .count()
            .saturating_mul(to.len())
            .saturating_add(text.len()),
    )?;
    Ok(text.replace(from, to))
}

fn within(bytes: usize) -> Result<(), Error> {
    if bytes <= BUILT {
        Ok(())
    } else {
        Err(failed(TooLarge.to_string()).with_source(TooLarge))
    }
}

fn object<'v, T: Object + 'static>(
    value: &'v Value,
    filter: &str,
    wanted: &str,
) -> Result<&'v T, Error> {
    value
        .downcast_object_ref::<T>()
        .ok_or_else(|| failed(format!("`{filter}` takes {wanted}, not {}", value.kind())))
}

fn failed(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}
