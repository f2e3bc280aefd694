//! Wallets and what comes into them.

use super::*;
use crate::model::account;
use crate::model::table::{Kind, count_column, text_column, units_column};
use std::slice;

const WALLETS: &str = "wallet_id,account_id,currency,opening_balance,credit_limit,priority,expires_on,scheme,owner\n\
    W2,A2,USD,,,,,,x\n\
    W1,A1,USD,5.00,10.00,2,2026-12-31,mobile,y\n";
const TOP_UPS: &str = "top_up_id,wallet_id,at,amount,expires_on,account_id,channel\n\
    T1,W2,2026-02-01T09:00:00Z,20.00,,nobody,shop\n\
    T3,W1,2026-01-31T23:30:00Z,1.50,2026-03-01,nobody,\n\
    T2,W1,2026-01-15,3.00,,nobody,web\n";

/// What is read of wallets and top-ups, and what is set aside.
fn read_both(name: &str, wallets: &str, top_ups: &str) -> Result<Staged<Tables>, Report> {
    read_beside(name, &[("wallets.csv", wallets), ("top_ups.csv", top_ups)])
}

/// Each top-up with its wallet, account, day and amount.
fn rows(tables: &Tables) -> Vec<String> {
    let table = &tables.top_ups;
    let amounts = table.units("amount").zip(table.dates("on"));
    let rows = amounts.enumerate().map(|(row, (amount, on))| {
        let text = |name| table.text_at(name, row).to_owned();
        let ids = [text("top_up_id"), text("wallet_id"), text("account_id")].join(" ");
        format!("{ids} {} {}", on.unwrap(), amount.unwrap())
    });
    rows.collect()
}

#[test]
fn wallets_have_their_defaults_and_top_ups_their_account_and_day() {
    let staged = read_both("wallets", WALLETS, TOP_UPS).unwrap();
    assert_eq!(told(&staged), [""; 0]);
    let wallets = &staged.kept.wallets;
    let units = |name: &str| wallets.units(name).flatten().collect::<Vec<_>>();
    assert_eq!(wallets.text_at("wallet_id", 0), "W1");
    assert_eq!(units("opening_balance"), [50_000, 0]);
    assert_eq!(units("credit_limit"), [100_000, 0]);
    assert_eq!(wallets.counts("priority").get(0), Some(2));
    assert_eq!(wallets.text("scheme").get(1), None);
    // By wallet, then by moment; the day is the one it was in Berlin.
    assert_eq!(
        rows(&staged.kept),
        [
            "T2 W1 A1 2026-01-15 30000",
            "T3 W1 A1 2026-02-01 15000",
            "T1 W2 A2 2026-02-01 200000",
        ]
    );
    let table = &staged.kept.top_ups;
    let columns: Vec<&str> = account::TOP_UPS
        .columns
        .iter()
        .map(|(name, _)| *name)
        .collect();
    let names = export::column_names(table);
    assert_eq!(names[..columns.len()], columns);
    assert_eq!(names[columns.len()..], ["row", "channel"]);
    assert_eq!(
        table.counts("row").iter().flatten().collect::<Vec<_>>(),
        [4, 3, 2]
    );
}

#[test]
fn a_wallet_without_balance_or_limit_holds_nothing() {
    let wallets = "wallet_id,account_id,currency\nW1,A1,USD\n";
    let staged = read_beside("wallets-bare", &[("wallets.csv", wallets)]).unwrap();
    let units = |name: &str| staged.kept.wallets.units(name).collect::<Vec<_>>();
    assert_eq!(
        (units("opening_balance"), units("credit_limit")),
        (vec![Some(0)], vec![Some(0)])
    );
    let top_ups = &staged.kept.top_ups;
    assert_eq!(top_ups.height(), 0);
    let columns: Vec<&str> = account::TOP_UPS
        .columns
        .iter()
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(export::column_names(top_ups)[..columns.len()], columns);
}

#[test]
fn what_no_wallet_can_be_parks_its_account() {
    let wallets = "wallet_id,account_id,currency,credit_limit\n\
        W1,A1,USD,-1\n\
        W2,A2,EUR,0\n\
        W3,A9,USD,0\n\
        W4,A1,USD,0\n\
        W4,A2,USD,0\n";
    let top_ups = "top_up_id,wallet_id,at,amount\n\
        T1,W1,2026-01-01,0\n\
        T2,W1,2026-01-01T10:00:00,1\n\
        T3,W2,2026-01-01,-5\n\
        T4,W3,2026-01-01,5\n\
        T5,W9,2026-01-01,5\n\
        T6,,2026-01-01,5\n\
        T7,W4,2026-01-01,5\n\
        T8,W2,,5\n\
        T9,W2,2026-01-01,\n";
    let staged = read_both("wallet-faults", wallets, top_ups).unwrap();
    assert_eq!(
        told(&staged),
        [
            "Account A1 BW-V134: top_ups.csv, row 3, at: `2026-01-01T10:00:00`: a time without an offset; write one, or name the `zone` of the input",
            "Account A1 BW-V140: top_ups.csv, row 2, amount: `0.00` is not above zero; what is taken out of a wallet is a debit",
            "Account A1 BW-V140: wallets.csv, row 2, credit_limit: `-1.00` is negative; it says how far below zero the wallet may go",
            "Account A1 BW-X107: wallets.csv, row 5, wallet_id: the same id as in row 6; one id names one thing",
            "Account A2 BW-V103: top_ups.csv, row 10, amount: empty; a amount is needed",
            "Account A2 BW-V103: top_ups.csv, row 9, at: empty; a at is needed",
            "Account A2 BW-V140: top_ups.csv, row 4, amount: `-5.00` is not above zero; what is taken out of a wallet is a debit",
            "Account A2 BW-X107: wallets.csv, row 6, wallet_id: the same id as in row 5; one id names one thing",
            "Account A2 BW-X121: wallets.csv, row 3, currency: EUR, and the account is billed in USD; nothing is converted",
            "Row BW-X105: top_ups.csv, row 5, wallet_id: no wallet `W3` of a known account; the money is in no wallet",
            "Row BW-X105: top_ups.csv, row 6, wallet_id: no wallet `W9` of a known account; the money is in no wallet",
            "Row BW-X105: top_ups.csv, row 7, wallet_id: no wallet is named; the money is in no wallet",
            "Row BW-X105: wallets.csv, row 4, account_id: no account `A9` is known; the row is billed to nobody",
            "Row BW-X107: wallets.csv, row 6, wallet_id: the wallet is there already; the row is not read",
        ]
    );
    let kept = &staged.kept;
    assert_eq!((kept.wallets.height(), kept.orphans["wallets"]), (3, 2));
    assert_eq!((kept.top_ups.height(), kept.orphans["top_ups"]), (6, 3));
}

// P5
#[test]
fn a_top_up_counts_once_and_its_id_means_one_thing() {
    let again = "at,wallet_id,top_up_id,amount,expires_on\n\
        2026-02-01T00:30:00+01:00,W1,T3,1.5,2026-03-01\n\
        2026-01-15T12:00:00Z,W1,T9,bad,\n\
        2026-01-15T12:00:00Z,W1,T9,bad,\n";
    let files = |again: &'static str| {
        let files = [
            ("wallets.csv", WALLETS),
            (
                "top_ups-1.csv",
                "top_up_id,wallet_id,at,amount,expires_on\nT3,W1,2026-01-31T23:30:00Z,1.50,2026-03-01\nT0,W2,2026-01-01,1,\n",
            ),
            ("top_ups-2.csv", again),
        ];
        read_beside("top-ups-again", &files)
    };
    let staged = files(again).unwrap();
    assert_eq!(staged.kept.top_ups_repeated, 2);
    assert_eq!(staged.kept.top_ups.height(), 3);
    assert_eq!(
        told(&staged),
        [
            "Account A1 BW-V141: top_ups-2.csv, row 3, amount: `bad`: not a decimal number in plain digits, such as 12.50"
        ]
    );
    let other = "at,wallet_id,top_up_id,amount,expires_on\n2026-01-31T23:30:00Z,W1,T3,2.50,\n";
    let report = files(other).unwrap_err();
    assert_eq!(
        problems(&report),
        [
            "BW-X126 top_ups-2.csv, row 2, top_up_id: top-up `T3` a second time, with other content: 2.50 for wallet `W1` at 2026-01-31T23:30:00Z"
        ]
    );
    let (place, then) = &report.iter().next().unwrap().labels[0];
    assert_eq!(
        format!("{place}: {then}"),
        "top_ups-1.csv, row 2, top_up_id: 1.50 for wallet `W1` at 2026-01-31T23:30:00Z, expires on 2026-03-01"
    );
}

#[test]
fn a_top_up_without_an_id_refuses_its_file() {
    let top_ups = "top_up_id,wallet_id,at,amount\n,W1,2026-01-01,1\n";
    let report = read_both("top-up-id", WALLETS, top_ups).unwrap_err();
    assert_eq!(
        problems(&report),
        ["BW-V101 top_ups.csv, row 2, top_up_id: no id"]
    );
    let report = read_both("top-up-column", WALLETS, "top_up_id,wallet_id,amount\n").unwrap_err();
    assert_eq!(
        problems(&report),
        ["BW-F112 top_ups.csv: no column `at`, which top_ups need"]
    );
}

#[test]
fn the_order_of_top_ups_does_not_matter() {
    let mut lines: Vec<&str> = TOP_UPS.lines().collect();
    lines[1..].reverse();
    let turned = lines.join("\n");
    let found = |name, text: &str| rows(&read_both(name, WALLETS, text).unwrap().kept);
    assert_eq!(
        found("top-ups-turned", &turned),
        found("top-ups-straight", TOP_UPS)
    );
}

#[test]
fn only_runs_that_debit_read_wallets() {
    let inputs: BTreeMap<_, _> = ["wallets", "top_ups", "usage", "accounts"]
        .map(|name| (name.to_owned(), file("x.csv")))
        .into();
    let needed = ["accounts", "subscriptions", "services", "usage"];
    assert_eq!(wanted(&inputs, Purpose::Invoices), needed);
    let all = [&needed[..], &["wallets", "top_ups"]].concat();
    assert_eq!(wanted(&inputs, Purpose::Debits), all);
}

#[test]
fn of_a_few_accounts_only_their_wallets_are_read() {
    let text = |name: &'static str, values: &[&'static str]| {
        text_column(name, values.iter().copied().map(Some))
    };
    let table = parquet::tests::written;
    let files = [
        (
            "accounts",
            table(vec![
                text("account_id", &["A1", "A2"]),
                text("currency", &["USD", "USD"]),
            ]),
        ),
        (
            "subscriptions",
            table(vec![
                text("subscription_id", &["S1", "S2"]),
                text("account_id", &["A1", "A2"]),
                text("scheme", &["m", "m"]),
            ]),
        ),
        (
            "services",
            table(vec![
                text("service_id", &["V1", "V2"]),
                text("subscription_id", &["S1", "S2"]),
                text("charge", &["line", "line"]),
            ]),
        ),
        (
            "wallets",
            table(vec![
                text("wallet_id", &["W1", "W2"]),
                text("account_id", &["A1", "A2"]),
                text("currency", &["USD", "USD"]),
            ]),
        ),
        (
            "top_ups",
            table(vec![
                text("top_up_id", &["T2", "T1"]),
                text("wallet_id", &["W1", "W2"]),
                text("at", &["2026-01-01", "2026-01-01"]),
                units_column("amount", Kind::Amount, [Some(10_000), Some(20_000)]),
                count_column("expires", [None, None]),
            ]),
        ),
    ];
    let root = std::env::temp_dir().join(format!("billwright-few-{}", std::process::id()));
    std::fs::create_dir_all(&root).unwrap();
    let mut inputs = BTreeMap::new();
    for (name, bytes) in &files {
        let path = format!("{name}.parquet");
        std::fs::write(root.join(&path), bytes).unwrap();
        inputs.insert((*name).to_owned(), file(&path));
    }
    let wanted = wanted(&inputs, Purpose::Debits);
    let located: Vec<_> = pin(&root, &inputs, &wanted)
        .unwrap()
        .into_iter()
        .map(|pin| Located {
            file: root.join(&pin.path),
            pin,
        })
        .collect();
    let only = Only {
        accounts: ["A2".to_owned()].into(),
        ..Only::default()
    };
    let clock = (Tz::Europe__Berlin, &Counting::default());
    let staged = tables(&inputs, clock, (&wanted, &located), &[], Some(&only)).unwrap();
    assert!(staged.kept.is_partial);
    assert_eq!(staged.kept.wallets.text_at("wallet_id", 0), "W2");
    assert_eq!(
        rows(&staged.kept),
        slice::from_ref(&"T1 W2 A2 2026-01-01 20000".to_owned())
    );
}
