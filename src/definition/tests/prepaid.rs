//! Prepaid runs, and the schemes they debit for.

use super::*;
use crate::model::bill_run::{BillRun, Check, DayWord, Stale, WindowDay};
use crate::model::debits::{Granularity, Limit, OnInsufficient, OnTopUp};
use crate::model::scheme::{ChargeKind, Through};

const WALLETS: &str = "[inputs.wallets]\npath = \"w.csv\"\n";
const TOP_UPS: &str = "[inputs.top_ups]\npath = \"t.csv\"\n";

const PREPAID: &str = "kind: prepaid_run
name: n
criteria: { schemes: [q] }
filters: all
";

/// The good scheme as a prepaid one, with other text in place of its charge.
fn scheme(charge: &str) -> String {
    let text = SCHEME.replace("name: p", "name: q\nclassification: prepaid");
    match charge {
        "" => text,
        charge => {
            let (head, _) = text.split_once("    recurring").unwrap();
            format!("{head}{charge}\n")
        }
    }
}

fn load_with(settings: &str, run: &str, scheme: &str) -> Result<Loaded, Report> {
    let definitions = [
        file("d/n.yaml", run),
        file("d/p.yaml", SCHEME),
        file("d/q.yaml", scheme),
    ];
    loaded(&file("billwright.toml", settings), &definitions)
}

fn found(run: &str, scheme: &str) -> Vec<String> {
    lines(load_with(
        &format!("{SETTINGS}{WALLETS}{TOP_UPS}"),
        run,
        scheme,
    ))
}

/// The run `n`, which has these lines too.
fn run(more: &str, inputs: &str) -> BillRun {
    let settings = format!("{SETTINGS}{WALLETS}{inputs}");
    load_with(&settings, &format!("{PREPAID}{more}"), &scheme(""))
        .unwrap_or_else(|report| panic!("{}", report.text(false)))
        .definitions
        .bill_runs
        .remove("n")
        .unwrap()
}

fn levels(run: &BillRun) -> Vec<String> {
    let levels = run.checks.iter();
    levels
        .map(|(check, level)| format!("{} {}", check.name(), level.name()))
        .collect()
}

#[test]
fn what_a_prepaid_run_does_not_say_is_as_the_design_shows_it() {
    let run = run("", TOP_UPS);
    let day_before = WindowDay {
        day: DayWord::AsOf,
        plus_days: -1,
    };
    assert_eq!((run.window.from, run.window.to), (None, WindowDay::AS_OF));
    assert_eq!((run.window.stale, run.advance_days), (Stale::Bill, 0));
    assert_eq!(run.window.max_behind_days, 36_600);
    assert_eq!(run.charges.len(), 3);
    assert_eq!(run.tax, None);
    assert!(run.formats.is_empty() && run.invoices.series.is_empty() && run.invoices.auto_post);
    let debits = run.debits.as_ref().unwrap();
    assert_eq!(debits.granularity, Granularity::Run);
    assert_eq!(debits.on_insufficient, OnInsufficient::Skip);
    assert_eq!(debits.on_topup, OnTopUp::ChargeActiveDays);
    assert_eq!(debits.usage_through, day_before);
    assert_eq!(
        levels(&run),
        [
            "usage_complete error",
            "uncovered warn",
            "vanished warn",
            "changed_without_date warn",
            "top_ups_fresh error",
            "stop_limit warn",
            "opening_balances warn",
        ]
    );
    assert_eq!((&debits.stops, debits.starts), (&None, false));
    let estimate = debits.estimate.unwrap();
    assert_eq!((estimate.horizon_days, estimate.lookback_days), (180, 30));
    let notice = debits.notice.unwrap();
    assert_eq!(notice.low_balance.to_string(), "5.00");
    assert_eq!((notice.send.from, notice.send.to), (8 * HOUR, 20 * HOUR));
}

const HOUR: i64 = 3_600_000_000;

/// Services that are stopped, with what is to be said of how old top-ups may be.
#[test]
fn services_are_stopped_with_top_ups_of_a_known_age() {
    let stopping = |more: &str, inputs: &str| {
        let settings = format!("{SETTINGS}{WALLETS}{inputs}");
        let run = format!("{PREPAID}stop_services: {{ enabled: true{more} }}\n");
        lines(load_with(&settings, &run, &scheme("")))
    };
    let aged = TOP_UPS.replace("path", "max_age = \"26h\"\npath");
    assert_eq!(stopping("", &aged), [""; 0]);
    assert_eq!(stopping(", needs_fresh: []", ""), [""; 0]);
    let place = "BW-D253 d/n.yaml:5:27";
    assert_found("no age", &stopping("", TOP_UPS), place, "max_age");
    assert_found("no top-ups", &stopping("", ""), place, "no top-ups");
    let run = run("stop_services: { enabled: true, at_most: 500 }", &aged);
    let stops = run.debits.unwrap().stops.unwrap();
    assert_eq!(
        (stops.at_most, stops.needs_fresh),
        (Limit::Count(500), true)
    );
}

#[test]
fn a_prepaid_run_is_read_as_meant() {
    let run = run(
        "debit: { granularity: day, on_insufficient: allow_negative, on_topup: waive, usage_through: { date: as_of, plus_days: -3 } }
estimate: { enabled: false }
notices: { low_balance: 0 }
stop_services: { enabled: false }
start_services: { enabled: false }
checks: { vanished: off, stop_limit: off }",
        TOP_UPS,
    );
    let debits = run.debits.as_ref().unwrap();
    assert_eq!(
        (debits.granularity, debits.on_insufficient, debits.on_topup),
        (
            Granularity::Day,
            OnInsufficient::AllowNegative,
            OnTopUp::Waive
        )
    );
    // Days before the end of the window are whole: the last of them is the one that is named.
    assert_eq!(
        (debits.usage_through.plus_days, run.window.to.plus_days),
        (-3, -2)
    );
    assert_eq!(run.checks.get(&Check::Vanished), None);
    assert_eq!(run.checks.get(&Check::StopLimit), None);
    assert_eq!((debits.estimate, debits.notice), (None, None));
}

#[test]
fn a_check_about_an_input_that_is_not_there_is_not_made() {
    assert!(run("", TOP_UPS).checks.contains_key(&Check::TopUpsFresh));
    assert!(!run("", "").checks.contains_key(&Check::TopUpsFresh));
}

/// Cases: lines behind those of the run, where and with what words that is refused.
#[test]
fn values_of_a_prepaid_run_are_checked() {
    for (more, place, words) in [
        (
            "criteria: { schemes: [] }",
            "BW-D207 d/n.yaml:3:22",
            "an empty list",
        ),
        (
            "criteria: { schemes: [q], classifications: [] }",
            "BW-D207 d/n.yaml:3:44",
            "never read as `all`",
        ),
        (
            "criteria: { schemes: [q], frequencies: [monthly] }",
            "BW-D201 d/n.yaml:3:27",
            "`account_status`",
        ),
        (
            "filters: { groups: [g], orders: [O-1] }",
            "BW-D201 d/n.yaml:4:25",
            "`subscriptions`",
        ),
        (
            "filters: { groups: [g] }",
            "BW-D240 d/n.yaml:4:21",
            "no group at all",
        ),
        (
            "debit: { on_insufficient: partly }",
            "BW-D205 d/n.yaml:5:27",
            "`partial_days`",
        ),
        (
            "debit: { usage_through: earliest }",
            "BW-D205 d/n.yaml:5:25",
            "`as_of`",
        ),
        (
            "checks: { already_invoiced: warn }",
            "BW-D201 d/n.yaml:5:11",
            "`top_ups_fresh`",
        ),
        (
            "schedule: { start_at: 2026-01-01, every: { days: 1 } }",
            "BW-D214 d/n.yaml:5:23",
            "2026-02-01T08:00",
        ),
        (
            "schedule: { start_at: 2026-01-01T02:00+01:00, every: { days: 1 } }",
            "BW-D214 d/n.yaml:5:23",
            "the zone is the workspace's",
        ),
        (
            "schedule: { start_at: 2026-01-01T02:00, every: { days: 1, hours: 2 } }",
            "BW-D204 d/n.yaml:5:48",
            "exactly one of",
        ),
        (
            "estimate: { horizon_days: 0 }",
            "BW-D206 d/n.yaml:5:27",
            "from 1 to 3660",
        ),
        (
            "notices: { low_balance: -1 }",
            "BW-D211 d/n.yaml:5:25",
            "zero or more",
        ),
        (
            "notices: { send: 20:00-08:00 }",
            "BW-D214 d/n.yaml:5:18",
            "08:00-20:00",
        ),
        (
            "stop_services: { at_most: 101% }",
            "BW-D211 d/n.yaml:5:27",
            "such as 500",
        ),
        (
            "stop_services: { at_most: 1.5 }",
            "BW-D211 d/n.yaml:5:27",
            "a whole number",
        ),
        (
            "stop_services: { needs_fresh: [usage] }",
            "BW-D205 d/n.yaml:5:32",
            "`top_ups`",
        ),
        (
            "start_services: { at_most: 2% }",
            "BW-D201 d/n.yaml:5:19",
            "`enabled`",
        ),
        (
            "notify: { to: [a@b.example], on: [failed] }",
            "BW-D190 d/n.yaml:5:1",
            "not built yet",
        ),
    ] {
        // A key that is there already is written in its place.
        let key = more.split(':').next().unwrap_or_default();
        let text = match PREPAID.lines().find(|line| line.starts_with(key)) {
            Some(line) => PREPAID.replace(line, more),
            None => format!("{PREPAID}{more}\n"),
        };
        assert_found(more, &found(&text, &scheme("")), place, words);
    }
    let neutral = "notify: { to: [], on: [with_errors, held, failed] }";
    assert_eq!(
        found(&format!("{PREPAID}{neutral}\n"), &scheme("")),
        [""; 0]
    );
    let bill_run = format!("{RUN}checks: {{ top_ups_fresh: warn }}\n");
    assert_found(
        "a bill run does not ask it",
        &found(&bill_run, &scheme("")),
        "BW-D201 d/n.yaml:5:11",
        "`uncovered`",
    );
}

#[test]
fn c5_a_prepaid_run_has_no_key_of_invoices() {
    for (key, value) in [
        ("window", "{ to: as_of }"),
        ("advance_days", "5"),
        ("charges", "[usage]"),
        ("tax", "t"),
        ("invoices", "{ auto_post: true }"),
        ("closing", "off"),
        ("run_payment_terms", "false"),
        ("render", "{ formats: [] }"),
        ("delivery", "off"),
        ("brakes", "off"),
    ] {
        assert_found(
            key,
            &found(&format!("{PREPAID}{key}: {value}\n"), &scheme("")),
            "BW-D201 d/n.yaml:5:1",
            "makes no invoice",
        );
    }
}

#[test]
fn c26_schemes_are_paid_as_their_run_says() {
    let wrong = PREPAID.replace("[q]", "[q, p]");
    assert_found(
        "an invoiced scheme",
        &found(&wrong, &scheme("")),
        "BW-D251 d/n.yaml:3:26",
        "`p` is invoiced, and a prepaid_run debits wallets",
    );
    let wrong = RUN.replace("[p]", "[p, q]");
    assert_found(
        "a prepaid scheme",
        &found(&wrong, &scheme("")),
        "BW-D251 d/n.yaml:3:26",
        "`q` is prepaid, and a bill_run makes invoices",
    );
}

#[test]
fn a_prepaid_scheme_has_only_what_is_debited_by_the_day() {
    let usage =
        |more: &str| format!("    usage: {{ meter: m{more} }}\n    price: {{ per_unit: 1 }}");
    let inputs = format!("{WALLETS}[inputs.usage]\npath = \"u.csv\"\n");
    let found = |charge: &str| {
        let settings = format!("{SETTINGS}{inputs}");
        lines(load_with(&settings, PREPAID, &scheme(charge)))
    };
    for good in [
        "",
        "    one_time: {}\n    price: { flat: 1 }",
        "    recurring: { timing: advance, proration: none, trial_days: 7 }\n    price: { volume: [{ to: 5, unit: 2 }, { unit: 1 }] }",
        &usage(", aggregate: count, late: ignore, included: 5"),
        &usage(", prorate: [minimum]").replace("per_unit: 1 }", "per_unit: 1 }\n    minimum: 2"),
    ] {
        assert_eq!(found(good), [""; 0], "{good}");
    }
    for (charge, at, words) in [
        (
            "    recurring: { timing: arrears, proration: daily }\n    price: { flat: 1 }",
            "8:16",
            "`timing: advance`",
        ),
        (
            "    recurring: { timing: advance, proration: daily, cancel: credit_unused }\n    price: { flat: 1 }",
            "8:61",
            "`cancel: none`",
        ),
        (&usage(", aggregate: max"), "8:35", "`sum` or `count`"),
        (
            &usage(", aggregate: { unique: user_id }"),
            "8:35",
            "`sum` or `count`",
        ),
        (
            &usage(", included: 5, shared: subscription"),
            "8:45",
            "leave `shared` out",
        ),
        (&usage(", late: next_run"), "8:30", "`ignore`"),
        (
            &usage(", through: window_to"),
            "8:33",
            "leave `through` out",
        ),
        (
            &usage(", through: period_end"),
            "8:33",
            "leave `through` out",
        ),
        (
            &usage(", included: 5, prorate: [included]"),
            "8:47",
            "leave it out",
        ),
        (
            &usage("").replace("per_unit: 1", "volume: [{ to: 5, unit: 2 }, { unit: 1 }]"),
            "9:22",
            "`graduated`",
        ),
    ] {
        assert_found(
            charge,
            &found(charge),
            &format!("BW-D252 d/q.yaml:{at}"),
            words,
        );
    }
    let commits = "    recurring: { timing: arrears, proration: daily }\n    commits: account\n    price: { flat: 1 }";
    let all = found(commits);
    assert!(
        all.iter().all(|line| line.starts_with("BW-D252")) && all.len() == 2,
        "{all:?}"
    );
    let adjusting = scheme("").replace("frequencies", "retroactive: adjust\nfrequencies");
    assert_found(
        "retroactive",
        &super::prepaid::found(PREPAID, &adjusting),
        "BW-D252 d/q.yaml:5:14",
        "`retroactive: ignore`",
    );
}

#[test]
fn prepaid_usage_goes_on_within_its_period() {
    let settings = format!("{SETTINGS}{WALLETS}[inputs.usage]\npath = \"u.csv\"\n");
    let usage = "    usage: { meter: m }\n    price: { per_unit: 1 }";
    let loaded = load_with(&settings, PREPAID, &scheme(usage)).unwrap();
    let charge = loaded.definitions.schemes["q"].charge("access").unwrap();
    let ChargeKind::Usage(usage) = &charge.kind else {
        panic!("{}", charge.code)
    };
    assert_eq!(usage.through, Through::WindowTo);
}

#[test]
fn a_prepaid_run_needs_wallets() {
    let usage = "    usage: { meter: m }\n    price: { per_unit: 1 }";
    let with = |inputs: &str, charge: &str| {
        let settings = format!("{SETTINGS}{inputs}");
        lines(load_with(&settings, PREPAID, &scheme(charge)))
    };
    assert_found(
        "wallets",
        &with("", ""),
        "BW-K224 billwright.toml",
        "debits wallets",
    );
    assert_found(
        "usage",
        &with(WALLETS, usage),
        "BW-K224 billwright.toml",
        "no input `usage`",
    );
    assert_eq!(with(WALLETS, ""), [""; 0]);
}

#[test]
fn a_name_means_one_run() {
    let twin = PREPAID.replace("name: n", "name: r");
    let definitions = [
        file("d/p.yaml", SCHEME),
        file("d/q.yaml", scheme("")),
        file("d/r.yaml", RUN),
        file("d/s.yaml", twin),
    ];
    let settings = file("billwright.toml", format!("{SETTINGS}{WALLETS}"));
    assert_found(
        "one of each kind",
        &lines(loaded(&settings, &definitions)),
        "BW-D230 d/s.yaml:2:7",
        "a bill_run is named `r` too",
    );
}

#[test]
fn top_ups_are_a_delta_with_times_and_wallets_are_not() {
    let with = |inputs: &str| {
        let settings = format!("{SETTINGS}{inputs}");
        let loaded = load_with(&settings, PREPAID, &scheme(""));
        lines(loaded)
    };
    let zone = "zone = \"America/New_York\"\n";
    assert_eq!(with(&format!("{WALLETS}{TOP_UPS}{zone}")), [""; 0]);
    for (inputs, place, words) in [
        (
            format!("{WALLETS}{zone}"),
            "BW-K226 billwright.toml:16:8",
            "has no times",
        ),
        (
            format!("{WALLETS}mode = \"delta\"\n"),
            "BW-K226 billwright.toml:16:8",
            "is no delta",
        ),
        (
            format!("{WALLETS}{TOP_UPS}mode = \"snapshot\"\n"),
            "BW-K226 billwright.toml:18:8",
            "counts once",
        ),
    ] {
        assert_found(&inputs, &with(&inputs), place, words);
    }
}
