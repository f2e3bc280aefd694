//! How far a command is, on a terminal and nowhere else.

use crate::run::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The bar of the step that is under way.
pub struct Bar {
    is_watched: bool,
    current: Mutex<Option<ProgressBar>>,
}

impl Bar {
    /// A bar that shows nothing unless somebody watches stderr.
    pub fn new(is_watched: bool) -> Self {
        Self {
            is_watched,
            current: Mutex::new(None),
        }
    }

    /// Takes note of progress. May be called from any thread.
    pub fn note(&self, progress: Progress<'_>) {
        if !self.is_watched {
            return;
        }
        let mut current = self.current();
        match progress {
            Progress::Begin(step, items) => {
                if let Some(before) = current.replace(bar(step, items)) {
                    before.finish_and_clear();
                }
            }
            Progress::Advance(items) => {
                if let Some(bar) = current.as_ref() {
                    bar.inc(items);
                }
            }
            Progress::End => {
                if let Some(bar) = current.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }

    /// The bar is only looked at, so one left behind by a panic is as good as another.
    fn current(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bar {
    /// Nothing of a bar stays on the screen, also where the command was stopped by a problem.
    fn drop(&mut self) {
        self.note(Progress::End);
    }
}

fn bar(step: &str, items: Option<u64>) -> ProgressBar {
    let (bar, template) = match items {
        Some(items) => (
            ProgressBar::new(items),
            "{msg:24} [{bar:30}] {human_pos}/{human_len}, {eta} left",
        ),
        None => (ProgressBar::new_spinner(), "{msg:24} {spinner} {elapsed}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(step.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
