//! A broken promise of ours, told as a problem with a place rather than as a crash.

use crate::diagnostic::{Diagnostic, Place, Report};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError};

/// Does the work; a panic in it, on any thread, ends as `BW-I900` and so with exit code 70.
///
/// A command that panicked has committed nothing or all of a step: the book's transactions see to that.
pub fn caught(work: impl FnOnce() -> Result<u8, Report>) -> Result<u8, Report> {
    let first = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&first);
    panic::set_hook(Box::new(move |fault| {
        let mut first = noted.lock().unwrap_or_else(PoisonError::into_inner);
        // The first fault is the cause; those of other threads follow from it.
        first.get_or_insert_with(|| told(fault));
    }));
    let ended = panic::catch_unwind(AssertUnwindSafe(work));
    // Back to the one that prints: a fault while a problem is printed must not be silent.
    drop(panic::take_hook());
    ended.unwrap_or_else(|_| {
        let fault = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        Err(fault
            .unwrap_or_else(|| unknown(Place::Nowhere, "it cannot be said where"))
            .into())
    })
}

fn told(fault: &PanicHookInfo<'_>) -> Diagnostic {
    let place = fault.location().map_or(Place::Nowhere, |at| {
        Place::file(format!("{}:{}:{}", at.file(), at.line(), at.column()))
    });
    unknown(place, fault.payload_as_str().unwrap_or("no message"))
}

fn unknown(place: Place, message: &str) -> Diagnostic {
    Diagnostic::error("BW-I900", place, format!("billwright broke a promise of its own: {message}"))
        .help("a step of a run is in the book whole or not at all, and the same command again is safe; please report this text with the command you gave")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_as_a_problem_with_exit_code_70() {
        let report = caught(|| panic!("the entry is not balanced")).unwrap_err();
        assert_eq!(report.exit_code(), 70);
        let text = report.text(false);
        assert!(text.contains("the entry is not balanced"), "{text}");
        assert!(text.contains("src/cli/fault.rs:"), "{text}");
    }
}
