//! Templates ready to render, within limits.

use super::check::is_escaped;
use super::filters::{self, TooLarge};
use super::{OUTPUT, STEPS};
use crate::diagnostic::{Diagnostic, Place, Source};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

/// Statements may stand on lines of their own and leave no blank line behind.
pub(super) fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .expect("the usual delimiters are fine")
}

/// An environment that can do nothing but what `filters` lists.
pub(super) fn environment(steps: u64) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_syntax(syntax());
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match is_escaped(name) {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    environment.set_fuel(Some(steps));
    environment.set_recursion_limit(100);
    filters::install(&mut environment);
    environment
}

/// Renders one document.
///
/// Errors: `BW-T101`, `BW-T107`, `BW-T120`, `BW-T121`, `BW-T122`, `BW-T123`, at their place in the template.
pub(super) fn render(
    environment: &Environment<'static>,
    sources: &BTreeMap<String, Arc<Source>>,
    name: &str,
    context: Value,
) -> Result<String, Diagnostic> {
    let mut output = Bounded(Vec::with_capacity(16 * 1024));
    environment
        .get_template(name)
        .and_then(|template| template.render_captured_to(context, &mut output).map(drop))
        .map_err(|error| diagnosed(&error, environment, sources, name))?;
    Ok(String::from_utf8(output.0).expect("templates are text and so is what they print"))
}

/// Takes no more than a document may have.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn diagnosed(
    error: &Error,
    environment: &Environment<'_>,
    sources: &BTreeMap<String, Arc<Source>>,
    name: &str,
) -> Diagnostic {
    // The cause stands at the end of the chain: each included template adds one in front.
    let mut cause = error;
    let mut too_large = false;
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        too_large |= source.is::<TooLarge>();
        cause = source.downcast_ref::<Error>().unwrap_or(cause);
        next = source.source();
    }
    let place = place(cause, sources).unwrap_or_else(|| Place::file(format!("templates/{name}")));
    let detail = cause
        .detail()
        .map_or_else(|| cause.kind().to_string(), str::to_owned);
    match cause.kind() {
        _ if too_large => Diagnostic::error(
            "BW-T122",
            place,
            format!("the template builds too large a text: {detail}"),
        )
        .help("a document may take 256 MiB of memory; print the parts one by one"),
        ErrorKind::UndefinedError => {
            let named = named(&place).map_or(String::new(), |name| format!(": `{name}`"));
            Diagnostic::error(
                "BW-T101",
                place,
                format!("a variable that is not set here{named}"),
            )
            .help("a variable set in a loop ends with it; `is defined` asks, `default` fills in")
        }
        ErrorKind::OutOfFuel => {
            let steps = environment.fuel().unwrap_or(STEPS);
            Diagnostic::error("BW-T120", place, format!("the template takes more than {steps} steps"))
                .help("go through `lines` once and avoid loops inside loops; nobody reads so long a document")
        }
        ErrorKind::WriteFailure => {
            Diagnostic::error("BW-T123", place, "the document is larger than 10 MiB")
                .help("print less: a document has at most 10 MiB")
        }
        _ if detail.contains("recursion limit") => Diagnostic::error(
            "BW-T121",
            place,
            "templates stand too deep inside one another",
        )
        .help("`include` fewer templates from within others"),
        _ => Diagnostic::error("BW-T107", place, detail)
            .help("ask with `if` before using a value that may be empty or zero"),
    }
}

fn place(error: &Error, sources: &BTreeMap<String, Arc<Source>>) -> Option<Place> {
    let source = sources.get(error.name()?)?;
    let span = error.range()?;
    (span.end <= source.text.len()).then(|| Place::Text {
        source: source.clone(),
        span,
    })
}

/// The words of a template at a place.
fn named(place: &Place) -> Option<&str> {
    match place {
        Place::Text { source, span } => source.text.get(span.clone()),
        _ => None,
    }
}
