//! The HTML around the data: data stands in text or between quotes, and nothing is fetched from anywhere.
//!
//! Escaping makes data harmless in text and in quoted attributes, nowhere else. The scan follows the text as written,
//! past `{% ... %}`: branches are read one after the other.

use super::place;
use crate::diagnostic::{Diagnostic, Report, Source};
use crate::render::environment::syntax;
use minijinja::machinery::{Token, tokenize};
use std::sync::Arc;

/// Attributes whose content a browser fetches by itself.
const FETCHED: [&str; 6] = [
    "src",
    "srcset",
    "poster",
    "background",
    "data",
    "xlink:href",
];
/// Elements whose `href` is fetched rather than followed on a click.
const FETCHING: [&str; 4] = ["link", "image", "use", "base"];
/// Attributes that hold an address.
const ADDRESSES: [&str; 4] = ["href", "src", "action", "formaction"];

#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Text,
    Comment,
    TagName,
    /// Inside a tag, before the name of an attribute or in it.
    Attribute,
    /// Behind `=`.
    BeforeValue,
    /// The quote that ends it, if there is one.
    Value(Option<char>),
    /// Inside `<style>` or `<script>`.
    Raw,
}

struct Scan<'s> {
    source: &'s Arc<Source>,
    at: At,
    tag: String,
    attribute: String,
    /// The attribute's value, or the content of `<style>`, so far.
    value: String,
    value_start: usize,
    report: &'s mut Report,
}

/// `BW-T132` (data outside of quotes), `BW-T133` (data where escaping does not help), `BW-T134` (something to fetch).
pub(super) fn check(source: &Arc<Source>, report: &mut Report) {
    let mut scan = Scan {
        source,
        at: At::Text,
        tag: String::new(),
        attribute: String::new(),
        value: String::new(),
        value_start: 0,
        report,
    };
    let mut data_start = None;
    let mut end = 0;
    for (token, span) in tokenize(&source.text, false, syntax()).map_while(Result::ok) {
        match token {
            Token::TemplateData(text) => {
                // The slice of the source that is left after blanks around statements are cut.
                let start = source.text[end..].find(text).map_or(end, |at| end + at);
                for (at, character) in text.char_indices() {
                    scan.character(character, start + at);
                }
            }
            Token::VariableStart => data_start = Some(span.start_offset as usize),
            Token::VariableEnd => {
                if let Some(start) = data_start.take() {
                    scan.data(start, span.end_offset as usize);
                }
            }
            _ => {}
        }
        end = span.end_offset as usize;
    }
}

impl Scan<'_> {
    fn character(&mut self, character: char, offset: usize) {
        match self.at {
            At::Text if character == '<' => {
                self.tag.clear();
                self.at = At::TagName;
            }
            At::Text => {}
            At::Comment => {
                self.value.push(character);
                if self.value.ends_with("-->") {
                    self.at = At::Text;
                }
            }
            At::TagName => match character {
                '>' => self.tag_ends(offset),
                _ if character.is_whitespace() && self.tag.is_empty() => self.at = At::Text,
                _ if character.is_whitespace() => self.attribute_begins(),
                _ => {
                    self.tag.push(character.to_ascii_lowercase());
                    if self.tag == "!--" {
                        self.value.clear();
                        self.at = At::Comment;
                    }
                }
            },
            At::Attribute => match character {
                '>' => self.tag_ends(offset),
                '=' => self.at = At::BeforeValue,
                '/' => {}
                _ if character.is_whitespace() => self.attribute.clear(),
                _ => self.attribute.push(character.to_ascii_lowercase()),
            },
            At::BeforeValue => {
                self.value.clear();
                match character {
                    '"' | '\'' => {
                        self.value_start = offset + 1;
                        self.at = At::Value(Some(character));
                    }
                    '>' => self.tag_ends(offset),
                    _ if character.is_whitespace() => {}
                    _ => {
                        self.value_start = offset;
                        self.value.push(character);
                        self.at = At::Value(None);
                    }
                }
            }
            At::Value(Some(quote)) if character == quote => {
                self.value_ends(offset);
                self.attribute_begins();
            }
            At::Value(None) if character.is_whitespace() || character == '>' => {
                self.value_ends(offset);
                self.attribute_begins();
                if character == '>' {
                    self.tag_ends(offset);
                }
            }
            At::Value(_) => self.value.push(character),
            At::Raw => {
                self.value.push(character.to_ascii_lowercase());
                if self.value.ends_with(&format!("</{}>", self.tag)) {
                    if self.tag == "style" {
                        self.style(offset);
                    }
                    self.at = At::Text;
                }
            }
        }
    }

    fn attribute_begins(&mut self) {
        self.attribute.clear();
        self.at = At::Attribute;
    }

    fn tag_ends(&mut self, offset: usize) {
        self.value.clear();
        self.value_start = offset + 1;
        self.at = match self.tag.as_str() {
            "style" | "script" => At::Raw,
            _ => At::Text,
        };
    }

    /// A `{{ ... }}`.
    fn data(&mut self, start: usize, end: usize) {
        let place = place(self.source, start, end);
        match self.at {
            At::Text | At::Comment => {}
            At::TagName | At::Attribute | At::BeforeValue | At::Value(None) => {
                self.report.push(
                    Diagnostic::error("BW-T132", place, "data inside a tag, outside of quotes")
                        .help(format!(
                            "put quotes round it: {}=\"{{{{ ... }}}}\"",
                            self.attribute_or("title")
                        )),
                );
            }
            At::Value(Some(_)) => {
                let attribute = self.attribute.as_str();
                let unsafe_here = if attribute == "style" || attribute.starts_with("on") {
                    Some(format!(
                        "data in the attribute `{attribute}`, where escaping does not make it harmless"
                    ))
                } else if self.value.trim().is_empty()
                    && (ADDRESSES.contains(&attribute) || FETCHED.contains(&attribute))
                {
                    Some(format!(
                        "the address in `{attribute}` begins with data, which may choose where it leads"
                    ))
                } else {
                    None
                };
                if let Some(message) = unsafe_here {
                    self.report.push(
                        Diagnostic::error("BW-T133", place, message)
                            .help("write the beginning yourself, such as href=\"mailto:{{ ... }}\", or print it as text"),
                    );
                }
                self.value.push('\u{FFFC}');
            }
            At::Raw => self.report.push(
                Diagnostic::error(
                    "BW-T133",
                    place,
                    format!(
                        "data inside <{}>, where escaping does not make it harmless",
                        self.tag
                    ),
                )
                .help(
                    "print it in the text of the document, or choose between fixed texts with `if`",
                ),
            ),
        }
        if self.at == At::BeforeValue {
            self.value.clear();
            self.at = At::Value(None);
        }
    }

    fn attribute_or<'a>(&'a self, other: &'a str) -> &'a str {
        if self.attribute.is_empty() {
            other
        } else {
            &self.attribute
        }
    }

    fn value_ends(&mut self, end: usize) {
        let fetched = FETCHED.contains(&self.attribute.as_str())
            || (self.attribute == "href" && FETCHING.contains(&self.tag.as_str()));
        let value = self.value.trim().to_ascii_lowercase();
        if fetched && !value.starts_with("data:") && !value.starts_with('#') && !value.is_empty() {
            let message = format!(
                "`{}` of <{}> is fetched when the document is opened",
                self.attribute, self.tag
            );
            self.fetches(self.value_start, end, message);
        }
        if self.attribute == "style" {
            self.style(end);
        }
    }

    /// A style sheet or a `style` attribute, up to `end`.
    fn style(&mut self, end: usize) {
        let text = self.source.text[self.value_start..end].to_ascii_lowercase();
        let addresses = text.match_indices("url(").filter(|(at, _)| {
            let address = text[at + 4..].trim_start_matches(['"', '\'', ' ']);
            !address.starts_with("data:") && !address.starts_with('#')
        });
        for (at, what) in addresses.chain(text.match_indices("@import")) {
            let start = self.value_start + at;
            let message = "the style fetches something when the document is opened";
            self.fetches(start, start + what.len(), message.to_owned());
        }
    }

    fn fetches(&mut self, start: usize, end: usize, message: String) {
        self.report.push(
            Diagnostic::error("BW-T134", place(self.source, start, end), message)
                .help("embed it as `data:...`; nothing is fetched when a document is opened"),
        );
    }
}
