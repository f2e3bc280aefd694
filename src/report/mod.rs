//! Questions about the book, answered as tables and sentences.
//!
//! Owns how an answer is put. Does not own the facts (`book/`) or how a table is drawn (`cli/`).
//! Invariant: an answer shows figures of the book as they are; nothing is rounded or computed anew but differences and sums.

pub mod accounts;
pub mod actions;
pub mod blocks;
pub mod causes;
pub mod explain;
pub mod findings;
#[cfg(test)]
pub(crate) mod fixture;
pub mod ledger;
pub mod list;
pub mod outlook;
pub mod page;
pub mod periods;
pub mod price;
pub mod reconcile;
mod row;
pub mod runs;
pub mod show;
pub mod sift;
pub mod summary;
pub mod table;
pub mod upcoming;
pub mod wallets;
