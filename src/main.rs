//! Parses, calls, prints, and ends with an exit code.
use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

/// Gives a large run its memory in large pages: see DECISIONS.md.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    billwright::cli::main()
}
