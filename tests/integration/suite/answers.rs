//! What people read: the answers of the commands, letter by letter.

use crate::workspace::Workspace;
use insta::assert_snapshot;

/// An answer without the digits of the chain head, which every change of the engine changes.
fn settled(answer: &str) -> String {
    answer
        .lines()
        .map(|line| match line.strip_prefix("Chain head: ") {
            Some(head) => format!("Chain head: {} digits\n", head.len()),
            None => format!("{line}\n"),
        })
        .collect()
}

#[test]
fn a_run_says_what_it_billed_where_every_row_went_and_where_to_look() {
    let workspace = Workspace::dozen();
    let run = workspace.bill("run monthly --as-of 2026-02-01").exits(5);
    assert_snapshot!(settled(&run.stdout), @r"
    Run monthly@2026-02-01 is rendered: 14 lines on 9 invoices.

    Billed
    currency     net    tax   total
    ───────────────────────────────
    USD       439.27  28.59  467.86

    Where every row of the input went
    table          rows  billed  excluded  excepted  rest  because
    ──────────────────────────────────────────────────────────────────────────
    accounts         12       9         1         1     1  1 account_status
    subscriptions    12       9         1         1     1  1 account_status
    services         18      13         1         2     2  1 account_status, 1
                                                           not_due

    What the checks found
    check          level  count  first
    ───────────────────────────────────────────────────────────────────────────
    uncovered      warn       1  H-07 C-07: no enabled bill run selects it; its
                                 scheme is `home`
    several_lines  info       1  3 subscriptions have several lines each

    What could not be billed
    code     cause                                                      rows  priced
    ────────────────────────────────────────────────────────────────────────────────
    BW-V141  data/services.csv, row .., quantity: `two`: not a decimal     1       0
             number in plain digits, such as 12.50

    ! 1 row could not be billed: `billwright show monthly@2026-02-01 --tab failed`
    1 row rightly not billed: `billwright show monthly@2026-02-01 --tab excluded`

    Where to look
    Documents: out/documents/monthly@2026-02-01
    Invoices: `billwright show monthly@2026-02-01 --tab invoices`
    Why an amount: `billwright explain INVOICE`
    Chain head: 64 digits
    ");
}

#[test]
fn a_prorated_line_is_explained_down_to_its_rounding() {
    let workspace = Workspace::dozen();
    workspace.bill("run monthly --as-of 2026-02-01").exits(5);
    let line = workspace.bill("explain S-02:fiber:2026-01-20").exits(0);
    assert_snapshot!(line.stdout, @r"
    Line S-02:fiber:2026-01-20
    Fiber 500, 2026-01-20 up to 2026-02-01: 45.00 a month x 12 of 31 days =
    17.419354..., rounded half up to 17.42 USD.
    The price is that of charge `fiber` in scheme `home` (flat, in force since
    2025-01-01).
    It stands on invoice HF-2026-0002 of 2026-02-01, made by run monthly@2026-02-01
    for account H-02
    The run claims `fiber` of service S-02 for 2026-01-20 up to 2026-02-01: no other
    run bills these days.
    Its tax category is `standard` in the taxes of the invoice.
    ");
}

#[test]
fn what_was_not_billed_says_why() {
    let workspace = Workspace::dozen();
    workspace.bill("run monthly --as-of 2026-02-01").exits(5);
    let failed = workspace
        .bill("show monthly --tab failed --output csv")
        .exits(0);
    assert_snapshot!(failed.stdout, @r#"
    account_id,subscription_id,service_id,stage,code,message,since
    H-06,C-06,S-08,inputs,BW-V141,"data/services.csv, row 9, quantity: `two`: not a decimal number in plain digits, such as 12.50",2026-02-01
    "#);
    let excluded = workspace
        .bill("show monthly --tab excluded --output csv")
        .exits(0);
    assert_snapshot!(excluded.stdout, @r#"
    account_id,subscription_id,service_id,charge,stage,code,message
    H-08,C-08,S-10,fiber,identify,ended,"ended on 2026-01-15, and is billed up to 2026-02-01"
    "#);
    let suspended = workspace.bill("explain S-09 --output json").exits(0);
    assert!(
        suspended.stdout.contains("account_status"),
        "{}",
        suspended.stdout
    );
}
