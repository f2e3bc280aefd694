//! Files compared with the hashes their sender wrote down.

use super::csv::unreadable;
use super::pins::look_at;
use super::{Located, export};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::digest::sha256_of;
use crate::model::workspace::Input;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

/// Largest manifest that is read.
const LIMIT_BYTES: u64 = 1 << 20;

/// See `inputs::agree`.
pub fn agree(
    root: &Path,
    inputs: &BTreeMap<String, Input>,
    located: &[Located],
) -> Result<(), Report> {
    let mut manifests: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    let mut report = Report::new();
    for file in located {
        let Some(path) = &inputs[&file.pin.input].manifest else {
            continue;
        };
        if !manifests.contains_key(path.as_str()) {
            manifests.insert(path, read(root, path)?);
        }
        let wanted = named(&manifests[path.as_str()], path, &file.pin.path);
        if let Err(diagnostic) = compare(file, path, wanted) {
            report.push(diagnostic);
        }
    }
    report.unless_errors(())
}

/// See `inputs::unsigned`.
pub fn unsigned(inputs: &BTreeMap<String, Input>, located: &[Located]) -> Report {
    let mut told: BTreeMap<&str, &Located> = BTreeMap::new();
    for file in located {
        let is_unsigned = inputs[&file.pin.input].manifest.is_none();
        if is_unsigned && export::is_parquet(&file.pin.path) {
            told.entry(&file.pin.input).or_insert(file);
        }
    }
    let mut told = told.into_iter();
    let Some((name, first)) = told.next() else {
        return Report::new();
    };
    let warning = Diagnostic::warning(
        "BW-F151",
        Place::file(&first.pin.path),
        "a Parquet file without a manifest: a bit that flipped on its way would change amounts unseen",
    );
    let warning = warning.help(format!(
        "let the export write `sha256sum` lines, and name their file: [inputs.{name}] manifest = \"data/SHA256SUMS\""
    ));
    // Told once a night, whatever the number of inputs.
    told.fold(warning, |warning, (name, file)| {
        warning.label(Place::file(&file.pin.path), format!("[inputs.{name}] too"))
    })
    .into()
}

fn compare(file: &Located, manifest: &str, wanted: Option<&String>) -> Result<(), Diagnostic> {
    let path = &file.pin.path;
    let refuse = |message: String| {
        Err(Diagnostic::error("BW-F132", Place::file(path), message)
            .help("fetch the file again, together with its manifest"))
    };
    let Some(wanted) = wanted else {
        return refuse(format!("`{manifest}` has no hash of it"));
    };
    let found = match &file.pin.sha256 {
        Some(hash) => hash.clone(),
        None => {
            let hash = File::open(&file.file).and_then(sha256_of);
            hash.map_err(|error| unreadable(path, &error))?.0
        }
    };
    if found == *wanted {
        return Ok(());
    }
    refuse(format!(
        "its SHA-256 is {found}, and `{manifest}` says {wanted}"
    ))
}

/// The hash of a file that a manifest names as the workspace does, or from its own folder.
fn named<'a>(
    hashes: &'a BTreeMap<String, String>,
    manifest: &str,
    path: &str,
) -> Option<&'a String> {
    let folder = manifest.rsplit_once('/').map(|(folder, _)| folder);
    let beside = folder.and_then(|folder| path.strip_prefix(folder)?.strip_prefix('/'));
    beside
        .and_then(|name| hashes.get(name))
        .or_else(|| hashes.get(path))
}

/// Hashes by file, from lines as `sha256sum` writes them: the hash, a blank, a blank or `*`, the name.
fn read(root: &Path, path: &str) -> Result<BTreeMap<String, String>, Diagnostic> {
    let metadata = look_at(root, path)?;
    if metadata.len() > LIMIT_BYTES {
        return Err(no_manifest(path, 1, "more than 1 MiB"));
    }
    let bytes = fs::read(root.join(path)).map_err(|error| unreadable(path, &error))?;
    let text = String::from_utf8(bytes).map_err(|_| no_manifest(path, 1, "not UTF-8"))?;
    let mut hashes = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        let parts = line.split_once([' ', '\t']).filter(|(hash, _)| {
            hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        let Some((hash, name)) = parts else {
            return Err(no_manifest(path, at + 1, "no line of a SHA-256 and a name"));
        };
        let name = name.strip_prefix([' ', '*']).unwrap_or(name);
        let name = name.strip_prefix("./").unwrap_or(name);
        hashes.insert(name.to_owned(), hash.to_ascii_lowercase());
    }
    Ok(hashes)
}

fn no_manifest(path: &str, line: usize, what: &str) -> Diagnostic {
    Diagnostic::error("BW-F132", Place::row(path, line, None), what)
        .help("a manifest has the lines that `sha256sum` writes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::tests::file;
    use crate::model::digest::sha256;
    use crate::model::plan::Pin;

    fn agreed(name: &str, manifest: &str) -> Result<(), String> {
        let root =
            std::env::temp_dir().join(format!("billwright-manifest-{}-{name}", std::process::id()));
        fs::create_dir_all(root.join("data")).unwrap();
        fs::write(root.join("data/a.csv"), "id\nA\n").unwrap();
        fs::write(root.join("data/SUMS"), manifest).unwrap();
        let input = Input {
            manifest: Some("data/SUMS".to_owned()),
            ..file("data/a.csv")
        };
        let located = Located {
            pin: Pin {
                input: "accounts".to_owned(),
                path: "data/a.csv".to_owned(),
                size: 5,
                modified: 0,
                sha256: None,
            },
            file: root.join("data/a.csv"),
        };
        let inputs = BTreeMap::from([("accounts".to_owned(), input)]);
        agree(&root, &inputs, &[located]).map_err(|report| {
            let found = report.into_iter().next().unwrap();
            format!("{} {}: {}", found.code, found.place, found.message)
        })
    }

    // FIL-028, PQT-003
    #[test]
    fn a_file_agrees_with_its_hash_or_is_refused_with_both() {
        let hash = sha256("id\nA\n");
        agreed("beside", &format!("{hash}  a.csv\n")).unwrap();
        agreed("root", &format!("{hash} *./data/a.csv\n")).unwrap();
        let other = sha256("id\nB\n");
        assert_eq!(
            agreed("other", &format!("{other}  a.csv\n")),
            Err(format!(
                "BW-F132 data/a.csv: its SHA-256 is {hash}, and `data/SUMS` says {other}"
            ))
        );
        assert_eq!(
            agreed("none", ""),
            Err("BW-F132 data/a.csv: `data/SUMS` has no hash of it".to_owned())
        );
        assert_eq!(
            agreed("bad", "1000 rows a.csv\n"),
            Err("BW-F132 data/SUMS, row 1: no line of a SHA-256 and a name".to_owned())
        );
    }
}
