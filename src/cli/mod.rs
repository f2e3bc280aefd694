//! The command line: arguments in, text and an exit code out. Reads the clock and the environment; nothing else does.
//!
//! Owns words, streams and exit codes. Does not own what a command does (`run/`) or how an answer is put (`report/`).
//! Invariant: the answer is on stdout and all talk on stderr; whatever happens, the exit code is one of the table in `args`.

mod apply;
mod args;
mod cancel;
mod check;
mod completions;
mod draw;
mod explain;
mod export;
mod fault;
mod init;
mod outcome;
mod periods;
mod plan;
mod price;
mod progress;
mod reconcile;
mod refusal;
mod report;
mod resume;
mod room;
mod run;
mod runs;
mod schema;
mod session;
mod show;
mod terminal;
mod value;
mod verify;

use crate::diagnostic::{Diagnostic, Place, Report};
use args::{Arguments, Color, Command, Export, Form};
use clap::Parser;
use clap::error::ErrorKind;
use session::Session;
use signal_hook::consts::SIGXFSZ;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use terminal::Terminal;

/// Runs the command given on the command line.
pub fn main() -> ExitCode {
    fail_at_file_size_limit();
    let words: Vec<OsString> = std::env::args_os().collect();
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    ExitCode::from(command(words, environment))
}

/// Makes a write beyond the limit of file sizes fail like any other: by default `SIGXFSZ` ends the process without a word.
fn fail_at_file_size_limit() {
    // Where no handler can be had, it ends as it would have.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// Everything between the words typed and the exit code.
fn command(words: Vec<OsString>, environment: BTreeMap<String, String>) -> u8 {
    let asked_for_json = wants_json(&words);
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(error) if !is_mistake(error.kind()) => {
            return match error.print() {
                Err(unwritable) if unwritable.kind() != io::ErrorKind::BrokenPipe => 9,
                _ => u8::try_from(error.exit_code()).unwrap_or(2),
            };
        }
        Err(error) => {
            let form = if asked_for_json {
                Form::Json
            } else {
                Form::Table
            };
            let terminal = Terminal::new(form, Color::Auto, &|name| environment.get(name).cloned());
            let report = Report::from(refusal::refused(&error));
            terminal.problems(&report);
            return report.exit_code();
        }
    };
    let global = &arguments.global;
    let terminal = Terminal::new(global.output, global.color, &|name| {
        environment.get(name).cloned()
    });
    let ended = fault::caught(|| {
        let session = Session::new(terminal, global, &words, environment)?;
        answer(&arguments.command, &session)
    });
    match ended {
        Ok(exit_code) => exit_code,
        Err(report) => {
            terminal.problems(&report);
            report.exit_code()
        }
    }
}

/// Does what the command says. The exit code of a command that was done, or what stopped it.
fn answer(command: &Command, session: &Session) -> Result<u8, Report> {
    if session.terminal.form == Form::Csv && !command.answers_with_a_table() {
        let place = Place::Argument("--output".to_owned());
        return Err(Diagnostic::error(
            "BW-C107",
            place,
            "this command does not answer with one table",
        )
        .help("write `--output json`, or ask `runs`, `show`, `report` or `reconcile` for csv")
        .into());
    }
    match command {
        Command::Init(args) => init::init(args, session),
        Command::Check(args) => check::check(args, session),
        Command::Plan(args) => plan::plan(args, session),
        Command::Apply(args) => apply::apply(args, session),
        Command::Run(args) => run::run(args, session),
        Command::Continue(args) => resume::resume(args, session),
        Command::Cancel(args) => cancel::cancel(args, session),
        Command::Runs(args) => runs::runs(args, session),
        Command::Report(args) => report::report(args, session),
        Command::Show(args) => show::show(args, session),
        Command::Explain(args) => explain::explain(args, session),
        Command::Reconcile(args) => reconcile::reconcile(args, session),
        Command::Price(args) => price::price(args, session),
        Command::Periods(args) => periods::periods(args, session),
        Command::Verify(args) => verify::verify(args, session),
        Command::Schema(args) => schema::schema(args, session),
        Command::Completions(args) => completions::completions(args, session),
        Command::Export(Export::Hledger(args)) => export::hledger(args, session),
    }
}

/// Whether the words ask for JSON: a command line that cannot be parsed is answered in the form it asked for.
fn wants_json(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "--output=json")
        || words
            .windows(2)
            .any(|pair| pair[0] == "--output" && pair[1] == "json")
}

fn is_mistake(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayVersion
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_that_cannot_be_read_is_answered_in_the_form_it_asked_for() {
        let asks =
            |line: &str| wants_json(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(asks("billwright rnu --output json"));
        assert!(asks("billwright --output=json rnu"));
        assert!(!asks("billwright rnu json --output table"));
    }

    #[test]
    fn a_mistyped_command_ends_with_exit_code_2() {
        assert_eq!(
            command(
                ["billwright", "rnu"].map(OsString::from).to_vec(),
                BTreeMap::new()
            ),
            2
        );
    }
}
