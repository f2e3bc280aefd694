//! Questions about the book, answered as tables and sentences.
//!
//! Owns how an answer is put. Does not own the facts (`book/`) or how a table is drawn (`cli/`).

pub mod table;
