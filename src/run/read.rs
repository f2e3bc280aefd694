//! Inputs, read where they lie or from their copies in the book.

use super::House;
use crate::book::{Book, Writer};
use crate::diagnostic::{Report, Staged};
use crate::inputs;
use crate::model::account::{ACCOUNTS, SERVICES, SUBSCRIPTIONS, Tables};
use crate::model::plan::Pin;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a run reads.
pub const TABLES: [&str; 3] = [ACCOUNTS.name, SUBSCRIPTIONS.name, SERVICES.name];

/// Reads the inputs where they lie, and refuses them if they changed meanwhile (`BW-F130`).
pub fn in_place(house: &House, book: Option<&Book>) -> Result<(Vec<Pin>, Staged<Tables>), Report> {
    let workspace = &house.loaded.workspace;
    let mut pins = inputs::pin(house.root(), &workspace.inputs, &TABLES)?;
    let located = located(house, &pins);
    let tables = inputs::tables(&workspace.inputs, &located)?;
    inputs::unchanged(house.root(), &pins)?;
    for pin in &mut pins {
        pin.sha256 = book.and_then(|book| book.remembered(pin));
    }
    Ok((pins, tables))
}

/// Inputs that were copied into the book and read there.
pub struct Kept {
    /// As a plan pins them, so that a run has the hash of the plan it could have been applied from.
    pub pins: Vec<Pin>,
    /// The copies, with the hashes of their content.
    pub copies: Vec<Pin>,
    pub tables: Staged<Tables>,
}

/// Copies the inputs into the book and reads the copies.
pub fn kept(house: &House, writer: &mut Writer) -> Result<Kept, Report> {
    let workspace = &house.loaded.workspace;
    let mut pins = inputs::pin(house.root(), &workspace.inputs, &TABLES)?;
    let mut located = BTreeMap::new();
    let mut copies = Vec::new();
    for pin in &mut pins {
        let (hash, copy) = writer.keep_input(house.root(), pin)?;
        located.insert(pin.input.clone(), copy);
        copies.push(Pin {
            sha256: Some(hash),
            ..pin.clone()
        });
        pin.sha256 = writer.book().and_then(|book| book.remembered(pin));
    }
    let tables = inputs::tables(&workspace.inputs, &located)?;
    Ok(Kept {
        pins,
        copies,
        tables,
    })
}

/// Where the pinned files lie, by input.
pub fn located(house: &House, pins: &[Pin]) -> BTreeMap<String, PathBuf> {
    pins.iter()
        .map(|pin| (pin.input.clone(), house.root().join(&pin.path)))
        .collect()
}
