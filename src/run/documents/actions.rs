//! What a run orders about services, as one file for whoever stops and starts them.

use super::folder::{link, same_bytes};
use super::{OUTPUT, Written};
use crate::book::{Book, files, trouble};
use crate::diagnostic::Report;
use crate::model::plan::Header;
use crate::model::service_action::{Action, ORDERED, ServiceActions};
use crate::model::table::Columns;
use crate::report::table::{Cell, Side, Table};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Writes `out/service-actions-RUN.csv`, whole or not at all.
///
/// The same bytes under its name are kept, other bytes refused (`BW-E121`), links never followed (`BW-E120`).
pub fn write_actions(book: &Book, root: &Path, header: &Header) -> Result<Written, Report> {
    let place = place(root, &header.run_id, "");
    let table = table(book, &header.run_id, |action| action)?;
    let (count, failures) = match write(&place, &table.to_csv()) {
        Ok(()) => (1, Report::new()),
        Err(refused) => (0, refused),
    };
    Ok(Written {
        folder: place,
        count,
        failures,
    })
}

/// Writes what takes back the orders of a canceled run: `out/service-actions-RUN-canceled.csv`. `None`: it had ordered nothing.
pub fn write_taken_back(book: &Book, root: &Path, run_id: &str) -> Result<Option<PathBuf>, Report> {
    let table = table(book, run_id, Action::opposite)?;
    if table.is_empty() {
        return Ok(None);
    }
    let place = place(root, run_id, "-canceled");
    write(&place, &table.to_csv())?;
    Ok(Some(place))
}

pub(super) fn place(root: &Path, run_id: &str, what: &str) -> PathBuf {
    root.join(OUTPUT)
        .join(format!("service-actions-{run_id}{what}.csv"))
}

fn table(book: &Book, run_id: &str, meant: fn(Action) -> Action) -> Result<Table, Report> {
    let rows = book.facts(ServiceActions::SCHEMA, Some(run_id))?;
    let mut table = Table::new(
        [
            "run_id",
            "action",
            "on_day",
            "service_id",
            "subscription_id",
            "account_id",
        ]
        .map(|name| (name, Side::Left)),
    );
    let days = rows.whole_dates("on_day");
    for row in (0..rows.height()).filter(|row| rows.text_at("state", *row) == ORDERED) {
        let action = Action::parse(rows.text_at("action", row)).map(meant);
        let text = |name| Cell::text(rows.text_at(name, row));
        table.push(vec![
            text("run_id"),
            Cell::text(action.map_or("", Action::name)),
            Cell::of(days.at(row)),
            text("service_id"),
            text("subscription_id"),
            text("account_id"),
        ]);
    }
    Ok(table)
}

/// Writes a file beside its place and gives it its name once it is durable.
fn write(place: &Path, text: &str) -> Result<(), Report> {
    match fs::symlink_metadata(place) {
        Ok(found) if found.is_file() => return same_bytes(place, text),
        Ok(_) => return Err(link(place).into()),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(trouble::io("look at", place, &error));
        }
        Err(_) => {}
    }
    let draft = place.with_extension("csv.tmp");
    let save = || -> io::Result<()> {
        if let Some(folder) = place.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
        }
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, place)?;
        files::sync_folder(place)
    };
    save().map_err(|error| trouble::io("write", place, &error))
}
