//! An answer in several parts: sentences for people, and a table where there is one.

use super::table::Table;
use crate::diagnostic;
use serde_json::{Value, json};

/// Parts, in the order they are read.
#[derive(Clone, Debug, Default)]
pub struct Page(pub Vec<Part>);

/// Sentences and a table under one heading; any of them may be empty.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub title: String,
    pub sentences: Vec<String>,
    pub table: Table,
}

/// The width that sentences are broken to.
const WIDTH: usize = 80;

impl Part {
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    pub fn say(mut self, sentence: impl Into<String>) -> Self {
        self.sentences.push(sentence.into());
        self
    }

    pub fn table(mut self, table: Table) -> Self {
        self.table = table;
        self
    }

    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty() && self.table.is_empty()
    }
}

impl Page {
    /// The page as text of 80 columns. How a table is drawn is the caller's: a terminal knows its width.
    pub fn text(&self, draw: impl Fn(&Table) -> String) -> String {
        let parts = self.0.iter().filter(|part| !part.is_empty()).map(|part| {
            let mut blocks = Vec::new();
            if !part.title.is_empty() {
                blocks.push(part.title.clone());
            }
            blocks.extend(part.sentences.iter().map(|sentence| wrapped(sentence)));
            if !part.table.is_empty() {
                blocks.push(draw(&part.table).trim_end().to_owned());
            }
            blocks.join("\n")
        });
        parts.collect::<Vec<_>>().join("\n\n") + "\n"
    }

    /// `[{"title", "sentences": [..], "rows": [..]}]`.
    pub fn to_json(&self) -> Value {
        let parts = self.0.iter().filter(|part| !part.is_empty());
        parts
            .map(|part| {
                json!({
                    "title": part.title,
                    "sentences": part.sentences,
                    "rows": part.table.to_json(),
                })
            })
            .collect()
    }
}

/// Broken between words. A word that is longer than a line, such as a path, is left whole so that it can be copied.
///
/// What is indented is an example and stays as it is.
fn wrapped(sentence: &str) -> String {
    match sentence.starts_with("    ") {
        true => sentence.to_owned(),
        false => diagnostic::wrapped(sentence, WIDTH),
    }
}

/// The digits before the point in threes: `456,360.00`. For sentences; tables stay plain so that they can be computed with.
pub fn grouped(number: impl ToString) -> String {
    let text = number.to_string();
    let digits = text.trim_start_matches('-');
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = text[..text.len() - digits.len()].to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

/// A count and its noun: `1 invoice`, `7,043 invoices`.
pub fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_broken_at_eighty_columns_and_long_words_are_kept_whole() {
        let path = "x".repeat(90);
        let command = "`billwright show monthly@2026-02-01 --tab failed`";
        let page = Page(vec![
            Part::new("Where")
                .say(format!("{} {path}", "word ".repeat(20).trim_end()))
                .say(format!("What could not be billed is listed by {command}")),
        ]);
        let text = page.text(|_| String::new());
        assert!(text.lines().all(|line| line.len() <= 80 || line == path));
        assert_eq!(text.lines().count(), 6);
        assert!(text.contains(command));
    }

    #[test]
    fn large_numbers_are_grouped_in_threes() {
        let all = ["1", "999", "1000", "-456360.00", "1234567.5", "-12"].map(grouped);
        assert_eq!(
            all,
            ["1", "999", "1,000", "-456,360.00", "1,234,567.5", "-12"]
        );
        assert_eq!(counted(1, "line"), "1 line");
        assert_eq!(counted(29202, "line"), "29,202 lines");
    }
}
