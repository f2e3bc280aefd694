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

/// Copies the inputs into the book and reads the copies.
pub fn kept(house: &House, writer: &mut Writer) -> Result<(Vec<Pin>, Staged<Tables>), Report> {
    let workspace = &house.loaded.workspace;
    let mut pins = inputs::pin(house.root(), &workspace.inputs, &TABLES)?;
    let mut located = BTreeMap::new();
    for pin in &mut pins {
        let (hash, copy) = writer.keep_input(house.root(), pin)?;
        pin.sha256 = Some(hash);
        located.insert(pin.input.clone(), copy);
    }
    let tables = inputs::tables(&workspace.inputs, &located)?;
    Ok((pins, tables))
}

/// Where the pinned files lie, by input.
pub fn located(house: &House, pins: &[Pin]) -> BTreeMap<String, PathBuf> {
    pins.iter()
        .map(|pin| (pin.input.clone(), house.root().join(&pin.path)))
        .collect()
}
