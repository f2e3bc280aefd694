//! The journal of a run: what each invoice does to the ledger.

use crate::model::draft::{Drafts, Postings};
use crate::model::table::{Columns, Kind, text_column, units_column};
use crate::model::workspace::Ledger;
use polars::prelude::{DataFrame, IdxCa, IdxSize, NamedFrom};

/// One balanced entry per draft: the account owes what is due, and what balance credits pay is no longer owed to it; revenue and tax are earned. A credit note's sides are turned,
/// its sums being below zero.
///
/// A side of zero is left out. Panics if an entry does not balance: the draft's sums were wrong.
pub fn journal(drafts: &Drafts, ledger: &Ledger) -> Postings {
    let frame = drafts.frame();
    let amounts = |name: &str| {
        frame
            .units(name)
            .map(Option::unwrap_or_default)
            .collect::<Vec<_>>()
    };
    let [net, tax, due, applied] = ["net", "tax", "amount_due", "applied"].map(amounts);
    // Positive is a debit.
    let mut postings: Vec<(IdxSize, &str, i128)> = Vec::with_capacity(frame.height() * 3);
    for row in 0..frame.height() {
        let mut sides = [
            (ledger.receivable.as_str(), due[row]),
            (&ledger.credits, applied[row]),
            (&ledger.revenue, -net[row]),
            (&ledger.tax, -tax[row]),
        ];
        sides.sort_unstable_by_key(|(account, _)| *account);
        assert_eq!(
            sides.iter().map(|(_, units)| units).sum::<i128>(),
            0,
            "an entry does not balance"
        );
        postings.extend(
            sides
                .into_iter()
                .filter(|(_, units)| *units != 0)
                .map(|(account, units)| (row as IdxSize, account, units)),
        );
    }
    let rows = IdxCa::new(
        "".into(),
        postings.iter().map(|(row, ..)| *row).collect::<Vec<_>>(),
    );
    let copied = |column: &str, name: &str| {
        let column = frame.column(column).expect("a draft's column");
        column
            .take(&rows)
            .expect("rows within the table")
            .with_name(name.into())
    };
    let side = |name: &str, sign: i128| {
        units_column(
            name,
            Kind::Amount,
            postings
                .iter()
                .map(|(.., units)| Some((units * sign).max(0))),
        )
    };
    let columns = vec![
        copied("invoice_id", "entry_id"),
        copied("run_id", "run_id"),
        copied("invoice_id", "invoice_id"),
        copied("account_id", "account_id"),
        text_column(
            "ledger_account",
            postings.iter().map(|(_, account, _)| Some(*account)),
        ),
        side("debit", 1),
        side("credit", -1),
        copied("currency", "currency"),
        copied("posting_date", "posting_date"),
    ];
    Postings::in_order(DataFrame::new(postings.len(), columns).expect("columns of one height"))
}
