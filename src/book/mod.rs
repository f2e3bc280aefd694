//! What has been decided, for good: a DuckLake catalog in SQLite, facts in Parquet.
//!
//! Owns how decisions are kept, found again and proven untouched. Does not own any decision.
//! Invariant: one transaction makes a commit visible, whole; a posted row is never changed; every row of the catalog
//! follows from the chain.

mod bounds;
mod catalog;
mod chain;
mod commit;
mod encode;
pub mod files;
mod find;
mod head;
mod idle;
mod input;
mod link;
mod location;
mod lock;
mod open;
mod pages;
mod part;
mod past;
pub mod trouble;
mod verify;
mod view;
mod writer;

#[cfg(test)]
mod tests;

pub use commit::{Commit, Ground, Receipt};
pub use encode::{Encoder, encode};
pub use find::Wanted;
pub use idle::Idle;
pub use link::Step;
pub use location::Location;
pub use lock::Attempt;
pub use open::Book;
pub use part::decode;
pub use verify::Verified;
pub use view::{KeptPlan, StepRecord};
pub use writer::Writer;
