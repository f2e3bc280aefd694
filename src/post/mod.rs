//! Draft invoices -> numbered invoices and balanced entries.
//!
//! Owns the order of numbers and the shape of the journal. Does not own when a number is given out for good (`book/`).
//! Invariant: numbers follow the last one without a gap; debits = credits in every entry.

mod journal;
mod number;

pub use journal::journal;
pub use number::{Numbered, number};
