//! Inputs, read where they lie or from their copies in the book.

use super::{House, Moment};
use crate::book::{Book, Writer};
use crate::diagnostic::{Report, Staged};
use crate::inputs::{self, Located};
use crate::model::account::Tables;
use crate::model::plan::Pin;

/// Inputs as a run reads them.
pub struct Read {
    /// As a plan pins them, so that a run has the hash of the plan it could have been applied from.
    pub pins: Vec<Pin>,
    /// The copies in the book, with the hashes of their content; none where the inputs were read where they lie.
    pub copies: Vec<Pin>,
    pub tables: Staged<Tables>,
    /// Warnings.
    pub notices: Report,
}

/// Reads the inputs where they lie, and refuses them if they changed meanwhile (`BW-F130`).
pub fn in_place(house: &House, book: Option<&Book>, moment: &Moment) -> Result<Read, Report> {
    let mut pins = pinned(house, moment)?;
    for pin in &mut pins {
        pin.sha256 = book.and_then(|book| book.remembered(pin));
    }
    let located = located(house, &pins);
    let (tables, notices) = tables(house, &located)?;
    inputs::unchanged(house.root(), &pins)?;
    Ok(Read {
        pins,
        copies: Vec::new(),
        tables,
        notices,
    })
}

/// Copies the inputs into the book and reads the copies.
pub fn kept(house: &House, writer: &mut Writer, moment: &Moment) -> Result<Read, Report> {
    let mut pins = pinned(house, moment)?;
    let mut copies = Vec::new();
    for pin in &mut pins {
        let (hash, file) = writer.keep_input(house.root(), pin)?;
        let copy = Pin {
            sha256: Some(hash),
            ..pin.clone()
        };
        copies.push(Located { pin: copy, file });
        pin.sha256 = writer.book().and_then(|book| book.remembered(pin));
    }
    let (tables, notices) = tables(house, &copies)?;
    Ok(Read {
        pins,
        copies: copies.into_iter().map(|copy| copy.pin).collect(),
        tables,
        notices,
    })
}

fn pinned(house: &House, moment: &Moment) -> Result<Vec<Pin>, Report> {
    let inputs = &house.loaded.workspace.inputs;
    let pins = inputs::pin(house.root(), inputs, &inputs::wanted(inputs))?;
    inputs::fresh(inputs, &pins, moment.now)?;
    Ok(pins)
}

fn tables(house: &House, located: &[Located]) -> Result<(Staged<Tables>, Report), Report> {
    let workspace = &house.loaded.workspace;
    inputs::agree(house.root(), &workspace.inputs, located)?;
    let tables = inputs::tables(&workspace.inputs, workspace.timezone, located)?;
    Ok((tables, inputs::unsigned(&workspace.inputs, located)))
}

/// The pinned files where they lie.
pub fn located(house: &House, pins: &[Pin]) -> Vec<Located> {
    let located = pins.iter().map(|pin| Located {
        pin: pin.clone(),
        file: house.root().join(&pin.path),
    });
    located.collect()
}
