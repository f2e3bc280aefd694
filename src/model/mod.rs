//! The nouns of billing. Types and their own rules only: nothing here reads, decides or writes.

pub mod account;
pub mod bill_run;
pub mod book_view;
pub mod condition;
pub mod definitions;
pub mod derivation;
pub mod digest;
pub mod draft;
pub mod due;
pub mod finding;
pub mod group;
pub mod hold;
pub mod ids;
pub mod line;
pub mod plan;
pub mod reconciliation;
pub mod sample;
pub mod scheme;
pub mod slices;
pub mod sql;
pub mod table;
pub mod tax;
pub mod terms;
pub mod workspace;
