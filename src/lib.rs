//! Billwright turns definitions, last night's export and the book of what was billed before into a plan, and a plan
//! into posted invoices.
//!
//! Read the rooms in this order; each may use only those the map in `tests/integration/map.rs` allows.
#![forbid(unsafe_code)]
#![warn(
    clippy::float_arithmetic,
    clippy::iter_over_hash_type,
    clippy::print_stdout,
    clippy::disallowed_methods
)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

// Ground floors: know nothing above them.
pub mod calendar;
pub mod diagnostic;
pub mod model;
pub mod money;

// What has been decided, for good.
pub mod book;

// Stages, in the order data flows.
pub mod definition;
pub mod identify;
pub mod inputs;
pub mod invoice;
pub mod post;
pub mod rate;
pub mod render;
pub mod wallet;

// Edges and conductor.
pub mod cli;
pub mod report;
pub mod run;
