//! The rules of invoices, each on a few accounts.

use super::*;
use crate::model::account::{ACCOUNTS, CREDITS, DISCOUNTS, SUBSCRIPTIONS};
use crate::model::bill_run::{InvoiceDate, Minimum, Negative, PostingDate};
use crate::model::sample::table;
use crate::model::table::Columns;
use crate::model::tax::{Levy, Prices, TaxPart, TaxRate, Treatment};
use crate::money::{Amount, Currency, Rate, Rounding};

const LINES: &str = "account_id | subscription_id | service_id | charge | kind | period_start | period_end | amount | tax_category | currency | credits | group_key | rounding";

/// A run of a few accounts; each test changes what it is about.
struct Case {
    options: InvoiceOptions,
    tax: Option<Tax>,
    tax_rounding: TaxRounding,
    payment: BTreeMap<String, PaymentTerms>,
    groups: BTreeMap<String, Group>,
    accounts: &'static str,
    standings: &'static str,
    parked: BTreeMap<&'static str, &'static str>,
    balances: BTreeMap<String, Amount>,
    lines: Lines,
    subscriptions: &'static str,
    discounts: &'static str,
    credits: &'static str,
    allocations: Allocations,
}

impl Case {
    fn new(accounts: &'static str) -> Self {
        let options = InvoiceOptions {
            date: InvoiceDate::WindowTo,
            posting_date: PostingDate::TransactionDate,
            due_offset_days: 0,
            group_by: Vec::new(),
            series: [(Currency::USD, "default".to_owned())].into(),
            credit_series: [(Currency::USD, "credit_notes".to_owned())].into(),
            suppress_zero_lines: false,
            suppress_zero_invoices: false,
            minimum: None,
            negative: Negative::CreditNote,
            auto_post: false,
        };
        let net_14 = PaymentTerms {
            name: "net-14".to_owned(),
            due_days: 14,
            offset_range: Some((-5, 10)),
        };
        let net_30 = PaymentTerms {
            name: "net-30".to_owned(),
            due_days: 30,
            offset_range: None,
        };
        Self {
            options,
            tax: None,
            tax_rounding: TaxRounding::Document,
            payment: [net_14, net_30]
                .map(|terms| (terms.name.clone(), terms))
                .into(),
            groups: BTreeMap::new(),
            accounts,
            standings:
                "account_id | subscription_id | service_id | charge | standing | next_ready_on
                A | SUB-A | S-A | access | billed | 2026-04-01
                B | SUB-B | S-B | access | billed | 2026-04-01
                P | SUB-P | S-P | access | billed | 2026-04-01",
            parked: BTreeMap::new(),
            balances: BTreeMap::new(),
            lines: Lines::empty(),
            subscriptions: "subscription_id",
            discounts: "discount_id",
            credits: "credit_id",
            allocations: Allocations::empty(),
        }
    }

    fn group(mut self, group: Group) -> Self {
        self.groups.insert(group.name.clone(), group);
        self
    }

    /// Bills lines on 1 March 2026, each given as `ACCOUNT AMOUNT [cell=value ..]`.
    fn bill(&self, lines: &[&str]) -> Staged<Drafted> {
        let terms = Terms {
            run_id: "R",
            options: &self.options,
            tax: self.tax.as_ref(),
            tax_rounding: self.tax_rounding,
            payment: &self.payment,
            default_payment: Some("net-14"),
            groups: &self.groups,
            as_of: day("2026-03-02"),
            window_to: day("2026-03-01"),
        };
        let owned = |line: &&str| {
            let owner = line.split('|').next().map(str::trim);
            let rows = self
                .accounts
                .lines()
                .map(|row| row.split('|').next().map(str::trim));
            rows.into_iter().any(|account| account == owner)
        };
        let standings: Vec<&str> = self.standings.lines().filter(owned).collect();
        let accounts = Accounts {
            table: &table(&ACCOUNTS, self.accounts),
            standings: &Standings::checked(table(Standings::SCHEMA, &standings.join("\n"))),
            parked: &self.parked,
        };
        let balances = self.balances.iter();
        let owed =
            Owed::by_accounts(balances.map(|(account, owes)| (account.as_str(), "USD", *owes)));
        let past = Past {
            owed: &owed,
            lines: &self.lines,
        };
        let rows = lines
            .iter()
            .map(|line| row(line))
            .collect::<Vec<_>>()
            .join("\n");
        let rated = RatedLines::checked(table(RatedLines::SCHEMA, &format!("{LINES}\n{rows}")));
        let granted = Granted {
            discounts: &table(&DISCOUNTS, self.discounts),
            credits: &table(&CREDITS, self.credits),
            subscriptions: &table(&SUBSCRIPTIONS, self.subscriptions),
        };
        let offers = Offers::new(granted, &self.allocations, terms.run_id, terms.as_of);
        let reduced = reduce(&rated, &offers, &past);
        let mut drafted = draft(&terms, &accounts, &offers, &past, &reduced.kept);
        drafted.aside.extend(reduced.aside);
        drafted
    }
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// A line of the sample: `A 10.00 from=2026-02-01 service=S-2 group=west`.
fn row(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let of = |name: &str, default: &str| {
        let named = words[2..]
            .iter()
            .find_map(|word| word.strip_prefix(&format!("{name}=")));
        named.unwrap_or(default).to_owned()
    };
    let (account, amount) = (words[0], words[1]);
    let service = of("service", &format!("S-{account}"));
    let subscription = of("subscription", &format!("SUB-{account}"));
    let (charge, category, credits, group) = (
        of("charge", "access"),
        of("tax", "standard"),
        of("credits", ""),
        of("group", ""),
    );
    let (from, to, currency) = (
        of("from", "2026-03-01"),
        of("to", "2026-04-01"),
        of("currency", "USD"),
    );
    let rounding = match of("coin", "") {
        coin if coin.is_empty() => "half_up".to_owned(),
        coin => format!("half_up to {coin}"),
    };
    let kind = if credits.is_empty() {
        "recurring"
    } else {
        "credit"
    };
    format!(
        "{account} | {subscription} | {service} | {charge} | {kind} | {from} | {to} | {amount} | {category} | {currency} | {credits} | {group} | {rounding}"
    )
}

/// Columns of the drafts, a draft a line.
fn drafts(staged: &Staged<Drafted>, columns: &[&str]) -> Vec<String> {
    shown(staged.kept.drafts.frame(), columns)
}

/// Cells of a table, a row a line; amounts with two digits.
fn shown(frame: &DataFrame, columns: &[&str]) -> Vec<String> {
    let cell = |row: usize, name: &str| {
        let text = frame.column(name).unwrap().get(row).unwrap().to_string();
        let text = text.trim_matches('"');
        let whole = text.rfind('.').is_some_and(|point| text.len() - point == 5);
        let digits = text.strip_suffix("00").filter(|_| whole);
        digits.unwrap_or(text).to_owned()
    };
    let row = |row| {
        columns
            .iter()
            .map(|name| cell(row, name))
            .collect::<Vec<_>>()
            .join(" ")
    };
    (0..frame.height()).map(row).collect()
}

fn aside(staged: &Staged<Drafted>) -> Vec<String> {
    let rows: BTreeSet<&Aside> = staged.aside.iter().collect();
    rows.into_iter()
        .map(|row| {
            format!(
                "{}{} {} {}",
                row.account_id,
                row.service_id.replace("S-", "/S-"),
                row.code,
                row.message
            )
        })
        .collect()
}

fn us_tax(percent: &str) -> Tax {
    Tax {
        name: "us".to_owned(),
        rounding: Rounding::HalfUp,
        prices: Prices::Exclusive,
        rates: vec![TaxRate {
            category: "standard".to_owned(),
            matches: [("region".to_owned(), "CA".to_owned())].into(),
            valid_from: None,
            levy: Levy::Taxed(vec![part(None, percent)]),
        }],
        exempt_note: None,
    }
}

fn part(name: Option<&str>, percent: &str) -> TaxPart {
    TaxPart {
        name: name.map(str::to_owned),
        percent: Rate::parse(percent).unwrap(),
        is_compound: false,
    }
}

/// Two taxes on the same lines.
fn two_taxes(one: &str, other: &str) -> Tax {
    let mut tax = us_tax(one);
    tax.rates[0].levy = Levy::Taxed(vec![part(Some("GST"), one), part(Some("QST"), other)]);
    tax
}

/// Has the second of two taxes be on the first as well.
fn compound(mut tax: Tax) -> Tax {
    match &mut tax.rates[0].levy {
        Levy::Taxed(parts) => parts[1].is_compound = true,
        Levy::Untaxed { .. } => unreachable!("a tax of two parts"),
    }
    tax
}

mod payers {
    use super::*;

    const FAMILY: &str =
        "account_id | name | currency | invoice_to | region | payment_terms | bill_day
        A | Ada's shop | USD | P | NV | | 7
        B | | USD | | CA | |
        P | Parent, Inc. | USD | | CA | net-30 | 15";

    /// O2: lines of the children appear on the parent's invoice, named; terms, tax and address are the parent's.
    #[test]
    fn o2_a_childs_lines_are_on_its_parents_invoice() {
        let mut case = Case::new(FAMILY);
        case.tax = Some(us_tax("10"));
        let made = case.bill(&["A 10.00", "B 3.00", "P 20.00"]);
        assert_eq!(aside(&made), [""; 0]);
        assert_eq!(
            drafts(&made, &["invoice_id", "total", "due_date"]),
            ["R/B 3.30 2026-03-15", "R/P 33.00 2026-03-31"]
        );
        assert_eq!(
            shown(
                made.kept.lines.frame(),
                &["line_id", "invoice_id", "account_id", "account_name"]
            ),
            [
                "S-B:access:2026-03-01 R/B B null",
                "S-A:access:2026-03-01 R/P A Ada's shop",
                "S-P:access:2026-03-01 R/P P null",
            ]
        );
        let parties = shown(
            made.kept.parties.frame(),
            &["account_id", "name", "payment_terms"],
        );
        assert_eq!(parties, ["B null net-14", "P Parent, Inc. net-30"]);
    }

    #[test]
    fn o2_a_parent_without_lines_of_its_own_is_invoiced_for_its_children() {
        let made = Case::new(FAMILY).bill(&["A 10.00"]);
        assert_eq!(drafts(&made, &["invoice_id", "account_id"]), ["R/P P"]);
    }

    #[test]
    fn o2_a_child_in_another_currency_is_parked_alone() {
        let case = Case::new(
            "account_id | currency | invoice_to
            A | EUR | P
            B | USD | B
            P | USD |",
        );
        let made = case.bill(&["A 1.00 currency=EUR", "B 1.00", "P 1.00"]);
        assert_eq!(drafts(&made, &["invoice_id"]), ["R/B", "R/P"]);
        assert_eq!(
            aside(&made),
            [
                "A BW-X119 its invoices go to `P`, which is billed in USD, while it is in EUR; leave `invoice_to` empty, or name an account in EUR"
            ]
        );
    }

    #[test]
    fn o2_a_parked_parent_parks_its_children() {
        let mut case = Case::new(FAMILY);
        case.parked.insert("P", "BW-V130");
        let made = case.bill(&["A 10.00", "B 3.00"]);
        assert_eq!(drafts(&made, &["invoice_id"]), ["R/B"]);
        assert_eq!(
            aside(&made),
            ["A BW-X119 its invoices go to `P`, which is parked with BW-V130; mend that account"]
        );
    }

    /// P19: what parks a parent here takes its children along, and nobody else.
    #[test]
    fn a_parent_that_cannot_be_invoiced_is_parked_with_its_children() {
        let mut case = Case::new(FAMILY);
        case.tax = Some(us_tax("10"));
        let made = case.bill(&["A 10.00 tax=books", "B 3.00", "P 20.00"]);
        assert_eq!(drafts(&made, &["invoice_id"]), ["R/B"]);
        assert_eq!(
            aside(&made),
            [
                "A BW-X119 its invoices go to `P`, which is parked with BW-R110; mend that account",
                "P BW-R110 tax `us` has no rate for category `books` that this account matches; add one",
            ]
        );
    }
}

mod groups {
    use super::*;

    #[test]
    fn each_group_key_has_an_invoice_of_its_own() {
        let case = Case::new("account_id | currency\nA | USD\nB | USD");
        let made = case.bill(&[
            "A 1.00 service=S-1 group=west",
            "A 2.00 service=S-2 group=east",
            "A 3.00 service=S-3 group=west",
            "A 4.00 service=S-4",
            "B 5.00",
        ]);
        assert_eq!(
            drafts(&made, &["invoice_id", "total", "group_key"]),
            [
                "R/A 4.00 null",
                "R/A/east 2.00 east",
                "R/A/west 4.00 west",
                "R/B 5.00 null"
            ]
        );
    }

    #[test]
    fn a_value_of_the_accounts_own_goes_before_its_groups() {
        let case = Case::new(
            "account_id | currency | group | delivery | payment_terms
            A | USD | corporate | email |
            B | USD | corporate | | net-14",
        )
        .group(Group {
            name: "corporate".to_owned(),
            delivery: Some("hardcopy".to_owned()),
            payment_terms: Some("net-30".to_owned()),
            template: Some("letter".to_owned()),
            formats: Some(
                [
                    crate::model::bill_run::Format::Html,
                    crate::model::bill_run::Format::Text,
                ]
                .into(),
            ),
            ..Group::default()
        });
        let made = case.bill(&["A 1.00", "B 2.00"]);
        let columns = [
            "account_id",
            "delivery",
            "payment_terms",
            "template",
            "formats",
        ];
        assert_eq!(
            shown(made.kept.parties.frame(), &columns),
            [
                "A email net-30 letter html txt",
                "B hardcopy net-14 letter html txt"
            ]
        );
        assert_eq!(drafts(&made, &["due_date"]), ["2026-03-31", "2026-03-15"]);
    }

    #[test]
    fn a_group_or_terms_that_nobody_defined_park_the_account() {
        let case = Case::new(
            "account_id | currency | group | payment_terms
            A | USD | nobody |
            B | USD | | net-7
            P | USD | |",
        );
        let made = case.bill(&["A 1.00", "B 1.00", "P 1.00"]);
        assert_eq!(drafts(&made, &["invoice_id"]), ["R/P"]);
        assert_eq!(
            aside(&made),
            [
                "A BW-X117 no definition has a group `nobody`",
                "B BW-X118 no definition has payment terms `net-7`",
            ]
        );
    }
}

mod days {
    use super::*;

    const BILL_DAYS: &str = "account_id | currency | bill_day | group
        A | USD | 31 | month-end
        B | USD | | month-end
        P | USD | |";

    fn month_end() -> Case {
        Case::new(BILL_DAYS).group(Group {
            name: "month-end".to_owned(),
            bill_day: Some(30),
            ..Group::default()
        })
    }

    fn posted(posting_date: PostingDate) -> Vec<String> {
        let mut case = month_end();
        case.options.posting_date = posting_date;
        drafts(
            &case.bill(&["A 1.00", "B 1.00", "P 1.00"]),
            &["posting_date"],
        )
    }

    /// O45: the selected month and year and the bill day, its own or its group's, clamped to the month.
    #[test]
    fn o45_the_posting_date_is_the_bill_day_in_the_month_meant() {
        assert_eq!(posted(PostingDate::TransactionDate), ["2026-03-02"; 3]);
        let february = PostingDate::Month {
            year: 2026,
            month: 2,
        };
        assert_eq!(posted(february), ["2026-02-28", "2026-02-28", "2026-02-01"]);
        assert_eq!(
            posted(PostingDate::MonthOfInvoiceDate),
            ["2026-03-31", "2026-03-30", "2026-03-01"]
        );
    }

    /// AO2: a bill day that the month does not have is its last day; none at all leaves the window's end.
    #[test]
    fn ao2_the_invoice_date_can_be_the_bill_day() {
        let mut case = month_end();
        case.options.date = InvoiceDate::BillDay;
        let made = case.bill(&["A 1.00", "B 1.00", "P 1.00"]);
        assert_eq!(
            drafts(&made, &["account_id", "invoice_date"]),
            ["P 2026-03-01", "B 2026-03-30", "A 2026-03-31"]
        );
    }

    /// C22, AC8: the offset is added to the date of the terms, within the range they allow.
    #[test]
    fn c22_ac8_an_offset_moves_the_due_date_within_the_range_of_the_terms() {
        let mut case = Case::new(
            "account_id | currency | payment_terms
            A | USD |
            B | USD | net-30",
        );
        case.options.due_offset_days = -5;
        let made = case.bill(&["A 1.00", "B 1.00"]);
        assert_eq!(drafts(&made, &["account_id", "due_date"]), ["A 2026-03-10"]);
        assert_eq!(
            aside(&made),
            [
                "B BW-R120 the run moves due dates by -5 days, and its payment terms `net-30` allow none; give them an `offset_range`"
            ]
        );
        case.options.due_offset_days = 11;
        assert_eq!(
            aside(&case.bill(&["A 1.00"])),
            [
                "A BW-R120 the run moves due dates by 11 days, and its payment terms `net-14` allow -5 to 10; change the offset or their `offset_range`"
            ]
        );
    }
}

mod suppressed {
    use super::*;

    const ACCOUNTS: &str = "account_id | currency\nA | USD\nB | USD";

    /// D14, AD4: a line of nothing is left off, and its days count as billed.
    #[test]
    fn d14_ad4_a_suppressed_line_counts_as_billed() {
        let mut case = Case::new(ACCOUNTS);
        case.options.suppress_zero_lines = true;
        let made = case.bill(&["A 0.00 service=S-0", "A 5.00 service=S-5", "B 0.00"]);
        assert_eq!(drafts(&made, &["invoice_id", "total"]), ["R/A 5.00"]);
        assert_eq!(suppressed(&made), ["S-0", "S-B"]);
        assert_eq!(made.kept.lines.on_invoices(), 1);
        assert_eq!(
            aside(&made),
            [
                "A/S-0 zero_line comes to nothing for 2026-03-01..2026-04-01; counted as billed and not printed",
                "B/S-B zero_line comes to nothing for 2026-03-01..2026-04-01; counted as billed and not printed",
            ]
        );
    }

    /// D14: an invoice of nothing is one all of whose lines are zero; +100 -100 is a document.
    #[test]
    fn d14_an_invoice_of_nothing_is_suppressed_and_one_that_adds_up_to_nothing_is_not() {
        let mut case = Case::new(ACCOUNTS);
        case.options.suppress_zero_invoices = true;
        let made = case.bill(&["A 100.00 service=S-1", "A -100.00 service=S-2", "B 0.00"]);
        assert_eq!(
            drafts(&made, &["invoice_id", "document_type", "total"]),
            ["R/A invoice 0.00"]
        );
        assert_eq!(
            aside(&made),
            [
                "B/S-B zero_invoice is on an invoice of nothing for 2026-03-01..2026-04-01; counted as billed and not printed"
            ]
        );
        assert_eq!(suppressed(&made), ["S-B"]);
    }

    /// What is billed and on no invoice: lines of their own, so that later parts of a period go on from them.
    fn suppressed(made: &Staged<Drafted>) -> Vec<&str> {
        let frame = made.kept.lines.frame();
        let rows = frame
            .text("service_id")
            .iter()
            .zip(frame.text("invoice_id").iter());
        let on_none = rows.filter(|(_, invoice)| invoice.is_none());
        on_none.filter_map(|(service, _)| service).collect()
    }
}

mod waiting {
    use super::*;

    const ACCOUNTS: &str = "account_id | currency | status | canceled_on | invoice_to
        A | USD | active | |
        B | USD | active | |
        C | USD | active | | P
        P | USD | active | |";

    fn at_least(total: &str) -> Case {
        let mut case = Case::new(ACCOUNTS);
        case.options.minimum = Some(Minimum {
            total: Amount::parse(total).unwrap(),
            carry_at_most_months: 3,
        });
        case
    }

    #[test]
    fn an_invoice_below_the_minimum_is_carried_and_claims_nothing() {
        let made = at_least("5.00").bill(&["A 4.99", "B 5.00"]);
        assert_eq!(drafts(&made, &["invoice_id"]), ["R/B"]);
        assert_eq!(made.kept.lines.len(), 1);
        assert_eq!(made.kept.carried.iter().collect::<Vec<_>>(), ["S-A"]);
        assert_eq!(
            aside(&made),
            [
                "A/S-A below_minimum the invoice would come to 4.99 USD, and the minimum is 5.00; carried to the next run"
            ]
        );
    }

    /// A service cannot be billed further on and not before, so what is suppressed waits with the rest.
    #[test]
    fn the_suppressed_lines_of_an_invoice_that_waits_wait_too() {
        let mut case = at_least("5.00");
        case.options.suppress_zero_lines = true;
        let made = case.bill(&["A 4.99", "A 0.00 service=S-0"]);
        assert!(made.kept.lines.is_empty());
        assert_eq!(made.kept.carried.iter().collect::<Vec<_>>(), ["S-0", "S-A"]);
    }

    #[test]
    fn an_invoice_is_carried_for_so_many_months_and_no_longer() {
        let case = at_least("5.00");
        let carried = case.bill(&["A 1.00 from=2025-12-03 to=2026-01-03", "A 1.00 service=S-2"]);
        assert!(carried.kept.drafts.is_empty());
        let old = case.bill(&["A 1.00 from=2025-12-02 to=2026-01-02", "A 1.00 service=S-2"]);
        assert_eq!(drafts(&old, &["total"]), ["2.00"]);
    }

    #[test]
    fn the_last_invoice_of_an_account_is_never_carried() {
        let mut case = at_least("5.00");
        case.standings =
            "account_id | subscription_id | service_id | charge | standing | next_ready_on
            A | SUB-A | S-A | access | billed |
            A | SUB-A | S-2 | access | excluded:ended |
            B | SUB-B | S-B | access | billed |
            B | SUB-B | S-3 | access | not_selected:schemes |
            C | SUB-C | S-C | access | not_due | 2026-04-01
            P | SUB-P | S-P | access | billed |";
        let made = case.bill(&["A 1.00", "B 1.00", "P 1.00"]);
        assert_eq!(
            drafts(&made, &["invoice_id"]),
            ["R/A"],
            "B goes on elsewhere, P for its child"
        );
        case.accounts = "account_id | currency | canceled_on | status
            A | USD | 2026-03-02 | active
            B | USD | | canceled
            C | USD | 2026-03-03 | active
            P | USD | |";
        let made = case.bill(&["A 1.00", "B 1.00", "C 1.00"]);
        assert_eq!(drafts(&made, &["invoice_id"]), ["R/A", "R/B"]);
    }

    #[test]
    fn an_invoice_below_zero_is_a_credit_note_in_its_own_series() {
        let made = Case::new(ACCOUNTS).bill(&[
            "A 5.00 service=S-1",
            "A -25.00 credits=S-A:access:2026-02-01",
            "B 1.00",
        ]);
        let columns = ["invoice_id", "document_type", "series", "net", "amount_due"];
        assert_eq!(
            drafts(&made, &columns),
            [
                "R/A credit_note credit_notes -20.00 -20.00",
                "R/B invoice default 1.00 1.00"
            ]
        );
    }

    #[test]
    fn an_invoice_below_zero_can_wait_for_what_comes_unless_it_is_the_last() {
        let mut case = Case::new(ACCOUNTS);
        case.options.negative = Negative::Carry;
        let made = case.bill(&["A -25.00 credits=S-A:access:2026-02-01", "B 1.00"]);
        assert_eq!(drafts(&made, &["invoice_id"]), ["R/B"]);
        assert_eq!(
            aside(&made),
            [
                "A/S-A negative_carried the invoice would come to -25.00 USD; carried until the account owes more"
            ]
        );
        case.standings = "account_id | subscription_id | service_id | charge | standing";
        let made = case.bill(&["A -25.00 credits=S-A:access:2026-02-01"]);
        assert_eq!(drafts(&made, &["document_type"]), ["credit_note"]);
    }
}

mod sums {
    use super::*;

    const ACCOUNTS: &str = "account_id | currency | region | tax_exempt | opening_balance
        A | USD | CA | false | 12.50
        B | USD | CA | true | 3.00
        E | EUR | CA | false |";

    #[test]
    fn tax_is_rounded_once_on_the_document_or_on_each_line() {
        let mut case = Case::new(ACCOUNTS);
        case.tax = Some(us_tax("7.25"));
        let lines = [
            "A 1.10 service=S-1",
            "A 1.10 service=S-2",
            "A 1.10 service=S-3",
        ];
        let made = case.bill(&lines);
        assert_eq!(drafts(&made, &["net", "tax", "total"]), ["3.30 0.24 3.54"]);
        assert_eq!(shown(made.kept.lines.frame(), &["tax"]), ["null"; 3]);
        case.tax_rounding = TaxRounding::Line;
        let made = case.bill(&lines);
        assert_eq!(shown(made.kept.lines.frame(), &["tax"]), ["0.08"; 3]);
        assert_eq!(
            shown(made.kept.taxes.frame(), &["base", "tax"]),
            ["3.30 0.24"]
        );
        let odd = case.bill(&["A 0.10 service=S-1", "A 0.10 service=S-2"]);
        assert_eq!(drafts(&odd, &["net", "tax", "total"]), ["0.20 0.02 0.22"]);
    }

    #[test]
    fn several_taxes_are_each_rounded_and_shown() {
        let mut case = Case::new(ACCOUNTS);
        case.tax = Some(two_taxes("5", "9.975"));
        let made = case.bill(&["A 10.10"]);
        let taxes =
            |made: &Staged<Drafted>| shown(made.kept.taxes.frame(), &["name", "base", "tax"]);
        assert_eq!(taxes(&made), ["GST 10.10 0.51", "QST 10.10 1.01"]);
        assert_eq!(
            drafts(&made, &["net", "tax", "total"]),
            ["10.10 1.52 11.62"]
        );
        case.tax = case.tax.map(compound);
        let made = case.bill(&["A 10.10"]);
        assert_eq!(taxes(&made), ["GST 10.10 0.51", "QST 10.61 1.06"]);
        assert_eq!(
            drafts(&made, &["net", "tax", "total"]),
            ["10.10 1.57 11.67"]
        );
    }

    #[test]
    fn tax_in_the_amounts_is_taken_out_and_the_lines_add_up_to_the_total() {
        let mut case = Case::new(ACCOUNTS);
        let inclusive = |tax: Tax| {
            Some(Tax {
                prices: Prices::Inclusive,
                ..tax
            })
        };
        case.tax = inclusive(us_tax("19"));
        let sums = |made: &Staged<Drafted>| drafts(made, &["net", "tax", "total", "tax_included"]);
        let taxes = |made: &Staged<Drafted>| shown(made.kept.taxes.frame(), &["base", "tax"]);
        let made = case.bill(&["A 100.00"]);
        assert_eq!(sums(&made), ["84.03 15.97 100.00 true"]);
        assert_eq!(taxes(&made), ["84.03 15.97"]);
        case.tax = inclusive(two_taxes("5", "10"));
        let made = case.bill(&["A 115.00"]);
        assert_eq!(taxes(&made), ["100.00 5.00", "100.00 10.00"]);
        case.tax = inclusive(compound(two_taxes("5", "10")));
        let made = case.bill(&["A 115.50"]);
        assert_eq!(taxes(&made), ["100.00 5.00", "105.00 10.50"]);
        assert_eq!(sums(&made), ["100.00 15.50 115.50 true"]);
    }

    #[test]
    fn whoever_has_a_tax_id_owes_the_tax_where_the_charge_is_reversed() {
        let mut case = Case::new(
            "account_id | currency | region | tax_id
            A | USD | CA | FR123
            B | USD | CA |",
        );
        let mut tax = us_tax("20");
        let note = "Reverse charge".to_owned();
        let treatment = Treatment::ReverseCharge;
        let reversed = TaxRate {
            levy: Levy::Untaxed { treatment, note },
            ..tax.rates[0].clone()
        };
        tax.rates.insert(0, reversed);
        case.tax = Some(tax);
        let made = case.bill(&["A 10.00", "B 10.00"]);
        assert_eq!(
            drafts(&made, &["account_id", "total"]),
            ["A 10.00", "B 12.00"]
        );
        let taxes = shown(
            made.kept.taxes.frame(),
            &["treatment", "base", "tax", "note"],
        );
        assert_eq!(
            taxes,
            [
                "reverse_charge 10.00 0.00 Reverse charge",
                "taxed 10.00 2.00 null"
            ]
        );
    }

    #[test]
    fn an_exempt_account_pays_no_tax_and_its_invoice_says_of_what() {
        let mut case = Case::new(ACCOUNTS);
        case.tax = Some(Tax {
            exempt_note: Some("Exempt".to_owned()),
            ..us_tax("7.25")
        });
        let made = case.bill(&["B 10.00 tax=anything"]);
        assert_eq!(
            drafts(&made, &["net", "tax", "total"]),
            ["10.00 0.00 10.00"]
        );
        let taxes = shown(
            made.kept.taxes.frame(),
            &["category", "base", "tax", "note"],
        );
        assert_eq!(taxes, ["anything 10.00 0.00 Exempt"]);
        assert_eq!(shown(made.kept.parties.frame(), &["tax_exempt"]), ["true"]);
    }

    /// AD3: what was owed before this run; the balance of the book, else the one the account came with.
    #[test]
    fn ad3_the_prior_balance_is_that_before_the_run() {
        let mut case = Case::new(ACCOUNTS);
        case.balances
            .insert("A".to_owned(), Amount::parse("107.25").unwrap());
        let made = case.bill(&["A 1.00", "B 1.00"]);
        assert_eq!(
            drafts(&made, &["account_id", "prior_balance", "amount_due"]),
            ["A 107.25 1.00", "B 3.00 1.00"]
        );
    }

    /// P13: one currency an invoice and a series, several in a run.
    #[test]
    fn p13_each_invoice_is_in_the_currency_of_its_account_and_so_is_its_series() {
        let mut case = Case::new(ACCOUNTS);
        let lines = ["A 1.00", "E 2.00 currency=EUR"];
        let made = case.bill(&lines);
        assert_eq!(drafts(&made, &["account_id"]), ["A"]);
        assert_eq!(
            aside(&made),
            [
                "E BW-N104 the run has no number series in EUR; name one more in `invoices.series`, with `currency = \"EUR\"` in billwright.toml"
            ]
        );
        let euro = Currency::parse("EUR").unwrap();
        case.options.series.insert(euro, "euro".to_owned());
        let made = case.bill(&lines);
        assert_eq!(
            drafts(&made, &["account_id", "currency", "series"]),
            ["A USD default", "E EUR euro"]
        );
    }
}

mod line_ids {
    use super::*;

    #[test]
    fn a_line_that_is_in_the_book_already_is_numbered_on() {
        let mut case = Case::new("account_id | currency\nA | USD");
        case.lines = Lines::checked(table(
            Lines::SCHEMA,
            "line_id\nS-A:access:2026-03-01\nS-A:access:2026-03-01:2",
        ));
        let made = case.bill(&[
            "A 30.00",
            "A -20.00 credits=S-A:access:2026-02-01",
            "A 1.00 from=2026-04-01 to=2026-05-01",
        ]);
        assert_eq!(
            shown(made.kept.lines.frame(), &["line_id", "amount"]),
            [
                "S-A:access:2026-03-01:3 -20.00",
                "S-A:access:2026-03-01:4 30.00",
                "S-A:access:2026-04-01 1.00",
            ]
        );
    }

    #[test]
    fn the_line_of_an_order_is_named_by_the_order() {
        let rows = format!(
            "{LINES}\nA | | | O-1:2 | one_time | 2026-03-01 | 2026-03-02 | 5.00 | standard | USD | |"
        );
        let rated = RatedLines::checked(table(RatedLines::SCHEMA, &rows));
        let lines = crate::model::line_id::line_ids(rated.frame(), &BTreeSet::new());
        assert_eq!(lines.ids.get(0), Some("O-1:2"));
    }
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is suppressed or carried: each line ends on a draft or beside one, and sum of lines = net (P8, P10).
        #[test]
        fn every_line_ends_on_a_draft_or_beside_one(
            lines in prop::collection::vec((0_usize..3, -300_i32..300, 0_usize..3), 1..12),
            zero_lines: bool, zero_invoices: bool, minimum: bool, carry: bool,
        ) {
            let mut case = Case::new("account_id | currency | invoice_to\nA | USD | P\nB | USD |\nP | USD |");
            case.options.suppress_zero_lines = zero_lines;
            case.options.suppress_zero_invoices = zero_invoices;
            case.options.minimum = minimum.then_some(Minimum { total: Amount::parse("1.00").unwrap(), carry_at_most_months: 3 });
            case.options.negative = if carry { Negative::Carry } else { Negative::CreditNote };
            let text = |(at, (account, cents, group)): (usize, &(usize, i32, usize))| {
                // A third of them cost nothing.
                let cents = if cents % 3 == 0 { 0 } else { *cents };
                let amount = Amount::from_minor(cents.into(), crate::money::Currency::USD).unwrap();
                format!("{} {amount} service=S-{at} group={}", ["A", "B", "P"][*account], ["", "x", "y"][*group])
            };
            let texts: Vec<String> = lines.iter().enumerate().map(text).collect();
            let made = case.bill(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(made.kept.lines.on_invoices() + made.aside.len(), lines.len());
            let frame = made.kept.lines.frame();
            let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
            for (invoice, units) in frame.text("invoice_id").iter().zip(frame.units("amount")) {
                let Some(invoice) = invoice else { continue };
                *sums.entry(invoice).or_default() += units.unwrap();
            }
            let drafts = made.kept.drafts.frame();
            let nets = drafts.text("invoice_id").iter().flatten().zip(drafts.units("net").flatten());
            prop_assert_eq!(nets.collect::<BTreeMap<_, _>>(), sums);
        }
    }
}

mod reductions {
    use super::*;
    use crate::model::table::Columns;
    use proptest::prelude::*;

    const ACCOUNTS: &str = "account_id | currency | region\nA | USD | CA\nB | EUR | CA";

    /// Account A with these discounts and credits.
    fn case(discounts: &'static str, credits: &'static str) -> Case {
        Case {
            discounts,
            credits,
            ..Case::new(ACCOUNTS)
        }
    }

    fn lines(made: &Staged<Drafted>) -> Vec<String> {
        shown(
            made.kept.lines.frame(),
            &["line_id", "kind", "amount", "discount", "reduces"],
        )
    }

    fn used(made: &Staged<Drafted>) -> Vec<String> {
        let columns = ["source", "source_id", "invoice_id", "amount"];
        shown(made.kept.allocations.frame(), &columns)
    }

    #[test]
    fn a_percentage_is_taken_off_each_line_it_is_for_by_a_line_of_its_own() {
        let case = case(
            "discount_id | account_id | service_id | percent\nD | A | S-1 | 12.5",
            "credit_id",
        );
        let made = case.bill(&["A 9.99 service=S-1", "A 5.00 service=S-2"]);
        assert_eq!(
            lines(&made),
            [
                "S-1:access:2026-03-01 recurring 9.99 null null",
                "S-1:access:2026-03-01:2 discount -1.25 D S-1:access:2026-03-01",
                "S-2:access:2026-03-01 recurring 5.00 null null",
            ]
        );
        assert_eq!(drafts(&made, &["net", "total"]), ["13.74 13.74"]);
        assert_eq!(used(&made), ["discount D R/A 1.25"]);
    }

    #[test]
    fn percentages_go_before_amounts_and_each_takes_from_what_is_left() {
        let case = case(
            "discount_id | account_id | percent | amount | priority
            FIX | A | | 10.00 |
            HALF | A | 50 | |
            TEN | A | 10 | |",
            "credit_id",
        );
        let made = case.bill(&["A 100.00"]);
        assert_eq!(
            shown(made.kept.lines.frame(), &["discount", "quantity", "amount"])[1..],
            [
                "HALF 100.000000 -50.00",
                "TEN 50.000000 -5.00",
                "FIX 45.000000 -10.00"
            ]
        );
        let first = Case {
            discounts: "discount_id | account_id | percent | amount | priority
                FIX | A | | 10.00 | 1
                HALF | A | 50 | |",
            ..case
        };
        let made = first.bill(&["A 100.00"]);
        assert_eq!(drafts(&made, &["net"]), ["45.00"]);
    }

    /// All of what is left between two coins would be more than there is.
    #[test]
    fn a_percentage_of_a_line_of_larger_coins_is_of_larger_coins_and_never_more_than_there_is() {
        let case = case(
            "discount_id | account_id | percent | amount | priority
            ALL | A | 100 | | 2
            CENTS | A | | 0.02 | 1",
            "credit_id",
        );
        let made = case.bill(&["A 10.00 coin=0.05"]);
        let off = shown(made.kept.lines.frame(), &["discount", "amount"]);
        assert_eq!(off[1..], ["CENTS -0.02", "ALL -9.98"]);
        let tenth = Case {
            discounts: "discount_id | account_id | percent\nTENTH | A | 10",
            ..case
        };
        let made = tenth.bill(&["A 10.35 coin=0.05"]);
        assert_eq!(drafts(&made, &["net"]), ["9.30"]);
    }

    #[test]
    fn an_amount_is_spread_over_the_lines_and_never_more_than_there_is() {
        let case = case(
            "discount_id | account_id | amount\nD | A | 8.00",
            "credit_id",
        );
        let made = case.bill(&["A 4.00 service=S-1", "A 2.00 service=S-2"]);
        assert_eq!(drafts(&made, &["net"]), ["0.00"]);
        assert_eq!(used(&made), ["discount D R/A 6.00"]);
        let made = case.bill(&["A 20.00 service=S-1", "A 10.00 service=S-2"]);
        assert_eq!(
            shown(made.kept.lines.frame(), &["amount"]),
            ["20.00", "-5.33", "10.00", "-2.67"]
        );
    }

    #[test]
    fn a_discount_is_on_so_many_invoices_and_for_periods_that_begin_in_its_days() {
        let mut case = case(
            "discount_id | account_id | percent | invoices | from | to
            ONCE | A | 10 | 1 | |
            MARCH | A | 20 | | 2026-03-01 | 2026-04-01",
            "credit_id",
        );
        let lines = ["A 10.00", "A 10.00 from=2026-04-01 to=2026-05-01"];
        let off = |made: &Staged<Drafted>| shown(made.kept.lines.frame(), &["discount", "amount"]);
        assert_eq!(
            off(&case.bill(&lines)),
            [
                "null 10.00",
                "MARCH -2.00",
                "ONCE -0.80",
                "null 10.00",
                "ONCE -1.00"
            ]
        );
        let once = |run_id: &str| {
            let row = format!("A | discount | ONCE | {run_id} | 1.00");
            let rows = format!("account_id | source | source_id | run_id | amount\n{row}");
            Allocations::checked(table(Allocations::SCHEMA, &rows))
        };
        case.allocations = once("Q");
        assert_eq!(
            off(&case.bill(&lines)),
            ["null 10.00", "MARCH -2.00", "null 10.00"]
        );
        // An earlier run of this night may have left a line to be carried: it is not billed for more now than it was then.
        case.allocations = once("R.2");
        assert_eq!(off(&case.bill(&lines)).len(), 5);
    }

    #[test]
    fn a_subscription_names_a_percentage_of_its_own() {
        let case = Case {
            subscriptions: "subscription_id | account_id | discount_percent\nSUB-A | A | 25",
            ..Case::new(ACCOUNTS)
        };
        let made = case.bill(&["A 10.00"]);
        assert_eq!(drafts(&made, &["net"]), ["7.50"]);
        assert!(used(&made).is_empty());
    }

    #[test]
    fn price_credits_are_used_oldest_first_before_tax_and_what_is_left_stays() {
        let mut case = case(
            "discount_id",
            "credit_id | account_id | amount | kind | on | expires_on | tax_category
            NEW | A | 10.00 | price | 2026-02-01 | |
            OLD | A | 5.00 | price | 2026-01-01 | |
            GONE | A | 5.00 | price | 2025-01-01 | 2026-03-01 |
            LATER | A | 5.00 | price | 2026-04-01 | |
            OTHER | A | 5.00 | price | 2026-01-01 | | reduced",
        );
        case.tax = Some(us_tax("10"));
        let made = case.bill(&["A 12.00"]);
        assert_eq!(
            used(&made),
            ["price_credit NEW R/A 7.00", "price_credit OLD R/A 5.00"]
        );
        assert_eq!(drafts(&made, &["net", "tax", "total"]), ["0.00 0.00 0.00"]);
        case.allocations = made.kept.allocations.clone();
        let made = case.bill(&["A 12.00"]);
        assert_eq!(used(&made), ["price_credit NEW R/A 3.00"]);
        assert_eq!(drafts(&made, &["net", "tax", "total"]), ["9.00 0.90 9.90"]);
    }

    #[test]
    fn credits_are_used_by_priority_then_by_what_expires_first_then_the_oldest() {
        let case = case(
            "discount_id",
            "credit_id | account_id | amount | kind | on | expires_on | priority
            OLDEST | A | 1.00 | balance | 2026-01-01 | |
            NEWER | A | 1.00 | balance | 2026-02-01 | |
            SOON | A | 1.00 | balance | 2026-02-01 | 2026-04-01 |
            LATER | A | 1.00 | balance | 2026-01-01 | 2026-05-01 |
            FIRST | A | 1.00 | balance | 2026-02-01 | | 1",
        );
        for (amount, last) in [
            ("A 1.00", "FIRST"),
            ("A 2.00", "SOON"),
            ("A 3.00", "LATER"),
            ("A 4.00", "OLDEST"),
            ("A 4.50", "NEWER"),
        ] {
            let made = case.bill(&[amount]);
            let used = shown(made.kept.allocations.frame(), &["source_id"]);
            assert!(used.contains(&last.to_owned()), "{amount}: {used:?}");
            assert_eq!(drafts(&made, &["amount_due"]), ["0.00"]);
        }
    }

    #[test]
    fn a_balance_credit_pays_what_is_due_after_tax() {
        let mut case = case(
            "discount_id",
            "credit_id | account_id | amount | kind\nC | A | 15.00 | balance",
        );
        case.tax = Some(us_tax("10"));
        let made = case.bill(&["A 10.00 group=east", "A 20.00 group=west"]);
        assert_eq!(
            drafts(&made, &["total", "applied", "amount_due"]),
            ["11.00 11.00 0.00", "22.00 4.00 18.00"]
        );
        assert_eq!(
            used(&made),
            [
                "balance_credit C R/A/east 11.00",
                "balance_credit C R/A/west 4.00"
            ]
        );
    }

    /// Who gets half of the days back gets half of what was paid for them, not of the price.
    #[test]
    fn days_that_are_credited_take_their_part_of_the_discount_along() {
        let mut case = Case::new(ACCOUNTS);
        case.lines = Lines::checked(table(
            Lines::SCHEMA,
            "line_id | kind | amount | discount | reduces | credits | description
             | recurring | | | | |
            S-A:access:2026-02-01 | recurring | 30.00 | | | |
            S-A:access:2026-02-01:2 | discount | -10.01 | D | S-A:access:2026-02-01 | | Autumn
            S-A:access:2026-02-20 | credit | -10.00 | | | S-A:access:2026-02-01 |
            S-A:access:2026-02-20:2 | discount | 3.34 | D | S-A:access:2026-02-20 | | Autumn",
        ));
        let made = case.bill(&["A -20.00 credits=S-A:access:2026-02-01 from=2026-02-01"]);
        assert_eq!(
            shown(made.kept.lines.frame(), &["kind", "amount", "description"]),
            ["credit -20.00 null", "discount 6.67 Autumn"]
        );
        assert_eq!(used(&made), ["discount D R/A -6.67"]);
        case.discounts = "discount_id | account_id | percent | invoices\nD | A | 10 | 1";
        let lines = [
            "A -20.00 credits=S-A:access:2026-02-01 from=2026-02-01",
            "A 5.00 service=S-B",
        ];
        let made = case.bill(&lines);
        assert_eq!(used(&made), ["discount D R/A 0.50", "discount D R/A -6.67"]);
    }

    #[test]
    fn a_credit_in_another_currency_parks_the_account() {
        let case = case(
            "discount_id | account_id | amount | currency\nD | A | 5.00 | EUR",
            "credit_id | account_id | amount | currency | kind\nC | B | 5.00 | USD | balance",
        );
        let made = case.bill(&["A 12.00", "B 12.00 currency=EUR"]);
        assert_eq!(
            aside(&made),
            [
                "A BW-X121 discount `D` is in EUR, and the account is billed in USD; give it an amount in USD",
                "B BW-N104 the run has no number series in EUR; name one more in `invoices.series`, with `currency = \"EUR\"` in billwright.toml",
            ]
        );
    }

    proptest! {
        /// Whatever is taken off, no line turns its sign, nothing is taken off credits, and the parts add up.
        #[test]
        fn discounts_never_turn_a_line(
            amounts in proptest::collection::vec(-10_000_i64..100_000, 1..6),
            percents in proptest::collection::vec(0_i64..=100, 0..3),
            fixed in proptest::collection::vec(0_i64..200_000, 0..3),
            credit in 0_i64..200_000,
        ) {
            let cents = |cents: i64| format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100);
            let mut discounts = "discount_id | account_id | percent | amount".to_owned();
            for (at, percent) in percents.iter().enumerate() {
                discounts.push_str(&format!("\nP{at} | A | {percent} |"));
            }
            for (at, amount) in fixed.iter().enumerate() {
                discounts.push_str(&format!("\nF{at} | A | | {}", cents(*amount)));
            }
            let credits = format!("credit_id | account_id | amount | kind\nC | A | {} | price", cents(credit));
            let case = case(discounts.leak(), credits.leak());
            let rows: Vec<String> = (0..).zip(&amounts).map(|(at, amount)| format!("A {} service=S-{at}", cents(*amount))).collect();
            let made = case.bill(&rows.iter().map(String::as_str).collect::<Vec<_>>());
            let frame = made.kept.lines.frame();
            let (ids, targets) = (frame.text("line_id"), frame.text("reduces"));
            let units: Vec<i128> = frame.units("amount").flatten().collect();
            for (row, id) in ids.iter().enumerate().filter(|(row, _)| targets.get(*row).is_none()) {
                let off: i128 = (0..frame.height()).filter(|other| targets.get(*other) == id).map(|other| units[other]).sum();
                prop_assert!(off <= 0);
                let keeps_its_sign = match units[row] > 0 {
                    true => units[row] + off >= 0,
                    false => off == 0,
                };
                prop_assert!(keeps_its_sign);
            }
            let used: i128 = made.kept.allocations.frame().units("amount").flatten().sum();
            let off: i128 = (0..frame.height()).filter(|row| targets.get(*row).is_some()).map(|row| units[row]).sum();
            prop_assert_eq!(used, -off);
        }
    }
}
