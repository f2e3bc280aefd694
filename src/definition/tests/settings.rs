//! Mistakes in `billwright.toml`.

use super::*;
use crate::model::workspace::{Mode, Reset, Source, TaxRounding};
use std::path::PathBuf;

fn found(text: &str) -> Vec<String> {
    lines(loaded(&file("billwright.toml", text), &[]))
}

fn assert_all(cases: &[(&str, &str, &str, &str)]) {
    for (case, text, place, words) in cases {
        let (code, at) = place.split_once(' ').unwrap_or((place, ""));
        let place = match at {
            "" => format!("{code} billwright.toml"),
            at => format!("{code} billwright.toml:{at}"),
        };
        assert_found(case, &found(text), &place, words);
    }
}

fn before(line: &str) -> String {
    format!("{line}\n{SETTINGS}")
}

fn after(lines: &str) -> String {
    format!("{SETTINGS}{lines}\n")
}

#[test]
fn settings_are_read_as_meant() {
    let text = after(
        "[book]\ndata = \"${BOOK_FOLDER}/data\"\n[series.credit]\npattern = \"C-{year}-{seq:05}\"\nreset = \"year\"\n\
         [inputs.both]\nsql = \"SELECT a FROM accounts UNION ALL SELECT b FROM services\"",
    );
    let workspace = loaded(&file("billwright.toml", text), &[])
        .unwrap()
        .workspace;
    assert_eq!(workspace.book_data, PathBuf::from("ledger/data"));
    assert_eq!(workspace.book_database, PathBuf::from("book/book.sqlite"));
    assert_eq!(workspace.series["credit"].reset, Reset::Year);
    assert!(matches!(
        workspace.inputs["both"].source,
        Source::Sql { .. }
    ));
    assert_eq!(workspace.timezone.name(), "Europe/Berlin");
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_place() {
    assert_all(&[
        ("WKS-001", "threads = ", "BW-K101 1:11", "a value is wanted"),
        ("WKS-002", "[smtp]\n[smtp]", "BW-K102 2:1", "on line 1"),
        (
            "a key twice",
            &before("currency = \"EUR\""),
            "BW-K102 3:1",
            "on line 1",
        ),
    ]);
}

#[test]
fn keys_and_values_that_do_not_fit_are_named_with_what_would() {
    assert_all(&[
        (
            "WKS-003",
            &before("thread = 4"),
            "BW-K201 1:1",
            "did you mean `threads`?",
        ),
        (
            "a count in quotes",
            &before("threads = \"4\""),
            "BW-K211 1:11",
            "without quotes",
        ),
        (
            "a word misspelt",
            &SETTINGS.replace("half_up", "halfup"),
            "BW-K210 3:12",
            "did you mean `half_up`?",
        ),
        (
            "a currency",
            &SETTINGS.replace("EUR", "EURO"),
            "BW-K215 2:12",
            "did you mean EUR?",
        ),
        (
            "no seller",
            &SETTINGS.replace("[seller]\nname = \"S\"\n", ""),
            "BW-K209 1:1",
            "`seller` is missing",
        ),
        (
            "WKS-015",
            &SETTINGS.replace("timezone = \"Europe/Berlin\"\n", ""),
            "BW-K206",
            "the machine's zone is never used",
        ),
        (
            "WKS-016",
            &SETTINGS.replace("Berlin", "Berlinn"),
            "BW-K206 1:12",
            "did you mean Europe/Berlin?",
        ),
        (
            "WKS-018",
            &before("threads = 2").replace("\"S\"", "\"${NOWHERE}\""),
            "BW-K208 6:8",
            "NOWHERE is not set",
        ),
        (
            "WKS-018, empty",
            &SETTINGS.replace("\"S\"", "\"${EMPTY}\""),
            "BW-K208 5:8",
            "an empty value counts as not set",
        ),
        (
            "WKS-020",
            &before("schema = 99"),
            "BW-K103 1:10",
            "up to schema 1",
        ),
        (
            "DEF-040",
            &SETTINGS.replace("rounding = \"half_up\"\n", ""),
            "BW-D217",
            "a scheme or tax may say otherwise",
        ),
        (
            "WKS-006, for the book",
            &after("[book]\ndata = \"definitions/book\""),
            "BW-K301 15:8",
            "a folder of its own",
        ),
        (
            "WKS-007, for the book",
            &after("[book]\ndata = \"/\""),
            "BW-K301 15:8",
            "a folder of its own",
        ),
        (
            "WKS-006",
            &before("out = \"in\""),
            "BW-K301 1:7",
            "must be different folders",
        ),
        (
            "WKS-007",
            &before("out = \"/\""),
            "BW-K301 1:7",
            "a folder of their own",
        ),
        (
            "a default that is not there",
            &after("[defaults]\npayment_terms = \"net\""),
            "BW-K240 15:17",
            "no payment_terms",
        ),
    ]);
    let password = found(&after("[book]\nurl = \"postgres://u:hunter2@h/b\""));
    assert!(
        password[0].starts_with("BW-K310 billwright.toml:15:7:"),
        "{password:#?}"
    );
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    assert_all(&[
        (
            "mail",
            &after("[smtp]\nhost = \"h\""),
            "BW-K190 14:2",
            "`smtp`",
        ),
        (
            "WKS-017",
            &after("[limits]\nrows = -1"),
            "BW-K190 14:2",
            "`limits`",
        ),
        (
            "four eyes",
            &before("four_eyes = { above = \"1\" }"),
            "BW-K190 1:1",
            "`four_eyes`",
        ),
        (
            "a clean tree",
            &before("git = { require_clean = true }"),
            "BW-K190 1:1",
            "`git`",
        ),
        (
            "a table",
            &after("[inputs.payments]\npath = \"w.csv\""),
            "BW-K190 14:9",
            "`inputs.payments`",
        ),
        (
            "PostgreSQL",
            &after("[book]\nurl = \"postgres://h/b\""),
            "BW-K190 15:7",
            "PostgreSQL",
        ),
    ]);
    assert_eq!(
        found(&after(
            "[inputs.x]\npath = \"x.csv\"\nmode = \"snapshot\"\n[limits]"
        )),
        [""; 0]
    );
}

#[test]
fn inputs_say_what_their_rows_are_and_how_old_a_file_may_be() {
    let text = after(
        "[inputs.usage]\npath = \"data/usage-*.parquet\"\nzone = \"America/New_York\"\nmax_age = \"90m\"\nmanifest = \"data/SUMS\"\n\
         [inputs.orders]\npath = \"o.csv\"\nmax_age = \"2d\"\n[inputs.order_lines]\npath = \"l.csv\"",
    );
    let inputs = loaded(&file("billwright.toml", text), &[])
        .unwrap()
        .workspace
        .inputs;
    let usage = &inputs["usage"];
    assert_eq!((usage.mode, usage.max_age_minutes), (Mode::Delta, Some(90)));
    assert_eq!(usage.zone.map(|zone| zone.name()), Some("America/New_York"));
    assert_eq!(usage.manifest.as_deref(), Some("data/SUMS"));
    assert_eq!(inputs["orders"].mode, Mode::Snapshot);
    assert_eq!(inputs["orders"].max_age_minutes, Some(2 * 24 * 60));
    let input = |lines: &str| after(&format!("[inputs.x]\npath = \"x.csv\"\n{lines}"));
    assert_all(&[
        (
            "a zone",
            &after("[inputs.usage]\npath = \"u.csv\"\nzone = \"Europe/Berlinn\""),
            "BW-K206 16:8",
            "did you mean Europe/Berlin?",
        ),
        ("an age", &input("max_age = \"26\""), "BW-K213 16:11", "26h"),
        ("no age", &input("max_age = \"0h\""), "BW-K213 16:11", "26h"),
        (
            "a week",
            &input("max_age = \"1w\""),
            "BW-K213 16:11",
            "minutes, hours or days",
        ),
        (
            "a mode misspelt",
            &input("mode = \"detla\""),
            "BW-K210 16:8",
            "did you mean `delta`?",
        ),
        (
            "accounts as a delta",
            &SETTINGS.replace("\"a.csv\"", "\"a.csv\"\nmode = \"delta\""),
            "BW-K226 10:8",
            "write `snapshot`",
        ),
        (
            "the zone of days",
            &input("zone = \"Europe/Berlin\""),
            "BW-K226 16:8",
            "leave `zone` out",
        ),
        (
            "an export as a delta",
            &input("mode = \"delta\""),
            "BW-K226 16:8",
            "`x` is no delta",
        ),
        (
            "the age of a query",
            &after("[inputs.x]\nsql = \"SELECT a FROM accounts\"\nmax_age = \"26h\""),
            "BW-K221 16:11",
            "no file of its own",
        ),
        (
            "orders without lines",
            &after("[inputs.orders]\npath = \"o.csv\""),
            "BW-K224",
            "[inputs.order_lines]",
        ),
    ]);
}

#[test]
fn credit_notes_have_a_series_unless_another_is_written() {
    let series = |text: &str| {
        loaded(&file("billwright.toml", text), &[])
            .unwrap()
            .workspace
            .series
    };
    assert_eq!(series(SETTINGS)["credit_notes"].pattern, "CN-{seq:06}");
    let named = after("[series.credit_notes]\npattern = \"C{seq}\"");
    assert_eq!(series(&named)["credit_notes"].pattern, "C{seq}");
    assert_all(&[
        (
            "two written",
            &after("[series.other]\npattern = \"{seq:08}\""),
            "BW-K225 15:11",
            "the same numbers as `default`",
        ),
        (
            "one that is there",
            &SETTINGS.replace("\"{seq}\"", "\"CN-{seq}\""),
            "BW-K225 7:11",
            "the same numbers as `credit_notes`",
        ),
    ]);
}

#[test]
fn tax_is_rounded_per_document_or_per_line() {
    let rounding = |text: &str| {
        loaded(&file("billwright.toml", text), &[])
            .unwrap()
            .workspace
            .tax_rounding
    };
    assert_eq!(rounding(SETTINGS), TaxRounding::Document);
    assert_eq!(
        rounding(&before("tax_rounding = \"line\"")),
        TaxRounding::Line
    );
}

#[test]
fn inputs_have_one_source_that_can_be_read() {
    assert_all(&[
        ("none", &after("[inputs.x]"), "BW-K221 14:1", "no source"),
        (
            "both",
            &after("[inputs.x]\npath = \"x.csv\"\nsql = \"SELECT a FROM accounts\""),
            "BW-K221 16:7",
            "both",
        ),
        (
            "another table",
            &after("[inputs.x]\nsql = \"SELECT a FROM acounts\""),
            "BW-K222 15:7",
            "did you mean `accounts`?",
        ),
        (
            "itself",
            &after(
                "[inputs.x]\nsql = \"SELECT a FROM y\"\n[inputs.y]\nsql = \"SELECT a FROM accounts UNION SELECT a FROM y\"",
            ),
            "BW-K222 17:7",
            "reads itself",
        ),
        (
            "a file",
            &after("[inputs.x]\nsql = '''\nSELECT a\nFROM read_csv('/etc/passwd')\n'''"),
            "BW-K220 17:6",
            "inputs by name",
        ),
    ]);
    let run = [file("d/p.yaml", SCHEME), file("d/r.yaml", RUN)];
    let settings = SETTINGS.replace("[inputs.services]\npath = \"v.csv\"\n", "");
    let found = lines(loaded(&file("billwright.toml", settings), &run));
    assert_found(
        "a table bill runs read",
        &found,
        "BW-K224 billwright.toml",
        "[inputs.services]",
    );
    let usage = SCHEME.replace(
        "recurring: { timing: advance, proration: daily }",
        "usage: { meter: minutes }",
    );
    let run = [file("d/p.yaml", usage), file("d/r.yaml", RUN)];
    let found = lines(loaded(&file("billwright.toml", SETTINGS), &run));
    assert_found(
        "usage nobody counts",
        &found,
        "BW-K224 billwright.toml",
        "[inputs.usage]",
    );
}

#[test]
fn a_number_pattern_tells_invoices_apart() {
    let pattern = |text: &str| SETTINGS.replace("\"{seq}\"", text);
    assert_all(&[
        (
            "another word",
            &pattern("\"{year}-{month}\""),
            "BW-K223 7:11",
            "no `{month}`",
        ),
        (
            "no count",
            &pattern("\"INV\""),
            "BW-K223 7:11",
            "once, not 0 times",
        ),
        (
            "no year",
            &pattern("\"{seq:06}\"\nreset = \"year\""),
            "BW-K223 7:11",
            "no `{year}`",
        ),
        (
            "an open bracket",
            &pattern("\"{seq\""),
            "BW-K223 7:11",
            "not closed",
        ),
    ]);
}
