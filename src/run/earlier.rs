//! Usage that earlier runs have read, from its copies in the book.

use super::House;
use super::house::SETTINGS;
use crate::book::Book;
use crate::definition::{self, RawFile};
use crate::diagnostic::Report;
use crate::inputs::{self, Earlier, Located};
use crate::model::account::USAGE;
use crate::model::plan::{Pin, RunState};
use crate::model::workspace::Input;
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};

/// Files of usage that runs have read, with the settings by which they were read.
pub struct Known {
    runs: BTreeSet<String>,
    inputs: BTreeMap<String, Input>,
    timezone: Tz,
    files: Vec<Pin>,
}

/// Usage of the runs that stand, oldest first. What was read for a canceled run may come again corrected.
pub fn known(house: &House, book: Option<&Book>) -> Result<Vec<Known>, Report> {
    let has_usage = house.loaded.workspace.inputs.contains_key(USAGE.name);
    let Some(book) = book.filter(|_| has_usage) else {
        return Ok(Vec::new());
    };
    let mut all: Vec<Known> = Vec::new();
    for run in book.runs()? {
        if run.state == RunState::Canceled {
            continue;
        }
        let pins = book.inputs(&run.run_id)?;
        let (inputs, timezone) = settings_of(house, book, &run.run_id)?;
        for files in inputs::usage_parts(&inputs, &pins) {
            match all
                .iter_mut()
                .find(|known| inputs::is_same(&known.files, &files))
            {
                Some(known) => drop(known.runs.insert(run.run_id.clone())),
                None => all.push(Known {
                    runs: [run.run_id.clone()].into(),
                    inputs: inputs.clone(),
                    timezone,
                    files,
                }),
            }
        }
    }
    Ok(all)
}

/// Where to read it: in its place what lies there tonight, the rest from its copy, which is compared with its hash first.
///
/// Errors: `BW-B103` a copy is missing, `BW-B106` it was changed.
pub fn located(
    known: Vec<Known>,
    book: Option<&Book>,
    tonight: &[Located],
) -> Result<Vec<Earlier>, Report> {
    let here = tonight
        .iter()
        .filter_map(|located| Some((located.pin.sha256.as_deref()?, &located.file)));
    let here: BTreeMap<_, _> = here.collect();
    let place = |pin: Pin, run: &str| {
        let hash = pin.sha256.as_deref().unwrap_or_default();
        let file = match (here.get(hash), book) {
            (Some(file), _) => (*file).clone(),
            (None, Some(book)) => book.kept_copy(hash, run)?,
            (None, None) => unreachable!("what is known of runs is in a book"),
        };
        Ok(Located { pin, file })
    };
    let earlier = known.into_iter().map(|known| {
        let run = known.runs.first().cloned().unwrap_or_default();
        let files = known.files.into_iter().map(|pin| place(pin, &run));
        Ok(Earlier {
            files: files.collect::<Result<_, Report>>()?,
            runs: known.runs,
            inputs: known.inputs,
            timezone: known.timezone,
        })
    });
    earlier.collect()
}

/// How the inputs of a run were read. Where its settings cannot be understood any more, as those of today.
fn settings_of(
    house: &House,
    book: &Book,
    run: &str,
) -> Result<(BTreeMap<String, Input>, Tz), Report> {
    let today = &house.loaded.workspace;
    let then = book.plan(run)?.texts.remove(SETTINGS);
    let then = then
        .filter(|text| house.texts.get(SETTINGS) != Some(text))
        .and_then(|text| {
            let file = RawFile {
                path: SETTINGS.to_owned(),
                bytes: text.into_bytes(),
            };
            definition::load_settings(house.root(), &file, &|_| None).ok()
        });
    Ok(match then {
        Some(then) => (then.inputs, then.timezone),
        None => (today.inputs.clone(), today.timezone),
    })
}
