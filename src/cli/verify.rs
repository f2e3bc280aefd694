//! `billwright verify`: the book against its hashes and its chain.

use super::args::{Form, Verify};
use super::session::Session;
use crate::diagnostic::Report;
use crate::report::page::{Page, Part, counted, grouped};
use serde_json::json;

pub fn verify(args: &Verify, session: &Session) -> Result<u8, Report> {
    let workspace = session.settings()?;
    let terminal = session.terminal;
    let Some(verified) = crate::run::verify(&workspace, args.head.as_deref())? else {
        match terminal.form {
            Form::Json => terminal.json(
                &json!({ "serial": 0, "chain_head": "", "files": 0, "bytes": 0, "notices": [] }),
            )?,
            Form::Table | Form::Csv => terminal.text("There is no book yet.")?,
        }
        return Ok(0);
    };
    if terminal.form == Form::Json {
        terminal.json(&json!({
            "serial": verified.serial,
            "chain_head": verified.head,
            "files": verified.files,
            "bytes": verified.bytes,
            "notices": verified.notices.json(),
        }))?;
        return Ok(0);
    }
    terminal.notices(&verified.notices);
    let links = usize::try_from(verified.serial).unwrap_or(0);
    let compared = format!(
        "The book is whole: {} of the chain and {} of {} bytes are as they were written.",
        counted(links, "link"),
        counted(verified.files, "file"),
        grouped(verified.bytes),
    );
    terminal.page(&Page(vec![
        Part::default()
            .say(compared)
            .say(format!("Chain head: {}", verified.head)),
    ]))?;
    Ok(0)
}
