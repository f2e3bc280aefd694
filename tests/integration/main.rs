//! What only the whole program can show: the map of its rooms, whole runs, and every message a user can provoke.
#![allow(
    clippy::disallowed_methods,
    reason = "tests may read the environment they are started in"
)]

mod diagnostics;
mod map;
mod proven;
mod suite;
mod workspace;
