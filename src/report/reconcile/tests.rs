use super::answer::LARGEST;
use super::*;
use crate::model::draft::Drafts;
use crate::model::reconciliation::Measure;
use crate::model::table::text_column;
use crate::report::fixture::{shown, table};

fn spec() -> Reconciliation {
    Reconciliation {
        name: "telco-legacy".to_owned(),
        title: None,
        run: "telco-monthly".to_owned(),
        against: "export".to_owned(),
        key: ("account_id".to_owned(), "customerID".to_owned()),
        compare: (Measure::Net, "MonthlyCharges".to_owned()),
        tolerance: Amount::parse("1.50").unwrap(),
    }
}

/// An input as it is read: every column text, empty cells null.
fn export(columns: &[(&str, Vec<&str>)]) -> DataFrame {
    let text = |(name, cells): &(&str, Vec<&str>)| {
        text_column(
            name,
            cells
                .iter()
                .map(|cell| Some(*cell).filter(|cell| !cell.is_empty())),
        )
    };
    DataFrame::new(columns[0].1.len(), columns.iter().map(text).collect()).unwrap()
}

fn ours(rows: &str) -> DataFrame {
    table(
        Drafts::SCHEMA,
        &format!("invoice_id | account_id | currency | net\n{rows}"),
    )
}

#[test]
fn each_key_is_matched_over_under_or_missing_on_one_side() {
    let here = ours(
        "1 | A | USD | 10.00\n2 | A | USD | 1.50\n3 | B | USD | 5.00\n4 | C | USD | 7.00\n5 | D | USD | 1.00",
    );
    let there = export(&[
        ("customerID", vec!["A", "B", "C", "E"]),
        ("MonthlyCharges", vec!["10.00", "6.51", "5.49", "3"]),
    ]);
    let compared = reconcile(&spec(), &here, &there, "export").unwrap();
    assert!(!compared.is_within());
    insta::assert_snapshot!(shown(&compared.differences()), @"
    key | class | here | there | difference
    B | under | 5.00 | 6.51 | -1.51
    C | over | 7.00 | 5.49 | 1.51
    D | missing_there | 1.00 |  | 1.00
    E | missing_here |  | 3.00 | -3.00
    ");
    insta::assert_snapshot!(compared.to_json(), @r#"{"matched":1,"over":1,"under":1,"missing_here":1,"missing_there":1,"sum_here":"24.50","sum_there":"25.00","largest":[{"key":"E","class":"missing_here","here":null,"there":"3.00","difference":"-3.00"},{"key":"B","class":"under","here":"5.00","there":"6.51","difference":"-1.51"},{"key":"C","class":"over","here":"7.00","there":"5.49","difference":"1.51"},{"key":"D","class":"missing_there","here":"1.00","there":null,"difference":"1.00"}]}"#);
}

#[test]
fn what_of_theirs_cannot_be_compared_is_refused_by_row() {
    let there = export(&[
        ("customerID", vec!["A", "B", "", "A"]),
        ("MonthlyCharges", vec!["1,000.00", "6.00001", "3", "1"]),
    ]);
    let report = reconcile(&spec(), &ours("1 | A | USD | 1"), &there, "export").unwrap_err();
    insta::assert_snapshot!(report.text(false), @"
    error[BW-V141]: amount `1,000.00`: not a decimal number in plain digits, such as
                    12.50
     |
     = at export, row 2, MonthlyCharges
     = help: write plain digits with a point, such as 1234.50; leave out signs of
             currency

    error[BW-V142]: amount `6.00001`: 5 decimals where at most 4 are allowed;
                    nothing is rounded on reading
     |
     = at export, row 3, MonthlyCharges
     = help: give amounts in whole minor units of their currency

    error[BW-V101]: a row without a key
     |
     = at export, row 4, customerID
     = help: each row of theirs needs the key it is compared by

    error[BW-X101]: key `A` is there twice
     |
     = at export, row 5, customerID
     = export, row 2, customerID: the first
     = help: sum the rows by key in an `sql` input, and compare with that
    ");
    let wide = export(&[("customerId", vec!["A"]), ("MonthlyCharges", vec!["1"])]);
    let report = reconcile(&spec(), &ours("1 | A | USD | 1"), &wide, "export").unwrap_err();
    insta::assert_snapshot!(report.text(false), @"
    error[BW-F111]: input `export` has no column `customerID`
     |
     = at export
     = help: did you mean `customerId`?
    ");
}

#[test]
fn two_currencies_here_are_refused() {
    let here = ours("1 | A | USD | 10.00\n2 | B | EUR | 1.50");
    let there = export(&[("customerID", vec!["A"]), ("MonthlyCharges", vec!["1"])]);
    let report = reconcile(&spec(), &here, &there, "export").unwrap_err();
    insta::assert_snapshot!(report.text(false), @"
    error[BW-X116]: run `telco-monthly` billed in EUR and USD
     |
     = at telco-legacy
     = help: a column of theirs is compared with one currency; reconcile a run over
             one of them
    ");
}

/// Flat monthly prices by charge, as definitions/telco-list.yaml has them.
fn price_list() -> BTreeMap<String, Amount> {
    let text = include_str!("../../../definitions/telco-list.yaml");
    let charges = text.split("- code: ").skip(1).map(|charge| {
        let price = charge
            .split("flat: \"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        (
            charge.lines().next().unwrap().to_owned(),
            Amount::parse(price).unwrap(),
        )
    });
    charges.collect()
}

#[test]
fn the_telephone_company_is_billed_list_prices_and_compared_with_its_old_system() {
    const PRODUCTS: [(&str, &str, &str); 10] = [
        ("PhoneService", "Yes", "phone"),
        ("MultipleLines", "Yes", "second-line"),
        ("InternetService", "DSL", "dsl"),
        ("InternetService", "Fiber optic", "fiber"),
        ("OnlineSecurity", "Yes", "online-security"),
        ("OnlineBackup", "Yes", "online-backup"),
        ("DeviceProtection", "Yes", "device-protection"),
        ("TechSupport", "Yes", "tech-support"),
        ("StreamingTV", "Yes", "streaming-tv"),
        ("StreamingMovies", "Yes", "streaming-movies"),
    ];
    let prices = price_list();
    let mut reader = csv::Reader::from_path("samples/telco/Telco-Customer-Churn.csv").unwrap();
    let head = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let cells = |name: &str| {
        let at = head.iter().position(|column| column == name).unwrap();
        rows.iter().map(|row| &row[at]).collect::<Vec<_>>()
    };
    let mut net = vec![Amount::ZERO; rows.len()];
    for (column, wanted, charge) in PRODUCTS {
        for (net, _) in net
            .iter_mut()
            .zip(cells(column))
            .filter(|(_, cell)| *cell == wanted)
        {
            *net = net.checked_add(prices[charge]).unwrap();
        }
    }
    let here = cells("customerID").into_iter().zip(net);
    let here: String = here
        .map(|(id, net)| format!("{id} | {id} | USD | {net}\n"))
        .collect();
    let there = export(&[
        ("customerID", cells("customerID")),
        ("MonthlyCharges", cells("MonthlyCharges")),
    ]);
    let compared = reconcile(&spec(), &ours(&here), &there, "export").unwrap();
    insta::assert_snapshot!(shown(&compared.summary()), @"
    what | value
    matched | 6124
    over | 486
    under | 433
    missing_here | 0
    missing_there | 0
    sum_here | 456360.00
    sum_there | 456116.60
    ");
    insta::assert_snapshot!(compared.page().0[0].sentences[0], @"919 of 7,043 keys do not match: missing on one side, or more than 1.50 apart.");
    let largest = compared.largest();
    assert_eq!(largest.len(), LARGEST);
    let first: Vec<String> = shown(&largest).lines().take(6).map(str::to_owned).collect();
    insta::assert_snapshot!(first.join("\n"), @"
    key | class | here | there | difference
    8174-TBVCF | under | 90.00 | 94.80 | -4.80
    0725-CXOTM | under | 85.00 | 89.65 | -4.65
    6885-PKOAM | over | 90.00 | 85.75 | 4.25
    4118-CEVPF | over | 115.00 | 110.80 | 4.20
    6710-HSJRD | under | 110.00 | 114.10 | -4.10
    ");
    let differences = compared.pairs.iter().map(|pair| pair.difference);
    assert_eq!(
        differences.clone().min(),
        Some(Amount::parse("-4.80").unwrap())
    );
    assert_eq!(differences.max(), Some(Amount::parse("4.25").unwrap()));
    assert_eq!(compared.differences().len(), 919);
}
