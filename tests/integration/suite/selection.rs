//! Whom a run is about: criteria and filters, and what is said of those it leaves out.

use crate::workspace::{Ended, Workspace};
use serde_json::Value;

const CRITERIA: &str = "  account_status: [active, canceled]\nfilters: all\n";

/// Plans `monthly` as of 1 February with other criteria and filters; the answer and how the accounts ended.
fn planned(criteria: &str) -> (Workspace, Ended) {
    let workspace = Workspace::dozen();
    workspace.edit("definitions/monthly.yaml", CRITERIA, criteria);
    let ended = workspace.bill("plan monthly --as-of 2026-02-01 --out plan --output json");
    (workspace, ended)
}

/// A count of the row balance of accounts.
fn accounts(answer: &Value, of: &str) -> i64 {
    let balance = &answer["balance"][0];
    assert_eq!(balance["table"], "accounts");
    let count = balance.get(of).unwrap_or(&balance["not_selected"][of]);
    count.as_i64().unwrap_or(0)
}

/// What a query has put together from several is one table as any other.
#[test]
fn accounts_put_together_by_a_query_are_billed_as_those_of_a_file() {
    let planned = |workspace: &Workspace| {
        let answer = workspace
            .bill("plan monthly --as-of 2026-02-01 --out plan --output json")
            .exits(5)
            .json();
        [
            "lines",
            "invoices",
            "exceptions",
            "exclusions",
            "currencies",
        ]
        .map(|what| answer[what].clone())
    };
    let of_a_file = planned(&Workspace::dozen());
    let workspace = Workspace::dozen();
    let halves =
        ["<", ">="].map(|which| format!("SELECT * FROM everybody WHERE account_id {which} 'H-06'"));
    let query = format!(
        "[inputs.everybody]\npath = \"data/accounts.csv\"\n[inputs.accounts]\nsql = \"{}\"",
        halves.join(" UNION ALL ")
    );
    workspace.edit(
        "billwright.toml",
        "[inputs.accounts]\npath = \"data/accounts.csv\"",
        &query,
    );
    assert_eq!(planned(&workspace), of_a_file);
    assert!(of_a_file[0].as_i64() > Some(0), "{of_a_file:?}");
}

/// C26: only subscriptions of the listed schemes are billed; a scheme of no definition is refused.
#[test]
fn c26_a_run_is_about_the_schemes_it_names() {
    let workspace = Workspace::dozen();
    workspace.edit("definitions/monthly.yaml", "[home, office]", "[office]");
    let answer = workspace
        .bill("run monthly --as-of 2026-02-01 --output json")
        .exits(0)
        .json();
    assert_eq!(answer["invoices"], 2);
    assert_eq!(accounts(&answer, "scheme"), 9);
    workspace.edit("definitions/monthly.yaml", "[office]", "[ofice]");
    let refused = workspace.bill("check").exits(3);
    assert!(
        refused.stderr.contains("did you mean `office`"),
        "{}",
        refused.stderr
    );
}

/// C27: a frequency the schemes do not have is refused by name; the one they have selects.
#[test]
fn c27_frequencies_are_those_a_scheme_has() {
    let all = planned("  frequencies: [monthly]\nfilters: all\n")
        .1
        .exits(5)
        .json();
    assert_eq!(accounts(&all, "frequency"), 0);
    let refused = planned("  frequencies: [weekly]\nfilters: all\n")
        .1
        .exits(3);
    assert!(refused.stdout.contains("BW-D238"), "{}", refused.stdout);
}

/// C28, C29, C30: each criterion selects by its own column of the account, and the run says how many it left out.
#[test]
fn c28_c29_c30_criteria_select_by_columns_of_the_account() {
    let business = planned("  classifications: [business]\nfilters: all\n")
        .1
        .exits(0)
        .json();
    assert_eq!(accounts(&business, "billed"), 3);
    assert_eq!(accounts(&business, "classification"), 9);
    for (key, column) in [
        ("payment_preferences", "payment_preference"),
        ("presentment_preferences", "presentment_preference"),
    ] {
        let (workspace, none) = planned(&format!("  {key}: [paper]\nfilters: all\n"));
        assert_eq!(accounts(&none.exits(0).json(), column), 12, "{key}");
        workspace.edit(
            "data/accounts.csv",
            "account_id,",
            &format!("account_id,{column},"),
        );
        workspace.edit("data/accounts.csv", "\nH-", "\nH-0,paper,H-");
        let shifted = workspace
            .read("data/accounts.csv")
            .replace("H-0,paper,H-01", "H-01,paper");
        let others = shifted.replace("H-0,paper,H-", "H-");
        let rows: Vec<String> = others
            .lines()
            .map(|row| match row.split_once(',') {
                Some((id, rest)) if id.starts_with("H-") && id != "H-01" => {
                    format!("{id},post,{rest}")
                }
                _ => row.to_owned(),
            })
            .collect();
        std::fs::write(workspace.path("data/accounts.csv"), rows.join("\n") + "\n").unwrap();
        let one = workspace
            .bill("plan monthly --as-of 2026-02-01 --out second --output json")
            .exits(0)
            .json();
        assert_eq!(
            (accounts(&one, "billed"), accounts(&one, column)),
            (1, 11),
            "{key}"
        );
    }
}

/// C31: an empty list is a mistake, not everybody and not nobody; `all` is everybody.
#[test]
fn c31_an_empty_list_is_refused() {
    let refused = planned("  classifications: []\nfilters: all\n").1.exits(3);
    assert!(refused.stdout.contains("BW-D207"), "{}", refused.stdout);
    let all = planned("  classifications: all\nfilters: all\n")
        .1
        .exits(5)
        .json();
    assert_eq!(accounts(&all, "classification"), 0);
}

/// C32, C33, D12: filters narrow to the accounts or subscriptions named, or to a condition on their columns.
#[test]
fn c32_c33_d12_filters_narrow_to_what_they_name() {
    for (filters, billed) in [
        ("{ accounts: [H-01, H-03] }", 2),
        ("{ subscriptions: [C-09] }", 1),
        ("{ accounts: [H-01], subscriptions: [C-09] }", 0),
        ("{ where: \"room = 'Attic'\" }", 1),
        (
            "{ where: \"classification = 'business' AND bill_day = 15\" }",
            1,
        ),
    ] {
        let (_, ended) = planned(&format!("filters: {filters}\n"));
        let answer = ended.exits(0).json();
        assert_eq!(accounts(&answer, "billed"), billed, "{filters}");
    }
}

/// D13: a run over everybody says so on purpose.
#[test]
fn d13_a_run_without_filters_says_all() {
    let refused = planned("").1.exits(3);
    assert!(
        refused.stdout.contains("filters: all"),
        "{}",
        refused.stdout
    );
}

/// AC7: criteria are joined by AND, the values of one by OR.
#[test]
fn ac7_criteria_narrow_each_other_and_values_widen() {
    let both = planned("  classifications: [business, residential]\nfilters: all\n")
        .1
        .exits(5)
        .json();
    assert_eq!(accounts(&both, "classification"), 0);
    let narrowed =
        planned("  classifications: [business]\n  account_status: [suspended]\nfilters: all\n");
    let narrowed = narrowed.1.exits(0).json();
    assert_eq!(accounts(&narrowed, "billed"), 0);
    assert_eq!(accounts(&narrowed, "classification"), 9);
    assert_eq!(accounts(&narrowed, "account_status"), 3);
}

/// AD5: whoever has unbilled days is billed whatever the status says, unless the definition asks for a status.
#[test]
fn ad5_a_status_leaves_nobody_out_unless_it_is_asked_for() {
    let everybody = planned("filters: all\n").1.exits(5).json();
    assert_eq!(accounts(&everybody, "account_status"), 0);
    assert_eq!(accounts(&everybody, "billed"), 10);
}

/// P10, P19: an account whose status cannot be read is parked, not left out in silence as if it had another status.
#[test]
fn p10_p19_a_value_that_cannot_be_read_leaves_nobody_out() {
    let workspace = Workspace::dozen();
    workspace.edit(
        "data/accounts.csv",
        "residential,,active,\nH-02",
        "residential,,actve,\nH-02",
    );
    let answer = workspace
        .bill("run monthly --as-of 2026-02-01 --output json")
        .exits(5)
        .json();
    assert_eq!(
        (
            accounts(&answer, "excepted"),
            accounts(&answer, "account_status")
        ),
        (2, 1)
    );
    let failed = workspace.bill("show monthly --tab failed").exits(0).stdout;
    assert!(failed.contains("actve"), "{failed}");
}

/// A condition without a column holds for every service or for none.
#[test]
fn a_condition_without_a_column_is_one_for_all() {
    let all = planned("filters: { where: \"1 = 1\" }\n").1.exits(5).json();
    assert_eq!(accounts(&all, "where"), 0);
    let none = planned("filters: { where: \"1 = 2\" }\n").1.exits(0).json();
    assert_eq!(accounts(&none, "where"), 12);
}

/// P10: rows that belong to nobody are counted and told; the rows of each table add up.
#[test]
fn p10_rows_that_belong_to_nobody_are_counted() {
    let workspace = Workspace::dozen();
    let rows = workspace.read("data/services.csv") + "S-99,C-99,fiber,1,,,,2026-02-01,\n";
    std::fs::write(workspace.path("data/services.csv"), rows).unwrap();
    let answer = workspace
        .bill("run monthly --as-of 2026-02-01 --output json")
        .exits(5)
        .json();
    assert_eq!(answer["lines"], 14);
    let services = &answer["balance"][2];
    assert_eq!(services["rows"], 19);
    for table in answer["balance"].as_array().unwrap() {
        let count = |of: &str| table[of].as_i64().unwrap();
        let rest: i64 = table["not_selected"]
            .as_object()
            .unwrap()
            .values()
            .map(|count| count.as_i64().unwrap())
            .sum();
        let parts = count("billed") + count("excluded") + count("excepted") + rest;
        assert_eq!(count("rows"), parts, "{table}");
    }
    let failed = workspace.bill("show monthly --tab failed").exits(0).stdout;
    assert!(
        failed.contains("BW-X105") && failed.contains("S-99"),
        "{failed}"
    );
}

/// P10: a service without a price in one of its periods has no line in the others either, and is counted once.
#[test]
fn p10_a_service_parked_for_one_period_has_no_line_in_another() {
    let workspace = Workspace::dozen();
    workspace.edit(
        "definitions/home.yaml",
        "price: { per_unit: \"4.90\" }",
        "price:\n      - { per_unit: \"4.90\" }\n      - { valid_from: 2026-03-01, per_unit: from_service }",
    );
    let answer = workspace
        .bill("run monthly --as-of 2026-03-01 --output json")
        .exits(5)
        .json();
    assert_eq!(answer["balance"][2]["excepted"], 3); // both of H-06, and S-16 without a price of its own in March
    let history = workspace.bill("explain S-16").exits(0).stdout;
    assert!(history.contains("BW-R104"), "{history}");
    assert!(!history.contains("S-16:router:2026-02-01"), "{history}");
}
