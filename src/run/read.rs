//! Inputs, read where they lie or from their copies in the book.

use super::{House, Moment, earlier};
use crate::book::{Book, Writer};
use crate::diagnostic::{Report, Staged};
use crate::inputs::{self, Located, Only, Purpose, Tied};
use crate::model::account::{TOP_UPS, Tables, USAGE, WALLETS};
use crate::model::bill_run::Check;
use crate::model::counting::Counting;
use crate::model::finding::Finding;
use crate::model::plan::Pin;
use polars::prelude::DataFrame;
use std::thread;

/// Inputs as a run reads them.
pub struct Read {
    /// As a plan pins them, so that a run has the hash of the plan it could have been applied from.
    pub pins: Vec<Pin>,
    /// The copies in the book, with the hashes of their content; none where the inputs were read where they lie.
    pub copies: Vec<Pin>,
    pub tables: Staged<Tables>,
    /// Warnings.
    pub notices: Report,
    /// What the checks of a run find in the files themselves.
    pub found: Vec<Finding>,
}

/// Reads the inputs for a purpose where they lie, of a few accounts alone where the run is about them, and refuses them if they changed meanwhile (`BW-F130`).
pub fn in_place(
    house: &House,
    book: Option<&Book>,
    (purpose, only): (Purpose, Option<&Only>),
    moment: &Moment,
) -> Result<Read, Report> {
    let mut pins = pinned(house, purpose, moment)?;
    for pin in &mut pins {
        pin.sha256 = book.and_then(|book| book.remembered(pin));
    }
    let located = located(house, &pins);
    let workspace = &house.loaded.workspace;
    let wanted = inputs::wanted(&workspace.inputs, purpose);
    let files = (&wanted[..], &located[..]);
    let tied = inputs::tied(&workspace.inputs, workspace.timezone, files, only);
    let (tables, notices) = with_usage(house, book, (tied, located), &wanted)?;
    inputs::unchanged(house.root(), &pins)?;
    Ok(Read {
        found: found(house, &pins, moment),
        pins,
        copies: Vec::new(),
        tables,
        notices,
    })
}

/// Reads all tables but usage where they lie. Errors: those of [`in_place`].
pub fn without_usage(house: &House, purpose: Purpose, moment: &Moment) -> Result<Tables, Report> {
    let workspace = &house.loaded.workspace;
    let mut settings = workspace.inputs.clone();
    settings.remove(USAGE.name);
    let wanted = inputs::wanted(&settings, purpose);
    let pins = inputs::pin(house.root(), &settings, &wanted)?;
    inputs::fresh(&settings, &pins, moment.local(workspace))?;
    let located = located(house, &pins);
    inputs::agree(house.root(), &settings, &located)?;
    let tables = inputs::tables(
        &settings,
        (workspace.timezone, &Counting::default()),
        (&wanted, &located),
        &[],
        None,
    )?;
    inputs::unchanged(house.root(), &pins)?;
    Ok(tables.kept)
}

/// The wallets of tonight's export; none where no run debits any.
pub fn wallets(house: &House, moment: &Moment) -> Result<DataFrame, Report> {
    match house.debits_wallets() {
        true => Ok(without_usage(house, Purpose::Debits, moment)?.wallets),
        false => Ok(WALLETS.empty()),
    }
}

/// Copies the inputs into the book and reads the copies. Usage, the most of it, is copied while the other tables are read.
pub fn kept(
    house: &House,
    writer: &mut Writer,
    (purpose, only): (Purpose, Option<&Only>),
    moment: &Moment,
) -> Result<Read, Report> {
    let workspace = &house.loaded.workspace;
    let settings = &workspace.inputs;
    let wanted = inputs::wanted(settings, purpose);
    let mut pins = pinned(house, purpose, moment)?;
    let is_apart = only.is_none() && inputs::is_usage_apart(settings, &wanted);
    let is_late = |pin: &&Pin| is_apart && pin.input == USAGE.name;
    let (late, first): (Vec<&Pin>, Vec<&Pin>) = pins.iter().partition(is_late);
    let first = copied(house, writer, &first)?;
    let (late, tied) = thread::scope(|scope| {
        let late = scope.spawn(|| copied(house, &mut *writer, &late));
        let tied = inputs::tied(settings, workspace.timezone, (&wanted, &first), only);
        (late.join().expect("copying does not panic"), tied)
    });
    // As they are pinned.
    let place = |copy: &Located| (copy.pin.input.clone(), copy.pin.path.clone());
    let mut copies = first;
    copies.extend(late?);
    copies.sort_by_cached_key(place);
    for pin in &mut pins {
        pin.sha256 = writer.book().and_then(|book| book.remembered(pin));
    }
    let kept = copies.iter().map(|copy| copy.pin.clone()).collect();
    let (tables, notices) = with_usage(house, writer.book(), (tied, copies), &wanted)?;
    Ok(Read {
        found: found(house, &pins, moment),
        pins,
        copies: kept,
        tables,
        notices,
    })
}

/// Copies files into the book.
fn copied(house: &House, writer: &mut Writer, pins: &[&Pin]) -> Result<Vec<Located>, Report> {
    let copied = pins.iter().map(|pin| {
        let (hash, file) = writer.keep_input(house.root(), pin)?;
        let pin = Pin {
            sha256: Some(hash),
            ..(*pin).clone()
        };
        Ok(Located { pin, file })
    });
    copied.collect()
}

/// The files as they are now, if they are young enough. Errors: `BW-F135`, and those of `inputs::pin`.
pub(super) fn pinned(house: &House, purpose: Purpose, moment: &Moment) -> Result<Vec<Pin>, Report> {
    let inputs = &house.loaded.workspace.inputs;
    let pins = inputs::pin(house.root(), inputs, &inputs::wanted(inputs, purpose))?;
    // How old top-ups may be, a check of the run says, so that somebody can go on without them.
    let (_, others): (Vec<Pin>, Vec<Pin>) = pins.iter().cloned().partition(is_top_up);
    inputs::fresh(inputs, &others, moment.local(&house.loaded.workspace))?;
    Ok(pins)
}

fn is_top_up(pin: &Pin) -> bool {
    pin.input == TOP_UPS.name
}

/// Top-ups that are too old: whoever has paid since would be told that nothing is there.
fn found(house: &House, pins: &[Pin], moment: &Moment) -> Vec<Finding> {
    let inputs = &house.loaded.workspace.inputs;
    let now = moment.local(&house.loaded.workspace);
    let old = inputs::too_old(inputs, pins, TOP_UPS.name, now);
    let finding = old.map(|message| Finding {
        check: Check::TopUpsFresh,
        account_id: String::new(),
        subscription_id: String::new(),
        service_id: String::new(),
        message,
    });
    finding.into_iter().collect()
}

/// Reads usage beside the tables, and what earlier runs have read of it, whose files are then known by their hashes.
fn with_usage(
    house: &House,
    book: Option<&Book>,
    (tied, mut located): (Result<Tied, Report>, Vec<Located>),
    wanted: &[&str],
) -> Result<(Staged<Tables>, Report), Report> {
    let workspace = &house.loaded.workspace;
    let settings = &workspace.inputs;
    inputs::agree(house.root(), settings, &located)?;
    let known = earlier::known(house, book)?;
    if !known.is_empty() {
        inputs::hash_usage(settings, &mut located)?;
    }
    let earlier = earlier::located(known, book, &located)?;
    let counting = Counting::of(house.loaded.definitions.schemes.values());
    let counted = (workspace.timezone, &counting);
    let tables = inputs::with_usage(tied, settings, counted, (wanted, &located), &earlier)?;
    Ok((tables, inputs::unsigned(settings, &located)))
}

/// The pinned files where they lie.
pub(super) fn located(house: &House, pins: &[Pin]) -> Vec<Located> {
    let located = pins.iter().map(|pin| Located {
        pin: pin.clone(),
        file: house.root().join(&pin.path),
    });
    located.collect()
}
