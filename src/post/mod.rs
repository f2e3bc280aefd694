//! Draft invoices -> numbered invoices and balanced entries.
//!
//! Owns the order of numbers and the shape of the journal. Does not own when a number is given out for good (`book/`).
//! Invariant: numbers follow the last one without a gap; debits = credits in every entry.

mod journal;
mod number;

pub use journal::journal;
pub use number::{Numbered, number};

#[cfg(test)]
mod tests {
    use crate::calendar::Date;
    use crate::model::draft::Drafts;
    use crate::model::table::{Columns, Kind, date_column, flag_column, text_column, units_column};
    use crate::model::workspace::Ledger;
    use crate::money::Amount;
    use polars::prelude::{Column, DataFrame};

    type Written<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

    /// Drafts from id, account, invoice date, net and tax; those below zero are credit notes.
    pub fn drafts(rows: &[Written<'_>]) -> Drafts {
        let units = |text: &str| Amount::parse(text).unwrap().units();
        let is_credit = |net: &str| net.starts_with('-');
        let column = |name: &str, kind: Kind| -> Column {
            let text = |of: &dyn Fn(&Written<'_>) -> String| {
                text_column(name, rows.iter().map(|row| Some(of(row))))
            };
            match (name, kind) {
                ("invoice_id", _) => text(&|row| row.0.to_owned()),
                ("account_id", _) => text(&|row| row.1.to_owned()),
                ("series", _) => text(&|row| {
                    if is_credit(row.3) {
                        "credit_notes"
                    } else {
                        "default"
                    }
                    .to_owned()
                }),
                ("document_type", _) => text(&|row| {
                    if is_credit(row.3) {
                        "credit_note"
                    } else {
                        "invoice"
                    }
                    .to_owned()
                }),
                ("group_key", _) => text_column(name, rows.iter().map(|_| None::<&str>)),
                (_, Kind::Flag) => flag_column(name, rows.iter().map(|_| Some(false))),
                (_, Kind::Text) => text(&|_| "R".to_owned()),
                (_, Kind::Date) => date_column(
                    name,
                    rows.iter().map(|row| Some(Date::parse(row.2).unwrap())),
                ),
                ("net", _) => units_column(name, kind, rows.iter().map(|row| Some(units(row.3)))),
                ("tax", _) => units_column(name, kind, rows.iter().map(|row| Some(units(row.4)))),
                ("applied", _) => units_column(name, kind, rows.iter().map(|_| Some(0))),
                _ => units_column(
                    name,
                    kind,
                    rows.iter().map(|row| Some(units(row.3) + units(row.4))),
                ),
            }
        };
        let columns = Drafts::SCHEMA
            .columns
            .iter()
            .map(|(name, kind)| column(name, *kind));
        Drafts::checked(DataFrame::new(rows.len(), columns.collect()).unwrap())
    }

    /// P8: debits = credits, also where the account is owed.
    #[test]
    fn a_credit_note_is_posted_with_its_sides_turned() {
        let drafts = drafts(&[
            ("R/A", "A", "2026-03-01", "100.00", "7.25"),
            ("R/B", "B", "2026-03-01", "-10.00", "-0.73"),
            ("R/C", "C", "2026-03-01", "4.00", "0.00"),
        ]);
        let journal = super::journal(&drafts, &Ledger::default());
        let frame = journal.frame();
        let sides = frame.units("debit").zip(frame.units("credit"));
        let rows = frame
            .text("entry_id")
            .iter()
            .zip(frame.text("ledger_account").iter())
            .zip(sides);
        let shown: Vec<String> = rows
            .map(|((entry, account), (debit, credit))| {
                let amount = |units: Option<i128>| Amount::from_units(units.unwrap()).unwrap();
                format!(
                    "{} {} {} {}",
                    entry.unwrap(),
                    account.unwrap(),
                    amount(debit),
                    amount(credit)
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "R/A assets:receivable 107.25 0.00",
                "R/A income:services 0.00 100.00",
                "R/A liabilities:tax 0.00 7.25",
                "R/B assets:receivable 0.00 10.73",
                "R/B income:services 10.00 0.00",
                "R/B liabilities:tax 0.73 0.00",
                "R/C assets:receivable 4.00 0.00",
                "R/C income:services 0.00 4.00",
            ]
        );
    }
}
