//! Documents stay in their folder, as they were written.

use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

const RUN: &str = "run monthly --as-of 2026-02-01";
const FOLDER: &str = "out/documents/monthly@2026-02-01";
/// Where documents lie until all of them are on disk.
const DRAFT: &str = "out/documents/.monthly@2026-02-01.tmp";

/// P40: documents are for their owner alone and named after numbers.
#[test]
fn p40_documents_are_for_their_owner_alone() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    let mode = |path: &str| {
        fs::metadata(workspace.path(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(FOLDER), 0o700);
    assert_eq!(mode(&format!("{FOLDER}/HF-2026-0001.html")), 0o600);
    let names = fs::read_dir(workspace.path(FOLDER)).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| name.starts_with("HF-2026-")));
}

/// P40: other bytes under a name are kept and told, and the document stays open until they are out of the way.
#[test]
fn p40_other_bytes_under_a_name_are_not_overwritten() {
    let workspace = Workspace::dozen();
    workspace.bill(&format!("{RUN} --until post")).exits(5);
    fs::create_dir_all(workspace.path(FOLDER)).unwrap();
    let taken = workspace.path(&format!("{FOLDER}/HF-2026-0003.html"));
    fs::write(&taken, "a letter of somebody else").unwrap();
    let open = workspace.bill("continue monthly --until render").exits(9);
    assert!(open.stderr.contains("BW-E121"), "{}", open.stderr);
    assert_eq!(
        fs::read_to_string(&taken).unwrap(),
        "a letter of somebody else"
    );
    fs::remove_file(&taken).unwrap();
    workspace.bill("continue monthly --until render").exits(5);
    assert!(fs::read_to_string(&taken).unwrap().contains("HF-2026-0003"));
}

/// P1: of a stopped attempt nothing is kept but what has its place, and that is not written again.
#[test]
fn p1_documents_that_a_stopped_attempt_began_are_written_anew() {
    let whole = Workspace::dozen();
    whole.bill(RUN).exits(5);
    let workspace = Workspace::dozen();
    workspace.bill(&format!("{RUN} --until post")).exits(5);
    for folder in [FOLDER, DRAFT] {
        fs::create_dir_all(workspace.path(folder)).unwrap();
    }
    let path = |folder: &str, number: u8| format!("{folder}/HF-2026-000{number}.html");
    let done = workspace.path(&path(FOLDER, 1));
    fs::copy(whole.path(&path(FOLDER, 1)), &done).unwrap();
    let file = fs::metadata(&done).unwrap().ino();
    for number in [2, 9] {
        fs::write(workspace.path(&path(DRAFT, number)), "<html><he").unwrap();
    }
    workspace.bill("continue monthly --until render").exits(5);
    assert_eq!(fs::metadata(&done).unwrap().ino(), file);
    assert!(!workspace.path(DRAFT).exists());
    let documents = |workspace: &Workspace| {
        let names = fs::read_dir(workspace.path(FOLDER)).unwrap();
        let paths = names.map(|entry| entry.unwrap().path());
        let texts = paths.map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.file_name().unwrap().to_owned(), text)
        });
        texts.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(documents(&workspace), documents(&whole));
}

/// P40: a link in place of the draft is taken away, and what it leads to stays as it is.
#[test]
fn p40_a_draft_is_not_written_through_a_link() {
    let workspace = Workspace::dozen();
    workspace.bill(&format!("{RUN} --until post")).exits(5);
    let elsewhere = workspace.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("HF-2026-0001.html"), "mine").unwrap();
    fs::create_dir_all(workspace.path("out/documents")).unwrap();
    symlink(&elsewhere, workspace.path(DRAFT)).unwrap();
    workspace.bill("continue monthly --until render").exits(5);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);
    assert_eq!(
        fs::read_to_string(elsewhere.join("HF-2026-0001.html")).unwrap(),
        "mine"
    );
    assert!(
        fs::symlink_metadata(workspace.path(FOLDER))
            .unwrap()
            .is_dir()
    );
}

/// P40: no link is followed.
#[test]
fn p40_a_link_is_not_written_through() {
    let workspace = Workspace::dozen();
    workspace.bill(&format!("{RUN} --until post")).exits(5);
    fs::create_dir(workspace.path("elsewhere")).unwrap();
    symlink(workspace.path("elsewhere"), workspace.path("out")).unwrap();
    let refused = workspace.bill("continue monthly --until render");
    assert!(refused.stderr.contains("BW-E120"), "{}", refused.stderr);
    assert_ne!(refused.exit, 0);
    assert_eq!(
        fs::read_dir(workspace.path("elsewhere")).unwrap().count(),
        0
    );
}

/// P4: a run whose documents could not all be written says so again, never that they are written.
#[test]
fn p4_open_documents_are_told_each_time() {
    let workspace = Workspace::dozen();
    workspace.bill("run monthly --as-of 2026-01-31").exits(5);
    fs::create_dir_all(workspace.path(FOLDER)).unwrap();
    let taken = workspace.path(&format!("{FOLDER}/HF-2026-0004.html"));
    fs::write(&taken, "a letter of somebody else").unwrap();
    workspace.bill(RUN).exits(9);
    let again = workspace.bill(RUN).exits(9);
    assert!(again.stdout.contains("still open"), "{}", again.stdout);
    fs::remove_file(&taken).unwrap();
    let mended = workspace.bill(RUN).exits(5);
    assert!(
        mended.stdout.contains("had stopped before its documents"),
        "{}",
        mended.stdout
    );
}

/// A group's own formats are written where the run has none, and as far as they are the run goes by itself.
#[test]
fn a_group_has_documents_where_its_run_has_none() {
    let workspace = Workspace::dozen();
    workspace.edit("definitions/monthly.yaml", "formats: [html]", "formats: []");
    workspace.edit(
        "billwright.toml",
        "path = \"data/accounts.csv\"",
        "path = \"data/accounts.csv\"\ncolumns = { group = \"classification\" }",
    );
    for (group, render) in [
        ("residential", "render: { formats: [txt] }\n"),
        ("business", ""),
    ] {
        let text = format!("kind: group\nname: {group}\n{render}");
        fs::write(workspace.path(&format!("definitions/{group}.yaml")), text).unwrap();
    }
    let run = workspace
        .bill(&format!("{RUN} --output json"))
        .exits(5)
        .json();
    assert_eq!(run["state"], "rendered");
    let written = fs::read_dir(workspace.path(FOLDER)).unwrap();
    let names = written.map(|file| file.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = names.collect();
    assert!(
        !names.is_empty() && names.iter().all(|name| name.ends_with(".txt")),
        "{names:?}"
    );
    assert_eq!(run["steps"][3]["counts"]["documents"], names.len());
}

/// P12: amounts have the digits of their currency, none in yen and three in dinars.
#[test]
fn p12_amounts_have_the_digits_of_their_currency() {
    for (currency, net, tax) in [("JPY", "45", "3"), ("KWD", "45.000", "3.263")] {
        let workspace = Workspace::dozen();
        for scheme in ["home", "office"] {
            let file = format!("definitions/{scheme}.yaml");
            workspace.edit(&file, "currency: USD", &format!("currency: {currency}"));
        }
        let own = format!("currency = \"{currency}\"");
        workspace.edit("billwright.toml", "currency = \"USD\"", &own);
        workspace.edit("data/accounts.csv", ",USD,", &format!(",{currency},"));
        workspace.edit(
            "definitions/monthly.yaml",
            "filters: all",
            "filters: { accounts: [H-01] }",
        );
        let run = workspace
            .bill(&format!("{RUN} --output json"))
            .exits(0)
            .json();
        assert_eq!((&run["net"], &run["tax"]), (&net.into(), &tax.into()));
        workspace.bill("verify").exits(0);
    }
}
