//! A workspace opened: settings, definitions, templates, each text read once.

use crate::book::Location;
use crate::definition::{self, Loaded, RawFile};
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::bill_run::BillRun;
use crate::model::workspace::Workspace;
use crate::render::Templates;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Error, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Name of the workspace file.
pub const SETTINGS: &str = "billwright.toml";
/// Larger texts are not read: somebody put data where definitions belong.
const LARGEST_TEXT: u64 = 1 << 20;

/// A workspace opened.
pub struct House {
    pub loaded: Loaded,
    /// billwright.toml, definitions and templates by path.
    pub texts: BTreeMap<String, String>,
}

impl House {
    /// Opens the workspace in a folder or above it, with every mistake of every file in one report.
    pub fn open(
        folder: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Report> {
        let root = root(folder)?;
        let mut report = Report::new();
        let settings = read(&root, SETTINGS, "BW-K104")?;
        let definitions = files(
            &root,
            "definitions",
            &["yaml", "yml"],
            "BW-D103",
            &mut report,
        );
        let templates = files(&root, "templates", &["html", "txt"], "BW-T108", &mut report);
        let paths: Vec<String> = templates.iter().map(|file| file.path.clone()).collect();
        let loaded = definition::load(&root, &settings, &definitions, &paths, environment);
        let mut texts = BTreeMap::new();
        for file in templates {
            match String::from_utf8(file.bytes) {
                Ok(text) => drop(texts.insert(file.path, text)),
                Err(error) => report.push(not_utf8(&file.path, error.utf8_error().valid_up_to())),
            }
        }
        if let Err(mistakes) = Templates::parse(&texts) {
            report.extend(mistakes);
        }
        let mut loaded = match loaded {
            Ok(loaded) => report.unless_errors(loaded)?,
            Err(mut mistakes) => {
                mistakes.extend(report);
                return Err(mistakes);
            }
        };
        if let Some(warning) = open_to_all(&root) {
            loaded.notices.push(warning);
        }
        texts.insert(
            SETTINGS.to_owned(),
            String::from_utf8_lossy(&settings.bytes).into_owned(),
        );
        texts.extend(
            loaded
                .definitions
                .files
                .iter()
                .map(|file| (file.path.clone(), file.text.clone())),
        );
        Ok(Self { loaded, texts })
    }

    pub fn root(&self) -> &Path {
        &self.loaded.workspace.root
    }

    /// Where its book lies.
    pub fn book(&self) -> Location {
        location(&self.loaded.workspace)
    }

    /// The bill run with this name. Errors: `BW-C103`.
    pub fn bill_run(&self, name: &str) -> Result<&BillRun, Report> {
        let known = &self.loaded.definitions.bill_runs;
        known
            .get(name)
            .ok_or_else(|| unknown("bill run", name, known.keys().map(String::as_str)).into())
    }

    /// Whether any definition takes what is due out of wallets.
    pub fn debits_wallets(&self) -> bool {
        let mut runs = self.loaded.definitions.bill_runs.values();
        runs.any(|run| run.debits.is_some())
    }

    /// The texts a plan of this definition rests on: settings, every definition it can reach, and all templates.
    pub fn texts_of(&self, run: &BillRun) -> BTreeMap<String, String> {
        let definitions = &self.loaded.definitions;
        let reached = |kind: &str, name: &str| match kind {
            "bill_run" | "prepaid_run" => name == run.name,
            "scheme" => run.criteria.schemes.contains(name),
            "tax" => run.tax.as_deref() == Some(name),
            // Which of them an account has, its row says.
            "payment_terms" | "group" | "hold" => true,
            _ => false,
        };
        let apart: Vec<&str> = definitions
            .files
            .iter()
            .filter(|file| !reached(&file.kind, &file.name))
            .map(|file| file.path.as_str())
            .collect();
        let texts = self
            .texts
            .iter()
            .filter(|(path, _)| !apart.contains(&path.as_str()));
        texts
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect()
    }
}

/// The settings of the workspace in a folder or above it, without its definitions and templates.
pub fn settings(
    folder: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Workspace, Report> {
    let root = root(folder)?;
    definition::load_settings(&root, &read(&root, SETTINGS, "BW-K104")?, environment)
}

/// Where the book of a workspace lies.
pub fn location(workspace: &Workspace) -> Location {
    Location {
        root: workspace.root.clone(),
        database: workspace.book_database.clone(),
        data: workspace.book_data.clone(),
    }
}

/// A name on the command line that nothing has.
pub fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::error(
        "BW-C103",
        Place::Argument(name.to_owned()),
        format!("there is no {what} `{name}`"),
    );
    match nearest(name, known.clone()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => {
            let names: Vec<_> = known.take(10).collect();
            problem.help(if names.is_empty() {
                "there is none yet".to_owned()
            } else {
                format!("there are: {}", names.join(", "))
            })
        }
    }
}

/// The nearest folder upwards that has a workspace file.
fn root(folder: &Path) -> Result<PathBuf, Report> {
    let absolute = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    let found = absolute
        .ancestors()
        .find(|folder| folder.join(SETTINGS).is_file());
    found.map(Path::to_path_buf).ok_or_else(|| {
        Diagnostic::error(
            "BW-K100",
            Place::file(absolute.display()),
            format!("no {SETTINGS} here or in a folder above"),
        )
        .help("`billwright init DIR` makes a workspace; `-C DIR` names another folder")
        .into()
    })
}

/// Whoever may write the settings may choose whose money is billed.
fn open_to_all(root: &Path) -> Option<Diagnostic> {
    let mode = fs::metadata(root.join(SETTINGS)).ok()?.mode() & 0o777;
    (mode & 0o002 != 0).then(|| {
        let message = format!("everybody on this machine may write it (mode {mode:o})");
        Diagnostic::warning("BW-K312", Place::file(SETTINGS), message)
            .help(format!("chmod go-w {SETTINGS}"))
    })
}

/// The files of a folder with one of the endings, sorted by path. Problems go into the report.
fn files(
    root: &Path,
    folder: &str,
    endings: &[&str],
    too_large: &'static str,
    report: &mut Report,
) -> Vec<RawFile> {
    let entries = match fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                report.push(unreadable(folder, &error));
            }
            return Vec::new();
        }
    };
    let names = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let fits = |name: &String| {
        endings
            .iter()
            .any(|ending| name.ends_with(&format!(".{ending}")))
    };
    let mut names: Vec<String> = names.filter(fits).collect();
    names.sort_unstable();
    let mut read_files = Vec::new();
    for name in names {
        match read(root, &format!("{folder}/{name}"), too_large) {
            Ok(file) => read_files.push(file),
            Err(problem) => report.extend(problem),
        }
    }
    read_files
}

fn read(root: &Path, path: &str, too_large: &'static str) -> Result<RawFile, Report> {
    let full = root.join(path);
    let place = || Place::file(path);
    let refused = |error| Report::from(unreadable(path, &error));
    let real = fs::canonicalize(&full).map_err(refused)?;
    if !real.starts_with(root) {
        let problem = Diagnostic::error(
            "BW-D250",
            place(),
            "a link that leaves the workspace is not followed",
        );
        return Err(problem.help("put the file itself here").into());
    }
    let size = fs::metadata(&real).map_err(refused)?.len();
    if size > LARGEST_TEXT {
        let message = format!("a file of {size} bytes is too large");
        return Err(Diagnostic::error(too_large, place(), message)
            .help("it may have 1 MiB (1 048 576 bytes); data belongs into an input file")
            .into());
    }
    Ok(RawFile {
        path: path.to_owned(),
        bytes: fs::read(&real).map_err(refused)?,
    })
}

fn unreadable(path: &str, error: &Error) -> Diagnostic {
    let help = match error.kind() {
        ErrorKind::NotFound => "it is a link to nothing; put the file itself here",
        _ => "let the user who runs billwright read it",
    };
    Diagnostic::error(
        "BW-E103",
        Place::file(path),
        format!("cannot be read: {error}"),
    )
    .help(help)
}

fn not_utf8(path: &str, offset: usize) -> Diagnostic {
    Diagnostic::error(
        "BW-T106",
        Place::file(path),
        format!("not UTF-8 at byte {offset}"),
    )
    .help("save it as UTF-8")
}
