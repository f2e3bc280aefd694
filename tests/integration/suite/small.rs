//! The small sample, month by month: every document, list and explanation as it is read, kept in `samples/small/snapshots/`.

use crate::workspace::{Workspace, repository};
use std::fs;

/// A copy of the sample, and a name for the stretch of its story that is told.
struct Chapter {
    workspace: Workspace,
    name: &'static str,
}

impl Chapter {
    /// The export of a later night: files that are different, or new.
    fn export(&self, folder: &str) {
        for file in fs::read_dir(repository().join("samples/small").join(folder)).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_name().unwrap();
            fs::copy(&file, self.workspace.path("data").join(name)).unwrap();
        }
    }

    fn keep(&self, what: &str, text: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(repository().join("samples/small/snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("{}-{what}", self.name), text));
    }

    /// Keeps what a command answers; digits of hashes change with every version of the engine, so they are left out.
    fn answer(&self, what: &str, command: &str) {
        let ended = self.workspace.bill(command);
        let hashes = |line: &str| line.starts_with("Chain head: ") || line.starts_with("Plan ");
        let lines: Vec<&str> = ended.stdout.lines().filter(|line| !hashes(line)).collect();
        let text = format!(
            "$ billwright {command}\n{}\n(exit {})",
            lines.join("\n"),
            ended.exit
        );
        self.keep(what, &text);
    }

    /// Keeps every text document of a run.
    fn documents(&self, run: &str) {
        let folder = self.workspace.path(&format!("out/documents/{run}"));
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
            .collect();
        files.sort();
        assert!(!files.is_empty());
        for file in files {
            let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
            self.keep(&stem, &fs::read_to_string(file).unwrap());
        }
    }
}

#[test]
fn the_small_sample_reads_as_its_snapshots() {
    let workspace = Workspace::small();
    let mut chapter = Chapter {
        workspace,
        name: "1-february",
    };
    chapter.answer("check", "check");
    chapter.answer("bill-dates", "report bill-dates --as-of 2026-02-01");
    chapter.answer("new-accounts", "report new-accounts");
    chapter.answer("run", "run monthly --as-of 2026-02-01");
    chapter.answer("invoices", "show monthly --tab invoices");
    chapter.answer("accounts", "show monthly --tab accounts");
    chapter.answer("excluded", "show monthly --tab excluded");
    chapter.answer("failed", "show monthly --tab failed");
    chapter.answer("completeness", "report completeness");
    for service in [
        "101-fiber",
        "101-calls",
        "101-voicemail",
        "102-voicemail",
        "104-seats",
        "103-fiber",
        "104-support",
        "104-roaming",
        "105-seats",
        "107-fiber",
        "108-server",
        "111-roaming",
        "112-transit",
    ] {
        chapter.answer(
            &format!("why-{service}"),
            &format!("explain {service} --as-of 2026-02-01"),
        );
    }
    chapter.documents("monthly@2026-02-01");
    chapter.answer("again", "run monthly --as-of 2026-02-01");

    chapter.name = "2-mid-month";
    chapter.export("mid-february");
    chapter.answer("run", "run mid-month-usage --as-of 2026-02-12");
    chapter.answer("why-112-transit", "explain 112-transit --as-of 2026-02-12");
    chapter.documents("mid-month-usage@2026-02-12");

    chapter.name = "3-march";
    chapter.export("march");
    chapter.answer(
        "bill-date-changes",
        "report bill-date-changes --as-of 2026-03-01",
    );
    chapter.answer("run", "run monthly --as-of 2026-03-01");
    chapter.answer("invoices", "show monthly --tab invoices");
    chapter.answer("excluded", "show monthly --tab excluded");
    chapter.answer("failed", "show monthly --tab failed");
    chapter.answer("exceptions", "report exceptions --as-of 2026-03-01");
    chapter.answer("all-invoices", "report invoices --sort -total");
    for service in ["106-fiber", "107-fiber", "112-transit", "112-calls"] {
        chapter.answer(
            &format!("why-{service}"),
            &format!("explain {service} --as-of 2026-03-01"),
        );
    }
    chapter.documents("monthly@2026-03-01");
    chapter.answer("verify", "verify");
}
