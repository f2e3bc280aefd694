//! Criteria, filters, what parks an account, and what the checks say of the export.

use super::*;

fn standing(given: &Given) -> String {
    standings(&given.found("2026-01-01"))[0].clone()
}

/// C26 to C35, AC7: AND across fields, OR inside a list.
#[test]
fn ac7_criteria_and_filters_name_the_field_that_leaves_a_service_out() {
    let only = |value: &str| Some(BTreeSet::from([value.to_owned()]));
    type Narrow = fn(&mut BillRun, Option<BTreeSet<String>>);
    let cases: [(Narrow, &str, &str, &str); 9] = [
        (
            |run, only| run.criteria.frequencies = only,
            "monthly",
            "annual",
            "frequency",
        ),
        (
            |run, only| run.criteria.classifications = only,
            "retail",
            "business",
            "classification",
        ),
        (
            |run, only| run.criteria.payment_preferences = only,
            "card",
            "cash",
            "payment_preference",
        ),
        (
            |run, only| run.criteria.presentment_preferences = only,
            "paper",
            "email",
            "presentment_preference",
        ),
        (
            |run, only| run.criteria.account_status = only,
            "active",
            "suspended",
            "account_status",
        ),
        (|run, only| run.filters.accounts = only, "A", "B", "filter"),
        (
            |run, only| run.filters.subscriptions = only,
            "U",
            "V",
            "filter",
        ),
        (|run, only| run.filters.groups = only, "g", "h", "filter"),
        (
            |run, only| run.criteria.schemes = only.unwrap(),
            "home",
            "office",
            "scheme",
        ),
    ];
    for (narrow, right, wrong, field) in cases {
        let mut given = given();
        given.groups = [("g".to_owned(), Group::default())].into();
        given.tables.accounts = table(
            &ACCOUNTS,
            &[
                "account_id=A currency=USD bill_day=1 group=g classification=retail payment_preference=card presentment_preference=paper status=active",
            ],
        );
        narrow(&mut given.run, only(right));
        assert_eq!(standing(&given), "S billed", "{field}");
        narrow(&mut given.run, only(wrong));
        assert_eq!(standing(&given), format!("S not_selected:{field}"));
    }
}

#[test]
fn an_account_with_an_unknown_group_or_terms_is_parked() {
    let mut given = given();
    given.groups = [("enterprise".to_owned(), Group::default())].into();
    given.tables.accounts = table(
        &ACCOUNTS,
        &["account_id=A currency=USD bill_day=1 group=enterprize payment_terms=net-30"],
    );
    assert_eq!(
        aside(&given.found("2026-01-01")),
        [
            "parked, BW-X117 A: no definition has a group `enterprize`; did you mean `enterprise`?",
            "parked, BW-X118 A: no definition has payment terms `net-30`"
        ]
    );
    assert_eq!(standing(&given), "S excepted:BW-X117");
}

/// C27.
#[test]
fn c27_a_frequency_that_the_scheme_does_not_offer_parks_its_account() {
    let mut given = given();
    given
        .schemes
        .get_mut("home")
        .unwrap()
        .frequencies
        .remove(&Frequency::Monthly);
    assert_eq!(standing(&given), "S excepted:BW-X115");
}

#[test]
fn services_share_an_invoice_by_the_columns_named() {
    let mut given = given();
    given.services(&[
        "service_id=S subscription_id=U charge=line quantity=1 start_on=2026-01-01 cost_centre=a/b",
        "service_id=T subscription_id=U charge=line quantity=1 start_on=2026-01-01",
    ]);
    given.run.invoices.group_by = vec!["name".to_owned(), "cost_centre".to_owned()];
    let found = given.found("2026-01-01");
    let keys: Vec<_> = found
        .kept
        .due
        .frame()
        .text("group_key")
        .iter()
        .flatten()
        .collect();
    assert_eq!(keys, ["Ann/a%2Fb", "Ann/"]);
    given.run.invoices.group_by = vec!["cost_center".to_owned()];
    let refused = given.answer("2026-01-01").unwrap_err();
    let refused = refused.iter().next().unwrap();
    assert_eq!(
        (refused.code, refused.help.as_deref()),
        ("BW-D246", Some("did you mean `cost_centre`?"))
    );
}

/// O8: accounts never billed, with what is missing.
#[test]
fn o8_new_accounts_are_found_with_what_they_lack() {
    let mut given = given();
    assert_eq!(
        findings(&given.found("2026-01-01"), Check::NewAccounts),
        [] as [&str; 0]
    );
    given.tables.accounts = table(&ACCOUNTS, &["account_id=A currency=USD name=Ann"]);
    assert_eq!(
        findings(&given.found("2026-01-01"), Check::NewAccounts),
        ["A: never billed, and without address, emails"]
    );
    given.tables.accounts = table(
        &ACCOUNTS,
        &["account_id=A currency=USD name=Ann delivery=hardcopy"],
    );
    assert_eq!(
        findings(&given.found("2026-01-01"), Check::NewAccounts),
        ["A: never billed, and without address"]
    );
    given.ran("monthly@2026-01-01", &["S line 2026-01-01 2026-02-01"]);
    assert_eq!(
        findings(&given.found("2026-02-01"), Check::NewAccounts),
        [] as [&str; 0]
    );
    given.run.checks.clear();
    assert_eq!(given.found("2026-02-01").kept.findings, []);
}

/// A subscription that no enabled run selects earns nothing unseen.
#[test]
fn what_no_enabled_run_selects_is_uncovered() {
    let mut given = given();
    given.scheme("office", Anchor::BillDay);
    given.tables.subscriptions = table(
        &SUBSCRIPTIONS,
        &["subscription_id=U account_id=A scheme=office frequency=monthly"],
    );
    let other = BillRun {
        criteria: Criteria {
            schemes: ["office".to_owned()].into(),
            ..Criteria::default()
        },
        ..given.run.clone()
    };
    let past = Past {
        book: &given.book,
        lines: &given.lines,
    };
    let covered = |runs: &[&BillRun]| {
        let question = Question {
            covered: runs,
            ..given.question("2026-01-01")
        };
        findings(
            &identify(&question, &given.tables, &[], &past).unwrap(),
            Check::Uncovered,
        )
    };
    assert_eq!(
        covered(&[&given.run]),
        ["U: no enabled bill run selects it; its scheme is `office`"]
    );
    assert_eq!(covered(&[&given.run, &other]), [] as [&str; 0]);
}

/// D29, D30: several lines of a subscription are no failure.
#[test]
fn d29_d30_several_lines_are_told_for_the_subscriptions_a_run_is_narrowed_to() {
    let mut given = given();
    let several = |given: &Given| findings(&given.found("2026-02-01"), Check::SeveralLines);
    assert_eq!(several(&given), [": 1 subscription has several lines"]);
    given.run.filters.subscriptions = Some(["U".to_owned()].into());
    assert_eq!(several(&given), ["U: 2 lines"]);
}

/// P15, USE-021: the order of rows in a table does not matter once `inputs` has sorted it; the same rows give the same table.
#[test]
fn p10_rows_of_nobody_are_in_the_balance_of_their_table() {
    let mut given = given();
    given.tables.orphans = [("services", 2), ("pauses", 1)].into();
    let found = given.found("2026-01-01");
    assert_eq!(
        ended(&given, &found, "services"),
        "3 = 1 billed + 2 excepted"
    );
    assert_eq!(ended(&given, &found, "pauses"), "1 = 1 excepted");
}
