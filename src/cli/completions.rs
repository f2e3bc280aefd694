//! `billwright completions`: what a shell needs to complete commands, flags and their values.

use super::args::{Arguments, Completions, Shell};
use super::session::Session;
use crate::diagnostic::Report;
use clap::CommandFactory;
use clap_complete::generate;
use clap_complete::shells::{Bash, Fish, Zsh};

pub fn completions(args: &Completions, session: &Session) -> Result<u8, Report> {
    const NAME: &str = "billwright";
    let mut all = Arguments::command();
    let mut script = Vec::new();
    match args.shell {
        Shell::Bash => generate(Bash, &mut all, NAME, &mut script),
        Shell::Zsh => generate(Zsh, &mut all, NAME, &mut script),
        Shell::Fish => generate(Fish, &mut all, NAME, &mut script),
    }
    session.terminal.text(&String::from_utf8_lossy(&script))?;
    Ok(0)
}
