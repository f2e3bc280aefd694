//! Bill groups and holds.

use super::definitions::assert_all;
use super::*;
use crate::calendar::Date;
use crate::model::definitions::Definitions;
use crate::model::hold::{Held, Release};

const GROUP: &str = "kind: group
name: g
";

const HOLD: &str = "kind: hold
name: h
what: [billing]
accounts: [A-100]
until: 2026-03-15
";

fn definitions(files: &[RawFile]) -> Definitions {
    loaded(&file("billwright.toml", SETTINGS), files)
        .unwrap_or_else(|report| panic!("{}", report.text(false)))
        .definitions
}

#[test]
fn a_group_says_what_its_accounts_have_in_common() {
    let text = format!(
        "{GROUP}bill_day: 31\nadvance_days: 5\ndelivery: email_and_hardcopy\npayment_terms: net\nrender: {{ formats: [html] }}\n"
    );
    let terms = "kind: payment_terms\nname: net\ndue: { days: 30 }\n";
    let all = definitions(&[file("d/g.yaml", text), file("d/net.yaml", terms)]);
    let group = &all.groups["g"];
    assert_eq!((group.bill_day, group.advance_days), (Some(31), Some(5)));
    assert_eq!(group.delivery.as_deref(), Some("email_and_hardcopy"));
    assert_eq!(group.payment_terms.as_deref(), Some("net"));
    assert_eq!(group.formats, Some([Format::Html].into()));
    assert_eq!(group.template, None);
    let empty = &definitions(&[file("d/g.yaml", GROUP)]).groups["g"];
    assert_eq!((empty.bill_day, &empty.formats), (None, &None));
}

#[test]
fn a_hold_says_whom_it_leaves_alone_and_until_when() {
    let held = definitions(&[file("d/h.yaml", HOLD)]);
    let hold = &held.holds["h"];
    assert_eq!(hold.what, [Held::Billing].into());
    assert_eq!(hold.whom.accounts, ["A-100".to_owned()].into());
    assert!(hold.whom.services.is_empty());
    assert_eq!(hold.until, Date::parse("2026-03-15").unwrap());
    assert_eq!((hold.release, &hold.reason), (Release::Defer, &None));
    let text = HOLD.replace(
        "accounts: [A-100]",
        "services: [S-1, 17]\nrelease: waive\nreason: disputed",
    );
    let hold = &definitions(&[file("d/h.yaml", text)]).holds["h"];
    assert_eq!(
        hold.whom.services,
        ["17".to_owned(), "S-1".to_owned()].into()
    );
    assert_eq!(
        (hold.release, hold.reason.as_deref()),
        (Release::Waive, Some("disputed"))
    );
}

#[test]
fn groups_and_holds_that_cannot_work_are_refused() {
    let group = |lines: &str| format!("{GROUP}{lines}\n");
    assert_all(&[
        (
            "a day",
            &group("bill_day: 32"),
            "BW-D206 3:11",
            "from 1 to 31",
        ),
        (
            "another way",
            &group("delivery: fax"),
            "BW-D205 3:11",
            "`hardcopy`",
        ),
        (
            "no terms",
            &group("payment_terms: net"),
            "BW-D240 3:16",
            "no payment_terms",
        ),
        (
            "no template",
            &group("render: { template: letter }"),
            "BW-D242 3:21",
            "templates/letter.html",
        ),
        (
            "no template in a format",
            &group("render: { formats: [html, txt] }"),
            "BW-D242 3:27",
            "templates/invoice.txt",
        ),
        (
            "a path",
            &group("render: { template: a/b }"),
            "BW-D209 3:21",
            "cannot be a name",
        ),
        (
            "nobody",
            &HOLD.replace("accounts: [A-100]\n", ""),
            "BW-D204 2:7",
            "neither accounts nor services",
        ),
        (
            "for ever",
            &HOLD.replace("until: 2026-03-15\n", ""),
            "BW-D204 1:1",
            "add `until`",
        ),
        (
            "something to come",
            &HOLD.replace("billing", "billing, delivery"),
            "BW-D190 3:17",
            "`delivery` is not built yet",
        ),
        (
            "invoices",
            &format!("{HOLD}invoices: [I-1]\n"),
            "BW-D190 6:1",
            "`invoices` is not built yet",
        ),
        (
            "another end",
            &format!("{HOLD}release: bill\n"),
            "BW-D205 6:10",
            "`waive`",
        ),
    ]);
}
