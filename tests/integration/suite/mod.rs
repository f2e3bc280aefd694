//! Whole runs through the real program: real files, a real book, real documents.

mod again;
mod answers;
mod billed_once;
mod commitments;
mod counting;
mod dates;
mod docs;
mod flags;
mod late;
mod month;
mod nights;
mod output;
mod plan;
mod posting;
mod prepaid;
mod prices;
mod reductions;
mod reports;
mod retroactive;
mod rolling;
mod runs;
mod selection;
mod small;
mod stages;
mod telco;
mod usage;
