//! The whole room: files in, tables and what was set aside out.

mod prepaid;

use super::*;
use crate::diagnostic::Reach;
use crate::model::table::Columns;
use crate::model::workspace::{Mode, Source};

/// An input of one file or glob.
pub fn file(path: &str) -> Input {
    source(Source::File {
        path: path.to_owned(),
        columns: BTreeMap::new(),
    })
}

/// An input of one SELECT.
pub fn query(query: &str) -> Input {
    source(Source::Sql {
        query: query.to_owned(),
    })
}

fn source(source: Source) -> Input {
    Input::from(source)
}

/// Reads these files, each as the input of its name up to a `-` or `.`, in a workspace in Berlin.
fn read_files(
    name: &str,
    files: &[(&str, &[u8])],
    set: impl Fn(&mut BTreeMap<String, Input>),
) -> Result<Staged<Tables>, Report> {
    let root =
        std::env::temp_dir().join(format!("billwright-inputs-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    let mut inputs = BTreeMap::new();
    for (path, bytes) in files {
        let to = root.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
        let name = path.rsplit('/').next().unwrap();
        let table = name.split(['-', '.']).next().unwrap();
        let ending = path.rsplit('.').next().unwrap();
        let path = match (path.contains('-'), name.contains('-')) {
            (_, true) => format!("{table}-*.{ending}"),
            _ => (*path).to_owned(),
        };
        inputs.insert(table.to_owned(), file(&path));
    }
    if let Some(usage) = inputs.get_mut("usage") {
        usage.mode = Mode::Delta;
    }
    set(&mut inputs);
    let wanted = wanted(&inputs, Purpose::Debits);
    let located: Vec<_> = pin(&root, &inputs, &wanted)?
        .into_iter()
        .map(|pin| Located {
            file: root.join(&pin.path),
            pin,
        })
        .collect();
    tables(
        &inputs,
        (Tz::Europe__Berlin, &Counting::default()),
        (&wanted, &located),
        &[],
        None,
    )
}

/// A table that is made out of usage, itself or by way of another, can only be read once that is there.
#[test]
fn usage_is_apart_where_no_other_table_is_read_from_it() {
    let with = |name: &str, input: Input| {
        let files = ["accounts", "subscriptions", "services", "usage"];
        let mut inputs: BTreeMap<String, Input> = files
            .into_iter()
            .map(|name| (name.to_owned(), file(&format!("{name}.csv"))))
            .collect();
        inputs.insert("used".to_owned(), query("SELECT * FROM usage"));
        inputs.insert(name.to_owned(), input);
        inputs
    };
    let is_apart = |inputs: &BTreeMap<String, Input>| {
        let wanted = wanted(inputs, Purpose::Invoices);
        is_usage_apart(inputs, &wanted)
    };
    let plain = with("services", file("services.csv"));
    assert!(is_apart(&plain));
    assert!(!is_usage_apart(&plain, &["accounts", "services"]));
    for of_usage in ["SELECT * FROM usage", "SELECT * FROM used"] {
        assert!(!is_apart(&with("services", query(of_usage))), "{of_usage}");
    }
    assert!(!is_apart(&with("usage", query("SELECT * FROM services"))));
}

/// Reads accounts, subscriptions and services of these texts.
fn read(name: &str, texts: [&str; 3]) -> Result<Staged<Tables>, Report> {
    let names = ["accounts.csv", "subscriptions.csv", "services.csv"];
    let files: Vec<_> = names.into_iter().zip(texts.map(str::as_bytes)).collect();
    read_files(name, &files, |_| {})
}

/// Reads these files beside the plain three tables.
fn read_beside(name: &str, files: &[(&str, &str)]) -> Result<Staged<Tables>, Report> {
    read_files(name, &beside(files), |_| {})
}

fn beside<'a>(files: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a [u8])> {
    let plain = [
        ("accounts.csv", ACCOUNTS),
        ("subscriptions.csv", SUBSCRIPTIONS),
        ("services.csv", SERVICES),
    ];
    let all = plain.iter().chain(files);
    all.map(|(name, text)| (*name, text.as_bytes())).collect()
}

const ACCOUNTS: &str = "account_id,currency,name\nA2,USD,Bob\nA1,USD,Ann\n";
const SUBSCRIPTIONS: &str = "subscription_id,account_id,scheme\nS1,A1,fiber\nS2,A2,fiber\n";
const SERVICES: &str =
    "service_id,subscription_id,charge,cost_centre\nV1,S1,access,x\nV2,S2,access,\n";

/// Each row set aside: reach, account, code and message.
fn told(staged: &Staged<Tables>) -> Vec<String> {
    let told = staged.aside.iter().map(|one| {
        let of = format!("{:?} {}", one.reach, one.account_id);
        format!("{} {}: {}", of.trim(), one.code, one.message)
    });
    told.collect()
}

fn aside(name: &str, texts: [&str; 3]) -> Vec<String> {
    told(&read(name, texts).unwrap())
}

fn problems(report: &Report) -> Vec<String> {
    let told = report
        .iter()
        .map(|one| format!("{} {}: {}", one.code, one.place, one.message));
    told.collect()
}

fn refused(name: &str, texts: [&str; 3]) -> Vec<String> {
    problems(&read(name, texts).unwrap_err())
}

#[test]
fn tables_come_sorted_with_their_rows_and_defaults() {
    let tables = read("sorted", [ACCOUNTS, SUBSCRIPTIONS, SERVICES]).unwrap();
    assert_eq!(tables.aside, []);
    let Tables {
        accounts,
        services,
        subscriptions,
        ..
    } = tables.kept;
    assert_eq!(
        (
            accounts.text_at("account_id", 0),
            accounts.counts("row").get(0)
        ),
        ("A1", Some(3))
    );
    assert_eq!(accounts.text_at("status", 0), "active");
    assert_eq!(subscriptions.text_at("frequency", 1), "monthly");
    assert_eq!(services.units("quantity").next(), Some(Some(1_000_000)));
    let names = export::column_names(&services);
    assert_eq!(names[11..], ["row", "cost_centre"]);
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let shuffled = "service_id,subscription_id,charge,cost_centre\nV2,S2,access,\nV1,S1,access,x\n";
    let one = read("order", [ACCOUNTS, SUBSCRIPTIONS, SERVICES])
        .unwrap()
        .kept
        .services;
    let other = read("shuffled", [ACCOUNTS, SUBSCRIPTIONS, shuffled])
        .unwrap()
        .kept
        .services;
    assert!(
        one.drop("row")
            .unwrap()
            .equals_missing(&other.drop("row").unwrap())
    );
}

#[test]
fn a_value_that_does_not_fit_parks_its_account() {
    let services = "service_id,subscription_id,charge,start_on,end_on,quantity,unit_price\n\
        V1,S1,access,2027-02-29,,,\n\
        V2,S1,access,2026-05-01,2026-04-30,,\n\
        V3,S1,access,31/12/2026,,-1,\n\
        V4,S1,access,0001-01-01,,1e3, 12.50 \n\
        V5,S1,,,,１２,1.0000000001\n";
    assert_eq!(
        aside("values", [ACCOUNTS, SUBSCRIPTIONS, services]),
        [
            "Account A1 BW-V130: services.csv, row 2, start_on: `2027-02-29`: no such day in the calendar",
            "Account A1 BW-V131: services.csv, row 3, end_on: 2026-04-30 is before the start on 2026-05-01; the end is the first day no longer billed",
            "Account A1 BW-V132: services.csv, row 4, start_on: `31/12/2026`: not a date written YYYY-MM-DD; no other form is guessed",
            "Account A1 BW-V140: services.csv, row 4, quantity: `-1` is negative; what is given back is booked as a credit",
            "Account A1 BW-V133: services.csv, row 5, start_on: `0001-01-01`: outside the years 1970 to 2199",
            "Account A1 BW-V141: services.csv, row 5, quantity: `1e3`: an exponent; write the number out",
            "Account A1 BW-V141: services.csv, row 5, unit_price: ` 12.50 `: not a decimal number in plain digits, such as 12.50; blanks around it are not read over",
            "Account A1 BW-V103: services.csv, row 6, charge: empty; a charge is needed",
            "Account A1 BW-V141: services.csv, row 6, quantity: `１２`: not a decimal number in plain digits, such as 12.50",
            "Account A1 BW-V142: services.csv, row 6, unit_price: `1.0000000001`: 10 decimals where at most 9 are allowed; nothing is rounded on reading",
        ]
    );
}

#[test]
fn an_account_with_a_bad_id_or_name_is_parked_by_that_very_id() {
    let accounts =
        "account_id,currency,name\nCON,USD,Ann\n\"A\n1\",USD,Ann\nA1,USD,\"Ann\0\"\nA2,EURO,\n";
    assert_eq!(
        aside("ids", [accounts, SUBSCRIPTIONS, SERVICES]),
        [
            "Account A\n1 BW-V102: accounts.csv, row 3, account_id: `AU+000A1`: control characters in an id; ids have printable characters only",
            "Account A1 BW-V120: accounts.csv, row 4, name: `AnnU+0000`: control characters; take them out",
            "Account A2 BW-V110: accounts.csv, row 5, currency: `EURO` is no currency of ISO 4217; three capitals, such as USD",
            "Account CON BW-V102: accounts.csv, row 2, account_id: `CON`: an id that means a device to some systems; choose another",
        ]
    );
}

#[test]
fn a_value_of_a_later_part_parks_and_zero_does_not() {
    let subscriptions = "subscription_id,account_id,scheme,discount_percent,discount_periods\n\
        S1,A1,fiber,0.00,\n\
        S2,A2,fiber,12.50,x\n";
    assert_eq!(
        aside("later", [ACCOUNTS, subscriptions, SERVICES]),
        [
            "Account A2 BW-V141: subscriptions.csv, row 3, discount_periods: `x`: not a whole number in plain digits",
        ]
    );
}

#[test]
fn a_row_that_belongs_to_nobody_is_counted_and_not_kept() {
    let subscriptions = "subscription_id,account_id,scheme\nS1,A1,fiber\nS2,ZZ,fiber\n";
    let staged = read("orphans", [ACCOUNTS, subscriptions, SERVICES]).unwrap();
    assert_eq!(
        (
            staged.kept.subscriptions.height(),
            staged.kept.services.height()
        ),
        (1, 1)
    );
    assert!(
        staged
            .aside
            .iter()
            .all(|one| one.reach == Reach::Row && one.code == "BW-X105")
    );
    assert_eq!(
        aside("orphans", [ACCOUNTS, subscriptions, SERVICES]),
        [
            "Row BW-X105: subscriptions.csv, row 3, account_id: no account `ZZ` is known; the row is billed to nobody",
            "Row BW-X105: services.csv, row 3, subscription_id: no subscription `S2` of a known account; the row is billed to nobody",
        ]
    );
}

#[test]
fn a_service_given_twice_parks_both_accounts() {
    let services = "service_id,subscription_id,charge\nV1,S1,access\nV1,S2,access\n";
    assert_eq!(
        aside("twice", [ACCOUNTS, SUBSCRIPTIONS, services]),
        [
            "Account A1 BW-X107: services.csv, row 2, service_id: the same id as in row 3; one id names one thing",
            "Account A2 BW-X107: services.csv, row 3, service_id: the same id as in row 2; one id names one thing",
        ]
    );
}

#[test]
fn a_subscription_given_twice_leaves_one_that_services_belong_to() {
    let subscriptions =
        "subscription_id,account_id,scheme\nS1,A1,fiber\nS1,A2,fiber\nS2,A2,fiber\n";
    let staged = read("again", [ACCOUNTS, subscriptions, SERVICES]).unwrap();
    assert_eq!(
        (
            staged.kept.subscriptions.height(),
            staged.kept.services.height()
        ),
        (2, 2)
    );
    let rows = staged.aside.iter().filter(|one| one.reach == Reach::Row);
    assert_eq!((rows.count(), staged.aside.len()), (1, 3));
}

#[test]
fn rows_that_cannot_be_set_aside_refuse_the_file() {
    let accounts = "account_id,currency\nA1,USD\n,EUR\nA1,EUR\nA1 ,USD\ncafe\u{301},USD\ncafé,USD\nz\u{301},USD\n";
    assert_eq!(
        refused("refused", [accounts, SUBSCRIPTIONS, SERVICES]),
        [
            "BW-V101 accounts.csv, row 3, account_id: no id",
            "BW-X102 accounts.csv, row 5, account_id: an id that looks the same as another",
            "BW-X102 accounts.csv, row 6, account_id: an id that looks the same as another",
            "BW-X101 accounts.csv, row 4, account_id: the account `A1` a second time",
        ]
    );
}

#[test]
fn missing_columns_and_missing_rows_are_told_together() {
    assert_eq!(
        refused(
            "columns",
            [
                "acount_id,currency\n",
                "subscription_id,account_id,scheme\n",
                "service_id,subscription_id,charge\n"
            ]
        ),
        [
            "BW-F112 accounts.csv: no column `account_id`, which accounts need",
            "BW-F102 accounts.csv: no rows: nobody's accounts would be billed",
            "BW-F102 services.csv: no rows: nobody's services would be billed",
        ]
    );
}

#[test]
fn ids_are_never_read_as_numbers() {
    let accounts = "account_id,currency\n007,USD\n7,USD\nA1,USD\nA2,USD\n";
    let staged = read("zeros", [accounts, SUBSCRIPTIONS, SERVICES]).unwrap();
    assert_eq!((staged.kept.accounts.height(), staged.aside.len()), (4, 0));
}

/// The real export: one row per customer, with a Yes/No column per product.
#[test]
fn the_telco_export_becomes_three_tables_by_sql() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings: toml::Table =
        toml::from_str(&std::fs::read_to_string(root.join("billwright.toml")).unwrap()).unwrap();
    let text = |value: &toml::Value, key: &str| {
        value
            .get(key)
            .and_then(toml::Value::as_str)
            .map(str::to_owned)
    };
    let inputs: BTreeMap<String, Input> = settings["inputs"]
        .as_table()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            let input = match text(value, "sql") {
                Some(query) => Source::Sql { query },
                None => Source::File {
                    path: text(value, "path").unwrap(),
                    columns: BTreeMap::new(),
                },
            };
            (name.clone(), input.into())
        })
        .collect();
    let wanted = ["accounts", "subscriptions", "services"];
    let pins = pin(root, &inputs, &wanted).unwrap();
    assert_eq!(pins.len(), 1);
    let located = pins.into_iter().map(|pin| Located {
        file: root.join(&pin.path),
        pin,
    });
    let staged = tables(
        &inputs,
        (Tz::UTC, &Counting::default()),
        (&wanted, &located.collect::<Vec<_>>()),
        &[],
        None,
    )
    .unwrap();
    assert_eq!(staged.aside, []);
    let Tables {
        accounts,
        subscriptions,
        services,
        ..
    } = staged.kept;
    assert_eq!(
        [accounts.height(), subscriptions.height(), services.height()],
        [7_043, 7_043, 29_202]
    );
    assert_eq!(services.dates("next_bill_on").flatten().count(), 29_202);
}

#[test]
fn the_rows_of_a_service_are_told_apart_by_the_day_they_hold_from() {
    let services = "service_id,subscription_id,charge,quantity,effective_on\n\
        V1,S1,access,3,2026-03-01\n\
        V1,S1,access,1,\n\
        V1,S1,access,2,2026-02-10\n\
        V1,S1,access,4,2026-02-10\n\
        V2,S2,access,1,\n";
    let staged = read("segments", [ACCOUNTS, SUBSCRIPTIONS, services]).unwrap();
    assert_eq!(told(&staged), [] as [&str; 0]);
    let quantities: Vec<_> = staged.kept.services.units("quantity").flatten().collect();
    // SVC-027: of one day the later row of the file stands last.
    assert_eq!(
        quantities[..4],
        [1_000_000, 2_000_000, 4_000_000, 3_000_000]
    );
}

#[test]
fn a_service_belongs_to_one_account_for_good() {
    let services = "service_id,subscription_id,charge,effective_on\n\
        V1,S1,access,\n\
        V1,S2,access,2026-02-10\n";
    assert_eq!(
        aside("moved", [ACCOUNTS, SUBSCRIPTIONS, services]),
        [
            "Account A1 BW-X107: services.csv, row 2, service_id: of another account than in row 3; one id names one thing",
            "Account A2 BW-X107: services.csv, row 3, service_id: of another account than in row 2; one id names one thing",
        ]
    );
}

// ACC-025
#[test]
fn accounts_invoiced_in_a_circle_are_parked_and_nobody_else() {
    let accounts = "account_id,currency,invoice_to\n\
        A1,USD,A3\n\
        A2,USD,A1\n\
        A3,USD,A2\n\
        A4,USD,\n\
        A5,USD,A4\n\
        A6,USD,A5\n\
        A7,USD,ZZ\n";
    assert_eq!(
        aside("circle", [accounts, SUBSCRIPTIONS, SERVICES]),
        [
            "Account A1 BW-X103: accounts.csv, row 2, invoice_to: accounts invoiced in a circle: `A1` -> `A3` -> `A2` -> `A1`; leave one of them empty",
            "Account A2 BW-X103: accounts.csv, row 3, invoice_to: accounts invoiced in a circle: `A1` -> `A3` -> `A2` -> `A1`; leave one of them empty",
            "Account A3 BW-X103: accounts.csv, row 4, invoice_to: accounts invoiced in a circle: `A1` -> `A3` -> `A2` -> `A1`; leave one of them empty",
            "Account A6 BW-X103: accounts.csv, row 7, invoice_to: `A5` is itself invoiced to `A4`; there is one level, so name that one",
            "Account A7 BW-X105: accounts.csv, row 8, invoice_to: no account `ZZ` is known to send the invoice to",
        ]
    );
}

#[test]
fn tables_that_no_input_gives_are_empty() {
    let kept = read("none", [ACCOUNTS, SUBSCRIPTIONS, SERVICES])
        .unwrap()
        .kept;
    for (table, schema) in [
        (&kept.pauses, &crate::model::account::PAUSES),
        (&kept.orders, &crate::model::account::ORDERS),
        (&kept.order_lines, &crate::model::account::ORDER_LINES),
    ] {
        let names: Vec<_> = schema.columns.iter().map(|(name, _)| *name).collect();
        assert_eq!(export::column_names(table)[..names.len()], names);
        assert_eq!(table.height(), 0);
    }
    assert_eq!(kept.usage.height(), 0);
}

#[test]
fn a_pause_is_of_a_service_or_an_account_and_may_be_open() {
    let pauses = "pause_id,service_id,account_id,from,to,cause\n\
        P1,V1,,2026-02-01,,customer\n\
        P2,,A2,2026-02-10,2026-02-01,holiday\n\
        P3,ZZ,,2026-02-01,,\n\
        P4,,,2026-02-01,,\n";
    let staged = read_beside("pauses", &[("pauses.csv", pauses)]).unwrap();
    assert_eq!(
        told(&staged),
        [
            "Account A2 BW-V104: pauses.csv, row 3, cause: `holiday` is not known; one of customer, nonpayment",
            "Account A2 BW-V131: pauses.csv, row 3, to: 2026-02-01 is before the start on 2026-02-10; the end is the first day billed again",
            "Row BW-X105: pauses.csv, row 5, service_id: no service is named; the row is billed to nobody",
            "Row BW-X105: pauses.csv, row 4, service_id: no service `ZZ` of a known account; the row is billed to nobody",
        ]
    );
    assert_eq!(staged.kept.pauses.height(), 2);
    assert_eq!(staged.kept.orphans["pauses"], 2);
    assert_eq!(staged.kept.pauses.dates("to").next(), Some(None));
}

#[test]
fn an_order_and_its_lines_belong_to_an_account() {
    let orders = "order_id,account_id,status,fulfilled_on\n\
        O1,A1,fulfilled,2026-02-03\n\
        O2,A2,Fulfilled,\n\
        O3,ZZ,open,\n\
        O4,A2,open,\n\
        O4,A1,open,\n";
    let lines = "order_id,line,description,quantity,unit_price\n\
        O1,1,Router,,49.00\n\
        O1,1,Cable,2,5.00\n\
        O2,1,,1,\n\
        O3,1,Router,1,49.00\n\
        O4,1,Router,-1,49.00\n";
    let files = [("orders.csv", orders), ("order_lines.csv", lines)];
    let staged = read_beside("orders", &files).unwrap();
    assert_eq!(
        told(&staged),
        [
            "Account A1 BW-X107: orders.csv, row 6, order_id: the same id as in row 5; one id names one thing",
            "Account A1 BW-X107: order_lines.csv, row 2, order_id: the same id as in row 3; one id names one thing",
            "Account A1 BW-X107: order_lines.csv, row 3, order_id: the same id as in row 2; one id names one thing",
            "Account A2 BW-V104: orders.csv, row 3, status: `Fulfilled` is not known; did you mean `fulfilled`?",
            "Account A2 BW-X107: orders.csv, row 5, order_id: the same id as in row 6; one id names one thing",
            "Account A2 BW-V103: order_lines.csv, row 4, description: empty; a description is needed",
            "Account A2 BW-V103: order_lines.csv, row 4, unit_price: empty; a unit_price is needed",
            "Account A2 BW-V140: order_lines.csv, row 6, quantity: `-1` is negative; what is given back is booked as a credit",
            "Row BW-X105: orders.csv, row 4, account_id: no account `ZZ` is known; the row is billed to nobody",
            "Row BW-X107: orders.csv, row 6, order_id: the order is there already; the row is not read",
            "Row BW-X105: order_lines.csv, row 5, order_id: no order `O3` of a known account; the row is billed to nobody",
        ]
    );
    let kept = &staged.kept;
    assert_eq!((kept.orders.height(), kept.order_lines.height()), (3, 4));
    assert_eq!(
        [kept.orphans["orders"], kept.orphans["order_lines"]],
        [2, 1]
    );
}

const USAGE: &str = "usage_id,service_id,used_at,quantity,status,phone\n\
    E3,V2,2026-01-31T23:30:00Z,0.5,,1\n\
    E1,V2,2026-01-31T23:30:00Z,1,pending,2\n\
    E2,V1,2026-02-01,2.25,,3\n";

/// `SERVICE DAY UNITS`, and whether it waits; those of a service in the order of these texts.
fn usage_rows(tables: &Tables) -> Vec<String> {
    let rows = tables.usage.rows();
    let mut shown = Vec::new();
    for (service, id) in tables
        .services
        .text("service_id")
        .iter()
        .flatten()
        .enumerate()
    {
        let mut own: Vec<String> = tables
            .usage
            .of(service)
            .map(|row| {
                let day = crate::calendar::Date::from_number(rows.days[row]);
                let waits = if rows.processed.at(row) { "" } else { " waits" };
                format!("{id} {day} {}{waits}", rows.quantities[row])
            })
            .collect();
        own.sort();
        shown.extend(own);
    }
    shown
}

#[test]
fn usage_comes_by_service_with_its_days() {
    let staged = read_beside("usage", &[("usage.csv", USAGE)]).unwrap();
    assert_eq!(told(&staged), [] as [&str; 0]);
    assert_eq!(
        usage_rows(&staged.kept),
        [
            "V1 2026-02-01 2250000",
            "V2 2026-02-01 1000000 waits",
            "V2 2026-02-01 500000",
        ]
    );
    assert_eq!(staged.kept.usage.rows().reader_sets, [[].into()]);
}

// USE-021
#[test]
fn the_order_of_usage_and_of_its_files_does_not_matter() {
    let (head, rows) = USAGE.split_once('\n').unwrap();
    let rows: Vec<_> = rows.lines().collect();
    let wanted = read_beside("usage-whole", &[("usage.csv", USAGE)]).unwrap();
    let wanted = usage_rows(&wanted.kept);
    for (name, [one, two]) in [
        ("usage-a", [[rows[0], rows[2]], [rows[1], ""]]),
        ("usage-b", [[rows[2], rows[1]], [rows[0], ""]]),
    ] {
        let text = |rows: [&str; 2]| format!("{head}\n{}\n{}", rows[0], rows[1]);
        let (one, two) = (text(one), text(two));
        let files = [
            ("usage-01.csv", one.as_str()),
            ("usage-02.csv", two.as_str()),
        ];
        let found = read_beside(name, &files).unwrap().kept;
        assert_eq!(usage_rows(&found), wanted);
    }
}

#[test]
fn usage_that_cannot_be_read_parks_its_account_once_with_the_count() {
    let usage = "usage_id,service_id,used_at,quantity\n\
        E1,V1,2026-10-25T02:30:00,1\n\
        E2,V1,2026-10-25T02:31:00,1\n\
        E3,V1,1780000000000,1\n\
        E4,V2,2026-01-01,-5\n\
        E5,ZZ,2026-01-01,x\n\
        E6,ZZ,2026-01-01,1\n\
        E7,,2026-01-01,1\n\
        E8,V2,,1\n";
    let found = read_files("usage-faults", &beside(&[("usage.csv", usage)]), |inputs| {
        inputs.get_mut("usage").unwrap().zone = Some(Tz::Europe__Berlin);
    });
    let staged = found.unwrap();
    assert_eq!(
        told(&staged),
        [
            "Account A1 BW-V133: usage.csv, row 4, used_at: `1780000000000`: a number, without its unit; in seconds it is the year 58375, in milliseconds 2026-05-28: write the time out",
            "Account A1 BW-V135: usage.csv, row 2, used_at: `2026-10-25T02:30:00`: happens twice, as clocks are put back; give it an offset, and 1 row like it",
            "Account A2 BW-V103: usage.csv, row 9, used_at: empty; a used_at is needed",
            "Account A2 BW-V140: usage.csv, row 5, quantity: `-5` is negative; what is given back is booked as a credit",
            "Row BW-X105: usage.csv, row 8, service_id: no service is named; the row is billed to nobody",
            "Row BW-X105: usage.csv, row 6, service_id: no service `ZZ` of a known account; the row is billed to nobody, and 1 row like it",
        ]
    );
    assert_eq!(
        (staged.kept.usage.height(), staged.kept.orphans["usage"]),
        (5, 3)
    );
}

// P5
#[test]
fn usage_counts_once_and_its_id_means_one_thing() {
    let again = "usage_id,service_id,used_at,quantity,status,phone\n\
        E1,V2,2026-02-01T00:30:00+01:00,1.0,processed,9\n\
        E2,V1,2026-02-01,2.25,,3\n";
    let files = [("usage-1.csv", USAGE), ("usage-2.csv", again)];
    let staged = read_beside("usage-again", &files).unwrap();
    assert_eq!(staged.kept.usage_repeated, 2);
    assert_eq!(
        usage_rows(&staged.kept),
        [
            "V1 2026-02-01 2250000",
            "V2 2026-02-01 1000000",
            "V2 2026-02-01 500000",
        ]
    );
    let other = again.replace("2.25", "2.5");
    let files = [("usage-1.csv", USAGE), ("usage-2.csv", &other)];
    let report = read_beside("usage-other", &files).unwrap_err();
    assert_eq!(
        problems(&report),
        [
            "BW-X120 usage-2.csv, row 3, usage_id: usage `E2` a second time, with other content: 2.5 of service `V1` at 2026-01-31T23:00:00Z"
        ]
    );
    let (place, then) = &report.iter().next().unwrap().labels[0];
    assert_eq!(
        format!("{place}: {then}"),
        "usage-1.csv, row 4, usage_id: 2.25 of service `V1` at 2026-01-31T23:00:00Z"
    );
}

#[test]
fn usage_without_an_id_refuses_its_file() {
    let usage = "usage_id,service_id,used_at,quantity\n,V1,2026-01-01,1\n";
    let report = read_beside("usage-id", &[("usage.csv", usage)]).unwrap_err();
    assert_eq!(
        problems(&report),
        ["BW-V101 usage.csv, row 2, usage_id: no id"]
    );
}

/// Which runs have read each row of usage, where the run `old` read other text than tonight's.
fn readers(name: &str, now: &str, then: &str) -> Result<Vec<Vec<String>>, Report> {
    let usage = |text: &str, path: &str, hash: &str| {
        let file =
            std::env::temp_dir().join(format!("billwright-{}-{name}-{hash}", std::process::id()));
        std::fs::write(&file, text).unwrap();
        let pin = Pin {
            input: "usage".to_owned(),
            path: path.to_owned(),
            size: 0,
            modified: 0,
            sha256: Some(hash.to_owned()),
        };
        Located { pin, file }
    };
    let inputs = BTreeMap::from([("usage".to_owned(), file("usage-*.csv"))]);
    let before = |run: &str, located: &Located| Earlier {
        runs: [run.to_owned()].into(),
        inputs: inputs.clone(),
        timezone: Tz::Europe__Berlin,
        files: vec![located.clone()],
    };
    let here = usage(
        "usage_id,service_id,used_at,quantity\nE0,V1,2026-01-01,1\n",
        "usage-0.csv",
        "same",
    );
    let tonight = [here.clone(), usage(now, "usage-1.csv", "new")];
    let earlier = [
        before("kept", &here),
        before("old", &usage(then, "usage-1.csv", "gone")),
    ];
    let read = |files: &[Located]| {
        let (mut exports, _) = export::read_all(&inputs, files, &["usage"]);
        let export = exports.remove("usage").unwrap();
        usage::measured(export, zones(&inputs, "usage", Tz::Europe__Berlin), None)
    };
    let pins = tonight.clone().map(|located| located.pin);
    let parts = usage_parts(&inputs, &pins);
    let usage = read(&tonight)?;
    let height = usage.frame.height();
    let size = (&usage.origin, height);
    let seen = usage::Seen::of(
        size,
        Mode::Delta,
        &parts,
        &earlier,
        || read(&tonight),
        |before| read(&before.files),
    )?;
    let sets = (0..height).map(|row| seen.readers.at(row) as usize);
    let runs = sets.map(|set| seen.sets[set].iter().cloned().collect());
    Ok(runs.collect())
}

/// P5: a file is known by its hash, a row by its id.
#[test]
fn p5_usage_of_earlier_runs_is_known_again() {
    let then = "usage_id,service_id,used_at,quantity\nE9,V1,2026-02-01,1\nE2,V1,2026-02-01,2.25\n";
    let now = "usage_id,service_id,used_at,quantity\nE2,V1,2026-02-01,2.25\nE3,V1,2026-02-02,x\n";
    assert_eq!(
        readers("earlier", now, then).unwrap(),
        [vec!["kept".to_owned()], vec!["old".to_owned()], vec![]]
    );
    // What could not be read may be corrected.
    let mended = now.replace(",x", ",4");
    let found = readers("earlier-mended", &mended, now).unwrap();
    assert_eq!(found[1..], [["old".to_owned()], ["old".to_owned()]]);
    let report = readers("earlier-other", now, &then.replace("2.25", "2")).unwrap_err();
    assert_eq!(
        problems(&report),
        [
            "BW-X120 usage-1.csv, row 2, usage_id: usage `E2` a second time, with other content: 2.25 of service `V1` at 2026-01-31T23:00:00Z"
        ]
    );
    let (place, then) = &report.iter().next().unwrap().labels[0];
    assert_eq!(
        format!("{place}: {then}"),
        "usage-1.csv, row 3, usage_id: 2 of service `V1` at 2026-01-31T23:00:00Z, when old read it"
    );
}

#[test]
fn parquet_means_what_csv_means() {
    use crate::calendar::Date;
    use crate::model::table::{Kind, count_column, date_column, text_column, units_column};
    use polars::prelude::*;
    let accounts = parquet::tests::written(vec![
        count_column("account_id", [Some(2), Some(1)]),
        text_column("currency", [Some("USD"), Some("USD")]),
        text_column("region", [Some("US-CA"), Some("")]),
        count_column("bill_day", [Some(1), Some(31)]),
    ]);
    let subscriptions = "subscription_id,account_id,scheme\nS1,1,fiber\nS2,2,fiber\n";
    let services = parquet::tests::written(vec![
        text_column("service_id", [Some("V1"), Some("V2")]),
        text_column("subscription_id", [Some("S1"), Some("S2")]),
        text_column("charge", [Some("access"), Some("access")]),
        units_column("quantity", Kind::Amount, [Some(20_000), None]),
        units_column("unit_price", Kind::Rate, [Some(1), Some(2)]),
        date_column(
            "start_on",
            [Date::from_ymd(2026, 1, 1), Date::from_ymd(1969, 1, 1)],
        ),
    ]);
    let at: Int64Chunked = [Some(1_769_902_200_000_000), Some(1_792_895_400_000_000)]
        .into_iter()
        .collect();
    let local = at
        .with_name("used_at".into())
        .into_datetime(TimeUnit::Microseconds, None);
    let usage = parquet::tests::written(vec![
        count_column("usage_id", [Some(8), Some(7)]),
        text_column("service_id", [Some("V1"), Some("V2")]),
        local.into_series().into(),
        units_column("quantity", Kind::Amount, [Some(15_000), Some(10)]),
    ]);
    let files: [(&str, &[u8]); 4] = [
        ("accounts.parquet", &accounts),
        ("subscriptions.csv", subscriptions.as_bytes()),
        ("services.parquet", &services),
        ("usage.parquet", &usage),
    ];
    let staged = read_files("parquet", &files, |_| {}).unwrap();
    assert_eq!(
        told(&staged),
        [
            "Account 2 BW-V135: usage.parquet, row 2, used_at: `2026-10-25T02:30:00`: happens twice, as clocks are put back; give it an offset",
            "Account 2 BW-V133: services.parquet, row 2, start_on: `1969-01-01`: outside the years 1970 to 2199",
        ]
    );
    let kept = &staged.kept;
    assert_eq!(kept.accounts.text_at("account_id", 0), "1");
    assert_eq!(kept.accounts.counts("row").get(0), Some(2));
    assert_eq!(kept.accounts.counts("bill_day").get(0), Some(31));
    assert_eq!(kept.accounts.text("region").get(0), None);
    let units = |name: &str| kept.services.units(name).flatten().collect::<Vec<_>>();
    assert_eq!(units("quantity"), [2_000_000, 1_000_000]);
    assert_eq!(units("unit_price"), [1, 2]);
    // The workspace's zone is that of timestamps without one.
    assert_eq!(
        usage_rows(kept),
        ["V1 2026-01-31 1500000", "V2 1970-01-01 1000",]
    );
}

// PQT-012
#[test]
fn an_id_that_is_null_in_parquet_has_its_row() {
    let ids = [
        Some("A1"),
        Some("A2"),
        Some("A3"),
        Some("A4"),
        Some("A5"),
        Some("A6"),
        None,
    ];
    let accounts = parquet::tests::written(vec![
        crate::model::table::text_column("account_id", ids),
        crate::model::table::text_column("currency", ids.map(|_| Some("USD"))),
    ]);
    let mut files = beside(&[]);
    files[0] = ("accounts.parquet", &accounts);
    let report = read_files("parquet-null", &files, |_| {}).unwrap_err();
    assert_eq!(
        problems(&report),
        ["BW-V101 accounts.parquet, row 7, account_id: no id"]
    );
}

// PQT-019
#[test]
fn a_folder_that_says_something_else_than_its_rows_is_refused() {
    let usage = "usage_id,service_id,used_at,quantity,month\n\
        E1,V1,2026-06-30,1,2026-06\n\
        E2,V1,2026-07-01,1,2026-07\n";
    let files = [("month=2026-06/usage.csv", usage)];
    let found = read_files("hive", &beside(&files), |inputs| {
        inputs.insert("usage".to_owned(), file("month=*/usage.csv"));
    });
    assert_eq!(
        problems(&found.unwrap_err()),
        [
            "BW-F145 month=2026-06/usage.csv, row 3, month: `2026-07` in a folder named `month=2026-06`; which one is right is not guessed"
        ]
    );
}

#[test]
fn files_of_one_input_have_the_same_columns_in_any_order() {
    let one = "usage_id,service_id,used_at,quantity\nE1,V1,2026-01-01,1\n";
    let two = "quantity,used_at,service_id,usage_id\n2,2026-01-02,V1,E2\n";
    let files = [("usage-1.csv", one), ("usage-2.csv", two)];
    let kept = read_beside("columns-order", &files).unwrap().kept;
    assert_eq!(
        usage_rows(&kept),
        ["V1 2026-01-01 1000000", "V1 2026-01-02 2000000"]
    );
    let two = two.replace("quantity", "amount");
    let files = [("usage-1.csv", one), ("usage-2.csv", &two)];
    assert_eq!(
        problems(&read_beside("columns-other", &files).unwrap_err()),
        ["BW-F114 usage-2.csv: no column `quantity`, which usage-1.csv has"]
    );
}

#[test]
fn usage_may_come_from_sql() {
    let export = "event,service,day,units,kind\nE1,V1,2026-01-01,5,call\nE2,V1,2026-01-02,1,text\n";
    let found = read_files("usage-sql", &beside(&[("calls.csv", export)]), |inputs| {
        inputs.insert(
            "usage".to_owned(),
            query("SELECT event AS usage_id, service AS service_id, day AS used_at, units AS quantity FROM calls WHERE kind = 'call'"),
        );
    });
    let kept = found.unwrap().kept;
    assert_eq!(usage_rows(&kept), ["V1 2026-01-01 5000000"]);
    assert_eq!(kept.usage.rows().reader_sets, [[].into()]);
}
