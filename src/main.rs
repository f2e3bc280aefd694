//! Parses, calls, prints, and ends with an exit code.
use std::process::ExitCode;

fn main() -> ExitCode {
    billwright::cli::main()
}
