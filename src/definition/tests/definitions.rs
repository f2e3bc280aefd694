//! Mistakes in definitions.

use super::*;
use proptest::prelude::*;

/// What is found in a definition beside a good scheme and a good run.
pub(super) fn found(text: impl AsRef<[u8]>) -> Vec<String> {
    let definitions = [
        file("definitions/x.yaml", text),
        file("definitions/p.yaml", SCHEME),
        file("definitions/r.yaml", RUN),
    ];
    lines(loaded(&file("billwright.toml", SETTINGS), &definitions))
}

pub(super) fn assert_all(cases: &[(&str, &str, &str, &str)]) {
    for (case, text, place, words) in cases {
        let (code, at) = place.split_once(' ').unwrap_or((place, ""));
        let place = match at {
            "" => format!("{code} definitions/x.yaml"),
            at => format!("{code} definitions/x.yaml:{at}"),
        };
        assert_found(case, &found(text), &place, words);
    }
}

/// The good scheme under another name, with other text in place of its price.
pub(super) fn scheme_with(price: &str) -> String {
    SCHEME
        .replace("name: p", "name: q")
        .replace("price: { flat: \"9.90\" }", price)
}

/// The good run under another name, with further lines.
pub(super) fn run_with(lines: &str) -> String {
    format!("{}{lines}\n", RUN.replace("name: r", "name: s"))
}

#[test]
fn text_that_is_no_yaml_document_is_refused_with_its_place() {
    assert_all(&[
        (
            "DEF-001",
            &scheme_with("price: { flat: \"1\" }\n    price: { flat: \"2\" }"),
            "BW-D102 9:5",
            "the first `price` is on line 8",
        ),
        ("DEF-003", "plan:\n\tprice: \"1\"", "BW-D101 2:1", "a tab"),
        (
            "DEF-007",
            "list: &l [*l]",
            "BW-D103 1:11",
            "recursive alias",
        ),
        ("DEF-008", "id: *x", "BW-D101 1:5", "no anchor `&x`"),
        (
            "DEF-010",
            "id: a\n---\nid: b",
            "BW-D104 2:1",
            "one document a file",
        ),
        ("DEF-011", "", "BW-D106 1:1", "`kind:`"),
        ("only a comment", "# nothing\n", "BW-D106 1:1", "`kind:`"),
        ("DEF-012", "- id: a", "BW-D202 1:1", "a map"),
        (
            "a bracket is open",
            "kind: [a\nname: b",
            "BW-D101 2:5",
            "not YAML",
        ),
        ("two colons", "kind: a: b", "BW-D101 1:8", "not YAML"),
    ]);
}

#[test]
fn hostile_text_is_stopped_at_a_limit() {
    let bomb = (1..=9).fold("l0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
        let aliases = vec![format!("*a{}", n - 1); 9].join(",");
        format!("{text}l{n}: &a{n} [{aliases}]\n")
    });
    let deep = format!("list: {}{}", "[".repeat(20_000), "]".repeat(20_000));
    let bar = |inside: &str| format!("{}{inside}{}", "[".repeat(30), "]".repeat(30));
    let ladder = format!("a: &a {}\nb: &b {}\nc: {}", bar("x"), bar("*a"), bar("*b"));
    let aliases = format!("a: &a x\nb: [{}]", ["*a"; 101].join(","));
    assert_all(&[
        ("DEF-004", &bomb, "BW-D103 6:10", "100000 values"),
        ("DEF-005", &deep, "BW-D103 1:71", "64 levels"),
        (
            "DEF-006",
            &format!("id: {}", "x".repeat(1 << 20)),
            "BW-D103",
            "1 MiB",
        ),
        ("aliases", &aliases, "BW-D103 2:305", "100 aliases"),
        ("depth by aliases", &ladder, "BW-D103 3:34", "64 levels"),
    ]);
}

#[test]
fn a_file_of_nonsense_is_not_printed_in_full() {
    let last = |text: String| found(text).pop().unwrap_or_default();
    let unknown: String = (0..40_000).map(|n| format!("k{n}: 1\n")).collect();
    assert!(last(format!("{TAX}{unknown}")).contains("39800 further problems"));
    let twice = "k: 1\n".repeat(40_000);
    assert!(last(format!("{TAX}{twice}")).contains("200 problems"));
}

/// Definitions with keys of every sort.
const GOOD: [&str; 6] = [
    SCHEME,
    RUN,
    TAX,
    "kind: scheme
name: u
currency: EUR
frequencies: [weekly, daily]
charges:
  - code: c
    usage: { meter: m, included: 5, through: window_to }
    price: { graduated: [{ to: 10, unit: 1 }, { from: 10, flat: 2 }] }
    minimum: 1
  - { code: d, one_time: {}, price: [{ flat: 1, valid_to: 2025-12-31 }, { flat: 2, valid_from: 2026-01-01 }] }
",
    "kind: bill_run
name: w
window: { from: { date: as_of, plus_days: -40 }, to: last_of_month, stale: bill }
charges: [usage]
criteria: { schemes: [p], frequencies: [weekly] }
filters: { groups: [g], orders: [O-1] }
invoices: { due: { offset_days: 0 }, group_by: [account, x], suppress: [zero_lines], minimum: { total: 5 } }
checks: { vanished: error, uncovered: off }
",
    "kind: hold
name: h
what: [billing]
accounts: [A-100]
until: 2026-03-15
release: waive
",
];

proptest! {
    /// Whatever is written over a good definition, it is read or refused with a place; nothing panics.
    #[test]
    fn no_text_is_too_strange(
        which in 0_usize..GOOD.len(),
        at in 0_usize..400,
        removed in 0_usize..20,
        put in prop::sample::select(vec![
            "", "ä", "\t", "\n", "  ", ": ", "- ", "[", "]", "{", "}", "&a ", "*a", "<<: ", "'", "\"", "|\n  ", "null", "~",
            "all", "true", "off", "one_time: {}", "per: day", "[1, 2]", "90m", "0", "-1", "{}", "[]", "2026-01-01", "99999999999999999999", "!t ", "#", "---\n", "é: é\n",
        ]),
    ) {
        let mut text = GOOD[which].to_owned();
        let start = text.floor_char_boundary(at.min(text.len()));
        let end = text.floor_char_boundary((start + removed).min(text.len()));
        text.replace_range(start..end, put);
        let result = loaded(&file("billwright.toml", SETTINGS), &[file("d/x.yaml", &text)]);
        if let Err(report) = result {
            prop_assert!(!report.text(false).is_empty());
        }
    }
}

#[test]
fn tags_and_characters_that_cannot_be_seen_are_refused() {
    assert_all(&[
        (
            "DEF-009",
            &TAX.replace("name: t", "name: !!python/object/apply:os.system t"),
            "BW-D105 2:7",
            "tags are not allowed",
        ),
        (
            "DEF-013",
            &TAX.replace("name: t", r#"name: "a\0b""#),
            "BW-D110 2:7",
            "U+0000",
        ),
        ("a raw NUL", "kind: a\0b", "BW-D110 1:8", "U+0000"),
        (
            "text runs backwards",
            &TAX.replace("standard", "\"a\u{202E}b\""),
            "BW-D110 4:17",
            "U+202E",
        ),
    ]);
    assert_found(
        "DEF-047",
        &found(b"\xff\xfei\0d\0"),
        "BW-D107 definitions/x.yaml",
        "UTF-16",
    );
    assert_found(
        "latin-1",
        &found(b"kind: tax\nname: \xe4"),
        "BW-D107 definitions/x.yaml:2:7",
        "UTF-8",
    );
}

#[test]
fn an_editor_does_not_change_what_a_text_means() {
    let with_bom = [
        b"\xEF\xBB\xBF".as_slice(),
        TAX.replace('\n', "\r\n").as_bytes(),
    ]
    .concat();
    let read = |bytes: &[u8]| {
        let definitions = [file("d/t.yaml", bytes)];
        loaded(&file("billwright.toml", SETTINGS), &definitions)
            .unwrap()
            .definitions
    };
    let (plain, windows) = (read(TAX.as_bytes()), read(&with_bom));
    assert_eq!(plain.files, windows.files, "DEF-048");
    assert_eq!(plain.taxes, windows.taxes);
}

#[test]
fn keys_and_values_that_do_not_fit_are_named_with_what_would() {
    assert_all(&[
        (
            "DEF-002",
            &scheme_with("prcie: { flat: \"9.90\" }"),
            "BW-D201 8:5",
            "did you mean `price`?",
        ),
        (
            "DEF-015",
            &run_with("enabled: no"),
            "BW-D203 5:10",
            "write `false`",
        ),
        (
            "a boolean in quotes",
            &run_with("enabled: 'true'"),
            "BW-D203 5:10",
            "without quotes",
        ),
        ("no kind", "name: x", "BW-D204 1:1", "`kind` is missing"),
        (
            "kind misspelt",
            "kind: bil_run\nname: x",
            "BW-D205 1:7",
            "did you mean `bill_run`?",
        ),
        (
            "no filters",
            &run_with("").replace("filters: all\n", ""),
            "BW-D204 1:1",
            "write `filters: all`",
        ),
        (
            "filters that filter nothing",
            &run_with("").replace("filters: all", "filters: {}"),
            "BW-D204 4:10",
            "at least one",
        ),
        (
            "an empty list",
            &run_with("").replace("[p]", "[]"),
            "BW-D207 3:22",
            "never read as `all`",
        ),
        (
            "schemes are named",
            &run_with("").replace("[p]", "all"),
            "BW-D202 3:22",
            "a list is wanted",
        ),
        (
            "a word misspelt",
            &run_with("render: { formats: [htlm] }"),
            "BW-D205 5:21",
            "did you mean `html`?",
        ),
        (
            "a month too many",
            &run_with("invoices: { posting_date: { month: 13, year: 2026 } }"),
            "BW-D206 5:36",
            "1 to 12",
        ),
        (
            "half a month",
            &run_with("invoices: { posting_date: { month: 12 } }"),
            "BW-D204 5:27",
            "no `year`",
        ),
        (
            "nothing written",
            &run_with("render:"),
            "BW-D202 5:7",
            "is nothing",
        ),
        (
            "two figures",
            "kind: reconciliation\nname: c\nrun: r\nagainst: accounts\nkey: { account_id: a }\ncompare: { net: a, tax: b }\ntolerance: 1",
            "BW-D204 6:10",
            "exactly one",
        ),
        (
            "a name with blanks",
            &TAX.replace("name: t", "name: my tax"),
            "BW-D209 2:7",
            "letters",
        ),
    ]);
}

#[test]
fn numbers_and_dates_are_exact_or_refused() {
    let price = |text: &str| scheme_with(&format!("price: {{ flat: {text} }}"));
    assert_all(&[
        ("DEF-017", &price("1e-2"), "BW-D211 8:20", "write 0.01"),
        ("DEF-019", &price(".nan"), "BW-D211 8:20", "decimal number"),
        ("DEF-021", &price("0o17"), "BW-D211 8:20", "write 15"),
        (
            "DEF-022",
            &price("\"0.1234567891\""),
            "BW-D212 8:20",
            "at most 9 decimals",
        ),
        (
            "DEF-023",
            &price("\"1000000000000\""),
            "BW-D213 8:20",
            "999 999 999.999999999",
        ),
        (
            "DEF-025",
            &scheme_with("price: { flat: 1 }").replace("EUR", "EURO"),
            "BW-D215 3:11",
            "did you mean EUR?",
        ),
        (
            "DEF-039",
            &TAX.replace("\"19\"", "1900"),
            "BW-D216 4:36",
            "19 means 19 %",
        ),
        (
            "DEF-050",
            &TAX.replace("2026-01-01", "2027-02-29"),
            "BW-D218 4:54",
            "no such day",
        ),
        (
            "DEF-051",
            &TAX.replace("2026-01-01", "2026-03-29T02:30"),
            "BW-D219 4:54",
            "write 2026-03-29",
        ),
        (
            "another order",
            &TAX.replace("2026-01-01", "31/01/2026"),
            "BW-D218 4:54",
            "YYYY-MM-DD",
        ),
    ]);
}

#[test]
fn a_price_keeps_the_digits_it_was_written_with() {
    let definitions = [file("d/q.yaml", scheme_with("price: { flat: 1.10 }"))];
    let loaded = loaded(&file("billwright.toml", SETTINGS), &definitions).unwrap();
    let price = &loaded.definitions.schemes["q"].charges[0].prices[0].price;
    assert_eq!(*price, Price::Flat(Rate::parse("1.10").unwrap()));
}

#[test]
fn words_of_older_yaml_are_text() {
    let norway = TAX.replace("{ category", "{ match: { country: NO }, category");
    let definitions = [file("d/t.yaml", norway)];
    let loaded = loaded(&file("billwright.toml", SETTINGS), &definitions).unwrap();
    assert_eq!(
        loaded.definitions.taxes["t"].rates[0].matches["country"], "NO",
        "DEF-016"
    );
}

#[test]
fn anchors_and_merge_keys_save_writing() {
    let text = scheme_with(
        "price: &price { flat: \"1.00\" }\n  - &b\n    code: b\n    recurring: { timing: advance, proration: none }\n    price: { <<: *price }\n  - { <<: *b, code: c }",
    );
    let loaded = loaded(
        &file("billwright.toml", SETTINGS),
        &[file("d/q.yaml", text)],
    )
    .unwrap();
    let charges = &loaded.definitions.schemes["q"].charges;
    let codes: Vec<_> = charges.iter().map(|charge| charge.code.as_str()).collect();
    assert_eq!(codes, ["access", "b", "c"]);
    assert_eq!(charges[2].prices, charges[0].prices);
}

#[test]
fn what_is_not_built_is_refused_by_name_unless_it_changes_nothing() {
    assert_all(&[
        (
            "a kind",
            "kind: payment_run\nname: x",
            "BW-D190 1:7",
            "`payment_run` is not built yet",
        ),
        (
            "a key",
            &run_with("brakes: { parked: 1% }"),
            "BW-D190 5:1",
            "`brakes` is not built yet",
        ),
        (
            "a key inside",
            &run_with("invoices: { approval: required }"),
            "BW-D190 5:13",
            "or write `none`",
        ),
        (
            "a check",
            &run_with("checks: { unsent_invoices: warn }"),
            "BW-D190 5:11",
            "or write `off`",
        ),
        (
            "a value",
            &run_with("render: { formats: [html, pdf] }"),
            "BW-D190 5:27",
            "`pdf` is not built yet",
        ),
    ]);
    let neutral = "invoices: { approval: none, open_invoices: separate }\ndelivery: { auto: false }\n\
                   checks: { unsent_invoices: off }\nrealtime: { enabled: false }\nnotify: {}";
    assert_eq!(found(run_with(neutral)), [""; 0]);
}

#[test]
fn conditions_are_one_expression_without_files() {
    let filter = |text: &str| run_with("").replace("filters: all", text);
    assert_all(&[
        (
            "a function that reads files",
            &filter("filters:\n  where: |\n    region = 'US' AND\n    read_csv('/etc/passwd')"),
            "BW-D245 7:5",
            "read_csv",
        ),
        (
            "half a condition",
            &filter("filters: { where: \"region = \" }"),
            "BW-D245 4:28",
            "not SQL",
        ),
        (
            "a second statement",
            &filter("filters: { where: \"a = 1; DROP TABLE b\" }"),
            "BW-D245 4:25",
            "ends before `;`",
        ),
    ]);
}

#[test]
fn a_secret_is_refused_and_never_shown() {
    let definition = format!("{TAX}smtp_password: hunter2\n");
    assert_found(
        "DEF-049",
        &found(&definition),
        "BW-K310 definitions/x.yaml:5:1",
        "BILLWRIGHT_SMTP_PASSWORD",
    );
    let report = loaded(
        &file("billwright.toml", SETTINGS),
        &[file("x.yaml", &definition)],
    )
    .unwrap_err();
    assert!(
        !report.text(false).contains("hunter2")
            && report.text(false).contains("smtp_password: *******")
    );
}

#[test]
fn names_must_lead_somewhere() {
    let reconciliation = "kind: reconciliation\nname: c\nrun: r@2026-01-01\nagainst: acounts\nkey: { account_id: a }\ncompare: { net: a }\ntolerance: 1";
    assert_all(&[
        (
            "a scheme",
            &run_with("").replace("[p]", "[pp]"),
            "BW-D240 3:23",
            "did you mean `p`?",
        ),
        (
            "a tax",
            &run_with("tax: us"),
            "BW-D240 5:6",
            "there is no tax at all",
        ),
        (
            "a series",
            &run_with("invoices: { series: defalt }"),
            "BW-D240 5:21",
            "did you mean `default`?",
        ),
        (
            "an input",
            reconciliation,
            "BW-D240 4:10",
            "did you mean `accounts`?",
        ),
        (
            "a run",
            &reconciliation
                .replace("run: r", "run: rr")
                .replace("acounts", "accounts"),
            "BW-D240 3:6",
            "did you mean `r`?",
        ),
        (
            "a template",
            &run_with("render: { formats: [html, txt] }"),
            "BW-D242 5:27",
            "templates/invoice.txt",
        ),
        (
            "the second key of posting",
            &run_with("invoices: { auto_post: true }"),
            "BW-D244 5:24",
            "allow_auto_post = true",
        ),
    ]);
}

#[test]
fn a_scheme_that_fails_is_not_missed_by_its_runs_as_well() {
    let definitions = [
        file(
            "definitions/p.yaml",
            "kind: scheme\nname: p\n\tcurrency: EUR",
        ),
        file("definitions/r.yaml", RUN),
    ];
    let found = lines(loaded(&file("billwright.toml", SETTINGS), &definitions));
    assert_found(
        "a tab in the scheme",
        &found,
        "BW-D101 definitions/p.yaml:3:1",
        "a tab",
    );
}

#[test]
fn a_name_belongs_to_one_definition() {
    let twice = lines(loaded(
        &file("billwright.toml", SETTINGS),
        &[file("d/a.yaml", TAX), file("d/b.yaml", TAX)],
    ));
    assert_found(
        "a name twice",
        &twice,
        "BW-D230 d/b.yaml:2:7",
        "a second tax",
    );
}

#[test]
fn every_mistake_of_every_file_is_found_in_one_pass() {
    let definitions = [
        file(
            "d/a.yaml",
            TAX.replace("\"19\"", "x").replace("name: t", "nmae: t"),
        ),
        file(
            "d/b.yaml",
            "kind: bill_run\nname: s\ncriteria: { schemes: [] }\nfilters: some",
        ),
        file("d/c.yaml", "- x"),
    ];
    let settings = file("billwright.toml", SETTINGS.replace("Berlin", "Berlinn"));
    let found = lines(loaded(&settings, &definitions));
    let places: Vec<_> = found
        .iter()
        .map(|line| line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        places,
        [
            "BW-D201 d/a.yaml:2:1:",
            "BW-D211 d/a.yaml:4:36:",
            "BW-D207 d/b.yaml:3:22:",
            "BW-D205 d/b.yaml:4:10:",
            "BW-D202 d/c.yaml:1:1:",
            "BW-K206 billwright.toml:1:12:",
        ]
    );
}
