//! All runs of a book, one after another.

use super::table::{Cell, Side, Table};
use crate::model::book_view::{BookView, RunRecord};
use crate::model::plan::{CurrencyTotals, RunType, Totals, WalletSums};

/// Lists the runs in the order they were made.
///
/// A run has one row; one in several currencies has a row for each, and its counts stand in the first. `alert` marks a run
/// with exceptions, whatever its state. A run that debits wallets has no invoices, no net and no tax; its total is what it debited.
pub fn runs(view: &BookView) -> Table {
    let mut table = Table::new([
        ("run_id", Side::Left),
        ("as_of", Side::Left),
        ("state", Side::Left),
        ("alert", Side::Left),
        ("type", Side::Left),
        ("lines", Side::Right),
        ("invoices", Side::Right),
        ("exceptions", Side::Right),
        ("currency", Side::Left),
        ("net", Side::Right),
        ("tax", Side::Right),
        ("total", Side::Right),
    ])
    .spare(&["as_of", "type", "exceptions", "tax"]);
    for run in &view.runs {
        let sums: Vec<Vec<Cell>> = match &run.wallets {
            Some(wallets) => wallets.currencies.iter().map(debited).collect(),
            None => run.totals.iter().map(|sums| amounts(Some(sums))).collect(),
        };
        let mut sums = sums.into_iter();
        let first = sums.next().unwrap_or_else(|| amounts(None));
        table.push([counts(run, true), first].concat());
        for further in sums {
            table.push([counts(run, false), further].concat());
        }
    }
    table
}

fn counts(run: &RunRecord, first: bool) -> Vec<Cell> {
    let count = |count| {
        if first {
            Cell::Count(count)
        } else {
            Cell::Empty
        }
    };
    vec![
        Cell::text(run.run_id.as_str()),
        Cell::text(run.as_of.as_str()),
        Cell::text(run.state.name()),
        Cell::text(if run.has_exceptions { "!" } else { "" }),
        Cell::text(type_name(run.run_type)),
        count(run.lines),
        match run.wallets {
            Some(_) => Cell::Empty,
            None => count(run.invoices),
        },
        count(run.exceptions),
    ]
}

/// The same of what was debited from wallets.
fn debited((currency, sums): (&String, &WalletSums)) -> Vec<Cell> {
    vec![
        Cell::text(currency.as_str()),
        Cell::Empty,
        Cell::Empty,
        Cell::Number(sums.debited.clone()),
    ]
}

/// Cells for currency, net, tax and total.
pub(super) fn amounts(sums: Option<(&String, &CurrencyTotals)>) -> Vec<Cell> {
    match sums {
        Some((currency, sums)) => vec![
            Cell::text(currency.as_str()),
            Cell::Number(sums.net.clone()),
            Cell::Number(sums.tax.clone()),
            Cell::Number(sums.total.clone()),
        ],
        None => vec![Cell::Empty; 4],
    }
}

fn type_name(run_type: RunType) -> &'static str {
    match run_type {
        RunType::Batch => "BATCH",
        RunType::Individual => "INDIVIDUAL",
    }
}

/// The sums of a run as the book has them.
pub fn totals(run: &RunRecord) -> Totals {
    let count = |count| usize::try_from(count).unwrap_or(0);
    Totals {
        lines: count(run.lines),
        invoices: count(run.invoices),
        exclusions: count(run.exclusions),
        exceptions: count(run.exceptions),
        currencies: run.totals.clone(),
        wallets: run.wallets.clone(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::plan::{RunState, Stage, WalletTotals};

    /// A run of `monthly` that billed these sums.
    pub fn record(run_id: &str, as_of: &str, exceptions: i64, sums: &[(&str, &str)]) -> RunRecord {
        let sum = |net: &str| CurrencyTotals {
            net: net.to_owned(),
            tax: "0.00".to_owned(),
            total: net.to_owned(),
        };
        RunRecord {
            run_id: run_id.to_owned(),
            definition: "monthly".to_owned(),
            as_of: as_of.to_owned(),
            run_type: RunType::Batch,
            state: RunState::Rendered,
            has_exceptions: exceptions > 0,
            goal: Stage::Render,
            plan_hash: "0".repeat(64),
            serial: 1,
            lines: 12,
            invoices: 5,
            exclusions: 1,
            exceptions,
            totals: sums
                .iter()
                .map(|(currency, net)| ((*currency).to_owned(), sum(net)))
                .collect(),
            wallets: None,
        }
    }

    #[test]
    fn a_run_that_debits_wallets_has_what_it_debited_as_its_total() {
        let sums = |debited: &str| WalletSums {
            debited: debited.to_owned(),
            ..WalletSums::default()
        };
        let wallets = WalletTotals {
            currencies: [("EUR", "12.50"), ("USD", "0.00")]
                .map(|(currency, debited)| (currency.to_owned(), sums(debited)))
                .into(),
            ..WalletTotals::default()
        };
        let mut view = BookView::empty();
        view.runs = vec![RunRecord {
            state: RunState::Posted,
            wallets: Some(wallets),
            ..record("purse@2026-02-01", "2026-02-01", 0, &[])
        }];
        insta::assert_snapshot!(runs(&view).to_csv().replace('\r', ""), @"
        run_id,as_of,state,alert,type,lines,invoices,exceptions,currency,net,tax,total
        purse@2026-02-01,2026-02-01,posted,,BATCH,12,,0,EUR,,,12.50
        purse@2026-02-01,2026-02-01,posted,,BATCH,,,,USD,,,0.00
        ");
    }

    #[test]
    fn a_run_in_two_currencies_has_a_row_for_each_and_is_counted_once() {
        let mut view = BookView::empty();
        view.runs = vec![
            record(
                "monthly@2026-02-01",
                "2026-02-01",
                1,
                &[("EUR", "10.00"), ("USD", "20.00")],
            ),
            record("monthly@2026-03-01", "2026-03-01", 0, &[]),
        ];
        insta::assert_snapshot!(runs(&view).to_csv().replace('\r', ""), @"
        run_id,as_of,state,alert,type,lines,invoices,exceptions,currency,net,tax,total
        monthly@2026-02-01,2026-02-01,rendered,!,BATCH,12,5,1,EUR,10.00,0.00,10.00
        monthly@2026-02-01,2026-02-01,rendered,!,BATCH,,,,USD,20.00,0.00,20.00
        monthly@2026-03-01,2026-03-01,rendered,,BATCH,12,5,0,,,,
        ");
    }
}
