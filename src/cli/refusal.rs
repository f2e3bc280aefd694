//! A command line that was not understood, as a problem with a code, the word to blame, and what to write instead.
//!
//! `BW-C101` no such command or flag, `BW-C102` a value that cannot be meant, `BW-C104` a word missing or too many,
//! `BW-C110` a secret as an argument, `BW-C190` described, but not built yet.

use super::args::Arguments;
use super::value::BadValue;
use crate::diagnostic::{Diagnostic, Place, nearest};
use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error;

/// Commands and flags of the design whose time has not come.
const LATER: [&str; 20] = [
    "adjust",
    "approve",
    "collect",
    "credit",
    "deliver",
    "diff",
    "hold",
    "pause",
    "post",
    "redo",
    "reject",
    "render",
    "resume",
    "sample",
    "settle",
    "status",
    "submit",
    "tick",
    "--except",
    "--upcoming",
];

/// Turns what clap says into a problem of ours.
pub fn refused(error: &clap::Error) -> Diagnostic {
    let context = |kind| error.get(kind).and_then(first);
    // `--flag=value`: the value is not ours to repeat.
    let form = context(ContextKind::InvalidSubcommand)
        .or_else(|| context(ContextKind::InvalidArg))
        .unwrap_or_default();
    let word = form.split(['=', ' ']).next().unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if is_secret(word) => Diagnostic::error(
            "BW-C110",
            argument(word),
            format!("`{word}` is not read from the command line"),
        )
        .help("put the secret into the environment: other users of the machine can see a command line"),
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand if LATER.contains(&word) => {
            Diagnostic::error("BW-C190", argument(word), format!("`{word}` is not built yet"))
                .help("`billwright --help` lists what is")
        }
        ErrorKind::UnknownArgument if !word.starts_with('-') => Diagnostic::error(
            "BW-C104",
            argument(word),
            format!("`{word}` is one word too many"),
        )
        .help(usage(error)),
        ErrorKind::UnknownArgument => {
            let suggested = context(ContextKind::SuggestedArg);
            unknown("flag", word, flags(), suggested, &usage(error))
        }
        ErrorKind::InvalidSubcommand => {
            let suggested = context(ContextKind::SuggestedSubcommand);
            unknown("command", word, commands(), suggested, "`billwright --help` lists the commands")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            bad_value(error, word, &form, &context(ContextKind::InvalidValue).unwrap_or_default())
        }
        ErrorKind::MissingRequiredArgument => Diagnostic::error(
            "BW-C104",
            Place::Nowhere,
            format!("{} is missing", all(error.get(ContextKind::InvalidArg))),
        )
        .help(usage(error)),
        ErrorKind::ArgumentConflict => {
            Diagnostic::error("BW-C104", argument(word), format!("`{word}` is given twice, or beside what excludes it"))
                .help(usage(error))
        }
        _ => Diagnostic::error("BW-C104", Place::Nowhere, first_line(&error.to_string())).help(usage(error)),
    }
}

/// A value that cannot be meant: says which can, or why not. `form` is how the flag is written with its value.
fn bad_value(error: &clap::Error, flag: &str, form: &str, value: &str) -> Diagnostic {
    let place = argument(if flag.is_empty() { value } else { flag });
    if let Some(bad) = error
        .source()
        .and_then(|source| source.downcast_ref::<BadValue>())
    {
        return Diagnostic::error("BW-C102", place, bad.message.clone()).help(bad.help.clone());
    }
    if value.is_empty() {
        return Diagnostic::error("BW-C104", place, format!("`{flag}` wants a value"))
            .help(format!("write `{form}`"));
    }
    let possible = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => values.as_slice(),
        _ => &[],
    };
    let choice = possible.join(", ");
    let help = match nearest(value, possible.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`? (one of {choice})"),
        None if possible.is_empty() => usage(error),
        None => format!("one of {choice}"),
    };
    Diagnostic::error(
        "BW-C102",
        place,
        format!("`{value}` is not a value of {flag}"),
    )
    .help(help)
}

/// No such name; with a near one where there is one, ours before clap's.
fn unknown(
    what: &str,
    word: &str,
    known: Vec<String>,
    suggested: Option<String>,
    otherwise: &str,
) -> Diagnostic {
    let near = nearest(word, known.iter().map(String::as_str)).map(str::to_owned);
    let help = near
        .or(suggested)
        .map(|name| format!("did you mean `{name}`?"));
    Diagnostic::error(
        "BW-C101",
        argument(word),
        format!("there is no {what} `{word}`"),
    )
    .help(help.unwrap_or_else(|| otherwise.to_owned()))
}

fn argument(word: &str) -> Place {
    Place::Argument(word.to_owned())
}

fn is_secret(flag: &str) -> bool {
    ["password", "secret", "token", "api-key"]
        .iter()
        .any(|word| flag.to_lowercase().contains(word))
}

/// Every flag of every command, with its dashes.
fn flags() -> Vec<String> {
    fn of(command: &clap::Command) -> Vec<String> {
        let own = command
            .get_arguments()
            .filter_map(|argument| argument.get_long());
        own.map(|name| format!("--{name}"))
            .chain(command.get_subcommands().flat_map(of))
            .collect()
    }
    of(&Arguments::command())
}

fn commands() -> Vec<String> {
    let all = Arguments::command();
    all.get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect()
}

/// How the command is written, in one line.
fn usage(error: &clap::Error) -> String {
    let text = error
        .get(ContextKind::Usage)
        .map(ToString::to_string)
        .unwrap_or_default();
    match text.trim().strip_prefix("Usage:") {
        Some(usage) => format!("write `{}`", first_line(usage)),
        None => "`billwright --help` shows how it is written".to_owned(),
    }
}

fn first_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

fn first(value: &ContextValue) -> Option<String> {
    match value {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

fn all(value: Option<&ContextValue>) -> String {
    match value {
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::String(text)) => text.clone(),
        _ => "a word".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    /// Code, place, message and help of a refused command line.
    fn refusal(line: &str) -> String {
        let words = std::iter::once("billwright").chain(line.split_whitespace());
        let problem = refused(&Arguments::try_parse_from(words).unwrap_err());
        let help = problem.help.unwrap_or_default();
        format!(
            "{} at `{}`: {}\n  {help}",
            problem.code, problem.place, problem.message
        )
    }

    #[test]
    fn a_command_line_that_was_not_understood_says_what_to_write() {
        let lines = [
            "run telco --asof 2026-06-30",
            "run telco --zebra",
            "run telco --as-of 2026-02-30",
            "run telco --as-of",
            "run telco --until psot",
            "continue telco --except=ZZ",
            "run",
            "run one two",
            "rnu telco",
            "fold telco",
            "deliver --smtp-password x",
            "apply p --smtp-password=hush",
            "runs --output xml",
            "schema bil_run",
            "show telco --now noon",
        ];
        insta::assert_snapshot!(lines.map(refusal).join("\n"), @r"
        BW-C101 at `--asof`: there is no flag `--asof`
          did you mean `--as-of`?
        BW-C101 at `--zebra`: there is no flag `--zebra`
          write `billwright run <DEFINITION>`
        BW-C102 at `--as-of`: `2026-02-30` is not a day of the calendar
          February 2026 has 28 days
        BW-C104 at `--as-of`: `--as-of` wants a value
          write `--as-of <DATE>`
        BW-C102 at `--until`: `psot` is not a value of --until
          did you mean `post`? (one of rate, invoice, post, render)
        BW-C190 at `--except`: `--except` is not built yet
          `billwright --help` lists what is
        BW-C104 at ``: <DEFINITION> is missing
          write `billwright run <DEFINITION>`
        BW-C104 at `two`: `two` is one word too many
          write `billwright run [OPTIONS] <DEFINITION>`
        BW-C101 at `rnu`: there is no command `rnu`
          did you mean `run`?
        BW-C101 at `fold`: there is no command `fold`
          `billwright --help` lists the commands
        BW-C190 at `deliver`: `deliver` is not built yet
          `billwright --help` lists what is
        BW-C110 at `--smtp-password`: `--smtp-password` is not read from the command line
          put the secret into the environment: other users of the machine can see a command line
        BW-C102 at `--output`: `xml` is not a value of --output
          one of table, json, csv
        BW-C102 at `<KIND>`: `bil_run` is not a value of <KIND>
          did you mean `bill_run`? (one of bill_run, group, hold, payment_terms, prepaid_run, reconciliation, scheme, tax)
        BW-C102 at `--now`: `noon` is not a time
          write 2026-02-01T08:00, or with a zone 2026-02-01T08:00:00Z
        ");
    }
}
