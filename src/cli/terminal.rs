//! Where text goes: the answer to stdout, everything else to stderr.

use super::args::{Color, Form};
use super::draw::{draw, drawn};
use crate::book::trouble;
use crate::diagnostic::{Place, Report, Severity};
use crate::report::page::{Page, counted, grouped};
use crate::report::table::Table;
use rustix::termios::tcgetwinsize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::Path;

/// How wide text is where nobody says.
const WIDTH: usize = 80;

/// The two streams of a command, and how they are written to.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    pub form: Form,
    color: bool,
    /// Columns of an answer.
    width: usize,
    /// Columns of what is said beside it.
    talk_width: usize,
    /// Whether stderr is a terminal, on which progress can be drawn.
    pub is_watched: bool,
}

impl Terminal {
    /// `environment` is asked for NO_COLOR and TERM.
    pub fn new(form: Form, color: Color, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let is_watched = io::stderr().is_terminal();
        let is_plain = environment("NO_COLOR").is_some_and(|value| !value.is_empty())
            || environment("TERM").is_some_and(|value| value == "dumb");
        Self {
            form,
            color: match color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => is_watched && !is_plain,
            },
            width: width_of(&io::stdout()),
            talk_width: width_of(&io::stderr()),
            is_watched,
        }
    }

    /// An answer of sentences and tables.
    pub fn page(&self, page: &Page) -> Result<(), Report> {
        match self.form {
            Form::Json => self.json(&page.to_json()),
            Form::Table | Form::Csv => self.text(&page.text(|table| drawn(table, self.width))),
        }
    }

    /// An answer that is one table, with the sentence for when it has no rows. Written while it is made: it may be long.
    pub fn table(&self, table: &Table, nothing: &str) -> Result<(), Report> {
        match self.form {
            Form::Table if table.is_empty() => self.text(nothing),
            Form::Table => self.write(|out| draw(table, self.width, out)),
            Form::Csv => self.write(|out| table.write_csv(out)),
            Form::Json => self.write(|out| {
                table.write_json(out)?;
                out.write_all(b"\n")
            }),
        }
    }

    /// An answer for programs.
    pub fn json(&self, value: &Value) -> Result<(), Report> {
        self.text(&format!("{value:#}"))
    }

    /// An answer as it stands, ended by a line end.
    pub fn text(&self, text: &str) -> Result<(), Report> {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        self.write(|out| {
            out.write_all(text.as_bytes())?;
            out.write_all(end.as_bytes())
        })
    }

    /// An answer written while it is made.
    ///
    /// A reader that went away, as `head` does, wanted no more of it: that is no problem. Errors: `BW-E1..`.
    pub fn write(
        &self,
        answer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Report> {
        let mut stdout = io::stdout().lock();
        let written = answer(&mut stdout).and_then(|()| stdout.flush());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(trouble::io("write the answer", Path::new("stdout"), &error))
            }
            _ => Ok(()),
        }
    }

    /// A sentence beside the answer.
    pub fn say(&self, sentence: &str) {
        // Nobody can be told that stderr is gone.
        let _ = writeln!(io::stderr(), "{sentence}");
    }

    /// Problems that did not stop the command.
    pub fn notices(&self, report: &Report) {
        if !report.is_empty() {
            self.say(&format!("{}\n", told(report, self.talk_width, self.color)));
        }
    }

    /// Problems that stopped the command: text on stderr, or `{"errors": [..]}` on stdout where programs read.
    pub fn problems(&self, report: &Report) {
        if self.form == Form::Json {
            if let Err(unwritable) = self.json(&json!({ "errors": report.json() })) {
                self.say(&unwritable.text(self.color));
            }
            return;
        }
        self.say(&told(report, self.talk_width, self.color));
        if report.len() > 1 {
            self.say(&format!("\n{}", counts(report)));
        }
    }
}

/// How wide a stream is: as wide as its terminal.
fn width_of(stream: &(impl IsTerminal + AsFd)) -> usize {
    match tcgetwinsize(stream) {
        Ok(size) if stream.is_terminal() && size.ws_col > 0 => usize::from(size.ws_col),
        _ => WIDTH,
    }
}

/// How many problems of one code are told in full.
const TOLD: usize = 10;

/// The problems as text. Rows with the same problem are told ten times and then counted; a mistake in a text that somebody
/// wrote is told every time, for each has to be mended.
fn told(report: &Report, width: usize, color: bool) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut told = Vec::new();
    for problem in report.iter() {
        let count = counts.entry(problem.code).or_default();
        *count += usize::from(!matches!(problem.place, Place::Text { .. }));
        if *count <= TOLD {
            told.push(problem.text_within(width, color));
        }
    }
    let more = counts.into_iter().filter(|(_, count)| *count > TOLD);
    told.extend(more.map(|(code, count)| {
        let more = grouped(count - TOLD);
        format!("and {more} more of {code}; `--output json` lists all of them")
    }));
    told.join("\n\n")
}

/// `2 errors, 1 warning.`
fn counts(report: &Report) -> String {
    let kinds = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Notice, "notice"),
    ];
    let parts = kinds.into_iter().filter_map(|(severity, noun)| {
        let count = report
            .iter()
            .filter(|problem| problem.severity == severity)
            .count();
        (count > 0).then(|| counted(count, noun))
    });
    parts.collect::<Vec<_>>().join(", ") + "."
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;

    #[test]
    fn the_same_problem_of_many_rows_is_told_ten_times_and_counted() {
        let rows = (2..1002).map(|row| {
            Diagnostic::error("BW-V141", Place::row("a.csv", row, None), "not a number")
        });
        let report: Report = rows.collect();
        let text = told(&report, WIDTH, false);
        assert_eq!(text.matches("not a number").count(), 10);
        assert!(text.ends_with("and 990 more of BW-V141; `--output json` lists all of them"));
        assert_eq!(counts(&report), "1,000 errors.");
    }
}
