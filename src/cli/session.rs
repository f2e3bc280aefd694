//! One call of the program: where it was called, when, and how it talks.

use super::args::Global;
use super::progress::Bar;
use super::terminal::Terminal;
use super::value::{self, BadValue, Instant};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::workspace::Workspace;
use crate::run::{House, Moment, Progress};
use chrono::Utc;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What every command has at hand.
pub struct Session {
    pub terminal: Terminal,
    workspace: PathBuf,
    /// The folder the command was given in; empty where it is gone.
    here: PathBuf,
    environment: BTreeMap<String, String>,
    now: Instant,
    /// Which flag or variable said what time it is.
    clock: &'static str,
    command: String,
}

impl Session {
    /// Reads the clock, once: `--now`, else BILLWRIGHT_NOW, else the machine's.
    ///
    /// Errors: `BW-C102` BILLWRIGHT_NOW is not a time.
    pub fn new(
        terminal: Terminal,
        global: &Global,
        words: &[OsString],
        environment: BTreeMap<String, String>,
    ) -> Result<Self, Report> {
        const VARIABLE: &str = "BILLWRIGHT_NOW";
        let (clock, now) = match (global.now, environment.get(VARIABLE)) {
            (Some(now), _) => ("--now", now),
            (None, Some(text)) if !text.is_empty() => (
                VARIABLE,
                value::instant(text).map_err(|bad| refused(VARIABLE, bad))?,
            ),
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place where the machine's clock is read"
            )]
            (None, _) => ("the clock", Instant::Zoned(Utc::now())),
        };
        let command: Vec<_> = words
            .iter()
            .skip(1)
            .map(|word| word.to_string_lossy())
            .collect();
        Ok(Self {
            terminal,
            workspace: global.workspace.clone(),
            here: std::env::current_dir().unwrap_or_default(),
            environment,
            now,
            clock,
            command: command.join(" "),
        })
    }

    /// Opens the workspace, and says what is to be noticed about it.
    pub fn house(&self) -> Result<House, Report> {
        let house = self.silent_house()?;
        self.terminal.notices(&house.loaded.notices);
        Ok(house)
    }

    /// Opens the workspace for a command that has what is to be noticed in its answer.
    pub fn silent_house(&self) -> Result<House, Report> {
        crate::run::open(&self.workspace, &|name| self.environment.get(name).cloned())
    }

    /// Opens the settings alone, for what is in the book: a definition that nobody can read does not stop an auditor.
    pub fn settings(&self) -> Result<Workspace, Report> {
        crate::run::settings(&self.workspace, &|name| self.environment.get(name).cloned())
    }

    /// Now, in a workspace. Errors: `BW-C102` a time that its zone does not have.
    pub fn moment(&self, workspace: &Workspace) -> Result<Moment, Report> {
        Ok(Moment {
            now: self
                .now
                .in_zone(workspace.timezone)
                .map_err(|bad| refused(self.clock, bad))?,
            pid: std::process::id(),
            command: self.command.clone(),
        })
    }

    /// A path as it is written in the folder of the command.
    pub fn written_here<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.here).unwrap_or(path)
    }

    /// Does something that tells how far it is, and shows that on a terminal.
    pub fn watched<T>(&self, work: impl FnOnce(&(dyn Fn(Progress<'_>) + Sync)) -> T) -> T {
        let bar = Bar::new(self.terminal.is_watched);
        work(&|progress| bar.note(progress))
    }
}

fn refused(clock: &str, bad: BadValue) -> Report {
    Diagnostic::error("BW-C102", Place::Argument(clock.to_owned()), bad.message)
        .help(bad.help)
        .into()
}
