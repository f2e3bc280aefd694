//! Whole runs through the real program: real files, a real book, real documents.

mod again;
mod answers;
mod plan;
mod stages;
mod telco;
