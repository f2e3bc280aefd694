//! `billwright init`: a workspace that runs, from files that travel in the binary.

use super::args::{Form, Init, Sample};
use super::session::Session;
use crate::book::trouble;
use crate::definition::{KINDS, schema};
use crate::diagnostic::{Diagnostic, Place, Report};
use serde_json::json;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// A file of a new workspace: where it goes, and what is in it.
type File = (&'static str, &'static [u8]);

macro_rules! files {
    ($from:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $from, $path)))),*]
    };
}

/// What every workspace has.
const COMMON: &[File] = files!["": "templates/invoice.html", "templates/invoice.txt"];

/// The repository's own workspace.
const TELCO: &[File] = files!["":
    "billwright.toml",
    "definitions/net-14.yaml",
    "definitions/telco-legacy.yaml",
    "definitions/telco-list.yaml",
    "definitions/telco-monthly.yaml",
    "definitions/telco-untaxed.yaml",
    "samples/telco/README.md",
    "samples/telco/Telco-Customer-Churn.csv",
];

const STARTER: &[File] = files!["samples/starter/":
    "billwright.toml",
    "data/accounts.csv",
    "data/services.csv",
    "data/subscriptions.csv",
    "definitions/internet.yaml",
    "definitions/monthly.yaml",
    "definitions/net-30.yaml",
    "definitions/sales-tax.yaml",
];

const SMALL: &[File] = files!["samples/small/":
    "README.md",
    "billwright.toml",
    "data/accounts.csv",
    "data/order_lines.csv",
    "data/orders.csv",
    "data/pauses.csv",
    "data/services.csv",
    "data/subscriptions.csv",
    "data/usage-2026-01.csv",
    "definitions/business.yaml",
    "definitions/enterprise.yaml",
    "definitions/goodwill.yaml",
    "definitions/home.yaml",
    "definitions/hosting.yaml",
    "definitions/mid-month-usage.yaml",
    "definitions/monthly.yaml",
    "definitions/net-14.yaml",
    "definitions/net-30.yaml",
    "definitions/sales-tax.yaml",
    "definitions/ticket-8812.yaml",
    "definitions/trunk.yaml",
    "march/accounts.csv",
    "march/orders.csv",
    "march/services.csv",
    "march/usage-2026-02-b.csv",
    "mid-february/usage-2026-02-a.csv",
];

const PREPAID: &[File] = files!["samples/prepaid/":
    "README.md",
    "billwright.toml",
    "data/accounts.csv",
    "data/pauses.csv",
    "data/services.csv",
    "data/subscriptions.csv",
    "data/top-ups-2026-06-01.csv",
    "data/usage-2026-06-01.csv",
    "data/wallets.csv",
    "definitions/lake-euro.yaml",
    "definitions/lake-franc.yaml",
    "definitions/nightly-prepaid.yaml",
    "definitions/surf.yaml",
    "nights/2026-06-02/top-ups-2026-06-02.csv",
    "nights/2026-06-02/usage-2026-06-02.csv",
    "nights/2026-06-03/top-ups-2026-06-03.csv",
    "nights/2026-06-03/usage-2026-06-03.csv",
    "nights/2026-06-03/wallets.csv",
    "nights/2026-06-05/accounts.csv",
    "nights/2026-06-05/services.csv",
    "nights/2026-06-05/subscriptions.csv",
    "nights/2026-06-05/top-ups-2026-06-05.csv",
    "nights/2026-06-05/usage-2026-06-05.csv",
    "nights/2026-06-05/wallets.csv",
];

/// What to do first in a workspace that bills by the month.
const MONTHLY_FIRST: &[&str] = &[
    "billwright check",
    "billwright run monthly --as-of 2026-02-01",
    "billwright show monthly --tab invoices",
];

const TELCO_FIRST: &[&str] = &[
    "billwright check",
    "billwright run telco-monthly --as-of 2026-02-01",
    "billwright show telco-monthly --tab invoices",
    "billwright reconcile telco-legacy",
];

/// A night is about its day: on any later one usage is missing.
const PREPAID_FIRST: &[&str] = &[
    "billwright check --as-of 2026-06-01",
    "billwright run nightly-prepaid --as-of 2026-06-01",
    "billwright show nightly-prepaid --tab transactions",
];

/// The book, plans and documents are made, not written; they do not belong in git.
const GITIGNORE: &[u8] = b"/plans\n/book\n/out\n";

/// Writes the workspace of a sample into a new or empty folder.
///
/// Errors: `BW-C108` the folder has something in it, `BW-E1..` it cannot be written.
pub fn init(args: &Init, session: &Session) -> Result<u8, Report> {
    let folder = &args.folder;
    must_be_empty(folder)?;
    let (files, commands) = match args.sample {
        Sample::Telco => (TELCO, TELCO_FIRST),
        Sample::Small => (SMALL, MONTHLY_FIRST),
        Sample::Prepaid => (PREPAID, PREPAID_FIRST),
        Sample::Starter => (STARTER, MONTHLY_FIRST),
    };
    for (path, content) in files.iter().chain(COMMON) {
        write(&folder.join(path), content)?;
    }
    for kind in KINDS {
        let schema = schema(kind).expect("every kind has a schema");
        write(
            &folder.join(format!("schemas/{kind}.json")),
            format!("{schema:#}\n").as_bytes(),
        )?;
    }
    write(&folder.join(".gitignore"), GITIGNORE)?;

    let shown = folder.display();
    let go = if folder == Path::new(".") {
        String::new()
    } else {
        format!("cd {shown}")
    };
    if session.terminal.form == Form::Json {
        session
            .terminal
            .json(&json!({ "workspace": shown.to_string(), "next": commands }))?;
        return Ok(0);
    }
    let next = std::iter::once(go.as_str()).filter(|go| !go.is_empty());
    let next = next.chain(commands.iter().copied());
    let commands: String = next.map(|command| format!("\n  {command}")).collect();
    session.terminal.text(&format!(
        "The workspace in {shown} is ready. Next:{commands}"
    ))?;
    Ok(0)
}

/// Nothing of anybody's is written over; git may have been there first.
fn must_be_empty(folder: &Path) -> Result<(), Report> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(occupied(folder, "a file has this name"));
        }
        Err(error) => return Err(trouble::io("look into the folder", folder, &error)),
    };
    for entry in entries {
        let name = entry
            .map_err(|error| trouble::io("look into the folder", folder, &error))?
            .file_name();
        if name != ".git" {
            return Err(occupied(
                folder,
                &format!("the folder has `{}` in it", name.to_string_lossy()),
            ));
        }
    }
    Ok(())
}

fn occupied(folder: &Path, why: &str) -> Report {
    Diagnostic::error("BW-C108", Place::file(folder.display()), why)
        .help("a workspace is made in a new or empty folder: name another")
        .into()
}

/// Writes a file that was not there, and the folders above it.
fn write(path: &Path, content: &[u8]) -> Result<(), Report> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| trouble::io("make the folder", folder, &error))?;
    fs::write(path, content).map_err(|error| trouble::io("write", path, &error))
}
