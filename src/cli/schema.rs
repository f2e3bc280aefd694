//! `billwright schema`: the JSON Schema of a kind of definition.

use super::args::Schema;
use super::session::Session;
use crate::diagnostic::Report;

pub fn schema(args: &Schema, session: &Session) -> Result<u8, Report> {
    let schema = crate::definition::schema(&args.kind).expect("only known kinds are let through");
    session.terminal.json(&schema)?;
    Ok(0)
}
