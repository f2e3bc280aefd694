//! The whole room: files in, tables and what was set aside out.

use super::*;
use crate::diagnostic::Reach;
use crate::model::table::Columns;
use crate::model::workspace::Source;
use crate::model::workspace::Source;

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
    Input {
        source,
        mode: Mode::Snapshot,
        zone: None,
        max_age_hours: None,
        manifest: None,
    }
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
    let located: Vec<_> = pin(&root, &inputs, &wanted(&inputs))?
        .into_iter()
        .map(|pin| Located {
            file: root.join(&pin.path),
            pin,
        })
        .collect();
    tables(&inputs, Tz::Europe__Berlin, &located)
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
            "Account A2 BW-V190: subscriptions.csv, row 3, discount_percent: `discount_percent` is not built yet, other than zero or empty",
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
    let accounts =
        "account_id,currency\nA1,USD\n,EUR\nA1,EUR\nA1 ,USD\ncafe\u{301},USD\ncafé,USD\n";
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
    let pins = pin(root, &inputs, &["accounts", "subscriptions", "services"]).unwrap();
    assert_eq!(pins.len(), 1);
    let located = pins.into_iter().map(|pin| Located {
        file: root.join(&pin.path),
        pin,
    });
    let staged = tables(&inputs, Tz::UTC, &located.collect::<Vec<_>>()).unwrap();
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
