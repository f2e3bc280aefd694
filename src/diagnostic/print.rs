//! A problem as text for a terminal, and as JSON.

use super::{Diagnostic, Place, Report, Severity, shown};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// How wide a terminal is where nobody says.
const WIDTH: usize = 80;
/// What stands in front of a line below the title: `  = help: `, or as many blanks.
const MARGIN: usize = 10;

/// A sentence in lines of so many characters; what stands in backticks stays whole, so that it can be copied.
pub fn wrapped(sentence: &str, most: usize) -> String {
    let mut lines = String::new();
    let mut width = 0;
    let mut quoted = false;
    let ends_word = |character| {
        quoted ^= character == '`';
        character == ' ' && !quoted
    };
    for word in sentence.split(ends_word) {
        let more = word.chars().count();
        if width > 0 && width + 1 + more > most {
            lines.push('\n');
            width = 0;
        } else if !lines.is_empty() {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += more;
    }
    lines
}

impl Diagnostic {
    /// Several lines for a terminal of 80 columns: severity, code and message; the place with an excerpt; the help.
    pub fn text(&self, color: bool) -> String {
        self.text_within(WIDTH, color)
    }

    /// The same for a terminal of another width.
    pub fn text_within(&self, width: usize, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let (level, word) = match self.severity {
            Severity::Error => (Level::ERROR, "error"),
            Severity::Warning => (Level::WARNING, "warning"),
            Severity::Notice => (Level::NOTE, "note"),
        };
        let before = format!("{word}[{}]: ", self.code).len();
        let within = |margin: usize| width.saturating_sub(margin);
        let message = wrapped(&shown(&self.message), within(before));
        let title = level.primary_title(&message).id(self.code);
        let mut group = Group::with_title(title);
        let mut below = Vec::new();
        if let Place::Text { source, span } = &self.place {
            let mut snippet = Snippet::source(source.text.as_str())
                .path(source.name.as_str())
                .annotation(AnnotationKind::Primary.span(span.clone()));
            for (place, text) in &self.labels {
                match place {
                    Place::Text {
                        source: other,
                        span: at,
                    } if other.name == source.name => {
                        let kind = if at == span {
                            AnnotationKind::Primary
                        } else {
                            AnnotationKind::Context
                        };
                        snippet = snippet.annotation(kind.span(at.clone()).label(text.as_str()));
                    }
                    _ => below.push(format!("{place}: {}", shown(text))),
                }
            }
            group = group.element(snippet);
        } else {
            if self.place != Place::Nowhere {
                below.push(format!("at {}", self.place));
            }
            below.extend(
                self.labels
                    .iter()
                    .map(|(place, text)| format!("{place}: {}", shown(text))),
            );
        }
        let below: Vec<String> = below
            .iter()
            .map(|line| wrapped(line, within(MARGIN)))
            .collect();
        for line in &below {
            group = group.element(Level::NOTE.no_name().message(line.as_str()));
        }
        let help = self
            .help
            .as_deref()
            .map(|help| wrapped(&shown(help), within(MARGIN)));
        if let Some(help) = &help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }

    /// The same as a JSON object: `code`, `severity`, `place`, `message`, `help`, `also` (further places).
    pub fn json(&self) -> serde_json::Value {
        let place = match &self.place {
            Place::Nowhere => serde_json::Value::Null,
            Place::Text { source, span } => {
                let (line, column) = source.line_column(span.start);
                serde_json::json!({ "file": source.name, "line": line, "column": column })
            }
            Place::Row { file, row, column } => {
                serde_json::json!({ "file": file, "row": row, "column": column })
            }
            Place::File(name) => serde_json::json!({ "file": name }),
            Place::Id(name) => serde_json::json!({ "id": name }),
            Place::Argument(name) => serde_json::json!({ "argument": name }),
        };
        let also: Vec<_> = self
            .labels
            .iter()
            .map(|(place, text)| serde_json::json!({ "place": place.to_string(), "text": text }))
            .collect();
        serde_json::json!({
            "code": self.code,
            "severity": match self.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Notice => "notice",
            },
            "place": place,
            "message": self.message,
            "help": self.help,
            "also": also,
        })
    }
}

impl Report {
    pub fn text(&self, color: bool) -> String {
        self.iter()
            .map(|diagnostic| diagnostic.text(color))
            .collect::<Vec<_>>()
            .join("\n\n")
    }

    pub fn json(&self) -> serde_json::Value {
        self.iter().map(Diagnostic::json).collect()
    }
}
