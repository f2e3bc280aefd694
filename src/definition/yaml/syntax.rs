//! What the YAML parser says, so that an analyst can mend it.

use super::Reading;
use crate::diagnostic::Diagnostic;
use granit_parser::{ErrorKind, ScanError};

impl Reading<'_> {
    pub(super) fn syntax(&self, error: &ScanError) -> Diagnostic {
        let text = self.text;
        let mark = error.marker();
        let at = mark.byte_offset().unwrap_or(text.len()).min(text.len());
        let here = at..text[at..]
            .chars()
            .next()
            .map_or(at, |next| at + next.len_utf8());
        if let Some(tab) = blamed_tab(text, at, error.kind()) {
            return self
                .file
                .error(
                    self.file.codes.syntax,
                    &(tab..tab + 1),
                    "a tab is used for indentation",
                )
                .help("use spaces");
        }
        match error.kind() {
            ErrorKind::RecursionLimitExceeded => *self.too_deep(&here),
            ErrorKind::UnknownAnchor => {
                let name_end = text[at..]
                    .find([' ', '\n', ',', ']', '}'])
                    .map_or(text.len(), |end| at + end);
                let name = text[at..name_end].trim_start_matches('*');
                self.file
                    .error(self.file.codes.syntax, &(at..name_end), format!("there is no anchor `&{name}`"))
                    .help(format!("write `&{name}` before the value that is meant, above this line, or write the value again"))
            }
            kind => self
                .file
                .error(self.file.codes.syntax, &here, format!("not YAML: {kind}"))
                .help("check indentation, quotes and brackets just before this place"),
        }
    }
}

/// The tab a syntax error comes from: one in the indentation of its line, or the next one where the parser names a tab.
fn blamed_tab(text: &str, at: usize, kind: &ErrorKind) -> Option<usize> {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let content = text[line_start..].trim_start_matches([' ', '\t']);
    let indentation = &text[line_start..text.len() - content.len()];
    if let Some(tab) = indentation.find('\t') {
        return Some(line_start + tab);
    }
    let named = matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
    );
    text[at..].find('\t').filter(|_| named).map(|tab| at + tab)
}
