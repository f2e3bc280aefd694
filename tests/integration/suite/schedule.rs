//! Schedules: which day a run is for, what is overdue, and what a run that is held at night says of its next try.

use crate::workspace::{Workspace, repository};
use std::fs;
use std::time::{Duration, SystemTime};

const NIGHTLY: &str = "schedule: { start_at: \"2026-06-01T02:00\", every: { days: 1 }, \
     retry: { every: { minutes: 15 }, until: \"06:00\" } }";

/// Two accounts with prepaid phones in Berlin, and a schedule for their nights.
fn phones(schedule: &str) -> Workspace {
    let workspace = Workspace::copy_of(&repository().join("tests/workspaces/prepaid"));
    workspace.edit("billwright.toml", "\"UTC\"", "\"Europe/Berlin\"");
    let definition = workspace.read("definitions/nightly.yaml");
    let definition = format!("{definition}{schedule}\n");
    fs::write(workspace.path("definitions/nightly.yaml"), definition).unwrap();
    workspace
}

/// The only row of `runs --upcoming` at a time: next, as of, overdue since.
fn upcoming(workspace: &Workspace, now: &str) -> [String; 3] {
    let rows = workspace.bill(&format!("runs --upcoming --output json --now {now}"));
    let rows = rows.exits(0).json();
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    ["next", "as_of", "overdue_since"].map(|name| {
        let text = rows[0][name].as_str().unwrap_or("-");
        text.trim_end_matches(":00+02:00").to_owned()
    })
}

fn said(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// C19, O36, AO9: the day and hour a run is scheduled for, on the clock of the workspace, and whether it was missed.
#[test]
fn c19_o36_ao9_upcoming_runs_have_an_hour_a_day_and_what_they_missed() {
    let workspace = phones(NIGHTLY);
    assert_eq!(
        upcoming(&workspace, "2026-05-31T12:00"),
        ["2026-06-01T02:00", "2026-06-01", "-"]
    );
    // Nobody has run it at two: tried again, then overdue until the next night.
    assert_eq!(
        upcoming(&workspace, "2026-06-01T02:40"),
        ["2026-06-01T02:45", "2026-06-01", "2026-06-01T02:00"]
    );
    assert_eq!(
        upcoming(&workspace, "2026-06-01T09:00"),
        ["2026-06-02T02:00", "2026-06-02", "2026-06-01T02:00"]
    );
    // A run for a few accounts is not the run that is due.
    let few = "run nightly --account ben --now 2026-06-01T09:30";
    workspace.bill(few).exits(0);
    assert_eq!(
        upcoming(&workspace, "2026-06-01T09:31")[2],
        "2026-06-01T02:00"
    );
    workspace
        .bill("run nightly --now 2026-06-01T10:00")
        .exits(0);
    assert_eq!(
        upcoming(&workspace, "2026-06-01T10:01"),
        ["2026-06-02T02:00", "2026-06-02", "-"]
    );
    let canceled = workspace.bill("cancel nightly --now 2026-06-01T11:00");
    canceled.exits(0);
    assert_eq!(
        upcoming(&workspace, "2026-06-01T11:01")[2],
        "2026-06-01T02:00"
    );
    let people = workspace.bill("runs --upcoming --now 2026-06-01T11:01");
    insta::assert_snapshot!(people.exits(0).stdout, @"
    next           2026-06-02T02:00:00+02:00
    definition     nightly
    as of          2026-06-02
    overdue since  2026-06-01T02:00:00+02:00
    last run       nightly@2026-06-01
    ");
}

/// A night in which nothing is due makes no run, and is no night that was missed.
#[test]
fn a_night_with_nothing_due_is_not_overdue() {
    let workspace = phones(NIGHTLY);
    workspace
        .bill("run nightly --as-of 2026-06-02 --now 2026-06-01T20:00")
        .exits(0);
    assert_eq!(
        upcoming(&workspace, "2026-06-02T02:05")[2],
        "2026-06-02T02:00"
    );
    let idle = workspace
        .bill("run nightly --now 2026-06-02T02:10")
        .exits(0);
    assert!(idle.stdout.contains("Nothing is due"), "{}", idle.stdout);
    assert_eq!(upcoming(&workspace, "2026-06-02T02:11")[2], "-");
    workspace.bill("verify").exits(0);
}

/// C20, C38: a run is for the day of its slot, also when it is late; by hand for any day.
#[test]
fn c20_c38_a_run_after_midnight_is_for_the_day_of_its_slot() {
    let late = NIGHTLY
        .replace("T02:00", "T23:30")
        .replace("06:00", "02:00");
    let workspace = phones(&late);
    let run = |words: &str| {
        let words = format!("run nightly --output json {words}");
        let run = workspace.bill(&words).exits(0).json();
        run["run_id"].as_str().unwrap().to_owned()
    };
    assert_eq!(run("--now 2026-06-02T00:20"), "nightly@2026-06-01");
    assert_eq!(run("--now 2026-06-02T23:30"), "nightly@2026-06-02");
    let by_hand = run("--now 2026-06-03T10:00 --as-of 2026-06-03");
    assert_eq!(by_hand, "nightly@2026-06-03");
    // Before the first slot there is none to be of.
    let early = phones(&late);
    let early = early.bill("run nightly --output json --now 2026-06-01T10:00");
    assert_eq!(early.exits(0).json()["run_id"], "nightly@2026-06-01");
}

/// C36: minutes, hours, days, weeks and months; a bill run has them as a prepaid run has.
#[test]
fn c36_a_bill_run_recurs_as_its_schedule_says() {
    let workspace = Workspace::dozen();
    let schedule = |text: &str| {
        let monthly = workspace.read("definitions/monthly.yaml");
        let before = monthly.split("schedule:").next().unwrap().to_owned();
        let monthly = format!("{before}schedule: {{ start_at: \"2026-01-31T08:00\", {text} }}\n");
        fs::write(workspace.path("definitions/monthly.yaml"), monthly).unwrap();
    };
    for (every, next) in [
        ("every: { minutes: 90 }", "2026-02-05T11:00"),
        ("every: { hours: 12 }", "2026-02-05T20:00"),
        ("every: { days: 2 }", "2026-02-06T08:00"),
        ("every: { weeks: 1 }", "2026-02-07T08:00"),
        ("every: { months: 1 }", "2026-02-28T08:00"),
    ] {
        schedule(every);
        let rows = workspace.bill("runs --upcoming --output csv --now 2026-02-05T10:00");
        let rows = rows.exits(0).stdout;
        assert!(rows.contains(&format!("{next}:00")), "{every}: {rows}");
    }
    let listed = Workspace::dozen().bill("runs --upcoming").exits(0).stdout;
    assert_eq!(listed, "No definition has a schedule that goes on.\n");
}

/// O51: once, then no more; the definition is not edited for it.
#[test]
fn o51_a_run_for_one_time_is_due_until_it_was_made_and_then_refused() {
    let once =
        "schedule: { start_at: \"2026-06-01T02:00\", every: { days: 1 }, disable_after_run: true }";
    let workspace = phones(once);
    assert_eq!(
        upcoming(&workspace, "2026-06-02T03:00"),
        ["2026-06-03T02:00", "2026-06-03", "2026-06-02T02:00"]
    );
    workspace
        .bill("run nightly --now 2026-06-02T09:00")
        .exits(0);
    let listed = workspace.bill("runs --upcoming --now 2026-06-02T09:01");
    assert_eq!(
        listed.exits(0).stdout,
        "No definition has a schedule that goes on.\n"
    );
    // The same again finishes what was left open; another day is not asked for.
    workspace
        .bill("run nightly --now 2026-06-02T10:00")
        .exits(0);
    for command in ["run", "plan"] {
        let refused = workspace.bill(&format!("{command} nightly --now 2026-06-03T02:00"));
        let refused = refused.exits(10).stderr;
        assert!(refused.contains("BW-A112"), "{refused}");
    }
    workspace.bill("cancel nightly").exits(0);
    workspace
        .bill("run nightly --now 2026-06-03T02:00")
        .exits(0);
}

/// Top-ups of 1 June at 04:00 in Berlin, which may be 26 hours old.
fn with_old_top_ups(schedule: &str) -> Workspace {
    let workspace = phones(schedule);
    workspace.edit(
        "billwright.toml",
        "path = \"data/top_ups.csv\"",
        "path = \"data/top_ups.csv\"\nmax_age = \"26h\"",
    );
    let file = fs::File::options()
        .append(true)
        .open(workspace.path("data/top_ups.csv"))
        .unwrap();
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_279_200);
    file.set_modified(written).unwrap();
    workspace
}

#[test]
fn a_run_held_at_three_in_the_morning_says_all_that_somebody_has_to_know() {
    let workspace = with_old_top_ups(NIGHTLY);
    let held = workspace.bill("run nightly --now 2026-06-03T03:00");
    insta::assert_snapshot!(held.exits(10).stderr, @"
    error[BW-A121]: held by `top_ups_fresh`: nothing is debited, and no service is
                    stopped
     |
     = at nightly@2026-06-03
     = top_ups_fresh: 1 finding: data/top_ups.csv was written on 2026-06-01
       at 04:00 CEST, 47h ago; [inputs.top_ups] allows 26h, so a newer one is
       missing since 2026-06-02 at 06:00 CEST
     = next try: on 2026-06-03 at 03:15 CEST, and every 15 minutes until
       06:00
     = help: mend them, or go on in spite of them:
             `billwright run nightly --as-of 2026-06-03 --accept top_ups_fresh`
    ");
    assert!(!workspace.path("book/book.sqlite").exists());
    let next_try = |words: &str| {
        let held = workspace.bill(&format!("run nightly {words}")).exits(10);
        let held = said(&held.stderr);
        let (_, next) = held.split_once("= next try: ").unwrap();
        next.split(" = ").next().unwrap().to_owned()
    };
    assert_eq!(
        next_try("--now 2026-06-03T06:00"),
        "no more for 2026-06-03; the next run is on 2026-06-04 at 02:00 CEST, and makes up for it"
    );
    assert_eq!(
        next_try("--now 2026-06-03T03:00 --as-of 2026-06-02"),
        "when a person starts it again; its schedule is about 2026-06-03 and everybody"
    );
    // What is held is still to be made.
    assert_eq!(
        upcoming(&workspace, "2026-06-03T03:00"),
        ["2026-06-03T03:15", "2026-06-03", "2026-06-03T02:00"]
    );
    let accept = "run nightly --as-of 2026-06-03 --accept top_ups_fresh --now 2026-06-03T03:05";
    workspace.bill(accept).exits(0);
    assert_eq!(
        upcoming(&workspace, "2026-06-03T03:06"),
        ["2026-06-04T02:00", "2026-06-04", "-"]
    );
}

#[test]
fn without_a_schedule_a_held_run_waits_for_cron() {
    let workspace = with_old_top_ups("");
    let held = workspace.bill("run nightly --now 2026-06-03T03:00");
    let held = said(&held.exits(10).stderr);
    assert!(
        held.contains("next try: when cron or a person starts it again; it has no `schedule`"),
        "{held}"
    );
    // An input that is too old for any run is told in the same way.
    workspace.edit(
        "billwright.toml",
        "path = \"data/wallets.csv\"",
        "path = \"data/wallets.csv\"\nmax_age = \"1m\"",
    );
    let held = workspace.bill("run nightly --now 2090-06-03T03:00");
    let held = said(&held.exits(10).stderr);
    assert!(held.contains("BW-F135"), "{held}");
    assert!(
        held.contains("so far: nothing is debited, and no service is stopped"),
        "{held}"
    );
    assert!(held.contains("next try: when cron"), "{held}");
}
