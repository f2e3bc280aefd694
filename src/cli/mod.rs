//! The command line: arguments in, text and an exit code out. Reads the clock and the environment; nothing else does.

use std::process::ExitCode;

/// Runs the command given on the command line.
pub fn main() -> ExitCode {
    todo!()
}
