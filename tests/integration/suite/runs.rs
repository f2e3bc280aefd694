//! What is known of a run: its name, its states, what it made, and what it could not bill.

use crate::workspace::Workspace;

const RUN: &str = "run monthly --as-of 2026-02-01";

/// O34, O35: a definition has a name that is its own, and can be kept switched off.
#[test]
fn o34_o35_a_definition_has_one_name_and_a_switch() {
    let workspace = Workspace::dozen();
    workspace.edit(
        "definitions/monthly.yaml",
        "name: monthly\n",
        "name: monthly\nenabled: false\n",
    );
    let before = workspace.content();
    let refused = workspace.bill(RUN).exits(10);
    assert!(refused.stderr.contains("BW-A110"), "{}", refused.stderr);
    assert_eq!(workspace.content(), before);
    let twice = workspace.read("definitions/monthly.yaml");
    std::fs::write(workspace.path("definitions/again.yaml"), twice).unwrap();
    let refused = workspace.bill("check").exits(3);
    assert!(refused.stderr.contains("BW-D230"), "{}", refused.stderr);
}

/// O40, O41, O42: collecting money is no part of a bill run; such keys are refused.
#[test]
fn o40_o41_o42_collecting_is_no_part_of_a_bill_run() {
    for key in ["ach: true", "credit_card: true", "collect_due_only: true"] {
        let workspace = Workspace::dozen();
        workspace.edit(
            "definitions/monthly.yaml",
            "filters: all\n",
            &format!("filters: all\n{key}\n"),
        );
        workspace.bill("check").exits(3);
    }
}

/// C16, C17, D8: a run gets its id by itself, unique for good, also where a run of that day was canceled; its type is BATCH.
#[test]
fn c16_c17_d8_a_run_has_an_id_of_its_own() {
    let workspace = Workspace::dozen();
    let id = |more: &str| {
        let ended = workspace.bill(&format!("{RUN} {more} --output json"));
        ended.exits(5).json()["run_id"].as_str().unwrap().to_owned()
    };
    assert_eq!(id("--until invoice"), "monthly@2026-02-01");
    workspace.bill("cancel monthly").exits(0);
    assert_eq!(id(""), "monthly@2026-02-01.2");
    let runs = workspace.bill("runs --output csv").exits(0).stdout;
    assert_eq!(runs.matches("monthly@2026-02-01").count(), 2, "{runs}");
    assert!(runs.to_uppercase().contains("BATCH"), "{runs}");
}

/// C18, C37: a run stops after the stage it is told and can be continued to any later one.
#[test]
fn c18_c37_each_stage_is_a_state_that_can_be_gone_on_from() {
    let states = ["rated", "invoiced", "posted", "rendered"];
    for (from, stage) in ["rate", "invoice", "post"].into_iter().enumerate() {
        let workspace = Workspace::dozen();
        let first = workspace
            .bill(&format!("{RUN} --until {stage} --output json"))
            .exits(5)
            .json();
        assert_eq!(first["state"], states[from]);
        let last = workspace
            .bill("continue monthly --until render --output json")
            .exits(5)
            .json();
        assert_eq!(last["state"], "rendered");
        let tables = workspace
            .bill("show monthly --tab invoices")
            .exits(0)
            .stdout;
        assert!(tables.contains("HF-2026-0001"), "{tables}");
    }
}

/// C39, C40, C41: a run says how many invoices it made, and when each step made how much.
#[test]
fn c39_c40_c41_a_run_lists_its_steps_with_counts_and_times() {
    let workspace = Workspace::dozen();
    let run = workspace
        .bill(&format!("{RUN} --output json"))
        .exits(5)
        .json();
    assert_eq!(run["invoices"], 9);
    let steps = run["steps"].as_array().unwrap();
    let names: Vec<_> = steps
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["rate", "invoice", "post", "render"]);
    assert_eq!(steps[0]["counts"]["lines"], run["lines"]);
    assert_eq!(steps[2]["counts"]["invoices"], 9);
    assert!(
        steps
            .iter()
            .all(|step| step["at"].as_str().unwrap().starts_with("2026-02-01 06:00"))
    );
}

/// C42, Z12, Z13: what could not be billed is a tab of its own, by account and service, with code and place.
#[test]
fn c42_z12_z13_the_failed_tab_names_account_and_service() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    let failed = workspace.bill("show monthly --tab failed").exits(0).stdout;
    for part in ["H-06", "S-08", "BW-V1", "two"] {
        assert!(failed.contains(part), "{part} in {failed}");
    }
    for (tab, wanted) in [
        ("invoices", "HF-2026-0001"),
        ("excluded", "ended"),
        ("steps", "render"),
        ("summary", "USD"),
    ] {
        let shown = workspace
            .bill(&format!("show monthly --tab {tab}"))
            .exits(0)
            .stdout;
        assert!(shown.contains(wanted), "{tab}: {shown}");
    }
}

/// Z10, Z11: parked accounts are seen in the list of runs and in the exit code.
#[test]
fn z10_z11_a_run_with_exceptions_is_marked() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    let runs = workspace.bill("runs").exits(0).stdout;
    assert!(runs.contains('!') || runs.contains("exception"), "{runs}");
}

/// D28: why a service is in, and why another is out.
#[test]
fn d28_explain_says_why_in_and_why_out() {
    let workspace = Workspace::dozen();
    workspace.bill(RUN).exits(5);
    let said = |what: &str| {
        workspace
            .bill(&format!("explain {what} --as-of 2026-02-01"))
            .exits(0)
            .stdout
    };
    assert!(said("S-01").contains("2026-03-01"), "{}", said("S-01"));
    assert!(said("S-10").contains("ended"), "{}", said("S-10"));
    assert!(said("H-06").contains("S-08"), "{}", said("H-06"));
    assert!(said("H-07").contains("account_status"), "{}", said("H-07"));
}

/// P8: a total below zero is a credit note, in a series of its own; the others are billed as if it were not there.
#[test]
fn p8_a_total_below_zero_is_a_credit_note() {
    let workspace = Workspace::dozen();
    workspace.edit("data/services.csv", "fiber,1,47.11", "fiber,1,-47.11");
    let run = workspace
        .bill(&format!("{RUN} --output json"))
        .exits(5)
        .json();
    assert_eq!(run["invoices"], 9);
    let invoices = workspace
        .bill("show monthly --tab invoices --output csv")
        .exits(0)
        .stdout;
    let credit = invoices.lines().find(|line| line.contains("H-11"));
    let credit = credit.expect("H-11 has a document");
    assert!(credit.starts_with("CN-000001,"), "{credit}");
    assert_eq!(invoices.matches("CN-").count(), 1, "{invoices}");
    workspace.bill("verify").exits(0);
}

/// P23: a draft that would be dated before a posted invoice gets no number; canceled, its days are billed by the next run.
#[test]
fn p23_numbers_ascend_with_the_invoice_date() {
    let workspace = Workspace::dozen();
    let early = workspace
        .bill(&format!("{RUN} --until invoice --output json"))
        .exits(5)
        .json();
    workspace.bill("run monthly --as-of 2026-03-01").exits(5);
    let refused = workspace
        .bill("continue monthly@2026-02-01 --until post")
        .exits(10);
    assert!(refused.stderr.contains("BW-N101"), "{}", refused.stderr);
    workspace.bill("cancel monthly@2026-02-01").exits(0);
    let late = workspace
        .bill("run monthly --as-of 2026-03-01 --output json")
        .exits(5)
        .json();
    assert_eq!(late["run_id"], "monthly@2026-03-01.2");
    assert_eq!(late["net"], early["net"]);
    workspace.bill("verify").exits(0);
}

/// P4, D27: the same again names the run that billed, also where documents were told for and there are none to write.
#[test]
fn p4_d27_again_says_what_was_billed_and_nothing_else() {
    let workspace = Workspace::dozen();
    workspace.edit("definitions/monthly.yaml", "formats: [html]", "formats: []");
    workspace.bill(&format!("{RUN} --until render")).exits(5);
    let before = workspace.content();
    let again = workspace.bill(RUN).exits(5).stdout;
    assert_eq!(workspace.content(), before);
    assert!(
        again.contains("Run monthly@2026-02-01 billed 14 lines"),
        "{again}"
    );
    assert!(!again.contains("documents"), "{again}");
}
