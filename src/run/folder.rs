//! A plan as a folder: readable, diffable, and proven untouched when it is applied.

use crate::book;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::digest::sha256;
use crate::model::draft::Drafts;
use crate::model::finding::Findings;
use crate::model::line::{Exceptions, Exclusions};
use crate::model::plan::{Header, Plan};
use crate::model::table::Schema;
use polars::prelude::DataFrame;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const HEADER: &str = "plan.json";
/// Beside the header: its hash, so that an edited plan is noticed.
const HASH: &str = "plan.sha256";
/// Below it the texts the plan rests on, by path.
const TEXTS: &str = "texts";

/// Writes a plan's folder: `plan.json`, a Parquet file per table, and copies of the texts it rests on.
///
/// Errors: `BW-E121` the folder has another plan in it; `BW-E1..` disk and rights.
pub fn write(root: &Path, plan: &Plan, folder: Option<&Path>) -> Result<PathBuf, Report> {
    let hash = plan.header.hash();
    let name = format!(
        "{}-{}-{}",
        plan.header.definition,
        plan.header.as_of,
        &hash[..8]
    );
    let folder = folder.map_or_else(|| root.join("plans").join(name), Path::to_path_buf);
    if let Ok(other) = fs::read_to_string(folder.join(HASH))
        && other.trim_end() != hash
    {
        let problem = Diagnostic::error(
            "BW-E121",
            Place::file(folder.display()),
            "another plan is in this folder",
        );
        return Err(problem
            .help("name another folder, or remove that plan")
            .into());
    }
    let put = |path: &Path, bytes: &[u8]| book::files::put(path, bytes, 0o600);
    book::files::make_folder(&folder)?;
    for (path, text) in &plan.texts {
        let path = folder.join(TEXTS).join(path);
        book::files::make_folder(path.parent().unwrap_or(&folder))?;
        put(&path, text.as_bytes())?;
    }
    for (name, table) in &plan.tables {
        put(&folder.join(format!("{name}.parquet")), &table.bytes)?;
    }
    put(&folder.join(HEADER), plan.header.json().as_bytes())?;
    put(&folder.join(HASH), format!("{hash}\n").as_bytes())?;
    Ok(folder)
}

/// Reads a plan's folder.
///
/// Errors: `BW-C104` it is not one; `BW-L203` a table, a text or the header is not what was planned.
pub fn read(folder: &Path) -> Result<Plan, Report> {
    let json = read_text(folder, HEADER)?;
    let header: Header =
        serde_json::from_str(&json).map_err(|error| edited(folder, HEADER, &error.to_string()))?;
    if read_text(folder, HASH)?.trim_end() != header.hash() {
        return Err(edited(folder, HEADER, "its hash is another"));
    }
    let mut texts = BTreeMap::new();
    for (path, hash) in &header.texts {
        let text = read_text(folder, &format!("{TEXTS}/{path}"))?;
        if sha256(&text) != *hash {
            return Err(edited(folder, path, "its hash is another"));
        }
        texts.insert(path.clone(), text);
    }
    let mut tables = BTreeMap::new();
    let mut read = |schema: &'static Schema| {
        let frame = read_table(folder, &header, schema)?;
        tables.insert(schema.name, Arc::new(book::encode(schema, &frame)?));
        Ok::<_, Report>(frame)
    };
    for schema in header.tables_of_kind() {
        read(schema)?;
    }
    Ok(Plan {
        texts,
        drafts: Drafts::checked(read(Drafts::SCHEMA)?),
        exclusions: Exclusions::checked(read(Exclusions::SCHEMA)?),
        exceptions: Exceptions::checked(read(Exceptions::SCHEMA)?),
        findings: Findings::checked(read(Findings::SCHEMA)?),
        tables,
        header,
    })
}

fn read_table(
    folder: &Path,
    header: &Header,
    schema: &'static Schema,
) -> Result<DataFrame, Report> {
    let name = format!("{}.parquet", schema.name);
    let bytes = fs::read(folder.join(&name)).map_err(|error| no_plan(folder, &name, &error))?;
    if header.tables.get(schema.name) != Some(&sha256(&bytes)) {
        return Err(edited(folder, &name, "its hash is another"));
    }
    book::decode(schema, bytes, None)
}

fn read_text(folder: &Path, name: &str) -> Result<String, Report> {
    fs::read_to_string(folder.join(name)).map_err(|error| no_plan(folder, name, &error))
}

fn no_plan(folder: &Path, name: &str, error: &std::io::Error) -> Report {
    let place = Place::Argument(folder.display().to_string());
    match error.kind() {
        ErrorKind::NotFound => Diagnostic::error(
            "BW-C104",
            place,
            format!("not the folder of a plan: it has no {name}"),
        )
        .help("`billwright plan` prints the folder it writes"),
        _ => Diagnostic::error("BW-E103", place, format!("{name} cannot be read: {error}"))
            .help("check its rights"),
    }
    .into()
}

fn edited(folder: &Path, name: &str, why: &str) -> Report {
    let message = format!("{name} is not what was planned: {why}");
    Diagnostic::error("BW-L203", Place::file(folder.display()), message)
        .help("a plan is not edited; plan again")
        .into()
}
