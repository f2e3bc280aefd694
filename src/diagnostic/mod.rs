//! What went wrong, where, and what to do next: one type for every error, warning and notice.
//!
//! Owns how a problem is described and printed. Does not own which problems there are: each room makes its own.

mod print;

pub use print::wrapped;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A text a person wrote: a definition, the workspace file, a template.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Path as shown to the user, relative to the workspace.
    pub name: String,
    /// The whole text, as read.
    pub text: String,
}

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
        })
    }

    /// Line and column of a byte offset, both counted from 1; columns count characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset.min(self.text.len()))];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }
}

/// Where a problem is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Bytes of a text: printed as `file:line:column` with an excerpt.
    Text {
        source: Arc<Source>,
        span: Range<usize>,
    },
    /// A row of an input file, the header being row 1, and the column where one is to blame.
    Row {
        file: String,
        row: usize,
        column: Option<String>,
    },
    /// A whole file or folder.
    File(String),
    /// An account, service, invoice or run, by id.
    Id(String),
    /// A word of the command line.
    Argument(String),
    /// Nothing that has a place.
    Nowhere,
}

impl Place {
    pub fn file(path: impl fmt::Display) -> Self {
        Self::File(path.to_string())
    }

    pub fn row(file: impl Into<String>, row: usize, column: Option<&str>) -> Self {
        Self::Row {
            file: file.into(),
            row,
            column: column.map(str::to_owned),
        }
    }
}

impl fmt::Display for Place {
    /// `file:line:column`, `file, row 2, name`, or the name alone; control characters escaped.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { source, span } => {
                let (line, column) = source.line_column(span.start);
                write!(out, "{}:{line}:{column}", shown(&source.name))
            }
            Self::Row {
                file,
                row,
                column: Some(column),
            } => {
                write!(out, "{}, row {row}, {}", shown(file), shown(column))
            }
            Self::Row {
                file,
                row,
                column: None,
            } => write!(out, "{}, row {row}", shown(file)),
            Self::File(name) | Self::Id(name) | Self::Argument(name) => {
                write!(out, "{}", shown(name))
            }
            Self::Nowhere => Ok(()),
        }
    }
}

/// A text with control and invisible direction characters shown as `U+0000`, so that it can be printed on a terminal.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unprintable(character) {
            out.push_str(&format!("U+{:04X}", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    out
}

/// Whether a character has no place in a name: controls, and the marks that turn the direction of a line round.
pub fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}')
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Notice,
}

/// One problem, with its stable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `BW-` and a letter for the field (D definition, K workspace, T template, F file, V value, X reference, R rating,
    /// N series, L lock, B book, E environment, A approval, M mail, P payment, C command line, I notice), then digits.
    pub code: &'static str,
    pub severity: Severity,
    pub place: Place,
    /// A lowercase fragment without a full stop.
    pub message: String,
    /// Further places and what is to be seen there.
    pub labels: Vec<(Place, String)>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn error(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            place,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    pub fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, place, message)
        }
    }

    pub fn notice(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Notice,
            ..Self::error(code, place, message)
        }
    }

    pub fn label(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push((place, text.into()));
        self
    }

    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The exit code this problem leads to when it stops a command.
    pub fn exit_code(&self) -> u8 {
        match self.code.as_bytes().get(3) {
            // An empty or old export is held, not refused: it may be meant.
            _ if matches!(self.code, "BW-F102" | "BW-F135") => 10,
            // What was given out decides, but it is the settings that have to change.
            _ if self.code == "BW-N103" => 3,
            Some(b'C') => 2,
            Some(b'D' | b'K' | b'T') => 3,
            Some(b'F' | b'V' | b'X') => 4,
            Some(b'R') => 5,
            Some(b'M' | b'P') => 6,
            Some(b'L') => 7,
            Some(b'B') => 8,
            Some(b'E') => 9,
            Some(b'A' | b'N') => 10,
            _ => 70,
        }
    }
}

/// All problems found in one pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(Vec<Diagnostic>);

impl Report {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    pub fn extend(&mut self, other: Report) {
        self.0.extend(other.0);
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn has_errors(&self) -> bool {
        self.0
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The value, if nothing found so far is an error; else everything found.
    pub fn unless_errors<T>(self, value: T) -> Result<T, Report> {
        if self.has_errors() {
            Err(self)
        } else {
            Ok(value)
        }
    }

    /// The exit code of a command that these problems stopped: 70, 8, 9, 10, 7, 3, 4, 6, 5 in this order, then 2.
    pub fn exit_code(&self) -> u8 {
        const ORDER: [u8; 10] = [70, 8, 9, 10, 7, 3, 4, 6, 5, 2];
        let errors = || {
            self.0
                .iter()
                .filter(|diagnostic| diagnostic.severity == Severity::Error)
        };
        ORDER
            .into_iter()
            .find(|&code| errors().any(|diagnostic| diagnostic.exit_code() == code))
            .unwrap_or(0)
    }
}

impl From<Diagnostic> for Report {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl FromIterator<Diagnostic> for Report {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self(diagnostics.into_iter().collect())
    }
}

impl IntoIterator for Report {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The known name nearest to a misspelt one, if any is near enough to be meant.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = wanted.chars().count();
    let within = |name: &str| 1 + name.chars().count() / 4;
    known
        .into_iter()
        // As far apart as their lengths at least: a megabyte of text is not measured against every name.
        .filter(|name| name.chars().count().abs_diff(length) <= within(name))
        .map(|name| {
            (
                strsim::damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, name)| *distance <= within(name))
        .min()
        .map(|(_, name)| name)
}

/// What a row was set aside as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AsideKind {
    /// Selected, rightly not billed; `code` is the reason (`ended`, `held` ..).
    Exclusion,
    /// Should have been billed and could not be; `code` is a `BW-` code.
    Exception,
}

/// How much of an account a row set aside takes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The account is parked: no line, no number, no claim.
    Account,
    /// The service alone; the rest of its account is billed.
    Service,
    /// A row that belongs to nobody: counted and listed, nothing else.
    Row,
}

/// A row set aside, with the reason. Ids that do not apply are empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Aside {
    pub kind: AsideKind,
    pub reach: Reach,
    pub account_id: String,
    pub subscription_id: String,
    pub service_id: String,
    pub charge: String,
    /// The stage that found it: `inputs`, `identify`, `rate`, `invoice`.
    pub stage: &'static str,
    pub code: &'static str,
    /// What is wrong and where (file, row and column), in one sentence fragment.
    pub message: String,
}

impl Aside {
    /// An exception of a stage that parks an account; services have no part in it.
    pub fn parking(
        account_id: &str,
        stage: &'static str,
        code: &'static str,
        message: String,
    ) -> Self {
        Self {
            kind: AsideKind::Exception,
            reach: Reach::Account,
            account_id: account_id.to_owned(),
            subscription_id: String::new(),
            service_id: String::new(),
            charge: String::new(),
            stage,
            code,
            message,
        }
    }
}

/// What a stage makes: the rows it kept, and those it set aside.
#[derive(Clone, Debug)]
pub struct Staged<T> {
    pub kept: T,
    pub aside: Vec<Aside>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_text_is_a_line_and_a_column_in_characters() {
        let source = Source::new("d.yaml", "a: 1\nü: x\n");
        assert_eq!(
            Place::Text {
                source: source.clone(),
                span: 9..10
            }
            .to_string(),
            "d.yaml:2:4"
        );
    }

    #[test]
    fn control_characters_are_shown_by_their_number() {
        assert_eq!(shown("a\0b\u{202E}"), "aU+0000bU+202E");
    }

    #[test]
    fn an_unknown_name_offers_its_nearest_neighbor() {
        assert_eq!(nearest("prcie", ["price", "charge"]), Some("price"));
        assert_eq!(nearest("zebra", ["price", "charge"]), None);
    }

    #[test]
    fn the_worst_problem_gives_the_exit_code() {
        let report: Report = ["BW-D201", "BW-B101", "BW-C101"]
            .map(|code| Diagnostic::error(code, Place::Nowhere, "x"))
            .into_iter()
            .collect();
        assert_eq!(report.exit_code(), 8);
    }
}
